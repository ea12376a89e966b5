/* SPDX-License-Identifier: MIT */
/* Meetings read by a model: what is sent, what is kept, what it costs, and what becomes of every fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/db/db.h"
#include "core/insight/asking.h"
#include "core/meetings/meeting.h"
#include "core/queue/pool.h"
#include "tests/lib/double.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

static const char transcript[] =
    "Cliente: Somos una clínica dental y recibimos 300 consultas a la semana por WhatsApp. "
    "Escríbame a dental@example.net o al +56 9 8765 4321.\n";

static struct openai_double model;
static struct testdb *db;
static struct ctx *cx;
static struct config config;
static struct llm_shared *shared;
static struct uuid acme;

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    config = *cx->config;
    config.database_url = db->app_url;
    config.llm_provider = "openai";
    config.llm_base_url = model.http_url;
    config.llm_api_key = "sk-test-0123456789";
    config.llm_model = "gpt-test";
    config.llm_price_input = 1000000; /* one micro-dollar a token */
    config.llm_price_cached = 500000;
    config.llm_price_output = 2000000;
    config.llm_total_ms = 2000;
    config.net_allow_private = "127.0.0.1";
    cx->config = &config;
    acme = testdb_tenant(db, "acme");
    const struct uuid ana = testdb_member(db, "acme", "ana@acme.test", ROLE_ADMIN);
    testdb_as(cx, &acme, &ana, ROLE_ADMIN);
    shared = llm_shared_new(&(const struct llm_shared_options){.failures = 3, .pause_ms = 60000});
    double_reset(&model);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llm_shared_free(shared);
    testdb_free(db);
    return 0;
}

/* `n` meetings whose readings wait for a model. */
static void meetings(int n)
{
    SCOPED(sb_done) struct sb csv = {0};

    sb_init(&csv, 1 << 20);
    sb_puts(&csv, "client_name,email,phone,meeting_date,sales_rep,closed,transcript\n");
    for (int i = 0; i < n; i++)
        sb_printf(&csv, "Marta Quilodrán %d,q%d@example.com,111%d,2024-03-04,Puma,1,\"%s\"\n", i, i,
                  i, transcript);
    uploads_must(cx, sb_text(&csv), NULL);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET kind = 'meeting.ask'");
}

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

/* Until no job is in hand or due. */
static void run_dry(void)
{
    const struct pool_kind kinds[] = {meeting_ask_kind(&config)};
    const struct pool_options o = {.config = &config,
                                   .kinds = kinds,
                                   .nkinds = 1,
                                   .calls = {asking_open, asking_step, asking_close, shared},
                                   .in_flight = 20};
    struct pool *p = pool_new(&o, NULL);
    const int64_t until_ms = clock_mono_ms() + 15000;
    int n;

    do {
        n = pool_turn(p, false, 20);
        assert_true(n >= 0);
        assert_true(clock_mono_ms() < until_ms);
    } while (n > 0 ||
             number("SELECT count(*) FROM jobs WHERE state = 'running' OR run_at <= now()") > 0);
    pool_free(p);
}

/* The next answers, by steps of the double's script. */
static void answers(const char *steps)
{
    double_script(&model, steps);
}

/* An answer that says two things with their words, one without, and the rest not at all. */
#define NOTHING                                                                                      \
    "\\\"company_size\\\":{\\\"value\\\":null,\\\"quote\\\":null},"                                  \
    "\\\"pain_points\\\":[],\\\"use_cases\\\":[],\\\"objections\\\":[],"                             \
    "\\\"others\\\":{\\\"value\\\":null,\\\"quote\\\":null},"                                        \
    "\\\"requirements_personalization\\\":[],\\\"requirements_integrations\\\":[],"                  \
    "\\\"requirements_confidentiality\\\":{\\\"value\\\":false,\\\"quote\\\":null},"                 \
    "\\\"requirements_multilingual\\\":{\\\"value\\\":false,\\\"quote\\\":null},"                    \
    "\\\"requirements_real_time\\\":{\\\"value\\\":true,\\\"quote\\\":\\\"they never said so\\\"},"  \
    "\\\"demand_peaks\\\":[],\\\"query_types\\\":[],"                                                \
    "\\\"tools_mentioned\\\":[{\\\"value\\\":\\\"whatsapp\\\",\\\"quote\\\":\\\"por WhatsApp\\\"}]," \
    "\\\"confidence_sector\\\":0.9"
#define READING                                                                                                                          \
    "{\\\"sector\\\":{\\\"value\\\":\\\"salud_bienestar\\\",\\\"quote\\\":\\\"una CLINICA dental\\\"},"                                  \
    "\\\"interaction_volume_daily\\\":{\\\"number\\\":300,\\\"period\\\":\\\"week\\\",\\\"quote\\\":\\\"300 consultas a la semana\\\"}," \
    "\\\"discovery_channel\\\":{\\\"value\\\":\\\"otro\\\",\\\"quote\\\":null}," NOTHING "}"

static void what_a_model_proves_becomes_facts(void **state)
{
    (void)state;
    meetings(1);
    answers("[{\"fault\":\"ok\",\"text\":\"" READING "\"}]");
    run_dry();
    assert_int_equal(
        number(
            "SELECT count(*) FROM job_archive WHERE state = 'completed' AND kind = 'meeting.ask'"),
        1);
    assert_int_equal(
        number(
            "SELECT count(*) FROM meeting_facts WHERE state = 1 AND sector = 4 AND interaction_volume_daily = 43 "
            "AND tools_mentioned = '{2}'"),
        1);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT string_agg(field || ' ' || status, ', ' ORDER BY field) FROM evidence "
                     "WHERE status <> 'not_mentioned' AND field <> 'confidence.sector'"),
        "interaction_volume_daily exact, requirements.real_time absent, sector normalised, tools_mentioned exact");
    assert_int_equal(
        number(
            "SELECT count(*) FROM llm_analyses WHERE provider = 'openai' AND model = 'gpt-test' AND prompt_version <> ''"),
        1);
    assert_int_equal(
        number(
            "SELECT count(*) FROM llm_usage WHERE state = 'settled' AND outcome = 'ok' AND cost_micros > 0 AND "
            "cost_micros = tokens_in - tokens_cached + (tokens_cached + 1) / 2 + 2 * tokens_out AND cost_micros < reserved_micros"),
        1);
    assert_int_equal(
        number(
            "SELECT spent_micros - (SELECT sum(cost_micros) FROM llm_usage) + reserved_micros FROM llm_spend"),
        0);
}

static void the_outcome_and_the_names_are_not_sent(void **state)
{
    SCOPED(json_drop) json_t *calls = NULL;
    char *text;

    (void)state;
    meetings(1);
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO model_settings (tenant_id, redact) SELECT tenant_id, '{email,phone}' FROM tenants");
    run_dry();
    calls = double_calls(&model);
    text = json_dumps(calls, JSON_COMPACT);
    assert_non_null(strstr(text, "300 consultas a la semana"));
    assert_non_null(strstr(text, "[EMAIL-1]"));
    assert_null(strstr(text, "Quilodr"));
    assert_null(strstr(text, "q0@example.com"));
    assert_null(strstr(text, "Puma"));
    assert_null(strstr(text, "dental@example.net"));
    assert_null(strstr(text, "8765"));
    free(text);
}

static void an_answer_that_does_not_fit_is_asked_once_more(void **state)
{
    (void)state;
    meetings(1);
    answers("[{\"fault\":\"wrong_enum\"},{\"fault\":\"ok\",\"text\":\"" READING "\"}]");
    run_dry();
    assert_int_equal(double_count(&model, "calls"), 2);
    assert_int_equal(number("SELECT count(*) FROM meeting_facts WHERE state = 1 AND sector = 4"),
                     1);
    assert_int_equal(
        number(
            "SELECT count(*) FROM llm_usage WHERE state = 'settled' AND purpose IN ('read', 'repair')"),
        2);
}

static void a_second_one_that_does_not_fit_is_given_up(void **state)
{
    (void)state;
    meetings(1);
    answers("[{\"fault\":\"wrong_schema\",\"times\":-1}]");
    run_dry();
    assert_int_equal(double_count(&model, "calls"), 2);
    assert_int_equal(
        number(
            "SELECT count(*) FROM job_archive WHERE state = 'failed' AND error_code = 'answer_unusable' AND attempts = 1"),
        1);
    assert_int_equal(number("SELECT count(*) FROM meeting_facts WHERE state = 2"), 1);
    assert_int_equal(number("SELECT count(*) FROM llm_analyses"), 0);
    assert_int_equal(number("SELECT reserved_micros FROM llm_spend"), 0);
}

/* What becomes of the job, and of the money. */
static void every_fault_has_its_end(void **state)
{
    enum { PUT_OFF, AGAIN, GIVEN_UP };
    static const struct {
        const char *fault;
        int end;
        bool charged; /* as if it had been paid in full */
        bool noticed;
    } cases[] = {
        {"429", PUT_OFF, false, false},      {"429:7", PUT_OFF, false, false},
        {"quota", PUT_OFF, false, true},     {"401", PUT_OFF, false, true},
        {"404", PUT_OFF, false, true},       {"500", AGAIN, true, false},
        {"503", AGAIN, false, false},        {"timeout", AGAIN, true, false},
        {"stall", AGAIN, true, false},       {"reset", AGAIN, true, false},
        {"reset_body", AGAIN, true, false},  {"cut_json", AGAIN, true, false},
        {"malformed", AGAIN, true, false},   {"no_choices", AGAIN, false, false},
        {"refusal", GIVEN_UP, false, false}, {"length", GIVEN_UP, false, false},
        {"context", GIVEN_UP, false, false}, {"huge", AGAIN, true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char steps[120];
        const char *colon = strchr(cases[i].fault, ':');

        if (i > 0) { /* each on a database of its own; the group's serves the first */
            tear_down(NULL);
            set_up(NULL);
        }
        config.llm_total_ms = 600;
        meetings(1);
        snprintf(steps, sizeof steps, "[{\"fault\":\"%.*s\",\"argument\":\"%s\"}]",
                 colon ? (int)(colon - cases[i].fault) : (int)strlen(cases[i].fault),
                 cases[i].fault, colon ? colon + 1 : "");
        answers(steps);
        run_dry();
        print_message("%s\n", cases[i].fault);
        assert_int_equal(double_count(&model, "calls"), 1);
        assert_int_equal(
            number(
                "SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 0 AND run_at > now()"),
            cases[i].end == PUT_OFF);
        assert_int_equal(
            number(
                "SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 1 AND run_at > now()"),
            cases[i].end == AGAIN);
        assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'failed'"),
                         cases[i].end == GIVEN_UP);
        assert_int_equal(
            number("SELECT count(*) FROM llm_usage WHERE state = 'settled' AND outcome <> 'ok'"),
            1);
        assert_int_equal(
            number("SELECT count(*) FROM llm_usage WHERE cost_micros = reserved_micros"),
            cases[i].charged);
        assert_int_equal(number("SELECT reserved_micros FROM llm_spend"), 0);
        assert_int_equal(number("SELECT count(*) FROM notices WHERE kind = 'llm_trouble'"),
                         cases[i].noticed);
        assert_int_equal(number("SELECT count(*) FROM llm_analyses"), 0);
    }
}

static void a_provider_that_is_down_costs_no_attempts(void **state)
{
    (void)state;
    meetings(40);
    config.llm_base_url = "http://127.0.0.1:9/v1"; /* nobody listens */
    run_dry();
    /* those that were out when it became known had their attempt; the others wait */
    assert_true(number("SELECT count(*) FROM jobs WHERE attempts = 0 AND run_at > now()") >= 20);
    assert_int_equal(number("SELECT count(*) FROM jobs"), 40);
    assert_int_equal(number("SELECT spent_micros + reserved_micros FROM llm_spend"), 0);
}

static void a_cap_lets_through_what_fits(void **state)
{
    int64_t each;

    (void)state;
    meetings(1);
    run_dry();
    each = number("SELECT max(reserved_micros) FROM llm_usage");
    testdb_run(
        db, TESTDB_ADMIN,
        "TRUNCATE llm_usage; UPDATE llm_spend SET spent_micros = 0; INSERT INTO model_settings (tenant_id, monthly_cap_micros) SELECT tenant_id, %lld FROM tenants",
        (long long)each * 7 / 2);
    testdb_run(db, TESTDB_ADMIN, "DELETE FROM jobs");
    double_reset(&model);
    answers("[{\"fault\":\"latency\",\"argument\":\"300\",\"times\":-1}]");
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO jobs (tenant_id, job_id, kind, subject_id) SELECT m.tenant_id, gen_random_uuid(), 'meeting.ask', m.meeting_id "
        "FROM meetings m, generate_series(1, 10)");
    run_dry();
    assert_true(double_count(&model, "calls") == 3);
    assert_int_equal(
        number("SELECT count(*) FROM jobs WHERE attempts = 0 AND last_error LIKE '%cap%'"), 7);
    assert_int_equal(number("SELECT count(*) FROM notices WHERE kind = 'llm_cap_reached'"), 1);
}

static void words_that_changed_meanwhile_are_not_read(void **state)
{
    (void)state;
    meetings(1);
    answers("[{\"fault\":\"latency\",\"argument\":\"500\",\"text\":\"" READING "\"}]");
    /* the change comes while the call is out: before the pool's second transaction, which sees it */
    testdb_run(
        db, TESTDB_ADMIN,
        "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE transcripts SET body_hash = gen_random_uuid(); RETURN NEW; END $$;"
        "CREATE TRIGGER t AFTER INSERT ON llm_usage FOR EACH ROW EXECUTE FUNCTION change(); GRANT UPDATE ON transcripts TO cm_app");
    run_dry();
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'completed'"), 1);
    assert_int_equal(number("SELECT count(*) FROM llm_analyses"), 0);
    assert_int_equal(
        number("SELECT count(*) FROM llm_usage WHERE outcome = 'ok' AND cost_micros > 0"), 1);
}

static void an_organisation_may_read_by_rules(void **state)
{
    (void)state;
    meetings(3);
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO model_settings (tenant_id, provider) SELECT tenant_id, 'rules' FROM tenants");
    run_dry();
    assert_int_equal(double_count(&model, "calls"), 0);
    assert_int_equal(
        number("SELECT count(*) FROM llm_analyses WHERE provider = 'rules' AND model = 'rules-1'"),
        3);
    assert_int_equal(number("SELECT count(*) FROM llm_usage"), 0);
}

static int start_double(void **state)
{
    (void)state;
    double_start(&model, &(const struct double_options){0});
    return 0;
}

static int stop_double(void **state)
{
    (void)state;
    double_stop(&model);
    return 0;
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(what_a_model_proves_becomes_facts),
        WITH_DB(the_outcome_and_the_names_are_not_sent),
        WITH_DB(an_answer_that_does_not_fit_is_asked_once_more),
        WITH_DB(a_second_one_that_does_not_fit_is_given_up),
        WITH_DB(every_fault_has_its_end),
        WITH_DB(a_provider_that_is_down_costs_no_attempts),
        WITH_DB(a_cap_lets_through_what_fits),
        WITH_DB(words_that_changed_meanwhile_are_not_read),
        WITH_DB(an_organisation_may_read_by_rules),
    };

    return cmocka_run_group_tests_name("asking", tests, start_double, stop_double);
}

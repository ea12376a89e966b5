/* SPDX-License-Identifier: MIT */
/* The ledger: what is reserved, settled and lost, and a cap that holds whoever asks at the same time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/db/db.h"
#include "core/insight/ledger.h"
#include "tests/lib/testdb.h"

static struct testdb *db;
static struct ctx *cx;
static struct uuid acme;
static struct job job;

/* A job of acme under a lease: who may reserve. */
static struct job make_job(void)
{
    struct job j = {.tenant = acme,
                    .id = uuid_new(),
                    .lease = uuid_new(),
                    .has_subject = true,
                    .subject = uuid_new()};
    char t[UUID_TEXT_BYTES];
    char id[UUID_TEXT_BYTES];
    char lease[UUID_TEXT_BYTES];

    uuid_text(&j.tenant, t);
    uuid_text(&j.id, id);
    uuid_text(&j.lease, lease);
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO jobs (tenant_id, job_id, kind, state, lease, lease_until) VALUES ('%s', '%s', 'test.ask', "
        "'running', '%s', now() + interval '1 hour')",
        t, id, lease);
    return j;
}

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    acme = testdb_tenant(db, "acme");
    testdb_tenant(db, "other");
    job = make_job();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

static void be(struct ctx *c, const struct job *j)
{
    testdb_fresh(c);
    c->who = (struct principal){.kind = PRINCIPAL_JOB, .tenant = j->tenant, .credential = j->id};
    memcpy(c->who.proof, j->lease.b, sizeof j->lease.b);
}

static struct ledger_call call_of(const struct job *j, int64_t micros)
{
    return (struct ledger_call){.id = uuid_new(),
                                .purpose = "read",
                                .provider = "openai",
                                .model = "gpt-test",
                                .prompt_version = "abc",
                                .job = j,
                                .micros = micros};
}

static size_t reserve(int64_t cap, const struct ledger_call *calls, size_t n)
{
    size_t granted = 0;

    be(cx, calls[0].job);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){0}) < 0 ||
        ledger_reserve(cx, cap, calls, n, &granted) < 0 || db_commit(cx) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    return granted;
}

static void settle(const struct ledger_bill *bills, size_t n)
{
    be(cx, &job);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){0}) < 0 ||
        ledger_settle(cx, bills, n) < 0 || db_commit(cx) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
}

static int64_t sweep(void)
{
    int64_t lost = -1;

    testdb_fresh(cx);
    testdb_as_nobody(cx);
    if (ledger_sweep(cx, &lost) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    return lost;
}

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

#define SPENT    "SELECT spent_micros FROM llm_spend"
#define RESERVED "SELECT reserved_micros FROM llm_spend"

static void a_reservation_is_settled_with_what_it_did_cost(void **state)
{
    const struct ledger_call calls[] = {call_of(&job, 100), call_of(&job, 200)};

    (void)state;
    assert_int_equal(reserve(LEDGER_NO_CAP, calls, 2), 2);
    assert_int_equal(number(RESERVED), 300);
    assert_int_equal(number(SPENT), 0);
    settle((const struct ledger_bill[]){{calls[0].id, 70, 1000, 50, 400, "ok", 12}}, 1);
    assert_int_equal(number(RESERVED), 200);
    assert_int_equal(number(SPENT), 70);
    assert_int_equal(
        number(
            "SELECT tokens_in + tokens_out + tokens_cached + took_ms FROM llm_usage WHERE state = 'settled'"),
        1462);
    /* a second bill for the same call changes nothing */
    settle((const struct ledger_bill[]){{calls[0].id, 99, 1, 1, 0, "ok", 1},
                                        {calls[1].id, 0, 0, 0, 0, "llm_server_error", 3}},
           2);
    assert_int_equal(number(RESERVED), 0);
    assert_int_equal(number(SPENT), 70);
    assert_int_equal(number("SELECT count(*) FROM notices"), 0);
}

static void a_cap_grants_the_first_ones_only(void **state)
{
    struct ledger_call calls[10];

    (void)state;
    for (int i = 0; i < 10; i++)
        calls[i] = call_of(&job, 100);
    assert_int_equal(reserve(550, calls, 3), 3);
    assert_int_equal(number("SELECT count(*) FROM notices"), 0);
    assert_int_equal(reserve(550, calls + 3, 7), 2);
    assert_int_equal(number("SELECT count(*) FROM llm_usage"), 5);
    assert_int_equal(number(RESERVED), 500);
    assert_int_equal(number("SELECT count(*) FROM notices WHERE kind = 'llm_cap_near'"), 1);
    assert_int_equal(number("SELECT count(*) FROM notices WHERE kind = 'llm_cap_reached'"), 1);
    /* what was refused can be had once others cost less than was feared; told once is enough */
    settle((const struct ledger_bill[]){{calls[0].id, 10, 1, 1, 0, "ok", 1}}, 1);
    assert_int_equal(reserve(550, calls + 5, 5), 1);
    assert_int_equal(number("SELECT count(*) FROM notices"), 2);
    assert_int_equal(reserve(0, calls + 6, 1), 0);
}

static void what_nobody_can_settle_counts_as_spent(void **state)
{
    const struct job gone = make_job();
    const struct ledger_call calls[] = {call_of(&job, 100), call_of(&gone, 40)};

    (void)state;
    assert_int_equal(reserve(LEDGER_NO_CAP, calls, 1), 1);
    assert_int_equal(reserve(LEDGER_NO_CAP, calls + 1, 1), 1);
    testdb_run(db, TESTDB_ADMIN, "UPDATE llm_usage SET created_at = now() - interval '1 minute'");
    assert_int_equal(sweep(), 0);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET state = 'ready', lease = NULL, lease_until = NULL FROM llm_usage u "
               "WHERE u.job_id = jobs.job_id AND u.reserved_micros = 40");
    assert_int_equal(sweep(), 1);
    assert_int_equal(number(SPENT), 40);
    assert_int_equal(number(RESERVED), 100);
    assert_int_equal(
        number("SELECT count(*) FROM llm_usage WHERE state = 'lost' AND cost_micros = 40"), 1);
    /* an answer that comes after all does not change it */
    settle((const struct ledger_bill[]){{calls[1].id, 7, 1, 1, 0, "ok", 1}}, 1);
    assert_int_equal(number(SPENT), 40);
    assert_int_equal(sweep(), 0);
}

/* Reserves one call after the other until it is refused; exits with how many it got. */
static _Noreturn void greedy(void)
{
    struct ctx c = {.arena = arena_new(LIMIT_ARENA_BYTES),
                    .db = db_new(db->app_url, true, 3000, "greedy"),
                    .config = cx->config};
    int got = 0;

    for (;;) {
        const struct ledger_call call = call_of(&job, 100);
        size_t granted = 0;

        be(&c, &job);
        if (db_begin(&c, DB_WRITE, DB_ENTER_CALLER, (struct db_need){0}) < 0 ||
            ledger_reserve(&c, 10050, &call, 1, &granted) < 0 || db_commit(&c) < 0)
            _exit(255);
        if (!granted)
            _exit(got);
        got++;
    }
}

static void a_cap_holds_whoever_asks_at_the_same_time(void **state)
{
    enum { PROCESSES = 6 };
    int sum = 0;

    (void)state;
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0)
            greedy();
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 255);
        sum += WEXITSTATUS(status);
    }
    assert_int_equal(sum, 100);
    assert_int_equal(number(RESERVED), 10000);
    assert_int_equal(number("SELECT count(*) FROM llm_usage"), 100);
}

static void usage_is_told_by_day_model_and_purpose(void **state)
{
    struct ledger_call calls[] = {call_of(&job, 100), call_of(&job, 100), call_of(&job, 100)};
    SCOPED(sb_done) struct sb text = {0};
    const char *day;
    struct jw w;

    (void)state;
    calls[2].purpose = "embed";
    assert_int_equal(reserve(LEDGER_NO_CAP, calls, 3), 3);
    settle((const struct ledger_bill[]){{calls[0].id, 70, 1000, 50, 400, "ok", 12},
                                        {calls[1].id, 5, 10, 0, 0, "llm_refused", 12}},
           2);
    day = testdb_value(db, TESTDB_ADMIN, "SELECT max(day) FROM llm_usage");
    be(cx, &job);
    sb_init(&text, 4096);
    jw_init(&w, &text);
    assert_int_equal(db_begin(cx, DB_READ, DB_ENTER_CALLER, (struct db_need){0}), 0);
    assert_int_equal(ledger_usage_to_json(cx, day, day, &w), 0);
    assert_int_equal(db_commit(cx), 0);
    assert_non_null(
        strstr(sb_text(&text),
               "\"purpose\":\"read\",\"calls\":2,\"failed\":1,\"lost\":0,\"tokens_in\":1010,"
               "\"tokens_out\":50,\"tokens_cached\":400,\"cost_micros\":75"));
    assert_non_null(strstr(sb_text(&text), "\"purpose\":\"embed\",\"calls\":1,\"failed\":0"));
    assert_non_null(strstr(sb_text(&text), "\"spent_micros\":75,\"reserved_micros\":100"));
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(a_reservation_is_settled_with_what_it_did_cost),
        WITH_DB(a_cap_grants_the_first_ones_only),
        WITH_DB(what_nobody_can_settle_counts_as_spent),
        WITH_DB(a_cap_holds_whoever_asks_at_the_same_time),
        WITH_DB(usage_is_told_by_day_model_and_purpose),
    };

    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}

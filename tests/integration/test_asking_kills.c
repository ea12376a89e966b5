/* SPDX-License-Identifier: MIT */
/* Workers that are killed at random, before and after their calls: the month's cap holds by the provider's own count, and
 * the ledger accounts for every call that was paid. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/insight/asking.h"
#include "core/insight/ledger.h"
#include "core/meetings/meeting.h"
#include "core/queue/internal.h"
#include "core/queue/pool.h"
#include "tests/lib/double.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

enum {
    WORKERS = 4,
    IN_FLIGHT = 50, /* 200 calls at once */
    MEETINGS = 300,
    CALL_MICROS = 10000,
    CAP_MICROS = 1000000,
    KILL_FOR_MS = 8000,
    ENOUGH_MS = 60000,
};

static struct openai_double model;
static struct testdb *db;
static struct ctx *cx;
static struct config config;
static struct llm_shared *shared;

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

/* A worker that works until it is killed. */
static _Noreturn void work(void)
{
    const struct pool_kind kinds[] = {meeting_ask_kind(&config)};
    const struct pool_options o = {.config = &config,
                                   .kinds = kinds,
                                   .nkinds = 1,
                                   .calls = {asking_open, asking_step, asking_close, shared},
                                   .in_flight = IN_FLIGHT};
    struct pool *p;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    log_open("-", LOG_OFF);
    p = pool_new(&o, NULL);
    for (;;)
        (void)pool_turn(p, false, 20);
}

static pid_t start_worker(void)
{
    const pid_t pid = fork();

    if (pid == 0)
        work();
    return pid;
}

static void stop_worker(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void tidy(struct ctx *c)
{
    testdb_fresh(c);
    testdb_as_nobody(c);
    PQclear(queue_call(c, SQL_JOBS_RESCUE, NULL));
    testdb_fresh(c);
    if (ledger_sweep(c, NULL) < 0)
        fail_msg("%s %s", c->err.reason, c->err.internal);
}

static bool all_is_quiet(void)
{
    return number("SELECT count(*) FROM jobs WHERE state = 'running' OR run_at <= now()") == 0 &&
           number("SELECT count(*) FROM llm_usage WHERE state = 'reserved'") == 0;
}

static void send_meetings(void)
{
    SCOPED(sb_done) struct sb csv = {0};

    sb_init(&csv, 1 << 20);
    sb_puts(&csv, MEETINGS_HEADER);
    for (int i = 0; i < MEETINGS; i++)
        sb_printf(&csv,
                  "Ana %d,a%d@example.com,1%d,2024-03-04,Puma,1,A clinic that wants privacy.\n", i,
                  i, i);
    uploads_must(cx, sb_text(&csv), NULL);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET kind = 'meeting.ask', max_attempts = 100");
}

static void the_cap_holds_whoever_dies_when(void **state)
{
    struct ctx *other = testdb_ctx(db);
    pid_t workers[WORKERS];
    int killed = 0;
    int64_t begun_ms;
    uint32_t dice;

    (void)state;
    send_meetings();
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO model_settings (tenant_id, monthly_cap_micros) SELECT tenant_id, %d FROM tenants",
        CAP_MICROS);
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_worker();
    begun_ms = clock_mono_ms();
    while (clock_mono_ms() < begun_ms + KILL_FOR_MS || !all_is_quiet()) {
        assert_true(clock_mono_ms() < begun_ms + ENOUGH_MS);
        hash_random(&dice, sizeof dice);
        usleep(10000 + dice % 90000);
        if (clock_mono_ms() < begun_ms + KILL_FOR_MS) {
            stop_worker(workers[dice % WORKERS]);
            workers[dice % WORKERS] = start_worker();
            killed++;
        }
        tidy(other);
        assert_true(double_count(&model, "paid") <= CAP_MICROS / CALL_MICROS);
    }
    for (int i = 0; i < WORKERS; i++)
        stop_worker(workers[i]);

    const int64_t paid = double_count(&model, "paid");
    const int64_t lost = number("SELECT count(*) FROM llm_usage WHERE state = 'lost'");

    print_message("%d workers killed, %lld calls paid, %lld lost, %lld read\n", killed,
                  (long long)paid, (long long)lost,
                  (long long)number("SELECT count(*) FROM llm_analyses"));
    assert_true(killed > 20);
    assert_true(paid > 0 && paid <= CAP_MICROS / CALL_MICROS);
    /* every paid call is in the ledger, in full; lost ones may or may not have been paid */
    assert_true(number("SELECT count(*) FROM llm_usage WHERE outcome = 'ok'") + lost >= paid);
    assert_int_equal(number("SELECT spent_micros FROM llm_spend"),
                     number("SELECT sum(cost_micros) FROM llm_usage"));
    assert_int_equal(number("SELECT reserved_micros FROM llm_spend"), 0);
    assert_true(number("SELECT spent_micros FROM llm_spend") <= CAP_MICROS);
    /* nothing is read twice, nothing is lost: the rest waits for the next month */
    assert_int_equal(number("SELECT count(*) FROM llm_analyses"),
                     number("SELECT count(*) FROM job_archive WHERE state = 'completed'"));
    assert_int_equal(
        number("SELECT (SELECT count(*) FROM jobs) + (SELECT count(*) FROM job_archive)"),
        MEETINGS);
    assert_int_equal(number("SELECT count(*) FROM llm_analyses"),
                     number("SELECT count(DISTINCT subject_id) FROM llm_analyses"));
}

static int set_up(void **state)
{
    struct uuid acme;
    struct uuid ana;

    (void)state;
    double_start(&model, &(const struct double_options){.latency_ms = 60});
    double_script(&model,
                  "[{\"fault\":\"no_usage\",\"times\":-1}]"); /* each costs what was reserved */
    db = testdb_new();
    cx = testdb_ctx(db);
    config = *cx->config;
    config.database_url = db->app_url;
    config.llm_provider = "openai";
    config.llm_base_url = model.http_url;
    config.llm_model = "gpt-test";
    config.llm_price_input = 0;
    /* 4,096 tokens of output: a hundredth of a dollar */
    config.llm_price_output = (int64_t)CALL_MICROS * 1000000 / 4096;
    config.llm_total_ms = 5000;
    config.job_lease_ms = 2000;
    config.net_allow_private = "127.0.0.1";
    cx->config = &config;
    acme = testdb_tenant(db, "acme");
    ana = testdb_member(db, "acme", "ana@acme.test", ROLE_ADMIN);
    testdb_as(cx, &acme, &ana, ROLE_ADMIN);
    shared = llm_shared_new(&(const struct llm_shared_options){.failures = 1000});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llm_shared_free(shared);
    testdb_free(db);
    double_stop(&model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_cap_holds_whoever_dies_when, set_up, tear_down)};

    return cmocka_run_group_tests_name("asking_kills", tests, NULL, NULL);
}

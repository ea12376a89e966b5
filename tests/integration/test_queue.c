/* SPDX-License-Identifier: MIT */
/* The queue: what a batch does, what a failure does to its neighbours, what a lost lease forbids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/db/db.h"
#include "core/queue/runner.h"
#include "tests/lib/testdb.h"

static struct testdb *db;
static struct ctx *cx;
static struct uuid acme;
static struct uuid other;

/* What the handlers saw and should do; set by each test. */
static struct {
    int ran;
    int dead;
    const char *fail_payload; /* the job with this payload fails */
    enum err_code fail_code;
    int64_t retry_after_ms;
    const char *meanwhile; /* SQL of somebody else, run inside the handler */
    const char *sqlstate;  /* the database fails with it */
} plan;

static int break_down(struct ctx *c, const char *sqlstate)
{
    char sql[128];
    PGresult *r;

    snprintf(sql, sizeof sql, "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '%s'; END $$", sqlstate);
    r = db_query_text(c, sql, NULL, 0);
    PQclear(r);
    return r ? 0 : -1;
}

static int run(struct ctx *c, const struct job *job)
{
    plan.ran++;
    if (plan.sqlstate)
        return break_down(c, plan.sqlstate);
    if (plan.meanwhile)
        testdb_run(db, TESTDB_ADMIN, "%s", plan.meanwhile);
    if (plan.fail_payload && strstr(job->payload, plan.fail_payload)) {
        ctx_fail(c, plan.fail_code, "told_to", NULL, "as the test asked");
        c->err.retry_after_ms = plan.retry_after_ms;
        return -1;
    }
    return 0;
}

static int dead(struct ctx *c, const struct job *job)
{
    (void)c;
    (void)job;
    plan.dead++;
    return 0;
}

static const struct job_kind kinds[] = {{"test.run", run, dead, 1000}};

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    acme = testdb_tenant(db, "acme");
    other = testdb_tenant(db, "other");
    memset(&plan, 0, sizeof plan);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

static void add(const struct uuid *tenant, const char *payload, int max_attempts)
{
    char id[UUID_TEXT_BYTES];
    char t[UUID_TEXT_BYTES];
    const struct uuid job = uuid_new();

    uuid_text(tenant, t);
    uuid_text(&job, id);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO jobs (tenant_id, job_id, kind, payload, max_attempts) VALUES ('%s', "
               "'%s', 'test.run', '{\"is\":\"%s\"}', %d)",
               t, id, payload, max_attempts);
}

static int turn(void)
{
    const struct runner_options o = {.config = cx->config, .kinds = kinds, .nkinds = 1};

    testdb_fresh(cx);
    return runner_turn(cx, &o, NULL);
}

static int64_t waiting(void)
{
    return testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM jobs WHERE state = 'ready'");
}

static int64_t archived(const char *as)
{
    return testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM job_archive WHERE state = '%s'",
                         as);
}

static void a_batch_is_run_and_archived_by_tenant(void **state)
{
    (void)state;
    add(&acme, "a", 3);
    add(&other, "b", 3);
    add(&acme, "c", 3);
    assert_int_equal(turn(), 3);
    assert_int_equal(plan.ran, 3);
    assert_int_equal(archived("completed"), 3);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM jobs"), 0);
    /* one move of the version a tenant, however many jobs */
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT max(data_version) FROM tenant_state"),
                     2);
    assert_int_equal(turn(), 0);
}

static void kinds_that_nobody_here_knows_are_left_alone(void **state)
{
    (void)state;
    add(&acme, "a", 3);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET kind = 'later.part'");
    assert_int_equal(turn(), 0);
    assert_int_equal(waiting(), 1);
}

static void a_failure_does_not_take_its_neighbours_along(void **state)
{
    (void)state;
    add(&acme, "good", 3);
    add(&acme, "bad", 3);
    add(&acme, "fine", 3);
    plan.fail_payload = "bad";
    plan.fail_code = ERR_UPSTREAM;
    assert_int_equal(turn(), 3);
    assert_int_equal(archived("completed"), 2);
    assert_int_equal(waiting(), 1);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN,
                      "SELECT count(*) FROM jobs WHERE run_at > now() AND attempts = 1 "
                      "AND last_error = 'as the test asked' AND lease IS NULL"),
        1);
    assert_int_equal(turn(), 0); /* not before its time */
}

/* Which transaction each job ran in. */
static int run_noted(struct ctx *c, const struct job *job)
{
    PGresult *r = db_query_text(c, "INSERT INTO ran_in VALUES (txid_current())", NULL, 0);

    (void)job;
    PQclear(r);
    return r ? 0 : -1;
}

static void a_job_of_a_kind_that_runs_alone_shares_no_transaction(void **state)
{
    static const struct job_kind both[] = {
        {"test.run", run_noted, NULL, 1000, 0, 0, false, false},
        {"test.alone", run_noted, NULL, 1000, 0, 0, false, true}};
    const struct runner_options o = {.config = cx->config, .kinds = both, .nkinds = 2};

    (void)state;
    testdb_run(db, TESTDB_ADMIN,
               "CREATE TABLE ran_in (id bigint); GRANT INSERT ON ran_in TO cm_app");
    for (int i = 0; i < 6; i++)
        add(&acme, "a", 3);
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE jobs j SET kind = 'test.alone' FROM (SELECT job_id, row_number() OVER (ORDER BY "
        "job_id) AS n FROM jobs) x WHERE x.job_id = j.job_id AND x.n IN (1, 4, 6)");
    testdb_fresh(cx);
    assert_int_equal(runner_turn(cx, &o, NULL), 6);
    assert_string_equal(testdb_value(db, TESTDB_ADMIN,
                                     "SELECT string_agg(n::text, ' ' ORDER BY id) FROM (SELECT id, "
                                     "count(*) AS n FROM ran_in GROUP BY id) x"),
                        "1 2 1 1 1");
}

static void what_cannot_succeed_is_given_up_at_once(void **state)
{
    (void)state;
    add(&acme, "bad", 3);
    plan.fail_payload = "bad";
    plan.fail_code = ERR_INVALID;
    turn();
    assert_int_equal(archived("failed"), 1);
    assert_int_equal(plan.dead, 1);
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT error_code FROM job_archive"),
                        "told_to");
}

static void the_last_attempt_ends_in_the_dead_letters(void **state)
{
    (void)state;
    add(&acme, "bad", 2);
    plan.fail_payload = "bad";
    plan.fail_code = ERR_UPSTREAM;
    turn();
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET run_at = now()");
    turn();
    assert_int_equal(archived("failed"), 1);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT attempts FROM job_archive"), 2);
    assert_int_equal(plan.dead, 1);
}

/* A deadlock, a restart, a shortage, a statement that was canceled: no attempt, not even the last one. */
static void a_fault_of_the_database_costs_no_attempt(void **state)
{
    static const char *const faults[] = {"40P01", "40001", "55P03", "57P01", "53300", "57014"};

    (void)state;
    add(&acme, "good", 1);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        plan.sqlstate = faults[i];
        assert_int_equal(turn(), 1);
        assert_int_equal(archived("failed"), 0);
        assert_int_equal(testdb_number(db, TESTDB_ADMIN,
                                       "SELECT count(*) FROM jobs WHERE state = 'ready' AND "
                                       "attempts = 0 AND faults = %d AND run_at > now()",
                                       (int)i + 1),
                         1);
        testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET run_at = now()");
    }
    assert_int_equal(plan.dead, 0);
    plan.sqlstate = NULL;
    assert_int_equal(turn(), 1);
    assert_int_equal(archived("completed"), 1);
}

static void faults_of_the_database_are_not_forgiven_for_ever(void **state)
{
    int turns = 0;

    (void)state;
    add(&acme, "slow", 2);
    plan.sqlstate = "57014";
    while (archived("failed") == 0 && turns < 100) {
        assert_int_equal(turn(), 1);
        turns++;
        testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET run_at = now()");
    }
    assert_int_equal(turns, 14); /* twelve, and its two attempts */
    assert_int_equal(plan.dead, 1);
}

static void a_providers_retry_after_is_honoured(void **state)
{
    (void)state;
    add(&acme, "bad", 3);
    plan.fail_payload = "bad";
    plan.fail_code = ERR_RATE_LIMITED;
    plan.retry_after_ms = 3600000;
    turn();
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN,
                      "SELECT count(*) FROM jobs WHERE run_at > now() + interval '59 minutes'"),
        1);
}

/* The worker was silent too long; somebody else has the job. Its results must not be committed. */
static void a_lost_lease_cannot_commit(void **state)
{
    (void)state;
    add(&acme, "a", 3);
    plan.meanwhile = "UPDATE jobs SET lease = gen_random_uuid()";
    assert_int_equal(turn(), 1);
    assert_int_equal(archived("completed"), 0);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM jobs WHERE state = 'running'"), 1);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT max(data_version) FROM tenant_state"),
                     1);
}

static void a_silent_workers_jobs_come_back(void **state)
{
    (void)state;
    add(&acme, "a", 3);
    add(&acme, "b", 1);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET state = 'running', lease = gen_random_uuid(), attempts = 1, "
               "lease_until = now() - interval '1 second'");
    assert_int_equal(testdb_number(db, TESTDB_APP, "SELECT app_jobs_rescue()"), 2);
    assert_int_equal(waiting(), 1);
    assert_int_equal(archived("failed"), 1); /* it had one attempt */
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT error_code FROM job_archive"),
                        "lease_expired");
    assert_int_equal(turn(), 1);
    assert_int_equal(archived("completed"), 1);
}

/* A later one waits for the same work, or expired with it: both may not wait, and neither may block the rescue. */
static void twins_of_one_key_do_not_block_the_rescue(void **state)
{
    (void)state;
    add(&acme, "old", 3);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET unique_key = 'k', state = 'running', lease = gen_random_uuid(), "
               "attempts = 1, lease_until = now() - interval '1 second'");
    add(&acme, "new", 3);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET unique_key = 'k' WHERE payload->>'is' = 'new'");
    add(&other, "somebody", 3);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET state = 'running', lease = gen_random_uuid(), attempts = 1, "
               "lease_until = now() - interval '1 second' WHERE payload->>'is' = 'somebody'");
    assert_int_equal(testdb_number(db, TESTDB_APP, "SELECT app_jobs_rescue()"), 1);
    assert_int_equal(waiting(), 2);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT string_agg(payload->>'is', ' ' ORDER BY payload->>'is') FROM jobs"),
        "new somebody");
    /* and now both had been claimed when the machine stopped */
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE jobs SET state = 'running', lease = gen_random_uuid(), lease_until = now() - interval '1 second'");
    add(&acme, "newer", 3);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET unique_key = 'k', state = 'running', lease = gen_random_uuid(), "
               "lease_until = now() - interval '1 second' WHERE payload->>'is' = 'newer'");
    assert_int_equal(testdb_number(db, TESTDB_APP, "SELECT app_jobs_rescue()"), 2);
    assert_int_equal(waiting(), 2);
}

static void a_failed_job_whose_twin_waits_leaves_the_work_to_it(void **state)
{
    (void)state;
    add(&acme, "bad", 3);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET unique_key = 'k'");
    plan.fail_payload = "bad";
    plan.fail_code = ERR_UPSTREAM;
    plan.meanwhile =
        "INSERT INTO jobs (tenant_id, job_id, kind, unique_key, run_at) "
        "SELECT tenant_id, gen_random_uuid(), kind, 'k', now() + interval '1 hour' FROM jobs "
        "WHERE NOT EXISTS (SELECT FROM jobs WHERE state = 'ready')";
    turn();
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM jobs"), 1);
    assert_int_equal(waiting(), 1);
}

/* What a worker died with costs nobody else an attempt: it is taken alone. */
static void a_suspect_is_claimed_alone(void **state)
{
    int alone = 0;

    (void)state;
    for (int i = 0; i < 6; i++)
        add(&acme, "a", 3);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET state = 'running', lease = gen_random_uuid(), attempts = 1, "
               "lease_until = now() - interval '1 second'");
    assert_int_equal(testdb_number(db, TESTDB_APP, "SELECT app_jobs_rescue()"), 6);
    while (turn() == 1)
        alone++;
    assert_int_equal(alone, 6);
    assert_int_equal(archived("completed"), 6);
}

static void a_suspended_tenants_jobs_wait(void **state)
{
    (void)state;
    add(&acme, "a", 3);
    add(&other, "b", 3);
    testdb_run(db, TESTDB_ADMIN, "UPDATE tenants SET state = 'suspended' WHERE slug = 'acme'");
    assert_int_equal(turn(), 1);
    assert_int_equal(turn(), 0);
    testdb_run(db, TESTDB_ADMIN, "UPDATE tenants SET state = 'active'");
    assert_int_equal(turn(), 1);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT max(attempts) FROM job_archive"), 1);
}

/* Each job may use as much memory as one alone. */
static int greedy(struct ctx *c, const struct job *job)
{
    (void)job;
    arena_alloc(c->arena, 10 << 20);
    return 0;
}

static void the_memory_of_a_batch_is_not_the_sum_of_its_jobs(void **state)
{
    static const struct job_kind hungry[] = {{"test.run", greedy, dead, 1000}};
    const struct runner_options o = {.config = cx->config, .kinds = hungry, .nkinds = 1};

    (void)state;
    for (int i = 0; i < 20; i++)
        add(&acme, "a", 3);
    testdb_fresh(cx);
    assert_int_equal(runner_turn(cx, &o, NULL), 20);
    assert_int_equal(archived("completed"), 20);
}

static void a_large_tenant_cannot_fill_the_batch(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        add(&acme, "many", 3);
    for (int i = 0; i < 5; i++)
        add(&other, "few", 3);
    assert_int_equal(turn(), 15); /* of a batch of 20, ten for each; the other had five */
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN,
                      "SELECT count(*) FROM job_archive a JOIN tenants t USING (tenant_id) "
                      "WHERE t.slug = 'other'"),
        5);
}

static void a_unique_key_waits_only_once(void **state)
{
    char t[UUID_TEXT_BYTES];

    (void)state;
    uuid_text(&acme, t);
    for (int i = 0; i < 2; i++)
        testdb_run(db, TESTDB_ADMIN,
                   "INSERT INTO jobs (tenant_id, job_id, kind, unique_key) VALUES ('%s', "
                   "gen_random_uuid(), 'test.run', 'k') "
                   "ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND "
                   "state = 'ready' DO NOTHING",
                   t);
    assert_int_equal(waiting(), 1);
}

static void the_backoff_doubles_with_a_bound_and_a_jitter(void **state)
{
    (void)state;
    assert_int_equal(runner_backoff_ms(1, 0), 1000);
    assert_int_equal(runner_backoff_ms(2, 0), 2000);
    assert_int_equal(runner_backoff_ms(5, 0), 16000);
    assert_int_equal(runner_backoff_ms(60, 0), 300000);
    assert_true(runner_backoff_ms(1, 499) == 1499 && runner_backoff_ms(1, 501) == 1000);
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(a_batch_is_run_and_archived_by_tenant),
        WITH_DB(kinds_that_nobody_here_knows_are_left_alone),
        WITH_DB(a_failure_does_not_take_its_neighbours_along),
        WITH_DB(what_cannot_succeed_is_given_up_at_once),
        WITH_DB(a_job_of_a_kind_that_runs_alone_shares_no_transaction),
        WITH_DB(the_last_attempt_ends_in_the_dead_letters),
        WITH_DB(a_fault_of_the_database_costs_no_attempt),
        WITH_DB(faults_of_the_database_are_not_forgiven_for_ever),
        WITH_DB(a_providers_retry_after_is_honoured),
        WITH_DB(a_lost_lease_cannot_commit),
        WITH_DB(a_silent_workers_jobs_come_back),
        WITH_DB(twins_of_one_key_do_not_block_the_rescue),
        WITH_DB(a_failed_job_whose_twin_waits_leaves_the_work_to_it),
        WITH_DB(a_suspect_is_claimed_alone),
        WITH_DB(a_suspended_tenants_jobs_wait),
        WITH_DB(the_memory_of_a_batch_is_not_the_sum_of_its_jobs),
        WITH_DB(a_large_tenant_cannot_fill_the_batch),
        WITH_DB(a_unique_key_waits_only_once),
        cmocka_unit_test(the_backoff_doubles_with_a_bound_and_a_jitter),
    };

    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}

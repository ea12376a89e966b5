/* SPDX-License-Identifier: MIT */
/* Who ends jobs, cancels them and gives them back at the same moment: they wait for each other and never in a ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/meetings/doomed.h"
#include "tests/lib/testdb.h"

enum { WAIT_MS = 5000 };

#define LEASE "11111111-1111-1111-1111-111111111111"
#define BATCH "22222222-2222-2222-2222-222222222222"
#define RUNS  "33333333-3333-3333-3333-333333333333"
#define WAITS "44444444-4444-4444-4444-444444444444"

static struct testdb *db;
static char acme[UUID_TEXT_BYTES];

static int set_up(void **state)
{
    struct uuid tenant;

    (void)state;
    db = testdb_new();
    tenant = testdb_tenant(db, "acme");
    uuid_text(&tenant, acme);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

/* A batch with one job that runs (its lease ends so many seconds from now) and one that waits. */
static void add_batch(int lease_s)
{
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO job_batches (tenant_id, batch_id, kind, total) VALUES ('%s', '" BATCH
        "', 'test.run', 2);"
        "INSERT INTO jobs (tenant_id, job_id, kind, batch_id, state, attempts, lease, lease_until) "
        "VALUES ('%s', '" RUNS "', 'test.run', '" BATCH "', 'running', 1, '" LEASE
        "', now() + interval '%d s');"
        "INSERT INTO jobs (tenant_id, job_id, kind, batch_id) VALUES ('%s', '" WAITS
        "', 'test.run', '" BATCH "')",
        acme, acme, lease_s, acme);
}

/* A connection that has begun, inside the tenant. */
static PGconn *someone(enum testdb_role role)
{
    char sql[128];
    PGconn *c = testdb_connect(db, role);

    snprintf(sql, sizeof sql, "BEGIN; SET LOCAL app.tenant_id = '%s'", acme);
    PQclear(PQexec(c, sql));
    return c;
}

/* Runs it at once; it must succeed. */
static void now(PGconn *c, const char *sql)
{
    PGresult *r = PQexec(c, sql);

    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQresultErrorMessage(r));
    PQclear(r);
}

static void until_somebody_waits(void)
{
    const int64_t until = clock_mono_ms() + WAIT_MS;

    while (testdb_number(db, TESTDB_ADMIN,
                         "SELECT count(*) FROM pg_stat_activity WHERE datname = "
                         "current_database() AND wait_event_type = 'Lock'") == 0) {
        assert_true(clock_mono_ms() < until);
        usleep(5000);
    }
}

/* Sends it, and returns when it waits for a lock. */
static void blocks(PGconn *c, const char *sql)
{
    assert_true(PQsendQuery(c, sql));
    until_somebody_waits();
}

/* What was sent came to a good end. */
static void ends(PGconn *c)
{
    PGresult *r;

    while ((r = PQgetResult(c))) {
        if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
            fail_msg("%s", PQresultErrorMessage(r));
        PQclear(r);
    }
    PQfinish(c);
}

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

/* A worker ends a job of the batch while the cancellation is under way. */
static void a_batch_is_canceled_while_its_jobs_end(void **state)
{
    char sql[256];
    PGconn *holder;
    PGconn *canceler;
    PGconn *worker;

    (void)state;
    add_batch(60);
    holder = someone(TESTDB_ADMIN); /* keeps the cancellation where it locks what waits */
    canceler = someone(TESTDB_APP);
    worker = someone(TESTDB_APP);
    now(holder, "SELECT FROM jobs WHERE job_id = '" WAITS "' FOR UPDATE");
    snprintf(sql, sizeof sql, "SELECT app_jobs_cancel('%s', NULL, '" BATCH "', NULL); COMMIT",
             acme);
    blocks(canceler, sql);
    snprintf(sql, sizeof sql,
             "SELECT app_jobs_finish('%s', '" LEASE "', '{" RUNS "}', true); COMMIT", acme);
    assert_true(PQsendQuery(worker, sql));
    usleep(100000); /* until it has deleted its job, at least */
    now(holder, "COMMIT");
    PQfinish(holder);
    ends(worker);
    ends(canceler);
    assert_int_equal(number("SELECT completed * 10 + canceled FROM job_batches"), 11);
    assert_int_equal(number("SELECT count(*) FROM job_batches WHERE canceled_at IS NOT NULL"), 1);
    assert_int_equal(number("SELECT count(*) FROM jobs"), 0);
}

static void prepare(PGconn *c, const char *name, enum sql_id id)
{
    char sql[512];

    snprintf(sql, sizeof sql, "PREPARE %s AS %s", name, sql_statements[id].text);
    now(c, sql);
}

/* Jobs of the batch that are being made when it is canceled are canceled with it. */
static void who_makes_jobs_of_a_batch_is_waited_for(void **state)
{
    char sql[256];
    PGconn *maker;
    PGconn *canceler;

    (void)state;
    add_batch(60);
    maker = someone(TESTDB_APP);
    canceler = someone(TESTDB_APP);
    prepare(maker, "wait", SQL_UPLOAD_PACK_WAIT);
    prepare(maker, "open", SQL_UPLOAD_PACK_OPEN);
    snprintf(sql, sizeof sql, "EXECUTE wait('%s', '" BATCH "', '" RUNS "')", acme);
    now(maker, sql);
    snprintf(sql, sizeof sql,
             "INSERT INTO jobs (tenant_id, job_id, kind, batch_id) VALUES ('%s', "
             "gen_random_uuid(), 'test.run', '" BATCH "')",
             acme);
    now(maker, sql);
    snprintf(sql, sizeof sql, "SELECT app_jobs_cancel('%s', NULL, '" BATCH "', NULL); COMMIT",
             acme);
    blocks(canceler, sql);
    now(maker, "UPDATE job_batches SET total = total + 1");
    now(maker, "COMMIT");
    ends(canceler);
    assert_int_equal(number("SELECT canceled FROM job_batches"), 2);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready'"), 0);
    /* and who comes later is told */
    now(maker, "BEGIN");
    snprintf(sql, sizeof sql, "SET LOCAL app.tenant_id = '%s'", acme);
    now(maker, sql);
    snprintf(sql, sizeof sql, "EXECUTE open('%s', '" BATCH "')", acme);
    {
        PGresult *r = PQexec(maker, sql);

        assert_int_equal(PQntuples(r), 1);
        assert_string_equal(PQgetvalue(r, 0, 0), "t");
        PQclear(r);
    }
    PQfinish(maker);
}

/* Who makes a pack's jobs holds nothing of the batch that a reader would have to wait for on its way to the end. */
static void a_pack_holds_its_batch_last(void **state)
{
    char sql[256];
    PGconn *maker;
    PGconn *reader;

    (void)state;
    add_batch(60);
    maker = someone(TESTDB_APP);
    reader = someone(TESTDB_APP);
    prepare(maker, "wait", SQL_UPLOAD_PACK_WAIT);
    prepare(maker, "open", SQL_UPLOAD_PACK_OPEN);
    snprintf(sql, sizeof sql, "EXECUTE wait('%s', '" BATCH "', '" WAITS "')", acme);
    now(maker, sql);
    snprintf(sql, sizeof sql, "EXECUTE open('%s', '" BATCH "')", acme);
    now(maker, sql);
    now(reader, "SET lock_timeout = '2s'");
    snprintf(sql, sizeof sql,
             "SELECT app_jobs_finish('%s', '" LEASE "', '{" RUNS "}', true); COMMIT", acme);
    now(reader, sql);
    PQfinish(reader);
    PQfinish(maker);
    assert_int_equal(number("SELECT completed FROM job_batches"), 1);
}

/* In a process of its own, which ends with 0 when all went well. */
static pid_t delete_all_meetings(void)
{
    const struct uuid ana = testdb_member(db, "acme", "ana@acme.test", ROLE_ANALYST);
    struct ctx *cx = testdb_ctx(db);
    const pid_t pid = fork();
    struct uuid tenant;

    if (pid != 0)
        return pid;
    uuid_parse(slice_cstr(acme), &tenant);
    testdb_as(cx, &tenant, &ana, ROLE_ANALYST);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){ROLE_ANALYST, SCOPE_DATA_WRITE}) <
            0 ||
        doomed_begin(cx) < 0 ||
        !db_query_text(cx, "INSERT INTO doomed SELECT subject_id FROM subjects", NULL, 0) ||
        doomed_delete(cx, NULL) < 0 || db_commit(cx) < 0)
        _exit(1);
    _exit(0);
}

/* A reader holds the words of a meeting, ends its job and with it counts in the batch. */
static void meetings_are_deleted_while_they_are_read(void **state)
{
    char sql[256];
    int status = -1;
    PGconn *reader;
    pid_t deleter;

    (void)state;
    add_batch(60);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO subjects (tenant_id, subject_id, dataset, occurred_at) "
               "SELECT tenant_id, job_id, 'meetings', now() FROM jobs;"
               "INSERT INTO transcripts (tenant_id, subject_id, body, body_hash) "
               "SELECT tenant_id, job_id, 'words', job_id FROM jobs;"
               "UPDATE jobs SET subject_id = job_id");
    reader = someone(TESTDB_APP);
    now(reader, "SELECT FROM transcripts WHERE subject_id = '" RUNS "' FOR SHARE");
    deleter = delete_all_meetings();
    until_somebody_waits();
    snprintf(sql, sizeof sql,
             "SELECT app_jobs_finish('%s', '" LEASE "', '{" RUNS "}', true); COMMIT", acme);
    assert_true(PQsendQuery(reader, sql));
    ends(reader);
    assert_int_equal(waitpid(deleter, &status, 0), deleter);
    assert_int_equal(status, 0);
    assert_int_equal(number("SELECT count(*) FROM subjects"), 0);
    assert_int_equal(number("SELECT completed * 10 + canceled FROM job_batches"), 11);
}

/* The rescue locks batches of what returns after it gave up others: the tenant's row must be the last, as for all. */
static void the_rescue_takes_the_tenants_row_last(void **state)
{
    PGconn *worker;
    PGconn *rescuer;

    (void)state;
    add_batch(-1);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET cancel_requested = true WHERE state = 'running';"
               "INSERT INTO jobs (tenant_id, job_id, kind, state, attempts, max_attempts, lease, "
               "lease_until) VALUES ('%s', gen_random_uuid(), 'test.run', 'running', 1, 1, "
               "gen_random_uuid(), now() - interval '1 s')",
               acme);
    worker = someone(TESTDB_APP);
    rescuer = testdb_connect(db, TESTDB_APP);
    now(worker, "SELECT FROM job_batches FOR UPDATE"); /* as it ends its jobs ... */
    blocks(rescuer, "SELECT app_jobs_rescue()");
    now(worker, "SET lock_timeout = '2s'");
    now(worker, "UPDATE tenant_state SET data_version = data_version + 1"); /* ... to the end */
    now(worker, "COMMIT");
    PQfinish(worker);
    ends(rescuer);
    assert_int_equal(number("SELECT canceled FROM job_batches"), 1);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'failed'"), 1);
    assert_int_equal(number("SELECT data_version FROM tenant_state"), 3);
}

/* The worker was slow, not dead: it holds the facts of its meeting and wants its job. */
static void the_rescue_waits_for_no_facts(void **state)
{
    char sql[256];
    PGconn *worker;
    PGconn *rescuer;

    (void)state;
    add_batch(-1);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO subjects (tenant_id, subject_id, dataset, occurred_at) "
               "VALUES ('%s', '" RUNS "', 'meetings', now());"
               "INSERT INTO meeting_facts (tenant_id, subject_id, meeting_date, sales_rep, closed) "
               "VALUES ('%s', '" RUNS "', '2024-01-02', 1, true);"
               "INSERT INTO jobs (tenant_id, job_id, kind, state, attempts, max_attempts, lease, "
               "lease_until) VALUES ('%s', gen_random_uuid(), 'test.run', 'running', 1, 1, "
               "gen_random_uuid(), now() - interval '1 s');"
               "UPDATE jobs SET subject_id = '" RUNS "', max_attempts = 1 WHERE job_id = '" RUNS
               "'",
               acme, acme, acme);
    worker = someone(TESTDB_APP);
    rescuer = testdb_connect(db, TESTDB_APP);
    now(worker, "SET lock_timeout = '5s'");
    now(worker, "UPDATE meeting_facts SET state = 1");
    now(rescuer, "SET lock_timeout = '2s'");
    now(rescuer, "SELECT app_jobs_rescue()");
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'failed'"), 1);
    snprintf(sql, sizeof sql,
             "SELECT app_jobs_finish('%s', '" LEASE "', '{" RUNS "}', true); COMMIT", acme);
    now(worker, sql); /* nobody took it: it ends well after all */
    PQfinish(worker);
    PQfinish(rescuer);
    assert_int_equal(number("SELECT completed FROM job_batches"), 1);
}

#define FIRST  "00000000-0000-0000-0000-000000000001"
#define SECOND "00000000-0000-0000-0000-000000000002"

/* One job that ends in the second batch, then one that ends otherwise in the first: both are locked as everybody does. */
static void the_rescue_locks_batches_in_their_order(void **state)
{
    PGconn *worker;
    PGconn *rescuer;

    (void)state;
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO job_batches (tenant_id, batch_id, kind, total) SELECT '%s', b, 'test.run', 1 "
        "FROM unnest('{" FIRST "," SECOND "}'::uuid[]) b;"
        "INSERT INTO jobs (tenant_id, job_id, kind, batch_id, state, attempts, max_attempts, "
        "cancel_requested, lease, lease_until) SELECT tenant_id, gen_random_uuid(), kind, "
        "batch_id, 'running', 1, 1, batch_id = '" FIRST
        "', gen_random_uuid(), now() - interval '1 s' FROM job_batches",
        acme);
    worker = someone(TESTDB_APP);
    rescuer = testdb_connect(db, TESTDB_APP);
    now(worker, "SELECT FROM job_batches WHERE batch_id = '" FIRST "' FOR UPDATE");
    blocks(rescuer, "SELECT app_jobs_rescue()");
    now(worker, "SET lock_timeout = '2s'");
    now(worker, "SELECT FROM job_batches WHERE batch_id = '" SECOND "' FOR UPDATE");
    now(worker, "COMMIT");
    PQfinish(worker);
    ends(rescuer);
    assert_int_equal(number("SELECT sum(failed) * 10 + sum(canceled) FROM job_batches"), 11);
}

/* One waits for the same work this very moment: the others of the round return all the same. */
static void a_twin_keeps_nobody_else_from_returning(void **state)
{
    PGconn *maker;
    PGconn *rescuer;

    (void)state;
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO jobs (tenant_id, job_id, kind, unique_key, state, attempts, lease, "
               "lease_until) SELECT '%s', gen_random_uuid(), 'test.run', i, 'running', 1, "
               "gen_random_uuid(), now() - interval '1 s' FROM generate_series(1, 3) i",
               acme);
    maker = someone(TESTDB_APP);
    rescuer = testdb_connect(db, TESTDB_APP);
    now(maker, "INSERT INTO jobs (tenant_id, job_id, kind, unique_key) "
               "SELECT app_tenant(), gen_random_uuid(), 'test.run', '2'");
    blocks(rescuer, "SELECT app_jobs_rescue()");
    now(maker, "COMMIT");
    PQfinish(maker);
    ends(rescuer);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready' AND suspect"), 2);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready'"), 3);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE error_code = 'superseded'"), 1);
}

/* A meeting whose reading is canceled is given up, unless somebody still reads it. */
static void a_canceled_job_gives_up_no_meeting_that_a_twin_reads(void **state)
{
    char sql[256];

    (void)state;
    add_batch(60);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO subjects (tenant_id, subject_id, dataset, occurred_at) "
               "VALUES ('%s', '" RUNS "', 'meetings', now());"
               "INSERT INTO meeting_facts (tenant_id, subject_id, meeting_date, sales_rep, closed) "
               "VALUES ('%s', '" RUNS "', '2024-01-02', 1, true);"
               "UPDATE jobs SET subject_id = '" RUNS "'",
               acme, acme);
    snprintf(sql, sizeof sql,
             "SELECT canceled FROM app_jobs_cancel('%s', '{" WAITS "}', NULL, NULL)", acme);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "%s", sql), 1);
    assert_int_equal(number("SELECT state FROM meeting_facts"), 0);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET state = 'ready', lease = NULL, lease_until = NULL");
    snprintf(sql, sizeof sql,
             "SELECT canceled FROM app_jobs_cancel('%s', '{" RUNS "}', NULL, NULL)", acme);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "%s", sql), 1);
    assert_int_equal(number("SELECT state FROM meeting_facts"), 2);
}

/* What ends changes what meetings look like: nothing cached may be served again. */
static void a_canceled_job_that_comes_back_moves_the_version(void **state)
{
    (void)state;
    add_batch(-1);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET cancel_requested = true WHERE state = 'running'");
    testdb_number(db, TESTDB_APP, "SELECT app_jobs_rescue()");
    assert_int_equal(number("SELECT data_version FROM tenant_state"), 2);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET cancel_requested = true, state = 'running', lease = '" LEASE
               "', lease_until = now() + interval '1 h'");
    testdb_number(db, TESTDB_APP, "SELECT app_jobs_release('" LEASE "')");
    assert_int_equal(number("SELECT data_version FROM tenant_state"), 3);
    assert_int_equal(number("SELECT canceled FROM job_batches"), 2);
}

/* More than one round of the rescue takes. */
static void who_has_no_attempt_left_never_waits_again(void **state)
{
    (void)state;
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO jobs (tenant_id, job_id, kind, state, attempts, max_attempts, lease, "
               "lease_until) SELECT '%s', gen_random_uuid(), 'test.run', 'running', 1, 1, "
               "gen_random_uuid(), now() - interval '1 s' FROM generate_series(1, 1001)",
               acme);
    assert_int_equal(testdb_number(db, TESTDB_APP, "SELECT app_jobs_rescue()"), 1000);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready'"), 0);
    assert_int_equal(testdb_number(db, TESTDB_APP, "SELECT app_jobs_rescue()"), 1);
    assert_int_equal(number("SELECT count(*) FROM job_archive"), 1001);
}

/* A claim answers a suspect with cap -1, by which the worker knows that it says nothing of the tenant's other jobs. */
static void a_claimed_suspect_is_told_from_the_others(void **state)
{
    (void)state;
    add_batch(60);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET suspect = true WHERE state = 'ready'");
    for (int first = 0; first < 2; first++) { /* looked for first; when nothing else is there */
        assert_int_equal(
            testdb_number(
                db, TESTDB_APP,
                "SELECT coalesce(cap, 0) FROM app_jobs_claim('w', '{test.run}', '{0}', 0, "
                "20, 60000, gen_random_uuid(), '%s', NULL, NULL, NULL, "
                "NULL, NULL) WHERE job_id IS NOT NULL",
                first ? "00000000-0000-0000-0000-000000000000"
                      : "00000000-0000-0000-0000-0000000000ff"),
            -1);
        testdb_run(
            db, TESTDB_ADMIN,
            "UPDATE jobs SET state = 'ready', lease = NULL, lease_until = NULL WHERE suspect");
    }
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(a_batch_is_canceled_while_its_jobs_end),
        WITH_DB(who_makes_jobs_of_a_batch_is_waited_for),
        WITH_DB(a_pack_holds_its_batch_last),
        WITH_DB(meetings_are_deleted_while_they_are_read),
        WITH_DB(the_rescue_takes_the_tenants_row_last),
        WITH_DB(the_rescue_waits_for_no_facts),
        WITH_DB(the_rescue_locks_batches_in_their_order),
        WITH_DB(a_twin_keeps_nobody_else_from_returning),
        WITH_DB(a_canceled_job_gives_up_no_meeting_that_a_twin_reads),
        WITH_DB(a_canceled_job_that_comes_back_moves_the_version),
        WITH_DB(who_has_no_attempt_left_never_waits_again),
        WITH_DB(a_claimed_suspect_is_told_from_the_others),
    };

    log_open("-", LOG_OFF);
    return cmocka_run_group_tests_name("queue_locks", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Looking on at the queue: progress to poll, lists, instants, metrics; and what that costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/queue/metrics.h"
#include "core/queue/runner.h"
#include "tests/lib/testdb.h"

static struct testdb *db;
static struct ctx *cx;
static struct config config;
static struct uuid acme;
static struct uuid ana;

static int run(struct ctx *c, const struct job *job)
{
    if (strstr(job->payload, "later"))
        return ctx_fail(c, ERR_UPSTREAM, "told_to", NULL, "as the test asked");
    if (strstr(job->payload, "never"))
        return ctx_fail(c, ERR_INVALID, "told_to", NULL, "as the test asked");
    return 0;
}

static const struct job_kind kinds[] = {{"test.run", run, NULL, 1000},
                                        {"test.other", run, NULL, 1000}};

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    config = *cx->config;
    config.database_url = db->app_url;
    cx->config = &config;
    acme = testdb_tenant(db, "acme");
    ana = testdb_member(db, "acme", "ana@acme.test", ROLE_ANALYST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

static void enter(void)
{
    testdb_fresh(cx);
    testdb_as(cx, &acme, &ana, ROLE_ANALYST);
    assert_int_equal(
        db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){ROLE_ANALYST, SCOPE_DATA_WRITE}),
        0);
}

static void leave(void)
{
    if (db_commit(cx) < 0)
        fail_msg("%s: %s", cx->err.reason, cx->err.internal);
}

static void add(struct queue_job job, const char *is)
{
    char payload[64];
    bool made = false;

    snprintf(payload, sizeof payload, "{\"is\":\"%s\"}", is);
    if (!job.kind)
        job.kind = "test.run";
    job.payload = payload;
    if (queue_add(cx, &job, &made) < 0)
        fail_msg("%s: %s", cx->err.reason, cx->err.internal);
    assert_true(made);
}

static int turn(void)
{
    const struct runner_options o = {.config = &config, .kinds = kinds, .nkinds = 2};

    testdb_fresh(cx);
    return runner_turn(cx, &o, NULL);
}

static bool progress(const char *after, char **cursor, json_t **out)
{
    struct sb b;
    struct jw w;
    bool changed;

    sb_init(&b, 1 << 20);
    jw_init(&w, &b);
    enter();
    if (queue_progress(cx, after ? slice_cstr(after) : (struct slice){NULL, 0}, &w, &changed) < 0)
        fail_msg("%s: %s", cx->err.reason, cx->err.internal);
    leave();
    if (changed) {
        assert_int_equal(json_read(sb_get(&b), out), JSON_OK);
        free(*cursor);
        *cursor = strdup(json_str(*out, "cursor"));
    }
    sb_done(&b);
    return changed;
}

static int64_t count_of(const json_t *p, const char *key)
{
    int64_t n = -1;

    json_i64(json_object_get(p, "counts"), key, &n);
    return n;
}

/* A group that lasts long commits a change that is older than others which were told. */
static void a_change_that_is_committed_late_is_told(void **state)
{
    const struct uuid batches[] = {uuid_new(), uuid_new()};
    char id[UUID_TEXT_BYTES];
    char *cursor = NULL;
    json_t *p = NULL;

    (void)state;
    enter();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(queue_batch_begin(cx, &batches[i], "test.run", 0), 0);
        add((struct queue_job){.batch = &batches[i]}, "good");
    }
    leave();
    uuid_text(&batches[0], id);
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE job_batches SET changed_at = changed_at - interval '1 h' WHERE batch_id = '%s'",
        id);
    assert_true(progress(NULL, &cursor, &p));
    json_decref(p);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE job_batches b SET failed = 1, changed_at = (SELECT max(changed_at) FROM "
               "job_batches) - interval '%lld ms' WHERE batch_id = '%s'",
               (long long)config.job_lease_ms - 1000, id);
    assert_true(progress(cursor, &cursor, &p));
    assert_int_equal(json_array_size(json_object_get(p, "batches")), 2);
    json_decref(p);
    free(cursor);
}

static void progress_says_what_changed_and_nothing_else(void **state)
{
    const struct uuid batch = uuid_new();
    char *cursor = NULL;
    json_t *p = NULL;

    (void)state;
    assert_true(progress(NULL, &cursor, &p));
    json_decref(p);
    assert_false(progress(cursor, &cursor, &p));
    enter();
    assert_int_equal(queue_batch_begin(cx, &batch, "test.run", 0), 0);
    for (int i = 0; i < 5; i++)
        add((struct queue_job){.batch = &batch}, "good");
    add((struct queue_job){.delay_ms = 3600000}, "good"); /* of no batch */
    leave();
    assert_true(progress(cursor, &cursor, &p));
    assert_int_equal(count_of(p, "pending"), 6);
    assert_int_equal(json_array_size(json_object_get(p, "batches")), 1);
    json_decref(p);
    assert_false(progress(cursor, &cursor, &p));
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE jobs SET state = 'running', lease = gen_random_uuid(), lease_until = now() + interval '1 h' WHERE batch_id IS NOT NULL");
    assert_true(progress(cursor, &cursor, &p));
    assert_int_equal(count_of(p, "processing"), 5);
    assert_int_equal(count_of(p, "pending"), 1);
    assert_int_equal(json_array_size(json_object_get(p, "running")), 5);
    json_decref(p);
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE jobs SET progress_done = 1, progress_total = 3 WHERE job_id = (SELECT min(job_id::text)::uuid FROM jobs WHERE state = 'running')");
    assert_true(progress(cursor, &cursor, &p));
    json_decref(p);
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE jobs SET state = 'ready', lease = NULL, lease_until = NULL");
    assert_int_equal(turn(), 5);
    assert_true(progress(cursor, &cursor, &p));
    /* done, so no longer open: but said once more that it changed */
    assert_int_equal(count_of(p, "pending"), 1);
    assert_int_equal(count_of(p, "completed"), 0);
    assert_int_equal(json_integer_value(json_object_get(
                         json_array_get(json_object_get(p, "batches"), 0), "completed")),
                     5);
    json_decref(p);
    assert_false(progress(cursor, &cursor, &p));
    enter();
    {
        struct jw w;
        struct sb b;
        bool changed;

        sb_init(&b, 1000);
        jw_init(&w, &b);
        assert_int_equal(queue_progress(cx, SLICE("nonsense"), &w, &changed), -1);
        assert_string_equal(cx->err.reason, "cursor_invalid");
        sb_done(&b);
    }
    free(cursor);
}

static json_t *list(struct queue_filter f)
{
    struct sb b;
    struct jw w;
    json_t *v = NULL;

    sb_init(&b, 1 << 20);
    jw_init(&w, &b);
    enter();
    if (queue_list(cx, &f, &w) < 0)
        fail_msg("%s: %s", cx->err.reason, cx->err.internal);
    assert_int_equal(json_read(sb_get(&b), &v), JSON_OK);
    leave();
    sb_done(&b);
    return v;
}

static void pages_of_both_tables_hold_each_job_once(void **state)
{
    char cursor[600] = "";
    char last[UUID_TEXT_BYTES] = "~";
    int seen = 0;
    json_t *v;

    (void)state;
    enter();
    for (int i = 0; i < 12; i++)
        add((struct queue_job){.delay_ms = i % 3 ? 0 : 3600000}, i % 4 == 1 ? "never" : "good");
    leave();
    turn();
    do {
        const char *next;

        v = list((struct queue_filter){.limit = 5, .cursor = slice_cstr(cursor)});
        for (size_t i = 0; i < json_array_size(json_object_get(v, "jobs")); i++) {
            const char *id = json_str(json_array_get(json_object_get(v, "jobs"), i), "job_id");

            assert_true(strcmp(id, last) < 0); /* newest first, none twice */
            snprintf(last, sizeof last, "%s", id);
            seen++;
        }
        next = json_str(v, "next_cursor");
        snprintf(cursor, sizeof cursor, "%s", next ? next : "");
        json_decref(v);
    } while (cursor[0]);
    assert_int_equal(seen, 12);
    v = list((struct queue_filter){.limit = 50, .state = SLICE("failed")});
    assert_int_equal(
        json_array_size(json_object_get(v, "jobs")),
        testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM job_archive WHERE state = 'failed'"));
    assert_string_equal(
        json_str(json_object_get(json_array_get(json_object_get(v, "jobs"), 0), "error"), "code"),
        "told_to");
    json_decref(v);
    v = list(
        (struct queue_filter){.limit = 50, .state = SLICE("ready"), .kind = SLICE("test.other")});
    assert_int_equal(json_array_size(json_object_get(v, "jobs")), 0);
    json_decref(v);
}

/* The two tables are asked one after the other: what ends between the answers is in both. */
static void a_job_that_ends_while_it_is_listed_is_there_once(void **state)
{
    json_t *v;

    (void)state;
    enter();
    for (int i = 0; i < 3; i++)
        add((struct queue_job){0}, "good");
    leave();
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO job_archive (tenant_id, job_id, kind, state, attempts, created_at) "
               "SELECT tenant_id, job_id, kind, 'completed', 1, created_at FROM jobs ORDER BY "
               "job_id LIMIT 2");
    v = list((struct queue_filter){.limit = 50});
    assert_int_equal(json_array_size(json_object_get(v, "jobs")), 3);
    assert_string_equal(json_str(json_array_get(json_object_get(v, "jobs"), 1), "state"),
                        "completed");
    json_decref(v);
}

static void assert_instants(const json_t *object, const char *text)
{
    const char *key;
    json_t *v;
    int seen = 0;

    json_object_foreach((json_t *)object, key, v)
    {
        const size_t n = strlen(key);

        if (n < 3 || strcmp(key + n - 3, "_at") != 0 || json_is_null(v))
            continue;
        assert_string_equal(json_string_value(v), text);
        seen++;
    }
    assert_true(seen >= 2);
}

static void assert_listed_instants(struct queue_filter f, size_t n, const char *text)
{
    json_t *v;

    f.limit = 50;
    v = list(f);
    assert_int_equal(json_array_size(json_object_get(v, "jobs")), n);
    for (size_t i = 0; i < n; i++) {
        const json_t *job = json_array_get(json_object_get(v, "jobs"), i);
        struct sb b;
        struct jw w;
        struct uuid id;
        json_t *one = NULL;

        assert_instants(job, text);
        sb_init(&b, 1 << 16);
        jw_init(&w, &b);
        assert_true(uuid_parse(slice_cstr(json_str(job, "job_id")), &id));
        enter();
        assert_int_equal(queue_get(cx, &id, &w), 0);
        assert_int_equal(json_read(sb_get(&b), &one), JSON_OK);
        leave();
        assert_true(json_equal(one, job));
        json_decref(one);
        sb_done(&b);
    }
    json_decref(v);
}

/* The session's zone is the tenant's; what is shown is UTC with milliseconds, wherever an instant is shown. */
static void instants_are_utc_whatever_the_zone(void **state)
{
    static const char *const states[] = {"ready", "running", "completed", "failed"};
    static const char shown[] = "2024-07-01T03:30:00.120Z";
    const struct uuid batch = uuid_new();
    char *cursor = NULL;
    json_t *v;

    (void)state;
    testdb_run(db, TESTDB_ADMIN, "UPDATE tenant_settings SET time_zone = 'America/Santiago'");
    enter();
    assert_int_equal(queue_batch_begin(cx, &batch, "test.run", 0), 0);
    add((struct queue_job){.batch = &batch, .subject = &batch}, "good");
    add((struct queue_job){.subject = &batch}, "good");
    leave();
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE jobs SET created_at = '2024-07-01 03:30:00.12+00', run_at = '2024-07-01 03:30:00.12+00';"
        "UPDATE jobs SET started_at = run_at, state = 'running', lease = gen_random_uuid(), lease_until = now() + interval '1 h' WHERE batch_id IS NOT NULL;"
        "UPDATE job_batches SET created_at = '2024-07-01 03:30:00.12+00', changed_at = '2024-07-01 03:30:00.12+00';"
        "INSERT INTO job_archive (tenant_id, job_id, kind, state, subject_id, attempts, created_at, started_at, finished_at) "
        "SELECT tenant_id, gen_random_uuid(), kind, s, subject_id, 1, run_at, run_at, run_at FROM jobs, unnest('{completed,failed}'::text[]) s WHERE state = 'running'");
    assert_listed_instants((struct queue_filter){.subject = &batch}, 4, shown);
    assert_listed_instants((struct queue_filter){.kind = SLICE("test.run")}, 4, shown);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        assert_listed_instants((struct queue_filter){.state = slice_cstr(states[i])}, 1, shown);
    assert_true(progress(NULL, &cursor, &v));
    assert_string_equal(json_str(json_array_get(json_object_get(v, "running"), 0), "started_at"),
                        shown);
    assert_instants(json_array_get(json_object_get(v, "batches"), 0), shown);
    json_decref(v);
    free(cursor);
}

/* With 100,000 waiting jobs the poll reads a handful of rows. */
/* Blocks that a statement touched, by its EXPLAIN in JSON: what it costs, however busy the machine is. */
static int64_t plan_blocks(const char *explained)
{
    SCOPED(json_drop) json_t *v = json_loads(explained, 0, NULL);
    const json_t *top = json_object_get(json_array_get(v, 0), "Plan");

    assert_non_null(top);
    return json_integer_value(json_object_get(top, "Shared Hit Blocks")) +
           json_integer_value(json_object_get(top, "Shared Read Blocks"));
}

static void the_poll_does_not_read_what_waits(void **state)
{
    char sql[8192];
    char t[UUID_TEXT_BYTES];
    PGconn *c = testdb_connect(db, TESTDB_APP);
    int64_t blocks = -1;
    PGresult *r;

    (void)state;
    uuid_text(&acme, t);
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO job_batches (tenant_id, batch_id, kind, total) SELECT '%s', gen_random_uuid(), 'test.run', 1000 FROM generate_series(1, 100);"
        "INSERT INTO jobs (tenant_id, job_id, kind, batch_id) SELECT tenant_id, gen_random_uuid(), kind, batch_id FROM job_batches, generate_series(1, 1000);"
        "INSERT INTO jobs (tenant_id, job_id, kind) SELECT '%s', gen_random_uuid(), 'test.run' FROM generate_series(1, 200);"
        "INSERT INTO jobs (tenant_id, job_id, kind, batch_id, state, lease, lease_until) SELECT tenant_id, gen_random_uuid(), kind, batch_id, 'running', "
        "gen_random_uuid(), now() + interval '1 h' FROM job_batches; ANALYZE",
        t, t);
    PQclear(PQexec(c, arena_printf(cx->arena, "BEGIN; SET LOCAL app.tenant_id = '%s'", t)));
    snprintf(sql, sizeof sql, "PREPARE pulse AS %s", sql_statements[SQL_QUEUE_PULSE].text);
    PQclear(PQexec(c, sql));
    /* the second time: the first also reads the catalogue */
    for (int i = 0; i < 2; i++) {
        r = PQexec(c, arena_printf(
                          cx->arena,
                          "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE pulse('%s')",
                          t));
        assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
        blocks = plan_blocks(PQgetvalue(r, 0, 0));
        PQclear(r);
    }
    PQfinish(c);
    print_message("pulse at 100,000 waiting jobs, 100 open batches, 100 running: %lld blocks\n",
                  (long long)blocks);
    assert_in_range(blocks, 1,
                    600); /* jobs has some 2,000; 300 of them are looked up by an index */
}

/* What a scrape of /metrics costs, and what it says. */
static void metrics_are_by_kind_and_bucket_of_tenants(void **state)
{
    char t[UUID_TEXT_BYTES];
    struct sb text;
    int64_t began_us;

    (void)state;
    uuid_text(&acme, t);
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO jobs (tenant_id, job_id, kind, run_at) SELECT '%s', gen_random_uuid(), "
        "'test.run', now() - interval '90 s' FROM generate_series(1, 100000);"
        "INSERT INTO job_archive (tenant_id, job_id, kind, state, attempts, created_at, "
        "started_at, finished_at) SELECT '%s', gen_random_uuid(), 'test.run', CASE WHEN i %% "
        "10 = 0 THEN 'failed' ELSE 'completed' END, 1 + i %% 2, now(), now() - interval '2 "
        "s', now() FROM generate_series(1, 100000) i; ANALYZE jobs",
        t, t);
    enter();
    sb_init(&text, 1 << 20);
    began_us = clock_mono_us();
    assert_int_equal(queue_metrics_text(cx, &text), 0);
    print_message("metrics at 100,000 waiting and 100,000 ended jobs: %lld ms\n",
                  (long long)(clock_mono_us() - began_us) / 1000);
    assert_non_null(strstr(sb_text(&text), "state=\"ready\"} 100000\n"));
    assert_non_null(strstr(sb_text(&text), "state=\"completed\"} 300\n"));
    assert_non_null(strstr(sb_text(&text), "state=\"failed\"} 33.3333333\n"));
    assert_non_null(
        strstr(sb_text(&text), "clientmetrics_jobs_oldest_seconds{kind=\"test.run\",tenants=\""));
    assert_non_null(strstr(sb_text(&text), "\"} 2\n"));     /* p95 */
    assert_non_null(strstr(sb_text(&text), "\"} 50000\n")); /* retries */
    assert_non_null(strstr(sb_text(&text), "clientmetrics_jobs_estimated{"));
    assert_in_range(testdb_number(db, TESTDB_APP, "SELECT ready FROM app_jobs_metrics(400)"), 60000,
                    140000);
    assert_int_equal(
        testdb_number(db, TESTDB_APP, "SELECT estimated::integer FROM app_jobs_metrics(400)"), 1);
    assert_int_equal(
        testdb_number(db, TESTDB_APP, "SELECT estimated::integer FROM app_jobs_metrics(100000)"),
        0);
    sb_done(&text);
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(a_change_that_is_committed_late_is_told),
        WITH_DB(progress_says_what_changed_and_nothing_else),
        WITH_DB(pages_of_both_tables_hold_each_job_once),
        WITH_DB(a_job_that_ends_while_it_is_listed_is_there_once),
        WITH_DB(instants_are_utc_whatever_the_zone),
        WITH_DB(the_poll_does_not_read_what_waits),
        WITH_DB(metrics_are_by_kind_and_bucket_of_tenants),
    };

    log_open("-", LOG_OFF);
    return cmocka_run_group_tests_name("queue_look", tests, NULL, NULL);
}

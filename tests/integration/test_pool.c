/* SPDX-License-Identifier: MIT */
/* The pool: jobs that wait for somebody else's answer, in two transactions with a call between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/db/db.h"
#include "core/queue/pool.h"
#include "tests/lib/testdb.h"

enum { MOST = 64 };

static struct testdb *db;
static struct ctx *cx;
static struct config config;
static struct uuid acme;
static struct uuid other;

/* The service that is called: it answers whatever is out, when a test lets it. */
static struct {
    struct pool_item *out[MOST];
    size_t n;
    size_t most_out;
    bool silent;
    int begun, started, ended, left, dropped;
    int unseen;            /* started although what begin() wrote was not committed */
    const char *later;     /* payloads with this are put off by begin() */
    const char *fails;     /* ... fail in end() */
    const char *breaks;    /* ... break end()'s transaction */
    const char *meanwhile; /* SQL of somebody else, run by the first step() */
} service;

static void *service_open(const struct config *c, void *arg)
{
    (void)c;
    (void)arg;
    return &service;
}

static void service_close(void *user)
{
    (void)user;
}

static void service_step(void *user, int fd, int64_t wait_ms)
{
    (void)user;
    (void)fd;
    (void)wait_ms;
    if (service.meanwhile) {
        testdb_run(db, TESTDB_ADMIN, "%s", service.meanwhile);
        service.meanwhile = NULL;
    }
    if (service.n > service.most_out)
        service.most_out = service.n;
    if (service.silent)
        return;
    for (size_t i = 0; i < service.n; i++)
        pool_ready(service.out[i]);
    service.n = 0;
}

static bool says(const struct pool_item *item, const char *word)
{
    return word && strstr(item->job.payload, word);
}

static int exec(struct ctx *c, const char *sql)
{
    PGresult *r = db_query_text(c, sql, NULL, 0);

    PQclear(r);
    return r ? 0 : -1;
}

static int note(struct ctx *c, const struct pool_item *item, const char *part)
{
    char id[UUID_TEXT_BYTES];
    char sql[200];

    uuid_text(&item->job.id, id);
    snprintf(sql, sizeof sql, "INSERT INTO pool_notes VALUES ('%s', '%s')", id, part);
    return exec(c, sql);
}

static int begin(struct ctx *c, void *user, struct pool_item *const *items, size_t n)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        service.begun++;
        items[i]->task = arena_strdup(items[i]->arena, "mine");
        items[i]->outcome = says(items[i], service.later) ? POOL_LATER : POOL_WAITS;
        items[i]->delay_ms = 60000;
        if (note(c, items[i], "begun") < 0)
            return -1;
    }
    return 0;
}

static void start(void *user, struct pool_item *item)
{
    char id[UUID_TEXT_BYTES];

    (void)user;
    uuid_text(&item->job.id, id);
    service.unseen += testdb_number(db, TESTDB_ADMIN,
                                    "SELECT count(*) FROM pool_notes WHERE job = '%s'", id) != 1;
    service.started++;
    service.out[service.n++] = item;
}

static int end(struct ctx *c, void *user, struct pool_item *const *items, size_t n)
{
    (void)user;
    for (size_t i = 0; i < n; i++) {
        service.ended++;
        assert_string_equal(items[i]->task, "mine");
        if (says(items[i], service.breaks))
            return exec(c, "SELECT 1 / 0");
        if (says(items[i], service.fails)) {
            items[i]->outcome = POOL_FAILED;
            ctx_fail(c, ERR_UPSTREAM, "told_to", NULL, "as the test asked");
            items[i]->err = c->err;
            err_clear(&c->err);
            continue;
        }
        items[i]->outcome = POOL_DONE;
        if (note(c, items[i], "ended") < 0)
            return -1;
    }
    return 0;
}

static void drop(void *user, struct pool_item *item)
{
    size_t kept = 0;

    (void)user;
    service.left++;
    for (size_t i = 0; i < service.n; i++) {
        if (service.out[i] != item)
            service.out[kept++] = service.out[i];
    }
    service.dropped += (int)(service.n - kept);
    service.n = kept;
}

static struct pool_kind kinds[] = {{.kind = {.name = "test.ask", .timeout_ms = 5000},
                                    .begin = begin,
                                    .start = start,
                                    .end = end,
                                    .drop = drop}};

static struct pool *pool_of(int64_t in_flight)
{
    static struct pool_options o;

    o = (struct pool_options){.config = &config,
                              .kinds = kinds,
                              .nkinds = 1,
                              .calls = {service_open, service_step, service_close},
                              .in_flight = in_flight};
    return pool_new(&o, NULL);
}

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    config = *cx->config;
    config.database_url = db->app_url;
    acme = testdb_tenant(db, "acme");
    other = testdb_tenant(db, "other");
    testdb_run(db, TESTDB_ADMIN,
               "CREATE TABLE pool_notes (job uuid, part text); GRANT ALL ON pool_notes TO cm_app");
    memset(&service, 0, sizeof service);
    kinds[0].kind.timeout_ms = 5000;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

static struct uuid add(const struct uuid *tenant, const char *payload)
{
    char id[UUID_TEXT_BYTES];
    char t[UUID_TEXT_BYTES];
    const struct uuid job = uuid_new();

    uuid_text(tenant, t);
    uuid_text(&job, id);
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO jobs (tenant_id, job_id, kind, payload) VALUES ('%s', '%s', 'test.ask', "
        "'{\"is\":\"%s\"}')",
        t, id, payload);
    return job;
}

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

/* Until nothing is in hand and nothing waits for its turn. */
static void run_dry(struct pool *p)
{
    for (int i = 0; i < 200; i++) {
        const int n = pool_turn(p, false, 1);

        assert_true(n >= 0);
        if (n == 0 &&
            number("SELECT count(*) FROM jobs WHERE state = 'running' OR run_at <= now()") == 0)
            return;
    }
    fail_msg("jobs are left");
}

static void jobs_begin_wait_and_end(void **state)
{
    struct pool *p = pool_of(20);

    (void)state;
    for (int i = 0; i < 30; i++)
        add(i % 3 ? &acme : &other, "a");
    run_dry(p);
    assert_int_equal(service.begun, 30);
    assert_int_equal(service.started, 30);
    assert_int_equal(service.unseen, 0);
    assert_int_equal(service.ended, 30);
    assert_int_equal(service.dropped, 0);
    assert_int_equal(service.left, 30);
    assert_true(service.most_out <= 20 && service.most_out > 4);
    assert_int_equal(
        number("SELECT count(*) FROM job_archive WHERE state = 'completed' AND attempts = 1"), 30);
    assert_int_equal(number("SELECT count(DISTINCT job) FROM pool_notes WHERE part = 'ended'"), 30);
    assert_int_equal(number("SELECT count(*) FROM pool_notes"), 60);
    pool_free(p);
}

static void the_lease_is_kept_while_an_answer_is_awaited(void **state)
{
    struct pool *p = pool_of(5);

    (void)state;
    add(&acme, "a");
    service.silent = true;
    assert_int_equal(pool_turn(p, false, 1), 1);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET lease_until = now() + interval '1 second'");
    for (int64_t until = clock_mono_ms() + 1500; clock_mono_ms() < until;)
        assert_int_equal(pool_turn(p, false, 1), 1);
    assert_int_equal(
        number("SELECT count(*) FROM jobs WHERE lease_until > now() + interval '10 seconds'"), 1);
    service.silent = false;
    run_dry(p);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'completed'"), 1);
    pool_free(p);
}

static void one_that_fails_is_put_back_alone(void **state)
{
    struct pool *p = pool_of(20);

    (void)state;
    service.fails = "bad";
    add(&acme, "good");
    add(&acme, "bad");
    add(&acme, "good");
    run_dry(p);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'completed'"), 2);
    assert_int_equal(
        number(
            "SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 1 AND run_at > now() AND "
            "last_error = 'as the test asked'"),
        1);
    pool_free(p);
}

static void a_broken_transaction_breaks_only_the_job_that_did_it(void **state)
{
    struct pool *p = pool_of(20);

    (void)state;
    service.breaks = "bad";
    add(&acme, "good");
    add(&acme, "bad");
    add(&acme, "good");
    run_dry(p);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'completed'"), 2);
    assert_int_equal(number("SELECT count(*) FROM pool_notes WHERE part = 'ended'"), 2);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 1"), 1);
    assert_int_equal(service.left, 3);
    pool_free(p);
}

static void what_cannot_be_done_at_present_waits_and_costs_no_attempt(void **state)
{
    struct pool *p = pool_of(20);

    (void)state;
    service.later = "cap";
    add(&acme, "cap");
    add(&acme, "a");
    run_dry(p);
    assert_int_equal(service.started, 1);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 0 AND "
                            "run_at > now() + interval '50 seconds'"),
                     1);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'completed'"), 1);
    pool_free(p);
}

static void a_canceled_job_is_dropped(void **state)
{
    struct pool *p = pool_of(20);

    (void)state;
    service.silent = true;
    add(&acme, "a");
    assert_int_equal(pool_turn(p, false, 1), 1);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET cancel_requested = true");
    for (int64_t until = clock_mono_ms() + 3000; clock_mono_ms() < until && pool_turn(p, false, 1);)
        ;
    assert_int_equal(service.dropped, 1);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'canceled'"), 1);
    assert_int_equal(service.ended, 0);
    pool_free(p);
}

static void a_lost_job_is_dropped_and_stores_nothing(void **state)
{
    struct pool *p = pool_of(20);

    (void)state;
    add(&acme, "a");
    add(&acme, "b");
    service.meanwhile = "UPDATE jobs SET lease = gen_random_uuid() WHERE payload->>'is' = 'a'";
    for (int64_t until = clock_mono_ms() + 3000; clock_mono_ms() < until && pool_turn(p, false, 1);)
        ;
    assert_int_equal(number("SELECT count(*) FROM pool_notes WHERE part = 'ended'"), 1);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'running'"), 1);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'completed'"), 1);
    pool_free(p);
}

static void an_answer_that_never_comes_is_a_failure(void **state)
{
    struct pool *p;

    (void)state;
    kinds[0].kind.timeout_ms = 50;
    p = pool_of(20);
    service.silent = true;
    add(&acme, "a");
    assert_int_equal(pool_turn(p, false, 1), 1);
    for (int64_t until = clock_mono_ms() + 3000; clock_mono_ms() < until && pool_turn(p, false, 1);)
        ;
    assert_int_equal(service.dropped, 1);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 1 AND "
                            "last_error = 'no answer in time'"),
                     1);
    pool_free(p);
}

static void who_leaves_takes_nothing_new_and_gives_back_the_rest(void **state)
{
    struct pool *p = pool_of(20);

    (void)state;
    service.silent = true;
    add(&acme, "a");
    assert_int_equal(pool_turn(p, false, 1), 1);
    add(&acme, "b");
    assert_int_equal(pool_turn(p, true, 1), 1);
    assert_int_equal(service.begun, 1);
    pool_free(p);
    assert_int_equal(service.dropped, 1);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 0"), 2);
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(jobs_begin_wait_and_end),
        WITH_DB(the_lease_is_kept_while_an_answer_is_awaited),
        WITH_DB(one_that_fails_is_put_back_alone),
        WITH_DB(a_broken_transaction_breaks_only_the_job_that_did_it),
        WITH_DB(what_cannot_be_done_at_present_waits_and_costs_no_attempt),
        WITH_DB(a_canceled_job_is_dropped),
        WITH_DB(a_lost_job_is_dropped_and_stores_nothing),
        WITH_DB(an_answer_that_never_comes_is_a_failure),
        WITH_DB(who_leaves_takes_nothing_new_and_gives_back_the_rest),
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}

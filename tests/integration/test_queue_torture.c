/* SPDX-License-Identifier: MIT */
/*
 * Workers killed with SIGKILL a thousand times over ten thousand jobs: before a claim, after it, in the middle of a
 * job, between its effect and the commit, and with the COMMIT on the wire. Afterwards every effect is there exactly
 * once, every job is in the archive exactly once, and the batches have counted right.
 *
 * The effect is a row of a table without any key that could hide a second one. Linked with --wrap (see the
 * Makefile), by which a worker dies the moment its COMMIT was sent. CM_TEST_SEED repeats a run's random choices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/queue/internal.h"
#include "core/queue/runner.h"
#include "tests/lib/testdb.h"

enum {
    JOBS = 10000,
    KILLS = 1000,
    WORKERS = 6,
    TENANTS = 5,
    LEASE_MS = 700,
    LIMIT_MS = 240000, /* for a run under valgrind or on a busy machine; some 40 s are usual */
};

enum point { BEFORE_CLAIM, AFTER_CLAIM, MID_JOB, AFTER_EFFECT, IN_COMMIT, POINTS };
static const char *const point_names[POINTS] = {"before claim", "after claim", "mid-job",
                                                "after effect", "in commit"};

static struct shared {
    _Atomic int64_t killed[POINTS];
} * shared;

static struct testdb *db;
static struct config config;
static uint64_t dice;
static enum point doom; /* where this process dies; POINTS: nowhere */
static int doom_after;  /* passing it so many times first */

static uint32_t roll(uint32_t sides)
{
    dice ^= dice << 13; /* xorshift64: the same choices for the same seed */
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 32) % sides;
}

static void pass(enum point at)
{
    if (at != doom || doom_after-- > 0)
        return;
    atomic_fetch_add(&shared->killed[at], 1);
    kill(getpid(), SIGKILL);
}

/* ---- the COMMIT on the wire ---- */

static bool sending_commit;

int __real_PQpipelineSync(PGconn *c);
int __wrap_PQpipelineSync(PGconn *c);
int __wrap_PQpipelineSync(PGconn *c)
{
    const int ok =
        __real_PQpipelineSync(c); /* flushes: everything up to the COMMIT is on its way */

    if (sending_commit)
        pass(IN_COMMIT);
    return ok;
}

/* A COMMIT of its own: one that put a job back, and whatever else would come to end a group in pieces. */
int __real_PQsendQuery(PGconn *c, const char *sql);
int __wrap_PQsendQuery(PGconn *c, const char *sql);
int __wrap_PQsendQuery(PGconn *c, const char *sql)
{
    const int ok = __real_PQsendQuery(c, sql);

    if (strcmp(sql, "COMMIT") == 0) {
        PQflush(c);
        pass(IN_COMMIT);
    }
    return ok;
}

/* ---- a worker ---- */

static int effect(struct ctx *cx, const struct job *job)
{
    PGresult *r;

    sending_commit = false;
    pass(AFTER_CLAIM);
    if (roll(40) == 0)
        return ctx_fail(cx, ERR_UPSTREAM, "told_to", NULL, "fails now and then, as jobs do");
    pass(MID_JOB);
    r = db_query_text(cx, "INSERT INTO torture_effects (job_id) VALUES ($1)",
                      (const struct db_arg[]){db_uuid(&job->id)}, 1);
    if (!r)
        return -1;
    PQclear(r);
    pass(AFTER_EFFECT);
    sending_commit =
        true; /* what is flushed next, but for other jobs' effects, is the end of the group */
    return 0;
}

static const struct job_kind kinds[] = {{"test.torture", effect, NULL, 200}};

static _Noreturn void work(void)
{
    struct ctx cx = {.arena = arena_new(LIMIT_ARENA_BYTES),
                     .db = db_new(db->app_url, true, 3000, "torture"),
                     .config = &config};
    const struct runner_options o = {
        .config = &config, .kinds = kinds, .nkinds = 1, .memory = runner_memory_new(&config)};

    for (int i = 0;; i++) {
        sending_commit = false;
        pass(BEFORE_CLAIM);
        cx.deadline_ms = clock_mono_ms() + 5000;
        if (i % 4 == 0)
            PQclear(queue_call(&cx, SQL_JOBS_RESCUE, NULL));
        db_rollback(&cx);
        err_clear(&cx.err);
        sending_commit = false;
        if (runner_turn(&cx, &o, NULL) <= 0)
            usleep(20000);
        err_clear(&cx.err);
    }
}

static pid_t hire(bool mortal)
{
    const uint64_t seed = dice ^ ((uint64_t)roll(UINT32_MAX) << 20);
    const enum point at = mortal ? (enum point)roll(POINTS) : POINTS;
    const int after = (int)roll(at == BEFORE_CLAIM ? 2 : 10);
    const pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dice = seed | 1;
    doom = at;
    doom_after = after;
    work();
}

static int64_t kills(void)
{
    int64_t n = 0;

    for (int i = 0; i < POINTS; i++)
        n += atomic_load(&shared->killed[i]);
    return n;
}

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

/* The first half is there at once; the rest comes while workers die, so that there is work to die in to the end. */
static void add_jobs(int from, int n)
{
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO jobs (tenant_id, job_id, kind, max_attempts, batch_id) "
        "SELECT t.tenant_id, gen_random_uuid(), 'test.torture', 100, b.batch_id "
        "FROM generate_series(%d, %d) i JOIN (SELECT tenant_id, row_number() OVER () - 1 AS n "
        "FROM tenants) t ON t.n = i %% %d JOIN job_batches b ON b.tenant_id = t.tenant_id;"
        "UPDATE job_batches b SET total = (SELECT count(*) FROM jobs j WHERE j.batch_id = "
        "b.batch_id) + completed + failed + canceled",
        from, from + n - 1, TENANTS);
}

static void prepare(void)
{
    for (int i = 0; i < TENANTS; i++) {
        char slug[16];

        snprintf(slug, sizeof slug, "t%d", i);
        testdb_tenant(db, slug);
    }
    testdb_run(db, TESTDB_ADMIN,
               "CREATE TABLE torture_effects (job_id uuid NOT NULL);"
               "GRANT SELECT, INSERT ON torture_effects TO cm_app;"
               "INSERT INTO job_batches (tenant_id, batch_id, kind) "
               "SELECT tenant_id, gen_random_uuid(), 'test.torture' FROM tenants");
    add_jobs(0, JOBS);
    config = *testdb_ctx(db)->config;
    config.database_url = db->app_url;
    config.job_lease_ms = LEASE_MS;
    config.job_batch = 8;
}

static void run_until_done(void)
{
    const int64_t until = clock_mono_ms() + LIMIT_MS;
    pid_t pids[WORKERS];

    for (int i = 0; i < WORKERS; i++)
        pids[i] = hire(true);
    for (int tick = 0;; tick++) {
        bool left = true;

        for (int i = 0; i < WORKERS; i++) {
            if (waitpid(pids[i], NULL, WNOHANG) == pids[i])
                pids[i] = hire(kills() < KILLS);
        }
        usleep(1000);
        if (tick % 100 == 0) {
            /* an error's backoff is not what is tried here */
            testdb_run(db, TESTDB_ADMIN,
                       "UPDATE jobs SET run_at = now() WHERE state = 'ready' AND run_at > now()");
            left = number("SELECT count(*) FROM jobs") > 0;
        }
        if (!left)
            break;
        assert_true(clock_mono_ms() < until);
    }
    for (int i = 0; i < WORKERS; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
}

static void every_effect_is_there_exactly_once(void **state)
{
    const char *given = getenv("CM_TEST_SEED");
    const int64_t began_ms = clock_mono_ms();

    (void)state;
    dice = given ? strtoull(given, NULL, 10) : (uint64_t)clock_now_us();
    print_message("seed %llu\n", (unsigned long long)dice);
    dice |= 1;
    prepare();
    run_until_done();
    print_message("%lld ms, %lld kills:", (long long)(clock_mono_ms() - began_ms),
                  (long long)kills());
    for (int i = 0; i < POINTS; i++) {
        print_message(" %s %lld", point_names[i], (long long)atomic_load(&shared->killed[i]));
        assert_true(atomic_load(&shared->killed[i]) > KILLS / 20);
    }
    print_message("; most attempts %lld, %lld jobs ran more than once\n",
                  (long long)number("SELECT max(attempts) FROM job_archive"),
                  (long long)number("SELECT count(*) FROM job_archive WHERE attempts > 1"));
    assert_true(kills() >= KILLS);
    assert_int_equal(number("SELECT count(*) FROM torture_effects"), JOBS);
    assert_int_equal(number("SELECT count(DISTINCT job_id) FROM torture_effects"), JOBS);
    assert_int_equal(number("SELECT count(*) FROM job_archive"), JOBS);
    assert_int_equal(number("SELECT count(*) FROM job_archive WHERE state = 'completed'"), JOBS);
    assert_int_equal(number("SELECT sum(completed) FROM job_batches"), JOBS);
    assert_int_equal(
        number(
            "SELECT count(*) FROM job_batches b WHERE completed <> total OR failed + canceled > 0"),
        0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_effect_is_there_exactly_once)};
    int failed;

    log_open("-", LOG_OFF);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    db = testdb_new();
    failed = cmocka_run_group_tests_name("queue_torture", tests, NULL, NULL);
    testdb_free(db);
    return failed;
}

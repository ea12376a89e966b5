/* SPDX-License-Identifier: MIT */
/* What is asked of the queue: batches that count right whatever happens, cancellation, dead letters that return, caps,
 * heartbeats, a drain in the middle. Looking on is test_queue_look.c's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/queue/runner.h"
#include "tests/lib/testdb.h"

static struct testdb *db;
static struct ctx *cx;
static struct config config;
static struct uuid acme;
static struct uuid ana;

/* What the handler does, by the payload's "is". */
static struct {
    int ran;
    char order[512];
    const char *during;  /* SQL of somebody else, while a job named "slow" runs */
    const char *between; /* ... before the next slice of its work */
    bool enters;         /* a slow job's lease is checked before somebody else comes */
    int slices;          /* of a slow job: each reports its progress */
    int64_t slice_ms;
    int stop_after; /* a TERM arrives while this one runs */
} plan;

static void pause_ms(int64_t ms)
{
    usleep((useconds_t)ms * 1000);
}

static int slow(struct ctx *c)
{
    if (plan.enters && db_enter_now(c) < 0)
        return -1;
    if (plan.during)
        testdb_run(db, TESTDB_ADMIN, "%s", plan.during);
    for (int i = 1; i <= plan.slices; i++) {
        pause_ms(plan.slice_ms);
        if (job_progress(c, i, plan.slices) < 0)
            return -1;
        if (plan.between)
            testdb_run(db, TESTDB_ADMIN, "%s", plan.between);
    }
    return 0;
}

static int run(struct ctx *c, const struct job *job)
{
    char is[32] = "";

    sscanf(job->payload, "{\"is\": \"%31[^\"]\"}", is);
    plan.ran++;
    snprintf(plan.order + strlen(plan.order), sizeof plan.order - strlen(plan.order), "%s ", is);
    if (plan.stop_after == plan.ran)
        kill(getpid(), SIGTERM);
    if (strcmp(is, "slow") == 0)
        return slow(c);
    if (strcmp(is, "later") == 0)
        return ctx_fail(c, ERR_UPSTREAM, "told_to", NULL, "as the test asked");
    if (strcmp(is, "never") == 0)
        return ctx_fail(c, ERR_INVALID, "told_to", NULL, "as the test asked");
    return 0;
}

static const struct job_kind kinds[] = {{"test.run", run, NULL, 1000},
                                        {"test.other", run, NULL, 1000},
                                        {"test.single", run, NULL, 1000, .concurrency = 1}};

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
    memset(&plan, 0, sizeof plan);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    clock_real();
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

static int turn_of(struct runner_memory *memory, struct proc_child *self)
{
    const struct runner_options o = {
        .config = &config, .kinds = kinds, .nkinds = 3, .memory = memory};

    testdb_fresh(cx);
    return runner_turn(cx, &o, self);
}

static int turn(void)
{
    return turn_of(NULL, NULL);
}

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

static int64_t archived(const char *state)
{
    return testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM job_archive WHERE state = '%s'",
                         state);
}

/* Counters against a recount. */
static void counters_are_right(void)
{
    assert_int_equal(
        number(
            "SELECT count(*) FROM job_batches b WHERE (b.completed, b.failed, b.canceled, b.total) IS DISTINCT FROM ("
            "SELECT (count(*) FILTER (WHERE a.state = 'completed'), count(*) FILTER (WHERE a.state = 'failed'), "
            "count(*) FILTER (WHERE a.state = 'canceled'), count(*) + (SELECT count(*) FROM jobs j WHERE j.batch_id = "
            "b.batch_id)) FROM job_archive a WHERE a.batch_id = b.batch_id)"),
        0);
}

static void a_batch_counts_the_ends_of_its_jobs(void **state)
{
    const struct uuid batch = uuid_new();
    struct queue_canceled gone;

    (void)state;
    enter();
    assert_int_equal(queue_batch_begin(cx, &batch, "test.run", 0), 0);
    for (int i = 0; i < 3; i++)
        add((struct queue_job){.batch = &batch}, "good");
    add((struct queue_job){.batch = &batch}, "never");
    add((struct queue_job){.batch = &batch, .delay_ms = 3600000}, "good");
    leave();
    assert_int_equal(turn(), 4);
    counters_are_right();
    assert_int_equal(number("SELECT completed * 100 + failed * 10 + canceled FROM job_batches"),
                     310);
    enter();
    assert_int_equal(queue_cancel_batch(cx, &batch, &gone), 0);
    leave();
    assert_int_equal(gone.canceled, 1);
    counters_are_right();
    assert_int_equal(number("SELECT completed * 100 + failed * 10 + canceled FROM job_batches"),
                     311);
    assert_int_equal(number("SELECT count(*) FROM audit_log WHERE action = 'jobs.cancel'"), 1);
}

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % sides;
}

static void something_happens(const struct uuid *batches)
{
    static const char *const words[] = {"good", "later", "never"};
    struct queue_canceled gone;
    char key[16];
    int64_t n;

    switch (roll(8)) {
    case 0:
    case 1:
    case 2:
        snprintf(key, sizeof key, "k%u", (unsigned)roll(6));
        enter();
        assert_int_equal(
            queue_add(cx,
                      &(struct queue_job){
                          .kind = "test.run",
                          .batch = &batches[roll(3)],
                          .unique_key = roll(2) ? key : NULL,
                          .max_attempts = 1 + (int)roll(3),
                          .payload = arena_printf(cx->arena, "{\"is\":\"%s\"}", words[roll(3)])},
                      NULL),
            0);
        leave();
        break;
    case 3: turn(); break;
    case 4:
        enter();
        if (roll(2))
            assert_int_equal(queue_cancel_batch(cx, &batches[roll(3)], &gone), 0);
        leave();
        break;
    case 5:
        enter();
        assert_int_equal(queue_retry(cx, NULL, 0, NULL, &n), 0);
        leave();
        break;
    case 6: /* a worker dies with some of them, perhaps when they were to be canceled */
        testdb_run(
            db, TESTDB_ADMIN,
            "UPDATE jobs SET state = 'running', lease = gen_random_uuid(), attempts = attempts + 1, "
            "lease_until = now() - interval '1 s', cancel_requested = %s WHERE job_id IN "
            "(SELECT job_id FROM jobs WHERE state = 'ready' ORDER BY job_id LIMIT 2)",
            roll(2) ? "true" : "false");
        break;
    default:
        testdb_number(db, TESTDB_APP, "SELECT app_jobs_rescue()");
        testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET run_at = now() WHERE state = 'ready'");
        break;
    }
}

static void counters_stay_right_whatever_happens(void **state)
{
    const struct uuid batches[3] = {uuid_new(), uuid_new(), uuid_new()};
    const char *given = getenv("CM_TEST_SEED");

    (void)state;
    dice = given ? (uint32_t)strtoul(given, NULL, 10) : (uint32_t)clock_now_us();
    print_message("seed %u\n", (unsigned)dice);
    enter();
    for (int i = 0; i < 3; i++)
        assert_int_equal(queue_batch_begin(cx, &batches[i], "test.run", 0), 0);
    leave();
    for (int i = 0; i < 400; i++) {
        something_happens(batches);
        if (i % 10 == 0)
            counters_are_right();
    }
    counters_are_right();
    assert_true(archived("completed") > 0 && archived("failed") + archived("canceled") > 0);
}

/* More than one statement takes; the number is of all. */
static void very_many_dead_letters_return_in_pieces(void **state)
{
    char t[UUID_TEXT_BYTES];
    int64_t n = 0;

    (void)state;
    uuid_text(&acme, t);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO job_archive (tenant_id, job_id, kind, payload, state, attempts, "
               "created_at, started_at, finished_at) SELECT '%s', app_job_id(i), 'test.run', '{}', "
               "'failed', 3, now(), now(), now() FROM generate_series(1, 10002) i",
               t);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT waiting || ' ' || looked_at FROM app_jobs_retry('%s', NULL, NULL, 2)",
                     t),
        "2 2");
    enter();
    assert_int_equal(queue_retry(cx, NULL, 0, NULL, &n), 0);
    assert_int_equal(n, 10000);
    assert_int_equal(db_commit(cx), 0);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM jobs"), 10002);
}

static void a_dead_letter_waits_again_under_its_own_id(void **state)
{
    const struct uuid batch = uuid_new();
    struct uuid id;
    int64_t n;

    (void)state;
    enter();
    assert_int_equal(queue_batch_begin(cx, &batch, "test.run", 0), 0);
    add((struct queue_job){.batch = &batch, .priority = 7, .max_attempts = 5, .unique_key = "k"},
        "never");
    add((struct queue_job){.kind = "test.other"}, "never");
    leave();
    turn();
    assert_int_equal(archived("failed"), 2);
    uuid_parse(slice_cstr(testdb_value(db, TESTDB_ADMIN,
                                       "SELECT job_id FROM job_archive WHERE kind = 'test.run'")),
               &id);
    enter();
    assert_int_equal(queue_must_be(cx, &id, "failed"), 0);
    assert_int_equal(queue_retry(cx, NULL, 0, "test.run", &n), 0);
    leave();
    assert_int_equal(n, 1);
    assert_int_equal(archived("failed"), 1);
    assert_int_equal(
        number(
            "SELECT count(*) FROM jobs WHERE attempts = 0 AND priority = 7 AND max_attempts = 5 AND unique_key = 'k'"),
        1);
    counters_are_right();
    enter();
    assert_int_equal(queue_must_be(cx, &id, "failed"), -1);
    assert_string_equal(cx->err.reason, "job_state");
    /* it is none any more; nothing is retried twice */
    err_clear(&cx->err);
    assert_int_equal(queue_retry(cx, &id, 1, NULL, &n), 0);
    leave();
    assert_int_equal(n, 0);
    turn();
    counters_are_right();
}

/* Two dead letters of one key: one waits, the other's work is done by it. */
static void of_two_dead_twins_one_returns(void **state)
{
    int64_t n;

    (void)state;
    for (int i = 0; i < 2; i++) {
        enter();
        add((struct queue_job){.unique_key = "k"}, "never");
        leave();
        turn();
    }
    enter();
    assert_int_equal(queue_retry(cx, NULL, 0, NULL, &n), 0);
    leave();
    assert_int_equal(n, 1);
    assert_int_equal(archived("failed"), 0);
    assert_int_equal(
        number(
            "SELECT count(*) FROM job_archive WHERE state = 'canceled' AND error_code = 'superseded'"),
        1);
}

static void a_running_job_learns_that_it_was_canceled(void **state)
{
    (void)state;
    enter();
    add((struct queue_job){0}, "slow");
    add((struct queue_job){.priority = 200}, "good");
    leave();
    plan.slices = 10;
    plan.slice_ms = 400;
    plan.during = "UPDATE jobs SET cancel_requested = true WHERE payload->>'is' = 'slow'";
    config.job_lease_ms = 60000;
    assert_int_equal(turn(), 2);
    assert_int_equal(archived("canceled"), 1);
    assert_int_equal(archived("completed"), 1);
    assert_string_equal(plan.order, "slow good ");
    assert_string_equal(testdb_value(db, TESTDB_ADMIN,
                                     "SELECT error_code FROM job_archive WHERE state = 'canceled'"),
                        "canceled");
}

/* The lease is shorter than the job; somebody looks for silent workers all the time. */
static void progress_keeps_the_lease_and_is_seen(void **state)
{
    (void)state;
    enter();
    add((struct queue_job){0}, "slow");
    leave();
    config.job_lease_ms = 2500;
    plan.slices = 9;
    plan.slice_ms = 500;
    plan.between =
        "CREATE TABLE IF NOT EXISTS seen (done bigint, total bigint); SELECT app_jobs_rescue();"
        "INSERT INTO seen SELECT progress_done, progress_total FROM jobs";
    assert_int_equal(turn(), 1);
    assert_int_equal(archived("completed"), 1);
    assert_int_equal(number("SELECT attempts FROM job_archive"), 1);
    assert_true(number("SELECT count(DISTINCT done) FROM seen WHERE total = 9") >= 3);
}

static void without_progress_the_lease_is_lost_and_nothing_committed(void **state)
{
    (void)state;
    enter();
    add((struct queue_job){0}, "slow");
    leave();
    plan.during = "UPDATE jobs SET lease_until = now() - interval '1 s'; SELECT app_jobs_rescue()";
    plan.slices = 1;
    plan.slice_ms = 1100;
    turn();
    assert_int_equal(archived("completed"), 0);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'ready' AND suspect"), 1);
}

/* The transaction began under the lease; only its end can notice. */
static void a_lease_lost_after_the_entry_cannot_commit(void **state)
{
    (void)state;
    enter();
    add((struct queue_job){0}, "slow");
    leave();
    plan.enters = true;
    plan.during = "UPDATE jobs SET lease = gen_random_uuid()";
    turn();
    assert_int_equal(archived("completed"), 0);
    assert_int_equal(number("SELECT count(*) FROM jobs WHERE state = 'running'"), 1);
    assert_int_equal(number("SELECT max(data_version) FROM tenant_state"), 1);
}

static void a_failure_in_the_middle_is_put_aside_alone(void **state)
{
    (void)state;
    enter();
    for (int i = 0; i < 4; i++)
        add((struct queue_job){.priority = 10 + i}, "good");
    add((struct queue_job){.priority = 20}, "later");
    for (int i = 0; i < 4; i++)
        add((struct queue_job){.priority = 30 + i}, "good");
    leave();
    turn();
    assert_int_equal(archived("completed"), 8);
    /* all five; the four before it; it alone, at the head of the rest; the rest */
    assert_int_equal(plan.ran, 5 + 4 + 1 + 4);
    assert_int_equal(
        number("SELECT count(*) FROM jobs WHERE attempts = 1 AND last_error = 'as the test asked'"),
        1);
}

/* Together they take longer than a lease allows: no deadline passes in the middle, and none is run twice. */
static void a_group_ends_before_its_lease_is_short(void **state)
{
    (void)state;
    enter();
    for (int i = 0; i < 4; i++)
        add((struct queue_job){0}, "slow");
    leave();
    config.job_lease_ms = 3000;
    plan.during = "SELECT pg_sleep(0.6)";
    assert_int_equal(turn(), 4);
    assert_int_equal(archived("completed"), 4);
    assert_int_equal(plan.ran, 4);
}

static void asked_to_stop_it_keeps_what_is_done_and_gives_back_the_rest(void **state)
{
    struct proc_child *self = proc_child_alone("job");

    (void)state;
    enter();
    for (int i = 0; i < 6; i++)
        add((struct queue_job){.priority = 10 + i}, "good");
    leave();
    plan.stop_after = 3;
    signal(SIGTERM, SIG_IGN); /* until proc_child_stopping() takes over */
    proc_child_stopping(self);
    turn_of(NULL, self);
    assert_int_equal(plan.ran, 3);
    assert_int_equal(archived("completed"), 3);
    assert_int_equal(
        number(
            "SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 0 AND lease IS NULL AND NOT suspect"),
        3);
    proc_child_free(self);
}

/* It would not stop by itself: when it does not retire, the TERM of its job ends it. */
static void a_worker_that_has_grown_retires_after_its_batch(void **state)
{
    struct runner_options o = {.config = &config, .kinds = kinds, .nkinds = 3};
    struct proc_child *self = proc_child_alone("job");

    (void)state;
    enter();
    add((struct queue_job){0}, "good");
    leave();
    config.worker_max_rss_bytes = 1;
    plan.stop_after = 1;
    signal(SIGTERM, SIG_IGN); /* until proc_child_stopping() takes over */
    proc_child_stopping(self);
    assert_int_equal(runner_run(self, &o), PROC_EXIT_RETIRE);
    assert_int_equal(archived("completed"), 1);
    proc_child_free(self);
}

static int64_t claimed_by(int workers, int default_cap)
{
    const struct runner_options o = {.config = &config, .kinds = kinds, .nkinds = 3};
    pid_t pids[8];
    int left = workers;
    int64_t most = 0;

    /* each claims and stays in its job: the claims are what is tried, not the work */
    config.job_tenant_concurrency = default_cap;
    config.job_batch = 4;
    for (int i = 0; i < workers; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct ctx c = {.arena = arena_new(1 << 20),
                            .db = db_new(db->app_url, true, 3000, "cap"),
                            .config = &config};

            log_open("-", LOG_OFF);
            for (int k = 0; k < 20; k++) {
                c.deadline_ms = clock_mono_ms() + 5000;
                runner_turn(&c, &o, NULL);
                err_clear(&c.err);
            }
            _exit(0);
        }
    }
    while (left) {
        const int64_t now = number("SELECT count(*) FROM jobs WHERE state = 'running'");

        most = now > most ? now : most;
        for (int i = 0; i < workers; i++) {
            if (pids[i] && waitpid(pids[i], NULL, WNOHANG) == pids[i]) {
                pids[i] = 0;
                left--;
            }
        }
    }
    return most;
}

static void add_slow(const char *kind, int n)
{
    plan.slices = 1;
    plan.slice_ms = 15;
    enter();
    for (int i = 0; i < n; i++)
        add((struct queue_job){.kind = kind}, "slow");
    leave();
}

static void a_tenants_cap_holds_under_many_claims(void **state)
{
    (void)state;
    add_slow("test.run", 40);
    assert_int_equal(claimed_by(6, 3), 3);
    assert_true(archived("completed") > 0); /* it holds, and lets through */
}

static void a_tenants_own_cap_wins(void **state)
{
    (void)state;
    testdb_run(db, TESTDB_ADMIN,
               "UPDATE tenant_settings SET settings = settings || '{\"job_concurrency\": 2}'");
    add_slow("test.run", 30);
    assert_int_equal(claimed_by(6, 100), 2);
}

static void a_kinds_cap_holds_beside_other_kinds(void **state)
{
    (void)state;
    add_slow("test.single", 20);
    assert_int_equal(claimed_by(4, 0), 1);
    add_slow("test.run", 20);
    assert_true(claimed_by(4, 0) > 1);
}

static void suspects_keep_to_the_cap(void **state)
{
    (void)state;
    add_slow("test.run", 20);
    testdb_run(db, TESTDB_ADMIN, "UPDATE jobs SET suspect = true");
    assert_int_equal(claimed_by(6, 2), 2);
    assert_true(archived("completed") > 0);
}

/* However many and old they are. */
static void suspects_of_a_full_tenant_keep_nobody_else_waiting(void **state)
{
    char t[UUID_TEXT_BYTES];
    const struct uuid other = testdb_tenant(db, "other");

    (void)state;
    uuid_text(&other, t);
    add_slow("test.single", 10);
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE jobs SET suspect = true;"
        "UPDATE jobs SET state = 'running', lease = gen_random_uuid(), lease_until = now() + "
        "interval '1 h' WHERE job_id = (SELECT job_id FROM jobs ORDER BY job_id LIMIT 1);"
        "INSERT INTO jobs (tenant_id, job_id, kind, payload, suspect) VALUES ('%s', "
        "gen_random_uuid(), 'test.single', '{\"is\":\"other\"}', true)",
        t);
    assert_int_equal(turn(), 1);
    assert_string_equal(plan.order, "other ");
    assert_int_equal(turn(), 0);
}

/* With a memory: what appears behind the floor, and who is new, is found soon. */
static void a_memory_overlooks_nothing_for_long(void **state)
{
    struct runner_memory *m = runner_memory_new(&config);
    const struct uuid other = testdb_tenant(db, "other");
    char t[UUID_TEXT_BYTES];

    (void)state;
    config.job_batch = 4;
    enter();
    for (int i = 0; i < 40; i++)
        add((struct queue_job){.priority = 100}, "good");
    leave();
    clock_freeze(clock_now_us(), clock_mono_ms()); /* no time passes but what the test lets pass */
    assert_int_equal(turn_of(m, NULL), 4);
    enter();
    add((struct queue_job){.priority = 1}, "urgent");
    leave();
    uuid_text(&other, t);
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO jobs (tenant_id, job_id, kind, payload) VALUES ('%s', gen_random_uuid(), 'test.run', '{\"is\":\"new\"}')",
        t);
    assert_int_equal(turn_of(m, NULL), 4); /* behind the floor: not seen yet */
    assert_null(strstr(plan.order, "urgent"));
    clock_advance_ms(100); /* the least between two discoveries, which took no time here */
    for (int i = 0; i < 3; i++)
        turn_of(m, NULL);
    assert_non_null(strstr(plan.order, "urgent"));
    assert_non_null(strstr(plan.order, "new"));
    while (turn_of(m, NULL) > 0)
        ;
    assert_int_equal(archived("completed"), 42);
    clock_real();
    runner_memory_free(m);
}

static void a_lease_that_cannot_outlast_a_job_is_refused(void **state)
{
    static const struct job_kind longer[] = {{"test.long", run, NULL, 10000}};
    const struct runner_options o = {.config = &config, .kinds = longer, .nkinds = 1};
    FILE *none = fopen("/dev/null", "we");

    (void)state;
    config.job_lease_ms = 16000;
    assert_int_equal(runner_check(&o, none), -1);
    config.job_lease_ms = 16503;
    assert_int_equal(runner_check(&o, none), 0);
    fclose(none);
}

static void a_kinds_attempts_bound_the_jobs(void **state)
{
    static const struct job_kind once[] = {{"test.run", run, NULL, 1000, .attempts = 1}};
    const struct runner_options o = {.config = &config, .kinds = once, .nkinds = 1};

    (void)state;
    enter();
    add((struct queue_job){.max_attempts = 9}, "later");
    leave();
    testdb_fresh(cx);
    assert_int_equal(runner_turn(cx, &o, NULL), 1);
    assert_int_equal(archived("failed"), 1);
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(a_batch_counts_the_ends_of_its_jobs),
        WITH_DB(counters_stay_right_whatever_happens),
        WITH_DB(a_dead_letter_waits_again_under_its_own_id),
        WITH_DB(very_many_dead_letters_return_in_pieces),
        WITH_DB(of_two_dead_twins_one_returns),
        WITH_DB(a_running_job_learns_that_it_was_canceled),
        WITH_DB(progress_keeps_the_lease_and_is_seen),
        WITH_DB(without_progress_the_lease_is_lost_and_nothing_committed),
        WITH_DB(a_lease_lost_after_the_entry_cannot_commit),
        WITH_DB(a_failure_in_the_middle_is_put_aside_alone),
        WITH_DB(a_group_ends_before_its_lease_is_short),
        WITH_DB(asked_to_stop_it_keeps_what_is_done_and_gives_back_the_rest),
        WITH_DB(a_worker_that_has_grown_retires_after_its_batch),
        WITH_DB(a_tenants_cap_holds_under_many_claims),
        WITH_DB(a_tenants_own_cap_wins),
        WITH_DB(a_kinds_cap_holds_beside_other_kinds),
        WITH_DB(suspects_keep_to_the_cap),
        WITH_DB(suspects_of_a_full_tenant_keep_nobody_else_waiting),
        WITH_DB(a_memory_overlooks_nothing_for_long),
        WITH_DB(a_lease_that_cannot_outlast_a_job_is_refused),
        WITH_DB(a_kinds_attempts_bound_the_jobs),
    };

    log_open("-", LOG_OFF);
    return cmocka_run_group_tests_name("queue_manage", tests, NULL, NULL);
}

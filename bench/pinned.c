/* SPDX-License-Identifier: MIT */
/*
 * pinned [WORKERS [BATCH [BEFORE_S [PINNED_S [TENANTS [FORGET]]]]]]: how fast no-op jobs flow before and while somebody holds an
 * old snapshot open, which keeps every dead row and index entry of the queue where it is.
 *
 * FORGET 1: the workers remember nothing between two claims, for comparison. The workers are processes that run runner_turn() for ever; one more keeps a backlog. Prints a line every ten seconds,
 * then one JSON object: {"before":JOBS_PER_S,"pinned":...,"last":...,"ratio":pinned/before,"last_ratio":last/before},
 * `last` being the last ten seconds. Cluster: CM_TEST_ADMIN_URL, else a private one without fsync.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/queue/runner.h"
#include "tests/lib/testdb.h"

enum { MAX_WORKERS = 64, CHUNK = 20000, BACKLOG = 40000, STEP_S = 10 };

static struct shared {
    _Atomic int64_t done[MAX_WORKERS];
    _Atomic int64_t made;
} * shared;

static struct testdb *db;
static struct config config;
static bool forget;

static int nothing(struct ctx *cx, const struct job *job)
{
    (void)cx;
    (void)job;
    return 0;
}

static const struct job_kind kinds[] = {
    {"bench.nothing", nothing, NULL, 1000, .keeps_version = true}};

static int64_t total_done(void)
{
    int64_t n = 0;

    for (int i = 0; i < MAX_WORKERS; i++)
        n += atomic_load(&shared->done[i]);
    return n;
}

static pid_t child(void (*run)(int), int i)
{
    const pid_t pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(i);
    _exit(0);
}

static void work(int i)
{
    struct ctx cx = {.arena = arena_new(LIMIT_ARENA_BYTES),
                     .db = db_new(db->app_url, true, 3000, "pinned"),
                     .config = &config};
    const struct runner_options o = {.config = &config,
                                     .kinds = kinds,
                                     .nkinds = 1,
                                     .memory = forget ? NULL : runner_memory_new(&config)};

    for (;;) {
        const int n = runner_turn(&cx, &o, NULL);

        if (n > 0)
            atomic_fetch_add(&shared->done[i], n);
        else
            usleep(1000);
    }
}

static void feed(int tenants)
{
    PGconn *c = testdb_connect(db, TESTDB_ADMIN);
    char sql[1024];

    for (int64_t made = 0;;) {
        if (made - total_done() > BACKLOG) {
            usleep(5000);
            continue;
        }
        /* ids in the order of time, as the product's are */
        snprintf(
            sql, sizeof sql,
            "INSERT INTO jobs (tenant_id, job_id, kind) SELECT t.tenant_id, (lpad(to_hex(i), 8, '0') || "
            "'-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid, 'bench.nothing' FROM "
            "generate_series(%lld, %lld) i JOIN (SELECT tenant_id, row_number() OVER () - 1 AS n FROM tenants) t "
            "ON t.n = i %% %d",
            (long long)made, (long long)made + CHUNK - 1, tenants);
        PQclear(PQexec(c, sql));
        made += CHUNK;
        atomic_store(&shared->made, made);
    }
}

/* Jobs a second over `seconds`; *last of its last step. */
static double measure(int seconds, const char *what, double *last)
{
    const int64_t began = total_done();
    const int64_t began_ms = clock_mono_ms();
    int64_t step = began;

    for (int s = 0; s < seconds; s += STEP_S) {
        sleep(STEP_S);
        *last = (double)(total_done() - step) / STEP_S;
        step = total_done();
        fprintf(stderr, "%-7s %3d s: %.0f jobs/s, backlog %lld\n", what, s + STEP_S, *last,
                (long long)(atomic_load(&shared->made) - step));
    }
    return (double)(total_done() - began) * 1000 / (double)(clock_mono_ms() - began_ms);
}

static int argument(int argc, char **argv, int i, int usual)
{
    int64_t n = usual;

    if (argc > i && (!slice_to_i64(slice_cstr(argv[i]), &n) || n < 0 || n > INT32_MAX))
        return -1; /* too small for any of them */
    return (int)n;
}

int main(int argc, char **argv)
{
    const int workers = argument(argc, argv, 1, 4);
    const int batch = argument(argc, argv, 2, 20);
    const int before_s = argument(argc, argv, 3, 20);
    const int pinned_s = argument(argc, argv, 4, 60);
    const int tenants = argument(argc, argv, 5, 10);
    pid_t pids[MAX_WORKERS + 1];
    double before;
    double pinned = 0;
    double last = 0;
    PGconn *pin;

    if (workers < 1 || workers > MAX_WORKERS || batch < 1 || before_s < 1 || pinned_s < 0 ||
        tenants < 1)
        return 2;
    forget = argument(argc, argv, 6, 0) == 1;
    log_open("-", LOG_OFF);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    db = testdb_new();
    for (int i = 0; i < tenants; i++) {
        char slug[32];

        snprintf(slug, sizeof slug, "tenant%d", i);
        testdb_tenant(db, slug);
    }
    config = *testdb_ctx(db)->config;
    config.database_url = db->app_url;
    config.job_batch = batch;
    for (int i = 0; i < workers; i++)
        pids[i] = child(work, i);
    pids[workers] = child(feed, tenants);
    sleep(3);
    before = measure(before_s, "before", &last);
    pin = testdb_connect(db, TESTDB_ADMIN);
    PQclear(PQexec(pin, "BEGIN ISOLATION LEVEL REPEATABLE READ"));
    PQclear(PQexec(pin, "SELECT count(*) FROM tenants"));
    if (pinned_s > 0)
        pinned = measure(pinned_s, "pinned", &last);
    for (int i = 0; i <= workers; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    PQfinish(pin);
    printf("{\"before\":%.0f,\"pinned\":%.0f,\"last\":%.0f,\"ratio\":%.3f,\"last_ratio\":%.3f}\n",
           before, pinned, last, pinned / before, last / before);
    testdb_free(db);
    return 0;
}

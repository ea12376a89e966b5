/* SPDX-License-Identifier: MIT */
/*
 * `clientmetrics work` with one kind of job, which does nothing: `queue_noop MILLISECONDS total|each`.
 *
 * The master, the workers and their loop are the product's, with its configuration (CM_JOB_WORKERS, CM_JOB_BATCH), its
 * claim, its entry into the tenant, its archive and its log. A job sleeps so many milliseconds. The standard output says
 * `ran COUNT FIRST_US` as jobs run, or `job N US` for each (N is `n` of its payload), in the monotonic clock's
 * microseconds. Built and run by peers/queues.mjs.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/proc/master.h"
#include "core/queue/runner.h"

enum { REPORT_MS = 5, BEAT_MS = 200, JOB_MS = 1000 };

static struct shared {
    _Atomic uint64_t ran;
    _Atomic int64_t first_us; /* when the first job began */
} * shared;

static int64_t sleep_ms;
static bool tell_each;

static void tell(const char *line)
{
    const size_t n = strlen(line);

    if (write(STDOUT_FILENO, line, n) != (ssize_t)n)
        (void)kill(getppid(), SIGTERM); /* whoever measures is gone: the master ends us all */
}

static int noop(struct ctx *cx, const struct job *job)
{
    const int64_t now_us = clock_mono_us();
    int64_t none = 0;

    (void)cx;
    if (tell_each) {
        const char *n = strstr(job->payload, "\"n\":");
        char line[64];

        snprintf(line, sizeof line, "job %ld %" PRId64 "\n", n ? strtol(n + 4, NULL, 10) : 0L,
                 now_us);
        tell(line);
    }
    if (sleep_ms > 0)
        (void)nanosleep(&(const struct timespec){.tv_nsec = (long)sleep_ms * 1000000L}, NULL);
    atomic_compare_exchange_strong(&shared->first_us, &none, now_us);
    atomic_fetch_add(&shared->ran, 1);
    return 0;
}

/* Beside the workers, so that counting costs them nothing. An empty line now and then finds out whether anybody reads. */
static int report(struct proc_child *self, void *user)
{
    uint64_t told = 0;
    int64_t beat_ms = 0;

    (void)user;
    while (proc_child_wait(self, -1, REPORT_MS) != PROC_WAIT_STOP) {
        const uint64_t ran = atomic_load(&shared->ran);
        char line[64] = "\n";

        if (ran == told && clock_mono_ms() < beat_ms)
            continue;
        if (!tell_each && ran != told)
            snprintf(line, sizeof line, "ran %" PRIu64 " %" PRId64 "\n", ran,
                     atomic_load(&shared->first_us));
        tell(line);
        told = ran;
        beat_ms = clock_mono_ms() + BEAT_MS;
    }
    return PROC_EXIT_OK;
}

int main(int argc, char **argv)
{
    static const struct job_kind kinds[] = {
        {.name = "bench.noop", .run = noop, .timeout_ms = JOB_MS, .keeps_version = true}};
    struct config c;
    struct runner_options options = {.config = &c, .kinds = kinds, .nkinds = 1};
    struct master *m;
    int status;

    if (argc != 3 || config_load(&c, stderr) < 0 || log_open(c.log_file, LOG_INFO) < 0)
        return 2;
    sleep_ms = strtol(argv[1], NULL, 10);
    tell_each = strcmp(argv[2], "each") == 0;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    const struct proc_role roles[] = {{"job", (int)c.job_workers, runner_run, &options},
                                      {"report", 1, report, NULL}};
    m = master_new(&(const struct master_options){.roles = roles, .nroles = 2, .grace_ms = 5000});
    if (!m)
        return 1;
    status = master_run(m);
    master_free(m);
    return status;
}

/* SPDX-License-Identifier: MIT */
/* work: the kinds of jobs and who does them; then the master. */
#include <stdio.h>

#include "cmd/cmd.h"
#include "core/base/log.h"
#include "core/insight/asking.h"
#include "core/meetings/meeting.h"
#include "core/meetings/upload.h"
#include "core/proc/master.h"
#include "core/queue/runner.h"

static const struct job_kind kinds[] = {
    /* name         run               given up            timeout of one, then attempts, concurrency: as the job says; keeps_version, alone */
    {MEETING_READ, meeting_read_job, meeting_read_dead, 5000, 0, 0, false, false},
    {UPLOAD_ENQUEUE, upload_enqueue_job, NULL, 5000, 0, 0, true, true},
};

int cmd_work(const struct config *c, int argc, char **argv)
{
    struct runner_options options = {
        .config = c, .kinds = kinds, .nkinds = sizeof kinds / sizeof *kinds};
    const struct pool_kind asks[] = {meeting_ask_kind(c)};
    struct pool_options pool = {.config = c,
                                .kinds = asks,
                                .nkinds = 1,
                                .calls = {asking_open, asking_step, asking_close, NULL},
                                .in_flight = c->llm_in_flight};
    const struct proc_role roles[] = {{"job", (int)c->job_workers, runner_run, &options},
                                      {"model", (int)c->llm_workers, pool_run, &pool}};
    char pid_file[4096];
    struct master *m;
    int status;

    (void)argv;
    if (argc > 0 || runner_check(&options, stderr) < 0)
        return EXIT_USAGE;
    log_set_role("master");
    snprintf(pid_file, sizeof pid_file, "%s/work.pid", c->run_dir);
    pool.calls.arg = llm_shared_new(
        &(const struct llm_shared_options){.requests_per_minute = c->llm_requests_per_minute,
                                           .tokens_per_minute = c->llm_tokens_per_minute});
    if (!pool.calls.arg)
        return EXIT_FAILED;
    m = master_new(&(const struct master_options){.roles = roles,
                                                  .nroles = c->llm_workers > 0 ? 2 : 1,
                                                  .pid_file = pid_file,
                                                  .grace_ms = c->shutdown_grace_ms});
    if (!m)
        return EXIT_FAILED;
    LOG(LOG_INFO, "work_started", {"workers", LOG_I(c->job_workers)},
        {"provider", LOG_S(c->llm_provider)});
    status = master_run(m);
    master_free(m);
    llm_shared_free(pool.calls.arg);
    return status == 0 ? EXIT_OK : EXIT_FAILED;
}

/* SPDX-License-Identifier: MIT */
/*
 * admin_jobs: `clientmetrics admin jobs VERB TENANT ...`: the jobs of one tenant from a shell.
 *
 * Works as the owner role inside the tenant, under its row security: app_enter_operator() sets it for the transaction.
 */
#ifndef CMD_ADMIN_JOBS_H
#define CMD_ADMIN_JOBS_H

#include "core/db/ctx.h"

#define ADMIN_JOBS_USAGE                                                                           \
    "admin jobs stats TENANT\n"                                                                    \
    "admin jobs list TENANT [ready|running|completed|failed|canceled|- [KIND|- [NEXT_CURSOR]]]\n"  \
    "admin jobs show|retry|cancel TENANT JOB\n"                                                    \
    "admin jobs cancel-batch TENANT BATCH\n"                                                       \
    "admin jobs retry-all TENANT [KIND]\n"

/* The words after "jobs"; an exit status. Answers are JSON, one line. */
int admin_jobs(struct ctx *cx, int argc, char **argv);

#endif

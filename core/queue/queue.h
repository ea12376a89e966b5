/* SPDX-License-Identifier: MIT */
/*
 * queue: work that is done later, in PostgreSQL, with the data it is about.
 *
 * A job is made in the transaction of what caused it and finished in the transaction of its results, so neither can
 * exist without the other. A worker holds a batch under one lease; a worker that dies loses it when the lease runs
 * out, and the jobs come back by themselves.
 *
 * Handlers are given by cmd/ (they belong to the parts above); the queue knows no kind.
 */
#ifndef CORE_QUEUE_QUEUE_H
#define CORE_QUEUE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

#define QUEUE_CHANNEL "cm_jobs" /* NOTIFY: there is something to do */

struct job {
    struct uuid tenant;
    struct uuid id;
    struct uuid lease;
    const char *kind;
    bool has_subject;
    struct uuid subject;
    const char *payload; /* JSON object text */
    int attempts;        /* this one included */
    int max_attempts;
};

/*
 * Does the work inside a transaction of the job's tenant; never begins or commits. 0: done. -1: cx->err says why;
 * ERR_INVALID, ERR_NOT_FOUND and ERR_FORBIDDEN are final, everything else is tried again.
 * A handler may be run twice for one job (a worker that died before its commit), never committed twice.
 */
typedef int (*job_fn)(struct ctx *cx, const struct job *job);

struct job_kind {
    const char *name; /* "meeting.read" */
    job_fn run;
    job_fn dead;        /* in the transaction that gives the job up for good; NULL: nothing to do */
    int64_t timeout_ms; /* of one job */
};

/* Wakes the workers when the transaction commits. */
int queue_notify(struct ctx *cx);

struct queue_stats {
    int64_t pending;
    int64_t processing;
    int64_t completed;
    int64_t failed;
};
/* Of the tenant. Completed and failed ones as long as they are kept. */
int queue_stats(struct ctx *cx, struct queue_stats *out);

#endif

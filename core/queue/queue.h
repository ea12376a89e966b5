/* SPDX-License-Identifier: MIT */
/*
 * queue: work that is done later, in PostgreSQL, with the data it is about.
 *
 * A job is made in the transaction of what caused it and finished in the transaction of its results, so neither can
 * exist without the other. A worker holds jobs under a lease; a worker that dies loses it when the lease runs out, and
 * the jobs come back by themselves. A job leaves the table in one way only: into the archive, counted in its batch.
 *
 * Everything here but job_progress() runs in the caller's transaction, for the tenant that was entered.
 * Handlers are given by cmd/ (they belong to the parts above); the queue knows no kind.
 */
#ifndef CORE_QUEUE_QUEUE_H
#define CORE_QUEUE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

#define QUEUE_CHANNEL "cm_jobs" /* NOTIFY: there is something to do */

/* ---- for handlers ---- */

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
 * ERR_INVALID, ERR_NOT_FOUND and ERR_FORBIDDEN are final, everything else is tried again, after err.retry_after_ms
 * when it is set. A handler may be run twice for one job (a worker that died before its commit), never committed twice.
 */
typedef int (*job_fn)(struct ctx *cx, const struct job *job);

struct job_kind {
    const char *name; /* "meeting.read" */
    job_fn run;
    /* In the transaction that gives the job up for good; NULL: nothing to do. Not for one that is canceled or that its
     * workers died with: app_jobs_leave() marks the meeting of those. */
    job_fn dead;
    int64_t timeout_ms; /* longest silence of one job: it ends, or calls job_progress() */
    int attempts;       /* at most so many, whatever the job says; 0: what the job says */
    int concurrency;    /* most of one tenant's running at once; 0: only the tenant's own cap */
    bool
        keeps_version; /* its results change nothing that is cached: the tenant's data version stays */
    bool alone; /* in a transaction of its own: it locks what jobs beside it must not wait behind */
};

/*
 * From a long handler, as often as it likes: at most once a second it says over a second connection that the worker
 * lives and how far it is (total 0: unknown), and gives the handler another timeout_ms. -1: the job was canceled or
 * is somebody else's now; unwind with the error that is set. Outside of a runner: 0.
 */
int job_progress(struct ctx *cx, int64_t done, int64_t total);

/* ---- for those who make and manage jobs ---- */

struct queue_job {
    const char *kind;
    const struct uuid *subject; /* NULL: none */
    const char *payload;        /* JSON object text; NULL: {} */
    const char *unique_key;     /* NULL: none. While one with the key waits, another is not made */
    int priority;               /* lower is earlier; 0: the usual 100 */
    int64_t delay_ms;           /* not before */
    int max_attempts;           /* 0: the usual 3 */
    const struct uuid *batch;   /* NULL: none. Its row must be there: queue_batch_begin() */
};

/* Makes one job; *made (may be NULL) is false when one with its key waits already. Does not notify. */
int queue_add(struct ctx *cx, const struct queue_job *job, bool *made);

/* What is asked for at once. `total` counts jobs that were inserted otherwise (one INSERT ... SELECT with batch_id) in
 * this transaction; queue_add() counts its own. */
int queue_batch_begin(struct ctx *cx, const struct uuid *batch, const char *kind, int64_t total);

/* Wakes the workers when the transaction commits. */
int queue_notify(struct ctx *cx);

/* Canceling jobs or a batch, and retrying, write an audit row and move the tenant's data version: late in the
 * transaction, please. */
struct queue_canceled {
    int64_t canceled; /* waited, and are gone */
    int64_t asked;    /* run; their worker ends them within seconds, unless they finish first */
};
int queue_cancel_jobs(struct ctx *cx, const struct uuid *jobs, size_t n,
                      struct queue_canceled *out);
int queue_cancel_batch(struct ctx *cx, const struct uuid *batch, struct queue_canceled *out);
/* For those who delete subjects, in the same transaction; they audit and move the version themselves. */
int queue_cancel_subjects(struct ctx *cx, const struct uuid *subjects, size_t n,
                          struct queue_canceled *out);

/* Dead letters wait again, with all their attempts, and are counted as open again. `jobs` NULL: all; `kind` NULL: of
 * every kind. *count: how many; those that no longer are dead letters are not counted. Of very many only as many as half
 * the time until the deadline is enough for, the newest: ask again for the rest. Notifies. */
int queue_retry(struct ctx *cx, const struct uuid *jobs, size_t n, const char *kind,
                int64_t *count);

/* ERR_NOT_FOUND, or ERR_CONFLICT "job_state" unless the job is in the state (a word, or "ready running"). */
int queue_must_be(struct ctx *cx, const struct uuid *job, const char *states);

struct queue_stats {
    int64_t pending;
    int64_t processing;
    int64_t completed;
    int64_t failed;
};
/* Of the tenant. Completed and failed ones as long as they are kept. */
int queue_stats(struct ctx *cx, struct queue_stats *out);

/* ---- lists and progress ---- */

struct queue_filter {
    struct slice state; /* ready, running, completed, failed, canceled; empty: all */
    struct slice kind;
    const struct uuid *batch;
    const struct uuid *subject;
    int64_t limit;       /* 1 to LIMIT_PAGE */
    struct slice cursor; /* of an earlier answer; empty for the first page */
};

/* {"jobs":[...],"next_cursor"}, newest first. */
int queue_list(struct ctx *cx, const struct queue_filter *filter, struct jw *w);
/* One; ERR_NOT_FOUND. */
int queue_get(struct ctx *cx, const struct uuid *job, struct jw *w);

/*
 * {"counts","batches","running","cursor"}: what is open, the batches that changed since `cursor` (empty: the open
 * ones), the running jobs. Counts are of the open batches and of jobs without one. *changed false: nothing did since
 * the cursor, and nothing was written. Its cost does not depend on how many jobs wait.
 */
int queue_progress(struct ctx *cx, struct slice cursor, struct jw *w, bool *changed);

#endif

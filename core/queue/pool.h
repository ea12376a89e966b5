/* SPDX-License-Identifier: MIT */
/*
 * pool: many jobs in the hand of one process, each waiting for somebody else's answer.
 *
 * The runner does a job while it holds its transaction; a job that asks a model would hold it for seconds. Here a job
 * has three parts: begin() in a transaction (read what is needed, note what it will cost), the call itself in none,
 * end() in another one (store what came), which also finishes the job. Between the two the lease is kept, and the
 * process looks after all its calls with one loop.
 *
 * What always holds
 *   - start() is called only after the commit of its begin(), so what begin() wrote outlives the process.
 *   - A job that was canceled or lost, or whose time is over, leaves at once, and nothing comes of it.
 *   - Whenever a job with a task leaves, however it ended, drop() is called: what is out is called off, what it holds is
 *     let go.
 *   - Results and the end of their jobs are one commit: they exist once, or the job comes back.
 *   - Asked to stop it takes nothing new, waits for the calls in hand as long as its grace lasts, gives the rest back.
 */
#ifndef CORE_QUEUE_POOL_H
#define CORE_QUEUE_POOL_H

#include "core/base/arena.h"
#include "core/base/config.h"
#include "core/base/err.h"
#include "core/proc/child.h"
#include "core/queue/queue.h"

enum pool_outcome {
    POOL_DONE,  /* finished; its results are in the transaction */
    POOL_WAITS, /* of begin() only: start it after the commit */
    POOL_LATER, /* cannot be done at present (a cap, a provider that is down): again in delay_ms; costs no attempt */
    POOL_FAILED, /* item->err says why: tried again or given up, as in job_fn */
};

/* One job in hand. The handler's own data lives in `arena`, from begin() until the job leaves the process. */
struct pool_item {
    struct job job;
    struct arena *arena;
    void *task; /* the handler's */

    /* the answer of begin() and end() */
    enum pool_outcome outcome;
    struct err err;
    int64_t delay_ms;
};

/* The jobs [items, items + n) of one kind and one tenant, in a transaction of that tenant; never begins or commits.
 * Sets the outcome of each. -1: the transaction is broken (cx->err); it is tried again with each job alone, so nothing in
 * memory may change by it that a second call could not bear. */
typedef int (*pool_fn)(struct ctx *cx, void *user, struct pool_item *const *items, size_t n);

struct pool_kind {
    struct job_kind
        kind; /* name, dead, timeout_ms (of one call), attempts, concurrency, keeps_version */
    pool_fn begin;
    void (*start)(void *user, struct pool_item *item);
    pool_fn end;
    void (*drop)(void *user, struct pool_item *item); /* only of one with a task */
};

/* What all kinds of a pool share: their calls in flight. */
struct pool_calls {
    void *(*open)(const struct config *config, void *arg); /* after the fork; never NULL */
    /* Moves the calls, waits at most wait_ms or until `fd` is readable (-1: none). Whatever has its answer is said by
     * pool_ready(). */
    void (*step)(void *user, int fd, int64_t wait_ms);
    void (*close)(void *user);
    void *arg; /* of open() */
};

struct pool_options {
    const struct config *config;
    const struct pool_kind *kinds;
    size_t nkinds;
    struct pool_calls calls;
    int64_t in_flight; /* most jobs in hand, 1 to POOL_MOST */
};

enum {
    POOL_MOST = 1000,
    POOL_CLAIM = 50 /* most at once: one transaction of begin() or end() holds no more */
};

/* From step(), once: the answer of this item is there, end() may be called. */
void pool_ready(struct pool_item *item);

/* A role of the master (core/proc); `options` is a struct pool_options. */
int pool_run(struct proc_child *self, void *options);

/* ---- the same in steps, for tests and benches ---- */

struct pool; /* opaque */
struct pool *pool_new(const struct pool_options *o,
                      struct proc_child *self); /* `self` may be NULL; never NULL */
void pool_free(struct pool *p);                 /* gives back what is in hand */
/* One round: claim what there is room for unless `closing`, move the calls, end what is ready, keep the leases. Waits at
 * most wait_ms. Returns what is in hand, or -1 when the database cannot be reached. */
int pool_turn(struct pool *p, bool closing, int64_t wait_ms);

#endif

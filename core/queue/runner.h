/* SPDX-License-Identifier: MIT */
/*
 * runner: the loop of a job worker, the run function of the role `job`.
 *
 * Claims a batch, runs the jobs of each tenant in one transaction and finishes them with one statement (one commit,
 * one move of the tenant's data version). When one of them fails, those before it are run again without it, and then
 * it is the first of its transaction: its failure is its own. Asked to stop it finishes the job at hand, commits what
 * the group has done so far and gives the rest back. Between two batches it retires when it has grown beyond
 * CM_WORKER_MAX_RSS_BYTES.
 */
#ifndef CORE_QUEUE_RUNNER_H
#define CORE_QUEUE_RUNNER_H

#include <stdio.h>

#include "core/base/config.h"
#include "core/db/db.h"
#include "core/proc/child.h"
#include "core/queue/queue.h"

struct
    runner_memory; /* opaque: what a worker keeps between two turns (see claim.h), and its second connection */

struct runner_memory *runner_memory_new(const struct config *c); /* never NULL */
void runner_memory_free(struct runner_memory *m);                /* NULL is fine */

struct runner_options {
    const struct config *config;
    const struct job_kind *kinds;
    size_t nkinds;
    struct runner_memory
        *memory; /* NULL: each turn begins without any; runner_run() makes its own */
};

/* Whether every kind's timeout fits into the lease; says on `problems` which does not. */
int runner_check(const struct runner_options *o, FILE *problems);

/* `options` is a struct runner_options. */
int runner_run(struct proc_child *self, void *options);

/* Claims and runs one batch; for tests and benches and for `runner_run`. Returns how many jobs it took, or -1 with
 * cx->err set. `self` may be NULL. */
int runner_turn(struct ctx *cx, const struct runner_options *o, struct proc_child *self);

/* Delay before the next attempt after `attempts` of them failed: 1 s doubling to 5 min, and up to half as much again
 * at random, so that what failed together does not return together. */
int64_t runner_backoff_ms(int attempts, uint32_t random);

#endif

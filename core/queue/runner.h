/* SPDX-License-Identifier: MIT */
/*
 * runner: the loop of a job worker, the run function of the role `job`.
 *
 * Claims a batch, runs the jobs of each tenant in one transaction (one commit, one move of the tenant's data version),
 * and when one of them fails, runs that tenant's jobs again one by one so that the others do not suffer. Between jobs
 * it keeps its lease alive; asked to stop it finishes the transaction at hand and gives the rest back.
 */
#ifndef CORE_QUEUE_RUNNER_H
#define CORE_QUEUE_RUNNER_H

#include "core/base/config.h"
#include "core/proc/child.h"
#include "core/queue/queue.h"

struct runner_options {
    const struct config *config;
    const struct job_kind *kinds;
    size_t nkinds;
};

/* `options` is a struct runner_options. */
int runner_run(struct proc_child *self, void *options);

/* Claims and runs one batch; for tests and for `runner_run`. Returns how many jobs it took, or -1 with cx->err set.
 * `self` may be NULL. */
int runner_turn(struct ctx *cx, const struct runner_options *o, struct proc_child *self);

/* Delay before the next attempt after `attempts` of them failed: 1 s doubling to 5 min, and up to half as much again
 * at random, so that what failed together does not return together. */
int64_t runner_backoff_ms(int attempts, uint32_t random);

#endif

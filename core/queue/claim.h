/* SPDX-License-Identifier: MIT */
/*
 * claim: taking jobs, fairly, and without looking twice at the same place.
 *
 * A worker remembers which tenants have work and, for each, a floor: the place in (priority, run_at, job) where its
 * last scan ended. A fast claim begins there. A discovery begins at the beginning; it happens when nothing is known,
 * when a fast claim finds nothing, and otherwise at an interval of 20 times its own cost (100 ms to 30 s), so that a
 * new tenant, a higher priority or a returned job is never overlooked for long.
 *
 * Why: finished jobs leave dead index entries, which nothing can remove while an old snapshot is open; a scan from the
 * beginning wades through all of them, one from the floor through none.
 */
#ifndef CORE_QUEUE_CLAIM_H
#define CORE_QUEUE_CLAIM_H

#include "core/base/arena.h"
#include "core/queue/queue.h"

struct runner_options;
struct claim; /* opaque: what one worker remembers */

struct claim *claim_new(void); /* never NULL */
void claim_free(struct claim *c);

/* Claims up to `limit` jobs under `lease`, in a transaction of its own. *jobs (in `into`) are sorted by
 * tenant, then as they should run. -1: cx->err. */
int claim_take(struct ctx *cx, struct claim *c, const struct runner_options *o, int64_t limit,
               const struct uuid *lease, struct arena *into, struct job **jobs, size_t *n);

#endif

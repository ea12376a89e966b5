/* SPDX-License-Identifier: MIT */
/*
 * asking: reading by a model, as what a kind of a pool (core/queue/pool.h) does.
 *
 * begin: who reads for this organisation, the plan and its prompt, the transcript without what is to be taken out; the
 * largest cost is reserved. The call goes out after that commit. end: the answer is held against schema and transcript;
 * what fits becomes an analysis, what does not is asked once more with what was wrong, then given up. What the calls cost
 * is settled in the transaction of their results.
 *
 * What can wait, waits, and costs no attempt: a month's cap, a provider that is down, busy, or refuses the key. The
 * organisation is told by a notice. A transcript that changed while it was read is not stored: its next job waits already.
 */
#ifndef CORE_INSIGHT_ASKING_H
#define CORE_INSIGHT_ASKING_H

#include "core/base/config.h"
#include "core/insight/analysis.h"
#include "core/llm/shared.h"
#include "core/queue/pool.h"

struct asking; /* opaque: the calls of one process */

/* For struct pool_calls; `shared` is a struct llm_shared, made before the fork, or NULL. */
void *asking_open(const struct config *config, void *shared);
void asking_step(void *asking, int fd, int64_t wait_ms);
void asking_close(void *asking);

/* What a dataset keeps of a reading, in the same transaction (facts for charts). */
typedef int (*asking_store_fn)(struct ctx *cx, const struct uuid *subject,
                               const struct analysis *a);

/* For struct pool_kind, with the dataset's store behind. Each job has a subject. */
int asking_begin(struct ctx *cx, struct asking *asking, struct pool_item *const *items, size_t n,
                 asking_store_fn store);
int asking_end(struct ctx *cx, struct asking *asking, struct pool_item *const *items, size_t n,
               asking_store_fn store);
void asking_start(void *asking, struct pool_item *item);
void asking_drop(void *asking, struct pool_item *item);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * shared: what the worker processes know together about each endpoint: how fast it may be asked, and whether it is worth
 * asking now. In memory that is made before the fork.
 *
 * An endpoint goes by llm_endpoint_id() (base URL and key). Each has two buckets (requests and tokens a minute), an
 * instant before which nothing may be sent, and a circuit breaker:
 *   closed     calls go; after `failures` failures in a row, or one that kills (key, quota), it opens
 *   open       nothing goes for a pause, which doubles each time up to its maximum
 *   half-open  one call goes, the probe: good closes it, failed opens it again. A probe whose process died, or whose
 *              outcome is not reported in `probe_ms`, is given to the next who asks.
 *
 * Without locks: each number is one atomic word that is right by itself, so a process may be killed anywhere. What can be
 * lost with it is one call's share of a bucket, which comes back within a minute.
 *
 * Buckets are kept as the instant at which they would be full again (GCRA): they hold a minute's worth, so no more than
 * twice the limit passes in a first minute, and the limit after it.
 */
#ifndef CORE_LLM_SHARED_H
#define CORE_LLM_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/llm/fault.h"
#include "core/llm/rate.h"

struct llm_shared; /* opaque; lives in shared memory */

struct llm_shared_options {
    size_t endpoints; /* 1 to 4,096; 0: 64. When all are in use the one longest unused gives way */
    int64_t requests_per_minute; /* of an endpoint until its headers tell less; 0: no bound */
    int64_t tokens_per_minute;
    int failures;          /* in a row that open the breaker; 0: 5 */
    int64_t pause_ms;      /* of the first opening; 0: 1,000 */
    int64_t pause_most_ms; /* 0: 300,000 */
    int64_t probe_ms;      /* 0: 180,000: longer than any call */
};

enum llm_gate {
    LLM_GATE_OPEN = 0, /* send now */
    LLM_GATE_REQUESTS, /* requests a minute */
    LLM_GATE_TOKENS,   /* tokens a minute */
    LLM_GATE_TOLD,     /* the provider said until when */
    LLM_GATE_BREAKER,  /* it fails; a pause */
    LLM_GATE_PROBE,    /* it failed; somebody's probe is on its way */
};

struct llm_shared_view {
    uint64_t id;
    int64_t requests_per_minute; /* 0: no bound */
    int64_t tokens_per_minute;
    int64_t requests_left; /* in the buckets now; -1: no bound */
    int64_t tokens_left;
    enum llm_gate gate; /* what one asking now would hear */
    int64_t wait_ms;
    int64_t failures;  /* in a row */
    int64_t openings;  /* of the breaker in a row; 0: it is closed */
    int64_t probe_pid; /* 0: none */
    enum llm_fault last_fault;
    uint64_t sent; /* since it was first asked */
    uint64_t good;
    uint64_t failed;
    uint64_t limited;
};

/* NULL when the system gives no memory (errno). */
struct llm_shared *llm_shared_new(const struct llm_shared_options *options);
void llm_shared_free(struct llm_shared *shared); /* NULL is fine; unmaps in this process only */

/* May a call of about so many tokens (input and the most of output) be sent now? LLM_GATE_OPEN: it is counted, and must
 * be reported, or given back when it is not sent after all. Else *wait_ms says when to ask again, at least 1. */
enum llm_gate llm_shared_ask(struct llm_shared *shared, uint64_t id, int64_t tokens,
                             int64_t *wait_ms);
void llm_shared_give_back(struct llm_shared *shared, uint64_t id, int64_t tokens);

/* How a call ended; llm.h does it for every call of a client that knows of the shared state. rate may be NULL. */
void llm_shared_report(struct llm_shared *shared, uint64_t id, enum llm_fault fault,
                       const struct llm_rate *rate);

/* Limits of one endpoint, of its own setting: they win over the options' and over headers that tell more. */
void llm_shared_limit(struct llm_shared *shared, uint64_t id, int64_t requests_per_minute,
                      int64_t tokens_per_minute);

/* Forgets failures and pauses: an operator changed something. */
void llm_shared_close(struct llm_shared *shared, uint64_t id);

/* For the status page: the i-th place, 0 <= i < llm_shared_places(). False: unused. Each number is right by itself. */
size_t llm_shared_places(const struct llm_shared *shared);
bool llm_shared_read(const struct llm_shared *shared, size_t i, struct llm_shared_view *out);

const char *llm_gate_name(enum llm_gate gate); /* "open", "requests", ... */

#endif

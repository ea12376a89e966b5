/* SPDX-License-Identifier: MIT */
/*
 * llm: calls to language models, many at once, over one HTTP client.
 *
 * One `struct llm` a process. Submit calls, call llm_step() in the loop, get callbacks. There are no retries here: who
 * pays decides (core/llm/shared.h says when). Nothing is stored and nothing is logged.
 *
 * What always holds
 *   - Every call that was not cancelled ends in exactly one callback, from llm_step(), by its deadline.
 *   - Its outcome says whether it was possibly paid for, and what was used when the provider told it.
 *   - An answer is never larger than its bound; texts and vectors are checked before they are handed out.
 *   - The key is in one request header only: in no error, no detail, no other memory of ours. llm_new() takes the
 *     process's memory out of its core files, since libcurl keeps copies of headers (secret_keep_out_of_cores()).
 *
 * The `struct net` is the caller's and outlives the client; it may be stepped by others too. It must have room for
 * in_flight requests, and per_host no less than that: over HTTP/2 hundreds of calls share a connection all the same.
 */
#ifndef CORE_LLM_LLM_H
#define CORE_LLM_LLM_H

#include <stdint.h>

#include "core/base/err.h"
#include "core/llm/chat.h"
#include "core/llm/embedding.h"
#include "core/llm/endpoint.h"
#include "core/llm/fault.h"
#include "core/llm/rate.h"
#include "core/llm/shared.h"
#include "core/net/http_client.h"

struct llm; /* opaque */

struct llm_options {
    struct net *net;
    struct llm_shared *shared; /* outcomes are reported there; NULL: nowhere */
    int in_flight;             /* most calls at once; 0: 20, at most LIMIT_LLM_IN_FLIGHT */
    int64_t connect_ms;        /* 0: 5,000 */
    int64_t total_ms;          /* of a call that says none; 0: 120,000 */
};

struct llm_outcome {
    enum llm_fault fault; /* LLM_OK: answered */
    enum llm_paid paid;
    enum llm_next next; /* what may help */
    struct llm_usage usage;
    char model[96];      /* as answered; "" when it was not */
    char request_id[96]; /* the provider's, for asking it; "" when none */
    int status;          /* HTTP; 0: no answer began */
    int http_version;    /* 1 or 2; 0 the same */
    int64_t took_ms;
    struct llm_rate rate;
};

/* err is NULL when all is well; its reason is the fault's word, its retry_after_ms is set for LLM_RATE_LIMITED. The
 * answer is not NULL when there is something to read: always without an error, and with LLM_LENGTH_CUT, LLM_REFUSED and
 * LLM_CONTENT_FILTERED. All of it is valid until the callback returns. It may submit and cancel, not step. */
typedef void (*llm_chat_fn)(void *user, const struct llm_outcome *outcome,
                            const struct llm_chat_answer *answer, const struct err *err);
typedef void (*llm_embed_fn)(void *user, const struct llm_outcome *outcome,
                             const struct llm_vectors *vectors, const struct err *err);

/* Never NULL. */
struct llm *llm_new(const struct llm_options *options);
void llm_free(
    struct llm *llm); /* NULL is fine; what is in flight is dropped without its callback */

/* Never fail here: what is wrong comes through the callback. Texts are copied; the endpoint is borrowed until the
 * callback. Returns the id for llm_cancel(), never 0. */
uint64_t llm_chat(struct llm *llm, const struct llm_endpoint *ep, const struct llm_chat *chat,
                  llm_chat_fn done, void *user);
uint64_t llm_embed(struct llm *llm, const struct llm_endpoint *ep, const struct llm_embed *embed,
                   llm_embed_fn done, void *user);

/* No callback comes. Whether it was possibly paid for: LLM_PAID_NO (also of an unknown id) or LLM_PAID_UNKNOWN. The
 * provider may go on with it. */
enum llm_paid llm_cancel(struct llm *llm, uint64_t id);

/* Moves everything, runs callbacks, waits at most wait_ms. Returns how many calls are in flight. */
int llm_step(struct llm *llm, int64_t wait_ms);
int llm_in_flight(const struct llm *llm);
int llm_room(const struct llm *llm); /* how many more may be submitted now */

#endif

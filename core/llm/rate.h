/* SPDX-License-Identifier: MIT */
/*
 * rate: what the headers of an answer tell about how fast one may go on.
 */
#ifndef CORE_LLM_RATE_H
#define CORE_LLM_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/slice.h"
#include "core/net/http_client.h"

/* -1: not told. */
struct llm_rate {
    int64_t limit_requests; /* a minute */
    int64_t remaining_requests;
    int64_t reset_requests_ms; /* until all of them are there again */
    int64_t limit_tokens;
    int64_t remaining_tokens;
    int64_t reset_tokens_ms;
    int64_t retry_after_ms;
};

/* The headers to ask core/net for: net_request.wanted. */
extern const char *const llm_rate_headers[];
extern const size_t llm_rate_nheaders;

void llm_rate_read(const struct net_response *rs, struct llm_rate *out);

/* How long to wait after a 429: Retry-After, else until what is used up is there again, else two seconds. At least
 * 1 ms, at most an hour. */
int64_t llm_rate_wait_ms(const struct llm_rate *rate);

/* Go's durations, as OpenAI writes them: 20ms, 1s, 6m0s, 1h2m3.5s; rounded up. False: not one, or beyond 24 hours. */
bool llm_duration_read(struct slice text, int64_t *out_ms);

#endif

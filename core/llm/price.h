/* SPDX-License-Identifier: MIT */
/*
 * price: what a call costs, in whole micro-dollars, rounded up. Sums that do not fit are INT64_MAX: beyond every budget.
 */
#ifndef CORE_LLM_PRICE_H
#define CORE_LLM_PRICE_H

#include <stdint.h>

#include "core/llm/chat.h"

/* Micro-dollars a million tokens: $2.50 is 2,500,000. None negative. */
struct llm_price {
    int64_t input;
    int64_t cached; /* of input tokens that the provider had seen before */
    int64_t output;
    int64_t embedding;
};

/* What a chat can cost at most: no token cached, all of max_output_tokens used. */
int64_t llm_price_most(const struct llm_price *price, int64_t input_tokens, int64_t output_tokens);

/* What it did cost; usage->known. */
int64_t llm_price_of_chat(const struct llm_price *price, const struct llm_usage *usage);

int64_t llm_price_of_embedding(const struct llm_price *price, int64_t tokens);

#endif

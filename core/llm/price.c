/* SPDX-License-Identifier: MIT */
#include "core/llm/price.h"

__extension__ typedef unsigned __int128 wide; /* two int64 multiplied, three of those added */

enum { MILLION = 1000000 };

static wide times(int64_t tokens, int64_t price)
{
    return tokens > 0 && price > 0 ? (wide)tokens * (wide)price : 0;
}

static int64_t rounded_up(wide sum)
{
    const wide micro = sum / MILLION + (sum % MILLION != 0);

    return micro < INT64_MAX ? (int64_t)micro : INT64_MAX;
}

int64_t llm_price_most(const struct llm_price *price, int64_t input_tokens, int64_t output_tokens)
{
    /* a "discount" that is none must not make the call dearer than what was reserved */
    const int64_t input = price->input > price->cached ? price->input : price->cached;

    return rounded_up(times(input_tokens, input) + times(output_tokens, price->output));
}

int64_t llm_price_of_chat(const struct llm_price *price, const struct llm_usage *usage)
{
    return rounded_up(times(usage->input - usage->cached, price->input) +
                      times(usage->cached, price->cached) + times(usage->output, price->output));
}

int64_t llm_price_of_embedding(const struct llm_price *price, int64_t tokens)
{
    return rounded_up(times(tokens, price->embedding));
}

/* SPDX-License-Identifier: MIT */
/*
 * tokens: how many tokens a text has at most, for reserving money and keeping to limits before a call.
 *
 * No tokenizer is asked: every provider has its own, and changes it with its models. A token of any of them is at least
 * one byte, so the bytes are a bound of all, but four times what is paid for prose. The estimate goes by classes of
 * characters, each at more than what OpenAI's cl100k_base and o200k_base make of random strings of it:
 *
 *   ASCII letters                             1 for the first of a run, 3/4 for the others; a capital after a small
 *                                             letter begins another run. Long random runs have 0.5 to 0.65
 *   ASCII digits                              1 (Llama's tokenizers take them one by one)
 *   a blank before a letter or a sign         1/4 (it becomes part of the word)
 *   other blanks, line ends, controls, signs  1 (signs 0.67, whites 0.33)
 *   U+0080 to U+00FF                          5/4 (accented letters 1.00)
 *   everything else, and bytes that are no UTF-8: one a byte
 *
 * and four tokens more for a text, never more than its bytes. Of 20,000 random strings of one to three of these classes,
 * or of a few characters of them, none had more tokens than this; on average it was 1.7 times what they had, of prose it
 * is three and a half times. It is no proof: a text made to be worse may be.
 */
#ifndef CORE_LLM_TOKENS_H
#define CORE_LLM_TOKENS_H

#include <stdint.h>

#include "core/base/slice.h"
#include "core/llm/chat.h"

int64_t llm_tokens_estimate(struct slice text);

/* All that is sent as input: messages with what frames them, the schema. Not max_output_tokens. */
int64_t llm_tokens_of_chat(const struct llm_chat *chat);

/* The longest beginning that is estimated at `tokens` at most and ends between characters. */
struct slice llm_tokens_cut(struct slice text, int64_t tokens);

#endif

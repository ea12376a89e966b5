/* SPDX-License-Identifier: MIT */
/*
 * answer: what reading chat answers and reading vectors have in common. Private to core/llm.
 */
#ifndef CORE_LLM_ANSWER_H
#define CORE_LLM_ANSWER_H

#include "core/base/json.h"
#include "core/llm/chat.h"

/* An object, which the caller owns; else LLM_ANSWER_TRUNCATED or LLM_ANSWER_MALFORMED. */
enum llm_fault llm_answer_json(struct slice body, json_t **out);

/* Numbers that no call can have (negative, beyond 2^40) make the usage unknown. */
void llm_answer_head_read(const json_t *root, struct llm_answer_head *out);

/* At most n - 1 bytes of printable ASCII; "" when there is anything else in it, or too much. */
void llm_answer_word(const char *text, char *out, size_t n);

#endif

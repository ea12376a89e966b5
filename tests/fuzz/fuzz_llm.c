/* SPDX-License-Identifier: MIT */
/* Any bytes as the answer of a language model: what is handed out is whole, what is refused is empty. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/unicode.h"
#include "core/llm/chat.h"
#include "core/llm/embedding.h"
#include "core/llm/fault.h"
#include "core/llm/rate.h"

enum { TEXTS = 2, DIMENSIONS = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_usage(const struct llm_usage *u)
{
    if (u->input < 0 || u->cached < 0 || u->cached > u->input || u->output < 0 ||
        (!u->known && u->input + u->output > 0))
        abort();
}

static void as_chat(struct slice body, struct arena *a)
{
    struct llm_answer_head head;
    struct llm_chat_answer answer;
    const enum llm_fault fault = llm_chat_read(body, a, &head, &answer);

    check_usage(&head.usage);
    if ((fault == LLM_OK && answer.text.n == 0) || !utf8_valid(answer.text) ||
        ((fault == LLM_ANSWER_MALFORMED || fault == LLM_ANSWER_EMPTY) &&
         answer.text.n + answer.refusal.n > 0))
        abort();
}

static void as_vectors(struct slice body, struct arena *a)
{
    struct llm_answer_head head;
    struct llm_vectors v = {0};
    const enum llm_fault fault = llm_embed_read(body, TEXTS, DIMENSIONS, a, &head, &v);

    check_usage(&head.usage);
    if ((fault == LLM_OK) != (v.values != NULL))
        abort();
    if (!v.values)
        return;
    for (size_t i = 0; i < v.n * DIMENSIONS; i++) {
        if (!isfinite(v.values[i]))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {302, 400, 404, 429, 500};
    const struct slice body = {(const char *)data, size};
    struct arena *a = arena_new(64 << 20);
    struct llm_words words;
    int64_t ms;

    as_chat(body, a);
    as_vectors(body, a);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (llm_fault_of_status(statuses[i], body, &words) == LLM_OK)
            abort();
    }
    if (llm_duration_read(body, &ms) && ms < 0)
        abort();
    arena_free(a);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * chat: the text of a chat request, and what its answer says. Pure: no network.
 */
#ifndef CORE_LLM_CHAT_H
#define CORE_LLM_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/sb.h"
#include "core/base/slice.h"
#include "core/llm/fault.h"

enum llm_role { LLM_SYSTEM, LLM_USER, LLM_ASSISTANT };

struct llm_message {
    enum llm_role role;
    struct slice text; /* bytes that are not UTF-8 become U+FFFD */
};

struct llm_chat {
    const char *model;
    const struct llm_message *messages;
    size_t nmessages;
    int64_t max_output_tokens; /* > 0: what bounds the price of the call */
    struct slice schema; /* JSON text of the schema that the answer must fit; empty: free text */
    const char *schema_name; /* letters, digits, - and _; needed with a schema */
    bool has_temperature;    /* models that reason take none */
    double temperature;      /* 0 to 2 */
    bool has_seed;
    int64_t seed;
    int64_t total_ms; /* 0: the client's */
};

/* Tokens of a call as the provider counted them. */
struct llm_usage {
    bool known;
    int64_t input;  /* cached ones included */
    int64_t cached; /* part of input */
    int64_t output; /* reasoning included */
};

enum llm_finish { LLM_FINISH_STOP, LLM_FINISH_LENGTH, LLM_FINISH_FILTER, LLM_FINISH_OTHER };

/* In an arena, or borrowed from what was read. */
struct llm_chat_answer {
    struct slice text; /* what came, also of an answer that was cut or filtered */
    struct slice refusal;
    enum llm_finish finish;
};

/* What every kind of answer tells. "" when it does not. */
struct llm_answer_head {
    char id[96];
    char model[96];
    struct llm_usage usage;
};

/* Appends the request's JSON. False: a bound, a missing part, a schema that is no JSON object, or `out` is full. */
bool llm_chat_write(enum llm_dialect dialect, const struct llm_chat *chat, struct sb *out);

/* Reads the body of a 2xx answer. LLM_OK: *out is complete. LLM_LENGTH_CUT, LLM_REFUSED, LLM_CONTENT_FILTERED: *out has
 * what came. Anything else: *out is empty. *head has what was told, whatever is returned. Texts are in the arena. */
enum llm_fault llm_chat_read(struct slice body, struct arena *a, struct llm_answer_head *head,
                             struct llm_chat_answer *out);

#endif

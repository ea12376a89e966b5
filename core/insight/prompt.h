/* SPDX-License-Identifier: MIT */
/*
 * prompt: how a model is asked. System message, schema and version are made from a plan and from nothing else; the
 * transcript comes in a message of its own.
 *
 * The schema is of the subset that strict structured outputs take (objects closed, every property required, null as a
 * type), without bounds of lengths and numbers, which not every server knows: answer.h checks them.
 *
 *   CODE       {"value": option, "quote": text or null}       the value may be null unless the question has a fallback
 *   BOOL       {"value": true or false, "quote": text or null}
 *   TEXT       {"value": text or null, "quote": text or null}
 *   COUNT      {"number": integer or null, "quote": text or null}
 *     daily    {"number": ..., "period": "hour".."year" or null, "quote": ...}
 *   CODES      [{"value": option, "quote": text}]
 *   PHRASES, SENTENCES   [{"value": text, "quote": text}]
 *   SHARE      number
 *
 * Not in any message: how the deal ended, names and addresses of the client, the seller. The transcript is fenced with a
 * code drawn for each call, which it cannot know and does not hold; what nobody sees on a screen is left out of it.
 */
#ifndef CORE_INSIGHT_PROMPT_H
#define CORE_INSIGHT_PROMPT_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/slice.h"
#include "core/insight/answer.h"
#include "core/insight/question.h"

enum {
    PROMPT_NONCE_BYTES = 33,   /* of the code as text: 128 bits in hex, terminated */
    PROMPT_VERSION_BYTES = 17, /* 64 bits in hex, terminated */
};

struct prompt {
    const char *system;
    const char *schema; /* JSON; the provider wraps it in what its API calls a response format */
    char version[PROMPT_VERSION_BYTES]; /* of all that is sent but the transcript */
};

/* The same plan gives the same bytes. *out lives in the arena. */
void prompt_make(struct arena *a, const struct reading_plan *plan, struct prompt *out);

/* The user message. Invisible characters are gone, control characters are blanks, bad bytes U+FFFD. */
const char *prompt_user(struct arena *a, struct slice transcript);

/* The same with a code that the caller drew; NULL when the transcript holds it. */
const char *prompt_user_fenced(struct arena *a, struct slice transcript, const char *nonce);

/* What is said after an answer with problems: the path of each, what is wrong. */
const char *prompt_repair(struct arena *a, const struct reading_plan *plan,
                          const struct answer *answer);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * token_use: when an API token was last used, to the minute.
 *
 * A GET runs in a READ ONLY transaction and requests of one token must not queue on its row, so the note is written
 * after the answer, in a short transaction of its own, at most once a minute a token and process.
 */
#ifndef AUTH_TOKEN_USE_H
#define AUTH_TOKEN_USE_H

#include <stdint.h>

#include "core/base/uuid.h"
#include "core/db/ctx.h"

struct token_use {
    struct uuid token; /* the last one noted by this process */
    int64_t noted_ms;
};

/* After a request of a token that was let in; a failure is dropped, the next request notes it. */
void token_use_note(struct ctx *cx, struct token_use *state);

#endif

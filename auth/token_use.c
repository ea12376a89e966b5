/* SPDX-License-Identifier: MIT */
#include "auth/token_use.h"

#include "core/base/clock.h"
#include "core/db/db.h"

enum { EVERY_MS = 60000, WITHIN_MS = 1000 };

void token_use_note(struct ctx *cx, struct token_use *state)
{
    const int64_t now_ms = clock_mono_ms();

    if (uuid_eq(&state->token, &cx->who.credential) && now_ms - state->noted_ms < EVERY_MS)
        return;
    err_clear(&cx->err);
    cx->deadline_ms = now_ms + WITHIN_MS;
    if (db_begin(cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) < 0 ||
        db_exec(cx, SQL_TOKEN_USED,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&cx->who.credential)},
                NULL) < 0 ||
        db_commit(cx) < 0) {
        db_rollback(cx);
        return;
    }
    state->token = cx->who.credential;
    state->noted_ms = now_ms;
}

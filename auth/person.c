/* SPDX-License-Identifier: MIT */
#include "auth/person.h"

#include "core/db/db.h"

int person_get(struct ctx *cx, struct person *out)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(cx, SQL_PERSON_GET, (const struct db_arg[]){db_uuid(&cx->who.user)});

    if (!r)
        return -1;
    pg_uuid(r, 0, 0, &out->user_id);
    out->email = pg_dup(cx->arena, r, 0, 1);
    out->name = pg_dup(cx->arena, r, 0, 2);
    return 0;
}

int person_token_scopes(struct ctx *cx, unsigned *out)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(
        cx, SQL_TOKEN_SCOPES,
        (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&cx->who.credential)});
    struct slice rest;
    unsigned scopes = 0;

    if (!r)
        return -1;
    for (rest = pg_slice(r, 0, 0); rest.n;) {
        const struct slice word = slice_cut(rest, ' ', &rest);

        scopes |= scope_parse(word.p, word.n);
    }
    *out = scopes;
    return 0;
}

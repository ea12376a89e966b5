/* SPDX-License-Identifier: MIT */
#include "auth/admin.h"

#include "core/db/db.h"

static PGresult *call(struct ctx *cx, enum sql_id id, const struct db_arg *args)
{
    PGresult *r;

    if (db_begin(cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return NULL;
    r = db_query_one(cx, id, args);
    if (r && db_commit(cx) == 0)
        return r;
    PQclear(r);
    db_rollback(cx);
    return NULL;
}

int admin_tenant_create(struct ctx *cx, const char *slug, const char *name, struct uuid *out)
{
    const struct uuid id = uuid_new();
    SCOPED(pg_drop)
    PGresult *r = call(cx, SQL_ADMIN_TENANT_CREATE,
                       (const struct db_arg[]){db_uuid(&id), db_text(slug), db_text(name)});

    if (!r)
        return -1;
    pg_uuid(r, 0, 0, out);
    return 0;
}

int admin_member_add(struct ctx *cx, const char *slug, const char *email, const char *name,
                     enum role role)
{
    const struct uuid id = uuid_new();
    SCOPED(pg_drop)
    PGresult *r = call(cx, SQL_ADMIN_MEMBER_ADD,
                       (const struct db_arg[]){db_text(slug), db_uuid(&id), db_text(email),
                                               db_text(name), db_text(role_name(role))});

    return r ? 0 : -1;
}

int admin_token_create(struct ctx *cx, const char *slug, const char *name, unsigned scopes,
                       int64_t days, char text[API_TOKEN_TEXT_BYTES])
{
    SCOPED(pg_drop) PGresult *r = NULL;
    struct slice words[8];
    struct api_token token;
    struct slice rest;
    char all[128];
    size_t n = 0;

    scopes_text(scopes, all, sizeof all);
    for (rest = slice_cstr(all); rest.n && n < 8;)
        words[n++] = slice_cut(rest, ' ', &rest);
    api_token_make((enum config_env)cx->config->env, text, &token);
    r = call(cx, SQL_ADMIN_TOKEN_CREATE,
             (const struct db_arg[]){db_text(slug), db_uuid(&token.id), db_text(name),
                                     db_bytes(token.proof, sizeof token.proof),
                                     db_text(db_text_array(cx->arena, words, n)), db_i64(days)});
    return r ? 0 : -1;
}

/* SPDX-License-Identifier: MIT */
#include "auth/person.h"
#include "core/db/db.h"
#include "fcgi/api.h"
#include "fcgi/app.h"

static void write_scopes(struct jw *w, unsigned scopes)
{
    char text[128];
    struct slice rest;

    scopes_text(scopes, text, sizeof text);
    rest = slice_cstr(text);
    jw_key(w, "scopes");
    jw_array(w);
    while (rest.n)
        jw_slice(w, slice_cut(rest, ' ', &rest));
    jw_end(w);
}

static void write_tenants(struct jw *w, const struct jwt_claims *claims)
{
    jw_key(w, "tenants");
    jw_array(w);
    for (size_t i = 0; claims && i < claims->ntenants; i++) {
        jw_object(w);
        jw_kstr(w, "slug", claims->tenants[i]);
        jw_end(w);
    }
    jw_end(w);
}

int api_me(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    const bool is_person = cx->who.kind == PRINCIPAL_USER;
    struct person me = {0};
    unsigned scopes = 0; /* of a token; a person's come with entering */
    struct jw *w;

    (void)rq;
    if (is_person ? person_get(cx, &me) < 0 : person_token_scopes(cx, &scopes) < 0)
        return -1;
    w = http_json_begin(rs, 200);
    jw_object(w);
    jw_key(w, "user");
    if (is_person) {
        jw_object(w);
        jw_kuuid(w, "user_id", &me.user_id);
        jw_kstr(w, "email", me.email);
        jw_kstr(w, "name", me.name);
        jw_end(w);
    } else {
        jw_null(w);
    }
    jw_key(w, "tenant");
    jw_object(w);
    jw_kuuid(w, "tenant_id", &cx->who.tenant);
    jw_kstr(w, "slug", cx->tenancy.slug);
    jw_kstr(w, "name", cx->tenancy.name);
    jw_kstr(w, "time_zone", cx->tenancy.time_zone);
    jw_kstr(w, "language", cx->tenancy.language);
    jw_end(w);
    jw_kstr(w, "role", is_person ? role_name(cx->who.role) : NULL);
    write_scopes(w, is_person ? cx->who.scopes : scopes);
    write_tenants(w, identity_claims(app_current()->identity));
    jw_end(w);
    return http_json_end(cx, rs);
}

/* SPDX-License-Identifier: MIT */
#include "core/db/audit.h"

#include <assert.h>

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/db/db.h"

enum { MAX_FIELDS = 64, DIGEST_CHARS = 32 };

static const char *actor_kind(const struct principal *who)
{
    switch (who->kind) {
    case PRINCIPAL_USER: return "user";
    case PRINCIPAL_TOKEN: return "token";
    case PRINCIPAL_JOB: return "job";
    case PRINCIPAL_NONE: break;
    }
    return "operator";
}

/* The tenant is part of the text, so that equal values of two tenants do not look equal. */
static void digest(const struct ctx *cx, struct slice value, char out[DIGEST_CHARS + 1])
{
    uint8_t mac[SHA256_BYTES];
    const char *key = cx->config && cx->config->audit_key ? cx->config->audit_key : "";
    char *text = arena_alloc(cx->arena, sizeof cx->who.tenant.b + value.n);

    memcpy(text, cx->who.tenant.b, sizeof cx->who.tenant.b);
    if (value.n)
        memcpy(text + sizeof cx->who.tenant.b, value.p, value.n);
    hash_hmac_sha256(slice_cstr(key), (struct slice){text, sizeof cx->who.tenant.b + value.n}, mac);
    hash_hex(mac, DIGEST_CHARS / 2, out);
}

int audit_write(struct ctx *cx, const char *action, const char *object_kind,
                const struct uuid *object_id, const struct audit_field *fields, size_t n)
{
    SCOPED(sb_done) struct sb digests = {0};
    struct slice names[MAX_FIELDS];
    const struct uuid audit_id = uuid_new();
    const struct principal *who = &cx->who;
    struct jw w;

    assert(n <= MAX_FIELDS);
    sb_init(&digests, 64 << 10);
    jw_init(&w, &digests);
    jw_object(&w);
    for (size_t i = 0; i < n; i++) {
        char hex[DIGEST_CHARS + 1];

        names[i] = slice_cstr(fields[i].name);
        if (!fields[i].value.p || !cx->config || !cx->config->audit_key)
            continue; /* without a key a digest would only be a riddle to guess */
        digest(cx, fields[i].value, hex);
        jw_kstr(&w, fields[i].name, hex);
    }
    jw_end(&w);

    return db_exec(cx, SQL_AUDIT_INSERT,
                   (const struct db_arg[]){
                       db_uuid(&who->tenant), db_uuid(&audit_id), db_text(actor_kind(who)),
                       db_uuid(who->kind == PRINCIPAL_USER ? &who->user : &who->credential),
                       db_text(action), db_text(object_kind), db_uuid(object_id),
                       db_text(db_text_array(cx->arena, names, n)), db_text(sb_text(&digests)),
                       db_text(cx->request_id)},
                   NULL);
}

int tenant_touch(struct ctx *cx)
{
    return db_exec(cx, SQL_TENANT_TOUCH, (const struct db_arg[]){db_uuid(&cx->who.tenant)}, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "auth/identity.h"

#include <stdlib.h>
#include <string.h>

#include "auth/api_token.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/db/db.h"

enum {
    MAP_SETS = 256,
    MAP_WAYS = 4,
    KNOWN_MS = 60 * 1000,
    /* an invitation counts soon, and a flood of one unknown costs a query each 5 s */
    UNKNOWN_MS = 5 * 1000,
    EMAIL_BYTES_MIN = 3, /* shorter ones are no address; the users table says so too */
};

/* Whose a credential is. `known` false is remembered too, for less long. */
struct mapping {
    uint8_t key[SHA256_BYTES];
    int64_t until_ms; /* 0: empty */
    bool known;
    struct uuid user; /* nil for an API token */
    struct uuid tenant;
};

struct identity {
    const struct config *config;
    struct jwt_verifier *verifier;
    struct jwt_claims claims;
    bool has_claims;
    struct mapping map[MAP_SETS][MAP_WAYS];
};

struct identity *identity_new(const struct config *c, struct keys *keys)
{
    const struct jwt_policy policy = jwt_policy_from(c);
    struct identity *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->config = c;
    s->verifier = jwt_verifier_new(&policy, keys);
    if (!s->verifier) {
        free(s);
        return NULL;
    }
    return s;
}

void identity_free(struct identity *s)
{
    if (!s)
        return;
    jwt_verifier_free(s->verifier);
    free(s);
}

const struct jwt_claims *identity_claims(const struct identity *s)
{
    return s->has_claims ? &s->claims : NULL;
}

/* ---- pure ---- */

bool identity_bearer(struct slice authorization, struct slice *token)
{
    static const char scheme[] = "bearer ";
    const size_t n = sizeof scheme - 1;
    struct slice rest;

    if (authorization.n <= n ||
        !slice_eq_nocase((struct slice){authorization.p, n}, slice_cstr(scheme)))
        return false;
    rest = (struct slice){authorization.p + n, authorization.n - n};
    for (size_t i = 0; i < rest.n; i++)
        if ((unsigned char)rest.p[i] <= ' ' || (unsigned char)rest.p[i] >= 0x7f)
            return false;
    *token = rest;
    return true;
}

enum identity_choice identity_choose(const struct jwt_claims *claims, struct slice choice,
                                     const char **slug)
{
    if (choice.n == 0 && claims->ntenants == 1) {
        *slug = claims->tenants[0];
        return IDENTITY_CHOSEN;
    }
    if (choice.n == 0)
        return IDENTITY_MUST_CHOOSE;
    for (uint32_t i = 0; i < claims->ntenants; i++) {
        if (slice_is(choice, claims->tenants[i])) {
            *slug = claims->tenants[i];
            return IDENTITY_CHOSEN;
        }
    }
    return IDENTITY_NOT_AMONG;
}

/* ---- the mapping ---- */

static void user_key(const struct jwt_claims *c, const char *slug, uint8_t out[SHA256_BYTES])
{
    struct hash_stream h;

    hash_begin(&h);
    hash_update(&h, "user", 5);
    hash_update(&h, c->subject, strlen(c->subject) + 1); /* the terminators keep the two apart */
    hash_update(&h, slug, strlen(slug) + 1);
    hash_end(&h, out);
}

static void token_key(const struct uuid *id, uint8_t out[SHA256_BYTES])
{
    struct hash_stream h;

    hash_begin(&h);
    hash_update(&h, "token", 6);
    hash_update(&h, id->b, sizeof id->b);
    hash_end(&h, out);
}

static const struct mapping *map_get(const struct identity *s, const uint8_t key[SHA256_BYTES])
{
    const struct mapping *set = s->map[key[0] % MAP_SETS];

    for (int i = 0; i < MAP_WAYS; i++)
        if (set[i].until_ms > clock_mono_ms() && memcmp(set[i].key, key, SHA256_BYTES) == 0)
            return &set[i];
    return NULL;
}

/* In the place of the same key, else of whatever ends first. */
static void map_put(struct identity *s, const struct mapping *m)
{
    struct mapping *set = s->map[m->key[0] % MAP_SETS];
    struct mapping *at = &set[0];

    for (int i = 0; i < MAP_WAYS; i++) {
        if (memcmp(set[i].key, m->key, SHA256_BYTES) == 0) {
            at = &set[i];
            break;
        }
        if (set[i].until_ms < at->until_ms)
            at = &set[i];
    }
    *at = *m;
    at->until_ms = clock_mono_ms() + (m->known ? KNOWN_MS : UNKNOWN_MS);
}

static int query_user(struct ctx *cx, const struct identity *s, const struct jwt_claims *c,
                      const char *slug, struct mapping *m)
{
    PGresult *r;

    if (db_begin(cx, DB_READ, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return -1;
    r = db_query(cx, SQL_IDENTITY_RESOLVE_USER,
                 (const struct db_arg[]){db_text(s->config->oidc_issuer), db_text(c->subject),
                                         db_text(slug)});
    if (!r) {
        db_rollback(cx);
        return -1;
    }
    m->known = PQntuples(r) == 1 && pg_uuid(r, 0, 0, &m->user) && pg_uuid(r, 0, 1, &m->tenant);
    PQclear(r);
    return db_commit(cx);
}

static int first_sign_in(struct ctx *cx, const struct identity *s, const struct jwt_claims *c)
{
    const struct uuid fresh = uuid_new();

    if (db_begin(cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return -1;
    if (db_exec(cx, SQL_IDENTITY_FIRST_SIGN_IN,
                (const struct db_arg[]){db_uuid(&fresh), db_text(s->config->oidc_issuer),
                                        db_text(c->subject), db_text(c->email),
                                        db_bool(c->email_verified), db_text(c->name)},
                NULL) < 0) {
        db_rollback(cx);
        return -1;
    }
    return db_commit(cx);
}

static int resolve_user(struct ctx *cx, struct identity *s, const struct jwt_claims *c,
                        const char *slug, struct mapping *out)
{
    const struct mapping *known;
    struct mapping m = {0};

    user_key(c, slug, m.key);
    known = map_get(s, m.key);
    if (known) {
        *out = *known;
        return 0;
    }
    if (query_user(cx, s, c, slug, &m) < 0)
        return -1;
    if (!m.known && strlen(c->email) >= EMAIL_BYTES_MIN &&
        (first_sign_in(cx, s, c) < 0 || query_user(cx, s, c, slug, &m) < 0))
        return -1;
    map_put(s, &m);
    *out = m;
    return 0;
}

static int resolve_token(struct ctx *cx, struct identity *s, const struct uuid *id,
                         struct mapping *out)
{
    const struct mapping *known;
    struct mapping m = {0};
    PGresult *r;

    token_key(id, m.key);
    known = map_get(s, m.key);
    if (known) {
        *out = *known;
        return 0;
    }
    if (db_begin(cx, DB_READ, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return -1;
    r = db_query(cx, SQL_IDENTITY_RESOLVE_TOKEN, (const struct db_arg[]){db_uuid(id)});
    if (!r) {
        db_rollback(cx);
        return -1;
    }
    m.known = PQntuples(r) == 1 && pg_uuid(r, 0, 0, &m.tenant);
    PQclear(r);
    if (db_commit(cx) < 0)
        return -1;
    map_put(s, &m);
    *out = m;
    return 0;
}

/* ---- the two kinds ---- */

static int refuse(struct ctx *cx, const char *why)
{
    LOG(LOG_WARN, "auth_refused", {"reason", LOG_S(why)}, {"request_id", LOG_S(cx->request_id)});
    ctx_fail(cx, ERR_UNAUTHENTICATED, "unauthenticated", NULL, "a valid access token is needed");
    return err_detail(&cx->err, "%s", why);
}

/* The language is the request's, not the credential's: it stays. */
static void become(struct ctx *cx, const struct principal *who)
{
    char language[sizeof who->language];

    memcpy(language, cx->who.language, sizeof language);
    cx->who = *who;
    memcpy(cx->who.language, language, sizeof language);
}

static int authenticate_token(struct ctx *cx, struct identity *s, struct slice text,
                              struct slice tenant_choice)
{
    struct api_token token;
    struct principal who;
    struct mapping m;

    if (!api_token_parse((enum config_env)s->config->env, text, &token))
        return refuse(cx, "api_token_malformed");
    if (tenant_choice.n)
        return ctx_fail(cx, ERR_INVALID, "tenant_not_choosable", "X-Tenant",
                        "an API token belongs to one tenant; leave X-Tenant out");
    if (resolve_token(cx, s, &token.id, &m) < 0)
        return -1;
    if (!m.known)
        return refuse(cx, "api_token_unknown");

    who = (struct principal){.kind = PRINCIPAL_TOKEN, .tenant = m.tenant, .credential = token.id};
    memcpy(who.proof, token.proof, sizeof who.proof);
    become(cx, &who);
    return 0;
}

static int authenticate_user(struct ctx *cx, struct identity *s, struct slice text,
                             struct slice tenant_choice)
{
    struct jwt_claims *c = &s->claims;
    const enum jwt_refusal r = jwt_verify(s->verifier, text, cx->deadline_ms, c);
    const char *slug = "";
    struct mapping m;

    if (r)
        return refuse(cx, jwt_refusal_word(r));
    switch (identity_choose(c, tenant_choice, &slug)) {
    case IDENTITY_CHOSEN: break;
    case IDENTITY_MUST_CHOOSE:
        return ctx_fail(cx, ERR_INVALID, "tenant_required", "X-Tenant",
                        "the access token names several tenants; choose one with X-Tenant");
    case IDENTITY_NOT_AMONG:
        return ctx_fail(cx, ERR_FORBIDDEN, "tenant_forbidden", "X-Tenant",
                        "not a tenant of this access token");
    }
    if (resolve_user(cx, s, c, slug, &m) < 0)
        return -1;
    if (!m.known)
        return ctx_fail(cx, ERR_FORBIDDEN, "not_a_member", NULL, "no member of this tenant");

    become(cx, &(struct principal){
                   .kind = PRINCIPAL_USER,
                   .tenant = m.tenant,
                   .user = m.user,
                   .issued_s = c->issued_s,
                   .scopes = c->operator_role ? SCOPE_OPERATOR : 0,
               });
    s->has_claims = true;
    return 0;
}

int identity_authenticate(struct ctx *cx, struct identity *s, struct slice authorization,
                          struct slice tenant_choice)
{
    struct slice token;

    s->has_claims = false;
    if (authorization.n == 0)
        return refuse(cx, "no_credential");
    if (!identity_bearer(authorization, &token))
        return refuse(cx, "not_a_bearer_token");
    if (api_token_is_like(token))
        return authenticate_token(cx, s, token, tenant_choice);
    return authenticate_user(cx, s, token, tenant_choice);
}

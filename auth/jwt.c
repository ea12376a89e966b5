/* SPDX-License-Identifier: MIT */
#include "auth/jwt.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/unicode.h"

enum {
    CACHE_SETS = 128,
    CACHE_WAYS = 4, /* 512 decisions of about 2.4 KB, touched only when used */
    TIME_BITS = 53, /* of a time in a token: what every JSON reader holds exactly */
    SEGMENT_BYTES = LIMIT_TOKEN_BYTES / 4 * 3 + 3,
};

struct decision {
    uint8_t token[SHA256_BYTES];
    uint64_t keys_version; /* 0: empty */
    int64_t until_s;       /* the token's exp */
    int64_t until_ms;      /* monotonic */
    struct jwt_claims claims;
};

struct jwt_verifier {
    struct jwt_policy policy;
    struct keys *keys;
    uint64_t hits;
    struct decision cache[CACHE_SETS][CACHE_WAYS];
};

/* A token cut at its dots. */
struct parts {
    struct slice text[3];
    enum jwks_alg alg;
    char kid[JWKS_KID_BYTES + 1];
};

static void token_drop(jwt_t **t)
{
    jwt_free(*t);
}

/* ---- the text ---- */

static enum jwt_refusal cut(struct slice token, struct parts *out)
{
    struct slice rest = token;

    if (token.n > LIMIT_TOKEN_BYTES)
        return JWT_TOO_LONG;
    for (int i = 0; i < 3; i++) {
        const char *dot = rest.n ? memchr(rest.p, '.', rest.n) : NULL;
        const size_t n = dot ? (size_t)(dot - rest.p) : rest.n;

        if (n == 0 || (i < 2) != (dot != NULL))
            return JWT_BAD_SHAPE;
        out->text[i] = (struct slice){rest.p, n};
        if (dot)
            rest = (struct slice){dot + 1, rest.n - n - 1};
    }
    return JWT_ACCEPTED;
}

/* A segment as JSON object; `bad` is what to answer when it is none. */
static enum jwt_refusal read_object(struct slice segment, enum jwt_refusal bad, json_t **out)
{
    uint8_t bytes[SEGMENT_BYTES];
    const long n = hash_base64url_decode(segment, bytes);
    json_t *v;

    if (n < 0)
        return JWT_BAD_ENCODING;
    if (json_read((struct slice){(const char *)bytes, (size_t)n}, &v) != JSON_OK)
        return bad;
    if (!json_is_object(v)) {
        json_decref(v);
        return bad;
    }
    *out = v;
    return JWT_ACCEPTED;
}

static bool well_encoded(struct slice segment)
{
    uint8_t bytes[SEGMENT_BYTES];

    return hash_base64url_decode(segment, bytes) >= 0;
}

/* ---- the header ---- */

/* Nothing equals a setting that is not set. */
static bool is_text(const json_t *v, const char *want)
{
    return want && *want && json_is_string(v) && strcmp(json_string_value(v), want) == 0;
}

static enum jwt_refusal read_header(struct parts *p)
{
    SCOPED(json_drop) json_t *header = NULL;
    const json_t *alg;
    const json_t *kid;
    const enum jwt_refusal r = read_object(p->text[0], JWT_BAD_HEADER, &header);

    if (r)
        return r;
    alg = json_object_get(header, "alg");
    kid = json_object_get(header, "kid");

    p->alg = is_text(alg, "RS256") ? JWKS_RS256 : is_text(alg, "ES256") ? JWKS_ES256 : JWKS_NONE;
    if (p->alg == JWKS_NONE)
        return JWT_BAD_ALG;
    if (!is_text(json_object_get(header, "typ"), "JWT"))
        return JWT_BAD_TYP;
    /* b64 (RFC 7797) changes what is signed; it must be listed in crit, but a token that forgot is
     * no better */
    if (json_object_get(header, "crit") || json_object_get(header, "b64"))
        return JWT_CRITICAL;
    if (!json_is_string(kid) || json_string_length(kid) == 0 ||
        json_string_length(kid) > JWKS_KID_BYTES)
        return JWT_BAD_KID;
    memcpy(p->kid, json_string_value(kid), json_string_length(kid) + 1);
    /* jku, jwk, x5u, x5c are never looked at: nothing is ever fetched for a token */
    return JWT_ACCEPTED;
}

/* ---- the signature ---- */

static enum jwt_refusal check_signature(struct jwt_verifier *v, const struct parts *p,
                                        struct slice token, int64_t deadline_ms)
{
    static const jwt_alg_t algs[] = {[JWKS_RS256] = JWT_ALG_RS256, [JWKS_ES256] = JWT_ALG_ES256};
    const struct jwks_key *key = keys_find(v->keys, slice_cstr(p->kid), p->alg, deadline_ms);
    char text[LIMIT_TOKEN_BYTES + 1];
    SCOPED(token_drop) jwt_t *jwt = NULL;

    if (!key)
        return JWT_UNKNOWN_KEY;
    /* canonical base64url, so the text's length tells the signature's */
    if (p->text[2].n != (key->signature_bytes * 4 + 2) / 3)
        return JWT_BAD_SIGNATURE;
    memcpy(text, token.p, token.n);
    text[token.n] = '\0';
    if (jwt_decode(&jwt, text, (const unsigned char *)key->pem, (int)strlen(key->pem)) != 0) {
        jwt = NULL; /* libjwt freed what it had */
        return JWT_BAD_SIGNATURE;
    }
    return jwt_get_alg(jwt) == algs[p->alg] ? JWT_ACCEPTED : JWT_BAD_ALG;
}

/* ---- the payload ---- */

static bool audience_has_us(const json_t *aud, const char *us)
{
    const json_t *one;
    bool found = false;
    size_t i;

    if (json_is_string(aud))
        return is_text(aud, us);
    if (!json_is_array(aud))
        return false;
    json_array_foreach(aud, i, one)
    {
        if (!json_is_string(one))
            return false;
        found = found || is_text(one, us);
    }
    return found;
}

static bool client_is_listed(const char *clients, const char *azp)
{
    struct slice rest = slice_cstr(clients);

    while (rest.n) {
        const struct slice one = slice_trim(slice_cut(rest, ',', &rest));

        if (one.n && slice_is(one, azp))
            return true;
    }
    return false;
}

/* False when it is there and no integer of the range. `*out` keeps its value when absent. */
static bool read_time(const json_t *payload, const char *name, int64_t *out)
{
    const json_t *v = json_object_get(payload, name);

    if (!v)
        return true;
    if (!json_is_integer(v) || json_integer_value(v) < 0 ||
        json_integer_value(v) > ((int64_t)1 << TIME_BITS))
        return false;
    *out = json_integer_value(v);
    return true;
}

static enum jwt_refusal check_times(const struct jwt_policy *policy, const json_t *payload,
                                    struct jwt_claims *c)
{
    const int64_t now = clock_now_us() / 1000000;
    int64_t exp = -1;
    int64_t iat = -1;
    int64_t nbf = 0;

    if (!read_time(payload, "exp", &exp) || !read_time(payload, "iat", &iat) ||
        !read_time(payload, "nbf", &nbf))
        return JWT_BAD_TIME;
    if (exp < 0 || iat < 0)
        return JWT_BAD_TIME;
    if (now >= exp + policy->leeway_s)
        return JWT_EXPIRED;
    if (nbf > now + policy->leeway_s || iat > now + policy->leeway_s)
        return JWT_NOT_YET;
    if (exp <= iat || exp - iat > policy->lifetime_s)
        return JWT_TOO_LIVED;
    c->expires_s = exp;
    c->issued_s = iat;
    return JWT_ACCEPTED;
}

static enum jwt_refusal check_for_us(const struct jwt_policy *policy, const json_t *payload,
                                     struct jwt_claims *c)
{
    const json_t *azp = json_object_get(payload, "azp");

    if (!is_text(json_object_get(payload, "iss"), policy->issuer))
        return JWT_BAD_ISSUER;
    if (!audience_has_us(json_object_get(payload, "aud"), policy->audience))
        return JWT_BAD_AUDIENCE;
    if (!is_text(json_object_get(payload, "typ"), "Bearer"))
        return JWT_BAD_TYPE;
    if (!json_is_string(azp) || json_string_length(azp) >= sizeof c->client ||
        !client_is_listed(policy->clients, json_string_value(azp)))
        return JWT_BAD_CLIENT;
    if (json_object_get(payload, "cnf"))
        return JWT_BOUND;
    memcpy(c->client, json_string_value(azp), json_string_length(azp) + 1);
    return JWT_ACCEPTED;
}

bool jwt_is_slug(struct slice s)
{
    if (s.n == 0 || s.n > JWT_SLUG_BYTES || s.p[0] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
              s.p[i] == '-'))
            return false;
    return true;
}

static bool add_tenant(struct jwt_claims *c, struct slice slug)
{
    if (!jwt_is_slug(slug))
        return false;
    for (uint32_t i = 0; i < c->ntenants; i++)
        if (slice_is(slug, c->tenants[i]))
            return true;
    if (c->ntenants == JWT_TENANTS_MAX)
        return false;
    memcpy(c->tenants[c->ntenants], slug.p, slug.n);
    c->tenants[c->ntenants++][slug.n] = '\0';
    return true;
}

static bool add_tenant_value(struct jwt_claims *c, const json_t *v)
{
    return json_is_string(v) &&
           add_tenant(c, (struct slice){json_string_value(v), json_string_length(v)});
}

/* Keycloak's organization claim is an array of aliases, or an object by alias; a mapped attribute
 * is a string. One member that is no slug refuses the token: what it meant is not ours to guess. */
static enum jwt_refusal read_tenants(const struct jwt_policy *policy, json_t *payload,
                                     struct jwt_claims *c)
{
    json_t *claim = json_object_get(payload, policy->tenant_claim ? policy->tenant_claim : "");
    const char *alias;
    json_t *one;
    size_t i;

    if (json_is_object(claim)) {
        json_object_foreach(claim, alias,
                            one) if (!json_is_object(one) ||
                                     !add_tenant(c, slice_cstr(alias))) return JWT_BAD_TENANT;
    } else if (json_is_array(claim)) {
        json_array_foreach(claim, i, one) if (!add_tenant_value(c, one)) return JWT_BAD_TENANT;
    } else if (!add_tenant_value(c, claim)) {
        return JWT_BAD_TENANT;
    }
    return c->ntenants ? JWT_ACCEPTED : JWT_BAD_TENANT;
}

static bool has_control(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return true;
    return false;
}

/* An optional text claim. False when it has another type or control characters; too long counts as
 * absent, because nobody should be locked out by a long name. */
static bool read_text(const json_t *payload, const char *name, char *out, size_t bytes)
{
    const json_t *v = json_object_get(payload, name);
    const struct slice s = {json_string_value(v), json_string_length(v)};

    if (!v || json_is_null(v))
        return true;
    if (!json_is_string(v) || has_control(s))
        return false;
    if (s.n < bytes)
        memcpy(out, s.p, s.n + 1);
    return true;
}

static bool read_roles(const struct jwt_policy *policy, const json_t *payload, struct jwt_claims *c)
{
    const json_t *access = json_object_get(payload, "realm_access");
    const json_t *roles = json_object_get(access, "roles");
    const json_t *one;
    size_t i;

    if (!access || (json_is_object(access) && !roles))
        return true;
    if (!json_is_array(roles))
        return false;
    json_array_foreach(roles, i, one)
    {
        if (!json_is_string(one))
            return false;
        if (is_text(one, policy->operator_role))
            c->operator_role = true;
    }
    return true;
}

static enum jwt_refusal read_person(const struct jwt_policy *policy, const json_t *payload,
                                    struct jwt_claims *c)
{
    const json_t *sub = json_object_get(payload, "sub");
    const json_t *verified = json_object_get(payload, "email_verified");
    const json_t *name = json_object_get(payload, "name");
    const struct slice subject = {json_string_value(sub), json_string_length(sub)};

    if (!json_is_string(sub) || subject.n == 0 || subject.n > JWT_SUBJECT_BYTES ||
        has_control(subject))
        return JWT_BAD_SUBJECT;
    memcpy(c->subject, subject.p, subject.n + 1);

    if (verified && !json_is_boolean(verified) && !json_is_null(verified))
        return JWT_BAD_CLAIM;
    c->email_verified = json_is_true(verified);
    if (!read_text(payload, "email", c->email, sizeof c->email) ||
        !read_text(payload, "sid", c->session, sizeof c->session) ||
        !read_roles(policy, payload, c))
        return JWT_BAD_CLAIM;

    if (!name)
        return read_text(payload, "preferred_username", c->name, sizeof c->name) ? JWT_ACCEPTED
                                                                                 : JWT_BAD_CLAIM;
    if (json_is_string(name)) {
        const struct slice whole = {json_string_value(name), json_string_length(name)};
        const struct slice kept = utf8_cut(whole, LIMIT_NAME_CHARS);

        if (has_control(kept))
            return JWT_BAD_CLAIM;
        memcpy(c->name, kept.p, kept.n);
        c->name[kept.n] = '\0';
    } else if (!json_is_null(name)) {
        return JWT_BAD_CLAIM;
    }
    return JWT_ACCEPTED;
}

static enum jwt_refusal read_payload(const struct jwt_policy *policy, struct slice segment,
                                     struct jwt_claims *c)
{
    SCOPED(json_drop) json_t *payload = NULL;
    enum jwt_refusal r = read_object(segment, JWT_BAD_PAYLOAD, &payload);

    if (!r)
        r = check_for_us(policy, payload, c);
    if (!r)
        r = check_times(policy, payload, c);
    if (!r)
        r = read_person(policy, payload, c);
    if (!r)
        r = read_tenants(policy, payload, c);
    return r;
}

/* ---- the cache ---- */

static struct decision *cache_set(struct jwt_verifier *v, const uint8_t digest[SHA256_BYTES])
{
    return v->cache[digest[0] % CACHE_SETS];
}

static bool is_alive(const struct decision *d, uint64_t keys_version)
{
    return d->keys_version && d->keys_version == keys_version && clock_mono_ms() < d->until_ms &&
           clock_now_us() / 1000000 < d->until_s;
}

static const struct decision *cache_get(struct jwt_verifier *v, const uint8_t digest[SHA256_BYTES],
                                        uint64_t version)
{
    const struct decision *set = cache_set(v, digest);

    for (int i = 0; i < CACHE_WAYS; i++)
        if (memcmp(set[i].token, digest, SHA256_BYTES) == 0 && is_alive(&set[i], version))
            return &set[i];
    return NULL;
}

static void cache_put(struct jwt_verifier *v, const uint8_t digest[SHA256_BYTES], uint64_t version,
                      const struct jwt_claims *c)
{
    struct decision *set = cache_set(v, digest);
    struct decision *at = &set[0];

    for (int i = 0; i < CACHE_WAYS; i++) {
        if (!is_alive(&set[i], version)) {
            at = &set[i];
            break;
        }
        if (set[i].until_ms < at->until_ms)
            at = &set[i];
    }
    memcpy(at->token, digest, SHA256_BYTES);
    at->keys_version = version;
    at->until_s =
        c->expires_s; /* without the leeway: what lives on borrowed time is checked each time */
    at->until_ms = clock_mono_ms() + JWT_CACHE_MS;
    at->claims = *c;
}

/* ---- public ---- */

struct jwt_policy jwt_policy_from(const struct config *c)
{
    return (struct jwt_policy){
        .issuer = c->oidc_issuer,
        .audience = c->oidc_audience,
        .clients = c->oidc_clients,
        .tenant_claim = c->oidc_tenant_claim,
        .operator_role = c->oidc_operator_role,
        .leeway_s = c->oidc_leeway_s,
        .lifetime_s = c->oidc_max_lifetime_s,
    };
}

struct jwt_verifier *jwt_verifier_new(const struct jwt_policy *policy, struct keys *keys)
{
    struct jwt_verifier *v = calloc(1, sizeof *v);

    if (!v)
        return NULL;
    v->policy = *policy;
    v->keys = keys;
    return v;
}

void jwt_verifier_free(struct jwt_verifier *v)
{
    free(v);
}

enum jwt_refusal jwt_verify(struct jwt_verifier *v, struct slice token, int64_t deadline_ms,
                            struct jwt_claims *out)
{
    const uint64_t version =
        keys_version(v->keys); /* before the key is looked up: at worst too old, a miss later */
    const struct decision *known;
    uint8_t digest[SHA256_BYTES];
    struct jwt_claims claims;
    struct parts parts;
    enum jwt_refusal r = cut(token, &parts);

    if (r)
        return r;
    hash_sha256(token.p, token.n, digest);
    known = cache_get(v, digest, version);
    if (known) {
        v->hits++;
        *out = known->claims;
        return JWT_ACCEPTED;
    }
    if (!well_encoded(parts.text[0]) || !well_encoded(parts.text[1]) ||
        !well_encoded(parts.text[2]))
        return JWT_BAD_ENCODING;
    memset(&claims, 0, sizeof claims);
    if ((r = read_header(&parts)) || (r = check_signature(v, &parts, token, deadline_ms)) ||
        (r = read_payload(&v->policy, parts.text[1], &claims)))
        return r;
    if (version)
        cache_put(v, digest, version, &claims);
    *out = claims;
    return JWT_ACCEPTED;
}

const char *jwt_refusal_word(enum jwt_refusal r)
{
    static const char *const words[JWT_REFUSAL_COUNT] = {
        [JWT_ACCEPTED] = "accepted",
        [JWT_TOO_LONG] = "too_long",
        [JWT_BAD_SHAPE] = "bad_shape",
        [JWT_BAD_ENCODING] = "bad_encoding",
        [JWT_BAD_HEADER] = "bad_header",
        [JWT_BAD_ALG] = "bad_alg",
        [JWT_BAD_TYP] = "bad_header_typ",
        [JWT_CRITICAL] = "critical_header",
        [JWT_BAD_KID] = "bad_kid",
        [JWT_UNKNOWN_KEY] = "unknown_key",
        [JWT_BAD_SIGNATURE] = "bad_signature",
        [JWT_BAD_PAYLOAD] = "bad_payload",
        [JWT_BAD_ISSUER] = "bad_issuer",
        [JWT_BAD_AUDIENCE] = "bad_audience",
        [JWT_BAD_TYPE] = "not_an_access_token",
        [JWT_BAD_CLIENT] = "bad_client",
        [JWT_BOUND] = "bound_to_a_key",
        [JWT_BAD_TIME] = "bad_time",
        [JWT_EXPIRED] = "expired",
        [JWT_NOT_YET] = "not_yet_valid",
        [JWT_TOO_LIVED] = "lifetime_too_long",
        [JWT_BAD_SUBJECT] = "bad_subject",
        [JWT_BAD_TENANT] = "bad_tenant",
        [JWT_BAD_CLAIM] = "bad_claim",
    };

    return words[r];
}

uint64_t jwt_cache_hits(const struct jwt_verifier *v)
{
    return v->hits;
}

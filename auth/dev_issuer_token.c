/* SPDX-License-Identifier: MIT */
/* People, sessions, and the texts that carry them: tokens signed with RSA, codes with an HMAC. */
#include "auth/dev_issuer_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/uuid.h"

#define PASSWORD "demo"

static const struct dev_user users[] = {
    {"d0d0d0d0-0000-4000-8000-000000000001", "admin@demo.test", "Ada", "Admin", "demo", false},
    {"d0d0d0d0-0000-4000-8000-000000000002", "analyst@demo.test", "Ana", "Lista", "demo", false},
    {"d0d0d0d0-0000-4000-8000-000000000003", "viewer@demo.test", "Vera", "Visor", "demo", false},
    {"d0d0d0d0-0000-4000-8000-000000000004", "admin@other.test", "Otto", "Other", "other", false},
    {"d0d0d0d0-0000-4000-8000-000000000005", "operator@demo.test", "Olga", "Operator", "demo",
     true},
    {"d0d0d0d0-0000-4000-8000-000000000006", "manager@demo.test", "Mara", "Manager", "demo", false},
};
enum { NUSERS = sizeof users / sizeof *users };

/* ---- signing ---- */

static void put_base64url(struct sb *out, const void *p, size_t n)
{
    char *text = malloc(4 * ((n + 2) / 3) + 1);

    if (!text) {
        sb_put(out, NULL, SIZE_MAX / 2); /* overflow: the answer is refused as a whole */
        return;
    }
    sb_put(out, text, hash_base64url_encode(p, n, text));
    free(text);
}

static bool sign(const struct dev_issuer *d, struct slice text, uint8_t out[DEV_SIGNATURE_BYTES],
                 size_t *n)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good;

    *n = DEV_SIGNATURE_BYTES;
    good = md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, d->key) == 1 &&
           EVP_DigestSign(md, out, n, (const unsigned char *)text.p, text.n) == 1;
    EVP_MD_CTX_free(md);
    return good;
}

/* Appends the compact token of `payload` to *out. */
static bool put_token(const struct dev_issuer *d, struct slice payload, struct sb *out)
{
    uint8_t signature[DEV_SIGNATURE_BYTES];
    char header[128];
    size_t n;

    snprintf(header, sizeof header, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", d->kid);
    put_base64url(out, header, strlen(header));
    sb_putc(out, '.');
    put_base64url(out, payload.p, payload.n);
    if (!sb_ok(out) || !sign(d, sb_get(out), signature, &n))
        return false;
    sb_putc(out, '.');
    put_base64url(out, signature, n);
    return sb_ok(out);
}

/* The payload of one of our own tokens; NULL for anything else. */
json_t *dev_token_open(const struct dev_issuer *d, struct slice token, const char *typ)
{
    struct slice rest;
    const struct slice header = slice_cut(token, '.', &rest);
    const struct slice payload = slice_cut(rest, '.', &rest);
    const struct slice signature = rest;
    uint8_t bytes[DEV_CODE_BYTES];
    EVP_MD_CTX *md;
    json_t *v = NULL;
    long n;
    bool good;

    if (token.n > DEV_CODE_BYTES || !header.n || !payload.n || !signature.n)
        return NULL;
    n = hash_base64url_decode(signature, bytes);
    md = EVP_MD_CTX_new();
    good = n > 0 && md && EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, d->key) == 1 &&
           EVP_DigestVerify(md, bytes, (size_t)n, (const unsigned char *)token.p,
                            header.n + 1 + payload.n) == 1;
    EVP_MD_CTX_free(md);
    if (!good)
        return NULL;
    n = hash_base64url_decode(payload, bytes);
    if (n < 0 || json_read((struct slice){(const char *)bytes, (size_t)n}, &v) != JSON_OK)
        return NULL;
    if (!json_str(v, "typ") || strcmp(json_str(v, "typ"), typ) != 0) {
        json_decref(v);
        return NULL;
    }
    return v;
}

/* ---- sessions ---- */

static int64_t now_s(void)
{
    return clock_now_us() / 1000000;
}

static void new_id(char out[DEV_ID_CHARS + 1])
{
    uint8_t bytes[DEV_ID_BYTES];

    hash_random(bytes, sizeof bytes);
    hash_hex(bytes, sizeof bytes, out);
}

static const struct dev_user *user_by_subject(const char *subject)
{
    for (int i = 0; subject && i < NUSERS; i++)
        if (strcmp(users[i].subject, subject) == 0)
            return &users[i];
    return NULL;
}

const struct dev_user *dev_user_by_password(struct slice name, struct slice password)
{
    for (int i = 0; i < NUSERS; i++)
        if (slice_eq_nocase(name, slice_cstr(users[i].email)) && slice_is(password, PASSWORD))
            return &users[i];
    return NULL;
}

void dev_session_new(struct dev_session *s, const struct dev_user *user, const char *client)
{
    *s = (struct dev_session){.user = user, .auth_time_s = now_s()};
    snprintf(s->client, sizeof s->client, "%s", client);
    new_id(s->id);
}

static bool copy_text(char *out, size_t bytes, const char *s)
{
    if (!s || strlen(s) >= bytes)
        return false;
    memcpy(out, s, strlen(s) + 1);
    return true;
}

/* From what a code or a refresh token of ours carries. */
bool dev_session_read(struct dev_session *s, const json_t *v)
{
    const char *nonce = json_str(v, "nonce");

    *s = (struct dev_session){.user = user_by_subject(json_str(v, "sub"))};
    if (nonce && !copy_text(s->nonce, sizeof s->nonce, nonce))
        return false;
    return s->user && copy_text(s->client, sizeof s->client, json_str(v, "azp")) &&
           copy_text(s->id, sizeof s->id, json_str(v, "sid")) &&
           json_i64(v, "auth_time", &s->auth_time_s);
}

/* The members that all four kinds share; the object stays open. */
static void put_session(struct jw *w, const struct dev_issuer *d, const struct dev_session *s,
                        const char *typ, int64_t life_s)
{
    struct uuid jti = uuid_new();

    jw_object(w);
    jw_ki64(w, "exp", now_s() + life_s);
    jw_ki64(w, "iat", now_s());
    jw_ki64(w, "auth_time", s->auth_time_s);
    jw_kuuid(w, "jti", &jti);
    jw_kstr(w, "iss", d->config->oidc_issuer);
    jw_kstr(w, "sub", s->user->subject);
    jw_kstr(w, "typ", typ);
    jw_kstr(w, "azp", s->client);
    jw_kstr(w, "sid", s->id);
}

static void put_person(struct jw *w, const struct dev_user *u)
{
    char name[128];

    snprintf(name, sizeof name, "%s %s", u->given, u->family);
    jw_kbool(w, "email_verified", true);
    jw_kstr(w, "name", name);
    jw_kstr(w, "preferred_username", u->email);
    jw_kstr(w, "given_name", u->given);
    jw_kstr(w, "family_name", u->family);
    jw_kstr(w, "email", u->email);
}

static void put_access(struct jw *w, const struct dev_issuer *d, const struct dev_session *s)
{
    put_session(w, d, s, "Bearer", DEV_ISSUER_ACCESS_S);
    jw_key(w, "aud");
    jw_array(w);
    jw_str(w, d->config->oidc_audience);
    jw_str(w, "account");
    jw_end(w);
    jw_kstr(w, "acr", "1");
    dev_put_words(w, "allowed-origins", d->origin);
    jw_key(w, "realm_access");
    jw_object(w);
    jw_key(w, "roles");
    jw_array(w);
    jw_str(w, "default-roles-demo");
    jw_str(w, "offline_access");
    if (s->user->operator_role)
        jw_str(w, d->config->oidc_operator_role);
    jw_end(w);
    jw_end(w);
    jw_kstr(w, "scope", DEV_SCOPE);
    /* in Keycloak the optional scope `organization` brings this; here it is as if it were a default
     * one */
    dev_put_words(w, d->config->oidc_tenant_claim, s->user->organization);
    put_person(w, s->user);
    jw_end(w);
}

static void put_id(struct jw *w, const struct dev_issuer *d, const struct dev_session *s)
{
    put_session(w, d, s, "ID", DEV_ISSUER_ACCESS_S);
    jw_kstr(w, "aud", s->client);
    if (*s->nonce)
        jw_kstr(w, "nonce", s->nonce);
    put_person(w, s->user);
    jw_end(w);
}

static void put_refresh(struct jw *w, const struct dev_issuer *d, const struct dev_session *s)
{
    put_session(w, d, s, "Refresh", DEV_ISSUER_REFRESH_S);
    jw_kstr(w, "aud", d->config->oidc_issuer);
    jw_kstr(w, "scope", DEV_SCOPE);
    jw_end(w);
}

static bool
put_signed(struct jw *w, const struct dev_issuer *d, const char *key, const struct dev_session *s,
           void (*put)(struct jw *, const struct dev_issuer *, const struct dev_session *))
{
    struct sb payload;
    struct sb token;
    struct jw inner;
    bool good;

    sb_init(&payload, DEV_CODE_BYTES);
    sb_init(&token, 2 * DEV_CODE_BYTES);
    jw_init(&inner, &payload);
    put(&inner, d, s);
    good = sb_ok(&payload) && put_token(d, sb_get(&payload), &token);
    if (good)
        jw_kslice(w, key, sb_get(&token));
    sb_done(&payload);
    sb_done(&token);
    return good;
}

void dev_answer_tokens(const struct dev_issuer *d, const struct dev_session *s,
                       struct dev_answer *out)
{
    struct jw w;
    bool good;

    jw_init(&w, &out->body);
    jw_object(&w);
    good = put_signed(&w, d, "access_token", s, put_access) &&
           put_signed(&w, d, "id_token", s, put_id) &&
           put_signed(&w, d, "refresh_token", s, put_refresh);
    jw_ki64(&w, "expires_in", DEV_ISSUER_ACCESS_S);
    jw_ki64(&w, "refresh_expires_in", DEV_ISSUER_REFRESH_S);
    jw_kstr(&w, "token_type", "Bearer");
    jw_ki64(&w, "not-before-policy", 0);
    jw_kstr(&w, "session_state", s->id);
    jw_kstr(&w, "scope", DEV_SCOPE);
    jw_end(&w);
    dev_answer_json(out, 200);
    if (!good || !sb_ok(&out->body)) {
        sb_clear(&out->body);
        dev_answer_error(out, 500, "server_error", "signing_failed");
    }
}

bool dev_token_is_over(const json_t *v)
{
    int64_t exp;

    return !json_i64(v, "exp", &exp) || now_s() >= exp;
}

/* ---- codes ---- */

/* base64url(JSON) . base64url(HMAC). The redirect address only as its digest: it may be long. */
void dev_code_put(const struct dev_issuer *d, const struct dev_session *s,
                  struct slice redirect_uri, struct slice challenge, struct sb *out)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    struct sb payload;
    struct jw w;

    hash_sha256(redirect_uri.p, redirect_uri.n, digest);
    hash_hex(digest, sizeof digest, hex);
    sb_init(&payload, DEV_CODE_BYTES);
    jw_init(&w, &payload);
    put_session(&w, d, s, "Code", DEV_ISSUER_CODE_S);
    jw_kstr(&w, "redirect_sha256", hex);
    jw_kslice(&w, "challenge", challenge);
    jw_kstr(&w, "nonce", s->nonce);
    jw_end(&w);

    put_base64url(out, payload.p, payload.n);
    hash_hmac_sha256((struct slice){(const char *)d->code_key, sizeof d->code_key}, sb_get(out),
                     digest);
    sb_putc(out, '.');
    put_base64url(out, digest, sizeof digest);
    sb_done(&payload);
}

json_t *dev_code_open(const struct dev_issuer *d, struct slice code)
{
    struct slice mac;
    const struct slice payload = slice_cut(code, '.', &mac);
    uint8_t bytes[DEV_CODE_BYTES];
    uint8_t want[SHA256_BYTES];
    json_t *v;
    long n;

    if (code.n > DEV_CODE_BYTES || !payload.n || hash_base64url_decode(mac, bytes) != SHA256_BYTES)
        return NULL;
    hash_hmac_sha256((struct slice){(const char *)d->code_key, sizeof d->code_key}, payload, want);
    if (!hash_equal(want, bytes, sizeof want))
        return NULL;
    n = hash_base64url_decode(payload, bytes);
    return n >= 0 && json_read((struct slice){(const char *)bytes, (size_t)n}, &v) == JSON_OK
               ? v
               : NULL;
}

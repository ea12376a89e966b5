/* SPDX-License-Identifier: MIT */
#include "auth/dev_issuer.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "auth/dev_issuer_key.h"
#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/uuid.h"
#include "dev_issuer_login.h" /* generated from dev_issuer_login.html */

#define REALM_PATH "/realms/demo"
#define ENDPOINTS  "/protocol/openid-connect/"
#define SCOPE      "openid profile email organization"
#define PASSWORD   "demo"

/* The last column is a realm role beside Keycloak's own; '!' stands for the configured operator's
 * role. */
static const struct user {
    const char *subject;
    const char *email;
    const char *given;
    const char *family;
    const char *organization;
    const char *role;
} users[] = {
    {"d0d0d0d0-0000-4000-8000-000000000001", "admin@demo.test", "Ada", "Admin", "demo", NULL},
    {"d0d0d0d0-0000-4000-8000-000000000002", "analyst@demo.test", "Ana", "Lista", "demo", NULL},
    {"d0d0d0d0-0000-4000-8000-000000000003", "viewer@demo.test", "Vera", "Visor", "demo", NULL},
    {"d0d0d0d0-0000-4000-8000-000000000004", "admin@other.test", "Otto", "Other", "other", NULL},
    {"d0d0d0d0-0000-4000-8000-000000000005", "operator@demo.test", "Olga", "Operator", "demo", "!"},
};
enum { NUSERS = sizeof users / sizeof *users };

enum {
    SIGNATURE_BYTES_MAX = 1024,
    PARAM_BYTES = 1024, /* state, redirect_uri */
    NONCE_BYTES = 255,
    CHALLENGE_CHARS = 43, /* base64url of a SHA-256 */
    VERIFIER_CHARS_MIN = 43,
    VERIFIER_CHARS_MAX = 128,
    CODE_BYTES_MAX = 4096,
    USED_WINDOW = 16,
    ID_BYTES = 16,
    ID_CHARS = 2 * ID_BYTES,
};

struct used {
    _Atomic uint64_t id[DEV_ISSUER_USED];
};

struct dev_issuer {
    const struct config *config;
    char origin[128];
    char kid[44];
    EVP_PKEY *key;
    /* codes are authenticated with this: they must never verify as tokens */
    uint8_t code_key[SHA256_BYTES];
    struct used *used;
};

/* One signed-in person, as codes and refresh tokens carry it. */
struct session {
    const struct user *user;
    char client[129];
    char id[ID_CHARS + 1]; /* sid */
    char nonce[NONCE_BYTES + 1];
    int64_t auth_time_s;
};

/* ---- may it run ---- */

/* http(s)://loopback[:port] of the issuer; the path must be the realm's. */
static bool split_issuer(const char *issuer, char *origin, size_t bytes)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = issuer ? strstr(issuer, "://") : NULL;
    const char *path;

    if (!host || (strncmp(issuer, "https://", 8) != 0 && strncmp(issuer, "http://", 7) != 0))
        return false;
    host += 3;
    path = strchr(host, '/');
    if (!path || strcmp(path, REALM_PATH) != 0 || (size_t)(path - issuer) >= bytes)
        return false;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        const size_t n = strlen(hosts[i]);
        const char *at = host + n;

        if (strncmp(host, hosts[i], n) != 0 || (*at != ':' && at != path))
            continue;
        if (*at == ':' && strspn(at + 1, "0123456789") != (size_t)(path - at - 1))
            continue;
        snprintf(origin, bytes, "%.*s", (int)(path - issuer), issuer);
        return true;
    }
    return false;
}

static bool derive(struct dev_issuer *d)
{
    unsigned char *der = NULL;
    uint8_t digest[SHA256_BYTES];
    int n = i2d_PUBKEY(d->key, &der);

    if (n <= 0)
        return false;
    hash_sha256(der, (size_t)n, digest);
    hash_base64url_encode(digest, sizeof digest, d->kid);
    OPENSSL_free(der);

    der = NULL;
    n = i2d_PrivateKey(d->key, &der);
    if (n <= 0)
        return false;
    hash_hmac_sha256(SLICE("clientmetrics development issuer codes"),
                     (struct slice){(char *)der, (size_t)n}, d->code_key);
    OPENSSL_clear_free(der, (size_t)n);
    return true;
}

struct dev_issuer *dev_issuer_new(const struct config *c, FILE *problems)
{
    struct dev_issuer *d;
    char origin[sizeof d->origin];
    EVP_PKEY *key;
    void *map;

    if (c->env != ENV_DEVELOPMENT && c->env != ENV_TEST) {
        fprintf(problems, "CM_DEV_ISSUER: the development issuer runs only where CM_ENV is "
                          "development or test\n");
        return NULL;
    }
    if (!split_issuer(c->oidc_issuer, origin, sizeof origin)) {
        fprintf(problems,
                "CM_OIDC_ISSUER: the development issuer needs http(s)://localhost[:port]" REALM_PATH
                " (or 127.0.0.1, [::1])\n");
        return NULL;
    }
    key = dev_issuer_key_load(c->dev_issuer_key_file, problems);
    if (!key)
        return NULL;
    d = calloc(1, sizeof *d);
    map =
        mmap(NULL, sizeof(struct used), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!d || map == MAP_FAILED) {
        fprintf(problems, "the development issuer gets no memory: %s\n", strerror(errno));
        if (map != MAP_FAILED)
            munmap(map, sizeof(struct used));
        EVP_PKEY_free(key);
        free(d);
        return NULL;
    }
    *d = (struct dev_issuer){.config = c, .key = key, .used = map};
    memcpy(d->origin, origin, sizeof origin);
    if (!derive(d)) {
        fprintf(problems, "CM_DEV_ISSUER_KEY_FILE: OpenSSL cannot encode the key\n");
        dev_issuer_free(d);
        return NULL;
    }
    return d;
}

void dev_issuer_free(struct dev_issuer *d)
{
    if (!d)
        return;
    EVP_PKEY_free(d->key);
    munmap(d->used, sizeof *d->used);
    OPENSSL_cleanse(d->code_key, sizeof d->code_key);
    free(d);
}

/* ---- what was used ---- */

/*
 * A table of 64-bit names in shared memory, open to all workers at once without locks. A name lives
 * in the window of USED_WINDOW places after its hash: in the first that was empty when it came, or
 * when all are taken in the place of one of them. A place never becomes empty again, so two workers
 * with the same name that walk the window in order meet at the same place, and one compare-and-swap
 * loses.
 */
static uint64_t used_name(const char *kind, struct slice id)
{
    struct hash_stream h;
    uint8_t digest[SHA256_BYTES];
    uint64_t name;

    hash_begin(&h);
    hash_update(&h, kind, strlen(kind) + 1);
    hash_update(&h, id.p, id.n);
    hash_end(&h, digest);
    memcpy(&name, digest, sizeof name);
    return name ? name : 1;
}

static bool used_has(struct used *u, uint64_t name)
{
    for (uint64_t i = 0; i < USED_WINDOW; i++)
        if (atomic_load(&u->id[(name + i) % DEV_ISSUER_USED]) == name)
            return true;
    return false;
}

/* True for the first who uses it, false for everybody after. */
static bool used_take(struct used *u, uint64_t name)
{
    _Atomic uint64_t *victim = &u->id[(name + (name >> 32) % USED_WINDOW) % DEV_ISSUER_USED];
    uint64_t old;

    for (uint64_t i = 0; i < USED_WINDOW; i++) {
        old = 0;
        if (atomic_compare_exchange_strong(&u->id[(name + i) % DEV_ISSUER_USED], &old, name))
            return true;
        if (old == name)
            return false;
    }
    old = atomic_load(victim);
    while (old != name)
        if (atomic_compare_exchange_strong(victim, &old, name))
            return true;
    return false;
}

/* ---- answers ---- */

void dev_answer_init(struct dev_answer *a)
{
    *a = (struct dev_answer){.status = 204};
    sb_init(&a->body, DEV_ISSUER_ANSWER_BYTES);
    sb_init(&a->location, DEV_ISSUER_ANSWER_BYTES);
}

void dev_answer_done(struct dev_answer *a)
{
    sb_done(&a->body);
    sb_done(&a->location);
}

static void answer_json(struct dev_answer *out, int status)
{
    out->status = status;
    out->content_type = "application/json";
}

static void answer_error(struct dev_answer *out, int status, const char *error, const char *why)
{
    struct jw w;

    jw_init(&w, &out->body);
    jw_object(&w);
    jw_kstr(&w, "error", error);
    jw_kstr(&w, "error_description", why);
    jw_end(&w);
    answer_json(out, status);
}

static void put_percent(struct sb *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            (c && strchr("-._~", c)))
            sb_putc(out, (char)c);
        else
            sb_printf(out, "%%%02X", c);
    }
}

static void put_html(struct sb *out, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '&': sb_puts(out, "&amp;"); break;
        case '<': sb_puts(out, "&lt;"); break;
        case '>': sb_puts(out, "&gt;"); break;
        case '"': sb_puts(out, "&quot;"); break;
        case '\'': sb_puts(out, "&#39;"); break;
        default: sb_putc(out, s.p[i]);
        }
    }
}

static void redirect_add(struct dev_answer *out, const char *name, struct slice value)
{
    sb_putc(&out->location, memchr(sb_text(&out->location), '?', out->location.n) ? '&' : '?');
    sb_puts(&out->location, name);
    sb_putc(&out->location, '=');
    put_percent(&out->location, value);
}

static void redirect(struct dev_answer *out, struct slice uri)
{
    out->status = 302;
    sb_slice(&out->location, uri);
}

/* ---- discovery and certs ---- */

static void put_endpoint(struct jw *w, const struct dev_issuer *d, const char *key,
                         const char *name)
{
    char url[sizeof d->origin + 128];

    snprintf(url, sizeof url, "%s" REALM_PATH ENDPOINTS "%s", d->origin, name);
    jw_kstr(w, key, url);
}

static void put_words(struct jw *w, const char *key, const char *words)
{
    struct slice rest = slice_cstr(words);

    jw_key(w, key);
    jw_array(w);
    while (rest.n)
        jw_slice(w, slice_cut(rest, ' ', &rest));
    jw_end(w);
}

void dev_issuer_discovery(const struct dev_issuer *d, struct dev_answer *out)
{
    struct jw w;

    jw_init(&w, &out->body);
    jw_object(&w);
    jw_kstr(&w, "issuer", d->config->oidc_issuer);
    put_endpoint(&w, d, "authorization_endpoint", "auth");
    put_endpoint(&w, d, "token_endpoint", "token");
    put_endpoint(&w, d, "jwks_uri", "certs");
    put_endpoint(&w, d, "end_session_endpoint", "logout");
    put_words(&w, "response_types_supported", "code");
    put_words(&w, "response_modes_supported", "query");
    put_words(&w, "grant_types_supported", "authorization_code refresh_token password");
    put_words(&w, "code_challenge_methods_supported", "S256");
    put_words(&w, "subject_types_supported", "public");
    put_words(&w, "id_token_signing_alg_values_supported", "RS256");
    put_words(&w, "token_endpoint_auth_methods_supported", "none");
    put_words(&w, "scopes_supported", SCOPE);
    put_words(&w, "claims_supported",
              "iss sub aud exp iat auth_time name given_name family_name preferred_username email");
    jw_end(&w);
    answer_json(out, 200);
}

static void put_number(struct jw *w, const char *name, const EVP_PKEY *key, const char *param)
{
    BIGNUM *n = NULL;
    uint8_t bytes[SIGNATURE_BYTES_MAX];
    char text[SIGNATURE_BYTES_MAX * 4 / 3 + 4];

    if (EVP_PKEY_get_bn_param(key, param, &n) != 1 || BN_num_bytes(n) > SIGNATURE_BYTES_MAX)
        return; /* cannot be, the key was checked; and readers skip a JWK without n */
    hash_base64url_encode(bytes, (size_t)BN_bn2bin(n, bytes), text);
    BN_free(n);
    jw_kstr(w, name, text);
}

void dev_issuer_certs(const struct dev_issuer *d, struct dev_answer *out)
{
    struct jw w;

    jw_init(&w, &out->body);
    jw_object(&w);
    jw_key(&w, "keys");
    jw_array(&w);
    jw_object(&w);
    jw_kstr(&w, "kid", d->kid);
    jw_kstr(&w, "kty", "RSA");
    jw_kstr(&w, "alg", "RS256");
    jw_kstr(&w, "use", "sig");
    put_number(&w, "n", d->key, OSSL_PKEY_PARAM_RSA_N);
    put_number(&w, "e", d->key, OSSL_PKEY_PARAM_RSA_E);
    jw_end(&w);
    jw_end(&w);
    jw_end(&w);
    answer_json(out, 200);
}

static int fetch_own(void *user, struct sb *out, const char **why)
{
    struct dev_answer a;

    (void)why;
    dev_answer_init(&a);
    dev_issuer_certs(user, &a);
    sb_slice(out, sb_get(&a.body));
    dev_answer_done(&a);
    return 0;
}

struct keys_source dev_issuer_keys(struct dev_issuer *d)
{
    return (struct keys_source){.fetch = fetch_own, .user = d};
}

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

static bool sign(const struct dev_issuer *d, struct slice text, uint8_t out[SIGNATURE_BYTES_MAX],
                 size_t *n)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good;

    *n = SIGNATURE_BYTES_MAX;
    good = md && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, d->key) == 1 &&
           EVP_DigestSign(md, out, n, (const unsigned char *)text.p, text.n) == 1;
    EVP_MD_CTX_free(md);
    return good;
}

/* Appends the compact token of `payload` to *out. */
static bool put_token(const struct dev_issuer *d, struct slice payload, struct sb *out)
{
    uint8_t signature[SIGNATURE_BYTES_MAX];
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
static json_t *open_token(const struct dev_issuer *d, struct slice token, const char *typ)
{
    struct slice rest;
    const struct slice header = slice_cut(token, '.', &rest);
    const struct slice payload = slice_cut(rest, '.', &rest);
    const struct slice signature = rest;
    uint8_t bytes[CODE_BYTES_MAX];
    EVP_MD_CTX *md;
    json_t *v = NULL;
    long n;
    bool good;

    if (token.n > CODE_BYTES_MAX || !header.n || !payload.n || !signature.n)
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

static void new_id(char out[ID_CHARS + 1])
{
    uint8_t bytes[ID_BYTES];

    hash_random(bytes, sizeof bytes);
    hash_hex(bytes, sizeof bytes, out);
}

static const struct user *user_by_subject(const char *subject)
{
    for (int i = 0; subject && i < NUSERS; i++)
        if (strcmp(users[i].subject, subject) == 0)
            return &users[i];
    return NULL;
}

static const struct user *user_by_password(struct slice name, struct slice password)
{
    for (int i = 0; i < NUSERS; i++)
        if (slice_eq_nocase(name, slice_cstr(users[i].email)) && slice_is(password, PASSWORD))
            return &users[i];
    return NULL;
}

static void session_new(struct session *s, const struct user *user, const char *client)
{
    *s = (struct session){.user = user, .auth_time_s = now_s()};
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
static bool session_read(struct session *s, const json_t *v)
{
    *s = (struct session){.user = user_by_subject(json_str(v, "sub"))};
    return s->user && copy_text(s->client, sizeof s->client, json_str(v, "azp")) &&
           copy_text(s->id, sizeof s->id, json_str(v, "sid")) &&
           json_i64(v, "auth_time", &s->auth_time_s);
}

/* The members that all four kinds share; the object stays open. */
static void put_session(struct jw *w, const struct dev_issuer *d, const struct session *s,
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

static void put_person(struct jw *w, const struct user *u)
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

static void put_access(struct jw *w, const struct dev_issuer *d, const struct session *s)
{
    const char *role = s->user->role;

    put_session(w, d, s, "Bearer", DEV_ISSUER_ACCESS_S);
    jw_key(w, "aud");
    jw_array(w);
    jw_str(w, d->config->oidc_audience);
    jw_str(w, "account");
    jw_end(w);
    jw_kstr(w, "acr", "1");
    put_words(w, "allowed-origins", d->origin);
    jw_key(w, "realm_access");
    jw_object(w);
    jw_key(w, "roles");
    jw_array(w);
    jw_str(w, "default-roles-demo");
    jw_str(w, "offline_access");
    if (role)
        jw_str(w, *role == '!' ? d->config->oidc_operator_role : role);
    jw_end(w);
    jw_end(w);
    jw_kstr(w, "scope", SCOPE);
    /* in Keycloak the optional scope `organization` brings this; here it is as if it were a default
     * one */
    put_words(w, d->config->oidc_tenant_claim, s->user->organization);
    put_person(w, s->user);
    jw_end(w);
}

static void put_id(struct jw *w, const struct dev_issuer *d, const struct session *s)
{
    put_session(w, d, s, "ID", DEV_ISSUER_ACCESS_S);
    jw_kstr(w, "aud", s->client);
    if (*s->nonce)
        jw_kstr(w, "nonce", s->nonce);
    put_person(w, s->user);
    jw_end(w);
}

static void put_refresh(struct jw *w, const struct dev_issuer *d, const struct session *s)
{
    put_session(w, d, s, "Refresh", DEV_ISSUER_REFRESH_S);
    jw_kstr(w, "aud", d->config->oidc_issuer);
    jw_kstr(w, "scope", SCOPE);
    jw_end(w);
}

static bool put_signed(struct jw *w, const struct dev_issuer *d, const char *key,
                       const struct session *s,
                       void (*put)(struct jw *, const struct dev_issuer *, const struct session *))
{
    struct sb payload;
    struct sb token;
    struct jw inner;
    bool good;

    sb_init(&payload, CODE_BYTES_MAX);
    sb_init(&token, 2 * CODE_BYTES_MAX);
    jw_init(&inner, &payload);
    put(&inner, d, s);
    good = sb_ok(&payload) && put_token(d, sb_get(&payload), &token);
    if (good)
        jw_kslice(w, key, sb_get(&token));
    sb_done(&payload);
    sb_done(&token);
    return good;
}

static void answer_tokens(const struct dev_issuer *d, const struct session *s,
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
    jw_kstr(&w, "scope", SCOPE);
    jw_end(&w);
    answer_json(out, 200);
    if (!good || !sb_ok(&out->body)) {
        sb_clear(&out->body);
        answer_error(out, 500, "server_error", "signing_failed");
    }
}

/* ---- the authorization request ---- */

struct auth_request {
    struct slice client_id;
    struct slice redirect_uri;
    struct slice state;
    struct slice nonce;
    struct slice challenge;
};

static struct slice param(struct dev_params in, const char *name)
{
    return in.get(in.from, name);
}

/* Our own origin and nothing else: whatever signs in here is served here. */
static bool is_own_uri(const struct dev_issuer *d, struct slice uri)
{
    const struct slice origin = slice_cstr(d->origin);

    if (uri.n > PARAM_BYTES || !slice_starts(uri, origin))
        return false;
    if (uri.n > origin.n && uri.p[origin.n] != '/' && uri.p[origin.n] != '?')
        return false; /* http://localhost.evil, http://localhost@evil, http://localhost:80801 */
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] <= ' ' || uri.p[i] >= 0x7f || strchr("#\\\"<>^`{|}", uri.p[i]))
            return false;
    return true;
}

static bool is_base64url(struct slice s)
{
    uint8_t bytes[CHALLENGE_CHARS];

    return s.n == CHALLENGE_CHARS && hash_base64url_decode(s, bytes) == SHA256_BYTES;
}

static bool has_word(struct slice words, const char *word)
{
    while (words.n)
        if (slice_is(slice_cut(words, ' ', &words), word))
            return true;
    return false;
}

/* True when the page may be shown. Else the answer says what is wrong: to the client by redirect,
 * or, as long as it is not known whose the address is, to whoever asked. */
static bool read_request(const struct dev_issuer *d, struct dev_params in, struct auth_request *rq,
                         struct dev_answer *out)
{
    const struct slice mode = param(in, "response_mode");
    const char *error = NULL;

    *rq =
        (struct auth_request){param(in, "client_id"), param(in, "redirect_uri"), param(in, "state"),
                              param(in, "nonce"), param(in, "code_challenge")};
    if (!slice_is(rq->client_id, d->config->oidc_client_id)) {
        answer_error(out, 400, "invalid_client", "client_id");
        return false;
    }
    if (!rq->redirect_uri.n || !is_own_uri(d, rq->redirect_uri)) {
        answer_error(out, 400, "invalid_request", "redirect_uri");
        return false;
    }
    if (!slice_is(param(in, "response_type"), "code"))
        error = "unsupported_response_type";
    else if (!slice_is(param(in, "code_challenge_method"), "S256") ||
             !is_base64url(rq->challenge) || rq->state.n > PARAM_BYTES ||
             rq->nonce.n > NONCE_BYTES || (mode.n && !slice_is(mode, "query")))
        error = "invalid_request";
    else if (!has_word(param(in, "scope"), "openid"))
        error = "invalid_scope";
    else if (slice_is(param(in, "prompt"), "none"))
        error = "login_required"; /* no cookie, no session: a silent sign-in is never possible */
    if (!error)
        return true;
    redirect(out, rq->redirect_uri);
    redirect_add(out, "error", slice_cstr(error));
    if (rq->state.n && rq->state.n <= PARAM_BYTES)
        redirect_add(out, "state", rq->state);
    return false;
}

static void put_hidden(struct sb *out, const char *name, struct slice value)
{
    sb_printf(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    put_html(out, value);
    sb_puts(out, "\">");
}

/* The page with its {{placeholders}} filled; what it says stands in the page. */
static void show_page(const struct auth_request *rq, const char *csp_nonce, bool failed,
                      struct dev_answer *out)
{
    const char *at = dev_issuer_login_html;
    const char *open;

    while ((open = strstr(at, "{{")) != NULL) {
        const char *close = strstr(open, "}}");
        const struct slice name = {open + 2, close ? (size_t)(close - open - 2) : 0};

        if (!close)
            break;
        sb_put(&out->body, at, (size_t)(open - at));
        at = close + 2;
        if (slice_is(name, "nonce")) {
            put_html(&out->body, slice_cstr(csp_nonce));
        } else if (slice_is(name, "action")) {
            sb_puts(&out->body, REALM_PATH ENDPOINTS "auth");
        } else if (slice_is(name, "error_class")) {
            sb_puts(&out->body, failed ? "failed" : "");
        } else if (slice_is(name, "hidden_fields")) {
            put_hidden(&out->body, "client_id", rq->client_id);
            put_hidden(&out->body, "redirect_uri", rq->redirect_uri);
            put_hidden(&out->body, "response_type", SLICE("code"));
            put_hidden(&out->body, "scope", SLICE(SCOPE));
            put_hidden(&out->body, "state", rq->state);
            put_hidden(&out->body, "nonce", rq->nonce);
            put_hidden(&out->body, "code_challenge", rq->challenge);
            put_hidden(&out->body, "code_challenge_method", SLICE("S256"));
        }
    }
    sb_puts(&out->body, at);
    out->status = 200;
    out->content_type = "text/html; charset=utf-8";
}

void dev_issuer_authorize(const struct dev_issuer *d, struct dev_params in, const char *csp_nonce,
                          struct dev_answer *out)
{
    struct auth_request rq;

    if (read_request(d, in, &rq, out))
        show_page(&rq, csp_nonce, false, out);
}

/* ---- codes ---- */

/* base64url(JSON) . base64url(HMAC). The redirect address only as its digest: it may be long. */
static void put_code(const struct dev_issuer *d, const struct session *s,
                     const struct auth_request *rq, struct sb *out)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    struct sb payload;
    struct jw w;

    hash_sha256(rq->redirect_uri.p, rq->redirect_uri.n, digest);
    hash_hex(digest, sizeof digest, hex);
    sb_init(&payload, CODE_BYTES_MAX);
    jw_init(&w, &payload);
    put_session(&w, d, s, "Code", DEV_ISSUER_CODE_S);
    jw_kstr(&w, "redirect_sha256", hex);
    jw_kslice(&w, "challenge", rq->challenge);
    jw_kslice(&w, "nonce", rq->nonce);
    jw_end(&w);

    put_base64url(out, payload.p, payload.n);
    hash_hmac_sha256((struct slice){(const char *)d->code_key, sizeof d->code_key}, sb_get(out),
                     digest);
    sb_putc(out, '.');
    put_base64url(out, digest, sizeof digest);
    sb_done(&payload);
}

static json_t *open_code(const struct dev_issuer *d, struct slice code)
{
    struct slice mac;
    const struct slice payload = slice_cut(code, '.', &mac);
    uint8_t bytes[CODE_BYTES_MAX];
    uint8_t want[SHA256_BYTES];
    json_t *v;
    long n;

    if (code.n > CODE_BYTES_MAX || !payload.n || hash_base64url_decode(mac, bytes) != SHA256_BYTES)
        return NULL;
    hash_hmac_sha256((struct slice){(const char *)d->code_key, sizeof d->code_key}, payload, want);
    if (!hash_equal(want, bytes, sizeof want))
        return NULL;
    n = hash_base64url_decode(payload, bytes);
    return n >= 0 && json_read((struct slice){(const char *)bytes, (size_t)n}, &v) == JSON_OK
               ? v
               : NULL;
}

void dev_issuer_sign_in(struct dev_issuer *d, struct dev_params in, const char *csp_nonce,
                        struct dev_answer *out)
{
    const struct user *user =
        user_by_password(slice_trim(param(in, "username")), param(in, "password"));
    struct auth_request rq;
    struct session s;
    struct sb code;

    if (!read_request(d, in, &rq, out))
        return;
    if (!user) {
        show_page(&rq, csp_nonce, true, out);
        return;
    }
    session_new(&s, user, d->config->oidc_client_id);
    sb_init(&code, CODE_BYTES_MAX);
    put_code(d, &s, &rq, &code);
    redirect(out, rq.redirect_uri);
    redirect_add(out, "code", sb_get(&code));
    if (rq.state.n)
        redirect_add(out, "state", rq.state);
    sb_done(&code);
}

/* ---- tokens ---- */

static bool is_over(const json_t *v)
{
    int64_t exp;

    return !json_i64(v, "exp", &exp) || now_s() >= exp;
}

static bool verifier_fits(struct slice verifier, const char *challenge)
{
    uint8_t digest[SHA256_BYTES];
    char text[CHALLENGE_CHARS + 1];

    if (verifier.n < VERIFIER_CHARS_MIN || verifier.n > VERIFIER_CHARS_MAX)
        return false;
    hash_sha256(verifier.p, verifier.n, digest);
    hash_base64url_encode(digest, sizeof digest, text);
    return challenge && strcmp(text, challenge) == 0;
}

static bool redirect_fits(struct slice uri, const char *want)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    hash_sha256(uri.p, uri.n, digest);
    hash_hex(digest, sizeof digest, hex);
    return want && strcmp(hex, want) == 0;
}

/* Each returns NULL and the session, or the word for error_description. */
static const char *grant_code(struct dev_issuer *d, struct dev_params in, struct session *s)
{
    SCOPED(json_drop) json_t *v = open_code(d, param(in, "code"));
    const char *nonce;

    if (!v || !session_read(s, v))
        return "code_unknown";
    if (is_over(v))
        return "code_expired";
    /* used up by whoever presents it, right or wrong: a stolen code must not be tried again and
     * again */
    if (!used_take(d->used, used_name("code", slice_cstr(json_str(v, "jti")))))
        return "code_used";
    if (!slice_is(param(in, "client_id"), s->client))
        return "client_id";
    if (!redirect_fits(param(in, "redirect_uri"), json_str(v, "redirect_sha256")))
        return "redirect_uri";
    if (!verifier_fits(param(in, "code_verifier"), json_str(v, "challenge")))
        return "code_verifier";
    nonce = json_str(v, "nonce");
    return copy_text(s->nonce, sizeof s->nonce, nonce ? nonce : "") ? NULL : "nonce";
}

static const char *grant_refresh(struct dev_issuer *d, struct dev_params in, struct session *s)
{
    SCOPED(json_drop) json_t *v = open_token(d, param(in, "refresh_token"), "Refresh");

    if (!v || !session_read(s, v))
        return "refresh_token_unknown";
    if (is_over(v))
        return "refresh_token_expired";
    if (!slice_is(param(in, "client_id"), s->client))
        return "client_id";
    if (used_has(d->used, used_name("session", slice_cstr(s->id))))
        return "signed_out";
    if (!used_take(d->used, used_name("refresh", slice_cstr(json_str(v, "jti")))))
        return "refresh_token_used";
    return NULL;
}

static const char *grant_password(struct dev_issuer *d, struct dev_params in, struct session *s)
{
    const struct user *user = user_by_password(param(in, "username"), param(in, "password"));

    (void)d;
    if (!slice_is(param(in, "client_id"), DEV_ISSUER_CLI))
        return "client_id";
    if (!user)
        return "user_or_password";
    session_new(s, user, DEV_ISSUER_CLI);
    return NULL;
}

void dev_issuer_token(struct dev_issuer *d, struct dev_params in, struct dev_answer *out)
{
    static const struct {
        const char *type;
        const char *(*grant)(struct dev_issuer *, struct dev_params, struct session *);
    } grants[] = {
        {"authorization_code", grant_code},
        {"refresh_token", grant_refresh},
        {"password", grant_password},
    };
    const struct slice type = param(in, "grant_type");

    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        struct session s;
        const char *why;

        if (!slice_is(type, grants[i].type))
            continue;
        why = grants[i].grant(d, in, &s);
        if (why)
            answer_error(out, 400, "invalid_grant", why);
        else
            answer_tokens(d, &s, out);
        return;
    }
    answer_error(out, 400, "unsupported_grant_type", "grant_type");
}

/* ---- sign-out ---- */

void dev_issuer_logout(struct dev_issuer *d, struct dev_params in, struct dev_answer *out)
{
    const struct slice back = param(in, "post_logout_redirect_uri");
    const struct slice refresh = param(in, "refresh_token");
    const struct slice state = param(in, "state");
    /* an ID token that is over still tells whose session ends: RP-initiated logout says to accept
     * it */
    SCOPED(json_drop)
    json_t *v = refresh.n ? open_token(d, refresh, "Refresh")
                          : open_token(d, param(in, "id_token_hint"), "ID");
    const char *sid = v ? json_str(v, "sid") : NULL;

    if (back.n && !is_own_uri(d, back)) {
        answer_error(out, 400, "invalid_request", "post_logout_redirect_uri");
        return;
    }
    if (sid)
        used_take(d->used, used_name("session", slice_cstr(sid)));
    if (refresh.n && !back.n) {
        out->status = 204;
        return;
    }
    if (back.n)
        redirect(out, back);
    else
        redirect(out, SLICE("/"));
    if (back.n && state.n && state.n <= PARAM_BYTES)
        redirect_add(out, "state", state);
}

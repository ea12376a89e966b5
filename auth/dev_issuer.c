/* SPDX-License-Identifier: MIT */
#include "auth/dev_issuer.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dev_issuer_key.h"
#include "auth/dev_issuer_parts.h"

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
    if (!path || strcmp(path, DEV_REALM_PATH) != 0 || (size_t)(path - issuer) >= bytes)
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
    struct dev_used *used;

    if (c->env != ENV_DEVELOPMENT && c->env != ENV_TEST) {
        fprintf(problems, "CM_DEV_ISSUER: the development issuer runs only where CM_ENV is "
                          "development or test\n");
        return NULL;
    }
    if (!split_issuer(c->oidc_issuer, origin, sizeof origin)) {
        fprintf(
            problems,
            "CM_OIDC_ISSUER: the development issuer needs http(s)://localhost[:port]" DEV_REALM_PATH
            " (or 127.0.0.1, [::1])\n");
        return NULL;
    }
    key = dev_issuer_key_load(c->dev_issuer_key_file, problems);
    if (!key)
        return NULL;
    d = calloc(1, sizeof *d);
    used = dev_used_new();
    if (!d || !used) {
        fprintf(problems, "the development issuer gets no memory: %s\n", strerror(errno));
        dev_used_free(used);
        EVP_PKEY_free(key);
        free(d);
        return NULL;
    }
    *d = (struct dev_issuer){.config = c, .key = key, .used = used};
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
    dev_used_free(d->used);
    OPENSSL_cleanse(d->code_key, sizeof d->code_key);
    free(d);
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

void dev_answer_json(struct dev_answer *out, int status)
{
    out->status = status;
    out->content_type = "application/json";
}

void dev_answer_error(struct dev_answer *out, int status, const char *error, const char *why)
{
    struct jw w;

    jw_init(&w, &out->body);
    jw_object(&w);
    jw_kstr(&w, "error", error);
    jw_kstr(&w, "error_description", why);
    jw_end(&w);
    dev_answer_json(out, status);
}

/* ---- discovery and certs ---- */

static void put_endpoint(struct jw *w, const struct dev_issuer *d, const char *key,
                         const char *name)
{
    char url[sizeof d->origin + 128];

    snprintf(url, sizeof url, "%s" DEV_REALM_PATH DEV_ENDPOINTS "%s", d->origin, name);
    jw_kstr(w, key, url);
}

void dev_put_words(struct jw *w, const char *key, const char *words)
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
    dev_put_words(&w, "response_types_supported", "code");
    dev_put_words(&w, "response_modes_supported", "query");
    dev_put_words(&w, "grant_types_supported", "authorization_code refresh_token password");
    dev_put_words(&w, "code_challenge_methods_supported", "S256");
    dev_put_words(&w, "subject_types_supported", "public");
    dev_put_words(&w, "id_token_signing_alg_values_supported", "RS256");
    dev_put_words(&w, "token_endpoint_auth_methods_supported", "none");
    dev_put_words(&w, "scopes_supported", DEV_SCOPE);
    dev_put_words(
        &w, "claims_supported",
        "iss sub aud exp iat auth_time name given_name family_name preferred_username email");
    jw_end(&w);
    dev_answer_json(out, 200);
}

static void put_number(struct jw *w, const char *name, const EVP_PKEY *key, const char *param)
{
    BIGNUM *n = NULL;
    uint8_t bytes[DEV_SIGNATURE_BYTES];
    char text[DEV_SIGNATURE_BYTES * 4 / 3 + 4];

    if (EVP_PKEY_get_bn_param(key, param, &n) != 1 || BN_num_bytes(n) > DEV_SIGNATURE_BYTES)
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
    dev_answer_json(out, 200);
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

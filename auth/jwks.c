/* SPDX-License-Identifier: MIT */
#include "auth/jwks.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/json.h"

enum {
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192, /* verifying grows with the square; nobody publishes more */
    RSA_E_MIN = 65537,   /* 3 and the like make padding mistakes of others exploitable */
    RSA_E_BYTES_MAX = 4, /* a huge exponent only costs time */
    EC_P256_BYTES = 32,
    MEMBER_BYTES_MAX = RSA_BITS_MAX / 8 + 1,
};

static void pkey_drop(EVP_PKEY **k)
{
    EVP_PKEY_free(*k);
}
static void pkey_ctx_drop(EVP_PKEY_CTX **c)
{
    EVP_PKEY_CTX_free(*c);
}
static void params_drop(OSSL_PARAM **p)
{
    OSSL_PARAM_free(*p);
}
static void build_drop(OSSL_PARAM_BLD **b)
{
    OSSL_PARAM_BLD_free(*b);
}
static void bn_drop(BIGNUM **n)
{
    BN_free(*n);
}
static void bio_drop(BIO **b)
{
    BIO_free(*b);
}

/* A base64url member as bytes; 0 when it is absent, malformed or longer than max. */
static size_t member_bytes(const json_t *jwk, const char *name, uint8_t *out, size_t max)
{
    const json_t *v = json_object_get(jwk, name);
    const struct slice text = {json_string_value(v), json_string_length(v)};
    long n;

    if (!json_is_string(v) || text.n == 0 || 3 * (text.n / 4) + 2 > max + 2)
        return 0;
    n = hash_base64url_decode(text, out);
    return n > 0 && (size_t)n <= max ? (size_t)n : 0;
}

static EVP_PKEY *key_from(const char *type, OSSL_PARAM_BLD *build)
{
    SCOPED(params_drop) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    SCOPED(pkey_ctx_drop) EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    SCOPED(pkey_ctx_drop) EVP_PKEY_CTX *check = NULL;
    EVP_PKEY *key = NULL;

    if (!params || !make || EVP_PKEY_fromdata_init(make) != 1 ||
        EVP_PKEY_fromdata(make, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return NULL;
    check = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (!check || EVP_PKEY_public_check(check) != 1) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static EVP_PKEY *rsa_key(const json_t *jwk, uint32_t *signature_bytes)
{
    uint8_t n[MEMBER_BYTES_MAX + 2];
    uint8_t e[RSA_E_BYTES_MAX + 3];
    const size_t nbytes = member_bytes(jwk, "n", n, MEMBER_BYTES_MAX);
    const size_t ebytes = member_bytes(jwk, "e", e, RSA_E_BYTES_MAX);
    SCOPED(bn_drop) BIGNUM *bn_n = NULL;
    SCOPED(bn_drop) BIGNUM *bn_e = NULL;
    SCOPED(build_drop) OSSL_PARAM_BLD *build = NULL;

    if (!nbytes || !ebytes)
        return NULL;
    bn_n = BN_bin2bn(n, (int)nbytes, NULL);
    bn_e = BN_bin2bn(e, (int)ebytes, NULL);
    build = OSSL_PARAM_BLD_new();
    if (!bn_n || !bn_e || !build)
        return NULL;
    if (BN_num_bits(bn_n) < RSA_BITS_MIN || BN_num_bits(bn_n) > RSA_BITS_MAX || !BN_is_odd(bn_n))
        return NULL;
    if (!BN_is_odd(bn_e) || BN_get_word(bn_e) < RSA_E_MIN)
        return NULL;
    if (!OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, bn_n) ||
        !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, bn_e))
        return NULL;
    *signature_bytes = (uint32_t)BN_num_bytes(bn_n);
    return key_from("RSA", build);
}

static EVP_PKEY *ec_key(const json_t *jwk, uint32_t *signature_bytes)
{
    uint8_t point[1 + 2 * EC_P256_BYTES + 2] = {POINT_CONVERSION_UNCOMPRESSED};
    const char *crv = json_str(jwk, "crv");
    SCOPED(build_drop) OSSL_PARAM_BLD *build = NULL;

    if (!crv || strcmp(crv, "P-256") != 0)
        return NULL;
    if (member_bytes(jwk, "x", point + 1, EC_P256_BYTES) != EC_P256_BYTES ||
        member_bytes(jwk, "y", point + 1 + EC_P256_BYTES, EC_P256_BYTES) != EC_P256_BYTES)
        return NULL;
    build = OSSL_PARAM_BLD_new();
    if (!build ||
        !OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ||
        !OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                          1 + 2 * EC_P256_BYTES))
        return NULL;
    *signature_bytes = 2 * EC_P256_BYTES;
    return key_from("EC", build);
}

static bool pem_from(EVP_PKEY *key, char out[JWKS_PEM_BYTES])
{
    SCOPED(bio_drop) BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    long n;

    if (!bio || PEM_write_bio_PUBKEY(bio, key) != 1)
        return false;
    n = BIO_get_mem_data(bio, &text);
    if (n <= 0 || n >= JWKS_PEM_BYTES)
        return false;
    memcpy(out, text, (size_t)n);
    out[n] = '\0';
    return true;
}

/* Members that only a private or a symmetric key has: whoever publishes one has lost the key. */
static bool is_private(const json_t *jwk)
{
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (json_object_get(jwk, names[i]))
            return true;
    return false;
}

static bool is_for_signatures(const json_t *jwk)
{
    const json_t *use = json_object_get(jwk, "use");
    const json_t *ops = json_object_get(jwk, "key_ops");
    const json_t *op;
    size_t i;

    if (use && (!json_is_string(use) || strcmp(json_string_value(use), "sig") != 0))
        return false;
    if (!ops)
        return true;
    if (!json_is_array(ops))
        return false;
    json_array_foreach(ops, i, op) if (json_is_string(op) &&
                                       strcmp(json_string_value(op), "verify") == 0) return true;
    return false;
}

static bool alg_fits(const json_t *jwk, const char *want)
{
    const json_t *alg = json_object_get(jwk, "alg");

    return !alg || (json_is_string(alg) && strcmp(json_string_value(alg), want) == 0);
}

static bool key_parse(const json_t *jwk, struct jwks_key *out)
{
    const json_t *kid = json_object_get(jwk, "kid");
    const char *kty = json_str(jwk, "kty");
    SCOPED(pkey_drop) EVP_PKEY *key = NULL;

    if (!kty || !json_is_string(kid) || is_private(jwk) || !is_for_signatures(jwk))
        return false;
    if (json_string_length(kid) == 0 || json_string_length(kid) > JWKS_KID_BYTES)
        return false;
    if (strcmp(kty, "RSA") == 0 && alg_fits(jwk, "RS256")) {
        key = rsa_key(jwk, &out->signature_bytes);
        out->alg = JWKS_RS256;
    } else if (strcmp(kty, "EC") == 0 && alg_fits(jwk, "ES256")) {
        key = ec_key(jwk, &out->signature_bytes);
        out->alg = JWKS_ES256;
    }
    if (!key || !pem_from(key, out->pem))
        return false;
    memcpy(out->kid, json_string_value(kid), json_string_length(kid));
    return true;
}

static struct jwks_key *find(struct jwks *set, const struct jwks_key *like)
{
    for (uint32_t i = 0; i < set->nkeys; i++)
        if (set->keys[i].alg == like->alg && strcmp(set->keys[i].kid, like->kid) == 0)
            return &set->keys[i];
    return NULL;
}

/* Two keys under one name and algorithm: which one is meant cannot be known, so neither is. */
static void drop_ambiguous(struct jwks *set, const bool ambiguous[LIMIT_JWKS_KEYS])
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < set->nkeys; i++) {
        if (ambiguous[i])
            set->skipped++;
        else if (kept++ != i)
            memcpy(&set->keys[kept - 1], &set->keys[i], sizeof set->keys[i]);
    }
    memset(&set->keys[kept], 0, (set->nkeys - kept) * sizeof set->keys[0]);
    set->nkeys = kept;
}

static enum jwks_status keys_parse(const json_t *keys, struct jwks *set)
{
    bool ambiguous[LIMIT_JWKS_KEYS] = {false};
    const json_t *jwk;
    size_t i;

    json_array_foreach(keys, i, jwk)
    {
        struct jwks_key key;
        struct jwks_key *twin;

        memset(&key, 0, sizeof key);
        if (!key_parse(jwk, &key)) {
            set->skipped++;
        } else if ((twin = find(set, &key)) != NULL) {
            ambiguous[twin - set->keys] = true;
            set->skipped++;
        } else if (set->nkeys == LIMIT_JWKS_KEYS) {
            return JWKS_TOO_MANY;
        } else {
            memcpy(&set->keys[set->nkeys++], &key, sizeof key); /* padding too */
        }
    }
    drop_ambiguous(set, ambiguous);
    return set->nkeys ? JWKS_OK : JWKS_NO_KEY;
}

enum jwks_status jwks_parse(struct slice text, struct jwks *out)
{
    SCOPED(json_drop) json_t *root = NULL;
    const json_t *keys;
    struct jwks set;
    enum jwks_status status;

    if (text.n > LIMIT_JWKS_BYTES)
        return JWKS_TOO_LARGE;
    if (json_read(text, &root) != JSON_OK)
        return JWKS_NOT_JSON;
    keys = json_object_get(root, "keys");
    if (!json_is_array(keys) || json_array_size(keys) > JWKS_ENTRIES_MAX)
        return JWKS_NOT_A_SET;

    memset(&set, 0, sizeof set);
    status = keys_parse(keys, &set);
    /* or the bad keys' reasons surface in the next caller of OpenSSL, curl for one */
    ERR_clear_error();
    if (status == JWKS_OK)
        memcpy(out, &set, sizeof set);
    return status;
}

const char *jwks_status_name(enum jwks_status s)
{
    static const char *const names[] = {
        [JWKS_OK] = "ok",
        [JWKS_TOO_LARGE] = "jwks_too_large",
        [JWKS_NOT_JSON] = "jwks_not_json",
        [JWKS_NOT_A_SET] = "jwks_not_a_set",
        [JWKS_TOO_MANY] = "jwks_too_many_keys",
        [JWKS_NO_KEY] = "jwks_no_usable_key",
    };

    return names[s];
}

const struct jwks_key *jwks_find(const struct jwks *set, struct slice kid, enum jwks_alg alg)
{
    for (uint32_t i = 0; i < set->nkeys; i++)
        if (set->keys[i].alg == alg && slice_is(kid, set->keys[i].kid))
            return &set->keys[i];
    return NULL;
}

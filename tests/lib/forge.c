/* SPDX-License-Identifier: MIT */
#include "tests/lib/forge.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

enum { NUMBER_BYTES_MAX = 1024 };

/* A test that cannot make its input must not go on, with NDEBUG either. */
static void must(int good)
{
    if (!good)
        abort();
}

static void key_drop(void *key)
{
    EVP_PKEY_free(key);
}

static EVP_PKEY *owned(struct arena *a, EVP_PKEY *key)
{
    must(key != NULL);
    arena_defer(a, key_drop, key);
    return key;
}

EVP_PKEY *forge_rsa(struct arena *a, unsigned bits)
{
    return owned(a, EVP_RSA_gen(bits));
}

EVP_PKEY *forge_ec(struct arena *a, const char *group)
{
    return owned(a, EVP_EC_gen(group));
}

char *forge_pem(struct arena *a, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    char *copy;
    long n;

    must(bio && PEM_write_bio_PUBKEY(bio, key) == 1);
    n = BIO_get_mem_data(bio, &text);
    copy = arena_slicedup(a, (struct slice){text, (size_t)n});
    BIO_free(bio);
    return copy;
}

size_t forge_number(EVP_PKEY *key, const char *name, unsigned char *out, size_t max)
{
    BIGNUM *n = NULL;
    int bytes;

    must(EVP_PKEY_get_bn_param(key, name, &n) == 1);
    /* coordinates have the width of their field, numbers of RSA none to keep */
    bytes = name[0] == 'q' ? (EVP_PKEY_get_bits(key) + 7) / 8 : BN_num_bytes(n);
    must((size_t)bytes <= max && BN_bn2binpad(n, out, bytes) == bytes);
    BN_free(n);
    return (size_t)bytes;
}

static char *number(struct arena *a, EVP_PKEY *key, const char *name)
{
    unsigned char bytes[NUMBER_BYTES_MAX];

    return forge_base64url(a, bytes, forge_number(key, name, bytes, sizeof bytes));
}

char *forge_jwk(struct arena *a, EVP_PKEY *key, const char *kid, const char *more)
{
    const int bits = EVP_PKEY_get_bits(key);

    if (EVP_PKEY_is_a(key, "RSA"))
        return arena_printf(a, "{\"kid\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}", kid,
                            number(a, key, "n"), number(a, key, "e"), more);
    return arena_printf(
        a, "{\"kid\":\"%s\",\"kty\":\"EC\",\"crv\":\"P-%d\",\"x\":\"%s\",\"y\":\"%s\"%s}", kid,
        bits, number(a, key, "qx"), number(a, key, "qy"), more);
}

char *forge_base64url(struct arena *a, const void *p, size_t n)
{
    char *text = arena_alloc(a, 4 * ((n + 2) / 3) + 1);

    hash_base64url_encode(p, n, text);
    return text;
}

char *forge_input(struct arena *a, struct slice header, struct slice payload)
{
    return arena_printf(a, "%s.%s", forge_base64url(a, header.p, header.n),
                        forge_base64url(a, payload.p, payload.n));
}

static struct slice raw_of(struct arena *a, const unsigned char *der, size_t n, int width)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    unsigned char *raw = arena_alloc(a, (size_t)2 * (size_t)width);

    must(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, width) == width &&
         BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + width, width) == width);
    ECDSA_SIG_free(sig);
    return (struct slice){(char *)raw, (size_t)(2 * width)};
}

static struct slice sign(struct arena *a, EVP_PKEY *key, const char *digest, const char *input,
                         int padding)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pkey = NULL;
    unsigned char *out = arena_alloc(a, NUMBER_BYTES_MAX);
    size_t n = NUMBER_BYTES_MAX;

    must(md && EVP_DigestSignInit_ex(md, &pkey, digest, NULL, NULL, key, NULL) == 1);
    must(!padding || EVP_PKEY_CTX_set_rsa_padding(pkey, padding) == 1);
    must(EVP_DigestSign(md, out, &n, (const unsigned char *)input, strlen(input)) == 1);
    EVP_MD_CTX_free(md);
    if (EVP_PKEY_is_a(key, "EC"))
        return raw_of(a, out, n, (EVP_PKEY_get_bits(key) + 7) / 8);
    return (struct slice){(char *)out, n};
}

struct slice forge_sign(struct arena *a, EVP_PKEY *key, const char *digest, const char *input)
{
    return sign(a, key, digest, input, 0);
}

struct slice forge_pss(struct arena *a, EVP_PKEY *key, const char *input)
{
    return sign(a, key, "SHA256", input, RSA_PKCS1_PSS_PADDING);
}

struct slice forge_hmac(struct arena *a, struct slice secret, const char *digest, const char *input)
{
    unsigned char *out = arena_alloc(a, EVP_MAX_MD_SIZE);
    unsigned n = 0;

    must(HMAC(EVP_get_digestbyname(digest), secret.n ? secret.p : "", (int)secret.n,
              (const unsigned char *)input, strlen(input), out, &n) != NULL);
    return (struct slice){(char *)out, n};
}

char *forge_join(struct arena *a, const char *input, struct slice signature)
{
    return arena_printf(a, "%s.%s", input, forge_base64url(a, signature.p, signature.n));
}

char *forge_token(struct arena *a, EVP_PKEY *key, const char *header, const char *payload)
{
    const char *input = forge_input(a, slice_cstr(header), slice_cstr(payload));

    return forge_join(a, input, forge_sign(a, key, "SHA256", input));
}

struct slice forge_der(struct arena *a, struct slice raw)
{
    const int width = (int)raw.n / 2;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    unsigned char *der = NULL;
    struct slice out;
    int n;

    must(sig && ECDSA_SIG_set0(sig, BN_bin2bn((const unsigned char *)raw.p, width, NULL),
                               BN_bin2bn((const unsigned char *)raw.p + width, width, NULL)) == 1);
    n = i2d_ECDSA_SIG(sig, &der);
    must(n > 0);
    out = (struct slice){arena_memdup(a, der, (size_t)n), (size_t)n};
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    return out;
}

struct slice forge_high_s(struct arena *a, struct slice raw)
{
    /* the order of P-256's group */
    static const char order[] = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
    const int width = (int)raw.n / 2;
    unsigned char *twin = arena_memdup(a, raw.p, raw.n);
    BIGNUM *n = NULL;
    BIGNUM *s = BN_bin2bn((const unsigned char *)raw.p + width, width, NULL);

    must(BN_hex2bn(&n, order) && s && BN_sub(s, n, s) &&
         BN_bn2binpad(s, twin + width, width) == width);
    BN_free(n);
    BN_free(s);
    return (struct slice){(char *)twin, raw.n};
}

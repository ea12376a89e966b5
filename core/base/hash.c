/* SPDX-License-Identifier: MIT */
#include "core/base/hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/base/log.h"

static _Noreturn void die(const char *what)
{
    LOG(LOG_ERROR, "crypto_failed", {"what", LOG_S(what)});
    _Exit(70);
}

void hash_sha256(const void *p, size_t n, uint8_t out[SHA256_BYTES])
{
    if (EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL) != 1)
        die("sha256");
}

void hash_hmac_sha256(struct slice key, struct slice text, uint8_t out[SHA256_BYTES])
{
    if (!HMAC(EVP_sha256(), key.p, (int)key.n, (const unsigned char *)text.p, text.n, out, NULL))
        die("hmac");
}

void hash_begin(struct hash_stream *h)
{
    h->md = EVP_MD_CTX_new();
    if (!h->md || EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) != 1)
        die("sha256");
}

void hash_update(struct hash_stream *h, const void *p, size_t n)
{
    if (EVP_DigestUpdate(h->md, p, n) != 1)
        die("sha256");
}

void hash_end(struct hash_stream *h, uint8_t out[SHA256_BYTES])
{
    if (EVP_DigestFinal_ex(h->md, out, NULL) != 1)
        die("sha256");
    EVP_MD_CTX_free(h->md);
    h->md = NULL;
}

void hash_random(void *p, size_t n)
{
    uint8_t *at = p;

    while (n) {
        const ssize_t got = getrandom(at, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            die("getrandom");
        at += got;
        n -= (size_t)got;
    }
}

bool hash_equal(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

uint32_t hash_crc32(const void *p, size_t n)
{
    const uint8_t *b = p;
    uint32_t crc = 0xFFFFFFFFu;

    /* bit by bit: only ever a few dozen bytes of an API token */
    for (size_t i = 0; i < n; i++) {
        crc ^= b[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

int hash_hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void hash_hex(const uint8_t *p, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

long hash_base64url_decode(struct slice s, uint8_t *out)
{
    uint32_t bits = 0;
    int held = 0;
    long n = 0;

    if (s.n % 4 == 1)
        return -1;
    for (size_t i = 0; i < s.n; i++) {
        const int v = sextet(s.p[i]);

        if (v < 0)
            return -1;
        bits = bits << 6 | (uint32_t)v;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (uint8_t)(bits >> held);
        }
    }
    /* canonical: what is left over must be zero, or two texts would name the same bytes */
    if (held && (bits & ((1u << held) - 1)))
        return -1;
    return n;
}

size_t hash_base64url_encode(const uint8_t *p, size_t n, char *out)
{
    char *at = out;
    size_t i = 0;

    for (; i + 2 < n; i += 3) {
        const uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];

        *at++ = alphabet[v >> 18];
        *at++ = alphabet[v >> 12 & 63];
        *at++ = alphabet[v >> 6 & 63];
        *at++ = alphabet[v & 63];
    }
    if (i < n) {
        const uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0);

        *at++ = alphabet[v >> 18];
        *at++ = alphabet[v >> 12 & 63];
        if (i + 1 < n)
            *at++ = alphabet[v >> 6 & 63];
    }
    *at = '\0';
    return (size_t)(at - out);
}

/* SPDX-License-Identifier: MIT */
#include "auth/api_token.h"

#include <openssl/crypto.h>
#include <string.h>

enum {
    ID_CHARS = 22,
    SECRET_CHARS = 43,
    CRC_CHARS = 6,
    BODY_CHARS = ID_CHARS + SECRET_CHARS + CRC_CHARS
};

static const char *const prefixes[] = {
    [ENV_PRODUCTION] = "cm_live_",
    [ENV_DEVELOPMENT] = "cm_dev_",
    [ENV_TEST] = "cm_test_",
};

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'z' ? c - 'a' + 36 : -1;
}

/* Big-endian bytes to exactly `chars` digits. n <= 32. */
static void base62_put(const uint8_t *p, size_t n, char *out, size_t chars)
{
    uint8_t left[API_TOKEN_SECRET_BYTES];

    memcpy(left, p, n);
    for (size_t i = chars; i-- > 0;) {
        unsigned rest = 0;

        for (size_t k = 0; k < n; k++) {
            rest = rest << 8 | left[k];
            left[k] = (uint8_t)(rest / 62);
            rest %= 62;
        }
        out[i] = digits[rest];
    }
    OPENSSL_cleanse(left, sizeof left);
}

/* The reverse. False for another character, or a number that n bytes do not hold: each value has
 * one text. */
static bool base62_get(struct slice s, uint8_t *out, size_t n)
{
    memset(out, 0, n);
    for (size_t i = 0; i < s.n; i++) {
        int carry = digit_value(s.p[i]);

        if (carry < 0)
            return false;
        for (size_t k = n; k-- > 0;) {
            carry += out[k] * 62;
            out[k] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry)
            return false;
    }
    return true;
}

static void crc_bytes(struct slice s, uint8_t out[4])
{
    const uint32_t crc = hash_crc32(s.p, s.n);

    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(crc >> (24 - 8 * i));
}

void api_token_make(enum config_env env, char text[API_TOKEN_TEXT_BYTES], struct api_token *out)
{
    const size_t prefix = strlen(prefixes[env]);
    uint8_t secret[API_TOKEN_SECRET_BYTES];
    uint8_t crc[4];
    char *at = text + prefix;

    out->id = uuid_new();
    hash_random(secret, sizeof secret);
    hash_sha256(secret, sizeof secret, out->proof);

    memcpy(text, prefixes[env], prefix);
    base62_put(out->id.b, sizeof out->id.b, at, ID_CHARS);
    base62_put(secret, sizeof secret, at + ID_CHARS, SECRET_CHARS);
    crc_bytes((struct slice){text, prefix + ID_CHARS + SECRET_CHARS}, crc);
    base62_put(crc, sizeof crc, at + ID_CHARS + SECRET_CHARS, CRC_CHARS);
    at[BODY_CHARS] = '\0';
    OPENSSL_cleanse(secret, sizeof secret);
}

bool api_token_is_like(struct slice s)
{
    return slice_starts(s, SLICE("cm_"));
}

bool api_token_parse(enum config_env env, struct slice s, struct api_token *out)
{
    const struct slice prefix = slice_cstr(prefixes[env]);
    const char *at;
    uint8_t secret[API_TOKEN_SECRET_BYTES];
    uint8_t stated[4];
    uint8_t crc[4];
    struct api_token token = {0};
    bool good;

    if (s.n != prefix.n + BODY_CHARS || !slice_starts(s, prefix))
        return false;
    at = s.p + prefix.n;
    crc_bytes((struct slice){s.p, s.n - CRC_CHARS}, crc);
    good = base62_get((struct slice){at, ID_CHARS}, token.id.b, sizeof token.id.b) &&
           base62_get((struct slice){at + ID_CHARS, SECRET_CHARS}, secret, sizeof secret) &&
           base62_get((struct slice){at + ID_CHARS + SECRET_CHARS, CRC_CHARS}, stated,
                      sizeof stated) &&
           memcmp(stated, crc, sizeof crc) == 0;
    if (good) {
        hash_sha256(secret, sizeof secret, token.proof);
        *out = token;
    }
    OPENSSL_cleanse(secret, sizeof secret);
    return good;
}

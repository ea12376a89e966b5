/* SPDX-License-Identifier: MIT */
/*
 * hash: digests, random bytes and text encodings of bytes, over OpenSSL.
 */
#ifndef CORE_BASE_HASH_H
#define CORE_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/slice.h"

#define SHA256_BYTES 32

void hash_sha256(const void *p, size_t n, uint8_t out[SHA256_BYTES]);
void hash_hmac_sha256(struct slice key, struct slice text, uint8_t out[SHA256_BYTES]);

/* Incremental SHA-256; begin/end bracket. */
struct hash_stream {
    void *md; /* EVP_MD_CTX */
};
void hash_begin(struct hash_stream *h);
void hash_update(struct hash_stream *h, const void *p, size_t n);
void hash_end(struct hash_stream *h, uint8_t out[SHA256_BYTES]);

/* From the system's generator; exits the process when it cannot be read. */
void hash_random(void *p, size_t n);

/* Time does not depend on the contents. */
bool hash_equal(const void *a, const void *b, size_t n);

/* CRC-32 (IEEE 802.3, reflected, as zlib's). */
uint32_t hash_crc32(const void *p, size_t n);

/* The value of one hexadecimal digit of either case, -1 for anything else. */
int hash_hex_value(char c);

void hash_hex(const uint8_t *p, size_t n, char *out); /* out: 2 * n + 1 bytes */

/* base64url without padding (RFC 4648 section 5), strict: no padding, no white space, canonical last
 * character. Decoding returns the length, or -1; out needs 3 * (s.n / 4) + 2 bytes. */
long hash_base64url_decode(struct slice s, uint8_t *out);
/* out: 4 * ((n + 2) / 3) + 1 bytes; returns the text's length. */
size_t hash_base64url_encode(const uint8_t *p, size_t n, char *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * forge: keys and tokens for tests, good and bad, made at run time. Nothing here checks anything:
 * whatever text is given is signed as it stands.
 *
 * Results live in the arena, keys too.
 */
#ifndef TESTS_LIB_FORGE_H
#define TESTS_LIB_FORGE_H

#include <openssl/evp.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/slice.h"

EVP_PKEY *forge_rsa(struct arena *a, unsigned bits);
EVP_PKEY *forge_ec(struct arena *a, const char *group); /* "P-256", "P-384", "secp256k1" */

/* The public key as PEM, and as JWK: {"kid":...,"kty":...,"n":... or "crv":...} followed by `more`
 * (",\"use\":\"sig\"", or "" for nothing). */
char *forge_pem(struct arena *a, EVP_PKEY *key);
char *forge_jwk(struct arena *a, EVP_PKEY *key, const char *kid, const char *more);
/* A big-endian number of the key ("n", "e", "qx", "qy") as bytes. */
size_t forge_number(EVP_PKEY *key, const char *name, unsigned char *out, size_t max);

char *forge_base64url(struct arena *a, const void *p, size_t n);

/* "header.payload", base64url of both texts. */
char *forge_input(struct arena *a, struct slice header, struct slice payload);
/* The signature's bytes over `input`: RSA PKCS#1 v1.5 or raw r || s, with this digest ("SHA256").
 * */
struct slice forge_sign(struct arena *a, EVP_PKEY *key, const char *digest, const char *input);
struct slice forge_pss(struct arena *a, EVP_PKEY *key, const char *input);
struct slice forge_hmac(struct arena *a, struct slice secret, const char *digest,
                        const char *input);
/* "input.signature" */
char *forge_join(struct arena *a, const char *input, struct slice signature);

/* header and payload signed with SHA-256: what an honest issuer makes. */
char *forge_token(struct arena *a, EVP_PKEY *key, const char *header, const char *payload);

/* r || s of 64 bytes as DER, and with s replaced by n - s. */
struct slice forge_der(struct arena *a, struct slice raw);
struct slice forge_high_s(struct arena *a, struct slice raw);

#endif

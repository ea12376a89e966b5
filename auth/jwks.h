/* SPDX-License-Identifier: MIT */
/*
 * jwks: the identity provider's published keys, reduced to those that may verify our tokens.
 *
 * A key is usable when nothing about it is odd: RSA of 2,048 to 8,192 bits with an odd modulus and
 * an odd exponent of at least 65,537, or EC on P-256 with its point on the curve; `use` absent or
 * "sig", `key_ops` absent or with "verify", `alg` absent or exactly RS256 / ES256; a `kid` of 1 to
 * 128 bytes; no private member. Everything else is skipped and counted, so that one strange key
 * (Keycloak publishes an `enc` key beside each `sig` key) does not hide the good ones. `x5c`, `x5u`
 * and the like are ignored: a key is its numbers.
 *
 * The table is plain data without pointers: it is copied through shared memory as it is.
 */
#ifndef AUTH_JWKS_H
#define AUTH_JWKS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/limits.h"
#include "core/base/slice.h"

/* The algorithms that a token may be signed with, and no others. */
enum jwks_alg { JWKS_NONE = 0, JWKS_RS256, JWKS_ES256 };

enum {
    JWKS_KID_BYTES = 128,
    JWKS_PEM_BYTES = 2048,  /* RSA of 8,192 bits takes about 1,500 */
    JWKS_ENTRIES_MAX = 128, /* members of "keys" looked at; a document with more is rubbish */
};

struct jwks_key {
    char kid[JWKS_KID_BYTES + 1];
    enum jwks_alg alg;
    uint32_t signature_bytes; /* exactly what a signature by this key measures */
    char pem[JWKS_PEM_BYTES]; /* SubjectPublicKeyInfo, terminated */
};

struct jwks {
    uint32_t nkeys;
    uint32_t skipped;
    struct jwks_key keys[LIMIT_JWKS_KEYS];
};

enum jwks_status {
    JWKS_OK = 0,
    JWKS_TOO_LARGE, /* over LIMIT_JWKS_BYTES */
    JWKS_NOT_JSON,  /* or a key named twice, or nested too deeply */
    JWKS_NOT_A_SET, /* no "keys" array, or too many members in it */
    JWKS_TOO_MANY,  /* more usable keys than LIMIT_JWKS_KEYS */
    JWKS_NO_KEY,    /* a well-formed set without one usable key */
};

/* *out is untouched unless JWKS_OK; then its unused bytes are zero, so that two tables compare with
 * memcmp. */
enum jwks_status jwks_parse(struct slice text, struct jwks *out);

const char *jwks_status_name(enum jwks_status s); /* for logs: "jwks_too_large", ... */

/* The key of this name for this algorithm; NULL when there is none. Borrowed from *set. */
const struct jwks_key *jwks_find(const struct jwks *set, struct slice kid, enum jwks_alg alg);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * jwt: is this text an access token of our identity provider for us, and what does it say.
 *
 * The checks run in an order that is safe with libjwt 1.10, which reads the algorithm from the
 * token itself: first the text's shape, then the header, then the key by its `kid`; only then
 * libjwt, with that key; only then the payload.
 *
 * A good decision is remembered by the SHA-256 of the whole token until the least of `exp`, 60 s
 * and a change of the keys (338 us become 1). A refusal is never remembered. ES256 signatures have
 * a valid twin (r, n - s), so a token or its hash must not serve as anybody's identity.
 *
 * Every refusal has a word for the log; the client only ever learns "unauthenticated".
 */
#ifndef AUTH_JWT_H
#define AUTH_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/keys.h"
#include "core/base/config.h"
#include "core/base/slice.h"

enum jwt_refusal {
    JWT_ACCEPTED = 0,
    /* the text */
    JWT_TOO_LONG,     /* over LIMIT_TOKEN_BYTES */
    JWT_BAD_SHAPE,    /* not exactly three segments, each with something in it */
    JWT_BAD_ENCODING, /* not strict canonical base64url */
    /* the header */
    JWT_BAD_HEADER,    /* not a JSON object, too deep, a member twice */
    JWT_BAD_ALG,       /* alg is not exactly RS256 or ES256 */
    JWT_BAD_TYP,       /* typ is not exactly JWT */
    JWT_CRITICAL,      /* crit or b64 present: it demands what we do not do */
    JWT_BAD_KID,       /* no string of 1 to 128 bytes */
    JWT_UNKNOWN_KEY,   /* no key of that name for that algorithm */
    JWT_BAD_SIGNATURE, /* wrong length, or does not verify */
    /* the payload */
    JWT_BAD_PAYLOAD, /* not a JSON object, too deep, a member twice */
    JWT_BAD_ISSUER,
    JWT_BAD_AUDIENCE,
    JWT_BAD_TYPE,   /* payload typ is not Bearer: an ID, refresh, offline or logout token */
    JWT_BAD_CLIENT, /* azp is not on the list */
    JWT_BOUND,      /* cnf present: it needs a proof that we do not check */
    JWT_BAD_TIME,   /* exp, nbf or iat missing or no integer in 0 .. 2^53 */
    JWT_EXPIRED,
    JWT_NOT_YET,   /* nbf or iat ahead */
    JWT_TOO_LIVED, /* exp - iat beyond the policy, or not positive */
    JWT_BAD_SUBJECT,
    JWT_BAD_TENANT, /* the claim is missing, of another type, or holds something that is no slug */
    JWT_BAD_CLAIM,  /* a claim that we read has another type than it must */
    JWT_REFUSAL_COUNT
};

enum {
    JWT_SUBJECT_BYTES = 255,
    JWT_SLUG_BYTES = 63,
    JWT_TENANTS_MAX = 16, /* organisations of one person */
    JWT_SESSION_BYTES = 64,
    JWT_CACHE_MS = 60 * 1000,
};

/* Plain data; every text terminated, "" when the token says nothing. */
struct jwt_claims {
    char subject[JWT_SUBJECT_BYTES + 1];
    char client[129];                    /* azp */
    char session[JWT_SESSION_BYTES + 1]; /* sid */
    char email[255];
    char name[801]; /* 200 characters */
    bool email_verified;
    bool operator_role; /* realm_access.roles holds the operator's role */
    uint32_t ntenants;  /* at least 1 */
    char tenants[JWT_TENANTS_MAX][JWT_SLUG_BYTES + 1];
    int64_t expires_s;
    int64_t issued_s;
};

/* What a token must fit. Strings are borrowed for the verifier's life. */
struct jwt_policy {
    const char *issuer;   /* exact */
    const char *audience; /* must be in aud */
    const char *clients;  /* comma list of allowed azp */
    const char
        *tenant_claim; /* a string, an array of strings, or an object whose keys are the tenants */
    const char *operator_role; /* NULL: none */
    int64_t leeway_s;
    int64_t lifetime_s;
};

struct jwt_policy jwt_policy_from(const struct config *c);

struct jwt_verifier; /* opaque: policy, keys, decisions; one a process */

/* `keys` is borrowed. NULL when the system is out of memory. */
struct jwt_verifier *jwt_verifier_new(const struct jwt_policy *policy, struct keys *keys);
void jwt_verifier_free(struct jwt_verifier *v); /* NULL is fine */

/* *out is filled only when JWT_ACCEPTED. May wait for keys: see keys_find(). */
enum jwt_refusal jwt_verify(struct jwt_verifier *v, struct slice token, int64_t deadline_ms,
                            struct jwt_claims *out);

const char *jwt_refusal_word(enum jwt_refusal r); /* for the log: "expired", "bad_signature", ... */

/* What a tenant's short name looks like (as the tenants table has it): a-z, 0-9 and hyphens but for
 * the first byte, 1 to 63 bytes. ASCII on purpose: a look-alike letter must not name another
 * tenant. */
bool jwt_is_slug(struct slice s);

/* Decisions served from memory since the start; for metrics and tests. */
uint64_t jwt_cache_hits(const struct jwt_verifier *v);

#endif

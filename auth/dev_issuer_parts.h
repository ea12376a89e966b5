/* SPDX-License-Identifier: MIT */
/*
 * dev_issuer_parts: what the files of the development issuer share with one another, and with
 * nobody else.
 */
#ifndef AUTH_DEV_ISSUER_PARTS_H
#define AUTH_DEV_ISSUER_PARTS_H

#include <openssl/evp.h>

#include "auth/dev_issuer.h"
#include "auth/dev_issuer_used.h"
#include "core/base/hash.h"
#include "core/base/json.h"

#define DEV_REALM_PATH "/realms/demo"
#define DEV_ENDPOINTS  "/protocol/openid-connect/"
#define DEV_SCOPE      "openid profile email organization"

enum {
    DEV_PARAM_BYTES = 1024, /* state, redirect_uri */
    DEV_NONCE_BYTES = 255,
    DEV_CODE_BYTES = 4096, /* a code, or one of our tokens that comes back */
    DEV_SIGNATURE_BYTES = 1024,
    DEV_ID_BYTES = 16,
    DEV_ID_CHARS = 2 * DEV_ID_BYTES,
};

struct dev_issuer {
    const struct config *config;
    char origin[128];
    char kid[44];
    EVP_PKEY *key;
    /* codes are authenticated with this: they must never verify as tokens */
    uint8_t code_key[SHA256_BYTES];
    struct dev_used *used;
};

struct dev_user {
    const char *subject;
    const char *email;
    const char *given;
    const char *family;
    const char *organization;
    bool operator_role;
};

/* One signed-in person, as codes and refresh tokens carry it. */
struct dev_session {
    const struct dev_user *user;
    char client[129];
    char id[DEV_ID_CHARS + 1]; /* sid */
    char nonce[DEV_NONCE_BYTES + 1];
    int64_t auth_time_s;
};

/* dev_issuer.c */
void dev_answer_json(struct dev_answer *out, int status);
void dev_answer_error(struct dev_answer *out, int status, const char *error, const char *why);
void dev_put_words(struct jw *w, const char *key, const char *words); /* "a b" -> "key":["a","b"] */

/* dev_issuer_token.c */
const struct dev_user *dev_user_by_password(struct slice name, struct slice password);
void dev_session_new(struct dev_session *s, const struct dev_user *user, const char *client);
bool dev_session_read(struct dev_session *s, const json_t *v); /* of a code or refresh token */
bool dev_token_is_over(const json_t *v);
/* The payload of one of our own tokens; NULL for anything else. The caller owns it. */
json_t *dev_token_open(const struct dev_issuer *d, struct slice token, const char *typ);
void dev_code_put(const struct dev_issuer *d, const struct dev_session *s,
                  struct slice redirect_uri, struct slice challenge, struct sb *out);
json_t *dev_code_open(const struct dev_issuer *d, struct slice code);
/* Access, ID and refresh token of the session. */
void dev_answer_tokens(const struct dev_issuer *d, const struct dev_session *s,
                       struct dev_answer *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * api_token: the text of an API token, and what of it is stored.
 *
 *   cm_ live _ IIIIIIIIIIIIIIIIIIIIII SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS CCCCCC
 *       |      id, 16 bytes (22)      secret, 32 bytes (43)                       CRC-32 (6)
 *       live (production), dev or test
 *
 * All in base62 of fixed width, most significant digit first; the CRC is of all before it. The
 * prefix lets secret scanners find a leaked token, the checksum lets them and us tell a token from
 * a look-alike without asking the database. A token of another environment is no token here.
 *
 * The secret is 32 random bytes, so one SHA-256 of it is as good as any slow hash; only that is
 * stored.
 */
#ifndef AUTH_API_TOKEN_H
#define AUTH_API_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/config.h"
#include "core/base/hash.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"

enum {
    API_TOKEN_SECRET_BYTES = 32,
    API_TOKEN_TEXT_BYTES = 3 + 5 + 22 + 43 + 6 + 1, /* the longest, with its terminator */
};

struct api_token {
    struct uuid id;
    uint8_t proof[SHA256_BYTES]; /* SHA-256 of the secret: principal.proof, and the stored column */
};

/* A new id and secret. `text` is shown once and never stored. */
void api_token_make(enum config_env env, char text[API_TOKEN_TEXT_BYTES], struct api_token *out);

/* It begins like an API token, so it is one or it is refused: it is never tried as anything else.
 * */
bool api_token_is_like(struct slice s);

/* False for anything that api_token_make() of this environment cannot have made; then *out is
 * untouched. */
bool api_token_parse(enum config_env env, struct slice s, struct api_token *out);

#endif

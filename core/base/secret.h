/* SPDX-License-Identifier: MIT */
/*
 * secret: keys of other services: held in memory that no core file has, sealed where they are stored.
 *
 * A held secret lies in pages of its own that are left out of core files and wiped when they are freed. What a library
 * copies of it (libcurl and nghttp2 do, of a header) is beyond our reach: a process that sends secrets calls
 * secret_keep_out_of_cores().
 *
 * Sealed text is "v1:" and base64url of nonce (12 bytes), ciphertext and tag (16 bytes) of AES-256-GCM. The associated
 * data say what the secret is of (a tenant, a column): sealed text that is moved elsewhere does not open. One key seals
 * at most 2^32 times (nonces are random).
 */
#ifndef CORE_BASE_SECRET_H
#define CORE_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/sb.h"
#include "core/base/slice.h"

enum {
    SECRET_BYTES = 4096, /* the longest that is held or sealed */
    SECRET_KEY_BYTES = 32,
};

struct secret; /* opaque */

/* A copy of `text`, terminated. NULL when it is longer than SECRET_BYTES - 1 or holds a zero byte. Without memory the
 * process ends. */
struct secret *secret_new(struct slice text);
void secret_free(struct secret *s); /* NULL is fine */

/* Borrowed; "" of NULL. Terminated. */
struct slice secret_get(const struct secret *s);

/* Memory of this process stays out of core files from now on; registers and the list of mappings stay in, so that one
 * still tells where it died. False when the system lets us do neither this nor forbid core files. Inherited by fork. */
bool secret_keep_out_of_cores(void);

/* A key from 32 bytes of base64 (44 characters, as `openssl rand -base64 32` writes them); NULL when it is none. */
struct secret *secret_key_read(const char *base64);

/* Appends to `out`. False when the text is too long or `out` too small; then nothing that was put may be used. */
bool secret_seal(const struct secret *key, struct slice text, struct slice associated,
                 struct sb *out);

/* NULL when it was not sealed by this key with these associated data, or was changed since. */
struct secret *secret_open(const struct secret *key, struct slice sealed, struct slice associated);

#endif

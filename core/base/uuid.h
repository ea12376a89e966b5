/* SPDX-License-Identifier: MIT */
/*
 * uuid: identifiers. New ones are version 7 (RFC 9562): time-ordered, so that rows made together lie together.
 */
#ifndef CORE_BASE_UUID_H
#define CORE_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/base/slice.h"

struct uuid {
    uint8_t b[16];
};

#define UUID_TEXT_BYTES 37

/* Version 7; monotonic within one process and one millisecond. */
struct uuid uuid_new(void);

/* Canonical 8-4-4-4-12 form, either case, nothing around it. False leaves *out untouched. */
bool uuid_parse(struct slice s, struct uuid *out);
void uuid_text(const struct uuid *u, char out[UUID_TEXT_BYTES]);

static inline bool uuid_eq(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static inline bool uuid_is_nil(const struct uuid *u)
{
    static const struct uuid nil;

    return uuid_eq(u, &nil);
}

/* The first 16 bytes of a SHA-256 with version and variant bits of a name-based id (version 8):
 * for content and identity keys that the database compares as uuid. */
struct uuid uuid_from_digest(const uint8_t digest[32]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cursor: the opaque place in a list where the next page begins.
 *
 * A few texts, joined and written as base64url. Clients hand it back as it is. It is not a secret and not signed: what
 * comes out of it is used as values of a statement that carries the caller's tenant, like any other parameter.
 */
#ifndef CORE_BASE_CURSOR_H
#define CORE_BASE_CURSOR_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/slice.h"

/* Parts must not hold the byte 0x1F; together at most LIMIT_CURSOR_BYTES / 2. */
char *cursor_write(struct arena *a, const struct slice *parts, size_t n);

/* False unless the text is a cursor of exactly n parts. */
bool cursor_read(struct arena *a, struct slice text, struct slice *parts, size_t n);

#endif

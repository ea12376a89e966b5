/* SPDX-License-Identifier: MIT */
/*
 * slice: a borrowed piece of bytes. Not terminated, may hold any byte, owns nothing.
 */
#ifndef CORE_BASE_SLICE_H
#define CORE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *p; /* may be NULL only when n is 0 */
    size_t n;
};

#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_cstr(const char *s)
{
    return (struct slice){s, s ? strlen(s) : 0};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *s)
{
    return slice_eq(a, slice_cstr(s));
}

static inline bool slice_starts(struct slice a, struct slice prefix)
{
    return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

/* ASCII only: for protocol words, never for people's text (see unicode.h). */
bool slice_eq_nocase(struct slice a, struct slice b);

/* Without leading and trailing ASCII blanks (space, tab, CR, LF). */
struct slice slice_trim(struct slice s);

/* Everything before the first `sep`; `*rest` gets what follows it, or an empty slice when there is none.
 * `rest` may be `&s` of the caller. */
struct slice slice_cut(struct slice s, char sep, struct slice *rest);

/* Decimal integer, optional leading '-', nothing else around it. False when it is none or overflows. */
bool slice_to_i64(struct slice s, int64_t *out);

#endif

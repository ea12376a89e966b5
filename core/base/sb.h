/* SPDX-License-Identifier: MIT */
/*
 * sb: string builder with a hard maximum.
 *
 * Passing the maximum is not an accident but an answer: the builder stops growing, remembers it, and
 * sb_ok() says false from then on. Callers check once, at the end.
 *
 * Memory is heap (bodies outlive arenas and may be large); sb_done() frees it. `SCOPED(sb_done)` fits.
 */
#ifndef CORE_BASE_SB_H
#define CORE_BASE_SB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/slice.h"

struct sb {
    char *p;  /* always terminated once anything was put; NULL before */
    size_t n; /* bytes held, terminator not counted */
    size_t cap;
    size_t max;
    bool overflowed;
};

void sb_init(struct sb *b, size_t max_bytes);
void sb_done(struct sb *b);  /* safe on a zeroed struct; leaves it zeroed */
void sb_clear(struct sb *b); /* empty again, memory and maximum kept, overflow forgotten */

void sb_put(struct sb *b, const void *p, size_t n);
void sb_putc(struct sb *b, char c);
void sb_puts(struct sb *b, const char *s);
void sb_slice(struct sb *b, struct slice s);
void sb_i64(struct sb *b, int64_t v);
void sb_printf(struct sb *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool sb_ok(const struct sb *b)
{
    return !b->overflowed;
}

static inline struct slice sb_get(const struct sb *b)
{
    return (struct slice){b->p ? b->p : "", b->n};
}

/* Terminated text; "" when nothing was put. Valid until the next put. */
static inline const char *sb_text(const struct sb *b)
{
    return b->p ? b->p : "";
}

#endif

/* SPDX-License-Identifier: MIT */
#include "core/base/sb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"

void sb_init(struct sb *b, size_t max_bytes)
{
    *b = (struct sb){.max = max_bytes};
}

void sb_done(struct sb *b)
{
    free(b->p);
    *b = (struct sb){0};
}

void sb_clear(struct sb *b)
{
    b->n = 0;
    b->overflowed = false;
    if (b->p)
        b->p[0] = '\0';
}

/* Room for n more bytes and the terminator, or overflow for good. */
static bool reserve(struct sb *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 256;
    char *p;

    if (b->overflowed || n > b->max || b->n > b->max - n) {
        b->overflowed = true;
        return false;
    }
    if (b->n + n < b->cap)
        return true;
    while (cap <= b->n + n)
        cap *= 2;
    p = realloc(b->p, cap);
    if (!p) {
        LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S("string builder")}, {"bytes", LOG_I(cap)});
        _Exit(70);
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void sb_put(struct sb *b, const void *p, size_t n)
{
    if (n == 0 || !reserve(b, n))
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void sb_putc(struct sb *b, char c)
{
    sb_put(b, &c, 1);
}

void sb_puts(struct sb *b, const char *s)
{
    sb_put(b, s, strlen(s));
}

void sb_slice(struct sb *b, struct slice s)
{
    sb_put(b, s.p, s.n);
}

void sb_i64(struct sb *b, int64_t v)
{
    char text[24];
    char *at = text + sizeof text;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

    do
        *--at = (char)('0' + u % 10);
    while (u /= 10);
    if (v < 0)
        *--at = '-';
    sb_put(b, at, (size_t)(text + sizeof text - at));
}

void sb_printf(struct sb *b, const char *fmt, ...)
{
    char small[256];
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    if ((size_t)n < sizeof small) {
        sb_put(b, small, (size_t)n);
        return;
    }
    if (!reserve(b, (size_t)n))
        return;
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

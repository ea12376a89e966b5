/* SPDX-License-Identifier: MIT */
#include "core/base/cursor.h"

#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/base/unicode.h"

#define SEPARATOR '\x1f'

char *cursor_write(struct arena *a, const struct slice *parts, size_t n)
{
    SCOPED(sb_done) struct sb all = {0};
    char *text;

    sb_init(&all, LIMIT_CURSOR_BYTES);
    for (size_t i = 0; i < n; i++) {
        if (i)
            sb_putc(&all, SEPARATOR);
        sb_slice(&all, parts[i]);
    }
    text = arena_alloc(a, 4 * ((all.n + 2) / 3) + 1);
    hash_base64url_encode((const uint8_t *)sb_text(&all), all.n, text);
    return text;
}

bool cursor_read(struct arena *a, struct slice text, struct slice *parts, size_t n)
{
    struct slice rest;
    char *raw;
    long len;
    size_t separators = 0;

    if (text.n > LIMIT_CURSOR_BYTES)
        return false;
    raw = arena_alloc(a, 3 * (text.n / 4) + 3);
    len = hash_base64url_decode(text, (uint8_t *)raw);
    if (len <= 0)
        return false;
    rest = (struct slice){raw, (size_t)len};
    if (!utf8_valid(rest) || memchr(raw, '\0', rest.n))
        return false;
    for (size_t i = 0; i < rest.n; i++)
        separators += raw[i] == SEPARATOR;
    if (separators + 1 != n)
        return false;
    for (size_t i = 0; i < n; i++)
        parts[i] = slice_cut(rest, SEPARATOR, &rest);
    return true;
}

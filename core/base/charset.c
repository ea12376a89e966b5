/* SPDX-License-Identifier: MIT */
#include "core/base/charset.h"

#include <string.h>

#include "core/base/unicode.h"

#define WRONG ((char)0xFF)

/* 80 to 9F of Windows-1252; 0 where it defines nothing. From unicode.org's CP1252.TXT. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

static const struct {
    unsigned char bytes[3];
    size_t n;
} marks[] = {
    [CHARSET_UTF8] = {{0xEF, 0xBB, 0xBF}, 3},
    [CHARSET_UTF16LE] = {{0xFF, 0xFE}, 2},
    [CHARSET_UTF16BE] = {{0xFE, 0xFF}, 2},
    [CHARSET_WINDOWS_1252] = {{0}, 0},
    [CHARSET_LATIN1] = {{0}, 0},
};

void charset_begin(struct charset_stream *s, enum charset from)
{
    *s = (struct charset_stream){.from = from};
}

/* Length of the ASCII bytes at the front. */
static size_t ascii_run(const unsigned char *p, size_t n)
{
    size_t i = 0;

    for (uint64_t v; n - i >= sizeof v; i += sizeof v) {
        memcpy(&v, p + i, sizeof v);
        if (v & 0x8080808080808080u)
            break;
    }
    while (i < n && p[i] < 0x80)
        i++;
    return i;
}

static size_t from_8bit(enum charset from, const unsigned char *p, size_t n, char *out)
{
    char *o = out;

    for (size_t i = 0; i < n;) {
        const size_t run = ascii_run(p + i, n - i);
        uint32_t cp;

        memcpy(o, p + i, run);
        o += run;
        i += run;
        if (i == n)
            break;
        cp = p[i++];
        if (from == CHARSET_WINDOWS_1252 && cp < 0xA0)
            cp = windows_1252[cp - 0x80];
        if (cp)
            o += utf8_encode(cp, o);
        else
            *o++ = WRONG;
    }
    return (size_t)(o - out);
}

/* One UTF-16 unit; at most 4 bytes for it and the half before it. */
static size_t put_unit(struct charset_stream *s, uint16_t unit, char *out)
{
    char *o = out;
    const bool low = unit >= 0xDC00 && unit <= 0xDFFF;

    if (s->high && low) {
        o += utf8_encode(0x10000 + ((uint32_t)(s->high - 0xD800) << 10) + (unit - 0xDC00u), o);
        s->high = 0;
        return (size_t)(o - out);
    }
    if (s->high)
        *o++ = WRONG;
    s->high = unit >= 0xD800 && unit <= 0xDBFF ? unit : 0;
    if (low)
        *o++ = WRONG;
    else if (!s->high)
        o += utf8_encode(unit, o);
    return (size_t)(o - out);
}

static size_t from_utf16(struct charset_stream *s, const unsigned char *p, size_t n, char *out)
{
    const unsigned le = s->from == CHARSET_UTF16LE;
    char *o = out;
    size_t i = 0;

    if (s->nheld && n) {
        const unsigned char unit[2] = {s->held[0], p[0]};

        s->nheld = 0;
        i = 1;
        o += put_unit(s, (uint16_t)(unit[le] << 8 | unit[!le]), o);
    }
    for (; n - i >= 2; i += 2) {
        const uint16_t unit = (uint16_t)(p[i + le] << 8 | p[i + !le]);

        if (unit < 0x80 && !s->high)
            *o++ = (char)unit;
        else
            o += put_unit(s, unit, o);
    }
    if (i < n)
        s->held[s->nheld++] = p[i];
    return (size_t)(o - out);
}

static size_t convert(struct charset_stream *s, const unsigned char *p, size_t n, char *out)
{
    switch (s->from) {
    case CHARSET_UTF16LE:
    case CHARSET_UTF16BE: return from_utf16(s, p, n, out);
    case CHARSET_WINDOWS_1252:
    case CHARSET_LATIN1: return from_8bit(s->from, p, n, out);
    case CHARSET_UTF8: break;
    }
    if (n)
        memcpy(out, p, n);
    return n;
}

/* The front is decided: a mark is dropped, anything else was text after all. */
static size_t release(struct charset_stream *s, char *out)
{
    unsigned char front[sizeof s->held];
    const size_t n = s->nheld;

    s->begun = true;
    s->nheld = 0;
    if (n == marks[s->from].n)
        return 0;
    memcpy(front, s->held, sizeof front);
    return convert(s, front, n, out);
}

size_t charset_push(struct charset_stream *s, const void *in, size_t n, char *out)
{
    const unsigned char *p = in;
    const unsigned char *mark = marks[s->from].bytes;
    size_t w = 0;

    while (!s->begun && n) {
        if (s->nheld < marks[s->from].n && *p == mark[s->nheld]) {
            s->held[s->nheld++] = *p++;
            n--;
        }
        if (s->nheld == marks[s->from].n || (n && *p != mark[s->nheld]))
            w += release(s, out + w);
    }
    return w + convert(s, p, n, out + w);
}

size_t charset_end(struct charset_stream *s, char *out)
{
    size_t w = s->begun ? 0 : release(s, out);

    if (s->high)
        out[w++] = WRONG;
    if (s->nheld)
        out[w++] = WRONG;
    s->high = 0;
    s->nheld = 0;
    return w;
}

/* SPDX-License-Identifier: MIT */
#include "core/base/unicode.h"

uint32_t utf8_decode(struct slice s, size_t at, unsigned *used)
{
    const unsigned char *p = (const unsigned char *)s.p + at;
    const size_t left = s.n - at;
    uint32_t cp;
    uint32_t least;
    unsigned n;

    *used = 1;
    if (p[0] < 0x80)
        return p[0];
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        n = 2;
        cp = p[0] & 0x1Fu;
        least = 0x80;
    } else if ((p[0] & 0xF0) == 0xE0) {
        n = 3;
        cp = p[0] & 0x0Fu;
        least = 0x800;
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        n = 4;
        cp = p[0] & 0x07u;
        least = 0x10000;
    } else {
        return UNICODE_REPLACEMENT;
    }
    if (left < n)
        return UNICODE_REPLACEMENT;
    for (unsigned i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return UNICODE_REPLACEMENT;
        cp = cp << 6 | (p[i] & 0x3Fu);
    }
    if (cp < least || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        return UNICODE_REPLACEMENT;
    *used = n;
    return cp;
}

size_t utf8_valid_prefix(struct slice s)
{
    size_t i = 0;

    while (i < s.n) {
        unsigned used;

        if ((unsigned char)s.p[i] < 0x80) {
            i++;
            continue;
        }
        if (utf8_decode(s, i, &used) == UNICODE_REPLACEMENT && used == 1)
            return i;
        i += used;
    }
    return s.n;
}

bool utf8_valid(struct slice s)
{
    return utf8_valid_prefix(s) == s.n;
}

unsigned utf8_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

size_t utf8_count(struct slice s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; n++) {
        unsigned used;

        utf8_decode(s, i, &used);
        i += used;
    }
    return n;
}

struct slice utf8_cut(struct slice s, size_t chars)
{
    size_t i = 0;

    while (i < s.n && chars--) {
        unsigned used;

        utf8_decode(s, i, &used);
        i += used;
    }
    return (struct slice){s.p, i};
}

/* Base letters of U+00C0..U+017F (Latin-1 Supplement letters and Latin Extended-A), lower case; '.' where the
 * character has no single base letter and stays itself. From the decompositions of UnicodeData.txt. */
static const char latin_base[] = "aaaaaa.ceeeeiiii.nooooo.ouuuuy.."  /* C0..DF */
                                 "aaaaaa.ceeeeiiii.nooooo.ouuuuy.y"  /* E0..FF */
                                 "aaaaaaccccccccddddeeeeeeeeeegggg"  /* 100..11F */
                                 "gggghhhhiiiiiiiiii..jjkk.lllllll"  /* 120..13F */
                                 "lllnnnnnn...oooooo..rrrrrrssssss"  /* 140..15F */
                                 "ssttttttuuuuuuuuuuuuwwyyyzzzzzz."; /* 160..17F */

uint32_t unicode_lower(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    if (cp >= 0xC0 && cp <= 0xDE && cp != 0xD7)
        return cp + 32;
    if (cp >= 0x100 && cp <= 0x137)
        return cp == 0x130 ? 'i' : cp | 1;
    if ((cp >= 0x139 && cp <= 0x148) || (cp >= 0x179 && cp <= 0x17E))
        return cp & 1 ? cp + 1 : cp;
    if (cp >= 0x14A && cp <= 0x177)
        return cp | 1;
    if (cp == 0x178)
        return 0xFF;
    if (cp >= 0x391 && cp <= 0x3A9)
        return cp + 32;
    if (cp >= 0x410 && cp <= 0x42F)
        return cp + 32;
    if (cp >= 0x400 && cp <= 0x40F)
        return cp + 80;
    return cp;
}

uint32_t unicode_fold(uint32_t cp)
{
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    if (cp >= 0x300 && cp <= 0x36F)
        return 0;
    if (cp >= 0xC0 && cp < 0x180) {
        const char base = latin_base[cp - 0xC0];

        if (base != '.')
            return (uint32_t)base;
    }
    if (cp == 0xD8 || cp == 0xF8)
        return 'o';
    if (cp == 0x2018 || cp == 0x2019)
        return '\'';
    if (cp == 0x201C || cp == 0x201D || cp == 0xAB || cp == 0xBB)
        return '"';
    if (cp == 0xA0)
        return ' ';
    return unicode_lower(cp);
}

bool unicode_is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

bool unicode_is_letter(uint32_t cp)
{
    if (cp < 0x80)
        return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
    if (cp == 0xAA || cp == 0xB5 || cp == 0xBA)
        return true;
    if (cp < 0xC0 || cp == 0xD7 || cp == 0xF7)
        return false;
    if (cp >= 0x2000 && cp <= 0x2BFF) /* punctuation, arrows, mathematics, symbols */
        return false;
    if (cp >= 0x3000 && cp <= 0x303F) /* CJK punctuation */
        return false;
    if ((cp >= 0xE000 && cp <= 0xF8FF) || (cp >= 0xFE00 && cp <= 0xFE6F) ||
        (cp >= 0xFF00 && cp <= 0xFF20) || (cp >= 0xFFF0 && cp <= 0xFFFF))
        return false;
    return cp < 0x1F000 || cp >= 0x20000; /* emoji are not words */
}

bool unicode_is_space(uint32_t cp)
{
    return cp == ' ' || (cp >= 9 && cp <= 13) || cp == 0x85 || cp == 0xA0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F ||
           cp == 0x205F || cp == 0x3000;
}

bool unicode_is_invisible(uint32_t cp)
{
    return cp == 0xFEFF || (cp >= 0x200B && cp <= 0x200F) || cp == 0x2060 || cp == 0xAD;
}

struct slice unicode_fold_text(struct arena *a, struct slice s)
{
    /* folding never lengthens: the longest result of a k-byte sequence has k bytes */
    char *out = arena_alloc(a, s.n + 4);
    size_t n = 0;
    bool gap = false;

    for (size_t i = 0; i < s.n;) {
        unsigned used;
        const uint32_t cp = utf8_decode(s, i, &used);
        const uint32_t folded = unicode_fold(cp);

        i += used;
        if (unicode_is_space(cp)) {
            gap = n > 0;
            continue;
        }
        if (folded == 0 || (cp == UNICODE_REPLACEMENT && used == 1))
            continue; /* a bad byte would grow to three */
        if (gap)
            out[n++] = ' ';
        gap = false;
        n += utf8_encode(folded, out + n);
    }
    return (struct slice){out, n};
}

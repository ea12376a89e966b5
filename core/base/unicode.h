/* SPDX-License-Identifier: MIT */
/*
 * unicode: UTF-8 as far as the product needs it: checking, decoding, folding for comparison.
 *
 * Folding maps a character to what a person typing in a hurry means: lower case, no Latin diacritics
 * (á -> a, ñ -> n, ü -> u, ç -> c). It keeps positions: one folded code point per decoded one, except that
 * combining marks (U+0300..U+036F) fold to 0 and are skipped by callers.
 */
#ifndef CORE_BASE_UNICODE_H
#define CORE_BASE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/slice.h"

#define UNICODE_REPLACEMENT 0xFFFDu

/* Well-formed UTF-8 (no overlong forms, surrogates or values beyond U+10FFFF). */
bool utf8_valid(struct slice s);

/* Offset of the first byte that is not well-formed UTF-8; s.n when all is. */
size_t utf8_valid_prefix(struct slice s);

/* Decodes the code point at s.p[at], at < s.n; *used gets 1 to 4. A bad byte gives U+FFFD and *used 1. */
uint32_t utf8_decode(struct slice s, size_t at, unsigned *used);

/* Writes 1 to 4 bytes and returns how many. */
unsigned utf8_encode(uint32_t cp, char out[4]);

/* Code points; a bad byte counts as one. */
size_t utf8_count(struct slice s);

/* At most `chars` code points of s, never cutting one. */
struct slice utf8_cut(struct slice s, size_t chars);

uint32_t unicode_fold(uint32_t cp);  /* lower case without diacritics; 0 for a combining mark */
uint32_t unicode_lower(uint32_t cp); /* lower case, diacritics kept; Latin, Greek, Cyrillic */
bool unicode_is_letter(
    uint32_t cp); /* good enough to cut words: Latin, Greek, Cyrillic, CJK and more */
bool unicode_is_digit(uint32_t cp); /* 0-9 */
bool unicode_is_space(uint32_t cp); /* blanks, also NBSP and the like */
/* What is in a text and on no screen: soft hyphens, zero-width and bidi characters, tags, variation selectors. */
bool unicode_is_invisible(uint32_t cp);

/* Folded copy: lower case, no diacritics, runs of white space become one space, trimmed. */
struct slice unicode_fold_text(struct arena *a, struct slice s);

#endif

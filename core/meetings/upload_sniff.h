/* SPDX-License-Identifier: MIT */
/*
 * upload_sniff: what the bytes of a file say about what it is and how its text is encoded. Pure.
 */
#ifndef CORE_MEETINGS_UPLOAD_SNIFF_H
#define CORE_MEETINGS_UPLOAD_SNIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/charset.h"
#include "core/base/slice.h"

enum sniff_kind {
    SNIFF_TEXT, /* nothing speaks against it; see sniff_binary() */
    SNIFF_ARCHIVE,
    SNIFF_SPREADSHEET, /* xlsx, xls, ods, numbers */
    SNIFF_DOCUMENT,    /* PDF and other files that are never a table */
};

/* By the marks that formats begin with. `tail` is the end of the file, where a zip keeps its list; may overlap. */
enum sniff_kind sniff_kind(struct slice head, struct slice tail);

/* More control characters than a text has that lost a few bytes: compressed data, a program, a picture, zeros. */
bool sniff_binary(struct slice head, enum charset from);

/* The encoding that a byte order mark names. *bytes is the mark's length. UTF-32 is none of ours: see sniff_utf32(). */
bool sniff_mark(struct slice head, enum charset *out, size_t *bytes);
bool sniff_utf32(struct slice head);

/* UTF-16 without a mark: in the text of a table every other byte is nearly always zero. */
bool sniff_utf16(struct slice head, enum charset *out);

/* What speaks for UTF-8 and what against it. */
struct sniff_utf8 {
    uint64_t sequences; /* of several bytes, well-formed */
    uint64_t broken;    /* bytes that belong to none */
};

/* Adds to *e. A sequence that the end of `s` cuts counts as broken only if it is the end of the file too. */
void sniff_utf8(struct slice s, bool is_end, struct sniff_utf8 *e);

/*
 * UTF-8 unless more speaks against it than for it: then a few bad bytes are their rows' errors, and not mojibake in all
 * rows. Else Windows-1252, never ISO 8859-1: it holds every character of that, and what the two read differently are
 * control characters that no spreadsheet writes.
 */
enum charset sniff_8bit(const struct sniff_utf8 *e);

/*
 * Whether Windows-1252 makes of these bytes what no Spanish, English or Portuguese text has: signs in the middle of
 * words, three marked letters in a row, characters that are not of these languages. So look CP850, MacRoman, GB18030 and
 * others. Which one it is cannot be told from a few names, so it is not guessed.
 */
bool sniff_looks_wrong(struct slice s);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * locate: where in a transcript a quote stands.
 *
 * A quote is found as it is (EXACT), or after both were folded (NORMALISED): case, accents, runs of blanks, kinds of
 * quotation marks and dashes, "…" and "...", soft hyphens and other characters that nobody sees; signs at the ends of the
 * quote do not count. "..." inside a quote may also stand for words left out: up to LOCATE_PARTS pieces, each with a word
 * that says something, of one sentence, at most LOCATE_GAP_BYTES apart.
 *
 * What is found begins and ends with whole words: "500" is not in "1500", nor "confidential" in "unconfidential". Of
 * several places the first is given.
 *
 * A transcript is folded once; each search takes time in proportion to the transcript and to the quote, whatever they
 * hold. Any bytes are safe; bad ones separate words.
 */
#ifndef CORE_INSIGHT_LOCATE_H
#define CORE_INSIGHT_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/slice.h"

enum {
    LOCATE_QUOTE_BYTES = 8192, /* a longer one is not found */
    LOCATE_PARTS = 4,
    LOCATE_GAP_BYTES = 300,            /* between two pieces, folded */
    LOCATE_PART_PLACES = 4096,         /* of one piece that are looked at, the first ones */
    LOCATE_TRANSCRIPT_BYTES = 4 << 20, /* what follows is not searched */
};

struct locate_text {
    struct slice raw;
    struct slice fold;      /* UTF-8 */
    const uint32_t *starts; /* of each byte of fold: where its character begins in raw */
};

enum locate_status { LOCATE_NONE, LOCATE_EXACT, LOCATE_NORMALISED };

struct locate_span {
    uint32_t start, end; /* bytes of raw, on UTF-8 boundaries, start < end */
};

/* Takes five bytes of arena a byte of transcript. *out borrows the transcript. */
void locate_prepare(struct arena *a, struct slice transcript, struct locate_text *out);

/* LOCATE_NONE leaves *out untouched. Takes some 100 KB of stack. */
enum locate_status locate_quote(const struct locate_text *t, struct slice quote,
                                struct locate_span *out);

/* Whether a text could prove anything: it has a word of three letters or digits that is not one of the small words
 * (el, con, the, yes...), or a number. */
bool locate_says_something(struct slice text);

#endif

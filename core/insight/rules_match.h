/* SPDX-License-Identifier: MIT */
/*
 * rules_match: finds the patterns of a lexicon in a cut text.
 *
 * A pattern is a run of folded words: "tienda de ropa". In it
 *   a/b     one of these words
 *   word*   any word that begins so
 *   ~3      up to three words of any kind
 * A match never leaves its sentence. A row of a lexicon holds several patterns, separated by " | ".
 */
#ifndef CORE_INSIGHT_RULES_MATCH_H
#define CORE_INSIGHT_RULES_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/insight/rules_text.h"

struct rules_row {
    const char *code; /* NULL: the words mean nothing here, and hide shorter matches inside them */
    int weight;
    const char *patterns;
};

/* One sense of words: a field, or a cue. Rows end with one whose patterns are NULL. */
struct rules_lexicon {
    const struct rules_row *rows;
};

struct rules_hit {
    const struct rules_row *row;
    uint32_t first, last; /* words, both inside */
    uint16_t sense;       /* index of the lexicon */
};

struct rules_hits {
    struct rules_hit *items;
    size_t n;
};

enum {
    RULES_HITS = 4096,       /* kept at most; a transcript has some hundred */
    RULES_PATTERN_WORDS = 24 /* longest stretch of words that a pattern may cover */
};

/* All matches of all lexicons, in text order. Of two of one sense where one lies inside the other, the longer
 * stays. Where a word starts more than one match of a row, the shortest is taken. */
void rules_match(struct arena *a, const struct rules_text *t, const struct rules_lexicon *lexicons,
                 size_t n, struct rules_hits *out);

/* Whether word `at` is one of "a/b/c*". */
bool rules_word_is(const struct rules_text *t, size_t at, const char *words);

/* Whether `pattern` (a single one) matches at word `at`; *last gets its last word. */
bool rules_pattern_at(const struct rules_text *t, size_t at, const char *pattern, size_t *last);

#endif

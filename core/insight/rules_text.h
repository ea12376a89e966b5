/* SPDX-License-Identifier: MIT */
/*
 * rules_text: a transcript cut into words, each with its folded form, sentence and clause.
 *
 * Works on any bytes: what is not well-formed UTF-8 separates words, as punctuation does. Only the first
 * RULES_TEXT_BYTES are looked at (two hours of talk are about 100 KB); memory is about 30 times that.
 */
#ifndef CORE_INSIGHT_RULES_TEXT_H
#define CORE_INSIGHT_RULES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/slice.h"

enum {
    RULES_TEXT_BYTES = 256 << 10,
    RULES_WORD_BYTES = 48,      /* of the folded form; what follows in a longer word is ignored */
    RULES_SENTENCE_WORDS = 300, /* a longer one is cut, so that looking round in one stays cheap */
};

struct rules_word {
    uint32_t start, end; /* bytes in the transcript */
    uint32_t fold;       /* offset in rules_text.fold */
    uint32_t sentence;   /* counted from 0 */
    uint32_t clause;     /* counted from 0 through the whole text; commas and the like end one */
    uint8_t fold_n;
    bool number;      /* digits; `amount` holds the value */
    bool percent;     /* a % follows */
    bool money;       /* a currency sign stands before it */
    bool dash, slash; /* joined to the word before by - or / */
    int64_t amount;
};

struct rules_text {
    struct slice raw;
    const char *fold;
    struct rules_word *words;
    size_t n;
};

void rules_text_cut(struct arena *a, struct slice transcript, struct rules_text *out);

/* One past the last word of the sentence (clause) that holds word `at`. */
size_t rules_sentence_end(const struct rules_text *t, size_t at);
size_t rules_clause_end(const struct rules_text *t, size_t at);
/* First word of that sentence (clause). */
size_t rules_sentence_start(const struct rules_text *t, size_t at);
size_t rules_clause_start(const struct rules_text *t, size_t at);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * rules: the built-in reader. Answers all fields from a transcript in Spanish or English with lexicons and
 * patterns, offline and always the same way.
 *
 * It says only what the words say: a size that is not stated stays missing, a volume needs a number, something
 * counted and a unit of time. Every value it gives stands in the transcript; the offsets point at the words.
 *
 * Bounds: the first RULES_TEXT_BYTES are read; at most RULES_PHRASES phrases a field, of RULES_PHRASE_WORDS words
 * at most. Takes some 320 KB of arena, and 30 bytes more a byte of text. Time grows linearly with the text. Any bytes are safe.
 */
#ifndef CORE_INSIGHT_RULES_H
#define CORE_INSIGHT_RULES_H

#include "core/base/arena.h"
#include "core/base/slice.h"
#include "core/insight/reading.h"

/* Changes whenever the same transcript could be answered differently. */
#define RULES_MODEL "rules-1"

enum {
    RULES_PHRASES = 8,
    RULES_PHRASE_WORDS = 15,
    RULES_PHRASE_WORDS_MIN = 3,
};

/* Cannot fail. `out` borrows from the arena only. */
void rules_read(struct arena *a, struct slice transcript, struct reading *out);

#endif

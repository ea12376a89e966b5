/* SPDX-License-Identifier: MIT */
/*
 * ngram: `hashed-ngram-1`, vectors of texts without a model: offline, deterministic, free.
 *
 * Feature hashing (Weinberger, Dasgupta, Langford, Smola, Attenberg: Feature Hashing for Large Scale Multitask Learning,
 * ICML 2009): each feature adds plus or minus its weight, by one hash, to the component that another hash picks, so that
 * collisions cancel on average and inner products are kept in expectation. Features, of the text in lower case without
 * diacritics: words (1), pairs of neighbouring words (3/4), and runs of three to five characters of each word with its
 * bounds marked (1/4), which find inflections and misspellings. Each component is replaced by its signed square root, so
 * that words on every line do not drown the others, and the vector has length 1.
 *
 * It finds texts that use the same words. Texts that say the same in other words need a model.
 */
#ifndef CORE_LLM_NGRAM_H
#define CORE_LLM_NGRAM_H

#include "core/base/arena.h"
#include "core/base/slice.h"

#define LLM_NGRAM_MODEL "hashed-ngram-1"
enum {
    LLM_NGRAM_DIMENSIONS = 1536
}; /* of OpenAI's text-embedding-3-small, so that both fit one column */

/* out: `dimensions` floats, 1 to LIMIT_LLM_DIMENSIONS; always of length 1, also of an empty text. The folded copy of the
 * text is in `scratch`. The same text gives the same vector everywhere. */
void llm_ngram_embed(struct arena *scratch, struct slice text, int dimensions, float *out);

#endif

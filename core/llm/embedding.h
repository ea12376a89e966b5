/* SPDX-License-Identifier: MIT */
/*
 * embedding: the text of a request for vectors, what its answer says, and how many texts go into one call. Pure.
 */
#ifndef CORE_LLM_EMBEDDING_H
#define CORE_LLM_EMBEDDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/sb.h"
#include "core/base/slice.h"
#include "core/llm/chat.h"

struct llm_embed {
    const char *model;
    const struct slice *texts; /* none empty; what llm_embed_take() gave */
    size_t n; /* 1 to LIMIT_LLM_EMBED_TEXTS; n * dimensions at most LIMIT_HTTP_CLIENT_BYTES / 8 */
    int dimensions; /* 1 to LIMIT_LLM_DIMENSIONS: the length every vector must have */
    bool native; /* that is the model's own: not sent, for servers that know no parameter for it */
    int64_t total_ms; /* 0: the client's */
};

/* Row after row, in the order of the texts. As they came: normalising is the caller's business. */
struct llm_vectors {
    const float *values; /* n * dimensions, all finite */
    size_t n;
    int dimensions;
};

/* Bounds of one call, in estimated tokens (core/llm/tokens.h); 0: the default. */
struct llm_embed_bounds {
    size_t texts;        /* 256 */
    int64_t call_tokens; /* 100,000 */
    int64_t text_tokens; /* 8,000: a longer text is cut between characters */
};

/* How many of the first texts go into one call: at least one when n > 0. cut[0..result) gets them, cut to their bound
 * (cut has room for n); *tokens what they are estimated at together. */
size_t llm_embed_take(const struct llm_embed_bounds *bounds, const struct slice *texts, size_t n,
                      struct slice *cut, int64_t *tokens);

bool llm_embed_write(const struct llm_embed *embed, struct sb *out);

/* Reads the body of a 2xx answer: vectors as numbers or as base64 of little-endian floats, placed by their index. */
enum llm_fault llm_embed_read(struct slice body, size_t n, int dimensions, struct arena *a,
                              struct llm_answer_head *head, struct llm_vectors *out);

#endif

/* SPDX-License-Identifier: MIT */
#include "core/llm/embedding.h"

#include <math.h>
#include <openssl/evp.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/llm/answer.h"
#include "core/llm/tokens.h"

enum {
    TEXTS = 256,
    CALL_TOKENS = 100000,
    TEXT_TOKENS = 8000,
    VALUES = LIMIT_HTTP_CLIENT_BYTES / 8, /* of one answer: in base64 they are 5.4 bytes each */
};

/* Vectors are copied from the wire as they are. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "base64 vectors are little-endian");
_Static_assert(sizeof(float) == 4, "base64 vectors are of 32-bit floats");

size_t llm_embed_take(const struct llm_embed_bounds *bounds, const struct slice *texts, size_t n,
                      struct slice *cut, int64_t *tokens)
{
    const size_t most = bounds->texts ? bounds->texts : TEXTS;
    const int64_t call = bounds->call_tokens ? bounds->call_tokens : CALL_TOKENS;
    const int64_t text = bounds->text_tokens ? bounds->text_tokens : TEXT_TOKENS;
    int64_t sum = 0;
    size_t i = 0;

    for (; i < n && i < most; i++) {
        const struct slice piece = llm_tokens_cut(texts[i], text);
        const int64_t t = llm_tokens_estimate(piece);

        if (i > 0 && t > call - sum)
            break;
        cut[i] = piece;
        sum += t;
    }
    *tokens = sum;
    return i;
}

static bool may_be_asked(const struct llm_embed *e)
{
    if (!e->model || !e->model[0] || strlen(e->model) > LIMIT_LLM_MODEL_BYTES || e->n < 1 ||
        e->n > LIMIT_LLM_EMBED_TEXTS || e->dimensions < 1 || e->dimensions > LIMIT_LLM_DIMENSIONS ||
        e->n * (size_t)e->dimensions > VALUES)
        return false;
    for (size_t i = 0; i < e->n; i++) {
        if (e->texts[i].n == 0)
            return false;
    }
    return true;
}

bool llm_embed_write(const struct llm_embed *e, struct sb *out)
{
    struct jw w;

    if (!may_be_asked(e))
        return false;
    jw_init(&w, out);
    jw_object(&w);
    jw_kstr(&w, "model", e->model);
    jw_key(&w, "input");
    jw_array(&w);
    for (size_t i = 0; i < e->n; i++)
        jw_slice(&w, e->texts[i]);
    jw_end(&w);
    if (!e->native)
        jw_ki64(&w, "dimensions", e->dimensions);
    /* a third of the bytes, and no numbers to parse; servers that do not know it answer numbers */
    jw_kstr(&w, "encoding_format", "base64");
    jw_end(&w);
    return sb_ok(out);
}

/* ---- reading ---- */

static bool all_finite(const float *v, int n)
{
    for (int i = 0; i < n; i++) {
        if (!isfinite(v[i]))
            return false;
    }
    return true;
}

static bool read_base64(const json_t *text, int dimensions, unsigned char *scratch, float *out)
{
    const size_t bytes = (size_t)dimensions * sizeof *out;
    const size_t length = (bytes + 2) / 3 * 4;
    const size_t n = json_string_length(text);

    if (n != length || EVP_DecodeBlock(scratch, (const unsigned char *)json_string_value(text),
                                       (int)n) < (int)bytes)
        return false;
    memcpy(out, scratch, bytes);
    return true;
}

static bool read_numbers(const json_t *array, int dimensions, float *out)
{
    if (json_array_size(array) != (size_t)dimensions)
        return false;
    for (int i = 0; i < dimensions; i++) {
        const json_t *v = json_array_get(array, (size_t)i);

        if (!json_is_number(v))
            return false;
        out[i] = (float)json_number_value(v);
    }
    return true;
}

/* Where each vector belongs is said by its index; a server that says none keeps the order. */
static bool index_of(const json_t *item, size_t at, size_t n, size_t *out)
{
    const json_t *index = json_object_get(item, "index");

    if (!index) {
        *out = at;
        return true;
    }
    if (!json_is_integer(index) || json_integer_value(index) < 0 ||
        (uint64_t)json_integer_value(index) >= n)
        return false;
    *out = (size_t)json_integer_value(index);
    return true;
}

static enum llm_fault read_all(const json_t *data, size_t n, int dimensions, struct arena *a,
                               float *values)
{
    unsigned char *scratch = arena_alloc(a, (size_t)dimensions * sizeof *values + 3);
    bool *there = arena_zalloc(a, n, sizeof *there);

    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(data, i);
        const json_t *vector = json_object_get(item, "embedding");
        size_t at;
        float *row;

        if (!index_of(item, i, n, &at) || there[at])
            return LLM_VECTORS_WRONG;
        there[at] = true;
        row = values + at * (size_t)dimensions;
        if (!(json_is_string(vector) ? read_base64(vector, dimensions, scratch, row)
                                     : read_numbers(vector, dimensions, row)) ||
            !all_finite(row, dimensions))
            return LLM_VECTORS_WRONG;
    }
    return LLM_OK;
}

enum llm_fault llm_embed_read(struct slice body, size_t n, int dimensions, struct arena *a,
                              struct llm_answer_head *head, struct llm_vectors *out)
{
    SCOPED(json_drop) json_t *root = NULL;
    enum llm_fault fault = llm_answer_json(body, &root);
    const json_t *data;
    float *values;

    *head = (struct llm_answer_head){0};
    if (fault != LLM_OK)
        return fault;
    llm_answer_head_read(root, head);
    data = json_object_get(root, "data");
    if (!json_is_array(data))
        return LLM_ANSWER_MALFORMED;
    if (json_array_size(data) != n)
        return json_array_size(data) == 0 ? LLM_ANSWER_EMPTY : LLM_VECTORS_WRONG;
    values = arena_zalloc(a, n * (size_t)dimensions, sizeof *values);
    fault = read_all(data, n, dimensions, a, values);
    if (fault == LLM_OK)
        *out = (struct llm_vectors){.values = values, .n = n, .dimensions = dimensions};
    return fault;
}

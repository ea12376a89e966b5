/* SPDX-License-Identifier: MIT */
#include "core/llm/answer.h"

#include <string.h>

static const int64_t TOKENS_MAX = INT64_C(1) << 40;

/* It began as an object, and something of it is still open at the end. */
static bool ends_in_the_middle(struct slice text)
{
    bool in_string = false;
    int64_t depth = 0;

    text = slice_trim(text);
    if (text.n == 0 || text.p[0] != '{')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];

        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '{' || c == '['))
            depth++;
        else if (!in_string && (c == '}' || c == ']'))
            depth--;
    }
    return in_string || depth > 0;
}

enum llm_fault llm_answer_json(struct slice body, json_t **out)
{
    json_t *root = NULL;

    if (json_read(body, &root) != JSON_OK)
        return ends_in_the_middle(body) ? LLM_ANSWER_TRUNCATED : LLM_ANSWER_MALFORMED;
    if (!json_is_object(root)) {
        json_decref(root);
        return LLM_ANSWER_MALFORMED;
    }
    *out = root;
    return LLM_OK;
}

void llm_answer_word(const char *text, char *out, size_t n)
{
    const size_t length = text ? strlen(text) : 0;

    out[0] = '\0';
    if (length == 0 || length >= n)
        return;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '!' || text[i] > '~')
            return;
    }
    memcpy(out, text, length + 1);
}

static bool in_bounds(int64_t v)
{
    return v >= 0 && v <= TOKENS_MAX;
}

static void usage_read(const json_t *usage, struct llm_usage *out)
{
    struct llm_usage u = {0};

    if (!json_i64(usage, "prompt_tokens", &u.input) || !in_bounds(u.input))
        return;
    /* embeddings have none */
    if (json_object_get(usage, "completion_tokens") &&
        (!json_i64(usage, "completion_tokens", &u.output) || !in_bounds(u.output)))
        return;
    (void)json_i64(json_object_get(usage, "prompt_tokens_details"), "cached_tokens", &u.cached);
    if (u.cached < 0 || u.cached > u.input) /* the dearer reading */
        u.cached = 0;
    u.known = true;
    *out = u;
}

void llm_answer_head_read(const json_t *root, struct llm_answer_head *out)
{
    struct llm_answer_head head = {0};

    llm_answer_word(json_str(root, "id"), head.id, sizeof head.id);
    llm_answer_word(json_str(root, "model"), head.model, sizeof head.model);
    usage_read(json_object_get(root, "usage"), &head.usage);
    *out = head;
}

/* SPDX-License-Identifier: MIT */
#include "core/llm/chat.h"

#include <math.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/llm/answer.h"

static const char *const roles[] = {
    [LLM_SYSTEM] = "system", [LLM_USER] = "user", [LLM_ASSISTANT] = "assistant"};

/* ---- writing ---- */

/* As OpenAI has it for the name of a schema. */
static bool is_schema_name(const char *s)
{
    const size_t n = s ? strlen(s) : 0;

    return n > 0 && n <= 64 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == n;
}

static bool is_schema(struct slice text)
{
    SCOPED(json_drop) json_t *schema = NULL;

    return json_read(text, &schema) == JSON_OK && json_is_object(schema);
}

static bool may_be_asked(const struct llm_chat *c)
{
    return c->model && c->model[0] && strlen(c->model) <= LIMIT_LLM_MODEL_BYTES &&
           c->nmessages > 0 && c->nmessages <= LIMIT_LLM_MESSAGES && c->max_output_tokens > 0 &&
           c->max_output_tokens <= LIMIT_LLM_OUTPUT_TOKENS &&
           (!c->has_temperature ||
            (isfinite(c->temperature) && c->temperature >= 0 && c->temperature <= 2)) &&
           (c->schema.n == 0 || (is_schema_name(c->schema_name) && is_schema(c->schema)));
}

static void write_messages(struct jw *w, const struct llm_chat *c)
{
    jw_key(w, "messages");
    jw_array(w);
    for (size_t i = 0; i < c->nmessages; i++) {
        jw_object(w);
        jw_kstr(w, "role", roles[c->messages[i].role]);
        jw_kslice(w, "content", c->messages[i].text);
        jw_end(w);
    }
    jw_end(w);
}

static void write_schema(struct jw *w, const struct llm_chat *c)
{
    jw_key(w, "response_format");
    jw_object(w);
    jw_kstr(w, "type", "json_schema");
    jw_key(w, "json_schema");
    jw_object(w);
    jw_kstr(w, "name", c->schema_name);
    jw_kbool(w, "strict", true);
    jw_key(w, "schema");
    jw_raw(w, c->schema);
    jw_end(w);
    jw_end(w);
}

bool llm_chat_write(enum llm_dialect dialect, const struct llm_chat *c, struct sb *out)
{
    struct jw w;

    if (!may_be_asked(c))
        return false;
    jw_init(&w, out);
    jw_object(&w);
    jw_kstr(&w, "model", c->model);
    /* what does not change from call to call comes first: providers charge less for a beginning they saw before */
    write_messages(&w, c);
    if (c->schema.n > 0)
        write_schema(&w, c);
    /* OpenAI refuses the old name for its newer models and both at once; others know only the old one */
    jw_ki64(&w, dialect == LLM_COMPATIBLE ? "max_tokens" : "max_completion_tokens",
            c->max_output_tokens);
    if (c->has_temperature) {
        jw_key(&w, "temperature");
        jw_real(&w, c->temperature);
    }
    if (c->has_seed)
        jw_ki64(&w, "seed", c->seed);
    jw_end(&w);
    return sb_ok(out);
}

/* ---- reading ---- */

static enum llm_finish finish_of(const char *word)
{
    if (!word || strcmp(word, "stop") == 0)
        return LLM_FINISH_STOP;
    if (strcmp(word, "length") == 0)
        return LLM_FINISH_LENGTH;
    return strcmp(word, "content_filter") == 0 ? LLM_FINISH_FILTER : LLM_FINISH_OTHER;
}

static struct slice copy(struct arena *a, const char *s)
{
    return s ? slice_cstr(arena_strdup(a, s)) : SLICE("");
}

static enum llm_fault judge(const struct llm_chat_answer *answer)
{
    if (answer->refusal.n > 0)
        return LLM_REFUSED;
    switch (answer->finish) {
    case LLM_FINISH_FILTER: return LLM_CONTENT_FILTERED;
    case LLM_FINISH_LENGTH: return LLM_LENGTH_CUT;
    default: return answer->text.n > 0 ? LLM_OK : LLM_ANSWER_EMPTY;
    }
}

static enum llm_fault read_choice(const json_t *root, struct arena *a, struct llm_chat_answer *out)
{
    const json_t *choices = json_object_get(root, "choices");
    const json_t *choice = json_array_get(choices, 0);
    const json_t *message = json_object_get(choice, "message");
    const json_t *content = json_object_get(message, "content");
    struct llm_chat_answer answer;
    enum llm_fault fault;

    if (json_is_array(choices) && json_array_size(choices) == 0)
        return LLM_ANSWER_EMPTY;
    if (!json_is_object(message) || !(json_is_string(content) || json_is_null(content) || !content))
        return LLM_ANSWER_MALFORMED;
    answer = (struct llm_chat_answer){.text = copy(a, json_string_value(content)),
                                      .refusal = copy(a, json_str(message, "refusal")),
                                      .finish = finish_of(json_str(choice, "finish_reason"))};
    fault = judge(&answer);
    if (fault != LLM_ANSWER_EMPTY)
        *out = answer;
    return fault;
}

enum llm_fault llm_chat_read(struct slice body, struct arena *a, struct llm_answer_head *head,
                             struct llm_chat_answer *out)
{
    SCOPED(json_drop) json_t *root = NULL;
    enum llm_fault fault = llm_answer_json(body, &root);

    *out = (struct llm_chat_answer){0};
    *head = (struct llm_answer_head){0};
    if (fault != LLM_OK)
        return fault;
    llm_answer_head_read(root, head);
    return read_choice(root, a, out);
}

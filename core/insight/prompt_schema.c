/* SPDX-License-Identifier: MIT */
#include "core/insight/prompt_schema.h"

#include "core/base/json.h"
#include "core/insight/prove.h"

static void write_type(struct jw *w, const char *type, bool nullable)
{
    jw_key(w, "type");
    if (!nullable) {
        jw_str(w, type);
        return;
    }
    jw_array(w);
    jw_str(w, type);
    jw_str(w, "null");
    jw_end(w);
}

static void write_leaf(struct jw *w, const char *name, const char *type, bool nullable)
{
    jw_key(w, name);
    jw_object(w);
    write_type(w, type, nullable);
    jw_end(w);
}

/* An enum that may be null has to list it too. */
static void write_options(struct jw *w, const struct reading_question *q, bool nullable)
{
    jw_key(w, "value");
    jw_object(w);
    write_type(w, "string", nullable);
    jw_key(w, "enum");
    jw_array(w);
    for (int i = 0; i < q->option_count; i++)
        jw_str(w, q->options[i].value);
    if (nullable)
        jw_null(w);
    jw_end(w);
    jw_end(w);
}

static void write_period(struct jw *w)
{
    jw_key(w, "period");
    jw_object(w);
    write_type(w, "string", true);
    jw_key(w, "enum");
    jw_array(w);
    for (int i = 0; i < PROVE_PERIODS; i++)
        jw_str(w, prove_period_names[i]);
    jw_null(w);
    jw_end(w);
    jw_end(w);
}

static void object_begin(struct jw *w)
{
    jw_object(w);
    jw_kstr(w, "type", "object");
    jw_key(w, "properties");
    jw_object(w);
}

static void object_end(struct jw *w, const char *const *required)
{
    jw_end(w);
    jw_key(w, "required");
    jw_array(w);
    for (; *required; required++)
        jw_str(w, *required);
    jw_end(w);
    jw_kbool(w, "additionalProperties", false);
    jw_end(w);
}

/* {"value", "quote"}; in a list neither is null: what was not said is not listed. */
static void write_value(struct jw *w, const struct reading_question *q)
{
    static const char *const required[] = {"value", "quote", NULL};
    const bool nullable = !question_is_list(q->kind);

    object_begin(w);
    if (q->options)
        write_options(w, q, nullable && !q->fallback);
    else if (q->kind == READING_BOOL)
        write_leaf(w, "value", "boolean", false);
    else
        write_leaf(w, "value", "string", nullable);
    write_leaf(w, "quote", "string", nullable);
    object_end(w, required);
}

static void write_number(struct jw *w, const struct reading_question *q)
{
    static const char *const once[] = {"number", "quote", NULL};
    static const char *const daily[] = {"number", "period", "quote", NULL};

    object_begin(w);
    write_leaf(w, "number", "integer", true);
    if (q->daily)
        write_period(w);
    write_leaf(w, "quote", "string", true);
    object_end(w, q->daily ? daily : once);
}

static void write_question(struct jw *w, const struct reading_question *q)
{
    if (q->kind == READING_SHARE) {
        jw_object(w);
        write_type(w, "number", false);
        jw_end(w);
    } else if (q->kind == READING_COUNT) {
        write_number(w, q);
    } else if (question_is_list(q->kind)) {
        jw_object(w);
        write_type(w, "array", false);
        jw_key(w, "items");
        write_value(w, q);
        jw_end(w);
    } else {
        write_value(w, q);
    }
}

void prompt_schema_write(struct sb *out, const struct reading_plan *plan)
{
    char property[QUESTION_PROPERTY_BYTES];
    struct jw w;

    jw_init(&w, out);
    object_begin(&w);
    for (size_t i = 0; i < plan->n; i++) {
        question_property(&plan->questions[i], property);
        jw_key(&w, property);
        write_question(&w, &plan->questions[i]);
    }
    jw_end(&w);
    jw_key(&w, "required");
    jw_array(&w);
    for (size_t i = 0; i < plan->n; i++) {
        question_property(&plan->questions[i], property);
        jw_str(&w, property);
    }
    jw_end(&w);
    jw_kbool(&w, "additionalProperties", false);
    jw_end(&w);
}

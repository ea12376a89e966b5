/* SPDX-License-Identifier: MIT */
#include "core/insight/answer_shape.h"

#include <math.h>
#include <string.h>

#include "core/base/unicode.h"

struct checker {
    struct arena *arena;
    struct answer *out;
    const struct reading_question *question;
    struct answer_problem at; /* field and item that is looked at */
    size_t items;             /* of all lists so far */
};

void answer_shape_problem(struct arena *a, struct answer *out, struct answer_problem problem,
                          const char *value)
{
    if (out->n == ANSWER_PROBLEMS)
        return;
    if (value)
        problem.value = arena_slicedup(a, utf8_cut(slice_cstr(value), ANSWER_PROBLEM_CHARS));
    out->problems[out->n++] = problem;
}

static void problem(struct checker *c, enum answer_code code, const char *part, const char *value)
{
    struct answer_problem p = c->at;

    p.code = code;
    p.part = part;
    answer_shape_problem(c->arena, c->out, p, value);
}

/* ---- leaves ---- */

static void check_text(struct checker *c, const json_t *v, const char *part, size_t chars,
                       bool nullable)
{
    if (json_is_null(v) && nullable)
        return;
    if (!json_is_string(v))
        problem(c, ANSWER_TYPE, part, NULL);
    else if (utf8_count((struct slice){json_string_value(v), json_string_length(v)}) > chars)
        problem(c, ANSWER_TEXT_LENGTH, part, NULL);
}

static void check_option(struct checker *c, const json_t *v, bool nullable)
{
    if (json_is_null(v) && nullable)
        return;
    if (!json_is_string(v))
        problem(c, ANSWER_TYPE, "value", NULL);
    else if (question_option(c->question, json_string_value(v)) < 0)
        problem(c, ANSWER_OPTION, "value", json_string_value(v));
}

static void check_count(struct checker *c, const json_t *v)
{
    if (json_is_null(v))
        return;
    if (!json_is_integer(v))
        problem(c, ANSWER_TYPE, "number", NULL);
    else if (json_integer_value(v) < 0 || json_integer_value(v) > PROVE_NUMBER_MAX)
        problem(c, ANSWER_RANGE, "number", NULL);
}

static void check_period(struct checker *c, const json_t *v)
{
    enum prove_period period;

    if (json_is_null(v))
        return;
    if (!json_is_string(v))
        problem(c, ANSWER_TYPE, "period", NULL);
    else if (!prove_period_find(json_string_value(v), &period))
        problem(c, ANSWER_OPTION, "period", json_string_value(v));
}

static void check_share(struct checker *c, const json_t *v)
{
    if (!json_is_number(v))
        problem(c, ANSWER_TYPE, NULL, NULL);
    else if (!(json_number_value(v) >= 0 && json_number_value(v) <= 1))
        problem(c, ANSWER_RANGE, NULL, NULL);
}

/* ---- objects ---- */

/* Whether `v` is an object of exactly these members. */
static bool check_members(struct checker *c, const json_t *v, const char *const *names)
{
    size_t n = 0;

    if (!json_is_object(v)) {
        problem(c, ANSWER_TYPE, NULL, NULL);
        return false;
    }
    for (; names[n]; n++) {
        if (json_object_get(v, names[n]))
            continue;
        problem(c, ANSWER_MISSING, names[n], NULL);
        return false;
    }
    if (json_object_size(v) == n)
        return true;
    problem(c, ANSWER_UNKNOWN, NULL, NULL);
    return false;
}

static void check_value(struct checker *c, const json_t *v, bool nullable)
{
    static const char *const members[] = {"value", "quote", NULL};
    const json_t *value;

    if (!check_members(c, v, members))
        return;
    value = json_object_get(v, "value");
    check_text(c, json_object_get(v, "quote"), "quote", ANSWER_QUOTE_CHARS, nullable);
    switch (c->question->kind) {
    case READING_CODE: check_option(c, value, !c->question->fallback); break;
    case READING_CODES: check_option(c, value, false); break;
    case READING_BOOL:
        if (!json_is_boolean(value))
            problem(c, ANSWER_TYPE, "value", NULL);
        break;
    case READING_TEXT: check_text(c, value, "value", ANSWER_TEXT_CHARS, true); break;
    case READING_PHRASES:
    case READING_SENTENCES: check_text(c, value, "value", ANSWER_TEXT_CHARS, false); break;
    case READING_COUNT:
    case READING_SHARE: break; /* not of this shape */
    }
}

static void check_number(struct checker *c, const json_t *v)
{
    static const char *const once[] = {"number", "quote", NULL};
    static const char *const daily[] = {"number", "period", "quote", NULL};

    if (!check_members(c, v, c->question->daily ? daily : once))
        return;
    check_count(c, json_object_get(v, "number"));
    if (c->question->daily)
        check_period(c, json_object_get(v, "period"));
    check_text(c, json_object_get(v, "quote"), "quote", ANSWER_QUOTE_CHARS, true);
}

static size_t most_items(enum reading_kind kind)
{
    return kind == READING_CODES       ? ANSWER_CODES
           : kind == READING_SENTENCES ? ANSWER_SENTENCES
                                       : ANSWER_PHRASES;
}

static void check_list(struct checker *c, const json_t *v)
{
    if (!json_is_array(v)) {
        problem(c, ANSWER_TYPE, NULL, NULL);
        return;
    }
    c->items += json_array_size(v);
    if (json_array_size(v) > most_items(c->question->kind) || c->items > ANSWER_ITEMS) {
        problem(c, ANSWER_LIST_LENGTH, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < json_array_size(v); i++) {
        c->at.item = (int)i;
        check_value(c, json_array_get(v, i), false);
    }
    c->at.item = -1;
}

static void check_question(struct checker *c, const json_t *root)
{
    char property[QUESTION_PROPERTY_BYTES];
    const json_t *v;

    question_property(c->question, property);
    v = json_object_get(root, property);
    if (!v)
        problem(c, ANSWER_MISSING, NULL, NULL);
    else if (c->question->kind == READING_SHARE)
        check_share(c, v);
    else if (c->question->kind == READING_COUNT)
        check_number(c, v);
    else if (question_is_list(c->question->kind))
        check_list(c, v);
    else
        check_value(c, v, true);
}

static bool asked_for(const struct reading_plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->n; i++) {
        char property[QUESTION_PROPERTY_BYTES];

        question_property(&plan->questions[i], property);
        if (strcmp(property, key) == 0)
            return true;
    }
    return false;
}

void answer_shape_check(struct arena *a, const struct reading_plan *plan, const json_t *root,
                        struct answer *out)
{
    struct checker c = {.arena = a, .out = out, .at = {.field = -1, .item = -1}};
    const char *key;
    json_t *v;

    if (!json_is_object(root)) {
        problem(&c, ANSWER_TYPE, NULL, NULL);
        return;
    }
    for (size_t i = 0; i < plan->n; i++) {
        c.question = &plan->questions[i];
        c.at.field = (int)i;
        check_question(&c, root);
    }
    c.at.field = -1;
    if (out->n == 0 && json_object_size(root) == plan->n)
        return;
    json_object_foreach((json_t *)root, key, v)
    {
        if (out->n == ANSWER_PROBLEMS)
            return;
        if (!asked_for(plan, key))
            problem(&c, ANSWER_UNKNOWN, NULL, key);
    }
}

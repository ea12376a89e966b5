/* SPDX-License-Identifier: MIT */
#include "core/insight/question.h"

#include <string.h>

#include "core/base/unicode.h"

bool question_is_list(enum reading_kind kind)
{
    return kind == READING_CODES || kind == READING_PHRASES || kind == READING_SENTENCES;
}

static bool has_options(enum reading_kind kind)
{
    return kind == READING_CODE || kind == READING_CODES;
}

void question_property(const struct reading_question *q, char out[QUESTION_PROPERTY_BYTES])
{
    size_t i = 0;

    for (; i < QUESTION_PROPERTY_BYTES - 1 && q->name[i]; i++)
        out[i] = q->name[i] == '.' ? '_' : q->name[i];
    out[i] = '\0';
}

int question_find(const struct reading_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->n; i++) {
        if (strcmp(plan->questions[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

int question_option(const struct reading_question *q, const char *code)
{
    for (int i = 0; i < q->option_count; i++) {
        if (strcmp(q->options[i].value, code) == 0)
            return i;
    }
    return -1;
}

static bool name_ok(const char *name)
{
    size_t n = 0;

    if (!name || name[0] < 'a' || name[0] > 'z')
        return false;
    for (; name[n]; n++) {
        const char c = name[n];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_')
            return false;
        if (n == QUESTION_NAME_CHARS)
            return false;
    }
    return true;
}

static bool text_ok(const char *text, size_t least, size_t most)
{
    const struct slice s = slice_cstr(text);
    size_t chars;

    if (!text || s.n > 4 * most || !utf8_valid(s))
        return false;
    chars = utf8_count(s);
    return chars >= least && chars <= most;
}

static bool options_ok(const struct reading_question *q)
{
    if (!has_options(q->kind))
        return q->option_count == 0 && !q->fallback;
    if (q->option_count < 1 || q->option_count > QUESTION_OPTIONS)
        return false;
    for (int i = 0; i < q->option_count; i++) {
        if (!text_ok(q->options[i].value, 1, QUESTION_OPTION_CHARS) ||
            question_option(q, q->options[i].value) != i)
            return false;
    }
    return !q->fallback || (q->kind == READING_CODE && question_option(q, q->fallback) >= 0);
}

static bool name_taken(const struct reading_question *before, size_t n, const char *name)
{
    char property[QUESTION_PROPERTY_BYTES];

    for (size_t i = 0; i < n; i++) {
        question_property(&before[i], property);
        if (strcmp(property, name) == 0)
            return true;
    }
    return false;
}

static enum question_status check(const struct reading_question *before, size_t n,
                                  const struct reading_question *q)
{
    if (!name_ok(q->name))
        return QUESTION_NAME;
    if (name_taken(before, n, q->name))
        return QUESTION_NAME_TAKEN;
    if (q->kind == READING_SHARE || (q->daily && q->kind != READING_COUNT))
        return QUESTION_KIND;
    if (!options_ok(q))
        return QUESTION_OPTION;
    if (!text_ok(q->instruction, 0, QUESTION_INSTRUCTION_CHARS))
        return QUESTION_INSTRUCTION;
    return QUESTION_OK;
}

/* Returns how many options all of them have. */
static int put_builtin(struct reading_question *out)
{
    int options = 0;

    for (int i = 0; i < READING_FIELDS; i++) {
        const struct field *f = reading_options((enum reading_field)i);

        out[i] = question_builtin[i];
        out[i].name = reading_fields[i].name;
        out[i].kind = reading_fields[i].kind;
        if (f) {
            out[i].options = f->options;
            out[i].option_count = f->option_count;
        }
        options += out[i].option_count;
    }
    return options;
}

enum question_status question_plan(struct arena *a, const struct reading_question *own, size_t n,
                                   struct reading_plan *out, size_t *at)
{
    const size_t most = n < QUESTION_OWN ? n : QUESTION_OWN;
    struct reading_question *all = arena_alloc(a, (READING_FIELDS + most) * sizeof *all);
    int options = put_builtin(all);

    for (size_t i = 0; i < n; i++) {
        enum question_status status =
            i < QUESTION_OWN ? check(all, READING_FIELDS + i, &own[i]) : QUESTION_TOO_MANY;

        if (status == QUESTION_OK && (options += own[i].option_count) > QUESTION_PLAN_OPTIONS)
            status = QUESTION_TOO_MANY;
        if (status != QUESTION_OK) {
            if (at)
                *at = i;
            return status;
        }
        all[READING_FIELDS + i] = own[i];
    }
    *out = (struct reading_plan){all, READING_FIELDS + n};
    return QUESTION_OK;
}

const struct question_template *question_template_find(const char *name)
{
    for (size_t i = 0; i < question_template_count; i++) {
        if (strcmp(question_templates[i].question.name, name) == 0)
            return &question_templates[i];
    }
    return NULL;
}

/* SPDX-License-Identifier: MIT */
/*
 * question: what a reading asks of a transcript.
 *
 * A plan is a list of questions. The first READING_FIELDS are the built-in ones in the order of enum reading_field; behind
 * them come the fields that an organisation added, as data. The index of a question in its plan is the `field` of the
 * items that answer it. Prompt, schema and the check of an answer are made from the plan and from nothing else.
 *
 * Invariants of a plan that question_plan() made
 *   - Names are unique, also with '.' written as '_' (question_property).
 *   - CODE and CODES have options, the other kinds have none; their values are unique within a question.
 *   - All texts are valid UTF-8 and within the bounds below.
 *
 * A plan borrows from the own fields it was made of, and from its arena.
 */
#ifndef CORE_INSIGHT_QUESTION_H
#define CORE_INSIGHT_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/fields/field.h"
#include "core/insight/reading.h"

enum {
    QUESTION_OWN = 64,     /* own fields of a plan */
    QUESTION_OPTIONS = 63, /* of one question */
    QUESTION_PLAN_OPTIONS =
        900, /* of all: OpenAI's structured outputs take 1,000 values in one schema, nulls included */
    QUESTION_NAME_CHARS = 63, /* [a-z][a-z0-9_]*, as the table of own fields has them */
    QUESTION_OPTION_CHARS = 63,
    QUESTION_INSTRUCTION_CHARS = 2000,
    QUESTION_PROPERTY_BYTES = 64, /* of a name as a property of JSON, terminator included */
};

struct reading_question {
    const char *name;
    enum reading_kind kind;
    const struct field_option *options; /* CODE, CODES */
    int option_count;
    const char *
        fallback; /* CODE: the option that says that none of the others was said; NULL: null says it */
    bool daily; /* COUNT: how many a day; asked with its period, brought to a day here */
    const char *instruction; /* for the model, in English; may be "" */
};

struct reading_plan {
    const struct reading_question *questions;
    size_t n;
};

enum question_status {
    QUESTION_OK = 0,
    QUESTION_TOO_MANY,   /* own fields, or options of all of them together */
    QUESTION_NAME,       /* not of the form above */
    QUESTION_NAME_TAKEN, /* by a built-in field or by another own one */
    QUESTION_KIND,       /* SHARE is for the built-in reader's confidence only */
    QUESTION_OPTION, /* none, too many, twice, too long, empty, not UTF-8, or not for this kind */
    QUESTION_INSTRUCTION, /* too long or not UTF-8 */
};

/* The plan of an organisation with these own fields (n may be 0). On anything but QUESTION_OK *out is untouched and *at is
 * the own field that is wrong; `at` may be NULL. */
enum question_status question_plan(struct arena *a, const struct reading_question *own, size_t n,
                                   struct reading_plan *out, size_t *at);

/* The question of that name, or -1. */
int question_find(const struct reading_plan *plan, const char *name);

/* The place of a code among the options, or -1. */
int question_option(const struct reading_question *q, const char *code);

/* Whether an answer is an array. */
bool question_is_list(enum reading_kind kind);

/* The name as a property of JSON: "requirements_real_time". */
void question_property(const struct reading_question *q, char out[QUESTION_PROPERTY_BYTES]);

/* A ready-made own field that an organisation may switch on and reword. */
struct question_template {
    struct reading_question question;
    const char *labels[FIELD_LANGUAGES];
};
extern const struct question_template question_templates[];
extern const size_t question_template_count;

/* NULL when there is none. */
const struct question_template *question_template_find(const char *name);

/* READING_FIELDS rows: what question_plan() begins with. Options are filled in from the registry. */
extern const struct reading_question question_builtin[];

#endif

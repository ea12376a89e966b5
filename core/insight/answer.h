/* SPDX-License-Identifier: MIT */
/*
 * answer: reads what a model answered to a plan, and keeps what the transcript proves.
 *
 * First the shape, strictly that of the schema that was asked for (prompt.h): any difference is a problem, and an answer
 * with problems gives no reading. Then trust, by the quotes alone:
 *   - A value whose quote stands in the transcript is EXACT or NORMALISED; one without it is ABSENT.
 *   - false, an empty list, null and a question's fallback without its words are NOT_MENTIONED.
 *   - Of a phrase the transcript's words are kept, cut out of it; of one that is not there nothing is.
 *   - A number must stand in its quote, a number a day also its period, there or beside it. The day is reckoned here.
 *   - A sentence in the model's own words is kept when its quote is found and it is of the transcript (prove_grounded).
 *   - Codes twice are one, the proved one; phrases with the same words too. Codes come in the order of their options.
 * A confidence is the model's own word for it and never proves anything.
 *
 * Any bytes are safe. Takes some 100 KB of arena, less than 32 MB whatever is answered. Time grows with the transcript times
 * the quotes, 10 ms for each in one of a megabyte; ANSWER_ITEMS bounds them.
 */
#ifndef CORE_INSIGHT_ANSWER_H
#define CORE_INSIGHT_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/slice.h"
#include "core/insight/prove.h"
#include "core/insight/question.h"
#include "core/insight/reading.h"

enum {
    ANSWER_BYTES = 1 << 20,
    ANSWER_PHRASES = 20,                 /* of one field */
    ANSWER_SENTENCES = 6,                /* of one field */
    ANSWER_ITEMS = 1000,                 /* of all lists together */
    ANSWER_CODES = 2 * QUESTION_OPTIONS, /* of one field, the same ones again included */
    ANSWER_QUOTE_CHARS = 2000,
    ANSWER_TEXT_CHARS = 400,   /* of a phrase or sentence; what the tables take */
    ANSWER_PROBLEMS = 32,      /* kept; more are not looked for */
    ANSWER_PROBLEM_CHARS = 80, /* of the value that is wrong */
};

enum answer_code {
    ANSWER_TOO_LONG,    /* more than ANSWER_BYTES */
    ANSWER_NOT_JSON,    /* also not UTF-8, too deep, a key twice, text before or behind */
    ANSWER_MISSING,     /* a property that the schema has */
    ANSWER_UNKNOWN,     /* a property that it has not; value: its name */
    ANSWER_TYPE,        /* of another type */
    ANSWER_OPTION,      /* no option of the question; value: what was answered */
    ANSWER_TEXT_LENGTH, /* of a value or quote */
    ANSWER_LIST_LENGTH,
    ANSWER_RANGE, /* a number */
    ANSWER_CODES_COUNT
};

struct answer_problem {
    enum answer_code code;
    int field;         /* index in the plan; -1: of the answer as a whole */
    int item;          /* of a list; -1: none */
    const char *part;  /* "value", "quote", "number", "period"; NULL: the whole */
    const char *value; /* cut; NULL where it would say nothing */
};

struct answer {
    struct reading reading; /* empty when there are problems */
    struct answer_problem *problems;
    size_t n;
};

/* False when there are problems. All of *out lives in the arena. */
bool answer_read(struct arena *a, const struct reading_plan *plan, const struct prove_source *src,
                 struct slice bytes, struct answer *out);

/* "unknown_option" and so on, for logs and counters. */
const char *answer_code_name(enum answer_code code);

#endif

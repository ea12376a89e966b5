/* SPDX-License-Identifier: MIT */
/*
 * reading: what a provider found in one transcript: values, each with the words that prove it.
 *
 * Plain data, in the arena of whoever asked for it. Both providers (a model, and the built-in rules) answer
 * with it, so that storing, charting and showing do not know who read.
 *
 * Invariants
 *   - Every question of the plan (question.h) appears, in its order; the first are those of enum reading_field.
 *   - A scalar is one item with ordinal -1. An array with values is one item a value, ordinals 0, 1, ...; an
 *     empty one is a single item with ordinal -1, value NULL and READING_NOT_MENTIONED.
 *   - EXACT and NORMALISED carry start < end, byte offsets into the transcript on UTF-8 boundaries; the other
 *     two carry start == end == 0.
 *   - A phrase (TEXT, PHRASES) is EXACT or NORMALISED and then the very bytes at its offsets, or ABSENT and then value is
 *     NULL: words that are not the transcript's are not kept. A sentence is a model's own words, kept only beside words
 *     that were found.
 *   - Strings are valid UTF-8 and terminated.
 */
#ifndef CORE_INSIGHT_READING_H
#define CORE_INSIGHT_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fields/field.h"

enum reading_status {
    READING_EXACT,         /* the words stand in the transcript as quoted */
    READING_NORMALISED,    /* they do, but for case, accents or blanks */
    READING_ABSENT,        /* a value whose words were not found: unproven */
    READING_NOT_MENTIONED, /* a default: false, empty, otros/otro, a missing size or volume */
};

enum reading_field {
    READING_SECTOR,
    READING_COMPANY_SIZE,
    READING_INTERACTION_VOLUME_DAILY,
    READING_DISCOVERY_CHANNEL,
    READING_PAIN_POINTS,
    READING_USE_CASES,
    READING_OBJECTIONS,
    READING_OTHERS,
    READING_PERSONALIZATION,
    READING_INTEGRATIONS,
    READING_CONFIDENTIALITY,
    READING_MULTILINGUAL,
    READING_REAL_TIME,
    READING_DEMAND_PEAKS,
    READING_QUERY_TYPES,
    READING_TOOLS_MENTIONED,
    READING_CONFIDENCE_SECTOR,
    READING_FIELDS, /* how many */
};

enum reading_kind {
    READING_CODE,    /* value: one code of the field's list, or NULL when missing */
    READING_CODES,   /* array of codes */
    READING_COUNT,   /* number; when missing, NOT_MENTIONED says so and number is 0 */
    READING_BOOL,    /* flag */
    READING_TEXT,    /* value: a phrase, or NULL when missing */
    READING_PHRASES, /* array of phrases, cut out of the transcript */
    READING_SHARE,   /* share: 0 to 1 */
    READING_SENTENCES, /* array of sentences in a model's own words, each with the words that it rests on */
};

struct reading_field_info {
    const char *name; /* as in JSON: "sector", "requirements.personalization" */
    enum reading_kind kind;
};

/* READING_FIELDS rows, indexed by enum reading_field. */
extern const struct reading_field_info reading_fields[];

struct reading_item {
    uint16_t field;  /* index in the plan; below READING_FIELDS it is enum reading_field */
    int32_t ordinal; /* place in an array, -1 for a scalar and for an empty array */
    const char *value;
    int64_t number;
    double share;
    bool flag;
    enum reading_status status;
    uint32_t start, end;
};

struct reading {
    struct reading_item *items;
    size_t n;
};

/* The field of that JSON name, or -1. */
int reading_field_find(const char *name);

/* The field of the registry, whose options are the codes of READING_CODE and READING_CODES; NULL for the others. */
const struct field *reading_options(enum reading_field field);

/* Whether `code` is one of them. */
bool reading_code_known(enum reading_field field, const char *code);

/* "exact", "normalised", "absent", "not_mentioned". */
const char *reading_status_name(enum reading_status status);

#endif

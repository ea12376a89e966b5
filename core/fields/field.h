/* SPDX-License-Identifier: MIT */
/*
 * field: the registry of what can be read, filtered and charted.
 *
 * One row a field says its type, where its values are kept, its options with their labels, which operators and
 * aggregations it takes and which slots of a chart it fits. The filter and chart composers, the readers of
 * transcripts, exports and GET /api/fields all look here; a new field is one row of builtin.c.
 *
 * Invariants
 *   - The code of an option (what the facts table holds) is its place in `options` plus one: append, never reorder.
 *   - `column` and `name` hold only [a-z0-9_.]: they may stand in SQL text; nothing a client sends ever does.
 *   - Missing is NULL for a scalar, and NULL or empty for an array: nobody can tell the two apart from outside.
 */
#ifndef CORE_FIELDS_FIELD_H
#define CORE_FIELDS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/base/slice.h"

enum dataset { DATASET_MEETINGS, DATASET_COUNT };

/* Where the rows of a dataset are. Facts are aliased f, entities m in composed statements. */
struct dataset_info {
    const char *name;      /* in JSON and in subjects.dataset */
    const char *facts;     /* one narrow row a subject: tenant_id, subject_id, typed columns */
    const char *entities;  /* the wide rows */
    const char *entity_id; /* their id, equal to subject_id */
};
extern const struct dataset_info datasets[DATASET_COUNT];

enum field_type {
    FIELD_INT,
    FIELD_BOOL,
    FIELD_STRING,       /* one of `options`; kept as its code */
    FIELD_TEXT_CODE,    /* open text, kept as the code that value_codes gives it */
    FIELD_OPEN_STRING,  /* open text, kept as it is */
    FIELD_DATE,         /* a day in the tenant's calendar */
    FIELD_CLOSED_ARRAY, /* some of `options`; kept as smallint[] of codes */
    FIELD_OPEN_ARRAY,   /* short texts; rows of subject_phrases */
    FIELD_TEXT,         /* remarks; rows of subject_phrases */
    FIELD_EMBEDDING,
    FIELD_TYPE_COUNT
};

enum field_store {
    FIELD_IN_FACTS,
    FIELD_IN_ENTITIES,
    FIELD_IN_PHRASES,
    FIELD_IN_EMBEDDINGS,
    FIELD_NOWHERE, /* `count`: the records themselves */
};

/* Bits of struct field.operators are 1u << enum field_op. */
enum field_op {
    OP_EQ,
    OP_NE,
    OP_IN,
    OP_NOT_IN,
    OP_GT,
    OP_GTE,
    OP_LT,
    OP_LTE,
    OP_BETWEEN,
    OP_CONTAINS,
    OP_CONTAINS_ANY,
    OP_CONTAINS_ALL,
    OP_IS_MISSING,
    OP_IS_PRESENT,
    OP_LAST_DAYS, /* days relative to today in the tenant's zone, from here on */
    OP_NEXT_DAYS,
    OP_TODAY,
    OP_YESTERDAY,
    OP_THIS_WEEK,
    OP_LAST_WEEK,
    OP_THIS_MONTH,
    OP_LAST_MONTH,
    OP_THIS_QUARTER,
    OP_LAST_QUARTER,
    OP_THIS_YEAR,
    OP_LAST_YEAR,
    OP_COUNT
};

enum field_agg { AGG_COUNT, AGG_SUM, AGG_AVG, AGG_MIN, AGG_MAX, AGG_RATE, AGGS };

/* Where in which chart a field fits; names are "pie.group_by" and so on. */
enum field_slot {
    SLOT_PIE_GROUP_BY,
    SLOT_PIE_Y_AXIS,
    SLOT_BAR_X_AXIS,
    SLOT_BAR_Y_AXIS,
    SLOT_BAR_GROUP_BY,
    SLOT_LINE_X_AXIS,
    SLOT_LINE_Y_AXIS,
    SLOT_LINE_GROUP_BY,
    SLOT_AREA_X_AXIS,
    SLOT_AREA_Y_AXIS,
    SLOT_AREA_GROUP_BY,
    SLOT_WORDCLOUD_X_AXIS,
    SLOT_WORDCLOUD_GROUP_BY,
    SLOT_VECTOR_CLUSTER_X_AXIS,
    SLOT_VECTOR_CLUSTER_LABEL_FIELD,
    SLOT_COUNT
};

enum field_language { FIELD_ES, FIELD_EN, FIELD_LANGUAGES };

struct field_option {
    const char *value; /* in JSON */
    const char *labels[FIELD_LANGUAGES];
};

struct field {
    const char *name; /* in JSON: "sales_rep", "requirements.personalization" */
    const char
        *column; /* of the facts or entities; for phrases the value of subject_phrases.field */
    const char *const *aliases; /* NULL-ended; other names that requests may use */
    enum dataset dataset;
    enum field_type type;
    enum field_store store;
    const struct field_option *options;
    int option_count;
    const char *labels[FIELD_LANGUAGES];
    uint32_t operators;
    uint32_t aggregations; /* as what is measured (y) */
    uint32_t slots;
};

/* All fields of a dataset, in the order they are shown. */
const struct field *fields_all(enum dataset dataset, size_t *n);

/* By name or alias; NULL when there is none. */
const struct field *field_find(enum dataset dataset, struct slice name);

/* False leaves *out untouched. */
bool dataset_find(struct slice name, enum dataset *out);

/* The code of an option, 1 and up; 0 when `value` is none. Case and accents are forgiven (pequena, Pequeña). */
int field_option_code(const struct field *f, struct slice value);
/* NULL for a code that the registry does not know. */
const struct field_option *field_option(const struct field *f, int code);

/* Sí or No, Yes or No. */
const char *field_bool_label(bool v, enum field_language language);

/* "es" gives FIELD_ES, all else FIELD_EN. */
enum field_language field_language(const char *code);

/* "int", "bool", "string", "date", "closed_array", "open_array", "text", "embedding" */
const char *field_type_name(enum field_type type);
const char *field_op_name(enum field_op op);
const char *field_agg_name(enum field_agg agg);
const char *field_slot_name(enum field_slot slot);
bool field_op_find(struct slice name, enum field_op *out);
bool field_agg_find(struct slice name, enum field_agg *out);

static inline bool field_takes(const struct field *f, enum field_op op)
{
    return (f->operators >> op) & 1;
}
static inline bool field_aggregates(const struct field *f, enum field_agg agg)
{
    return (f->aggregations >> agg) & 1;
}
static inline bool field_fits(const struct field *f, enum field_slot slot)
{
    return (f->slots >> slot) & 1;
}

/* The answer of GET /api/fields: {"fields":[...]} of every dataset. */
void fields_to_json(struct jw *out);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * filter: which records count. JSON in, a checked tree, SQL out.
 *
 *   {"and":[F, ...]}   {"or":[F, ...]}   {"not":F}   {"field":"sector","op":"in","value":["educacion"]}
 *
 * and the flat object of the first version, which is an AND of what it names:
 *
 *   {"sales_rep":"Toro", "closed":true, "date_from":"2024-01-01", "date_to":"2024-12-31",
 *    "pain_points":["..."], "requirements":{"integrations":["crm"]}, "requirements.multilingual":true}
 *
 * where a list of values means any of them, and null, "" and [] mean nothing was chosen. {} and {"and":[]} keep all.
 *
 * Meaning. Every condition is true or false for a record, never unknown. A comparison with a missing value is
 * false; `ne`, `not_in` and `not` are exact complements, so they keep the records whose value is missing: what a
 * condition and its opposite count always adds up to the whole. To leave missing ones out, add `is_present`.
 * `between` includes both ends. `contains` looks for the words as written, in either case. An array is missing when
 * it has no item. Relative days (`last_days` 30: today and the 29 before) are in the tenant's zone, weeks begin on
 * Monday.
 *
 * Filters stack by filter_and(): two on the same field narrow, none overrides another.
 *
 * Errors are ERR_INVALID with the JSON path as `field` and one of these reasons: filter_invalid (shape),
 * filter_too_deep, filter_too_large, field_unknown, operator_unknown, operator_incompatible, value_invalid,
 * value_unknown (no option of that name).
 */
#ifndef CORE_CHARTS_FILTER_H
#define CORE_CHARTS_FILTER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "core/charts/sql_builder.h"
#include "core/db/ctx.h"
#include "core/fields/field.h"

/* Depth, conditions and values are bounded in limits.h. */
enum {
    FILTER_TEXT_CHARS = 400, /* of one value: no stored phrase, name or seller is longer */
    FILTER_DAYS = 36600,     /* last_days and next_days: a century */
};

enum filter_kind { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_CONDITION };

struct filter_value {
    int64_t number; /* int; bool 0 or 1; an option's code; a date's day; of a relative one, days */
    struct slice text; /* strings, and dates as YYYY-MM-DD */
};

struct filter {
    enum filter_kind kind;
    /* of FILTER_AND, FILTER_OR and, one, FILTER_NOT; an AND of none is true */
    const struct filter **parts;
    size_t part_count;
    const struct field *field; /* the rest: of a FILTER_CONDITION */
    enum field_op op;
    const struct filter_value *values;
    size_t value_count;
};

/* Reads and checks `json`; absent (NULL) and null give *out = NULL, which keeps everything. `path` names the value in
 * errors ("filter"). The tree is in cx->arena and does not need `json` any more. */
int filter_parse(struct ctx *cx, enum dataset dataset, const json_t *json, const char *path,
                 const struct filter **out);

/* Both; either may be NULL. */
const struct filter *filter_and(struct arena *a, const struct filter *x, const struct filter *y);

/* Whether its SQL names the entities (m), which the statement must then join. */
bool filter_needs_entities(const struct filter *f);

/* Appends a boolean expression over the facts f (and entities m); TRUE for NULL. May be NULL for some rows, meaning
 * false: fit for WHERE and FILTER as it stands. */
void filter_sql(struct sql_builder *q, const struct filter *f);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * chart: what to draw. Reads and checks a chart given as JSON; chart_data.h computes it.
 *
 *   {"chart_type":"bar", "x_axis":"meeting_date", "time_group":"month", "y_axis":"count", "aggregation":"count",
 *    "group_by":"closed"}
 *
 * A pie's slices are of group_by (x_axis is taken when there is none). A bar's places are of x_axis, its series of
 * group_by. y_axis "" and absent is `count`, aggregation "" and absent is `count`. time_group tells how days are put
 * together (absent: each day) and means nothing for other fields. What only concerns drawing (name, colors, ...) is
 * ignored; a key that nobody knows is refused.
 *
 * Aggregations: count (of records; of known values when y_axis is another field), sum, avg, min, max over numbers,
 * rate (also called avg) of a bool: the share of true among the known, 0 to 1. Missing is never taken for zero.
 *
 * Errors are ERR_INVALID with the JSON path as `field` and one of: missing_required_field, unknown_field,
 * incompatible_field, invalid_aggregation, incompatible_aggregation, chart_type_unknown, chart_type_unsupported,
 * invalid_time_group, chart_invalid (shape), option_unsupported. `params` say what would fit.
 */
#ifndef CORE_CHARTS_CHART_H
#define CORE_CHARTS_CHART_H

#include <jansson.h>

#include "core/charts/filter.h"
#include "core/db/ctx.h"
#include "core/fields/day.h"
#include "core/fields/field.h"

enum chart_type {
    CHART_PIE,
    CHART_BAR,
    CHART_LINE,
    CHART_AREA,
    CHART_WORDCLOUD,
    CHART_VECTOR_CLUSTER,
    CHART_TYPES
};

struct chart_spec {
    enum chart_type type;
    enum dataset dataset;
    const struct field *primary; /* what the points are */
    const struct field *series;  /* NULL: one series */
    const struct field *measure; /* what is aggregated; FIELD_NOWHERE: the records themselves */
    enum field_agg aggregation;
    enum day_group time_group; /* of a primary of FIELD_DATE */
};

/* `path` names the object in errors ("chart"). */
int chart_parse(struct ctx *cx, const json_t *json, const char *path, struct chart_spec *out);

const char *chart_type_name(enum chart_type type);

#endif

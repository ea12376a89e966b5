/* SPDX-License-Identifier: MIT */
/*
 * chart_data: the numbers of a chart, from one SQL statement over the facts.
 *
 * Runs in the transaction that the caller opened (reading is enough); the session's zone is the tenant's.
 *
 * What holds
 *   - A record counts once in a point; with an array as the primary field, once for each of its items.
 *   - Records whose primary field is missing make a point of their own, key and label NULL; the same for series.
 *   - Days are in the order of time, gaps between the first and the last filled: 0 for count, no value for all else,
 *     since nothing was aggregated. Other points go by value, largest first, then by label; no value comes last.
 *   - At most LIMIT_CHART_POINTS points (of days the latest, else the largest) and LIMIT_CHART_SERIES series (those
 *     with the most records); `dropped_*` say what is not shown. `records`, `missing` and `total` are of everything.
 */
#ifndef CORE_CHARTS_CHART_DATA_H
#define CORE_CHARTS_CHART_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/charts/chart.h"

struct chart_value {
    bool known; /* false: nothing to aggregate */
    double value;
    int64_t count; /* records */
};

struct chart_series {
    const char *key; /* NULL: missing */
    const char *label;
    int64_t count;
};

struct chart_point {
    const char *key;   /* option, seller, "true", day group, in no language; NULL: missing */
    const char *label; /* in the caller's language */
    struct chart_value all;
    const struct chart_value *series; /* as many as the result's series, in their order */
};

struct chart_result {
    const struct chart_point *points;
    size_t point_count;
    const struct chart_series *series;
    size_t series_count;
    struct chart_value total; /* all points taken as one: sums are added, averages weighted */
    int64_t records;          /* under the filter */
    int64_t missing;          /* of them, those whose primary field is missing */
    int64_t dropped_points;
    int64_t dropped_records; /* in those points */
    int64_t dropped_series;
    bool counts; /* the aggregation counts: no records is 0, not nothing */
};

/* `filter` may be NULL. The result is in cx->arena. */
int chart_run(struct ctx *cx, const struct chart_spec *spec, const struct filter *filter,
              struct chart_result *out);

/* {"data":[{key,label,value,count,series:{...}?}],"series":[{key,label,count}],"metadata":{...}}
 * In `series` of a point the missing key is written "null", as JavaScript reads it. */
void chart_result_to_json(const struct chart_result *r, struct jw *out);

/* The whole of POST /api/charts/data: body {"chart":{...},"filter":{...}?}; filter_data is taken for filter. */
int chart_data(struct ctx *cx, const json_t *body, struct chart_result *out);

#endif

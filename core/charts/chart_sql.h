/* SPDX-License-Identifier: MIT */
/*
 * chart_sql: the one statement of a chart.
 *
 * It groups the facts by the columns as they are stored (q), gives the groups their keys (g), puts them together to
 * points and series (p, z), keeps those that are shown (t, u), and answers one row for the whole, for each point, each
 * series and each cell of the two, in the order of enum chart_level from the last to the first.
 *
 * An aggregation is two parts: what is taken of the rows of a group, and how groups become one number. So a month
 * is made of its days and a total of its points, without reading a row twice.
 */
#ifndef CORE_CHARTS_CHART_SQL_H
#define CORE_CHARTS_CHART_SQL_H

#include <stdint.h>

#include "core/charts/chart.h"
#include "core/charts/sql_builder.h"

/* Columns of the answer. */
enum chart_column {
    COL_LEVEL,  /* enum chart_level */
    COL_KEY,    /* of CHART_POINT; see the values of missing keys below */
    COL_SERIES, /* of CHART_SERIES */
    COL_COUNT,  /* records */
    COL_VALUE,  /* NULL: nothing to aggregate */
    COL_PLACE,  /* of the point, from 1 */
    COL_SERIES_PLACE,
    COL_KEY_TEXT, /* of a coded text */
    COL_SERIES_TEXT,
    COL_POINTS, /* the rest: of CHART_WHOLE only. How many points there are, shown or not */
    COL_SERIES_COUNT,
    COL_MISSING, /* records whose primary field is missing */
    COL_RECORDS, /* records under the filter */
};

enum chart_level { CHART_CELL = 0, CHART_POINT = 1, CHART_SERIES = 2, CHART_WHOLE = 3 };

enum {
    CHART_CODE_MISSING = -1,
    CHART_DAY_MISSING = INT32_MAX, /* sorts after every day */
};

/* Whether the keys of `f` are texts ("" is missing); otherwise they are integers: codes, 0 and 1, or days. */
static inline bool chart_key_is_text(const struct field *f)
{
    return f->type == FIELD_OPEN_STRING || f->type == FIELD_OPEN_ARRAY || f->type == FIELD_TEXT;
}

void chart_sql(struct sql_builder *q, const struct chart_spec *spec, const struct filter *filter);

#endif

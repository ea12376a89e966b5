/* SPDX-License-Identifier: MIT */
/*
 * chart_oracle: what a filter and a chart mean, computed the slow and obvious way over rows in memory.
 *
 * It reads the JSON of the request itself and shares no code with core/charts: neither its parser nor its tree. Only
 * labels and codes of options come from the registry.
 */
#ifndef TESTS_LIB_CHART_ORACLE_H
#define TESTS_LIB_CHART_ORACLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"

enum { ORACLE_ITEMS = 8, ORACLE_NUMBER_MISSING = -1 };

/* Texts of an array; n == 0 is missing. Options of closed arrays are their values. */
struct oracle_list {
    const char *items[ORACLE_ITEMS];
    int n;
};

struct oracle_row {
    int32_t meeting_date;
    const char *sales_rep;
    const char *client_name;
    int closed;         /* bools: 0, 1, or -1 missing */
    int64_t volume;     /* -1 missing */
    const char *sector; /* NULL missing */
    const char *company_size;
    const char *discovery_channel;
    int confidentiality;
    int multilingual;
    int real_time;
    struct oracle_list personalization, integrations, demand_peaks, query_types, tools;
    struct oracle_list pain_points, use_cases, objections, others;
    bool embedding;
};

bool oracle_matches(const struct oracle_row *row, const json_t *filter, int32_t today);

struct oracle_value {
    bool known;
    double value;
    int64_t count;
};

struct oracle_group {
    const char *key; /* NULL: missing */
    const char *label;
    int32_t day;
    struct oracle_value all;
    struct oracle_value *series;
};

struct oracle_chart {
    struct oracle_group *points;
    size_t point_count;
    struct oracle_group *series;
    size_t series_count;
    struct oracle_value total;
    int64_t records;
    int64_t missing;
};

/* A valid chart over the rows that the filter keeps. In Spanish. */
void oracle_chart(struct arena *a, const struct oracle_row *rows, size_t n, const json_t *chart,
                  const json_t *filter, int32_t today, struct oracle_chart *out);

#endif

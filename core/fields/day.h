/* SPDX-License-Identifier: MIT */
/*
 * day: days of the calendar as numbers, and the groups that charts put them in.
 *
 * A day is the count of days since 1970-01-01, proleptic Gregorian, years 1 to 9999; it has no zone: whoever makes
 * it decided in whose calendar. Weeks are ISO 8601: they begin on Monday, the first has the year's first Thursday.
 */
#ifndef CORE_FIELDS_DAY_H
#define CORE_FIELDS_DAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/slice.h"

enum day_group { DAY_EACH, DAY_WEEK, DAY_MONTH, DAY_QUARTER, DAY_YEAR, DAY_GROUPS };

#define DAY_TEXT_BYTES 16

/* Exactly YYYY-MM-DD, a day that exists. False leaves *out untouched. */
bool day_parse(struct slice s, int32_t *out);

int32_t day_from_civil(int year, int month, int day);
void day_to_civil(int32_t d, int *year, int *month, int *day);

/* "day", "week", "month", "quarter", "year"; also what date_trunc() calls them. */
const char *day_group_name(enum day_group g);
bool day_group_find(struct slice name, enum day_group *out);

/* The first day of the group that holds `d`, and of the group before or after it by `steps`. */
int32_t day_start(int32_t d, enum day_group g);
int32_t day_step(int32_t start, enum day_group g, int steps);

/* The group's name, which sorts by time: 2024-03-15, 2024-W11, 2024-03, 2024-Q1, 2024. */
void day_text(int32_t start, enum day_group g, char out[DAY_TEXT_BYTES]);

#endif

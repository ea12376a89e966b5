/* SPDX-License-Identifier: MIT */
/*
 * cron: when something comes again, in civil time. Pure: no clock, no zone.
 *
 * Five fields: minute hour day-of-month month day-of-week. Each is a comma list of *, n, a-b, with /step; months and
 * days of the week also by their first three English letters; 0 and 7 are Sunday. @hourly, @daily (@midnight), @weekly,
 * @monthly, @yearly (@annually). As in POSIX cron, when both day fields are restricted a day that matches either counts.
 * A field that begins with * is not restricted.
 */
#ifndef CORE_QUEUE_CRON_H
#define CORE_QUEUE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/slice.h"

enum { CRON_TEXT_BYTES = 100 }; /* longest that is read */

struct cron {
    uint64_t minutes; /* bit i: minute i */
    uint32_t hours;
    uint32_t days; /* bits 1 to 31 */
    uint16_t months;
    uint8_t weekdays; /* bit 0: Sunday */
    bool any_day;     /* day of the month not restricted */
    bool any_weekday;
};

struct cron_time {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
    int hour;
    int minute;
};

/* False: *field names the part that is wrong ("minute", "hour", "day", "month", "weekday", "fields"). */
bool cron_parse(struct slice text, struct cron *out, const char **field);

/* The first time after `from` (a real one). False: there is none within the next nine years (30 February). */
bool cron_next(const struct cron *c, const struct cron_time *from, struct cron_time *out);

#endif

/* SPDX-License-Identifier: MIT */
#include "core/fields/day.h"

#include <stdio.h>

static const char *const group_names[DAY_GROUPS] = {
    [DAY_EACH] = "day",        [DAY_WEEK] = "week", [DAY_MONTH] = "month",
    [DAY_QUARTER] = "quarter", [DAY_YEAR] = "year",
};

/* Division that rounds down, also below zero. */
static int32_t floor_div(int32_t a, int32_t b)
{
    return a / b - (a % b < 0);
}

/* Years are counted from March, so that the leap day is the last of its year and months have a fixed pattern. */
int32_t day_from_civil(int year, int month, int day)
{
    const int32_t y = year - (month <= 2);
    const int32_t era = floor_div(y, 400);
    const int32_t of_era = y - era * 400;
    const int32_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void day_to_civil(int32_t d, int *year, int *month, int *day)
{
    const int32_t z = d + 719468;
    const int32_t era = floor_div(z, 146097);
    const int32_t doe = z - era * 146097;
    const int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const int32_t mp = (5 * doy + 2) / 153;

    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

static bool digits(const char *p, int n, int *out)
{
    int v = 0;

    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        v = v * 10 + (p[i] - '0');
    }
    *out = v;
    return true;
}

bool day_parse(struct slice s, int32_t *out)
{
    int y;
    int m;
    int d;
    int y2;
    int m2;
    int d2;
    int32_t day;

    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || !digits(s.p, 4, &y) ||
        !digits(s.p + 5, 2, &m) || !digits(s.p + 8, 2, &d) || y < 1 || m < 1 || m > 12)
        return false;
    day = day_from_civil(y, m, d);
    day_to_civil(day, &y2, &m2, &d2);
    if (y != y2 || m != m2 || d != d2)
        return false; /* 30 February is another day */
    *out = day;
    return true;
}

const char *day_group_name(enum day_group g)
{
    return group_names[g];
}

bool day_group_find(struct slice name, enum day_group *out)
{
    for (int i = 0; i < DAY_GROUPS; i++) {
        if (slice_is(name, group_names[i])) {
            *out = (enum day_group)i;
            return true;
        }
    }
    return false;
}

/* 1970-01-01 was a Thursday. */
static int32_t monday(int32_t d)
{
    return floor_div(d + 3, 7) * 7 - 3;
}

int32_t day_start(int32_t d, enum day_group g)
{
    int y;
    int m;
    int unused;

    if (g == DAY_EACH)
        return d;
    if (g == DAY_WEEK)
        return monday(d);
    day_to_civil(d, &y, &m, &unused);
    if (g == DAY_QUARTER)
        m = (m - 1) / 3 * 3 + 1;
    return day_from_civil(y, g == DAY_YEAR ? 1 : m, 1);
}

int32_t day_step(int32_t start, enum day_group g, int steps)
{
    int32_t months;
    int y;
    int m;
    int unused;

    if (g == DAY_EACH || g == DAY_WEEK)
        return start + steps * (g == DAY_WEEK ? 7 : 1);
    day_to_civil(start, &y, &m, &unused);
    months = y * 12 + m - 1 + steps * (g == DAY_MONTH ? 1 : g == DAY_QUARTER ? 3 : 12);
    return day_from_civil(floor_div(months, 12), months - floor_div(months, 12) * 12 + 1, 1);
}

void day_text(int32_t start, enum day_group g, char out[DAY_TEXT_BYTES])
{
    int y;
    int m;
    int d;

    /* an ISO week belongs to the year of its Thursday */
    day_to_civil(g == DAY_WEEK ? start + 3 : start, &y, &m, &d);
    y = y < 0 ? 0 : y > 9999 ? 9999 : y; /* never; the compiler wants to know that it fits */
    switch (g) {
    case DAY_EACH:
        snprintf(out, DAY_TEXT_BYTES, "%04d-%02d-%02d", y, (unsigned char)m % 13,
                 (unsigned char)d % 32);
        return;
    case DAY_WEEK:
        snprintf(out, DAY_TEXT_BYTES, "%04d-W%02d", y,
                 (start + 3 - day_from_civil(y, 1, 1)) / 7 % 100 + 1);
        return;
    case DAY_MONTH: snprintf(out, DAY_TEXT_BYTES, "%04d-%02d", y, (unsigned char)m % 13); return;
    case DAY_QUARTER:
        snprintf(out, DAY_TEXT_BYTES, "%04d-Q%d", y, (unsigned char)(m - 1) / 3 % 4 + 1);
        return;
    case DAY_YEAR:
    case DAY_GROUPS: snprintf(out, DAY_TEXT_BYTES, "%04d", y); return;
    }
}

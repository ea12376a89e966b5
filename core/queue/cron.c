/* SPDX-License-Identifier: MIT */
#include "core/queue/cron.h"

#include <string.h>

enum { SEARCH_YEARS = 9 }; /* 29 February comes after eight years at the latest, around 2100 */

static const char month_names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
static const char weekday_names[] = "sunmontuewedthufrisat";

struct field {
    const char *name;
    int lo;
    int hi;
    const char *words; /* three letters each, the first is `lo`; NULL: none */
};

static const struct field fields[] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day", 1, 31, NULL},
    {"month", 1, 12, month_names},
    {"weekday", 0, 7, weekday_names},
};
enum { NFIELDS = sizeof fields / sizeof *fields };

static const struct {
    const char *word;
    const char *means;
} words[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

static bool read_value(const struct field *f, struct slice s, int *out)
{
    int64_t n;

    if (f->words && s.n == 3) {
        for (int i = 0; f->words[i * 3]; i++) {
            if (slice_eq_nocase(s, (struct slice){f->words + i * 3, 3})) {
                *out = f->lo + i;
                return true;
            }
        }
    }
    if (s.n == 0 || s.n > 2 || s.p[0] < '0' || s.p[0] > '9' || !slice_to_i64(s, &n) || n < f->lo ||
        n > f->hi)
        return false;
    *out = (int)n;
    return true;
}

/* One item of a list: *, n, a-b; then perhaps /step (n/step: from n to the end). */
static bool read_item(const struct field *f, struct slice item, uint64_t *bits)
{
    struct slice step_text;
    struct slice last_text;
    const struct slice range = slice_cut(item, '/', &step_text);
    const bool stepped = range.n < item.n;
    const struct slice first_text = slice_cut(range, '-', &last_text);
    const bool ranged = first_text.n < range.n;
    int64_t step = 1;
    int first = f->lo;
    int last = f->hi;

    if (stepped && (!slice_to_i64(step_text, &step) || step < 1 || step > f->hi))
        return false;
    if (!slice_is(range, "*")) {
        if (!read_value(f, first_text, &first))
            return false;
        if (ranged && !read_value(f, last_text, &last))
            return false;
        if (!ranged && !stepped)
            last = first;
    } else if (f->hi == 7) {
        last = 6; /* Sunday once */
    }
    if (first > last)
        return false;
    for (int v = first; v <= last; v += (int)step)
        *bits |= UINT64_C(1) << v;
    return true;
}

static bool read_field(const struct field *f, struct slice text, uint64_t *bits)
{
    *bits = 0;
    if (text.n == 0 || text.p[text.n - 1] == ',')
        return false;
    while (text.n) {
        if (!read_item(f, slice_cut(text, ',', &text), bits))
            return false;
    }
    return true;
}

/* The next run of characters that are neither space nor tab. */
static struct slice next_word(struct slice *rest)
{
    struct slice w;

    while (rest->n && (*rest->p == ' ' || *rest->p == '\t'))
        *rest = (struct slice){rest->p + 1, rest->n - 1};
    w = (struct slice){rest->p, 0};
    while (rest->n && *rest->p != ' ' && *rest->p != '\t') {
        w.n++;
        *rest = (struct slice){rest->p + 1, rest->n - 1};
    }
    return w;
}

bool cron_parse(struct slice text, struct cron *out, const char **field)
{
    struct slice parts[NFIELDS];
    uint64_t bits[NFIELDS];

    *field = "fields";
    text = slice_trim(text);
    if (text.n > CRON_TEXT_BYTES)
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_eq_nocase(text, slice_cstr(words[i].word))) {
            text = slice_cstr(words[i].means);
            break;
        }
    }
    for (int i = 0; i < NFIELDS; i++) {
        parts[i] = next_word(&text);
        if (!parts[i].n)
            return false;
    }
    if (next_word(&text).n)
        return false;
    for (int i = 0; i < NFIELDS; i++) {
        *field = fields[i].name;
        if (!read_field(&fields[i], parts[i], &bits[i]))
            return false;
    }
    *out = (struct cron){
        .minutes = bits[0],
        .hours = (uint32_t)bits[1],
        .days = (uint32_t)bits[2],
        .months = (uint16_t)bits[3],
        .weekdays = (uint8_t)((bits[4] | bits[4] >> 7) & 0x7f),
        .any_day = parts[2].p[0] == '*',
        .any_weekday = parts[4].p[0] == '*',
    };
    return true;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* 0: Sunday (Sakamoto). */
static int weekday_of(int year, int month, int day)
{
    static const int offset[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    const int y = year - (month < 3);

    return (y + y / 4 - y / 100 + y / 400 + offset[month - 1] + day) % 7;
}

static bool day_matches(const struct cron *c, const struct cron_time *t)
{
    const bool day = c->days >> t->day & 1;
    const bool weekday = c->weekdays >> weekday_of(t->year, t->month, t->day) & 1;

    /* restricted both: either will do; else both must (the free one may still have a step) */
    return c->any_day || c->any_weekday ? day && weekday : day || weekday;
}

static void next_month(struct cron_time *t)
{
    *t = (struct cron_time){t->year + t->month / 12, t->month % 12 + 1, 1, 0, 0};
}

static void next_day(struct cron_time *t)
{
    if (t->day == days_of(t->year, t->month))
        next_month(t);
    else
        *t = (struct cron_time){t->year, t->month, t->day + 1, 0, 0};
}

static void next_hour(struct cron_time *t)
{
    t->minute = 0;
    if (++t->hour > 23)
        next_day(t);
}

bool cron_next(const struct cron *c, const struct cron_time *from, struct cron_time *out)
{
    struct cron_time t = *from;

    if (++t.minute > 59)
        next_hour(&t);
    while (t.year <= from->year + SEARCH_YEARS) {
        if (!(c->months >> t.month & 1)) {
            next_month(&t);
        } else if (!day_matches(c, &t)) {
            next_day(&t);
        } else if (!(c->hours >> t.hour & 1)) {
            next_hour(&t);
        } else if (!(c->minutes >> t.minute & 1)) {
            if (++t.minute > 59)
                next_hour(&t);
        } else {
            *out = t;
            return true;
        }
    }
    return false;
}

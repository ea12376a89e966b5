/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/queue/cron.h"

/* "2026-01-31 23:59" */
static struct cron_time time_of(const char *text)
{
    int v[5];

    for (int i = 0; i < 5; i++) {
        char *end;

        v[i] = (int)strtol(text, &end, 10);
        text = *end ? end + 1 : end;
    }
    return (struct cron_time){
        .year = v[0], .month = v[1], .day = v[2], .hour = v[3], .minute = v[4]};
}

static void what_comes_next(void **state)
{
    static const struct {
        const char *cron;
        const char *from;
        const char *next; /* NULL: never */
    } cases[] = {
        {"* * * * *", "2026-01-31 23:59", "2026-02-01 00:00"},
        {"0 * * * *", "2026-01-31 22:00", "2026-01-31 23:00"},
        {"30 8 * * *", "2026-01-31 08:30", "2026-02-01 08:30"},
        {"30 8 * * *", "2026-01-31 08:29", "2026-01-31 08:30"},
        {"*/15 9-17 * * 1-5", "2026-11-27 17:45", "2026-11-30 09:00"}, /* Friday, Monday */
        {"0 0 1,15 * *", "2026-01-15 00:00", "2026-02-01 00:00"},
        {"0 0 31 * *", "2026-03-31 00:00", "2026-05-31 00:00"},
        {"0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00"},
        {"0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00"}, /* 2100 is no leap year */
        {"0 0 30 2 *", "2026-01-01 00:00", NULL},
        {"0 12 * jan,DEC *", "2026-02-01 00:00", "2026-12-01 12:00"},
        {"0 12 * * sun", "2026-11-25 13:00", "2026-11-29 12:00"},
        {"0 12 * * 7", "2026-11-25 13:00", "2026-11-29 12:00"},
        {"0 12 * * 5-7", "2026-11-28 12:00", "2026-11-29 12:00"},
        /* both restricted: either will do (POSIX) */
        {"0 0 13 * 5", "2026-11-01 00:00", "2026-11-06 00:00"},
        {"0 0 13 * 5", "2026-02-06 00:00", "2026-02-13 00:00"},
        {"0 0 13 * 5", "2026-04-10 00:00", "2026-04-13 00:00"},
        /* a step on a * restricts the day without making it an alternative */
        {"0 0 */2 * 1", "2026-11-01 00:00", "2026-11-09 00:00"},
        {"10/20 * * * *", "2026-01-01 00:31", "2026-01-01 00:50"},
        {"5-10/3 0 * * *", "2026-01-01 00:05", "2026-01-01 00:08"},
        {"@hourly", "2026-01-01 00:00", "2026-01-01 01:00"},
        {"@Daily", "2026-12-31 00:00", "2027-01-01 00:00"},
        {"@weekly", "2026-11-25 00:00", "2026-11-29 00:00"},
        {"@monthly", "2026-01-02 00:00", "2026-02-01 00:00"},
        {"@yearly", "2026-01-01 00:00", "2027-01-01 00:00"},
        {"\t 0   0 * * *  ", "2026-01-01 00:00", "2026-01-02 00:00"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cron_time t;
        struct cron c;
        const char *field;
        char got[64] = "";

        t = time_of(cases[i].from);
        assert_true(cron_parse(slice_cstr(cases[i].cron), &c, &field));
        if (cron_next(&c, &t, &t))
            snprintf(got, sizeof got, "%04d-%02d-%02d %02d:%02d", t.year, t.month, t.day, t.hour,
                     t.minute);
        if (strcmp(got, cases[i].next ? cases[i].next : "") != 0)
            fail_msg("%s after %s: %s", cases[i].cron, cases[i].from, got);
    }
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *cron;
        const char *field;
    } cases[] = {
        {"", "fields"},
        {"* * * *", "fields"},
        {"* * * * * *", "fields"},
        {"@reboot", "fields"},
        {"60 * * * *", "minute"},
        {"-1 * * * *", "minute"},
        {"1,,2 * * * *", "minute"},
        {"1, * * * *", "minute"},
        {"5-1 * * * *", "minute"},
        {"*/0 * * * *", "minute"},
        {"*/60 * * * *", "minute"},
        {"1-2-3 * * * *", "minute"},
        {"+1 * * * *", "minute"},
        {"001 * * * *", "minute"},
        {"* 24 * * *", "hour"},
        {"* * 0 * *", "day"},
        {"* * 32 * *", "day"},
        {"* * * 13 *", "month"},
        {"* * * janu *", "month"},
        {"* * * * 8", "weekday"},
        {"* * * * monday", "weekday"},
        {"* * * * L", "weekday"},
        {"******************************************************************************************"
         "************* * * * *",
         "fields"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cron c = {.minutes = 77};
        const char *field = "";

        if (cron_parse(slice_cstr(cases[i].cron), &c, &field) || strcmp(field, cases[i].field) != 0)
            fail_msg("\"%s\": %s", cases[i].cron, field);
        assert_int_equal(c.minutes, 77);
    }
}

/* Against the definition, minute by minute: nothing between two answers matches, and each answer does. */
static void nothing_is_left_out(void **state)
{
    struct cron_time t = {2027, 12, 1, 0, 0};
    struct cron every;
    struct cron some;
    const char *field;
    struct cron_time want;

    (void)state;
    assert_true(cron_parse(SLICE("* * * * *"), &every, &field));
    assert_true(cron_parse(SLICE("7,40-50/5 */6 1-10 * 3"), &some, &field));
    assert_true(cron_next(&some, &t, &want));
    for (int i = 0; i < 60 * 24 * 120; i++) {
        /* 2027-12-01 is a Wednesday; days since then give the weekday */
        static int day;
        bool matches;

        assert_true(cron_next(&every, &t, &t));
        day += t.hour == 0 && t.minute == 0;
        matches = (t.minute == 7 || t.minute == 40 || t.minute == 45 || t.minute == 50) &&
                  t.hour % 6 == 0 && (t.day <= 10 || day % 7 == 0);
        assert_int_equal(matches, memcmp(&t, &want, sizeof t) == 0);
        if (matches)
            assert_true(cron_next(&some, &t, &want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_next),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(nothing_is_left_out),
    };

    return cmocka_run_group_tests_name("cron", tests, NULL, NULL);
}

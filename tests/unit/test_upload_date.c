/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/meetings/upload_date.h"

static const char *const order_names[] = {"ymd", "dmy", "mdy"};

/* What each order reads; NULL where it is no date. */
static const struct {
    const char *text;
    const char *want[UPLOAD_DATE_ORDERS];
    enum upload_date_hint hint;
} cases[] = {
    {"2024-03-15", {"2024-03-15", "2024-03-15", "2024-03-15"}, UPLOAD_HINT_YMD},
    {"2024/3/5", {"2024-03-05", "2024-03-05", "2024-03-05"}, UPLOAD_HINT_YMD},
    {"2024.03.05", {"2024-03-05", "2024-03-05", "2024-03-05"}, UPLOAD_HINT_YMD},
    {"15/03/2024", {NULL, "2024-03-15", NULL}, UPLOAD_HINT_DMY},
    {"03/15/2024", {NULL, NULL, "2024-03-15"}, UPLOAD_HINT_MDY},
    {"03/04/2024", {NULL, "2024-04-03", "2024-03-04"}, UPLOAD_HINT_EITHER},
    {"3-4-24", {NULL, "2024-04-03", "2024-03-04"}, UPLOAD_HINT_EITHER},
    {"15.3.2024", {NULL, "2024-03-15", NULL}, UPLOAD_HINT_DMY},
    {"31/12/69", {NULL, "2069-12-31", NULL}, UPLOAD_HINT_DMY},
    {"31/12/70", {NULL, "1970-12-31", NULL}, UPLOAD_HINT_DMY},
    {"24-01-02", {"2024-01-02", "2002-01-24", NULL}, UPLOAD_HINT_DMY_OR_YEAR},
    {"70-12-31", {"1970-12-31", NULL, NULL}, UPLOAD_HINT_NONE},
    {"31-12-69", {NULL, "2069-12-31", NULL}, UPLOAD_HINT_DMY},
    {"24-1-02", {NULL, "2002-01-24", NULL}, UPLOAD_HINT_DMY},
    {"24/01/02", {NULL, "2002-01-24", NULL}, UPLOAD_HINT_DMY},
    {"01-24-02", {NULL, NULL, "2002-01-24"}, UPLOAD_HINT_MDY},
    {"29/02/2024", {NULL, "2024-02-29", NULL}, UPLOAD_HINT_DMY},
    {"2000-02-29", {"2000-02-29", "2000-02-29", "2000-02-29"}, UPLOAD_HINT_YMD},
    {"2024-02-30", {NULL, NULL, NULL}, UPLOAD_HINT_YMD},
    {"2023-02-29", {NULL, NULL, NULL}, UPLOAD_HINT_YMD},
    {"1900-02-29", {NULL, NULL, NULL}, UPLOAD_HINT_YMD},
    {"30/02/2024", {NULL, NULL, NULL}, UPLOAD_HINT_DMY},
    {"31/04/2024", {NULL, NULL, NULL}, UPLOAD_HINT_DMY},
    {"2024-00-10", {NULL, NULL, NULL}, UPLOAD_HINT_YMD},
    {"2024-10-00", {NULL, NULL, NULL}, UPLOAD_HINT_YMD},
    {"1899-12-31", {NULL, NULL, NULL}, UPLOAD_HINT_YMD},
    {"2200-01-01", {NULL, NULL, NULL}, UPLOAD_HINT_YMD},
    {"00/03/2024", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"13/13/2024", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"32/01/2024", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    /* a time behind it */
    {"2024-03-15T10:30:00Z", {"2024-03-15", "2024-03-15", "2024-03-15"}, UPLOAD_HINT_YMD},
    {"2024-03-15T10:30:00.123+02:00", {"2024-03-15", "2024-03-15", "2024-03-15"}, UPLOAD_HINT_YMD},
    {"2024-03-15 00:00:00", {"2024-03-15", "2024-03-15", "2024-03-15"}, UPLOAD_HINT_YMD},
    {"15/03/2024 10:30", {NULL, "2024-03-15", NULL}, UPLOAD_HINT_DMY},
    {"15/03/2024, 9:05", {NULL, "2024-03-15", NULL}, UPLOAD_HINT_DMY},
    {"3/15/24 10:30 PM", {NULL, NULL, "2024-03-15"}, UPLOAD_HINT_MDY},
    {"15/03/2024 10:30:00 a.\xC2\xA0m.", {NULL, "2024-03-15", NULL}, UPLOAD_HINT_DMY},
    {"15/03/2024\xE2\x80\xAF"
     "10:30",
     {NULL, "2024-03-15", NULL},
     UPLOAD_HINT_DMY},
    {"2024-03-15 25:00", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"2024-03-15 10:75", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"2024-03-15 mañana", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"2024-03-15 10:30 o 16/03", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"2024-03-15x", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"2024-03-1510:30", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    /* none at all */
    {"", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"15/03", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"15/03-2024", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"15//03/2024", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"20240315", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"45366", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"15/03/024", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"024-03-15", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"2024-003-15", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"15/03/20245", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"-15/03/2024", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
    {"ayer", {NULL, NULL, NULL}, UPLOAD_HINT_NONE},
};

static void each_order_reads_its_dates_and_no_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct slice s = slice_cstr(cases[i].text);

        if (upload_date_hint(s) != cases[i].hint)
            fail_msg("%s tells %d", cases[i].text, upload_date_hint(s));
        for (int o = 0; o < UPLOAD_DATE_ORDERS; o++) {
            char out[UPLOAD_DATE_BYTES] = "untouched";
            const bool ok = upload_date_read(s, (enum upload_date_order)o, out);

            if (ok != (cases[i].want[o] != NULL) ||
                strcmp(out, ok ? cases[i].want[o] : "untouched") != 0)
                fail_msg("%s as %s: %s", cases[i].text, order_names[o], out);
        }
    }
}

static void every_day_of_two_centuries_is_read_in_every_notation(void **state)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    (void)state;
    for (int y = 1970; y < 2070; y++) {
        for (int m = 1; m <= 12; m++) {
            const int last = days[m - 1] + (m == 2 && y % 4 == 0);

            for (int d = 1; d <= 31; d++) {
                char text[3][64];
                char want[64];
                char out[UPLOAD_DATE_BYTES];

                snprintf(want, sizeof want, "%04d-%02d-%02d", y, m, d);
                snprintf(text[UPLOAD_YMD], sizeof text[0], "%d/%d/%d", y, m, d);
                snprintf(text[UPLOAD_DMY], sizeof text[0], "%d-%d-%02d", d, m, y % 100);
                snprintf(text[UPLOAD_MDY], sizeof text[0], "%02d.%02d.%d", m, d, y);
                for (int o = 0; o < UPLOAD_DATE_ORDERS; o++) {
                    assert_int_equal(
                        upload_date_read(slice_cstr(text[o]), (enum upload_date_order)o, out),
                        d <= last);
                    if (d <= last)
                        assert_string_equal(out, want);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_order_reads_its_dates_and_no_others),
        cmocka_unit_test(every_day_of_two_centuries_is_read_in_every_notation),
    };

    return cmocka_run_group_tests_name("upload_date", tests, NULL, NULL);
}

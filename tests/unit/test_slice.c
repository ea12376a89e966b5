/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/base/slice.h"

static void equal_bytes_are_equal_slices(void **state)
{
    const char a[] = "same";
    char b[] = "same";

    (void)state;
    assert_true(slice_eq((struct slice){a, 4}, (struct slice){b, 4}));
    assert_false(slice_eq((struct slice){a, 4}, (struct slice){b, 3}));
    b[3] = 'E';
    assert_false(slice_eq((struct slice){a, 4}, (struct slice){b, 4}));
    assert_true(slice_eq((struct slice){NULL, 0}, SLICE("")));
    assert_true(slice_eq(SLICE("a\0b"), (struct slice){"a\0b", 3}));
    assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
    assert_true(slice_is(SLICE("x"), "x"));
    assert_int_equal(slice_cstr(NULL).n, 0);
}

static void starting_means_the_whole_prefix(void **state)
{
    (void)state;
    assert_true(slice_starts(SLICE("abc"), SLICE("ab")));
    assert_true(slice_starts(SLICE("abc"), SLICE("abc")));
    assert_true(slice_starts(SLICE("abc"), SLICE("")));
    assert_true(slice_starts((struct slice){NULL, 0}, SLICE("")));
    assert_false(slice_starts(SLICE("ab"), SLICE("abc")));
    assert_false(slice_starts(SLICE("xbc"), SLICE("ab")));
}

static void case_is_ignored_for_ascii_only(void **state)
{
    (void)state;
    assert_true(slice_eq_nocase(SLICE("Content-TYPE"), SLICE("content-type")));
    assert_false(slice_eq_nocase(SLICE("content-type"), SLICE("content-typ")));
    assert_false(slice_eq_nocase(SLICE("content"), SLICE("content-type")));
    assert_false(slice_eq_nocase(SLICE("\xC3\x81"), SLICE("\xC3\xA1"))); /* A and a with acute */
    assert_false(slice_eq_nocase(SLICE("@"), SLICE("`")));
    assert_false(slice_eq_nocase(SLICE("["), SLICE("{")));
}

static void trimming_takes_blanks_of_both_ends_only(void **state)
{
    (void)state;
    assert_true(slice_is(slice_trim(SLICE(" \t\r\na b\n ")), "a b"));
    assert_true(slice_is(slice_trim(SLICE(" \n ")), ""));
    assert_true(slice_is(slice_trim(SLICE("")), ""));
    assert_true(slice_is(slice_trim((struct slice){NULL, 0}), ""));
    assert_true(slice_is(slice_trim(SLICE("\xC2\xA0x")), "\xC2\xA0x")); /* NBSP is people's text */
}

static void cutting_walks_a_list(void **state)
{
    struct slice rest = SLICE("a,,b");

    (void)state;
    assert_true(slice_is(slice_cut(rest, ',', &rest), "a"));
    assert_true(slice_is(slice_cut(rest, ',', &rest), ""));
    assert_true(slice_is(slice_cut(rest, ',', &rest), "b"));
    assert_int_equal(rest.n, 0);
    assert_true(slice_is(slice_cut(rest, ',', &rest), ""));
    rest = SLICE("only");
    assert_true(slice_is(slice_cut(rest, ',', &rest), "only"));
    assert_true(slice_is(slice_cut((struct slice){NULL, 0}, ',', &rest), ""));
    rest = SLICE("a,");
    assert_true(slice_is(slice_cut(rest, ',', &rest), "a"));
    assert_int_equal(rest.n, 0);
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"-42", true, -42},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"0x1", false, 0},
        {"--1", false, 0},
        {"1-", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t v = 77;

        if (slice_to_i64(slice_cstr(cases[i].text), &v) != cases[i].ok)
            fail_msg("\"%s\"", cases[i].text);
        assert_true(v == (cases[i].ok ? cases[i].value : 77)); /* untouched on failure */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_bytes_are_equal_slices),
        cmocka_unit_test(starting_means_the_whole_prefix),
        cmocka_unit_test(case_is_ignored_for_ascii_only),
        cmocka_unit_test(trimming_takes_blanks_of_both_ends_only),
        cmocka_unit_test(cutting_walks_a_list),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
    };

    return cmocka_run_group_tests_name("slice", tests, NULL, NULL);
}

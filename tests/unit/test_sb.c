/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/sb.h"

static void what_is_put_is_there_and_terminated(void **state)
{
    struct sb b;

    (void)state;
    sb_init(&b, 1000);
    assert_string_equal(sb_text(&b), "");
    assert_int_equal(sb_get(&b).n, 0);
    assert_non_null(sb_get(&b).p);
    sb_put(&b, "a\0b", 3);
    sb_putc(&b, 'c');
    sb_puts(&b, "de");
    sb_slice(&b, SLICE("f"));
    sb_slice(&b, (struct slice){NULL, 0});
    sb_printf(&b, "%d%s", 7, "g");
    assert_int_equal(b.n, 9);
    assert_memory_equal(b.p, "a\0bcdef7g", 10);
    assert_true(sb_ok(&b));
    sb_done(&b);
    assert_null(b.p);
    sb_done(&b);
}

static void numbers_of_any_size(void **state)
{
    static const struct {
        int64_t v;
        const char *text;
    } cases[] = {{0, "0"},
                 {7, "7"},
                 {-1, "-1"},
                 {1000000, "1000000"},
                 {INT64_MAX, "9223372036854775807"},
                 {INT64_MIN, "-9223372036854775808"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb b;

        sb_init(&b, 100);
        sb_i64(&b, cases[i].v);
        assert_string_equal(sb_text(&b), cases[i].text);
        sb_done(&b);
    }
}

static void it_grows_to_its_maximum_and_not_beyond(void **state)
{
    struct sb b;

    (void)state;
    sb_init(&b, 10000);
    for (int i = 0; i < 10000; i++)
        sb_putc(&b, 'x');
    assert_true(sb_ok(&b));
    assert_int_equal(b.n, 10000);
    sb_putc(&b, 'y');
    assert_false(sb_ok(&b));
    assert_int_equal(b.n, 10000);
    sb_clear(&b);
    assert_true(sb_ok(&b));
    assert_string_equal(sb_text(&b), "");
    sb_puts(&b, "again");
    assert_string_equal(sb_text(&b), "again");
    sb_done(&b);
}

/* Half of a text is worse than none: what does not fit is not put in part, and nothing follows it. */
static void after_an_overflow_nothing_is_added(void **state)
{
    struct sb b;

    (void)state;
    sb_init(&b, 5);
    sb_puts(&b, "abc");
    sb_puts(&b, "def");
    assert_string_equal(sb_text(&b), "abc");
    sb_putc(&b, 'z');
    sb_printf(&b, "z");
    sb_i64(&b, 1);
    assert_string_equal(sb_text(&b), "abc");
    assert_false(sb_ok(&b));
    sb_done(&b);

    sb_init(&b, 0);
    sb_puts(&b, "");
    assert_true(sb_ok(&b));
    sb_putc(&b, 'a');
    assert_false(sb_ok(&b));
    sb_done(&b);
}

static void printing_more_than_its_small_buffer(void **state)
{
    char text[1000];
    struct sb b;

    (void)state;
    memset(text, 'q', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    sb_init(&b, 2000);
    for (size_t n = 250; n < 262; n++) { /* around its 256 bytes */
        sb_clear(&b);
        sb_printf(&b, "%.*s", (int)n, text);
        assert_int_equal(strlen(sb_text(&b)), n);
        assert_int_equal(b.n, n);
    }
    sb_clear(&b);
    sb_printf(&b, "%s%s", text, text);
    assert_int_equal(b.n, 1998);
    sb_printf(&b, "%s", text);
    assert_false(sb_ok(&b));
    assert_int_equal(b.n, 1998);
    sb_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_there_and_terminated),
        cmocka_unit_test(numbers_of_any_size),
        cmocka_unit_test(it_grows_to_its_maximum_and_not_beyond),
        cmocka_unit_test(after_an_overflow_nothing_is_added),
        cmocka_unit_test(printing_more_than_its_small_buffer),
    };

    return cmocka_run_group_tests_name("sb", tests, NULL, NULL);
}

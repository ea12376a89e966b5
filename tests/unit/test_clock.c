/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/base/clock.h"

static void texts_of_instants(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-1000000, "1969-12-31T23:59:59.000Z"},
        {951782400000000, "2000-02-29T00:00:00.000Z"},
        {1769903999999999, "2026-01-31T23:59:59.999Z"},
        {253402300799999999, "9999-12-31T23:59:59.999Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_TEXT_BYTES];

        clock_text(cases[i].us, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void a_frozen_clock_moves_only_when_told(void **state)
{
    (void)state;
    clock_freeze(5000000, 100);
    assert_int_equal(clock_now_us(), 5000000);
    assert_int_equal(clock_mono_ms(), 100);
    assert_int_equal(clock_mono_us(), 100000);
    clock_advance_ms(250);
    assert_int_equal(clock_now_us(), 5250000);
    assert_int_equal(clock_mono_ms(), 350);
    clock_real();
    assert_true(clock_now_us() > 1700000000000000);
}

static void what_is_left_never_falls_below_zero(void **state)
{
    (void)state;
    clock_freeze(0, 1000);
    assert_int_equal(clock_left_ms(1500), 500);
    assert_int_equal(clock_left_ms(1000), 0);
    assert_int_equal(clock_left_ms(1), 0);
    clock_real();
}

static void real_time_goes_on(void **state)
{
    const int64_t a = clock_mono_us();
    const int64_t b = clock_mono_us();

    (void)state;
    assert_true(b >= a);
    assert_true(clock_mono_ms() >= a / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_instants),
        cmocka_unit_test(a_frozen_clock_moves_only_when_told),
        cmocka_unit_test(what_is_left_never_falls_below_zero),
        cmocka_unit_test(real_time_goes_on),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}

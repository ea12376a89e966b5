/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/err.h"

static void setting_fills_all_and_returns_minus_one(void **state)
{
    struct err e = {0};

    (void)state;
    assert_false(err_is(&e));
    assert_int_equal(err_set(&e, ERR_TOO_LARGE, "too_many_rows", "file", "at most %d rows", 10),
                     -1);
    assert_true(err_is(&e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_string_equal(e.reason, "too_many_rows");
    assert_string_equal(e.field, "file");
    assert_string_equal(e.message, "at most 10 rows");
    assert_string_equal(e.internal, "");
    err_clear(&e);
    assert_false(err_is(&e));
    assert_string_equal(e.message, "");
}

static void a_reason_and_a_field_may_be_left_out(void **state)
{
    struct err e = {0};

    (void)state;
    err_set(&e, ERR_NOT_FOUND, NULL, NULL, "x");
    assert_string_equal(e.reason, "not_found");
    assert_string_equal(e.field, "");
}

static void long_texts_are_cut_not_overrun(void **state)
{
    char text[2000];
    struct err e = {0};

    (void)state;
    memset(text, 'm', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&e, ERR_INVALID, text, text, "%s", text);
    assert_int_equal(strlen(e.reason), sizeof e.reason - 1);
    assert_int_equal(strlen(e.field), sizeof e.field - 1);
    assert_int_equal(strlen(e.message), sizeof e.message - 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(err_detail(&e, "%s", text), -1);
    assert_int_equal(strlen(e.internal), sizeof e.internal - 1);
    err_detail(&e, "more");
    assert_int_equal(strlen(e.internal), sizeof e.internal - 1);
}

static void details_are_joined(void **state)
{
    struct err e = {0};

    (void)state;
    err_set(&e, ERR_INTERNAL, NULL, NULL, "x");
    err_detail(&e, "first %d", 1);
    err_detail(&e, "second");
    assert_string_equal(e.internal, "first 1; second");
}

static void params_are_whole_or_absent(void **state)
{
    char text[2000];
    struct err e = {0};

    (void)state;
    err_set(&e, ERR_INVALID, "x", NULL, "x");
    assert_int_equal(err_params(&e, "{\"max\":%d}", 200), -1);
    assert_string_equal(e.params, "{\"max\":200}");
    memset(text, 'p', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_params(&e, "{\"v\":\"%s\"}", text);
    assert_string_equal(e.params, ""); /* half a JSON object helps nobody */
}

static void every_code_has_a_name_and_a_status(void **state)
{
    (void)state;
    for (int i = ERR_INVALID; i < ERR_CODE_COUNT; i++) {
        const int status = err_http_status((enum err_code)i);

        assert_non_null(err_code_name((enum err_code)i));
        assert_true(strlen(err_code_name((enum err_code)i)) > 2);
        assert_in_range(status, 400, 504);
        for (int k = ERR_INVALID; k < i; k++)
            assert_string_not_equal(err_code_name((enum err_code)i),
                                    err_code_name((enum err_code)k));
    }
    assert_int_equal(err_http_status(ERR_INVALID), 400);
    assert_int_equal(err_http_status(ERR_UNAUTHENTICATED), 401);
    assert_int_equal(err_http_status(ERR_NOT_FOUND), 404);
    assert_int_equal(err_http_status(ERR_INTERNAL), 500);
    assert_int_equal(err_http_status(ERR_CODE_COUNT), 500);
    assert_string_equal(err_code_name(ERR_CODE_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(setting_fills_all_and_returns_minus_one),
        cmocka_unit_test(a_reason_and_a_field_may_be_left_out),
        cmocka_unit_test(long_texts_are_cut_not_overrun),
        cmocka_unit_test(details_are_joined),
        cmocka_unit_test(params_are_whole_or_absent),
        cmocka_unit_test(every_code_has_a_name_and_a_status),
    };

    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/principal.h"

static void roles_have_names_and_an_order(void **state)
{
    (void)state;
    for (int i = ROLE_VIEWER; i <= ROLE_ADMIN; i++) {
        enum role r = ROLE_NONE;

        assert_true(role_parse(role_name((enum role)i), &r));
        assert_int_equal(r, i);
        /* a higher role may do all that a lower one may */
        assert_int_equal(role_scopes((enum role)i) & role_scopes((enum role)(i - 1)),
                         role_scopes((enum role)(i - 1)));
    }
    assert_string_equal(role_name((enum role)99), "none");
    assert_string_equal(role_name((enum role) - 1), "none");
}

static void words_that_are_no_role_are_refused(void **state)
{
    static const char *const bad[] = {"", "none", "Admin", "admin ", "owner", "adm"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        enum role r = ROLE_MANAGER;

        assert_false(role_parse(bad[i], &r));
        assert_int_equal(r, ROLE_MANAGER);
    }
}

static void no_role_of_a_tenant_gives_the_operators_scope(void **state)
{
    (void)state;
    assert_int_equal(role_scopes(ROLE_NONE), 0);
    assert_int_equal(role_scopes(ROLE_VIEWER), SCOPE_DATA_READ);
    assert_int_equal(role_scopes(ROLE_ANALYST), SCOPE_DATA_READ | SCOPE_DATA_WRITE);
    assert_int_equal(role_scopes(ROLE_MANAGER), SCOPE_DATA_READ | SCOPE_DATA_WRITE);
    assert_int_equal(role_scopes(ROLE_ADMIN), SCOPE_DATA_READ | SCOPE_DATA_WRITE | SCOPE_ADMIN);
}

static void scopes_as_words_and_back(void **state)
{
    char text[100];

    (void)state;
    scopes_text(SCOPE_DATA_READ | SCOPE_ADMIN | SCOPE_OPERATOR, text, sizeof text);
    assert_string_equal(text, "data:read admin operator");
    scopes_text(0, text, sizeof text);
    assert_string_equal(text, "");
    scopes_text(1u << 30, text, sizeof text);
    assert_string_equal(text, "");
    assert_int_equal(scope_parse("data:write", 10), SCOPE_DATA_WRITE);
    assert_int_equal(scope_parse("operator", 8), SCOPE_OPERATOR);
    assert_int_equal(scope_parse("data:write", 9), 0);
    assert_int_equal(scope_parse("data:read ", 10), 0);
    assert_int_equal(scope_parse("", 0), 0);
}

static void a_short_buffer_is_never_overrun(void **state)
{
    (void)state;
    for (unsigned long n = 1; n < 40; n++) {
        char text[64];

        memset(text, 'x', sizeof text);
        scopes_text(SCOPE_DATA_READ | SCOPE_DATA_WRITE | SCOPE_ADMIN | SCOPE_OPERATOR, text, n);
        assert_non_null(memchr(text, '\0', n));
        for (unsigned long i = n; i < sizeof text; i++)
            assert_int_equal(text[i], 'x');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_have_names_and_an_order),
        cmocka_unit_test(words_that_are_no_role_are_refused),
        cmocka_unit_test(no_role_of_a_tenant_gives_the_operators_scope),
        cmocka_unit_test(scopes_as_words_and_back),
        cmocka_unit_test(a_short_buffer_is_never_overrun),
    };

    return cmocka_run_group_tests_name("principal", tests, NULL, NULL);
}

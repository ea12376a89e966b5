/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/uuid.h"

static void new_ones_are_version_7_of_now(void **state)
{
    struct uuid u;
    uint64_t ms = 0;

    (void)state;
    clock_freeze(1769904000123000, 0);
    u = uuid_new();
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | u.b[i];
    assert_true(ms == 1769904000123);
    assert_int_equal(u.b[6] >> 4, 7);
    for (int i = 0; i < 50; i++)
        assert_int_equal(uuid_new().b[8] >> 6, 2);
    clock_real();
}

/* Rows made one after the other sort so, however many a millisecond and whatever the clock does. */
static void each_new_one_is_greater_than_the_last(void **state)
{
    struct uuid last = uuid_new();

    (void)state;
    for (int i = 0; i < 50000; i++) {
        struct uuid u;

        if (i == 1000)
            clock_freeze(4000000000000000, 0); /* all of one millisecond: the counter runs over */
        if (i == 30000)
            clock_freeze(3000000000000000, 0); /* the clock steps back */
        u = uuid_new();
        assert_true(memcmp(u.b, last.b, sizeof u.b) > 0);
        assert_int_equal(u.b[6] >> 4, 7);
        last = u;
    }
    clock_real();
}

static void text_and_back(void **state)
{
    char text[UUID_TEXT_BYTES];
    struct uuid back;

    (void)state;
    for (int i = 0; i < 100; i++) {
        const struct uuid u = uuid_new();

        uuid_text(&u, text);
        assert_int_equal(strlen(text), 36);
        assert_true(uuid_parse(slice_cstr(text), &back));
        assert_true(uuid_eq(&u, &back));
    }
    assert_true(uuid_parse(SLICE("0123ABCD-ef01-2345-6789-abcdefABCDEF"), &back));
    uuid_text(&back, text);
    assert_string_equal(text, "0123abcd-ef01-2345-6789-abcdefabcdef");
}

static void other_forms_are_refused_and_leave_the_output(void **state)
{
    static const char *const bad[] = {
        "",
        "0123abcdef0123456789abcdefabcdef",
        "{0123abcd-ef01-2345-6789-abcdefabcdef}",
        " 0123abcd-ef01-2345-6789-abcdefabcdef",
        "0123abcd-ef01-2345-6789-abcdefabcde",
        "0123abcd-ef01-2345-6789-abcdefabcdef0",
        "0123abcd-ef01-2345-6789-abcdefabcdeg",
        "0123abcdef-01-2345-6789-abcdefabcdef",
        "0123abcd_ef01-2345-6789-abcdefabcdef",
        "0123abcd-ef01-2345-6789-abcdefabcd f",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct uuid u = {{9}};

        if (uuid_parse(slice_cstr(bad[i]), &u))
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(u.b[0], 9);
    }
}

static void a_digest_names_always_the_same_id(void **state)
{
    uint8_t digest[SHA256_BYTES];
    struct uuid a;
    struct uuid b;

    (void)state;
    hash_sha256("abc", 3, digest);
    a = uuid_from_digest(digest);
    b = uuid_from_digest(digest);
    assert_true(uuid_eq(&a, &b));
    assert_int_equal(a.b[6] >> 4, 8);
    assert_int_equal(a.b[8] >> 6, 2);
    assert_int_equal(a.b[0], 0xba);
    digest[0] ^= 1;
    b = uuid_from_digest(digest);
    assert_false(uuid_eq(&a, &b));
    assert_false(uuid_is_nil(&a));
    assert_true(uuid_is_nil(&(struct uuid){{0}}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_ones_are_version_7_of_now),
        cmocka_unit_test(each_new_one_is_greater_than_the_last),
        cmocka_unit_test(text_and_back),
        cmocka_unit_test(other_forms_are_refused_and_leave_the_output),
        cmocka_unit_test(a_digest_names_always_the_same_id),
    };

    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}

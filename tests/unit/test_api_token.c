/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/api_token.h"

static void what_was_made_is_read_back(void **state)
{
    static const struct {
        enum config_env env;
        const char *prefix;
    } cases[] = {
        {ENV_PRODUCTION, "cm_live_"}, {ENV_DEVELOPMENT, "cm_dev_"}, {ENV_TEST, "cm_test_"}};

    (void)state;
    for (int i = 0; i < 3; i++) {
        for (int round = 0; round < 200; round++) {
            char text[API_TOKEN_TEXT_BYTES];
            struct api_token made;
            struct api_token got;

            api_token_make(cases[i].env, text, &made);
            assert_int_equal(strlen(text), strlen(cases[i].prefix) + 71);
            assert_memory_equal(text, cases[i].prefix, strlen(cases[i].prefix));
            assert_true(api_token_is_like(slice_cstr(text)));
            assert_true(api_token_parse(cases[i].env, slice_cstr(text), &got));
            assert_true(uuid_eq(&made.id, &got.id));
            assert_memory_equal(made.proof, got.proof, SHA256_BYTES);
            for (int other = 0; other < 3; other++)
                assert_int_equal(api_token_parse(cases[other].env, slice_cstr(text), &got),
                                 other == i);
        }
    }
}

/* Digits and letters only: a double click takes the whole, and no shell or URL needs quotes. */
static void a_token_is_plain_text(void **state)
{
    char text[API_TOKEN_TEXT_BYTES];
    struct api_token made;

    (void)state;
    api_token_make(ENV_PRODUCTION, text, &made);
    assert_int_equal(
        strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"),
        strlen(text));
}

static void no_two_are_alike(void **state)
{
    char text[2][API_TOKEN_TEXT_BYTES];
    struct api_token made[2];

    (void)state;
    api_token_make(ENV_TEST, text[0], &made[0]);
    api_token_make(ENV_TEST, text[1], &made[1]);
    assert_false(uuid_eq(&made[0].id, &made[1].id));
    assert_memory_not_equal(made[0].proof, made[1].proof, SHA256_BYTES);
}

/* The checksum tells a look-alike from a token without a database: every single change of a
 * character is seen. */
static void any_changed_character_is_seen(void **state)
{
    static const char digits[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_- ";
    char text[API_TOKEN_TEXT_BYTES];
    struct api_token made;
    struct api_token untouched;
    struct api_token out;

    (void)state;
    api_token_make(ENV_TEST, text, &made);
    memset(&untouched, 0x77, sizeof untouched);
    memcpy(&out, &untouched, sizeof out);
    for (size_t at = 0; text[at]; at++) {
        const char kept = text[at];

        for (const char *d = digits; *d; d++) {
            if (*d == kept)
                continue;
            text[at] = *d;
            assert_false(api_token_parse(ENV_TEST, slice_cstr(text), &out));
        }
        text[at] = kept;
    }
    assert_memory_equal(&out, &untouched, sizeof out);
    assert_true(api_token_parse(ENV_TEST, slice_cstr(text), &out));
}

static void other_lengths_are_refused(void **state)
{
    char text[API_TOKEN_TEXT_BYTES + 1];
    struct api_token token;

    (void)state;
    assert_false(api_token_parse(ENV_TEST, SLICE(""), &token));
    assert_false(api_token_parse(ENV_TEST, SLICE("cm_"), &token));
    assert_false(api_token_parse(ENV_TEST, SLICE("cm_test_"), &token));
    api_token_make(ENV_TEST, text, &token);
    for (size_t n = 0; n < strlen(text); n++)
        assert_false(api_token_parse(ENV_TEST, (struct slice){text, n}, &token));
    text[strlen(text) + 1] = '\0';
    text[strlen(text)] = '0';
    assert_false(api_token_parse(ENV_TEST, slice_cstr(text), &token));
}

/* 22 digits hold more than 16 bytes: the same id must not have a second text, even with a checksum
 * that fits. */
static void a_number_too_large_is_refused(void **state)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char text[API_TOKEN_TEXT_BYTES];
    struct api_token token;
    uint32_t crc;

    (void)state;
    api_token_make(ENV_TEST, text, &token);
    for (int large = 0; large < 2; large++) {
        if (large)
            memset(text + 8, 'z', 22);
        crc = hash_crc32(text, 8 + 22 + 43);
        for (int i = 5; i >= 0; i--, crc /= 62)
            text[8 + 22 + 43 + i] = digits[crc % 62];
        assert_int_equal(api_token_parse(ENV_TEST, slice_cstr(text), &token), !large);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_made_is_read_back),
        cmocka_unit_test(a_token_is_plain_text),
        cmocka_unit_test(no_two_are_alike),
        cmocka_unit_test(any_changed_character_is_seen),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(a_number_too_large_is_refused),
    };
    return cmocka_run_group_tests_name("api_token", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/base/unicode.h"

static void only_well_formed_utf8_is_valid(void **state)
{
    static const struct {
        struct slice s;
        size_t good; /* bytes before the first bad one */
    } cases[] = {
        {SLICE(""), 0},
        {SLICE("ascii"), 5},
        {SLICE("a\0b"), 3},
        {SLICE("\xC2\x80"), 2},
        {SLICE("\xDF\xBF"), 2},
        {SLICE("\xE0\xA0\x80"), 3},
        {SLICE("\xED\x9F\xBF"), 3},
        {SLICE("\xEE\x80\x80"), 3},
        {SLICE("\xEF\xBF\xBD"), 3}, /* U+FFFD itself */
        {SLICE("\xF0\x90\x80\x80"), 4},
        {SLICE("\xF4\x8F\xBF\xBF"), 4},
        {SLICE("ab\x80"), 2},
        {SLICE("\xC0\x80"), 0},
        {SLICE("\xC1\xBF"), 0},
        {SLICE("\xE0\x9F\xBF"), 0},
        {SLICE("\xED\xA0\x80"), 0},
        {SLICE("\xED\xBF\xBF"), 0},
        {SLICE("\xF0\x8F\xBF\xBF"), 0},
        {SLICE("\xF4\x90\x80\x80"), 0},
        {SLICE("\xF5\x80\x80\x80"), 0},
        {SLICE("\xFE"), 0},
        {SLICE("x\xC3"), 1},
        {SLICE("x\xE2\x82"), 1},
        {SLICE("x\xF0\x9F\x98"), 1},
        {{"\xC3\xA9", 1}, 0}, /* what lies beyond the end does not count */
        {{"\xE2\x82\xAC", 2}, 0},
        {SLICE("\xC3(x"), 0},
        {SLICE("\xE2\x28\xA1"), 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (utf8_valid_prefix(cases[i].s) != cases[i].good)
            fail_msg("case %zu: %zu", i, utf8_valid_prefix(cases[i].s));
        assert_int_equal(utf8_valid(cases[i].s), cases[i].good == cases[i].s.n);
    }
}

static void every_code_point_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) {
        char bytes[4];
        const unsigned n = utf8_encode(cp, bytes);
        unsigned used = 9;

        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        if (utf8_decode((struct slice){bytes, n}, 0, &used) != cp || used != n)
            fail_msg("U+%04X", cp);
    }
}

static void a_bad_byte_is_one_character(void **state)
{
    unsigned used;

    (void)state;
    assert_int_equal(utf8_decode(SLICE("\xFFz"), 0, &used), UNICODE_REPLACEMENT);
    assert_int_equal(used, 1);
    assert_int_equal(utf8_count(SLICE("")), 0);
    assert_int_equal(utf8_count(SLICE("ñandú😀")), 6);
    assert_int_equal(utf8_count(SLICE("a\xFF\xC3")), 3);
}

static void cutting_never_cuts_a_character(void **state)
{
    const struct slice s = SLICE("añ€😀z");

    (void)state;
    assert_int_equal(utf8_cut(s, 0).n, 0);
    assert_int_equal(utf8_cut(s, 1).n, 1);
    assert_int_equal(utf8_cut(s, 2).n, 3);
    assert_int_equal(utf8_cut(s, 3).n, 6);
    assert_int_equal(utf8_cut(s, 4).n, 10);
    assert_int_equal(utf8_cut(s, 5).n, 11);
    assert_int_equal(utf8_cut(s, 99).n, 11);
}

static void folding_takes_case_and_marks_away(void **state)
{
    static const struct {
        const char *in;
        const char *want;
    } cases[] = {
        {"ÁÉÍÓÚÜÑ áéíóúüñ", "aeiouun aeiouun"},
        {"ÀÂÃÄÅ Ç ÈÊË ÌÎÏ Ò Ô Õ Ö Ø ÙÛ Ý", "aaaaa c eee iii o o o o o uu y"},
        {"Łódź Škoda Čech Żółw ğ", "lodz skoda cech zolw g"},
        {"Straße Æ Œ", "straße æ œ"}, /* no single base letter: themselves, lower case */
        {"a\xCC\x81rbol", "arbol"},   /* a combining acute */
        {"  many \t\r\n blanks\xC2\xA0here\xE2\x80\x89 ", "many blanks here"},
        {"‘x’ “y” «z»", "'x' \"y\" \"z\""},
        {"ΑΒΓ АБВ", "αβγ абв"},
        {"日本 😀", "日本 😀"},
        {"", ""},
        {" \n ", ""},
        {"bad\xFF"
         "byte\xC3",
         "badbyte"},
        {"İı", "ii"},
    };
    struct arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct slice got = unicode_fold_text(a, slice_cstr(cases[i].in));

        if (!slice_is(got, cases[i].want))
            fail_msg("%s: \"%.*s\"", cases[i].in, (int)got.n, got.p);
    }
    arena_free(a);
}

static void folding_twice_is_folding_once(void **state)
{
    (void)state;
    for (uint32_t cp = 1; cp < 0x3000; cp++) {
        const uint32_t once = unicode_fold(cp);
        char a[4];
        char b[4];

        if (once && unicode_fold(once) != once)
            fail_msg("U+%04X", cp);
        if (unicode_lower(unicode_lower(cp)) != unicode_lower(cp))
            fail_msg("lower U+%04X", cp);
        /* what unicode_fold_text's buffer counts on */
        if (once && utf8_encode(once, a) > utf8_encode(cp, b))
            fail_msg("U+%04X grows", cp);
    }
}

static void words_are_made_of_letters(void **state)
{
    static const uint32_t letters[] = {'a',   'Z',   0xF1,   0xC1,   0xAA,   0xBA,
                                       0x3B1, 0x416, 0x65E5, 0x1E9E, 0x20000};
    static const uint32_t others[] = {'0',  ' ',  '-',    '_',    '@',    0xD7,    0xF7,  0xBF,
                                      0xA1, 0xAB, 0x2014, 0x20AC, 0x3001, 0x1F600, 0xFF01};

    (void)state;
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (!unicode_is_letter(letters[i]))
            fail_msg("U+%04X", letters[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (unicode_is_letter(others[i]))
            fail_msg("U+%04X", others[i]);
    }
    assert_true(unicode_is_digit('7'));
    assert_false(unicode_is_digit(0x661));
    assert_true(unicode_is_space(0xA0) && unicode_is_space('\t') && unicode_is_space(0x2003));
    assert_false(unicode_is_space(0x200B));
}

static void what_nobody_sees_is_known(void **state)
{
    static const uint32_t unseen[] = {0xAD,   0x200B, 0x200D, 0x200F,  0x202E,  0x2060,
                                      0x2066, 0xFE0F, 0xFEFF, 0xE0001, 0xE0041, 0xE01EF};
    static const uint32_t seen[] = {0,      'a',    ' ',    0xA0,   0xAC,   0xAE,    0xE9,   0x200A,
                                    0x2010, 0x2026, 0x20AC, 0xFE10, 0xFF01, 0x1F600, 0xE1000};
    (void)state;

    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        assert_true(unicode_is_invisible(unseen[i]));
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        assert_false(unicode_is_invisible(seen[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_well_formed_utf8_is_valid),
        cmocka_unit_test(every_code_point_goes_there_and_back),
        cmocka_unit_test(a_bad_byte_is_one_character),
        cmocka_unit_test(cutting_never_cuts_a_character),
        cmocka_unit_test(folding_takes_case_and_marks_away),
        cmocka_unit_test(folding_twice_is_folding_once),
        cmocka_unit_test(words_are_made_of_letters),
        cmocka_unit_test(what_nobody_sees_is_known),
    };

    return cmocka_run_group_tests_name("unicode", tests, NULL, NULL);
}

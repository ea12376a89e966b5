/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/charset.h"
#include "core/base/slice.h"
#include "core/base/unicode.h"

/* In pieces of `piece` bytes, each in memory of its own so that a step past it shows under asan. */
static size_t convert(enum charset from, struct slice in, size_t piece, char *out)
{
    struct charset_stream s;
    size_t n = 0;

    charset_begin(&s, from);
    for (size_t i = 0; i < in.n; i += piece) {
        const size_t len = in.n - i < piece ? in.n - i : piece;
        char *copy = malloc(len);
        char *room = malloc(CHARSET_ROOM(len));
        size_t w;

        memcpy(copy, in.p + i, len);
        w = charset_push(&s, copy, len, room);
        assert_true(w <= CHARSET_ROOM(len));
        memcpy(out + n, room, w);
        n += w;
        free(room);
        free(copy);
    }
    return n + charset_end(&s, out + n);
}

static const struct {
    const char *name;
    enum charset from;
    struct slice in;
    struct slice want;
} cases[] = {
    {"nothing", CHARSET_UTF8, SLICE(""), SLICE("")},
    {"UTF-8 passes", CHARSET_UTF8, SLICE("año 😀"), SLICE("año 😀")},
    {"its mark is dropped", CHARSET_UTF8, SLICE("\xEF\xBB\xBFx"), SLICE("x")},
    {"one mark, not two", CHARSET_UTF8, SLICE("\xEF\xBB\xBF\xEF\xBB\xBFx"), SLICE("\xEF\xBB\xBFx")},
    {"nothing but a mark", CHARSET_UTF8, SLICE("\xEF\xBB\xBF"), SLICE("")},
    {"half a mark is data", CHARSET_UTF8, SLICE("\xEF\xBB"), SLICE("\xEF\xBB")},
    {"almost a mark is data", CHARSET_UTF8, SLICE("\xEF\xBB\xBEx"), SLICE("\xEF\xBB\xBEx")},
    {"a mark later is data", CHARSET_UTF8, SLICE("x\xEF\xBB\xBF"), SLICE("x\xEF\xBB\xBF")},
    {"wrong UTF-8 passes too", CHARSET_UTF8, SLICE("a\xFF\xC3"), SLICE("a\xFF\xC3")},
    {"little endian", CHARSET_UTF16LE, SLICE("a\0\xF1\0\xAC\x20"), SLICE("añ€")},
    {"big endian", CHARSET_UTF16BE, SLICE("\0a\0\xF1\x20\xAC"), SLICE("añ€")},
    {"little endian, mark", CHARSET_UTF16LE,
     SLICE("\xFF\xFE"
           "a\0"),
     SLICE("a")},
    {"big endian, mark", CHARSET_UTF16BE, SLICE("\xFE\xFF\0a"), SLICE("a")},
    {"the other's mark is none", CHARSET_UTF16BE, SLICE("\xFF\xFE\0a"),
     SLICE("\xEF\xBF\xBE"
           "a")},
    {"a pair", CHARSET_UTF16LE, SLICE("\x3D\xD8\x00\xDE!\0"), SLICE("😀!")},
    {"a high half alone", CHARSET_UTF16LE,
     SLICE("\x3D\xD8"
           "a\0"),
     SLICE("\xFF"
           "a")},
    {"a low half alone", CHARSET_UTF16LE,
     SLICE("\x00\xDE"
           "a\0"),
     SLICE("\xFF"
           "a")},
    {"two high halves, then a low one", CHARSET_UTF16LE, SLICE("\x3D\xD8\x3D\xD8\x00\xDE"),
     SLICE("\xFF😀")},
    {"a high half at the end", CHARSET_UTF16LE, SLICE("a\0\x3D\xD8"), SLICE("a\xFF")},
    {"half a unit at the end", CHARSET_UTF16LE, SLICE("a\0b"), SLICE("a\xFF")},
    {"one byte", CHARSET_UTF16BE, SLICE("\xFE"), SLICE("\xFF")},
    {"a zero is a zero", CHARSET_UTF16LE, SLICE("a\0\0\0b\0"), SLICE("a\0b")},
    {"Windows-1252", CHARSET_WINDOWS_1252, SLICE("a\xF1o \x80 \x93x\x94 \x85\xFF"),
     SLICE("año € “x” …ÿ")},
    {"what it does not define", CHARSET_WINDOWS_1252,
     SLICE("a\x81"
           "b\x9D"),
     SLICE("a\xFF"
           "b\xFF")},
    {"ISO 8859-1", CHARSET_LATIN1, SLICE("a\xF1o \x80\xFF"), SLICE("año \xC2\x80ÿ")},
    {"no mark there", CHARSET_WINDOWS_1252, SLICE("\xEF\xBB\xBFx"), SLICE("ï»¿x")},
    {"long ASCII between", CHARSET_WINDOWS_1252,
     SLICE("\xE1"
           "0123456789abcdef"
           "\xE9"
           "012345678"),
     SLICE("á0123456789abcdefé012345678")},
};

static void each_encoding_becomes_utf8_however_it_is_cut(void **state)
{
    char out[512];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t piece = 1; piece <= cases[i].in.n + 1; piece++) {
            const size_t n = convert(cases[i].from, cases[i].in, piece, out);

            if (!slice_eq((struct slice){out, n}, cases[i].want))
                fail_msg("%s in pieces of %zu: \"%.*s\"", cases[i].name, piece, (int)n, out);
        }
    }
}

/* Every unit there is, and every byte: the result is UTF-8 that says the same, or holds FF. */
static void nothing_comes_out_as_something_else(void **state)
{
    char out[64];

    (void)state;
    for (unsigned unit = 0; unit < 0x10000; unit++) {
        const char in[] = {'.', 0, (char)(unit & 0xFF), (char)(unit >> 8), '.', 0};
        const size_t n = convert(CHARSET_UTF16LE, (struct slice){in, sizeof in}, 6, out);
        unsigned used;

        if (unit >= 0xD800 && unit <= 0xDFFF) {
            assert_int_equal(n, 3);
            assert_int_equal((unsigned char)out[1], 0xFF);
        } else {
            assert_true(utf8_valid((struct slice){out, n}));
            assert_int_equal(utf8_decode((struct slice){out, n}, 1, &used), unit);
            assert_int_equal(n, used + 2);
        }
    }
    for (unsigned byte = 0; byte < 0x100; byte++) {
        const char in = (char)byte;
        unsigned used;

        convert(CHARSET_LATIN1, (struct slice){&in, 1}, 1, out);
        assert_int_equal(utf8_decode((struct slice){out, sizeof out}, 0, &used), byte);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_encoding_becomes_utf8_however_it_is_cut),
        cmocka_unit_test(nothing_comes_out_as_something_else),
    };

    return cmocka_run_group_tests_name("charset", tests, NULL, NULL);
}

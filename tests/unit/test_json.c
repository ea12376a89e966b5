/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/limits.h"

/* ---- reading -------------------------------------------------------------------------------------------------- */

static void each_text_is_taken_or_refused_for_its_reason(void **state)
{
    static const struct {
        struct slice text;
        enum json_status want;
    } cases[] = {
        {SLICE("{}"), JSON_OK},
        {SLICE(" [1, 2.5, \"x\", null, true] \n"), JSON_OK},
        {SLICE("\"alone\""), JSON_OK},
        {SLICE("0"), JSON_OK},
        {SLICE("{\"a\":{\"a\":1}}"), JSON_OK}, /* the same key on another level */
        {SLICE("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""), JSON_OK}, /* brackets in a string */
        {SLICE("\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\""),
         JSON_OK}, /* also after a quoted quote */
        {SLICE("[\"\\\"\", \"[\", \"\\\\\", [1]]"), JSON_OK},
        {SLICE(""), JSON_BAD},
        {SLICE(" "), JSON_BAD},
        {SLICE("{"), JSON_BAD},
        {SLICE("{} {}"), JSON_BAD},
        {SLICE("{}x"), JSON_BAD},
        {SLICE("{\"a\":1,}"), JSON_BAD},
        {SLICE("{a:1}"), JSON_BAD},
        {SLICE("[1]]"), JSON_BAD},
        {SLICE("NaN"), JSON_BAD},
        {SLICE("01"), JSON_BAD},
        {SLICE("1e999"), JSON_BAD},
        {SLICE("99999999999999999999"), JSON_BAD},
        {SLICE("\"\xff\""), JSON_BAD},
        {SLICE("\"\xed\xa0\x80\""), JSON_BAD},
        {SLICE("\"a\\u0000b\""), JSON_BAD},
        {SLICE("\"a\nb\""), JSON_BAD},
        {SLICE("\"\\ud800\""), JSON_BAD},
        {SLICE("{}\0"), JSON_BAD},
        {SLICE("{\"a\":1,\"a\":2}"), JSON_TWICE},
        {SLICE("[{\"a\":1,\"\\u0061\":2}]"), JSON_TWICE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *const untouched = (json_t *)(void *)&state;
        json_t *v = untouched;
        const enum json_status got = json_read(cases[i].text, &v);

        if (got != cases[i].want)
            fail_msg("%.*s: %d instead of %d", (int)cases[i].text.n, cases[i].text.p, got,
                     cases[i].want);
        if (got == JSON_OK)
            json_drop(&v);
        else
            assert_ptr_equal(v, untouched);
    }
    json_t *v;
    assert_int_equal(json_read((struct slice){NULL, 0}, &v), JSON_BAD);
}

static void depth_is_bounded_before_anything_recurses(void **state)
{
    static char deep[1 << 20];
    json_t *v;

    (void)state;
    memset(deep, '[', LIMIT_JSON_DEPTH);
    memset(deep + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
    assert_int_equal(json_read((struct slice){deep, 2 * LIMIT_JSON_DEPTH}, &v), JSON_OK);
    json_drop(&v);
    memset(deep, '[', LIMIT_JSON_DEPTH + 1);
    memset(deep + LIMIT_JSON_DEPTH + 1, ']', LIMIT_JSON_DEPTH + 1);
    assert_int_equal(json_read((struct slice){deep, 2 * LIMIT_JSON_DEPTH + 2}, &v), JSON_TOO_DEEP);
    memset(deep, '[', sizeof deep);
    assert_int_equal(json_read((struct slice){deep, sizeof deep}, &v), JSON_TOO_DEEP);
    for (size_t i = 0; i < sizeof deep; i += 5)
        memcpy(deep + i, "{\"a\":", i + 5 <= sizeof deep ? 5 : sizeof deep - i);
    assert_int_equal(json_read((struct slice){deep, sizeof deep}, &v), JSON_TOO_DEEP);
}

static void members_of_another_type_are_absent(void **state)
{
    json_t *v;
    int64_t i = 5;

    (void)state;
    assert_int_equal(json_read(SLICE("{\"s\":\"x\",\"i\":-7,\"r\":1.0,\"n\":null}"), &v), JSON_OK);
    assert_string_equal(json_str(v, "s"), "x");
    assert_null(json_str(v, "i"));
    assert_null(json_str(v, "n"));
    assert_null(json_str(v, "absent"));
    assert_null(json_str(NULL, "s"));
    assert_false(json_i64(v, "r", &i));
    assert_false(json_i64(v, "s", &i));
    assert_false(json_i64(v, "absent", &i));
    assert_int_equal(i, 5);
    assert_true(json_i64(v, "i", &i));
    assert_int_equal(i, -7);
    json_drop_deferred(v);
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static void commas_and_colons_find_their_places(void **state)
{
    const struct uuid id = {{0x01, 0x23}};
    struct sb b;
    struct jw w;

    (void)state;
    sb_init(&b, 10000);
    jw_init(&w, &b);
    jw_object(&w);
    jw_kstr(&w, "s", "x");
    jw_kstr(&w, "null", NULL);
    jw_ki64(&w, "i", -5);
    jw_kbool(&w, "t", true);
    jw_kuuid(&w, "id", &id);
    jw_kslice(&w, "cut", (struct slice){"abc", 1});
    jw_key(&w, "list");
    jw_array(&w);
    jw_i64(&w, 1);
    jw_array(&w);
    jw_end(&w);
    jw_object(&w);
    jw_end(&w);
    jw_object(&w);
    jw_key(&w, "a");
    jw_null(&w);
    jw_end(&w);
    jw_array(&w);
    jw_i64(&w, 7);
    jw_end(&w);
    jw_array(&w);
    jw_i64(&w, 8);
    jw_end(&w);
    jw_real(&w, 2.5);
    jw_raw(&w, SLICE("{\"raw\":1}"));
    jw_bool(&w, false);
    jw_end(&w);
    jw_key(&w, "last");
    jw_uuid(&w, &id);
    jw_end(&w);
    assert_string_equal(
        sb_text(&b), "{\"s\":\"x\",\"null\":null,\"i\":-5,\"t\":true,\"id\":\"01230000-0000-0000-"
                     "0000-000000000000\","
                     "\"cut\":\"a\",\"list\":[1,[],{},{\"a\":null},[7],[8],2.5,{\"raw\":1},false],"
                     "\"last\":\"01230000-0000-0000-0000-000000000000\"}");
    assert_int_equal(w.depth, 0);
    sb_done(&b);
}

static void nesting_to_the_writers_depth(void **state)
{
    struct sb b;
    struct jw w;
    json_t *v;

    (void)state;
    sb_init(&b, 10000);
    jw_init(&w, &b);
    for (int i = 0; i < JW_DEPTH - 1; i++)
        jw_array(&w);
    jw_i64(&w, 1);
    jw_i64(&w, 2);
    for (int i = 0; i < JW_DEPTH - 1; i++)
        jw_end(&w);
    assert_int_equal(json_read(sb_get(&b), &v), JSON_OK);
    json_drop(&v);
    sb_done(&b);
}

static void strings_are_quoted_and_always_utf8(void **state)
{
    static const struct {
        struct slice in;
        const char *want;
    } cases[] = {
        {SLICE(""), "\"\""},
        {SLICE("plain"), "\"plain\""},
        {SLICE("a\"b\\c/d"), "\"a\\\"b\\\\c/d\""},
        {SLICE("\b\t\n\f\r\v\x01\x1f\x7f"), "\"\\b\\t\\n\\f\\r\\u000b\\u0001\\u001f\\u007f\""},
        {SLICE("nul\0in"), "\"nul\\u0000in\""},
        {SLICE("ñ€😀"), "\"ñ€😀\""},
        {SLICE("\xEF\xBF\xBD"), "\"\xEF\xBF\xBD\""}, /* a replacement that was there */
        {SLICE("a\xFFz"), "\"a\xEF\xBF\xBDz\""},
        {SLICE("\xC3"), "\"\xEF\xBF\xBD\""},
        {SLICE("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {SLICE("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {SLICE("\xF4\x90\x80\x80!"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD!\""},
        {SLICE("ok\xE2\x82"), "\"ok\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb b;

        sb_init(&b, 1000);
        json_quote(&b, cases[i].in);
        assert_string_equal(sb_text(&b), cases[i].want);
        sb_done(&b);
    }
}

static void every_byte_pair_gives_readable_json(void **state)
{
    (void)state;
    for (int i = 0; i < 65536; i++) {
        const char pair[] = {(char)(i >> 8), (char)i};
        struct sb b;
        json_t *v;

        if (i >> 8 == 0 || (i & 0xff) == 0)
            continue; /* our own reader refuses \u0000 */
        sb_init(&b, 100);
        json_quote(&b, (struct slice){pair, 2});
        if (json_read(sb_get(&b), &v) != JSON_OK)
            fail_msg("%02x %02x", i >> 8, i & 0xff);
        json_drop(&v);
        sb_done(&b);
    }
}

static void reals_read_back_as_they_were(void **state)
{
    static const double values[] = {0,
                                    1,
                                    -1,
                                    0.1,
                                    1.0 / 3,
                                    1e21,
                                    1e-7,
                                    123456789.123,
                                    5e-324,
                                    DBL_MAX,
                                    -DBL_MIN,
                                    4.0 / 3,
                                    2.2250738585072011e-308,
                                    1e15,
                                    9007199254740993.0};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct sb b;
        struct jw w;

        sb_init(&b, 100);
        jw_init(&w, &b);
        jw_real(&w, values[i]);
        assert_true(strtod(sb_text(&b), NULL) == values[i]);
        sb_done(&b);
    }
}

static void a_real_that_json_lacks_is_null(void **state)
{
    struct sb b;
    struct jw w;

    (void)state;
    sb_init(&b, 100);
    jw_init(&w, &b);
    jw_array(&w);
    jw_real(&w, NAN);
    jw_real(&w, INFINITY);
    jw_real(&w, -INFINITY);
    jw_real(&w, 0.1);
    jw_end(&w);
    assert_string_equal(sb_text(&b), "[null,null,null,0.1]");
    sb_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_taken_or_refused_for_its_reason),
        cmocka_unit_test(depth_is_bounded_before_anything_recurses),
        cmocka_unit_test(members_of_another_type_are_absent),
        cmocka_unit_test(commas_and_colons_find_their_places),
        cmocka_unit_test(nesting_to_the_writers_depth),
        cmocka_unit_test(strings_are_quoted_and_always_utf8),
        cmocka_unit_test(every_byte_pair_gives_readable_json),
        cmocka_unit_test(reals_read_back_as_they_were),
        cmocka_unit_test(a_real_that_json_lacks_is_null),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

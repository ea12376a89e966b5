/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/unicode.h"

static char path[64];

static int set_up(void **state)
{
    int fd;

    (void)state;
    snprintf(path, sizeof path, "/tmp/cmlog.XXXXXX");
    fd = mkstemp(path);
    close(fd);
    return log_open(path, LOG_INFO);
}

static int tear_down(void **state)
{
    (void)state;
    log_open("-", LOG_INFO);
    log_set_role("main");
    clock_real();
    unlink(path);
    return 0;
}

/* What was written; the caller frees it. */
static char *written(void)
{
    char *text = calloc(1, 1 << 20);
    FILE *f = fopen(path, "r");

    if (f) {
        const size_t n = fread(text, 1, (1 << 20) - 1, f);

        text[n] = '\0';
        fclose(f);
    }
    return text;
}

/* The only line, which must be JSON in UTF-8 and end with a line feed. */
static json_t *line(void)
{
    char *text = written();
    json_error_t e;
    json_t *v;

    assert_true(strlen(text) > 0);
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_true(utf8_valid(slice_cstr(text)));
    v = json_loads(text, JSON_REJECT_DUPLICATES, &e);
    if (!v)
        fail_msg("%s: %s", e.text, text);
    free(text);
    return v;
}

static void a_line_says_when_who_and_what(void **state)
{
    json_t *v;

    (void)state;
    clock_freeze(1769904000123456, 0);
    log_set_role("web");
    LOG(LOG_WARN, "slow", {"path", LOG_S("/api/x")}, {"ms", LOG_I(12)}, {"share", LOG_D(0.5)},
        {"hit", LOG_B(true)}, {"absent", LOG_S(NULL)},
        {"cut", LOG_SLICE(((struct slice){"abc", 2}))});
    v = line();
    assert_string_equal(json_string_value(json_object_get(v, "time")), "2026-02-01T00:00:00.123Z");
    assert_string_equal(json_string_value(json_object_get(v, "level")), "warn");
    assert_string_equal(json_string_value(json_object_get(v, "process")), "web");
    assert_string_equal(json_string_value(json_object_get(v, "event")), "slow");
    assert_int_equal(json_integer_value(json_object_get(v, "pid")), getpid());
    assert_string_equal(json_string_value(json_object_get(v, "path")), "/api/x");
    assert_int_equal(json_integer_value(json_object_get(v, "ms")), 12);
    assert_true(json_real_value(json_object_get(v, "share")) == 0.5);
    assert_true(json_is_true(json_object_get(v, "hit")));
    assert_null(json_object_get(v, "absent"));
    assert_string_equal(json_string_value(json_object_get(v, "cut")), "ab");
    json_decref(v);
}

static void strange_bytes_leave_the_line_json(void **state)
{
    json_t *v;

    (void)state;
    LOG(LOG_INFO, "x", {"text", LOG_S("quote \" back \\ line \n tab \t bell \a del \x7f")},
        {"utf8", LOG_S("ñandú 😀")}, {"bad", LOG_S("a\xFFz \xC3 \xED\xA0\x80")},
        {"end", LOG_S("cut \xC3")});
    v = line();
    assert_string_equal(json_string_value(json_object_get(v, "text")),
                        "quote \" back \\ line \n tab \t bell \a del \x7f");
    assert_string_equal(json_string_value(json_object_get(v, "utf8")), "ñandú 😀");
    assert_non_null(strstr(json_string_value(json_object_get(v, "bad")), "a\xEF\xBF\xBDz"));
    assert_string_equal(json_string_value(json_object_get(v, "end")), "cut \xEF\xBF\xBD");
    json_decref(v);
}

static void numbers_that_json_lacks_are_left_out(void **state)
{
    json_t *v;

    (void)state;
    LOG(LOG_INFO, "x", {"nan", LOG_D(0.0 / 0.0)}, {"inf", LOG_D(1e308 * 10)}, {"after", LOG_I(1)});
    v = line();
    assert_int_equal(json_integer_value(json_object_get(v, "after")), 1);
    json_decref(v);
}

static void a_line_too_long_is_cut_at_a_field(void **state)
{
    static char big[20000];
    json_t *v;

    (void)state;
    memset(big, 'x', sizeof big - 1);
    LOG(LOG_INFO, "x", {"before", LOG_I(1)}, {"big", LOG_S(big)}, {"after", LOG_I(2)});
    v = line();
    assert_int_equal(json_integer_value(json_object_get(v, "before")), 1);
    assert_null(json_object_get(v, "big"));
    json_decref(v);
}

static void the_level_decides(void **state)
{
    char *text;
    enum log_level l;

    (void)state;
    LOG(LOG_DEBUG, "quiet", {"a", LOG_I(1)});
    text = written();
    assert_string_equal(text, "");
    free(text);
    assert_true(log_level_parse("debug", &l));
    assert_int_equal(l, LOG_DEBUG);
    assert_true(log_level_parse("off", &l));
    assert_false(log_level_parse("loud", &l));
    assert_int_equal(l, LOG_OFF);
}

static void reopening_follows_a_rotation(void **state)
{
    char moved[80];
    char *text;

    (void)state;
    snprintf(moved, sizeof moved, "%s.1", path);
    LOG(LOG_INFO, "first", {"a", LOG_I(1)});
    assert_int_equal(rename(path, moved), 0);
    LOG(LOG_INFO, "second", {"a", LOG_I(1)}); /* still into the moved one */
    assert_int_equal(log_reopen(), 0);
    LOG(LOG_INFO, "third", {"a", LOG_I(1)});
    text = written();
    assert_null(strstr(text, "second"));
    assert_non_null(strstr(text, "third"));
    free(text);
    unlink(moved);
}

static void a_target_that_cannot_be_opened_keeps_the_old_one(void **state)
{
    char *text;

    (void)state;
    assert_int_equal(log_open("/nowhere/at/all", LOG_INFO), -1);
    LOG(LOG_INFO, "kept", {"a", LOG_I(1)});
    text = written();
    assert_non_null(strstr(text, "kept"));
    free(text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_line_says_when_who_and_what),
        TEST(strange_bytes_leave_the_line_json),
        TEST(numbers_that_json_lacks_are_left_out),
        TEST(a_line_too_long_is_cut_at_a_field),
        TEST(the_level_decides),
        TEST(reopening_follows_a_rotation),
        TEST(a_target_that_cannot_be_opened_keeps_the_old_one),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/arena.h"
#include "fcgi/http.h"
#include "fcgi/multipart.h"

/* A body that arrives in pieces of `step` bytes. */
struct source {
    struct slice all;
    size_t at;
    size_t step;
};

static long read_source(struct ctx *cx, void *source, void *buf, size_t n)
{
    struct source *s = source;
    size_t take = s->all.n - s->at < s->step ? s->all.n - s->at : s->step;

    (void)cx;
    if (take > n)
        take = n;
    memcpy(buf, s->all.p + s->at, take);
    s->at += take;
    return (long)take;
}

static int set_up(void **state)
{
    struct ctx *cx = test_calloc(1, sizeof *cx);

    cx->arena = arena_new(16 << 20);
    *state = cx;
    return 0;
}

static int tear_down(void **state)
{
    struct ctx *cx = *state;

    arena_free(cx->arena);
    test_free(cx);
    return 0;
}

static void if_match_names_one_version_as_it_was_answered(void **state)
{
    static const struct {
        const char *header;
        int64_t version; /* -1: refused */
    } cases[] = {
        {"\"7\"", 7},  {" \"12-9af0\" ", 12},
        {"*", 0},      {"", -1},
        {"7", -1},     {"\"\"", -1},
        {"\"x\"", -1}, {"\"1\", \"2\"", -1},
        {"\"7", -1},   {"\"", -1},
        {"\"0\"", -1}, {"\"99999999999999999999\"", -1},
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct http_request rq = {.if_match = slice_cstr(cases[i].header)};
        int64_t version = -1;

        err_clear(&cx->err);
        if (http_if_match(cx, &rq, &version) != (cases[i].version < 0 ? -1 : 0) ||
            version != cases[i].version)
            fail_msg("%s: %lld %s", cases[i].header, (long long)version, cx->err.reason);
        if (cases[i].version < 0)
            assert_int_equal(cx->err.code,
                             *cases[i].header ? ERR_PRECONDITION : ERR_PRECONDITION_REQUIRED);
    }
    err_clear(&cx->err);
}

static void the_language_with_the_largest_weight_wins(void **state)
{
    static const struct {
        const char *header;
        const char *want;
    } cases[] = {
        {"", ""},       {"es", "es"},          {"en-GB,en;q=0.9", "en"},
        {"de,fr", ""},  {"en;q=0.5,es", "es"}, {"es-CL;q=0.3, en;q=0.4", "en"},
        {"est", ""},    {"*;q=0.5", ""},       {"ES", "es"},
        {"en;q=0", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(http_language(slice_cstr(cases[i].header)), cases[i].want);
}

static void percent_decoding_refuses_what_is_no_escape(void **state)
{
    struct ctx *cx = *state;
    struct slice out;

    assert_true(http_percent_decode(cx->arena, SLICE("a%20b+c%C3%B1"), true, &out));
    assert_true(slice_is(out, "a b c\xC3\xB1"));
    assert_true(http_percent_decode(cx->arena, SLICE("a+b"), false, &out));
    assert_true(slice_is(out, "a+b"));
    assert_false(http_percent_decode(cx->arena, SLICE("a%2"), true, &out));
    assert_false(http_percent_decode(cx->arena, SLICE("a%zz"), true, &out));
    assert_false(http_percent_decode(cx->arena, SLICE("a%00b"), true, &out));
}

static void a_form_has_its_pairs_in_order_and_a_bound(void **state)
{
    struct ctx *cx = *state;
    struct http_param out[2];
    size_t n;

    assert_int_equal(http_form(cx, SLICE("a=1&&b=x%3Dy"), out, 2, &n), 0);
    assert_int_equal(n, 2);
    assert_true(slice_is(out[1].name, "b") && slice_is(out[1].value, "x=y"));
    assert_int_equal(http_form(cx, SLICE("a=1&b=2&c=3"), out, 2, &n), -1);
    assert_string_equal(cx->err.reason, "too_many_parameters");
}

static void an_error_becomes_the_envelope_without_its_internals(void **state)
{
    struct ctx *cx = *state;
    struct http_response rs = {0};

    sb_init(&rs.body, 4096);
    memcpy(cx->request_id, "r-1", 4);
    ctx_fail(cx, ERR_RATE_LIMITED, "slow_down", "file", "say \"please\"");
    err_detail(&cx->err, "secret");
    err_params(&cx->err, "{\"max\":4}");
    cx->err.retry_after_ms = 1500;
    http_error(cx, &rs);
    assert_int_equal(rs.status, 429);
    assert_string_equal(
        sb_text(&rs.body),
        "{\"success\":false,\"error\":{\"code\":\"slow_down\",\"message\":\"say \\\"please\\\"\","
        "\"field\":\"file\",\"details\":{\"params\":{\"max\":4}},\"request_id\":\"r-1\"}}");
    assert_string_equal(rs.headers[0].name, "Retry-After");
    assert_string_equal(rs.headers[0].value, "2");
    sb_done(&rs.body);
}

static const char form[] =
    "preamble\r\n--edge\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
    "--edge \t\r\nContent-Type: text/csv\r\nContent-Disposition: form-data; name=\"file\"; "
    "filename=\"a b.csv\"\r\n\r\nx,y\r\n--edg\r\n--not\r\n\r\n--edge    \r\n"
    "Content-Disposition: form-data; name=\"after\"\r\n\r\nmore\r\n--edge--\r\nepilogue";
static const char content[] = "x,y\r\n--edg\r\n--not\r\n";

static struct http_request form_request(struct source *s)
{
    return (struct http_request){.content_type =
                                     SLICE("multipart/form-data; charset=x; boundary=\"edge\""),
                                 .read_body = read_source,
                                 .body_source = s};
}

/* The one property everything leans on: how the body is cut into pieces changes nothing. */
static void any_cut_gives_the_same_file(void **state)
{
    struct ctx *cx = *state;

    for (size_t step = 1; step < sizeof form; step++) {
        struct source s = {.all = SLICE(form), .step = step};
        const struct http_request rq = form_request(&s);
        struct multipart *m;
        struct slice name;
        char got[256];
        size_t n = 0;
        long k;

        assert_int_equal(multipart_open(cx, &rq, "file", &m, &name), 0);
        assert_true(slice_is(name, "a b.csv"));
        while ((k = multipart_read(cx, m, got + n, 7)) > 0)
            n += (size_t)k;
        assert_int_equal(k, 0);
        assert_int_equal(n, sizeof content - 1);
        assert_memory_equal(got, content, n);
        assert_int_equal(s.at, s.all.n); /* to the end of the body */
        arena_reset(cx->arena);
    }
}

static void a_body_cut_anywhere_is_never_taken_for_a_whole_one(void **state)
{
    struct ctx *cx = *state;
    const size_t last_delimiter = (size_t)(strstr(form, "--edge--") - form) + strlen("--edge--");

    for (size_t cut = 0; cut < last_delimiter; cut++) {
        struct source s = {.all = {form, cut}, .step = 50};
        const struct http_request rq = form_request(&s);
        struct multipart *m;
        struct slice name;
        char got[256];
        long k = multipart_open(cx, &rq, "file", &m, &name);

        while (k == 0 && (k = multipart_read(cx, m, got, sizeof got)) > 0)
            k = 0;
        /* the loop ends at 0 with the file's end, or at -1 */
        if (k == 0)
            k = multipart_read(cx, m, got, sizeof got);
        assert_int_equal(k, -1);
        assert_true(err_is(&cx->err));
        err_clear(&cx->err);
        arena_reset(cx->arena);
    }
}

static void a_form_without_the_file_or_the_boundary_says_so(void **state)
{
    struct ctx *cx = *state;
    struct source s = {.all = SLICE(form), .step = 100};
    struct http_request rq = form_request(&s);
    struct multipart *m;
    struct slice name;

    assert_int_equal(multipart_open(cx, &rq, "nothing", &m, &name), -1);
    assert_string_equal(cx->err.reason, "file_missing");
    err_clear(&cx->err);
    rq.content_type = SLICE("multipart/form-data");
    assert_int_equal(multipart_open(cx, &rq, "file", &m, &name), -1);
    assert_string_equal(cx->err.reason, "boundary_missing");
}

static void blanks_behind_a_boundary_do_not_end_the_body(void **state)
{
    static const char *const wrong[] = {"--edge --\r\n", "--edge \n", "--edge -\r\n", "--edge  "};
    struct ctx *cx = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct source s = {.all = slice_cstr(wrong[i]), .step = 3};
        const struct http_request rq = form_request(&s);
        struct multipart *m;
        struct slice name;

        assert_int_equal(multipart_open(cx, &rq, "file", &m, &name), -1);
        assert_string_equal(cx->err.reason, "multipart_invalid");
        err_clear(&cx->err);
    }
}

static void a_second_file_is_refused_and_not_dropped(void **state)
{
    static const char two[] =
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nx"
        "\r\n--edge\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n"
        "\r\n--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.csv\"\r\n\r\ny"
        "\r\n--edge--\r\n";
    struct ctx *cx = *state;

    for (size_t step = 1; step < sizeof two; step++) {
        struct source s = {.all = SLICE(two), .step = step};
        const struct http_request rq = form_request(&s);
        struct multipart *m;
        struct slice name;
        char got[16];
        long k;

        assert_int_equal(multipart_open(cx, &rq, "file", &m, &name), 0);
        while ((k = multipart_read(cx, m, got, sizeof got)) > 0)
            continue;
        assert_int_equal(k, -1);
        assert_string_equal(cx->err.reason, "file_twice");
        err_clear(&cx->err);
        arena_reset(cx->arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(if_match_names_one_version_as_it_was_answered, set_up,
                                        tear_down),
        cmocka_unit_test(the_language_with_the_largest_weight_wins),
        cmocka_unit_test_setup_teardown(percent_decoding_refuses_what_is_no_escape, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_form_has_its_pairs_in_order_and_a_bound, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_error_becomes_the_envelope_without_its_internals, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(any_cut_gives_the_same_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_cut_anywhere_is_never_taken_for_a_whole_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(blanks_behind_a_boundary_do_not_end_the_body, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_second_file_is_refused_and_not_dropped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_form_without_the_file_or_the_boundary_says_so, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/csv.h"
#include "core/base/sb.h"

struct joined {
    struct sb text; /* line:field|field{what was lost}; */
    int stop_after; /* records; 0: never */
    int records;
};

static int join(void *user, const struct csv_record *r)
{
    struct joined *j = user;

    sb_printf(&j->text, "%llu:", (unsigned long long)r->line);
    for (size_t i = 0; i < r->n; i++) {
        sb_puts(&j->text, i ? "|" : "");
        sb_slice(&j->text, r->fields[i]);
    }
    if (r->cut_field >= 0)
        sb_printf(&j->text, "{%d%s}", r->cut_field, r->record_cut ? " record" : "");
    if (r->too_many)
        sb_printf(&j->text, "{of %zu}", r->too_many);
    sb_putc(&j->text, ';');
    return ++j->records == j->stop_after;
}

/* Pushed in pieces of `piece` bytes (0: at once); `got` is the caller's to sb_done. */
static enum csv_status parse(struct slice in, size_t piece, const struct csv_limits *limits,
                             struct joined *got)
{
    struct csv *p = csv_new(limits, join, got);
    enum csv_status s = CSV_OK;

    sb_init(&got->text, 1 << 20);
    if (piece == 0)
        piece = in.n ? in.n : 1;
    for (size_t i = 0; i < in.n && s == CSV_OK; i += piece) {
        const size_t n = in.n - i < piece ? in.n - i : piece;
        char *copy = malloc(n); /* so that a read past the piece shows under asan */

        memcpy(copy, in.p + i, n);
        s = csv_push(p, copy, n);
        free(copy);
    }
    if (s == CSV_OK)
        s = csv_finish(p);
    csv_free(p);
    return s;
}

static const struct csv_limits small = {.record_bytes = 64, .field_bytes = 40, .fields = 4};

static const struct {
    const char *name;
    struct slice in;
    const char *want;
    enum csv_status status;
} cases[] = {
    {"nothing", SLICE(""), "", CSV_OK},
    {"one field", SLICE("a"), "1:a;", CSV_OK},
    {"rows", SLICE("a,b\nc,d\n"), "1:a|b;2:c|d;", CSV_OK},
    {"no newline at the end", SLICE("a,b\nc,d"), "1:a|b;2:c|d;", CSV_OK},
    {"CRLF", SLICE("a,b\r\nc,d\r\n"), "1:a|b;2:c|d;", CSV_OK},
    {"CR alone", SLICE("a,b\rc,d\r"), "1:a|b;2:c|d;", CSV_OK},
    {"all three", SLICE("a\nb\r\nc\rd"), "1:a;2:b;3:c;4:d;", CSV_OK},
    {"empty fields", SLICE(",\n,,\n"), "1:|;2:||;", CSV_OK},
    {"blank lines are skipped and counted", SLICE("\n\na\r\n\r\n\rb\n"), "3:a;6:b;", CSV_OK},
    {"only one LF belongs to a CR", SLICE("a\r\n\nb"), "1:a;3:b;", CSV_OK},
    {"CR CR LF is two line ends", SLICE("a\r\r\nb"), "1:a;3:b;", CSV_OK},
    {"spaces are data", SLICE(" a , b \n \n"), "1: a | b ;2: ;", CSV_OK},
    {"quoted", SLICE("\"a\",\"b\"\n"), "1:a|b;", CSV_OK},
    {"quoted empty is a field", SLICE("\"\"\n"), "1:;", CSV_OK},
    {"quoted empty at the end", SLICE("\"\""), "1:;", CSV_OK},
    {"delimiter in quotes", SLICE("\"a,b\",c\n"), "1:a,b|c;", CSV_OK},
    {"doubled quotes", SLICE("\"a\"\"b\"\"\"\n"), "1:a\"b\";", CSV_OK},
    {"only doubled quotes", SLICE("\"\"\"\"\n"), "1:\";", CSV_OK},
    {"line ends in quotes stay", SLICE("\"a\r\nb\nc\rd\"\ne\n"), "1:a\r\nb\nc\rd;5:e;", CSV_OK},
    {"a quote inside a plain field", SLICE("5\" pipe,a\"b\n"), "1:5\" pipe|a\"b;", CSV_OK},
    {"quoted then CR", SLICE("\"a\"\r\"b\"\r\n\"c\""), "1:a;2:b;3:c;", CSV_OK},
    {"zero bytes are data", SLICE("a\0b\n"), "1:a", CSV_OK}, /* compared up to the zero */
    {"text after a closing quote", SLICE("x\n\"a\"b\"c,d\n"), "1:x;2:ab\"c|d;", CSV_OK},
    {"a space after a closing quote", SLICE("\"a\" ,b\n"), "1:a |b;", CSV_OK},
    {"a quote after a space opens nothing", SLICE("a, \"b\",c\n"), "1:a| \"b\"|c;", CSV_OK},
    {"line ends in quotes, then doubled ones", SLICE("\"a\r\"\"\n\"\nb"), "1:a\r\"\n;4:b;", CSV_OK},
    {"open at the end", SLICE("x\n\"a\n"), "1:x;", CSV_BAD_QUOTE},
    {"lone quote at the end", SLICE("a,\""), "", CSV_BAD_QUOTE},
    {"as many fields as allowed", SLICE("a,b,c,d\n"), "1:a|b|c|d;", CSV_OK},
    {"one more", SLICE("x\na,b,c,d,e\ny"), "1:x;2:a|b|c|d{of 5};3:y;", CSV_OK},
    {"one more, empty", SLICE(",,,,\n"), "1:|||{of 5};", CSV_OK},
    {"many more, quoted and not", SLICE("a,,,,\"b\nc\",d,\"e\"\"\"\ny"), "1:a|||{of 7};3:y;",
     CSV_OK},
    {"a field as long as allowed", SLICE("0123456789012345678901234567890123456789,b"),
     "1:0123456789012345678901234567890123456789|b;", CSV_OK},
    {"one byte more", SLICE("a,0123456789012345678901234567890123456789X,b\ny"),
     "1:a|0123456789012345678901234567890123456789|b{1};2:y;", CSV_OK},
    {"the same in quotes, with quotes",
     SLICE("a,\"012345678901234567890123456789012345678\"\"X\nX\",b\ny"),
     "1:a|012345678901234567890123456789012345678\"|b{1};3:y;", CSV_OK},
    {"two fields cut: the first is named",
     SLICE("0123456789012345678901234567890123456789X,0123456789012345678901234567890123456789X,b"),
     "1:0123456789012345678901234567890123456789|012345678901234567890123|{0 record};", CSV_OK},
    {"a record as long as allowed",
     SLICE("0123456789012345678901234567890123456789,\"012345678901234567890123\",,"),
     "1:0123456789012345678901234567890123456789|012345678901234567890123||;", CSV_OK},
    {"one byte more, in a later field",
     SLICE("0123456789012345678901234567890123456789,\"012345678901234567890123\",X,\ny"),
     "1:0123456789012345678901234567890123456789|012345678901234567890123||{2 record};2:y;",
     CSV_OK},
    {"UTF-8", SLICE("ñ,€\n"), "1:ñ|€;", CSV_OK},
};
enum { NCASES = sizeof cases / sizeof *cases };

static void each_text_gives_its_records(void **state)
{
    (void)state;
    for (int i = 0; i < NCASES; i++) {
        struct joined got = {.stop_after = 0};
        const enum csv_status s = parse(cases[i].in, 0, &small, &got);

        if (s != cases[i].status || strcmp(sb_text(&got.text), cases[i].want) != 0)
            fail_msg("%s: status %d, \"%s\" instead of \"%s\"", cases[i].name, s,
                     sb_text(&got.text), cases[i].want);
        sb_done(&got.text);
    }
}

/* The one property everything else leans on: cutting the input anywhere changes nothing. */
static void any_cut_gives_the_same_records(void **state)
{
    (void)state;
    for (int i = 0; i < NCASES; i++) {
        for (size_t piece = 1; piece <= cases[i].in.n; piece++) {
            struct joined got = {.stop_after = 0};
            const enum csv_status s = parse(cases[i].in, piece, &small, &got);

            if (s != cases[i].status || strcmp(sb_text(&got.text), cases[i].want) != 0)
                fail_msg("%s in pieces of %zu: status %d, \"%s\"", cases[i].name, piece, s,
                         sb_text(&got.text));
            sb_done(&got.text);
        }
    }
}

static void any_delimiter(void **state)
{
    static const char *const in[] = {"a;b,c;\"d;e\"\n", "a\tb,c\t\"d\te\"\n", "a|b,c|\"d|e\"\n"};
    static const char delimiters[] = {';', '\t', '|'};

    (void)state;
    for (int i = 0; i < 3; i++) {
        const struct csv_limits l = {.record_bytes = 64, .fields = 4, .delimiter = delimiters[i]};
        struct joined got = {.stop_after = 0};
        char want[32];

        assert_int_equal(parse(slice_cstr(in[i]), 0, &l, &got), CSV_OK);
        snprintf(want, sizeof want, "1:a|b,c|d%ce;", delimiters[i]);
        assert_string_equal(sb_text(&got.text), want);
        sb_done(&got.text);
    }
}

/* An open quote in a file of a gigabyte must not fill the memory, and is told only at the end: it might yet close. */
static void an_endless_record_is_kept_only_to_its_limit(void **state)
{
    const struct csv_limits l = {.record_bytes = 1000, .fields = 4};
    struct joined got = {.stop_after = 0};
    struct csv *p = csv_new(&l, join, &got);
    char block[4096];

    (void)state;
    memset(block, '\n', sizeof block);
    sb_init(&got.text, 4000);
    assert_int_equal(csv_push(p, "x\n\"", 3), CSV_OK);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(csv_push(p, block, sizeof block), CSV_OK);
    assert_int_equal(csv_line(p), 2);
    assert_int_equal(csv_push(p, "\"\ny\n\"", 5), CSV_OK);
    assert_true(sb_ok(&got.text));
    assert_non_null(strstr(sb_text(&got.text), "{0 record};4096003:y;"));
    assert_int_equal(csv_finish(p), CSV_BAD_QUOTE);
    assert_int_equal(csv_line(p), 4096004);
    csv_free(p);
    sb_done(&got.text);
}

static void how_the_text_is_written_is_told(void **state)
{
    static const struct {
        const char *text;
        struct csv_style want;
    } styles[] = {
        {"a\nb\n\nc", {.lf = 2}},
        {"a\r\nb\r\n\r\nc", {.crlf = 2}},
        {"a\rb\r\rc\r", {.cr = 3}},
        {"a\r\n\r\nb\rc\n", {.lf = 1, .crlf = 1, .cr = 1}},
        {"a\r\r\nb", {.cr = 1}}, /* the second CR ends a blank line */
        {"\"a\nb\"\r\n", {.crlf = 1, .quoted = true}},
        {"a\"b\"\n", {.lf = 1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        for (size_t piece = 1; piece < 9; piece++) {
            struct joined got = {.stop_after = 0};
            struct csv *p = csv_new(&small, join, &got);
            const size_t n = strlen(styles[i].text);
            struct csv_style s;

            sb_init(&got.text, 1000);
            for (size_t at = 0; at < n; at += piece)
                csv_push(p, styles[i].text + at, n - at < piece ? n - at : piece);
            csv_finish(p);
            s = csv_style(p);
            assert_int_equal(s.lf, styles[i].want.lf);
            assert_int_equal(s.crlf, styles[i].want.crlf);
            assert_int_equal(s.cr, styles[i].want.cr);
            assert_int_equal(s.quoted, styles[i].want.quoted);
            csv_free(p);
            sb_done(&got.text);
        }
    }
}

static void a_failure_sticks_until_the_reset(void **state)
{
    struct joined got = {.stop_after = 0};
    struct csv *p = csv_new(&small, join, &got);

    (void)state;
    sb_init(&got.text, 1000);
    assert_int_equal(csv_push(p, "ok\n\"a\nb\n", 8), CSV_OK);
    assert_int_equal(csv_finish(p), CSV_BAD_QUOTE);
    assert_int_equal(csv_line(p), 2); /* where the trouble is */
    assert_int_equal(csv_push(p, "c\n", 2), CSV_BAD_QUOTE);
    assert_int_equal(csv_finish(p), CSV_BAD_QUOTE);
    assert_string_equal(sb_text(&got.text), "1:ok;");
    csv_reset(p);
    assert_int_equal(csv_push(p, "d\n", 2), CSV_OK);
    assert_int_equal(csv_finish(p), CSV_OK);
    assert_string_equal(sb_text(&got.text), "1:ok;1:d;");
    csv_free(p);
    csv_free(NULL);
    sb_done(&got.text);
}

static void the_receiver_can_stop(void **state)
{
    struct joined got = {.stop_after = 2};

    (void)state;
    assert_int_equal(parse(SLICE("a\nb\nc\nd\n"), 0, &small, &got), CSV_STOPPED);
    assert_string_equal(sb_text(&got.text), "1:a;2:b;");
    sb_done(&got.text);
    got = (struct joined){.stop_after = 1};
    assert_int_equal(parse(SLICE("last"), 0, &small, &got), CSV_STOPPED);
    sb_done(&got.text);
}

static void the_line_is_where_the_record_began(void **state)
{
    struct joined got = {.stop_after = 0};
    struct csv *p = csv_new(&small, join, &got);

    (void)state;
    sb_init(&got.text, 1000);
    csv_push(p, "a\n\n\"x\ny", 7);
    assert_int_equal(csv_line(p), 3);
    csv_push(p, "\nz\"\n", 4);
    csv_push(p, "b", 1);
    assert_int_equal(csv_line(p), 6);
    csv_finish(p);
    assert_string_equal(sb_text(&got.text), "1:a;3:x\ny\nz;6:b;");
    csv_free(p);
    sb_done(&got.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_gives_its_records),
        cmocka_unit_test(any_cut_gives_the_same_records),
        cmocka_unit_test(any_delimiter),
        cmocka_unit_test(an_endless_record_is_kept_only_to_its_limit),
        cmocka_unit_test(how_the_text_is_written_is_told),
        cmocka_unit_test(a_failure_sticks_until_the_reset),
        cmocka_unit_test(the_receiver_can_stop),
        cmocka_unit_test(the_line_is_where_the_record_began),
    };

    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}

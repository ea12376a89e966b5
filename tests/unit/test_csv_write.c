/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/base/csv.h"
#include "core/base/csv_write.h"

static void assert_cell(struct slice s, struct slice want)
{
    struct sb b;

    sb_init(&b, 1 << 10);
    csv_cell(&b, s);
    assert_int_equal(b.n, want.n);
    assert_memory_equal(b.p, want.p, want.n);
    sb_done(&b);
}

static void every_cell_is_quoted_and_its_quotes_are_doubled(void **state)
{
    (void)state;
    assert_cell(SLICE(""), SLICE("\"\""));
    assert_cell((struct slice){NULL, 0}, SLICE("\"\""));
    assert_cell(SLICE("plain"), SLICE("\"plain\""));
    assert_cell(SLICE("\""), SLICE("\"\"\"\""));
    assert_cell(SLICE("a \"b\" c\"\""), SLICE("\"a \"\"b\"\" c\"\"\"\"\""));
    assert_cell(SLICE("two\r\nlines;,\t|"), SLICE("\"two\r\nlines;,\t|\""));
    assert_cell(SLICE("a\0b"), SLICE("\"a\0b\""));
}

static void what_a_spreadsheet_would_compute_gets_an_apostrophe(void **state)
{
    static const struct {
        const char *text;
        bool formula;
    } cases[] = {
        {"=1+1", true},
        {"@SUM(A1)", true},
        {"- Hola", true},
        {"-5", true},
        {"\t=1", true},
        {"\r=1", true},
        {"\n=1", true},
        {"＝1", true},
        {"＋1", true},
        {"－1", true},
        {"＠A", true},
        {"！1", false}, /* U+FF01 */
        {"+cmd|' /C calc'!A0", true},
        {"+", true},
        {"+56 9 1234 5678", false},
        {"+1 (202) 555-01", false},
        {"a=1", false},
        {"'=1", false},
        {"", false},
        {" =1", false},
        {"+56x", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (csv_is_formula(slice_cstr(cases[i].text)) != cases[i].formula)
            fail_msg("%s", cases[i].text);
    }
    assert_false(csv_is_formula(SLICE("\0=")));
    assert_true(csv_is_formula(SLICE("+5\0006"))); /* a NUL is no part of a telephone */
    assert_cell(SLICE("=\"x\""), SLICE("\"'=\"\"x\"\"\""));
}

/* A spreadsheet in Spanish splits at ';' what was written with commas. */
static void what_would_become_a_cell_of_its_own_gets_an_apostrophe_too(void **state)
{
    (void)state;
    assert_cell(SLICE("x;=1"), SLICE("\"x;'=1\""));
    assert_cell(SLICE("x\t@A;+B;-C;y"), SLICE("\"x\t'@A;'+B;'-C;y\""));
    assert_cell(SLICE("x;＝1\t＋1;－1;＠1"), SLICE("\"x;'＝1\t'＋1;'－1;'＠1\""));
    assert_cell(SLICE("=a;=b"), SLICE("\"'=a;'=b\""));
    assert_cell(SLICE("x;;=1"), SLICE("\"x;;'=1\""));
    assert_cell(SLICE("x;\"\"=1"), SLICE("\"x;'\"\"\"\"=1\""));
    assert_cell(SLICE("x;+56 9 1234;+1\t+2\n"), SLICE("\"x;+56 9 1234;+1\t+2\n\""));
    assert_cell(SLICE("x; =1;\r\n- a;b=1;"), SLICE("\"x; =1;\r\n- a;b=1;\""));
}

struct record {
    struct slice want[4];
    size_t n;
    int seen;
};

static int check_record(void *user, const struct csv_record *got)
{
    struct record *r = user;

    assert_int_equal(got->n, r->n);
    for (size_t i = 0; i < got->n; i++)
        assert_true(slice_eq(got->fields[i], r->want[i]));
    r->seen++;
    return 0;
}

static void what_was_written_is_read_again(void **state)
{
    struct record r = {.want = {SLICE("a;\"b\"\n"), SLICE(""), SLICE("ñ\r"), SLICE("\"\"")},
                       .n = 4};
    struct csv *p =
        csv_new(&(const struct csv_limits){.record_bytes = 100, .fields = 4, .delimiter = ';'},
                check_record, &r);
    struct sb b;

    (void)state;
    sb_init(&b, 1 << 10);
    for (size_t i = 0; i < r.n; i++) {
        if (i)
            sb_putc(&b, ';');
        csv_cell(&b, r.want[i]);
    }
    sb_puts(&b, "\r\n");
    assert_int_equal(csv_push(p, b.p, b.n), CSV_OK);
    assert_int_equal(csv_finish(p), CSV_OK);
    assert_int_equal(r.seen, 1);
    csv_free(p);
    sb_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_quoted_and_its_quotes_are_doubled),
        cmocka_unit_test(what_a_spreadsheet_would_compute_gets_an_apostrophe),
        cmocka_unit_test(what_would_become_a_cell_of_its_own_gets_an_apostrophe_too),
        cmocka_unit_test(what_was_written_is_read_again),
    };

    return cmocka_run_group_tests_name("csv_write", tests, NULL, NULL);
}

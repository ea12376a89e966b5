/* SPDX-License-Identifier: MIT */
/* Exports of meetings, against a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/sb.h"
#include "tests/lib/meetings.h"
#include "tests/lib/uploads.h"

static struct testdb *db;
static struct ctx *cx;

static int set_up(void **state)
{
    const struct meetings_world *w = meetings_set_up();

    (void)state;
    db = w->db;
    cx = w->cx;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

static int put_text(void *sink, const void *p, size_t n)
{
    sb_put(sink, p, n);
    return 0;
}

static void export(enum meeting_format format, bool transcript, bool raw, const char *query,
                   struct sb *out)
{
    struct meeting_query q;
    struct meeting_page page;
    struct meeting_export e = {.format = format, .query = &q, .transcript = transcript, .raw = raw};

    testdb_fresh(cx);
    sb_init(out, 16 << 20);
    assert_int_equal(meetings_ask(&q, &page, query), 0);
    if (meeting_export(cx, &e, put_text, out) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    assert_true(sb_ok(out));
}

static const char formulas[] = MEETINGS_HEADER
    "\"=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\",eva@example.com,+56 9 1111 2222,2024-02-29,-2+3,1,\"=1+1; somos una "
    "tienda online, nos llegan 50 mensajes diarios por WhatsApp e Instagram\"\n";

static void a_csv_export_computes_nothing(void **state)
{
    SCOPED(sb_done) struct sb out = {0};

    (void)state;
    meetings_upload(formulas);
    meetings_run_jobs();
    export(MEETING_CSV, true, false, "", &out);
    assert_non_null(strstr(
        sb_text(&out),
        "\"'=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\",\"eva@example.com\",\"+56 9 1111 2222\",\"2024-02-29\",\"'-2+3\",\"Sí\",\"read\""));
    assert_non_null(strstr(sb_text(&out), "\"'=1+1; somos"));
    assert_non_null(strstr(sb_text(&out), "WhatsApp; Instagram"));
    sb_done(&out);
    export(MEETING_CSV, false, true, "", &out);
    assert_non_null(strstr(sb_text(&out), "whatsapp; instagram"));
    assert_null(strstr(sb_text(&out), "transcript"));
    sb_done(&out);
    export(MEETING_CSV, false, true, "q=nothing-like-this", &out);
    assert_null(strstr(sb_text(&out), "eva@example.com"));
}

static void ndjson_has_the_types_of_the_values(void **state)
{
    SCOPED(sb_done) struct sb out = {0};
    json_t *v;

    (void)state;
    meetings_upload(formulas);
    meetings_run_jobs();
    export(MEETING_NDJSON, true, true, "", &out);
    v = json_loadb(sb_text(&out), out.n, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(v);
    assert_true(json_is_true(json_object_get(v, "closed")));
    assert_int_equal(json_integer_value(json_object_get(v, "interaction_volume_daily")), 50);
    assert_int_equal(json_array_size(json_object_get(v, "tools_mentioned")), 2);
    assert_true(json_is_array(json_object_get(v, "labels")));
    assert_true(json_is_number(json_object_get(v, "confidence.sector")));
    assert_int_equal(json_object_size(v), 27);
    assert_memory_equal(json_string_value(json_object_get(v, "transcript")), "=1+1", 4);
    json_decref(v);
}

/* Opened with another program's reader. */
static void a_workbook_opens_with_its_types(void **state)
{
    static const char check[] =
        "import sys, datetime, openpyxl\n"
        "b = openpyxl.load_workbook(sys.argv[1])\n"
        "s = b['meetings']\n"
        "rows = list(s.iter_rows())\n"
        "assert len(rows) == 4, len(rows)\n"
        "c = {h.value: v for h, v in zip(rows[0], rows[1])}\n"
        "assert c['client_name'].value == '=HYPERLINK(\"http://evil\",\"x\")' and c['client_name'].data_type == 's', c['client_name'].data_type\n"
        "assert c['sales_rep'].value == '-2+3'\n"
        "assert c['meeting_date'].is_date and c['meeting_date'].value == datetime.datetime(2024, 2, 29)\n"
        "assert c['closed'].value is True\n"
        "assert c['interaction_volume_daily'].value == 50 and c['interaction_volume_daily'].data_type == 'n'\n"
        "assert c['tools_mentioned'].value == 'WhatsApp; Instagram', c['tools_mentioned'].value\n"
        "assert c['labels'].value is None\n"
        "t = {h.value: v for h, v in zip(rows[0], rows[2])}['transcript'].value\n"
        "assert len(t) == 32767 and t.endswith('\\u2026'), len(t)\n"
        "t = {h.value: v for h, v in zip(rows[0], rows[3])}['transcript'].value\n"
        "assert len(t.encode('utf-16-le')) == 2 * 32767 and t[:2] == '\\ufffd\\ufffd' and t.endswith('\\u2026'), len(t)\n"
        "a = {r[0].value: r[1].value for r in b['about'].iter_rows()}\n"
        "assert a['rows'] == 3 and a['cells_cut'] == 2, a\n";
    SCOPED(sb_done) struct sb out = {0};
    SCOPED(sb_done) struct sb csv = {0};
    char path[] = "/tmp/cm-test-XXXXXX.xlsx"; /* the reader goes by the name */
    const int fd = mkstemps(path, 5);
    int status;
    pid_t pid;

    (void)state;
    assert_true(fd >= 0);
    meetings_upload(formulas);
    sb_init(&csv, 1 << 20);
    sb_puts(&csv, MEETINGS_HEADER "Largo,largo@example.com,123,2023-01-01,Boa,0,\"");
    for (int i = 0; i < 5000; i++)
        sb_puts(&csv, "señor año ");
    /* 20,000 characters, and 40,000 as Excel counts; two that no XML may hold */
    sb_puts(&csv, "\"\nEmoji,emoji@example.com,123,2022-01-01,Boa,0,\"\xEF\xBF\xBE\xEF\xBF\xBF");
    for (int i = 0; i < 20000; i++)
        sb_puts(&csv, "🙂");
    sb_puts(&csv, "\"\n");
    meetings_upload(sb_text(&csv));
    meetings_run_jobs();
    export(MEETING_XLSX, true, false, "", &out);
    assert_int_equal(write(fd, sb_text(&out), out.n), (ssize_t)out.n);
    close(fd);
    pid = fork();
    if (pid == 0) {
        execlp("/usr/bin/python3", "/usr/bin/python3", "-c", check, path, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    unlink(path);
    assert_int_equal(status, 0);
}

static int leave(void *sink, const void *p, size_t n)
{
    (void)sink;
    (void)p;
    (void)n;
    return -1;
}

static void a_receiver_that_leaves_ends_the_export(void **state)
{
    struct meeting_query q;
    struct meeting_page page;
    struct meeting_export e = {.format = MEETING_CSV, .query = &q, .transcript = true};

    (void)state;
    meetings_upload(meetings_talks);
    testdb_fresh(cx);
    assert_int_equal(meetings_ask(&q, &page, ""), 0);
    assert_int_equal(meeting_export(cx, &e, leave, NULL), -1);
    assert_string_equal(cx->err.reason, "client_gone");
    testdb_fresh(cx);
    assert_int_equal(meetings_total(""), 3); /* the connection is of use again */
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_csv_export_computes_nothing),
        FRESH(ndjson_has_the_types_of_the_values),
        FRESH(a_workbook_opens_with_its_types),
        FRESH(a_receiver_that_leaves_ends_the_export),
    };

    return cmocka_run_group_tests_name("meeting_export", tests, NULL, NULL);
}

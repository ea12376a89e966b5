/* SPDX-License-Identifier: MIT */
/* errors.csv: the rows that failed as they were sent, with reasons, fixed and sent again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/base/csv.h"
#include "core/base/csv_write.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/meetings/upload_errors.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

enum { MAX_ROWS = 64, MAX_CELLS = 32 };

static struct testdb *db;
static struct ctx *cx;
static struct uuid tenant;

/* What was read of a report. */
static struct sheet {
    struct slice cell[MAX_ROWS][MAX_CELLS];
    size_t width[MAX_ROWS];
    size_t rows;
} sheet;

static int take_record(void *user, const struct csv_record *r)
{
    (void)user;
    assert_true(sheet.rows < MAX_ROWS && !r->too_many);
    for (size_t i = 0; i < r->n; i++)
        sheet.cell[sheet.rows][i] =
            (struct slice){arena_slicedup(cx->arena, r->fields[i]), r->fields[i].n};
    sheet.width[sheet.rows++] = r->n;
    return 0;
}

static size_t pieces;

static int put(void *sink, const void *p, size_t n)
{
    pieces++;
    sb_put(sink, p, n);
    return 0;
}

static int export(const struct uuid *id, const char *language, struct sb *out)
{
    testdb_fresh(cx);
    snprintf(cx->who.language, sizeof cx->who.language, "%s", language);
    return upload_errors_csv(cx, id, put, out);
}

/* The report of the upload, parsed into `sheet`. */
static void read_report(const struct uuid *id, const char *language, char delimiter)
{
    const struct csv_limits limits = {
        .record_bytes = 1 << 20, .fields = MAX_CELLS, .delimiter = delimiter};
    struct csv *p = csv_new(&limits, take_record, NULL);
    struct sb out;

    sb_init(&out, 64 << 20);
    if (export(id, language, &out) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    sheet = (struct sheet){0};
    assert_true(slice_starts(sb_get(&out), SLICE(CSV_BOM)));
    assert_int_equal(csv_push(p, out.p + 3, out.n - 3), CSV_OK);
    assert_int_equal(csv_finish(p), CSV_OK);
    csv_free(p);
    sb_done(&out);
}

static void assert_cell(size_t row, size_t column, const char *want)
{
    if (!slice_is(sheet.cell[row][column], want))
        fail_msg("row %zu, column %zu: \"%.*s\", wanted \"%s\"", row, column,
                 (int)sheet.cell[row][column].n, sheet.cell[row][column].p, want);
}

#define HEADER "{Nombre,Correo,Telefono,Fecha,Vendedor,Cerrada,Notas,Extra}"
#define COLUMNS                                                                                    \
    "{\"client_name\":\"Nombre\",\"email\":\"Correo\",\"phone\":\"Telefono\","                     \
    "\"meeting_date\":\"Fecha\",\"sales_rep\":\"Vendedor\",\"closed\":\"Cerrada\","                \
    "\"transcript\":\"Notas\"}"

static struct uuid make_upload(const char *header, const char *settings, int64_t invalid)
{
    const struct uuid id = uuid_new();
    char text[UUID_TEXT_BYTES];
    char owner[UUID_TEXT_BYTES];

    uuid_text(&id, text);
    uuid_text(&tenant, owner);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO uploads (tenant_id, upload_id, filename, state, header, settings, "
               "row_count, invalid) VALUES ('%s', '%s', 'a.csv', 'loaded', %s, '%s', %lld, %lld)",
               owner, text, header, settings, (long long)invalid, (long long)invalid);
    return id;
}

/* `cells` is an array literal, `errors` rows of (ordinal, column, value, code, params). */
static void add_row(const struct uuid *id, int row, int line, const char *cells, bool cut,
                    const char *errors)
{
    char text[UUID_TEXT_BYTES];

    uuid_text(id, text);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO upload_failed_rows (tenant_id, upload_id, row_no, line, cells, cut) "
               "SELECT tenant_id, '%s', %d, %d, %s, %s FROM tenants WHERE slug = 'acme'",
               text, row, line, cells, cut ? "true" : "false");
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO upload_errors (tenant_id, upload_id, row_no, line, ordinal, "
               "column_name, value, code, params) SELECT t.tenant_id, '%s', %d, %d, e.* FROM "
               "tenants t, (VALUES %s) e(o, c, v, k, p) WHERE t.slug = 'acme'",
               text, row, line, errors);
}

static struct uuid make_two_rows(const char *delimiter)
{
    char settings[1000];
    struct uuid id;

    snprintf(settings, sizeof settings, "{\"delimiter\":\"%s\",\"columns\":" COLUMNS "}",
             delimiter);
    id = make_upload("'" HEADER "'", settings, 2);
    add_row(&id, 3, 4,
            "ARRAY['Ana \"la jefa\"','ana(at)x.cl','+56 9 1234','2024-02-30','Puma','1',"
            "'Una; conversación,\nlarga.','=1+1']",
            false,
            "(0, 'email', 'ana(at)x.cl', 'email_invalid', '{}'::jsonb), "
            "(1, 'meeting_date', '2024-02-30', 'date_invalid', '{}')");
    add_row(&id, 7, 9, "ARRAY['Luis','luis@x.cl','2','2024-01-03','Boa','0','corta']", false,
            "(0, 'transcript', 'corta', 'too_short', '{\"min\":10}'::jsonb), "
            "(1, 'email', '', 'required', '{}')");
    return id;
}

static int set_up(void **state)
{
    struct uuid user;

    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    tenant = testdb_tenant(db, "acme");
    user = testdb_member(db, "acme", "ana@acme.test", ROLE_ANALYST);
    testdb_as(cx, &tenant, &user, ROLE_ANALYST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

static void rows_come_as_sent_with_their_reasons_in_the_readers_language(void **state)
{
    const struct uuid id = make_two_rows(";");

    (void)state;
    read_report(&id, "en", ';');
    assert_int_equal(sheet.rows, 3);
    for (size_t i = 0; i < sheet.rows; i++)
        assert_int_equal(sheet.width[i], 10);
    assert_cell(0, 0, "Nombre");
    assert_cell(0, 7, "Extra");
    assert_cell(0, 8, "Line with an error");
    assert_cell(0, 9, "Reason for the error");
    assert_cell(1, 0, "Ana \"la jefa\"");
    assert_cell(1, 2, "+56 9 1234");
    assert_cell(1, 6, "Una; conversación,\nlarga.");
    assert_cell(1, 7, "'=1+1");
    assert_cell(1, 8, "4");
    assert_cell(1, 9,
                "Correo: the e-mail address is not valid (“ana(at)x.cl”); Fecha: the date is not "
                "valid (“2024-02-30”)");
    assert_cell(2, 7, ""); /* the row had one cell less than the header */
    assert_cell(2, 8, "9");
    read_report(&id, "es", ';');
    assert_cell(0, 8, "Línea con error");
    assert_cell(2, 9,
                "Notas: el texto es demasiado corto: necesita al menos 10 caracteres («corta»); "
                "Correo: falta este dato");
    read_report(&id, "", ';'); /* no language asked for: the tenant's */
    assert_cell(0, 9, "Motivo del error");
    assert_int_equal(testdb_number(db, TESTDB_ADMIN,
                                   "SELECT count(*) FROM audit_log WHERE action = "
                                   "'upload.export_errors'"),
                     3);
}

/* What a spreadsheet would save of the sheet. */
static struct upload_counts send_sheet(char delimiter)
{
    struct upload up = {0};
    struct sb b;

    sb_init(&b, 1 << 20);
    sb_puts(&b, CSV_BOM);
    for (size_t row = 0; row < sheet.rows; row++) {
        for (size_t i = 0; i < sheet.width[row]; i++) {
            if (i)
                sb_putc(&b, delimiter);
            csv_cell(&b, sheet.cell[row][i]);
        }
        sb_puts(&b, "\r\n");
    }
    if (uploads_send(cx, sb_get(&b), NULL, &up) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    sb_done(&b);
    return up.counts;
}

/* A file of seven columns and a rest, written with this delimiter: one good row, two bad ones. */
static struct upload send_bad_rows(char delimiter)
{
    static const char *const rows[][8] = {
        {"Nombre", "Correo", "Telefono", "Fecha", "Vendedor", "Cerrada", "Notas", "Extra"},
        {"Eva", "eva@x.cl", "3", "2024-01-02", "Boa", "no", "Long enough, this one.", ""},
        {"Ana \"la jefa\"", "ana(at)x.cl", "+56 9 1234", "2024-02-30", "Puma", "1",
         "Una; conversación,\nlarga.", "=1+1"},
        {"Luis", "", "2", "2024-01-03", "Boa", "0", "corta", "|\t"},
    };
    struct upload up = {0};
    struct sb b;

    sb_init(&b, 1 << 20);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        for (size_t i = 0; i < 8; i++) {
            if (i)
                sb_putc(&b, delimiter);
            csv_cell(&b, slice_cstr(rows[row][i]));
        }
        sb_putc(&b, '\n');
    }
    if (uploads_send(cx, sb_get(&b), NULL, &up) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    sb_done(&b);
    assert_int_equal(up.counts.invalid, 2);
    return up;
}

static void a_report_that_was_fixed_loads(void **state)
{
    static const char delimiters[] = {',', ';', '\t', '|'};

    (void)state;
    for (size_t k = 0; k < sizeof delimiters; k++) {
        const char *language = k % 2 ? "es" : "en";
        const char name[] = {'C', (char)('0' + k)};
        const struct upload up = send_bad_rows(delimiters[k]);
        struct upload_counts n;

        read_report(&up.id, language, delimiters[k]);
        assert_int_equal(sheet.rows, 3);
        assert_cell(0, 6, "Notas");
        assert_cell(1, 0, "Ana \"la jefa\"");
        assert_cell(1, 6, "Una; conversación,\nlarga.");
        assert_cell(1, 8, "3");
        assert_cell(2, 8, "5"); /* the row before it has two lines */
        n = send_sheet(delimiters[k]);
        assert_int_equal(n.invalid, 2); /* as it is, it fails as before */

        read_report(&up.id, language, delimiters[k]);
        sheet.cell[1][0] = sheet.cell[2][0] = (struct slice){name, sizeof name};
        sheet.cell[1][1] = sheet.cell[2][1] = SLICE("ana@x.cl");
        sheet.cell[1][3] = SLICE("2024-02-29");
        sheet.cell[2][6] = SLICE("Now long enough.");
        n = send_sheet(delimiters[k]);
        assert_int_equal(n.created, 2);
        assert_int_equal(n.invalid, 0);
    }
}

/* A text with the delimiter in it and no quotes around it: sent again unfixed, it must not load without its end. */
static void a_row_with_more_cells_than_the_header_fails_again(void **state)
{
    const struct upload up = uploads_must(
        cx, MEETINGS_HEADER "Ana,ana@x.cl,1,2024-01-02,Boa,1,Hola a todos, dijo Ana, y nada más\n",
        NULL);
    struct upload again = {.id = up.id};

    (void)state;
    for (int round = 0; round < 3; round++) {
        struct sb out;

        sb_init(&out, 1 << 20);
        read_report(&again.id, "en", ',');
        assert_int_equal(sheet.rows, 2);
        assert_int_equal(sheet.width[0], 9);
        assert_int_equal(sheet.width[1], 11);
        assert_cell(1, 6, "Hola a todos");
        assert_true(slice_starts(sheet.cell[1][8], SLICE("the row has more cells than")));
        assert_cell(1, 10, " y nada más");
        assert_int_equal(export(&again.id, "en", &out), 0);
        assert_int_equal(uploads_send(cx, sb_get(&out), NULL, &again), 0);
        assert_int_equal(again.counts.invalid, 1);
        sb_done(&out);
    }
}

static void our_columns_do_not_pile_up(void **state)
{
    const struct uuid id =
        make_upload("'{Nombre,LINEA con error,\"Motivo del error (hay 3 filas más)\",Line with an "
                    "error,Reason for the error,Correo}'",
                    "{}", 1);

    (void)state;
    add_row(&id, 1, 2, "ARRAY['Ana','4','old','4','old','a@b.cl']", false,
            "(0, 'email', 'x', 'email_invalid', '{}'::jsonb)");
    read_report(&id, "es", ',');
    assert_int_equal(sheet.width[0], 4);
    assert_int_equal(sheet.width[1], 4);
    assert_cell(0, 1, "Correo");
    assert_cell(0, 2, "Línea con error");
    assert_cell(1, 1, "a@b.cl");
    assert_cell(1, 2, "2");
    assert_cell(1, 3, "email: el correo no es válido («x»)"); /* a column without its header */
}

static void rows_beyond_those_kept_are_counted_in_the_head(void **state)
{
    const struct uuid id = make_upload("'{Nombre}'", "{}", 12);

    (void)state;
    add_row(&id, 1, 2, "ARRAY['Ana']", false, "(0, 'email', '', 'required', '{}'::jsonb)");
    add_row(&id, 2, 3, "ARRAY['Ana']", false, "(0, 'email', '', 'required', '{}'::jsonb)");
    read_report(&id, "en", ',');
    assert_int_equal(sheet.rows, 3);
    assert_cell(0, 2, "Reason for the error (10 more rows with errors do not fit here)");
}

static void a_cut_row_says_so_and_a_wide_one_keeps_its_cells(void **state)
{
    const struct uuid id = make_upload("'{Nombre,Correo}'", "{}", 2);

    (void)state;
    add_row(&id, 1, 2, "ARRAY['Ana','x','a','b','-d']", false,
            "(0, 'row', '', 'too_many_columns', '{\"max\":2}'::jsonb)");
    add_row(&id, 2, 3, "ARRAY['Luis', 'xxxxx']", true,
            "(0, '', '', 'row_too_long', '{\"max\":9}'::jsonb)");
    read_report(&id, "en", ',');
    assert_int_equal(sheet.width[0], 4);
    assert_int_equal(sheet.width[1], 7);
    assert_int_equal(sheet.width[2], 4);
    assert_cell(0, 2, "Line with an error");
    assert_cell(1, 3, "the row has more than 2 columns");
    assert_cell(1, 4, "a");
    assert_cell(1, 6, "'-d");
    assert_cell(2, 3,
                "the row is longer than 9 bytes: perhaps a closing quote is missing; it is cut "
                "here because it is too large: fix it in your own file");
}

static void reasons_are_guarded_and_an_unknown_rule_is_shown(void **state)
{
    const struct uuid id = make_upload("'{=cmd}'", "{\"columns\":{\"email\":\"=cmd\"}}", 1);

    (void)state;
    add_row(&id, 1, 2, "ARRAY['@x']", false, "(0, 'email', '=1', 'rule_to_come', '{}'::jsonb)");
    read_report(&id, "en", ',');
    assert_cell(0, 0, "'=cmd");
    assert_cell(1, 0, "'@x");
    assert_cell(1, 2, "'=cmd: rule_to_come (“=1”)");
}

static void an_upload_from_before_rows_were_kept_says_how_many(void **state)
{
    const struct uuid id = make_upload("'{}'", "{}", 5);

    (void)state;
    read_report(&id, "en", ',');
    assert_int_equal(sheet.rows, 1);
    assert_cell(0, 1, "Reason for the error (5 more rows with errors do not fit here)");
}

static void nothing_is_said_of_what_is_not_there(void **state)
{
    const struct uuid theirs = make_two_rows(",");
    const struct uuid nobody = uuid_new();
    struct uuid globex = testdb_tenant(db, "globex");
    struct uuid eve = testdb_member(db, "globex", "eve@globex.test", ROLE_ADMIN);
    struct sb out;

    (void)state;
    sb_init(&out, 1 << 20);
    assert_int_equal(export(&nobody, "en", &out), -1);
    assert_int_equal(cx->err.code, ERR_NOT_FOUND);
    testdb_as(cx, &globex, &eve, ROLE_ADMIN);
    assert_int_equal(export(&theirs, "en", &out), -1);
    assert_int_equal(cx->err.code, ERR_NOT_FOUND);
    assert_int_equal(out.n, 0);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM audit_log"), 0);
    sb_done(&out);
}

static int refuse(void *sink, const void *p, size_t n)
{
    (void)sink;
    (void)p;
    (void)n;
    return -1;
}

static void a_reader_who_leaves_ends_it(void **state)
{
    const struct uuid id = make_two_rows(",");
    struct sb out;

    (void)state;
    testdb_fresh(cx);
    assert_int_equal(upload_errors_csv(cx, &id, refuse, NULL), -1);
    assert_string_equal(cx->err.reason, "client_gone");
    assert_false(db_in_transaction(cx->db));
    sb_init(&out, 1 << 20);
    assert_int_equal(export(&id, "en", &out), 0); /* and the connection is of use */
    sb_done(&out);
}

/* Many rows arrive in pieces, all of them once, in their order. */
static void many_rows_are_streamed(void **state)
{
    const struct uuid id = make_upload("'{Nombre}'", "{}", 3000);
    char text[UUID_TEXT_BYTES];
    struct sb out;
    struct slice rest;
    int64_t line = 1;

    (void)state;
    uuid_text(&id, text);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO upload_failed_rows (tenant_id, upload_id, row_no, line, cells) SELECT "
               "tenant_id, '%s', g, g + 1, ARRAY[repeat('x', 500)] FROM tenants, "
               "generate_series(1, 3000) g",
               text);
    sb_init(&out, 64 << 20);
    pieces = 0;
    assert_int_equal(export(&id, "en", &out), 0);
    assert_true(pieces > 10); /* 1.6 MB, never held as a whole */
    rest = sb_get(&out);
    slice_cut(rest, '\n', &rest);
    while (rest.n) {
        const struct slice row = slice_cut(rest, '\n', &rest);
        char want[40];

        snprintf(want, sizeof want, "\",\"%lld\",\"\"\r", (long long)++line);
        assert_true(row.n > strlen(want));
        assert_memory_equal(row.p + row.n - strlen(want), want, strlen(want));
    }
    assert_int_equal(line, 3001);
    sb_done(&out);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(rows_come_as_sent_with_their_reasons_in_the_readers_language),
        T(a_report_that_was_fixed_loads),
        T(a_row_with_more_cells_than_the_header_fails_again),
        T(our_columns_do_not_pile_up),
        T(rows_beyond_those_kept_are_counted_in_the_head),
        T(a_cut_row_says_so_and_a_wide_one_keeps_its_cells),
        T(reasons_are_guarded_and_an_unknown_rule_is_shown),
        T(an_upload_from_before_rows_were_kept_says_how_many),
        T(nothing_is_said_of_what_is_not_there),
        T(a_reader_who_leaves_ends_it),
        T(many_rows_are_streamed),
    };

    return cmocka_run_group_tests_name("upload_errors", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* An upload beside what others do at the same moment: taking it back, editing and deleting what it changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/db/db.h"
#include "core/meetings/upload.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

#define HEADER MEETINGS_HEADER
#define LUIS                                                                                       \
    "Luis,luis@example.com,222,2024-01-03,Boa,0,\"A clinic that wants privacy for its patients.\"\n"
#define LUIS_WON                                                                                   \
    "Luis,luis@example.com,222,2024-01-03,Boa,1,\"A clinic that wants privacy for its patients.\"\n"
#define EVA "Eva,eva@example.com,333,2024-02-20,Boa,0,\"A clinic that wants privacy.\"\n"
#define BAD "Eva,eva-at-example,333,2024-02-30,Boa,0,\"A clinic that wants privacy.\"\n"

static struct testdb *db;
static struct ctx *cx;
static struct uuid tenant;

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

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

/* upload_read_fn: at the end of the file, the upload's row is gone, or is somebody else's story already. */
static const char *meanwhile;
static long read_and_meanwhile(struct ctx *c, void *slice, void *buf, size_t n)
{
    const long got = uploads_read(c, slice, buf, n);

    if (got == 0)
        testdb_run(db, TESTDB_ADMIN, "%s", meanwhile);
    return got;
}

static void a_file_name_keeps_what_can_be_seen(void **state)
{
    static const struct {
        struct slice name;
        const char *want;
    } cases[] = {
        {SLICE("C:\\fakepath\\ventas.csv"), "ventas.csv"},
        {SLICE("ventas\u202Evsc.exe"), "ventasvsc.exe"},
        {SLICE(" a\r\nb\t\x7F\xC2\x85\u200B\u2067\u061C\uFEFFc.csv "), "abc.csv"},
        {SLICE("Reuniones año 😀.csv"), "Reuniones año 😀.csv"},
        {SLICE("\u200B\u202A "), "upload.csv"},
        {SLICE("\xFF.csv"), "upload.csv"},
    };
    const struct upload_options none = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text = SLICE(HEADER LUIS);
        struct upload up;

        testdb_fresh(cx);
        assert_int_equal(upload_receive(cx, cases[i].name, &none, uploads_read, &text, &up), 0);
        assert_string_equal(
            testdb_value(db, TESTDB_ADMIN,
                         "SELECT filename FROM uploads ORDER BY upload_id DESC LIMIT 1"),
            cases[i].want);
    }
}

static int send_meanwhile(const char *csv, const char *sql)
{
    const struct upload_options none = {0};
    struct slice text = slice_cstr(csv);
    struct upload up;

    meanwhile = sql;
    testdb_fresh(cx);
    cx->deadline_ms = clock_mono_ms() + 60000;
    return upload_receive(cx, SLICE("meetings.csv"), &none, read_and_meanwhile, &text, &up);
}

/* ---- taken back while it arrives ---- */

static void an_upload_that_was_ended_by_somebody_else_fails(void **state)
{
    static const char end[] = "UPDATE uploads SET state = 'failed', failure = 'x'";

    (void)state;
    assert_int_equal(send_meanwhile(HEADER LUIS BAD, end), -1);
    assert_string_equal(cx->err.reason, "upload_gone");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 0);
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT failure FROM uploads"), "x");
}

static void an_upload_that_was_taken_back_while_it_arrived_fails(void **state)
{
    (void)state;
    assert_int_equal(send_meanwhile(HEADER LUIS BAD, "DELETE FROM uploads"), -1);
    assert_string_equal(cx->err.reason, "upload_gone");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 0);
    assert_int_equal(number("SELECT count(*) FROM uploads"), 0);
}

/* Its failed rows were written already in the transaction that is undone, and are written again with the failure. */
static void a_load_that_fails_at_its_very_end_keeps_its_failed_rows(void **state)
{
    struct upload up;

    (void)state;
    testdb_run(db, TESTDB_ADMIN,
               "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
               " RAISE EXCEPTION 'no' USING ERRCODE = '53100'; END $$;"
               "CREATE TRIGGER refuse BEFORE UPDATE ON uploads FOR EACH ROW"
               " WHEN (NEW.state = 'loaded') EXECUTE FUNCTION refuse()");
    assert_int_equal(uploads_send(cx, SLICE(HEADER LUIS BAD), NULL, &up), -1);
    assert_string_equal(cx->err.reason, "database_full");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 0);
    assert_int_equal(number("SELECT count(*) FROM upload_failed_rows"), 1);
    assert_int_equal(number("SELECT count(*) FROM upload_errors"), 2);
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT failure FROM uploads"),
                        "database_full");
}

/* ---- edited while it is judged ---- */

/* An edit as the program does it, which is not committed before the upload has judged its rows by what was there. */
static PGconn *edit_slowly(const char *what)
{
    PGconn *editor = testdb_connect(db, TESTDB_ADMIN);
    PGresult *r =
        PQexec(editor, arena_printf(cx->arena,
                                    "BEGIN; UPDATE meetings SET %s, version = version + 1,"
                                    " content = gen_random_uuid()",
                                    what));

    assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
    PQclear(r);
    assert_int_equal(PQsendQuery(editor, "SELECT pg_sleep(0.5); COMMIT"), 1);
    return editor;
}

static void a_meeting_that_became_another_is_left_alone(void **state)
{
    struct upload_counts n;
    PGconn *editor;

    (void)state;
    uploads_must(cx, HEADER LUIS, NULL);
    editor = edit_slowly("email = 'l@example.org', identity = gen_random_uuid()");
    n = uploads_must(cx, HEADER LUIS_WON, NULL).counts;
    PQfinish(editor);
    assert_int_equal(n.created, 1);
    assert_int_equal(n.updated, 0);
    assert_int_equal(
        number("SELECT count(*) FROM meetings WHERE email = 'l@example.org' AND NOT closed"), 1);
    assert_int_equal(
        number("SELECT count(*) FROM meetings WHERE email = 'luis@example.com' AND closed"), 1);
}

static void words_that_were_edited_meanwhile_are_replaced_too(void **state)
{
    struct upload_counts n;
    PGconn *editor;

    (void)state;
    uploads_must(cx, HEADER LUIS, NULL);
    editor =
        edit_slowly("client_name = 'luis'; UPDATE transcripts SET body = 'Other words.',"
                    " body_hash = gen_random_uuid(); UPDATE meetings SET client_name = 'luis'");
    n = uploads_must(cx, HEADER LUIS_WON, NULL).counts;
    PQfinish(editor);
    assert_int_equal(n.updated, 1);
    assert_int_equal(number("SELECT count(*) FROM transcripts WHERE body = 'Other words.'"), 0);
}

static void a_meeting_that_becomes_a_row_of_the_file_is_updated_by_it(void **state)
{
    const struct uuid other = testdb_tenant(db, "other");
    const struct uuid otto = testdb_member(db, "other", "otto@other.test", ROLE_ANALYST);
    const struct uuid ana = cx->who.user;
    struct upload_counts n;
    const char *identity;
    PGconn *editor;

    (void)state;
    testdb_as(cx, &other, &otto, ROLE_ANALYST); /* what Luis's identity is */
    uploads_must(cx, HEADER LUIS, NULL);
    identity = testdb_value(db, TESTDB_ADMIN, "SELECT identity FROM meetings");
    testdb_as(cx, &tenant, &ana, ROLE_ANALYST);
    uploads_must(cx, HEADER EVA, NULL);
    editor = edit_slowly(arena_printf(cx->arena, "identity = '%s'", identity));
    n = uploads_must(cx, HEADER LUIS_WON, NULL).counts;
    PQfinish(editor);
    assert_int_equal(n.created, 0);
    assert_int_equal(n.updated, 1);
}

static void a_meeting_that_is_deleted_meanwhile_is_created_anew(void **state)
{
    PGconn *editor = testdb_connect(db, TESTDB_ADMIN);
    struct upload_counts n;

    (void)state;
    uploads_must(cx, HEADER LUIS, NULL);
    PQclear(PQexec(editor, "BEGIN; DELETE FROM subjects"));
    assert_int_equal(PQsendQuery(editor, "SELECT pg_sleep(0.5); COMMIT"), 1);
    n = uploads_must(cx, HEADER LUIS_WON, NULL).counts;
    PQfinish(editor);
    assert_int_equal(n.created, 1);
    assert_int_equal(number("SELECT count(*) FROM meetings WHERE closed"), 1);
}

/* ---- edited while it is taken back ---- */

static void what_is_edited_while_an_upload_is_taken_back_stays(void **state)
{
    static const struct db_need may_write = {.role = ROLE_ANALYST, .scope = SCOPE_DATA_WRITE};
    SCOPED(sb_done) struct sb out = {0};
    struct upload changing;
    PGconn *editor;
    struct jw w;

    (void)state;
    uploads_must(cx, HEADER LUIS, NULL);
    changing = uploads_must(cx, HEADER LUIS_WON, NULL);
    editor = edit_slowly("client_name = 'Lucho'");
    testdb_fresh(cx);
    sb_init(&out, 1 << 16);
    jw_init(&w, &out);
    assert_int_equal(db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    assert_int_equal(upload_undo(cx, &changing.id, &w), 0);
    assert_int_equal(db_commit(cx), 0);
    PQfinish(editor);
    assert_non_null(strstr(sb_text(&out), "\"restored\":0,\"kept_changed\":1"));
    assert_int_equal(number("SELECT count(*) FROM meetings WHERE client_name = 'Lucho' AND closed"),
                     1);
}

/* ---- beside another upload ---- */

/* One that is being loaded may take minutes; looking at a file changes nothing and waits for nobody. */
static void looking_at_a_file_does_not_wait_for_a_load(void **state)
{
    PGconn *loading = testdb_connect(db, TESTDB_ADMIN);
    const struct upload_options none = {0};
    struct slice text = SLICE(HEADER LUIS);
    SCOPED(sb_done) struct sb out = {0};
    struct jw w;

    (void)state;
    PQclear(PQexec(loading,
                   "SELECT pg_advisory_lock(hashtextextended('upload ' || tenant_id::text, 0))"
                   " FROM tenants"));
    testdb_fresh(cx);
    cx->deadline_ms = clock_mono_ms() + 3000;
    sb_init(&out, 1 << 16);
    jw_init(&w, &out);
    assert_int_equal(upload_preview(cx, &none, uploads_read, &text, &w), 0);
    assert_non_null(strstr(sb_text(&out), "\"created\":1"));
    PQfinish(loading);
}

#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DB(a_file_name_keeps_what_can_be_seen),
        WITH_DB(an_upload_that_was_ended_by_somebody_else_fails),
        WITH_DB(an_upload_that_was_taken_back_while_it_arrived_fails),
        WITH_DB(a_load_that_fails_at_its_very_end_keeps_its_failed_rows),
        WITH_DB(a_meeting_that_became_another_is_left_alone),
        WITH_DB(words_that_were_edited_meanwhile_are_replaced_too),
        WITH_DB(a_meeting_that_becomes_a_row_of_the_file_is_updated_by_it),
        WITH_DB(a_meeting_that_is_deleted_meanwhile_is_created_anew),
        WITH_DB(what_is_edited_while_an_upload_is_taken_back_stays),
        WITH_DB(looking_at_a_file_does_not_wait_for_a_load),
    };

    return cmocka_run_group_tests_name("upload_races", tests, NULL, NULL);
}

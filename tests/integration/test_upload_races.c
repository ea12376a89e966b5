/* SPDX-License-Identifier: MIT */
/* An upload beside what others do at the same moment: taking it back, editing and deleting what it changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/meetings/upload.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

#define HEADER MEETINGS_HEADER
#define LUIS                                                                                       \
    "Luis,luis@example.com,222,2024-01-03,Boa,0,\"A clinic that wants privacy for its patients.\"\n"
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

#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DB(an_upload_that_was_ended_by_somebody_else_fails),
        WITH_DB(an_upload_that_was_taken_back_while_it_arrived_fails),
        WITH_DB(a_load_that_fails_at_its_very_end_keeps_its_failed_rows),
    };

    return cmocka_run_group_tests_name("upload_races", tests, NULL, NULL);
}

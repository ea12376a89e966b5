/* SPDX-License-Identifier: MIT */
/* Two people at the same meetings at the same moment: nobody dies of the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/meetings/meeting.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

enum { WAIT_MS = 5000 };

static const struct db_need may_write = {ROLE_ANALYST, SCOPE_DATA_WRITE};

static struct testdb *db;
static struct ctx *cx;
static struct uuid tenant;
static struct uuid ana;
static char body_ids[1000]; /* "\"...\",\"...\"" */

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    tenant = testdb_tenant(db, "acme");
    ana = testdb_member(db, "acme", "ana@acme.test", ROLE_ANALYST);
    testdb_as(cx, &tenant, &ana, ROLE_ANALYST);
    uploads_must(cx,
                 MEETINGS_HEADER
                 "Luis,luis@example.com,1,2024-01-03,Boa,0,A clinic with patients.\n"
                 "Eva,eva@example.com,2,2024-02-20,Puma,1,A shop that sells chairs.\n",
                 NULL);
    snprintf(body_ids, sizeof body_ids, "%s",
             testdb_value(db, TESTDB_ADMIN,
                          "SELECT string_agg(to_json(meeting_id)::text, ',') FROM meetings"));
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

static void until_somebody_waits(void)
{
    const int64_t until = clock_mono_ms() + WAIT_MS;

    while (number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                  "wait_event_type = 'Lock'") == 0) {
        assert_true(clock_mono_ms() < until);
        usleep(5000);
    }
}

/* All meetings, in a transaction that stays open. `more` follows the ids in the body. */
static int begin_bulk(struct ctx *c, enum meeting_bulk_verb verb, const char *more)
{
    char body[1200];
    SCOPED(sb_done) struct sb text = {0};
    json_t *v;
    struct jw w;
    int status;

    snprintf(body, sizeof body, "{\"ids\":[%s]%s}", body_ids, more);
    v = json_loads(body, 0, NULL);
    sb_init(&text, 1 << 16);
    jw_init(&w, &text);
    testdb_fresh(c);
    status =
        db_begin(c, DB_WRITE, DB_ENTER_CALLER, may_write) < 0 ? -1 : meeting_bulk(c, verb, v, &w);
    json_decref(v);
    return status;
}

/* In a process of its own, which ends with 0 when all went well. */
static pid_t somebody_does(enum meeting_bulk_verb verb, const char *more)
{
    struct ctx *other = testdb_ctx(db);
    pid_t pid;

    testdb_as(other, &tenant, &ana, ROLE_ANALYST);
    pid = fork();
    if (pid != 0)
        return pid;
    if (begin_bulk(other, verb, more) < 0 || db_commit(other) < 0) {
        fprintf(stderr, "%s: %s\n", other->err.reason, other->err.internal);
        _exit(1);
    }
    _exit(0);
}

static void ends_well(pid_t pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void now(PGconn *c, const char *sql)
{
    PGresult *r = PQexec(c, sql);

    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(c));
    PQclear(r);
}

static void labels_of_two_people_are_both_kept(void **state)
{
    pid_t other;

    (void)state;
    assert_int_equal(begin_bulk(cx, MEETING_BULK_LABELS, ",\"add\":[\"hot\"]"), 0);
    other = somebody_does(MEETING_BULK_LABELS, ",\"add\":[\"vip\",\"hot\"]");
    until_somebody_waits();
    assert_int_equal(db_commit(cx), 0);
    ends_well(other);
    assert_int_equal(number("SELECT count(*) FROM subject_phrases WHERE field = 'labels' AND "
                            "(ordinal, phrase) IN ((0, 'hot'), (1, 'vip'))"),
                     4);
    assert_int_equal(number("SELECT count(*) FROM subject_phrases WHERE field = 'labels'"), 4);
}

/* An edit locks the meeting, then the transcript (MEETING_LOCK); so do uploads, and who deletes. */
static void meetings_are_deleted_while_they_are_edited(void **state)
{
    PGconn *editor = testdb_connect(db, TESTDB_ADMIN);
    pid_t deleter;

    (void)state;
    now(editor, "BEGIN");
    now(editor, "SELECT FROM meetings WHERE client_name = 'Luis' FOR UPDATE");
    deleter = somebody_does(MEETING_BULK_DELETE, "");
    until_somebody_waits();
    now(editor, "SELECT FROM transcripts FOR UPDATE");
    now(editor, "COMMIT");
    ends_well(deleter);
    assert_int_equal(number("SELECT count(*) FROM subjects"), 0);
    PQfinish(editor);
}

/* The real statement: it waits for the one and holds the other no sooner. */
static void an_edit_waits_for_a_deletion_and_finds_nothing(void **state)
{
    struct ctx *editor = testdb_ctx(db);
    json_t *patch = json_loads("{\"client_name\":\"Luisa\"}", 0, NULL);
    struct uuid id;
    int status = -1;
    pid_t pid;

    (void)state;
    assert_true(uuid_parse(
        slice_cstr(testdb_value(db, TESTDB_ADMIN,
                                "SELECT meeting_id FROM meetings WHERE client_name = 'Luis'")),
        &id));
    testdb_as(editor, &tenant, &ana, ROLE_ANALYST);
    assert_int_equal(begin_bulk(cx, MEETING_BULK_DELETE, ""), 0);
    pid = fork();
    if (pid == 0)
        _exit(db_begin(editor, DB_WRITE, DB_ENTER_CALLER, may_write) == 0 &&
                      meeting_edit(editor, &id, MEETING_ANY_VERSION, patch) < 0 &&
                      editor->err.code == ERR_NOT_FOUND
                  ? 0
                  : 1);
    until_somebody_waits();
    assert_int_equal(db_commit(cx), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    json_decref(patch);
}

int main(void)
{
#define WITH_DB(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(labels_of_two_people_are_both_kept),
        WITH_DB(meetings_are_deleted_while_they_are_edited),
        WITH_DB(an_edit_waits_for_a_deletion_and_finds_nothing),
    };

    return cmocka_run_group_tests_name("meeting_locks", tests, NULL, NULL);
}

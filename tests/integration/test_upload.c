/* SPDX-License-Identifier: MIT */
/* Uploads into a real database: what is created, updated, a duplicate; what is refused and what it leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/meetings/upload.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

#define HEADER MEETINGS_HEADER
#define ANA                                                                                        \
    "Ana,ana@example.com,111,2024-01-02,Puma,1,\"We get 80 messages a day, through Google.\"\n"
#define ANA_LOST                                                                                   \
    "Ana,ana@example.com,111,2024-01-02,Puma,0,\"We get 80 messages a day, through Google.\"\n"
#define ANA_NEW_WORDS                                                                              \
    "Ana,ana@example.com,111,2024-01-02,Puma,1,\"We get 90 messages a day, through a friend.\"\n"
#define LUIS                                                                                       \
    "Luis,luis@example.com,222,2024-01-03,Boa,0,\"A clinic that wants privacy for its "            \
    "patients.\"\n"
#define BAD "Eva,eva-at-example,333,2024-02-30,Boa,0,\"A clinic that wants privacy.\"\n"

static struct testdb *db;
static struct ctx *cx;
static struct uuid tenant;

static int upload_slice(struct slice text, struct upload *out)
{
    return uploads_send(cx, text, NULL, out);
}

static struct upload_counts upload(const char *csv)
{
    return uploads_must(cx, csv, NULL).counts;
}

static int64_t count(const char *table)
{
    return testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM %s", table);
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

static void rows_become_meetings_with_their_jobs(void **state)
{
    const struct upload_counts n = upload(HEADER ANA LUIS);

    (void)state;
    assert_int_equal(n.created, 2);
    assert_int_equal(n.jobs_created, 2);
    assert_int_equal(count("meetings"), 2);
    assert_int_equal(count("subjects"), 2);
    assert_int_equal(count("transcripts"), 2);
    assert_int_equal(count("meeting_facts"), 2);
    assert_int_equal(count("jobs"), 2);
    assert_int_equal(count("audit_log"), 1);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT data_version FROM tenant_state"), 2);
}

static void the_same_file_again_changes_nothing(void **state)
{
    struct upload_counts n;

    (void)state;
    upload(HEADER ANA LUIS);
    n = upload(HEADER ANA LUIS);
    assert_int_equal(n.duplicate, 2);
    assert_int_equal(n.jobs_created, 0);
    assert_int_equal(count("meetings"), 2);
    assert_int_equal(count("jobs"), 2);
}

static void a_deal_that_changed_is_updated_and_not_read_again(void **state)
{
    struct upload_counts n;

    (void)state;
    upload(HEADER ANA LUIS);
    n = upload(HEADER ANA_LOST LUIS);
    assert_int_equal(n.updated, 1);
    assert_int_equal(n.duplicate, 1);
    assert_int_equal(n.jobs_created, 0);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM meetings WHERE closed"),
                     0);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM meeting_facts WHERE closed"), 0);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT max(version) FROM meetings"), 2);
}

static void new_words_are_read_again_and_replace_the_values(void **state)
{
    struct upload_counts n;

    (void)state;
    upload(HEADER ANA);
    uploads_read_all(db);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT interaction_volume_daily FROM meeting_facts"), 80);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT state FROM meeting_facts"), 1);
    n = upload(HEADER ANA_NEW_WORDS);
    assert_int_equal(n.updated, 1);
    assert_int_equal(n.jobs_created, 1);
    uploads_read_all(db);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT interaction_volume_daily FROM meeting_facts"), 90);
    assert_int_equal(count("llm_analyses"), 2); /* append-only */
    assert_int_equal(count("jobs"), 0);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN,
                                   "SELECT count(*) FROM job_archive WHERE state = 'completed'"),
                     2);
}

static void a_meeting_that_could_not_be_read_is_tried_again_when_it_is_sent_again(void **state)
{
    struct upload_counts n;

    (void)state;
    upload(HEADER ANA);
    testdb_run(db, TESTDB_ADMIN, "DELETE FROM jobs; UPDATE meeting_facts SET state = 2");
    n = upload(HEADER ANA);
    assert_int_equal(n.duplicate, 1);
    assert_int_equal(n.jobs_created, 1);
    uploads_read_all(db);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT state FROM meeting_facts"), 1);
}

/* An upload changed the words and has not committed when the reader comes: the reader waits, and reads the new ones. */
static void a_reader_waits_for_the_words_that_are_being_changed(void **state)
{
    PGconn *uploader = testdb_connect(db, TESTDB_ADMIN);

    (void)state;
    upload(HEADER ANA);
    PQclear(PQexec(uploader, "BEGIN"));
    PQclear(PQexec(
        uploader,
        "UPDATE transcripts SET body = 'We get 90 messages a day.', body_hash = gen_random_uuid()"));
    assert_int_equal(PQsendQuery(uploader, "SELECT pg_sleep(0.4); COMMIT"), 1);
    uploads_read_all(db);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT interaction_volume_daily FROM meeting_facts"), 90);
    PQfinish(uploader);
}

static void rows_of_one_file_count_one_after_the_other(void **state)
{
    const struct upload_counts n = upload(HEADER ANA ANA ANA_LOST ANA LUIS);

    (void)state;
    assert_int_equal(n.created, 2);
    assert_int_equal(n.duplicate, 1);
    assert_int_equal(n.updated, 2);
    assert_int_equal(count("meetings"), 2);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM meetings WHERE closed"),
                     1); /* the last ANA */
}

static void a_row_that_breaks_a_rule_stops_nobody(void **state)
{
    const struct upload_counts n = upload(HEADER ANA "\n,,,,,,\n" BAD LUIS);

    (void)state;
    assert_int_equal(n.rows, 4);
    assert_int_equal(n.created, 2);
    assert_int_equal(n.invalid, 1);
    assert_int_equal(n.skipped, 1);
    assert_int_equal(count("upload_errors"), 2);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT min(line) FROM upload_errors"), 5);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT line || ' ' || array_to_string(cells, '|') FROM upload_failed_rows"),
        "5 Eva|eva-at-example|333|2024-02-30|Boa|0|A clinic that wants privacy.");
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT string_agg(column_name || ' ' || code || ' ' || value, ', ' "
                     "ORDER BY ordinal) FROM upload_errors"),
        "email email_invalid eva-at-example, meeting_date date_invalid 2024-02-30");
}

static void a_file_that_cannot_be_read_leaves_only_its_story(void **state)
{
    static const struct {
        const char *csv;
        const char *reason;
    } cases[] = {
        {"", "file_empty"},
        {"\n\n", "file_empty"},
        {"a,b,c\n1,2,3\n", "columns_missing"},
        {"PK\x03\x04", "file_is_archive"},
        {HEADER ANA "\"never closed", "csv_quote"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct upload up;

        assert_int_equal(upload_slice(slice_cstr(cases[i].csv), &up), -1);
        assert_string_equal(cx->err.reason, cases[i].reason);
        assert_int_equal(
            testdb_number(db, TESTDB_ADMIN,
                          "SELECT count(*) FROM uploads WHERE state = 'failed' AND failure = '%s'",
                          cases[i].reason) > 0,
            1);
    }
    assert_int_equal(count("meetings"), 0);
    assert_int_equal(count("jobs"), 0);
    assert_int_equal(count("upload_errors"), 0);
    assert_int_equal(upload(HEADER ANA).created, 1); /* the connection is good for the next */
}

static long read_cut_off(struct ctx *c, void *source, void *buf, size_t n)
{
    struct slice *s = source;

    if (s->n)
        return uploads_read(c, source, buf, n);
    return ctx_fail(c, ERR_INVALID, "body_cut_off", NULL, "the client left");
}

static void a_body_cut_off_leaves_nothing_half_visible(void **state)
{
    struct slice text = SLICE(HEADER ANA LUIS);
    struct upload up;

    (void)state;
    testdb_fresh(cx);
    assert_int_equal(
        upload_receive(cx, SLICE("x.csv"), &(struct upload_options){0}, read_cut_off, &text, &up),
        -1);
    assert_string_equal(cx->err.reason, "body_cut_off");
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN, "SELECT state || ' ' || failure FROM uploads"),
        "failed body_cut_off");
    assert_int_equal(count("meetings"), 0);
}

static void bytes_that_mean_something_to_copy_arrive_as_they_are(void **state)
{
    const char *text = "back\\slash, tab\there, \"quotes\", line\nend, \\N and \\. and ñ €";

    (void)state;
    upload(HEADER "\"A\\na\",ana@example.com,111,2024-01-02,\"Pu\tma\",1,\"back\\slash, tab\there, "
                  "\"\"quotes\"\", "
                  "line\nend, \\N and \\. and ñ €\"\n");
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT body FROM transcripts"), text);
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT client_name FROM meetings"),
                        "A\\na");
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT sales_rep FROM meetings"), "Pu\tma");
}

static void a_byte_order_mark_and_semicolons_are_understood(void **state)
{
    const struct upload_counts n =
        upload("\xEF\xBB\xBF"
               "Nombre;Correo Electrónico;Teléfono;Fecha;Vendedor;Cerrada;Transcripción\r\n"
               "Ana;ana@example.com;1;2024-01-02;Puma;sí;Una conversación bastante larga.\r\n");

    (void)state;
    assert_int_equal(n.created, 1);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN, "SELECT settings->>'delimiter' FROM uploads"), ";");
}

static void two_tenants_keep_their_own_copies(void **state)
{
    const struct uuid other = testdb_tenant(db, "other");
    const struct uuid user = testdb_member(db, "other", "otto@other.test", ROLE_ADMIN);

    (void)state;
    upload(HEADER ANA LUIS);
    testdb_as(cx, &other, &user, ROLE_ADMIN);
    assert_int_equal(upload(HEADER ANA LUIS).created, 2);
    assert_int_equal(count("meetings"), 4);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT count(DISTINCT tenant_id) FROM meetings"), 2);
}

static void a_viewer_may_not(void **state)
{
    const struct uuid user = testdb_member(db, "acme", "vera@acme.test", ROLE_VIEWER);
    struct upload up;

    (void)state;
    testdb_as(cx, &tenant, &user, ROLE_VIEWER);
    assert_int_equal(upload_slice(SLICE(HEADER ANA), &up), -1);
    assert_int_equal(cx->err.code, ERR_FORBIDDEN);
    assert_int_equal(count("uploads"), 0);
}

static void errors_are_kept_up_to_their_bound_and_counted_beyond_it(void **state)
{
    struct sb csv;
    struct upload up;

    (void)state;
    sb_init(&csv, 64 << 20);
    sb_puts(&csv, HEADER);
    for (int i = 0; i < LIMIT_UPLOAD_ERRORS + 500; i++)
        sb_printf(&csv, "Ana %d,no-mail,1,2024-01-02,Puma,1,A long enough transcript.\n", i);
    assert_int_equal(upload_slice(sb_get(&csv), &up), 0);
    assert_int_equal(up.counts.invalid, LIMIT_UPLOAD_ERRORS + 500);
    assert_int_equal(count("upload_errors"), LIMIT_UPLOAD_ERRORS);
    assert_int_equal(count("upload_failed_rows"), LIMIT_UPLOAD_ERRORS);
    sb_done(&csv);
}

/* Ten thousand rows at once, past every batch and buffer on the way. */
static void many_rows_arrive_whole(void **state)
{
    struct sb csv;
    struct upload up;

    (void)state;
    sb_init(&csv, 64 << 20);
    sb_puts(&csv, HEADER);
    for (int i = 0; i < 10000; i++)
        sb_printf(&csv,
                  "Ana %d,ana%d@example.com,%d,2024-01-%02d,Puma,%d,\"Words of meeting %d, which "
                  "are long enough.\"\n",
                  i, i, i, 1 + i % 28, i % 2, i);
    assert_int_equal(upload_slice(sb_get(&csv), &up), 0);
    assert_int_equal(up.counts.created, 10000);
    assert_int_equal(
        testdb_number(
            db, TESTDB_ADMIN,
            "SELECT count(*) FROM meetings m JOIN transcripts t ON t.subject_id = m.meeting_id "
            "WHERE t.body = 'Words of meeting ' || substr(m.client_name, 5) || ', which are long "
            "enough.'"),
        10000);
    sb_done(&csv);
}

static struct upload upload_many(int rows)
{
    SCOPED(sb_done) struct sb csv;
    struct upload up;

    sb_init(&csv, 64 << 20);
    sb_puts(&csv, HEADER);
    for (int i = 0; i < rows; i++)
        sb_printf(&csv,
                  "Ana %d,ana%d@example.com,%d,2024-01-02,Puma,1,\"Ten words, or so, of it.\"\n", i,
                  i, i);
    if (upload_slice(sb_get(&csv), &up) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    return up;
}

/* 2,500 readings do not wait in the queue at once: three jobs make them, and the batch has counted them all along. */
static void readings_of_a_large_upload_are_made_in_packs(void **state)
{
    struct upload up;

    (void)state;
    upload(HEADER ANA);
    up = upload_many(2500);
    assert_int_equal(up.counts.jobs_created, 2500);
    assert_int_equal(count("jobs WHERE kind = 'meeting.enqueue'"), 3);
    assert_int_equal(count("jobs"), 4);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT max(total) FROM job_batches"), 2500);
    testdb_run(
        db, TESTDB_ADMIN,
        "DELETE FROM subjects WHERE subject_id IN (SELECT meeting_id FROM meetings WHERE client_name = 'Ana 7')");
    uploads_read_all(db);
    assert_int_equal(count("jobs"), 0);
    assert_int_equal(count("meeting_facts WHERE state = 1"), 2500);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT total || ' ' || completed || ' ' || failed FROM job_batches "
                     "ORDER BY total DESC LIMIT 1"),
        "2499 2499 0");
    /* ids are in the order of time: lists go by them, and readers lock in the order of the meetings */
    assert_int_equal(
        count("(SELECT job_id, lag(job_id) OVER (ORDER BY subject_id) AS before FROM job_archive "
              "WHERE kind = 'meeting.read') x WHERE job_id < before"),
        0);
    assert_int_equal(count("job_archive WHERE substr(job_id::text, 15, 1) <> '7'"), 0);
}

static void packs_of_a_canceled_upload_make_nothing(void **state)
{
    struct upload up = upload_many(2500);
    struct queue_canceled canceled;

    (void)state;
    testdb_fresh(cx);
    assert_int_equal(
        db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){ROLE_ANALYST, SCOPE_DATA_WRITE}),
        0);
    assert_int_equal(queue_cancel_batch(cx, &up.id, &canceled), 0);
    assert_int_equal(db_commit(cx), 0);
    uploads_read_all(db);
    assert_int_equal(count("jobs"), 0);
    assert_int_equal(count("llm_analyses"), 0);
    assert_int_equal(count("meeting_facts WHERE state = 2"), 2500);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT total || ' ' || completed || ' ' || canceled FROM job_batches"),
        "2500 0 2500");
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(rows_become_meetings_with_their_jobs),
        WITH_DB(the_same_file_again_changes_nothing),
        WITH_DB(a_deal_that_changed_is_updated_and_not_read_again),
        WITH_DB(new_words_are_read_again_and_replace_the_values),
        WITH_DB(a_meeting_that_could_not_be_read_is_tried_again_when_it_is_sent_again),
        WITH_DB(a_reader_waits_for_the_words_that_are_being_changed),
        WITH_DB(rows_of_one_file_count_one_after_the_other),
        WITH_DB(a_row_that_breaks_a_rule_stops_nobody),
        WITH_DB(a_file_that_cannot_be_read_leaves_only_its_story),
        WITH_DB(a_body_cut_off_leaves_nothing_half_visible),
        WITH_DB(bytes_that_mean_something_to_copy_arrive_as_they_are),
        WITH_DB(a_byte_order_mark_and_semicolons_are_understood),
        WITH_DB(two_tenants_keep_their_own_copies),
        WITH_DB(a_viewer_may_not),
        WITH_DB(errors_are_kept_up_to_their_bound_and_counted_beyond_it),
        WITH_DB(many_rows_arrive_whole),
        WITH_DB(readings_of_a_large_upload_are_made_in_packs),
        WITH_DB(packs_of_a_canceled_upload_make_nothing),
    };

    return cmocka_run_group_tests_name("upload", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Changing meetings, one and many, against a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/sb.h"
#include "tests/lib/meetings.h"
#include "tests/lib/uploads.h"

static struct testdb *db;
static struct ctx *cx;

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

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

/* ---- one ---- */

static void an_edit_changes_facts_words_and_keys(void **state)
{
    (void)state;
    meetings_upload(meetings_talks);
    meetings_run_jobs();
    assert_int_equal(meetings_edit("Ann Baker", 1,
                                   "{\"client_name\":\"Ann Cook\",\"meeting_date\":\"2024-04-05\","
                                   "\"salesRep\":\"Zorro\",\"closed\":true}"),
                     0);
    assert_int_equal(
        number(
            "SELECT count(*) FROM meetings m JOIN meeting_facts f ON f.subject_id = m.meeting_id"
            " JOIN subjects s ON s.subject_id = m.meeting_id JOIN value_codes v ON v.code = f.sales_rep"
            " WHERE m.client_name = 'Ann Cook' AND m.meeting_date = '2024-04-05' AND m.sales_rep = 'Zorro'"
            " AND m.closed AND m.version = 2 AND f.closed AND f.meeting_date = m.meeting_date"
            " AND v.value = 'Zorro' AND f.state = 1"
            " AND (s.occurred_at AT TIME ZONE 'America/Santiago')::date = m.meeting_date"),
        1);
    assert_int_equal(
        number(
            "SELECT count(*) FROM meeting_revisions WHERE client_name = 'Ann Baker' AND version = 1"
            " AND sales_rep = 'Puma' AND NOT closed AND transcript IS NULL AND changed_by IS NOT NULL"),
        1);
    assert_string_equal(meetings_names("q=cook"), "Ann Cook");
    assert_string_equal(meetings_names("q=baker zorro"), "");
    assert_int_equal(number("SELECT count(*) FROM jobs"), 0);
    assert_int_equal(
        number("SELECT count(*) FROM audit_log WHERE action = 'meeting.update' AND fields @> "
               "'{client_name,closed}' AND NOT fields @> '{email}'"),
        1);
    /* the file again: its row is no longer this meeting */
    assert_int_equal(meetings_edit("Ann Cook", 2, "{\"closed\":true}"),
                     0); /* nothing new: no version */
    assert_int_equal(number("SELECT version FROM meetings WHERE client_name = 'Ann Cook'"), 2);
}

/* The meeting says TORO, as the first of that name did; its row said toro. */
static void an_edit_that_changes_nothing_leaves_no_trace(void **state)
{
    static const char file[] =
        MEETINGS_HEADER "A,a@example.com,1,2024-01-02,TORO,1,A clinic that waits.\n"
                        "B,b@example.com,1,2024-01-02,toro,1,A clinic that waits.\n";

    (void)state;
    meetings_upload(file);
    assert_int_equal(meetings_edit("B", 1, "{\"phone\":\" 1 \",\"sales_rep\":\"TORO\"}"), 0);
    assert_int_equal(number("SELECT sum(version) FROM meetings"), 2);
    assert_int_equal(number("SELECT count(*) FROM meeting_revisions"), 0);
    assert_int_equal(uploads_must(cx, file, NULL).counts.duplicate, 2);
}

/* As test_upload_changes.c has it: a seller folded by the database. */
static void an_edit_finds_a_seller_folded_by_the_database(void **state)
{
    (void)state;
    meetings_upload(MEETINGS_HEADER
                    "A,a@example.com,1,2024-01-02,Søren O’Brien,1,A clinic that waits.\n");
    testdb_run(db, TESTDB_ADMIN, "UPDATE value_codes SET folded = 'søren o’brien'");
    assert_int_equal(meetings_edit("A", 1, "{\"phone\":\"2\"}"), 0);
    assert_int_equal(number("SELECT version FROM meetings WHERE phone = '2'"), 2);
    assert_int_equal(number("SELECT count(*) FROM value_codes"), 1);
}

static void a_new_transcript_is_read_again(void **state)
{
    (void)state;
    meetings_upload(meetings_talks);
    meetings_run_jobs();
    assert_int_equal(
        meetings_edit(
            "José Muñoz", MEETING_ANY_VERSION,
            "{\"transcript\":\"Ahora somos una veterinaria y nos llegan 33 mensajes diarios.\"}"),
        0);
    assert_int_equal(
        number(
            "SELECT count(*) FROM jobs WHERE kind = 'meeting.read' AND unique_key = subject_id::text"),
        1);
    assert_int_equal(number("SELECT count(*) FROM meeting_facts WHERE state = 0"), 1);
    assert_int_equal(
        number("SELECT count(*) FROM meeting_revisions WHERE transcript LIKE 'Somos una cl%%'"), 1);
    assert_string_equal(meetings_names("q=veterinaria"), "José Muñoz"); /* before it is read */
    assert_string_equal(meetings_names("q=whatsapp"), "");
    assert_int_equal(
        meetings_edit(
            "José Muñoz", 2,
            "{\"transcript\":\"Ahora somos otra veterinaria, con 34 mensajes diarios.\"}"),
        0);
    assert_int_equal(number("SELECT count(*) FROM jobs"), 1);
    meetings_run_jobs();
    assert_int_equal(
        number(
            "SELECT interaction_volume_daily FROM meeting_facts f JOIN meetings m ON m.meeting_id = "
            "f.subject_id WHERE m.client_name = 'José Muñoz'"),
        34);
}

static void an_edit_that_must_not_be_is_refused(void **state)
{
    static const struct {
        int64_t version;
        const char *patch;
        const char *reason;
        const char *field;
    } cases[] = {
        {7, "{\"closed\":true}", "version_stale", ""},
        {1, "{}", "patch_empty", ""},
        {1, "{\"meeting_id\":\"x\"}", "field_unknown", "meeting_id"},
        {1, "{\"email\":\"nobody\"}", "email_invalid", "email"},
        {1, "{\"meeting_date\":\"2024-02-30\"}", "date_invalid", "meeting_date"},
        {1, "{\"client_name\":\"  \"}", "required", "client_name"},
        {1, "{\"client_name\":null}", "value_invalid", "client_name"},
        {1, "{\"closed\":1}", "value_invalid", "closed"},
        {1, "{\"transcript\":\"short\"}", "too_short", "transcript"},
        {1, "{\"salesRep\":\"a\",\"sales_rep\":\"b\"}", "field_twice", "sales_rep"},
        {1,
         "{\"client_name\":\"jose munoz\",\"email\":\"JOSE@clinica.cl\",\"phone\":\"56987654321\","
         "\"meeting_date\":\"2024-03-01\",\"sales_rep\":\"tiburon\"}",
         "meeting_exists", ""},
    };

    (void)state;
    meetings_upload(meetings_talks);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (meetings_edit("Ann Baker", cases[i].version, cases[i].patch) == 0)
            fail_msg("%s was done", cases[i].patch);
        if (strcmp(cx->err.reason, cases[i].reason) != 0 ||
            strcmp(cx->err.field, cases[i].field) != 0)
            fail_msg("%s: %s %s %s", cases[i].patch, cx->err.reason, cx->err.field,
                     cx->err.internal);
    }
    testdb_fresh(cx);
    assert_int_equal(number("SELECT count(*) FROM meetings WHERE version > 1"), 0);
    assert_int_equal(number("SELECT count(*) FROM meeting_revisions"), 0);
}

/* ---- many at once ---- */

static void a_number_that_changed_stops_it(void **state)
{
    static const char count[] = "{\"filter\":{\"sales_rep\":\"Puma\"},\"dry_run\":true}";

    (void)state;
    meetings_upload(meetings_talks);
    meetings_bulk_is(MEETING_BULK_DELETE, count, "{\"count\":2}");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 3);
    meetings_bulk_refused(MEETING_BULK_DELETE, "{\"filter\":{\"sales_rep\":\"Puma\"}}",
                          "expected_count_missing");
    meetings_bulk_refused(MEETING_BULK_DELETE,
                          "{\"filter\":{\"sales_rep\":\"Puma\"},\"expected_count\":1}",
                          "count_changed");
    assert_string_equal(cx->err.params, "{\"count\":2}");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 3);
    meetings_bulk_refused(MEETING_BULK_DELETE, "{}", "ids_or_filter");
    meetings_bulk_refused(MEETING_BULK_DELETE,
                          "{\"fliter\":{},\"q\":\"puma\",\"expected_count\":2}",
                          "parameter_unknown");
    meetings_bulk_refused(MEETING_BULK_DELETE, "{\"ids\":[]}", "ids_number");
    meetings_bulk_refused(MEETING_BULK_DELETE, "{\"ids\":[\"x\"]}", "id_invalid");
    meetings_bulk_refused(MEETING_BULK_DELETE, "{\"filter\":{},\"expected_count\":100000000}",
                          "too_many_records");
    meetings_bulk_refused(MEETING_BULK_DELETE, "{\"filter\":{\"or\":[]},\"expected_count\":2}",
                          "filter_invalid");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 3);
}

static void deleting_takes_everything_along(void **state)
{
    (void)state;
    meetings_upload(meetings_talks);
    meetings_run_jobs();
    meetings_bulk_is(MEETING_BULK_LABELS, "{\"q\":\"puma\",\"expected_count\":2,\"add\":[\"vip\"]}",
                     "{\"labeled\":2}");
    meetings_bulk_is(MEETING_BULK_REQUEUE, "{\"filter\":{},\"expected_count\":3}",
                     "{\"jobs_created\":3}");
    meetings_bulk_is(MEETING_BULK_DELETE, "{\"q\":\"puma\",\"expected_count\":2}",
                     "{\"deleted\":2}");
    assert_int_equal(number("SELECT count(*) FROM subjects"), 1);
    assert_int_equal(number("SELECT count(*) FROM meetings"), 1);
    assert_int_equal(number("SELECT count(*) FROM meeting_facts"), 1);
    assert_int_equal(number("SELECT count(*) FROM transcripts"), 1);
    assert_int_equal(number("SELECT count(*) FROM subject_search"), 1);
    assert_int_equal(number("SELECT count(*) FROM llm_analyses"), 1);
    assert_int_equal(number("SELECT count(*) FROM subject_phrases WHERE field = 'labels'"), 0);
    assert_int_equal(number("SELECT count(*) FROM jobs"), 1);
    assert_int_equal(number("SELECT count(*) FROM audit_log WHERE action = 'meeting.delete'"), 1);
    meetings_run_jobs();
    meetings_bulk_is(MEETING_BULK_DELETE,
                     arena_printf(cx->arena,
                                  "{\"ids\":[\"%s\",\"00000000-0000-0000-0000-000000000000\"]}",
                                  meetings_id_of("José Muñoz")),
                     "{\"deleted\":1}");
    assert_int_equal(number("SELECT count(*) FROM subjects"), 0);
}

static void asking_again_to_read_makes_one_job_each(void **state)
{
    (void)state;
    meetings_upload(meetings_talks);
    meetings_bulk_is(MEETING_BULK_REQUEUE, "{\"filter\":{},\"expected_count\":3}",
                     "{\"jobs_created\":0}"); /* they wait already */
    meetings_run_jobs();
    meetings_bulk_is(
        MEETING_BULK_REQUEUE,
        arena_printf(cx->arena, "{\"ids\":[\"%s\"],\"dry_run\":true}", meetings_id_of("Ann Baker")),
        "{\"count\":1}");
    meetings_bulk_is(MEETING_BULK_REQUEUE,
                     arena_printf(cx->arena, "{\"ids\":[\"%s\"]}", meetings_id_of("Ann Baker")),
                     "{\"jobs_created\":1}");
    assert_int_equal(number("SELECT count(*) FROM meeting_facts WHERE state = 0"), 1);
    meetings_run_jobs();
    assert_int_equal(number("SELECT count(*) FROM llm_analyses"), 4); /* append-only */
    assert_int_equal(number("SELECT count(*) FROM meeting_facts WHERE state = 1"), 3);
}

static void labels_are_kept_counted_and_filtered_by(void **state)
{
    SCOPED(sb_done) struct sb many_labels = {0};

    (void)state;
    meetings_upload(meetings_talks);
    meetings_bulk_is(MEETING_BULK_LABELS,
                     "{\"q\":\"puma\",\"expected_count\":2,\"add\":[\"vip\",\" señal \",\"vip\"]}",
                     "{\"labeled\":2}");
    meetings_bulk_is(MEETING_BULK_LABELS,
                     arena_printf(cx->arena,
                                  "{\"ids\":[\"%s\"],\"add\":[\"último\"],\"remove\":[\"vip\"]}",
                                  meetings_id_of("Ann Baker")),
                     "{\"labeled\":1}");
    meetings_run_jobs(); /* reading does not take them away */
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT string_agg(p.ordinal || p.phrase, ',' ORDER BY p.ordinal) FROM "
                     "subject_phrases p JOIN meetings m ON m.meeting_id = p.subject_id"
                     " WHERE p.field = 'labels' AND m.client_name = 'Ann Baker'"),
        "0señal,1último");
    assert_string_equal(meetings_names("label=vip"), "Marta Rojas");
    assert_string_equal(meetings_names("label=vip&label=último&sort=client_name"),
                        "Ann Baker Marta Rojas");
    assert_string_equal(
        meetings_names(
            "filter={\"field\":\"labels\",\"op\":\"contains_all\",\"value\":[\"vip\",\"señal\"]}"),
        "Marta Rojas");
    assert_string_equal(meetings_names("filter={\"field\":\"labels\",\"op\":\"is_missing\"}"),
                        "José Muñoz");
    sb_init(&many_labels, 4096);
    sb_puts(&many_labels, "{\"q\":\"puma\",\"expected_count\":2,\"add\":[");
    for (int i = 0; i < LIMIT_LABELS; i++)
        sb_printf(&many_labels, "%s\"l%d\"", i ? "," : "", i);
    sb_puts(&many_labels, "]}");
    meetings_bulk_refused(MEETING_BULK_LABELS, sb_text(&many_labels), "too_many_labels");
    meetings_bulk_refused(MEETING_BULK_LABELS,
                          "{\"q\":\"puma\",\"expected_count\":2,\"add\":[\"\"]}", "value_invalid");
    meetings_bulk_refused(MEETING_BULK_LABELS, "{\"q\":\"puma\",\"expected_count\":2}", "required");
    meetings_bulk_refused(MEETING_BULK_LABELS,
                          "{\"q\":\"puma\",\"expected_count\":2,\"add\":["
                          "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]}",
                          "too_long");
    assert_string_equal(meetings_names("label=l0"), "");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(an_edit_changes_facts_words_and_keys),
        FRESH(an_edit_that_changes_nothing_leaves_no_trace),
        FRESH(an_edit_finds_a_seller_folded_by_the_database),
        FRESH(a_new_transcript_is_read_again),
        FRESH(an_edit_that_must_not_be_is_refused),
        FRESH(a_number_that_changed_stops_it),
        FRESH(deleting_takes_everything_along),
        FRESH(asking_again_to_read_makes_one_job_each),
        FRESH(labels_are_kept_counted_and_filtered_by),
    };

    return cmocka_run_group_tests_name("meeting_edit", tests, NULL, NULL);
}

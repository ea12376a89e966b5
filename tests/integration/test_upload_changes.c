/* SPDX-License-Identifier: MIT */
/* What becomes of rows whose meeting is there: the three policies, all or nothing, looking without writing, taking back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/meetings/upload.h"
#include "core/meetings/upload_mapping.h"
#include "core/queue/queue.h"
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
    "Luis,luis@example.com,222,2024-01-03,Boa,0,\"A clinic that wants privacy for its patients.\"\n"
#define BAD "Eva,eva-at-example,333,2024-02-30,Boa,0,\"A clinic that wants privacy.\"\n"

static struct testdb *db;
static struct ctx *cx;
static struct uuid tenant;

static const struct upload_options skip = {.on_change = UPLOAD_SKIP};
static const struct upload_options keep_both = {.on_change = UPLOAD_KEEP_BOTH};

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

static int64_t count(const char *what)
{
    return testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM %s", what);
}

/* The story of the database in one line, but for times and ids. */
static const char *picture(void)
{
    return testdb_value(
        db, TESTDB_ADMIN,
        "SELECT string_agg(m.client_name || ' ' || m.ordinal || ' ' || m.closed || ' ' || f.closed || ' ' || f.state "
        "|| ' ' || length(t.body), '; ' ORDER BY m.client_name, m.ordinal) "
        "FROM meetings m JOIN meeting_facts f ON f.subject_id = m.meeting_id "
        "JOIN transcripts t ON t.subject_id = m.meeting_id JOIN subjects s ON s.subject_id = m.meeting_id");
}

static json_t *undo(const struct uuid *id)
{
    SCOPED(sb_done) struct sb text;
    struct jw w;
    json_t *out = NULL;

    testdb_fresh(cx);
    sb_init(&text, 1 << 16);
    jw_init(&w, &text);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){ROLE_ANALYST, SCOPE_DATA_WRITE}) <
            0 ||
        upload_undo(cx, id, &w) < 0 || db_commit(cx) < 0) {
        db_rollback(cx);
        return NULL;
    }
    assert_int_equal(json_read(sb_get(&text), &out), JSON_OK);
    return out;
}

static int64_t number(const json_t *o, const char *key)
{
    int64_t n = -1;

    json_i64(o, key, &n);
    return n;
}

/* ---- policies ---- */

static void skipping_leaves_what_is_there(void **state)
{
    struct upload_counts n;

    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    n = uploads_must(cx, HEADER ANA ANA_LOST LUIS LUIS, &skip).counts;
    assert_int_equal(n.duplicate, 2);
    assert_int_equal(n.skipped, 1);
    assert_int_equal(n.created, 1);
    assert_int_equal(n.jobs_created, 1);
    assert_int_equal(count("meetings WHERE closed"), 1);
    assert_int_equal(count("meeting_revisions"), 0);
}

static void skipping_counts_within_one_file_too(void **state)
{
    const struct upload_counts n = uploads_must(cx, HEADER ANA ANA_LOST ANA, &skip).counts;

    (void)state;
    assert_int_equal(n.created, 1);
    assert_int_equal(n.skipped, 1);
    assert_int_equal(n.duplicate, 1);
    assert_int_equal(count("meetings WHERE closed"), 1);
}

static void keeping_both_gives_the_second_an_ordinal(void **state)
{
    struct upload_counts n;

    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    n = uploads_must(cx, HEADER ANA_LOST ANA ANA_NEW_WORDS ANA_LOST, &keep_both).counts;
    assert_int_equal(n.created, 2);
    assert_int_equal(n.duplicate, 2);
    assert_int_equal(n.jobs_created, 2);
    assert_string_equal(picture(),
                        "Ana 0 true true 0 41; Ana 1 false false 0 41; Ana 2 true true 0 43");
    /* all three are known now, whichever policy */
    assert_int_equal(
        uploads_must(cx, HEADER ANA ANA_LOST ANA_NEW_WORDS, &keep_both).counts.duplicate, 3);
    assert_int_equal(uploads_must(cx, HEADER ANA ANA_LOST ANA_NEW_WORDS, &skip).counts.duplicate,
                     3);
    assert_int_equal(uploads_must(cx, HEADER ANA ANA_LOST ANA_NEW_WORDS, NULL).counts.duplicate, 3);
}

static void a_change_keeps_what_was(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    uploads_must(cx, HEADER ANA_LOST, NULL);
    uploads_must(cx, HEADER ANA_NEW_WORDS, NULL);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT string_agg(version || ' ' || closed || ' ' || "
                     "coalesce(length(transcript)::text, 'same words'), '; ' ORDER BY version) "
                     "FROM meeting_revisions"),
        "1 true same words; 2 false 41");
}

static void sellers_that_differ_in_spelling_are_one(void **state)
{
    (void)state;
    uploads_must(cx,
                 HEADER
                 "A,a@example.com,1,2024-01-02,José Toro,1,\"A clinic that wants privacy.\"\n"
                 "B,b@example.com,2,2024-01-02,JOSE  TORO,1,\"A clinic that wants privacy.\"\n",
                 NULL);
    uploads_must(
        cx, HEADER "C,c@example.com,3,2024-01-02,josé toro,1,\"A clinic that wants privacy.\"\n",
        NULL);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT count(DISTINCT sales_rep) FROM meeting_facts"), 1);
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN, "SELECT string_agg(DISTINCT sales_rep, ';') FROM meetings"),
        "José Toro");
}

/* What migration 008 makes of sellers that were there: the database folds neither the one letter nor the other sign. */
static void a_seller_folded_by_the_database_is_found_all_the_same(void **state)
{
    static const char folded[] =
        "SELECT count(*) FROM value_codes WHERE value = 'Søren O’Brien' AND "
        "folded = 'soren o''brien'";
    static const char as_migrated[] = "UPDATE value_codes SET folded = 'søren o’brien'";

    (void)state;
    uploads_must(cx, HEADER "A,a@example.com,1,2024-01-02,Søren O’Brien,1,A clinic that waits.\n",
                 NULL);
    testdb_run(db, TESTDB_ADMIN, as_migrated);
    uploads_must(cx, HEADER "B,b@example.com,1,2024-01-02,Søren O’Brien,1,A clinic that waits.\n",
                 NULL);
    assert_int_equal(count("subjects"), 2);
    assert_int_equal(count("meetings"), 2);
    assert_int_equal(count("meeting_facts"), 2);
    assert_int_equal(count("value_codes"), 1);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, folded), 1);
}

/* ---- all or nothing ---- */

static void all_or_nothing_refuses_the_file_and_keeps_the_reasons(void **state)
{
    const struct upload_options all = {.all_or_nothing = true};
    struct upload up;

    (void)state;
    assert_int_equal(uploads_send(cx, SLICE(HEADER ANA BAD LUIS), &all, &up), -1);
    assert_string_equal(cx->err.reason, "rows_invalid");
    assert_non_null(strstr(cx->err.params, "\"invalid\":1"));
    assert_int_equal(count("meetings"), 0);
    assert_int_equal(count("jobs"), 0);
    assert_int_equal(count("upload_errors"), 2);
    assert_int_equal(count("upload_failed_rows"), 1);
    assert_string_equal(
        testdb_value(
            db, TESTDB_ADMIN,
            "SELECT state || ' ' || failure || ' ' || row_count || ' ' || invalid FROM uploads"),
        "failed rows_invalid 3 1");
    assert_int_equal(uploads_must(cx, HEADER ANA LUIS, &all).counts.created, 2);
}

/* ---- looking ---- */

static json_t *look(const char *csv, const struct upload_options *o)
{
    SCOPED(sb_done) struct sb text;
    struct slice source = slice_cstr(csv);
    struct jw w;
    json_t *out = NULL;

    testdb_fresh(cx);
    sb_init(&text, 1 << 20);
    jw_init(&w, &text);
    if (upload_preview(cx, o ? o : &(struct upload_options){0}, uploads_read, &source, &w) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    assert_int_equal(json_read(sb_get(&text), &out), JSON_OK);
    return out;
}

static void looking_tells_what_would_happen_and_writes_nothing(void **state)
{
    SCOPED(json_drop) json_t *seen = NULL;
    const json_t *would;

    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    seen = look(HEADER ANA_LOST LUIS BAD "\n,,,,,,\n", NULL);
    would = json_object_get(seen, "would");
    assert_int_equal(number(would, "rows"), 4);
    assert_int_equal(number(would, "created"), 1);
    assert_int_equal(number(would, "updated"), 1);
    assert_int_equal(number(would, "invalid"), 1);
    assert_int_equal(number(would, "skipped"), 1);
    assert_int_equal(json_array_size(json_object_get(seen, "rows")), 4);
    assert_int_equal(json_array_size(json_object_get(seen, "errors")), 2);
    assert_int_equal(json_array_size(json_object_get(seen, "missing")), 0);
    assert_string_equal(json_str(json_object_get(seen, "settings"), "delimiter"), ",");
    assert_int_equal(count("uploads"), 1);
    assert_int_equal(count("meetings"), 1);
    assert_int_equal(count("meetings WHERE closed"), 1);
    assert_int_equal(count("jobs"), 1);
    assert_int_equal(count("audit_log"), 1);
}

static void looking_at_a_file_without_some_columns_says_which(void **state)
{
    SCOPED(json_drop) json_t *seen = look("Kunde;email\nAna;ana@example.com\n", NULL);

    (void)state;
    assert_int_equal(json_array_size(json_object_get(seen, "missing")), 6);
    assert_true(json_is_null(json_object_get(seen, "would")));
    assert_int_equal(json_array_size(json_object_get(seen, "rows")), 1);
}

static void looking_at_a_long_file_shows_its_first_rows(void **state)
{
    SCOPED(sb_done) struct sb csv;
    SCOPED(json_drop) json_t *seen = NULL;

    (void)state;
    sb_init(&csv, 1 << 20);
    sb_puts(&csv, HEADER);
    for (int i = 0; i < 100; i++)
        sb_printf(&csv,
                  "Ana %d,a%d@example.com,1,2024-01-02,Puma,1,\"A clinic that wants privacy.\"\n",
                  i, i);
    seen = look(sb_text(&csv), NULL);
    assert_int_equal(json_array_size(json_object_get(seen, "rows")), 20);
    assert_int_equal(number(json_object_get(seen, "would"), "created"), 100);
}

static struct uuid save_mapping(const char *text)
{
    SCOPED(json_drop) json_t *body = NULL;
    struct uuid id = {{0}};

    testdb_fresh(cx);
    assert_int_equal(json_read(slice_cstr(text), &body), JSON_OK);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){ROLE_ANALYST, SCOPE_DATA_WRITE}) <
            0 ||
        upload_mapping_create(cx, body, &id) < 0 || db_commit(cx) < 0)
        fail_msg("%s %s %s", cx->err.reason, cx->err.message, cx->err.internal);
    return id;
}

#define ODD                                                                                        \
    "Kunde|Post|Tel|Tag|Wer|Fertig|Worte\n"                                                        \
    "Ana|ana@example.com|111|02/01/2024|Puma|1|A clinic that wants privacy.\n"
#define ODD_COLUMNS                                                                                \
    "{\"client_name\":\"Kunde\",\"email\":\"Post\",\"phone\":\"Tel\",\"meeting_date\":\"Tag\","    \
    "\"sales_rep\":\"Wer\",\"closed\":\"Fertig\",\"transcript\":\"Worte\"}"

static void a_saved_mapping_is_proposed_and_followed(void **state)
{
    struct uuid id;
    struct upload_options options = {.mapping = &id};
    struct upload up;
    SCOPED(json_drop) json_t *seen = NULL;

    (void)state;
    assert_int_equal(uploads_send(cx, SLICE(ODD), NULL, &up), -1);
    assert_string_equal(cx->err.reason, "columns_missing");
    id = save_mapping("{\"name\":\"CRM\",\"headers\":[\"Kunde\",\"Post\",\"Tel\",\"Tag\",\"Wer\","
                      "\"Fertig\",\"Worte\"],\"columns\":" ODD_COLUMNS
                      ",\"settings\":{\"date_order\":\"mdy\"}}");
    seen = look(ODD, NULL);
    assert_string_equal(json_str(json_object_get(seen, "mapping_proposal"), "name"), "CRM");
    assert_int_equal(uploads_send(cx, SLICE(ODD), &options, &up), 0);
    assert_int_equal(up.counts.created, 1);
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT meeting_date FROM meetings"),
                        "2024-02-01"); /* as the mapping says: the month first */
    id = uuid_new();
    assert_int_equal(uploads_send(cx, SLICE(ODD), &options, &up), -1);
    assert_int_equal(cx->err.code, ERR_NOT_FOUND);
    /* That one never began: there are the one without its columns and the one that was loaded. */
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT count(*) FROM uploads"), "2");
}

/* ---- taking back ---- */

static void taking_back_removes_all_that_derives_from_it(void **state)
{
    const struct upload kept = uploads_must(cx, HEADER LUIS, NULL);
    const struct upload up = uploads_must(cx, HEADER ANA BAD, NULL);
    SCOPED(json_drop) json_t *gone = NULL;

    (void)state;
    uploads_read_all(db);
    gone = undo(&up.id);
    assert_non_null(gone);
    assert_int_equal(number(json_object_get(gone, "removed"), "meetings"), 1);
    assert_int_equal(number(json_object_get(gone, "removed"), "analyses"), 1);
    assert_int_equal(number(gone, "restored"), 0);
    assert_string_equal(picture(), "Luis 0 false false 1 45");
    assert_int_equal(count("uploads"), 1);
    assert_int_equal(count("upload_errors"), 0);
    assert_int_equal(count("llm_analyses"), 1);
    assert_int_equal(count("audit_log WHERE action = 'upload.undo'"), 1);
    /* nothing that names what is gone */
    assert_int_equal(
        count(
            "evidence e WHERE NOT EXISTS (SELECT FROM subjects s WHERE s.subject_id = e.subject_id)"),
        0);
    assert_int_equal(
        count(
            "subject_phrases e WHERE NOT EXISTS (SELECT FROM subjects s WHERE s.subject_id = e.subject_id)"),
        0);
    assert_null(undo(&up.id));
    assert_int_equal(cx->err.code, ERR_NOT_FOUND);
    gone = (json_decref(gone), undo(&kept.id));
    assert_non_null(gone);
    assert_int_equal(count("subjects"), 0);
    assert_int_equal(count("transcripts"), 0);
}

static void taking_back_an_upload_that_waits_to_be_read_takes_its_jobs(void **state)
{
    const struct upload up = uploads_must(cx, HEADER ANA LUIS, NULL);
    SCOPED(json_drop) json_t *gone = NULL;

    (void)state;
    assert_int_equal(count("jobs"), 2);
    gone = undo(&up.id);
    assert_int_equal(number(json_object_get(gone, "removed"), "jobs"), 2);
    assert_int_equal(count("jobs"), 0);
}

static void taking_back_gives_changed_meetings_their_old_words(void **state)
{
    struct upload up;
    SCOPED(json_drop) json_t *gone = NULL;

    (void)state;
    uploads_must(cx, HEADER ANA LUIS, NULL);
    uploads_read_all(db);
    up = uploads_must(cx, HEADER ANA_NEW_WORDS LUIS, NULL);
    uploads_read_all(db);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT max(interaction_volume_daily) FROM meeting_facts"),
        90);
    gone = undo(&up.id);
    assert_int_equal(number(gone, "restored"), 1);
    assert_int_equal(number(gone, "kept_changed"), 0);
    assert_int_equal(number(json_object_get(gone, "removed"), "meetings"), 0);
    uploads_read_all(db);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN, "SELECT max(interaction_volume_daily) FROM meeting_facts"),
        80);
    assert_string_equal(picture(), "Ana 0 true true 1 41; Luis 0 false false 1 45");
    assert_int_equal(uploads_must(cx, HEADER ANA LUIS, NULL).counts.duplicate, 2);
}

static void taking_back_leaves_what_was_changed_since(void **state)
{
    struct upload first;
    struct upload second;
    SCOPED(json_drop) json_t *gone = NULL;

    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    first = uploads_must(cx, HEADER ANA_LOST, NULL);
    second = uploads_must(cx, HEADER ANA_NEW_WORDS, NULL);
    gone = undo(&first.id);
    assert_int_equal(number(gone, "restored"), 0);
    assert_int_equal(number(gone, "kept_changed"), 1);
    assert_string_equal(picture(), "Ana 0 true true 0 43");
    gone = (json_decref(gone), undo(&second.id)); /* what it was before the second: the first's */
    assert_int_equal(number(gone, "restored"), 1);
    assert_string_equal(picture(), "Ana 0 false false 0 41");
}

/* A meeting is spelt as its code is, but for what came in while migration 008 ran; then its code tells. */
static void taking_back_needs_no_code_of_an_old_spelling(void **state)
{
    struct upload second;
    SCOPED(json_drop) json_t *gone = NULL;

    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    testdb_run(db, TESTDB_ADMIN, "UPDATE meetings SET sales_rep = 'PUMA'");
    second = uploads_must(cx, HEADER ANA_LOST, NULL);
    gone = undo(&second.id);
    assert_int_equal(number(gone, "restored"), 1);
    assert_int_equal(number(gone, "kept_changed"), 0);
    assert_int_equal(count("meetings WHERE closed AND sales_rep = 'PUMA'"), 1);
}

static void an_upload_that_runs_cannot_be_taken_back_until_it_fell_silent(void **state)
{
    struct uuid id = uuid_new();
    char text[UUID_TEXT_BYTES];
    char who[UUID_TEXT_BYTES];
    SCOPED(json_drop) json_t *gone = NULL;

    (void)state;
    uuid_text(&id, text);
    uuid_text(&tenant, who);
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO uploads (tenant_id, upload_id, filename) VALUES ('%s', '%s', 'x')", who,
               text);
    assert_null(undo(&id));
    assert_string_equal(cx->err.reason, "upload_running");
    testdb_run(db, TESTDB_ADMIN, "UPDATE uploads SET progress_at = now() - interval '1 hour'");
    gone = undo(&id);
    assert_non_null(gone);
    assert_int_equal(count("uploads"), 0);
}

static void nobody_takes_back_what_is_anothers(void **state)
{
    const struct upload up = uploads_must(cx, HEADER ANA, NULL);
    const struct uuid other = testdb_tenant(db, "other");
    const struct uuid user = testdb_member(db, "other", "otto@other.test", ROLE_ADMIN);

    (void)state;
    testdb_as(cx, &other, &user, ROLE_ADMIN);
    assert_null(undo(&up.id));
    assert_int_equal(cx->err.code, ERR_NOT_FOUND);
    assert_int_equal(count("meetings"), 1);
}

/* A reader that read and has not committed: it is waited for, and what it wrote goes too. */
static void taking_back_waits_for_a_reader_and_leaves_no_orphan(void **state)
{
    const struct upload up = uploads_must(cx, HEADER ANA, NULL);
    PGconn *reader = testdb_connect(db, TESTDB_ADMIN);
    SCOPED(json_drop) json_t *gone = NULL;

    (void)state;
    PQclear(PQexec(
        reader,
        "BEGIN; SELECT FROM transcripts FOR SHARE;"
        "INSERT INTO llm_analyses (tenant_id, analysis_id, subject_id, provider, model, prompt_version, body_hash, answer)"
        " SELECT tenant_id, gen_random_uuid(), subject_id, 'x', 'x', 'x', body_hash, '{}' FROM transcripts"));
    assert_int_equal(PQsendQuery(reader, "SELECT pg_sleep(0.4); COMMIT"), 1);
    gone = undo(&up.id);
    assert_non_null(gone);
    assert_int_equal(number(json_object_get(gone, "removed"), "analyses"), 1);
    assert_int_equal(count("llm_analyses"), 0);
    PQfinish(reader);
}

/* app_subjects_delete names its tables: each that has a key to subjects must be among them. */
static void every_table_that_hangs_on_subjects_is_deleted_from(void **state)
{
    (void)state;
    assert_string_equal(
        testdb_value(
            db, TESTDB_ADMIN,
            "SELECT coalesce(string_agg(DISTINCT c.conrelid::regclass::text, ' '), '') FROM pg_constraint c "
            "WHERE c.contype = 'f' AND c.confrelid IN ('subjects'::regclass, 'llm_analyses'::regclass) AND strpos("
            "pg_get_functiondef('app_subjects_delete'::regproc), c.conrelid::regclass::text) = 0"),
        "");
}

/* The keys rest while rows are stored: every row must keep them all the same. */
static void what_is_stored_without_its_keys_keeps_them(void **state)
{
    static const char *const children[] = {"transcripts.subject_id", "meetings.meeting_id",
                                           "meeting_facts.subject_id"};

    (void)state;
    uploads_must(cx, HEADER ANA LUIS ANA_LOST, &keep_both);
    for (size_t i = 0; i < sizeof children / sizeof *children; i++) {
        char table[40];
        const char *dot = strchr(children[i], '.');

        snprintf(table, sizeof table, "%.*s", (int)(dot - children[i]), children[i]);
        assert_int_equal(
            testdb_number(
                db, TESTDB_ADMIN,
                "SELECT count(*) FROM subjects s JOIN %s c ON c.tenant_id = s.tenant_id AND c.%s = s.subject_id",
                table, dot + 1),
            count("subjects"));
        assert_int_equal(count(table), count("subjects"));
    }
    assert_int_equal(
        testdb_number(
            db, TESTDB_ADMIN,
            "SELECT count(*) FROM meetings m JOIN uploads u USING (tenant_id, upload_id)"),
        3);
}

/* GET /api/process-jobs counts what was done with what there is. */
static void what_was_read_of_an_undone_upload_counts_no_longer(void **state)
{
    struct queue_stats stats;
    struct upload up;

    (void)state;
    uploads_must(cx, HEADER LUIS, NULL);
    up = uploads_must(cx, HEADER ANA, NULL);
    uploads_read_all(db);
    testdb_fresh(cx);
    assert_int_equal(db_begin(cx, DB_READ, DB_ENTER_CALLER, (struct db_need){0}), 0);
    assert_int_equal(queue_stats(cx, &stats), 0);
    db_rollback(cx);
    assert_int_equal(stats.completed, 2);
    json_decref(undo(&up.id));
    testdb_fresh(cx);
    assert_int_equal(db_begin(cx, DB_READ, DB_ENTER_CALLER, (struct db_need){0}), 0);
    assert_int_equal(queue_stats(cx, &stats), 0);
    db_rollback(cx);
    assert_int_equal(stats.completed, 1);
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(skipping_leaves_what_is_there),
        WITH_DB(skipping_counts_within_one_file_too),
        WITH_DB(keeping_both_gives_the_second_an_ordinal),
        WITH_DB(a_change_keeps_what_was),
        WITH_DB(sellers_that_differ_in_spelling_are_one),
        WITH_DB(a_seller_folded_by_the_database_is_found_all_the_same),
        WITH_DB(all_or_nothing_refuses_the_file_and_keeps_the_reasons),
        WITH_DB(looking_tells_what_would_happen_and_writes_nothing),
        WITH_DB(looking_at_a_file_without_some_columns_says_which),
        WITH_DB(looking_at_a_long_file_shows_its_first_rows),
        WITH_DB(a_saved_mapping_is_proposed_and_followed),
        WITH_DB(taking_back_removes_all_that_derives_from_it),
        WITH_DB(taking_back_an_upload_that_waits_to_be_read_takes_its_jobs),
        WITH_DB(taking_back_gives_changed_meetings_their_old_words),
        WITH_DB(taking_back_leaves_what_was_changed_since),
        WITH_DB(taking_back_needs_no_code_of_an_old_spelling),
        WITH_DB(an_upload_that_runs_cannot_be_taken_back_until_it_fell_silent),
        WITH_DB(nobody_takes_back_what_is_anothers),
        WITH_DB(taking_back_waits_for_a_reader_and_leaves_no_orphan),
        WITH_DB(what_was_read_of_an_undone_upload_counts_no_longer),
        WITH_DB(every_table_that_hangs_on_subjects_is_deleted_from),
        WITH_DB(what_is_stored_without_its_keys_keeps_them),
    };

    return cmocka_run_group_tests_name("upload_changes", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* Files that are sent again after somebody edited the meetings that they brought. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/meetings/meeting.h"
#include "core/meetings/upload.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

#define HEADER   MEETINGS_HEADER
#define WORDS    "\"We get 80 messages a day, through Google.\"\n"
#define ANA      "Ana,ana@example.com,111,2024-01-02,Puma,1," WORDS
#define ANA_LOST "Ana,ana@example.com,111,2024-01-02,Puma,0," WORDS
#define ANA_BOA  "Ana,ana@example.com,111,2024-01-02,Boa,1," WORDS
#define LUIS     "Luis,luis@example.com,222,2024-01-02,Puma,0,\"A clinic that wants privacy.\"\n"
#define EVA      "Eva,eva@example.com,333,2024-01-02,Puma,0,\"A shop that sells shoes by phone.\"\n"

static const struct db_need may_write = {.role = ROLE_ANALYST, .scope = SCOPE_DATA_WRITE};
static const struct upload_options skip = {.on_change = UPLOAD_SKIP};
static const struct upload_options keep_both = {.on_change = UPLOAD_KEEP_BOTH};
static const struct upload_options *const policies[] = {NULL, &skip, &keep_both};

static struct testdb *db;
static struct ctx *cx;

static int set_up(void **state)
{
    struct uuid tenant;
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

static void edit(const char *client, const char *patch)
{
    SCOPED(json_drop) json_t *v = json_loads(patch, 0, NULL);
    struct uuid id;

    testdb_fresh(cx);
    assert_non_null(v);
    assert_true(uuid_parse(
        slice_cstr(testdb_value(
            db, TESTDB_ADMIN, "SELECT meeting_id FROM meetings WHERE client_name = '%s'", client)),
        &id));
    assert_int_equal(db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    assert_int_equal(meeting_edit(cx, &id, MEETING_ANY_VERSION, v), 0);
    assert_int_equal(db_commit(cx), 0);
}

static const char *picture(void)
{
    return testdb_value(
        db, TESTDB_ADMIN,
        "SELECT string_agg(m.client_name || ' ' || m.sales_rep || ' ' || v.value || ' ' || m.closed "
        "|| ' ' || m.ordinal || ' ' || m.version, '; ' ORDER BY m.client_name, m.ordinal) "
        "FROM meetings m JOIN meeting_facts f ON f.subject_id = m.meeting_id "
        "JOIN value_codes v ON v.field = 'sales_rep' AND v.code = f.sales_rep");
}

/* All rows of the file are known, whatever is to become of changed ones, and nothing became of any. */
static void changes_nothing(const char *csv)
{
    const char *was = picture();

    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        const struct upload_counts n = uploads_must(cx, csv, policies[i]).counts;

        assert_int_equal(n.duplicate, n.rows);
        assert_int_equal(n.jobs_created, 0);
        assert_string_equal(picture(), was);
    }
}

static void a_file_finds_its_meetings_under_another_identity(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA LUIS, NULL);
    edit("Ana", "{\"sales_rep\": \"Boa\"}");
    changes_nothing(HEADER ANA LUIS);
    edit("Ana", "{\"client_name\": \"Ana Maria\", \"meeting_date\": \"2024-02-02\"}");
    changes_nothing(HEADER ANA LUIS);
    changes_nothing(HEADER ANA_BOA LUIS); /* as it was between the two */
}

static void an_edit_is_not_undone_by_the_same_file(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    edit("Ana", "{\"closed\": false}");
    changes_nothing(HEADER ANA);
    changes_nothing(HEADER ANA_LOST); /* nor by a file that says what the edit says */
    uploads_must(cx, HEADER ANA_LOST ANA, NULL);
    assert_string_equal(picture(), "Ana Puma Puma false 0 2");
}

static void back_and_forth(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    edit("Ana", "{\"sales_rep\": \"Boa\"}");
    edit("Ana", "{\"sales_rep\": \"Puma\"}");
    changes_nothing(HEADER ANA);
    changes_nothing(HEADER ANA_BOA);
    assert_string_equal(picture(), "Ana Puma Puma true 0 3");
}

static void two_that_swapped_are_both_known(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA LUIS, NULL);
    edit("Ana", "{\"client_name\": \"Nobody\"}");
    edit("Luis", "{\"client_name\": \"Ana\"}");
    edit("Nobody", "{\"client_name\": \"Luis\"}");
    changes_nothing(HEADER ANA LUIS);
    changes_nothing(HEADER LUIS ANA);
}

static void what_is_new_of_a_row_goes_to_the_meeting_that_moved(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    edit("Ana", "{\"client_name\": \"Ana Maria\", \"sales_rep\": \"Boa\", "
                "\"email\": \"maria@example.com\"}");
    assert_int_equal(uploads_must(cx, HEADER ANA_LOST, &skip).counts.skipped, 1);
    assert_int_equal(uploads_must(cx, HEADER ANA_LOST, NULL).counts.updated, 1);
    assert_string_equal(picture(), "Ana Maria Boa Boa false 0 3");
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT email FROM meetings"),
                        "maria@example.com");
    changes_nothing(HEADER ANA_LOST);
    assert_int_equal(uploads_must(cx, HEADER ANA, &keep_both).counts.created, 1);
    assert_string_equal(picture(), "Ana Puma Puma true 0 1; Ana Maria Boa Boa false 0 3");
    changes_nothing(HEADER ANA ANA_LOST);
}

/* Once by the identity it came under, once by the one it has. */
static void a_file_may_name_a_meeting_by_both_its_identities(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    edit("Ana", "{\"sales_rep\": \"Boa\"}");
    assert_int_equal(uploads_must(cx,
                                  HEADER ANA_LOST
                                  "Ana,ana@example.com,111,2024-01-02,Boa,1,Words of a visit.\n",
                                  NULL)
                         .counts.updated,
                     2);
    assert_string_equal(picture(), "Ana Boa Boa true 0 3");
    assert_string_equal(testdb_value(db, TESTDB_ADMIN, "SELECT body FROM transcripts"),
                        "Words of a visit.");
}

/* Ana was called Eva by mistake; the real Eva must not be written over her. */
static void an_identity_had_by_mistake_is_not_changed_by_a_file(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA, NULL);
    edit("Ana", "{\"client_name\": \"Eva\"}");
    edit("Eva", "{\"client_name\": \"Ana Maria\"}");
    assert_int_equal(uploads_must(cx, HEADER EVA, NULL).counts.created, 1);
    assert_string_equal(picture(), "Ana Maria Puma Puma true 0 3; Eva Puma Puma false 0 1");
    changes_nothing(HEADER ANA EVA);
}

static void of_two_of_one_identity_the_edited_one_is_known(void **state)
{
    (void)state;
    uploads_must(cx, HEADER ANA ANA_LOST, &keep_both);
    testdb_run(db, TESTDB_ADMIN, "UPDATE meetings SET client_name = 'Second' WHERE ordinal = 1");
    edit("Second", "{\"client_name\": \"Other\"}");
    changes_nothing(HEADER ANA ANA_LOST);
    edit("Ana", "{\"sales_rep\": \"Boa\"}");
    changes_nothing(HEADER ANA ANA_LOST);
}

static json_t *undo(const struct uuid *id)
{
    SCOPED(sb_done) struct sb text;
    struct jw w;

    testdb_fresh(cx);
    sb_init(&text, 1 << 16);
    jw_init(&w, &text);
    assert_int_equal(db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    assert_int_equal(upload_undo(cx, id, &w), 0);
    assert_int_equal(db_commit(cx), 0);
    return json_loadb(sb_text(&text), text.n, 0, NULL);
}

static void undoing_forgets_what_it_brought_and_only_that(void **state)
{
    struct uuid first;
    struct uuid second;

    (void)state;
    first = uploads_must(cx, HEADER ANA, NULL).id;
    edit("Ana", "{\"sales_rep\": \"Boa\"}");
    second = uploads_must(cx, HEADER ANA_LOST, NULL).id;
    json_decref(undo(&second));
    assert_string_equal(picture(), "Ana Boa Boa true 0 4");
    changes_nothing(HEADER ANA);
    json_decref(undo(&first));
    assert_int_equal(uploads_must(cx, HEADER ANA, NULL).counts.created, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
        CASE(a_file_finds_its_meetings_under_another_identity),
        CASE(an_edit_is_not_undone_by_the_same_file),
        CASE(back_and_forth),
        CASE(two_that_swapped_are_both_known),
        CASE(what_is_new_of_a_row_goes_to_the_meeting_that_moved),
        CASE(a_file_may_name_a_meeting_by_both_its_identities),
        CASE(an_identity_had_by_mistake_is_not_changed_by_a_file),
        CASE(of_two_of_one_identity_the_edited_one_is_known),
        CASE(undoing_forgets_what_it_brought_and_only_that),
    };
    return cmocka_run_group_tests_name("upload_edited", tests, NULL, NULL);
}

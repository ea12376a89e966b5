/* SPDX-License-Identifier: MIT */
/* Finding meetings, against a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/sb.h"
#include "core/db/db.h"
#include "tests/lib/meetings.h"
#include "tests/lib/uploads.h"

static const struct db_need may_read = {.role = ROLE_VIEWER, .scope = SCOPE_DATA_READ};

static struct testdb *db;
static struct ctx *cx;
static struct uuid tenant;
static struct uuid user;

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
    tenant = w->tenant;
    user = w->user;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

/* ---- lists ---- */

/* 60 meetings on 7 days by 4 sellers: every key but the id has equals, and optional ones are missing here and there. */
static void many(void)
{
    SCOPED(sb_done) struct sb csv = {0};

    sb_init(&csv, 1 << 20);
    sb_puts(&csv, MEETINGS_HEADER);
    for (int i = 0; i < 60; i++)
        sb_printf(&csv, "%s %d,c%d@example.com,%d,2024-01-%02d,%s,%d,A long enough transcript.\n",
                  i % 3 ? "Ñandú" : "zeta", i % 20, i, 1000 + i, 1 + i % 7,
                  (const char *[]){"Toro", "águila", "Boa", "toro"}[i % 4], i % 2);
    meetings_upload(sb_text(&csv));
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE meeting_facts f SET sector = nullif(n.i %% 13, 0), company_size = nullif(n.i %% 4, 0),"
        " discovery_channel = nullif(n.i %% 3, 0), interaction_volume_daily = nullif(n.i %% 5, 0), state = n.i %% 3"
        " FROM (SELECT subject_id, row_number() OVER (ORDER BY subject_id)::integer i FROM "
        "meeting_facts) n WHERE n.subject_id = f.subject_id");
}

static void each_walk_visits_every_meeting_once(void **state)
{
    static const char *const columns[] = {"meeting_date",
                                          "client_name",
                                          "sales_rep",
                                          "email",
                                          "created_at",
                                          "updated_at",
                                          "closed",
                                          "state",
                                          "sector",
                                          "company_size",
                                          "discovery_channel",
                                          "interaction_volume_daily"};

    (void)state;
    many();
    for (size_t c = 0; c < 2 * sizeof columns / sizeof *columns; c++) {
        char query[600];
        char cursor[400] = "";
        json_t *seen = json_object();
        int pages = 0;

        do {
            json_t *v;
            json_t *rows;
            const char *next;

            snprintf(query, sizeof query, "limit=7&sort=%s%s%s%s", c % 2 ? "-" : "", columns[c / 2],
                     cursor[0] ? "&cursor=" : "", cursor);
            v = meetings_list_of(query);
            if (!v)
                fail_msg("%s: %s %s", query, cx->err.reason, cx->err.internal);
            rows = json_object_get(v, "meetings");
            for (size_t i = 0; i < json_array_size(rows); i++) {
                const json_t *m = json_array_get(rows, i);
                const char *id = json_string_value(json_object_get(m, "meeting_id"));

                if (json_object_get(seen, id))
                    fail_msg("%s: twice in a walk", query);
                json_object_set_new(seen, id, json_true());
                assert_null(json_object_get(m, "transcript"));
            }
            if (pages == 0)
                assert_int_equal(json_integer_value(json_object_get(v, "total")), 60);
            next = json_string_value(json_object_get(v, "next_cursor"));
            snprintf(cursor, sizeof cursor, "%s", next ? next : "");
            json_decref(v);
            pages++;
        } while (cursor[0]);
        if (json_object_size(seen) != 60)
            fail_msg("%s: %zu of 60 in %d pages", query, json_object_size(seen), pages);
        assert_int_equal(pages, 9);
        json_decref(seen);
    }
}

static void what_is_missing_comes_last_in_both_directions(void **state)
{
    static const char *const sorts[] = {"sector", "-sector", "interaction_volume_daily",
                                        "-interaction_volume_daily"};

    (void)state;
    for (size_t s = 0; s < 4; s++) {
        json_t *v = meetings_list_of(arena_printf(cx->arena, "limit=60&sort=%s", sorts[s]));
        const char *key = sorts[s] + (sorts[s][0] == '-');
        bool missing = false;

        assert_non_null(v);
        for (size_t i = 0; i < 60; i++) {
            const bool null = json_is_null(
                json_object_get(json_array_get(json_object_get(v, "meetings"), i), key));

            assert_false(missing && !null);
            missing = null;
        }
        assert_true(missing);
        json_decref(v);
    }
}

static void words_are_ordered_as_people_do(void **state)
{
    (void)state;
    /* a byte order would put every "zeta" before every "Ñandú", and "águila" after "toro" */
    assert_memory_equal(meetings_names("sort=client_name&limit=1"), "Ñandú", 7);
    assert_memory_equal(meetings_names("sort=-client_name&limit=1"), "zeta", 4);
    assert_int_equal(number("SELECT count(*) FROM meetings WHERE sales_rep = 'águila'"), 15);
    json_t *v = meetings_list_of("sort=sales_rep&limit=1");

    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(v, "meetings"), 0), "sales_rep")),
                        "águila");
    json_decref(v);
}

static void a_cursor_is_of_one_order(void **state)
{
    json_t *v = meetings_list_of("limit=7&sort=sector");
    const char *cursor =
        arena_strdup(cx->arena, json_string_value(json_object_get(v, "next_cursor")));
    char query[500];

    (void)state;
    snprintf(query, sizeof query, "sort=-sector&cursor=%s", cursor);
    json_decref(v);
    meetings_refused(query, "cursor_invalid", "cursor");
    meetings_refused("cursor=AAAA", "cursor_invalid", "cursor");
    meetings_refused("sort=transcript", "sort_unknown", "sort");
    meetings_refused("sort=m.email;DROP TABLE meetings", "sort_unknown", "sort");
    meetings_refused("sort=-", "sort_unknown", "sort");
}

static void conditions_narrow_together(void **state)
{
    (void)state;
    assert_int_equal(meetings_total("sales_rep=Boa"), 15);
    assert_int_equal(meetings_total("sales_rep=Boa&sales_rep=Toro"),
                     45);                                            /* Toro and toro are one */
    assert_int_equal(meetings_total("salesRep=Boa&closed=true"), 0); /* Boa has the even ones */
    assert_int_equal(meetings_total("salesRep=Boa&closed=0"), 15);
    assert_int_equal(meetings_total("date_from=2024-01-02&date_to=2024-01-03"),
                     number("SELECT count(*) FROM meetings WHERE meeting_date IN ('2024-01-02', "
                            "'2024-01-03')"));
    assert_int_equal(meetings_total("sector=educacion"),
                     number("SELECT count(*) FROM meeting_facts WHERE sector = 10"));
    assert_int_equal(
        meetings_total("company_size=grande&state=failed"),
        number("SELECT count(*) FROM meeting_facts WHERE company_size = 3 AND state = 2"));
    assert_int_equal(meetings_total("filter={\"field\":\"sector\",\"op\":\"is_missing\"}&closed=1"),
                     number("SELECT count(*) FROM meeting_facts WHERE sector IS NULL AND closed"));
    assert_int_equal(meetings_total("upload_id=00000000-0000-0000-0000-000000000000"), 0);
    assert_int_equal(meetings_total(arena_printf(
                         cx->arena, "uploadId=%s",
                         testdb_value(db, TESTDB_ADMIN, "SELECT upload_id FROM uploads"))),
                     60);
    assert_int_equal(meetings_total("sector=&closed=&q=&filter=&state="),
                     60); /* nothing was chosen */
}

static void a_wrong_condition_is_named(void **state)
{
    (void)state;
    meetings_refused("closed=maybe", "parameter_invalid", "closed");
    meetings_refused("date_from=2024-02-30", "value_invalid", "date_from");
    meetings_refused("date_from=\xff", "parameter_invalid",
                     "date_from"); /* no text, and not no condition */
    meetings_refused("sales_rep=\xff", "parameter_invalid", "sales_rep");
    meetings_refused("sector=none", "value_unknown", "sector");
    meetings_refused("state=lost", "parameter_invalid", "state");
    meetings_refused("upload_id=1", "parameter_invalid", "upload_id");
    meetings_refused("filter={", "filter_invalid", "filter");
    meetings_refused("filter={\"field\":\"x\",\"op\":\"eq\",\"value\":1}", "field_unknown",
                     "filter.field");
    meetings_refused("filter={\"field\":\"sector\",\"op\":\"or 1=1\",\"value\":1}",
                     "operator_unknown", "filter.op");
    meetings_refused("q=...", "query_empty", "q");
    meetings_refused("q=a b c d e f g h i j k l m n o p q", "query_too_many_words", "q");
    assert_string_equal(cx->err.params, "{\"max\":16}");
}

/* ---- search ---- */

static void expect_finds(void)
{
    static const struct {
        const char *q;
        const char *found;
    } cases[] = {
        {"clínica", "José Muñoz"},
        {"CLINICA", "José Muñoz"},
        {"consulta", "José Muñoz"}, /* consultas */
        {"comunicacion ",
         "Marta Rojas|José Muñoz"}, /* comunicación, comunicaciones; no beginning */
        {"comunicaciones ", "Marta Rojas|José Muñoz"},
        {"price ", "Ann Baker"}, /* prices */
        {"customer price", "Ann Baker"},
        {"munoz", "José Muñoz"},
        {"jose muñ", "José Muñoz"}, /* while typing */
        {"tibur", "José Muñoz"},
        {"\"hotel tiene\"", "Marta Rojas"},
        {"\"tiene hotel\"", ""},
        {"puma", "Marta Rojas|Ann Baker"},
        {"puma -hotel", "Ann Baker"},
        {"puma -\"muchas comunicaciones\"", "Ann Baker"},
        {"-puma", "José Muñoz"},
        {"ann@bakery.test", "Ann Baker"},
        {"e-commerce", "Ann Baker"},
        {"hotel whatsapp", ""},
        {"huespedes de la piscina", ""}, /* "de": every word counts */
        {"por la piscina", "Marta Rojas"},
        {"xyzzy", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char query[200];
        char want[200];
        const char *got;

        snprintf(query, sizeof query, "q=%s", cases[i].q);
        snprintf(want, sizeof want, "%s", cases[i].found);
        for (char *p = want; *p; p++)
            *p = *p == '|' ? ' ' : *p;
        got = meetings_names(query);
        if (strcmp(got, want) != 0)
            fail_msg("%s: wanted %s, got %s", cases[i].q, want, got);
    }
}

static void words_find_meetings_in_both_languages(void **state)
{
    (void)state;
    meetings_upload(meetings_talks);
    meetings_run_jobs();
    assert_int_equal(number("SELECT count(*) FROM subject_search"), 3);
    assert_string_equal(testdb_value(db, TESTDB_ADMIN,
                                     "SELECT string_agg(s.language, ',' ORDER BY m.meeting_date) "
                                     "FROM subject_search s JOIN meetings m ON m.meeting_id = "
                                     "s.subject_id"),
                        "es,en,es");
    expect_finds();
    assert_string_equal(meetings_names("q=987654321"), "José Muñoz"); /* a telephone by its end */
    assert_string_equal(meetings_names("q=+56 9 8765 4321"), "José Muñoz");
    assert_string_equal(meetings_names("q=puma&closed=1"), "Marta Rojas");
    assert_int_equal(meetings_total("q=puma"), 2);
}

static void what_was_not_read_yet_is_found_too(void **state)
{
    (void)state;
    meetings_upload(meetings_talks);
    assert_int_equal(number("SELECT count(*) FROM subject_search"), 0);
    expect_finds();
}

static void a_hit_shows_where(void **state)
{
    json_t *v;
    const char *snippet;

    (void)state;
    meetings_upload(meetings_talks);
    meetings_run_jobs();
    v = meetings_list_of("q=piscina");
    snippet = json_string_value(
        json_object_get(json_array_get(json_object_get(v, "meetings"), 0), "snippet"));
    assert_non_null(snippet);
    assert_non_null(strstr(snippet, "piscina"));
    assert_true(snippet[0] == '\xE2'); /* … : it does not begin where the transcript does */
    assert_null(json_object_get(json_array_get(json_object_get(v, "meetings"), 0), "transcript"));
    json_decref(v);
    v = meetings_list_of("q=puma");
    assert_true(json_is_null(
        json_object_get(json_array_get(json_object_get(v, "meetings"), 0), "snippet")));
    json_decref(v);
}

/* Whatever is typed is words, or a refusal with a reason: never an error of the database. */
static void no_question_reaches_the_query_syntax(void **state)
{
    static const char *const evil[] = {"a | b",
                                       "!a",
                                       "a:*",
                                       "(((",
                                       "'; DROP TABLE meetings; --",
                                       "a <-> b",
                                       "\\",
                                       "\"",
                                       "\"a",
                                       "-\"",
                                       "a\\'b",
                                       "% _",
                                       ":A",
                                       "a:ABCD b",
                                       "\x01\x1f",
                                       "\xff\xfe",
                                       "ñ\xcc\x81",
                                       "🙂 a",
                                       "1e5 0x1f 1.5 -3 v1.2.3",
                                       "/etc/passwd http://a.b/c?d=e",
                                       "<a href=x>",
                                       "- -a --b",
                                       "$1",
                                       "{}",
                                       "\\u0000",
                                       "de la",
                                       "the",
                                       "会议记录",
                                       "日本",
                                       "3встреча",
                                       "tiế"};
    enum { N = sizeof evil / sizeof *evil };

    (void)state;
    meetings_upload(meetings_talks);
    for (size_t i = 0; i < 2 * N; i++) {
        json_t *v;

        if (i == N) /* what was not read yet is looked through by other means */
            meetings_run_jobs();
        v = meetings_list_of(arena_printf(cx->arena, "q=%s", evil[i % N]));
        if (!v && strcmp(cx->err.reason, "query_empty") != 0)
            fail_msg("%s: %s %s", evil[i % N], cx->err.reason, cx->err.internal);
        json_decref(v);
    }
    assert_int_equal(number("SELECT count(*) FROM meetings"), 3);
}

static void another_tenant_finds_nothing(void **state)
{
    struct uuid other = testdb_tenant(db, "other");
    struct uuid eva = testdb_member(db, "other", "eva@other.test", ROLE_ANALYST);

    (void)state;
    meetings_upload(meetings_talks);
    meetings_run_jobs();
    testdb_as(cx, &other, &eva, ROLE_ANALYST);
    assert_string_equal(meetings_names("q=puma"), "");
    assert_string_equal(meetings_names("q=-xyzzy"), "");
    assert_string_equal(meetings_names(""), "");
    meetings_bulk_is(MEETING_BULK_DELETE,
                     arena_printf(cx->arena, "{\"ids\":[\"%s\"]}", meetings_id_of("Ann Baker")),
                     "{\"deleted\":0}");
    meetings_bulk_is(MEETING_BULK_REQUEUE, "{\"filter\":{},\"expected_count\":0}",
                     "{\"jobs_created\":0}");
    testdb_as(cx, &tenant, &user, ROLE_ANALYST);
    assert_int_equal(meetings_total(""), 3);
}

/* ---- what one can choose from ---- */

static void what_one_can_choose_from_is_what_there_is(void **state)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    (void)state;
    meetings_upload(meetings_talks);
    meetings_run_jobs();
    meetings_bulk(MEETING_BULK_LABELS, "{\"q\":\"puma\",\"expected_count\":2,\"add\":[\"vip\"]}");
    testdb_fresh(cx);
    sb_init(&text, 1 << 20);
    jw_init(&w, &text);
    assert_int_equal(db_begin(cx, DB_READ, DB_ENTER_CALLER, may_read), 0);
    assert_int_equal(meeting_filter_options(cx, &w), 0);
    assert_non_null(strstr(
        sb_text(&text),
        "\"sales_reps\":[{\"value\":\"Puma\",\"count\":2},{\"value\":\"Tiburón\",\"count\":1}]"));
    assert_non_null(strstr(sb_text(&text), "\"labels\":[{\"value\":\"vip\",\"count\":2}]"));
    assert_non_null(strstr(sb_text(&text), "\"states\":[{\"value\":\"read\",\"count\":3}]"));
    assert_non_null(
        strstr(sb_text(&text), "\"date_min\":\"2024-03-01\",\"date_max\":\"2024-03-03\""));
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest lists[] = {
        cmocka_unit_test(each_walk_visits_every_meeting_once),
        cmocka_unit_test(what_is_missing_comes_last_in_both_directions),
        cmocka_unit_test(words_are_ordered_as_people_do),
        cmocka_unit_test(a_cursor_is_of_one_order),
        cmocka_unit_test(conditions_narrow_together),
        cmocka_unit_test(a_wrong_condition_is_named),
    };
    const struct CMUnitTest others[] = {
        FRESH(words_find_meetings_in_both_languages),
        FRESH(what_was_not_read_yet_is_found_too),
        FRESH(a_hit_shows_where),
        FRESH(no_question_reaches_the_query_syntax),
        FRESH(another_tenant_finds_nothing),
        FRESH(what_one_can_choose_from_is_what_there_is),
    };

    return cmocka_run_group_tests_name("meeting_list: many", lists, set_up, tear_down) +
           cmocka_run_group_tests_name("meeting_list", others, NULL, NULL);
}

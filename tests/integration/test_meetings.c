/* SPDX-License-Identifier: MIT */
/* Finding, changing and exporting meetings, against a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/meetings/meeting.h"
#include "core/meetings/upload.h"
#include "core/queue/runner.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

#define HEADER MEETINGS_HEADER

static const struct db_need may_read = {.role = ROLE_VIEWER, .scope = SCOPE_DATA_READ};
static const struct db_need may_write = {.role = ROLE_ANALYST, .scope = SCOPE_DATA_WRITE};

static struct testdb *db;
static struct ctx *cx;
static struct uuid tenant;
static struct uuid user;

/* ---- tools ---- */

static void upload(const char *csv)
{
    assert_int_equal(uploads_must(cx, csv, NULL).counts.invalid, 0);
}

static void run_jobs(void)
{
    uploads_read_all(db);
}

/* `query` as a query string without escapes: "q=a b&sort=-closed". */
static int ask(struct meeting_query *q, struct meeting_page *page, const char *query)
{
    struct slice rest = slice_cstr(arena_strdup(cx->arena, query));

    meeting_query_init(cx, q);
    *page = (struct meeting_page){.limit = 50};
    while (rest.n) {
        struct slice value;
        const struct slice pair = slice_cut(rest, '&', &rest);
        const struct slice name = slice_cut(pair, '=', &value);

        if (slice_is(name, "sort"))
            page->sort = value;
        else if (slice_is(name, "cursor"))
            page->cursor = value;
        else if (slice_is(name, "limit"))
            slice_to_i64(value, &page->limit);
        else if (slice_is(name, "page"))
            slice_to_i64(value, &page->page);
        else if (meeting_query_param(cx, q, name, value) != 1)
            return -1;
    }
    return meeting_query_done(cx, q);
}

static json_t *parsed(struct sb *text)
{
    json_t *v = json_loadb(sb_text(text), text->n, 0, NULL);

    assert_non_null(v);
    return v;
}

/* The answer; NULL on failure, with cx->err set. The caller decrefs it. */
static json_t *list(const char *query)
{
    SCOPED(sb_done) struct sb text = {0};
    struct meeting_query q;
    struct meeting_page page;
    struct jw w;
    int status;

    testdb_fresh(cx);
    sb_init(&text, 8 << 20);
    jw_init(&w, &text);
    assert_int_equal(db_begin(cx, DB_READ, DB_ENTER_CALLER, may_read), 0);
    status = ask(&q, &page, query);
    if (status == 0)
        status = meeting_list(cx, &q, &page, &w);
    if (status == 0)
        status = db_commit(cx);
    return status < 0 ? NULL : parsed(&text);
}

/* The clients' names of the page, joined by blanks. */
static const char *names(const char *query)
{
    static char out[4096];
    json_t *v = list(query);
    size_t n = 0;

    if (!v)
        fail_msg("%s: %s %s %s %s", query, cx->err.reason, cx->err.field, cx->err.message,
                 cx->err.internal);
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(json_object_get(v, "meetings")); i++)
        n += (size_t)snprintf(
            out + n, sizeof out - n, "%s%s", i ? " " : "",
            json_string_value(
                json_object_get(json_array_get(json_object_get(v, "meetings"), i), "client_name")));
    json_decref(v);
    return out;
}

static int64_t total(const char *query)
{
    json_t *v = list(query);
    int64_t n;

    if (!v)
        fail_msg("%s: %s %s", query, cx->err.reason, cx->err.internal);
    n = json_integer_value(json_object_get(v, "total"));
    json_decref(v);
    return n;
}

static void refused(const char *query, const char *reason, const char *field)
{
    json_t *v = list(query);

    if (v || strcmp(cx->err.reason, reason) != 0 || strcmp(cx->err.field, field) != 0)
        fail_msg("%s: wanted %s %s, got %s %s", query, reason, field,
                 v ? "an answer" : cx->err.reason, cx->err.field);
}

static const char *id_of(const char *client)
{
    return testdb_value(db, TESTDB_ADMIN,
                        "SELECT meeting_id FROM meetings WHERE client_name = '%s'", client);
}

static int edit(const char *client, int64_t version, const char *patch)
{
    json_t *v = json_loads(patch, 0, NULL);
    struct uuid id;
    int status;

    testdb_fresh(cx);
    assert_non_null(v);
    assert_true(uuid_parse(slice_cstr(id_of(client)), &id));
    assert_int_equal(db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    status = meeting_edit(cx, &id, version, v);
    if (status == 0)
        status = db_commit(cx);
    json_decref(v);
    return status;
}

/* The answer's text; NULL on failure. */
static const char *bulk(enum meeting_bulk_verb verb, const char *body)
{
    static char out[1000];
    SCOPED(sb_done) struct sb text = {0};
    json_t *v = json_loads(body, 0, NULL);
    struct jw w;
    int status;

    testdb_fresh(cx);
    assert_non_null(v);
    sb_init(&text, 1 << 20);
    jw_init(&w, &text);
    assert_int_equal(db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    status = meeting_bulk(cx, verb, v, &w);
    if (status == 0)
        status = db_commit(cx);
    else
        db_rollback(cx);
    json_decref(v);
    snprintf(out, sizeof out, "%s", sb_text(&text));
    return status < 0 ? NULL : out;
}

static void bulk_is(enum meeting_bulk_verb verb, const char *body, const char *answer)
{
    const char *got = bulk(verb, body);

    if (!got)
        fail_msg("%s: %s %s %s", body, cx->err.reason, cx->err.field, cx->err.internal);
    if (strncmp(got, answer, strlen(answer) - 1) != 0) /* a batch_id may follow */
        assert_string_equal(got, answer);
}

static void bulk_refused(enum meeting_bulk_verb verb, const char *body, const char *reason)
{
    if (bulk(verb, body))
        fail_msg("%s was done", body);
    assert_string_equal(cx->err.reason, reason);
}

static int64_t number(const char *sql)
{
    return testdb_number(db, TESTDB_ADMIN, "%s", sql);
}

static int set_up(void **state)
{
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

/* ---- lists ---- */

/* 60 meetings on 7 days by 4 sellers: every key but the id has equals, and optional ones are missing here and there. */
static void many(void)
{
    SCOPED(sb_done) struct sb csv = {0};

    sb_init(&csv, 1 << 20);
    sb_puts(&csv, HEADER);
    for (int i = 0; i < 60; i++)
        sb_printf(&csv, "%s %d,c%d@example.com,%d,2024-01-%02d,%s,%d,A long enough transcript.\n",
                  i % 3 ? "Ñandú" : "zeta", i % 20, i, 1000 + i, 1 + i % 7,
                  (const char *[]){"Toro", "águila", "Boa", "toro"}[i % 4], i % 2);
    upload(sb_text(&csv));
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
            v = list(query);
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
        json_t *v = list(arena_printf(cx->arena, "limit=60&sort=%s", sorts[s]));
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
    assert_memory_equal(names("sort=client_name&limit=1"), "Ñandú", 7);
    assert_memory_equal(names("sort=-client_name&limit=1"), "zeta", 4);
    assert_int_equal(number("SELECT count(*) FROM meetings WHERE sales_rep = 'águila'"), 15);
    json_t *v = list("sort=sales_rep&limit=1");

    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(v, "meetings"), 0), "sales_rep")),
                        "águila");
    json_decref(v);
}

static void a_cursor_is_of_one_order(void **state)
{
    json_t *v = list("limit=7&sort=sector");
    const char *cursor =
        arena_strdup(cx->arena, json_string_value(json_object_get(v, "next_cursor")));
    char query[500];

    (void)state;
    snprintf(query, sizeof query, "sort=-sector&cursor=%s", cursor);
    json_decref(v);
    refused(query, "cursor_invalid", "cursor");
    refused("cursor=AAAA", "cursor_invalid", "cursor");
    refused("sort=transcript", "sort_unknown", "sort");
    refused("sort=m.email;DROP TABLE meetings", "sort_unknown", "sort");
    refused("sort=-", "sort_unknown", "sort");
}

static void conditions_narrow_together(void **state)
{
    (void)state;
    assert_int_equal(total("sales_rep=Boa"), 15);
    assert_int_equal(total("sales_rep=Boa&sales_rep=Toro"), 45); /* Toro and toro are one */
    assert_int_equal(total("salesRep=Boa&closed=true"), 0);      /* Boa has the even ones */
    assert_int_equal(total("salesRep=Boa&closed=0"), 15);
    assert_int_equal(total("date_from=2024-01-02&date_to=2024-01-03"),
                     number("SELECT count(*) FROM meetings WHERE meeting_date IN ('2024-01-02', "
                            "'2024-01-03')"));
    assert_int_equal(total("sector=educacion"),
                     number("SELECT count(*) FROM meeting_facts WHERE sector = 10"));
    assert_int_equal(
        total("company_size=grande&state=failed"),
        number("SELECT count(*) FROM meeting_facts WHERE company_size = 3 AND state = 2"));
    assert_int_equal(total("filter={\"field\":\"sector\",\"op\":\"is_missing\"}&closed=1"),
                     number("SELECT count(*) FROM meeting_facts WHERE sector IS NULL AND closed"));
    assert_int_equal(total("upload_id=00000000-0000-0000-0000-000000000000"), 0);
    assert_int_equal(
        total(arena_printf(cx->arena, "uploadId=%s",
                           testdb_value(db, TESTDB_ADMIN, "SELECT upload_id FROM uploads"))),
        60);
    assert_int_equal(total("sector=&closed=&q=&filter=&state="), 60); /* nothing was chosen */
}

static void a_wrong_condition_is_named(void **state)
{
    (void)state;
    refused("closed=maybe", "parameter_invalid", "closed");
    refused("date_from=2024-02-30", "value_invalid", "date_from");
    refused("date_from=\xff", "parameter_invalid", "date_from"); /* no text, and not no condition */
    refused("sales_rep=\xff", "parameter_invalid", "sales_rep");
    refused("sector=none", "value_unknown", "sector");
    refused("state=lost", "parameter_invalid", "state");
    refused("upload_id=1", "parameter_invalid", "upload_id");
    refused("filter={", "filter_invalid", "filter");
    refused("filter={\"field\":\"x\",\"op\":\"eq\",\"value\":1}", "field_unknown", "filter.field");
    refused("filter={\"field\":\"sector\",\"op\":\"or 1=1\",\"value\":1}", "operator_unknown",
            "filter.op");
    refused("q=...", "query_empty", "q");
    refused("q=a b c d e f g h i j k l m n o p q", "query_too_many_words", "q");
    assert_string_equal(cx->err.params, "{\"max\":16}");
}

/* ---- search ---- */

static const char talks[] = HEADER
    "José Muñoz,jose@clinica.cl,+56 9 8765 4321,2024-03-01,Tiburón,1,\"Somos una clínica. Nuestra comunicación con "
    "los pacientes es lenta; recibimos 80 consultas diarias por WhatsApp.\"\n"
    "Ann Baker,ann@bakery.test,+1 303 555 0101,2024-03-02,Puma,0,\"We run a bakery. Our customers are asking about "
    "prices and deliveries, and we want to integrate with our e-commerce.\"\n"
    "Marta Rojas,marta@hotel.test,56911112222,2024-03-03,Puma,1,\"El hotel tiene muchas comunicaciones perdidas. Los "
    "huéspedes preguntan por reservas y por la piscina del hotel.\"\n";

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
        got = names(query);
        if (strcmp(got, want) != 0)
            fail_msg("%s: wanted %s, got %s", cases[i].q, want, got);
    }
}

static void words_find_meetings_in_both_languages(void **state)
{
    (void)state;
    upload(talks);
    run_jobs();
    assert_int_equal(number("SELECT count(*) FROM subject_search"), 3);
    assert_string_equal(testdb_value(db, TESTDB_ADMIN,
                                     "SELECT string_agg(s.language, ',' ORDER BY m.meeting_date) "
                                     "FROM subject_search s JOIN meetings m ON m.meeting_id = "
                                     "s.subject_id"),
                        "es,en,es");
    expect_finds();
    assert_string_equal(names("q=987654321"), "José Muñoz"); /* a telephone by its end */
    assert_string_equal(names("q=+56 9 8765 4321"), "José Muñoz");
    assert_string_equal(names("q=puma&closed=1"), "Marta Rojas");
    assert_int_equal(total("q=puma"), 2);
}

static void what_was_not_read_yet_is_found_too(void **state)
{
    (void)state;
    upload(talks);
    assert_int_equal(number("SELECT count(*) FROM subject_search"), 0);
    expect_finds();
}

static void a_hit_shows_where(void **state)
{
    json_t *v;
    const char *snippet;

    (void)state;
    upload(talks);
    run_jobs();
    v = list("q=piscina");
    snippet = json_string_value(
        json_object_get(json_array_get(json_object_get(v, "meetings"), 0), "snippet"));
    assert_non_null(snippet);
    assert_non_null(strstr(snippet, "piscina"));
    assert_true(snippet[0] == '\xE2'); /* … : it does not begin where the transcript does */
    assert_null(json_object_get(json_array_get(json_object_get(v, "meetings"), 0), "transcript"));
    json_decref(v);
    v = list("q=puma");
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
    upload(talks);
    for (size_t i = 0; i < 2 * N; i++) {
        json_t *v;

        if (i == N) /* what was not read yet is looked through by other means */
            run_jobs();
        v = list(arena_printf(cx->arena, "q=%s", evil[i % N]));
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
    upload(talks);
    run_jobs();
    testdb_as(cx, &other, &eva, ROLE_ANALYST);
    assert_string_equal(names("q=puma"), "");
    assert_string_equal(names("q=-xyzzy"), "");
    assert_string_equal(names(""), "");
    bulk_is(MEETING_BULK_DELETE, arena_printf(cx->arena, "{\"ids\":[\"%s\"]}", id_of("Ann Baker")),
            "{\"deleted\":0}");
    bulk_is(MEETING_BULK_REQUEUE, "{\"filter\":{},\"expected_count\":0}", "{\"jobs_created\":0}");
    testdb_as(cx, &tenant, &user, ROLE_ANALYST);
    assert_int_equal(total(""), 3);
}

/* ---- editing ---- */

static void an_edit_changes_facts_words_and_keys(void **state)
{
    (void)state;
    upload(talks);
    run_jobs();
    assert_int_equal(edit("Ann Baker", 1,
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
    assert_string_equal(names("q=cook"), "Ann Cook");
    assert_string_equal(names("q=baker zorro"), "");
    assert_int_equal(number("SELECT count(*) FROM jobs"), 0);
    assert_int_equal(
        number("SELECT count(*) FROM audit_log WHERE action = 'meeting.update' AND fields @> "
               "'{client_name,closed}' AND NOT fields @> '{email}'"),
        1);
    /* the file again: its row is no longer this meeting */
    assert_int_equal(edit("Ann Cook", 2, "{\"closed\":true}"), 0); /* nothing new: no version */
    assert_int_equal(number("SELECT version FROM meetings WHERE client_name = 'Ann Cook'"), 2);
}

/* The meeting says TORO, as the first of that name did; its row said toro. */
static void an_edit_that_changes_nothing_leaves_no_trace(void **state)
{
    static const char file[] = HEADER "A,a@example.com,1,2024-01-02,TORO,1,A clinic that waits.\n"
                                      "B,b@example.com,1,2024-01-02,toro,1,A clinic that waits.\n";

    (void)state;
    upload(file);
    assert_int_equal(edit("B", 1, "{\"phone\":\" 1 \",\"sales_rep\":\"TORO\"}"), 0);
    assert_int_equal(number("SELECT sum(version) FROM meetings"), 2);
    assert_int_equal(number("SELECT count(*) FROM meeting_revisions"), 0);
    assert_int_equal(uploads_must(cx, file, NULL).counts.duplicate, 2);
}

/* As test_upload_changes.c has it: a seller folded by the database. */
static void an_edit_finds_a_seller_folded_by_the_database(void **state)
{
    (void)state;
    upload(HEADER "A,a@example.com,1,2024-01-02,Søren O’Brien,1,A clinic that waits.\n");
    testdb_run(db, TESTDB_ADMIN, "UPDATE value_codes SET folded = 'søren o’brien'");
    assert_int_equal(edit("A", 1, "{\"phone\":\"2\"}"), 0);
    assert_int_equal(number("SELECT version FROM meetings WHERE phone = '2'"), 2);
    assert_int_equal(number("SELECT count(*) FROM value_codes"), 1);
}

static void a_new_transcript_is_read_again(void **state)
{
    (void)state;
    upload(talks);
    run_jobs();
    assert_int_equal(
        edit("José Muñoz", MEETING_ANY_VERSION,
             "{\"transcript\":\"Ahora somos una veterinaria y nos llegan 33 mensajes diarios.\"}"),
        0);
    assert_int_equal(
        number(
            "SELECT count(*) FROM jobs WHERE kind = 'meeting.read' AND unique_key = subject_id::text"),
        1);
    assert_int_equal(number("SELECT count(*) FROM meeting_facts WHERE state = 0"), 1);
    assert_int_equal(
        number("SELECT count(*) FROM meeting_revisions WHERE transcript LIKE 'Somos una cl%%'"), 1);
    assert_string_equal(names("q=veterinaria"), "José Muñoz"); /* before it is read */
    assert_string_equal(names("q=whatsapp"), "");
    assert_int_equal(
        edit("José Muñoz", 2,
             "{\"transcript\":\"Ahora somos otra veterinaria, con 34 mensajes diarios.\"}"),
        0);
    assert_int_equal(number("SELECT count(*) FROM jobs"), 1);
    run_jobs();
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
    upload(talks);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (edit("Ann Baker", cases[i].version, cases[i].patch) == 0)
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
    upload(talks);
    bulk_is(MEETING_BULK_DELETE, count, "{\"count\":2}");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 3);
    bulk_refused(MEETING_BULK_DELETE, "{\"filter\":{\"sales_rep\":\"Puma\"}}",
                 "expected_count_missing");
    bulk_refused(MEETING_BULK_DELETE, "{\"filter\":{\"sales_rep\":\"Puma\"},\"expected_count\":1}",
                 "count_changed");
    assert_string_equal(cx->err.params, "{\"count\":2}");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 3);
    bulk_refused(MEETING_BULK_DELETE, "{}", "ids_or_filter");
    bulk_refused(MEETING_BULK_DELETE, "{\"fliter\":{},\"q\":\"puma\",\"expected_count\":2}",
                 "parameter_unknown");
    bulk_refused(MEETING_BULK_DELETE, "{\"ids\":[]}", "ids_number");
    bulk_refused(MEETING_BULK_DELETE, "{\"ids\":[\"x\"]}", "id_invalid");
    bulk_refused(MEETING_BULK_DELETE, "{\"filter\":{},\"expected_count\":100000000}",
                 "too_many_records");
    bulk_refused(MEETING_BULK_DELETE, "{\"filter\":{\"or\":[]},\"expected_count\":2}",
                 "filter_invalid");
    assert_int_equal(number("SELECT count(*) FROM meetings"), 3);
}

static void deleting_takes_everything_along(void **state)
{
    (void)state;
    upload(talks);
    run_jobs();
    bulk_is(MEETING_BULK_LABELS, "{\"q\":\"puma\",\"expected_count\":2,\"add\":[\"vip\"]}",
            "{\"labeled\":2}");
    bulk_is(MEETING_BULK_REQUEUE, "{\"filter\":{},\"expected_count\":3}", "{\"jobs_created\":3}");
    bulk_is(MEETING_BULK_DELETE, "{\"q\":\"puma\",\"expected_count\":2}", "{\"deleted\":2}");
    assert_int_equal(number("SELECT count(*) FROM subjects"), 1);
    assert_int_equal(number("SELECT count(*) FROM meetings"), 1);
    assert_int_equal(number("SELECT count(*) FROM meeting_facts"), 1);
    assert_int_equal(number("SELECT count(*) FROM transcripts"), 1);
    assert_int_equal(number("SELECT count(*) FROM subject_search"), 1);
    assert_int_equal(number("SELECT count(*) FROM llm_analyses"), 1);
    assert_int_equal(number("SELECT count(*) FROM subject_phrases WHERE field = 'labels'"), 0);
    assert_int_equal(number("SELECT count(*) FROM jobs"), 1);
    assert_int_equal(number("SELECT count(*) FROM audit_log WHERE action = 'meeting.delete'"), 1);
    run_jobs();
    bulk_is(MEETING_BULK_DELETE,
            arena_printf(cx->arena, "{\"ids\":[\"%s\",\"00000000-0000-0000-0000-000000000000\"]}",
                         id_of("José Muñoz")),
            "{\"deleted\":1}");
    assert_int_equal(number("SELECT count(*) FROM subjects"), 0);
}

static void asking_again_to_read_makes_one_job_each(void **state)
{
    (void)state;
    upload(talks);
    bulk_is(MEETING_BULK_REQUEUE, "{\"filter\":{},\"expected_count\":3}",
            "{\"jobs_created\":0}"); /* they wait already */
    run_jobs();
    bulk_is(MEETING_BULK_REQUEUE,
            arena_printf(cx->arena, "{\"ids\":[\"%s\"],\"dry_run\":true}", id_of("Ann Baker")),
            "{\"count\":1}");
    bulk_is(MEETING_BULK_REQUEUE, arena_printf(cx->arena, "{\"ids\":[\"%s\"]}", id_of("Ann Baker")),
            "{\"jobs_created\":1}");
    assert_int_equal(number("SELECT count(*) FROM meeting_facts WHERE state = 0"), 1);
    run_jobs();
    assert_int_equal(number("SELECT count(*) FROM llm_analyses"), 4); /* append-only */
    assert_int_equal(number("SELECT count(*) FROM meeting_facts WHERE state = 1"), 3);
}

static void labels_are_kept_counted_and_filtered_by(void **state)
{
    SCOPED(sb_done) struct sb many_labels = {0};

    (void)state;
    upload(talks);
    bulk_is(MEETING_BULK_LABELS,
            "{\"q\":\"puma\",\"expected_count\":2,\"add\":[\"vip\",\" señal \",\"vip\"]}",
            "{\"labeled\":2}");
    bulk_is(MEETING_BULK_LABELS,
            arena_printf(cx->arena, "{\"ids\":[\"%s\"],\"add\":[\"último\"],\"remove\":[\"vip\"]}",
                         id_of("Ann Baker")),
            "{\"labeled\":1}");
    run_jobs(); /* reading does not take them away */
    assert_string_equal(
        testdb_value(db, TESTDB_ADMIN,
                     "SELECT string_agg(p.ordinal || p.phrase, ',' ORDER BY p.ordinal) FROM "
                     "subject_phrases p JOIN meetings m ON m.meeting_id = p.subject_id"
                     " WHERE p.field = 'labels' AND m.client_name = 'Ann Baker'"),
        "0señal,1último");
    assert_string_equal(names("label=vip"), "Marta Rojas");
    assert_string_equal(names("label=vip&label=último&sort=client_name"), "Ann Baker Marta Rojas");
    assert_string_equal(
        names(
            "filter={\"field\":\"labels\",\"op\":\"contains_all\",\"value\":[\"vip\",\"señal\"]}"),
        "Marta Rojas");
    assert_string_equal(names("filter={\"field\":\"labels\",\"op\":\"is_missing\"}"), "José Muñoz");
    sb_init(&many_labels, 4096);
    sb_puts(&many_labels, "{\"q\":\"puma\",\"expected_count\":2,\"add\":[");
    for (int i = 0; i < LIMIT_LABELS; i++)
        sb_printf(&many_labels, "%s\"l%d\"", i ? "," : "", i);
    sb_puts(&many_labels, "]}");
    bulk_refused(MEETING_BULK_LABELS, sb_text(&many_labels), "too_many_labels");
    bulk_refused(MEETING_BULK_LABELS, "{\"q\":\"puma\",\"expected_count\":2,\"add\":[\"\"]}",
                 "value_invalid");
    bulk_refused(MEETING_BULK_LABELS, "{\"q\":\"puma\",\"expected_count\":2}", "required");
    bulk_refused(MEETING_BULK_LABELS,
                 "{\"q\":\"puma\",\"expected_count\":2,\"add\":["
                 "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]}",
                 "too_long");
    assert_string_equal(names("label=l0"), "");
}

static void what_one_can_choose_from_is_what_there_is(void **state)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    (void)state;
    upload(talks);
    run_jobs();
    bulk(MEETING_BULK_LABELS, "{\"q\":\"puma\",\"expected_count\":2,\"add\":[\"vip\"]}");
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

/* ---- exports ---- */

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
    assert_int_equal(ask(&q, &page, query), 0);
    if (meeting_export(cx, &e, put_text, out) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    assert_true(sb_ok(out));
}

static const char formulas[] = HEADER
    "\"=HYPERLINK(\"\"http://evil\"\",\"\"x\"\")\",eva@example.com,+56 9 1111 2222,2024-02-29,-2+3,1,\"=1+1; somos una "
    "tienda online, nos llegan 50 mensajes diarios por WhatsApp e Instagram\"\n";

static void a_csv_export_computes_nothing(void **state)
{
    SCOPED(sb_done) struct sb out = {0};

    (void)state;
    upload(formulas);
    run_jobs();
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
    upload(formulas);
    run_jobs();
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
    upload(formulas);
    sb_init(&csv, 1 << 20);
    sb_puts(&csv, HEADER "Largo,largo@example.com,123,2023-01-01,Boa,0,\"");
    for (int i = 0; i < 5000; i++)
        sb_puts(&csv, "señor año ");
    /* 20,000 characters, and 40,000 as Excel counts; two that no XML may hold */
    sb_puts(&csv, "\"\nEmoji,emoji@example.com,123,2022-01-01,Boa,0,\"\xEF\xBF\xBE\xEF\xBF\xBF");
    for (int i = 0; i < 20000; i++)
        sb_puts(&csv, "🙂");
    sb_puts(&csv, "\"\n");
    upload(sb_text(&csv));
    run_jobs();
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
    upload(talks);
    testdb_fresh(cx);
    assert_int_equal(ask(&q, &page, ""), 0);
    assert_int_equal(meeting_export(cx, &e, leave, NULL), -1);
    assert_string_equal(cx->err.reason, "client_gone");
    testdb_fresh(cx);
    assert_int_equal(total(""), 3); /* the connection is of use again */
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
        FRESH(an_edit_changes_facts_words_and_keys),
        FRESH(an_edit_that_changes_nothing_leaves_no_trace),
        FRESH(an_edit_finds_a_seller_folded_by_the_database),
        FRESH(a_new_transcript_is_read_again),
        FRESH(an_edit_that_must_not_be_is_refused),
        FRESH(a_number_that_changed_stops_it),
        FRESH(deleting_takes_everything_along),
        FRESH(asking_again_to_read_makes_one_job_each),
        FRESH(labels_are_kept_counted_and_filtered_by),
        FRESH(what_one_can_choose_from_is_what_there_is),
        FRESH(a_csv_export_computes_nothing),
        FRESH(ndjson_has_the_types_of_the_values),
        FRESH(a_workbook_opens_with_its_types),
        FRESH(a_receiver_that_leaves_ends_the_export),
    };

    return cmocka_run_group_tests_name("meetings: lists", lists, set_up, tear_down) +
           cmocka_run_group_tests_name("meetings", others, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Charts and filters against a real database: known answers, and random specs against the oracle.
 *
 * CM_TEST_SEED repeats a run, CM_TEST_SPECS says how many random specs (2,000 when unset).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/csv.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/charts/chart_data.h"
#include "core/db/db.h"
#include "tests/lib/chart_oracle.h"
#include "tests/lib/testdb.h"

static const struct db_need reading = {ROLE_VIEWER, SCOPE_DATA_READ};

/* ---- rows into tables ----------------------------------------------------------------------------------------- */

struct fixture {
    struct testdb *t;
    struct ctx *cx;
    struct uuid tenant;
    struct uuid user;
};

static void start(struct fixture *f)
{
    f->t = testdb_new();
    f->cx = testdb_ctx(f->t);
    f->tenant = testdb_tenant(f->t, "acme");
    f->user = testdb_member(f->t, "acme", "ana@acme.test", ROLE_VIEWER);
    testdb_as(f->cx, &f->tenant, &f->user, ROLE_VIEWER);
}

static void put_text(struct sb *b, const char *s)
{
    if (!s) {
        sb_puts(b, "NULL");
        return;
    }
    sb_putc(b, '\'');
    for (; *s; s++) {
        if (*s == '\'')
            sb_putc(b, '\'');
        sb_putc(b, *s);
    }
    sb_putc(b, '\'');
}

static void put_bool(struct sb *b, int v)
{
    sb_puts(b, v < 0 ? "NULL" : v ? "true" : "false");
}

static void put_option(struct sb *b, const char *field, const char *value)
{
    if (value)
        sb_i64(b, field_option_code(field_find(DATASET_MEETINGS, slice_cstr(field)),
                                    slice_cstr(value)));
    else
        sb_puts(b, "NULL");
}

/* Without items: NULL for even rows, an empty array for odd ones. Both are missing. */
static void put_options(struct sb *b, const char *field, const struct oracle_list *l, size_t row)
{
    if (l->n == 0 && row % 2 == 0) {
        sb_puts(b, "NULL");
        return;
    }
    sb_puts(b, "'{");
    for (int i = 0; i < l->n; i++) {
        if (i)
            sb_putc(b, ',');
        put_option(b, field, l->items[i]);
    }
    sb_puts(b, "}'::smallint[]");
}

/* The parts of one script: the same rows go to several tables. */
struct script {
    struct sb subjects, meetings, facts, phrases, codes, embeddings;
};

static void put_phrases(struct script *s, const char *tenant, const char *id, const char *field,
                        const struct oracle_list *l)
{
    for (int i = 0; i < l->n; i++) {
        sb_printf(&s->phrases, "%s('%s','%s','%s',%d,", s->phrases.n ? "," : "", tenant, id, field,
                  i);
        put_text(&s->phrases, l->items[i]);
        sb_putc(&s->phrases, ')');
    }
}

static void put_row(struct script *s, const char *tenant, const struct oracle_row *r, size_t row)
{
    const struct uuid id = uuid_new();
    const char *comma = s->subjects.n ? "," : "";
    char text[UUID_TEXT_BYTES];
    char day[DAY_TEXT_BYTES];
    struct sb *b = &s->facts;

    uuid_text(&id, text);
    day_text(r->meeting_date, DAY_EACH, day);
    sb_printf(&s->subjects, "%s('%s','%s','meetings','%s')", comma, tenant, text, day);
    sb_printf(&s->meetings, "%s('%s','%s','%s','%s','%s','a@b.c','1','%s',", comma, tenant, text,
              tenant, text, text, day);
    put_text(&s->meetings, r->sales_rep);
    sb_putc(&s->meetings, ',');
    put_bool(&s->meetings, r->closed);
    sb_putc(&s->meetings, ',');
    put_text(&s->meetings, r->client_name);
    sb_putc(&s->meetings, ')');

    sb_printf(&s->codes, "%s('%s','sales_rep',", comma, tenant);
    put_text(&s->codes, r->sales_rep);
    sb_putc(&s->codes, ')');

    sb_printf(b,
              "%s('%s'::uuid,'%s'::uuid,'%s'::date,(SELECT code FROM value_codes WHERE "
              "tenant_id='%s' AND value=",
              comma, tenant, text, day, tenant);
    put_text(b, r->sales_rep);
    sb_puts(b, "),");
    if (r->volume < 0)
        sb_puts(b, "NULL");
    else
        sb_i64(b, r->volume);
    sb_putc(b, ',');
    put_option(b, "sector", r->sector);
    sb_putc(b, ',');
    put_option(b, "company_size", r->company_size);
    sb_putc(b, ',');
    put_option(b, "discovery_channel", r->discovery_channel);
    sb_putc(b, ',');
    put_bool(b, r->closed);
    sb_putc(b, ',');
    put_bool(b, r->confidentiality);
    sb_putc(b, ',');
    put_bool(b, r->multilingual);
    sb_putc(b, ',');
    put_bool(b, r->real_time);
    sb_putc(b, ',');
    put_options(b, "requirements.personalization", &r->personalization, row);
    sb_putc(b, ',');
    put_options(b, "requirements.integrations", &r->integrations, row);
    sb_putc(b, ',');
    put_options(b, "demand_peaks", &r->demand_peaks, row);
    sb_putc(b, ',');
    put_options(b, "query_types", &r->query_types, row);
    sb_putc(b, ',');
    put_options(b, "tools_mentioned", &r->tools, row);
    sb_putc(b, ')');

    put_phrases(s, tenant, text, "pain_points", &r->pain_points);
    put_phrases(s, tenant, text, "use_cases", &r->use_cases);
    put_phrases(s, tenant, text, "objections", &r->objections);
    put_phrases(s, tenant, text, "others", &r->others);
    if (r->embedding)
        sb_printf(&s->embeddings,
                  "%s('%s','%s','transcript','m','%s',array_fill(0.5::real, ARRAY[1536])::halfvec)",
                  s->embeddings.n ? "," : "", tenant, text, text);
}

static void insert(const struct fixture *f, const char *into, const struct sb *values,
                   const char *after)
{
    assert_true(sb_ok(values));
    if (values->n)
        testdb_run(f->t, TESTDB_ADMIN, "INSERT INTO %s VALUES %s %s", into, sb_text(values), after);
}

static void load(const struct fixture *f, const struct uuid *tenant, const struct oracle_row *rows,
                 size_t n)
{
    struct script s;
    struct sb *all[] = {&s.subjects, &s.meetings, &s.facts, &s.phrases, &s.codes, &s.embeddings};
    char id[UUID_TEXT_BYTES];

    uuid_text(tenant, id);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sb_init(all[i], 64 << 20);
    for (size_t i = 0; i < n; i++)
        put_row(&s, id, &rows[i], i);
    testdb_run(f->t, TESTDB_ADMIN,
               "INSERT INTO uploads (tenant_id, upload_id, filename) VALUES ('%s', '%s', 'f.csv') "
               "ON CONFLICT DO NOTHING",
               id, id);
    testdb_run(
        f->t, TESTDB_ADMIN,
        "INSERT INTO value_codes (tenant_id, field, value, folded, code) SELECT t::uuid, f, v, v, "
        "nextval('value_code_seq')"
        " FROM (SELECT DISTINCT * FROM (VALUES %s) AS x (t, f, v)) y ON CONFLICT DO NOTHING",
        sb_text(&s.codes));
    insert(f, "subjects (tenant_id, subject_id, dataset, occurred_at)", &s.subjects, "");
    insert(f,
           "meetings (tenant_id, meeting_id, upload_id, identity, content, email, phone, "
           "meeting_date, sales_rep, closed,"
           " client_name)",
           &s.meetings, "");
    insert(f,
           "meeting_facts (tenant_id, subject_id, meeting_date, sales_rep, "
           "interaction_volume_daily, sector, company_size,"
           " discovery_channel, closed, requirements_confidentiality, requirements_multilingual, "
           "requirements_real_time,"
           " requirements_personalization, requirements_integrations, demand_peaks, query_types, "
           "tools_mentioned)",
           &s.facts, "");
    insert(f, "subject_phrases (tenant_id, subject_id, field, ordinal, phrase)", &s.phrases, "");
    insert(f, "embeddings (tenant_id, subject_id, kind, model, body_hash, embedding)",
           &s.embeddings, "");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sb_done(all[i]);
}

/* ---- asking --------------------------------------------------------------------------------------------------- */

static json_t *json_of(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static json_t *json_of(const char *fmt, ...)
{
    struct arena *a = arena_new(8 << 20);
    json_t *v = NULL;
    va_list ap;
    char *text;

    va_start(ap, fmt);
    text = arena_vprintf(a, fmt, ap);
    va_end(ap);
    if (json_read(slice_cstr(text), &v) != JSON_OK)
        fail_msg("not JSON: %s", text);
    arena_free(a);
    return v;
}

/* In a transaction of its own; the result lives until the next testdb_fresh(). */
static int ask(struct ctx *cx, const json_t *body, struct chart_result *out)
{
    int rc;

    testdb_fresh(cx);
    assert_int_equal(db_begin(cx, DB_READ, DB_ENTER_CALLER, reading), 0);
    rc = chart_data(cx, body, out);
    if (rc == 0)
        assert_int_equal(db_commit(cx), 0);
    else
        db_rollback(cx);
    return rc;
}

static struct chart_result answer(struct ctx *cx, const char *chart, const char *filter)
{
    struct chart_result r;
    SCOPED(json_drop)
    json_t *body = json_of("{\"chart\":%s,\"filter\":%s}", chart, filter ? filter : "null");

    if (ask(cx, body, &r) < 0)
        fail_msg("%s %s: %s %s; %s", chart, filter ? filter : "", cx->err.reason, cx->err.message,
                 cx->err.internal);
    return r;
}

/* "label=value, label=value": what a reader of the chart sees. */
static const char *shown(struct ctx *cx, const struct chart_result *r)
{
    struct sb b;
    const char *text;

    sb_init(&b, 1 << 20);
    for (size_t i = 0; i < r->point_count; i++) {
        const struct chart_point *p = &r->points[i];

        sb_printf(&b, "%s%s=", i ? ", " : "", p->label ? p->label : "-");
        if (p->all.known)
            sb_printf(&b, "%.4g", p->all.value);
        else
            sb_putc(&b, '-');
        for (size_t k = 0; k < r->series_count; k++)
            sb_printf(&b, "%s%s:%g", k ? " " : "(", r->series[k].label ? r->series[k].label : "-",
                      p->series[k].value);
        if (r->series_count)
            sb_putc(&b, ')');
    }
    text = arena_strdup(cx->arena, sb_text(&b));
    sb_done(&b);
    return text;
}

#define ASSERT_SHOWN(cx, chart, filter, want)                                                      \
    do {                                                                                           \
        struct chart_result shown_result = answer((cx), (chart), (filter));                        \
        assert_string_equal(shown((cx), &shown_result), (want));                                   \
    } while (0)

static int32_t day(const char *text)
{
    int32_t d = 0;

    assert_true(day_parse(slice_cstr(text), &d));
    return d;
}

static struct oracle_row meeting(const char *date, const char *rep, int closed)
{
    return (struct oracle_row){.meeting_date = day(date),
                               .sales_rep = rep,
                               .client_name = "c",
                               .closed = closed,
                               .volume = -1,
                               .confidentiality = -1,
                               .multilingual = -1,
                               .real_time = -1};
}

/* ---- known answers -------------------------------------------------------------------------------------------- */

static void counts_sums_and_averages_leave_the_missing_out(void **state)
{
    struct oracle_row rows[5];
    struct chart_result r;
    struct fixture f;
    (void)state;

    start(&f);
    for (int i = 0; i < 5; i++)
        rows[i] = meeting("2024-05-06", "Toro", i < 2);
    rows[0].sector = rows[1].sector = "educacion";
    rows[2].sector = rows[3].sector = "financiero";
    rows[0].volume = 10;
    rows[1].volume = 21;
    rows[2].volume = 0;
    load(&f, &f.tenant, rows, 5);

    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"pie\",\"group_by\":\"sector\"}", NULL,
                 "Educación=2, Financiero=2, -=1");
    ASSERT_SHOWN(
        f.cx,
        "{\"chart_type\":\"pie\",\"group_by\":\"sector\",\"y_axis\":\"interaction_volume_daily\","
        "\"aggregation\":\"avg\"}",
        NULL, "Educación=15.5, Financiero=0, -=-");
    ASSERT_SHOWN(
        f.cx,
        "{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"y_axis\":\"interaction_volume_daily\","
        "\"aggregation\":\"count\"}",
        NULL, "Educación=2, Financiero=1, -=0");
    ASSERT_SHOWN(f.cx,
                 "{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"y_axis\":\"closed\","
                 "\"aggregation\":\"rate\"}",
                 NULL, "Educación=1, Financiero=0, -=0");

    r = answer(
        f.cx,
        "{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"y_axis\":\"interaction_volume_daily\","
        "\"aggregation\":\"avg\"}",
        NULL);
    assert_int_equal(r.records, 5);
    assert_int_equal(r.missing, 1);
    assert_true(r.total.known && r.total.value == 31.0 / 3);
    testdb_free(f.t);
}

static void days_are_in_order_and_without_gaps(void **state)
{
    const struct oracle_row rows[] = {
        meeting("2024-12-30", "Toro", 1), meeting("2025-01-05", "Puma", 0),
        meeting("2025-01-20", "Toro", 1), meeting("2025-01-20", "Puma", 1)};
    struct fixture f;
    (void)state;

    start(&f);
    load(&f, &f.tenant, rows, 4);
    /* Monday 30 December 2024 and Sunday 5 January 2025 are of the same ISO week, the first of 2025 */
    ASSERT_SHOWN(f.cx,
                 "{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\",\"time_group\":\"week\"}",
                 NULL, "2025-W01=2, 2025-W02=0, 2025-W03=0, 2025-W04=2");
    ASSERT_SHOWN(f.cx,
                 "{\"chart_type\":\"bar\",\"x_axis\":\"meetingDate\",\"time_group\":\"month\","
                 "\"group_by\":\"salesRep\"}",
                 NULL, "2024-12=1(Puma:0 Toro:1), 2025-01=3(Puma:2 Toro:1)");
    ASSERT_SHOWN(f.cx,
                 "{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\",\"time_group\":\"quarter\"}",
                 NULL, "2024-Q4=1, 2025-Q1=3");
    ASSERT_SHOWN(f.cx,
                 "{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\",\"time_group\":\"year\"}",
                 NULL, "2024=1, 2025=3");
    ASSERT_SHOWN(f.cx,
                 "{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\",\"time_group\":\"week\",\"y_"
                 "axis\":\"closed\","
                 "\"aggregation\":\"avg\"}",
                 NULL, "2025-W01=0.5, 2025-W02=-, 2025-W03=-, 2025-W04=1");
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\"}",
                 "{\"date_from\":\"2025-01-04\",\"date_to\":\"2025-01-06\"}", "2025-01-05=1");
    testdb_free(f.t);
}

static void an_array_counts_a_record_once_for_each_item(void **state)
{
    struct oracle_row rows[] = {meeting("2024-01-01", "Toro", 1), meeting("2024-01-01", "Toro", 0),
                                meeting("2024-01-01", "Puma", 1), meeting("2024-01-01", "Puma", 0)};
    struct chart_result r;
    struct fixture f;
    (void)state;

    start(&f);
    rows[0].tools = (struct oracle_list){{"whatsapp", "email", "whatsapp"}, 3};
    rows[1].tools = (struct oracle_list){{"whatsapp"}, 1};
    /* rows[2] has no array, rows[3] an empty one: both are missing */
    rows[0].pain_points =
        (struct oracle_list){{"muchas consultas", "muchas consultas", "sin agenda"}, 3};
    rows[3].pain_points = (struct oracle_list){{"muchas consultas"}, 1};
    load(&f, &f.tenant, rows, 4);

    r = answer(f.cx,
               "{\"chart_type\":\"bar\",\"x_axis\":\"tools_mentioned\",\"group_by\":\"closed\"}",
               NULL);
    assert_string_equal(shown(f.cx, &r),
                        "WhatsApp=2(Sí:1 No:1), -=2(Sí:1 No:1), Email=1(Sí:1 No:0)");
    assert_int_equal(r.records, 4);
    assert_int_equal(r.missing, 2);
    r = answer(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"pain_points\"}", NULL);
    assert_string_equal(shown(f.cx, &r), "muchas consultas=2, -=2, sin agenda=1");
    assert_int_equal(r.records, 4);
    testdb_free(f.t);
}

/* A condition and its opposite add up to the whole. */
static void not_equal_keeps_the_missing(void **state)
{
    struct oracle_row rows[] = {meeting("2024-01-01", "Toro", 1), meeting("2024-01-01", "Puma", 0),
                                meeting("2024-01-01", "Boa", 0)};
    static const char *const opposites[][2] = {
        {"{\"field\":\"sector\",\"op\":\"eq\",\"value\":\"otros\"}",
         "{\"field\":\"sector\",\"op\":\"ne\",\"value\":\"otros\"}"},
        {"{\"field\":\"sector\",\"op\":\"in\",\"value\":[\"otros\"]}",
         "{\"field\":\"sector\",\"op\":\"not_in\",\"value\":[\"otros\"]}"},
        {"{\"field\":\"sector\",\"op\":\"eq\",\"value\":\"otros\"}",
         "{\"not\":{\"field\":\"sector\",\"op\":\"eq\",\"value\":\"otros\"}}"},
        {"{\"field\":\"interaction_volume_daily\",\"op\":\"gt\",\"value\":5}",
         "{\"not\":{\"field\":\"interaction_volume_daily\",\"op\":\"gt\",\"value\":5}}"},
        {"{\"field\":\"sales_rep\",\"op\":\"eq\",\"value\":\"Toro\"}",
         "{\"field\":\"sales_rep\",\"op\":\"ne\",\"value\":\"Toro\"}"},
    };
    struct fixture f;
    (void)state;

    start(&f);
    rows[0].sector = "otros";
    rows[0].volume = 6;
    rows[1].sector = "educacion";
    load(&f, &f.tenant, rows, 3);
    for (size_t i = 0; i < sizeof opposites / sizeof *opposites; i++) {
        const char *chart = "{\"chart_type\":\"pie\",\"group_by\":\"closed\"}";

        assert_int_equal(answer(f.cx, chart, opposites[i][0]).records, 1);
        assert_int_equal(answer(f.cx, chart, opposites[i][1]).records, 2);
    }
    testdb_free(f.t);
}

static void speak(struct ctx *cx, const char *language)
{
    snprintf(cx->who.language, sizeof cx->who.language, "%s", language);
}

static void labels_are_in_the_callers_language(void **state)
{
    struct oracle_row row = meeting("2024-01-01", "Toro", 1);
    struct fixture f;
    (void)state;

    start(&f);
    row.sector = "alimentos_bebidas";
    load(&f, &f.tenant, &row, 1);
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"group_by\":\"closed\"}",
                 NULL, "Alimentos y Bebidas=1(Sí:1)");
    speak(f.cx, "en");
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"group_by\":\"closed\"}",
                 NULL, "Food and Beverages=1(Yes:1)");
    speak(f.cx, ""); /* the tenant's then */
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"pie\",\"group_by\":\"closed\"}", NULL, "Sí=1");
    testdb_free(f.t);
}

static void no_record_is_an_answer(void **state)
{
    static const char *const charts[] = {
        "{\"chart_type\":\"pie\",\"group_by\":\"sector\"}",
        "{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\",\"group_by\":\"closed\"}",
        ("{\"chart_type\":\"pie\",\"x_axis\":\"tools_mentioned\",\"y_axis\":\"closed\","
         "\"aggregation\":\"rate\"}"),
    };
    struct fixture f;
    (void)state;

    start(&f);
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
        const struct chart_result r = answer(f.cx, charts[i], NULL);

        assert_int_equal(r.point_count, 0);
        assert_int_equal(r.records, 0);
        assert_int_equal(r.total.known, i < 2);
    }
    testdb_free(f.t);
}

static void nobody_counts_another_tenants_rows(void **state)
{
    const struct oracle_row ours = meeting("2024-01-01", "Toro", 1);
    const struct oracle_row theirs[] = {meeting("2024-01-01", "Toro", 1),
                                        meeting("2024-01-01", "Puma", 1)};
    struct uuid other;
    struct fixture f;
    (void)state;

    start(&f);
    other = testdb_tenant(f.t, "other");
    load(&f, &f.tenant, &ours, 1);
    load(&f, &other, theirs, 2);
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"pie\",\"group_by\":\"sales_rep\"}", NULL, "Toro=1");
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"pie\",\"group_by\":\"client_name\"}",
                 "{\"field\":\"sales_rep\",\"op\":\"in\",\"value\":[\"Toro\",\"Puma\"]}", "c=1");
    testdb_free(f.t);
}

/* Many points, many series, days far apart: cut to the bound, and the rest is told. */
static void what_is_too_much_is_cut_and_told(void **state)
{
    enum { MANY = LIMIT_CHART_POINTS + 20 };
    static struct oracle_row rows[2 * MANY + 1];
    static char names[MANY][24];
    struct chart_result r;
    struct fixture f;
    size_t n = 0;
    (void)state;

    start(&f);
    for (int i = 0; i < MANY; i++) {
        /* the last 20 have one meeting, the others two; each client another day */
        const int meetings = i < MANY - 20 ? 2 : 1;

        snprintf(names[i], sizeof names[i], "client %04d", i);
        for (int k = 0; k < meetings; k++) {
            rows[n] = meeting("2024-06-01", names[i % 60], 1);
            rows[n].meeting_date -= i;
            rows[n].volume = i >= 200 && i < 300 ? i : -1;
            rows[n++].client_name = names[i];
        }
    }
    load(&f, &f.tenant, rows, n);
    r = answer(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"client_name\"}", NULL);
    assert_int_equal(r.point_count, LIMIT_CHART_POINTS);
    assert_int_equal(r.dropped_points, 20);
    assert_int_equal(r.dropped_records, 20);
    assert_int_equal(r.records, n);
    assert_true(r.points[LIMIT_CHART_POINTS - 1].all.value == 2);

    /* those without a value go first */
    r = answer(f.cx,
               "{\"chart_type\":\"bar\",\"x_axis\":\"client_name\",\"aggregation\":\"max\","
               "\"y_axis\":\"interaction_volume_daily\"}",
               NULL);
    assert_int_equal(r.point_count, LIMIT_CHART_POINTS);
    assert_true(r.points[0].all.value == 299 && r.points[99].all.value == 200);
    assert_false(r.points[100].all.known);

    r = answer(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"closed\",\"group_by\":\"sales_rep\"}",
               NULL);
    assert_int_equal(r.series_count, LIMIT_CHART_SERIES);
    assert_int_equal(r.dropped_series, 10);
    assert_int_equal(r.series[39].count, 34); /* of the 60 sellers, 40 have one meeting more */
    assert_int_equal(r.series[40].count, 33);
    assert_true(r.points[0].all.value == (double)n); /* whole, whatever series are shown */

    /* of days, the latest are shown, those in between counted in */
    rows[0] = meeting("2024-06-05", "Toro", 1);
    load(&f, &f.tenant, rows, 1);
    r = answer(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\"}", NULL);
    assert_int_equal(r.point_count, LIMIT_CHART_POINTS);
    assert_string_equal(r.points[LIMIT_CHART_POINTS - 1].key, "2024-06-05");
    assert_string_equal(r.points[0].key, "2021-09-10");
    assert_int_equal(r.dropped_points, 24);
    assert_int_equal(r.dropped_records, 20 + 4 * 2);
    testdb_free(f.t);
}

static void the_answer_is_the_documented_json(void **state)
{
    struct oracle_row rows[] = {meeting("2024-01-01", "To\"ro", 1),
                                meeting("2024-01-01", "Puma", 0)};
    struct chart_result r;
    struct fixture f;
    struct sb b;
    struct jw w;
    (void)state;

    start(&f);
    rows[0].sector = "otros";
    load(&f, &f.tenant, rows, 2);
    r = answer(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"sales_rep\",\"group_by\":\"sector\"}",
               NULL);
    sb_init(&b, 1 << 20);
    jw_init(&w, &b);
    chart_result_to_json(&r, &w);
    assert_string_equal(
        sb_text(&b), "{\"data\":["
                     "{\"key\":\"Puma\",\"label\":\"Puma\",\"value\":1,\"count\":1,\"series\":{"
                     "\"otros\":0,\"null\":1}},"
                     "{\"key\":\"To\\\"ro\",\"label\":\"To\\\"ro\",\"value\":1,\"count\":1,"
                     "\"series\":{\"otros\":1,\"null\":0}}],"
                     "\"series\":[{\"key\":\"otros\",\"label\":\"Otros\",\"count\":1},"
                     "{\"key\":null,\"label\":null,\"count\":1}],"
                     "\"metadata\":{\"total\":2,\"records\":2,\"missing\":0,\"truncated\":null}}");
    sb_done(&b);
    testdb_free(f.t);
}

static void a_filter_under_another_name_is_refused(void **state)
{
    struct chart_result r = {.records = -7};
    struct fixture f;
    SCOPED(json_drop)
    json_t *body =
        json_of("{\"chart\":{\"chart_type\":\"pie\",\"group_by\":\"sector\"},\"filters\":[]}");
    (void)state;

    start(&f);
    assert_int_equal(ask(f.cx, body, &r), -1);
    assert_int_equal(f.cx->err.code, ERR_INVALID);
    assert_string_equal(f.cx->err.field, "filters");
    assert_int_equal(r.records, -7); /* untouched on failure */
    testdb_free(f.t);
}

/* ---- the real file -------------------------------------------------------------------------------------------- */

enum { FILE_ROWS = 200 };

struct file {
    struct arena *a;
    struct oracle_row rows[FILE_ROWS];
    size_t n;
    bool header_seen;
};

static int file_row(void *user, const struct csv_record *record)
{
    struct file *f = user;
    struct oracle_row *r = &f->rows[f->n];
    const struct slice *fields = record->fields;

    if (!f->header_seen || record->n < 7) {
        f->header_seen = true;
        return 0;
    }
    assert_true(f->n < FILE_ROWS);
    *r = meeting(arena_slicedup(f->a, fields[3]), arena_slicedup(f->a, fields[4]),
                 slice_is(fields[5], "1"));
    r->client_name = arena_slicedup(f->a, fields[0]);
    f->n++;
    return 0;
}

static bool read_file(struct file *f)
{
    const char *folder = getenv("CM_SHARED_DATA");
    struct csv *p;
    char path[1024];
    char buf[65536];
    FILE *in;
    size_t n;

    snprintf(path, sizeof path, "%s/meetings_vambe_60.csv", folder ? folder : "../shared/data");
    in = fopen(path, "rb");
    if (!in) {
        print_message("SKIPPED: %s is not there\n", path);
        return false;
    }
    p = csv_new(&(struct csv_limits){.record_bytes = 1 << 20, .fields = 64}, file_row, f);
    while ((n = fread(buf, 1, sizeof buf, in)) > 0)
        assert_int_equal(csv_push(p, buf, n), CSV_OK);
    assert_int_equal(csv_finish(p), CSV_OK);
    csv_free(p);
    fclose(in);
    return true;
}

static void the_real_file_gives_its_known_answers(void **state)
{
    static struct file file;
    struct fixture f;
    (void)state;

    file = (struct file){.a = arena_new(16 << 20)};
    if (!read_file(&file)) {
        arena_free(file.a);
        skip();
    }
    assert_int_equal(file.n, 60);
    start(&f);
    load(&f, &f.tenant, file.rows, file.n);
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"pie\",\"group_by\":\"closed\"}", NULL, "Sí=42, No=18");
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"sales_rep\"}", NULL,
                 "Puma=16, Zorro=16, Boa=13, Toro=9, Tiburón=6");
    ASSERT_SHOWN(f.cx, "{\"chart_type\":\"bar\",\"x_axis\":\"sales_rep\"}", "{\"closed\":true}",
                 "Boa=10, Zorro=10, Puma=9, Toro=9, Tiburón=4");
    ASSERT_SHOWN(
        f.cx,
        "{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\",\"time_group\":\"month\",\"group_by\":"
        "\"closed\"}",
        "{\"and\":[{\"field\":\"meeting_date\",\"op\":\"between\",\"value\":[\"2024-01-01\",\"2024-"
        "12-31\"]},"
        "{\"field\":\"meeting_date\",\"op\":\"not_in\",\"value\":[\"1999-01-01\"]}]}",
        "2024-01=1(Sí:1 No:0), 2024-02=1(Sí:1 No:0), 2024-03=1(Sí:1 No:0), 2024-04=1(Sí:1 No:0), "
        "2024-05=1(Sí:1 No:0), 2024-06=5(Sí:2 No:3), 2024-07=7(Sí:5 No:2), 2024-08=3(Sí:3 No:0), "
        "2024-09=10(Sí:7 No:3), 2024-10=16(Sí:14 No:2), 2024-11=14(Sí:6 No:8)");
    testdb_free(f.t);
    arena_free(file.a);
}

/* ---- random specs --------------------------------------------------------------------------------------------- */

static uint64_t seed_state;

static uint32_t rnd(uint32_t n)
{
    seed_state ^= seed_state << 13;
    seed_state ^= seed_state >> 7;
    seed_state ^= seed_state << 17;
    return (uint32_t)((seed_state >> 16) % n);
}

static bool one_in(uint32_t n)
{
    return rnd(n) == 0;
}

#define PICK(a) ((a)[rnd(sizeof(a) / sizeof(a)[0])])

static const char *const reps[] = {"Toro", "Puma", "Zorro", "Boa", "Tiburón", "O'Hara \"el 9\""};
static const char *const clients[] = {"Ana Ríos",  "Beto \\ Sons", "100% Natural", "under_score",
                                      "Zoë {x,y}", "ana rios",     "O'Brien",      "null",
                                      "Ñandú SA",  "true"};
static const char *const phrases[] = {
    "muchas consultas", "Muchas Consultas", "envíos lentos", "50% más caro", "a_b",
    "back\\slash",      "comillas \"x\"",   "sin, coma",     "{llaves}",     "it's"};
static const char *const words[] = {"a",  "consultas",        "MUCHAS", "%",   "_", "\\",
                                    "\"", "envíos",           "O'B",    "ana", "{", "ñan",
                                    "xx", "muchas consultas", "to",     "it's"};

static void random_options(const char *field, struct oracle_list *out)
{
    const struct field *f = field_find(DATASET_MEETINGS, slice_cstr(field));

    for (int i = 0; i < f->option_count && out->n < ORACLE_ITEMS; i++) {
        if (one_in(3))
            out->items[out->n++] = f->options[i].value;
    }
    if (one_in(3))
        out->n = 0;
}

static void random_phrases(struct oracle_list *out)
{
    for (uint32_t n = rnd(5); n > 1; n--)
        out->items[out->n++] = PICK(phrases);
}

static const char *random_option(const char *field)
{
    const struct field *f = field_find(DATASET_MEETINGS, slice_cstr(field));

    return f->options[rnd((uint32_t)f->option_count)].value;
}

static struct oracle_row random_row(int32_t today)
{
    struct oracle_row r = {
        .meeting_date = today - 400 + (int32_t)rnd(440),
        .sales_rep = PICK(reps),
        .client_name = PICK(clients),
        .closed = one_in(2),
        .volume = one_in(4) ? -1 : (int64_t)rnd(40),
        .sector = one_in(4) ? NULL : random_option("sector"),
        .company_size = one_in(2) ? NULL : random_option("company_size"),
        .discovery_channel = one_in(6) ? NULL : random_option("discovery_channel"),
        .confidentiality = (int)rnd(3) - 1,
        .multilingual = (int)rnd(3) - 1,
        .real_time = (int)rnd(3) - 1,
        .embedding = one_in(2),
    };

    random_options("requirements.personalization", &r.personalization);
    random_options("requirements.integrations", &r.integrations);
    random_options("demand_peaks", &r.demand_peaks);
    random_options("query_types", &r.query_types);
    random_options("tools_mentioned", &r.tools);
    random_phrases(&r.pain_points);
    random_phrases(&r.use_cases);
    random_phrases(&r.objections);
    if (one_in(2))
        r.others = (struct oracle_list){{PICK(phrases)}, 1};
    return r;
}

static json_t *random_value(const struct field *f, int32_t today)
{
    char text[DAY_TEXT_BYTES];

    switch (f->type) {
    case FIELD_INT:
        return json_integer(one_in(12) ? 5000000000 : one_in(12) ? -3 : (json_int_t)rnd(42));
    case FIELD_BOOL: return json_boolean(one_in(2));
    case FIELD_DATE:
        day_text(today - 420 + (int32_t)rnd(480), DAY_EACH, text);
        return json_string(text);
    case FIELD_STRING:
    case FIELD_CLOSED_ARRAY: return json_string(random_option(f->name));
    case FIELD_TEXT_CODE: return json_string(one_in(10) ? "Nadie" : PICK(reps));
    case FIELD_OPEN_STRING: return json_string(one_in(10) ? "Nadie" : PICK(clients));
    default: return json_string(one_in(10) ? "nada" : PICK(phrases));
    }
}

static json_t *random_list(const struct field *f, int32_t today)
{
    json_t *l = json_array();

    for (uint32_t n = 1 + rnd(4); n > 0; n--)
        json_array_append_new(l, random_value(f, today));
    return l;
}

/* From before to: the parser refuses it the other way round. */
static json_t *random_pair(const struct field *f, int32_t today)
{
    json_t *a = random_value(f, today);
    json_t *b = random_value(f, today);
    const bool swap = f->type == FIELD_DATE ? strcmp(json_string_value(a), json_string_value(b)) > 0
                                            : json_integer_value(a) > json_integer_value(b);

    return swap ? json_pack("[o,o]", b, a) : json_pack("[o,o]", a, b);
}

static json_t *random_condition(int32_t today)
{
    const struct field *f;
    enum field_op op;
    json_t *value = NULL;
    json_t *c;
    size_t n;

    do {
        f = fields_all(DATASET_MEETINGS, &n) + rnd(22);
    } while (!f->operators);
    do {
        op = (enum field_op)rnd(OP_COUNT);
    } while (!field_takes(f, op));
    switch (op) {
    case OP_EQ:
    case OP_NE:
    case OP_GT:
    case OP_GTE:
    case OP_LT:
    case OP_LTE: value = random_value(f, today); break;
    case OP_IN:
    case OP_NOT_IN:
    case OP_CONTAINS_ANY:
    case OP_CONTAINS_ALL: value = random_list(f, today); break;
    case OP_BETWEEN: value = random_pair(f, today); break;
    case OP_CONTAINS: value = json_string(PICK(words)); break;
    case OP_LAST_DAYS:
    case OP_NEXT_DAYS: value = json_integer(1 + rnd(200)); break;
    default: break;
    }
    c = json_pack("{s:s,s:s}", "field", f->name, "op", field_op_name(op));
    if (value)
        json_object_set_new(c, "value", value);
    return c;
}

static json_t *random_flat(int32_t today)
{
    static const char *const keys[] = {"sales_rep",
                                       "salesRep",
                                       "closed",
                                       "sector",
                                       "company_size",
                                       "discovery_channel",
                                       "pain_points",
                                       "requirements.multilingual",
                                       "requirements.integrations",
                                       "demand_peaks",
                                       "tools_mentioned",
                                       "use_cases"};
    json_t *flat = json_object();

    for (uint32_t n = rnd(3); n > 0; n--) {
        const char *key = PICK(keys);
        const struct field *f = field_find(DATASET_MEETINGS, slice_cstr(key));

        json_object_set_new(flat, key,
                            one_in(8)                            ? json_null()
                            : one_in(2) && f->type != FIELD_BOOL ? random_list(f, today)
                                                                 : random_value(f, today));
    }
    if (one_in(3))
        json_object_set_new(
            flat, "date_from",
            random_value(field_find(DATASET_MEETINGS, slice_cstr("meeting_date")), today));
    if (one_in(3))
        json_object_set_new(
            flat, "date_to",
            random_value(field_find(DATASET_MEETINGS, slice_cstr("meeting_date")), today));
    return flat;
}

static json_t *random_filter(int depth, int32_t today)
{
    const uint32_t kind = rnd(10);
    json_t *parts;

    if (depth == 0 || kind < 4)
        return random_condition(today);
    if (kind == 4)
        return random_flat(today);
    if (kind < 7)
        return json_pack("{s:o}", "not", random_filter(depth - 1, today));
    parts = json_array();
    for (uint32_t n = 1 + rnd(3); n > 0; n--)
        json_array_append_new(parts, random_filter(depth - 1, today));
    return json_pack("{s:o}", one_in(2) ? "and" : "or", parts);
}

static const char *random_field(enum field_slot slot)
{
    const struct field *f;
    size_t n;

    do {
        f = fields_all(DATASET_MEETINGS, &n) + rnd(22);
    } while (!field_fits(f, slot));
    return f->name;
}

static json_t *random_chart(void)
{
    const bool pie = one_in(3);
    const struct field *y = field_find(
        DATASET_MEETINGS,
        slice_cstr(one_in(2) ? "count" : random_field(pie ? SLOT_PIE_Y_AXIS : SLOT_BAR_Y_AXIS)));
    json_t *c = json_pack("{s:s,s:s}", "chart_type", pie ? "pie" : "bar", "y_axis", y->name);
    enum field_agg agg;

    do {
        agg = (enum field_agg)rnd(AGGS);
    } while (!field_aggregates(y, agg) || (pie && (agg == AGG_MIN || agg == AGG_MAX)));
    json_object_set_new(c, "aggregation", json_string(field_agg_name(agg)));
    json_object_set_new(c, pie ? "group_by" : "x_axis",
                        json_string(random_field(pie ? SLOT_PIE_GROUP_BY : SLOT_BAR_X_AXIS)));
    if (!pie && one_in(2))
        json_object_set_new(c, "group_by", json_string(random_field(SLOT_BAR_GROUP_BY)));
    if (one_in(2))
        json_object_set_new(c, "time_group",
                            json_string(day_group_name((enum day_group)rnd(DAY_GROUPS))));
    return c;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_value(const struct chart_value *a, const struct oracle_value *b)
{
    return a->known == b->known && a->count == b->count && (!a->known || a->value == b->value);
}

/* NULL when they agree, else what differs. */
static const char *difference(struct arena *a, const struct chart_result *got,
                              const struct oracle_chart *want)
{
    if (got->records != want->records)
        return arena_printf(a, "records %lld, not %lld", (long long)got->records,
                            (long long)want->records);
    if (got->missing != want->missing)
        return arena_printf(a, "missing %lld, not %lld", (long long)got->missing,
                            (long long)want->missing);
    if (got->point_count != want->point_count || got->series_count != want->series_count)
        return arena_printf(a, "%zu points and %zu series, not %zu and %zu", got->point_count,
                            got->series_count, want->point_count, want->series_count);
    if (!same_value(&got->total, &want->total))
        return arena_printf(a, "total %d %.17g of %lld, not %d %.17g of %lld", got->total.known,
                            got->total.value, (long long)got->total.count, want->total.known,
                            want->total.value, (long long)want->total.count);
    if (got->dropped_points || got->dropped_records || got->dropped_series)
        return "something was dropped";
    for (size_t k = 0; k < want->series_count; k++) {
        if (!same_text(got->series[k].key, want->series[k].key) ||
            !same_text(got->series[k].label, want->series[k].label) ||
            got->series[k].count != want->series[k].all.count)
            return arena_printf(a, "series %zu is %s (%lld), not %s (%lld)", k, got->series[k].key,
                                (long long)got->series[k].count, want->series[k].key,
                                (long long)want->series[k].all.count);
    }
    for (size_t i = 0; i < want->point_count; i++) {
        const struct chart_point *p = &got->points[i];
        const struct oracle_group *q = &want->points[i];

        if (!same_text(p->key, q->key) || !same_text(p->label, q->label) ||
            !same_value(&p->all, &q->all))
            return arena_printf(a, "point %zu is %s %d %.17g of %lld, not %s %d %.17g of %lld", i,
                                p->key, p->all.known, p->all.value, (long long)p->all.count, q->key,
                                q->all.known, q->all.value, (long long)q->all.count);
        for (size_t k = 0; k < want->series_count; k++) {
            if (!same_value(&p->series[k], &q->series[k]))
                return arena_printf(a, "%s, series %s: %.17g of %lld, not %.17g of %lld", p->key,
                                    got->series[k].key, p->series[k].value,
                                    (long long)p->series[k].count, q->series[k].value,
                                    (long long)q->series[k].count);
        }
    }
    return NULL;
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);

    return s && *s ? strtoull(s, NULL, 10) : otherwise;
}

/* The tenant's day, as the statements will see it. */
static int32_t today_of(const struct fixture *f)
{
    return (int32_t)testdb_number(
        f->t, TESTDB_ADMIN,
        "SELECT (now() AT TIME ZONE 'America/Santiago')::date - DATE '1970-01-01'");
}

static void random_specs_agree_with_the_oracle(void **state)
{
    enum { ROWS = 300 };
    static struct oracle_row rows[ROWS];
    const uint64_t seed = number_of("CM_TEST_SEED", (uint64_t)clock_now_us());
    const uint64_t specs = number_of("CM_TEST_SPECS", 2000);
    const int64_t began = clock_mono_ms();
    uint64_t kept = 0;
    struct fixture f;
    int32_t today;
    (void)state;

    seed_state = seed | 1;
    start(&f);
    today = today_of(&f);
    for (int i = 0; i < ROWS; i++)
        rows[i] = random_row(today);
    load(&f, &f.tenant, rows, ROWS);
    testdb_run(f.t, TESTDB_ADMIN, "ANALYZE");
    for (uint64_t i = 0; i < specs; i++) {
        SCOPED(json_drop) json_t *body = json_pack("{s:o}", "chart", random_chart());
        struct oracle_chart want;
        struct chart_result got;
        const char *why;

        if (!one_in(5))
            json_object_set_new(body, "filter", random_filter(3, today));
        if (ask(f.cx, body, &got) < 0)
            fail_msg("CM_TEST_SEED=%llu spec %llu: %s %s (%s)\n%s", (unsigned long long)seed,
                     (unsigned long long)i, f.cx->err.reason, f.cx->err.field, f.cx->err.internal,
                     json_dumps(body, 0));
        oracle_chart(f.cx->arena, rows, ROWS, json_object_get(body, "chart"),
                     json_object_get(body, "filter"), today, &want);
        why = difference(f.cx->arena, &got, &want);
        if (why && today_of(&f) != today)
            break; /* midnight passed in the middle: the rest would compare two days */
        if (why)
            fail_msg("CM_TEST_SEED=%llu spec %llu: %s\n%s", (unsigned long long)seed,
                     (unsigned long long)i, why, json_dumps(body, 0));
        kept += (uint64_t)got.records;
    }
    print_message("seed %llu: %llu specs in %lld ms, %llu records on average\n",
                  (unsigned long long)seed, (unsigned long long)specs,
                  (long long)(clock_mono_ms() - began), (unsigned long long)(kept / specs));
    assert_true(kept / specs >
                ROWS / 10); /* filters that keep nothing would agree about anything */
    testdb_free(f.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_sums_and_averages_leave_the_missing_out),
        cmocka_unit_test(days_are_in_order_and_without_gaps),
        cmocka_unit_test(an_array_counts_a_record_once_for_each_item),
        cmocka_unit_test(not_equal_keeps_the_missing),
        cmocka_unit_test(labels_are_in_the_callers_language),
        cmocka_unit_test(no_record_is_an_answer),
        cmocka_unit_test(nobody_counts_another_tenants_rows),
        cmocka_unit_test(what_is_too_much_is_cut_and_told),
        cmocka_unit_test(the_answer_is_the_documented_json),
        cmocka_unit_test(a_filter_under_another_name_is_refused),
        cmocka_unit_test(the_real_file_gives_its_known_answers),
        cmocka_unit_test(random_specs_agree_with_the_oracle),
    };

    return cmocka_run_group_tests_name("charts", tests, NULL, NULL);
}

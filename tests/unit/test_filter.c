/* SPDX-License-Identifier: MIT */
/* Reading filters and charts, and the SQL they become. What the SQL means is tested against a database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/charts/chart.h"
#include "core/charts/chart_sql.h"
#include "core/charts/filter.h"

static struct ctx cx;
static const struct uuid tenant = {{7}};

static int setup(void **state)
{
    (void)state;
    cx = (struct ctx){.arena = arena_new(64 << 20)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(cx.arena);
    return 0;
}

static json_t *json_of(const char *text)
{
    json_t *v = NULL;

    if (json_read(slice_cstr(text), &v) != JSON_OK)
        fail_msg("not JSON: %s", text);
    return v;
}

static int parse(const char *text, const struct filter **out)
{
    SCOPED(json_drop) json_t *v = json_of(text);

    err_clear(&cx.err);
    return filter_parse(&cx, DATASET_MEETINGS, v, "filter", out);
}

/* The SQL of a filter; q holds the parameters. */
static const char *sql_of(const char *text, struct sql_builder *q)
{
    const struct filter *f = NULL;

    if (parse(text, &f) < 0)
        fail_msg("%s: %s %s", text, cx.err.reason, cx.err.field);
    sql_init(q, cx.arena, &tenant);
    filter_sql(q, f);
    assert_true(sb_ok(&q->text) && !q->too_many);
    return sb_text(&q->text);
}

static void conditions_become_sql_with_parameters(void **state)
{
    static const struct {
        const char *json;
        const char *sql;
        const char *args; /* $2 and on, with | between */
    } cases[] = {
        {"{\"field\":\"closed\",\"op\":\"eq\",\"value\":true}", "f.closed = $2::boolean", "t"},
        {"{\"field\":\"sector\",\"op\":\"eq\",\"value\":\"educacion\"}", "f.sector = $2::smallint",
         "10"},
        {"{\"field\":\"sector\",\"op\":\"ne\",\"value\":\"otros\"}",
         "f.sector IS DISTINCT FROM $2::smallint", "12"},
        {"{\"field\":\"company_size\",\"op\":\"in\",\"value\":[\"grande\",\"pequena\"]}",
         "(f.company_size = ANY ($2::smallint[]))", "{3,1}"},
        {"{\"field\":\"interaction_volume_daily\",\"op\":\"between\",\"value\":[-1,99999999999]}",
         "f.interaction_volume_daily BETWEEN $2::bigint AND $3::bigint", "-1|99999999999"},
        {"{\"field\":\"meetingDate\",\"op\":\"gte\",\"value\":\"2024-02-29\"}",
         "f.meeting_date >= $2::date", "2024-02-29"},
        {"{\"field\":\"meeting_date\",\"op\":\"last_days\",\"value\":30}",
         "(f.meeting_date > CURRENT_DATE - $2::integer AND f.meeting_date <= CURRENT_DATE)", "30"},
        {"{\"field\":\"requirements.integrations\",\"op\":\"contains_all\",\"value\":[\"crm\"]}",
         "f.requirements_integrations @> $2::smallint[]", "{2}"},
        {"{\"field\":\"client_name\",\"op\":\"contains\",\"value\":\"50%_\\\\\"}",
         "m.client_name ILIKE $2::text", "%50\\%\\_\\\\%"},
        {"{\"field\":\"tools_mentioned\",\"op\":\"is_missing\"}",
         "coalesce(cardinality(f.tools_mentioned), 0) = 0", ""},
        {"{\"not\":{\"field\":\"closed\",\"op\":\"eq\",\"value\":false}}",
         "(f.closed = $2::boolean) IS NOT TRUE", "f"},
        {"{\"and\":[{\"field\":\"sector\",\"op\":\"is_present\"},{\"or\":[{\"closed\":true},{"
         "\"and\":[]}]}]}",
         "(f.sector IS NOT NULL AND ((f.closed = $2::boolean) OR TRUE))", "t"},
        {"{}", "TRUE", ""},
        {"{\"and\":[]}", "TRUE", ""},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(sql_done) struct sql_builder q = {0};
        char args[256] = "";

        assert_string_equal(sql_of(cases[i].json, &q), cases[i].sql);
        for (int k = 1; k < q.nargs; k++) {
            size_t at = strlen(args);

            if (q.args[k].kind == DB_ARG_TEXT)
                snprintf(args + at, sizeof args - at, "%s%.*s", k > 1 ? "|" : "",
                         (int)q.args[k].s.n, q.args[k].s.p);
            else if (q.args[k].kind == DB_ARG_BOOL)
                snprintf(args + at, sizeof args - at, "%s%s", k > 1 ? "|" : "",
                         q.args[k].i ? "t" : "f");
            else
                snprintf(args + at, sizeof args - at, "%s%lld", k > 1 ? "|" : "",
                         (long long)q.args[k].i);
        }
        assert_string_equal(args, cases[i].args);
    }
}

/* Whatever a client writes is in the parameters, never in the text. */
static void nothing_a_client_sends_stands_in_the_text(void **state)
{
    static const char *const cases[] = {
        "{\"field\":\"sales_rep\",\"op\":\"eq\",\"value\":\"EVIL'); DROP TABLE x; --\"}",
        "{\"field\":\"pain_points\",\"op\":\"contains_any\",\"value\":[\"EVIL\",\"}'EVIL\"]}",
        "{\"field\":\"others\",\"op\":\"contains\",\"value\":\"EVIL\"}",
        "{\"field\":\"client_name\",\"op\":\"not_in\",\"value\":[\"EVIL\"]}",
        "{\"sales_rep\":\"EVIL\",\"pain_points\":[\"EVIL\"]}",
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(sql_done) struct sql_builder q = {0};

        assert_null(strstr(sql_of(cases[i], &q), "EVIL"));
    }
}

/* Every table that a filter reaches into is bound to the tenant. */
static void subqueries_carry_the_tenant(void **state)
{
    static const char *const cases[] = {
        "{\"field\":\"sales_rep\",\"op\":\"eq\",\"value\":\"Toro\"}",
        "{\"field\":\"pain_points\",\"op\":\"contains_any\",\"value\":[\"x\"]}",
        "{\"field\":\"use_cases\",\"op\":\"contains_all\",\"value\":[\"x\"]}",
        "{\"field\":\"others\",\"op\":\"is_missing\"}",
        "{\"field\":\"embedding\",\"op\":\"is_present\"}",
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        SCOPED(sql_done) struct sql_builder q = {0};

        assert_non_null(strstr(sql_of(cases[i], &q), ".tenant_id = $1"));
    }
}

static void the_originals_flat_filter_is_an_and(void **state)
{
    SCOPED(sql_done) struct sql_builder q = {0};
    const char *sql =
        sql_of("{\"date_from\":\"2024-01-01\",\"date_to\":\"2024-12-31\",\"sector\":\"otros\","
               "\"company_size\":null,\"discovery_channel\":\"\",\"demand_peaks\":[],"
               "\"closed\":true,\"tools_mentioned\":\"email\","
               "\"requirements\":{\"multilingual\":true,\"integrations\":[\"crm\",\"erp\"]}}",
               &q);
    (void)state;

    assert_string_equal(
        sql,
        "(f.meeting_date >= $2::date AND f.meeting_date <= $3::date AND f.sector = $4::smallint"
        " AND f.closed = $5::boolean AND f.tools_mentioned && $6::smallint[]"
        " AND f.requirements_multilingual = $7::boolean"
        " AND f.requirements_integrations && $8::smallint[])");
}

static void errors_name_the_reason_and_the_place(void **state)
{
    static const struct {
        const char *json;
        const char *reason;
        const char *field;
    } cases[] = {
        {"[]", "filter_invalid", "filter"},
        {"{\"and\":[{\"field\":\"nope\",\"op\":\"eq\",\"value\":1}]}", "field_unknown",
         "filter.and[0].field"},
        {"{\"field\":\"sector\",\"op\":\"like\",\"value\":\"x\"}", "operator_unknown", "filter.op"},
        {"{\"field\":\"sector\"}", "operator_unknown", "filter.op"},
        {"{\"op\":\"eq\"}", "field_unknown", "filter.field"},
        {"{\"field\":\"sector\",\"op\":\"gt\",\"value\":\"otros\"}", "operator_incompatible",
         "filter.op"},
        {"{\"field\":\"count\",\"op\":\"gt\",\"value\":1}", "operator_incompatible", "filter.op"},
        {"{\"field\":\"sector\",\"op\":\"in\",\"value\":[\"otros\",\"agua\"]}", "value_unknown",
         "filter.value[1]"},
        {"{\"field\":\"sector\",\"op\":\"in\",\"value\":\"otros\"}", "value_invalid",
         "filter.value"},
        {"{\"field\":\"sector\",\"op\":\"in\",\"value\":[]}", "value_invalid", "filter.value"},
        {"{\"field\":\"sector\",\"op\":\"eq\"}", "value_invalid", "filter.value"},
        {"{\"field\":\"sector\",\"op\":\"eq\",\"value\":null}", "value_invalid", "filter.value"},
        {"{\"field\":\"closed\",\"op\":\"eq\",\"value\":1}", "value_invalid", "filter.value"},
        {"{\"field\":\"interaction_volume_daily\",\"op\":\"eq\",\"value\":1.5}", "value_invalid",
         "filter.value"},
        {"{\"field\":\"meeting_date\",\"op\":\"eq\",\"value\":\"2024-02-30\"}", "value_invalid",
         "filter.value"},
        {"{\"field\":\"meeting_date\",\"op\":\"between\",\"value\":[\"2024-02-02\",\"2024-02-01\"]"
         "}",
         "value_invalid", "filter.value"},
        {"{\"field\":\"meeting_date\",\"op\":\"between\",\"value\":[\"2024-02-02\"]}",
         "value_invalid", "filter.value"},
        {"{\"field\":\"meeting_date\",\"op\":\"last_days\",\"value\":0}", "value_invalid",
         "filter.value"},
        {"{\"field\":\"meeting_date\",\"op\":\"this_month\",\"value\":3}", "value_invalid",
         "filter.value"},
        {"{\"field\":\"sector\",\"op\":\"is_missing\",\"extra\":1}", "filter_invalid", "filter"},
        {"{\"and\":[],\"or\":[]}", "filter_invalid", "filter"},
        {"{\"and\":[],\"sector\":\"otros\"}", "filter_invalid", "filter"},
        {"{\"or\":[]}", "filter_invalid", "filter.or"},
        {"{\"and\":{}}", "filter_invalid", "filter.and"},
        {"{\"not\":[]}", "filter_invalid", "filter.not"},
        {"{\"budget_range\":\"x\"}", "field_unknown", "filter.budget_range"},
        {"{\"requirements\":{\"closed\":true}}", "field_unknown", "filter.requirements.closed"},
        {"{\"date_from\":5}", "value_invalid", "filter.date_from"},
        {"{\"embedding\":\"x\"}", "operator_incompatible", "filter.embedding"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct filter *f = (const struct filter *)&cx;

        if (parse(cases[i].json, &f) == 0)
            fail_msg("%s was taken", cases[i].json);
        assert_int_equal(cx.err.code, ERR_INVALID);
        assert_string_equal(cx.err.reason, cases[i].reason);
        assert_string_equal(cx.err.field, cases[i].field);
        assert_ptr_equal(f, &cx); /* untouched */
    }
}

static int refuse(const char *text, const char *reason)
{
    const struct filter *f;

    if (parse(text, &f) == 0)
        return -1;
    assert_string_equal(cx.err.reason, reason);
    return 0;
}

static void sizes_are_bounded(void **state)
{
    struct sb b;
    const struct filter *f;
    (void)state;

    sb_init(&b, 1 << 20);
    for (int n = LIMIT_FILTER_CONDITIONS; n <= LIMIT_FILTER_CONDITIONS + 1; n++) {
        sb_clear(&b);
        sb_puts(&b, "{\"and\":[");
        for (int i = 0; i < n; i++)
            sb_printf(&b, "%s{\"closed\":true}", i ? "," : "");
        sb_puts(&b, "]}");
        assert_int_equal(n == LIMIT_FILTER_CONDITIONS ? parse(sb_text(&b), &f)
                                                      : refuse(sb_text(&b), "filter_too_large"),
                         0);
    }
    for (int depth = LIMIT_FILTER_DEPTH; depth <= LIMIT_FILTER_DEPTH + 1; depth++) {
        sb_clear(&b);
        for (int i = 1; i < depth; i++)
            sb_puts(&b, "{\"not\":");
        sb_puts(&b, "{\"field\":\"closed\",\"op\":\"is_missing\"}");
        for (int i = 1; i < depth; i++)
            sb_putc(&b, '}');
        assert_int_equal(depth == LIMIT_FILTER_DEPTH ? parse(sb_text(&b), &f)
                                                     : refuse(sb_text(&b), "filter_too_deep"),
                         0);
    }
    for (int n = LIMIT_FILTER_VALUES; n <= LIMIT_FILTER_VALUES + 1; n++) {
        sb_clear(&b);
        sb_puts(&b, "{\"field\":\"interaction_volume_daily\",\"op\":\"in\",\"value\":[");
        for (int i = 0; i < n; i++)
            sb_printf(&b, "%s%d", i ? "," : "", i);
        sb_puts(&b, "]}");
        assert_int_equal(n == LIMIT_FILTER_VALUES ? parse(sb_text(&b), &f)
                                                  : refuse(sb_text(&b), "filter_too_large"),
                         0);
    }
    for (int n = FILTER_TEXT_CHARS; n <= FILTER_TEXT_CHARS + 1; n++) {
        sb_clear(&b);
        sb_puts(&b, "{\"field\":\"client_name\",\"op\":\"contains\",\"value\":\"");
        for (int i = 0; i < n; i++)
            sb_puts(&b, "ñ");
        sb_puts(&b, "\"}");
        assert_int_equal(n == FILTER_TEXT_CHARS ? parse(sb_text(&b), &f)
                                                : refuse(sb_text(&b), "value_invalid"),
                         0);
    }
    sb_done(&b);
}

/* The widest filters that the limits allow, three of them stacked, still fit one statement. */
static void the_widest_filters_fit_a_statement(void **state)
{
    SCOPED(sql_done) struct sql_builder q = {0};
    const struct filter *f = NULL;
    const struct filter *all = NULL;
    struct chart_spec spec;
    SCOPED(json_drop)
    json_t *chart =
        json_of("{\"chart_type\":\"bar\",\"x_axis\":\"use_cases\",\"group_by\":\"client_name\"}");
    struct sb b;
    (void)state;

    sb_init(&b, 1 << 20);
    sb_puts(&b, "{\"or\":[");
    for (int i = 0; i < LIMIT_FILTER_CONDITIONS; i++)
        sb_printf(&b, "%s{\"field\":\"%s\",\"op\":\"%s\",\"value\":%s}", i ? "," : "",
                  i % 2 ? "meeting_date" : "pain_points", i % 2 ? "between" : "contains_all",
                  i % 2 ? "[\"2024-01-01\",\"2024-01-02\"]" : "[\"x\"]");
    sb_puts(&b, "]}");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(parse(sb_text(&b), &f), 0);
        all = filter_and(cx.arena, all, f);
    }
    assert_int_equal(chart_parse(&cx, chart, "chart", &spec), 0);
    sql_init(&q, cx.arena, &tenant);
    chart_sql(&q, &spec, all);
    assert_true(sb_ok(&q.text));
    assert_false(q.too_many);
    sb_done(&b);
}

static void filters_stack_and_none_is_none(void **state)
{
    const struct filter *a = NULL;
    const struct filter *b = NULL;
    const struct filter *both;
    SCOPED(sql_done) struct sql_builder q = {0};
    (void)state;

    assert_int_equal(parse("{\"field\":\"sector\",\"op\":\"ne\",\"value\":\"otros\"}", &a), 0);
    assert_int_equal(parse("{\"field\":\"client_name\",\"op\":\"eq\",\"value\":\"x\"}", &b), 0);
    assert_ptr_equal(filter_and(cx.arena, a, NULL), a);
    assert_ptr_equal(filter_and(cx.arena, NULL, b), b);
    assert_null(filter_and(cx.arena, NULL, NULL));
    both = filter_and(cx.arena, a, b);
    assert_true(filter_needs_entities(both));
    assert_false(filter_needs_entities(a));
    sql_init(&q, cx.arena, &tenant);
    filter_sql(&q, both);
    assert_string_equal(sb_text(&q.text),
                        "(f.sector IS DISTINCT FROM $2::smallint AND m.client_name = $3::text)");
    assert_int_equal(filter_parse(&cx, DATASET_MEETINGS, NULL, "filter", &a), 0);
    assert_null(a);
}

static int parse_chart(const char *text, struct chart_spec *out)
{
    SCOPED(json_drop) json_t *v = json_of(text);

    err_clear(&cx.err);
    return chart_parse(&cx, v, "chart", out);
}

static void charts_are_checked_against_the_registry(void **state)
{
    static const struct {
        const char *json;
        const char *reason;
        const char *field;
    } cases[] = {
        {"null", "missing_required_field", "chart"},
        {"[]", "chart_invalid", "chart"},
        {"{}", "missing_required_field", "chart.chart_type"},
        {"{\"chart_type\":\"donut\"}", "chart_type_unknown", "chart.chart_type"},
        {"{\"chart_type\":\"line\",\"x_axis\":\"meeting_date\"}", "chart_type_unsupported",
         "chart.chart_type"},
        {"{\"chart_type\":\"bar\"}", "missing_required_field", "chart.x_axis"},
        {"{\"chart_type\":\"pie\",\"x_axis\":\"\"}", "missing_required_field", "chart.group_by"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"nope\"}", "unknown_field", "chart.x_axis"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"others\"}", "incompatible_field", "chart.x_axis"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"interaction_volume_daily\"}", "incompatible_field",
         "chart.x_axis"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"y_axis\":\"sector\"}",
         "incompatible_field", "chart.y_axis"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"group_by\":\"query_types\"}",
         "incompatible_field", "chart.group_by"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"aggregation\":\"mode\"}",
         "invalid_aggregation", "chart.aggregation"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"aggregation\":\"avg\"}",
         "incompatible_aggregation", "chart.aggregation"},
        {"{\"chart_type\":\"pie\",\"group_by\":\"sector\",\"y_axis\":\"interaction_volume_daily\","
         "\"aggregation\":\"max\"}",
         "incompatible_aggregation", "chart.aggregation"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"y_axis\":\"closed\",\"aggregation\":"
         "\"sum\"}",
         "incompatible_aggregation", "chart.aggregation"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"meeting_date\",\"time_group\":\"hour\"}",
         "invalid_time_group", "chart.time_group"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"cumulative\":true}", "option_unsupported",
         "chart.cumulative"},
        {"{\"chart_type\":\"bar\",\"x_axis\":5}", "chart_invalid", "chart.x_axis"},
        {"{\"chart_type\":\"bar\",\"x_axis\":\"sector\",\"grup_by\":\"closed\"}", "chart_invalid",
         "chart.grup_by"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chart_spec spec = {.measure = (const struct field *)&cx};

        if (parse_chart(cases[i].json, &spec) == 0)
            fail_msg("%s was taken", cases[i].json);
        assert_int_equal(cx.err.code, ERR_INVALID);
        assert_string_equal(cx.err.reason, cases[i].reason);
        assert_string_equal(cx.err.field, cases[i].field);
        assert_ptr_equal(spec.measure, &cx);
    }
}

static void a_refused_field_comes_with_what_would_fit(void **state)
{
    struct chart_spec spec;
    (void)state;

    assert_int_equal(parse_chart("{\"chart_type\":\"bar\",\"x_axis\":\"others\"}", &spec), -1);
    assert_string_equal(cx.err.params,
                        "{\"slot\":\"bar.x_axis\",\"field\":\"others\","
                        "\"fits\":[\"string\",\"bool\",\"date\",\"closed_array\",\"open_array\"]}");
}

static void defaults_and_the_originals_names_are_taken(void **state)
{
    struct chart_spec spec;
    (void)state;

    assert_int_equal(
        parse_chart("{\"id\":\"7\",\"name\":\"n\",\"colors\":\"#fff\",\"k_clusters\":null,\"chart_"
                    "type\":\"pie\","
                    "\"xAxis\":\"salesRep\",\"y_axis\":\"\",\"group_by\":\"\",\"cumulative\":false,"
                    "\"time_group\":null}",
                    &spec),
        0);
    assert_string_equal(spec.primary->name, "sales_rep");
    assert_string_equal(spec.measure->name, "count");
    assert_int_equal(spec.aggregation, AGG_COUNT);
    assert_null(spec.series);
    assert_int_equal(spec.time_group, DAY_EACH);
    assert_string_equal(chart_type_name(spec.type), "pie");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(conditions_become_sql_with_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_a_client_sends_stands_in_the_text, setup, teardown),
        cmocka_unit_test_setup_teardown(subqueries_carry_the_tenant, setup, teardown),
        cmocka_unit_test_setup_teardown(the_originals_flat_filter_is_an_and, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_name_the_reason_and_the_place, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(the_widest_filters_fit_a_statement, setup, teardown),
        cmocka_unit_test_setup_teardown(filters_stack_and_none_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(charts_are_checked_against_the_registry, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_field_comes_with_what_would_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(defaults_and_the_originals_names_are_taken, setup,
                                        teardown),
    };

    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}

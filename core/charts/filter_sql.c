/* SPDX-License-Identifier: MIT */
/*
 * The SQL of filters. Text comes from here and from the registry, values are parameters.
 *
 * NULL stands for false while an expression is built: AND and OR keep that meaning, and NOT is written
 * `IS NOT TRUE`, so no condition needs to guard itself against missing values.
 */
#include <assert.h>

#include "core/charts/filter.h"

/* What a value is cast to, by type; parameters have no type of their own. */
static const char *const casts[FIELD_TYPE_COUNT] = {
    [FIELD_INT] = "bigint", /* wider than the column, so that no number a client sends can overflow */
    [FIELD_BOOL] = "boolean",     [FIELD_STRING] = "smallint", [FIELD_TEXT_CODE] = "text",
    [FIELD_OPEN_STRING] = "text", [FIELD_DATE] = "date",       [FIELD_CLOSED_ARRAY] = "smallint",
    [FIELD_OPEN_ARRAY] = "text",  [FIELD_TEXT] = "text",       [FIELD_EMBEDDING] = "text",
};

static bool is_number(const struct field *f)
{
    return f->type == FIELD_INT || f->type == FIELD_STRING || f->type == FIELD_CLOSED_ARRAY;
}

/* "$n::type" */
static void put_value(struct sql_builder *q, const struct filter *f, size_t i)
{
    const struct filter_value *v = &f->values[i];

    if (is_number(f->field))
        sql_arg(q, db_i64(v->number));
    else if (f->field->type == FIELD_BOOL)
        sql_arg(q, db_bool(v->number != 0));
    else
        sql_arg(q, db_slice(v->text));
    sb_printf(&q->text, "::%s", casts[f->field->type]);
}

/* "$n::type[]": one parameter however many values. */
static void put_values(struct sql_builder *q, const struct filter *f)
{
    const size_t n = f->value_count;

    if (is_number(f->field)) {
        SCOPED(sb_done) struct sb list = {0};

        sb_init(&list, 32 * n + 8);
        for (size_t i = 0; i < n; i++) {
            sb_putc(&list, i ? ',' : '{');
            sb_i64(&list, f->values[i].number);
        }
        sb_putc(&list, '}');
        sql_arg(q, db_text(arena_strdup(q->arena, sb_text(&list))));
    } else {
        struct slice *items = arena_alloc(q->arena, n * sizeof *items);

        for (size_t i = 0; i < n; i++)
            items[i] = f->values[i].text;
        sql_arg(q, db_text(db_text_array(q->arena, items, n)));
    }
    sb_printf(&q->text, "::%s[]", casts[f->field->type]);
}

/* The words anywhere, as written: what LIKE reads as signs is escaped. */
static void put_words(struct sql_builder *q, const struct filter *f)
{
    const struct slice words = f->values[0].text;
    char *const pattern = arena_alloc(q->arena, 2 * words.n + 2);
    size_t n = 0;

    pattern[n++] = '%';
    for (size_t i = 0; i < words.n; i++) {
        if (words.p[i] == '%' || words.p[i] == '_' || words.p[i] == '\\')
            pattern[n++] = '\\';
        pattern[n++] = words.p[i];
    }
    pattern[n++] = '%';
    sql_arg(q, db_slice((struct slice){pattern, n}));
    sb_puts(&q->text, "::text");
}

/* Days of a relative operator, [from, to). CURRENT_DATE is today in the session's zone, which is the tenant's. */
static const struct {
    const char *from;
    const char *to;
} relative[OP_COUNT] = {
    [OP_TODAY] = {"CURRENT_DATE", "CURRENT_DATE + 1"},
    [OP_YESTERDAY] = {"CURRENT_DATE - 1", "CURRENT_DATE"},
#define PERIOD(unit, span) "date_trunc('" unit "', CURRENT_DATE::timestamp)" span
    [OP_THIS_WEEK] = {PERIOD("week", ""), PERIOD("week", " + interval '7 days'")},
    [OP_LAST_WEEK] = {PERIOD("week", " - interval '7 days'"), PERIOD("week", "")},
    [OP_THIS_MONTH] = {PERIOD("month", ""), PERIOD("month", " + interval '1 month'")},
    [OP_LAST_MONTH] = {PERIOD("month", " - interval '1 month'"), PERIOD("month", "")},
    [OP_THIS_QUARTER] = {PERIOD("quarter", ""), PERIOD("quarter", " + interval '3 months'")},
    [OP_LAST_QUARTER] = {PERIOD("quarter", " - interval '3 months'"), PERIOD("quarter", "")},
    [OP_THIS_YEAR] = {PERIOD("year", ""), PERIOD("year", " + interval '1 year'")},
    [OP_LAST_YEAR] = {PERIOD("year", " - interval '1 year'"), PERIOD("year", "")},
#undef PERIOD
};

static void relative_sql(struct sql_builder *q, const struct filter *f, const char *alias)
{
    const char *const column = f->field->column;

    if (f->op == OP_LAST_DAYS) { /* today counts */
        sb_printf(&q->text, "(%s.%s > CURRENT_DATE - ", alias, column);
        sql_arg(q, db_i64(f->values[0].number));
        sb_printf(&q->text, "::integer AND %s.%s <= CURRENT_DATE)", alias, column);
    } else if (f->op == OP_NEXT_DAYS) {
        sb_printf(&q->text, "(%s.%s >= CURRENT_DATE AND %s.%s < CURRENT_DATE + ", alias, column,
                  alias, column);
        sql_arg(q, db_i64(f->values[0].number));
        sb_puts(&q->text, "::integer)");
    } else {
        sb_printf(&q->text, "(%s.%s >= (%s)::date AND %s.%s < (%s)::date)", alias, column,
                  relative[f->op].from, alias, column, relative[f->op].to);
    }
}

static void compare(struct sql_builder *q, const struct filter *f, const char *alias,
                    const char *sign)
{
    sb_printf(&q->text, "%s.%s %s ", alias, f->field->column, sign);
    put_value(q, f, 0);
}

/* A column of the facts or of the entities. */
static void scalar_sql(struct sql_builder *q, const struct filter *f, const char *alias)
{
    const char *const column = f->field->column;

    switch (f->op) {
    case OP_EQ: compare(q, f, alias, "="); return;
    case OP_NE: compare(q, f, alias, "IS DISTINCT FROM"); return;
    case OP_GT: compare(q, f, alias, ">"); return;
    case OP_GTE: compare(q, f, alias, ">="); return;
    case OP_LT: compare(q, f, alias, "<"); return;
    case OP_LTE: compare(q, f, alias, "<="); return;
    case OP_IN:
    case OP_NOT_IN:
        sb_printf(&q->text, "(%s.%s = ANY (", alias, column);
        put_values(q, f);
        sb_puts(&q->text, f->op == OP_IN ? "))" : ")) IS NOT TRUE");
        return;
    case OP_BETWEEN:
        sb_printf(&q->text, "%s.%s BETWEEN ", alias, column);
        put_value(q, f, 0);
        sb_puts(&q->text, " AND ");
        put_value(q, f, 1);
        return;
    case OP_CONTAINS:
        sb_printf(&q->text, "%s.%s ILIKE ", alias, column);
        put_words(q, f);
        return;
    case OP_IS_MISSING: sb_printf(&q->text, "%s.%s IS NULL", alias, column); return;
    case OP_IS_PRESENT: sb_printf(&q->text, "%s.%s IS NOT NULL", alias, column); return;
    default: relative_sql(q, f, alias); return;
    }
}

/* The values' codes are looked up once for the whole statement; an unknown value has none and matches nothing. */
static void text_code_sql(struct sql_builder *q, const struct filter *f)
{
    const char *const column = f->field->column;
    const bool negated = f->op == OP_NE || f->op == OP_NOT_IN;

    if (f->op == OP_IS_MISSING || f->op == OP_IS_PRESENT) {
        scalar_sql(q, f, "f");
        return;
    }
    sb_printf(&q->text,
              "(f.%s = ANY (ARRAY(SELECT vc.code FROM value_codes vc"
              " WHERE vc.tenant_id = $1 AND vc.field = '%s' AND vc.value ",
              column, column);
    if (f->op == OP_CONTAINS) {
        sb_puts(&q->text, "ILIKE ");
        put_words(q, f);
    } else {
        sb_puts(&q->text, "= ANY (");
        put_values(q, f);
        sb_putc(&q->text, ')');
    }
    sb_puts(&q->text, negated ? "))) IS NOT TRUE" : ")))");
}

static void closed_array_sql(struct sql_builder *q, const struct filter *f)
{
    const char *const column = f->field->column;

    if (f->op == OP_IS_MISSING || f->op == OP_IS_PRESENT) {
        sb_printf(&q->text, "coalesce(cardinality(f.%s), 0) %s 0", column,
                  f->op == OP_IS_MISSING ? "=" : ">");
        return;
    }
    sb_printf(&q->text, "f.%s %s ", column, f->op == OP_CONTAINS_ALL ? "@>" : "&&");
    put_values(q, f);
}

static void phrases_from(struct sql_builder *q, const struct filter *f)
{
    sb_printf(&q->text,
              " FROM subject_phrases p WHERE p.tenant_id = $1 AND p.tenant_id = f.tenant_id"
              " AND p.subject_id = f.subject_id AND p.field = '%s'",
              f->field->column);
}

static void phrases_sql(struct sql_builder *q, const struct filter *f)
{
    if (f->op == OP_CONTAINS_ALL) {
        sb_puts(&q->text, "(SELECT count(DISTINCT p.phrase)");
        phrases_from(q, f);
        sb_puts(&q->text, " AND p.phrase = ANY (");
        put_values(q, f);
        /* the same parameter again: how many different values were asked for */
        sb_printf(&q->text, ")) = (SELECT count(DISTINCT u.v) FROM unnest($%d::text[]) AS u(v))",
                  q->nargs);
        return;
    }
    sb_puts(&q->text, f->op == OP_IS_MISSING ? "NOT EXISTS (SELECT 1" : "EXISTS (SELECT 1");
    phrases_from(q, f);
    if (f->op == OP_CONTAINS) {
        sb_puts(&q->text, " AND p.phrase ILIKE ");
        put_words(q, f);
    } else if (f->op == OP_CONTAINS_ANY) {
        sb_puts(&q->text, " AND p.phrase = ANY (");
        put_values(q, f);
        sb_putc(&q->text, ')');
    }
    sb_putc(&q->text, ')');
}

static void embedding_sql(struct sql_builder *q, const struct filter *f)
{
    sb_printf(
        &q->text,
        "%sEXISTS (SELECT 1 FROM embeddings e WHERE e.tenant_id = $1 AND e.tenant_id = f.tenant_id"
        " AND e.subject_id = f.subject_id)",
        f->op == OP_IS_MISSING ? "NOT " : "");
}

static void condition_sql(struct sql_builder *q, const struct filter *f)
{
    switch (f->field->store) {
    case FIELD_IN_FACTS:
        if (f->field->type == FIELD_TEXT_CODE)
            text_code_sql(q, f);
        else if (f->field->type == FIELD_CLOSED_ARRAY)
            closed_array_sql(q, f);
        else
            scalar_sql(q, f, "f");
        return;
    case FIELD_IN_ENTITIES: scalar_sql(q, f, "m"); return;
    case FIELD_IN_PHRASES: phrases_sql(q, f); return;
    case FIELD_IN_EMBEDDINGS: embedding_sql(q, f); return;
    case FIELD_NOWHERE: break; /* takes no operator, so the parser let none through */
    }
    assert(!"a condition on a field that is kept nowhere");
    sb_puts(&q->text, "FALSE");
}

bool filter_needs_entities(const struct filter *f)
{
    if (!f)
        return false;
    if (f->kind == FILTER_CONDITION)
        return f->field->store == FIELD_IN_ENTITIES;
    for (size_t i = 0; i < f->part_count; i++) {
        if (filter_needs_entities(f->parts[i]))
            return true;
    }
    return false;
}

void filter_sql(struct sql_builder *q, const struct filter *f)
{
    if (!f || (f->kind == FILTER_AND && f->part_count == 0)) {
        sb_puts(&q->text, "TRUE");
        return;
    }
    if (f->kind == FILTER_CONDITION) {
        condition_sql(q, f);
        return;
    }
    sb_putc(&q->text, '(');
    for (size_t i = 0; i < f->part_count; i++) {
        if (i)
            sb_puts(&q->text, f->kind == FILTER_AND ? " AND " : " OR ");
        filter_sql(q, f->parts[i]);
    }
    sb_puts(&q->text, f->kind == FILTER_NOT ? ") IS NOT TRUE" : ")");
}

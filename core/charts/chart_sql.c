/* SPDX-License-Identifier: MIT */
#include "core/charts/chart_sql.h"

#include "core/base/limits.h"

/* The parts of an aggregation: two functions of the measured column over the rows of a group, and what makes one
 * number of groups. */
static const struct {
    const char *a;
    const char *b; /* NULL: not needed */
    const char *whole;
} parts[AGGS] = {
    [AGG_COUNT] = {"count", NULL, "sum(g.a)::float8"},
    [AGG_SUM] = {"sum", NULL, "sum(g.a)::float8"},
    [AGG_AVG] = {"sum", "count", "sum(g.a)::float8 / nullif(sum(g.b), 0)::float8"},
    [AGG_MIN] = {"min", NULL, "min(g.a)::float8"},
    [AGG_MAX] = {"max", NULL, "max(g.a)::float8"},
    [AGG_RATE] = {"sum", "count", "sum(g.a)::float8 / nullif(sum(g.b), 0)::float8"},
};

static bool expands(const struct field *f)
{
    return f->type == FIELD_CLOSED_ARRAY || f->type == FIELD_OPEN_ARRAY;
}

static char alias_of(const struct field *f)
{
    return f->store == FIELD_IN_ENTITIES ? 'm' : 'f';
}

/* What rows are grouped by: the column as it is stored, so that an index can answer. */
static void put_raw_key(struct sb *b, const struct field *f)
{
    if (f->type == FIELD_CLOSED_ARRAY) /* an array without items makes one row, the missing one */
        sb_printf(b, "unnest(coalesce(nullif(f.%s, '{}'::smallint[]), '{NULL}'::smallint[]))", f->column);
    else if (f->store == FIELD_IN_PHRASES)
        sb_puts(b, "pk.phrase");
    else
        sb_printf(b, "%c.%s", alias_of(f), f->column);
}

/* The key of a group, never NULL, so that levels of the roll-up tell themselves from missing values. */
static void put_key(struct sb *b, const struct field *f, const char *raw, enum day_group group)
{
    if (chart_key_is_text(f))
        sb_printf(b, "coalesce(%s, '')", raw);
    else if (f->type == FIELD_DATE && group == DAY_EACH)
        sb_printf(b, "coalesce(%s - DATE '1970-01-01', %d)", raw, CHART_DAY_MISSING);
    else if (f->type == FIELD_DATE) /* by way of timestamp, not timestamptz: a day has no zone to be shifted by */
        sb_printf(b, "coalesce(date_trunc('%s', %s::timestamp)::date - DATE '1970-01-01', %d)", day_group_name(group),
                  raw, CHART_DAY_MISSING);
    else
        sb_printf(b, "coalesce(%s::integer, %d)", raw, CHART_CODE_MISSING);
}

static void put_missing_key(struct sb *b, const struct field *f)
{
    if (chart_key_is_text(f))
        sb_puts(b, "''");
    else
        sb_printf(b, "%d", f->type == FIELD_DATE ? CHART_DAY_MISSING : CHART_CODE_MISSING);
}

static void put_parts(struct sb *b, const struct chart_spec *spec)
{
    const struct field *y = spec->measure;
    const char *const cast = y->type == FIELD_BOOL ? "::integer" : "";

    if (y->store == FIELD_NOWHERE) {
        sb_puts(b, ", count(*) AS a");
        return;
    }
    sb_printf(b, ", %s(%c.%s%s) AS a", parts[spec->aggregation].a, alias_of(y), y->column, cast);
    if (parts[spec->aggregation].b)
        sb_printf(b, ", %s(%c.%s%s) AS b", parts[spec->aggregation].b, alias_of(y), y->column, cast);
}

static bool needs_entities(const struct chart_spec *spec, const struct filter *filter)
{
    return spec->primary->store == FIELD_IN_ENTITIES || (spec->series && spec->series->store == FIELD_IN_ENTITIES) ||
           spec->measure->store == FIELD_IN_ENTITIES || filter_needs_entities(filter);
}

static void put_from(struct sb *b, const struct chart_spec *spec, bool entities)
{
    const struct dataset_info *d = &datasets[spec->dataset];

    sb_printf(b, " FROM %s f", d->facts);
    if (entities)
        sb_printf(b, " JOIN %s m ON m.tenant_id = $1 AND m.tenant_id = f.tenant_id AND m.%s = f.subject_id",
                  d->entities, d->entity_id);
}

static void put_groups(struct sb *b, const struct chart_spec *spec, bool entities, struct slice where)
{
    const bool averages = spec->measure->store != FIELD_NOWHERE && parts[spec->aggregation].b;

    sb_puts(b, "WITH g AS (SELECT ");
    put_key(b, spec->primary, "q.k", spec->time_group);
    sb_puts(b, " AS k");
    if (spec->series) {
        sb_puts(b, ", ");
        put_key(b, spec->series, "q.s", DAY_EACH);
        sb_puts(b, " AS s");
    }
    sb_printf(b, ", q.n, q.a%s FROM (SELECT ", averages ? ", q.b" : "");
    put_raw_key(b, spec->primary);
    sb_puts(b, " AS k");
    if (spec->series) {
        sb_puts(b, ", ");
        put_raw_key(b, spec->series);
        sb_puts(b, " AS s");
    }
    sb_puts(b, ", count(*) AS n");
    put_parts(b, spec);
    put_from(b, spec, entities);
    if (spec->primary->store == FIELD_IN_PHRASES) /* a phrase that is said twice counts once */
        sb_printf(b,
                  " LEFT JOIN (SELECT DISTINCT p.tenant_id, p.subject_id, p.phrase FROM subject_phrases p"
                  " WHERE p.tenant_id = $1 AND p.field = '%s') pk"
                  " ON pk.tenant_id = f.tenant_id AND pk.subject_id = f.subject_id",
                  spec->primary->column);
    sb_puts(b, " WHERE f.tenant_id = $1 AND ");
    sb_slice(b, where);
    sb_printf(b, " GROUP BY 1%s) q)", spec->series ? ", 2" : "");
}

static void put_levels(struct sb *b, const struct chart_spec *spec)
{
    const char *const whole =
        spec->measure->store == FIELD_NOWHERE ? "sum(g.a)::float8" : parts[spec->aggregation].whole;

    if (spec->series)
        sb_printf(b,
                  ", h AS (SELECT g.k, g.s, grouping(g.k, g.s) AS level, sum(g.n)::bigint AS n, %s AS v"
                  " FROM g GROUP BY GROUPING SETS ((g.k, g.s), (g.k), (g.s), ()))",
                  whole);
    else
        sb_printf(b,
                  ", h AS (SELECT g.k, NULL::integer AS s, grouping(g.k) * 2 + 1 AS level, sum(g.n)::bigint AS n,"
                  " %s AS v FROM g GROUP BY GROUPING SETS ((g.k), ()))",
                  whole);
    sb_printf(b,
              ", t AS (SELECT h.k, row_number() OVER (ORDER BY %s) AS i FROM h WHERE h.level = %d"
              " ORDER BY i LIMIT %d)",
              spec->primary->type == FIELD_DATE ? "h.k DESC" : "h.v DESC NULLS LAST, h.k", CHART_POINT,
              LIMIT_CHART_POINTS);
    if (spec->series)
        sb_printf(b,
                  ", u AS (SELECT h.s, row_number() OVER (ORDER BY h.n DESC, h.s) AS j FROM h WHERE h.level = %d"
                  " ORDER BY j LIMIT %d)",
                  CHART_SERIES, LIMIT_CHART_SERIES);
}

static void put_code_join(struct sb *b, const struct field *f, const char *alias, const char *key, int level)
{
    if (f && f->type == FIELD_TEXT_CODE)
        sb_printf(b,
                  " LEFT JOIN value_codes %s ON %s.tenant_id = $1 AND %s.field = '%s' AND %s.code = h.%s"
                  " AND h.level = %d",
                  alias, alias, alias, f->column, alias, key, level);
}

static void put_answer(struct sb *b, const struct chart_spec *spec, bool entities, struct slice where)
{
    const bool coded_key = spec->primary->type == FIELD_TEXT_CODE;
    const bool coded_series = spec->series && spec->series->type == FIELD_TEXT_CODE;

    sb_printf(b, " SELECT h.level, h.k, h.s, h.n, h.v, t.i, %s, %s, %s", spec->series ? "u.j" : "NULL",
              coded_key ? "vk.value" : "NULL", coded_series ? "vs.value" : "NULL");
    sb_printf(b, ", CASE WHEN h.level = %d THEN (SELECT count(*) FROM h WHERE h.level = %d) END", CHART_WHOLE,
              CHART_POINT);
    sb_printf(b, ", CASE WHEN h.level = %d THEN (SELECT count(*) FROM h WHERE h.level = %d) END", CHART_WHOLE,
              CHART_SERIES);
    sb_printf(b, ", CASE WHEN h.level = %d THEN (SELECT h.n FROM h WHERE h.level = %d AND h.k = ", CHART_WHOLE,
              CHART_POINT);
    put_missing_key(b, spec->primary);
    sb_printf(b, ") END, CASE WHEN h.level = %d THEN ", CHART_WHOLE);
    if (expands(spec->primary)) { /* groups count items: the records are counted apart */
        sb_puts(b, "(SELECT count(*)");
        put_from(b, spec, entities);
        sb_puts(b, " WHERE f.tenant_id = $1 AND ");
        sb_slice(b, where);
        sb_puts(b, ")");
    } else {
        sb_puts(b, "h.n");
    }
    sb_puts(b, " END FROM h LEFT JOIN t ON t.k = h.k");
    if (spec->series)
        sb_puts(b, " LEFT JOIN u ON u.s = h.s");
    put_code_join(b, spec->primary, "vk", "k", CHART_POINT);
    put_code_join(b, spec->series, "vs", "s", CHART_SERIES);
    sb_printf(b, " WHERE h.level = %d OR (h.level = %d AND t.i IS NOT NULL)", CHART_WHOLE, CHART_POINT);
    if (spec->series)
        sb_printf(b, " OR (h.level = %d AND u.j IS NOT NULL) OR (h.level = %d AND t.i IS NOT NULL AND u.j IS NOT NULL)",
                  CHART_SERIES, CHART_CELL);
    sb_puts(b, " ORDER BY h.level DESC, t.i");
    if (spec->series)
        sb_puts(b, ", u.j");
}

void chart_sql(struct sql_builder *q, const struct chart_spec *spec, const struct filter *filter)
{
    const bool entities = needs_entities(spec, filter);
    struct slice where;

    /* the condition may stand twice in the statement: its parameters only once */
    filter_sql(q, filter);
    where = (struct slice){arena_slicedup(q->arena, sb_get(&q->text)), q->text.n};
    sb_clear(&q->text);

    put_groups(&q->text, spec, entities, where);
    put_levels(&q->text, spec);
    put_answer(&q->text, spec, entities, where);
}

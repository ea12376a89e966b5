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

static char alias_of(const struct field *f)
{
    return f->store == FIELD_IN_ENTITIES ? 'm' : 'f';
}

/* What rows are grouped by: the column as it is stored, so that an index can answer. */
static void put_raw_key(struct sb *b, const struct field *f)
{
    if (f->store == FIELD_IN_PHRASES)
        sb_puts(b, "pk.phrase");
    else
        sb_printf(b, "%c.%s", alias_of(f), f->column);
}

/* The key of a group, never NULL, so that missing values can be joined and compared like any other. */
static void put_key(struct sb *b, const struct field *f, const char *raw, enum day_group group)
{
    if (chart_key_is_text(f))
        sb_printf(b, "coalesce(%s, '')", raw);
    else if (f->type != FIELD_DATE)
        sb_printf(b, "coalesce(%s::integer, %d)", raw, CHART_CODE_MISSING);
    else if (group == DAY_EACH)
        sb_printf(b, "coalesce(%s - DATE '1970-01-01', %d)", raw, CHART_DAY_MISSING);
    else /* by way of timestamp, not timestamptz: a day has no zone to be shifted by */
        sb_printf(b, "coalesce(date_trunc('%s', %s::timestamp)::date - DATE '1970-01-01', %d)",
                  day_group_name(group), raw, CHART_DAY_MISSING);
}

static void put_missing_key(struct sb *b, const struct field *f)
{
    if (chart_key_is_text(f))
        sb_puts(b, "''");
    else
        sb_printf(b, "%d", f->type == FIELD_DATE ? CHART_DAY_MISSING : CHART_CODE_MISSING);
}

static bool has_b(const struct chart_spec *spec)
{
    return spec->measure->store != FIELD_NOWHERE && parts[spec->aggregation].b;
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
    if (has_b(spec))
        sb_printf(b, ", %s(%c.%s%s) AS b", parts[spec->aggregation].b, alias_of(y), y->column,
                  cast);
}

/* Records and value of whatever groups of g are put together. */
static void put_whole(struct sb *b, const struct chart_spec *spec)
{
    sb_printf(b, "sum(g.n)::bigint AS n, %s AS v",
              spec->measure->store == FIELD_NOWHERE ? "sum(g.a)::float8"
                                                    : parts[spec->aggregation].whole);
}

static bool needs_entities(const struct chart_spec *spec, const struct filter *filter)
{
    return spec->primary->store == FIELD_IN_ENTITIES ||
           (spec->series && spec->series->store == FIELD_IN_ENTITIES) ||
           spec->measure->store == FIELD_IN_ENTITIES || filter_needs_entities(filter);
}

static void put_from(struct sb *b, const struct chart_spec *spec, bool entities)
{
    const struct dataset_info *d = &datasets[spec->dataset];

    sb_printf(b, " FROM %s f", d->facts);
    if (entities)
        sb_printf(
            b,
            " JOIN %s m ON m.tenant_id = $1 AND m.tenant_id = f.tenant_id AND m.%s = f.subject_id",
            d->entities, d->entity_id);
}

static void put_where(struct sb *b, struct slice where)
{
    sb_puts(b, " WHERE f.tenant_id = $1 AND ");
    sb_slice(b, where);
}

/* q: the rows, grouped by the columns as they are. */
static void put_raw_groups(struct sb *b, const struct chart_spec *spec, bool entities,
                           struct slice where)
{
    sb_puts(b, "WITH q AS (SELECT ");
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
        sb_printf(
            b,
            " LEFT JOIN (SELECT DISTINCT p.tenant_id, p.subject_id, p.phrase FROM subject_phrases p"
            " WHERE p.tenant_id = $1 AND p.field = '%s') pk"
            " ON pk.tenant_id = f.tenant_id AND pk.subject_id = f.subject_id",
            spec->primary->column);
    put_where(b, where);
    sb_printf(b, " GROUP BY 1%s)", spec->series ? ", 2" : "");
}

/* g: the same with keys, a group of arrays taken apart into its items. There are few different arrays: far cheaper
 * than taking every record's apart. */
static void put_groups(struct sb *b, const struct chart_spec *spec)
{
    const bool array = spec->primary->type == FIELD_CLOSED_ARRAY;

    sb_puts(b, ", g AS (SELECT ");
    put_key(b, spec->primary, array ? "e.k" : "q.k", spec->time_group);
    sb_puts(b, " AS k");
    if (spec->series) {
        sb_puts(b, ", ");
        put_key(b, spec->series, "q.s", DAY_EACH);
        sb_puts(b, " AS s");
    }
    sb_printf(b, ", q.n, q.a%s FROM q", has_b(spec) ? ", q.b" : "");
    if (array) /* without items: one row, the missing one */
        sb_puts(b, " LEFT JOIN LATERAL (SELECT DISTINCT x.k FROM unnest(q.k) AS x(k)) e ON TRUE");
    sb_putc(b, ')');
}

/* p and z: all points and all series; t and u: those that are shown. Each is an aggregate of its own over the few
 * groups, rather than one of grouping sets: so the planner knows their sizes and does not loop over them. */
static void put_shown(struct sb *b, const struct chart_spec *spec)
{
    sb_puts(b, ", p AS (SELECT g.k, ");
    put_whole(b, spec);
    sb_printf(b,
              " FROM g GROUP BY g.k), t AS (SELECT p.k, p.n, p.v, row_number() OVER (ORDER BY %s) "
              "AS i FROM p"
              " ORDER BY i LIMIT %d)",
              spec->primary->type == FIELD_DATE ? "p.k DESC" : "p.v DESC NULLS LAST, p.k",
              LIMIT_CHART_POINTS);
    if (!spec->series)
        return;
    sb_puts(b, ", z AS (SELECT g.s, ");
    put_whole(b, spec);
    sb_printf(b,
              " FROM g GROUP BY g.s), u AS (SELECT z.s, z.n, z.v, row_number() OVER (ORDER BY z.n "
              "DESC, z.s) AS j"
              " FROM z ORDER BY j LIMIT %d)",
              LIMIT_CHART_SERIES);
}

static void put_records(struct sb *b, const struct chart_spec *spec, bool entities,
                        struct slice where)
{
    if (spec->primary->store ==
        FIELD_IN_PHRASES) { /* groups count phrases: the records are counted apart */
        sb_puts(b, "(SELECT count(*)");
        put_from(b, spec, entities);
        put_where(b, where);
        sb_putc(b, ')');
    } else {
        sb_puts(b, "(SELECT sum(q.n)::bigint FROM q)");
    }
}

static const char *key_type(const struct field *f)
{
    return f && chart_key_is_text(f) ? "text" : "integer";
}

static bool coded(const struct field *f)
{
    return f && f->type == FIELD_TEXT_CODE;
}

static void put_code_join(struct sb *b, const struct field *f, const char *key)
{
    if (coded(f))
        sb_printf(
            b,
            " LEFT JOIN value_codes vc ON vc.tenant_id = $1 AND vc.field = '%s' AND vc.code = %s",
            f->column, key);
}

static void put_answer(struct sb *b, const struct chart_spec *spec, bool entities,
                       struct slice where)
{
    sb_printf(b,
              " SELECT %d, NULL::%s, NULL::%s, w.n, w.v, NULL::bigint, NULL::bigint, NULL::text, "
              "NULL::text",
              CHART_WHOLE, key_type(spec->primary), key_type(spec->series));
    sb_printf(b, ", (SELECT count(*) FROM p), %s, (SELECT p.n FROM p WHERE p.k = ",
              spec->series ? "(SELECT count(*) FROM z)" : "0");
    put_missing_key(b, spec->primary);
    sb_puts(b, "), ");
    put_records(b, spec, entities, where);
    sb_puts(b, " FROM (SELECT ");
    put_whole(b, spec);
    sb_puts(b, " FROM g) w");

    sb_printf(b,
              " UNION ALL SELECT %d, t.k, NULL, t.n, t.v, t.i, NULL, %s, NULL, NULL, NULL, NULL, "
              "NULL FROM t",
              CHART_POINT, coded(spec->primary) ? "vc.value" : "NULL");
    put_code_join(b, spec->primary, "t.k");
    if (spec->series) {
        sb_printf(b,
                  " UNION ALL SELECT %d, NULL, u.s, u.n, u.v, NULL, u.j, NULL, %s, NULL, NULL, "
                  "NULL, NULL FROM u",
                  CHART_SERIES, coded(spec->series) ? "vc.value" : "NULL");
        put_code_join(b, spec->series, "u.s");
        sb_printf(b,
                  " UNION ALL SELECT %d, NULL, NULL, c.n, c.v, c.i, c.j, NULL, NULL, NULL, NULL, "
                  "NULL, NULL FROM (",
                  CHART_CELL);
        sb_puts(b, "SELECT t.i, u.j, ");
        put_whole(b, spec);
        sb_puts(b, " FROM g JOIN t ON t.k = g.k JOIN u ON u.s = g.s GROUP BY t.i, u.j) c");
    }
    sb_puts(b, " ORDER BY 1 DESC, 6, 7");
}

void chart_sql(struct sql_builder *q, const struct chart_spec *spec, const struct filter *filter)
{
    const bool entities = needs_entities(spec, filter);
    struct slice where;

    /* the condition may stand twice in the statement: its parameters only once */
    filter_sql(q, filter);
    where = (struct slice){arena_slicedup(q->arena, sb_get(&q->text)), q->text.n};
    sb_clear(&q->text);

    put_raw_groups(&q->text, spec, entities, where);
    put_groups(&q->text, spec);
    put_shown(&q->text, spec);
    put_answer(&q->text, spec, entities, where);
}

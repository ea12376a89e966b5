/* SPDX-License-Identifier: MIT */
#include "core/charts/chart_data.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/charts/chart_sql.h"

/* A point or a series before it is put in order. */
struct named {
    const char *key;
    const char *label;
    struct slice order; /* the label, folded: á sorts with a */
    int32_t number;     /* the key as the database gave it: code or day */
    struct chart_value all;
    struct chart_value *cells;
    int place; /* of a series: in the database's answer */
};

struct builder {
    struct ctx *cx;
    const struct chart_spec *spec;
    enum field_language language;
    struct chart_result *out;
    struct named *points;
    size_t point_count;
    struct named *series;
    size_t series_count;
    size_t *series_at; /* place in the answer -> place in the result */
};

static struct chart_value value_of(const PGresult *r, int row)
{
    return (struct chart_value){.known = !PQgetisnull(r, row, COL_VALUE),
                                .value = pg_real(r, row, COL_VALUE, 0),
                                .count = pg_i64(r, row, COL_COUNT, 0)};
}

/* Key and label of `f` from its columns; both NULL for the missing. */
static void name_it(const struct builder *b, const struct field *f, enum day_group group,
                    const PGresult *r, int row, enum chart_column key, enum chart_column text,
                    struct named *out)
{
    struct arena *a = b->cx->arena;
    const struct field_option *option;
    char day[DAY_TEXT_BYTES];

    if (chart_key_is_text(f)) {
        const struct slice s = pg_slice(r, row, key);

        if (s.n)
            out->key = out->label = arena_slicedup(a, s);
    } else {
        out->number = (int32_t)pg_i64(r, row, key, CHART_CODE_MISSING);
        if (f->type == FIELD_DATE) {
            if (out->number != CHART_DAY_MISSING) {
                day_text(out->number, group, day);
                out->key = out->label = arena_strdup(a, day);
            }
        } else if (out->number == CHART_CODE_MISSING) {
            ; /* no key, no label */
        } else if (f->type == FIELD_BOOL) {
            out->key = out->number ? "true" : "false";
            out->label = field_bool_label(out->number != 0, b->language);
        } else if (f->type == FIELD_TEXT_CODE && !PQgetisnull(r, row, text)) {
            out->key = out->label = pg_dup(a, r, row, text);
        } else if ((option = field_option(f, out->number))) {
            out->key = option->value;
            out->label = option->labels[b->language];
        } else { /* a code that this program does not know (yet): shown rather than lost */
            out->key = out->label = arena_printf(a, "#%d", (int)out->number);
        }
    }
    if (out->label)
        out->order = unicode_fold_text(a, slice_cstr(out->label));
}

static int compare_text(struct slice a, struct slice b)
{
    const int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* By label, the missing last. */
static int compare_names(const struct named *a, const struct named *b)
{
    int c;

    if (!a->label || !b->label)
        return (a->label == NULL) - (b->label == NULL);
    c = compare_text(a->order, b->order);
    return c ? c : strcmp(a->key, b->key);
}

static int by_value(const void *x, const void *y)
{
    const struct named *a = x;
    const struct named *b = y;

    if (a->all.known != b->all.known)
        return a->all.known ? -1 : 1;
    if (a->all.value != b->all.value)
        return a->all.value > b->all.value ? -1 : 1;
    return compare_names(a, b);
}

static int by_count(const void *x, const void *y)
{
    const struct named *a = x;
    const struct named *b = y;

    if (a->all.count != b->all.count)
        return a->all.count > b->all.count ? -1 : 1;
    return compare_names(a, b);
}

static int by_day(const void *x, const void *y)
{
    const struct named *a = x;
    const struct named *b = y;

    return (a->number > b->number) - (a->number < b->number);
}

/* What a point or cell without a record holds. */
static struct chart_value nothing(const struct builder *b)
{
    return (struct chart_value){.known = b->out->counts};
}

static struct chart_value *new_cells(const struct builder *b)
{
    struct chart_value *cells = NULL;

    if (b->series_count) {
        cells = arena_alloc(b->cx->arena, b->series_count * sizeof *cells);
        for (size_t i = 0; i < b->series_count; i++)
            cells[i] = nothing(b);
    }
    return cells;
}

static int count_level(const PGresult *r, enum chart_level level)
{
    int n = 0;

    for (int row = 0; row < PQntuples(r); row++)
        n += pg_i64(r, row, COL_LEVEL, -1) == level;
    return n;
}

static void read_whole(struct builder *b, const PGresult *r, int row)
{
    struct chart_result *out = b->out;

    out->total = value_of(r, row);
    if (out->counts)
        out->total.known = true; /* no group at all: the sum of nothing is NULL, the count is 0 */
    out->records = pg_i64(r, row, COL_RECORDS, 0);
    out->missing = pg_i64(r, row, COL_MISSING, 0);
    out->dropped_points = pg_i64(r, row, COL_POINTS, 0);
    out->dropped_series = pg_i64(r, row, COL_SERIES_COUNT, 0);
    out->dropped_records = out->total.count;
}

static void read_series(struct builder *b, const PGresult *r, int first)
{
    b->series = arena_zalloc(b->cx->arena, b->series_count + 1, sizeof *b->series);
    b->series_at = arena_zalloc(b->cx->arena, b->series_count + 1, sizeof *b->series_at);
    for (size_t i = 0; i < b->series_count; i++) {
        struct named *s = &b->series[i];

        name_it(b, b->spec->series, DAY_EACH, r, first + (int)i, COL_SERIES, COL_SERIES_TEXT, s);
        s->all = value_of(r, first + (int)i);
        s->place = (int)i;
    }
    qsort(b->series, b->series_count, sizeof *b->series, by_count);
    for (size_t i = 0; i < b->series_count; i++)
        b->series_at[b->series[i].place] = i;
}

static void read_points(struct builder *b, const PGresult *r, int first)
{
    b->points = arena_zalloc(b->cx->arena, b->point_count + 1, sizeof *b->points);
    for (size_t i = 0; i < b->point_count; i++) {
        struct named *p = &b->points[i];

        name_it(b, b->spec->primary, b->spec->time_group, r, first + (int)i, COL_KEY, COL_KEY_TEXT,
                p);
        p->all = value_of(r, first + (int)i);
        p->cells = new_cells(b);
    }
}

static void read_cells(const struct builder *b, const PGresult *r, int first)
{
    for (int row = first; row < PQntuples(r); row++) {
        const size_t i = (size_t)pg_i64(r, row, COL_PLACE, 0) - 1;
        const size_t j = (size_t)pg_i64(r, row, COL_SERIES_PLACE, 0) - 1;

        if (i < b->point_count && j < b->series_count)
            b->points[i].cells[b->series_at[j]] = value_of(r, row);
    }
}

/* Days in the order of time, every group between the first and the last; the latest if they are too many. */
static void fill_days(struct builder *b)
{
    const enum day_group group = b->spec->time_group;
    size_t real = b->point_count;
    const struct named *missing = NULL;
    struct named *filled;
    size_t n = 0;
    int32_t day;

    qsort(b->points, b->point_count, sizeof *b->points, by_day);
    if (real && b->points[real - 1].number == CHART_DAY_MISSING)
        missing = &b->points[--real];
    if (!real)
        return;
    filled = arena_zalloc(b->cx->arena, LIMIT_CHART_POINTS, sizeof *filled);
    day = b->points[real - 1].number;
    if (missing)
        filled[n++] = *missing;
    /* backwards from the latest; turned round below */
    for (size_t next = real; next > 0 && n < LIMIT_CHART_POINTS; day = day_step(day, group, -1)) {
        char text[DAY_TEXT_BYTES];
        struct named *p = &filled[n++];

        if (b->points[next - 1].number == day) {
            *p = b->points[--next];
            continue;
        }
        day_text(day, group, text);
        p->number = day;
        p->key = p->label = arena_strdup(b->cx->arena, text);
        p->all = nothing(b);
        p->cells = new_cells(b);
    }
    for (size_t i = 0; i < n / 2; i++) {
        const struct named swap = filled[i];

        filled[i] = filled[n - 1 - i];
        filled[n - 1 - i] = swap;
    }
    b->points = filled;
    b->point_count = n;
}

static void hand_out(struct builder *b)
{
    struct chart_result *out = b->out;
    struct chart_point *points = arena_zalloc(b->cx->arena, b->point_count + 1, sizeof *points);
    struct chart_series *series = arena_zalloc(b->cx->arena, b->series_count + 1, sizeof *series);

    for (size_t i = 0; i < b->point_count; i++) {
        const struct named *p = &b->points[i];

        points[i] = (struct chart_point){
            .key = p->key, .label = p->label, .all = p->all, .series = p->cells};
        out->dropped_records -= p->all.count;
        out->dropped_points -= p->all.count > 0; /* fillings are nobody's group */
    }
    for (size_t i = 0; i < b->series_count; i++)
        series[i] = (struct chart_series){
            .key = b->series[i].key, .label = b->series[i].label, .count = b->series[i].all.count};
    out->points = points;
    out->point_count = b->point_count;
    out->series = series;
    out->series_count = b->series_count;
    out->dropped_series -= (int64_t)b->series_count;
}

static void build(struct builder *b, const PGresult *r)
{
    int row = 0;

    /* rows come by level, the whole first: see chart_sql.h */
    b->series_count = (size_t)count_level(r, CHART_SERIES);
    b->point_count = (size_t)count_level(r, CHART_POINT);
    read_whole(b, r, row++);
    read_series(b, r, row);
    row += (int)b->series_count;
    read_points(b, r, row);
    row += (int)b->point_count;
    read_cells(b, r, row);
    if (b->spec->primary->type == FIELD_DATE)
        fill_days(b);
    else
        qsort(b->points, b->point_count, sizeof *b->points, by_value);
    hand_out(b);
}

int chart_run(struct ctx *cx, const struct chart_spec *spec, const struct filter *filter,
              struct chart_result *out)
{
    SCOPED(sql_done) struct sql_builder q = {0};
    SCOPED(pg_drop) PGresult *r = NULL;
    struct chart_result result = {.counts = spec->aggregation == AGG_COUNT ||
                                            spec->measure->store == FIELD_NOWHERE};
    struct builder b = {.cx = cx, .spec = spec, .out = &result};

    sql_init(&q, cx->arena, &cx->who.tenant);
    chart_sql(&q, spec, filter);
    r = sql_run(cx, &q);
    if (!r)
        return -1;
    assert(PQntuples(r) > 0 && pg_i64(r, 0, COL_LEVEL, -1) == CHART_WHOLE);
    /* the tenant's language is known only now: the statement carried the entry */
    b.language = field_language(cx->who.language[0] ? cx->who.language : cx->tenancy.language);
    build(&b, r);
    *out = result;
    return 0;
}

static void put_value(struct jw *w, const struct chart_value *v)
{
    if (v->known)
        jw_real(w, v->value);
    else
        jw_null(w);
}

static void put_point(const struct chart_result *r, const struct chart_point *p, struct jw *w)
{
    jw_object(w);
    jw_kstr(w, "key", p->key);
    jw_kstr(w, "label", p->label);
    jw_key(w, "value");
    put_value(w, &p->all);
    jw_ki64(w, "count", p->all.count);
    if (r->series_count) {
        jw_key(w, "series");
        jw_object(w);
        for (size_t i = 0; i < r->series_count; i++) {
            jw_key(w, r->series[i].key ? r->series[i].key : "null");
            put_value(w, &p->series[i]);
        }
        jw_end(w);
    }
    jw_end(w);
}

void chart_result_to_json(const struct chart_result *r, struct jw *out)
{
    jw_object(out);
    jw_key(out, "data");
    jw_array(out);
    for (size_t i = 0; i < r->point_count; i++)
        put_point(r, &r->points[i], out);
    jw_end(out);

    jw_key(out, "series");
    jw_array(out);
    for (size_t i = 0; i < r->series_count; i++) {
        jw_object(out);
        jw_kstr(out, "key", r->series[i].key);
        jw_kstr(out, "label", r->series[i].label);
        jw_ki64(out, "count", r->series[i].count);
        jw_end(out);
    }
    jw_end(out);

    jw_key(out, "metadata");
    jw_object(out);
    jw_key(out, "total");
    put_value(out, &r->total);
    jw_ki64(out, "records", r->records);
    jw_ki64(out, "missing", r->missing);
    jw_key(out, "truncated");
    if (r->dropped_points || r->dropped_series) {
        jw_object(out);
        jw_ki64(out, "points", r->dropped_points);
        jw_ki64(out, "records", r->dropped_records);
        jw_ki64(out, "series", r->dropped_series);
        jw_end(out);
    } else {
        jw_null(out);
    }
    jw_end(out);
    jw_end(out);
}

/* A filter under a name that is not read would silently widen the answer: refuse what is not known. */
static int check_body(struct ctx *cx, const json_t *body)
{
    const char *key;
    json_t *v;

    if (!json_is_object(body))
        return ctx_fail(cx, ERR_INVALID, "chart_invalid", "", "the body is an object");
    json_object_foreach((json_t *)body, key, v)
    {
        if (strcmp(key, "chart") != 0 && strcmp(key, "filter") != 0 &&
            strcmp(key, "filter_data") != 0)
            return ctx_fail(cx, ERR_INVALID, "option_unsupported", key, "this is not taken here");
    }
    return 0;
}

int chart_data(struct ctx *cx, const json_t *body, struct chart_result *out)
{
    struct chart_spec spec;
    const struct filter *filter;
    const struct filter *old;

    if (check_body(cx, body) < 0 ||
        chart_parse(cx, json_object_get(body, "chart"), "chart", &spec) < 0 ||
        filter_parse(cx, spec.dataset, json_object_get(body, "filter"), "filter", &filter) < 0 ||
        filter_parse(cx, spec.dataset, json_object_get(body, "filter_data"), "filter_data", &old) <
            0)
        return -1;
    return chart_run(cx, &spec, filter_and(cx->arena, filter, old), out);
}

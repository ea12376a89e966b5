/* SPDX-License-Identifier: MIT */
#include "tests/lib/chart_oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/unicode.h"
#include "core/fields/day.h"
#include "core/fields/field.h"

enum kind { NUMBER, TRUTH, TEXT, DAY, LIST, EMBEDDING };

/* One value of one row, whatever the field. */
struct value {
    enum kind kind;
    int64_t number; /* NUMBER, TRUTH, DAY */
    const char *text;
    const struct oracle_list *list;
    bool missing;
};

static struct value number(int64_t v)
{
    return (struct value){.kind = NUMBER, .number = v, .missing = v < 0};
}
static struct value truth(int v)
{
    return (struct value){.kind = TRUTH, .number = v, .missing = v < 0};
}
static struct value text(const char *s)
{
    return (struct value){.kind = TEXT, .text = s, .missing = !s};
}
static struct value list(const struct oracle_list *l)
{
    return (struct value){.kind = LIST, .list = l, .missing = l->n == 0};
}

static struct value get(const struct oracle_row *r, const char *name)
{
#define IS(x) (name && strcmp(name, x) == 0)
    if (IS("sales_rep") || IS("salesRep"))
        return text(r->sales_rep);
    if (IS("client_name"))
        return text(r->client_name);
    if (IS("meeting_date") || IS("meetingDate"))
        return (struct value){.kind = DAY, .number = r->meeting_date};
    if (IS("closed"))
        return truth(r->closed);
    if (IS("interaction_volume_daily"))
        return number(r->volume);
    if (IS("sector"))
        return text(r->sector);
    if (IS("company_size"))
        return text(r->company_size);
    if (IS("discovery_channel"))
        return text(r->discovery_channel);
    if (IS("requirements.confidentiality"))
        return truth(r->confidentiality);
    if (IS("requirements.multilingual"))
        return truth(r->multilingual);
    if (IS("requirements.real_time"))
        return truth(r->real_time);
    if (IS("requirements.personalization"))
        return list(&r->personalization);
    if (IS("requirements.integrations"))
        return list(&r->integrations);
    if (IS("demand_peaks"))
        return list(&r->demand_peaks);
    if (IS("query_types"))
        return list(&r->query_types);
    if (IS("tools_mentioned"))
        return list(&r->tools);
    if (IS("pain_points"))
        return list(&r->pain_points);
    if (IS("use_cases"))
        return list(&r->use_cases);
    if (IS("objections"))
        return list(&r->objections);
    if (IS("others"))
        return list(&r->others);
    if (IS("embedding"))
        return (struct value){.kind = EMBEDDING, .missing = !r->embedding};
    fprintf(stderr, "the oracle does not know %s\n", name ? name : "a field without a name");
    abort();
#undef IS
}

/* The words stand there, in either case; accents count. */
static bool starts(struct slice hay, size_t at, struct slice needle)
{
    for (size_t i = 0; i < needle.n;) {
        unsigned x;
        unsigned y;

        if (at >= hay.n ||
            unicode_lower(utf8_decode(hay, at, &x)) != unicode_lower(utf8_decode(needle, i, &y)))
            return false;
        at += x;
        i += y;
    }
    return true;
}

static bool contains(const char *hay, const char *needle)
{
    for (size_t i = 0; i <= strlen(hay); i++) {
        if (starts(slice_cstr(hay), i, slice_cstr(needle)))
            return true;
    }
    return false;
}

static int32_t day_of(const json_t *v)
{
    int32_t d = 0;

    if (!day_parse((struct slice){json_string_value(v), json_string_length(v)}, &d))
        abort();
    return d;
}

static int compare(const struct value *v, const json_t *to)
{
    int64_t x;

    if (v->kind == TEXT)
        return v->text && json_is_string(to) ? strcmp(v->text, json_string_value(to)) : -1;
    x = v->kind == DAY ? day_of(to) : v->kind == TRUTH ? json_is_true(to) : json_integer_value(to);
    return (v->number > x) - (v->number < x);
}

static bool any_equal(const struct value *v, const json_t *values)
{
    for (size_t i = 0; i < json_array_size(values); i++) {
        if (compare(v, json_array_get(values, i)) == 0)
            return true;
    }
    return false;
}

static bool has_item(const struct oracle_list *l, const json_t *item)
{
    for (int i = 0; i < l->n; i++) {
        if (strcmp(l->items[i], json_string_value(item)) == 0)
            return true;
    }
    return false;
}

static bool list_holds(const struct value *v, const char *op, const json_t *arg)
{
    const bool all = strcmp(op, "contains_all") == 0;

    if (strcmp(op, "contains") == 0) {
        for (int i = 0; i < v->list->n; i++) {
            if (contains(v->list->items[i], json_string_value(arg)))
                return true;
        }
        return false;
    }
    for (size_t i = 0; i < json_array_size(arg); i++) {
        if (has_item(v->list, json_array_get(arg, i)) != all)
            return !all;
    }
    return all;
}

static bool within(int64_t d, int32_t start, int32_t end)
{
    return d >= start && d < end;
}

static bool relative(int64_t d, const char *op, const json_t *arg, int32_t today)
{
    static const char *const units[] = {"day", "week", "month", "quarter", "year"};
    const int n = (int)json_integer_value(arg);

    if (strcmp(op, "last_days") == 0)
        return within(d, today - n + 1, today + 1);
    if (strcmp(op, "next_days") == 0)
        return within(d, today, today + n);
    if (strcmp(op, "today") == 0)
        return d == today;
    if (strcmp(op, "yesterday") == 0)
        return d == today - 1;
    for (int g = DAY_WEEK; g <= DAY_YEAR; g++) {
        const int32_t start = day_start(today, (enum day_group)g);
        char name[32];

        snprintf(name, sizeof name, "this_%s", units[g]);
        if (strcmp(op, name) == 0)
            return within(d, start, day_step(start, (enum day_group)g, 1));
        snprintf(name, sizeof name, "last_%s", units[g]);
        if (strcmp(op, name) == 0)
            return within(d, day_step(start, (enum day_group)g, -1), start);
    }
    fprintf(stderr, "the oracle does not know %s\n", op);
    abort();
}

static bool condition(const struct oracle_row *r, const char *field, const char *op,
                      const json_t *arg, int32_t today)
{
    const struct value v = get(r, field);

    if (strcmp(op, "is_missing") == 0)
        return v.missing;
    if (strcmp(op, "is_present") == 0)
        return !v.missing;
    if (strcmp(op, "ne") == 0)
        return v.missing || compare(&v, arg) != 0;
    if (strcmp(op, "not_in") == 0)
        return v.missing || !any_equal(&v, arg);
    if (v.missing)
        return false;
    if (v.kind == LIST)
        return list_holds(&v, op, arg);
    if (strcmp(op, "contains") == 0)
        return contains(v.text, json_string_value(arg));
    if (strcmp(op, "eq") == 0)
        return compare(&v, arg) == 0;
    if (strcmp(op, "in") == 0)
        return any_equal(&v, arg);
    if (strcmp(op, "gt") == 0)
        return compare(&v, arg) > 0;
    if (strcmp(op, "gte") == 0)
        return compare(&v, arg) >= 0;
    if (strcmp(op, "lt") == 0)
        return compare(&v, arg) < 0;
    if (strcmp(op, "lte") == 0)
        return compare(&v, arg) <= 0;
    if (strcmp(op, "between") == 0)
        return compare(&v, json_array_get(arg, 0)) >= 0 && compare(&v, json_array_get(arg, 1)) <= 0;
    return relative(v.number, op, arg, today);
}

static bool flat_member(const struct oracle_row *r, const char *key, const json_t *arg,
                        int32_t today)
{
    struct value v;

    if (json_is_null(arg) || (json_is_array(arg) && json_array_size(arg) == 0))
        return true;
    if (strcmp(key, "date_from") == 0)
        return condition(r, "meeting_date", "gte", arg, today);
    if (strcmp(key, "date_to") == 0)
        return condition(r, "meeting_date", "lte", arg, today);
    v = get(r, key);
    if (v.kind == LIST && json_is_string(arg))
        return has_item(v.list, arg);
    return condition(r, key,
                     v.kind == LIST       ? "contains_any"
                     : json_is_array(arg) ? "in"
                                          : "eq",
                     arg, today);
}

static bool flat(const struct oracle_row *r, const json_t *filter, int32_t today)
{
    const char *key;
    json_t *arg;

    json_object_foreach((json_t *)filter, key, arg)
    {
        if (!flat_member(r, key, arg, today))
            return false;
    }
    return true;
}

bool oracle_matches(const struct oracle_row *row, const json_t *filter, int32_t today)
{
    const json_t *and = json_object_get(filter, "and");
    const json_t * or = json_object_get(filter, "or");
    const json_t *not = json_object_get(filter, "not");
    const json_t *parts = and? and : or ;

    if (!filter || json_is_null(filter))
        return true;
    if (not )
        return !oracle_matches(row, not, today);
    if (parts) {
        for (size_t i = 0; i < json_array_size(parts); i++) {
            if (oracle_matches(row, json_array_get(parts, i), today) != (and != NULL))
                return and == NULL;
        }
        return and != NULL;
    }
    if (json_object_get(filter, "field"))
        return condition(row, json_string_value(json_object_get(filter, "field")),
                         json_string_value(json_object_get(filter, "op")),
                         json_object_get(filter, "value"), today);
    return flat(row, filter, today);
}

/* ---- charts --------------------------------------------------------------------------------------------------- */

/* All values of one group, to be aggregated at the end. */
struct bag {
    int64_t records;
    int64_t known;
    int64_t sum, min, max;
};

struct bagged {
    const char *key;
    int32_t day;
    struct bag bag;
    struct bag *series;
};

struct table {
    struct arena *a;
    struct bagged *rows;
    size_t n, room;
};

static void put(struct bag *b, const struct value *y)
{
    b->records++;
    if (!y || y->missing)
        return;
    b->min = b->known && b->min < y->number ? b->min : y->number;
    b->max = b->known && b->max > y->number ? b->max : y->number;
    b->sum += y->number;
    b->known++;
}

static struct oracle_value aggregate(const struct bag *b, const char *agg, bool of_records)
{
    struct oracle_value v = {.count = b->records, .known = b->known > 0};

    if (of_records)
        v = (struct oracle_value){.count = b->records, .known = true, .value = (double)b->records};
    else if (strcmp(agg, "count") == 0)
        v = (struct oracle_value){.count = b->records, .known = true, .value = (double)b->known};
    else if (!v.known)
        return v;
    else if (strcmp(agg, "sum") == 0)
        v.value = (double)b->sum;
    else if (strcmp(agg, "min") == 0)
        v.value = (double)b->min;
    else if (strcmp(agg, "max") == 0)
        v.value = (double)b->max;
    else /* avg, rate */
        v.value = (double)b->sum / (double)b->known;
    return v;
}

static struct bagged *row_for(struct table *t, const char *key, int32_t day, size_t series)
{
    for (size_t i = 0; i < t->n; i++) {
        if ((!key && !t->rows[i].key) ||
            (key && t->rows[i].key && strcmp(key, t->rows[i].key) == 0))
            return &t->rows[i];
    }
    if (t->n == t->room)
        abort();
    t->rows[t->n] = (struct bagged){
        .key = key, .day = day, .series = arena_zalloc(t->a, series, sizeof(struct bag))};
    return &t->rows[t->n++];
}

static const char *chart_text(const json_t *chart, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(chart, key));

    return s && *s ? s : otherwise;
}

static enum day_group group_of(const json_t *chart)
{
    enum day_group g = DAY_EACH;

    day_group_find(slice_cstr(chart_text(chart, "time_group", "day")), &g);
    return g;
}

/* The keys under which a row counts: one, or one for each different item. */
static int keys_of(struct arena *a, const struct value *v, enum day_group g,
                   const char *out[ORACLE_ITEMS], int32_t *day)
{
    char name[DAY_TEXT_BYTES];
    int n = 0;

    out[0] = NULL;
    if (v->missing)
        return 1;
    switch (v->kind) {
    case TRUTH: out[0] = v->number ? "true" : "false"; return 1;
    case TEXT: out[0] = v->text; return 1;
    case DAY:
        *day = day_start((int32_t)v->number, g);
        day_text(*day, g, name);
        out[0] = arena_strdup(a, name);
        return 1;
    case LIST:
        for (int i = 0; i < v->list->n; i++) {
            bool seen = false;

            for (int k = 0; k < n; k++)
                seen = seen || strcmp(out[k], v->list->items[i]) == 0;
            if (!seen)
                out[n++] = v->list->items[i];
        }
        return n;
    default: abort();
    }
}

static const char *label_of(const char *field, const char *key)
{
    const struct field *f = field_find(DATASET_MEETINGS, slice_cstr(field));
    const int code = key && f->option_count ? field_option_code(f, slice_cstr(key)) : 0;

    if (!key)
        return NULL;
    if (f->type == FIELD_BOOL)
        return strcmp(key, "true") == 0 ? "Sí" : "No";
    return code ? field_option(f, code)->labels[FIELD_ES] : key;
}

static struct arena *sort_arena;

static int by_label(const struct oracle_group *x, const struct oracle_group *y)
{
    struct slice a;
    struct slice b;
    int c;

    if (!x->label || !y->label)
        return (x->label == NULL) - (y->label == NULL);
    a = unicode_fold_text(sort_arena, slice_cstr(x->label));
    b = unicode_fold_text(sort_arena, slice_cstr(y->label));
    c = strcmp(arena_slicedup(sort_arena, a), arena_slicedup(sort_arena, b));
    return c ? c : strcmp(x->key, y->key);
}

static int by_value(const void *p, const void *q)
{
    const struct oracle_group *x = p;
    const struct oracle_group *y = q;

    if (x->all.known != y->all.known)
        return x->all.known ? -1 : 1;
    if (x->all.known && x->all.value != y->all.value)
        return x->all.value > y->all.value ? -1 : 1;
    return by_label(x, y);
}

static int by_count(const void *p, const void *q)
{
    const struct oracle_group *x = p;
    const struct oracle_group *y = q;

    if (x->all.count != y->all.count)
        return x->all.count > y->all.count ? -1 : 1;
    return by_label(x, y);
}

static int by_day(const void *p, const void *q)
{
    const struct oracle_group *x = p;
    const struct oracle_group *y = q;

    return (x->day > y->day) - (x->day < y->day);
}

/* Adds the groups of days between the first and the last that no row fell in. */
static void fill_days(struct arena *a, struct oracle_chart *c, enum day_group g,
                      const struct oracle_value *nothing)
{
    struct oracle_group *filled;
    size_t steps = 1;
    size_t next = 0;

    if (!c->point_count)
        return;
    qsort(c->points, c->point_count, sizeof *c->points, by_day);
    for (int32_t d = c->points[0].day; d != c->points[c->point_count - 1].day;
         d = day_step(d, g, 1))
        steps++;
    filled = arena_zalloc(a, steps, sizeof *filled);
    for (size_t i = 0; i < steps; i++) {
        const int32_t d = day_step(c->points[0].day, g, (int)i);
        char name[DAY_TEXT_BYTES];

        if (c->points[next].day == d) {
            filled[i] = c->points[next++];
            continue;
        }
        day_text(d, g, name);
        filled[i] = (struct oracle_group){.day = d, .all = *nothing};
        filled[i].key = filled[i].label = arena_strdup(a, name);
        filled[i].series = arena_zalloc(a, c->series_count + 1, sizeof *filled[i].series);
        for (size_t k = 0; k < c->series_count; k++)
            filled[i].series[k] = *nothing;
    }
    c->points = filled;
    c->point_count = steps;
}

struct job {
    const char *primary, *series, *measure, *agg;
    bool of_records;
    enum day_group group;
    struct table points, series_table;
    struct bag whole;
};

static void count_row(struct arena *a, struct job *j, const struct oracle_row *row,
                      struct oracle_chart *out)
{
    const struct value x = get(row, j->primary);
    const struct value y =
        get(row, j->of_records ? "closed" : j->measure); /* of records: not looked at */
    const char *keys[ORACLE_ITEMS];
    const char *series_key[ORACLE_ITEMS];
    int32_t day = 0;
    int32_t unused;
    const int n = keys_of(a, &x, j->group, keys, &day);

    out->records++;
    out->missing += x.missing;
    for (int i = 0; i < n; i++) {
        struct bagged *p = row_for(&j->points, keys[i], day, j->series_table.room);

        put(&p->bag, j->of_records ? NULL : &y);
        put(&j->whole, j->of_records ? NULL : &y);
        if (j->series) {
            const struct value s = get(row, j->series);
            struct bagged *of_series;

            keys_of(a, &s, DAY_EACH, series_key, &unused);
            of_series = row_for(&j->series_table, series_key[0], 0, 0);
            put(&of_series->bag, j->of_records ? NULL : &y);
            put(&p->series[of_series - j->series_table.rows], j->of_records ? NULL : &y);
        }
    }
}

void oracle_chart(struct arena *a, const struct oracle_row *rows, size_t n, const json_t *chart,
                  const json_t *filter, int32_t today, struct oracle_chart *out)
{
    const bool pie = strcmp(chart_text(chart, "chart_type", ""), "pie") == 0;
    struct job j = {
        .primary = pie ? chart_text(chart, "group_by", chart_text(chart, "x_axis", NULL))
                       : chart_text(chart, "x_axis", NULL),
        .series = pie ? NULL : chart_text(chart, "group_by", NULL),
        .measure = chart_text(chart, "y_axis", "count"),
        .agg = chart_text(chart, "aggregation", "count"),
        .group = group_of(chart),
    };
    const struct bag empty = {0};
    struct oracle_value nothing;

    sort_arena = a;
    *out = (struct oracle_chart){0};
    j.of_records = strcmp(j.measure, "count") == 0;
    j.points = (struct table){.a = a, .room = n * ORACLE_ITEMS + 1};
    j.points.rows = arena_zalloc(a, j.points.room, sizeof *j.points.rows);
    j.series_table = (struct table){.a = a, .room = 64};
    j.series_table.rows = arena_zalloc(a, j.series_table.room, sizeof *j.series_table.rows);
    for (size_t i = 0; i < n; i++) {
        if (oracle_matches(&rows[i], filter, today))
            count_row(a, &j, &rows[i], out);
    }
    nothing = aggregate(&empty, j.agg, j.of_records);
    out->total = aggregate(&j.whole, j.agg, j.of_records);

    out->series_count = j.series_table.n;
    out->series = arena_zalloc(a, out->series_count + 1, sizeof *out->series);
    for (size_t i = 0; i < out->series_count; i++) {
        const struct bagged *s = &j.series_table.rows[i];

        out->series[i] = (struct oracle_group){.key = s->key,
                                               .label = label_of(j.series, s->key),
                                               .day = (int32_t)i,
                                               .all = aggregate(&s->bag, j.agg, j.of_records)};
    }
    qsort(out->series, out->series_count, sizeof *out->series, by_count);

    out->point_count = j.points.n;
    out->points = arena_zalloc(a, out->point_count + 1, sizeof *out->points);
    for (size_t i = 0; i < out->point_count; i++) {
        const struct bagged *p = &j.points.rows[i];
        struct oracle_group *g = &out->points[i];

        *g = (struct oracle_group){.key = p->key,
                                   .label = label_of(j.primary, p->key),
                                   .day = p->day,
                                   .all = aggregate(&p->bag, j.agg, j.of_records)};
        g->series = arena_zalloc(a, out->series_count + 1, sizeof *g->series);
        for (size_t k = 0; k < out->series_count;
             k++) /* .day kept where the series stood before sorting */
            g->series[k] = aggregate(&p->series[out->series[k].day], j.agg, j.of_records);
    }
    if (field_find(DATASET_MEETINGS, slice_cstr(j.primary))->type == FIELD_DATE)
        fill_days(a, out, j.group, &nothing);
    else
        qsort(out->points, out->point_count, sizeof *out->points, by_value);
}

/* SPDX-License-Identifier: MIT */
#include "core/fields/field.h"

#include <string.h>

#include "core/base/unicode.h"

static const char *const type_names[FIELD_TYPE_COUNT] = {
    [FIELD_INT] = "int",
    [FIELD_BOOL] = "bool",
    [FIELD_STRING] = "string",
    [FIELD_TEXT_CODE] = "string", /* how it is kept is nobody's business */
    [FIELD_OPEN_STRING] = "string",
    [FIELD_DATE] = "date",
    [FIELD_CLOSED_ARRAY] = "closed_array",
    [FIELD_OPEN_ARRAY] = "open_array",
    [FIELD_TEXT] = "text",
    [FIELD_EMBEDDING] = "embedding",
};

static const char *const op_names[OP_COUNT] = {
    [OP_EQ] = "eq",
    [OP_NE] = "ne",
    [OP_IN] = "in",
    [OP_NOT_IN] = "not_in",
    [OP_GT] = "gt",
    [OP_GTE] = "gte",
    [OP_LT] = "lt",
    [OP_LTE] = "lte",
    [OP_BETWEEN] = "between",
    [OP_CONTAINS] = "contains",
    [OP_CONTAINS_ANY] = "contains_any",
    [OP_CONTAINS_ALL] = "contains_all",
    [OP_IS_MISSING] = "is_missing",
    [OP_IS_PRESENT] = "is_present",
    [OP_LAST_DAYS] = "last_days",
    [OP_NEXT_DAYS] = "next_days",
    [OP_TODAY] = "today",
    [OP_YESTERDAY] = "yesterday",
    [OP_THIS_WEEK] = "this_week",
    [OP_LAST_WEEK] = "last_week",
    [OP_THIS_MONTH] = "this_month",
    [OP_LAST_MONTH] = "last_month",
    [OP_THIS_QUARTER] = "this_quarter",
    [OP_LAST_QUARTER] = "last_quarter",
    [OP_THIS_YEAR] = "this_year",
    [OP_LAST_YEAR] = "last_year",
};

static const char *const agg_names[AGGS] = {
    [AGG_COUNT] = "count", [AGG_SUM] = "sum", [AGG_AVG] = "avg",
    [AGG_MIN] = "min",     [AGG_MAX] = "max", [AGG_RATE] = "rate",
};

static const char *const slot_names[SLOT_COUNT] = {
    [SLOT_PIE_GROUP_BY] = "pie.group_by",
    [SLOT_PIE_Y_AXIS] = "pie.y_axis",
    [SLOT_BAR_X_AXIS] = "bar.x_axis",
    [SLOT_BAR_Y_AXIS] = "bar.y_axis",
    [SLOT_BAR_GROUP_BY] = "bar.group_by",
    [SLOT_LINE_X_AXIS] = "line.x_axis",
    [SLOT_LINE_Y_AXIS] = "line.y_axis",
    [SLOT_LINE_GROUP_BY] = "line.group_by",
    [SLOT_AREA_X_AXIS] = "area.x_axis",
    [SLOT_AREA_Y_AXIS] = "area.y_axis",
    [SLOT_AREA_GROUP_BY] = "area.group_by",
    [SLOT_WORDCLOUD_X_AXIS] = "wordcloud.x_axis",
    [SLOT_WORDCLOUD_GROUP_BY] = "wordcloud.group_by",
    [SLOT_VECTOR_CLUSTER_X_AXIS] = "vector_cluster.x_axis",
    [SLOT_VECTOR_CLUSTER_LABEL_FIELD] = "vector_cluster.label_field",
};

static const char *const language_names[FIELD_LANGUAGES] = {[FIELD_ES] = "es", [FIELD_EN] = "en"};

static bool has_name(const struct field *f, struct slice name)
{
    if (slice_is(name, f->name))
        return true;
    for (const char *const *a = f->aliases; a && *a; a++) {
        if (slice_is(name, *a))
            return true;
    }
    return false;
}

const struct field *field_find(enum dataset dataset, struct slice name)
{
    size_t n;
    const struct field *f = fields_all(dataset, &n);

    for (size_t i = 0; i < n; i++) {
        if (has_name(&f[i], name))
            return &f[i];
    }
    return NULL;
}

bool dataset_find(struct slice name, enum dataset *out)
{
    for (int i = 0; i < DATASET_COUNT; i++) {
        if (slice_is(name, datasets[i].name)) {
            *out = (enum dataset)i;
            return true;
        }
    }
    return false;
}

/* The next folded code point at *at, combining marks skipped; 0 at the end. */
static uint32_t next_folded(struct slice s, size_t *at)
{
    uint32_t cp = 0;

    while (*at < s.n && cp == 0) {
        unsigned used;

        cp = unicode_fold(utf8_decode(s, *at, &used));
        *at += used;
    }
    return cp;
}

static bool same_folded(struct slice a, struct slice b)
{
    size_t i = 0;
    size_t k = 0;
    uint32_t x;

    do {
        x = next_folded(a, &i);
        if (x != next_folded(b, &k))
            return false;
    } while (x != 0);
    return true;
}

int field_option_code(const struct field *f, struct slice value)
{
    if (value.n == 0)
        return 0;
    for (int i = 0; i < f->option_count; i++) {
        if (same_folded(slice_cstr(f->options[i].value), value))
            return i + 1;
    }
    return 0;
}

const struct field_option *field_option(const struct field *f, int code)
{
    return code >= 1 && code <= f->option_count ? &f->options[code - 1] : NULL;
}

enum field_language field_language(const char *code)
{
    return code && strcmp(code, "es") == 0 ? FIELD_ES : FIELD_EN;
}

const char *field_type_name(enum field_type type)
{
    return type_names[type];
}

const char *field_op_name(enum field_op op)
{
    return op_names[op];
}

const char *field_agg_name(enum field_agg agg)
{
    return agg_names[agg];
}

const char *field_slot_name(enum field_slot slot)
{
    return slot_names[slot];
}

static int name_index(const char *const *names, int n, struct slice name)
{
    for (int i = 0; i < n; i++) {
        if (slice_is(name, names[i]))
            return i;
    }
    return -1;
}

bool field_op_find(struct slice name, enum field_op *out)
{
    const int i = name_index(op_names, OP_COUNT, name);

    if (i < 0)
        return false;
    *out = (enum field_op)i;
    return true;
}

bool field_agg_find(struct slice name, enum field_agg *out)
{
    const int i = name_index(agg_names, AGGS, name);

    if (i < 0)
        return false;
    *out = (enum field_agg)i;
    return true;
}

static void put_labels(struct jw *w, const char *const labels[FIELD_LANGUAGES])
{
    jw_key(w, "labels");
    jw_object(w);
    for (int i = 0; i < FIELD_LANGUAGES; i++)
        jw_kstr(w, language_names[i], labels[i]);
    jw_end(w);
}

static void put_names(struct jw *w, const char *key, uint32_t mask, const char *const *names, int n)
{
    jw_key(w, key);
    jw_array(w);
    for (int i = 0; i < n; i++) {
        if ((mask >> i) & 1)
            jw_str(w, names[i]);
    }
    jw_end(w);
}

static void put_field(struct jw *w, const struct field *f)
{
    jw_object(w);
    jw_kstr(w, "name", f->name);
    jw_kstr(w, "dataset", datasets[f->dataset].name);
    jw_kstr(w, "type", field_type_name(f->type));
    put_labels(w, f->labels);
    jw_key(w, "options");
    jw_array(w);
    for (int i = 0; i < f->option_count; i++) {
        jw_object(w);
        jw_kstr(w, "value", f->options[i].value);
        put_labels(w, f->options[i].labels);
        jw_end(w);
    }
    jw_end(w);
    put_names(w, "operators", f->operators, op_names, OP_COUNT);
    put_names(w, "aggregations", f->aggregations, agg_names, AGGS);
    put_names(w, "slots", f->slots, slot_names, SLOT_COUNT);
    jw_end(w);
}

void fields_to_json(struct jw *out)
{
    jw_object(out);
    jw_key(out, "fields");
    jw_array(out);
    for (int d = 0; d < DATASET_COUNT; d++) {
        size_t n;
        const struct field *f = fields_all((enum dataset)d, &n);

        for (size_t i = 0; i < n; i++)
            put_field(out, &f[i]);
    }
    jw_end(out);
    jw_end(out);
}

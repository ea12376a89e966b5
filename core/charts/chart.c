/* SPDX-License-Identifier: MIT */
#include "core/charts/chart.h"

#include <stdio.h>
#include <string.h>

#define BIT(x) (1u << (x))

#define NO_SLOT SLOT_COUNT

/* What each type can show. A type without its computation is known by name and refused. */
static const struct chart_kind {
    const char *name;
    bool computed;
    bool primary_is_group; /* its points are of group_by, not of x_axis */
    enum field_slot primary;
    enum field_slot measure;
    enum field_slot series; /* NO_SLOT: group_by makes no series */
    uint32_t aggregations;
} kinds[CHART_TYPES] = {
    [CHART_PIE] = {"pie", true, true, SLOT_PIE_GROUP_BY, SLOT_PIE_Y_AXIS, NO_SLOT,
                   BIT(AGG_COUNT) | BIT(AGG_SUM) | BIT(AGG_AVG) | BIT(AGG_RATE)},
    [CHART_BAR] = {"bar", true, false, SLOT_BAR_X_AXIS, SLOT_BAR_Y_AXIS, SLOT_BAR_GROUP_BY,
                   BIT(AGGS) - 1},
    [CHART_LINE] = {"line", false, false, SLOT_LINE_X_AXIS, SLOT_LINE_Y_AXIS, SLOT_LINE_GROUP_BY,
                    BIT(AGGS) - 1},
    [CHART_AREA] = {"area", false, false, SLOT_AREA_X_AXIS, SLOT_AREA_Y_AXIS, SLOT_AREA_GROUP_BY,
                    BIT(AGGS) - 1},
    [CHART_WORDCLOUD] = {"wordcloud", false, false, SLOT_WORDCLOUD_X_AXIS, NO_SLOT,
                         SLOT_WORDCLOUD_GROUP_BY, BIT(AGG_COUNT)},
    [CHART_VECTOR_CLUSTER] = {"vector_cluster", false, false, SLOT_VECTOR_CLUSTER_X_AXIS, NO_SLOT,
                              NO_SLOT, BIT(AGG_COUNT)},
};

enum key {
    KEY_TYPE,
    KEY_X,
    KEY_Y,
    KEY_GROUP,
    KEY_AGGREGATION,
    KEY_TIME,
    KEY_CUMULATIVE,
    KEYS_READ,
    KEY_IGNORED = KEYS_READ
};

/* Every key that a chart may have: read here, or of no concern to its numbers. */
static const struct {
    const char *name;
    enum key key;
} keys[] = {
    {"chart_type", KEY_TYPE},   {"chartType", KEY_TYPE},     {"x_axis", KEY_X},
    {"xAxis", KEY_X},           {"y_axis", KEY_Y},           {"yAxis", KEY_Y},
    {"group_by", KEY_GROUP},    {"groupBy", KEY_GROUP},      {"aggregation", KEY_AGGREGATION},
    {"time_group", KEY_TIME},   {"timeGroup", KEY_TIME},     {"cumulative", KEY_CUMULATIVE},
    {"id", KEY_IGNORED},        {"name", KEY_IGNORED},       {"description", KEY_IGNORED},
    {"colors", KEY_IGNORED},    {"k_clusters", KEY_IGNORED}, {"label_field", KEY_IGNORED},
    {"text_mode", KEY_IGNORED}, {"view_id", KEY_IGNORED},    {"position", KEY_IGNORED},
    {"width", KEY_IGNORED},     {"created_at", KEY_IGNORED}, {"updated_at", KEY_IGNORED},
};

struct reader {
    struct ctx *cx;
    const char *path;
    const struct chart_kind *kind;
    const json_t *values[KEYS_READ];
};

static const char *const slot_keys[KEYS_READ] = {
    [KEY_TYPE] = "chart_type",
    [KEY_X] = "x_axis",
    [KEY_Y] = "y_axis",
    [KEY_GROUP] = "group_by",
    [KEY_AGGREGATION] = "aggregation",
    [KEY_TIME] = "time_group",
    [KEY_CUMULATIVE] = "cumulative",
};

static int fail(const struct reader *r, enum key key, const char *reason, const char *message)
{
    char path[96];

    snprintf(path, sizeof path, "%s.%s", r->path, slot_keys[key]);
    ctx_fail(r->cx, ERR_INVALID, reason, path, "%s", message);
    return -1;
}

static int collect(struct reader *r, const json_t *json)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)json, name, v)
    {
        size_t i = 0;

        while (i < sizeof keys / sizeof *keys && strcmp(keys[i].name, name) != 0)
            i++;
        if (i == sizeof keys / sizeof *keys) {
            char path[96];

            snprintf(path, sizeof path, "%s.%.40s", r->path, name);
            return ctx_fail(r->cx, ERR_INVALID, "chart_invalid", path, "a chart has no such key");
        }
        if (keys[i].key != KEY_IGNORED && !json_is_null(v))
            r->values[keys[i].key] = v;
    }
    return 0;
}

/* The text of a key; *out is NULL when it is absent or "". */
static int text_of(const struct reader *r, enum key key, const char **out)
{
    const json_t *v = r->values[key];

    *out = NULL;
    if (!v)
        return 0;
    if (!json_is_string(v))
        return fail(r, key, "chart_invalid", "this is a text");
    if (json_string_length(v) > 0)
        *out = json_string_value(v);
    return 0;
}

/* Type words of the fields that fit, for the client's message: {"slot":"bar.x_axis","fits":["string","date"]}. */
static void params_fitting(const struct reader *r, enum dataset dataset, enum field_slot slot,
                           const struct field *f)
{
    SCOPED(sb_done) struct sb text = {0};
    uint32_t seen = 0;
    size_t n;
    const struct field *all = fields_all(dataset, &n);
    struct jw w;

    sb_init(&text, sizeof r->cx->err.params);
    jw_init(&w, &text);
    jw_object(&w);
    jw_kstr(&w, "slot", field_slot_name(slot));
    if (f)
        jw_kstr(&w, "field", f->name);
    jw_key(&w, "fits");
    jw_array(&w);
    for (size_t i = 0; i < n; i++) {
        enum field_type type = all[i].type;

        if (type == FIELD_TEXT_CODE || type == FIELD_OPEN_STRING)
            type = FIELD_STRING; /* one word for clients */
        if (!field_fits(&all[i], slot) || (seen & BIT(type)))
            continue;
        seen |= BIT(type);
        jw_str(&w, field_type_name(type));
    }
    jw_end(&w);
    jw_end(&w);
    err_params(&r->cx->err, "%s", sb_text(&text));
}

static int field_of(const struct reader *r, enum key key, enum dataset dataset,
                    enum field_slot slot, const char *name, const struct field **out)
{
    const struct field *f = field_find(dataset, slice_cstr(name));

    if (!f) {
        fail(r, key, "unknown_field", "there is no such field");
        params_fitting(r, dataset, slot, NULL);
        return -1;
    }
    if (slot == NO_SLOT || !field_fits(f, slot)) {
        fail(r, key, "incompatible_field", "this field does not fit here");
        if (slot != NO_SLOT)
            params_fitting(r, dataset, slot, f);
        return -1;
    }
    *out = f;
    return 0;
}

static int read_type(struct reader *r, struct chart_spec *out)
{
    const char *name;

    if (text_of(r, KEY_TYPE, &name) < 0)
        return -1;
    if (!name)
        return fail(r, KEY_TYPE, "missing_required_field", "a chart has a type");
    for (int i = 0; i < CHART_TYPES; i++) {
        if (strcmp(kinds[i].name, name) != 0)
            continue;
        if (!kinds[i].computed)
            return fail(r, KEY_TYPE, "chart_type_unsupported",
                        "charts of this type are not computed yet");
        out->type = (enum chart_type)i;
        r->kind = &kinds[i];
        return 0;
    }
    return fail(r, KEY_TYPE, "chart_type_unknown", "there is no such chart type");
}

static int read_fields(const struct reader *r, struct chart_spec *out)
{
    const struct chart_kind *k = r->kind;
    enum key primary_key = k->primary_is_group ? KEY_GROUP : KEY_X;
    const char *x;
    const char *y;
    const char *group;

    if (text_of(r, KEY_X, &x) < 0 || text_of(r, KEY_Y, &y) < 0 || text_of(r, KEY_GROUP, &group) < 0)
        return -1;
    if (k->primary_is_group) {
        if (!group)
            primary_key = KEY_X;
        x = group ? group : x;
        group = NULL;
    }
    if (!x) {
        fail(r, k->primary_is_group ? KEY_GROUP : KEY_X, "missing_required_field",
             "the chart needs a field here");
        params_fitting(r, out->dataset, k->primary, NULL);
        return -1;
    }
    if (field_of(r, primary_key, out->dataset, k->primary, x, &out->primary) < 0 ||
        field_of(r, KEY_Y, out->dataset, k->measure, y ? y : "count", &out->measure) < 0)
        return -1;
    return group ? field_of(r, KEY_GROUP, out->dataset, k->series, group, &out->series) : 0;
}

static int read_aggregation(const struct reader *r, struct chart_spec *out)
{
    const char *name;
    enum field_agg agg;

    if (text_of(r, KEY_AGGREGATION, &name) < 0)
        return -1;
    if (!field_agg_find(slice_cstr(name ? name : "count"), &agg))
        return fail(r, KEY_AGGREGATION, "invalid_aggregation", "there is no such aggregation");
    if (!(r->kind->aggregations & BIT(agg)) || !field_aggregates(out->measure, agg)) {
        fail(r, KEY_AGGREGATION, "incompatible_aggregation",
             "this chart does not aggregate that field so");
        return err_params(&r->cx->err, "{\"field\":\"%s\",\"aggregation\":\"%s\"}",
                          out->measure->name, field_agg_name(agg));
    }
    out->aggregation = agg;
    return 0;
}

static int read_time_group(const struct reader *r, struct chart_spec *out)
{
    const char *name;

    if (text_of(r, KEY_TIME, &name) < 0)
        return -1;
    out->time_group = DAY_EACH;
    if (name && !day_group_find(slice_cstr(name), &out->time_group)) {
        fail(r, KEY_TIME, "invalid_time_group", "there is no such group of days");
        return err_params(&r->cx->err,
                          "{\"fits\":[\"day\",\"week\",\"month\",\"quarter\",\"year\"]}");
    }
    return 0;
}

int chart_parse(struct ctx *cx, const json_t *json, const char *path, struct chart_spec *out)
{
    struct reader r = {.cx = cx, .path = path};
    struct chart_spec spec = {.dataset = DATASET_MEETINGS};

    if (!json || json_is_null(json))
        return ctx_fail(cx, ERR_INVALID, "missing_required_field", path, "a chart is needed");
    if (!json_is_object(json))
        return ctx_fail(cx, ERR_INVALID, "chart_invalid", path, "a chart is an object");
    if (collect(&r, json) < 0 || read_type(&r, &spec) < 0 || read_fields(&r, &spec) < 0 ||
        read_aggregation(&r, &spec) < 0 || read_time_group(&r, &spec) < 0)
        return -1;
    if (json_is_true(r.values[KEY_CUMULATIVE]))
        return fail(&r, KEY_CUMULATIVE, "option_unsupported",
                    "running totals are not computed yet");
    *out = spec;
    return 0;
}

const char *chart_type_name(enum chart_type type)
{
    return kinds[type].name;
}

/* SPDX-License-Identifier: MIT */
/* Reading filters. Their SQL is in filter_sql.c. */
#include "core/charts/filter.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/fields/day.h"

/* What `value` of an operator must be. */
enum shape { SHAPE_NONE, SHAPE_ONE, SHAPE_PAIR, SHAPE_LIST, SHAPE_DAYS, SHAPE_WORDS };

static const enum shape shapes[OP_COUNT] = {
    [OP_EQ] = SHAPE_ONE,
    [OP_NE] = SHAPE_ONE,
    [OP_IN] = SHAPE_LIST,
    [OP_NOT_IN] = SHAPE_LIST,
    [OP_GT] = SHAPE_ONE,
    [OP_GTE] = SHAPE_ONE,
    [OP_LT] = SHAPE_ONE,
    [OP_LTE] = SHAPE_ONE,
    [OP_BETWEEN] = SHAPE_PAIR,
    [OP_CONTAINS] = SHAPE_WORDS,
    [OP_CONTAINS_ANY] = SHAPE_LIST,
    [OP_CONTAINS_ALL] = SHAPE_LIST,
    [OP_LAST_DAYS] = SHAPE_DAYS,
    [OP_NEXT_DAYS] = SHAPE_DAYS,
    /* all others: SHAPE_NONE */
};

/* Where in the JSON the parser stands. Long enough for the deepest tree; cut, never overrun, if it were not. */
struct path {
    char text[160];
    size_t n;
};

struct parser {
    struct ctx *cx;
    enum dataset dataset;
    struct path at;
    size_t conditions;
};

static size_t enter(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static size_t enter(struct parser *p, const char *fmt, ...)
{
    const size_t before = p->at.n;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(p->at.text + before, sizeof p->at.text - before, fmt, ap);
    va_end(ap);
    if (n > 0)
        p->at.n =
            before + (size_t)n < sizeof p->at.text ? before + (size_t)n : sizeof p->at.text - 1;
    return before;
}

static void leave(struct parser *p, size_t before)
{
    p->at.n = before;
    p->at.text[before] = '\0';
}

#define FAIL(p, reason, ...) ctx_fail((p)->cx, ERR_INVALID, (reason), (p)->at.text, __VA_ARGS__)

/* {"field":...,"op":...} so that the client can say it in its own words. */
static int fail_operator(struct parser *p, const char *reason, const struct field *f,
                         const char *op)
{
    FAIL(p, reason, "the field %s has no operator %.40s", f->name, op);
    if (strlen(op) <= 40 && strspn(op, "abcdefghijklmnopqrstuvwxyz_") == strlen(op))
        err_params(&p->cx->err, "{\"field\":\"%s\",\"op\":\"%s\"}", f->name, op);
    else
        err_params(&p->cx->err, "{\"field\":\"%s\"}", f->name);
    return -1;
}

static int fail_value(struct parser *p, const struct field *f, const char *wanted)
{
    FAIL(p, "value_invalid", "the field %s takes %s here", f->name, wanted);
    return err_params(&p->cx->err, "{\"field\":\"%s\",\"type\":\"%s\"}", f->name,
                      field_type_name(f->type));
}

static struct slice string_of(const json_t *v)
{
    return (struct slice){json_string_value(v), json_string_length(v)};
}

static int read_text(struct parser *p, const struct field *f, const json_t *v,
                     struct filter_value *out)
{
    const struct slice s = string_of(v);

    if (!json_is_string(v) || s.n == 0)
        return fail_value(p, f, "a text");
    if (utf8_count(s) > FILTER_TEXT_CHARS)
        return fail_value(p, f, "a shorter text");
    out->text = (struct slice){arena_slicedup(p->cx->arena, s), s.n};
    return 0;
}

static int read_option(struct parser *p, const struct field *f, const json_t *v,
                       struct filter_value *out)
{
    const struct slice s = string_of(v);

    if (!json_is_string(v))
        return fail_value(p, f, "the name of an option");
    out->number = field_option_code(f, s);
    if (out->number > 0)
        return 0;
    FAIL(p, "value_unknown", "the field %s has no such option", f->name);
    return err_params(&p->cx->err, "{\"field\":\"%s\"}", f->name);
}

static int read_value(struct parser *p, const struct field *f, const json_t *v,
                      struct filter_value *out)
{
    int32_t day;

    *out = (struct filter_value){0};
    switch (f->type) {
    case FIELD_INT:
        if (!json_is_integer(v))
            return fail_value(p, f, "a whole number");
        out->number = json_integer_value(v);
        return 0;
    case FIELD_BOOL:
        if (!json_is_boolean(v))
            return fail_value(p, f, "true or false");
        out->number = json_is_true(v);
        return 0;
    case FIELD_DATE:
        if (!json_is_string(v) || !day_parse(string_of(v), &day))
            return fail_value(p, f, "a date, YYYY-MM-DD");
        out->number = day;
        return read_text(p, f, v, out);
    case FIELD_STRING:
    case FIELD_CLOSED_ARRAY: return read_option(p, f, v, out);
    case FIELD_TEXT_CODE:
    case FIELD_OPEN_STRING:
    case FIELD_OPEN_ARRAY:
    case FIELD_TEXT: return read_text(p, f, v, out);
    case FIELD_EMBEDDING:
    case FIELD_TYPE_COUNT: break;
    }
    return fail_value(p, f, "no value");
}

static int read_list(struct parser *p, const struct field *f, const json_t *v, struct filter *out)
{
    const size_t n = json_array_size(v);
    struct filter_value *values;

    if (!json_is_array(v) || n == 0)
        return fail_value(p, f, "a list of values");
    if (n > LIMIT_FILTER_VALUES) {
        FAIL(p, "filter_too_large", "at most %d values in one condition", LIMIT_FILTER_VALUES);
        return err_params(&p->cx->err, "{\"max\":%d}", LIMIT_FILTER_VALUES);
    }
    values = arena_zalloc(p->cx->arena, n, sizeof *values);
    for (size_t i = 0; i < n; i++) {
        const size_t mark = enter(p, "[%zu]", i);

        if (read_value(p, f, json_array_get(v, i), &values[i]) < 0)
            return -1;
        leave(p, mark);
    }
    out->values = values;
    out->value_count = n;
    return 0;
}

static int read_pair(struct parser *p, const struct field *f, const json_t *v, struct filter *out)
{
    const struct filter_value *ends;

    if (json_array_size(v) != 2)
        return fail_value(p, f, "a list of two values, from and to");
    if (read_list(p, f, v, out) < 0)
        return -1;
    ends = out->values;
    if (ends[0].number > ends[1].number)
        return fail_value(p, f, "from before to");
    return 0;
}

static int read_days(struct parser *p, const struct field *f, const json_t *v, struct filter *out)
{
    struct filter_value *one = arena_zalloc(p->cx->arena, 1, sizeof *one);

    one->number = json_integer_value(v);
    if (!json_is_integer(v) || one->number < 1 || one->number > FILTER_DAYS)
        return fail_value(p, f, "a number of days");
    out->values = one;
    out->value_count = 1;
    return 0;
}

static int read_one(struct parser *p, const struct field *f, const json_t *v, struct filter *out)
{
    struct filter_value *one = arena_zalloc(p->cx->arena, 1, sizeof *one);

    if (read_value(p, f, v, one) < 0)
        return -1;
    out->values = one;
    out->value_count = 1;
    return 0;
}

static int read_shape(struct parser *p, const struct field *f, enum shape shape, const json_t *v,
                      struct filter *out)
{
    switch (shape) {
    case SHAPE_NONE:
        /* true is accepted: forms send it for operators that need no value */
        return !v || json_is_null(v) || json_is_true(v) ? 0 : fail_value(p, f, "no value");
    case SHAPE_ONE:
    case SHAPE_WORDS: return read_one(p, f, v, out);
    case SHAPE_PAIR: return read_pair(p, f, v, out);
    case SHAPE_LIST: return read_list(p, f, v, out);
    case SHAPE_DAYS: return read_days(p, f, v, out);
    }
    return fail_value(p, f, "another value");
}

static struct filter *new_node(struct parser *p, enum filter_kind kind, size_t parts)
{
    struct filter *f = arena_zalloc(p->cx->arena, 1, sizeof *f);

    f->kind = kind;
    if (parts)
        f->parts = arena_zalloc(p->cx->arena, parts, sizeof *f->parts);
    return f;
}

/* A checked condition; the path stands at its value. */
static int new_condition(struct parser *p, const struct field *field, enum field_op op,
                         const json_t *value, const struct filter **out)
{
    struct filter *f;

    if (++p->conditions > LIMIT_FILTER_CONDITIONS) {
        FAIL(p, "filter_too_large", "at most %d conditions", LIMIT_FILTER_CONDITIONS);
        return err_params(&p->cx->err, "{\"max\":%d}", LIMIT_FILTER_CONDITIONS);
    }
    f = new_node(p, FILTER_CONDITION, 0);
    f->field = field;
    f->op = op;
    if (read_shape(p, field, shapes[op], value, f) < 0)
        return -1;
    *out = f;
    return 0;
}

static int fail_field(struct parser *p)
{
    return FAIL(p, "field_unknown", "there is no such field");
}

static int read_condition(struct parser *p, const json_t *v, const struct filter **out)
{
    const char *const name = json_str(v, "field");
    const char *const op_name = json_str(v, "op");
    const json_t *const value = json_object_get(v, "value");
    const size_t known = (name ? 1u : 0u) + (op_name ? 1u : 0u) + (value ? 1u : 0u);
    const struct field *field;
    enum field_op op;
    size_t mark;

    mark = enter(p, ".field");
    field = name ? field_find(p->dataset, slice_cstr(name)) : NULL;
    if (!field)
        return fail_field(p);
    leave(p, mark);

    mark = enter(p, ".op");
    if (!op_name || !field_op_find(slice_cstr(op_name), &op))
        return fail_operator(p, "operator_unknown", field, op_name ? op_name : "");
    if (!field_takes(field, op))
        return fail_operator(p, "operator_incompatible", field, op_name);
    leave(p, mark);

    if (json_object_size(v) != known)
        return FAIL(p, "filter_invalid", "a condition has field, op and value, nothing else");
    mark = enter(p, ".value");
    if (new_condition(p, field, op, value, out) < 0)
        return -1;
    leave(p, mark);
    return 0;
}

static int read_node(struct parser *p, const json_t *v, size_t depth, const struct filter **out);

static int read_group(struct parser *p, enum filter_kind kind, const char *key, const json_t *list,
                      size_t depth, const struct filter **out)
{
    const size_t mark = enter(p, ".%s", key);
    const size_t n = json_array_size(list);
    struct filter *f;

    if (!json_is_array(list))
        return FAIL(p, "filter_invalid", "%s takes a list of filters", key);
    if (kind == FILTER_OR && n == 0)
        return FAIL(p, "filter_invalid",
                    "or takes at least one filter"); /* all or nothing? the client must say */
    if (n > LIMIT_FILTER_CONDITIONS) {
        FAIL(p, "filter_too_large", "at most %d filters in one list", LIMIT_FILTER_CONDITIONS);
        return err_params(&p->cx->err, "{\"max\":%d}", LIMIT_FILTER_CONDITIONS);
    }
    f = new_node(p, kind, n);
    for (size_t i = 0; i < n; i++) {
        const size_t item = enter(p, "[%zu]", i);

        if (read_node(p, json_array_get(list, i), depth + 1, &f->parts[f->part_count++]) < 0)
            return -1;
        leave(p, item);
    }
    leave(p, mark);
    *out = f;
    return 0;
}

static int read_not(struct parser *p, const json_t *inner, size_t depth, const struct filter **out)
{
    const size_t mark = enter(p, ".not");
    struct filter *f = new_node(p, FILTER_NOT, 1);

    f->part_count = 1;
    if (read_node(p, inner, depth + 1, &f->parts[0]) < 0)
        return -1;
    leave(p, mark);
    *out = f;
    return 0;
}

/* Nothing was chosen in the form that wrote this key. */
static bool flat_empty(const json_t *v)
{
    return json_is_null(v) || (json_is_string(v) && json_string_length(v) == 0) ||
           (json_is_array(v) && json_array_size(v) == 0);
}

/* The operator that a flat key means, by the type of its field and whether it has a list. */
static bool flat_op(const struct field *f, bool list, enum field_op *out)
{
    switch (f->type) {
    case FIELD_CLOSED_ARRAY:
    case FIELD_OPEN_ARRAY: *out = OP_CONTAINS_ANY; return true;
    case FIELD_TEXT: *out = OP_CONTAINS; return true;
    default: *out = list ? OP_IN : OP_EQ; return field_takes(f, *out);
    }
}

struct flat_list {
    struct filter *all; /* FILTER_AND with room for what may come */
    size_t room;
};

static int flat_condition(struct parser *p, const struct field *f, enum field_op op,
                          const json_t *v, struct flat_list *out)
{
    const struct filter *c;

    if (out->all->part_count == out->room)
        return FAIL(p, "filter_too_large", "at most %d conditions", LIMIT_FILTER_CONDITIONS);
    if (new_condition(p, f, op, v, &c) < 0)
        return -1;
    out->all->parts[out->all->part_count++] = c;
    return 0;
}

static int flat_field(struct parser *p, const struct field *f, const json_t *v,
                      struct flat_list *out)
{
    json_t *one = NULL;
    enum field_op op;
    int rc;

    if (!flat_op(f, json_is_array(v), &op))
        return fail_operator(p, "operator_incompatible", f, json_is_array(v) ? "in" : "eq");
    if (shapes[op] != SHAPE_LIST || json_is_array(v))
        return flat_condition(p, f, op, v, out);
    /* one value where the operator wants a list */
    one = json_pack("[O]", v);
    rc = one ? flat_condition(p, f, op, one, out)
             : FAIL(p, "filter_invalid", "a value that cannot be read");
    json_decref(one);
    return rc;
}

/* date_from and date_to bound the dataset's own day, both included. */
static const struct {
    const char *key;
    enum field_op op;
} flat_dates[] = {
    {"date_from", OP_GTE},
    {"dateFrom", OP_GTE},
    {"date_to", OP_LTE},
    {"dateTo", OP_LTE},
};

static bool flat_date(const char *key, enum field_op *op)
{
    for (size_t i = 0; i < sizeof flat_dates / sizeof *flat_dates; i++) {
        if (strcmp(key, flat_dates[i].key) == 0) {
            *op = flat_dates[i].op;
            return true;
        }
    }
    return false;
}

/* `prefix` is "requirements." inside the nested object of that name, else "". */
static int flat_members(struct parser *p, const json_t *object, const char *prefix,
                        struct flat_list *out)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)object, key, v)
    {
        const size_t mark = enter(p, ".%.48s", key);
        const struct field *f;
        enum field_op op;
        char name[96];
        int rc;

        snprintf(name, sizeof name, "%s%s", prefix, key);
        if (!*prefix && strcmp(key, "requirements") == 0 && json_is_object(v)) {
            rc = flat_members(p, v, "requirements.", out);
        } else if (!*prefix && flat_date(key, &op)) {
            f = field_find(p->dataset, slice_cstr("meeting_date"));
            rc = !f ? fail_field(p) : flat_empty(v) ? 0 : flat_condition(p, f, op, v, out);
        } else {
            f = strlen(prefix) + strlen(key) < sizeof name
                    ? field_find(p->dataset, slice_cstr(name))
                    : NULL;
            rc = !f ? fail_field(p) : flat_empty(v) ? 0 : flat_field(p, f, v, out);
        }
        if (rc < 0)
            return -1;
        leave(p, mark);
    }
    return 0;
}

static int read_flat(struct parser *p, const json_t *v, const struct filter **out)
{
    struct flat_list list = {.room = LIMIT_FILTER_CONDITIONS};

    list.all = new_node(p, FILTER_AND, list.room);
    if (flat_members(p, v, "", &list) < 0)
        return -1;
    *out = list.all;
    return 0;
}

static int read_node(struct parser *p, const json_t *v, size_t depth, const struct filter **out)
{
    const json_t *inner;

    if (!json_is_object(v))
        return FAIL(p, "filter_invalid", "a filter is an object");
    if (depth > LIMIT_FILTER_DEPTH) {
        FAIL(p, "filter_too_deep", "filters nest at most %d deep", LIMIT_FILTER_DEPTH);
        return err_params(&p->cx->err, "{\"max\":%d}", LIMIT_FILTER_DEPTH);
    }
    if (json_object_get(v, "field") || json_object_get(v, "op"))
        return read_condition(p, v, out);
    if (!json_object_get(v, "and") && !json_object_get(v, "or") && !json_object_get(v, "not"))
        return read_flat(p, v, out);
    if (json_object_size(v) != 1)
        return FAIL(p, "filter_invalid", "and, or and not stand alone in their object");
    if ((inner = json_object_get(v, "not")))
        return read_not(p, inner, depth, out);
    if ((inner = json_object_get(v, "and")))
        return read_group(p, FILTER_AND, "and", inner, depth, out);
    return read_group(p, FILTER_OR, "or", json_object_get(v, "or"), depth, out);
}

int filter_parse(struct ctx *cx, enum dataset dataset, const json_t *json, const char *path,
                 const struct filter **out)
{
    struct parser p = {.cx = cx, .dataset = dataset};
    const struct filter *f = NULL;

    if (!json || json_is_null(json)) {
        *out = NULL;
        return 0;
    }
    enter(&p, "%s", path);
    if (read_node(&p, json, 1, &f) < 0)
        return -1;
    *out = f;
    return 0;
}

const struct filter *filter_and(struct arena *a, const struct filter *x, const struct filter *y)
{
    struct filter *both;

    if (!x || !y)
        return x ? x : y;
    both = arena_zalloc(a, 1, sizeof *both);
    both->kind = FILTER_AND;
    both->parts = arena_zalloc(a, 2, sizeof *both->parts);
    both->parts[0] = x;
    both->parts[1] = y;
    both->part_count = 2;
    return both;
}

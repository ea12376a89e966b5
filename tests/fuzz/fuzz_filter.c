/* SPDX-License-Identifier: MIT */
/*
 * Any JSON as a filter, and as a chart with a filter: what comes out is a refusal with a place and a reason, or SQL
 * whose text is the program's own: no byte of a value, every quote closed, every parameter used.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/charts/chart_data.h"
#include "core/charts/chart_sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* Nothing but what chart_sql.c, filter_sql.c and the registry write. */
static void check_text(const struct sql_builder *q)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ .,()[]{}<>=@&*/+-:$'";
    const char *text = sb_text(&q->text);
    int parens = 0;
    int highest = 1;
    bool quoted = false;

    must(sb_ok(&q->text) && !q->too_many);
    must(strspn(text, allowed) == strlen(text));
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            quoted = !quoted;
        if (!quoted)
            parens += (*p == '(') - (*p == ')');
        must(parens >= 0);
        if (*p == '$' && !quoted) {
            const int n = (int)strtol(p + 1, NULL, 10);

            must(n >= 1 && n <= q->nargs);
            highest = n > highest ? n : highest;
        }
    }
    must(parens == 0 && !quoted && highest == q->nargs);
}

static void check_refusal(const struct ctx *cx)
{
    must(cx->err.code == ERR_INVALID && cx->err.reason[0] && cx->err.field[0]);
}

static void try_filter(struct ctx *cx, const json_t *v, const struct chart_spec *spec)
{
    static const struct uuid tenant = {{1}};
    SCOPED(sql_done) struct sql_builder q = {0};
    const struct filter *f;

    err_clear(&cx->err);
    if (filter_parse(cx, DATASET_MEETINGS, v, "filter", &f) < 0) {
        check_refusal(cx);
        return;
    }
    must(!err_is(&cx->err));
    sql_init(&q, cx->arena, &tenant);
    if (spec)
        chart_sql(&q, spec, f);
    else
        filter_sql(&q, f);
    check_text(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    struct ctx cx = {0};
    struct chart_spec spec;
    json_t *v = NULL;

    if (json_read((struct slice){(const char *)data, size}, &v) != JSON_OK)
        return 0;
    if (!arena)
        arena = arena_new(LIMIT_ARENA_BYTES);
    cx.arena = arena;
    if (json_object_get(v, "chart")) {
        if (chart_parse(&cx, json_object_get(v, "chart"), "chart", &spec) < 0)
            check_refusal(&cx);
        else
            try_filter(&cx, json_object_get(v, "filter"), &spec);
    } else {
        try_filter(&cx, v, NULL);
    }
    json_decref(v);
    arena_reset(arena);
    return 0;
}

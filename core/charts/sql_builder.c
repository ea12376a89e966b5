/* SPDX-License-Identifier: MIT */
#include "core/charts/sql_builder.h"

void sql_init(struct sql_builder *q, struct arena *arena, const struct uuid *tenant)
{
    *q = (struct sql_builder){.arena = arena};
    sb_init(&q->text, SQL_TEXT_BYTES);
    q->args[q->nargs++] = db_uuid(tenant);
}

void sql_done(struct sql_builder *q)
{
    sb_done(&q->text);
}

void sql_arg(struct sql_builder *q, struct db_arg arg)
{
    if (q->nargs == SQL_ARGS_MAX) {
        q->too_many = true;
        return;
    }
    q->args[q->nargs++] = arg;
    sb_printf(&q->text, "$%d", q->nargs);
}

static int check(struct ctx *cx, const struct sql_builder *q)
{
    if (!q->too_many && sb_ok(&q->text))
        return 0;
    return ctx_fail(cx, ERR_INVALID, "filter_too_large", "filter",
                    "the filters have too many conditions together");
}

PGresult *sql_run(struct ctx *cx, const struct sql_builder *q)
{
    return check(cx, q) < 0 ? NULL : db_query_text(cx, sb_text(&q->text), q->args, q->nargs);
}

int sql_stream(struct ctx *cx, const struct sql_builder *q, db_row_fn fn, void *user)
{
    return check(cx, q) < 0 ? -1
                            : db_stream_text(cx, sb_text(&q->text), q->args, q->nargs, fn, user);
}

/* SPDX-License-Identifier: MIT */
#include "core/fields/day.h"
#include "core/insight/ledger.h"
#include "fcgi/api.h"

enum { MOST_DAYS = 400 };

/* A day among the query's parameters; *out is NULL when it is absent. */
static int query_day(struct ctx *cx, const struct http_request *rq, const char *name, int32_t *day,
                     const char **out)
{
    const struct slice *text = http_query(rq, name);

    *out = NULL;
    if (!text)
        return 0;
    if (!day_parse(*text, day))
        return ctx_fail(cx, ERR_INVALID, "date_invalid", name, "%s is no day (2026-01-31)", name);
    *out = arena_slicedup(cx->arena, *text);
    return 0;
}

int api_usage(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    const char *from;
    const char *to;
    int32_t first;
    int32_t last;

    if (query_day(cx, rq, "from", &first, &from) < 0 || query_day(cx, rq, "to", &last, &to) < 0)
        return -1;
    if (!from != !to)
        return ctx_fail(cx, ERR_INVALID, "required", from ? "to" : "from", "a period has two ends");
    if (from && (last < first || last - first >= MOST_DAYS))
        return ctx_fail(cx, ERR_INVALID, "period_invalid", "to", "a period is 1 to %d days",
                        MOST_DAYS);
    if (ledger_usage_to_json(cx, from, to, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_notices(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    if (ledger_notices_to_json(cx, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

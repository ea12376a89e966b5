/* SPDX-License-Identifier: MIT */
#include "core/charts/chart_data.h"
#include "core/fields/field.h"
#include "core/db/db.h"
#include "fcgi/api.h"

int api_fields(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    if (db_enter_now(cx) < 0)
        return -1;
    fields_to_json(http_json_begin(rs, 200));
    return http_json_end(cx, rs);
}

int api_chart_data(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct chart_result result;

    if (db_enter_now(cx) < 0 || chart_data(cx, rq->json, &result) < 0)
        return -1;
    chart_result_to_json(&result, http_json_begin(rs, 200));
    return http_json_end(cx, rs);
}

/* SPDX-License-Identifier: MIT */
#include "core/insight/model_settings.h"
#include "fcgi/api.h"

static int show(struct ctx *cx, struct http_response *rs)
{
    int64_t version = 0;

    if (model_settings_show(cx, http_json_begin(rs, 200), &version) < 0)
        return -1;
    http_header_add(rs, "ETag", arena_printf(cx->arena, "\"%lld\"", (long long)version));
    return http_json_end(cx, rs);
}

int api_model_settings_get(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    (void)rq;
    return show(cx, rs);
}

int api_model_settings_put(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    int64_t version;

    if (http_if_match(cx, rq, &version) < 0 || model_settings_put(cx, version, rq->json) < 0)
        return -1;
    return show(cx, rs);
}

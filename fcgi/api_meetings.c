/* SPDX-License-Identifier: MIT */
#include "core/meetings/meeting.h"
#include "fcgi/api.h"
#include "fcgi/app.h"

int api_meeting_list(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct meeting_page page = {0};
    const struct slice *cursor = http_query(rq, "cursor");
    const struct slice *sort = http_query(rq, "sort");

    if (http_query_limit(cx, rq, &page.limit) < 0 ||
        http_query_i64(cx, rq, "page", 1, 1000, 0, &page.page) < 0)
        return -1;
    if (cursor)
        page.cursor = *cursor;
    if (sort)
        page.sort = *sort;
    if (meeting_list(cx, &page, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_meeting_get(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;
    int64_t version = 0;

    if (http_path_uuid(cx, rq, "id", &id) < 0 ||
        meeting_get(cx, &id, http_json_begin(rs, 200), &version) < 0)
        return -1;
    http_header_add(rs, "ETag", arena_printf(cx->arena, "\"%lld\"", (long long)version));
    return http_json_end(cx, rs);
}

/* Exports count as uploads do: one tenant must not hold the whole pool. */
static int stream_export(struct ctx *cx, void *state, http_write_fn write, void *sink)
{
    int status;

    (void)state;
    if (app_stream_begin(cx) < 0)
        return -1;
    status = meeting_export(cx, write, sink);
    app_stream_end();
    return status;
}

int api_meeting_export(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    (void)cx;
    (void)rq;
    rs->status = 200;
    rs->content_type = "text/csv; charset=utf-8";
    rs->stream = stream_export;
    http_header_add(rs, "Content-Disposition", "attachment; filename=\"meetings.csv\"");
    http_header_add(rs, "Cache-Control", "no-store");
    return 0;
}

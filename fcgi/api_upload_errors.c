/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_errors.h"
#include "fcgi/api.h"
#include "fcgi/app.h"

/* Counts as an upload does: 10,000 rows as they were sent are no short request. */
static int stream_errors(struct ctx *cx, void *state, http_write_fn write, void *sink)
{
    int status;

    if (app_stream_begin(cx) < 0)
        return -1;
    status = upload_errors_csv(cx, state, write, sink);
    app_stream_end();
    return status;
}

int api_upload_errors_csv(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;

    if (http_path_uuid(cx, rq, "id", &id) < 0)
        return -1;
    rs->status = 200;
    rs->content_type = "text/csv; charset=utf-8";
    rs->stream = stream_errors;
    rs->stream_state = arena_memdup(cx->arena, &id, sizeof id);
    http_header_add(rs, "Content-Disposition", "attachment; filename=\"errors.csv\"");
    http_header_add(rs, "Cache-Control", "no-store");
    http_header_add(rs, "Vary", "Accept-Language");
    return 0;
}

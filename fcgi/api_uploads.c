/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload.h"
#include "fcgi/api.h"
#include "fcgi/app.h"
#include "fcgi/multipart.h"

static int receive(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct multipart *body;
    struct slice filename;
    struct upload up;
    struct jw *w;

    if (multipart_open(cx, rq, "file", &body, &filename) < 0 ||
        upload_receive(cx, filename, multipart_read, body, &up) < 0)
        return -1;
    w = http_json_begin(rs, 201);
    upload_to_json(&up, w);
    return http_json_end(cx, rs);
}

int api_upload(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    int status;

    if (app_stream_begin(cx) < 0)
        return -1;
    status = receive(cx, rq, rs);
    app_stream_end();
    return status;
}

static struct slice cursor_of(const struct http_request *rq)
{
    const struct slice *c = http_query(rq, "cursor");

    return c ? *c : (struct slice){NULL, 0};
}

int api_upload_list(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    int64_t limit;

    if (http_query_limit(cx, rq, &limit) < 0 ||
        upload_list(cx, limit, cursor_of(rq), http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_upload_get(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || upload_get(cx, &id, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_upload_errors(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;
    int64_t limit;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || http_query_limit(cx, rq, &limit) < 0 ||
        upload_errors(cx, &id, limit, cursor_of(rq), http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

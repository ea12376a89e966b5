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
    struct app *app = app_current();
    const size_t slot = proc_child_slot(app->self);
    const size_t most = (size_t)app->config->streams_per_tenant;
    int status;

    if (!streams_begin(app->streams, slot, &cx->who.tenant, most)) {
        ctx_fail(cx, ERR_RATE_LIMITED, "too_many_uploads", NULL, "at most %zu uploads at a time",
                 most);
        cx->err.retry_after_ms = 5000;
        return err_params(&cx->err, "{\"max\":%zu}", most);
    }
    status = receive(cx, rq, rs);
    streams_end(app->streams, slot);
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

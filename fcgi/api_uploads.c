/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/meetings/upload.h"
#include "core/meetings/upload_mapping.h"
#include "fcgi/api.h"
#include "fcgi/app.h"
#include "fcgi/multipart.h"

static struct slice query_text(const struct http_request *rq, const char *name)
{
    const struct slice *v = http_query(rq, name);

    return v ? *v : (struct slice){NULL, 0};
}

static int bad_choice(struct ctx *cx, const char *name, const char *choices)
{
    return ctx_fail(cx, ERR_INVALID, "parameter_invalid", name, "%s is one of %s", name, choices);
}

/* mapping={"client_name":"Cliente",...} of the query. */
static int read_mapping(struct ctx *cx, struct slice text, struct upload_names **out)
{
    json_t *json = NULL;

    if (!text.n)
        return 0;
    if (json_read(text, &json) != JSON_OK)
        return ctx_fail(cx, ERR_INVALID, "json_invalid", "mapping", "mapping is a JSON object");
    arena_defer(cx->arena, json_drop_deferred, json);
    *out = arena_zalloc(cx->arena, 1, sizeof **out);
    return upload_mapping_read_json(cx, json, "mapping", *out);
}

static int read_mapping_id(struct ctx *cx, struct slice text, struct uuid **out)
{
    if (!text.n)
        return 0;
    *out = arena_zalloc(cx->arena, 1, sizeof **out);
    if (uuid_parse(text, *out))
        return 0;
    return ctx_fail(cx, ERR_INVALID, "id_invalid", "mapping_id", "mapping_id is no identifier");
}

/* A misspelt one would load the file in another way than its sender means. */
static int check_names(struct ctx *cx, const struct http_request *rq)
{
    static const char *const known[] = {"encoding",   "delimiter", "date_order", "mapping",
                                        "mapping_id", "on_change", "mode"};

    for (size_t i = 0; i < rq->nquery; i++) {
        const struct slice name = rq->query[i].name;
        bool found = false;

        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            found |= slice_is(name, known[k]);
        if (!found)
            return ctx_fail(cx, ERR_INVALID, "parameter_unknown", arena_slicedup(cx->arena, name),
                            "there is no such parameter");
    }
    return 0;
}

/* What the file cannot say or should not decide. */
static int read_options(struct ctx *cx, const struct http_request *rq, struct upload_options *out)
{
    struct upload_names *names = NULL;
    struct uuid *saved = NULL;
    const struct slice on_change = query_text(rq, "on_change");
    const struct slice mode = query_text(rq, "mode");
    struct upload_options o = {
        .format = {.encoding = query_text(rq, "encoding"),
                   .delimiter = query_text(rq, "delimiter"),
                   .date_order = query_text(rq, "date_order"),
                   .ambiguous = strcmp(cx->tenancy.language, "en") == 0 ? UPLOAD_MDY : UPLOAD_DMY},
        .expected_bytes = rq->content_length,
    };

    if (check_names(cx, rq) < 0)
        return -1;
    if (on_change.n && !upload_policy_find(on_change, &o.on_change))
        return bad_choice(cx, "on_change", "update, skip, keep_both");
    if (mode.n && !slice_is(mode, "all_or_nothing") && !slice_is(mode, "row_by_row"))
        return bad_choice(cx, "mode", "row_by_row, all_or_nothing");
    o.all_or_nothing = slice_is(mode, "all_or_nothing");
    if (read_mapping(cx, query_text(rq, "mapping"), &names) < 0 ||
        read_mapping_id(cx, query_text(rq, "mapping_id"), &saved) < 0)
        return -1;
    o.format.mapping = names;
    o.mapping = saved;
    *out = o;
    return 0;
}

static int receive(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct upload_options options;
    struct multipart *body;
    struct slice filename;
    struct upload up;
    struct jw *w;

    if (read_options(cx, rq, &options) < 0 ||
        multipart_open(cx, rq, "file", &body, &filename) < 0 ||
        upload_receive(cx, filename, &options, multipart_read, body, &up) < 0)
        return -1;
    w = http_json_begin(rs, 201);
    upload_to_json(&up, w);
    return http_json_end(cx, rs);
}

static int preview(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct upload_options options;
    struct multipart *body;
    struct slice filename;

    if (read_options(cx, rq, &options) < 0 ||
        multipart_open(cx, rq, "file", &body, &filename) < 0 ||
        upload_preview(cx, &options, multipart_read, body, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

static int undo(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || upload_undo(cx, &id, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

/* A process of the stream pool is held for long: a tenant has its share of them. */
static int in_stream(struct ctx *cx, const struct http_request *rq, struct http_response *rs,
                     route_fn work)
{
    int status;

    if (app_stream_begin(cx) < 0)
        return -1;
    status = work(cx, rq, rs);
    app_stream_end();
    return status;
}

int api_upload(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    return in_stream(cx, rq, rs, receive);
}

int api_upload_preview(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    return in_stream(cx, rq, rs, preview);
}

int api_upload_undo(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    return in_stream(cx, rq, rs, undo);
}

int api_upload_list(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    int64_t limit;

    if (http_query_limit(cx, rq, &limit) < 0 ||
        upload_list(cx, limit, query_text(rq, "cursor"), http_json_begin(rs, 200)) < 0)
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
        upload_errors(cx, &id, limit, query_text(rq, "cursor"), http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

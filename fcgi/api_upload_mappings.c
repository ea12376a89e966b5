/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_mapping.h"
#include "fcgi/api.h"

static int show(struct ctx *cx, struct http_response *rs, int status, const struct uuid *id)
{
    int64_t version = 0;

    if (upload_mapping_show(cx, id, http_json_begin(rs, status), &version) < 0)
        return -1;
    http_header_add(rs, "ETag", arena_printf(cx->arena, "\"%lld\"", (long long)version));
    return http_json_end(cx, rs);
}

int api_upload_mapping_list(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    const struct slice *headers = http_query(rq, "headers");
    struct jw *w = http_json_begin(rs, 200);

    if (headers ? upload_mapping_list_for(cx, *headers, w) < 0 : upload_mapping_list(cx, w) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_upload_mapping_create(struct ctx *cx, const struct http_request *rq,
                              struct http_response *rs)
{
    char text[UUID_TEXT_BYTES];
    struct uuid id;

    if (upload_mapping_create(cx, rq->json, &id) < 0)
        return -1;
    uuid_text(&id, text);
    http_header_add(rs, "Location", arena_printf(cx->arena, "/api/upload/mappings/%s", text));
    return show(cx, rs, 201, &id);
}

int api_upload_mapping_get(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;

    return http_path_uuid(cx, rq, "id", &id) < 0 ? -1 : show(cx, rs, 200, &id);
}

int api_upload_mapping_replace(struct ctx *cx, const struct http_request *rq,
                               struct http_response *rs)
{
    struct uuid id;
    int64_t version;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || http_if_match(cx, rq, &version) < 0 ||
        upload_mapping_replace(cx, &id, version, rq->json) < 0)
        return -1;
    return show(cx, rs, 200, &id);
}

int api_upload_mapping_delete(struct ctx *cx, const struct http_request *rq,
                              struct http_response *rs)
{
    struct uuid id;
    int64_t version;
    struct jw *w;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || http_if_match(cx, rq, &version) < 0 ||
        upload_mapping_delete(cx, &id, version) < 0)
        return -1;
    w = http_json_begin(rs, 200);
    jw_object(w);
    jw_kuuid(w, "mapping_id", &id);
    jw_end(w);
    return http_json_end(cx, rs);
}

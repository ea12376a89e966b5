/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/meetings/meeting.h"
#include "fcgi/api.h"
#include "fcgi/app.h"

/* ---- which ---- */

static bool is_one_of(struct slice name, const char *const *list)
{
    for (; *list; list++) {
        if (slice_is(name, *list))
            return true;
    }
    return false;
}

/* All parameters but `own`, which the handler reads itself. One that nobody knows is refused: a misspelt condition must
 * not be taken for none. */
static int read_query(struct ctx *cx, const struct http_request *rq, const char *const *own,
                      struct meeting_query *q)
{
    meeting_query_init(cx, q);
    for (size_t i = 0; i < rq->nquery; i++) {
        const struct slice name = rq->query[i].name;
        int taken;

        if (is_one_of(name, own))
            continue;
        taken = meeting_query_param(cx, q, name, rq->query[i].value);
        if (taken < 0)
            return -1;
        if (taken == 0)
            return ctx_fail(cx, ERR_INVALID, "parameter_unknown", arena_slicedup(cx->arena, name),
                            "there is no such parameter");
    }
    return meeting_query_done(cx, q);
}

static struct slice query_slice(const struct http_request *rq, const char *name)
{
    const struct slice *s = http_query(rq, name);

    return s ? *s : (struct slice){NULL, 0};
}

int api_meeting_list(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    static const char *const own[] = {"limit", "cursor", "page", "sort", NULL};
    struct meeting_page page = {.cursor = query_slice(rq, "cursor"),
                                .sort = query_slice(rq, "sort")};
    struct meeting_query q;

    if (http_query_limit(cx, rq, &page.limit) < 0 ||
        http_query_i64(cx, rq, "page", 1, 1000, 0, &page.page) < 0 ||
        read_query(cx, rq, own, &q) < 0 ||
        meeting_list(cx, &q, &page, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_meeting_filter_options(struct ctx *cx, const struct http_request *rq,
                               struct http_response *rs)
{
    (void)rq;
    if (meeting_filter_options(cx, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

/* ---- one ---- */

/* The ETag is the version, which If-Match compares, and a digest of the answer: reading a meeting changes what is shown
 * of it and not what people wrote. */
static int answer_meeting(struct ctx *cx, const struct http_request *rq, struct http_response *rs,
                          const struct uuid *id)
{
    int64_t version = 0;
    const char *etag;

    if (meeting_get(cx, id, http_json_begin(rs, 200), &version) < 0 || http_json_end(cx, rs) < 0)
        return -1;
    etag = http_etag(cx->arena, version, sb_get(&rs->body));
    http_header_add(rs, "ETag", etag);
    if (http_etag_matches(rq->if_none_match, etag)) {
        sb_clear(&rs->body);
        rs->status = 304;
    }
    return 0;
}

int api_meeting_get(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;

    return http_path_uuid(cx, rq, "id", &id) < 0 ? -1 : answer_meeting(cx, rq, rs, &id);
}

int api_meeting_patch(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;
    int64_t version;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || http_if_match(cx, rq, &version) < 0 ||
        meeting_edit(cx, &id, version, rq->json) < 0)
        return -1;
    return answer_meeting(cx, rq, rs, &id);
}

/* ---- many ---- */

static int bulk(struct ctx *cx, const struct http_request *rq, struct http_response *rs,
                enum meeting_bulk_verb verb)
{
    if (meeting_bulk(cx, verb, rq->json, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_meeting_delete(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    return bulk(cx, rq, rs, MEETING_BULK_DELETE);
}

int api_meeting_requeue(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    return bulk(cx, rq, rs, MEETING_BULK_REQUEUE);
}

int api_meeting_labels(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    return bulk(cx, rq, rs, MEETING_BULK_LABELS);
}

/* ---- exports ---- */

static const struct {
    const char *content_type;
    const char *disposition;
    bool transcript; /* unless the request says otherwise */
    bool raw;
} formats[] = {
    [MEETING_CSV] = {"text/csv; charset=utf-8", "attachment; filename=\"meetings.csv\"", true,
                     false},
    [MEETING_XLSX] = {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                      "attachment; filename=\"meetings.xlsx\"", false, false},
    [MEETING_NDJSON] = {"application/x-ndjson; charset=utf-8",
                        "attachment; filename=\"meetings.ndjson\"", true, true},
};

/* Exports count as uploads do: one tenant must not hold the whole pool. */
static int stream_export(struct ctx *cx, void *state, http_write_fn write, void *sink)
{
    int status;

    if (app_stream_begin(cx) < 0)
        return -1;
    status = meeting_export(cx, state, write, sink);
    app_stream_end();
    return status;
}

static int read_choice(struct ctx *cx, const struct http_request *rq, const char *name,
                       const char *no, const char *yes, bool missing, bool *out)
{
    const struct slice *s = http_query(rq, name);

    if (!s)
        *out = missing;
    else if (slice_is(*s, yes) || slice_is(*s, no))
        *out = slice_is(*s, yes);
    else
        return ctx_fail(cx, ERR_INVALID, "parameter_invalid", name, "%s is %s or %s", name, no,
                        yes);
    return 0;
}

static int export(struct ctx *cx, const struct http_request *rq, struct http_response *rs,
                  enum meeting_format format)
{
    static const char *const own[] = {"sort", "transcript", "values", NULL};
    struct meeting_export *e = arena_zalloc(cx->arena, 1, sizeof *e);
    struct meeting_query *q = arena_zalloc(cx->arena, 1, sizeof *q);
    struct records_sort sort;

    *e = (struct meeting_export){.format = format, .query = q, .sort = query_slice(rq, "sort")};
    if (read_choice(cx, rq, "transcript", "0", "1", formats[format].transcript, &e->transcript) <
            0 ||
        read_choice(cx, rq, "values", "labels", "raw", formats[format].raw, &e->raw) < 0 ||
        records_sort_parse(cx, DATASET_MEETINGS, e->sort, &sort) < 0 ||
        read_query(cx, rq, own, q) < 0)
        return -1;
    rs->status = 200;
    rs->content_type = formats[format].content_type;
    rs->stream = stream_export;
    rs->stream_state = e;
    http_header_add(rs, "Content-Disposition", formats[format].disposition);
    http_header_add(rs, "Cache-Control", "no-store");
    return 0;
}

int api_meeting_export_csv(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    return export(cx, rq, rs, MEETING_CSV);
}

int api_meeting_export_xlsx(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    return export(cx, rq, rs, MEETING_XLSX);
}

int api_meeting_export_ndjson(struct ctx *cx, const struct http_request *rq,
                              struct http_response *rs)
{
    return export(cx, rq, rs, MEETING_NDJSON);
}

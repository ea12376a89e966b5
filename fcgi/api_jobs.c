/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/queue/queue.h"
#include "fcgi/api.h"

enum { MOST_IDS = 1000 };

int api_process_jobs(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct queue_stats stats;
    struct jw *w;

    (void)rq;
    if (queue_stats(cx, &stats) < 0)
        return -1;
    w = http_json_begin(rs, 200);
    jw_object(w);
    jw_key(w, "stats");
    jw_object(w);
    jw_ki64(w, "pending", stats.pending);
    jw_ki64(w, "processing", stats.processing);
    jw_ki64(w, "completed", stats.completed);
    jw_ki64(w, "failed", stats.failed);
    jw_end(w);
    jw_end(w);
    return http_json_end(cx, rs);
}

/* An identifier among the query's parameters: *out points at `id`, or is NULL when it is absent. */
static int query_id(struct ctx *cx, const struct http_request *rq, const char *name,
                    struct uuid *id, const struct uuid **out)
{
    const struct slice *text = http_query(rq, name);

    *out = NULL;
    if (!text)
        return 0;
    if (!uuid_parse(*text, id))
        return ctx_fail(cx, ERR_INVALID, "id_invalid", name, "%s is not an identifier", name);
    *out = id;
    return 0;
}

static struct slice query_text(const struct http_request *rq, const char *name)
{
    const struct slice *text = http_query(rq, name);

    return text ? *text : (struct slice){NULL, 0};
}

int api_job_list(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct queue_filter f = {.state = query_text(rq, "state"),
                             .kind = query_text(rq, "kind"),
                             .cursor = query_text(rq, "cursor")};
    struct uuid batch;
    struct uuid subject;

    if (http_query_limit(cx, rq, &f.limit) < 0 ||
        query_id(cx, rq, "batch_id", &batch, &f.batch) < 0 ||
        query_id(cx, rq, "subject_id", &subject, &f.subject) < 0 ||
        queue_list(cx, &f, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_job_get(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || queue_get(cx, &id, http_json_begin(rs, 200)) < 0)
        return -1;
    return http_json_end(cx, rs);
}

int api_job_progress(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    bool changed = false;

    if (queue_progress(cx, query_text(rq, "after"), http_json_begin(rs, 200), &changed) < 0)
        return -1;
    if (!changed) {
        http_not_modified(rs);
        return 0;
    }
    return http_json_end(cx, rs);
}

/* "ids" of the body into the arena; *n 0 when it is absent. */
static int body_ids(struct ctx *cx, const json_t *body, struct uuid **out, size_t *n)
{
    const json_t *ids = json_object_get(body, "ids");
    const size_t count = json_array_size(ids);
    struct uuid *list;

    *out = NULL;
    *n = 0;
    if (!ids)
        return 0;
    if (!json_is_array(ids) || count < 1 || count > MOST_IDS) {
        ctx_fail(cx, ERR_INVALID, "parameter_invalid", "ids",
                 "ids is a list of 1 to %d identifiers", MOST_IDS);
        return err_params(&cx->err, "{\"min\":1,\"max\":%d}", MOST_IDS);
    }
    list = arena_alloc(cx->arena, count * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(ids, i));

        if (!text || !uuid_parse(slice_cstr(text), &list[i]))
            return ctx_fail(cx, ERR_INVALID, "id_invalid", "ids", "ids holds no identifier");
    }
    *out = list;
    *n = count;
    return 0;
}

/* Only these members, two at most; the second may be NULL. */
static int only_members(struct ctx *cx, json_t *body, const char *a, const char *b)
{
    const char *key;
    json_t *value;

    json_object_foreach(body, key, value)
    {
        if (strcmp(key, a) != 0 && strcmp(key, b) != 0)
            return ctx_fail(cx, ERR_INVALID, "parameter_unknown", NULL,
                            "the body takes %s and %s only", a, b);
    }
    return 0;
}

static int answer_count(struct ctx *cx, struct http_response *rs, int64_t count)
{
    struct jw *w = http_json_begin(rs, 200);

    jw_object(w);
    jw_ki64(w, "count", count);
    jw_end(w);
    return http_json_end(cx, rs);
}

static int answer_canceled(struct ctx *cx, struct http_response *rs, const struct queue_canceled *n)
{
    struct jw *w = http_json_begin(rs, 200);

    jw_object(w);
    jw_ki64(w, "canceled", n->canceled);
    jw_ki64(w, "asked", n->asked);
    jw_end(w);
    return http_json_end(cx, rs);
}

int api_jobs_retry_failed(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    const json_t *kind = json_object_get(rq->json, "kind");
    struct uuid *ids;
    int64_t count;
    size_t n;

    if (only_members(cx, rq->json, "ids", "kind") < 0 || body_ids(cx, rq->json, &ids, &n) < 0)
        return -1;
    if (kind && !json_is_string(kind))
        return ctx_fail(cx, ERR_INVALID, "parameter_invalid", "kind", "kind is a word");
    if (queue_retry(cx, ids, n, json_string_value(kind), &count) < 0)
        return -1;
    return answer_count(cx, rs, count);
}

int api_jobs_cancel(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    const char *text = json_str(rq->json, "batch_id");
    struct queue_canceled n;
    struct uuid batch;
    struct uuid *ids;
    size_t nids;
    int status;

    if (only_members(cx, rq->json, "ids", "batch_id") < 0 ||
        body_ids(cx, rq->json, &ids, &nids) < 0)
        return -1;
    if (!ids == !text)
        return ctx_fail(cx, ERR_INVALID, "parameter_missing", "ids", "give ids or batch_id");
    if (text && !uuid_parse(slice_cstr(text), &batch))
        return ctx_fail(cx, ERR_INVALID, "id_invalid", "batch_id", "batch_id is not an identifier");
    status = ids ? queue_cancel_jobs(cx, ids, nids, &n) : queue_cancel_batch(cx, &batch, &n);
    return status < 0 ? -1 : answer_canceled(cx, rs, &n);
}

int api_job_retry(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct uuid id;
    int64_t count;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || queue_must_be(cx, &id, "failed") < 0 ||
        queue_retry(cx, &id, 1, NULL, &count) < 0)
        return -1;
    return answer_count(cx, rs, count);
}

int api_job_cancel(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct queue_canceled n;
    struct uuid id;

    if (http_path_uuid(cx, rq, "id", &id) < 0 || queue_must_be(cx, &id, "ready running") < 0 ||
        queue_cancel_jobs(cx, &id, 1, &n) < 0)
        return -1;
    return answer_canceled(cx, rs, &n);
}

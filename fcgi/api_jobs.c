/* SPDX-License-Identifier: MIT */
#include "core/queue/queue.h"
#include "fcgi/api.h"

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

/* SPDX-License-Identifier: MIT */
/*
 * worker: the loop of a FastCGI process, the run function of the roles `web` and `stream`. Knows no routes: it accepts,
 * makes a fresh context, calls what it was given, writes the answer, keeps the slot.
 *
 * TERM while a request runs lets it finish. A worker retires between two requests, after config->worker_max_requests
 * (give or take a tenth, so that a pool does not retire as one) or beyond config->worker_max_rss_bytes.
 */
#ifndef FCGI_WORKER_H
#define FCGI_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/db/ctx.h"
#include "core/proc/child.h"
#include "fcgi/http.h"

/* Answers one request: 0 with *rs filled (cx->err may still say why it is an error), or -1 with cx->err set: then
 * http_error() makes the answer from it, keeping the headers.
 * cx: fresh, with db, config, request_id, deadline_ms = now + options.deadline_ms (it may move it). */
typedef int (*worker_serve_fn)(struct ctx *cx, struct http_request *rq, struct http_response *rs,
                               void *user);

/* After the answer was written or failed to be: for the log line. cx->err, when set, says why the request failed, else
 * why its answer could not be sent. */
struct worker_result {
    int status; /* what was sent; 0 when it could not be sent whole */
    uint64_t bytes_in;
    uint64_t bytes_out;
    int64_t took_us; /* from accept to the last byte */
};
typedef void (*worker_done_fn)(struct ctx *cx, const struct http_request *rq,
                               const struct http_response *rs, const struct worker_result *result,
                               void *user);

struct worker_options {
    const struct config *config;
    int listen_fd;       /* transport_listen(), made before the fork */
    int64_t deadline_ms; /* budget of one request; 0: config->request_ms */
    worker_serve_fn serve;
    worker_done_fn done; /* NULL: none */

    /* Once, in the child, before the first request; `self` is for proc_request_update() with the route's pattern, and for
     * the scoreboard. cx has arena, config, db. -1: the child leaves and is replaced with backoff. NULL: none. */
    int (*start)(struct ctx *cx, struct proc_child *self, void *user);
    void (*stop)(void *user); /* once, before a tidy exit; NULL: none */
    void *user;
};

/* `options` is a struct worker_options. */
int worker_run(struct proc_child *self, void *options);

#endif

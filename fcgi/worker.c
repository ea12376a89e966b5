/* SPDX-License-Identifier: MIT */
#include "fcgi/worker.h"

#include <string.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "fcgi/transport.h"

enum {
    IDLE_WAIT_MS = 60000,
    BEGIN_MS = 30000, /* from accept to the last parameter; past it the master ends the process */
    RSS_EVERY = 16,   /* requests between two looks */
    RSS_BODY_BYTES = 1 << 20, /* or after one as large as this */
};

struct worker {
    const struct worker_options *o;
    struct proc_child *self;
    struct transport *transport;
    struct ctx cx;
    uint64_t retire_after; /* 0: never */
    bool grown;            /* past the RSS bound */
};

static void refresh(struct worker *w)
{
    struct arena *arena = w->cx.arena;
    struct db *db = w->cx.db;

    arena_reset(arena);
    w->cx = (struct ctx){
        .arena = arena,
        .db = db,
        .config = w->o->config,
        .deadline_ms = clock_mono_ms() +
                       (w->o->deadline_ms > 0 ? w->o->deadline_ms : w->o->config->request_ms),
    };
}

static void blank(struct http_response *rs)
{
    sb_done(&rs->body);
    *rs = (struct http_response){0};
    sb_init(&rs->body, LIMIT_RESPONSE_BYTES);
}

/* Moves cx->err to *first, which keeps what it has: the first reason is the one to log. */
static void put_aside(struct ctx *cx, struct err *first)
{
    if (!err_is(first))
        *first = cx->err;
    err_clear(&cx->err);
}

static void make_answer(struct worker *w, struct http_request *rq, struct http_response *rs)
{
    struct ctx *cx = &w->cx;

    if (transport_read_request(cx, w->transport, rq) < 0) {
        http_error(cx, rs);
        return;
    }
    proc_request_update(w->self, rq->method_text, NULL, cx->request_id, cx->deadline_ms);
    if (w->o->serve(cx, rq, rs, w->o->user) < 0) {
        http_error(cx, rs);
    } else if (!sb_ok(&rs->body)) {
        ctx_fail(cx, ERR_INTERNAL, "answer_too_large", "", "the answer is too large");
        http_error(cx, rs);
    }
}

/* The status that was sent, 0 when it could not be. */
static int send_answer(struct worker *w, const struct http_request *rq, struct http_response *rs,
                       struct err *first)
{
    struct ctx *cx = &w->cx;

    if (transport_respond(cx, w->transport, rq, rs) == 0)
        return rs->status;
    if (rs->stream &&
        transport_bytes_out(w->transport) == 0) { /* it failed before its first byte */
        blank(rs);
        http_error(cx, rs);
        put_aside(cx, first);
        if (transport_respond(cx, w->transport, rq, rs) == 0)
            return rs->status;
    }
    put_aside(cx, first);
    return 0;
}

static void serve_request(struct worker *w, int64_t accepted_us)
{
    struct ctx *cx = &w->cx;
    struct http_request rq;
    struct http_response rs = {0};
    struct worker_result result = {0};
    struct err first = {0};

    blank(&rs);
    make_answer(w, &rq, &rs);
    put_aside(cx, &first);
    result.status = send_answer(w, &rq, &rs, &first);
    transport_finish(w->transport);

    result.bytes_in = transport_bytes_in(w->transport);
    result.bytes_out = transport_bytes_out(w->transport);
    result.took_us = clock_mono_us() - accepted_us;
    proc_request_end(w->self, result.status, result.bytes_in, result.bytes_out);
    cx->err = first;
    if (w->o->done)
        w->o->done(cx, &rq, &rs, &result, w->o->user);
    sb_done(&rs.body);
    if (w->o->config->worker_max_rss_bytes > 0 &&
        (result.bytes_in + result.bytes_out > RSS_BODY_BYTES ||
         proc_child_requests(w->self) % RSS_EVERY == 0))
        w->grown = proc_child_rss_bytes(w->self) > w->o->config->worker_max_rss_bytes;
}

/* False: the listening socket is of no use. */
static bool serve_connection(struct worker *w)
{
    const enum transport_status taken = transport_accept(w->transport, w->o->listen_fd);
    const int64_t accepted_us = clock_mono_us();

    if (taken != TRANSPORT_OK)
        return taken == TRANSPORT_NONE;
    proc_request_begin(w->self, NULL, NULL, NULL, clock_mono_ms() + BEGIN_MS);
    if (transport_begin(w->transport) != TRANSPORT_OK) {
        proc_request_cancel(w->self); /* no request came: a probe, or a peer that left */
        return true;
    }
    refresh(w);
    serve_request(w, accepted_us);
    return true;
}

static bool should_retire(const struct worker *w)
{
    return w->grown || (w->retire_after > 0 && proc_child_requests(w->self) >= w->retire_after);
}

/* A tenth more or less, by the process id: a pool that began together must not retire together. */
static uint64_t retirement(int64_t max_requests)
{
    const uint64_t spread = max_requests > 0 ? (uint64_t)max_requests / 5 : 0;
    const uint64_t mixed = (uint64_t)getpid() * UINT64_C(0x9e3779b97f4a7c15) >> 32;

    return max_requests > 0 ? (uint64_t)max_requests - spread / 2 + mixed % (spread + 1) : 0;
}

static int loop(struct worker *w)
{
    while (!should_retire(w)) {
        switch (proc_child_wait_shared(w->self, w->o->listen_fd, IDLE_WAIT_MS)) {
        case PROC_WAIT_STOP: return PROC_EXIT_OK;
        case PROC_WAIT_TIMEOUT: break;
        case PROC_WAIT_READABLE:
            if (!serve_connection(w))
                return PROC_EXIT_FAILED;
            break;
        }
    }
    return PROC_EXIT_RETIRE;
}

int worker_run(struct proc_child *self, void *options)
{
    const struct worker_options *o = options;
    struct worker w = {
        .o = o, .self = self, .retire_after = retirement(o->config->worker_max_requests)};
    int code = PROC_EXIT_FAILED;

    w.transport = transport_new(
        &(struct transport_options){.body_min_bytes_per_s = o->config->body_min_bytes_per_s});
    w.cx.arena = arena_new(LIMIT_ARENA_BYTES);
    if (o->config->database_url)
        w.cx.db = db_new(o->config->database_url, o->config->db_prepare, o->config->db_connect_ms,
                         proc_child_role(self));
    refresh(&w);
    if (o->start && o->start(&w.cx, self, o->user) < 0) {
        LOG(LOG_ERROR, "worker_start_failed", {"reason", LOG_S(w.cx.err.reason)},
            {"message", LOG_S(w.cx.err.message)}, {"internal", LOG_S(w.cx.err.internal)});
    } else {
        code = loop(&w);
        if (o->stop)
            o->stop(o->user);
    }
    transport_free(w.transport);
    db_free(w.cx.db);
    arena_free(w.cx.arena);
    return code;
}

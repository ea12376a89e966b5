/* SPDX-License-Identifier: MIT */
/*
 * app: what the handlers of one worker process may use besides their request. One a process, made after the fork.
 */
#ifndef FCGI_APP_H
#define FCGI_APP_H

#include "auth/dev_issuer.h"
#include "auth/identity.h"
#include "auth/keys.h"
#include "auth/token_use.h"
#include "core/base/config.h"
#include "core/proc/child.h"
#include "fcgi/route.h"
#include "fcgi/streams.h"
#include "fcgi/worker.h"

struct app {
    const struct config *config;
    struct keys *keys;
    struct streams *streams;       /* uploads at hand, shared by the stream pool */
    struct dev_issuer *dev_issuer; /* NULL unless configured */
    enum route_pool pool;

    struct identity *identity; /* made by app_start in the child */
    struct proc_child *self;
    struct token_use token_use;
};

/* The process's app; set by app_start. Handlers are called with (cx, rq, rs) only, and one process serves one request
 * at a time, so this is the process's state and not a hidden argument. */
struct app *app_current(void);

/* Brackets what holds a process of the stream pool for long; ERR_RATE_LIMITED too_many_uploads when the caller's tenant
 * has its share already. */
int app_stream_begin(struct ctx *cx);
void app_stream_end(void);

/* For struct worker_options: start, serve, done, stop; `user` is a struct app. */
int app_start(struct ctx *cx, struct proc_child *self, void *user);
int app_serve(struct ctx *cx, struct http_request *rq, struct http_response *rs, void *user);
void app_done(struct ctx *cx, const struct http_request *rq, const struct http_response *rs,
              const struct worker_result *result, void *user);
void app_stop(void *user);

#endif

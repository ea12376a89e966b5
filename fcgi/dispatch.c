/* SPDX-License-Identifier: MIT */
/* Every request goes through here: the columns of its route are applied in one order, for all handlers. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "fcgi/app.h"

enum { LANGUAGE_BYTES = 3, STREAM_RETRY_MS = 5000 };

static struct app *current;

struct app *app_current(void)
{
    assert(current);
    return current;
}

int app_start(struct ctx *cx, struct proc_child *self, void *user)
{
    struct app *app = user;

    app->self = self;
    app->identity = identity_new(app->config, app->keys);
    if (!app->identity)
        return ctx_fail(cx, ERR_UNAVAILABLE, "out_of_memory", NULL,
                        "no memory for the identity cache");
    if (app->streams && app->pool == ROUTE_STREAM)
        streams_claim(app->streams, proc_child_slot(self));
    current = app;
    return 0;
}

void app_stop(void *user)
{
    struct app *app = user;

    identity_free(app->identity);
    app->identity = NULL;
    current = NULL;
}

int app_stream_begin(struct ctx *cx)
{
    const size_t most = (size_t)current->config->streams_per_tenant;

    if (streams_begin(current->streams, proc_child_slot(current->self), &cx->who.tenant, most))
        return 0;
    ctx_fail(cx, ERR_RATE_LIMITED, "too_many_uploads", NULL,
             "at most %zu uploads and exports at a time", most);
    cx->err.retry_after_ms = STREAM_RETRY_MS;
    return err_params(&cx->err, "{\"max\":%zu}", most);
}

void app_stream_end(void)
{
    streams_end(current->streams, proc_child_slot(current->self));
}

static int check_found(struct ctx *cx, const struct app *app, struct http_request *rq,
                       const struct route **out)
{
    char allow[64];
    const struct route *r = route_find(routes, nroutes, rq, allow);

    if (!r && allow[0]) /* http_error() makes the Allow header of the field */
        return ctx_fail(cx, ERR_METHOD, "method_not_allowed", allow, "this path takes %s", allow);
    if (!r)
        return ctx_fail(cx, ERR_NOT_FOUND, "route_unknown", NULL, "no such path");
    if (!(r->pool &
          app->pool)) /* nginx sends it elsewhere; only a mistake in its site comes here */
        return ctx_fail(cx, ERR_NOT_FOUND, "route_unknown", NULL, "not served by this pool");
    *out = r;
    return 0;
}

static bool has_body(const struct http_request *rq)
{
    return rq->content_length > 0 || rq->content_type.n > 0;
}

/* A body of the wrong kind or size is refused before anything is read of it. */
static int check_body(struct ctx *cx, const struct app *app, const struct http_request *rq,
                      const struct route *r)
{
    static const char *const types[] = {
        [ROUTE_BODY_JSON] = "application/json",
        [ROUTE_BODY_FORM] = "application/x-www-form-urlencoded",
        [ROUTE_BODY_UPLOAD] = "multipart/form-data",
        [ROUTE_BODY_JSON_OPTIONAL] = "application/json",
    };
    const int64_t cap =
        r->body == ROUTE_BODY_UPLOAD ? app->config->upload_max_bytes : LIMIT_JSON_BODY_BYTES;
    struct slice params;

    if (r->body == ROUTE_BODY_NONE) {
        if (rq->content_length > 0)
            return ctx_fail(cx, ERR_INVALID, "body_unexpected", NULL, "this request takes no body");
        return 0;
    }
    if (r->body == ROUTE_BODY_JSON_OPTIONAL && !has_body(rq))
        return 0;
    if (!slice_eq_nocase(slice_trim(slice_cut(rq->content_type, ';', &params)),
                         slice_cstr(types[r->body]))) {
        ctx_fail(cx, ERR_MEDIA_TYPE, "media_type", NULL, "send %s", types[r->body]);
        return err_params(&cx->err, "{\"expected\":\"%s\"}", types[r->body]);
    }
    if (rq->content_length > cap) {
        ctx_fail(cx, ERR_TOO_LARGE, "body_too_large", NULL, "the body may have %lld bytes",
                 (long long)cap);
        return err_params(&cx->err, "{\"max_bytes\":%lld}", (long long)cap);
    }
    return 0;
}

/* Whether the caller is let in now, in a transaction of its own. */
static int enter_member(struct ctx *cx, struct db_need need)
{
    if (db_begin(cx, DB_READ, DB_ENTER_CALLER, need) < 0)
        return -1;
    return db_commit(cx);
}

static int check_caller(struct ctx *cx, struct app *app, const struct http_request *rq,
                        const struct route *r)
{
    if (r->scope == SCOPE_PUBLIC)
        return 0;
    if (r->scope == SCOPE_OPERATOR) {
        if (rq->ops_listener)
            return 0;
        if (identity_authenticate(cx, app->identity, rq->authorization, rq->tenant_choice) < 0)
            return -1;
        if (!(cx->who.scopes & SCOPE_OPERATOR))
            return ctx_fail(cx, ERR_FORBIDDEN, "forbidden", NULL, "for operators only");
        return enter_member(cx, (struct db_need){.role = ROLE_VIEWER, .scope = SCOPE_DATA_READ});
    }
    return identity_authenticate(cx, app->identity, rq->authorization, rq->tenant_choice);
}

static int read_body(struct ctx *cx, struct http_request *rq, const struct route *r)
{
    enum json_status st;

    if (r->body == ROUTE_BODY_NONE || r->body == ROUTE_BODY_UPLOAD ||
        (r->body == ROUTE_BODY_JSON_OPTIONAL && !has_body(rq)))
        return 0;
    if (http_read_body(cx, rq, LIMIT_JSON_BODY_BYTES) < 0)
        return -1;
    if (r->body == ROUTE_BODY_FORM)
        return 0;
    st = json_read(rq->body, &rq->json);
    if (st == JSON_OK)
        arena_defer(cx->arena, json_drop_deferred, rq->json);
    if (st == JSON_TOO_DEEP)
        return ctx_fail(cx, ERR_INVALID, "json_too_deep", NULL, "the body nests deeper than %d",
                        LIMIT_JSON_DEPTH);
    if (st == JSON_TWICE)
        return ctx_fail(cx, ERR_INVALID, "json_duplicate_key", NULL,
                        "an object of the body names a key twice");
    if (st != JSON_OK || !json_is_object(rq->json))
        return ctx_fail(cx, ERR_INVALID, "json_invalid", NULL, "the body must be one JSON object");
    return 0;
}

static struct db_need need_of(const struct route *r)
{
    return (struct db_need){.role = route_min_role(r->scope), .scope = r->scope};
}

/* A handler that streams is let in first, in a transaction of its own, before a byte of its body is read. */
static int enter_ahead(struct ctx *cx, const struct route *r)
{
    if (r->scope == SCOPE_PUBLIC || r->scope == SCOPE_OPERATOR)
        return 0;
    return enter_member(cx, need_of(r));
}

static int handle(struct ctx *cx, struct http_request *rq, struct http_response *rs,
                  const struct route *r)
{
    const bool nobody = r->scope == SCOPE_PUBLIC || r->scope == SCOPE_OPERATOR;

    if (r->tx == ROUTE_TX_NONE)
        return enter_ahead(cx, r) < 0 ? -1 : r->handler(cx, rq, rs);
    if (db_begin(cx, r->tx == ROUTE_TX_READ ? DB_READ : DB_WRITE,
                 nobody ? DB_ENTER_NOBODY : DB_ENTER_CALLER, need_of(r)) < 0)
        return -1;
    if (r->handler(cx, rq, rs) < 0)
        return -1;
    return db_commit(cx);
}

static int serve(struct ctx *cx, struct app *app, struct http_request *rq, struct http_response *rs)
{
    const struct route *r = NULL;

    snprintf(cx->who.language, LANGUAGE_BYTES, "%s", http_language(rq->accept_language));
    if (check_found(cx, app, rq, &r) < 0)
        return -1;
    assert(r);
    proc_request_update(app->self, NULL, r->pattern, cx->request_id, cx->deadline_ms);
    if (check_caller(cx, app, rq, r) < 0 || check_body(cx, app, rq, r) < 0 ||
        read_body(cx, rq, r) < 0)
        return -1;
    return handle(cx, rq, rs, r);
}

int app_serve(struct ctx *cx, struct http_request *rq, struct http_response *rs, void *user)
{
    struct app *app = user;
    const int status = serve(cx, app, rq, rs);

    db_rollback(cx); /* nothing to do after a commit */
    assert(status < 0 || !err_is(&cx->err));
    if (status < 0 && !err_is(&cx->err)) {
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        err_detail(&cx->err, "a handler failed without saying why");
    }
    return status;
}

void app_done(struct ctx *cx, const struct http_request *rq, const struct http_response *rs,
              const struct worker_result *result, void *user)
{
    struct app *app = user;
    const bool slow = result->took_us > app->config->slow_request_ms * 1000;
    const enum log_level level = rs->status >= 500 ? LOG_ERROR : slow ? LOG_WARN : LOG_INFO;
    const struct err *e = &cx->err;
    char tenant[UUID_TEXT_BYTES];
    char actor[UUID_TEXT_BYTES];
    char allow[64];
    struct http_request again = *rq;
    const struct route *r = route_find(routes, nroutes, &again, allow);
    const bool known = cx->who.kind != PRINCIPAL_NONE;

    uuid_text(&cx->who.tenant, tenant);
    uuid_text(cx->who.kind == PRINCIPAL_USER ? &cx->who.user : &cx->who.credential, actor);
    LOG(level, "request", {"request_id", LOG_S(cx->request_id)}, {"method", LOG_S(rq->method_text)},
        {"route", LOG_S(r ? r->pattern : "")}, {"status", LOG_I(result->status)},
        {"us", LOG_I(result->took_us)}, {"bytes_in", LOG_I(result->bytes_in)},
        {"bytes_out", LOG_I(result->bytes_out)}, {"tenant", LOG_S(known ? tenant : NULL)},
        {"actor", LOG_S(known ? actor : NULL)}, {"error", LOG_S(err_is(e) ? e->reason : NULL)},
        {"detail", LOG_S(e->internal[0] ? e->internal : NULL)}, {"slow", LOG_B(slow)});
    if (cx->who.kind == PRINCIPAL_TOKEN &&
        cx->tenancy.slug[0]) /* let in: the slug came with the entry */
        token_use_note(cx, &app->token_use);
}

/* SPDX-License-Identifier: MIT */
#include "core/base/clock.h"
#include "core/db/db.h"
#include "fcgi/api.h"
#include "fcgi/app.h"
#include "fcgi/version.h"

enum { READY_DB_MS = 1000 };

static void no_store(struct http_response *rs)
{
    http_header_add(rs, "Cache-Control", "no-store");
}

int api_healthz(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct jw *w = http_json_begin(rs, 200);

    (void)rq;
    no_store(rs);
    jw_object(w);
    jw_kstr(w, "status", "ok");
    jw_end(w);
    return http_json_end(cx, rs);
}

/* Ready: the database answers, and the identity provider's keys are here. */
int api_readyz(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    const bool database = db_ping(cx, READY_DB_MS) == 0;
    const bool keys = keys_ready(app_current()->keys);
    struct jw *w;

    (void)rq;
    err_clear(&cx->err); /* what failed is said below */
    w = http_json_begin(rs, database && keys ? 200 : 503);
    no_store(rs);
    jw_object(w);
    jw_kstr(w, "status", database && keys ? "ok" : "not_ready");
    jw_key(w, "checks");
    jw_object(w);
    jw_kstr(w, "database", database ? "ok" : "down");
    jw_kstr(w, "keys", keys ? "ok" : "missing");
    jw_end(w);
    jw_end(w);
    return http_json_end(cx, rs);
}

/* What the browser application must know before anybody signed in. */
int api_client_config(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    static const char *const environments[] = {"production", "development", "test"};
    const struct config *c = cx->config;
    struct jw *w = http_json_begin(rs, 200);

    (void)rq;
    no_store(rs);
    jw_object(w);
    jw_kstr(w, "issuer", c->oidc_issuer);
    jw_kstr(w, "client_id", c->oidc_client_id);
    jw_kstr(w, "scope", "openid profile email organization");
    jw_kstr(w, "environment", environments[c->env]);
    jw_kstr(w, "version", CLIENTMETRICS_VERSION);
    jw_ki64(w, "upload_max_bytes", c->upload_max_bytes);
    jw_end(w);
    return http_json_end(cx, rs);
}

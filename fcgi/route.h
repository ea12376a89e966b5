/* SPDX-License-Identifier: MIT */
/*
 * route: the table of what can be asked, with its policy as columns, and the matching of a path against it.
 *
 * A handler cannot forget a policy: dispatch applies every column before the handler runs, and tests walk the table.
 */
#ifndef FCGI_ROUTE_H
#define FCGI_ROUTE_H

#include "core/base/principal.h"
#include "fcgi/http.h"

enum route_tx {
    ROUTE_TX_NONE, /* the handler streams or waits: it opens short transactions itself */
    ROUTE_TX_READ, /* READ ONLY */
    ROUTE_TX_WRITE,
};

enum route_body {
    ROUTE_BODY_NONE, /* a body is refused */
    ROUTE_BODY_JSON, /* application/json, one object; at most LIMIT_JSON_BODY_BYTES */
    ROUTE_BODY_FORM, /* application/x-www-form-urlencoded */
    ROUTE_BODY_UPLOAD, /* multipart/form-data, read by the handler; at most config->upload_max_bytes */
    ROUTE_BODY_JSON_OPTIONAL, /* ROUTE_BODY_JSON, or none: then rq->json is NULL */
};

enum route_pool { ROUTE_WEB = 1, ROUTE_STREAM = 2, ROUTE_ANY = 3 };

struct app; /* fcgi/app.h: what handlers may use of the process */

typedef int (*route_fn)(struct ctx *cx, const struct http_request *rq, struct http_response *rs);

struct route {
    enum http_method method;
    const char *pattern; /* "/api/meetings/{id}" */
    route_fn handler;
    enum scope scope; /* what the caller needs; SCOPE_PUBLIC asks for nobody */
    enum route_tx tx;
    enum route_body body;
    enum route_pool pool;
};

extern const struct route routes[];
extern const size_t nroutes;

/* The route of method and path, its {parts} put into rq->path_params. HEAD finds GET's. NULL: none; then `allow`
 * (space for 64 bytes) lists the methods that the path has, "" when it is unknown. */
const struct route *route_find(const struct route *table, size_t n, struct http_request *rq,
                               char allow[64]);

/* The lowest role that has the scope. */
enum role route_min_role(enum scope scope);

const char *http_method_name(enum http_method m);

#endif

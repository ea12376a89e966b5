/* SPDX-License-Identifier: MIT */
/*
 * http: a request and its answer as handlers see them. Knows nothing of FastCGI.
 *
 * Handlers translate: they read the request, call core, fill the answer. They neither begin nor commit (but for
 * TX_NONE routes) and never write to the client: dispatch does, after the commit.
 */
#ifndef FCGI_HTTP_H
#define FCGI_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/base/sb.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OTHER };

struct http_param {
    struct slice name;
    struct slice value; /* percent-decoded */
};

/* Reads at most n bytes of the body: > 0 bytes, 0 at its end, -1 with cx->err set (cut off, too slow). */
typedef long (*http_body_fn)(struct ctx *cx, void *source, void *buf, size_t n);

struct http_request {
    enum http_method method;
    const char *method_text;
    struct slice path;          /* decoded once; no query */
    struct slice authorization; /* header value; empty when absent */
    struct slice content_type;
    struct slice accept_language;
    struct slice tenant_choice; /* X-Tenant */
    struct slice if_match;
    struct slice if_none_match;
    struct slice idempotency_key;
    const char *remote_addr;
    const char *host;
    bool ops_listener;      /* came in by the loopback listener of nginx */
    int64_t content_length; /* -1 when unknown (chunked) */
    struct http_param query[64];
    size_t nquery;
    struct http_param path_params[4]; /* {id} -> value */
    size_t npath_params;
    struct slice body;      /* BODY_JSON and BODY_FORM: whole; empty otherwise */
    json_t *json;           /* BODY_JSON: parsed object; owned by the arena */
    http_body_fn read_body; /* BODY_STREAM */
    void *body_source;
};

/* Streams an answer after its headers were written. Called by dispatch with a writer; -1 aborts the connection. */
typedef int (*http_write_fn)(void *sink, const void *p, size_t n);
typedef int (*http_stream_fn)(struct ctx *cx, void *state, http_write_fn write, void *sink);

struct http_header {
    const char *name;
    const char *value; /* in the arena; no CR or LF */
};

struct http_response {
    int status;
    const char *content_type;
    struct sb body;
    struct http_header headers[12];
    size_t nheaders;
    http_stream_fn stream; /* instead of body; opens its own transaction */
    void *stream_state;
    struct jw json; /* used by http_json_begin */
};

/* "es" or "en", from an Accept-Language header (RFC 9110 section 12.5.4); "" when it names neither. */
const char *http_language(struct slice accept_language);

/* Parameters. Optional ones return false when absent; a wrong one is ERR_INVALID naming it. */
const struct slice *http_query(const struct http_request *rq,
                               const char *name); /* NULL when absent */
int http_query_i64(struct ctx *cx, const struct http_request *rq, const char *name, int64_t lo,
                   int64_t hi, int64_t missing, int64_t *out);
/* `limit` within 1..LIMIT_PAGE; LIMIT_PAGE_DEFAULT when absent. */
int http_query_limit(struct ctx *cx, const struct http_request *rq, int64_t *out);
int http_path_uuid(struct ctx *cx, const struct http_request *rq, const char *name,
                   struct uuid *out);

/* The whole body into the arena; ERR_TOO_LARGE beyond cap_bytes, known from CONTENT_LENGTH before a byte is read. */
int http_read_body(struct ctx *cx, struct http_request *rq, size_t cap_bytes);

/* A form body (application/x-www-form-urlencoded), parsed into the arena. */
int http_form(struct ctx *cx, struct slice body, struct http_param *out, size_t max, size_t *n);

/* {"success":true,"data": ... } : write the value of data with the returned writer, then http_json_end(). */
struct jw *http_json_begin(struct http_response *rs, int status);
int http_json_end(struct ctx *cx, struct http_response *rs);

/* 304: the client has it already. No body, no type; whatever was written is dropped. */
void http_not_modified(struct http_response *rs);
/*
 * Versions of one thing. Its ETag is `"VERSION-DIGEST"`: the version moves with what people change, the digest (of the
 * body) with anything that is shown.
 */
const char *http_etag(struct arena *a, int64_t version, struct slice body);
/* Whether If-None-Match (a list, weak or strong, or *) names it. */
bool http_etag_matches(struct slice if_none_match, const char *etag);
/* The version that If-Match names, weak (nginx makes it so when it compresses) or strong; 0 for *.
 * ERR_PRECONDITION_REQUIRED if_match_missing, ERR_PRECONDITION version_stale when it is none of ours (RFC 9110 section
 * 13.1.1: no match). */
int http_if_match(struct ctx *cx, const struct http_request *rq, int64_t *version);

void http_header_add(struct http_response *rs, const char *name, const char *value);

/* The failure envelope from cx->err; sets status, Retry-After, WWW-Authenticate. */
void http_error(struct ctx *cx, struct http_response *rs);

/* application/x-www-form-urlencoded and paths: in place is not possible, the result is in the arena.
 * False on a bad escape or a NUL. */
bool http_percent_decode(struct arena *a, struct slice s, bool plus_is_space, struct slice *out);

#endif

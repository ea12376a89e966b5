/* SPDX-License-Identifier: MIT */
#include "fcgi/http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"

#define JSON_TYPE "application/json; charset=utf-8"

const char *http_language(struct slice accept)
{
    const char *best = "";
    double best_q = 0;

    while (accept.n) {
        struct slice params;
        const struct slice item = slice_cut(accept, ',', &accept);
        const struct slice tag = slice_trim(slice_cut(item, ';', &params));
        const char *language =
            tag.n >= 2 && slice_eq_nocase((struct slice){tag.p, 2}, SLICE("es"))   ? "es"
            : tag.n >= 2 && slice_eq_nocase((struct slice){tag.p, 2}, SLICE("en")) ? "en"
                                                                                   : NULL;
        double q = 1;

        params = slice_trim(params);
        if (slice_starts(params, SLICE("q=")) && params.n > 2 && params.n < 8) {
            char text[8] = {0};

            memcpy(text, params.p + 2, params.n - 2);
            q = strtod(text, NULL);
        }
        if (language && (tag.n == 2 || tag.p[2] == '-') && q > best_q) {
            best = language;
            best_q = q;
        }
    }
    return best;
}

const struct slice *http_query(const struct http_request *rq, const char *name)
{
    for (size_t i = 0; i < rq->nquery; i++) {
        if (slice_is(rq->query[i].name, name))
            return &rq->query[i].value;
    }
    return NULL;
}

int http_query_i64(struct ctx *cx, const struct http_request *rq, const char *name, int64_t lo,
                   int64_t hi, int64_t missing, int64_t *out)
{
    const struct slice *text = http_query(rq, name);
    int64_t v = missing;

    if (text && (!slice_to_i64(*text, &v) || v < lo || v > hi)) {
        ctx_fail(cx, ERR_INVALID, "parameter_invalid", name,
                 "%s must be a whole number from %lld to %lld", name, (long long)lo, (long long)hi);
        return err_params(&cx->err, "{\"min\":%lld,\"max\":%lld}", (long long)lo, (long long)hi);
    }
    *out = v;
    return 0;
}

int http_query_limit(struct ctx *cx, const struct http_request *rq, int64_t *out)
{
    return http_query_i64(cx, rq, "limit", 1, LIMIT_PAGE, LIMIT_PAGE_DEFAULT, out);
}

int http_path_uuid(struct ctx *cx, const struct http_request *rq, const char *name,
                   struct uuid *out)
{
    for (size_t i = 0; i < rq->npath_params; i++) {
        if (!slice_is(rq->path_params[i].name, name))
            continue;
        if (uuid_parse(rq->path_params[i].value, out))
            return 0;
        return ctx_fail(cx, ERR_INVALID, "id_invalid", name, "%s is not an identifier", name);
    }
    assert(!"the route's pattern has no such part");
    abort();
}

int http_read_body(struct ctx *cx, struct http_request *rq, size_t cap_bytes)
{
    char piece[16 << 10];
    SCOPED(sb_done) struct sb all = {0};
    long n;

    sb_init(&all, cap_bytes);
    if (rq->content_length > 0 && (uint64_t)rq->content_length > cap_bytes)
        goto too_large;
    while ((n = rq->read_body(cx, rq->body_source, piece, sizeof piece)) > 0) {
        sb_put(&all, piece, (size_t)n);
        if (!sb_ok(&all))
            goto too_large;
    }
    if (n < 0)
        return -1;
    rq->body = (struct slice){arena_slicedup(cx->arena, sb_get(&all)), all.n};
    return 0;

too_large:
    ctx_fail(cx, ERR_TOO_LARGE, "body_too_large", NULL, "the body may have %zu bytes", cap_bytes);
    return err_params(&cx->err, "{\"max_bytes\":%zu}", cap_bytes);
}

bool http_percent_decode(struct arena *a, struct slice s, bool plus_is_space, struct slice *out)
{
    char *text = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            const int hi = i + 2 < s.n ? hash_hex_value(s.p[i + 1]) : -1;
            const int lo = i + 2 < s.n ? hash_hex_value(s.p[i + 2]) : -1;

            if (hi < 0 || lo < 0)
                return false;
            c = (char)(hi << 4 | lo);
            i += 2;
        }
        if (c == '\0')
            return false;
        text[n++] = c;
    }
    text[n] = '\0';
    *out = (struct slice){text, n};
    return true;
}

int http_form(struct ctx *cx, struct slice body, struct http_param *out, size_t max, size_t *n)
{
    size_t found = 0;

    while (body.n) {
        struct slice value;
        const struct slice pair = slice_cut(body, '&', &body);
        const struct slice name = slice_cut(pair, '=', &value);

        if (!pair.n)
            continue;
        if (found == max)
            return ctx_fail(cx, ERR_INVALID, "too_many_parameters", NULL, "at most %zu parameters",
                            max);
        if (!http_percent_decode(cx->arena, name, true, &out[found].name) ||
            !http_percent_decode(cx->arena, value, true, &out[found].value))
            return ctx_fail(cx, ERR_INVALID, "encoding_invalid", NULL,
                            "a parameter is badly encoded");
        found++;
    }
    *n = found;
    return 0;
}

struct jw *http_json_begin(struct http_response *rs, int status)
{
    rs->status = status;
    rs->content_type = JSON_TYPE;
    jw_init(&rs->json, &rs->body);
    jw_object(&rs->json);
    jw_kbool(&rs->json, "success", true);
    jw_key(&rs->json, "data");
    return &rs->json;
}

int http_json_end(struct ctx *cx, struct http_response *rs)
{
    jw_end(&rs->json);
    assert(rs->json.depth == 0);
    if (!sb_ok(&rs->body))
        return ctx_fail(cx, ERR_TOO_LARGE, "response_too_large", NULL,
                        "the answer is too large; ask for less");
    return 0;
}

void http_not_modified(struct http_response *rs)
{
    sb_clear(&rs->body);
    rs->status = 304;
    rs->content_type = NULL;
}

const char *http_etag(struct arena *a, int64_t version, struct slice body)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    hash_sha256(body.p, body.n, digest);
    hash_hex(digest, sizeof digest, hex);
    return arena_printf(a, "\"%lld-%.16s\"", (long long)version, hex);
}

bool http_etag_matches(struct slice list, const char *etag)
{
    while (list.n) {
        struct slice one = slice_trim(slice_cut(list, ',', &list)); /* ours hold no comma */

        if (slice_starts(one, SLICE("W/")))
            one = (struct slice){one.p + 2, one.n - 2};
        if (slice_is(one, etag) || slice_is(one, "*"))
            return true;
    }
    return false;
}

int http_if_match(struct ctx *cx, const struct http_request *rq, int64_t *version)
{
    struct slice s = slice_trim(rq->if_match);
    struct slice digest;
    int64_t v = 0;

    if (!s.n)
        return ctx_fail(cx, ERR_PRECONDITION_REQUIRED, "if_match_missing", NULL,
                        "say with If-Match which version is to be changed");
    if (slice_is(s, "*")) {
        *version = 0;
        return 0;
    }
    if (slice_starts(s, SLICE("W/")))
        s = (struct slice){s.p + 2, s.n - 2};
    if (s.n < 3 || s.p[0] != '"' || s.p[s.n - 1] != '"' ||
        !slice_to_i64(slice_cut((struct slice){s.p + 1, s.n - 2}, '-', &digest), &v) || v < 1)
        return ctx_fail(cx, ERR_PRECONDITION, "version_stale", NULL,
                        "this is no version of it; read it again");
    *version = v;
    return 0;
}

void http_header_add(struct http_response *rs, const char *name, const char *value)
{
    assert(rs->nheaders < sizeof rs->headers / sizeof *rs->headers);
    rs->headers[rs->nheaders++] = (struct http_header){name, value};
}

void http_error(struct ctx *cx, struct http_response *rs)
{
    const struct err *e = &cx->err;
    struct jw w;

    sb_clear(&rs->body);
    rs->stream = NULL;
    rs->status = err_http_status(e->code);
    rs->content_type = JSON_TYPE;
    if (e->code == ERR_UNAUTHENTICATED)
        http_header_add(rs, "WWW-Authenticate", "Bearer");
    if (e->code == ERR_METHOD)
        http_header_add(rs, "Allow", arena_strdup(cx->arena, e->field));
    if (e->retry_after_ms > 0)
        http_header_add(
            rs, "Retry-After",
            arena_printf(cx->arena, "%lld", (long long)((e->retry_after_ms + 999) / 1000)));
    jw_init(&w, &rs->body);
    jw_object(&w);
    jw_kbool(&w, "success", false);
    jw_key(&w, "error");
    jw_object(&w);
    jw_kstr(&w, "code", e->reason);
    jw_kstr(&w, "message", e->message);
    jw_kstr(&w, "field", e->field[0] && e->code != ERR_METHOD ? e->field : NULL);
    jw_key(&w, "details");
    jw_object(&w);
    if (e->params[0]) {
        jw_key(&w, "params");
        jw_raw(&w, slice_cstr(e->params));
    }
    jw_end(&w);
    jw_kstr(&w, "request_id", cx->request_id);
    jw_end(&w);
    jw_end(&w);
}

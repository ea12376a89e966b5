/* SPDX-License-Identifier: MIT */
#include "fcgi/api_dev_issuer.h"

enum { FORM_PARAMS = 32 };

static struct dev_issuer *issuer; /* set once, before the fork */

struct params {
    const struct http_param *items;
    size_t n;
};

void api_dev_issuer_use(struct dev_issuer *d)
{
    issuer = d;
}

static struct slice param_get(const void *from, const char *name)
{
    const struct params *p = from;

    for (size_t i = 0; i < p->n; i++)
        if (slice_is(p->items[i].name, name))
            return p->items[i].value;
    return (struct slice){NULL, 0};
}

static int need_issuer(struct ctx *cx)
{
    return issuer ? 0 : ctx_fail(cx, ERR_NOT_FOUND, "not_found", NULL, "no such path");
}

/* The query of a GET, the form of a POST. */
static int read_params(struct ctx *cx, const struct http_request *rq, struct params *out)
{
    struct http_param *items;

    if (rq->method != HTTP_POST) {
        *out = (struct params){rq->query, rq->nquery};
        return 0;
    }
    items = arena_zalloc(cx->arena, FORM_PARAMS, sizeof *items);
    if (http_form(cx, rq->body, items, FORM_PARAMS, &out->n) < 0)
        return -1;
    out->items = items;
    return 0;
}

static int respond(struct ctx *cx, struct dev_answer *a, struct http_response *rs)
{
    const bool fits = sb_ok(&a->body) && sb_ok(&a->location);

    if (fits) {
        rs->status = a->status;
        rs->content_type = a->content_type;
        sb_slice(&rs->body, sb_get(&a->body));
        if (a->location.n)
            http_header_add(rs, "Location", arena_slicedup(cx->arena, sb_get(&a->location)));
        http_header_add(rs, "Cache-Control", "no-store");
    }
    dev_answer_done(a);
    return fits ? 0 : ctx_fail(cx, ERR_TOO_LARGE, "too_large", NULL, "the parameters are too long");
}

int api_dev_discovery(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct dev_answer a;

    (void)rq;
    if (need_issuer(cx) < 0)
        return -1;
    dev_answer_init(&a);
    dev_issuer_discovery(issuer, &a);
    return respond(cx, &a, rs);
}

int api_dev_certs(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct dev_answer a;

    (void)rq;
    if (need_issuer(cx) < 0)
        return -1;
    dev_answer_init(&a);
    dev_issuer_certs(issuer, &a);
    return respond(cx, &a, rs);
}

int api_dev_auth_get(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct params p;
    struct dev_answer a;

    if (need_issuer(cx) < 0 || read_params(cx, rq, &p) < 0)
        return -1;
    dev_answer_init(&a);
    dev_issuer_authorize(issuer, (struct dev_params){param_get, &p}, cx->request_id, &a);
    return respond(cx, &a, rs);
}

int api_dev_auth_post(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct params p;
    struct dev_answer a;

    if (need_issuer(cx) < 0 || read_params(cx, rq, &p) < 0)
        return -1;
    dev_answer_init(&a);
    dev_issuer_sign_in(issuer, (struct dev_params){param_get, &p}, cx->request_id, &a);
    return respond(cx, &a, rs);
}

int api_dev_token(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct params p;
    struct dev_answer a;

    if (need_issuer(cx) < 0 || read_params(cx, rq, &p) < 0)
        return -1;
    dev_answer_init(&a);
    dev_issuer_token(issuer, (struct dev_params){param_get, &p}, &a);
    return respond(cx, &a, rs);
}

int api_dev_logout(struct ctx *cx, const struct http_request *rq, struct http_response *rs)
{
    struct params p;
    struct dev_answer a;

    if (need_issuer(cx) < 0 || read_params(cx, rq, &p) < 0)
        return -1;
    dev_answer_init(&a);
    dev_issuer_logout(issuer, (struct dev_params){param_get, &p}, &a);
    return respond(cx, &a, rs);
}

/* SPDX-License-Identifier: MIT */
#include "core/llm/llm.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/base/sb.h"
#include "core/llm/answer.h"

enum {
    IN_FLIGHT = 20,
    CONNECT_MS = 5000,
    TOTAL_MS = 120000,
    CALL_ARENA_BYTES = 96 << 20, /* of vectors: LIMIT_LLM_EMBED_TEXTS of LIMIT_LLM_DIMENSIONS */
};

_Static_assert((int64_t)LIMIT_LLM_EMBED_TEXTS *LIMIT_LLM_DIMENSIONS * 4 < CALL_ARENA_BYTES,
               "vectors fit");

struct call {
    struct call *next;
    struct llm *llm;
    const struct llm_endpoint *ep;
    enum llm_kind kind;
    union {
        llm_chat_fn chat;
        llm_embed_fn embed;
    } done;
    void *user;
    uint64_t id;
    uint64_t request; /* of core/net; 0: it fails before it is sent */
    struct sb body;
    struct arena *arena;
    size_t ntexts;
    int dimensions;
    struct net_trace trace;
    bool read; /* an answer that says more than no */

    struct llm_outcome outcome;
    struct err err;
    struct llm_chat_answer answer;
    struct llm_vectors vectors;
};

struct llm {
    struct llm_options options;
    uint64_t last_id;
    int in_flight;
    struct call *calls; /* newest first */
};

/* ---- arrival ---- */

static void unlink_call(struct call *c)
{
    struct call **at = &c->llm->calls;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->llm->in_flight--;
}

static void free_call(struct call *c)
{
    sb_done(&c->body);
    arena_free(c->arena);
    free(c);
}

static bool has_something(enum llm_fault fault)
{
    return fault == LLM_OK || fault == LLM_LENGTH_CUT || fault == LLM_REFUSED ||
           fault == LLM_CONTENT_FILTERED;
}

/* The call ends here. */
static void finish(struct call *c, enum llm_fault fault)
{
    struct llm_outcome *o = &c->outcome;
    const struct err *err = NULL;

    o->fault = fault;
    o->next = llm_faults[fault].next;
    o->paid = llm_fault_paid(c->ep->dialect, &c->trace);
    o->status = c->trace.status;
    o->http_version = c->trace.http_version;
    o->took_ms = c->trace.took_ms;
    if (fault != LLM_OK) {
        if (fault == LLM_RATE_LIMITED)
            c->err.retry_after_ms = llm_rate_wait_ms(&o->rate);
        err = &c->err;
    }
    if (c->llm->options.shared)
        llm_shared_report(c->llm->options.shared, c->ep->id, fault, &o->rate);
    unlink_call(c);
    if (c->kind == LLM_CHAT)
        c->done.chat(c->user, o, c->read && has_something(fault) ? &c->answer : NULL, err);
    else
        c->done.embed(c->user, o, fault == LLM_OK ? &c->vectors : NULL, err);
    free_call(c);
}

/* Of the other side only what cannot hold a key or a prompt. */
static void set_error(struct call *c, enum llm_fault fault, const struct llm_words *w)
{
    llm_fault_set(&c->err, fault);
    err_detail(&c->err, "HTTP %d", c->trace.status);
    if (w && w->code[0])
        err_detail(&c->err, "code %s", w->code);
    if (w && w->type[0])
        err_detail(&c->err, "type %s", w->type);
    if (w && w->param[0])
        err_detail(&c->err, "param %s", w->param);
    if (c->outcome.request_id[0])
        err_detail(&c->err, "request %s", c->outcome.request_id);
}

static enum llm_fault read_answer(struct call *c, struct slice body)
{
    struct llm_answer_head head;
    enum llm_fault fault = c->kind == LLM_CHAT ? llm_chat_read(body, c->arena, &head, &c->answer)
                                               : llm_embed_read(body, c->ntexts, c->dimensions,
                                                                c->arena, &head, &c->vectors);

    c->read = true;
    c->outcome.usage = head.usage;
    memcpy(c->outcome.model, head.model, sizeof head.model);
    if (!c->outcome.request_id[0])
        memcpy(c->outcome.request_id, head.id, sizeof head.id);
    if (fault != LLM_OK)
        set_error(c, fault, NULL);
    return fault;
}

static void read_headers(struct call *c, const struct net_response *rs)
{
    const char *id = net_response_header(rs, "x-request-id");

    if (!id)
        id = net_response_header(rs, "apim-request-id");
    llm_answer_word(id, c->outcome.request_id, sizeof c->outcome.request_id);
    llm_rate_read(rs, &c->outcome.rate);
}

static void arrived(void *user, const struct net_response *rs, const struct err *err)
{
    struct call *c = user;
    struct llm_words words;
    enum llm_fault fault;

    if (err) {
        fault = llm_fault_of_net(err);
        llm_fault_set(&c->err, fault);
        err_detail(&c->err, "%s", err->internal);
    } else {
        read_headers(c, rs);
        if (rs->status >= 200 && rs->status < 300) {
            fault = read_answer(c, rs->body);
        } else {
            fault = llm_fault_of_status(rs->status, rs->body, &words);
            set_error(c, fault, &words);
        }
    }
    finish(c, fault);
}

/* ---- departure ---- */

static struct call *new_call(struct llm *llm, const struct llm_endpoint *ep, enum llm_kind kind,
                             void *user)
{
    static const struct llm_rate untold = {-1, -1, -1, -1, -1, -1, -1};
    struct call *c = calloc(1, sizeof *c);

    if (!c) {
        LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S("llm call")});
        _Exit(70);
    }
    c->llm = llm;
    c->ep = ep;
    c->kind = kind;
    c->user = user;
    c->id = ++llm->last_id;
    c->arena = arena_new(CALL_ARENA_BYTES);
    c->outcome.rate = untold;
    sb_init(&c->body, LIMIT_LLM_REQUEST_BYTES);
    c->next = llm->calls;
    llm->calls = c;
    llm->in_flight++;
    return c;
}

static void send_call(struct call *c, const char *url, int64_t total_ms)
{
    const struct llm_options *o = &c->llm->options;
    struct net_header headers[2] = {{.name = "Content-Type", .value = "application/json"}};
    const size_t nheaders = llm_endpoint_header(c->ep, &headers[1]) ? 2 : 1;

    c->request = net_submit(
        o->net,
        &(struct net_request){
            .url = url,
            .headers = headers,
            .nheaders = nheaders,
            .body = sb_get(&c->body),
            .connect_ms = o->connect_ms,
            .total_ms = total_ms > 0 ? total_ms : o->total_ms,
            .max_bytes = c->kind == LLM_CHAT ? LIMIT_LLM_ANSWER_BYTES : LIMIT_HTTP_CLIENT_BYTES,
            .once = true,
            .wanted = llm_rate_headers,
            .nwanted = llm_rate_nheaders,
            .trace = &c->trace,
        },
        arrived, c);
    llm_endpoint_header_done(&headers[1]);
}

/* Sends it, or leaves it for the next step to fail. */
static uint64_t submit(struct call *c, const char *model, bool written, int64_t total_ms)
{
    const char *url = model ? llm_endpoint_url(c->ep, c->kind, model, c->arena) : NULL;

    if (c->llm->in_flight > c->llm->options.in_flight)
        llm_fault_set(&c->err, LLM_BUSY);
    else if (!url || !written)
        llm_fault_set(&c->err, LLM_REQUEST_INVALID);
    else
        send_call(c, url, total_ms);
    return c->id;
}

uint64_t llm_chat(struct llm *llm, const struct llm_endpoint *ep, const struct llm_chat *chat,
                  llm_chat_fn done, void *user)
{
    struct call *c = new_call(llm, ep, LLM_CHAT, user);

    c->done.chat = done;
    return submit(c, chat->model, llm_chat_write(ep->dialect, chat, &c->body), chat->total_ms);
}

uint64_t llm_embed(struct llm *llm, const struct llm_endpoint *ep, const struct llm_embed *embed,
                   llm_embed_fn done, void *user)
{
    struct call *c = new_call(llm, ep, LLM_EMBEDDING, user);

    c->done.embed = done;
    c->ntexts = embed->n;
    c->dimensions = embed->dimensions;
    return submit(c, embed->model, llm_embed_write(embed, &c->body), embed->total_ms);
}

enum llm_paid llm_cancel(struct llm *llm, uint64_t id)
{
    for (struct call *c = llm->calls; c; c = c->next) {
        enum llm_paid paid;

        if (c->id != id)
            continue;
        net_cancel(llm->options.net, c->request);
        paid = c->trace.sent ? LLM_PAID_UNKNOWN : LLM_PAID_NO;
        if (llm->options.shared)
            llm_shared_report(llm->options.shared, c->ep->id, LLM_BUSY, NULL);
        unlink_call(c);
        free_call(c);
        return paid;
    }
    return LLM_PAID_NO;
}

/* Those that never left. */
static int fail_unsent(struct llm *llm)
{
    struct call *c = llm->calls;
    int failed = 0;

    while (c) {
        if (c->request) {
            c = c->next;
            continue;
        }
        finish(c, strcmp(c->err.reason, llm_faults[LLM_BUSY].reason) == 0 ? LLM_BUSY
                                                                          : LLM_REQUEST_INVALID);
        failed++;
        c = llm->calls; /* the callback may have changed the list */
    }
    return failed;
}

int llm_step(struct llm *llm, int64_t wait_ms)
{
    const int failed = fail_unsent(llm);

    net_step(llm->options.net, failed > 0 ? 0 : wait_ms);
    return llm->in_flight;
}

int llm_in_flight(const struct llm *llm)
{
    return llm->in_flight;
}

int llm_room(const struct llm *llm)
{
    const int room = llm->options.in_flight - llm->in_flight;

    return room > 0 ? room : 0;
}

/* ---- life ---- */

struct llm *llm_new(const struct llm_options *options)
{
    struct llm *llm = calloc(1, sizeof *llm);
    struct llm_options *o;

    if (!llm) {
        LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S("llm")});
        _Exit(70);
    }
    assert(options->net);
    (void)secret_keep_out_of_cores();
    llm->options = *options;
    o = &llm->options;
    o->in_flight = o->in_flight > 0 ? o->in_flight : IN_FLIGHT;
    if (o->in_flight > LIMIT_LLM_IN_FLIGHT)
        o->in_flight = LIMIT_LLM_IN_FLIGHT;
    o->connect_ms = o->connect_ms > 0 ? o->connect_ms : CONNECT_MS;
    o->total_ms = o->total_ms > 0 ? o->total_ms : TOTAL_MS;
    return llm;
}

void llm_free(struct llm *llm)
{
    if (!llm)
        return;
    while (llm->calls)
        llm_cancel(llm, llm->calls->id);
    free(llm);
}

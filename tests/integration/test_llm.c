/* SPDX-License-Identifier: MIT */
/* The client against a double of the API: every fault has its stated outcome, and is paid for as it says. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/llm/llm.h"
#include "tests/lib/double.h"

static const char KEY[] = "sk-test-9f8e7d6c5b4a39281706";

static struct openai_double plain; /* HTTP/1.1, no TLS */
static struct openai_double secure;
static struct secret *key;

struct client {
    struct net *net;
    struct llm *llm;
    struct llm_endpoint ep;
};

/* What a callback was told, copied. */
struct result {
    int called;
    struct llm_outcome outcome;
    bool answered;
    char text[4096];
    char refusal[256];
    float first;
    float *vectors;
    size_t nvectors;
    bool failed;
    struct err err;
};

static struct client make_client(const char *base_url, const char *ca_file, int in_flight,
                                 struct llm_shared *shared)
{
    struct client c = {.ep = {.dialect = LLM_OPENAI, .base_url = base_url, .key = key}};

    c.ep.id = llm_endpoint_id(base_url, key);
    c.net = net_new(&(struct net_options){.allow_private = "127.0.0.1,localhost",
                                          .ca_file = ca_file,
                                          .in_flight = in_flight,
                                          .per_host = in_flight});
    c.llm = llm_new(&(struct llm_options){
        .net = c.net, .in_flight = in_flight, .total_ms = 5000, .shared = shared});
    return c;
}

static void drop_client(struct client *c)
{
    llm_free(c->llm);
    net_free(c->net);
}

static void take_outcome(struct result *r, const struct llm_outcome *o, const struct err *err)
{
    r->called++;
    r->outcome = *o;
    r->failed = err != NULL;
    if (err)
        r->err = *err;
}

static void chatted(void *user, const struct llm_outcome *o, const struct llm_chat_answer *a,
                    const struct err *err)
{
    struct result *r = user;

    take_outcome(r, o, err);
    r->answered = a != NULL;
    if (a) {
        snprintf(r->text, sizeof r->text, "%.*s", (int)a->text.n, a->text.p);
        snprintf(r->refusal, sizeof r->refusal, "%.*s", (int)a->refusal.n, a->refusal.p);
    }
}

static void embedded(void *user, const struct llm_outcome *o, const struct llm_vectors *v,
                     const struct err *err)
{
    struct result *r = user;

    take_outcome(r, o, err);
    r->answered = v != NULL;
    if (v) {
        r->nvectors = v->n;
        r->vectors = malloc(v->n * (size_t)v->dimensions * sizeof *v->values);
        memcpy(r->vectors, v->values, v->n * (size_t)v->dimensions * sizeof *v->values);
    }
}

static const struct llm_message hello[] = {{LLM_SYSTEM, SLICE("You read sales meetings.")},
                                           {LLM_USER, SLICE("Hola, ¿cuánto cuesta?")}};

static struct llm_chat chat_of(const char *model)
{
    return (struct llm_chat){.model = model,
                             .messages = hello,
                             .nmessages = 2,
                             .max_output_tokens = 100,
                             .total_ms = 5000};
}

static void run(struct client *c, int64_t most_ms)
{
    const int64_t until = clock_mono_ms() + most_ms;

    while (llm_step(c->llm, 50) > 0) {
        if (clock_mono_ms() > until)
            fail_msg("%d calls did not end in %d ms", llm_in_flight(c->llm), (int)most_ms);
    }
}

static struct result ask(struct client *c, const struct llm_chat *chat)
{
    struct result r = {0};

    assert_int_not_equal(llm_chat(c->llm, &c->ep, chat, chatted, &r), 0);
    assert_int_equal(r.called, 0); /* callbacks come from llm_step() only */
    run(c, 10000);
    assert_int_equal(r.called, 1);
    return r;
}

/* ---- answers ---- */

static void an_answer_is_read_with_what_it_cost(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    const struct llm_chat chat = chat_of("gpt-test");
    struct result r = ask(&c, &chat);

    (void)state;
    assert_false(r.failed);
    assert_true(r.answered);
    assert_string_equal(r.text, "ok");
    assert_int_equal(r.outcome.fault, LLM_OK);
    assert_int_equal(r.outcome.paid, LLM_PAID_YES);
    assert_true(r.outcome.usage.known);
    assert_int_equal(r.outcome.usage.output, 1);
    assert_true(r.outcome.usage.input > 10);
    assert_int_equal(r.outcome.usage.cached, r.outcome.usage.input / 4);
    assert_string_equal(r.outcome.model, "gpt-test-2025-01-01");
    assert_int_equal(strncmp(r.outcome.request_id, "req_", 4), 0);
    assert_int_equal(r.outcome.status, 200);
    assert_int_equal(r.outcome.http_version, 1);
    assert_true(r.outcome.took_ms >= 0);
    drop_client(&c);
}

/* The last request's body, parsed, and one of its headers. */
static json_t *last_request(const struct openai_double *d)
{
    json_t *calls = double_calls(d);
    json_t *requests = json_object_get(calls, "requests");
    json_t *last = json_array_get(requests, json_array_size(requests) - 1);

    json_incref(last);
    json_decref(calls);
    return last;
}

static void what_is_sent_is_what_was_asked_for(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    struct llm_chat chat = chat_of("gpt-test");
    json_t *sent;
    json_t *body;
    struct result r;

    (void)state;
    chat.schema = SLICE("{\"type\":\"object\",\"properties\":{\"size\":{\"enum\":[\"s\",\"m\"]}},"
                        "\"required\":[\"size\"],\"additionalProperties\":false}");
    chat.schema_name = "reading";
    chat.has_temperature = true;
    chat.temperature = 0.2;
    chat.has_seed = true;
    chat.seed = 7;
    r = ask(&c, &chat);
    assert_string_equal(r.text, "{\"size\":\"s\"}");
    sent = last_request(&plain);
    assert_string_equal(json_str(sent, "path"), "/v1/chat/completions");
    assert_string_equal(json_str(json_object_get(sent, "headers"), "authorization"),
                        "Bearer sk-test-9f8e7d6c5b4a39281706");
    body = json_loads(json_str(sent, "body"), 0, NULL);
    assert_string_equal(json_str(body, "model"), "gpt-test");
    assert_int_equal(json_integer_value(json_object_get(body, "max_completion_tokens")), 100);
    assert_null(json_object_get(body, "max_tokens"));
    assert_int_equal(json_integer_value(json_object_get(body, "seed")), 7);
    assert_true(json_real_value(json_object_get(body, "temperature")) == 0.2);
    assert_string_equal(json_str(json_array_get(json_object_get(body, "messages"), 1), "content"),
                        "Hola, ¿cuánto cuesta?");
    assert_true(json_is_true(json_object_get(
        json_object_get(json_object_get(body, "response_format"), "json_schema"), "strict")));
    json_decref(body);
    json_decref(sent);
    drop_client(&c);
}

static void dialects_differ_in_path_header_and_names(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    const struct llm_chat chat = chat_of("gpt-test");
    char base[64];
    json_t *sent;

    (void)state;
    c.ep.dialect = LLM_COMPATIBLE;
    c.ep.key = NULL;
    double_stop(&plain);
    double_start(&plain, &(struct double_options){0}); /* takes any key, also none */
    snprintf(base, sizeof base, "http://127.0.0.1:%d", plain.http_port);
    c.ep.base_url = plain.http_url;
    assert_false(ask(&c, &chat).failed);
    sent = last_request(&plain);
    assert_null(json_str(json_object_get(sent, "headers"), "authorization"));
    assert_non_null(strstr(json_str(sent, "body"), "\"max_tokens\":100"));
    json_decref(sent);

    c.ep = (struct llm_endpoint){.dialect = LLM_AZURE,
                                 .base_url = base,
                                 .key = key,
                                 .deployment = "readings-1",
                                 .api_version = "2024-10-21",
                                 .id = 3};
    assert_false(ask(&c, &chat).failed);
    sent = last_request(&plain);
    assert_string_equal(json_str(sent, "path"),
                        "/openai/deployments/readings-1/chat/completions?api-version=2024-10-21");
    assert_string_equal(json_str(json_object_get(sent, "headers"), "api-key"), KEY);
    assert_null(json_str(json_object_get(sent, "headers"), "authorization"));
    json_decref(sent);
    drop_client(&c);
    double_stop(&plain);
    double_start(&plain, &(struct double_options){.key = KEY});
}

/* ---- faults ---- */

/* What an outcome may say of a call whose price the double knows. */
static bool paid_fits(enum llm_paid said, bool paid)
{
    return said == LLM_PAID_UNKNOWN || (said == LLM_PAID_YES) == paid;
}

static const struct {
    const char *model;
    enum llm_fault fault;
    enum llm_paid paid;
    bool usage;
    bool answered;
    int64_t retry_after_ms;
} faults[] = {
    {"fault:ok", LLM_OK, LLM_PAID_YES, true, true, 0},
    {"fault:latency:100", LLM_OK, LLM_PAID_YES, true, true, 0},
    {"fault:no_usage", LLM_OK, LLM_PAID_YES, false, true, 0},
    {"fault:wrong_schema", LLM_OK, LLM_PAID_YES, true, true, 0}, /* held against it by who asked */
    {"fault:wrong_enum", LLM_OK, LLM_PAID_YES, true, true, 0},
    {"fault:429", LLM_RATE_LIMITED, LLM_PAID_NO, false, false, 2000},
    {"fault:429:7", LLM_RATE_LIMITED, LLM_PAID_NO, false, false, 7000},
    {"fault:429:0.5", LLM_RATE_LIMITED, LLM_PAID_NO, false, false, 500},
    {"fault:429_reset:1s", LLM_RATE_LIMITED, LLM_PAID_NO, false, false, 1000},
    {"fault:429_reset:6m0s", LLM_RATE_LIMITED, LLM_PAID_NO, false, false, 360000},
    {"fault:429_reset:20ms", LLM_RATE_LIMITED, LLM_PAID_NO, false, false, 20},
    {"fault:quota", LLM_QUOTA, LLM_PAID_NO, false, false, 0},
    {"fault:401", LLM_KEY_INVALID, LLM_PAID_NO, false, false, 0},
    {"fault:403", LLM_KEY_INVALID, LLM_PAID_NO, false, false, 0},
    {"fault:404", LLM_MODEL_UNKNOWN, LLM_PAID_NO, false, false, 0},
    {"fault:404_html", LLM_ENDPOINT_WRONG, LLM_PAID_NO, false, false, 0},
    {"fault:redirect", LLM_ENDPOINT_WRONG, LLM_PAID_NO, false, false, 0},
    {"fault:context", LLM_CONTEXT_TOO_LONG, LLM_PAID_NO, false, false, 0},
    {"fault:filtered_input", LLM_CONTENT_FILTERED, LLM_PAID_NO, false, false, 0},
    {"fault:filtered", LLM_CONTENT_FILTERED, LLM_PAID_YES, true, true, 0},
    {"fault:400", LLM_REQUEST_REFUSED, LLM_PAID_NO, false, false, 0},
    {"fault:500", LLM_SERVER_ERROR, LLM_PAID_UNKNOWN, false, false, 0},
    {"fault:502", LLM_SERVER_ERROR, LLM_PAID_UNKNOWN, false, false, 0},
    {"fault:503", LLM_SERVER_ERROR, LLM_PAID_NO, false, false, 0},
    {"fault:timeout", LLM_TIMEOUT, LLM_PAID_UNKNOWN, false, false, 0},
    {"fault:stall", LLM_TIMEOUT, LLM_PAID_YES, false, false, 0},
    {"fault:drip:20", LLM_TIMEOUT, LLM_PAID_YES, false, false, 0},
    {"fault:reset", LLM_CUT_OFF, LLM_PAID_UNKNOWN, false, false, 0},
    {"fault:reset_body", LLM_CUT_OFF, LLM_PAID_YES, false, false, 0},
    {"fault:cut_json", LLM_ANSWER_TRUNCATED, LLM_PAID_YES, false, false, 0},
    {"fault:malformed", LLM_ANSWER_MALFORMED, LLM_PAID_YES, false, false, 0},
    {"fault:not_json", LLM_ANSWER_MALFORMED, LLM_PAID_YES, false, false, 0},
    {"fault:no_choices", LLM_ANSWER_EMPTY, LLM_PAID_YES, true, false, 0},
    {"fault:no_content", LLM_ANSWER_EMPTY, LLM_PAID_YES, true, false, 0},
    {"fault:refusal", LLM_REFUSED, LLM_PAID_YES, true, true, 0},
    {"fault:length", LLM_LENGTH_CUT, LLM_PAID_YES, true, true, 0},
    {"fault:huge", LLM_ANSWER_TOO_LARGE, LLM_PAID_YES, false, false, 0},
};

static bool is_slow(enum llm_fault fault)
{
    return fault == LLM_TIMEOUT;
}

static void check_fault(struct client *c, const struct openai_double *d, size_t i)
{
    struct llm_chat chat = chat_of(faults[i].model);
    const int64_t paid = double_count(d, "paid");
    struct result r;

    chat.total_ms = is_slow(faults[i].fault) ? 400 : 5000;
    r = ask(c, &chat);
    if (r.outcome.fault != faults[i].fault || r.outcome.paid != faults[i].paid ||
        r.outcome.usage.known != faults[i].usage || r.answered != faults[i].answered)
        fail_msg("%s: fault %s paid %d usage %d answered %d (%s; %s)", faults[i].model,
                 llm_faults[r.outcome.fault].reason, r.outcome.paid, r.outcome.usage.known,
                 r.answered, r.err.reason, r.err.internal);
    assert_int_equal(r.failed, faults[i].fault != LLM_OK);
    assert_int_equal(r.outcome.next, llm_faults[faults[i].fault].next);
    assert_true(paid_fits(r.outcome.paid, double_count(d, "paid") > paid));
    if (r.failed) {
        assert_string_equal(r.err.reason, llm_faults[faults[i].fault].reason);
        assert_int_equal(r.err.code, llm_faults[faults[i].fault].code);
        if (r.err.retry_after_ms != faults[i].retry_after_ms)
            fail_msg("%s: wait %d ms", faults[i].model, (int)r.err.retry_after_ms);
        assert_null(strstr(r.err.internal, "9f8e7d"));
        assert_null(strstr(r.err.message, "9f8e7d"));
    }
}

static void every_fault_has_its_outcome(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        check_fault(&c, &plain, i);
    drop_client(&c);
}

static void every_fault_has_its_outcome_over_http2(void **state)
{
    struct client c = make_client(secure.https_url, secure.ca_file, 4, NULL);

    (void)state;
    double_reset(&secure);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        check_fault(&c, &secure, i);
    assert_true(double_count(&secure, "http2") >= (int64_t)(sizeof faults / sizeof *faults));
    assert_int_equal(double_count(&secure, "http2"), double_count(&secure, "calls"));
    drop_client(&c);
}

static void what_came_of_a_cut_answer_is_handed_out(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    struct llm_chat chat = chat_of("fault:length");
    struct result r = ask(&c, &chat);

    (void)state;
    assert_string_equal(r.text, "{\"cut\":");
    chat = chat_of("fault:refusal");
    r = ask(&c, &chat);
    assert_string_equal(r.refusal, "I cannot help with that.");
    drop_client(&c);
}

/* libcurl would send it again by itself, and it would be paid for twice. */
static void a_call_is_sent_once_only(void **state)
{
    const struct openai_double *doubles[] = {&plain, &secure};
    const struct llm_chat good = chat_of("m");
    const struct llm_chat bad = chat_of("fault:reset");

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct openai_double *d = doubles[i];
        struct client c = make_client(i ? d->https_url : d->http_url, d->ca_file, 4, NULL);

        double_reset(d);
        assert_false(ask(&c, &good).failed); /* a connection is kept */
        assert_int_equal(ask(&c, &bad).outcome.fault, LLM_CUT_OFF);
        assert_int_equal(double_count(d, "calls"), 2);
        drop_client(&c);
    }
}

static void nobody_there_is_not_paid(void **state)
{
    struct client c = make_client("http://127.0.0.1:1/v1", NULL, 4, NULL);
    const struct llm_chat chat = chat_of("m");
    struct result r = ask(&c, &chat);

    (void)state;
    assert_int_equal(r.outcome.fault, LLM_UNREACHABLE);
    assert_int_equal(r.outcome.paid, LLM_PAID_NO);
    c.ep.base_url = "http://10.1.2.3/v1";
    r = ask(&c, &chat);
    assert_int_equal(r.outcome.fault, LLM_ADDRESS_REFUSED);
    assert_int_equal(r.outcome.paid, LLM_PAID_NO);
    drop_client(&c);
}

static void certificates_are_checked(void **state)
{
    struct client c = make_client(secure.wrong_https_url, secure.ca_file, 4, NULL);
    const struct llm_chat chat = chat_of("m");
    struct result r;

    (void)state;
    double_reset(&secure);
    r = ask(&c, &chat);
    assert_int_equal(r.outcome.fault, LLM_TLS);
    assert_int_equal(r.outcome.paid, LLM_PAID_NO);
    drop_client(&c);
    c = make_client(secure.https_url, NULL, 4, NULL); /* an authority that nobody knows */
    r = ask(&c, &chat);
    assert_int_equal(r.outcome.fault, LLM_TLS);
    drop_client(&c);
    assert_int_equal(double_count(&secure, "calls"), 0);
}

static void what_cannot_be_asked_is_never_sent(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    struct llm_chat wrong[7];
    const size_t n = sizeof wrong / sizeof *wrong;

    (void)state;
    double_reset(&plain);
    for (size_t i = 0; i < n; i++)
        wrong[i] = chat_of("m");
    wrong[0].model = "";
    wrong[1].nmessages = 0;
    wrong[2].max_output_tokens = 0;
    wrong[3].schema = SLICE("{\"type\":");
    wrong[3].schema_name = "a";
    wrong[4].schema = SLICE("{}");
    wrong[4].schema_name = "with blank";
    wrong[5].has_temperature = true;
    wrong[5].temperature = 2.5;
    wrong[6].model = NULL;
    for (size_t i = 0; i < n; i++) {
        struct result r = ask(&c, &wrong[i]);

        assert_int_equal(r.outcome.fault, LLM_REQUEST_INVALID);
        assert_int_equal(r.outcome.paid, LLM_PAID_NO);
    }
    c.ep.base_url = "ftp://x";
    assert_int_equal(ask(&c, &(struct llm_chat){.model = "m"}).outcome.fault, LLM_REQUEST_INVALID);
    assert_int_equal(double_count(&plain, "calls"), 0);
    drop_client(&c);
}

/* ---- many ---- */

enum { MANY = 300 };

static void many(const struct openai_double *d, const char *url, int http_version)
{
    struct client c = make_client(url, d->ca_file, MANY, NULL);
    struct result *r = calloc(MANY, sizeof *r);
    const struct llm_chat chat = chat_of("fault:latency:2000");
    const int64_t began = clock_mono_ms();

    double_reset(d);
    for (int i = 0; i < MANY; i++)
        llm_chat(c.llm, &c.ep, &chat, chatted, &r[i]);
    assert_int_equal(llm_in_flight(c.llm), MANY);
    assert_int_equal(llm_room(c.llm), 0);
    run(&c, 20000);
    for (int i = 0; i < MANY; i++) {
        if (r[i].called != 1 || r[i].outcome.fault != LLM_OK)
            fail_msg("call %d: %s %s", i, r[i].err.reason, r[i].err.internal);
        assert_int_equal(r[i].outcome.http_version, http_version);
    }
    assert_int_equal(double_count(d, "paid"), MANY);
    if (http_version == 2)
        assert_true(double_count(d, "handshakes") <= 2);
    print_message("%d calls of 2 s over HTTP/%d: %d ms, %d at once\n", MANY, http_version,
                  (int)(clock_mono_ms() - began), (int)double_count(d, "peak"));
    assert_true(double_count(d, "peak") > MANY * 9 / 10);
    free(r);
    drop_client(&c);
}

static void three_hundred_calls_are_in_flight_at_once(void **state)
{
    (void)state;
    many(&plain, plain.http_url, 1);
}

static void three_hundred_calls_share_connections_over_http2(void **state)
{
    (void)state;
    many(&secure, secure.https_url, 2);
}

static void more_than_fit_are_refused_and_not_paid(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    const struct llm_chat chat = chat_of("fault:latency:200");
    struct result r[3] = {0};

    (void)state;
    llm_free(c.llm);
    c.llm = llm_new(&(struct llm_options){.net = c.net, .in_flight = 2}); /* the net has room */
    for (int i = 0; i < 3; i++)
        llm_chat(c.llm, &c.ep, &chat, chatted, &r[i]);
    run(&c, 5000);
    assert_int_equal(r[0].outcome.fault, LLM_OK);
    assert_int_equal(r[1].outcome.fault, LLM_OK);
    assert_int_equal(r[2].outcome.fault, LLM_BUSY);
    assert_int_equal(r[2].outcome.paid, LLM_PAID_NO);
    drop_client(&c);
}

static void a_cancelled_call_has_no_callback(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    const struct llm_chat chat = chat_of("fault:latency:200");
    struct result r[3] = {0};
    uint64_t id[3];

    (void)state;
    for (int i = 0; i < 2; i++)
        id[i] = llm_chat(c.llm, &c.ep, &chat, chatted, &r[i]);
    id[2] = llm_chat(c.llm, &c.ep, &(struct llm_chat){.model = "m"}, chatted, &r[2]);
    assert_int_equal(llm_cancel(c.llm, id[2]), LLM_PAID_NO); /* it could not be sent */
    for (int64_t until = clock_mono_ms() + 100; clock_mono_ms() < until;)
        llm_step(c.llm, 10);
    assert_int_equal(llm_cancel(c.llm, id[0]), LLM_PAID_UNKNOWN);
    assert_int_equal(llm_cancel(c.llm, id[0]), LLM_PAID_NO); /* unknown by now */
    run(&c, 5000);
    assert_int_equal(r[0].called, 0);
    assert_int_equal(r[1].called, 1);
    assert_int_equal(r[2].called, 0);
    llm_chat(c.llm, &c.ep, &chat, chatted, &r[0]);
    drop_client(&c); /* with one in flight */
    assert_int_equal(r[0].called, 0);
}

struct again {
    struct client *c;
    uint64_t other;
    int left;
};

static void ask_again(void *user, const struct llm_outcome *o, const struct llm_chat_answer *a,
                      const struct err *err)
{
    static const struct llm_chat impossible = {.model = "m"};
    struct again *g = user;
    const struct llm_chat chat = chat_of("m");

    (void)o, (void)a, (void)err;
    llm_cancel(g->c->llm, g->other);
    if (g->left-- > 0)
        llm_chat(g->c->llm, &g->c->ep, g->left % 2 ? &chat : &impossible, ask_again, g);
}

static void a_callback_may_submit_and_cancel(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    const struct llm_chat chat = chat_of("fault:timeout");
    struct again g = {.c = &c, .left = 6};
    struct result r = {0};

    (void)state;
    g.other = llm_chat(c.llm, &c.ep, &chat, chatted, &r);
    llm_chat(c.llm, &c.ep, &(struct llm_chat){.model = "m"}, ask_again, &g);
    run(&c, 5000);
    assert_int_equal(g.left, -1);
    assert_int_equal(r.called, 0);
    drop_client(&c);
}

/* ---- vectors ---- */

static struct result embed(struct client *c, const struct llm_embed *e)
{
    struct result r = {0};

    llm_embed(c->llm, &c->ep, e, embedded, &r);
    run(c, 10000);
    assert_int_equal(r.called, 1);
    return r;
}

static void vectors_come_in_the_order_of_the_texts(void **state)
{
    static const char *const models[] = {"m", "fault:reordered"};
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    const struct slice texts[] = {SLICE("uno"), SLICE("dos"), SLICE("tres")};
    struct result r[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        r[i] = embed(
            &c, &(struct llm_embed){.model = models[i], .texts = texts, .n = 3, .dimensions = 64});
        assert_false(r[i].failed);
        assert_int_equal(r[i].nvectors, 3);
        assert_true(r[i].outcome.usage.known);
        assert_int_equal(r[i].outcome.usage.output, 0);
    }
    assert_memory_equal(r[0].vectors, r[1].vectors, 3 * 64 * sizeof(float));
    assert_memory_not_equal(r[0].vectors, r[0].vectors + 64, 64 * sizeof(float));
    free(r[0].vectors);
    free(r[1].vectors);
    drop_client(&c);
}

static void wrong_vectors_are_refused(void **state)
{
    static const struct {
        const char *model;
        enum llm_fault fault;
    } cases[] = {
        {"fault:short", LLM_VECTORS_WRONG},        {"fault:wrong_dimension", LLM_VECTORS_WRONG},
        {"fault:not_finite", LLM_VECTORS_WRONG},   {"fault:no_choices", LLM_ANSWER_EMPTY},
        {"fault:malformed", LLM_ANSWER_MALFORMED}, {"fault:cut_json", LLM_ANSWER_TRUNCATED},
        {"fault:429:1", LLM_RATE_LIMITED},         {"fault:500", LLM_SERVER_ERROR},
    };
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    const struct slice texts[] = {SLICE("uno"), SLICE("dos")};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct result r = embed(
            &c,
            &(struct llm_embed){.model = cases[i].model, .texts = texts, .n = 2, .dimensions = 32});

        if (r.outcome.fault != cases[i].fault)
            fail_msg("%s: %s", cases[i].model, r.err.reason);
        assert_false(r.answered);
    }
    drop_client(&c);
}

static void a_full_batch_of_vectors_fits(void **state)
{
    struct client c = make_client(secure.https_url, secure.ca_file, 4, NULL);
    struct slice texts[256];
    struct result r;

    (void)state;
    for (int i = 0; i < 256; i++)
        texts[i] = SLICE("un texto");
    r = embed(&c, &(struct llm_embed){.model = "m", .texts = texts, .n = 256, .dimensions = 1536});
    assert_false(r.failed);
    assert_int_equal(r.nvectors, 256);
    free(r.vectors);
    texts[7].n = 0;
    r = embed(&c, &(struct llm_embed){.model = "m", .texts = texts, .n = 256, .dimensions = 1536});
    assert_int_equal(r.outcome.fault, LLM_REQUEST_INVALID);
    drop_client(&c);
}

/* ---- the key ---- */

/* The log at its most talkative, every fault once, wrong keys too: the key is in no line. */
static void the_key_is_in_no_log_and_no_error(void **state)
{
    char log[] = "/tmp/test_llm.XXXXXX";
    struct secret *wrong = secret_new(SLICE("sk-wrong-9f8e7d6c5b4a3928"));
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    char text[65536] = "";
    FILE *f;
    int fd = mkstemp(log);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(log_open(log, LOG_DEBUG), 0);
    c.ep.key = wrong;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct llm_chat chat = chat_of(faults[i].model);
        struct result r;

        chat.total_ms = 300;
        r = ask(&c, &chat);
        assert_int_equal(r.outcome.fault, LLM_KEY_INVALID);
        LOG(LOG_DEBUG, "test", {"message", LOG_S(r.err.message)}, {"why", LOG_S(r.err.internal)},
            {"params", LOG_S(r.err.params)});
    }
    log_open("-", LOG_INFO);
    f = fdopen(fd, "r");
    assert_true(fread(text, 1, sizeof text - 1, f) > 1000);
    fclose(f);
    unlink(log);
    assert_non_null(strstr(text, "code invalid_api_key"));
    assert_null(strstr(text, "9f8e7d"));
    drop_client(&c);
    secret_free(wrong);
}

static void the_process_keeps_its_memory_out_of_cores(void **state)
{
    struct client c = make_client(plain.http_url, NULL, 4, NULL);
    FILE *f = fopen("/proc/self/coredump_filter", "r");
    char filter[32] = "";

    (void)state;
    assert_non_null(fgets(filter, sizeof filter, f));
    fclose(f);
    assert_int_equal(strtoul(filter, NULL, 16), 0x10);
    drop_client(&c);
}

/* ---- with the state that workers share ---- */

static void outcomes_are_reported_to_the_other_workers(void **state)
{
    struct llm_shared *shared = llm_shared_new(&(struct llm_shared_options){.failures = 3});
    struct client c = make_client(plain.http_url, NULL, 4, shared);
    struct llm_chat chat = chat_of("fault:500");
    struct llm_shared_view v;
    int64_t wait = 0;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(llm_shared_ask(shared, c.ep.id, 100, &wait), LLM_GATE_OPEN);
        ask(&c, &chat);
    }
    assert_int_equal(llm_shared_ask(shared, c.ep.id, 100, &wait), LLM_GATE_BREAKER);
    assert_in_range(wait, 1, 1000);
    usleep((useconds_t)(wait + 5) * 1000);
    assert_int_equal(llm_shared_ask(shared, c.ep.id, 100, &wait), LLM_GATE_OPEN); /* the probe */
    assert_int_equal(llm_shared_ask(shared, c.ep.id, 100, &wait), LLM_GATE_PROBE);
    chat.model = "fault:429_reset:6m0s";
    ask(&c, &chat); /* it works, and wants us to wait */
    assert_int_equal(llm_shared_ask(shared, c.ep.id, 100, &wait), LLM_GATE_TOLD);
    assert_in_range(wait, 350000, 360000);
    assert_true(llm_shared_read(shared, c.ep.id % llm_shared_places(shared), &v));
    assert_int_equal(v.requests_per_minute, 60);
    assert_int_equal(v.failed, 3);
    assert_int_equal(v.limited, 1);
    drop_client(&c);
    llm_shared_free(shared);
}

static int start(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    key = secret_new(slice_cstr(KEY));
    double_start(&plain, &(struct double_options){.key = KEY});
    double_start(&secure, &(struct double_options){.tls = true, .key = KEY});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    double_stop(&plain);
    double_stop(&secure);
    secret_free(key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_read_with_what_it_cost),
        cmocka_unit_test(what_is_sent_is_what_was_asked_for),
        cmocka_unit_test(dialects_differ_in_path_header_and_names),
        cmocka_unit_test(every_fault_has_its_outcome),
        cmocka_unit_test(every_fault_has_its_outcome_over_http2),
        cmocka_unit_test(what_came_of_a_cut_answer_is_handed_out),
        cmocka_unit_test(a_call_is_sent_once_only),
        cmocka_unit_test(nobody_there_is_not_paid),
        cmocka_unit_test(certificates_are_checked),
        cmocka_unit_test(what_cannot_be_asked_is_never_sent),
        cmocka_unit_test(three_hundred_calls_are_in_flight_at_once),
        cmocka_unit_test(three_hundred_calls_share_connections_over_http2),
        cmocka_unit_test(more_than_fit_are_refused_and_not_paid),
        cmocka_unit_test(a_cancelled_call_has_no_callback),
        cmocka_unit_test(a_callback_may_submit_and_cancel),
        cmocka_unit_test(vectors_come_in_the_order_of_the_texts),
        cmocka_unit_test(wrong_vectors_are_refused),
        cmocka_unit_test(a_full_batch_of_vectors_fits),
        cmocka_unit_test(the_key_is_in_no_log_and_no_error),
        cmocka_unit_test(the_process_keeps_its_memory_out_of_cores),
        cmocka_unit_test(outcomes_are_reported_to_the_other_workers),
    };

    return cmocka_run_group_tests_name("llm", tests, start, stop);
}

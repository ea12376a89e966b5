/* SPDX-License-Identifier: MIT */
/* The transport in this process, its peer a forked child or the other end of a socket pair. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "fcgi/transport.h"
#include "tests/lib/fcgi_client.h"

static char directory[] = "/tmp/test_transport.XXXXXX";
static char socket_path[64];

struct fixture {
    struct ctx cx;
    struct transport *t;
    int listening;
    pid_t peer;
    int from_peer; /* what it got as an answer */
};

static void nap_ms(long ms)
{
    const struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&ts, NULL);
}

static int set_up_with(void **state, const struct transport_options *o)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->cx.arena = arena_new(64 << 20);
    f->cx.deadline_ms = clock_mono_ms() + 10000;
    f->t = transport_new(o);
    f->listening = transport_listen(socket_path, (gid_t)-1);
    f->from_peer = -1;
    *state = f;
    return f->listening < 0 ? -1 : 0;
}

static int set_up(void **state)
{
    return set_up_with(state, &(struct transport_options){0});
}

static int set_up_hasty(void **state)
{
    return set_up_with(state, &(struct transport_options){.idle_ms = 200,
                                                          .body_min_bytes_per_s = 10000,
                                                          .body_grace_ms = 300});
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    transport_free(f->t);
    transport_unlisten(socket_path, f->listening);
    if (f->from_peer >= 0)
        close(f->from_peer);
    if (f->peer > 0) {
        kill(f->peer, SIGKILL);
        waitpid(f->peer, NULL, 0);
    }
    arena_free(f->cx.arena);
    free(f);
    return 0;
}

/* ---- a peer in another process ---- */

/* It reports: result, status, took, size of the body, then the raw headers and body. */
struct report {
    int result;
    int status;
    bool complete;
    int64_t took_ms;
    size_t nheaders;
    size_t nbody;
};

static void call(struct fixture *f, const struct fcgi_call *c)
{
    int p[2];

    assert_int_equal(pipe(p), 0);
    f->peer = fork();
    if (f->peer == 0) {
        struct fcgi_answer a;
        struct report r = {.result = fcgi_call(socket_path, c, &a)};
        FILE *out = fdopen(p[1], "w");

        r.status = a.status;
        r.complete = a.complete;
        r.took_ms = a.took_ms;
        r.nheaders = strlen(a.headers);
        r.nbody = a.nbody;
        fwrite(&r, sizeof r, 1, out);
        fwrite(a.headers, 1, r.nheaders, out);
        fwrite(a.body, 1, r.nbody, out);
        fclose(out);
        _exit(0);
    }
    close(p[1]);
    f->from_peer = p[0];
}

static void read_all(int fd, void *p, size_t n)
{
    char *at = p;

    while (n > 0) {
        ssize_t got = read(fd, at, n);

        assert_true(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

/* What the peer got, as an answer whose texts are in the arena. */
static struct report answer_of(struct fixture *f, struct fcgi_answer *out)
{
    struct report r;

    read_all(f->from_peer, &r, sizeof r);
    *out = (struct fcgi_answer){
        .status = r.status, .complete = r.complete, .nbody = r.nbody, .took_ms = r.took_ms};
    out->headers = arena_zalloc(f->cx.arena, r.nheaders + 1, 1);
    out->body = arena_zalloc(f->cx.arena, r.nbody + 1, 1);
    read_all(f->from_peer, out->headers, r.nheaders);
    read_all(f->from_peer, out->body, r.nbody);
    close(f->from_peer);
    f->from_peer = -1;
    waitpid(f->peer, NULL, 0);
    f->peer = 0;
    return r;
}

static enum transport_status accept_one(struct fixture *f)
{
    const int64_t until = clock_mono_ms() + 2000;
    enum transport_status s;

    while ((s = transport_accept(f->t, f->listening)) == TRANSPORT_NONE && clock_mono_ms() < until)
        nap_ms(1);
    return s == TRANSPORT_OK ? transport_begin(f->t) : s;
}

static void get_request(struct fixture *f, const struct fcgi_call *c, struct http_request *rq)
{
    call(f, c);
    assert_int_equal(accept_one(f), TRANSPORT_OK);
    assert_int_equal(transport_read_request(&f->cx, f->t, rq), 0);
}

static void respond_text(struct fixture *f, const struct http_request *rq, int status,
                         const char *text)
{
    struct http_response rs = {.status = status, .content_type = "text/plain"};

    sb_init(&rs.body, 1 << 20);
    sb_puts(&rs.body, text);
    assert_int_equal(transport_respond(&f->cx, f->t, rq, &rs), 0);
    sb_done(&rs.body);
    transport_finish(f->t);
}

static void assert_error(struct fixture *f, enum err_code code, const char *reason)
{
    assert_string_equal(f->cx.err.reason, reason);
    assert_int_equal(f->cx.err.code, code);
    err_clear(&f->cx.err);
}

/* ---- requests ---- */

static void a_request_is_read_and_answered(void **state)
{
    static const struct fcgi_pair more[] = {{"HTTP_ACCEPT_LANGUAGE", "es-CL"},
                                            {"HTTP_IF_MATCH", "\"7\""},
                                            {"HTTP_IDEMPOTENCY_KEY", "k-1"}};
    const struct fcgi_call c = {.path = "/api/meetings/Ñandú x",
                                .query = "limit=5&q=a%20b%26&empty=",
                                .authorization = "Bearer token",
                                .tenant = "demo",
                                .request_id = "0123456789abcdef",
                                .params = more,
                                .nparams = 3};
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;
    char byte;

    get_request(f, &c, &rq);
    assert_int_equal(rq.method, HTTP_GET);
    assert_string_equal(rq.method_text, "GET");
    assert_true(slice_is(rq.path, "/api/meetings/Ñandú x"));
    assert_int_equal(rq.nquery, 3);
    assert_true(slice_is(rq.query[1].name, "q"));
    assert_true(slice_is(rq.query[1].value, "a b&"));
    assert_true(slice_is(rq.authorization, "Bearer token"));
    assert_true(slice_is(rq.tenant_choice, "demo"));
    assert_true(slice_is(rq.accept_language, "es-CL"));
    assert_true(slice_is(rq.if_match, "\"7\""));
    assert_true(slice_is(rq.idempotency_key, "k-1"));
    assert_string_equal(rq.remote_addr, "127.0.0.1");
    assert_string_equal(rq.host, "localhost");
    assert_false(rq.ops_listener);
    assert_int_equal(rq.content_length, -1);
    assert_string_equal(f->cx.request_id, "0123456789abcdef");
    assert_int_equal(rq.read_body(&f->cx, rq.body_source, &byte, 1), 0);

    respond_text(f, &rq, 200, "hello");
    answer_of(f, &a);
    assert_true(a.complete);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "hello");
    assert_string_equal(fcgi_header(&a, "content-type"), "text/plain");
    assert_string_equal(fcgi_header(&a, "Content-Length"), "5");
}

static void a_request_id_that_could_forge_a_log_is_replaced(void **state)
{
    static const char *const bad[] = {
        "short", "has space in it", "quote\"quote", "new\nline-here",
        "far-too-long-far-too-long-far-too-long-far-too-long-far-too-long"};
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        get_request(f, &(struct fcgi_call){.request_id = bad[i]}, &rq);
        assert_int_equal(strlen(f->cx.request_id), 36);
        respond_text(f, &rq, 200, "");
        answer_of(f, &a);
    }
}

static void only_the_word_ops_is_the_operators_listener(void **state)
{
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;

    get_request(f, &(struct fcgi_call){.listener = "ops"}, &rq);
    assert_true(rq.ops_listener);
    respond_text(f, &rq, 200, "");
    answer_of(f, &a);
    get_request(f, &(struct fcgi_call){.listener = "OPS"}, &rq);
    assert_false(rq.ops_listener);
    respond_text(f, &rq, 200, "");
    answer_of(f, &a);
}

static void what_is_wrong_with_a_request_is_said(void **state)
{
    static char query[LIMIT_QUERY_BYTES + 2];
    static char header[LIMIT_HEADER_BYTES + 2];
    const struct {
        struct fcgi_call call;
        enum err_code code;
        const char *reason;
    } table[] = {
        {{.query = query}, ERR_TOO_LARGE, "query_too_large"},
        {{.authorization = header}, ERR_TOO_LARGE, "header_too_large"},
        {{.path = "relative"}, ERR_INVALID, "path_invalid"},
        {{.query = "a=%zz"}, ERR_INVALID, "encoding_invalid"},
        {{.content_length = "-5"}, ERR_INVALID, "content_length_invalid"},
        {{.content_length = "5 "}, ERR_INVALID, "content_length_invalid"},
        {{.content_length = "99999999999999999999"}, ERR_INVALID, "content_length_invalid"},
    };
    struct fixture *f = *state;

    memset(query, 'q', sizeof query - 1);
    memset(header, 'h', sizeof header - 1);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct http_request rq;
        struct fcgi_answer a;

        call(f, &table[i].call);
        assert_int_equal(accept_one(f), TRANSPORT_OK);
        assert_int_equal(transport_read_request(&f->cx, f->t, &rq), -1);
        assert_error(f, table[i].code, table[i].reason);
        respond_text(f, &rq, 400, "no");
        answer_of(f, &a);
        assert_int_equal(a.status, 400);
    }
}

/* ---- bodies in ---- */

static char *pattern(size_t n)
{
    char *p = malloc(n);

    for (size_t i = 0; i < n; i++)
        p[i] = (char)(i * 31 + i / 251);
    return p;
}

static void any_cut_of_a_body_gives_the_same_bytes(void **state)
{
    static const size_t chunks[] = {1, 7, 8, 8191, 8192, 8193, 65535};
    static const size_t pieces[] = {1, 13, 8192, 100000};
    const size_t n = 20011;
    char *sent = pattern(n);
    char *got = malloc(n + 100000);
    struct fixture *f = *state;

    for (size_t c = 0; c < sizeof chunks / sizeof chunks[0]; c++) {
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            struct http_request rq;
            struct fcgi_answer a;
            size_t total = 0;
            long more;

            get_request(f,
                        &(struct fcgi_call){.method = "POST",
                                            .body = sent,
                                            .nbody = n,
                                            .body_chunk_bytes = chunks[c],
                                            .chunked = p % 2},
                        &rq);
            assert_int_equal(rq.content_length, p % 2 ? -1 : (int64_t)n);
            while ((more = rq.read_body(&f->cx, rq.body_source, got + total, pieces[p])) > 0) {
                total += (size_t)more;
                assert_true(total <= n);
            }
            assert_int_equal(more, 0);
            assert_int_equal(total, n);
            assert_memory_equal(got, sent, n);
            assert_int_equal(transport_bytes_in(f->t), n);
            respond_text(f, &rq, 200, "ok");
            answer_of(f, &a);
            assert_string_equal(a.body, "ok");
        }
    }
    free(sent);
    free(got);
}

static int drain(struct fixture *f, struct http_request *rq)
{
    char buf[4096];
    long n;

    while ((n = rq->read_body(&f->cx, rq->body_source, buf, sizeof buf)) > 0)
        ;
    return (int)n;
}

static void half_a_body_is_never_a_whole_one(void **state)
{
    static const enum fcgi_trick tricks[] = {FCGI_TRICK_LEAVE_IN_BODY, FCGI_TRICK_WRONG_LENGTH};
    char *sent = pattern(50000);
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        struct http_request rq;

        get_request(
            f,
            &(struct fcgi_call){.method = "POST", .body = sent, .nbody = 50000, .trick = tricks[i]},
            &rq);
        assert_int_equal(drain(f, &rq), -1);
        assert_error(f, ERR_INVALID, "body_cut_off");
        assert_int_equal(drain(f, &rq), -1); /* and it stays so */
        assert_error(f, ERR_INVALID, "body_cut_off");
        transport_finish(f->t);
        close(f->from_peer);
        f->from_peer = -1;
        kill(f->peer, SIGKILL);
        waitpid(f->peer, NULL, 0);
    }
    f->peer = 0;
    free(sent);
}

static void a_body_that_stalls_is_left(void **state)
{
    char *sent = pattern(50000);
    struct fixture *f = *state; /* hasty */
    struct http_request rq;
    struct fcgi_answer a;
    const int64_t began = clock_mono_ms();

    get_request(f,
                &(struct fcgi_call){
                    .method = "POST", .body = sent, .nbody = 50000, .trick = FCGI_TRICK_HALF_BODY},
                &rq);
    assert_int_equal(drain(f, &rq), -1);
    assert_error(f, ERR_TIMEOUT, "body_too_slow");
    assert_in_range(clock_mono_ms() - began, 150, 1500);
    respond_text(f, &rq, 408, "slow"); /* and the client still learns why */
    answer_of(f, &a);
    assert_int_equal(a.status, 408);
    free(sent);
}

static void a_body_below_the_minimum_rate_is_refused_after_the_grace(void **state)
{
    char *sent = pattern(5000);
    struct fixture *f = *state; /* hasty: 10,000 bytes a second after 300 ms */
    struct http_request rq;
    const int64_t began = clock_mono_ms();

    /* 50 bytes every 50 ms: 1,000 bytes a second, and never idle for long */
    get_request(f,
                &(struct fcgi_call){.method = "POST",
                                    .body = sent,
                                    .nbody = 5000,
                                    .body_chunk_bytes = 50,
                                    .body_pause_ms = 50},
                &rq);
    assert_int_equal(drain(f, &rq), -1);
    assert_error(f, ERR_TIMEOUT, "body_too_slow");
    assert_in_range(clock_mono_ms() - began, 280, 1500);
    free(sent);
}

static void a_body_ends_by_the_deadline_of_the_request(void **state)
{
    char *sent = pattern(5000);
    struct fixture *f = *state;
    struct http_request rq;
    const int64_t began = clock_mono_ms();

    f->cx.deadline_ms = began + 200;
    get_request(f,
                &(struct fcgi_call){.method = "POST",
                                    .body = sent,
                                    .nbody = 5000,
                                    .body_chunk_bytes = 50,
                                    .body_pause_ms = 20},
                &rq);
    assert_int_equal(drain(f, &rq), -1);
    assert_error(f, ERR_TIMEOUT, "body_too_slow");
    assert_in_range(clock_mono_ms() - began, 150, 1000);
    free(sent);
}

static void an_answer_before_the_body_was_read_arrives(void **state)
{
    char *sent = pattern(
        3 << 20); /* far more than the socket holds: the peer is still sending when we close */
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;

    get_request(f, &(struct fcgi_call){.method = "POST", .body = sent, .nbody = 3 << 20}, &rq);
    respond_text(f, &rq, 413, "too large");
    answer_of(f, &a);
    assert_int_equal(a.status, 413);
    assert_string_equal(a.body, "too large");
    free(sent);
}

/* ---- peers that misbehave before there is a request ---- */

static void half_a_record_does_not_pin_us(void **state)
{
    struct fixture *f = *state; /* hasty */
    const int64_t began = clock_mono_ms();

    call(f, &(struct fcgi_call){.trick = FCGI_TRICK_HALF_RECORD});
    assert_int_equal(accept_one(f), TRANSPORT_NONE);
    assert_in_range(clock_mono_ms() - began, 150, 1500);
    transport_finish(f->t); /* nothing to do */
}

static void garbage_is_no_request(void **state)
{
    struct fixture *f = *state; /* hasty */
    struct http_request rq;
    struct fcgi_answer a;

    call(f, &(struct fcgi_call){.trick = FCGI_TRICK_GARBAGE});
    assert_int_equal(accept_one(f), TRANSPORT_NONE);
    answer_of(f, &a);
    assert_int_equal(a.status, 0);
    get_request(f, &(struct fcgi_call){0}, &rq); /* the next one is fine */
    respond_text(f, &rq, 200, "fine");
    answer_of(f, &a);
    assert_string_equal(a.body, "fine");
}

static void nobody_there_is_no_failure(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(transport_accept(f->t, f->listening), TRANSPORT_NONE);
    assert_int_equal(transport_accept(f->t, -1), TRANSPORT_BROKEN);
}

/* ---- answers ---- */

static void head_and_empty_statuses_have_no_body(void **state)
{
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;

    get_request(f, &(struct fcgi_call){.method = "HEAD"}, &rq);
    respond_text(f, &rq, 200, "hello");
    answer_of(f, &a);
    assert_true(a.complete);
    assert_int_equal(a.nbody, 0);
    assert_string_equal(fcgi_header(&a, "Content-Length"), "5");

    get_request(f, &(struct fcgi_call){0}, &rq);
    respond_text(f, &rq, 304, "hello");
    answer_of(f, &a);
    assert_int_equal(a.status, 304);
    assert_int_equal(a.nbody, 0);
    assert_null(fcgi_header(&a, "Content-Length"));
    assert_null(fcgi_header(&a, "Content-Type"));
}

static void a_header_that_would_split_the_answer_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct http_response rs = {.status = 200, .content_type = "text/plain", .nheaders = 2};
    struct http_request rq;
    struct fcgi_answer a;

    rs.headers[0] = (struct http_header){"X-Good", "yes"};
    rs.headers[1] = (struct http_header){"X-Bad", "a\r\nSet-Cookie: b"};
    get_request(f, &(struct fcgi_call){0}, &rq);
    assert_int_equal(transport_respond(&f->cx, f->t, &rq, &rs), 0);
    transport_finish(f->t);
    answer_of(f, &a);
    assert_string_equal(fcgi_header(&a, "x-good"), "yes");
    assert_null(fcgi_header(&a, "X-Bad"));
    assert_null(fcgi_header(&a, "Set-Cookie"));
}

static void a_large_answer_arrives_whole(void **state)
{
    const size_t n = 5 << 20;
    char *sent = pattern(n);
    struct fixture *f = *state;
    struct http_response rs = {.status = 200};
    struct http_request rq;
    struct fcgi_answer a;

    sb_init(&rs.body, n);
    sb_put(&rs.body, sent, n);
    get_request(f, &(struct fcgi_call){0}, &rq);
    assert_int_equal(transport_respond(&f->cx, f->t, &rq, &rs), 0);
    transport_finish(f->t);
    assert_true(transport_bytes_out(f->t) > n);
    answer_of(f, &a);
    assert_int_equal(a.nbody, n);
    assert_memory_equal(a.body, sent, n);
    sb_done(&rs.body);
    free(sent);
}

struct stream {
    int pieces;
    bool fails;
    int pause_ms;
};

static int write_stream(struct ctx *cx, void *state, http_write_fn write, void *sink)
{
    const struct stream *s = state;
    static char piece[10000];

    memset(piece, 's', sizeof piece);
    for (int i = 0; i < s->pieces; i++) {
        if (write(sink, piece, sizeof piece) < 0)
            return -1;
        nap_ms(s->pause_ms);
    }
    return s->fails ? ctx_fail(cx, ERR_UNAVAILABLE, "toy_failed", "", "the toy failed") : 0;
}

static int respond_stream(struct fixture *f, const struct http_request *rq, struct stream *s)
{
    struct http_response rs = {
        .status = 200, .content_type = "text/csv", .stream = write_stream, .stream_state = s};

    return transport_respond(&f->cx, f->t, rq, &rs);
}

static void a_stream_arrives_whole_and_has_no_length(void **state)
{
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;

    get_request(f, &(struct fcgi_call){0}, &rq);
    assert_int_equal(respond_stream(f, &rq, &(struct stream){.pieces = 50}), 0);
    transport_finish(f->t);
    answer_of(f, &a);
    assert_true(a.complete);
    assert_int_equal(a.nbody, 500000);
    assert_null(fcgi_header(&a, "Content-Length"));

    get_request(f, &(struct fcgi_call){0}, &rq);
    assert_int_equal(respond_stream(f, &rq, &(struct stream){0}),
                     0); /* nothing at all is an answer too */
    transport_finish(f->t);
    answer_of(f, &a);
    assert_true(a.complete);
    assert_int_equal(a.status, 200);
}

static void a_stream_that_fails_late_is_cut_not_ended(void **state)
{
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;

    get_request(f, &(struct fcgi_call){0}, &rq);
    assert_int_equal(respond_stream(f, &rq, &(struct stream){.pieces = 20, .fails = true}), -1);
    assert_error(f, ERR_UNAVAILABLE, "toy_failed");
    assert_true(transport_bytes_out(f->t) > 0);
    transport_finish(f->t);
    answer_of(f, &a);
    assert_int_equal(a.status, 200);
    assert_false(a.complete);
}

static void a_stream_that_fails_before_its_first_byte_can_be_answered(void **state)
{
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;

    get_request(f, &(struct fcgi_call){0}, &rq);
    assert_int_equal(respond_stream(f, &rq, &(struct stream){.fails = true}), -1);
    assert_error(f, ERR_UNAVAILABLE, "toy_failed");
    assert_int_equal(transport_bytes_out(f->t), 0);
    respond_text(f, &rq, 503, "sorry");
    answer_of(f, &a);
    assert_int_equal(a.status, 503);
    assert_string_equal(a.body, "sorry");
}

static void a_client_that_leaves_ends_the_stream(void **state)
{
    struct fixture *f = *state;
    struct http_request rq;

    get_request(f, &(struct fcgi_call){.trick = FCGI_TRICK_LEAVE_IN_ANSWER}, &rq);
    assert_false(transport_client_gone(f->t));
    assert_int_equal(respond_stream(f, &rq, &(struct stream){.pieces = 1000000}), -1);
    assert_error(f, ERR_INVALID, "client_gone");
    assert_true(transport_client_gone(f->t));
    transport_finish(f->t);
}

static void a_client_that_does_not_read_ends_the_stream(void **state)
{
    struct fixture *f = *state; /* hasty */
    struct http_request rq;
    const int64_t began = clock_mono_ms();

    get_request(f, &(struct fcgi_call){.read_pause_ms = 5000}, &rq);
    assert_int_equal(respond_stream(f, &rq, &(struct stream){.pieces = 1000000}), -1);
    assert_error(f, ERR_TIMEOUT, "client_too_slow");
    assert_in_range(clock_mono_ms() - began, 150, 2000);
    transport_finish(f->t);
}

static void a_stream_ends_by_the_deadline_of_the_request(void **state)
{
    struct fixture *f = *state;
    struct http_request rq;
    const int64_t began = clock_mono_ms();

    f->cx.deadline_ms = began + 200;
    get_request(f, &(struct fcgi_call){0}, &rq);
    assert_int_equal(respond_stream(f, &rq, &(struct stream){.pieces = 1000000, .pause_ms = 5}),
                     -1);
    assert_error(f, ERR_TIMEOUT, "client_too_slow");
    assert_in_range(clock_mono_ms() - began, 150, 1000);
    transport_finish(f->t);
}

static void a_short_answer_may_be_late(void **state)
{
    struct fixture *f = *state;
    struct http_request rq;
    struct fcgi_answer a;

    get_request(f, &(struct fcgi_call){0}, &rq);
    f->cx.deadline_ms = clock_mono_ms() - 1;
    respond_text(f, &rq, 504, "late");
    answer_of(f, &a);
    assert_int_equal(a.status, 504);
}

/* ---- listening ---- */

static void a_live_socket_is_left_alone_and_a_dead_one_replaced(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    int again;

    assert_int_equal(transport_listen(socket_path, (gid_t)-1), -1);
    assert_int_equal(errno, EADDRINUSE);
    close(f->listening); /* as if its process had died: the name stays */
    again = transport_listen(socket_path, (gid_t)-1);
    assert_true(again >= 0);
    f->listening = again;
    assert_int_equal(stat(socket_path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(fcntl(again, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void other_files_are_not_replaced(void **state)
{
    char path[80];
    char lengthy[200];
    int fd;

    (void)state;
    snprintf(path, sizeof path, "%s/file", directory);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(transport_listen(path, (gid_t)-1), -1);
    assert_int_equal(errno, ENOTSOCK);
    unlink(path);
    memset(lengthy, 'l', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_int_equal(transport_listen(lengthy, (gid_t)-1), -1);
    assert_int_equal(errno, ENAMETOOLONG);
}

static int make_directory(void **state)
{
    (void)state;
    log_open("-", LOG_OFF);
    if (!mkdtemp(directory))
        return -1;
    snprintf(socket_path, sizeof socket_path, "%s/socket", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(socket_path);
    return rmdir(directory);
}

#define USUAL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define HASTY(test) cmocka_unit_test_setup_teardown(test, set_up_hasty, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        USUAL(a_request_is_read_and_answered),
        USUAL(a_request_id_that_could_forge_a_log_is_replaced),
        USUAL(only_the_word_ops_is_the_operators_listener),
        USUAL(what_is_wrong_with_a_request_is_said),
        USUAL(any_cut_of_a_body_gives_the_same_bytes),
        USUAL(half_a_body_is_never_a_whole_one),
        HASTY(a_body_that_stalls_is_left),
        HASTY(a_body_below_the_minimum_rate_is_refused_after_the_grace),
        USUAL(a_body_ends_by_the_deadline_of_the_request),
        USUAL(an_answer_before_the_body_was_read_arrives),
        HASTY(half_a_record_does_not_pin_us),
        HASTY(garbage_is_no_request),
        USUAL(nobody_there_is_no_failure),
        USUAL(head_and_empty_statuses_have_no_body),
        USUAL(a_header_that_would_split_the_answer_is_dropped),
        USUAL(a_large_answer_arrives_whole),
        USUAL(a_stream_arrives_whole_and_has_no_length),
        USUAL(a_stream_that_fails_late_is_cut_not_ended),
        USUAL(a_stream_that_fails_before_its_first_byte_can_be_answered),
        USUAL(a_client_that_leaves_ends_the_stream),
        HASTY(a_client_that_does_not_read_ends_the_stream),
        USUAL(a_stream_ends_by_the_deadline_of_the_request),
        USUAL(a_short_answer_may_be_late),
        USUAL(a_live_socket_is_left_alone_and_a_dead_one_replaced),
        USUAL(other_files_are_not_replaced),
    };

    return cmocka_run_group_tests_name("transport", tests, make_directory, remove_directory);
}

/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/net/address.h"
#include "core/net/http_client.h"

/* ---- a server that misbehaves by path, one process a connection ---- */

static pid_t server;
static int port;

static void say(int fd, const char *text)
{
    (void)!write(fd, text, strlen(text));
}

static void nap_ms(long ms)
{
    const struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&ts, NULL);
}

static void flood(int fd)
{
    char block[64 << 10];

    memset(block, 'x', sizeof block);
    for (int i = 0; i < 4096; i++)
        if (write(fd, block, sizeof block) < 0)
            return;
}

static void echo(int fd, const char *request)
{
    dprintf(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
            strlen(request), request);
}

static void drip(int fd)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 100; i++) {
        say(fd, "x");
        nap_ms(50);
    }
}

static void many_headers(int fd)
{
    say(fd, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 2000; i++)
        dprintf(fd, "X-Filler-%d: %060d\r\n", i, i);
    say(fd, "Content-Length: 0\r\n\r\n");
}

static void answer(int fd, const char *request)
{
    char path[128] = "";

    sscanf(request, "%*s %127s", path);
    if (strcmp(path, "/hello") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json; "
                "charset=utf-8\r\nCache-Control: public, max-age=300\r\n"
                "Content-Length: 14\r\n\r\n{\"hello\":true}");
    else if (strcmp(path, "/slow") == 0)
        nap_ms(5000);
    else if (strcmp(path, "/huge") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"), flood(fd);
    else if (strcmp(path, "/endless") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"), flood(fd);
    else if (strcmp(path, "/redirect") == 0)
        say(fd, "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 3\r\n\r\nabc");
    else if (strcmp(path, "/loop") == 0)
        say(fd, "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
    else if (strcmp(path, "/to-private") == 0)
        say(fd,
            "HTTP/1.1 302 Found\r\nLocation: http://10.255.255.1:9/\r\nContent-Length: 0\r\n\r\n");
    else if (strcmp(path, "/to-file") == 0)
        say(fd, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
    else if (strcmp(path, "/to-other-name") == 0)
        dprintf(
            fd,
            "HTTP/1.1 302 Found\r\nLocation: http://localhost:%d/echo\r\nContent-Length: 0\r\n\r\n",
            port);
    else if (strcmp(path, "/html") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>");
    else if (strcmp(path, "/cut") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes!");
    else if (strcmp(path, "/error") == 0)
        say(fd, "HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nRetry-After: "
                "7\r\nContent-Length: 4\r\n\r\noops");
    else if (strcmp(path, "/drip") == 0)
        drip(fd);
    else if (strcmp(path, "/many-headers") == 0)
        many_headers(fd);
    else if (strncmp(path, "/echo", 5) == 0)
        echo(fd, request);
    /* anything else: not a byte */
}

static size_t content_length(const char *head)
{
    const char *at = strcasestr(head, "content-length:");

    return at ? (size_t)strtoul(at + 15, NULL, 10) : 0;
}

static void serve(int fd)
{
    char request[8192] = "";
    size_t n = 0;

    while (n < sizeof request - 1) {
        ssize_t got = read(fd, request + n, sizeof request - 1 - n);
        const char *end;

        if (got <= 0)
            return;
        n += (size_t)got;
        request[n] = '\0';
        end = strstr(request, "\r\n\r\n");
        if (end && n >= (size_t)(end + 4 - request) + content_length(request))
            break;
    }
    answer(fd, request);
}

static int start_server(void **state)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 64) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) < 0)
        return -1;
    port = ntohs(a.sin_port);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        signal(SIGPIPE, SIG_IGN);
        for (;;) {
            int c = accept(fd, NULL, NULL);

            if (fork() == 0) {
                close(fd);
                serve(c);
                _exit(0);
            }
            close(c);
        }
    }
    close(fd);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}

/* ---- fixtures ---- */

struct fixture {
    struct ctx cx;
    struct net *net;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->cx.arena = arena_new(64 << 20);
    f->cx.deadline_ms = clock_mono_ms() + 10000;
    f->net = net_new(&(struct net_options){.allow_private = "elsewhere.example, 127.0.0.1"});
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    net_free(f->net);
    arena_free(f->cx.arena);
    free(f);
    return 0;
}

static char *url(struct fixture *f, const char *host, const char *path)
{
    return arena_printf(f->cx.arena, "http://%s:%d%s", host, port, path);
}

static int fetch(struct fixture *f, const char *path, struct net_response *out)
{
    return net_fetch(&f->cx, f->net,
                     &(struct net_request){.url = url(f, "127.0.0.1", path), .total_ms = 3000},
                     out);
}

static void assert_failed(struct fixture *f, int result, enum err_code code, const char *reason)
{
    assert_int_equal(result, -1);
    assert_string_equal(f->cx.err.reason, reason);
    assert_int_equal(f->cx.err.code, code);
    err_clear(&f->cx.err);
}

/* ---- answers ---- */

static void an_answer_arrives_with_its_headers(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;

    assert_int_equal(fetch(f, "/hello", &rs), 0);
    assert_int_equal(rs.status, 200);
    assert_true(slice_is(rs.body, "{\"hello\":true}"));
    assert_string_equal(rs.content_type, "application/json; charset=utf-8");
    assert_int_equal(rs.max_age_s, 300);
    assert_int_equal(rs.retry_after_ms, 0);
}

static void headers_that_are_wanted_are_handed_out(void **state)
{
    static const char *const wanted[] = {"x-absent", "cache-control", "CONTENT-LENGTH"};
    struct fixture *f = *state;
    struct net_trace trace = {0};
    struct net_response rs;

    assert_int_equal(net_fetch(&f->cx, f->net,
                               &(struct net_request){.url = url(f, "127.0.0.1", "/hello"),
                                                     .wanted = wanted,
                                                     .nwanted = 3,
                                                     .trace = &trace},
                               &rs),
                     0);
    assert_int_equal(rs.nheaders, 2);
    assert_string_equal(net_response_header(&rs, "Cache-Control"), "public, max-age=300");
    assert_string_equal(net_response_header(&rs, "content-length"), "14");
    assert_null(net_response_header(&rs, "x-absent"));
    assert_int_equal(rs.http_version, 1);
    assert_true(trace.sent);
    assert_int_equal(trace.status, 200);
    assert_int_equal(trace.http_version, 1);
}

/* What a caller that pays for a call must know of one that failed. */
static void how_far_a_failed_request_came_is_told(void **state)
{
    static const struct {
        const char *path;
        bool sent;
        int status;
    } cases[] = {
        {"/cut", true, 200}, {"/slow", true, 0}, {"/drip", true, 200}, {"/huge", true, 200}};
    struct fixture *f = *state;
    struct net_trace trace;
    struct net_response rs;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct net_request rq = {.url = url(f, "127.0.0.1", cases[i].path),
                                       .total_ms = 300,
                                       .max_bytes = 100000,
                                       .trace = &trace};

        memset(&trace, 0x55, sizeof trace);
        assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), -1);
        err_clear(&f->cx.err);
        assert_int_equal(trace.sent, cases[i].sent);
        assert_int_equal(trace.status, cases[i].status);
    }
    assert_int_equal(net_fetch(&f->cx, f->net,
                               &(struct net_request){.url = "http://127.0.0.1:1/", .trace = &trace},
                               &rs),
                     -1);
    err_clear(&f->cx.err);
    assert_false(trace.sent);
    assert_int_equal(trace.status, 0);
    assert_int_equal(trace.http_version, 0);
}

static void an_error_status_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;

    assert_int_equal(fetch(f, "/error", &rs), 0);
    assert_int_equal(rs.status, 500);
    assert_int_equal(rs.retry_after_ms, 7000);
    assert_int_equal(rs.max_age_s, -1);
    assert_true(slice_is(rs.body, "oops"));
}

static void method_headers_and_body_are_sent(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;
    const struct net_header headers[] = {
        {"Authorization", "Bearer abc"}, {"Content-Type", "application/json"}, {"X-Empty", ""}};
    struct net_request rq = {
        .method = "PUT", .headers = headers, .nheaders = 3, .body = SLICE("{\"a\":1}")};

    rq.url = url(f, "127.0.0.1", "/echo?q=1#fragment");
    assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), 0);
    assert_int_equal(strncmp(rs.body.p, "PUT /echo?q=1 HTTP/1.1\r\n", 24), 0);
    assert_non_null(strstr(rs.body.p, "\r\nAuthorization: Bearer abc\r\n"));
    assert_non_null(strstr(rs.body.p, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(rs.body.p, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(rs.body.p, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(rs.body.p, "Expect:"));
}

static void other_media_types_are_refused_when_one_is_wanted(void **state)
{
    struct fixture *f = *state;
    struct net_response rs = {.status = 77};
    struct net_request rq = {.content_type = "application/json"};

    rq.url = url(f, "127.0.0.1", "/html");
    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_UPSTREAM, "upstream_media_type");
    assert_int_equal(rs.status, 77); /* outputs are untouched on failure */
    rq.url = url(f, "127.0.0.1", "/hello");
    assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), 0);
    rq.url = url(f, "127.0.0.1", "/error"); /* an error page may be anything */
    assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), 0);
}

/* ---- bounds ---- */

static void a_slow_server_is_left_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    const int64_t began = clock_mono_ms();
    struct net_response rs;
    struct net_request rq = {.total_ms = 200};

    rq.url = url(f, "127.0.0.1", "/slow");
    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_TIMEOUT, "upstream_timeout");
    rq.url = url(f, "127.0.0.1", "/drip");
    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_TIMEOUT, "upstream_timeout");
    assert_in_range(clock_mono_ms() - began, 350, 1500);
}

static void the_contexts_deadline_is_the_nearer_one(void **state)
{
    struct fixture *f = *state;
    const int64_t began = clock_mono_ms();
    struct net_response rs;

    f->cx.deadline_ms = began + 150;
    assert_failed(f, fetch(f, "/slow", &rs), ERR_TIMEOUT, "upstream_timeout");
    assert_in_range(clock_mono_ms() - began, 100, 1000);
    assert_failed(f, fetch(f, "/hello", &rs), ERR_TIMEOUT, "upstream_timeout"); /* none was left */
}

static void an_answer_too_large_is_not_taken(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;
    struct net_request rq = {.max_bytes = 100000};

    assert_failed(f, fetch(f, "/huge", &rs), ERR_UPSTREAM,
                  "upstream_too_large"); /* told by its length */
    assert_failed(f, fetch(f, "/endless", &rs), ERR_UPSTREAM,
                  "upstream_too_large"); /* found while reading */
    assert_failed(f, fetch(f, "/many-headers", &rs), ERR_UPSTREAM, "upstream_too_large");
    rq.url = url(f, "127.0.0.1", "/endless");
    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_UPSTREAM, "upstream_too_large");
}

static void an_answer_cut_off_is_a_failure(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;

    assert_failed(f, fetch(f, "/cut", &rs), ERR_UPSTREAM, "upstream_cut_off");
    assert_failed(f, fetch(f, "/nothing", &rs), ERR_UPSTREAM, "upstream_cut_off");
}

static void an_absent_server_is_a_failure(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;
    struct net_request rq = {.url = "http://127.0.0.1:1/"};

    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_UPSTREAM, "upstream_unreachable");
}

static void what_cannot_be_sent_is_invalid(void **state)
{
    static const struct {
        const char *url;
        const char *reason;
    } bad[] = {
        {"", "url_invalid"},
        {"hello", "url_invalid"},
        {"/path", "url_invalid"},
        {"http://", "url_invalid"},
        {"http://a b/", "url_invalid"},
        {"http://a\r\nHost: b/", "url_invalid"},
        {"http://127.0.0.1:99999/", "url_invalid"},
        {"ftp://127.0.0.1/", "url_scheme"},
        {"file:///etc/passwd", "url_scheme"},
        {"gopher://127.0.0.1/", "url_scheme"},
        {"http://user@127.0.0.1/", "url_credentials"},
        {"https://user:secret@127.0.0.1/", "url_credentials"},
    };
    struct fixture *f = *state;
    struct net_response rs;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct net_request rq = {.url = bad[i].url};

        assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), -1);
        assert_string_equal(f->cx.err.reason, bad[i].reason);
        assert_null(strstr(f->cx.err.internal, "secret"));
        err_clear(&f->cx.err);
    }
}

static void headers_that_would_split_are_invalid(void **state)
{
    static const struct net_header bad[] = {
        {"X-A", "a\r\nX-B: b"}, {"X A", "a"}, {"", "a"}, {"X-A:", "a"}};
    struct fixture *f = *state;
    struct net_response rs;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct net_request rq = {
            .url = url(f, "127.0.0.1", "/hello"), .headers = &bad[i], .nheaders = 1};

        assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_INVALID, "header_invalid");
    }
    assert_failed(
        f,
        net_fetch(&f->cx, f->net,
                  &(struct net_request){.url = url(f, "127.0.0.1", "/hello"), .method = "GET /x"},
                  &rs),
        ERR_INVALID, "method_invalid");
}

static void details_name_no_path_and_no_query(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;
    struct net_request rq = {.url = "http://127.0.0.1:1/hooks/SECRETPATH?key=SECRETKEY"};

    assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), -1);
    assert_non_null(strstr(f->cx.err.internal, "http://127.0.0.1:1"));
    assert_null(strstr(f->cx.err.internal, "SECRET"));
    assert_null(strstr(f->cx.err.message, "127.0.0.1"));
    err_clear(&f->cx.err);
}

/* ---- where we go ---- */

static void private_addresses_are_refused_unless_their_name_is_listed(void **state)
{
    /* all of these reach this machine; only 127.0.0.1 is on the fixture's list */
    static const char *const hosts[] = {"localhost",          "127.0.0.2", "[::1]",
                                        "[::ffff:127.0.0.1]", "0",         "0.0.0.0"};
    struct fixture *f = *state;
    struct net_response rs;

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct net_request rq = {.url = url(f, hosts[i], "/hello")};

        assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_FORBIDDEN, "address_refused");
    }
    /* other spellings of 127.0.0.1 are the same host once the URL is normalised, and never more than that */
    assert_int_equal(
        net_fetch(&f->cx, f->net, &(struct net_request){.url = url(f, "127.1", "/hello")}, &rs), 0);
}

static void redirects_are_answers_unless_they_are_asked_for(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;
    struct net_request rq = {.url = url(f, "127.0.0.1", "/redirect")};

    assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), 0);
    assert_int_equal(rs.status, 302);
    assert_string_equal(rs.location, url(f, "127.0.0.1", "/hello"));

    rq.redirects = 1;
    assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), 0);
    assert_int_equal(rs.status, 200);
    assert_true(slice_is(rs.body, "{\"hello\":true}"));

    rq.method = "POST"; /* what was sent must not be sent elsewhere */
    assert_int_equal(net_fetch(&f->cx, f->net, &rq, &rs), 0);
    assert_int_equal(rs.status, 302);
}

static void redirects_are_checked_like_first_requests(void **state)
{
    struct fixture *f = *state;
    struct net_response rs;
    struct net_request rq = {.redirects = 3};

    rq.url = url(f, "127.0.0.1", "/loop");
    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_UPSTREAM, "upstream_redirects");
    rq.url = url(f, "127.0.0.1", "/to-private");
    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_FORBIDDEN, "address_refused");
    rq.url =
        url(f, "127.0.0.1",
            "/to-other-name"); /* the listed name's own address, by a name that is not listed */
    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_FORBIDDEN, "address_refused");
    rq.url = url(f, "127.0.0.1", "/to-file");
    assert_failed(f, net_fetch(&f->cx, f->net, &rq, &rs), ERR_UPSTREAM, "redirect_refused");
}

static void headers_stay_with_the_host_they_were_meant_for(void **state)
{
    struct fixture *f = *state;
    struct net *both = net_new(&(struct net_options){.allow_private = "127.0.0.1,LOCALHOST"});
    const struct net_header secret = {"Authorization", "Bearer abc"};
    struct net_request rq = {.redirects = 1, .headers = &secret, .nheaders = 1};
    struct net_response rs;

    rq.url = url(f, "127.0.0.1", "/to-other-name");
    assert_int_equal(net_fetch(&f->cx, both, &rq, &rs), 0);
    assert_int_equal(rs.status, 200);
    assert_null(strstr(rs.body.p, "Bearer"));
    net_free(both);
}

static void the_environments_proxy_is_used_only_if_the_operator_says_so(void **state)
{
    struct fixture *f = *state;
    struct net *plain;
    struct net *proxied;
    struct net_request rq = {.url = "http://203.0.113.1:80/", .connect_ms = 300, .total_ms = 300};
    struct net_response rs;

    setenv("http_proxy", url(f, "127.0.0.1", ""), 1);
    setenv("no_proxy", "203.0.113.1", 1); /* not heeded: it would go round the proxy unchecked */
    plain = net_new(&(struct net_options){0});
    proxied = net_new(&(struct net_options){.proxy_from_environment = true});
    assert_failed(f, net_fetch(&f->cx, plain, &rq, &rs), ERR_FORBIDDEN, "address_refused");
    assert_failed(f, net_fetch(&f->cx, proxied, &rq, &rs), ERR_FORBIDDEN,
                  "address_refused"); /* a literal */
    rq.url = "http://somewhere.example/echo";
    assert_int_equal(net_fetch(&f->cx, proxied, &rq, &rs),
                     -1); /* the proxy (our server) gives nothing at that path */
    assert_string_equal(f->cx.err.reason, "upstream_cut_off");
    err_clear(&f->cx.err);
    unsetenv("http_proxy");
    unsetenv("no_proxy");
    net_free(plain);
    net_free(proxied);
}

/* ---- many at once ---- */

struct tally {
    struct net *net;
    int answered;
    int failed;
    enum err_code last;
    uint64_t other; /* cancelled by the first callback */
    const char *next_url;
};

static void count(void *user, const struct net_response *rs, const struct err *err)
{
    struct tally *t = user;

    if (rs)
        t->answered++;
    else
        t->failed++;
    t->last = err ? err->code : ERR_NONE;
    if (t->other)
        net_cancel(t->net, t->other);
    t->other = 0;
    if (t->next_url)
        net_submit(t->net, &(struct net_request){.url = t->next_url}, count, t);
    t->next_url = NULL;
}

static void run_all(struct net *net, int64_t most_ms)
{
    const int64_t until = clock_mono_ms() + most_ms;

    while (net_step(net, 50) > 0 && clock_mono_ms() < until)
        ;
}

static void many_requests_are_in_flight_at_once(void **state)
{
    struct fixture *f = *state;
    struct tally t = {.net = f->net};
    const int64_t began = clock_mono_ms();

    for (int i = 0; i < 12; i++) {
        const char *path = i % 2 ? "/slow" : "/hello";

        assert_int_not_equal(
            net_submit(f->net,
                       &(struct net_request){.url = url(f, "127.0.0.1", path), .total_ms = 400},
                       count, &t),
            0);
    }
    assert_int_equal(net_in_flight(f->net), 12);
    assert_int_equal(t.answered + t.failed, 0); /* callbacks come from net_step() only */
    run_all(f->net, 3000);
    assert_int_equal(t.answered, 6);
    assert_int_equal(t.failed, 6);
    assert_in_range(clock_mono_ms() - began, 300, 1500); /* not six times the wait */
}

static void a_callback_may_submit_and_cancel(void **state)
{
    struct fixture *f = *state;
    struct tally t = {.net = f->net};

    t.other =
        net_submit(f->net, &(struct net_request){.url = url(f, "127.0.0.1", "/slow")}, count, &t);
    t.next_url = url(f, "127.0.0.1", "/hello");
    net_submit(f->net, &(struct net_request){.url = "nonsense"}, count, &t);
    run_all(f->net, 3000);
    assert_int_equal(t.failed, 1);
    assert_int_equal(t.answered, 1);
    assert_int_equal(net_in_flight(f->net), 0);
    net_cancel(f->net, 12345);
}

static void too_many_in_flight_are_refused(void **state)
{
    struct fixture *f = *state;
    struct net *small =
        net_new(&(struct net_options){.allow_private = "127.0.0.1", .in_flight = 2});
    struct tally t = {.net = small};

    for (int i = 0; i < 3; i++)
        net_submit(small,
                   &(struct net_request){.url = url(f, "127.0.0.1", "/slow"), .total_ms = 5000},
                   count, &t);
    net_step(small, 10);
    assert_int_equal(t.failed, 1);
    assert_int_equal(t.last, ERR_UNAVAILABLE);
    net_free(small); /* with two in flight: dropped */
    assert_int_equal(t.failed + t.answered, 1);
}

/* libcurl has no timer for a request that waits for a connection to its host. */
static void one_that_waits_for_a_connection_ends_at_its_deadline(void **state)
{
    struct fixture *f = *state;
    struct net *narrow =
        net_new(&(struct net_options){.allow_private = "127.0.0.1", .per_host = 1});
    struct tally slow = {.net = narrow};
    struct tally waiting = {.net = narrow};
    const int64_t began = clock_mono_ms();

    net_submit(narrow, &(struct net_request){.url = url(f, "127.0.0.1", "/slow"), .total_ms = 4000},
               count, &slow);
    net_submit(narrow, &(struct net_request){.url = url(f, "127.0.0.1", "/hello"), .total_ms = 200},
               count, &waiting);
    while (waiting.failed + waiting.answered == 0 && clock_mono_ms() < began + 3000)
        net_step(narrow, 1000);
    assert_int_equal(waiting.failed, 1);
    assert_int_equal(waiting.last, ERR_TIMEOUT);
    assert_in_range(clock_mono_ms() - began, 150, 1000);
    assert_int_equal(slow.failed, 0);
    net_free(narrow);
}

static void a_watched_descriptor_ends_the_wait(void **state)
{
    struct fixture *f = *state;
    const int64_t began = clock_mono_ms();
    int p[2];

    assert_int_equal(pipe(p), 0);
    assert_int_equal(write(p[1], "x", 1), 1);
    net_watch(f->net, p[0]);
    net_step(f->net, 3000);
    assert_true(clock_mono_ms() - began < 1000);
    close(p[0]);
    close(p[1]);
}

/* ---- addresses ---- */

static void only_global_unicast_addresses_are_public(void **state)
{
    static const struct {
        const char *text;
        bool public;
    } table[] = {
        {"0.0.0.0", false},
        {"0.1.2.3", false},
        {"1.1.1.1", true},
        {"8.8.8.8", true},
        {"9.255.255.255", true},
        {"10.0.0.0", false},
        {"10.255.255.255", false},
        {"11.0.0.0", true},
        {"100.63.255.255", true},
        {"100.64.0.0", false},
        {"100.127.255.255", false},
        {"100.128.0.0", true},
        {"127.0.0.1", false},
        {"127.255.255.255", false},
        {"128.0.0.1", true},
        {"169.253.255.255", true},
        {"169.254.169.254", false},
        {"169.255.0.0", true},
        {"172.15.255.255", true},
        {"172.16.0.0", false},
        {"172.31.255.255", false},
        {"172.32.0.0", true},
        {"192.0.0.192", false},
        {"192.0.1.0", true},
        {"192.0.2.1", false},
        {"192.88.99.1", false},
        {"192.167.255.255", true},
        {"192.168.0.0", false},
        {"192.168.255.255", false},
        {"192.169.0.0", true},
        {"198.17.255.255", true},
        {"198.18.0.0", false},
        {"198.19.255.255", false},
        {"198.20.0.0", true},
        {"198.51.100.7", false},
        {"203.0.113.7", false},
        {"223.255.255.255", true},
        {"224.0.0.1", false},
        {"239.255.255.255", false},
        {"240.0.0.1", false},
        {"255.255.255.255", false},
        {"::", false},
        {"::1", false},
        {"::8.8.8.8", false},
        {"::ffff:8.8.8.8", false},
        {"::ffff:127.0.0.1", false},
        {"64:ff9b::8.8.8.8", true},
        {"64:ff9b::10.0.0.1", false},
        {"64:ff9b::7f00:1", false},
        {"64:ff9b:1::1", false},
        {"100::1", false},
        {"1fff::1", false},
        {"2001::1", false},
        {"2001:1ff::1", false},
        {"2001:200::1", true},
        {"2001:db7::1", true},
        {"2001:db8::1", false},
        {"2002:7f00:1::", false},
        {"2002:808:808::1", false},
        {"2003::1", true},
        {"2606:4700:4700::1111", true},
        {"2a00:1450::1", true},
        {"3ffe::1", true},
        {"3fff::1", false},
        {"3fff:fff::1", false},
        {"3fff:1000::1", true},
        {"4000::1", false},
        {"5f00::1", false},
        {"fc00::1", false},
        {"fd12:3456::1", false},
        {"fe80::1", false},
        {"fec0::1", false},
        {"ff02::1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        bool public;

        if (inet_pton(AF_INET, table[i].text, &in.sin_addr) == 1) {
            public = net_address_public((struct sockaddr *)&in, sizeof in);
        } else {
            assert_int_equal(inet_pton(AF_INET6, table[i].text, &in6.sin6_addr), 1);
            public = net_address_public((struct sockaddr *)&in6, sizeof in6);
        }
        if (public != table[i].public)
            fail_msg("%s is %s", table[i].text, public ? "public" : "not public");
    }
    assert_false(
        net_address_public(&(struct sockaddr){.sa_family = AF_UNIX}, sizeof(struct sockaddr)));
}

static void only_exact_host_names_are_listed(void **state)
{
    const char *allow = " keycloak.internal, LLM.example ,,10.0.0.5,[fd00::1]";

    (void)state;
    assert_true(net_host_listed(allow, "keycloak.internal"));
    assert_true(net_host_listed(allow, "KeyCloak.Internal."));
    assert_true(net_host_listed(allow, "llm.example"));
    assert_true(net_host_listed(allow, "10.0.0.5"));
    assert_true(net_host_listed(allow, "[fd00::1]"));
    assert_true(net_host_listed(allow, "fd00::1"));
    assert_false(net_host_listed(allow, "x.keycloak.internal"));
    assert_false(net_host_listed(allow, "keycloak.internal.evil.example"));
    assert_false(net_host_listed(allow, "internal"));
    assert_false(net_host_listed(allow, "10.0.0.50"));
    assert_false(net_host_listed(allow, ""));
    assert_false(net_host_listed(NULL, "a"));
    assert_false(net_host_listed("", "a"));
}

#define WITH_NET(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_global_unicast_addresses_are_public),
        cmocka_unit_test(only_exact_host_names_are_listed),
        WITH_NET(an_answer_arrives_with_its_headers),
        WITH_NET(headers_that_are_wanted_are_handed_out),
        WITH_NET(how_far_a_failed_request_came_is_told),
        WITH_NET(an_error_status_is_an_answer),
        WITH_NET(method_headers_and_body_are_sent),
        WITH_NET(other_media_types_are_refused_when_one_is_wanted),
        WITH_NET(a_slow_server_is_left_at_the_deadline),
        WITH_NET(the_contexts_deadline_is_the_nearer_one),
        WITH_NET(an_answer_too_large_is_not_taken),
        WITH_NET(an_answer_cut_off_is_a_failure),
        WITH_NET(an_absent_server_is_a_failure),
        WITH_NET(what_cannot_be_sent_is_invalid),
        WITH_NET(headers_that_would_split_are_invalid),
        WITH_NET(details_name_no_path_and_no_query),
        WITH_NET(private_addresses_are_refused_unless_their_name_is_listed),
        WITH_NET(redirects_are_answers_unless_they_are_asked_for),
        WITH_NET(redirects_are_checked_like_first_requests),
        WITH_NET(headers_stay_with_the_host_they_were_meant_for),
        WITH_NET(the_environments_proxy_is_used_only_if_the_operator_says_so),
        WITH_NET(many_requests_are_in_flight_at_once),
        WITH_NET(a_callback_may_submit_and_cancel),
        WITH_NET(too_many_in_flight_are_refused),
        WITH_NET(one_that_waits_for_a_connection_ends_at_its_deadline),
        WITH_NET(a_watched_descriptor_ends_the_wait),
    };

    return cmocka_run_group_tests_name("http_client", tests, start_server, stop_server);
}

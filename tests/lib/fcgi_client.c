/* SPDX-License-Identifier: MIT */
#include "tests/lib/fcgi_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"

enum {
    BEGIN_REQUEST = 1,
    END_REQUEST = 3,
    PARAMS = 4,
    STDIN = 5,
    STDOUT = 6,
    STDERR = 7,
    RECORD_MAX = 65535,
    DEFAULT_CHUNK = 32768,
    DEFAULT_DEADLINE_MS = 10000,
};

struct bytes {
    unsigned char *p;
    size_t n;
    size_t cap;
};

static void add(struct bytes *b, const void *p, size_t n)
{
    if (!b->p || b->n + n + 1 > b->cap) {
        b->cap = (b->n + n + 1) * 2;
        b->p = realloc(b->p, b->cap);
        if (!b->p)
            abort();
    }
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = 0;
}

static void add_record(struct bytes *b, int type, const void *p, size_t n)
{
    const unsigned char head[8] = {
        1, (unsigned char)type, 0, 1, (unsigned char)(n >> 8), (unsigned char)n, 0, 0};

    add(b, head, sizeof head);
    add(b, p, n);
}

static void add_length(struct bytes *b, size_t n)
{
    const unsigned char wide[4] = {(unsigned char)(n >> 24 | 0x80), (unsigned char)(n >> 16),
                                   (unsigned char)(n >> 8), (unsigned char)n};

    if (n < 128)
        add(b, &wide[3], 1);
    else
        add(b, wide, 4);
}

static void add_param(struct bytes *b, const char *name, const char *value)
{
    if (!value)
        return;
    add_length(b, strlen(name));
    add_length(b, strlen(value));
    add(b, name, strlen(name));
    add(b, value, strlen(value));
}

static size_t body_size(const struct fcgi_call *c)
{
    return c->nbody ? c->nbody : c->body ? strlen(c->body) : 0;
}

static void add_params(struct bytes *b, const struct fcgi_call *c)
{
    const char *path = c->path ? c->path : "/";
    const size_t n = body_size(c) + (c->trick == FCGI_TRICK_WRONG_LENGTH ? 1 : 0);
    struct bytes uri = {0};
    char length[32];

    add(&uri, path, strlen(path));
    if (c->query) {
        add(&uri, "?", 1);
        add(&uri, c->query, strlen(c->query));
    }
    snprintf(length, sizeof length, "%zu", n);
    add_param(b, "REQUEST_METHOD", c->method ? c->method : "GET");
    add_param(b, "REQUEST_URI", (const char *)uri.p);
    add_param(b, "DOCUMENT_URI", path);
    add_param(b, "QUERY_STRING", c->query ? c->query : "");
    add_param(b, "CONTENT_TYPE", c->content_type ? c->content_type : "");
    if (c->chunked || (!c->body && n == 0))
        length[0] = '\0';
    add_param(b, "CONTENT_LENGTH", c->content_length ? c->content_length : length);
    add_param(b, "SERVER_PROTOCOL", "HTTP/1.1");
    add_param(b, "REMOTE_ADDR", "127.0.0.1");
    add_param(b, "HTTP_HOST", "localhost");
    add_param(b, "HTTP_AUTHORIZATION", c->authorization);
    add_param(b, "HTTP_X_TENANT", c->tenant);
    add_param(b, "CM_REQUEST_ID", c->request_id);
    add_param(b, "CM_LISTENER", c->listener ? c->listener : "public");
    for (size_t i = 0; i < c->nparams; i++)
        add_param(b, c->params[i].name, c->params[i].value);
    free(uri.p);
}

/* BEGIN, PARAMS and the empty PARAMS. */
static void add_opening(struct bytes *b, const struct fcgi_call *c)
{
    static const unsigned char responder[8] = {0, 1};
    struct bytes params = {0};

    add_record(b, BEGIN_REQUEST, responder, sizeof responder);
    add_params(&params, c);
    for (size_t at = 0; at < params.n; at += RECORD_MAX)
        add_record(b, PARAMS, params.p + at,
                   params.n - at < RECORD_MAX ? params.n - at : RECORD_MAX);
    add_record(b, PARAMS, NULL, 0);
    free(params.p);
}

void *fcgi_request_bytes(const struct fcgi_call *c, size_t *n)
{
    const size_t chunk = c->body_chunk_bytes ? c->body_chunk_bytes : DEFAULT_CHUNK;
    const char *body = c->body;
    struct bytes b = {0};

    add_opening(&b, c);
    for (size_t at = 0; at < body_size(c); at += chunk)
        add_record(&b, STDIN, body + at, body_size(c) - at < chunk ? body_size(c) - at : chunk);
    add_record(&b, STDIN, NULL, 0);
    *n = b.n;
    return b.p;
}

int fcgi_connect(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd;

    if (snprintf(a.sun_path, sizeof a.sun_path, "%s", path) >= (int)sizeof a.sun_path)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void pause_ms(int64_t ms)
{
    const struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    if (ms > 0)
        (void)nanosleep(&ts, NULL);
}

/* ---- reading ---- */

struct reader {
    struct bytes raw; /* records not yet whole */
    struct bytes out;
    struct bytes err;
    bool ended;
};

static void take_records(struct reader *r)
{
    size_t at = 0;

    while (r->raw.n - at >= 8) {
        const unsigned char *h = r->raw.p + at;
        const size_t n = (size_t)h[4] << 8 | h[5];
        const size_t whole = 8 + n + h[6];

        if (r->raw.n - at < whole)
            break;
        if (h[1] == STDOUT)
            add(&r->out, h + 8, n);
        else if (h[1] == STDERR)
            add(&r->err, h + 8, n);
        else if (h[1] == END_REQUEST)
            r->ended = true;
        at += whole;
    }
    if (at) {
        memmove(r->raw.p, r->raw.p + at, r->raw.n - at);
        r->raw.n -= at;
    }
}

/* 1: something came, 0: end or failure, -1: nothing before the deadline. */
static int read_some(int fd, struct reader *r, size_t most, int64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    unsigned char buf[64 << 10];
    ssize_t n;

    if (poll(&p, 1, (int)clock_left_ms(deadline_ms)) <= 0)
        return -1;
    n = recv(fd, buf, most < sizeof buf ? most : sizeof buf, 0);
    if (n <= 0)
        return 0;
    add(&r->raw, buf, (size_t)n);
    take_records(r);
    return 1;
}

static char *keep(const void *p, size_t n)
{
    char *s = malloc(n + 1);

    if (!s)
        abort();
    if (n)
        memcpy(s, p, n);
    s[n] = '\0';
    return s;
}

static void make_answer(struct reader *r, struct fcgi_answer *out)
{
    const char *text = r->out.p ? (const char *)r->out.p : "";
    const char *split = r->out.p ? memmem(text, r->out.n, "\r\n\r\n", 4) : NULL;
    const size_t nhead = split ? (size_t)(split - text) + 2 : 0;
    const char *headers = text;

    if (split) {
        out->status = 200;
        if (nhead > 8 && strncasecmp(text, "Status: ", 8) == 0) {
            out->status = (int)strtol(text + 8, NULL, 10);
            headers = strstr(text, "\r\n") + 2;
        }
    }
    out->headers = keep(headers, split ? nhead - (size_t)(headers - text) : 0);
    out->nbody = split ? r->out.n - nhead - 2 : 0;
    out->body = keep(split ? split + 4 : "", out->nbody);
    out->errors = keep(r->err.p, r->err.n);
    out->complete = r->ended && split;
}

static void reader_done(struct reader *r)
{
    free(r->raw.p);
    free(r->out.p);
    free(r->err.p);
}

int fcgi_read_answer(int fd, int64_t read_pause_ms, int64_t deadline_ms, struct fcgi_answer *out)
{
    const int64_t began = clock_mono_ms();
    struct reader r = {0};

    *out = (struct fcgi_answer){0};
    while (!r.ended && read_some(fd, &r, read_pause_ms ? 4096 : SIZE_MAX, deadline_ms) > 0)
        pause_ms(read_pause_ms);
    make_answer(&r, out);
    reader_done(&r);
    out->took_ms = clock_mono_ms() - began;
    return out->complete ? 0 : -1;
}

/* ---- sending ---- */

/* Sends all of it, reading nothing: the socket's buffer is larger than any early answer. -1: the peer closed, or no
 * room came before the deadline. */
static int send_all(int fd, const void *p, size_t n, int64_t deadline_ms)
{
    const char *at = p;

    while (n > 0) {
        struct pollfd out = {.fd = fd, .events = POLLOUT};
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EAGAIN) {
            if (poll(&out, 1, (int)clock_left_ms(deadline_ms)) <= 0)
                return -1;
            continue;
        }
        if (sent < 0)
            return -1;
        at += sent;
        n -= (size_t)sent;
    }
    return 0;
}

static int send_body(int fd, const struct fcgi_call *c, int64_t deadline_ms)
{
    const size_t chunk = c->body_chunk_bytes ? c->body_chunk_bytes : DEFAULT_CHUNK;
    const bool half = c->trick == FCGI_TRICK_HALF_BODY || c->trick == FCGI_TRICK_LEAVE_IN_BODY;
    const size_t n = half ? body_size(c) / 2 : body_size(c);
    const char *body = c->body;
    struct bytes b = {0};
    int result = 0;

    for (size_t at = 0; at < n && result == 0; at += chunk) {
        b.n = 0;
        add_record(&b, STDIN, body + at, n - at < chunk ? n - at : chunk);
        result = send_all(fd, b.p, b.n, deadline_ms);
        pause_ms(c->body_pause_ms);
    }
    if (result == 0 && !half) {
        b.n = 0;
        add_record(&b, STDIN, NULL, 0);
        result = send_all(fd, b.p, b.n, deadline_ms);
    }
    free(b.p);
    return result;
}

static void send_request(int fd, const struct fcgi_call *c, int64_t deadline_ms)
{
    static const char garbage[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct bytes b = {0};

    if (c->trick == FCGI_TRICK_GARBAGE)
        add(&b, garbage, sizeof garbage - 1);
    else
        add_opening(&b, c);
    if (c->trick == FCGI_TRICK_HALF_RECORD)
        b.n = 16 + (b.n - 16) / 2;
    /* whatever goes wrong shows in the answer, which may come before all is sent */
    if (send_all(fd, b.p, b.n, deadline_ms) == 0 && c->trick != FCGI_TRICK_GARBAGE &&
        c->trick != FCGI_TRICK_HALF_RECORD)
        (void)send_body(fd, c, deadline_ms);
    free(b.p);
}

int fcgi_call(const char *socket_path, const struct fcgi_call *c, struct fcgi_answer *out)
{
    const int64_t began = clock_mono_ms();
    const int64_t deadline_ms = began + (c->deadline_ms ? c->deadline_ms : DEFAULT_DEADLINE_MS);
    int fd = fcgi_connect(socket_path);
    int result = -1;

    *out = (struct fcgi_answer){0};
    if (fd < 0) {
        make_answer(&(struct reader){0}, out);
        return -1;
    }
    send_request(fd, c, deadline_ms);
    if (c->trick == FCGI_TRICK_LEAVE_IN_ANSWER) {
        struct reader r = {0};

        (void)read_some(fd, &r, 100, deadline_ms);
        make_answer(&r, out);
        reader_done(&r);
    } else if (c->trick == FCGI_TRICK_LEAVE_IN_BODY || c->trick == FCGI_TRICK_LEAVE_BEFORE_ANSWER) {
        make_answer(&(struct reader){0}, out);
    } else {
        result = fcgi_read_answer(fd, c->read_pause_ms, deadline_ms, out);
    }
    close(fd);
    out->took_ms = clock_mono_ms() - began;
    return result;
}

void fcgi_answer_done(struct fcgi_answer *a)
{
    free(a->headers);
    free(a->body);
    free(a->errors);
    *a = (struct fcgi_answer){0};
}

const char *fcgi_header(const struct fcgi_answer *a, const char *name)
{
    static char value[4096];
    const size_t n = strlen(name);

    for (const char *line = a->headers; line && *line;) {
        const char *end = strstr(line, "\r\n");

        if (!end)
            return NULL;
        if ((size_t)(end - line) > n && line[n] == ':' && strncasecmp(line, name, n) == 0) {
            const char *v = line + n + 1 + strspn(line + n + 1, " ");

            snprintf(value, sizeof value, "%.*s", (int)(end - v), v);
            return value;
        }
        line = end + 2;
    }
    return NULL;
}

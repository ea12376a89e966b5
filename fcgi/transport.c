/* SPDX-License-Identifier: MIT */
#include "fcgi/transport.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/log.h"

enum {
    BACKLOG = 511, /* nginx would answer 502 when it is full */
    DEFAULT_IDLE_MS = 10000,
    DEFAULT_GRACE_MS = 10000,
    LINGER_MS = 2000,
    WRITE_PIECE_BYTES = 64 << 10, /* the deadline is looked at between two */
    REQUEST_ID_MIN_CHARS = 8,
};

struct transport {
    FCGX_Request fcgi;
    struct transport_options o;
    int fd;             /* -1: no connection */
    int64_t timeout_ms; /* what the descriptor's timeouts are now */

    int64_t content_length; /* -1: unknown */
    bool may_have_body;
    uint64_t body_bytes;
    int64_t body_waited_us; /* for the client, not for us */
    bool body_failed;

    uint64_t out_bytes;
    bool answered; /* whole, with its end record */
};

/* ---- listening ---- */

static int set_name(struct sockaddr_un *a, const char *path, const char *suffix)
{
    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (snprintf(a->sun_path, sizeof a->sun_path, "%s%s", path, suffix) < (int)sizeof a->sun_path)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

/* 0: nobody is there, and the name is free or a dead socket's. */
static int check_dead(const char *path)
{
    struct sockaddr_un a;
    struct stat st;
    int fd;
    int why;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : -1;
    if (!S_ISSOCK(st.st_mode)) {
        errno = ENOTSOCK;
        return -1;
    }
    if (set_name(&a, path, "") < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    why = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? 0 : errno;
    close(fd);
    if (why == ECONNREFUSED || why == ENOENT)
        return 0;
    errno = why == 0 || why == EAGAIN ? EADDRINUSE : why; /* EAGAIN: alive, with a full backlog */
    return -1;
}

static int bind_as(int fd, const struct sockaddr_un *a, gid_t gid)
{
    const mode_t before = umask(0117); /* else there is a moment in which anybody may connect */
    const int bound = bind(fd, (const struct sockaddr *)a, sizeof *a);

    (void)umask(before);
    if (bound < 0)
        return -1;
    if (chmod(a->sun_path, 0660) < 0)
        return -1;
    if (gid != (gid_t)-1 && chown(a->sun_path, (uid_t)-1, gid) < 0)
        return -1;
    return listen(fd, BACKLOG);
}

int transport_listen(const char *path, gid_t gid)
{
    struct sockaddr_un a;
    int why;
    int fd;

    if (check_dead(path) < 0 || set_name(&a, path, ".new") < 0)
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)unlink(
        a.sun_path); /* of one who died between bind and rename; the pid file keeps others away */
    if (bind_as(fd, &a, gid) == 0 && rename(a.sun_path, path) == 0)
        return fd;
    why = errno;
    (void)unlink(a.sun_path);
    close(fd);
    errno = why;
    return -1;
}

void transport_unlisten(const char *path, int fd)
{
    if (fd < 0)
        return;
    (void)unlink(path);
    close(fd);
}

/* ---- connection ---- */

static void set_timeouts(struct transport *t, int64_t ms)
{
    struct timeval tv;

    if (ms < 1)
        ms = 1; /* 0 would mean for ever */
    if (ms == t->timeout_ms)
        return;
    tv = (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    (void)setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    (void)setsockopt(t->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
    t->timeout_ms = ms;
}

struct transport *transport_new(const struct transport_options *o)
{
    struct transport *t = calloc(1, sizeof *t);

    /* FCGX_Init also ignores SIGPIPE and would take SIGUSR1, had the child not handled it already */
    if (!t || FCGX_Init() != 0 || FCGX_InitRequest(&t->fcgi, -1, 0) != 0) {
        LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S("transport")});
        _Exit(70);
    }
    t->o = *o;
    if (t->o.idle_ms <= 0)
        t->o.idle_ms = DEFAULT_IDLE_MS;
    if (t->o.body_grace_ms <= 0)
        t->o.body_grace_ms = DEFAULT_GRACE_MS;
    t->fd = -1;
    return t;
}

void transport_free(struct transport *t)
{
    if (!t)
        return;
    transport_finish(t);
    free(t);
}

void transport_take(struct transport *t, int fd)
{
    t->fd = fd;
    t->timeout_ms = 0;
    t->content_length = -1;
    t->may_have_body = false;
    t->body_bytes = 0;
    t->body_waited_us = 0;
    t->body_failed = false;
    t->out_bytes = 0;
    t->answered = false;
    set_timeouts(t, t->o.idle_ms);
}

enum transport_status transport_accept(struct transport *t, int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

    if (fd >= 0) {
        transport_take(t, fd);
        return TRANSPORT_OK;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ECONNABORTED)
        return TRANSPORT_NONE;
    LOG(LOG_ERROR, "accept_failed", {"error", LOG_S(strerror(errno))});
    return TRANSPORT_BROKEN;
}

enum transport_status transport_begin(struct transport *t)
{
    /* A request that is begun by hand: FCGX_Accept_r() first finishes the last one, which must not close this
     * connection (keepConnection), then reads from ipcFd without accepting. On failure it closes ipcFd, at once
     * (detached: its own lingering has no end), and its own accept on -1 fails. */
    t->fcgi.ipcFd = t->fd;
    t->fcgi.keepConnection = 1;
    t->fcgi.detached = 1;
    if (FCGX_Accept_r(&t->fcgi) == 0)
        return TRANSPORT_OK;
    t->fcgi.ipcFd = -1;
    t->fd = -1;
    return TRANSPORT_NONE;
}

static bool all_was_read(const struct transport *t)
{
    return !t->may_have_body || t->fcgi.in->isClosed || (int64_t)t->body_bytes == t->content_length;
}

/* A peer that is still sending would meet a closed socket and report that instead of our answer. */
static void linger(int fd)
{
    const int64_t until = clock_mono_ms() + LINGER_MS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char trash[16 << 10];

    (void)shutdown(fd, SHUT_WR);
    for (;;) {
        const int64_t left = clock_left_ms(until);

        if (left == 0 || poll(&p, 1, (int)left) <= 0)
            return;
        if (recv(fd, trash, sizeof trash, MSG_DONTWAIT) <= 0)
            return;
    }
}

void transport_finish(struct transport *t)
{
    bool gently;

    if (t->fd < 0)
        return;
    gently = t->answered && t->fcgi.in && !all_was_read(t);
    FCGX_Free(&t->fcgi, 0);
    t->fcgi.ipcFd = -1;
    if (gently)
        linger(t->fd);
    (void)close(t->fd);
    t->fd = -1;
}

bool transport_client_gone(const struct transport *t)
{
    struct pollfd p = {.fd = t->fd, .events = POLLRDHUP};

    return t->fd < 0 || (poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)));
}

uint64_t transport_bytes_in(const struct transport *t)
{
    return t->body_bytes;
}

uint64_t transport_bytes_out(const struct transport *t)
{
    return t->out_bytes;
}

/* ---- body in ---- */

static long body_error(struct ctx *cx, struct transport *t, int why)
{
    t->body_failed = true;
    if (why == EAGAIN || why == EWOULDBLOCK || why == ETIMEDOUT)
        ctx_fail(cx, ERR_TIMEOUT, "body_too_slow", "", "the request's body arrives too slowly");
    else
        ctx_fail(cx, ERR_INVALID, "body_cut_off", "", "the request's body is not complete");
    return err_detail(&cx->err, "%llu of %lld bytes, error %d", (unsigned long long)t->body_bytes,
                      (long long)t->content_length, why);
}

static bool too_slow(const struct transport *t)
{
    const int64_t ms = t->body_waited_us / 1000;

    return t->o.body_min_bytes_per_s > 0 && ms > t->o.body_grace_ms &&
           (int64_t)t->body_bytes < t->o.body_min_bytes_per_s * ms / 1000;
}

/* Waits for the next byte: with it libfcgi has a whole piece in its buffer. It cannot be asked to wait less than for
 * one byte, and its buffer may hold the next record unseen, so polling the descriptor first would be wrong. */
static int next_byte(struct ctx *cx, struct transport *t)
{
    const int64_t left = clock_left_ms(cx->deadline_ms);
    const int64_t began = clock_mono_us();
    int c;

    set_timeouts(t, left < t->o.idle_ms ? left : t->o.idle_ms);
    c = FCGX_GetChar(t->fcgi.in);
    t->body_waited_us += clock_mono_us() - began;
    return c;
}

static size_t take_buffered(struct transport *t, char *buf, size_t n)
{
    FCGX_Stream *in = t->fcgi.in;
    const size_t there = (size_t)(in->stop - in->rdNext);
    const size_t take = there < n ? there : n;

    return take ? (size_t)FCGX_GetStr(buf, (int)take, in) : 0;
}

static long end_of_body(struct ctx *cx, struct transport *t)
{
    const int why = FCGX_GetError(t->fcgi.in);

    /* Both: a signal or a timeout gives a short body with a positive error, a client that left a negative one, and a
     * peer may end the stream early in good order. */
    if (why != 0 || (t->content_length >= 0 && (int64_t)t->body_bytes != t->content_length))
        return body_error(cx, t, why);
    return 0;
}

static long read_body(struct ctx *cx, void *source, void *buf, size_t n)
{
    struct transport *t = source;
    FCGX_Stream *in = t->fcgi.in;
    char *to = buf;
    size_t got;

    if (n == 0)
        return 0;
    if (n > INT32_MAX)
        n = INT32_MAX;
    if (t->body_failed)
        return body_error(cx, t, 0);
    if ((int64_t)t->body_bytes == t->content_length)
        return 0;
    got = take_buffered(t, to, n);
    if (got == 0) {
        int c;

        if (clock_left_ms(cx->deadline_ms) == 0)
            return body_error(cx, t, ETIMEDOUT);
        c = in->isClosed ? EOF : next_byte(cx, t);
        if (c == EOF)
            return end_of_body(cx, t);
        to[0] = (char)c;
        got = 1 + take_buffered(t, to + 1, n - 1);
    }
    t->body_bytes += got;
    if (t->content_length >= 0 && (int64_t)t->body_bytes > t->content_length)
        return body_error(cx, t, 0);
    if (too_slow(t))
        return body_error(cx, t, ETIMEDOUT);
    return (long)got;
}

/* ---- parameters ---- */

static enum http_method method_of(const char *s)
{
    static const struct {
        const char *name;
        enum http_method method;
    } table[] = {
        {"GET", HTTP_GET}, {"HEAD", HTTP_HEAD},   {"POST", HTTP_POST},
        {"PUT", HTTP_PUT}, {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, s) == 0)
            return table[i].method;
    return HTTP_OTHER;
}

/* How many parameters have this name: nginx sends one for each header line. */
static int times_sent(const struct transport *t, const char *name)
{
    const size_t n = strlen(name);
    int times = 0;

    for (char **p = t->fcgi.envp; p && *p; p++)
        times += strncmp(*p, name, n) == 0 && (*p)[n] == '=';
    return times;
}

/* A copy in the arena; empty when absent. The first value too long is remembered in *refused. */
static struct slice param(struct ctx *cx, struct transport *t, const char *name, size_t max,
                          const char **refused)
{
    const char *v = FCGX_GetParam(name, t->fcgi.envp);
    const size_t n = v ? strlen(v) : 0;

    if (n == 0)
        return (struct slice){"", 0};
    if (n > max) {
        if (!*refused)
            *refused = name;
        return (struct slice){"", 0};
    }
    return (struct slice){arena_memdup(cx->arena, v, n + 1), n};
}

static bool request_id_fits(struct slice s)
{
    if (s.n < REQUEST_ID_MIN_CHARS || s.n >= sizeof((struct ctx *)0)->request_id)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static void name_request(struct ctx *cx, struct slice given)
{
    if (request_id_fits(given)) {
        memcpy(cx->request_id, given.p, given.n);
        cx->request_id[given.n] = '\0';
    } else {
        const struct uuid id = uuid_new();

        uuid_text(&id, cx->request_id);
    }
}

static int read_path(struct ctx *cx, struct slice document_uri, struct slice request_uri,
                     struct http_request *rq)
{
    struct slice query;
    struct slice path = document_uri;

    if (path.n == 0 &&
        !http_percent_decode(cx->arena, slice_cut(request_uri, '?', &query), false, &path))
        return ctx_fail(cx, ERR_INVALID, "path_invalid", "", "the path is not well-formed");
    if (path.n == 0 || path.p[0] != '/')
        return ctx_fail(cx, ERR_INVALID, "path_invalid", "", "the path is not well-formed");
    rq->path = path;
    return 0;
}

static int read_content_length(struct ctx *cx, struct transport *t, struct slice text,
                               struct http_request *rq)
{
    int64_t n = -1;

    if (text.n > 0 && (!slice_to_i64(text, &n) || n < 0))
        return ctx_fail(cx, ERR_INVALID, "content_length_invalid", "content-length",
                        "not a length");
    rq->content_length = t->content_length = n;
    t->may_have_body = n > 0 || (n < 0 && rq->method != HTTP_GET && rq->method != HTTP_HEAD);
    return 0;
}

int transport_read_request(struct ctx *cx, struct transport *t, struct http_request *rq)
{
    const char *refused = NULL;
    const size_t header = LIMIT_HEADER_BYTES;
    struct slice document_uri;
    struct slice request_uri;
    struct slice query;
    struct slice length;

    *rq = (struct http_request){.content_length = -1, .read_body = read_body, .body_source = t};
    rq->method_text = param(cx, t, "REQUEST_METHOD", 32, &refused).p;
    rq->method = method_of(rq->method_text);
    rq->path = rq->body = (struct slice){"", 0};
    rq->remote_addr = param(cx, t, "REMOTE_ADDR", 64, &refused).p;
    rq->host = param(cx, t, "HTTP_HOST", 255, &refused).p;
    rq->authorization = param(cx, t, "HTTP_AUTHORIZATION", header, &refused);
    if (times_sent(t, "HTTP_AUTHORIZATION") >
        1) /* joined, as RFC 9110 section 5.2 says: then it is no credential */
        rq->authorization = (struct slice){arena_printf(cx->arena, "%s, ", rq->authorization.p),
                                           rq->authorization.n + 2};
    rq->content_type = param(cx, t, "CONTENT_TYPE", header, &refused);
    rq->accept_language = param(cx, t, "HTTP_ACCEPT_LANGUAGE", header, &refused);
    rq->tenant_choice = param(cx, t, "HTTP_X_TENANT", header, &refused);
    rq->if_match = param(cx, t, "HTTP_IF_MATCH", header, &refused);
    rq->if_none_match = param(cx, t, "HTTP_IF_NONE_MATCH", header, &refused);
    rq->idempotency_key = param(cx, t, "HTTP_IDEMPOTENCY_KEY", header, &refused);
    rq->ops_listener = slice_is(param(cx, t, "CM_LISTENER", header, &refused), "ops");
    document_uri = param(cx, t, "DOCUMENT_URI", header, &refused);
    request_uri = param(cx, t, "REQUEST_URI", header, &refused);
    length = param(cx, t, "CONTENT_LENGTH", 32, &refused);
    name_request(cx, param(cx, t, "CM_REQUEST_ID", header, &refused));
    if (read_content_length(cx, t, length, rq) < 0)
        return -1;
    if (refused)
        return ctx_fail(cx, ERR_TOO_LARGE, "header_too_large", refused, "a header is too long");

    query = param(cx, t, "QUERY_STRING", LIMIT_QUERY_BYTES, &refused);
    if (refused)
        return ctx_fail(cx, ERR_TOO_LARGE, "query_too_large", "query",
                        "the query is longer than %d bytes", LIMIT_QUERY_BYTES);
    if (read_path(cx, document_uri, request_uri, rq) < 0)
        return -1;
    return http_form(cx, query, rq->query, sizeof rq->query / sizeof rq->query[0], &rq->nquery);
}

/* ---- answer out ---- */

struct sink {
    struct ctx *cx;
    struct transport *t;
    struct slice head; /* not yet written; empty once it was */
    int64_t deadline_ms;
};

static int write_error(struct sink *s, int why)
{
    if (err_is(&s->cx->err)) /* a stream that went on after a failed write */
        return -1;
    if (why == EAGAIN || why == EWOULDBLOCK || why == ETIMEDOUT)
        ctx_fail(s->cx, ERR_TIMEOUT, "client_too_slow", "", "the answer was not taken in time");
    else
        ctx_fail(s->cx, ERR_INVALID, "client_gone", "",
                 "the client left before its answer was complete");
    return err_detail(&s->cx->err, "after %llu bytes, error %d",
                      (unsigned long long)s->t->out_bytes, why);
}

static int put(struct sink *s, const char *p, size_t n)
{
    struct transport *t = s->t;

    while (n > 0) {
        const size_t piece = n < WRITE_PIECE_BYTES ? n : WRITE_PIECE_BYTES;
        const int64_t left = clock_left_ms(s->deadline_ms);

        if (left == 0)
            return write_error(s, ETIMEDOUT);
        set_timeouts(t, left < t->o.idle_ms ? left : t->o.idle_ms);
        if (FCGX_PutStr(p, (int)piece, t->fcgi.out) != (int)piece)
            return write_error(s, FCGX_GetError(t->fcgi.out));
        t->out_bytes += piece;
        p += piece;
        n -= piece;
    }
    return 0;
}

static int sink_write(void *sink, const void *p, size_t n)
{
    struct sink *s = sink;
    const struct slice head = s->head;

    s->head.n = 0;
    if (put(s, head.p, head.n) < 0)
        return -1;
    return put(s, p, n);
}

static int sink_close(struct sink *s)
{
    FCGX_Request *r = &s->t->fcgi;

    /* in this order: the last writer to close sends the end record, in one write with what is left of the answer */
    (void)FCGX_FClose(r->err);
    if (FCGX_FClose(r->out) != 0)
        return write_error(s, FCGX_GetError(r->out));
    s->t->answered = true;
    return 0;
}

static bool has_line_break(const char *s)
{
    return strpbrk(s, "\r\n") != NULL;
}

static bool status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

static struct slice make_head(struct ctx *cx, const struct http_response *rs)
{
    SCOPED(sb_done) struct sb head = {0};

    sb_init(&head, LIMIT_RESPONSE_BYTES);
    sb_printf(&head, "Status: %d\r\n", rs->status);
    if (status_has_body(rs->status)) {
        sb_printf(&head, "Content-Type: %s\r\n",
                  rs->content_type ? rs->content_type : "application/octet-stream");
        if (!rs->stream)
            sb_printf(&head, "Content-Length: %zu\r\n", rs->body.n);
    }
    for (size_t i = 0; i < rs->nheaders; i++) {
        const struct http_header *h = &rs->headers[i];

        if (has_line_break(h->name) || has_line_break(h->value)) {
            LOG(LOG_ERROR, "header_dropped",
                {"request_id", LOG_S(cx->request_id)}); /* it would split the answer */
            continue;
        }
        sb_printf(&head, "%s: %s\r\n", h->name, h->value);
    }
    sb_puts(&head, "\r\n");
    return (struct slice){arena_slicedup(cx->arena, sb_get(&head)), head.n};
}

int transport_respond(struct ctx *cx, struct transport *t, const struct http_request *rq,
                      struct http_response *rs)
{
    const bool body = rq->method != HTTP_HEAD && status_has_body(rs->status);
    struct sink s = {.cx = cx, .t = t, .head = make_head(cx, rs), .deadline_ms = cx->deadline_ms};

    if (rs->stream && body) {
        if (rs->stream(cx, rs->stream_state, sink_write, &s) < 0)
            return -1;
        if (err_is(&cx->err)) /* a write failed and the stream did not notice */
            return -1;
    } else if (s.deadline_ms < clock_mono_ms() + t->o.idle_ms) {
        s.deadline_ms =
            clock_mono_ms() + t->o.idle_ms; /* a late answer, most likely that it is late */
    }
    if (sink_write(&s, rs->body.p, rs->stream || !body ? 0 : rs->body.n) < 0)
        return -1;
    return sink_close(&s);
}

/* SPDX-License-Identifier: MIT */
#include "core/net/http_client.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/sb.h"
#include "core/net/flight.h"

enum {
    LATE_MS = 100, /* libcurl has this long to report a deadline: it knows where the time went */
    RETRY_AFTER_MAX_S = 24 * 60 * 60,
};

static void unlink_flight(struct flight *f)
{
    struct flight **at = &f->net->flights;

    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    f->net->in_flight--;
}

uint64_t net_submit(struct net *net, const struct net_request *rq, net_done_fn done, void *user)
{
    struct flight *f = calloc(1, sizeof *f);

    if (!f)
        net_die("flight");
    f->net = net;
    f->id = ++net->last_id;
    f->arena = arena_new(NET_ARENA_BYTES);
    f->done = done;
    f->user = user;
    f->next = net->flights;
    net->flights = f;
    net->in_flight++;
    if (flight_prepare(f, rq) < 0)
        flight_ground(f); /* reported by the next step */
    return f->id;
}

void net_cancel(struct net *net, uint64_t id)
{
    for (struct flight *f = net->flights; f; f = f->next) {
        if (f->id == id) {
            unlink_flight(f);
            flight_trace(f);
            flight_free(f);
            return;
        }
    }
}

/* ---- arrival ---- */

static void set_failure(struct flight *f, CURLcode code)
{
    struct err *e = &f->err;

    if (f->too_large || code == CURLE_FILESIZE_EXCEEDED)
        err_set(e, ERR_UPSTREAM, "upstream_too_large", "",
                "the other service's answer is too large");
    else if (code == CURLE_OPERATION_TIMEDOUT)
        err_set(e, ERR_TIMEOUT, "upstream_timeout", "", "the other service took too long");
    else if (f->refused && code == CURLE_COULDNT_CONNECT)
        err_set(e, ERR_FORBIDDEN, "address_refused", "url",
                "this address is not reachable from here");
    else if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
        err_set(e, ERR_UPSTREAM, "upstream_unresolved", "", "the other service's name is unknown");
    else if (code == CURLE_COULDNT_CONNECT)
        err_set(e, ERR_UPSTREAM, "upstream_unreachable", "", "the other service cannot be reached");
    else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
             code == CURLE_SSL_CACERT_BADFILE)
        err_set(e, ERR_UPSTREAM, "upstream_tls", "",
                "the other service's certificate was not accepted");
    else if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
             code == CURLE_SEND_ERROR || code == CURLE_SEND_FAIL_REWIND || code == CURLE_HTTP2 ||
             code == CURLE_HTTP2_STREAM)
        err_set(e, ERR_UPSTREAM, "upstream_cut_off", "", "the other service broke off its answer");
    else
        err_set(e, ERR_UPSTREAM, "upstream_failed", "", "the other service failed");
    err_detail(e, "%s %s://%s:%s: %s", f->method, f->scheme, f->host, f->port,
               f->why[0] ? f->why : curl_easy_strerror(code));
}

static bool is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* 1: on its way again, 0: this is the answer, -1: failed */
static int follow(struct flight *f, long status)
{
    char *location = NULL;
    const char *from_scheme = f->scheme;
    const char *from_host = f->host;
    const char *from_port = f->port;
    const char *to = NULL;

    if (!f->follows || !is_redirect(status))
        return 0;
    (void)curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &location);
    if (!location)
        return 0;
    to = arena_strdup(f->arena, location);
    if (f->hops_left-- == 0) {
        err_set(&f->err, ERR_UPSTREAM, "upstream_redirects", "",
                "the other service redirects too often");
        return err_detail(&f->err, "%s %s://%s:%s", f->method, f->scheme, f->host, f->port);
    }
    flight_ground(f);
    if (flight_aim(f, to) < 0 ||
        (strcmp(from_scheme, "https") == 0 && strcmp(f->scheme, "https") != 0)) {
        const enum err_code code = f->err.code == ERR_FORBIDDEN ? ERR_FORBIDDEN : ERR_UPSTREAM;

        err_clear(&f->err);
        err_set(&f->err, code, "redirect_refused", "",
                "the other service redirects to where we do not go");
        return err_detail(&f->err, "from %s://%s:%s", from_scheme, from_host, from_port);
    }
    if (strcmp(from_scheme, f->scheme) != 0 || strcmp(from_host, f->host) != 0 ||
        strcmp(from_port, f->port) != 0) {
        flight_drop_headers(f);
    }
    sb_clear(&f->body);
    f->header_bytes = 0;
    f->max_age_s = -1;
    f->ntaken = 0;
    f->refused = false;
    f->why[0] = '\0';
    return flight_launch(f) < 0 ? -1 : 1;
}

static bool type_fits(const struct flight *f, long status, const char *type)
{
    struct slice parameters;

    return !f->wanted_type || status < 200 || status > 299 || status == 204 ||
           strcmp(f->method, "HEAD") == 0 ||
           slice_eq_nocase(slice_trim(slice_cut(slice_cstr(type), ';', &parameters)),
                           slice_cstr(f->wanted_type));
}

static const char *info_text(struct flight *f, CURLINFO what)
{
    char *s = NULL;

    (void)curl_easy_getinfo(f->easy, what, &s);
    return s ? arena_strdup(f->arena, s) : "";
}

static void report(struct flight *f, const struct net_response *rs)
{
    unlink_flight(f);
    flight_trace(f);
    flight_ground(f);
    f->done(f->user, rs, rs ? NULL : &f->err);
    flight_free(f);
}

static void arrive(struct flight *f, CURLcode code)
{
    struct net_response rs = {0};
    curl_off_t retry_after_s = 0;
    long status = 0;
    long version = 0;
    int followed;

    if (code != CURLE_OK) {
        set_failure(f, code);
        report(f, NULL);
        return;
    }
    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    followed = follow(f, status);
    if (followed > 0)
        return;
    if (followed < 0) {
        report(f, NULL);
        return;
    }

    rs.status = (int)status;
    rs.body = sb_get(&f->body);
    rs.content_type = info_text(f, CURLINFO_CONTENT_TYPE);
    rs.location = info_text(f, CURLINFO_REDIRECT_URL);
    if (curl_easy_getinfo(f->easy, CURLINFO_RETRY_AFTER, &retry_after_s) == CURLE_OK &&
        retry_after_s > 0)
        rs.retry_after_ms =
            (retry_after_s < RETRY_AFTER_MAX_S ? retry_after_s : RETRY_AFTER_MAX_S) * 1000;
    rs.max_age_s = f->max_age_s;
    rs.took_ms = clock_mono_ms() - f->begun_ms;
    (void)curl_easy_getinfo(f->easy, CURLINFO_HTTP_VERSION, &version);
    rs.http_version = version >= CURL_HTTP_VERSION_2_0 ? 2 : 1;
    rs.headers = f->taken;
    rs.nheaders = f->ntaken;
    if (!type_fits(f, status, rs.content_type)) {
        err_set(&f->err, ERR_UPSTREAM, "upstream_media_type", "",
                "the other service answered in another format");
        err_detail(&f->err, "%s %s://%s:%s: %d %.80s", f->method, f->scheme, f->host, f->port,
                   rs.status, rs.content_type);
        report(f, NULL);
        return;
    }
    report(f, &rs);
}

/* Those that failed before they left, and those whose deadline libcurl does not watch: a request that waits for a
 * connection to its host (per_host) has no timer there. */
static int report_failed(struct net *net)
{
    const int64_t now = clock_mono_ms();
    int reported = 0;
    struct flight *f = net->flights;

    while (f) {
        if (f->easy && now > f->deadline_ms + LATE_MS)
            set_failure(f, CURLE_OPERATION_TIMEDOUT);
        if (!err_is(&f->err)) {
            f = f->next;
            continue;
        }
        report(f, NULL);
        reported++;
        f = net->flights; /* the callback may have changed the list */
    }
    return reported;
}

static int report_arrived(struct net *net)
{
    int reported = 0;
    int rest;
    CURLMsg *m;

    while ((m = curl_multi_info_read(net->multi, &rest)) != NULL) {
        const CURLcode code = m->data.result;
        char *user = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &user);
        arrive((struct flight *)(void *)user, code);
        reported++;
    }
    return reported;
}

static int advance(struct net *net)
{
    int running;
    int reported = report_failed(net);

    (void)curl_multi_perform(net->multi, &running);
    return reported + report_arrived(net);
}

static int64_t nearest_ms(const struct net *net, int64_t wait_ms)
{
    for (const struct flight *f = net->flights; f; f = f->next) {
        int64_t left = clock_left_ms(f->deadline_ms + LATE_MS + 1);

        if (err_is(&f->err))
            return 0;
        wait_ms = left < wait_ms ? left : wait_ms;
    }
    return wait_ms < 0 ? 0 : wait_ms > INT32_MAX ? INT32_MAX : wait_ms;
}

int net_step(struct net *net, int64_t wait_ms)
{
    struct curl_waitfd extra = {.fd = net->watched, .events = CURL_WAIT_POLLIN};

    assert(!net->stepping);
    net->stepping = true;
    if (advance(net) == 0 && wait_ms > 0) {
        (void)curl_multi_poll(net->multi, net->watched >= 0 ? &extra : NULL,
                              net->watched >= 0 ? 1 : 0, (int)nearest_ms(net, wait_ms), NULL);
        advance(net);
    }
    net->stepping = false;
    return net->in_flight;
}

const char *net_response_header(const struct net_response *rs, const char *name)
{
    for (size_t i = 0; i < rs->nheaders; i++) {
        if (slice_eq_nocase(slice_cstr(rs->headers[i].name), slice_cstr(name)))
            return rs->headers[i].value;
    }
    return NULL;
}

int net_in_flight(const struct net *net)
{
    return net->in_flight;
}

void net_watch(struct net *net, int fd)
{
    net->watched = fd;
}

/* ---- fetch ---- */

struct fetch {
    struct ctx *cx;
    struct net_response rs;
    bool done;
    int result;
};

static const struct net_header *copy_headers(struct arena *a, const struct net_response *rs)
{
    struct net_header *copy = arena_zalloc(a, rs->nheaders, sizeof *copy);

    for (size_t i = 0; i < rs->nheaders; i++) {
        copy[i].name = rs->headers[i].name; /* the caller's own, see net_request.wanted */
        copy[i].value = arena_strdup(a, rs->headers[i].value);
    }
    return copy;
}

static void fetched(void *user, const struct net_response *rs, const struct err *err)
{
    struct fetch *f = user;

    f->done = true;
    if (err) {
        f->cx->err = *err;
        f->result = -1;
        return;
    }
    f->rs = *rs;
    f->rs.body = (struct slice){arena_slicedup(f->cx->arena, rs->body), rs->body.n};
    f->rs.content_type = arena_strdup(f->cx->arena, rs->content_type);
    f->rs.location = arena_strdup(f->cx->arena, rs->location);
    f->rs.headers = copy_headers(f->cx->arena, rs);
}

int net_fetch(struct ctx *cx, struct net *net, const struct net_request *rq,
              struct net_response *out)
{
    struct fetch f = {.cx = cx};
    struct net_request bounded = *rq;
    const int64_t left = clock_left_ms(cx->deadline_ms);

    assert(!err_is(&cx->err));
    if (left == 0)
        return ctx_fail(cx, ERR_TIMEOUT, "upstream_timeout", "",
                        "no time was left to ask the other service");
    if (bounded.total_ms <= 0)
        bounded.total_ms = NET_TOTAL_MS;
    if (left < bounded.total_ms)
        bounded.total_ms = left;

    (void)net_submit(net, &bounded, fetched, &f);
    while (!f.done)
        net_step(net, 1000);
    if (f.result < 0)
        return -1;
    *out = f.rs;
    return 0;
}

/* ---- life ---- */

static const char *environment_proxy(struct arena *a, const char *const *names)
{
    for (; *names; names++) {
        const char *v = getenv(*names);

        if (v && v[0])
            return arena_strdup(a, v);
    }
    return "";
}

struct net *net_new(const struct net_options *o)
{
    /* HTTP_PROXY in capitals is left out as everywhere: a CGI client can set it with a "Proxy:" header */
    static const char *const http_names[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};
    static const char *const https_names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                              "ALL_PROXY", NULL};
    static bool initialised;
    struct net *net = calloc(1, sizeof *net);

    if (!net || (!initialised && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK))
        net_die("net");
    initialised = true;
    net->multi = curl_multi_init();
    if (!net->multi)
        net_die("multi handle");
    net->arena = arena_new(NET_ARENA_BYTES);
    net->ca_file = arena_strdup(net->arena, o->ca_file ? o->ca_file : "");
    net->allow_private = arena_strdup(net->arena, o->allow_private ? o->allow_private : "");
    net->proxy_http = o->proxy_from_environment ? environment_proxy(net->arena, http_names) : "";
    net->proxy_https = o->proxy_from_environment ? environment_proxy(net->arena, https_names) : "";
    net->in_flight_max = o->in_flight > 0 ? o->in_flight : NET_IN_FLIGHT;
    net->watched = -1;
    (void)curl_multi_setopt(net->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    /* what is assumed of a server until it says otherwise: with libcurl's 100, each request beyond them that sets off
     * before that makes a connection of its own */
    (void)curl_multi_setopt(net->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
                            (long)(net->in_flight_max > 100 ? net->in_flight_max : 100));
    (void)curl_multi_setopt(net->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                            (long)(o->per_host > 0 ? o->per_host : NET_PER_HOST));
    (void)curl_multi_setopt(
        net->multi, CURLMOPT_MAXCONNECTS,
        (long)(o->per_host > 2 * NET_PER_HOST ? o->per_host : 2 * NET_PER_HOST));
    return net;
}

void net_free(struct net *net)
{
    if (!net)
        return;
    assert(!net->stepping);
    while (net->flights) {
        struct flight *f = net->flights;

        unlink_flight(f);
        flight_free(f);
    }
    (void)curl_multi_cleanup(net->multi);
    arena_free(net->arena);
    free(net);
}

/* SPDX-License-Identifier: MIT */
#include "core/net/flight.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/net/address.h"

enum {
    URL_BYTES = 8 << 10,
    HEADER_BYTES = 64 << 10, /* all headers of one answer, or of one request */
};

/* ---- aiming: URL to host, checked ---- */

static char *url_part(struct flight *f, CURLU *u, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    char *kept = NULL;

    if (curl_url_get(u, part, &text, flags) == CURLUE_OK && text)
        kept = arena_strdup(f->arena, text);
    curl_free(text);
    return kept;
}

static bool literal_private(const char *host)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    char bare[INET6_ADDRSTRLEN + 2];
    size_t n = strlen(host);

    if (inet_pton(AF_INET, host, &in.sin_addr) == 1)
        return !net_address_public((struct sockaddr *)&in, sizeof in);
    if (n < 3 || host[0] != '[' || n >= sizeof bare)
        return false;
    memcpy(bare, host + 1, n - 2);
    bare[n - 2] = '\0';
    bare[strcspn(bare, "%")] = '\0';
    return inet_pton(AF_INET6, bare, &in6.sin6_addr) != 1 ||
           !net_address_public((struct sockaddr *)&in6, sizeof in6);
}

int flight_aim(struct flight *f, const char *url)
{
    CURLU *u = curl_url();
    const char *scheme = NULL;
    const char *host = NULL;
    const char *port = NULL;
    const char *whole = NULL;
    bool credentials = false;

    if (!u)
        net_die("url");
    if (strlen(url) <= URL_BYTES &&
        curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
        scheme = url_part(f, u, CURLUPART_SCHEME, 0);
        host = url_part(f, u, CURLUPART_HOST, 0);
        port = url_part(f, u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
        credentials = url_part(f, u, CURLUPART_USER, 0) || url_part(f, u, CURLUPART_PASSWORD, 0);
        whole = url_part(f, u, CURLUPART_URL, 0);
    }
    curl_url_cleanup(u);

    if (scheme && strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        return err_set(&f->err, ERR_INVALID, "url_scheme", "url", "only http and https");
    if (!scheme || !host || !host[0] || !port || !whole)
        return err_set(&f->err, ERR_INVALID, "url_invalid", "url", "not an absolute URL");
    if (credentials)
        return err_set(&f->err, ERR_INVALID, "url_credentials", "url",
                       "a URL must not carry a name or password");

    f->url = whole;
    f->scheme = scheme;
    f->host = host;
    f->port = port;
    f->listed = net_host_listed(f->net->allow_private, host);
    /* what the operator listed is inside, where the proxy is not needed */
    f->proxied =
        !f->listed && (strcmp(scheme, "https") == 0 ? f->net->proxy_https : f->net->proxy_http)[0];
    if (f->proxied && literal_private(host)) {
        err_set(&f->err, ERR_FORBIDDEN, "address_refused", "url",
                "this address is not reachable from here");
        return err_detail(&f->err, "%s://%s:%s", scheme, host, port);
    }
    return 0;
}

/* ---- libcurl's callbacks ---- */

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct flight *f = user;

    (void)purpose;
    if (!f->listed && !f->proxied && !net_address_public(&a->addr, a->addrlen)) {
        f->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t give_body(char *p, size_t size, size_t n, void *user)
{
    struct flight *f = user;
    const size_t left = f->request_body.n - f->body_read;

    n = n * size < left ? n * size : left;
    memcpy(p, f->request_body.p + f->body_read, n);
    f->body_read += n;
    return n;
}

static size_t take_body(char *p, size_t size, size_t n, void *user)
{
    struct flight *f = user;

    (void)size; /* always 1 */
    if (n > f->max_bytes - f->body.n) {
        f->too_large = true;
        return CURL_WRITEFUNC_ERROR;
    }
    sb_put(&f->body, p, n);
    return n;
}

static void take_cache_control(struct flight *f, struct slice value)
{
    while (value.n > 0) {
        struct slice item = slice_trim(slice_cut(value, ',', &value));
        struct slice seconds;
        struct slice name = slice_cut(item, '=', &seconds);
        int64_t v;

        if (slice_eq_nocase(name, SLICE("max-age")) && slice_to_i64(seconds, &v) && v >= 0)
            f->max_age_s = v;
    }
}

static void take_wanted(struct flight *f, struct slice name, struct slice value)
{
    for (size_t i = 0; i < f->nwanted && f->ntaken < NET_WANTED; i++) {
        if (slice_eq_nocase(name, slice_cstr(f->wanted[i]))) {
            f->taken[f->ntaken++] = (struct net_header){
                .name = f->wanted[i], .value = arena_slicedup(f->arena, slice_trim(value))};
            return;
        }
    }
}

static size_t take_header(char *p, size_t size, size_t n, void *user)
{
    struct flight *f = user;
    struct slice value;
    struct slice name = slice_cut((struct slice){p, n}, ':', &value);

    (void)size;
    f->header_bytes += n;
    if (f->header_bytes > HEADER_BYTES) {
        f->too_large = true;
        return 0;
    }
    if (slice_starts((struct slice){p, n},
                     SLICE("HTTP/"))) { /* a further answer after 100 or 103 */
        f->max_age_s = -1;
        f->ntaken = 0;
    } else if (slice_eq_nocase(name, SLICE("cache-control"))) {
        take_cache_control(f, value);
    }
    take_wanted(f, name, value);
    return n;
}

/* ---- one flight ---- */

static bool is_token(const char *s)
{
    return s[0] &&
           s[strspn(
               s,
               "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] ==
               '\0';
}

static void add_header(struct flight *f, const char *line)
{
    struct curl_slist *more = curl_slist_append(f->headers, line);

    if (!more)
        net_die("header");
    f->headers = more;
}

static void add_line(struct flight *f, const struct net_header *h)
{
    struct sb line;

    sb_init(&line, HEADER_BYTES + 4);
    sb_puts(&line, h->name);
    /* libcurl drops a header whose value is empty, unless it is written this way */
    sb_puts(&line, h->value[0] ? ": " : ";");
    sb_puts(&line, h->value);
    add_header(f, sb_text(&line));
    if (h->secret)
        explicit_bzero(line.p, line.n);
    sb_done(&line);
}

static int take_headers(struct flight *f, const struct net_request *rq)
{
    size_t total = 0;

    for (size_t i = 0; i < rq->nheaders; i++) {
        const struct net_header *h = &rq->headers[i];

        total += strlen(h->name) + strlen(h->value);
        if (!is_token(h->name) || strpbrk(h->value, "\r\n") || total > HEADER_BYTES)
            return err_set(&f->err, ERR_INVALID, "header_invalid", "headers",
                           "a header that cannot be sent");
        f->has_secret |= h->secret;
        add_line(f, h);
    }
    return 0;
}

void flight_drop_headers(struct flight *f)
{
    for (struct curl_slist *at = f->headers; at && f->has_secret; at = at->next)
        explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(f->headers);
    f->headers = NULL;
}

#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (curl_easy_setopt(f->easy, (option), (value)) != CURLE_OK)                              \
            return err_set(&f->err, ERR_INTERNAL, "http_client", "", #option);                     \
    } while (0)

static int set_method(struct flight *f)
{
    const bool has_body = f->request_body.p && f->request_body.n > 0;

    if (strcmp(f->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (strcmp(f->method, "GET") == 0 && !has_body) {
        SET(CURLOPT_HTTPGET, 1L);
    } else if (has_body || strcmp(f->method, "POST") == 0) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->request_body.n);
        if (f->once && has_body) {
            /* what is read by a callback and cannot be read again cannot be sent again */
            SET(CURLOPT_READFUNCTION, give_body);
            SET(CURLOPT_READDATA, f);
        } else {
            SET(CURLOPT_POSTFIELDS, has_body ? f->request_body.p : "");
        }
        SET(CURLOPT_CUSTOMREQUEST, f->method);
    } else {
        SET(CURLOPT_CUSTOMREQUEST, f->method);
    }
    return 0;
}

static int set_limits(struct flight *f)
{
    int64_t left = clock_left_ms(f->deadline_ms);

    if (left == 0)
        return err_set(&f->err, ERR_TIMEOUT, "upstream_timeout", "",
                       "the other service took too long");
    SET(CURLOPT_TIMEOUT_MS, (long)left);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(left < f->connect_ms ? left : f->connect_ms));
    if (strcmp(f->method, "HEAD") != 0) /* says no before the first byte, when the length is told */
        SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)f->max_bytes);
    return 0;
}

static int set_all(struct flight *f)
{
    const struct net *net = f->net;

    SET(CURLOPT_URL, f->url);
    SET(CURLOPT_PRIVATE, f);
    SET(CURLOPT_ERRORBUFFER, f->why);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, f);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, f);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, f);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (net->ca_file[0])
        SET(CURLOPT_CAINFO, net->ca_file);
    /* always set, else libcurl reads the environment by itself */
    SET(CURLOPT_PROXY, !f->proxied                       ? ""
                       : strcmp(f->scheme, "https") == 0 ? net->proxy_https
                                                         : net->proxy_http);
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_PIPEWAIT,
        strcmp(f->scheme, "https") == 0 ? 1L : 0L); /* rather one stream more than a handshake */
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_ACCEPT_ENCODING, ""); /* all that is built in; the bound counts what comes out */
    SET(CURLOPT_USERAGENT, "ClientMetrics");
    /* a resolver that hangs must not make us wait for its thread */
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_HTTPHEADER, f->headers);
    return 0;
}

int flight_launch(struct flight *f)
{
    f->easy = curl_easy_init();
    if (!f->easy)
        net_die("easy handle");
    if (set_all(f) < 0 || set_method(f) < 0 || set_limits(f) < 0)
        return -1;
    if (curl_multi_add_handle(f->net->multi, f->easy) != CURLM_OK)
        return err_set(&f->err, ERR_INTERNAL, "http_client", "", "curl_multi_add_handle");
    return 0;
}

void flight_trace(struct flight *f)
{
    struct net_trace *t = f->trace;
    long sent = 0;
    long status = 0;
    long version = 0;

    if (!t)
        return;
    *t = (struct net_trace){.took_ms = clock_mono_ms() - f->begun_ms};
    if (!f->easy)
        return;
    (void)curl_easy_getinfo(f->easy, CURLINFO_REQUEST_SIZE, &sent);
    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(f->easy, CURLINFO_HTTP_VERSION, &version);
    t->sent = sent > 0;
    t->status = (int)status;
    t->http_version = status == 0 ? 0 : version >= CURL_HTTP_VERSION_2_0 ? 2 : 1;
}

void flight_ground(struct flight *f)
{
    if (!f->easy)
        return;
    (void)curl_multi_remove_handle(f->net->multi, f->easy);
    curl_easy_cleanup(f->easy);
    f->easy = NULL;
}

void flight_free(struct flight *f)
{
    flight_ground(f);
    flight_drop_headers(f);
    sb_done(&f->body);
    arena_free(f->arena);
    free(f);
}

int flight_prepare(struct flight *f, const struct net_request *rq)
{
    f->method = rq->method ? arena_strdup(f->arena, rq->method) : rq->body.n > 0 ? "POST" : "GET";
    f->request_body = rq->body;
    f->wanted_type = rq->content_type ? arena_strdup(f->arena, rq->content_type) : NULL;
    f->wanted = rq->wanted;
    f->nwanted = rq->nwanted < NET_WANTED ? rq->nwanted : NET_WANTED;
    f->trace = rq->trace;
    f->once = rq->once;
    f->begun_ms = clock_mono_ms();
    f->deadline_ms = f->begun_ms + (rq->total_ms > 0 ? rq->total_ms : NET_TOTAL_MS);
    f->connect_ms = rq->connect_ms > 0 ? rq->connect_ms : NET_CONNECT_MS;
    f->max_bytes = rq->max_bytes > 0 && rq->max_bytes < LIMIT_HTTP_CLIENT_BYTES
                       ? rq->max_bytes
                       : LIMIT_HTTP_CLIENT_BYTES;
    f->follows =
        rq->redirects > 0 && (strcmp(f->method, "GET") == 0 || strcmp(f->method, "HEAD") == 0);
    f->hops_left = rq->redirects;
    f->max_age_s = -1;
    sb_init(&f->body, f->max_bytes);

    if (f->net->in_flight > f->net->in_flight_max)
        return err_set(&f->err, ERR_UNAVAILABLE, "http_client_full", "",
                       "too many requests to other services at once");
    if (!is_token(f->method))
        return err_set(&f->err, ERR_INVALID, "method_invalid", "method", "not an HTTP method");
    add_header(f, "Expect:"); /* servers that never answer 100 would cost a second each */
    if (take_headers(f, rq) < 0 || flight_aim(f, rq->url ? rq->url : "") < 0)
        return -1;
    return flight_launch(f);
}

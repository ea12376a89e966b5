/* SPDX-License-Identifier: MIT */
/*
 * http_client: the one HTTP client of the product, over libcurl's multi interface.
 *
 * One `struct net` a process, made after the fork (its connections are kept alive and must not be shared). Many
 * requests may be in flight: submit them, call net_step() until their callbacks have run. net_fetch() is the
 * blocking convenience for one answer.
 *
 * What always holds
 *   - http and https only, TLS 1.2 or later, certificates verified; a proxy only if the operator said so.
 *   - Every request ends: answered, or failed at its deadline, whatever the other side (or the resolver) does.
 *   - An answer is never larger than its bound, after decompression.
 *   - The address connected to is checked after resolution, at each connect (core/net/address.h). Private ones are
 *     refused unless the URL's host is on `allow_private`, which lists exact host names. Behind a proxy the proxy
 *     resolves, so there only literal addresses can be refused here: the proxy must refuse the rest.
 *   - Redirects are answers, unless the request asks to follow some. Each hop is checked like a first request,
 *     https never goes on as http, and the caller's headers stay with the host they were meant for.
 *   - A URL that carries a user name or password is refused. Error details name scheme, host and port only: paths
 *     and queries may hold secrets.
 *   - HTTP/2 where the other side offers it over TLS: many requests share a connection.
 *
 * A status of 400 or 500 is an answer, not a failure: what it means is the caller's business.
 */
#ifndef CORE_NET_HTTP_CLIENT_H
#define CORE_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/base/slice.h"
#include "core/db/ctx.h"

struct net; /* opaque */

enum { NET_WANTED = 16 };

struct net_options {
    const char *ca_file;       /* NULL or "": the system's certificates */
    const char *allow_private; /* comma list of exact host names; NULL: none */
    bool proxy_from_environment;
    int in_flight; /* most requests at once; 0: 256 */
    int per_host; /* most connections to one host; 0: 16. A request that waits for one uses up its connect_ms, so
                    * for a slow service without HTTP/2 this is no less than in_flight */
};

struct net_header {
    const char *name;
    const char *value; /* no CR or LF, else the request fails as invalid */
    bool secret;       /* our copies are wiped when the request ends */
};

/* How far a request came, for callers to whom it matters (a call that is paid for). */
struct net_trace {
    bool sent;        /* some of the request left this machine */
    int status;       /* of the answer that began; 0: none */
    int http_version; /* 1 or 2; 0: no answer began */
    int64_t took_ms;
};

/* libcurl sends a request again by itself when a kept connection dies before an answer begins. Where the other side may
 * have worked on the first (and charges for it) the caller asks for `once`: then that is a failure like others.
 *
 * Everything is copied by net_submit(), but for `body`, `wanted` and `trace`, which are borrowed until the callback. */
struct net_request {
    const char *method; /* NULL: GET, or POST when there is a body */
    const char *url;
    const struct net_header *headers;
    size_t nheaders;
    struct slice body;
    int64_t connect_ms;       /* resolving, connecting, TLS; 0: 5000 */
    int64_t total_ms;         /* all of it, redirects included; 0: 30000 */
    size_t max_bytes;         /* of the answer's body; 0 or more than it: LIMIT_HTTP_CLIENT_BYTES */
    bool once;                /* never sent twice, see below */
    int redirects;            /* hops that may be followed; only for GET and HEAD; 0: none */
    const char *content_type; /* a 2xx answer of another media type is ERR_UPSTREAM; NULL: any */
    const char *const *wanted; /* names of the answer's headers to hand out */
    size_t nwanted;            /* at most NET_WANTED */
    struct net_trace *trace; /* told before the callback, and by net_cancel(); NULL: nobody asks */
};

/* Valid until the callback returns (net_fetch: in the arena). */
struct net_response {
    int status;
    struct slice body;
    const char *content_type; /* "" when none */
    const char *location;     /* of a redirect that was not followed; "" when none */
    int64_t retry_after_ms;   /* Retry-After, seconds or date; 0 when none */
    int64_t max_age_s;        /* Cache-Control: max-age; -1 when none */
    int64_t took_ms;
    int http_version;                 /* 1 or 2 */
    const struct net_header *headers; /* those wanted that came, in their order */
    size_t nheaders;
};

/* The value of a header that was wanted, whatever its case; NULL when it did not come. The first of several. */
const char *net_response_header(const struct net_response *rs, const char *name);

/* Exactly one of rs and err is not NULL. Called from net_step() only, once for each request that was not cancelled.
 * It may submit and cancel, not step or fetch. err: ERR_INVALID (the URL or a header), ERR_FORBIDDEN (an address
 * that is refused), ERR_TIMEOUT, ERR_UPSTREAM (an answer too large is this too),
 * ERR_UNAVAILABLE (too many in flight). */
typedef void (*net_done_fn)(void *user, const struct net_response *rs, const struct err *err);

/* Strings of the options are copied. Never NULL. */
struct net *net_new(const struct net_options *options);
void net_free(
    struct net *net); /* NULL is fine; what is in flight is dropped without its callback */

/* Never fails here: whatever is wrong comes through the callback. The id is for net_cancel(), never 0. */
uint64_t net_submit(struct net *net, const struct net_request *rq, net_done_fn done, void *user);
void net_cancel(struct net *net, uint64_t id); /* unknown or finished: nothing */

/* Moves everything, runs callbacks; waits at most wait_ms for something to happen. Returns what is in flight. */
int net_step(struct net *net, int64_t wait_ms);
int net_in_flight(const struct net *net);

/* A descriptor that also ends the wait of net_step() when it becomes readable; -1: none. */
void net_watch(struct net *net, int fd);

/* One request, within its own limits and cx->deadline_ms, whichever is nearer. *out is in cx->arena. Callbacks of
 * other requests in flight run meanwhile. */
int net_fetch(struct ctx *cx, struct net *net, const struct net_request *rq,
              struct net_response *out);

#endif

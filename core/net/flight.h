/* SPDX-License-Identifier: MIT */
/*
 * flight: one request on its way through libcurl. Private to core/net.
 */
#ifndef CORE_NET_FLIGHT_H
#define CORE_NET_FLIGHT_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/base/log.h"
#include "core/base/sb.h"
#include "core/net/http_client.h"

enum {
    NET_ARENA_BYTES = 1 << 20, /* of a flight, and of the client's own strings */
    NET_IN_FLIGHT = 256,       /* defaults of the options and of a request */
    NET_PER_HOST = 16,
    NET_CONNECT_MS = 5000,
    NET_TOTAL_MS = 30000,
};

/* One request on its way. Strings are in its arena. */
struct flight {
    struct flight *next;
    struct net *net;
    uint64_t id;
    struct arena *arena;
    CURL *easy; /* NULL: failed before it left */
    struct curl_slist *headers;
    net_done_fn done;
    void *user;

    const char *method;
    struct slice request_body;
    const char *wanted_type; /* NULL: any */
    const char *const *wanted;
    size_t nwanted;
    struct net_trace *trace; /* NULL: nobody asks */
    bool has_secret;         /* a header is */
    int64_t begun_ms;
    int64_t deadline_ms;
    int64_t connect_ms;
    size_t max_bytes;
    int hops_left;
    bool follows;
    bool once;
    size_t body_read; /* of request_body, when it may be sent once only */

    /* where it goes at present; a redirect moves it */
    const char *url;
    const char *scheme;
    const char *host;
    const char *port;
    bool listed;  /* the host may resolve to a private address */
    bool proxied; /* the address we connect to is the proxy's */

    /* what came */
    struct sb body;
    size_t header_bytes;
    int64_t max_age_s;
    struct net_header taken[NET_WANTED];
    size_t ntaken;
    bool refused; /* an address was */
    bool too_large;
    char why[CURL_ERROR_SIZE];
    struct err err;
};

struct net {
    CURLM *multi;
    struct arena *arena; /* the options' strings */
    const char *ca_file;
    const char *allow_private;
    const char *proxy_http; /* "": none */
    const char *proxy_https;
    int in_flight_max;
    int in_flight;
    int watched; /* -1: none */
    bool stepping;
    uint64_t last_id;
    struct flight *flights; /* newest first */
};

/* Out of memory ends the process, as in the arena: the master respawns it. */
static inline _Noreturn void net_die(const char *why)
{
    LOG(LOG_ERROR, "out_of_memory", {"why", LOG_S(why)});
    _Exit(70);
}

/* Copies what the flight needs of *rq, checks it, sets off. -1: f->err is set; f is to be freed as any other. */
int flight_prepare(struct flight *f, const struct net_request *rq);

/* Sets where f goes; untouched on failure (-1, f->err). */
int flight_aim(struct flight *f, const char *url);

/* On its way to where it is aimed. -1: f->err. */
int flight_launch(struct flight *f);

/* How far it came, for f->trace. While libcurl still has it. */
void flight_trace(struct flight *f);

/* The request's own headers go, wiped when one is secret. */
void flight_drop_headers(struct flight *f);

/* Takes it off libcurl; it can be launched again. */
void flight_ground(struct flight *f);

void flight_free(struct flight *f);

#endif

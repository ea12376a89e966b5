/* SPDX-License-Identifier: MIT */
#include "auth/keys_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/db/ctx.h"
#include "core/net/http_client.h"

enum { ARENA_BYTES = 1 << 20 };

struct keys_http {
    const struct config *config;
    struct net *net;
    struct ctx cx;
    char why[sizeof((struct err *)0)->reason + 32];
};

struct keys_http *keys_http_new(const struct config *c)
{
    struct keys_http *h = calloc(1, sizeof *h);

    if (!h) {
        LOG(LOG_ERROR, "out_of_memory", {"what", LOG_S("keys_http")});
        _Exit(70); /* as the arena does; the master starts the keys process again */
    }
    h->config = c;
    h->net = net_new(
        &(struct net_options){.ca_file = c->ca_file, .allow_private = c->net_allow_private});
    h->cx = (struct ctx){.arena = arena_new(ARENA_BYTES), .config = c};
    return h;
}

void keys_http_free(struct keys_http *h)
{
    if (!h)
        return;
    net_free(h->net);
    arena_free(h->cx.arena);
    free(h);
}

static int fetch(void *user, struct sb *out, const char **why)
{
    struct keys_http *h = user;
    struct net_response rs;

    arena_reset(h->cx.arena);
    err_clear(&h->cx.err);
    h->cx.deadline_ms = clock_mono_ms() + KEYS_FETCH_MS;
    *why = h->why;

    if (net_fetch(&h->cx, h->net,
                  &(struct net_request){.url = h->config->oidc_jwks_url,
                                        .total_ms = KEYS_FETCH_MS,
                                        .connect_ms = KEYS_FETCH_MS,
                                        .max_bytes = LIMIT_JWKS_BYTES},
                  &rs) < 0) {
        snprintf(h->why, sizeof h->why, "%s", h->cx.err.reason);
        return -1;
    }
    if (rs.status != 200) {
        snprintf(h->why, sizeof h->why, "status_%d", rs.status);
        return -1;
    }
    sb_slice(out, rs.body);
    return 0;
}

struct keys_source keys_http_source(struct keys_http *h)
{
    return (struct keys_source){.fetch = fetch, .user = h};
}

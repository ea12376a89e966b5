/* SPDX-License-Identifier: MIT */
/*
 * keys_http: the keys process's way to the identity provider: CM_OIDC_JWKS_URL, over core/net.
 *
 * One GET, no redirects (a JWKS that moved is the operator's business, and one that moved to http
 * an attack), status 200, at most LIMIT_JWKS_BYTES, at most KEYS_FETCH_MS.
 */
#ifndef AUTH_KEYS_HTTP_H
#define AUTH_KEYS_HTTP_H

#include "auth/keys.h"
#include "core/base/config.h"

struct keys_http; /* opaque */

/* After the fork: holds the HTTP client. `c` is borrowed; its oidc_jwks_url must be set. Never
 * NULL. */
struct keys_http *keys_http_new(const struct config *c);
void keys_http_free(struct keys_http *h); /* NULL is fine */

/* Borrowed from h. */
struct keys_source keys_http_source(struct keys_http *h);

#endif

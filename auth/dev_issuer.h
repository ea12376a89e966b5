/* SPDX-License-Identifier: MIT */
/*
 * dev_issuer: an identity provider for a developer's own machine, on the realm paths that Keycloak
 * has, so that the product starts alone.
 *
 * It speaks as much OpenID Connect as the browser application and `make token` need: discovery,
 * certs, the authorization code flow with PKCE (S256 only), rotating refresh tokens, sign-out, and
 * a password grant for the client cm-cli. Its tokens look like Keycloak 26's. Its users are a table
 * in dev_issuer.c whose password is "demo".
 *
 * Anybody can sign in with that, so it refuses to start unless CM_ENV is development or test and
 * the issuer's host is a loopback name, and it sends nobody anywhere but to its own origin.
 *
 * No HTTP here: parameters come in by name, answers go out as data; fcgi/api_dev_issuer.c
 * translates.
 *
 * State: the key file; and a small shared block, made before the fork, of codes and refresh tokens
 * that were used. It is bounded: after thousands of further sign-ins an old one is forgotten, which
 * codes do not live to see.
 */
#ifndef AUTH_DEV_ISSUER_H
#define AUTH_DEV_ISSUER_H

#include <stdio.h>

#include "auth/keys.h"
#include "core/base/config.h"
#include "core/base/sb.h"
#include "core/base/slice.h"

#define DEV_ISSUER_CLI "cm-cli" /* the client of the password grant */

enum {
    DEV_ISSUER_CODE_S = 60,
    DEV_ISSUER_ACCESS_S = 300,
    DEV_ISSUER_REFRESH_S = 1800,
    DEV_ISSUER_ANSWER_BYTES = 64 << 10,
};

struct dev_issuer; /* opaque */

/* By the master, before the fork: checks that it may run, reads its RSA key or makes it (mode
 * 0600). NULL with one sentence in `problems` when it may not or cannot. `c` is borrowed. */
struct dev_issuer *dev_issuer_new(const struct config *c, FILE *problems);
void dev_issuer_free(struct dev_issuer *d); /* NULL is fine */

/* The parameters of a request; an absent one is an empty slice. */
struct dev_params {
    struct slice (*get)(const void *from, const char *name);
    const void *from;
};

/* What to answer; all of it to be sent with Cache-Control: no-store. */
struct dev_answer {
    int status;
    const char *content_type; /* NULL: no body */
    struct sb body;
    struct sb location; /* for 302 */
};

void dev_answer_init(struct dev_answer *a);
void dev_answer_done(struct dev_answer *a);

void dev_issuer_discovery(const struct dev_issuer *d, struct dev_answer *out);
void dev_issuer_certs(const struct dev_issuer *d, struct dev_answer *out);

/* GET auth: the page to sign in on (with `csp_nonce` for its style), or a redirect that says what
 * is wrong. */
void dev_issuer_authorize(const struct dev_issuer *d, struct dev_params in, const char *csp_nonce,
                          struct dev_answer *out);
/* POST auth: user name and password. Redirects with a code, or shows the page again. */
void dev_issuer_sign_in(struct dev_issuer *d, struct dev_params in, const char *csp_nonce,
                        struct dev_answer *out);
/* POST token: authorization_code, refresh_token, password. */
void dev_issuer_token(struct dev_issuer *d, struct dev_params in, struct dev_answer *out);
/* GET or POST logout: ends the session of id_token_hint or refresh_token, redirects to
 * post_logout_redirect_uri. */
void dev_issuer_logout(struct dev_issuer *d, struct dev_params in, struct dev_answer *out);

/* Its keys without HTTP: `serve` gives this to the keys process, so that no request depends on a
 * proxy that is not up yet. Borrowed from d. */
struct keys_source dev_issuer_keys(struct dev_issuer *d);

#endif

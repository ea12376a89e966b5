/* SPDX-License-Identifier: MIT */
/*
 * http_vectors: vectors 49 to 52 and 72 of the bearer token list, for the tests that speak to a
 * running `serve` with the development issuer. Data only: the test that walks it fills in what only
 * it knows.
 *
 * In `authorization`, `tenant`, `path`, `query` and `cookie` these words stand for
 *   $DEMO    an access token of admin@demo.test         $VIEWER  of viewer@demo.test
 *   $OTHER   of admin@other.test                        $OPER    of operator@demo.test
 *   $BOTH    of admin@demo.test with "organization":["demo","other"] in it
 *   $NOWHERE the same with ["nowhere"]
 *   $ROLES   of admin@demo.test with "realm_access":{"roles":["Admin "]}
 *   $TEXT    the same with "realm_access":{"roles":"clientmetrics-operator"}
 *   $MEETING the id of a meeting of tenant `other`
 * The forged ones are signed with the issuer's own key: dev_issuer_key_load() of
 * CM_DEV_ISSUER_KEY_FILE, the kid from its certs, forge_token(). `twice` sends HTTP_AUTHORIZATION
 * two times, as two headers arrive.
 *
 * Besides status and code each case wants: the envelope with success false, no word of which check
 * failed, nothing of the other tenant in the body, WWW-Authenticate on a 401, and one log line
 * `auth_refused` with a reason on a 401.
 */
#ifndef TESTS_ATTACK_HTTP_VECTORS_H
#define TESTS_ATTACK_HTTP_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

struct http_vector {
    int vector;
    const char *what;
    const char *authorization; /* NULL: no header */
    const char *tenant;        /* X-Tenant; NULL: none */
    const char *method;
    const char *path;
    const char *query;  /* NULL: none */
    const char *cookie; /* NULL: none */
    bool twice;
    int status;
    const char *code; /* error.code; NULL: a success */
};

static const struct http_vector http_vectors[] __attribute__((unused)) = {
    {49, "unknown tenant", "Bearer $NOWHERE", NULL, "GET", "/api/me", NULL, NULL, false, 403,
     "not_a_member"},
    {49, "known tenant, no member", "Bearer $BOTH", "other", "GET", "/api/me", NULL, NULL, false,
     403, "forbidden"},

    {50, "another tenant's meeting", "Bearer $DEMO", NULL, "GET", "/api/meetings/$MEETING", NULL,
     NULL, false, 404, "not_found"},
    {50, "its owner reads it", "Bearer $OTHER", NULL, "GET", "/api/meetings/$MEETING", NULL, NULL,
     false, 200, NULL},
    {50, "a tenant that the token does not name", "Bearer $DEMO", "other", "GET", "/api/me", NULL,
     NULL, false, 403, "tenant_forbidden"},
    {50, "the tenant as a query parameter is not looked at", "Bearer $DEMO", NULL, "GET",
     "/api/meetings/$MEETING", "tenant=other&tenant_id=other&X-Tenant=other", NULL, false, 404,
     "not_found"},
    {50, "the tenant in another case", "Bearer $DEMO", "Demo", "GET", "/api/me", NULL, NULL, false,
     403, "tenant_forbidden"},
    {50, "the token's own tenant, said again", "Bearer $DEMO", "demo", "GET", "/api/me", NULL, NULL,
     false, 200, NULL},

    {51, "a viewer does not write", "Bearer $VIEWER", NULL, "POST", "/api/upload", NULL, NULL,
     false, 403, "forbidden"},
    {51, "no tenant's role makes an operator", "Bearer $DEMO", NULL, "GET", "/api/status", NULL,
     NULL, false, 403, "forbidden"},
    {51, "a role with a blank is another role", "Bearer $ROLES", NULL, "GET", "/api/status", NULL,
     NULL, false, 403, "forbidden"},
    {51, "roles as a text", "Bearer $TEXT", NULL, "GET", "/api/status", NULL, NULL, false, 401,
     "unauthenticated"},
    {51, "the operator", "Bearer $OPER", NULL, "GET", "/api/status", NULL, NULL, false, 200, NULL},

    {52, "two organisations without a choice", "Bearer $BOTH", NULL, "GET", "/api/me", NULL, NULL,
     false, 400, "tenant_required"},
    {52, "with one", "Bearer $BOTH", "demo", "GET", "/api/me", NULL, NULL, false, 200, NULL},

    {72, "no header", NULL, NULL, "GET", "/api/me", NULL, NULL, false, 401, "unauthenticated"},
    {72, "lower-case scheme", "bearer $DEMO", NULL, "GET", "/api/me", NULL, NULL, false, 200, NULL},
    {72, "Basic", "Basic YWRtaW5AZGVtby50ZXN0OmRlbW8=", NULL, "GET", "/api/me", NULL, NULL, false,
     401, "unauthenticated"},
    {72, "two headers", "Bearer $DEMO", NULL, "GET", "/api/me", NULL, NULL, true, 401,
     "unauthenticated"},
    {72, "two headers joined by a proxy", "Bearer $DEMO, Bearer $DEMO", NULL, "GET", "/api/me",
     NULL, NULL, false, 401, "unauthenticated"},
    {72, "two blanks", "Bearer  $DEMO", NULL, "GET", "/api/me", NULL, NULL, false, 401,
     "unauthenticated"},
    {72, "a blank behind", "Bearer $DEMO ", NULL, "GET", "/api/me", NULL, NULL, false, 401,
     "unauthenticated"},
    {72, "scheme only", "Bearer", NULL, "GET", "/api/me", NULL, NULL, false, 401,
     "unauthenticated"},
    {72, "token without scheme", "$DEMO", NULL, "GET", "/api/me", NULL, NULL, false, 401,
     "unauthenticated"},
    {72, "token in the query", NULL, NULL, "GET", "/api/me", "access_token=$DEMO", NULL, false, 401,
     "unauthenticated"},
    {72, "token in a cookie", NULL, NULL, "GET", "/api/me", NULL, "access_token=$DEMO; token=$DEMO",
     false, 401, "unauthenticated"},
};

enum { NHTTP_VECTORS = sizeof http_vectors / sizeof *http_vectors };

#endif

/* SPDX-License-Identifier: MIT */
/* Every route of the table, against everything that must be refused and one thing that must work. A route without a
 * case here fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "fcgi/route.h"
#include "tests/lib/server.h"

static const char csv[] = "Nombre,Correo Electronico,Numero de Telefono,Fecha de la "
                          "Reunion,Vendedor asignado,closed,Transcripcion\r\n"
                          "Ana Prueba,ana@example.com,56900000001,2024-05-02,Puma,1,\"Somos una "
                          "clinica y recibimos 80 consultas diarias.\"\r\n"
                          "Luis Prueba,luis@example.com,56900000002,2024-06-03,Zorro,0,\"Tenemos "
                          "una tienda online y nos llego por Google.\"\r\n";
static const char upload_type[] = "multipart/form-data; boundary=edge";
static const char upload_body[] =
    "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
    "client_name,email,phone,meeting_date,sales_rep,closed,transcript\n"
    "Eva,eva@example.com,1,2024-01-01,Boa,no,A long enough transcript.\n\r\n--edge--\r\n";

/* Jobs of tenant `demo` of a kind that nobody runs. */
#define DEAD     "00000000-0000-7000-8000-000000000001" /* retried with all others */
#define DEAD2    "00000000-0000-7000-8000-000000000002" /* retried alone */
#define WAITING  "00000000-0000-7000-8000-000000000003" /* canceled by a list */
#define WAITING2 "00000000-0000-7000-8000-000000000004" /* canceled alone */
#define WAITING3 "00000000-0000-7000-8000-000000000005" /* looked at */

static const char mapping_body[] = "{\"name\":\"CRM\",\"headers\":[\"Cliente\",\"Mail\"],"
                                   "\"columns\":{\"client_name\":\"Cliente\",\"email\":\"Mail\"}}";

/* What makes a route answer well. {id} is filled with an id of tenant `demo`. */
static const struct good {
    enum http_method method;
    const char *pattern;
    const char *query;
    const char *body;
    int status;
    const char *holds;    /* a piece of the right answer */
    const char *if_match; /* where the route asks for it */
} goods[] = {
    {HTTP_GET, "/healthz", NULL, NULL, 200, "\"status\":\"ok\""},
    {HTTP_GET, "/readyz", NULL, NULL, 200, "\"keys\":\"ok\""},
    {HTTP_GET, "/metrics", NULL, NULL, 200,
     "clientmetrics_requests_total{role=\"web\",class=\"2xx\"}"},
    {HTTP_GET, "/api/status", NULL, NULL, 200, "\"role\":\"stream\""},
    {HTTP_GET, "/api/client-config", NULL, NULL, 200, "\"client_id\":\"clientmetrics-web\""},
    {HTTP_GET, "/api/me", NULL, NULL, 200, "\"slug\":\"demo\""},
    {HTTP_POST, "/api/upload", NULL, upload_body, 201, "\"rows\":1,\"created\":1"},
    {HTTP_POST, "/api/upload/preview", "on_change=skip&date_order=ymd", upload_body, 200,
     "\"would\":{"},
    {HTTP_GET, "/api/uploads", "limit=1", NULL, 200, "\"next_cursor\":"},
    {HTTP_GET, "/api/uploads/{id}", NULL, NULL, 200, "\"created\":2"},
    {HTTP_GET, "/api/uploads/{id}/errors", NULL, NULL, 200, "\"errors\":[]"},
    {HTTP_DELETE, "/api/uploads/{id}", NULL, NULL, 200, "\"removed\":{\"evidence\":"},
    {HTTP_GET, "/api/uploads/{id}/errors.csv", NULL, NULL, 200, "Motivo del error"},
    {HTTP_GET, "/api/upload/mappings", "headers=%5B%22Mail%22,%22CLIENTE%22%5D", NULL, 200,
     "\"exact\":true"},
    {HTTP_POST, "/api/upload/mappings", NULL,
     "{\"name\":\"Otro\",\"headers\":[\"A\"],\"columns\":{\"email\":\"a\"}}", 201, "\"version\":1"},
    {HTTP_GET, "/api/upload/mappings/{id}", NULL, NULL, 200, "\"headers\":[\"Cliente\",\"Mail\"]"},
    {HTTP_PUT, "/api/upload/mappings/{id}", NULL, mapping_body, 200, "\"version\":2", "\"1\""},
    {HTTP_DELETE, "/api/upload/mappings/{id}", NULL, NULL, 200, "\"mapping_id\"", "\"2\""},
    {HTTP_GET, "/api/process-jobs", NULL, NULL, 200, "\"completed\":"},
    {HTTP_GET, "/api/jobs", "limit=2&state=failed", NULL, 200, "\"code\":\"told_to\""},
    {HTTP_GET, "/api/jobs/progress", NULL, NULL, 200, "\"cursor\":"},
    {HTTP_POST, "/api/jobs/retry-failed", NULL, "{\"kind\":\"test.none\"}", 200, "\"count\":1"},
    {HTTP_POST, "/api/jobs/cancel", NULL, "{\"ids\":[\"" WAITING "\"]}", 200, "\"canceled\":1"},
    {HTTP_GET, "/api/jobs/{id}", NULL, NULL, 200, "\"kind\":\"test.none\""},
    {HTTP_POST, "/api/jobs/{id}/retry", NULL, NULL, 200, "\"count\":1"},
    {HTTP_POST, "/api/jobs/{id}/cancel", NULL, NULL, 200, "\"canceled\":1"},
    {HTTP_GET, "/api/meetings", "limit=2&sort=meeting_date", NULL, 200, "\"total\":"},
    {HTTP_DELETE, "/api/meetings", NULL, "{\"filter\":{\"sales_rep\":\"Puma\"},\"dry_run\":true}",
     200, "\"count\":1"},
    {HTTP_GET, "/api/meetings/filter-options", NULL, NULL, 200, "{\"value\":\"Puma\",\"count\":1}"},
    {HTTP_POST, "/api/meetings/requeue", NULL,
     "{\"filter\":{\"sales_rep\":\"Puma\"},\"dry_run\":true}", 200, "\"count\":1"},
    {HTTP_POST, "/api/meetings/labels", NULL,
     "{\"q\":\"clínica\",\"expected_count\":1,\"add\":[\"vip\"]}", 200, "\"labeled\":1"},
    {HTTP_GET, "/api/meetings/export.csv", NULL, NULL, 200, "ana@example.com"},
    {HTTP_GET, "/api/meetings/export.xlsx", "q=clinica&transcript=1", NULL, 200, "PK"},
    {HTTP_GET, "/api/meetings/export.ndjson", "sales_rep=Puma", NULL, 200,
     "\"email\":\"ana@example.com\""},
    {HTTP_PATCH, "/api/meetings/{id}", NULL, "{\"closed\":true}", 200,
     "\"transcript\":\"Somos una clinica", "*"},
    {HTTP_GET, "/api/meetings/{id}", NULL, NULL, 200, "\"transcript\":\"Somos una clinica"},
    {HTTP_GET, "/api/usage", "from=2026-01-01&to=2026-01-31", NULL, 200, "\"month\":{\"month\":\""},
    {HTTP_GET, "/api/settings/model", NULL, NULL, 200, "\"in_force\":{\"provider\":\"rules\""},
    {HTTP_PUT, "/api/settings/model", NULL, "{\"model\":\"gpt-5\",\"key\":\"sk-0123456789\"}", 200,
     "\"key_hint\":\"6789\"", "\"1\""},
    {HTTP_GET, "/api/notices", NULL, NULL, 200, "\"notices\":[]"},
    {HTTP_GET, "/api/fields", NULL, NULL, 200, "\"sales_rep\""},
    {HTTP_POST, "/api/charts/data", NULL,
     "{\"chart\":{\"chart_type\":\"bar\",\"x_axis\":\"salesRep\"}}", 200, "\"key\":\"Puma\""},
    {HTTP_GET, "/realms/demo/.well-known/openid-configuration", NULL, NULL, 200, "\"jwks_uri\""},
    {HTTP_GET, "/realms/demo/protocol/openid-connect/certs", NULL, NULL, 200, "\"kid\""},
    {HTTP_GET, "/realms/demo/protocol/openid-connect/auth",
     "response_type=code&client_id=clientmetrics-web&redirect_uri=https%3A%2F%2Flocalhost%3A8443%"
     "2Fcallback&scope=openid"
     "&state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_"
     "method=S256",
     NULL, 200, "<form"},
    {HTTP_POST, "/realms/demo/protocol/openid-connect/auth", NULL,
     "response_type=code&client_id=clientmetrics-web&redirect_uri=https%3A%2F%2Flocalhost%3A8443%"
     "2Fcallback&scope=openid"
     "&state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_"
     "method=S256"
     "&username=admin%40demo.test&password=wrong",
     200, "<form"},
    {HTTP_POST, "/realms/demo/protocol/openid-connect/token", NULL,
     "grant_type=password&client_id=cm-cli&username=viewer%40demo.test&password=demo", 200,
     "\"access_token\""},
    {HTTP_GET, "/realms/demo/protocol/openid-connect/logout", NULL, NULL, 302, ""},
    {HTTP_POST, "/realms/demo/protocol/openid-connect/logout", NULL, "client_id=clientmetrics-web",
     302, ""},
};

static struct testdb *db;
static struct server *server;
static struct arena *arena;
static char *meeting_id;
static char *upload_id;
static char *doomed_id; /* an upload to take back */
static char *mapping_id;

static const struct good *good_of(const struct route *r)
{
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
        if (goods[i].method == r->method && strcmp(goods[i].pattern, r->pattern) == 0)
            return &goods[i];
    }
    print_error("%s %s has no case in test_routes.c\n", http_method_name(r->method), r->pattern);
    fail();
    return NULL;
}

/* The pattern with {id} filled in. */
static const char *path_of(const struct route *r, const char *id)
{
    const char *at = strstr(r->pattern, "{id}");

    if (!at)
        return r->pattern;
    if (!id && strstr(r->pattern, "/jobs/"))
        id = strstr(r->pattern, "retry")    ? DEAD2
             : strstr(r->pattern, "cancel") ? WAITING2
                                            : WAITING3;
    if (!id)
        id = strstr(r->pattern, "mappings")  ? mapping_id
             : r->method == HTTP_DELETE      ? doomed_id
             : strstr(r->pattern, "uploads") ? upload_id
                                             : meeting_id;
    return arena_printf(arena, "%.*s%s%s", (int)(at - r->pattern), r->pattern, id, at + 4);
}

static const char *type_of(const struct route *r)
{
    static const char *const types[] = {
        [ROUTE_BODY_JSON] = "application/json",
        [ROUTE_BODY_FORM] = "application/x-www-form-urlencoded",
        [ROUTE_BODY_UPLOAD] = upload_type,
        [ROUTE_BODY_JSON_OPTIONAL] = "application/json",
    };

    return types[r->body];
}

static struct fcgi_call call_of(const struct route *r, const char *bearer)
{
    const struct good *g = good_of(r);
    struct fcgi_pair *if_match = arena_alloc(arena, sizeof *if_match);

    *if_match = (struct fcgi_pair){"HTTP_IF_MATCH", g->if_match};
    return (struct fcgi_call){.method = http_method_name(r->method),
                              .path = path_of(r, NULL),
                              .query = g->query,
                              .content_type = g->body ? type_of(r) : NULL,
                              .body = g->body,
                              .authorization = bearer,
                              .params = if_match,
                              .nparams = g->if_match ? 1 : 0};
}

static bool is_public(const struct route *r)
{
    return r->scope == SCOPE_PUBLIC;
}

/* Fails unless the answer is an error envelope of this status and code. */
static void assert_refused(const struct route *r, const struct fcgi_call *call, int status,
                           const char *code)
{
    struct fcgi_answer a = server_call(server, r->pool == ROUTE_STREAM, call);
    json_t *v = json_loads(a.body, 0, NULL);
    const json_t *e = json_object_get(v, "error");
    const char *got = json_string_value(json_object_get(e, "code"));

    if (a.status != status || !json_is_false(json_object_get(v, "success")) || !got ||
        strcmp(got, code) != 0 || !json_is_string(json_object_get(e, "message")) ||
        !json_is_string(json_object_get(e, "request_id")) ||
        !json_is_object(json_object_get(e, "details"))) {
        print_error("%s %s: wanted %d %s, got %d %s\n", call->method, call->path, status, code,
                    a.status, a.body);
        fail();
    }
    json_decref(v);
    fcgi_answer_done(&a);
}

static void each_route_answers_what_it_is_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        const struct route *r = &routes[i];
        struct fcgi_call call =
            call_of(r, is_public(r) ? NULL : server_bearer(server, "admin@demo.test"));
        struct fcgi_answer a;

        if (r->scope == SCOPE_OPERATOR)
            call.listener = "ops";
        a = server_call(server, r->pool == ROUTE_STREAM, &call);
        if (a.status != good_of(r)->status || !strstr(a.body, good_of(r)->holds)) {
            print_error("%s %s: got %d %s\n", call.method, call.path, a.status, a.body);
            fail();
        }
        if (strncmp(a.body, "{\"success\"", 10) == 0)
            assert_string_equal(fcgi_header(&a, "Content-Type"), "application/json; charset=utf-8");
        assert_null(strstr(a.headers, "Set-Cookie"));
        fcgi_answer_done(&a);
    }
}

static void nobody_gets_in_without_a_credential(void **state)
{
    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        struct fcgi_call call;

        if (is_public(&routes[i]))
            continue;
        call = call_of(&routes[i], NULL);
        assert_refused(&routes[i], &call, 401, "unauthenticated");
        call.authorization = "Bearer not.a.token";
        assert_refused(&routes[i], &call, 401, "unauthenticated");
    }
}

static void a_role_or_scope_that_is_too_low_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        const struct route *r = &routes[i];
        struct fcgi_call call;

        if (is_public(r))
            continue;
        if (r->scope != SCOPE_DATA_READ) {
            call = call_of(r, server_bearer(server, "viewer@demo.test"));
            assert_refused(r, &call, 403, "forbidden");
        }
        if (r->scope == SCOPE_OPERATOR) { /* not even the tenant's admin */
            call = call_of(r, server_bearer(server, "admin@demo.test"));
            assert_refused(r, &call, 403, "forbidden");
        }
    }
}

static void another_tenants_ids_do_not_exist(void **state)
{
    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        const struct route *r = &routes[i];
        struct fcgi_call call;

        if (!strstr(r->pattern, "{id}"))
            continue;
        call = call_of(r, server_bearer(server, "admin@other.test"));
        assert_refused(r, &call, 404, "not_found");
    }
}

static void no_route_shows_another_tenants_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        const struct route *r = &routes[i];
        struct fcgi_call call;
        struct fcgi_answer a;

        if (is_public(r) || r->scope == SCOPE_OPERATOR || strstr(r->pattern, "{id}") ||
            r->method != HTTP_GET)
            continue;
        call = call_of(r, server_bearer(server, "admin@other.test"));
        a = server_call(server, r->pool == ROUTE_STREAM, &call);
        assert_int_equal(a.status, 200);
        if (strstr(a.body, "ana@example.com") || strstr(a.body, meeting_id) ||
            strstr(a.body, upload_id) || strstr(a.body, mapping_id)) {
            print_error("%s shows tenant demo's rows to tenant other: %s\n", r->pattern, a.body);
            fail();
        }
        fcgi_answer_done(&a);
    }
}

static void a_malformed_id_is_the_clients_mistake(void **state)
{
    static const char *const ids[] = {"x", "00000000-0000-0000-0000-00000000000g", "..%2f",
                                      "'%20or%201=1"};

    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        for (size_t k = 0; strstr(routes[i].pattern, "{id}") && k < sizeof ids / sizeof *ids; k++) {
            struct fcgi_call call = call_of(&routes[i], server_bearer(server, "admin@demo.test"));

            call.path = path_of(&routes[i], ids[k]);
            assert_refused(&routes[i], &call, 400, "id_invalid");
        }
    }
}

static void a_method_that_a_path_does_not_take_is_405_with_allow(void **state)
{
    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        const struct route *r = &routes[i];
        struct fcgi_call call = {.method = "PURGE", .path = path_of(r, NULL)};
        struct fcgi_answer a = server_call(server, r->pool == ROUTE_STREAM, &call);
        const char *allow = fcgi_header(&a, "Allow");

        assert_int_equal(a.status, 405);
        assert_non_null(allow);
        assert_non_null(strstr(allow, http_method_name(r->method)));
        assert_non_null(strstr(a.body, "\"code\":\"method_not_allowed\""));
        fcgi_answer_done(&a);
    }
}

static void a_body_of_another_kind_is_415_and_one_too_large_is_413(void **state)
{
    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        const struct route *r = &routes[i];
        struct fcgi_call call =
            call_of(r, is_public(r) ? NULL : server_bearer(server, "admin@demo.test"));

        if (r->scope == SCOPE_OPERATOR)
            call.listener = "ops";
        if (r->body == ROUTE_BODY_NONE) {
            call.body = "x";
            call.content_type = "text/plain";
            assert_refused(r, &call, 400, "body_unexpected");
            continue;
        }
        call.content_type = "text/plain";
        assert_refused(r, &call, 415, "media_type");
        call.content_type = type_of(r);
        call.content_length = "1099511627776";
        assert_refused(r, &call, 413, "body_too_large");
    }
}

static void a_body_that_is_no_json_object_is_400(void **state)
{
    static const struct {
        const char *body;
        const char *code;
    } bad[] = {
        {"{", "json_invalid"},
        {"[]", "json_invalid"},
        {"{} {}", "json_invalid"},
        {"{\"a\":1,\"a\":2}", "json_duplicate_key"},
        {"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
         "}",
         "json_too_deep"},
        {"{\"a\":\"\xff\"}", "json_invalid"},
    };

    (void)state;
    for (size_t i = 0; i < nroutes; i++) {
        const bool json =
            routes[i].body == ROUTE_BODY_JSON || routes[i].body == ROUTE_BODY_JSON_OPTIONAL;

        for (size_t k = 0; json && k < sizeof bad / sizeof *bad; k++) {
            struct fcgi_call call = call_of(&routes[i], server_bearer(server, "admin@demo.test"));

            call.body = bad[k].body;
            assert_refused(&routes[i], &call, 400, bad[k].code);
        }
    }
}

/* One request of the admin of `demo` for its meeting, with one header. */
static struct fcgi_answer ask_meeting(const char *method, const char *header, const char *value,
                                      const char *body)
{
    const struct fcgi_pair pair = {header, value};

    return server_call(
        server, false,
        &(const struct fcgi_call){.method = method,
                                  .path = arena_printf(arena, "/api/meetings/%s", meeting_id),
                                  .content_type = body ? "application/json" : NULL,
                                  .body = body,
                                  .authorization = server_bearer(server, "admin@demo.test"),
                                  .params = &pair,
                                  .nparams = header ? 1 : 0});
}

static void assert_meeting(const char *method, const char *header, const char *value,
                           const char *body, int status, const char *holds)
{
    struct fcgi_answer a = ask_meeting(method, header, value, body);

    if (a.status != status || !strstr(a.body, holds))
        fail_msg("%s %s: %d %s", method, value, a.status, a.body);
    fcgi_answer_done(&a);
}

static void a_change_needs_the_version_it_is_of(void **state)
{
    static const char patch[] = "{\"phone\":\"56900000009\"}";
    struct fcgi_answer a = ask_meeting("GET", NULL, NULL, NULL);
    const char *etag = arena_strdup(arena, fcgi_header(&a, "ETag"));

    (void)state;
    fcgi_answer_done(&a);
    assert_meeting("GET", "HTTP_IF_NONE_MATCH", etag, NULL, 304, "");
    assert_meeting("GET", "HTTP_IF_NONE_MATCH", "\"0-0\"", NULL, 200, "\"transcript\"");
    assert_meeting("PATCH", NULL, NULL, patch, 428, "\"code\":\"if_match_missing\"");
    assert_meeting("PATCH", "HTTP_IF_MATCH", "\"99\"", patch, 412, "\"code\":\"version_stale\"");
    assert_meeting("PATCH", "HTTP_IF_MATCH", "\"1", patch, 412, "\"code\":\"version_stale\"");
    /* weak, as nginx hands it on when it compresses the answer */
    a = ask_meeting("PATCH", "HTTP_IF_MATCH", arena_printf(arena, "W/%s", etag), patch);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"phone\":\"56900000009\""));
    assert_memory_equal(fcgi_header(&a, "ETag"), "\"2-", 3);
    fcgi_answer_done(&a);
    assert_meeting("PATCH", "HTTP_IF_MATCH", etag, patch, 412, "\"params\":{\"version\":2}");
    assert_meeting("GET", "HTTP_IF_NONE_MATCH", etag, NULL, 200, "\"version\":2");
}

static void a_parameter_that_nobody_knows_is_named(void **state)
{
    static const struct {
        const char *path;
        bool stream;
        bool upload;
    } paths[] = {
        {"/api/meetings", false, false},
        {"/api/meetings/export.csv", true, false},
        {"/api/meetings/export.xlsx", true, false},
        {"/api/upload", true, true},
        {"/api/upload/preview", true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct fcgi_answer a = server_call(
            server, paths[i].stream,
            &(const struct fcgi_call){.method = paths[i].upload ? "POST" : "GET",
                                      .path = paths[i].path,
                                      .query = "salesrep=Puma",
                                      .content_type = paths[i].upload ? upload_type : NULL,
                                      .body = paths[i].upload ? upload_body : NULL,
                                      .authorization = server_bearer(server, "admin@demo.test")});

        assert_int_equal(a.status, 400);
        assert_non_null(strstr(a.body, "\"code\":\"parameter_unknown\""));
        assert_non_null(strstr(a.body, "\"field\":\"salesrep\""));
        fcgi_answer_done(&a);
    }
}

static void unknown_paths_are_404_in_the_envelope(void **state)
{
    static const char *const paths[] = {
        "/", "/api", "/api/", "/api/meetings/", "/api/nothing", "/api//meetings", "/metrics/x"};
    const struct route web = {.pool = ROUTE_WEB};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct fcgi_call call = {.method = "GET", .path = paths[i]};

        assert_refused(&web, &call, 404, "route_unknown");
    }
}

static void a_head_has_gets_headers_and_no_body(void **state)
{
    struct fcgi_answer a =
        server_call(server, false, &(const struct fcgi_call){.method = "HEAD", .path = "/healthz"});

    (void)state;
    assert_int_equal(a.status, 200);
    assert_int_equal(a.nbody, 0);
    fcgi_answer_done(&a);
}

/* What the original's clients send: no body at all. */
static void a_body_that_may_be_absent_may_be_absent(void **state)
{
    struct fcgi_answer a = server_call(
        server, false,
        &(const struct fcgi_call){.method = "POST",
                                  .path = "/api/jobs/retry-failed",
                                  .authorization = server_bearer(server, "admin@demo.test")});

    (void)state;
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"count\":0"));
    fcgi_answer_done(&a);
}

static void what_did_not_change_is_304_without_a_body(void **state)
{
    struct fcgi_call call = {.path = "/api/jobs/progress",
                             .authorization = server_bearer(server, "admin@other.test")};
    struct fcgi_answer a = server_call(server, false, &call);
    char *cursor = server_json_str(&a, "cursor");

    (void)state;
    assert_int_equal(a.status, 200);
    fcgi_answer_done(&a);
    call.query = arena_printf(arena, "after=%s", cursor);
    a = server_call(server, false, &call);
    assert_int_equal(a.status, 304);
    assert_int_equal(a.nbody, 0);
    assert_null(fcgi_header(&a, "Content-Type"));
    fcgi_answer_done(&a);
    call.query = "after=bm9uc2Vuc2U";
    a = server_call(server, false, &call);
    assert_int_equal(a.status, 400);
    fcgi_answer_done(&a);
    free(cursor);
}

static void a_job_in_another_state_is_a_conflict(void **state)
{
    const struct route web = {.pool = ROUTE_WEB};
    struct fcgi_call call = {.method = "POST",
                             .path = "/api/jobs/" WAITING3 "/retry",
                             .authorization = server_bearer(server, "admin@demo.test")};

    (void)state;
    assert_refused(&web, &call, 409, "job_state");
    call.path = "/api/jobs/cancel";
    call.content_type = "application/json";
    call.body = "{}";
    assert_refused(&web, &call, 400, "parameter_missing");
    call.body = "{\"ids\":[\"x\"]}";
    assert_refused(&web, &call, 400, "id_invalid");
    call.body = "{\"ids\":[]}";
    assert_refused(&web, &call, 400, "parameter_invalid");
    call.body = "{\"id\":[]}";
    assert_refused(&web, &call, 400, "parameter_unknown");
}

static void make_jobs(void)
{
    static const char *const dead[] = {DEAD, DEAD2};
    static const char *const waiting[] = {WAITING, WAITING2, WAITING3};

    for (size_t i = 0; i < 2; i++)
        testdb_run(
            db, TESTDB_ADMIN,
            "INSERT INTO job_archive (tenant_id, job_id, kind, state, attempts, error_code, "
            "error, created_at) SELECT tenant_id, '%s', '%s', 'failed', 3, 'told_to', 'why', "
            "now() FROM tenants WHERE slug = 'demo'",
            dead[i], i == 0 ? "test.none" : "test.never");
    for (size_t i = 0; i < 3; i++)
        testdb_run(db, TESTDB_ADMIN,
                   "INSERT INTO jobs (tenant_id, job_id, kind) SELECT tenant_id, '%s', 'test.none' "
                   "FROM tenants WHERE slug = 'demo'",
                   waiting[i]);
}

static int set_up(void **state)
{
    struct fcgi_answer a;

    (void)state;
    arena = arena_new(16 << 20);
    db = testdb_new();
    server = server_new(db, &(const struct server_options){.work = true});
    make_jobs();
    a = server_upload(server, "admin@demo.test", "first.csv", csv);
    upload_id = server_json_str(&a, "upload_id");
    if (!upload_id)
        print_error("upload: %d %s\n", a.status, a.body);
    fcgi_answer_done(&a);
    a = server_call(
        server, false,
        &(const struct fcgi_call){.path = "/api/meetings",
                                  .query = "sort=meeting_date",
                                  .authorization = server_bearer(server, "admin@demo.test")});
    meeting_id = server_json_str(&a, "meeting_id");
    if (!meeting_id)
        print_error("meetings: %d %s\n", a.status, a.body);
    fcgi_answer_done(&a);
    a = server_upload(server, "admin@demo.test", "doomed.csv",
                      "client_name,email,phone,meeting_date,sales_rep,closed,transcript\n"
                      "Rut,rut@example.com,9,2024-01-02,Puma,1,\"A clinic that wants privacy.\"\n");
    doomed_id = server_json_str(&a, "upload_id");
    fcgi_answer_done(&a);
    a = server_call(
        server, false,
        &(const struct fcgi_call){.method = "POST",
                                  .path = "/api/upload/mappings",
                                  .content_type = "application/json",
                                  .body = mapping_body,
                                  .authorization = server_bearer(server, "admin@demo.test")});
    mapping_id = server_json_str(&a, "mapping_id");
    if (!mapping_id)
        print_error("mappings: %d %s\n", a.status, a.body);
    fcgi_answer_done(&a);
    return upload_id && meeting_id && doomed_id && mapping_id ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    server_free(server);
    testdb_free(db);
    arena_free(arena);
    free(meeting_id);
    free(upload_id);
    free(doomed_id);
    free(mapping_id);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_route_answers_what_it_is_for),
        cmocka_unit_test(nobody_gets_in_without_a_credential),
        cmocka_unit_test(a_role_or_scope_that_is_too_low_is_refused),
        cmocka_unit_test(another_tenants_ids_do_not_exist),
        cmocka_unit_test(no_route_shows_another_tenants_rows),
        cmocka_unit_test(a_malformed_id_is_the_clients_mistake),
        cmocka_unit_test(a_method_that_a_path_does_not_take_is_405_with_allow),
        cmocka_unit_test(a_body_of_another_kind_is_415_and_one_too_large_is_413),
        cmocka_unit_test(a_body_that_is_no_json_object_is_400),
        cmocka_unit_test(a_change_needs_the_version_it_is_of),
        cmocka_unit_test(a_parameter_that_nobody_knows_is_named),
        cmocka_unit_test(unknown_paths_are_404_in_the_envelope),
        cmocka_unit_test(a_body_that_may_be_absent_may_be_absent),
        cmocka_unit_test(what_did_not_change_is_304_without_a_body),
        cmocka_unit_test(a_job_in_another_state_is_a_conflict),
        cmocka_unit_test(a_head_has_gets_headers_and_no_body),
    };

    return cmocka_run_group_tests_name("routes", tests, set_up, tear_down);
}

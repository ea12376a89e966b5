/* SPDX-License-Identifier: MIT */
/* Vectors 49 to 52 and 72 of the bearer token list against the real program: how the credential is carried, which
 * tenant it reaches, what its roles are worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/dev_issuer_key.h"
#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/sb.h"
#include "tests/attack/http_vectors.h"
#include "tests/lib/forge.h"
#include "tests/lib/server.h"

static struct testdb *db;
static struct server *server;
static struct arena *arena;
static EVP_PKEY *issuer_key;
static char *kid;
static char *admin_subject;
static char *meeting;

/* The `sub` of an access token, whatever else it says. */
static char *subject_of(const char *token)
{
    const char *payload = strchr(token, '.') + 1;
    const struct slice text = {payload, (size_t)(strchr(payload, '.') - payload)};
    uint8_t *raw = arena_alloc(arena, text.n);
    const long n = hash_base64url_decode(text, raw);
    const struct fcgi_answer a = {
        .body = arena_slicedup(arena, (struct slice){(char *)raw, (size_t)n})};

    return server_json_str(&a, "sub");
}

/* admin@demo.test's token as the issuer would sign it, with other organisations or roles. */
static const char *forged(const char *organization, const char *roles)
{
    const long long now = (long long)time(NULL);
    const char *header =
        arena_printf(arena, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", kid);
    const char *payload =
        arena_printf(arena,
                     "{\"iss\":\"https://localhost:8443/realms/"
                     "demo\",\"aud\":[\"clientmetrics-api\",\"account\"],\"sub\":\"%s\","
                     "\"typ\":\"Bearer\",\"azp\":\"clientmetrics-web\",\"iat\":%lld,\"exp\":%lld,"
                     "\"email\":\"admin@demo.test\","
                     "\"email_verified\":true,\"organization\":%s,\"realm_access\":{\"roles\":%s}}",
                     admin_subject, now, now + 60, organization, roles);

    return forge_token(arena, issuer_key, header, payload);
}

static const char *word(const char *name)
{
    if (strcmp(name, "DEMO") == 0)
        return server_token(server, "admin@demo.test");
    if (strcmp(name, "VIEWER") == 0)
        return server_token(server, "viewer@demo.test");
    if (strcmp(name, "OTHER") == 0)
        return server_token(server, "admin@other.test");
    if (strcmp(name, "OPER") == 0)
        return server_token(server, "operator@demo.test");
    if (strcmp(name, "BOTH") == 0)
        return forged("[\"demo\",\"other\"]", "[]");
    if (strcmp(name, "NOWHERE") == 0)
        return forged("[\"nowhere\"]", "[]");
    if (strcmp(name, "ROLES") == 0)
        return forged("[\"demo\"]", "[\"Admin \",\"clientmetrics-operator \"]");
    if (strcmp(name, "TEXT") == 0)
        return forged("[\"demo\"]", "\"clientmetrics-operator\"");
    if (strcmp(name, "MEETING") == 0)
        return meeting;
    fail_msg("no such word: %s", name);
    return NULL;
}

/* $WORDS filled in. */
static const char *fill(const char *text)
{
    struct sb out;
    char *result;

    if (!text)
        return NULL;
    sb_init(&out, 64 << 10);
    while (*text) {
        if (*text == '$') {
            const size_t n = strspn(text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

            sb_puts(&out, word(arena_slicedup(arena, (struct slice){text + 1, n})));
            text += 1 + n;
        } else {
            sb_putc(&out, *text++);
        }
    }
    result = arena_strdup(arena, sb_text(&out));
    sb_done(&out);
    return result;
}

static void check_vector(const struct http_vector *v)
{
    const char *authorization = fill(v->authorization);
    struct fcgi_pair more[2];
    struct fcgi_call call = {.method = v->method,
                             .path = fill(v->path),
                             .query = fill(v->query),
                             .authorization = authorization,
                             .tenant = v->tenant,
                             .params = more};
    const bool upload = strcmp(v->path, "/api/upload") == 0;
    const int refused_before = server_log_count(server, "\"event\":\"auth_refused\"");
    char code[80];
    struct fcgi_answer a;

    if (v->cookie)
        more[call.nparams++] = (struct fcgi_pair){"HTTP_COOKIE", fill(v->cookie)};
    if (v->twice)
        more[call.nparams++] = (struct fcgi_pair){"HTTP_AUTHORIZATION", authorization};
    if (upload) {
        call.content_type = "multipart/form-data; boundary=e";
        call.body = "--e--\r\n";
    }
    a = server_call(server, upload, &call);
    snprintf(code, sizeof code, "\"code\":\"%s\"", v->code ? v->code : "");
    if (a.status != v->status || (v->code && !strstr(a.body, code)) ||
        (v->code && !strstr(a.body, "\"success\":false")) ||
        (v->status == 401 && !fcgi_header(&a, "WWW-Authenticate"))) {
        print_error("vector %d, %s: wanted %d %s, got %d %s\n", v->vector, v->what, v->status,
                    v->code ? v->code : "", a.status, a.body);
        fail();
    }
    if (v->status == 401)
        assert_int_equal(server_log_count(server, "\"event\":\"auth_refused\""),
                         refused_before + 1);
    if (v->code)
        assert_null(strstr(a.body, "other@example.com")); /* the other tenant's row */
    fcgi_answer_done(&a);
}

static void each_vector_is_decided_as_the_list_says(void **state)
{
    (void)state;
    for (int i = 0; i < NHTTP_VECTORS; i++)
        check_vector(&http_vectors[i]);
}

static int set_up(void **state)
{
    struct fcgi_answer a;

    (void)state;
    arena = arena_new(64 << 20);
    db = testdb_new();
    server = server_new(db, &(const struct server_options){0});
    issuer_key = dev_issuer_key_load(server->key_file, stderr);
    a = server_call(
        server, false,
        &(const struct fcgi_call){.path = "/realms/demo/protocol/openid-connect/certs"});
    kid = server_json_str(&a, "kid");
    fcgi_answer_done(&a);
    admin_subject = subject_of(server_token(server, "admin@demo.test"));
    /* both are known here before a forged token comes: the person by its first request */
    a = server_upload(server, "admin@other.test", "o.csv",
                      "client_name,email,phone,meeting_date,sales_rep,closed,transcript\n"
                      "Otto,other@example.com,1,2024-01-01,Boa,no,A long enough transcript.\n");
    fcgi_answer_done(&a);
    a = server_call(
        server, false,
        &(const struct fcgi_call){.path = "/api/me",
                                  .authorization = server_bearer(server, "admin@demo.test")});
    fcgi_answer_done(&a);
    a = server_call(
        server, false,
        &(const struct fcgi_call){.path = "/api/meetings",
                                  .authorization = server_bearer(server, "admin@other.test")});
    meeting = server_json_str(&a, "meeting_id");
    fcgi_answer_done(&a);
    return issuer_key && kid && admin_subject && meeting ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    server_free(server);
    testdb_free(db);
    EVP_PKEY_free(issuer_key);
    free(kid);
    free(admin_subject);
    free(meeting);
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_vector_is_decided_as_the_list_says)};

    return cmocka_run_group_tests_name("carrier", tests, set_up, tear_down);
}

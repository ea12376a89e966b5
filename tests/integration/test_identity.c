/* SPDX-License-Identifier: MIT */
/*
 * Who is calling, with a real database behind it: vectors 49, 50 and 52, first sign-in, API tokens,
 * and that a remembered mapping never stands in for a decision.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/api_token.h"
#include "auth/identity.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "tests/lib/forge.h"
#include "tests/lib/testdb.h"

#define ISSUER "https://id.example.com/realms/main"

static const struct config config = {
    .env = ENV_TEST,
    .oidc_issuer = ISSUER,
    .oidc_audience = "clientmetrics-api",
    .oidc_clients = "clientmetrics-web",
    .oidc_tenant_claim = "organization",
    .oidc_operator_role = "clientmetrics-operator",
    .oidc_leeway_s = 30,
    .oidc_max_lifetime_s = 86400,
};

static struct arena *a;
static EVP_PKEY *key;
static struct keys *keys;
static struct testdb *t;
static struct ctx *cx;
static struct identity *state;

static int give_keys(void *user, struct sb *out, const char **why)
{
    (void)user;
    (void)why;
    sb_printf(out, "{\"keys\":[%s]}", forge_jwk(a, key, "k", ""));
    return 0;
}

static int set_up_all(void **unused)
{
    const struct keys_source source = {.fetch = give_keys};

    (void)unused;
    log_open(NULL, LOG_OFF);
    a = arena_new(64 << 20);
    key = forge_ec(a, "P-256");
    keys = keys_new();
    keys_turn(keys, &source);
    return keys_ready(keys) ? 0 : -1;
}

static int tear_down_all(void **unused)
{
    (void)unused;
    keys_free(keys);
    arena_free(a);
    return 0;
}

static int set_up(void **unused)
{
    (void)unused;
    t = testdb_new();
    cx = testdb_ctx(t);
    state = identity_new(&config, keys);
    return state ? 0 : -1;
}

static int tear_down(void **unused)
{
    (void)unused;
    identity_free(state);
    testdb_free(t);
    return 0;
}

/* `orgs` is the organization claim's JSON. */
static struct slice bearer(const char *subject, const char *email, bool verified, const char *orgs)
{
    const long now = (long)(clock_now_us() / 1000000);

    return slice_cstr(arena_printf(
        a, "Bearer %s",
        forge_token(
            a, key, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k\"}",
            arena_printf(a,
                         "{\"iss\":\"" ISSUER
                         "\",\"aud\":\"clientmetrics-api\",\"azp\":\"clientmetrics-web\","
                         "\"typ\":\"Bearer\",\"sub\":\"%s\",\"email\":\"%s\",\"email_verified\":%s,"
                         "\"name\":\"Ana\",\"iat\":%ld,\"exp\":%ld,\"organization\":%s}",
                         subject, email, verified ? "true" : "false", now, now + 300, orgs))));
}

static struct slice ana(void)
{
    return bearer("ana-1", "ana@acme.test", true, "[\"acme\"]");
}

/* As dispatch does: whose is it, then is it let in. "" or the error's reason. */
static const char *call(struct slice authorization, const char *choice)
{
    testdb_fresh(cx);
    testdb_as_nobody(cx);
    if (identity_authenticate(cx, state, authorization, slice_cstr(choice)) < 0)
        return cx->err.reason;
    if (db_begin(cx, DB_READ, DB_ENTER_CALLER, (struct db_need){ROLE_VIEWER, SCOPE_DATA_READ}) <
            0 ||
        db_enter_now(cx) < 0 || db_commit(cx) < 0)
        return cx->err.reason;
    return "";
}

static void an_invitation_is_taken_up_by_the_verified_address(void **unused)
{
    struct uuid invited;

    (void)unused;
    testdb_tenant(t, "acme");
    invited = testdb_member(t, "acme", "ana@acme.test", ROLE_ANALYST);
    assert_string_equal(call(bearer("mallory", "ana@acme.test", false, "[\"acme\"]"), ""),
                        "forbidden");
    assert_string_equal(call(ana(), ""), "");
    assert_true(uuid_eq(&cx->who.user, &invited));
    assert_int_equal(cx->who.kind, PRINCIPAL_USER);
    assert_int_equal(cx->who.role, ROLE_ANALYST);
    assert_string_equal(cx->tenancy.slug, "acme");
    assert_string_equal(identity_claims(state)->email, "ana@acme.test");
    /* another subject with the same address is another person, invited or not */
    assert_string_equal(call(bearer("ana-2", "ana@acme.test", true, "[\"acme\"]"), ""),
                        "forbidden");
}

static void a_stranger_is_recorded_and_refused(void **unused)
{
    (void)unused;
    testdb_tenant(t, "acme");
    assert_string_equal(call(bearer("bob", "bob@x.test", true, "[\"acme\"]"), ""), "forbidden");
    assert_int_equal(
        testdb_number(t, TESTDB_ADMIN, "SELECT count(*) FROM users WHERE subject = 'bob'"), 1);
    assert_string_equal(call(bearer("bob", "bob@x.test", true, "[\"acme\"]"), ""), "forbidden");
    assert_int_equal(
        testdb_number(t, TESTDB_ADMIN, "SELECT count(*) FROM users WHERE subject = 'bob'"), 1);
    /* without an address there is nothing to record */
    assert_string_equal(call(bearer("eve", "", false, "[\"acme\"]"), ""), "not_a_member");
    assert_int_equal(
        testdb_number(t, TESTDB_ADMIN, "SELECT count(*) FROM users WHERE subject = 'eve'"), 0);
}

/* Vector 49. */
static void an_unknown_or_suspended_tenant_is_forbidden(void **unused)
{
    (void)unused;
    testdb_tenant(t, "acme");
    testdb_member(t, "acme", "ana@acme.test", ROLE_ADMIN);
    assert_string_equal(call(bearer("ana-1", "ana@acme.test", true, "[\"nowhere\"]"), ""),
                        "not_a_member");
    assert_int_equal(cx->err.code, ERR_FORBIDDEN);
    assert_string_equal(call(ana(), ""), "");
    testdb_run(t, TESTDB_ADMIN, "UPDATE tenants SET state = 'suspended' WHERE slug = 'acme'");
    assert_string_equal(call(ana(), ""), "forbidden");
    testdb_run(t, TESTDB_ADMIN, "UPDATE tenants SET state = 'active' WHERE slug = 'acme'");
    assert_string_equal(call(ana(), ""), "");
    testdb_run(t, TESTDB_ADMIN, "UPDATE users SET state = 'disabled' WHERE subject = 'ana-1'");
    assert_string_equal(call(ana(), ""), "forbidden");
}

/* Vectors 50 and 52. */
static void the_tenant_is_chosen_among_the_tokens_own(void **unused)
{
    const struct slice both = bearer("ana-1", "ana@acme.test", true, "[\"acme\",\"beta\"]");

    (void)unused;
    testdb_tenant(t, "acme");
    testdb_tenant(t, "beta");
    testdb_tenant(t, "gamma");
    testdb_member(t, "acme", "ana@acme.test", ROLE_ADMIN);
    assert_string_equal(call(both, "acme"), "");
    testdb_member(t, "beta", "ana@acme.test", ROLE_VIEWER);
    testdb_member(t, "gamma", "ana@acme.test", ROLE_ADMIN);

    assert_string_equal(call(both, ""), "tenant_required");
    assert_int_equal(cx->err.code, ERR_INVALID);
    assert_string_equal(call(both, "beta"), "");
    assert_string_equal(cx->tenancy.slug, "beta");
    assert_int_equal(cx->who.role, ROLE_VIEWER);
    assert_string_equal(call(both, "acme"), "");
    assert_int_equal(cx->who.role, ROLE_ADMIN);
    /* a member there too, but the token does not say so */
    assert_string_equal(call(both, "gamma"), "tenant_forbidden");
    assert_int_equal(cx->err.code, ERR_FORBIDDEN);
    assert_int_equal(cx->who.kind, PRINCIPAL_NONE);
    assert_string_equal(call(ana(), "beta"), "tenant_forbidden");
}

static void a_mapping_is_remembered_a_decision_is_not(void **unused)
{
    (void)unused;
    testdb_tenant(t, "acme");
    testdb_member(t, "acme", "ana@acme.test", ROLE_ADMIN);
    assert_string_equal(call(ana(), ""), "");
    /* the row is gone, yet the mapping still answers ... */
    testdb_run(t, TESTDB_ADMIN, "UPDATE users SET issuer = 'elsewhere' WHERE subject = 'ana-1'");
    assert_string_equal(call(ana(), ""), "");
    testdb_run(t, TESTDB_ADMIN, "UPDATE users SET issuer = '" ISSUER "' WHERE subject = 'ana-1'");
    /* ... but whoever is put out is out at once */
    testdb_run(t, TESTDB_ADMIN,
               "UPDATE memberships SET sessions_since = now() + interval '1 minute'");
    assert_string_equal(call(ana(), ""), "unauthenticated");
    testdb_run(t, TESTDB_ADMIN,
               "UPDATE memberships SET sessions_since = '-infinity', state = 'suspended'");
    assert_string_equal(call(ana(), ""), "forbidden");
    testdb_run(t, TESTDB_ADMIN, "DELETE FROM memberships");
    assert_string_equal(call(ana(), ""), "forbidden");
}

static const char *new_token(enum config_env env, const char *slug, struct api_token *token)
{
    char text[API_TOKEN_TEXT_BYTES];
    char id[UUID_TEXT_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    api_token_make(env, text, token);
    uuid_text(&token->id, id);
    hash_hex(token->proof, SHA256_BYTES, hex);
    testdb_run(t, TESTDB_OWNER,
               "SELECT app_token_create('%s', '%s', 'test', '\\x%s', '{data:read}', NULL)", slug,
               id, hex);
    return arena_printf(a, "Bearer %s", text);
}

static void an_api_token_opens_its_own_tenant(void **unused)
{
    struct api_token token;
    struct api_token other;
    const char *header;
    char stray[API_TOKEN_TEXT_BYTES];
    char id[UUID_TEXT_BYTES];
    struct uuid acme;

    (void)unused;
    acme = testdb_tenant(t, "acme");
    header = new_token(ENV_TEST, "acme", &token);
    assert_string_equal(call(slice_cstr(header), ""), "");
    assert_int_equal(cx->who.kind, PRINCIPAL_TOKEN);
    assert_true(uuid_eq(&cx->who.tenant, &acme));
    assert_true(uuid_eq(&cx->who.credential, &token.id));
    assert_string_equal(cx->tenancy.slug, "acme");
    assert_null(identity_claims(state));
    assert_string_equal(call(slice_cstr(header), "acme"), "tenant_not_choosable");

    /* never stored; of another environment; not a token at all */
    api_token_make(ENV_TEST, stray, &other);
    assert_string_equal(call(slice_cstr(arena_printf(a, "Bearer %s", stray)), ""),
                        "unauthenticated");
    assert_string_equal(call(slice_cstr(new_token(ENV_PRODUCTION, "acme", &other)), ""),
                        "unauthenticated");
    assert_string_equal(call(SLICE("Bearer cm_test_nonsense"), ""), "unauthenticated");

    /* the right id with another secret: the mapping answers, the entry refuses */
    uuid_text(&token.id, id);
    testdb_run(t, TESTDB_ADMIN,
               "UPDATE api_tokens SET secret_hash = sha256('x') WHERE token_id = '%s'", id);
    assert_string_equal(call(slice_cstr(header), ""), "unauthenticated");
    header = new_token(ENV_TEST, "acme", &token);
    assert_string_equal(call(slice_cstr(header), ""), "");
    testdb_run(t, TESTDB_ADMIN, "UPDATE api_tokens SET revoked_at = now()");
    assert_string_equal(call(slice_cstr(header), ""), "unauthenticated");
}

static void what_is_no_credential_is_refused_before_the_database(void **unused)
{
    static const char *const headers[] = {"",          "Basic YTpi", "Bearer", "Bearer a.b.c",
                                          "Bearer  x", "Bearer a b"};

    (void)unused;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        assert_string_equal(call(slice_cstr(headers[i]), ""), "unauthenticated");
        assert_int_equal(cx->err.code, ERR_UNAUTHENTICATED);
        assert_string_equal(cx->err.message,
                            "a valid access token is needed"); /* which check it was stays here */
        assert_int_equal(cx->who.kind, PRINCIPAL_NONE);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_invitation_is_taken_up_by_the_verified_address),
        T(a_stranger_is_recorded_and_refused),
        T(an_unknown_or_suspended_tenant_is_forbidden),
        T(the_tenant_is_chosen_among_the_tokens_own),
        T(a_mapping_is_remembered_a_decision_is_not),
        T(an_api_token_opens_its_own_tenant),
        T(what_is_no_credential_is_refused_before_the_database),
    };
    return cmocka_run_group_tests_name("identity", tests, set_up_all, tear_down_all);
}

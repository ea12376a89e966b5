/* SPDX-License-Identifier: MIT */
/*
 * The development issuer, as the browser application and `make token` use it; and its access tokens
 * before the real verifier with the keys that it publishes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/dev_issuer.h"
#include "auth/jwt.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "tests/lib/forge.h"

#define ISSUER    "https://localhost:8443/realms/demo"
#define CALLBACK  "https://localhost:8443/auth/callback"
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" /* of RFC 7636, appendix B */

static char dir[] = "/tmp/cm-dev-issuer-XXXXXX";
static char key_file[sizeof dir + 16];
static struct config config;
static struct dev_issuer *d;
static struct arena *a;
static FILE *problems;
static char *problem_text;
static size_t problem_bytes;

static int set_up_all(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(key_file, sizeof key_file, "%s/key.pem", dir);
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    unlink(key_file);
    return rmdir(dir);
}

static int set_up(void **state)
{
    (void)state;
    config = (struct config){
        .env = ENV_TEST,
        .oidc_issuer = ISSUER,
        .oidc_audience = "clientmetrics-api",
        .oidc_clients = "clientmetrics-web," DEV_ISSUER_CLI,
        .oidc_client_id = "clientmetrics-web",
        .oidc_tenant_claim = "organization",
        .oidc_operator_role = "clientmetrics-operator",
        .oidc_leeway_s = 30,
        .oidc_max_lifetime_s = 86400,
        .dev_issuer_key_file = key_file,
    };
    a = arena_new(16 << 20);
    problems = open_memstream(&problem_text, &problem_bytes);
    d = dev_issuer_new(&config, problems);
    return d ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    clock_real();
    dev_issuer_free(d);
    fclose(problems);
    free(problem_text);
    arena_free(a);
    return 0;
}

/* ---- parameters and answers ---- */

struct pair {
    const char *name;
    const char *value;
};

static struct slice pair_get(const void *from, const char *name)
{
    for (const struct pair *p = from; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return slice_cstr(p->value);
    return (struct slice){NULL, 0};
}
#define PARAMS(...)                                                                                \
    ((struct dev_params){pair_get, (const struct pair[]){__VA_ARGS__, {NULL, NULL}}})

/* An answer, copied into the arena. */
struct got {
    int status;
    const char *body;
    const char *location;
    json_t *json; /* NULL: the body is none */
};

static struct got take(struct dev_answer *answer)
{
    struct got g = {answer->status, arena_strdup(a, sb_text(&answer->body)),
                    arena_strdup(a, sb_text(&answer->location)), NULL};

    if (answer->content_type && strcmp(answer->content_type, "application/json") == 0) {
        assert_int_equal(json_read(slice_cstr(g.body), &g.json), JSON_OK);
        arena_defer(a, json_drop_deferred, g.json);
    }
    dev_answer_done(answer);
    return g;
}

static struct got token(struct dev_params in)
{
    struct dev_answer answer;

    dev_answer_init(&answer);
    dev_issuer_token(d, in, &answer);
    return take(&answer);
}

static struct got authorize(struct dev_params in)
{
    struct dev_answer answer;

    dev_answer_init(&answer);
    dev_issuer_authorize(d, in, "nonce-of-the-page", &answer);
    return take(&answer);
}

static struct got sign_in_as(const char *user, const char *password, const char *redirect)
{
    struct dev_answer answer;

    dev_answer_init(&answer);
    dev_issuer_sign_in(d,
                       PARAMS({"client_id", "clientmetrics-web"}, {"redirect_uri", redirect},
                              {"response_type", "code"}, {"scope", "openid profile"},
                              {"state", "st&a=te"}, {"nonce", "n-1"}, {"code_challenge", CHALLENGE},
                              {"code_challenge_method", "S256"}, {"username", user},
                              {"password", password}),
                       "nonce-of-the-page", &answer);
    return take(&answer);
}

static const char *code_of(struct got g)
{
    const char *at = strstr(g.location, "code=");

    assert_non_null(at);
    return arena_slicedup(a, (struct slice){at + 5, strcspn(at + 5, "&")});
}

static struct got redeem(const char *code, const char *verifier, const char *redirect,
                         const char *client)
{
    return token(PARAMS({"grant_type", "authorization_code"}, {"code", code},
                        {"redirect_uri", redirect}, {"client_id", client},
                        {"code_verifier", verifier}));
}

static struct got refresh(const char *refresh_token)
{
    return token(PARAMS({"grant_type", "refresh_token"}, {"refresh_token", refresh_token},
                        {"client_id", "clientmetrics-web"}));
}

static struct got logout(struct dev_params in)
{
    struct dev_answer answer;

    dev_answer_init(&answer);
    dev_issuer_logout(d, in, &answer);
    return take(&answer);
}

static void assert_refused(struct got g, const char *why)
{
    assert_int_equal(g.status, 400);
    assert_string_equal(json_str(g.json, "error"), "invalid_grant");
    assert_string_equal(json_str(g.json, "error_description"), why);
}

/* The claims of a token, unchecked. */
static json_t *claims_of(const char *text)
{
    struct slice rest = slice_cstr(text);
    struct slice payload;
    uint8_t *bytes;
    json_t *v;
    long n;

    slice_cut(rest, '.', &rest);
    payload = slice_cut(rest, '.', &rest);
    bytes = arena_alloc(a, payload.n + 4);
    n = hash_base64url_decode(payload, bytes);
    assert_true(n > 0);
    assert_int_equal(json_read((struct slice){(char *)bytes, (size_t)n}, &v), JSON_OK);
    arena_defer(a, json_drop_deferred, v);
    return v;
}

static enum jwt_refusal verify(const char *text, struct jwt_claims *out)
{
    struct keys *keys = keys_new();
    const struct keys_source source = dev_issuer_keys(d);
    const struct jwt_policy policy = jwt_policy_from(&config);
    struct jwt_verifier *v = jwt_verifier_new(&policy, keys);
    enum jwt_refusal r;

    keys_turn(keys, &source);
    assert_true(keys_ready(keys));
    r = jwt_verify(v, slice_cstr(text), clock_mono_ms() + 100, out);
    jwt_verifier_free(v);
    keys_free(keys);
    return r;
}

/* ---- the tests ---- */

static void a_person_signs_in_refreshes_and_signs_out(void **state)
{
    const struct got page = authorize(
        PARAMS({"client_id", "clientmetrics-web"}, {"redirect_uri", CALLBACK},
               {"response_type", "code"}, {"scope", "openid"}, {"state", "\"><script>"},
               {"nonce", "n-1"}, {"code_challenge", CHALLENGE}, {"code_challenge_method", "S256"}));
    struct got g = sign_in_as("analyst@demo.test", "demo", CALLBACK);
    struct jwt_claims c;
    struct got again;
    const char *first;
    const char *second;

    (void)state;
    assert_int_equal(page.status, 200);
    assert_non_null(strstr(page.body, "name=\"code_challenge\" value=\"" CHALLENGE "\""));
    assert_non_null(strstr(page.body, "nonce-of-the-page"));
    assert_non_null(strstr(page.body, "action=\"/realms/demo/protocol/openid-connect/auth\""));
    assert_null(strstr(page.body, "{{"));
    assert_null(strstr(page.body, "<script>"));

    assert_int_equal(g.status, 302);
    assert_memory_equal(g.location, CALLBACK "?code=", strlen(CALLBACK) + 6);
    assert_non_null(strstr(g.location, "&state=st%26a%3Dte"));
    g = redeem(code_of(g), VERIFIER, CALLBACK, "clientmetrics-web");
    assert_int_equal(g.status, 200);
    assert_string_equal(json_str(g.json, "token_type"), "Bearer");

    assert_int_equal(verify(json_str(g.json, "access_token"), &c), JWT_ACCEPTED);
    assert_string_equal(c.email, "analyst@demo.test");
    assert_string_equal(c.client, "clientmetrics-web");
    assert_true(c.email_verified);
    assert_false(c.operator_role);
    assert_int_equal(c.ntenants, 1);
    assert_string_equal(c.tenants[0], "demo");

    assert_string_equal(json_str(claims_of(json_str(g.json, "id_token")), "nonce"), "n-1");
    assert_string_equal(json_str(claims_of(json_str(g.json, "id_token")), "aud"),
                        "clientmetrics-web");
    assert_string_equal(json_str(claims_of(json_str(g.json, "id_token")), "sub"), c.subject);

    first = json_str(g.json, "refresh_token");
    again = refresh(first);
    assert_int_equal(again.status, 200);
    second = json_str(again.json, "refresh_token");
    assert_string_not_equal(first, second);
    assert_refused(refresh(first), "refresh_token_used");
    assert_string_equal(json_str(claims_of(json_str(again.json, "access_token")), "sid"),
                        c.session);

    g = logout(PARAMS({"id_token_hint", json_str(again.json, "id_token")}, {"state", "s"},
                      {"post_logout_redirect_uri", "https://localhost:8443/"}));
    assert_int_equal(g.status, 302);
    assert_string_equal(g.location, "https://localhost:8443/?state=s");
    assert_refused(refresh(second), "signed_out");
}

/* Vector 43: only access tokens open the API. */
static void the_other_tokens_are_no_access_tokens(void **state)
{
    const struct got g = redeem(code_of(sign_in_as("admin@demo.test", "demo", CALLBACK)), VERIFIER,
                                CALLBACK, "clientmetrics-web");
    struct jwt_claims c;

    (void)state;
    assert_int_equal(verify(json_str(g.json, "id_token"), &c), JWT_BAD_AUDIENCE);
    assert_int_equal(verify(json_str(g.json, "refresh_token"), &c), JWT_BAD_AUDIENCE);
    assert_refused(refresh(json_str(g.json, "access_token")), "refresh_token_unknown");
    assert_refused(refresh(json_str(g.json, "id_token")), "refresh_token_unknown");
    assert_int_equal(verify(code_of(sign_in_as("admin@demo.test", "demo", CALLBACK)), &c),
                     JWT_BAD_SHAPE);
}

static void a_code_works_once_for_whom_it_was_made(void **state)
{
    const char *code = code_of(sign_in_as("admin@demo.test", "demo", CALLBACK));
    char *forged;

    (void)state;
    assert_int_equal(redeem(code, VERIFIER, CALLBACK, "clientmetrics-web").status, 200);
    assert_refused(redeem(code, VERIFIER, CALLBACK, "clientmetrics-web"), "code_used");

    code = code_of(sign_in_as("admin@demo.test", "demo", CALLBACK));
    assert_refused(redeem(code, VERIFIER "x", CALLBACK, "clientmetrics-web"), "code_verifier");
    assert_refused(redeem(code, VERIFIER, CALLBACK, "clientmetrics-web"),
                   "code_used"); /* one try only */

    assert_refused(redeem(code_of(sign_in_as("admin@demo.test", "demo", CALLBACK)), "", CALLBACK,
                          "clientmetrics-web"),
                   "code_verifier");
    assert_refused(redeem(code_of(sign_in_as("admin@demo.test", "demo", CALLBACK)), CHALLENGE,
                          CALLBACK, "clientmetrics-web"),
                   "code_verifier");
    assert_refused(redeem(code_of(sign_in_as("admin@demo.test", "demo", CALLBACK)), VERIFIER,
                          CALLBACK "2", "clientmetrics-web"),
                   "redirect_uri");
    assert_refused(redeem(code_of(sign_in_as("admin@demo.test", "demo", CALLBACK)), VERIFIER,
                          CALLBACK, DEV_ISSUER_CLI),
                   "client_id");

    clock_freeze(1760000000000000, 1000);
    code = code_of(sign_in_as("admin@demo.test", "demo", CALLBACK));
    forged = arena_strdup(a, code);
    forged[strlen(forged) / 2] ^= 1;
    assert_refused(redeem(forged, VERIFIER, CALLBACK, "clientmetrics-web"), "code_unknown");
    assert_refused(redeem("", VERIFIER, CALLBACK, "clientmetrics-web"), "code_unknown");
    assert_refused(redeem("a.b", VERIFIER, CALLBACK, "clientmetrics-web"), "code_unknown");
    clock_freeze(1760000000000000 + (int64_t)DEV_ISSUER_CODE_S * 1000000, 1000);
    assert_refused(redeem(code, VERIFIER, CALLBACK, "clientmetrics-web"), "code_expired");
}

/* The payload of a code of another person under an honest code's signature. */
static void a_code_is_not_to_be_edited(void **state)
{
    const char *code = code_of(sign_in_as("viewer@demo.test", "demo", CALLBACK));
    const char *mac = strchr(code, '.');
    uint8_t *payload = arena_zalloc(a, 1, strlen(code) + 4);
    const long n = hash_base64url_decode((struct slice){code, (size_t)(mac - code)}, payload);
    char *subject;

    (void)state;
    assert_true(n > 0);
    subject = strstr((char *)payload, "d0d0d0d0-0000-4000-8000-000000000003");
    assert_non_null(subject);
    subject[35] = '1'; /* the administrator */
    code = arena_printf(a, "%s%s", forge_base64url(a, payload, (size_t)n), mac);
    assert_refused(redeem(code, VERIFIER, CALLBACK, "clientmetrics-web"), "code_unknown");
}

static void a_code_is_taken_by_one_of_many_processes(void **state)
{
    enum { ROUNDS = 60, PROCESSES = 4 };

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const char *code = code_of(sign_in_as("admin@demo.test", "demo", CALLBACK));
        int gate[2]; /* closed to let all go at once */
        int won = 0;

        assert_int_equal(pipe(gate), 0);
        for (int i = 0; i < PROCESSES; i++) {
            if (fork() == 0) {
                char c;

                close(gate[1]);
                if (read(gate[0], &c, 1) != 0)
                    _exit(2);
                _exit(redeem(code, VERIFIER, CALLBACK, "clientmetrics-web").status == 200);
            }
        }
        close(gate[0]);
        close(gate[1]);
        for (int i = 0; i < PROCESSES; i++) {
            int status;

            assert_true(wait(&status) > 0 && WIFEXITED(status));
            won += WEXITSTATUS(status);
        }
        assert_int_equal(won, 1);
    }
}

static void a_wrong_password_shows_the_page_again(void **state)
{
    static const struct pair wrong[] = {
        {"admin@demo.test", "Demo"},
        {"admin@demo.test", ""},
        {"nobody@demo.test", "demo"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct got g = sign_in_as(wrong[i].name, wrong[i].value, CALLBACK);

        assert_int_equal(g.status, 200);
        assert_string_equal(g.location, "");
        assert_non_null(strstr(g.body, "class=\"error failed\""));
    }
    assert_int_equal(sign_in_as(" Admin@Demo.test ", "demo", CALLBACK).status,
                     302); /* as people type */
}

static void nobody_is_sent_to_another_origin(void **state)
{
    static const char *const bad[] = {
        "",
        "https://evil.test/",
        "https://localhost:8443.evil.test/",
        "https://localhost:8443@evil.test/",
        "https://localhost:84431/",
        "https://localhost/",
        "http://localhost:8443/",
        "//localhost:8443/",
        "https://localhost:8443\\@evil.test",
        "https://localhost:8443/#x",
        "https://localhost:8443/a b",
        "javascript:alert(1)",
        "/relative",
        "https://LOCALHOST:8443/",
        "https://localhost:8443/\r\nX: y",
        "https://localhost:8443/\"><script>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct got g = sign_in_as("admin@demo.test", "demo", bad[i]);

        if (g.status != 400 || *g.location)
            fail_msg("%s: %d %s", bad[i], g.status, g.location);
        if (!*bad[i])
            continue;
        g = logout(PARAMS({"post_logout_redirect_uri", bad[i]}));
        if (g.status != 400 || *g.location)
            fail_msg("after logout, %s: %d %s", bad[i], g.status, g.location);
    }
    assert_string_equal(logout(PARAMS({"x", "y"})).location, "/");
}

static void a_wrong_request_is_told_to_the_client(void **state)
{
    static const struct {
        struct pair change;
        const char *error;
    } cases[] = {
        {{"response_type", "token"}, "unsupported_response_type"},
        {{"response_type", ""}, "unsupported_response_type"},
        {{"code_challenge_method", "plain"}, "invalid_request"},
        {{"code_challenge_method", ""}, "invalid_request"},
        {{"code_challenge", ""}, "invalid_request"},
        {{"code_challenge", "short"}, "invalid_request"},
        {{"scope", "profile"}, "invalid_scope"},
        {{"response_mode", "fragment"}, "invalid_request"},
        {{"prompt", "none"}, "login_required"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        /* the first of a name counts */
        const struct got g = authorize(PARAMS(
            {cases[i].change.name, cases[i].change.value}, {"client_id", "clientmetrics-web"},
            {"redirect_uri", CALLBACK}, {"response_type", "code"}, {"scope", "openid"},
            {"state", "s"}, {"code_challenge", CHALLENGE}, {"code_challenge_method", "S256"}));

        assert_int_equal(g.status, 302);
        assert_string_equal(g.location,
                            arena_printf(a, CALLBACK "?error=%s&state=s", cases[i].error));
    }
    assert_int_equal(authorize(PARAMS({"client_id", "other"}, {"redirect_uri", CALLBACK})).status,
                     400);
}

static void the_command_line_gets_a_token_by_password(void **state)
{
    struct got g = token(PARAMS({"grant_type", "password"}, {"client_id", DEV_ISSUER_CLI},
                                {"username", "admin@other.test"}, {"password", "demo"}));
    struct jwt_claims c;

    (void)state;
    assert_int_equal(g.status, 200);
    assert_int_equal(verify(json_str(g.json, "access_token"), &c), JWT_ACCEPTED);
    assert_string_equal(c.tenants[0], "other");
    assert_string_equal(c.client, DEV_ISSUER_CLI);

    assert_refused(token(PARAMS({"grant_type", "password"}, {"client_id", "clientmetrics-web"},
                                {"username", "admin@demo.test"}, {"password", "demo"})),
                   "client_id");
    assert_refused(token(PARAMS({"grant_type", "password"}, {"client_id", DEV_ISSUER_CLI},
                                {"username", "admin@demo.test"}, {"password", "x"})),
                   "user_or_password");
    g = token(PARAMS({"grant_type", "client_credentials"}, {"client_id", DEV_ISSUER_CLI}));
    assert_int_equal(g.status, 400);
    assert_string_equal(json_str(g.json, "error"), "unsupported_grant_type");
}

static void the_operator_has_the_operators_role(void **state)
{
    const struct got g = token(PARAMS({"grant_type", "password"}, {"client_id", DEV_ISSUER_CLI},
                                      {"username", "operator@demo.test"}, {"password", "demo"}));
    struct jwt_claims c;

    (void)state;
    assert_int_equal(verify(json_str(g.json, "access_token"), &c), JWT_ACCEPTED);
    assert_true(c.operator_role);
}

static void discovery_says_where_things_are(void **state)
{
    static const struct pair want[] = {
        {"issuer", ISSUER},
        {"authorization_endpoint", ISSUER "/protocol/openid-connect/auth"},
        {"token_endpoint", ISSUER "/protocol/openid-connect/token"},
        {"jwks_uri", ISSUER "/protocol/openid-connect/certs"},
        {"end_session_endpoint", ISSUER "/protocol/openid-connect/logout"},
    };
    struct dev_answer answer;
    struct got g;

    (void)state;
    dev_answer_init(&answer);
    dev_issuer_discovery(d, &answer);
    g = take(&answer);
    assert_int_equal(g.status, 200);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_string_equal(json_str(g.json, want[i].name), want[i].value);
}

static void it_runs_only_where_everybody_may_be_anybody(void **state)
{
    static const struct {
        int64_t env;
        const char *issuer;
        bool may;
    } cases[] = {
        {ENV_TEST, ISSUER, true},
        {ENV_DEVELOPMENT, "http://127.0.0.1:8080/realms/demo", true},
        {ENV_DEVELOPMENT, "http://[::1]:8080/realms/demo", true},
        {ENV_DEVELOPMENT, "https://localhost/realms/demo", true},
        {ENV_PRODUCTION, ISSUER, false},
        {ENV_TEST, NULL, false},
        {ENV_TEST, "https://id.example.com/realms/demo", false},
        {ENV_TEST, "https://localhost.example.com/realms/demo", false},
        {ENV_TEST, "https://localhost:8443@example.com/realms/demo", false},
        {ENV_TEST, "https://localhost:x/realms/demo", false},
        {ENV_TEST, "https://127.0.0.2/realms/demo", false},
        {ENV_TEST, "https://10.0.0.1/realms/demo", false},
        {ENV_TEST, "https://localhost:8443/realms/other", false},
        {ENV_TEST, "https://localhost:8443/realms/demo/", false},
        {ENV_TEST, "https://localhost:8443", false},
        {ENV_TEST, "ftp://localhost/realms/demo", false},
        {ENV_TEST, "localhost/realms/demo", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct config c = config;
        struct dev_issuer *other;

        c.env = cases[i].env;
        c.oidc_issuer = cases[i].issuer;
        other = dev_issuer_new(&c, problems);
        if ((other != NULL) != cases[i].may)
            fail_msg("%s in %d", cases[i].issuer ? cases[i].issuer : "(none)", (int)cases[i].env);
        dev_issuer_free(other);
    }
}

static void the_key_file_is_private_and_stays(void **state)
{
    struct config c = config;
    struct dev_answer one;
    struct dev_answer two;
    struct dev_issuer *other;
    struct stat st;
    FILE *f;

    (void)state;
    assert_int_equal(stat(key_file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);

    other = dev_issuer_new(&c, problems); /* a restart: the same key */
    assert_non_null(other);
    dev_answer_init(&one);
    dev_answer_init(&two);
    dev_issuer_certs(d, &one);
    dev_issuer_certs(other, &two);
    assert_string_equal(sb_text(&one.body), sb_text(&two.body));
    assert_null(strstr(sb_text(&one.body), "\"d\""));
    dev_answer_done(&one);
    dev_answer_done(&two);
    dev_issuer_free(other);

    assert_int_equal(chmod(key_file, 0640), 0);
    assert_null(dev_issuer_new(&c, problems));
    assert_int_equal(chmod(key_file, 0600), 0);

    c.dev_issuer_key_file = NULL;
    assert_null(dev_issuer_new(&c, problems));
    c.dev_issuer_key_file = arena_printf(a, "%s/none/key.pem", dir);
    assert_null(dev_issuer_new(&c, problems));
    c.dev_issuer_key_file = arena_printf(a, "%s/bad.pem", dir);
    f = fopen(c.dev_issuer_key_file, "w");
    assert_non_null(f);
    fputs("no key\n", f);
    fclose(f);
    chmod(c.dev_issuer_key_file, 0600);
    assert_null(dev_issuer_new(&c, problems));
    unlink(c.dev_issuer_key_file);
    fflush(problems);
    assert_non_null(strstr(problem_text, "mode 0600"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(a_person_signs_in_refreshes_and_signs_out),
        T(the_other_tokens_are_no_access_tokens),
        T(a_code_works_once_for_whom_it_was_made),
        T(a_code_is_not_to_be_edited),
        T(a_code_is_taken_by_one_of_many_processes),
        T(a_wrong_password_shows_the_page_again),
        T(nobody_is_sent_to_another_origin),
        T(a_wrong_request_is_told_to_the_client),
        T(the_command_line_gets_a_token_by_password),
        T(the_operator_has_the_operators_role),
        T(discovery_says_where_things_are),
        T(it_runs_only_where_everybody_may_be_anybody),
        T(the_key_file_is_private_and_stays),
    };
    return cmocka_run_group_tests_name("dev_issuer", tests, set_up_all, tear_down_all);
}

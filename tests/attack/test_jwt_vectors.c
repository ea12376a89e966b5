/* SPDX-License-Identifier: MIT */
/*
 * Bearer tokens that must be refused, and some that must not; the numbers are those of README.md
 * beside this file. Each refusal is checked for its reason, so that a token is not refused by luck.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "auth/identity.h"
#include "auth/jwt.h"
#include "auth/keys.h"
#include "core/base/clock.h"
#include "core/base/limits.h"
#include "tests/lib/forge.h"

#define NOW_S    1760000000
#define ISSUER   "https://id.example.com/realms/main"
#define AUDIENCE "clientmetrics-api"
#define LEEWAY_S 30
#define LIFE_S   3600

#define RS_HEADER "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}"
#define ES_HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"ec1\"}"

static struct arena *keyring; /* what lives as long as the program */
static struct arena *a;       /* of one test */
static EVP_PKEY *rsa;
static EVP_PKEY *ec;
static EVP_PKEY *thief; /* RSA, not published */
static struct keys *keys;
static struct jwt_verifier *verifier;
static int fetches;

static const struct jwt_policy policy = {
    .issuer = ISSUER,
    .audience = AUDIENCE,
    .clients = "clientmetrics-web, cm-cli",
    .tenant_claim = "organization",
    .operator_role = "clientmetrics-operator",
    .leeway_s = LEEWAY_S,
    .lifetime_s = LIFE_S,
};

static int give_keys(void *user, struct sb *out, const char **why)
{
    (void)user;
    (void)why;
    fetches++;
    sb_printf(out, "{\"keys\":[%s,%s,%s]}",
              forge_jwk(keyring, rsa, "rsa1", ",\"use\":\"sig\",\"alg\":\"RS256\""),
              forge_jwk(keyring, rsa, "rsa-enc", ",\"use\":\"enc\",\"alg\":\"RSA-OAEP\""),
              forge_jwk(keyring, ec, "ec1", ",\"use\":\"sig\",\"alg\":\"ES256\""));
    return 0;
}

static const struct keys_source source = {.fetch = give_keys};

static int set_up_all(void **state)
{
    (void)state;
    keyring = arena_new(16 << 20);
    rsa = forge_rsa(keyring, 2048);
    thief = forge_rsa(keyring, 2048);
    ec = forge_ec(keyring, "P-256");
    keys = keys_new();
    return keys ? 0 : -1;
}

static int tear_down_all(void **state)
{
    (void)state;
    keys_free(keys);
    arena_free(keyring);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    static int64_t mono_ms = 1000000;

    a = arena_new(16 << 20);
    /* on past every refresh and cool-down of the test before, so that the next turn fetches */
    mono_ms += 10 * KEYS_REFRESH_MS;
    clock_freeze((int64_t)NOW_S * 1000000, mono_ms);
    verifier = jwt_verifier_new(&policy, keys);
    keys_turn(keys, &source);
    return verifier && keys_ready(keys) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    jwt_verifier_free(verifier);
    clock_real();
    arena_free(a);
    return 0;
}

/* ---- making payloads ---- */

static const struct {
    const char *name;
    const char *value; /* JSON; @+n is the frozen time plus n seconds */
} honest[] = {
    {"exp", "@+300"},
    {"iat", "@+0"},
    {"auth_time", "@+0"},
    {"jti", "\"b7a1b6a3-6d1c-4a52-9d0a-7f6f4a0a7a11\""},
    {"iss", "\"" ISSUER "\""},
    {"aud", "[\"" AUDIENCE "\",\"account\"]"},
    {"sub", "\"f3b8c7a0-4a41-4d58-9c8e-0f6f4c1d2e3f\""},
    {"typ", "\"Bearer\""},
    {"azp", "\"clientmetrics-web\""},
    {"sid", "\"0d4ab9a2-63c5-4f7c-8d5b-5a3c8a0f7e21\""},
    {"realm_access", "{\"roles\":[\"default-roles-main\",\"offline_access\"]}"},
    {"scope", "\"openid profile email\""},
    {"organization", "[\"acme\"]"},
    {"email_verified", "true"},
    {"name", "\"Ana P\\u00e9rez\""},
    {"email", "\"ana@acme.test\""},
};
enum { NHONEST = sizeof honest / sizeof *honest };

static const char *value_text(const char *value)
{
    return value[0] == '@' ? arena_printf(a, "%ld", NOW_S + strtol(value + 1, NULL, 10)) : value;
}

/* The honest payload with one claim set to `value` (NULL: left out), and `more` put in raw before
 * the end. */
static char *payload_with(const char *claim, const char *value, const char *more)
{
    char *text = arena_strdup(a, "{");
    const char *comma = "";
    bool done = !claim;

    for (int i = 0; i < NHONEST; i++) {
        const char *v = honest[i].value;

        if (claim && strcmp(honest[i].name, claim) == 0) {
            done = true;
            v = value;
        }
        if (!v)
            continue;
        text = arena_printf(a, "%s%s\"%s\":%s", text, comma, honest[i].name, value_text(v));
        comma = ",";
    }
    if (!done && value)
        text = arena_printf(a, "%s,\"%s\":%s", text, claim, value_text(value));
    return arena_printf(a, "%s%s}", text, more ? more : "");
}

static char *honest_payload(void)
{
    return payload_with(NULL, NULL, NULL);
}

static char *honest_token(void)
{
    return forge_token(a, rsa, RS_HEADER, honest_payload());
}

/* ---- checking ---- */

static void expect_slice(int vector, const char *what, struct slice token, enum jwt_refusal want)
{
    struct jwt_claims untouched;
    struct jwt_claims out;
    const int before = fetches;
    enum jwt_refusal got;

    memset(&untouched, 0xa5, sizeof untouched);
    memset(&out, 0xa5, sizeof out);
    got = jwt_verify(verifier, token, clock_mono_ms() + 1000, &out);
    if (got != want)
        fail_msg("vector %d, %s: %s, expected %s", vector, what, jwt_refusal_word(got),
                 jwt_refusal_word(want));
    if (got != JWT_ACCEPTED && memcmp(&out, &untouched, sizeof out) != 0)
        fail_msg("vector %d, %s: refused, but claims were given out", vector, what);
    assert_int_equal(fetches, before); /* a token never causes a request by the worker itself */
}

static void expect(int vector, const char *what, const char *token, enum jwt_refusal want)
{
    expect_slice(vector, what, slice_cstr(token), want);
}

struct claim_case {
    int vector;
    const char *what;
    const char *claim;
    const char *value;
    const char *more;
    enum jwt_refusal want;
};

static void expect_claims(const struct claim_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        expect(cases[i].vector, cases[i].what,
               forge_token(a, rsa, RS_HEADER,
                           payload_with(cases[i].claim, cases[i].value, cases[i].more)),
               cases[i].want);
}
#define EXPECT_CLAIMS(cases) expect_claims(cases, sizeof(cases) / sizeof *(cases))

struct header_case {
    int vector;
    const char *what;
    const char *header;
    enum jwt_refusal want;
};

/* Signed by the key that the header would like to be believed to name. */
static void expect_headers(const struct header_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        expect(cases[i].vector, cases[i].what,
               forge_token(a, rsa, cases[i].header, honest_payload()), cases[i].want);
}
#define EXPECT_HEADERS(cases) expect_headers(cases, sizeof(cases) / sizeof *(cases))

/* ---- the tests ---- */

static void honest_tokens_are_accepted_and_read(void **state)
{
    struct jwt_claims c;

    (void)state;
    assert_int_equal(jwt_verify(verifier, slice_cstr(honest_token()), clock_mono_ms() + 1000, &c),
                     JWT_ACCEPTED);
    assert_string_equal(c.subject, "f3b8c7a0-4a41-4d58-9c8e-0f6f4c1d2e3f");
    assert_string_equal(c.client, "clientmetrics-web");
    assert_string_equal(c.session, "0d4ab9a2-63c5-4f7c-8d5b-5a3c8a0f7e21");
    assert_string_equal(c.email, "ana@acme.test");
    assert_string_equal(c.name, "Ana P\xc3\xa9rez");
    assert_true(c.email_verified);
    assert_false(c.operator_role);
    assert_int_equal(c.ntenants, 1);
    assert_string_equal(c.tenants[0], "acme");
    assert_int_equal(c.expires_s, NOW_S + 300);
    assert_int_equal(c.issued_s, NOW_S);
    expect(0, "ES256", forge_token(a, ec, ES_HEADER, honest_payload()), JWT_ACCEPTED);
}

static void the_algorithm_is_ours_to_choose(void **state)
{
    static const struct header_case headers[] = {
        {2, "None", "{\"alg\":\"None\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {2, "NONE", "{\"alg\":\"NONE\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {2, "nOnE", "{\"alg\":\"nOnE\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {3, "alg empty", "{\"alg\":\"\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {3, "alg missing", "{\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {3, "alg null", "{\"alg\":null,\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {3, "alg number", "{\"alg\":256,\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {3, "alg array", "{\"alg\":[\"RS256\"],\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {4, "none with a signature that fits",
         "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {9, "rs256", "{\"alg\":\"rs256\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {9, "RS256 and a blank", "{\"alg\":\"RS256 \",\"typ\":\"JWT\",\"kid\":\"rsa1\"}",
         JWT_BAD_ALG},
        {10, "RS256 with the EC key's kid", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"ec1\"}",
         JWT_UNKNOWN_KEY},
        {10, "ES256 with the RSA key's kid", "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}",
         JWT_UNKNOWN_KEY},
        {11, "EdDSA", "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}", JWT_BAD_ALG},
        {11, "ES256K", "{\"alg\":\"ES256K\",\"typ\":\"JWT\",\"kid\":\"ec1\"}", JWT_BAD_ALG},
        {11, "ES384", "{\"alg\":\"ES384\",\"typ\":\"JWT\",\"kid\":\"ec1\"}", JWT_BAD_ALG},
        {11, "HS256 signed with RSA", "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}",
         JWT_BAD_ALG},
    };
    const char *none = forge_input(a, SLICE("{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}"),
                                   slice_cstr(honest_payload()));
    const char *input;

    (void)state;
    expect(1, "none, empty signature", arena_printf(a, "%s.", none), JWT_BAD_SHAPE);
    expect(1, "none, some signature", arena_printf(a, "%s.AA", none), JWT_BAD_ALG);
    EXPECT_HEADERS(headers);

    input = forge_input(a, SLICE("{\"alg\":\"RS384\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}"),
                        slice_cstr(honest_payload()));
    expect(11, "RS384, well signed", forge_join(a, input, forge_sign(a, rsa, "SHA384", input)),
           JWT_BAD_ALG);
    input = forge_input(a, SLICE("{\"alg\":\"PS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\"}"),
                        slice_cstr(honest_payload()));
    expect(11, "PS256, well signed", forge_join(a, input, forge_pss(a, rsa, input)), JWT_BAD_ALG);
    input = forge_input(a, SLICE(RS_HEADER), slice_cstr(honest_payload()));
    expect(11, "RS256 header, PSS signature", forge_join(a, input, forge_pss(a, rsa, input)),
           JWT_BAD_SIGNATURE);
    expect(11, "RS256 header, SHA-512", forge_join(a, input, forge_sign(a, rsa, "SHA512", input)),
           JWT_BAD_SIGNATURE);
}

static char *hmac_token(const char *alg, const char *kid, const char *digest, struct slice secret)
{
    const char *header =
        arena_printf(a, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}", alg, kid);
    const char *input = forge_input(a, slice_cstr(header), slice_cstr(honest_payload()));

    return forge_join(a, input, forge_hmac(a, secret, digest, input));
}

static void a_public_key_is_no_secret(void **state)
{
    const char *pem = forge_pem(a, rsa);
    char *crlf = arena_strdup(a, "");
    unsigned char *der = NULL;
    const int der_bytes = i2d_PUBKEY(rsa, &der);
    const char *input;

    (void)state;
    for (const char *at = pem; *at; at++)
        crlf = arena_printf(a, *at == '\n' ? "%s\r%c" : "%s%c", crlf, *at);

    expect(5, "HS256 with the RSA PEM", hmac_token("HS256", "rsa1", "SHA256", slice_cstr(pem)),
           JWT_BAD_ALG);
    expect(6, "with CRLF", hmac_token("HS256", "rsa1", "SHA256", slice_cstr(crlf)), JWT_BAD_ALG);
    expect(6, "without the last LF",
           hmac_token("HS256", "rsa1", "SHA256", (struct slice){pem, strlen(pem) - 1}),
           JWT_BAD_ALG);
    expect(6, "as DER",
           hmac_token("HS256", "rsa1", "SHA256", (struct slice){(char *)der, (size_t)der_bytes}),
           JWT_BAD_ALG);
    expect(6, "the JWK's text",
           hmac_token("HS256", "rsa1", "SHA256", slice_cstr(forge_jwk(a, rsa, "rsa1", ""))),
           JWT_BAD_ALG);
    expect(7, "HS256 with an empty secret", hmac_token("HS256", "rsa1", "SHA256", SLICE("")),
           JWT_BAD_ALG);
    expect(8, "HS512 with the EC PEM",
           hmac_token("HS512", "ec1", "SHA512", slice_cstr(forge_pem(a, ec))), JWT_BAD_ALG);
    /* the header honest, the signature an HMAC of the right length or not */
    input = forge_input(a, SLICE(RS_HEADER), slice_cstr(honest_payload()));
    expect(5, "RS256 header, HMAC signature",
           forge_join(a, input, forge_hmac(a, slice_cstr(pem), "SHA256", input)),
           JWT_BAD_SIGNATURE);
    OPENSSL_free(der);
}

static void a_signature_covers_its_own_text_only(void **state)
{
    const char *input = forge_input(a, SLICE(RS_HEADER), slice_cstr(honest_payload()));
    const char *other = forge_input(a, SLICE(RS_HEADER),
                                    slice_cstr(payload_with("organization", "[\"other\"]", NULL)));
    const struct slice signature = forge_sign(a, rsa, "SHA256", input);

    (void)state;
    expect(12, "a.b.", arena_printf(a, "%s.", input), JWT_BAD_SHAPE);
    expect(12, "a.b", input, JWT_BAD_SHAPE);
    for (size_t at = 0; at < signature.n; at += 51) {
        char *bytes = arena_memdup(a, signature.p, signature.n);

        bytes[at] ^= 1;
        expect(13, "a bit flipped", forge_join(a, input, (struct slice){bytes, signature.n}),
               JWT_BAD_SIGNATURE);
    }
    expect(13, "another payload", forge_join(a, other, signature), JWT_BAD_SIGNATURE);
    expect(14, "another token's signature",
           forge_join(a, input, forge_sign(a, rsa, "SHA256", other)), JWT_BAD_SIGNATURE);
    expect(14, "a stranger's signature", forge_token(a, thief, RS_HEADER, honest_payload()),
           JWT_BAD_SIGNATURE);
    expect(13, "the honest one still counts", forge_join(a, input, signature), JWT_ACCEPTED);
}

static void a_header_names_a_key_and_nothing_more(void **state)
{
    static const struct header_case headers[] = {
        {15, "unknown kid", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"nobody\"}",
         JWT_UNKNOWN_KEY},
        {15, "kid in another case", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"RSA1\"}",
         JWT_UNKNOWN_KEY},
        {15, "a prefix of a kid", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa\"}",
         JWT_UNKNOWN_KEY},
        {16, "kid missing", "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", JWT_BAD_KID},
        {16, "kid empty", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"\"}", JWT_BAD_KID},
        {17, "a path", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"../../dev/null\"}",
         JWT_UNKNOWN_KEY},
        {18, "SQL", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"x' UNION SELECT 'key\"}",
         JWT_UNKNOWN_KEY},
        {18, "shell", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"$(id)|id;`id`\"}",
         JWT_UNKNOWN_KEY},
        {19, "kid with NUL", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\\u0000x\"}",
         JWT_BAD_HEADER},
        {19, "kid number", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":1}", JWT_BAD_KID},
        {19, "kid array", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":[\"rsa1\"]}", JWT_BAD_KID},
        {20, "kid of the enc key", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa-enc\"}",
         JWT_UNKNOWN_KEY},
        {24, "crit", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"crit\":[\"exp\"]}",
         JWT_CRITICAL},
        {24, "crit empty", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"crit\":[]}",
         JWT_CRITICAL},
        {24, "crit null", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"crit\":null}",
         JWT_CRITICAL},
        {25, "b64 false",
         "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"b64\":false,\"crit\":[\"b64\"]}",
         JWT_CRITICAL},
        {25, "b64 without crit",
         "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"b64\":false}", JWT_CRITICAL},
        {44, "dpop+jwt", "{\"alg\":\"RS256\",\"typ\":\"dpop+jwt\",\"kid\":\"rsa1\"}", JWT_BAD_TYP},
        {44, "secevent+jwt", "{\"alg\":\"RS256\",\"typ\":\"secevent+jwt\",\"kid\":\"rsa1\"}",
         JWT_BAD_TYP},
        {44, "logout+jwt", "{\"alg\":\"RS256\",\"typ\":\"logout+jwt\",\"kid\":\"rsa1\"}",
         JWT_BAD_TYP},
        {44, "typ missing", "{\"alg\":\"RS256\",\"kid\":\"rsa1\"}", JWT_BAD_TYP},
        {44, "typ in lower case", "{\"alg\":\"RS256\",\"typ\":\"jwt\",\"kid\":\"rsa1\"}",
         JWT_BAD_TYP},
        {46, "alg twice", "{\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"alg\":\"RS256\"}",
         JWT_BAD_HEADER},
        {46, "kid twice", "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"kid\":\"rsa1\"}",
         JWT_BAD_HEADER},
        {71, "alg twice, once as \\u",
         "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"a\\u006cg\":\"none\"}",
         JWT_BAD_HEADER},
    };
    const char *jwk = forge_jwk(a, thief, "rsa1", "");
    char *long_kid = arena_zalloc(a, 1, 4097);

    (void)state;
    EXPECT_HEADERS(headers);
    memset(long_kid, 'k', 4096);
    expect(
        19, "kid of 4 KB",
        forge_token(a, rsa,
                    arena_printf(a, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", long_kid),
                    honest_payload()),
        JWT_BAD_KID);
    expect(
        21, "embedded jwk",
        forge_token(
            a, thief,
            arena_printf(a, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"jwk\":%s}", jwk),
            honest_payload()),
        JWT_BAD_SIGNATURE);
    expect(
        21, "embedded jwk with a kid of its own",
        forge_token(
            a, thief,
            arena_printf(a, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"mine\",\"jwk\":%s}", jwk),
            honest_payload()),
        JWT_UNKNOWN_KEY);
    expect(
        22, "jku to another host",
        forge_token(
            a, thief,
            "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"jku\":\"https://evil.test/k\"}",
            honest_payload()),
        JWT_BAD_SIGNATURE);
    expect(
        22, "x5u to another host",
        forge_token(
            a, thief,
            "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"x5u\":\"https://evil.test/c\"}",
            honest_payload()),
        JWT_BAD_SIGNATURE);
    expect(23, "x5c of its own",
           forge_token(a, thief,
                       "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"x5c\":[\"MIIB\"]}",
                       honest_payload()),
           JWT_BAD_SIGNATURE);
    expect(
        21, "a jwk that is ignored", /* harmless where the key is ours */
        forge_token(
            a, rsa,
            arena_printf(a, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"jwk\":%s}", jwk),
            honest_payload()),
        JWT_ACCEPTED);
    expect(26, "a JWT in a JWT", forge_token(a, rsa, RS_HEADER, honest_token()), JWT_BAD_SIGNATURE);
    expect(26, "a JWE of five parts", "eyJhbGciOiJSU0EtT0FFUCJ9.QUFB.QUFB.QUFB.QUFB",
           JWT_BAD_SHAPE);
}

static void times_are_whole_seconds_within_bounds(void **state)
{
    static const struct claim_case cases[] = {
        {27, "exp past", "exp", "@-3600", NULL, JWT_EXPIRED},
        {28, "exp missing", "exp", NULL, NULL, JWT_BAD_TIME},
        {28, "iat missing", "iat", NULL, NULL, JWT_BAD_TIME},
        {29, "exp string", "exp", "\"1760000300\"", NULL, JWT_BAD_TIME},
        {29, "exp null", "exp", "null", NULL, JWT_BAD_TIME},
        {29, "exp true", "exp", "true", NULL, JWT_BAD_TIME},
        {30, "exp float", "exp", "1760000300.5", NULL, JWT_BAD_TIME},
        {30, "exp 1e18", "exp", "1e18", NULL, JWT_BAD_TIME},
        {31, "exp negative", "exp", "-1", NULL, JWT_BAD_TIME},
        {31, "exp above 2^53", "exp", "9007199254740993", NULL, JWT_BAD_TIME},
        {31, "exp 2^53, far too long a life", "exp", "9007199254740992", NULL, JWT_TOO_LIVED},
        {31, "exp of 30 digits", "exp", "176000030017600003001760000300", NULL, JWT_BAD_SIGNATURE},
        {33, "nbf at the leeway", "nbf", "@+30", NULL, JWT_ACCEPTED},
        {33, "nbf beyond it", "nbf", "@+31", NULL, JWT_NOT_YET},
        {33, "nbf string", "nbf", "\"0\"", NULL, JWT_BAD_TIME},
        {33, "nbf float", "nbf", "1.0", NULL, JWT_BAD_TIME},
        {34, "iat at the leeway", "iat", "@+30", NULL, JWT_ACCEPTED},
        {34, "iat beyond it", "iat", "@+31", NULL, JWT_NOT_YET},
        {34, "iat far ahead", "iat", "@+86400", NULL, JWT_NOT_YET},
        {34, "iat string", "iat", "\"now\"", NULL, JWT_BAD_TIME},
        {34, "iat at exp", "exp", "@+0", NULL, JWT_TOO_LIVED},
        {34, "iat after exp", "exp", "@-29", NULL,
         JWT_TOO_LIVED}, /* inside the leeway, yet it makes no sense */
        {35, "longest life", "exp", "@+3600", NULL, JWT_ACCEPTED},
        {35, "longer than policy", "exp", "@+3601", NULL, JWT_TOO_LIVED},
    };

    (void)state;
    EXPECT_CLAIMS(cases);

    /* 32 with an iat that is older: only the leeway decides */
    clock_freeze((int64_t)(NOW_S + 329) * 1000000, clock_mono_ms());
    expect(32, "29 s past exp", honest_token(), JWT_ACCEPTED);
    clock_freeze((int64_t)(NOW_S + 330) * 1000000, clock_mono_ms());
    expect(32, "30 s past exp", honest_token(), JWT_EXPIRED);
}

static void a_token_is_from_our_issuer_for_us(void **state)
{
    static const struct claim_case cases[] = {
        {36, "other host", "iss", "\"https://id.example.org/realms/main\"", NULL, JWT_BAD_ISSUER},
        {37, "trailing slash", "iss", "\"" ISSUER "/\"", NULL, JWT_BAD_ISSUER},
        {37, "case", "iss", "\"https://ID.example.com/realms/main\"", NULL, JWT_BAD_ISSUER},
        {37, "other realm", "iss", "\"https://id.example.com/realms/other\"", NULL, JWT_BAD_ISSUER},
        {37, "http", "iss", "\"http://id.example.com/realms/main\"", NULL, JWT_BAD_ISSUER},
        {37, "a prefix of ours", "iss", "\"https://id.example.com/realms/mai\"", NULL,
         JWT_BAD_ISSUER},
        {37, "ours as prefix", "iss", "\"" ISSUER "2\"", NULL, JWT_BAD_ISSUER},
        {38, "missing", "iss", NULL, NULL, JWT_BAD_ISSUER},
        {38, "array", "iss", "[\"" ISSUER "\"]", NULL, JWT_BAD_ISSUER},
        {39, "aud missing", "aud", NULL, NULL, JWT_BAD_AUDIENCE},
        {40, "only account", "aud", "\"account\"", NULL, JWT_BAD_AUDIENCE},
        {41, "array without us", "aud", "[\"account\",\"broker\"]", NULL, JWT_BAD_AUDIENCE},
        {41, "array with us", "aud", "[\"account\",\"" AUDIENCE "\"]", NULL, JWT_ACCEPTED},
        {41, "string of us", "aud", "\"" AUDIENCE "\"", NULL, JWT_ACCEPTED},
        {41, "number", "aud", "1", NULL, JWT_BAD_AUDIENCE},
        {41, "object", "aud", "{\"" AUDIENCE "\":true}", NULL, JWT_BAD_AUDIENCE},
        {41, "array with us and a number", "aud", "[\"" AUDIENCE "\",1]", NULL, JWT_BAD_AUDIENCE},
        {41, "array in an array", "aud", "[[\"" AUDIENCE "\"]]", NULL, JWT_BAD_AUDIENCE},
        {41, "other case", "aud", "\"ClientMetrics-API\"", NULL, JWT_BAD_AUDIENCE},
        {42, "azp not listed", "azp", "\"admin-cli\"", NULL, JWT_BAD_CLIENT},
        {42, "azp missing", "azp", NULL, NULL, JWT_BAD_CLIENT},
        {42, "azp the whole list", "azp", "\"clientmetrics-web, cm-cli\"", NULL, JWT_BAD_CLIENT},
        {42, "azp empty", "azp", "\"\"", NULL, JWT_BAD_CLIENT},
        {42, "azp array", "azp", "[\"clientmetrics-web\"]", NULL, JWT_BAD_CLIENT},
        {42, "the second of the list", "azp", "\"cm-cli\"", NULL, JWT_ACCEPTED},
        {43, "ID token", "typ", "\"ID\"", NULL, JWT_BAD_TYPE},
        {43, "refresh token", "typ", "\"Refresh\"", NULL, JWT_BAD_TYPE},
        {43, "offline token", "typ", "\"Offline\"", NULL, JWT_BAD_TYPE},
        {43, "logout token", "typ", "\"Logout\"", NULL, JWT_BAD_TYPE},
        {43, "typ missing", "typ", NULL, NULL, JWT_BAD_TYPE},
        {43, "typ in lower case", "typ", "\"bearer\"", NULL, JWT_BAD_TYPE},
        {45, "cnf", "cnf", "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", NULL,
         JWT_BOUND},
        {45, "cnf null", "cnf", "null", NULL, JWT_BOUND},
        {0, "sub missing", "sub", NULL, NULL, JWT_BAD_SUBJECT},
        {0, "sub empty", "sub", "\"\"", NULL, JWT_BAD_SUBJECT},
        {0, "sub number", "sub", "7", NULL, JWT_BAD_SUBJECT},
        {0, "sub with a line end", "sub", "\"a\\nb\"", NULL, JWT_BAD_SUBJECT},
        {0, "email number", "email", "7", NULL, JWT_BAD_CLAIM},
        {0, "email_verified as text", "email_verified", "\"true\"", NULL, JWT_BAD_CLAIM},
        {0, "no e-mail", "email", NULL, NULL, JWT_ACCEPTED},
    };

    (void)state;
    EXPECT_CLAIMS(cases);
}

static void the_tenant_is_said_once_and_plainly(void **state)
{
    static const struct claim_case cases[] = {
        {46, "tenant twice", NULL, NULL, ",\"organization\":[\"other\"]", JWT_BAD_PAYLOAD},
        {46, "iss twice", NULL, NULL, ",\"iss\":\"" ISSUER "\"", JWT_BAD_PAYLOAD},
        {46, "exp twice", NULL, NULL, ",\"exp\":9999999999", JWT_BAD_PAYLOAD},
        {46, "an inner member twice", NULL, NULL, ",\"x\":{\"y\":1,\"y\":2}", JWT_BAD_PAYLOAD},
        {71, "tenant twice, once as \\u", NULL, NULL, ",\"or\\u0067anization\":[\"other\"]",
         JWT_BAD_PAYLOAD},
        {47, "missing", "organization", NULL, NULL, JWT_BAD_TENANT},
        {47, "null", "organization", "null", NULL, JWT_BAD_TENANT},
        {47, "empty", "organization", "\"\"", NULL, JWT_BAD_TENANT},
        {47, "empty array", "organization", "[]", NULL, JWT_BAD_TENANT},
        {47, "empty object", "organization", "{}", NULL, JWT_BAD_TENANT},
        {47, "number", "organization", "1", NULL, JWT_BAD_TENANT},
        {47, "bool", "organization", "true", NULL, JWT_BAD_TENANT},
        {47, "array of a number", "organization", "[1]", NULL, JWT_BAD_TENANT},
        {47, "array in an array", "organization", "[[\"acme\"]]", NULL, JWT_BAD_TENANT},
        {47, "a good one and a number", "organization", "[\"acme\",null]", NULL, JWT_BAD_TENANT},
        {47, "object of texts", "organization", "{\"acme\":\"id\"}", NULL, JWT_BAD_TENANT},
        {47, "string", "organization", "\"acme\"", NULL, JWT_ACCEPTED},
        {47, "array", "organization", "[\"acme\",\"beta-2\"]", NULL, JWT_ACCEPTED},
        {47, "object by alias", "organization", "{\"acme\":{\"id\":\"42\"},\"beta\":{}}", NULL,
         JWT_ACCEPTED},
        {48, "NUL", "organization", "\"acme\\u0000\"", NULL,
         JWT_BAD_SIGNATURE}, /* libjwt cannot read it at all */
        {48, "%00", "organization", "\"acme%00\"", NULL, JWT_BAD_TENANT},
        {48, "dots", "organization", "\"../acme\"", NULL, JWT_BAD_TENANT},
        {48, "a dot", "organization", "\"ac.me\"", NULL, JWT_BAD_TENANT},
        {48, "Cyrillic a", "organization", "\"\\u0430cme\"", NULL, JWT_BAD_TENANT},
        {48, "full-width letters", "organization", "\"\\uff41cme\"", NULL, JWT_BAD_TENANT},
        {48, "case", "organization", "\"Acme\"", NULL, JWT_BAD_TENANT},
        {48, "leading space", "organization", "\" acme\"", NULL, JWT_BAD_TENANT},
        {48, "trailing space", "organization", "\"acme \"", NULL, JWT_BAD_TENANT},
        {48, "line end", "organization", "\"acme\\n\"", NULL, JWT_BAD_TENANT},
        {48, "in an array too", "organization", "[\"acme\",\"Acme\"]", NULL, JWT_BAD_TENANT},
        {48, "as an alias too", "organization", "{\"Acme\":{}}", NULL, JWT_BAD_TENANT},
        {48, "leading hyphen", "organization", "\"-acme\"", NULL, JWT_BAD_TENANT},
        {48, "64 bytes", "organization",
         "\"aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd\"", NULL,
         JWT_BAD_TENANT},
        {47, "17 of them", "organization",
         "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\","
         "\"o\",\"p\",\"q\"]",
         NULL, JWT_BAD_TENANT},
        {51, "roles a string", "realm_access", "{\"roles\":\"clientmetrics-operator\"}", NULL,
         JWT_BAD_CLAIM},
        {51, "realm_access a string", "realm_access", "\"clientmetrics-operator\"", NULL,
         JWT_BAD_CLAIM},
        {51, "roles with a number", "realm_access", "{\"roles\":[1]}", NULL, JWT_BAD_CLAIM},
    };

    (void)state;
    EXPECT_CLAIMS(cases);
}

static void only_the_operators_role_makes_an_operator(void **state)
{
    static const struct {
        const char *roles;
        bool want;
    } cases[] = {
        {NULL, false},
        {"{}", false},
        {"{\"roles\":[]}", false},
        {"{\"roles\":[\"admin\",\"Admin \"]}", false},
        {"{\"roles\":[\"clientmetrics-operator \"]}", false},
        {"{\"roles\":[\"Clientmetrics-Operator\"]}", false},
        {"{\"roles\":[\"x\",\"clientmetrics-operator\"]}", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *token =
            forge_token(a, rsa, RS_HEADER, payload_with("realm_access", cases[i].roles, NULL));
        struct jwt_claims c;

        assert_int_equal(jwt_verify(verifier, slice_cstr(token), clock_mono_ms() + 1000, &c),
                         JWT_ACCEPTED);
        assert_int_equal(c.operator_role, cases[i].want);
    }
}

static void elliptic_signatures_are_exact(void **state)
{
    const char *input = forge_input(a, SLICE(ES_HEADER), slice_cstr(honest_payload()));
    const struct slice good = forge_sign(a, ec, "SHA256", input);
    static const char order[] = "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
                                "\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
    static const struct {
        int vector;
        const char *what;
        char r; /* 0: zero, n: the order, =: as it was */
        char s;
    } cases[] = {
        {57, "r and s zero", '0', '0'}, {58, "r zero", '0', '='},
        {58, "s zero", '=', '0'},       {58, "r the order", 'n', '='},
        {58, "s the order", '=', 'n'},  {58, "both the order", 'n', 'n'},
    };
    char bytes[96] = {0};

    (void)state;
    expect(57, "as signed", forge_join(a, input, good), JWT_ACCEPTED);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(bytes, good.p, 64);
        if (cases[i].r != '=')
            memcpy(bytes, cases[i].r == 'n' ? order : (const char[32]){0}, 32);
        if (cases[i].s != '=')
            memcpy(bytes + 32, cases[i].s == 'n' ? order : (const char[32]){0}, 32);
        expect(cases[i].vector, cases[i].what, forge_join(a, input, (struct slice){bytes, 64}),
               JWT_BAD_SIGNATURE);
    }
    expect(59, "DER", forge_join(a, input, forge_der(a, good)), JWT_BAD_SIGNATURE);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, good.p, 64);
    expect(59, "63 bytes", forge_join(a, input, (struct slice){bytes, 63}), JWT_BAD_SIGNATURE);
    expect(59, "65 bytes", forge_join(a, input, (struct slice){bytes, 65}), JWT_BAD_SIGNATURE);
    expect(59, "96 bytes", forge_join(a, input, (struct slice){bytes, 96}), JWT_BAD_SIGNATURE);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes + 1, good.p, 32);
    memcpy(bytes + 34, good.p + 32, 32);
    expect(59, "66 bytes, each half with a zero before",
           forge_join(a, input, (struct slice){bytes, 66}), JWT_BAD_SIGNATURE);
    expect(60, "high-s twin", forge_join(a, input, forge_high_s(a, good)), JWT_ACCEPTED);
}

static char *text_at(const char *token, size_t at, const char *insert, size_t drop)
{
    return arena_printf(a, "%.*s%s%s", (int)at, token, insert, token + at + drop);
}

static void the_text_is_canonical(void **state)
{
    const char *token = honest_token();
    const size_t n = strlen(token);
    const size_t dot1 = strcspn(token, ".");
    const size_t dot2 = dot1 + 1 + strcspn(token + dot1 + 1, ".");
    const char *urlsafe;
    const char *sig = token + dot2 + 1;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static const struct {
        int vector;
        const char *what;
        const char *text;
    } junk[] = {
        {63, "letter", "!"}, {63, "space", " "},        {63, "CR LF", "\r\n"},
        {63, "TAB", "\t"},   {63, "UTF-8", "\xc3\xb1"},
    };
    static const char *const shapes[] = {"",   ".",    "..",  "...",   "a",   "a.",
                                         ".a", "a..b", "..a", "a.b..", ".a.b"};

    (void)state;
    expect(61, "= after the signature", text_at(token, n, "=", 0), JWT_BAD_ENCODING);
    expect(61, "= after the header", text_at(token, dot1, "=", 0), JWT_BAD_ENCODING);
    expect(61, "== after the payload", text_at(token, dot2, "==", 0), JWT_BAD_ENCODING);

    while (!strpbrk(sig, "-_")) { /* all but always there in 342 characters */
        token =
            forge_token(a, rsa, RS_HEADER,
                        payload_with("jti", arena_printf(a, "\"%p\"", (const void *)sig), NULL));
        sig = strrchr(token, '.') + 1;
    }
    urlsafe = strpbrk(sig, "-_");
    expect(62, "+ or / in the signature",
           text_at(token, (size_t)(urlsafe - token), *urlsafe == '-' ? "+" : "/", 1),
           JWT_BAD_ENCODING);
    token = honest_token();

    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        const size_t places[] = {0, dot1 / 2, dot1, dot1 + 9, dot2, dot2 + 9, n};

        for (size_t p = 0; p < sizeof places / sizeof *places; p++)
            expect(junk[i].vector, junk[i].what, text_at(token, places[p], junk[i].text, 0),
                   JWT_BAD_ENCODING);
    }

    for (unsigned bit = 1; bit < 16;
         bit <<= 1) { /* 256 bytes leave 4 bits over in the last character */
        const char *last = strchr(alphabet, token[n - 1]);
        const char swapped[] = {alphabet[(size_t)(last - alphabet) ^ bit], '\0'};

        expect(64, "non-canonical last character", text_at(token, n - 1, swapped, 1),
               JWT_BAD_ENCODING);
    }
    expect(65, "length 1 mod 4", text_at(token, n - 1, "", 1), JWT_BAD_ENCODING);
    expect(65, "length 1 mod 4", text_at(token, n, "AAA", 0), JWT_BAD_ENCODING);

    expect(66, "four segments", text_at(token, n, ".AAAA", 0), JWT_BAD_SHAPE);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        expect(66, shapes[i], shapes[i], JWT_BAD_SHAPE);

    {
        char *bytes = arena_memdup(a, token, n + 1);

        bytes[dot2 + 5] = '\0';
        expect_slice(67, "NUL in the signature", (struct slice){bytes, n}, JWT_BAD_ENCODING);
        bytes = arena_memdup(a, token, n + 1);
        expect_slice(67, "NUL after the end", (struct slice){bytes, n + 1}, JWT_BAD_ENCODING);
    }
    expect(64, "the honest one still counts", token, JWT_ACCEPTED);
}

static void a_token_has_a_bound(void **state)
{
    char *filler = arena_zalloc(a, 1, 65536 + 1);
    const size_t bare = strlen(forge_token(a, rsa, RS_HEADER, payload_with("pad", "\"\"", NULL)));
    size_t pad = (LIMIT_TOKEN_BYTES - bare) * 3 / 4 + 4;
    const char *token;

    (void)state;
    memset(filler, 'A', 65536);
    expect(68, "64 KB", filler, JWT_TOO_LONG);
    expect(68, "64 KB with dots", arena_printf(a, "a.b.%s", filler), JWT_TOO_LONG);
    do /* three bytes make four characters: at most one of them short of the bound */
        token =
            forge_token(a, rsa, RS_HEADER,
                        payload_with("pad", arena_printf(a, "\"%.*s\"", (int)pad--, filler), NULL));
    while (strlen(token) > LIMIT_TOKEN_BYTES);
    assert_true(strlen(token) >= LIMIT_TOKEN_BYTES - 1);
    expect(68, "at the bound", token, JWT_ACCEPTED);
    expect(68, "8 KiB and one",
           arena_printf(a, "%s%.*s", token, (int)(LIMIT_TOKEN_BYTES + 1 - strlen(token)), filler),
           JWT_TOO_LONG);
}

static void json_is_strict(void **state)
{
    static const struct {
        int vector;
        const char *what;
        struct slice payload;
        enum jwt_refusal want;
    } payloads[] = {
        {70, "array", {"[]", 2}, JWT_BAD_PAYLOAD},
        {70,
         "null",
         {"null", 4},
         JWT_BAD_SIGNATURE}, /* these libjwt cannot read, so it never checks them */
        {70, "empty object", {"{}", 2}, JWT_BAD_ISSUER},
        {70, "text", {"\"x\"", 3}, JWT_BAD_SIGNATURE},
        {70, "not UTF-8", {"{\"iss\":\"\xff\xfe\"}", 12}, JWT_BAD_SIGNATURE},
        {70, "BOM", {"\xef\xbb\xbf{}", 5}, JWT_BAD_SIGNATURE},
        {70, "trailing bytes", {"{} {}", 5}, JWT_BAD_SIGNATURE},
        {70, "trailing NUL", {"{}\0x", 4}, JWT_BAD_PAYLOAD},
        {70, "not JSON", {"exp=1", 5}, JWT_BAD_SIGNATURE},
    };
    static const struct header_case headers[] = {
        {70, "header array", "[\"RS256\"]", JWT_BAD_HEADER},
        {70, "header null", "null", JWT_BAD_HEADER},
        {70, "header BOM", "\xef\xbb\xbf" RS_HEADER, JWT_BAD_HEADER},
        {70, "header with trailing bytes", RS_HEADER "x", JWT_BAD_HEADER},
        {70, "header not UTF-8",
         "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"x\":\"\xc3\"}", JWT_BAD_HEADER},
    };
    char *deep = arena_zalloc(a, 1, 3001);
    char *less = arena_zalloc(a, 1, 81);

    (void)state;
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        const char *input = forge_input(a, SLICE(RS_HEADER), payloads[i].payload);

        expect(payloads[i].vector, payloads[i].what,
               forge_join(a, input, forge_sign(a, rsa, "SHA256", input)), payloads[i].want);
    }
    EXPECT_HEADERS(headers);

    memset(deep, '[', 3000);
    expect(69, "header of 3,000 levels", forge_token(a, rsa, deep, "{}"), JWT_BAD_HEADER);
    expect(69, "payload of 3,000 levels", forge_token(a, rsa, RS_HEADER, deep), JWT_BAD_SIGNATURE);
    memset(less, '[', 40);
    memset(less + 40, ']', 40);
    expect(69, "40 levels", forge_token(a, rsa, RS_HEADER, payload_with("x", less, NULL)),
           JWT_BAD_PAYLOAD);
    expect(
        69, "40 levels in the header",
        forge_token(
            a, rsa,
            arena_printf(a, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"rsa1\",\"x\":%s}", less),
            honest_payload()),
        JWT_BAD_HEADER);
    expect(
        71, "a key written with \\u",
        forge_token(a, rsa, RS_HEADER,
                    payload_with("exp", NULL, arena_printf(a, ",\"e\\u0078p\":%d", NOW_S + 300))),
        JWT_ACCEPTED);
    expect(71, "with its twin",
           forge_token(a, rsa, RS_HEADER,
                       payload_with(NULL, NULL, arena_printf(a, ",\"e\\u0078p\":%d", NOW_S + 900))),
           JWT_BAD_PAYLOAD);
}

static void the_carrier_is_one_bearer_header(void **state)
{
    static const struct {
        const char *header;
        const char *token; /* NULL: refused */
    } cases[] = {
        {"", NULL},
        {"Bearer", NULL},
        {"Bearer ", NULL},
        {"Bearer x.y.z", "x.y.z"},
        {"bearer x.y.z", "x.y.z"},
        {"BEARER x.y.z", "x.y.z"},
        {"Basic YTpi", NULL},
        {"Bearer  x.y.z", NULL},
        {"Bearer\tx.y.z", NULL},
        {" Bearer x.y.z", NULL},
        {"Bearer x.y.z ", NULL},
        {"Bearer x.y.z, Bearer x.y.z", NULL},  /* two headers as a proxy joins them */
        {"Bearer x.y.z,x.y.z", "x.y.z,x.y.z"}, /* not base64url: refused as a token */
        {"Bearerx.y.z", NULL},
        {"Token x.y.z", NULL},
        {"x.y.z", NULL},
        {"Bearer x\x80y", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice token = {NULL, 0};
        const bool good = identity_bearer(slice_cstr(cases[i].header), &token);

        if (good != (cases[i].token != NULL) || (good && !slice_is(token, cases[i].token)))
            fail_msg("vector 72: \"%s\"", cases[i].header);
    }
    expect(72, "two in one header", arena_printf(a, "%s,%s", honest_token(), honest_token()),
           JWT_BAD_SHAPE);
}

static void a_choice_is_among_the_tokens_tenants(void **state)
{
    const struct jwt_claims one = {.ntenants = 1, .tenants = {"acme"}};
    const struct jwt_claims two = {.ntenants = 2, .tenants = {"acme", "beta"}};
    const char *slug = NULL;

    (void)state;
    assert_int_equal(identity_choose(&one, SLICE(""), &slug), IDENTITY_CHOSEN);
    assert_string_equal(slug, "acme");
    assert_int_equal(identity_choose(&one, SLICE("acme"), &slug), IDENTITY_CHOSEN);
    assert_int_equal(identity_choose(&one, SLICE("beta"), &slug), IDENTITY_NOT_AMONG);
    assert_int_equal(identity_choose(&two, SLICE(""), &slug), IDENTITY_MUST_CHOOSE); /* vector 52 */
    assert_int_equal(identity_choose(&two, SLICE("beta"), &slug), IDENTITY_CHOSEN);
    assert_string_equal(slug, "beta");
    slug = NULL;
    assert_int_equal(identity_choose(&two, SLICE("gamma"), &slug),
                     IDENTITY_NOT_AMONG); /* vector 50 */
    assert_int_equal(identity_choose(&two, SLICE("Acme"), &slug), IDENTITY_NOT_AMONG);
    assert_int_equal(identity_choose(&two, SLICE("acme "), &slug), IDENTITY_NOT_AMONG);
    assert_int_equal(identity_choose(&two, (struct slice){"acme\0", 5}, &slug), IDENTITY_NOT_AMONG);
    assert_null(slug);
}

static void a_remembered_decision_ends_with_the_token(void **state)
{
    const char *token = honest_token();
    const char *short_lived = forge_token(a, rsa, RS_HEADER, payload_with("exp", "@+20", NULL));
    const int64_t mono_ms = clock_mono_ms();

    (void)state;
    expect(73, "first", token, JWT_ACCEPTED);
    assert_int_equal(jwt_cache_hits(verifier), 0);
    expect(73, "again inside exp (accepted and documented)", token, JWT_ACCEPTED);
    assert_int_equal(jwt_cache_hits(verifier), 1);
    clock_freeze((int64_t)(NOW_S + 59) * 1000000, mono_ms + 59999);
    expect(73, "after 59 s", token, JWT_ACCEPTED);
    assert_int_equal(jwt_cache_hits(verifier), 2);
    clock_freeze((int64_t)(NOW_S + 60) * 1000000, mono_ms + 60000);
    expect(73, "after a minute it is looked at again", token, JWT_ACCEPTED);
    assert_int_equal(jwt_cache_hits(verifier), 2);

    clock_freeze((int64_t)NOW_S * 1000000, mono_ms);
    expect(74, "remembered", short_lived, JWT_ACCEPTED);
    clock_freeze((int64_t)(NOW_S + 20) * 1000000, mono_ms + 20000);
    expect(74, "inside the leeway, but checked again", short_lived, JWT_ACCEPTED);
    assert_int_equal(jwt_cache_hits(verifier), 2);
    clock_freeze((int64_t)(NOW_S + 50) * 1000000, mono_ms + 50000);
    expect(74, "expired inside the cache's minute", short_lived, JWT_EXPIRED);
}

static void many_decisions_do_not_disturb_one_another(void **state)
{
    char *tokens[700];

    (void)state;
    for (int i = 0; i < 700; i++) /* more than the table holds */
        tokens[i] =
            forge_token(a, ec, ES_HEADER, payload_with("sub", arena_printf(a, "\"s%d\"", i), NULL));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 700; i++) {
            struct jwt_claims c;
            char want[16];

            snprintf(want, sizeof want, "s%d", i);
            assert_int_equal(
                jwt_verify(verifier, slice_cstr(tokens[i]), clock_mono_ms() + 1000, &c),
                JWT_ACCEPTED);
            assert_string_equal(c.subject, want);
        }
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(honest_tokens_are_accepted_and_read),
        T(the_algorithm_is_ours_to_choose),
        T(a_public_key_is_no_secret),
        T(a_signature_covers_its_own_text_only),
        T(a_header_names_a_key_and_nothing_more),
        T(times_are_whole_seconds_within_bounds),
        T(a_token_is_from_our_issuer_for_us),
        T(the_tenant_is_said_once_and_plainly),
        T(only_the_operators_role_makes_an_operator),
        T(elliptic_signatures_are_exact),
        T(the_text_is_canonical),
        T(a_token_has_a_bound),
        T(json_is_strict),
        T(the_carrier_is_one_bearer_header),
        T(a_choice_is_among_the_tokens_tenants),
        T(a_remembered_decision_ends_with_the_token),
        T(many_decisions_do_not_disturb_one_another),
    };
    return cmocka_run_group_tests_name("jwt vectors", tests, set_up_all, tear_down_all);
}

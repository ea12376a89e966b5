/* SPDX-License-Identifier: MIT */
/*
 * Vectors 53 to 56: what the identity provider publishes, and how it arrives. A strange key is
 * skipped, a strange answer changes nothing, and no worker waits for a slow provider.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <openssl/core_names.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auth/jwks.h"
#include "auth/jwt.h"
#include "auth/keys.h"
#include "auth/keys_http.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "tests/lib/forge.h"

static struct arena *keyring;
static struct arena *a;
static EVP_PKEY *rsa;
static EVP_PKEY *rsa2;
static EVP_PKEY *ec;

static int set_up_all(void **state)
{
    (void)state;
    keyring = arena_new(32 << 20);
    rsa = forge_rsa(keyring, 2048);
    rsa2 = forge_rsa(keyring, 2048);
    ec = forge_ec(keyring, "P-256");
    return 0;
}

static int tear_down_all(void **state)
{
    (void)state;
    arena_free(keyring);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    a = arena_new(32 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    clock_real();
    arena_free(a);
    return 0;
}

static const char *set_of(const char *keys)
{
    return arena_printf(a, "{\"keys\":[%s]}", keys);
}

static struct jwks parse(const char *text)
{
    struct jwks set;

    memset(&set, 0, sizeof set);
    assert_int_equal(jwks_parse(slice_cstr(text), &set), JWKS_OK);
    return set;
}

/* ---- 55: one key ---- */

static char *rsa_jwk(const unsigned char *n, size_t nbytes, const unsigned char *e, size_t ebytes)
{
    return arena_printf(a, "{\"kid\":\"k\",\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"}",
                        forge_base64url(a, n, nbytes), forge_base64url(a, e, ebytes));
}

static void odd_keys_are_skipped(void **state)
{
    static const unsigned char e65537[] = {1, 0, 1};
    static const unsigned char e65536[] = {1, 0, 0};
    static const unsigned char e3[] = {3};
    static const unsigned char e1[] = {1};
    static const unsigned char huge[] = {1, 0, 0, 0, 1};
    unsigned char n[256];
    unsigned char even[256];
    unsigned char x[32];
    unsigned char y[32];
    unsigned char bad_y[32];

    (void)state;
    forge_number(rsa, "n", n, sizeof n);
    memcpy(even, n, sizeof even);
    even[255] &= 0xfe;
    forge_number(ec, "qx", x, sizeof x);
    forge_number(ec, "qy", y, sizeof y);
    memcpy(bad_y, y, sizeof bad_y);
    bad_y[31] ^= 1;

    const struct {
        const char *what;
        const char *jwk;
    } cases[] = {
        {"RSA 1024", forge_jwk(a, forge_rsa(a, 1024), "k", "")},
        {"RSA 1024 that says it is for signatures",
         forge_jwk(a, forge_rsa(a, 1024), "k", ",\"use\":\"sig\"")},
        {"even modulus", rsa_jwk(even, 256, e65537, 3)},
        {"e = 1", rsa_jwk(n, 256, e1, 1)},
        {"e = 3", rsa_jwk(n, 256, e3, 1)},
        {"e even", rsa_jwk(n, 256, e65536, 3)},
        {"e of five bytes", rsa_jwk(n, 256, huge, 5)},
        {"n zero", rsa_jwk((const unsigned char[256]){0}, 256, e65537, 3)},
        {"P-384", forge_jwk(a, forge_ec(a, "P-384"), "k", "")},
        {"P-384 that says ES256", forge_jwk(a, forge_ec(a, "P-384"), "k", ",\"alg\":\"ES256\"")},
        {"a P-256 point that says P-384",
         arena_printf(a,
                      "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"%s\",\"y\":\"%s\"}",
                      forge_base64url(a, x, 32), forge_base64url(a, y, 32))},
        {"secp256k1 as P-256", forge_jwk(a, forge_ec(a, "secp256k1"), "k", "")},
        {"off the curve",
         arena_printf(a,
                      "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
                      forge_base64url(a, x, 32), forge_base64url(a, bad_y, 32))},
        {"zero point",
         arena_printf(a,
                      "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
                      forge_base64url(a, (const unsigned char[32]){0}, 32),
                      forge_base64url(a, (const unsigned char[32]){0}, 32))},
        {"short coordinate",
         arena_printf(a,
                      "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
                      forge_base64url(a, x, 31), forge_base64url(a, y, 32))},
        {"oct", "{\"kid\":\"k\",\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}"},
        {"RSA with k", forge_jwk(a, rsa, "k", ",\"k\":\"c2VjcmV0\"")},
        {"private exponent", forge_jwk(a, rsa, "k", ",\"d\":\"AQAB\"")},
        {"a private prime", forge_jwk(a, rsa, "k", ",\"p\":\"AQAB\"")},
        {"EC private", forge_jwk(a, ec, "k", ",\"d\":\"AQAB\"")},
        {"use enc", forge_jwk(a, rsa, "k", ",\"use\":\"enc\"")},
        {"use as array", forge_jwk(a, rsa, "k", ",\"use\":[\"sig\"]")},
        {"key_ops without verify", forge_jwk(a, rsa, "k", ",\"key_ops\":[\"encrypt\"]")},
        {"key_ops as text", forge_jwk(a, rsa, "k", ",\"key_ops\":\"verify\"")},
        {"alg RSA-OAEP", forge_jwk(a, rsa, "k", ",\"alg\":\"RSA-OAEP\"")},
        {"alg RS384", forge_jwk(a, rsa, "k", ",\"alg\":\"RS384\"")},
        {"alg ES256 on RSA", forge_jwk(a, rsa, "k", ",\"alg\":\"ES256\"")},
        {"alg number", forge_jwk(a, rsa, "k", ",\"alg\":256")},
        {"no kid", "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"},
        {"kid empty", forge_jwk(a, rsa, "", "")},
        {"kid of 129 bytes", forge_jwk(a, rsa, arena_printf(a, "%0129d", 7), "")},
        {"n with padding", "{\"kid\":\"k\",\"kty\":\"RSA\",\"n\":\"AQAB==\",\"e\":\"AQAB\"}"},
        {"n a number", "{\"kid\":\"k\",\"kty\":\"RSA\",\"n\":3,\"e\":\"AQAB\"}"},
        {"OKP", "{\"kid\":\"k\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
                "7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"},
        {"kty in lower case", "{\"kid\":\"k\",\"kty\":\"rsa\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"},
        {"a text", "\"k\""},
        {"null", "null"},
        {"an array", "[]"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct jwks set;
        const enum jwks_status alone = jwks_parse(slice_cstr(set_of(cases[i].jwk)), &set);
        const enum jwks_status beside =
            jwks_parse(slice_cstr(set_of(
                           arena_printf(a, "%s,%s", cases[i].jwk, forge_jwk(a, ec, "good", "")))),
                       &set);

        if (alone != JWKS_NO_KEY)
            fail_msg("vector 55, %s: %s", cases[i].what, jwks_status_name(alone));
        if (beside != JWKS_OK || set.nkeys != 1 || set.skipped != 1 ||
            !jwks_find(&set, SLICE("good"), JWKS_ES256))
            fail_msg("vector 55, %s beside a good key: %s", cases[i].what,
                     jwks_status_name(beside));
    }
}

static void good_keys_are_kept(void **state)
{
    const char *four =
        arena_printf(a, "%s,%s,%s,%s", forge_jwk(a, rsa, "plain", ""),
                     forge_jwk(a, rsa2, "said",
                               ",\"use\":\"sig\",\"alg\":\"RS256\",\"key_ops\":[\"verify\"],"
                               "\"x5c\":[\"MIIB\"],\"x5t\":\"abc\",\"new\":{}"),
                     forge_jwk(a, forge_rsa(a, 4096), "large", ""), forge_jwk(a, ec, "ec", ""));
    const struct jwks set = parse(set_of(four));

    (void)state;
    assert_int_equal(set.nkeys, 4);
    assert_int_equal(set.skipped, 0);
    assert_string_equal(jwks_find(&set, SLICE("plain"), JWKS_RS256)->pem, forge_pem(a, rsa));
    assert_string_equal(jwks_find(&set, SLICE("ec"), JWKS_ES256)->pem, forge_pem(a, ec));
    assert_int_equal(jwks_find(&set, SLICE("said"), JWKS_RS256)->signature_bytes, 256);
    assert_int_equal(jwks_find(&set, SLICE("large"), JWKS_RS256)->signature_bytes, 512);
    assert_int_equal(jwks_find(&set, SLICE("ec"), JWKS_ES256)->signature_bytes, 64);
    assert_null(jwks_find(&set, SLICE("plain"), JWKS_ES256));
    assert_null(jwks_find(&set, SLICE("plai"), JWKS_RS256));
    assert_null(jwks_find(&set, (struct slice){"plain\0", 6}, JWKS_RS256));
}

static void one_name_means_one_key(void **state)
{
    struct jwks set =
        parse(set_of(arena_printf(a, "%s,%s,%s", forge_jwk(a, rsa, "same", ""),
                                  forge_jwk(a, rsa2, "same", ""), forge_jwk(a, ec, "other", ""))));

    (void)state;
    assert_int_equal(set.nkeys, 1);
    assert_int_equal(set.skipped, 2);
    assert_null(jwks_find(&set, SLICE("same"), JWKS_RS256));
    /* but two kinds of key cannot be taken for one another */
    set = parse(set_of(
        arena_printf(a, "%s,%s", forge_jwk(a, rsa, "same", ""), forge_jwk(a, ec, "same", ""))));
    assert_int_equal(set.nkeys, 2);
}

static void strange_documents_are_refused_whole(void **state)
{
    const char *good = forge_jwk(a, ec, "k", "");
    char *large = arena_zalloc(a, 1, LIMIT_JWKS_BYTES + 2);
    char *many = arena_strdup(a, good);
    struct jwks before;
    struct jwks set;
    const struct {
        const char *text;
        enum jwks_status want;
    } cases[] = {
        {"", JWKS_NOT_JSON},
        {"<html><body>sign in</body></html>", JWKS_NOT_JSON},
        {"null", JWKS_NOT_A_SET},
        {"[]", JWKS_NOT_A_SET},
        {"{}", JWKS_NOT_A_SET},
        {"{\"keys\":{}}", JWKS_NOT_A_SET},
        {"{\"keys\":[]}", JWKS_NO_KEY},
        {arena_printf(a, "{\"keys\":[%s]} x", good), JWKS_NOT_JSON},
        {arena_printf(a, "{\"keys\":[%s],\"keys\":[%s]}", good, good), JWKS_NOT_JSON},
        {arena_printf(a, "{\"keys\":[{\"kid\":\"a\",\"kid\":\"k\"},%s]}", good), JWKS_NOT_JSON},
    };

    (void)state;
    memset(&before, 0x5a, sizeof before);
    memcpy(&set, &before, sizeof set);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(jwks_parse(slice_cstr(cases[i].text), &set), cases[i].want);

    memset(large, ' ', LIMIT_JWKS_BYTES + 1);
    memcpy(large, set_of(good), strlen(set_of(good)));
    assert_int_equal(jwks_parse((struct slice){large, LIMIT_JWKS_BYTES + 1}, &set), JWKS_TOO_LARGE);
    for (int i = 0; i < LIMIT_JWKS_KEYS; i++)
        many = arena_printf(a, "%s,%s", many, forge_jwk(a, ec, arena_printf(a, "k%d", i), ""));
    assert_int_equal(jwks_parse(slice_cstr(set_of(many)), &set), JWKS_TOO_MANY);
    assert_memory_equal(&set, &before, sizeof set);
    assert_int_equal(jwks_parse((struct slice){large, LIMIT_JWKS_BYTES}, &set),
                     JWKS_OK); /* blanks up to the bound */
}

/* ---- the store ---- */

/* A provider in this process: gives `text`, or fails when it is NULL. */
struct provider {
    const char *text;
    int asked;
};

static int provider_fetch(void *user, struct sb *out, const char **why)
{
    struct provider *p = user;

    p->asked++;
    if (!p->text) {
        *why = "down";
        return -1;
    }
    sb_puts(out, p->text);
    return 0;
}

static int64_t mono_ms = 5000000;

static void pass_ms(int64_t ms)
{
    mono_ms += ms;
    clock_freeze(1760000000000000 + mono_ms * 1000, mono_ms);
}

static bool knows(struct keys *k, const char *kid)
{
    return keys_find(k, slice_cstr(kid), JWKS_RS256, clock_mono_ms() + 1000) != NULL;
}

static void a_provider_that_fails_changes_nothing(void **state)
{
    static const char *const rubbish[] = {NULL, "", "<html></html>", "{\"keys\":[]}",
                                          "{\"error\":\"internal\"}"};
    struct provider p = {.text = NULL};
    const struct keys_source source = {provider_fetch, &p};
    struct keys *k = keys_new();
    char *huge = arena_zalloc(a, 1, (10 << 20) + 1);
    uint64_t version;

    (void)state;
    pass_ms(0);
    assert_false(keys_ready(k));
    assert_int_equal(keys_version(k), 0);
    assert_int_equal(keys_age_s(k), -1);

    /* without keys it tries again soon, then less often */
    assert_int_equal(keys_turn(k, &source), 250);
    pass_ms(250);
    assert_int_equal(keys_turn(k, &source), 500);
    for (int i = 0; i < 10; i++) {
        pass_ms(KEYS_RETRY_MAX_MS);
        assert_true(keys_turn(k, &source) <= KEYS_RETRY_MAX_MS);
    }
    assert_int_equal(p.asked, 12);
    assert_false(keys_ready(k));
    assert_false(knows(k, "one"));

    p.text = set_of(forge_jwk(a, rsa, "one", ""));
    pass_ms(KEYS_RETRY_MAX_MS);
    assert_int_equal(keys_turn(k, &source), KEYS_REFRESH_MS);
    assert_true(keys_ready(k));
    assert_true(knows(k, "one"));
    version = keys_version(k);
    assert_int_equal(version, 1);

    memset(huge, ' ', 10 << 20);
    for (size_t i = 0; i <= sizeof rubbish / sizeof *rubbish; i++) { /* vector 56 */
        p.text = i < sizeof rubbish / sizeof *rubbish ? rubbish[i] : huge;
        pass_ms(KEYS_REFRESH_MS);
        assert_int_equal(keys_turn(k, &source), KEYS_RETRY_MAX_MS);
        assert_true(knows(k, "one"));
        assert_int_equal(keys_version(k), version);
    }
    assert_true(keys_age_s(k) >= 6 * KEYS_REFRESH_MS / 1000);
    keys_free(k);
}

static void a_removed_key_is_refused_after_the_refresh(void **state)
{
    struct provider p = {.text = set_of(forge_jwk(a, rsa, "one", ""))};
    const struct keys_source source = {provider_fetch, &p};
    struct keys *k = keys_new();
    const struct jwt_policy policy = {.issuer = "i",
                                      .audience = "u",
                                      .clients = "c",
                                      .tenant_claim = "t",
                                      .leeway_s = 1,
                                      .lifetime_s = 86400};
    struct jwt_verifier *v = jwt_verifier_new(&policy, k);
    const char *token;
    struct jwt_claims c;

    (void)state;
    pass_ms(0);
    token = forge_token(
        a, rsa, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"one\"}",
        arena_printf(a,
                     "{\"iss\":\"i\",\"aud\":\"u\",\"azp\":\"c\",\"typ\":\"Bearer\",\"sub\":\"s\","
                     "\"t\":\"acme\",\"iat\":%ld,\"exp\":%ld}",
                     (long)(clock_now_us() / 1000000), (long)(clock_now_us() / 1000000 + 3600)));
    keys_turn(k, &source);
    assert_int_equal(jwt_verify(v, slice_cstr(token), clock_mono_ms() + 1000, &c), JWT_ACCEPTED);

    /* 54: the key is gone, another is there under a new name; the remembered decision ends too */
    p.text = set_of(forge_jwk(a, rsa2, "two", ""));
    pass_ms(1000);
    assert_int_equal(jwt_verify(v, slice_cstr(token), clock_mono_ms() + 1000, &c), JWT_ACCEPTED);
    assert_int_equal(jwt_cache_hits(v), 1);
    pass_ms(KEYS_REFRESH_MS - 1000 - 59000);
    keys_turn(k, &source);
    assert_int_equal(jwt_verify(v, slice_cstr(token), clock_mono_ms() + 1000, &c), JWT_ACCEPTED);
    pass_ms(59000);
    keys_turn(k, &source);
    assert_int_equal(jwt_verify(v, slice_cstr(token), clock_mono_ms() + 1000, &c), JWT_UNKNOWN_KEY);

    /* 53: another realm's key under the same name */
    p.text = set_of(forge_jwk(a, rsa2, "one", ""));
    pass_ms(KEYS_REFRESH_MS);
    keys_turn(k, &source);
    assert_int_equal(jwt_verify(v, slice_cstr(token), clock_mono_ms() + 1000, &c),
                     JWT_BAD_SIGNATURE);
    jwt_verifier_free(v);
    keys_free(k);
}

static void unknown_names_ask_once_per_cool_down(void **state)
{
    struct provider p = {.text = set_of(forge_jwk(a, rsa, "one", ""))};
    const struct keys_source source = {provider_fetch, &p};
    struct keys *k = keys_new();

    (void)state;
    pass_ms(0);
    keys_turn(k, &source);
    assert_int_equal(p.asked, 1);
    for (int i = 0; i < 100; i++) { /* 15: a flood of unknown names */
        assert_false(knows(k, arena_printf(a, "x%d", i)));
        keys_turn(k, &source);
        pass_ms(10);
    }
    assert_int_equal(p.asked, 1);
    assert_false(knows(k, "one-more"));
    pass_ms(KEYS_COOLDOWN_MS);
    /* a worker whose own wait is over at once only leaves its wish */
    assert_null(keys_find(k, SLICE("two"), JWKS_RS256, clock_mono_ms()));
    p.text = set_of(
        arena_printf(a, "%s,%s", forge_jwk(a, rsa, "one", ""), forge_jwk(a, rsa2, "two", "")));
    keys_turn(k, &source);
    assert_int_equal(p.asked, 2);
    assert_true(knows(k, "two")); /* 54: a new key, one fetch */
    for (int i = 0; i < 100; i++) {
        assert_false(knows(k, arena_printf(a, "y%d", i)));
        keys_turn(k, &source);
        pass_ms(10);
    }
    assert_int_equal(p.asked, 2);
    keys_free(k);
}

/* ---- across processes ---- */

static bool wait_for_fd(void *user, int fd, int64_t ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    fd_set set;

    (void)user;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    select(fd + 1, &set, NULL, NULL, &tv);
    return getppid() != 1;
}

static pid_t start_keys_process(struct keys *k, const struct keys_source *source)
{
    const pid_t pid = fork();

    if (pid == 0) {
        alarm(30);
        keys_run(k, source, wait_for_fd, NULL);
        _exit(0);
    }
    return pid;
}

static void stop(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void nap_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&t, NULL);
}

static bool ready_within(struct keys *k, int64_t ms)
{
    const int64_t until = clock_mono_ms() + ms;

    while (!keys_ready(k) && clock_mono_ms() < until)
        nap_ms(5);
    return keys_ready(k);
}

static void a_worker_gets_a_new_key_while_it_waits(void **state)
{
    struct provider p = {.text = set_of(forge_jwk(a, rsa, "one", ""))};
    const struct keys_source source = {provider_fetch, &p};
    struct keys *k = keys_new();
    pid_t pid = start_keys_process(k, &source);
    const int64_t deadline = clock_mono_ms() + 5000;

    (void)state;
    /* cold: the first request comes before the first fetch is done, or just after; either way it is
     * served */
    while (!keys_find(k, SLICE("one"), JWKS_RS256, deadline) && clock_mono_ms() < deadline)
        nap_ms(5);
    assert_true(keys_ready(k));

    stop(pid); /* as a crash: its successor goes on with the same block */
    p.text = set_of(
        arena_printf(a, "%s,%s", forge_jwk(a, rsa, "one", ""), forge_jwk(a, rsa2, "two", "")));
    pid = start_keys_process(k, &source);
    while (!keys_find(k, SLICE("two"), JWKS_RS256, deadline) && clock_mono_ms() < deadline)
        nap_ms(5);
    assert_non_null(keys_find(k, SLICE("two"), JWKS_RS256, deadline));
    assert_int_equal(keys_version(k), 2);
    stop(pid);
    keys_free(k);
}

static void readers_never_see_half_a_set(void **state)
{
    struct jwks sets[2];
    struct keys *k = keys_new();
    pid_t pid;
    const int64_t until = clock_mono_ms() + 400;
    int seen[2] = {0};

    (void)state;
    /* two sets that differ in every byte of their keys: a mixture shows both letters */
    memset(sets, 0, sizeof sets);
    for (int s = 0; s < 2; s++) {
        sets[s].nkeys = LIMIT_JWKS_KEYS;
        for (int i = 0; i < LIMIT_JWKS_KEYS; i++) {
            snprintf(sets[s].keys[i].kid, sizeof sets[s].keys[i].kid, "%c%d", 'a' + s, i);
            sets[s].keys[i].alg = JWKS_RS256;
            memset(sets[s].keys[i].pem, 'A' + s, sizeof sets[s].keys[i].pem - 1);
        }
    }
    pid = fork();
    if (pid == 0) {
        alarm(10);
        log_open(NULL, LOG_OFF); /* publishing without a pause */
        for (int i = 0;; i++)
            keys_publish(k, &sets[i % 2]);
    }
    assert_true(ready_within(k, 5000));
    for (int round = 0; clock_mono_ms() < until; round++) {
        const struct jwks_key *first;
        const struct jwks_key *key;
        int s;

        /* at any moment of a publication, not always right after one */
        for (volatile int w = round * 37 % 6000; w > 0; w--)
            ;
        first = keys_find(k, SLICE("a0"), JWKS_RS256, 0);
        s = first ? 0 : 1;
        key = first ? first : keys_find(k, SLICE("b0"), JWKS_RS256, 0);

        if (!key)
            continue; /* moved on between the two look-ups */
        seen[s]++;
        for (int n = 0; n < LIMIT_JWKS_KEYS; n++) { /* its neighbours in the same copy */
            assert_int_equal(key[n].kid[0], 'a' + s);
            for (size_t i = 0; i < sizeof key->pem - 1; i += 101)
                assert_int_equal(key[n].pem[i], 'A' + s);
        }
    }
    stop(pid);
    assert_true(seen[0] > 0 && seen[1] > 0);

    /* the writer was killed anywhere, perhaps in the middle: the next one repairs the block */
    pid = fork();
    if (pid == 0) {
        keys_publish(k, &sets[0]);
        keys_publish(k, &sets[1]);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    assert_non_null(keys_find(k, SLICE("b15"), JWKS_RS256, 0));
    keys_free(k);
}

/* ---- 56 over the network ---- */

enum mode { GOOD, STATUS_500, HTML, HUGE_BODY, REDIRECT, SLOW, CUT_OFF };

static void put(int fd, const char *text)
{
    size_t n = strlen(text);

    while (n) {
        const ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        text += sent;
        n -= (size_t)sent;
    }
}

static void answer(int fd, enum mode mode, const char *jwks)
{
    static char block[65537];

    switch (mode) {
    case GOOD:
        put(fd, arena_printf(
                    a,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                    "Connection: close\r\n\r\n%s",
                    strlen(jwks), jwks));
        break;
    case STATUS_500:
        put(fd, arena_printf(
                    a, "HTTP/1.1 500 Oops\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                    strlen(jwks), jwks));
        break;
    case HTML:
        put(fd,
            "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<html>no</html>");
        break;
    case HUGE_BODY:
        memset(block, ' ', sizeof block - 1);
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\nConnection: close\r\n\r\n");
        put(fd, jwks);
        for (int i = 0; i < 160; i++)
            put(fd, block);
        break;
    case REDIRECT: /* to the good answer of the same server */
        put(fd, "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\nConnection: "
                "close\r\n\r\n");
        break;
    case SLOW:
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ke");
        nap_ms(20000);
        break;
    case CUT_OFF:
        put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{\"keys\":[]}");
        break;
    }
}

/* A server for `mode`, in a process of its own; "/good" always answers well. */
static pid_t start_server(enum mode mode, const char *jwks, int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid;

    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 && listen(fd, 16) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *port = ntohs(at.sin_port);
    pid = fork();
    if (pid == 0) {
        alarm(30);
        for (;;) {
            const int c = accept(fd, NULL, NULL);
            char request[4096] = "";

            if (c < 0)
                _exit(1);
            if (recv(c, request, sizeof request - 1, 0) > 0)
                answer(c, strncmp(request, "GET /good", 9) == 0 ? GOOD : mode, jwks);
            close(c);
        }
    }
    close(fd);
    return pid;
}

static struct keys_http *client_of(int port, struct config *c)
{
    *c = (struct config){.oidc_jwks_url = arena_printf(a, "http://127.0.0.1:%d/certs", port),
                         .net_allow_private = "127.0.0.1"};
    return keys_http_new(c);
}

static void keys_come_over_http_or_not_at_all(void **state)
{
    static const enum mode bad[] = {STATUS_500, HTML, HUGE_BODY, REDIRECT, CUT_OFF};
    const char *jwks = set_of(forge_jwk(a, rsa, "one", ""));
    struct keys *k = keys_new();
    struct keys_http *h;
    struct keys_source source;
    struct config c;
    int port;
    pid_t pid;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct keys *cold = keys_new();

        pid = start_server(bad[i], jwks, &port);
        h = client_of(port, &c);
        source = keys_http_source(h);
        keys_turn(cold, &source);
        if (keys_ready(cold))
            fail_msg("vector 56: mode %d gave keys", bad[i]);
        keys_http_free(h);
        keys_free(cold);
        stop(pid);
    }

    pid = start_server(GOOD, jwks, &port);
    h = client_of(port, &c);
    source = keys_http_source(h);
    keys_turn(k, &source);
    assert_true(keys_ready(k));
    keys_http_free(h);

    /* a private address that the operator did not allow */
    c.net_allow_private = "";
    h = keys_http_new(&c);
    source = keys_http_source(h);
    {
        struct keys *cold = keys_new();

        keys_turn(cold, &source);
        assert_false(keys_ready(cold));
        keys_free(cold);
    }
    keys_http_free(h);
    stop(pid);

    /* down: nobody listens there any more */
    h = client_of(port, &c);
    source = keys_http_source(h);
    {
        struct keys *cold = keys_new();

        keys_turn(cold, &source);
        assert_false(keys_ready(cold));
        keys_free(cold);
    }
    keys_http_free(h);
    keys_free(k);
}

static void nobody_waits_for_a_slow_provider(void **state)
{
    struct keys *k = keys_new();
    struct keys_source source;
    struct keys_http *h;
    struct config c;
    int port;
    const pid_t server = start_server(SLOW, "", &port);
    int64_t began;
    pid_t pid;

    (void)state;
    h = client_of(port, &c);
    source = keys_http_source(h);
    pid = start_keys_process(k, &source);
    began = clock_mono_ms();
    assert_null(keys_find(k, SLICE("one"), JWKS_RS256, began + 10000));
    assert_in_range(clock_mono_ms() - began, 0,
                    2 * KEYS_WAIT_MS); /* its own 300 ms, and a slow machine's */
    nap_ms(KEYS_WAIT_MS);
    began = clock_mono_ms();
    for (int i = 0; i < 50; i++) /* the fetch is still under way: nobody waits a second time */
        assert_null(keys_find(k, SLICE("one"), JWKS_RS256, began + 10000));
    assert_in_range(clock_mono_ms() - began, 0, 100);
    stop(pid);
    stop(server);
    keys_http_free(h);
    keys_free(k);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(odd_keys_are_skipped),
        T(good_keys_are_kept),
        T(one_name_means_one_key),
        T(strange_documents_are_refused_whole),
        T(a_provider_that_fails_changes_nothing),
        T(a_removed_key_is_refused_after_the_refresh),
        T(unknown_names_ask_once_per_cool_down),
        T(a_worker_gets_a_new_key_while_it_waits),
        T(readers_never_see_half_a_set),
        T(keys_come_over_http_or_not_at_all),
        T(nobody_waits_for_a_slow_provider),
    };
    return cmocka_run_group_tests_name("jwks vectors", tests, set_up_all, tear_down_all);
}

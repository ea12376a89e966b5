/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/hash.h"

static void same_hex(const uint8_t *p, size_t n, const char *want)
{
    char hex[2 * 64 + 1];

    hash_hex(p, n, hex);
    assert_string_equal(hex, want);
}

/* FIPS 180-2, appendix B; RFC 4231, cases 2 and 6. */
static void digests_of_the_standards_examples(void **state)
{
    uint8_t d[SHA256_BYTES];
    char key[131];

    (void)state;
    hash_sha256("abc", 3, d);
    same_hex(d, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256(NULL, 0, d);
    same_hex(d, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hash_hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), d);
    same_hex(d, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    hash_hmac_sha256((struct slice){key, sizeof key},
                     SLICE("Test Using Larger Than Block-Size Key - Hash Key First"), d);
    same_hex(d, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void a_stream_in_pieces_is_the_whole(void **state)
{
    static char text[10000];
    uint8_t whole[SHA256_BYTES];
    uint8_t pieces[SHA256_BYTES];
    struct hash_stream h;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7);
    hash_sha256(text, sizeof text, whole);
    hash_begin(&h);
    for (size_t i = 0, n = 0; i < sizeof text; i += n) {
        n = 1 + i % 137;
        if (n > sizeof text - i)
            n = sizeof text - i;
        hash_update(&h, text + i, n);
    }
    hash_update(&h, text, 0);
    hash_end(&h, pieces);
    assert_memory_equal(whole, pieces, SHA256_BYTES);
}

static void crc_is_that_of_zlib(void **state)
{
    (void)state;
    assert_int_equal(hash_crc32("123456789", 9), 0xCBF43926u);
    assert_int_equal(hash_crc32("", 0), 0);
    assert_int_equal(hash_crc32("a", 1), 0xE8B7BE43u);
}

static void random_bytes_differ(void **state)
{
    uint8_t a[4096];
    uint8_t b[4096];
    int seen[256] = {0};
    int kinds = 0;

    (void)state;
    hash_random(a, sizeof a);
    hash_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    for (size_t i = 0; i < sizeof a; i++)
        kinds += seen[a[i]]++ == 0;
    assert_true(kinds > 200);
    hash_random(a, 0);
}

static void equality_looks_at_every_byte(void **state)
{
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};

    (void)state;
    assert_true(hash_equal(a, b, 32));
    for (int i = 0; i < 32; i++) {
        b[i] = 1;
        assert_false(hash_equal(a, b, 32));
        b[i] = 0;
    }
    assert_true(hash_equal(a, b, 0));
}

static void base64url_there_and_back(void **state)
{
    uint8_t bytes[64];
    uint8_t back[64 + 2];
    char text[100];

    (void)state;
    for (size_t n = 0; n <= sizeof bytes; n++) {
        size_t len;

        hash_random(bytes, n);
        len = hash_base64url_encode(bytes, n, text);
        assert_int_equal(strlen(text), len);
        assert_int_equal(len, (n * 4 + 2) / 3);
        assert_null(strpbrk(text, "+/="));
        assert_int_equal(hash_base64url_decode((struct slice){text, len}, back), (long)n);
        assert_memory_equal(bytes, back, n);
    }
    hash_base64url_encode((const uint8_t *)"\xfb\xff", 2, text);
    assert_string_equal(text, "-_8");
}

/* Two texts for one value would be two keys for one cache entry, and two signatures for one token. */
static void base64url_takes_only_the_one_form(void **state)
{
    static const char *const bad[] = {"A",     "AAAAA", "A=",  "AA==",      "AA+A", "AA/A", "AA A",
                                      "AA\nA", "AB",    "AAB", "A\xC3\xA1", "/w",   "AAAA."};
    uint8_t out[64];

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (hash_base64url_decode(slice_cstr(bad[i]), out) != -1)
            fail_msg("\"%s\" was taken", bad[i]);
    }
    assert_int_equal(hash_base64url_decode(SLICE("AAA\0"), out), -1);
    assert_int_equal(hash_base64url_decode(SLICE(""), out), 0);
    assert_int_equal(hash_base64url_decode(SLICE("AA"), out), 1);
    assert_int_equal(hash_base64url_decode(SLICE("AAA"), out), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_of_the_standards_examples),
        cmocka_unit_test(a_stream_in_pieces_is_the_whole),
        cmocka_unit_test(crc_is_that_of_zlib),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(equality_looks_at_every_byte),
        cmocka_unit_test(base64url_there_and_back),
        cmocka_unit_test(base64url_takes_only_the_one_form),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}

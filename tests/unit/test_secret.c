/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/secret.h"

/* `openssl rand -base64 32` of two days */
static const char key_text[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
static const char other_key_text[] = "/+7dzLuqmYh3ZlVEMyIRAP/u3cy7qpmId2ZVRDMiEQA=";

static struct secret *key;
static struct secret *other;

static int set_up(void **state)
{
    (void)state;
    key = secret_key_read(key_text);
    other = secret_key_read(other_key_text);
    return key && other ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(key);
    secret_free(other);
    secret_free(NULL);
    return 0;
}

static void keys_are_32_bytes_of_base64(void **state)
{
    static const char *const bad[] = {
        "",
        "short",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh==", /* 31 */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", /* 33 */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",  /* no padding */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw!Hh8=",
    };

    (void)state;
    assert_int_equal(secret_get(key).n, SECRET_KEY_BYTES);
    for (unsigned i = 0; i < SECRET_KEY_BYTES; i++)
        assert_int_equal((unsigned char)secret_get(key).p[i], i);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (secret_key_read(bad[i]))
            fail_msg("\"%s\" is no key", bad[i]);
    }
}

static struct secret *opened(const struct secret *with, const char *sealed, const char *associated)
{
    return secret_open(with, slice_cstr(sealed), slice_cstr(associated));
}

static void what_is_sealed_opens_with_key_and_context(void **state)
{
    static char longest[SECRET_BYTES];
    const struct slice texts[] = {SLICE(""), SLICE("sk-1"), {longest, sizeof longest - 1}};

    (void)state;
    memset(longest, 'k', sizeof longest);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        SCOPED(sb_done) struct sb b;
        struct secret *s;

        sb_init(&b, 8192);
        assert_true(secret_seal(key, texts[i], SLICE("tenant 1"), &b));
        assert_int_equal(strncmp(sb_text(&b), "v1:", 3), 0);
        s = opened(key, sb_text(&b), "tenant 1");
        assert_non_null(s);
        assert_true(slice_eq(secret_get(s), texts[i]));
        assert_int_equal(secret_get(s).p[texts[i].n], '\0');
        secret_free(s);
        assert_null(opened(other, sb_text(&b), "tenant 1"));
        assert_null(opened(key, sb_text(&b), "tenant 2"));
        assert_null(opened(key, sb_text(&b), ""));
    }
}

static void sealing_twice_gives_two_texts(void **state)
{
    SCOPED(sb_done) struct sb a;
    SCOPED(sb_done) struct sb b;

    (void)state;
    sb_init(&a, 8192);
    sb_init(&b, 8192);
    assert_true(secret_seal(key, SLICE("sk-1"), SLICE(""), &a));
    assert_true(secret_seal(key, SLICE("sk-1"), SLICE(""), &b));
    assert_string_not_equal(sb_text(&a), sb_text(&b));
    assert_null(strstr(sb_text(&a), "sk-1"));
}

/* Every bit of nonce, text and tag, every length, other versions. */
static void what_was_changed_does_not_open(void **state)
{
    SCOPED(sb_done) struct sb b;
    uint8_t raw[64];
    long n;

    (void)state;
    sb_init(&b, 8192);
    assert_true(secret_seal(key, SLICE("sk-12345"), SLICE("x"), &b));
    n = hash_base64url_decode((struct slice){b.p + 3, b.n - 3}, raw);
    assert_int_equal(n, 12 + 8 + 16);
    for (long bit = 0; bit < 8 * n; bit++) {
        char text[128] = "v1:";

        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        hash_base64url_encode(raw, (size_t)n, text + 3);
        raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_null(opened(key, text, "x"));
    }
    for (size_t cut = 0; cut < b.n; cut++)
        assert_null(secret_open(key, (struct slice){b.p, cut}, SLICE("x")));
    b.p[1] = '2';
    assert_null(opened(key, sb_text(&b), "x"));
    assert_null(opened(key, "sk-12345", "x"));
}

static void what_does_not_fit_is_refused(void **state)
{
    static char text[SECRET_BYTES + 1];
    SCOPED(sb_done) struct sb small;
    SCOPED(sb_done) struct sb b;

    (void)state;
    sb_init(&small, 20);
    sb_init(&b, 1 << 20);
    memset(text, 'x', sizeof text);
    assert_false(secret_seal(key, SLICE("sk-1"), SLICE(""), &small));
    assert_false(secret_seal(key, (struct slice){text, SECRET_BYTES}, SLICE(""), &b));
    assert_null(secret_new((struct slice){text, SECRET_BYTES}));
    assert_null(secret_new((struct slice){"a\0b", 3}));
    assert_int_equal(secret_get(NULL).n, 0);
}

/* Its pages are marked "dd" (do not dump). */
static void a_secrets_pages_are_not_dumped(void **state)
{
    struct secret *s = secret_new(SLICE("sk-in-memory"));
    const uintptr_t at = (uintptr_t)secret_get(s).p;
    FILE *f = fopen("/proc/self/smaps", "r");
    bool inside = false;
    bool marked = false;
    char line[512];

    (void)state;
    while (fgets(line, sizeof line, f)) {
        char *end;
        const uintptr_t from = strtoul(line, &end, 16);
        const uintptr_t to = *end == '-' ? strtoul(end + 1, &end, 16) : 0;

        if (to > 0 && *end == ' ')
            inside = at >= from && at < to;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            marked = strstr(line, " dd") != NULL;
    }
    fclose(f);
    secret_free(s);
    assert_true(marked);
}

/* -1: no such file */
static int file_holds(const char *path, const char *text)
{
    const int fd = open(path, O_RDONLY);
    struct stat st;
    char *all;
    int holds;

    if (fd < 0)
        return -1;
    assert_int_equal(fstat(fd, &st), 0);
    all = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    assert_ptr_not_equal(all, MAP_FAILED);
    holds = memmem(all, (size_t)st.st_size, text, strlen(text)) != NULL;
    munmap(all, (size_t)st.st_size);
    return holds;
}

/* Whether the core file of a child that dies holds the text; -1: the system writes none here. */
static int core_holds(const char *dir, bool keep_out)
{
    static volatile char copy[64] __attribute__((unused));
    char path[512];
    char pattern[128] = "";
    FILE *f = fopen("/proc/sys/kernel/core_pattern", "r");
    int status = 0;
    pid_t child;
    int holds = -1;

    if (f) {
        (void)!fgets(pattern, sizeof pattern, f);
        fclose(f);
    }
    if (strcmp(pattern, "core\n") != 0)
        return -1;
    child = fork();
    if (child == 0) {
        const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

        if (chdir(dir) < 0 || setrlimit(RLIMIT_CORE, &all) < 0)
            _exit(1);
        for (int i = 0; i < 12; i++) /* not the words of the program's own text */
            copy[i] = (char)("mfxqsfxydbef"[i] - 1);
        if (keep_out && !secret_keep_out_of_cores())
            _exit(1);
        abort();
    }
    waitpid(child, &status, 0);
    for (int with_pid = 0; with_pid < 2 && holds < 0 && WCOREDUMP(status); with_pid++) {
        snprintf(path, sizeof path, with_pid ? "%s/core.%d" : "%s/core", dir, (int)child);
        holds = file_holds(path, "lewprewxcade");
        unlink(path);
    }
    return holds;
}

static void a_process_can_keep_its_memory_out_of_cores(void **state)
{
    char dir[] = "/tmp/test_secret.XXXXXX";
    int without;
    int with;

    (void)state;
    assert_non_null(mkdtemp(dir));
    without = core_holds(dir, false);
    with = core_holds(dir, true);
    rmdir(dir);
    if (without < 0)
        skip();
    assert_int_equal(without, 1); /* the search must be able to find it */
    assert_int_equal(with, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_32_bytes_of_base64),
        cmocka_unit_test(what_is_sealed_opens_with_key_and_context),
        cmocka_unit_test(sealing_twice_gives_two_texts),
        cmocka_unit_test(what_was_changed_does_not_open),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_secrets_pages_are_not_dumped),
        cmocka_unit_test(a_process_can_keep_its_memory_out_of_cores),
    };

    return cmocka_run_group_tests_name("secret", tests, set_up, tear_down);
}

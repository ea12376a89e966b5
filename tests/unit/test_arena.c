/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdalign.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/log.h"

static void memory_is_aligned_and_apart(void **state)
{
    struct arena *a = arena_new(64 << 20);
    char *got[200];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        got[i] = arena_alloc(a, i);
        assert_int_equal((uintptr_t)got[i] % alignof(max_align_t), 0);
        memset(got[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i; k++)
            assert_int_equal((unsigned char)got[i][k], i);
        assert_true(i == 0 ||
                    got[i] != got[i - 1]); /* also zero bytes have an address of their own */
    }
    arena_free(a);
}

static void pieces_larger_than_any_block_fit(void **state)
{
    struct arena *a = arena_new(64 << 20);
    char *small = arena_strdup(a, "small");
    char *large = arena_alloc(a, 9 << 20);

    (void)state;
    memset(large, 1, 9 << 20);
    assert_string_equal(small, "small");
    assert_string_equal(arena_strdup(a, "after"), "after");
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    memset(arena_alloc(a, 9 << 20), 2, 9 << 20);
    arena_free(a);
}

static void what_was_handed_out_is_counted_until_the_reset(void **state)
{
    struct arena *a = arena_new(1 << 20);

    (void)state;
    assert_int_equal(arena_used(a), 0);
    arena_alloc(a, 100);
    assert_in_range(arena_used(a), 100, 128);
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    for (int i = 0; i < 100;
         i++) { /* the cap bounds what lies between two resets, not a lifetime */
        arena_alloc(a, 1 << 19);
        arena_reset(a);
    }
    arena_free(a);
}

static void copies_are_copies(void **state)
{
    struct arena *a = arena_new(1 << 20);
    char text[] = "abc";
    char *s = arena_strdup(a, text);
    char *cut = arena_slicedup(a, (struct slice){text, 2});
    char *bytes = arena_memdup(a, "a\0b", 3);
    int *zeroed;

    (void)state;
    text[0] = 'x';
    assert_string_equal(s, "abc");
    assert_string_equal(cut, "ab");
    assert_memory_equal(bytes, "a\0b", 3);
    assert_string_equal(arena_slicedup(a, (struct slice){NULL, 0}), "");
    assert_non_null(arena_memdup(a, NULL, 0));
    memset(arena_alloc(a, 4096), 0xff, 4096);
    arena_reset(a);
    zeroed = arena_zalloc(a, 1000, sizeof *zeroed);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(zeroed[i], 0);
    arena_free(a);
}

static void printing_takes_any_length(void **state)
{
    struct arena *a = arena_new(1 << 20);
    char long_text[5000];

    (void)state;
    memset(long_text, 'y', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    assert_string_equal(arena_printf(a, "%s", ""), "");
    assert_int_equal(strlen(arena_printf(a, "%s|%s", long_text, long_text)), 9999);
    arena_free(a);
}

static char order[8];

static void note(void *handle)
{
    strncat(order, handle, 1);
}

static void hooks_run_newest_first_once_at_reset_and_at_free(void **state)
{
    struct arena *a = arena_new(1 << 20);

    (void)state;
    order[0] = '\0';
    arena_defer(a, note, "1");
    arena_defer(a, note, "2");
    arena_alloc(a, 1 << 18); /* the nodes may lie in an older block */
    arena_reset(a);
    assert_string_equal(order, "21");
    arena_reset(a);
    assert_string_equal(order, "21");
    arena_defer(a, note, "3");
    arena_free(a);
    assert_string_equal(order, "213");
    arena_free(NULL);
}

/* The exit status of f(a) in a child whose log is thrown away. */
static int status_of(void (*f)(struct arena *))
{
    int status;
    const pid_t pid = fork();

    if (pid == 0) {
        struct arena *a = arena_new(1 << 16);

        log_open("/dev/null", LOG_OFF);
        f(a);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void within_the_cap(struct arena *a)
{
    arena_alloc(a, 1 << 16);
}
static void over_the_cap(struct arena *a)
{
    arena_alloc(a, (1 << 16) + 1);
}
static void over_the_cap_in_pieces(struct arena *a)
{
    for (int i = 0; i < 65; i++)
        arena_alloc(a, 1024);
}
static void a_size_that_wraps(struct arena *a)
{
    arena_alloc(a, SIZE_MAX);
}
static void a_product_that_wraps(struct arena *a)
{
    arena_zalloc(a, SIZE_MAX / 8 + 2, 8); /* 8, if nobody looks */
}

static void beyond_the_cap_the_process_ends(void **state)
{
    (void)state;
    assert_int_equal(status_of(within_the_cap), 0);
    assert_int_equal(status_of(over_the_cap), 70);
    assert_int_equal(status_of(over_the_cap_in_pieces), 70);
    assert_int_equal(status_of(a_size_that_wraps), 70);
    assert_int_equal(status_of(a_product_that_wraps), 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_apart),
        cmocka_unit_test(pieces_larger_than_any_block_fit),
        cmocka_unit_test(what_was_handed_out_is_counted_until_the_reset),
        cmocka_unit_test(copies_are_copies),
        cmocka_unit_test(printing_takes_any_length),
        cmocka_unit_test(hooks_run_newest_first_once_at_reset_and_at_free),
        cmocka_unit_test(beyond_the_cap_the_process_ends),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}

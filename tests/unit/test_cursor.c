/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "core/base/cursor.h"
#include "core/base/hash.h"
#include "core/base/limits.h"

static void what_was_written_is_read(void **state)
{
    static const struct slice parts[] = {SLICE("2024-01-31"), SLICE(""), SLICE("ñ, \"x\"")};
    struct arena *a = arena_new(1 << 20);
    struct slice got[3];

    (void)state;
    for (size_t n = 1; n <= 3; n++) {
        const char *text = cursor_write(a, parts, n);

        assert_true(cursor_read(a, slice_cstr(text), got, n));
        for (size_t i = 0; i < n; i++)
            assert_true(slice_eq(got[i], parts[i]));
        if (n > 1)
            assert_false(cursor_read(a, slice_cstr(text), got, n - 1));
        assert_false(cursor_read(a, slice_cstr(text), got, n + 1 <= 3 ? n + 1 : 1));
    }
    arena_free(a);
}

/* Clients may send anything: what comes out goes into a statement as a value, so it must be text. */
static void anything_else_is_refused(void **state)
{
    static const char *const raw[] = {"\xff", "a\0b", "\xc3"};
    static const size_t raw_n[] = {1, 3, 1};
    struct arena *a = arena_new(1 << 20);
    char text[4 * LIMIT_CURSOR_BYTES];
    struct slice got[1];

    (void)state;
    assert_false(cursor_read(a, SLICE(""), got, 1));
    assert_false(cursor_read(a, SLICE("not base64!"), got, 1));
    assert_false(cursor_read(a, SLICE("AB"), got, 1));
    for (size_t i = 0; i < 3; i++) {
        hash_base64url_encode((const uint8_t *)raw[i], raw_n[i], text);
        assert_false(cursor_read(a, slice_cstr(text), got, 1));
    }
    memset(text, 'A', sizeof text);
    assert_false(cursor_read(a, (struct slice){text, sizeof text}, got, 1));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(anything_else_is_refused),
    };

    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/meetings/internal.h"

static const struct export_column columns[] = {{"client_name", CELL_TEXT},
                                               {"meeting_date", CELL_DATE}};

/* One row of a result, as the database would send it. */
static PGresult *row_of(const char *name, const char *day)
{
    PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc fields[] = {{.name = (char[]){"n"}}, {.name = (char[]){"d"}}};

    assert_true(PQsetResultAttrs(r, 2, fields));
    assert_true(PQsetvalue(r, 0, 0, (char *)(uintptr_t)name, (int)strlen(name)));
    assert_true(PQsetvalue(r, 0, 1, (char *)(uintptr_t)day, (int)strlen(day)));
    return r;
}

/* A full disk is waited for; a mistake of ours is looked for. */
static void what_the_library_refuses_is_no_full_disk(void **state)
{
    const struct config config = {.spool_dir = "/tmp"};
    struct ctx cx = {.arena = arena_new(1 << 20), .config = &config};
    PGresult *good = row_of("Ana", "2024-03-15");
    PGresult *bad = row_of("Ana", "tomorrow");
    struct export_row row = {.r = good, .columns = columns, .n = 2, .scratch = arena_new(1 << 20)};
    struct xlsx *x = xlsx_new(&cx, columns, 2);

    (void)state;
    assert_non_null(x);
    assert_int_equal(xlsx_row(&cx, x, &row), 0);
    row.r = bad;
    assert_int_equal(xlsx_row(&cx, x, &row), -1);
    assert_string_equal(cx.err.reason, "internal");
    assert_non_null(strstr(cx.err.internal, "meeting_date"));
    xlsx_drop(&x);
    PQclear(good);
    PQclear(bad);
    arena_free(row.scratch);
    arena_free(cx.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_library_refuses_is_no_full_disk),
    };

    return cmocka_run_group_tests_name("meeting_xlsx", tests, NULL, NULL);
}

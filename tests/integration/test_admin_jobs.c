/* SPDX-License-Identifier: MIT */
/* `clientmetrics admin jobs`, as the owner role: it sees the tenant that it names, and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/admin_jobs.h"
#include "cmd/cmd.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/db/db.h"
#include "tests/lib/testdb.h"

#define DEAD    "00000000-0000-7000-8000-000000000001"
#define WAITING "00000000-0000-7000-8000-000000000002"

static struct testdb *db;
static struct ctx cx;
static char said[256 << 10]; /* a page of jobs */

/* Runs the words and keeps what they print. */
static int run(int argc, char **argv)
{
    FILE *out = tmpfile();
    const int keep = dup(1);
    int status;
    size_t n;

    arena_reset(cx.arena);
    err_clear(&cx.err);
    cx.who = (struct principal){0};
    cx.deadline_ms = clock_mono_ms() + 10000;
    fflush(stdout);
    dup2(fileno(out), 1);
    status = admin_jobs(&cx, argc, argv);
    fflush(stdout);
    dup2(keep, 1);
    close(keep);
    rewind(out);
    n = fread(said, 1, sizeof said - 1, out);
    said[n] = '\0';
    fclose(out);
    return status;
}
#define RUN(...) run(sizeof((char *[]){__VA_ARGS__}) / sizeof(char *), (char *[]){__VA_ARGS__})

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    testdb_tenant(db, "acme");
    testdb_tenant(db, "other");
    cx = (struct ctx){.arena = arena_new(16 << 20),
                      .db = db_new(db->owner_url, true, 3000, "test"),
                      .config = testdb_ctx(db)->config};
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO job_archive (tenant_id, job_id, kind, state, attempts, error_code, created_at) "
        "SELECT tenant_id, '" DEAD
        "', 'test.run', 'failed', 3, 'told_to', now() FROM tenants WHERE slug = 'acme';"
        "INSERT INTO jobs (tenant_id, job_id, kind) SELECT tenant_id, '" WAITING
        "', 'test.run' FROM tenants WHERE slug = 'acme'");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_free(cx.db);
    arena_free(cx.arena);
    testdb_free(db);
    return 0;
}

static void it_shows_and_changes_the_tenant_it_names(void **state)
{
    (void)state;
    assert_int_equal(RUN("stats", "acme"), EXIT_OK);
    assert_string_equal(said, "{\"pending\":1,\"processing\":0,\"completed\":0,\"failed\":1}\n");
    assert_int_equal(RUN("stats", "other"), EXIT_OK);
    assert_string_equal(said, "{\"pending\":0,\"processing\":0,\"completed\":0,\"failed\":0}\n");
    assert_int_equal(RUN("list", "acme", "failed"), EXIT_OK);
    assert_non_null(strstr(said, DEAD));
    assert_null(strstr(said, WAITING));
    assert_int_equal(RUN("show", "other", DEAD), EXIT_FAILED);
    assert_int_equal(RUN("retry", "acme", DEAD), EXIT_OK);
    assert_string_equal(said, "{\"count\":1}\n");
    assert_int_equal(RUN("retry", "acme", DEAD), EXIT_FAILED); /* it waits */
    assert_int_equal(RUN("cancel", "acme", DEAD), EXIT_OK);
    assert_int_equal(RUN("retry-all", "acme"), EXIT_OK);
    assert_string_equal(said, "{\"count\":0}\n");
    /* by whom: nobody who signed in */
    assert_int_equal(
        testdb_number(
            db, TESTDB_ADMIN,
            "SELECT count(*) FROM audit_log WHERE actor_kind = 'operator' AND action LIKE 'jobs.%%'"),
        3);
}

static void a_suspended_tenant_can_still_be_helped(void **state)
{
    (void)state;
    testdb_run(db, TESTDB_ADMIN, "UPDATE tenants SET state = 'suspended'");
    assert_int_equal(RUN("retry-all", "acme", "test.run"), EXIT_OK);
    assert_string_equal(said, "{\"count\":1}\n");
}

static void a_list_goes_on_where_it_ended(void **state)
{
    SCOPED(json_drop) json_t *page = NULL;
    char cursor[200];

    (void)state;
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO jobs (tenant_id, job_id, kind) SELECT tenant_id, app_job_id(i), 'test.run' "
        "FROM tenants, generate_series(1, %d) i WHERE slug = 'acme'",
        LIMIT_PAGE);
    assert_int_equal(RUN("list", "acme", "-", "test.run"), EXIT_OK);
    page = json_loads(said, 0, NULL);
    assert_non_null(json_str(page, "next_cursor"));
    snprintf(cursor, sizeof cursor, "%s", json_str(page, "next_cursor"));
    assert_int_equal(RUN("list", "acme", "-", "test.run", cursor), EXIT_OK);
    assert_non_null(strstr(said, DEAD)); /* the two oldest: made by hand */
    assert_non_null(strstr(said, WAITING));
    assert_non_null(strstr(said, "\"next_cursor\":null"));
}

static void wrong_words_change_nothing(void **state)
{
    (void)state;
    assert_int_equal(RUN("stats"), EXIT_USAGE);
    assert_int_equal(RUN("retry", "acme"), EXIT_USAGE);
    assert_int_equal(RUN("retry", "acme", DEAD, "more"), EXIT_USAGE);
    assert_int_equal(RUN("delete", "acme"), EXIT_USAGE);
    assert_int_equal(RUN("stats", "nobody"), EXIT_FAILED);
    assert_int_equal(RUN("cancel", "acme", "x"), EXIT_FAILED);
    assert_string_equal(cx.err.reason, "id_invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_shows_and_changes_the_tenant_it_names, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_suspended_tenant_can_still_be_helped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_list_goes_on_where_it_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_words_change_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("admin_jobs", tests, NULL, NULL);
}

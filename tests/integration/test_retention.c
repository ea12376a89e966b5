/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/db/db.h"
#include "core/db/retention.h"
#include "tests/lib/testdb.h"

static void only_what_is_past_its_time_goes(void **state)
{
    struct testdb *db = testdb_new();
    struct ctx cx = {.arena = arena_new(1 << 20), .deadline_ms = clock_mono_ms() + 20000};
    FILE *out = fopen("/dev/null", "we");

    (void)state;
    testdb_tenant(db, "acme");
    /* more than one batch of old ones */
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO job_archive (tenant_id, job_id, kind, state, attempts, created_at, "
               "finished_at) "
               "SELECT t.tenant_id, gen_random_uuid(), 'x', 'completed', 1, now(), now() - "
               "interval '91 days' "
               "FROM tenants t, generate_series(1, 5003);"
               "INSERT INTO job_archive (tenant_id, job_id, kind, state, attempts, created_at, "
               "finished_at) "
               "SELECT t.tenant_id, gen_random_uuid(), 'x', 'completed', 1, now(), now() - "
               "interval '89 days' FROM tenants t;"
               "INSERT INTO uploads (tenant_id, upload_id, filename, created_at) "
               "SELECT t.tenant_id, gen_random_uuid(), 'x', now() - interval '1 day' * d FROM "
               "tenants t, (VALUES (91), (89)) v(d);"
               "INSERT INTO upload_errors (tenant_id, upload_id, row_no, line, code) "
               "SELECT tenant_id, upload_id, 1, 1, 'required' FROM uploads");
    cx.db = db_new(db->owner_url, true, 3000, "test");
    assert_int_equal(retention_run(&cx, out), 0);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM job_archive"), 1);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM upload_errors"), 1);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM uploads"), 2);
    db_free(cx.db);
    fclose(out);
    arena_free(cx.arena);
    testdb_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_what_is_past_its_time_goes)};

    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}

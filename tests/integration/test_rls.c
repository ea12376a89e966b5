/* SPDX-License-Identifier: MIT */
/*
 * No row of one tenant reaches another, in any table that has a tenant, with SQL as the application role.
 *
 * Tables, columns and keys come from the catalogue, so that a new table is tested without a word here. Each gets one
 * row for tenant A and one for B. To make such rows without knowing what they mean, the clone first loses its CHECK
 * constraints; every uuid of a row is its tenant's own number, so that foreign keys hold.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/sb.h"
#include "core/db/db.h"
#include "tests/lib/testdb.h"

#define A      "aaaaaaaa-0000-7000-8000-000000000001"
#define B      "bbbbbbbb-0000-7000-8000-000000000002"
#define NOBODY "cccccccc-0000-7000-8000-000000000003" /* no row has it */

static struct testdb *t;
static PGconn *app;
static PGresult *tables; /* name; the INSERT that makes a tenant's row, ${T} being the tenant */
static PGresult
    *keys; /* foreign keys of more than one column: table, the columns beside tenant_id */

/* ---- preparing ------------------------------------------------------------------------------------------------ */

static const char inserts_query[] =
    "SELECT c.oid::regclass::text, format('INSERT INTO %s (%s) VALUES (%s)', c.oid::regclass,"
    "  string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),"
    "  string_agg(CASE"
    "    WHEN a.atttypid = 'uuid'::regtype THEN '''${T}'''"
    "    WHEN y.typcategory = 'A' THEN '''{}'''"
    "    WHEN y.typcategory = 'N' THEN '1'"
    "    WHEN y.typcategory = 'B' THEN 'true'"
    "    WHEN y.typcategory = 'D' THEN '''2024-01-02'''"
    "    WHEN y.typcategory = 'S' THEN '''x'''"
    "    WHEN y.typname IN ('json', 'jsonb') THEN '''{}'''"
    "    WHEN y.typname = 'tsvector' THEN '''x'''"
    "    WHEN y.typname = 'bytea' THEN '''\\x00'''"
    "    WHEN y.typname IN ('vector', 'halfvec') THEN format('array_fill(0, ARRAY[%s])::%s', "
    "a.atttypmod, y.typname)"
    "    WHEN y.typcategory = 'T' THEN '''1 day'''"
    "    WHEN y.typcategory = 'E' THEN format('enum_first(NULL::%s)', a.atttypid::regtype)"
    "    WHEN y.typcategory = 'I' THEN '''127.0.0.1'''"
    "    ELSE format('teach_this_test_the_type_%s', y.typname) END, ', ' ORDER BY a.attnum))"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT "
    "a.attisdropped"
    "   AND a.attgenerated = '' JOIN pg_type y ON y.oid = a.atttypid"
    " WHERE c.relkind = 'r' AND NOT c.relispartition AND EXISTS"
    "   (SELECT FROM pg_attribute x WHERE x.attrelid = c.oid AND x.attname = 'tenant_id')"
    "   AND c.relname <> 'tenants' AND c.relnamespace = 'public'::regnamespace"
    " GROUP BY c.oid ORDER BY c.oid";

static const char keys_query[] =
    "SELECT k.conrelid::regclass::text, k.conname, string_agg(quote_ident(a.attname), ',')"
    " FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY "
    "(k.conkey)"
    " WHERE k.contype = 'f' AND cardinality(k.conkey) > 1 AND a.attname <> 'tenant_id'"
    "   AND k.connamespace = 'public'::regnamespace AND k.conparentid = 0"
    " GROUP BY k.oid ORDER BY 1, 2";

static const char drop_checks[] =
    "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS tab, conname FROM "
    "pg_constraint"
    " WHERE contype = 'c' AND conrelid <> 0 AND connamespace = 'public'::regnamespace"
    " LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.tab, c.conname); END LOOP; END $$";

/* `text` with ${T} replaced; malloc'd. */
static char *for_tenant(const char *text, const char *tenant)
{
    struct sb b;

    sb_init(&b, 1 << 20);
    for (const char *at; (at = strstr(text, "${T}")); text = at + 4) {
        sb_put(&b, text, (size_t)(at - text));
        sb_puts(&b, tenant);
    }
    sb_puts(&b, text);
    return b.p;
}

static void must(PGconn *c, const char *sql)
{
    PGresult *r = PQexec(c, sql);
    const ExecStatusType st = PQresultStatus(r);

    PQclear(r);
    if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
        fail_msg("%s\n%s", sql, PQerrorMessage(c));
}

static int set_up(void **state)
{
    PGconn *admin;

    (void)state;
    t = testdb_new();
    admin = testdb_connect(t, TESTDB_ADMIN);
    app = testdb_connect(t, TESTDB_APP);
    tables = PQexec(admin, inserts_query);
    keys = PQexec(admin, keys_query);
    if (PQntuples(tables) == 0 || PQntuples(keys) == 0) {
        print_error("%s", PQerrorMessage(admin));
        return -1;
    }
    must(admin, drop_checks);
    must(admin, "INSERT INTO tenants (tenant_id, slug, name) VALUES ('" A "', 'a', 'a'), ('" B
                "', 'b', 'b');"
                "INSERT INTO users (user_id, email) VALUES ('" A "', 'a@a'), ('" B "', 'b@b')");
    must(admin, "SET session_replication_role = replica"); /* any order will do */
    for (int i = 0; i < PQntuples(tables); i++) {
        static const char *const tenants[] = {A, B};

        for (int k = 0; k < 2; k++) {
            char *sql = for_tenant(PQgetvalue(tables, i, 1), tenants[k]);

            must(admin, sql);
            free(sql);
        }
    }
    PQfinish(admin);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    PQclear(tables);
    PQclear(keys);
    PQfinish(app);
    testdb_free(t);
    return 0;
}

/* ---- asking --------------------------------------------------------------------------------------------------- */

/* Runs one statement of `c` under a savepoint: rows returned or touched (-1: refused, `state` says how). */
static int64_t ask(PGconn *c, char sqlstate[6], const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int64_t ask(PGconn *c, char sqlstate[6], const char *fmt, ...)
{
    char sql[1 << 14];
    PGresult *r;
    int64_t n = -1;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(sql, sizeof sql, fmt, ap);
    va_end(ap);
    must(c, "SAVEPOINT s");
    r = PQexec(c, sql);
    snprintf(sqlstate, 6, "%s", "");
    if (PQresultStatus(r) == PGRES_TUPLES_OK)
        n = PQntuples(r) == 1 && PQnfields(r) == 1 ? pg_i64(r, 0, 0, 0) : PQntuples(r);
    else if (PQresultStatus(r) == PGRES_COMMAND_OK)
        slice_to_i64(slice_cstr(PQcmdTuples(r)), &n);
    else
        snprintf(sqlstate, 6, "%s", PQresultErrorField(r, PG_DIAG_SQLSTATE));
    PQclear(r);
    must(c, "ROLLBACK TO s");
    return n;
}

#define REFUSED "42501" /* a right is missing, or the policy says no: the same for who asks */

static int problems;

static void expect(bool ok, const char *table, const char *what, const char *sqlstate)
{
    if (ok)
        return;
    print_error("%s: %s %s\n", table, what, sqlstate);
    problems++;
}

static void begin_as(PGconn *c, const char *tenant)
{
    char sql[128];

    problems = 0;
    if (PQtransactionStatus(c) != PQTRANS_IDLE)
        must(c, "ROLLBACK"); /* of a test that failed */
    must(c, "BEGIN");
    if (!tenant)
        return;
    snprintf(sql, sizeof sql, "SET LOCAL app.tenant_id = '%s'", tenant);
    must(c, sql);
}

/* Nothing can be seen, changed or added. `c` is the application's or the owner's connection. */
static void nothing_is_there(PGconn *c)
{
    char st[6];

    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = PQgetvalue(tables, i, 0);
        char *insert_a = for_tenant(PQgetvalue(tables, i, 1), A);
        int64_t n;

        n = ask(c, st, "SELECT count(*) FROM %s", table);
        expect(n == 0 || (n < 0 && strcmp(st, REFUSED) == 0), table, "rows are visible", st);
        n = ask(c, st, "UPDATE %s SET tenant_id = tenant_id", table);
        expect(n == 0 || (n < 0 && strcmp(st, REFUSED) == 0), table, "rows can be updated", st);
        n = ask(c, st, "DELETE FROM %s", table);
        expect(n == 0 || (n < 0 && strcmp(st, REFUSED) == 0), table, "rows can be deleted", st);
        n = ask(c, st, "%s", insert_a);
        expect(n < 0 && strcmp(st, REFUSED) == 0, table, "a row can be inserted", st);
        free(insert_a);
    }
}

static void there_are_rows_to_hide(void **state)
{
    (void)state;
    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = PQgetvalue(tables, i, 0);

        if (testdb_number(t, TESTDB_ADMIN,
                          "SELECT count(*) FROM %s WHERE tenant_id IN ('" A "', '" B "')",
                          table) != 2)
            fail_msg("%s does not hold a row of each", table);
    }
    assert_true(PQntuples(tables) >= 20);
}

static void without_a_tenant_nothing_is_there(void **state)
{
    (void)state;
    begin_as(app, NULL);
    nothing_is_there(app);
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
}

static void a_blank_or_foreign_tenant_sees_nothing(void **state)
{
    (void)state;
    begin_as(app, "");
    nothing_is_there(app);
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
    begin_as(app, NOBODY);
    for (int i = 0; i < PQntuples(tables); i++) {
        char st[6];

        expect(ask(app, st, "SELECT count(*) FROM %s", PQgetvalue(tables, i, 0)) <= 0,
               PQgetvalue(tables, i, 0), "visible", st);
    }
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
}

static void a_setting_that_is_no_tenant_fails(void **state)
{
    char st[6];

    (void)state;
    begin_as(app, "x'' OR true --");
    assert_int_equal(ask(app, st, "SELECT count(*) FROM meetings"), -1);
    assert_string_equal(st, "22P02");
    must(app, "ROLLBACK");
}

/* FORCE: also the owner of the tables sees nothing, and a backfill must say whose rows it means. */
static void the_owner_is_bound_too(void **state)
{
    PGconn *owner = testdb_connect(t, TESTDB_OWNER);

    (void)state;
    begin_as(owner, NULL);
    nothing_is_there(owner);
    must(owner, "ROLLBACK");
    PQfinish(owner);
    assert_int_equal(problems, 0);
}

static void one_tenant_sees_only_its_own(void **state)
{
    char st[6];

    (void)state;
    begin_as(app, A);
    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = PQgetvalue(tables, i, 0);
        int64_t n;

        n = ask(app, st, "SELECT count(*) FROM %s", table);
        expect(n == 1 || (n < 0 && strcmp(st, REFUSED) == 0), table,
               "does not show exactly its own row", st);
        n = ask(app, st, "SELECT count(*) FROM %s WHERE tenant_id = '" B "'", table);
        expect(n == 0 || (n < 0 && strcmp(st, REFUSED) == 0), table, "shows another's row", st);
    }
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
}

static void one_tenant_cannot_touch_anothers(void **state)
{
    char st[6];

    (void)state;
    begin_as(app, A);
    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = PQgetvalue(tables, i, 0);
        char *insert_b = for_tenant(PQgetvalue(tables, i, 1), B);
        int64_t n;

        n = ask(app, st, "%s", insert_b);
        expect(n < 0 && strcmp(st, REFUSED) == 0, table, "takes a row for another", st);
        n = ask(app, st, "%s ON CONFLICT DO NOTHING", insert_b);
        expect(n < 0 && strcmp(st, REFUSED) == 0, table,
               "takes a row for another, or says that it is there", st);
        n = ask(app, st, "UPDATE %s SET tenant_id = '" B "'", table);
        expect(n < 0 && strcmp(st, REFUSED) == 0, table, "lets a row go to another", st);
        n = ask(app, st, "UPDATE %s SET tenant_id = tenant_id WHERE tenant_id = '" B "'", table);
        expect(n == 0 || (n < 0 && strcmp(st, REFUSED) == 0), table, "updates another's row", st);
        n = ask(app, st, "DELETE FROM %s WHERE tenant_id = '" B "'", table);
        expect(n == 0 || (n < 0 && strcmp(st, REFUSED) == 0), table, "deletes another's row", st);
        n = ask(app, st,
                "SELECT count(*) FROM (SELECT 1 FROM %s WHERE tenant_id = '" B "' FOR UPDATE) x",
                table);
        expect(n == 0 || (n < 0 && strcmp(st, REFUSED) == 0), table, "locks another's row", st);
        free(insert_b);
    }
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
}

/* A foreign key is checked past the policy: it must not tell a row of another's from one that is nowhere. */
static void a_foreign_key_does_not_tell_what_others_have(void **state)
{
    char st_other[6];
    char st_nowhere[6];

    (void)state;
    begin_as(app, A);
    for (int i = 0; i < PQntuples(keys); i++) {
        const char *table = PQgetvalue(keys, i, 0);
        char columns[512];
        struct slice rest;

        snprintf(columns, sizeof columns, "%s", PQgetvalue(keys, i, 2));
        rest = slice_cstr(columns);
        while (rest.n) {
            const struct slice col = slice_cut(rest, ',', &rest);
            const int64_t other =
                ask(app, st_other, "UPDATE %s SET %.*s = '" B "'", table, (int)col.n, col.p);
            const int64_t nowhere =
                ask(app, st_nowhere, "UPDATE %s SET %.*s = '" NOBODY "'", table, (int)col.n, col.p);

            expect(strcmp(st_other, st_nowhere) == 0 && other == nowhere, table,
                   PQgetvalue(keys, i, 1), st_other);
            expect(other != 1, table, "refers to another's row", st_other);
        }
    }
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
}

/* Nor a unique key: for A, the ids that B uses are as free as those that nobody does. */
static void a_unique_key_does_not_tell_what_others_have(void **state)
{
    char st_other[6];
    char st_nowhere[6];

    (void)state;
    begin_as(app, A);
    for (int i = 0; i < PQntuples(tables); i++) {
        static const char *const ids[] = {B, NOBODY};
        char *insert[2];

        for (int k = 0; k < 2; k++) {
            char *tenant;

            insert[k] = for_tenant(PQgetvalue(tables, i, 1), ids[k]);
            tenant = strstr(insert[k], "VALUES ('");
            assert_non_null(tenant); /* tenant_id is the first column of every table */
            for (size_t c = 0; c < strlen(A); c++)
                tenant[strlen("VALUES ('") + c] = A[c];
        }
        ask(app, st_other, "%s", insert[0]);
        ask(app, st_nowhere, "%s", insert[1]);
        expect(strcmp(st_other, st_nowhere) == 0 ||
                   (strcmp(st_nowhere, "23503") == 0 && strstr(insert[0], "user_id")),
               PQgetvalue(tables, i, 0), "tells", st_other);
        free(insert[0]);
        free(insert[1]);
    }
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
}

static void people_and_organisations_are_out_of_reach(void **state)
{
    static const char *const global[] = {"tenants", "users", "schema_migrations"};
    char st[6];

    (void)state;
    begin_as(app, A);
    for (int i = 0; i < 3; i++) {
        expect(ask(app, st, "SELECT count(*) FROM %s", global[i]) < 0 && strcmp(st, REFUSED) == 0,
               global[i], "readable", st);
        expect(ask(app, st, "DELETE FROM %s", global[i]) < 0 && strcmp(st, REFUSED) == 0, global[i],
               "deletable", st);
    }
    expect(ask(app, st, "SET ROLE cm_system") < 0, "cm_system", "can be taken", st);
    expect(ask(app, st, "SET ROLE cm_owner") < 0, "cm_owner", "can be taken", st);
    expect(ask(app, st, "SELECT app_enter('" B "', 4)") < 0 && strcmp(st, REFUSED) == 0,
           "app_enter", "can be called", st);
    expect(ask(app, st, "SELECT app_tenant_create('" B "', 'x', 'x')") < 0, "app_tenant_create",
           "can be called", st);
    expect(ask(app, st, "CREATE TABLE x (i integer)") < 0 && strcmp(st, REFUSED) == 0, "public",
           "takes tables", st);
    expect(ask(app, st, "ALTER TABLE meetings DISABLE ROW LEVEL SECURITY") < 0, "meetings",
           "can be opened", st);
    must(
        app,
        "SET LOCAL row_security = off"); /* then what the policy would hide is an error, not shown */
    expect(ask(app, st, "SELECT count(*) FROM meetings") < 0 && strcmp(st, REFUSED) == 0,
           "meetings", "shown", st);
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
}

/* A temporary table shadows no real one for a function of cm_system: pg_temp is last in its search_path. */
static void a_temporary_table_does_not_shadow_a_real_one(void **state)
{
    char st[6];

    (void)state;
    begin_as(app, A);
    must(app, "CREATE TEMPORARY TABLE memberships (tenant_id uuid, user_id uuid, role text, state "
              "text, sessions_since timestamptz)"
              " ON COMMIT DROP");
    must(app, "INSERT INTO pg_temp.memberships VALUES ('" B "', '" A
              "', 'admin', 'active', '-infinity')");
    expect(ask(app, st, "SELECT role FROM app_enter_user('" B "', '" A "', 1, 9999999999)") < 0 &&
               strcmp(st, "CM403") == 0,
           "memberships", "shadowed", st);
    must(app, "ROLLBACK");
    assert_int_equal(problems, 0);
}

/* What the caller put into its session must not become code of cm_system, which no policy binds. */
static void a_stage_runs_nothing_as_cm_system(void **state)
{
    static const struct {
        const char *make; /* and its name */
        const char *as;
    } stages[] = {
        {"CREATE TEMPORARY VIEW", "AS SELECT pg_temp.evil() AS subject_id"},
        {"CREATE DOMAIN pg_temp.mine AS uuid CHECK (pg_temp.evil() IS NOT NULL);"
         "CREATE TEMPORARY TABLE",
         "(subject_id pg_temp.mine)"},
    };
    static const struct {
        const char *stage;
        const char *call;
    } calls[] = {
        {"doomed", "app_subjects_delete()"},
        {"upload_stage", "app_upload_store('" A "')"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
            assert_string_equal(
                testdb_try(t, TESTDB_APP,
                           "BEGIN; SET LOCAL app.tenant_id = '" A "';"
                           "CREATE FUNCTION pg_temp.evil() RETURNS uuid LANGUAGE plpgsql AS "
                           "'BEGIN UPDATE tenant_state SET data_version = 666; RETURN "
                           "gen_random_uuid(); END'; %s %s %s; GRANT SELECT ON %s TO cm_system;"
                           "SELECT FROM %s; COMMIT",
                           stages[i].make, calls[k].stage, stages[i].as, calls[k].stage,
                           calls[k].call),
                "42809");
        }
    }
    assert_int_equal(testdb_number(t, TESTDB_ADMIN,
                                   "SELECT count(*) FROM tenant_state WHERE data_version = 666"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_rows_to_hide),
        cmocka_unit_test(without_a_tenant_nothing_is_there),
        cmocka_unit_test(a_blank_or_foreign_tenant_sees_nothing),
        cmocka_unit_test(a_setting_that_is_no_tenant_fails),
        cmocka_unit_test(the_owner_is_bound_too),
        cmocka_unit_test(one_tenant_sees_only_its_own),
        cmocka_unit_test(one_tenant_cannot_touch_anothers),
        cmocka_unit_test(a_foreign_key_does_not_tell_what_others_have),
        cmocka_unit_test(a_unique_key_does_not_tell_what_others_have),
        cmocka_unit_test(people_and_organisations_are_out_of_reach),
        cmocka_unit_test(a_stage_runs_nothing_as_cm_system),
        cmocka_unit_test(a_temporary_table_does_not_shadow_a_real_one),
    };

    return cmocka_run_group_tests_name("rls", tests, set_up, tear_down);
}

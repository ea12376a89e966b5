/* SPDX-License-Identifier: MIT */
/* The runner of migrations, with ours and with folders made to go wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/db/db.h"
#include "core/db/migrate.h"
#include "tests/lib/testdb.h"

static char *said; /* what the last call wrote */
static size_t nsaid;

enum verb { UP, DOWN, STATUS, VERIFY };

static int migrate(struct testdb *t, const char *folder, enum verb verb, int to)
{
    struct migrate_options o = {.url = t->owner_url, .folder = folder};
    int status = -1;

    free(said);
    said = NULL;
    o.out = open_memstream(&said, &nsaid);
    switch (verb) {
    case UP: status = migrate_up(&o, to); break;
    case DOWN: status = migrate_down(&o, to); break;
    case STATUS: status = migrate_status(&o); break;
    case VERIFY: status = migrate_verify(&o); break;
    }
    fclose(o.out);
    return status;
}

static void must(struct testdb *t, const char *folder, enum verb verb, int to)
{
    if (migrate(t, folder, verb, to) != 0)
        fail_msg("%s", said);
}

static void must_refuse(struct testdb *t, const char *folder, enum verb verb, int to,
                        const char *because)
{
    assert_int_equal(migrate(t, folder, verb, to), -1);
    if (!strstr(said, because))
        fail_msg("\"%s\" does not say \"%s\"", said, because);
}

/* All that a migration can leave behind, as one text. Extensions' objects do not count. */
static char *fingerprint(struct testdb *t)
{
    const char *text = testdb_value(
        t, TESTDB_ADMIN,
        "SELECT string_agg(x, E'\\n' ORDER BY x) FROM ("
        " SELECT concat_ws(' ', 'column', a.attrelid::regclass, a.attname, format_type(a.atttypid, "
        "a.atttypmod), a.attnotnull,"
        "   pg_get_expr(d.adbin, d.adrelid), c.relowner::regrole,"
        "   coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", "
        "c.relowner))::text, c.relrowsecurity, c.relforcerowsecurity,"
        "   c.reloptions, obj_description(c.oid, 'pg_class'), col_description(c.oid, a.attnum)) AS "
        "x"
        "   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON "
        "d.adrelid = a.attrelid AND d.adnum = a.attnum"
        "  WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped "
        "AND c.relkind IN ('r', 'p', 'v', 'S')"
        " UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, "
        "pg_get_constraintdef(oid)) FROM pg_constraint"
        "  WHERE connamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " UNION ALL SELECT concat_ws(' ', 'policy', tablename, policyname, qual, with_check, "
        "roles) FROM pg_policies"
        " UNION ALL SELECT concat_ws(' ', 'function', p.oid::regprocedure, p.proowner::regrole,"
        "   coalesce(p.proacl, acldefault('f', p.proowner))::text, p.proconfig, md5(p.prosrc))"
        "   FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS"
        "   (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND "
        "e.deptype = 'e')"
        " UNION ALL SELECT concat_ws(' ', 'type', typname) FROM pg_type y WHERE typnamespace = "
        "'public'::regnamespace AND typtype IN ('e', 'd')"
        " UNION ALL SELECT 'schema ' || nspname || ' ' || nspacl::text FROM pg_namespace WHERE "
        "nspname !~ '^pg_'"
        ") AS everything");

    return strdup(text);
}

/* Prints the lines of `a` that `b` lacks. */
static int print_missing(const char *a, const char *b, const char *what)
{
    struct slice rest = slice_cstr(a);
    int n = 0;

    while (rest.n) {
        const struct slice line = slice_cut(rest, '\n', &rest);

        if (memmem(b, strlen(b), line.p, line.n))
            continue;
        print_error("%s: %.*s\n", what, (int)line.n, line.p);
        n++;
    }
    return n;
}

/* `when` says which step is to blame; frees `now`. */
static void same_schema(const char *before, char *now, int when)
{
    if (print_missing(before, now, "lost") + print_missing(now, before, "left over") > 0)
        fail_msg("after migration %d", when);
    free(now);
}

static int last_number(void)
{
    DIR *d = opendir("migrations");
    struct dirent *e;
    int last = 0;

    while ((e = readdir(d))) {
        const int n = (int)strtol(e->d_name, NULL, 10);

        if (n > last)
            last = n;
    }
    closedir(d);
    return last;
}

/* ---- ours ----------------------------------------------------------------------------------------------------- */

static void each_migration_can_be_taken_back_and_leaves_nothing(void **state)
{
    struct testdb *t = testdb_new_empty();
    const int last = last_number();
    char *at[1000] = {NULL};

    (void)state;
    must(t, "migrations", STATUS, 0); /* makes the record, so that every fingerprint has it */
    at[0] = fingerprint(t);
    for (int i = 1; i <= last; i++) {
        must(t, "migrations", UP, i);
        at[i] = fingerprint(t);
        assert_string_not_equal(at[i], at[i - 1]);
    }
    must(t, "migrations", VERIFY, 0);
    for (int i = last; i >= 1; i--) { /* each alone: down, up, down */
        must(t, "migrations", DOWN, i);
        same_schema(at[i - 1], fingerprint(t), i);
        must(t, "migrations", UP, i);
        same_schema(at[i], fingerprint(t), i);
        must(t, "migrations", DOWN, i);
    }
    must(t, "migrations", UP, 0); /* and all again */
    same_schema(at[last], fingerprint(t), last);
    for (int i = 0; i <= last; i++)
        free(at[i]);
    testdb_free(t);
}

static void down_to_a_number_takes_it_and_all_after_it(void **state)
{
    struct testdb *t = testdb_new();

    (void)state;
    must(t, "migrations", DOWN, 3);
    assert_int_equal(testdb_number(t, TESTDB_OWNER, "SELECT max(number) FROM schema_migrations"),
                     2);
    must_refuse(t, "migrations", VERIFY, 0, "not applied: 003_");
    must(t, "migrations", UP, 0);
    must(t, "migrations", VERIFY, 0);
    must_refuse(t, "migrations", DOWN, 0, "no migration has this number");
    must_refuse(t, "migrations", DOWN, last_number() + 1, "no migration has this number");
    testdb_free(t);
}

static void up_when_all_is_applied_does_nothing(void **state)
{
    struct testdb *t = testdb_new();
    char *before = fingerprint(t);

    (void)state;
    must(t, "migrations", UP, 0);
    assert_non_null(strstr(said, "0 applied"));
    same_schema(before, fingerprint(t), 0);
    free(before);
    testdb_free(t);
}

/* Rolling back is also for databases in use. */
static void down_and_up_work_with_rows_in_the_tables(void **state)
{
    struct testdb *t = testdb_new();
    const struct uuid tenant = testdb_tenant(t, "acme");
    char id[UUID_TEXT_BYTES];

    (void)state;
    uuid_text(&tenant, id);
    testdb_member(t, "acme", "ana@acme.test", ROLE_ADMIN);
    testdb_run(t, TESTDB_ADMIN,
               "INSERT INTO subjects VALUES ('%s', '%s', 'meetings', now());"
               "INSERT INTO uploads (tenant_id, upload_id, filename) VALUES ('%s', '%s', 'a.csv');"
               "INSERT INTO meetings (tenant_id, meeting_id, upload_id, identity, content, "
               "client_name, email, phone, meeting_date,"
               " sales_rep, closed) VALUES ('%s', '%s', '%s', '%s', '%s', 'a', 'a@b', '1', "
               "'2024-01-01', 'Toro', true)",
               id, id, id, id, id, id, id, id, id);
    must(t, "migrations", DOWN, 4);
    assert_int_equal(testdb_number(t, TESTDB_ADMIN, "SELECT count(*) FROM subjects"), 0);
    must(t, "migrations", UP, 0);
    must(t, "migrations", DOWN, 1);
    must(t, "migrations", UP, 0);
    testdb_free(t);
}

/* 008: "TORO " and "Toró" become one seller, for charts (the code) as for lists (the meeting). */
static void spellings_of_a_seller_become_one_everywhere(void **state)
{
    struct testdb *t = testdb_new();
    const struct uuid tenant = testdb_tenant(t, "acme");
    char id[UUID_TEXT_BYTES];

    (void)state;
    uuid_text(&tenant, id);
    must(t, "migrations", DOWN, 8);
    testdb_run(
        t, TESTDB_ADMIN,
        "INSERT INTO uploads (tenant_id, upload_id, filename) VALUES ('%s', '%s', 'a.csv');"
        "CREATE TEMPORARY TABLE said AS SELECT gen_random_uuid() AS id, v.* FROM "
        "(VALUES ('Toró', 11), ('TORO ', 12), ('Puma', 13)) v(spelt, code);"
        "INSERT INTO subjects SELECT tenant_id, id, 'meetings', now() FROM said, tenants;"
        "INSERT INTO value_codes (tenant_id, field, value, code) "
        "SELECT tenant_id, 'sales_rep', spelt, code FROM said, tenants;"
        "INSERT INTO meetings (tenant_id, meeting_id, upload_id, identity, content, client_name, "
        "email, phone, meeting_date, sales_rep, closed) SELECT tenant_id, id, tenant_id, id, id, "
        "'a', 'a@b', '1', '2024-01-01', spelt, true FROM said, tenants;"
        "INSERT INTO meeting_facts (tenant_id, subject_id, meeting_date, sales_rep, closed) "
        "SELECT tenant_id, id, '2024-01-01', code, true FROM said, tenants",
        id, id);
    must(t, "migrations", UP, 0);
    assert_string_equal(testdb_value(t, TESTDB_ADMIN,
                                     "SELECT string_agg(m.sales_rep || f.sales_rep, ' ' ORDER BY "
                                     "m.sales_rep) FROM meetings m JOIN meeting_facts f ON "
                                     "f.subject_id = m.meeting_id"),
                        "Puma13 Toró11 Toró11");
    assert_int_equal(testdb_number(t, TESTDB_ADMIN,
                                   "SELECT has_table_privilege('cm_system', 'meetings', "
                                   "'UPDATE')::int"),
                     0);
    testdb_free(t);
}

static void two_runners_at_once_apply_each_step_once(void **state)
{
    struct testdb *t = testdb_new_empty();
    const int last = last_number();
    pid_t pid[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            FILE *out = fopen("/dev/null", "w");
            const struct migrate_options o = {
                .url = t->owner_url, .folder = "migrations", .out = out};

            _exit(migrate_up(&o, 0) == 0 ? 0 : 1);
        }
    }
    for (int i = 0; i < 3; i++) {
        int status = -1;

        waitpid(pid[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(testdb_number(t, TESTDB_OWNER, "SELECT count(*) FROM schema_migrations"),
                     last);
    testdb_free(t);
}

/* ---- folders made to go wrong --------------------------------------------------------------------------------- */

static char folder[64];

static void put(const char *name, const char *text)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}

static void drop(const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/cmmigr.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    put("001_one.up.sql", "CREATE TABLE one (i integer);");
    put("001_one.down.sql", "DROP TABLE one;");
    put("002_two.up.sql",
        "CREATE TABLE two (i integer);\n-- a comment\nINSERT INTO two VALUES (2);");
    put("002_two.down.sql", "DROP TABLE two;");
    put("003_three.up.sql", "CREATE TABLE three (i integer);");
    put("003_three.down.sql", "DROP TABLE three;");
    return 0;
}

static int remove_folder(void **state)
{
    DIR *d = opendir(folder);
    struct dirent *e;

    (void)state;
    while (d && (e = readdir(d))) {
        if (e->d_name[0] != '.')
            drop(e->d_name);
    }
    if (d)
        closedir(d);
    return rmdir(folder);
}

static int64_t tables(struct testdb *t)
{
    return testdb_number(
        t, TESTDB_OWNER,
        "SELECT count(*) FROM pg_tables WHERE tablename IN ('one', 'two', 'three')");
}

static void a_file_that_changed_after_it_was_applied_stops_everything(void **state)
{
    struct testdb *t = testdb_new_empty();

    (void)state;
    must(t, folder, UP, 2);
    put("001_one.up.sql", "CREATE TABLE one (i integer); ");
    must_refuse(t, folder, UP, 0, "changed since: 001_one");
    must_refuse(t, folder, DOWN, 1, "changed since: 001_one");
    must_refuse(t, folder, STATUS, 0, "changed since: 001_one");
    must_refuse(t, folder, VERIFY, 0, "changed since: 001_one");
    assert_int_equal(tables(t), 2);
    put("001_one.up.sql", "CREATE TABLE one (i integer);");
    must(t, folder, UP, 0);
    put("002_two.down.sql", "DROP TABLE two; -- mended"); /* a down file may be put right */
    must(t, folder, DOWN, 1);
    assert_int_equal(tables(t), 0);
    testdb_free(t);
}

/* What is cut off would be recorded as applied. */
static void a_file_that_is_too_large_is_not_run_in_part(void **state)
{
    enum { LARGE = (4 << 20) + 1 };
    static const char begins[] = "CREATE TABLE one (i integer); ";
    struct testdb *t = testdb_new_empty();
    char *text = malloc(LARGE + 1);

    (void)state;
    assert_non_null(text);
    memset(text, '-', LARGE);
    memcpy(text, begins, sizeof begins - 1);
    text[LARGE] = '\0';
    put("001_one.up.sql", text);
    free(text);
    must_refuse(t, folder, UP, 0, "larger than 4 MiB: 001_one.up.sql");
    assert_int_equal(tables(t), 0);
    testdb_free(t);
}

static void a_file_that_vanished_stops_everything(void **state)
{
    struct testdb *t = testdb_new_empty();

    (void)state;
    must(t, folder, UP, 0);
    drop("003_three.up.sql");
    must_refuse(t, folder, UP, 0, "its file is gone: 003_three");
    must_refuse(t, folder, VERIFY, 0, "its file is gone: 003_three");
    testdb_free(t);
}

static void numbers_have_no_gaps_and_no_twins(void **state)
{
    struct testdb *t = testdb_new_empty();

    (void)state;
    drop("002_two.up.sql");
    must_refuse(t, folder, UP, 0, "a number is missing");
    put("002_two.up.sql", "SELECT 1;");
    put("002_other.up.sql", "SELECT 1;");
    must_refuse(t, folder, UP, 0, "two files have this number");
    assert_int_equal(tables(t), 0);
    must_refuse(t, "/nowhere/at/all", UP, 0, "no such folder");
    testdb_free(t);
}

static void a_file_that_fails_leaves_nothing_of_itself_and_stops_the_rest(void **state)
{
    struct testdb *t = testdb_new_empty();

    (void)state;
    put("002_two.up.sql", "CREATE TABLE two (i integer); INSERT INTO two VALUES (1 / 0);");
    must_refuse(t, folder, UP, 0, "rolled back: 002_two.up.sql");
    assert_int_equal(tables(t), 1);
    assert_int_equal(testdb_number(t, TESTDB_OWNER, "SELECT max(number) FROM schema_migrations"),
                     1);
    put("002_two.up.sql", "CREATE TABLE two (i integer);");
    must(t, folder, UP, 0);
    assert_int_equal(tables(t), 3);
    put("002_two.down.sql", "DROP TABLE two; SELECT 1 / 0;");
    must_refuse(t, folder, DOWN, 1, "rolled back: 002_two.down.sql");
    assert_int_equal(tables(t), 2); /* three is gone, two is whole again */
    drop("002_two.down.sql");
    must_refuse(t, folder, DOWN, 1, "4 MiB: 002_two.down.sql");
    assert_int_equal(tables(t), 2);
    testdb_free(t);
}

static void a_role_that_a_file_took_does_not_reach_the_next(void **state)
{
    struct testdb *t = testdb_new_empty();

    (void)state;
    put("001_one.up.sql", "CREATE TABLE one (i integer); SET LOCAL ROLE cm_system;");
    must(t, folder, UP, 0);
    assert_string_equal(testdb_value(t, TESTDB_ADMIN,
                                     "SELECT string_agg(DISTINCT tableowner, ',') FROM pg_tables"
                                     " WHERE schemaname = 'public'"),
                        "cm_owner");
    testdb_free(t);
}

static void bootstrap_twice_changes_nothing_and_asks_for_its_address(void **state)
{
    struct testdb *t = testdb_new();
    char *before = fingerprint(t);
    char *words = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&words, &n);

    (void)state;
    assert_int_equal(migrate_bootstrap(t->admin_url, t->owner_url, t->app_url, out), 0);
    same_schema(before, fingerprint(t), 0);
    assert_int_equal(migrate_bootstrap(NULL, NULL, NULL, out), -1);
    assert_int_equal(migrate_bootstrap(t->app_url, NULL, NULL, out), -1); /* not a superuser */
    fclose(out);
    assert_non_null(strstr(words, "CM_DATABASE_ADMIN_URL is not set"));
    free(words);
    free(before);
    testdb_free(t);
}

static void without_an_address_or_a_server_it_says_so(void **state)
{
    struct migrate_options o = {.folder = "migrations"};
    char *words = NULL;
    size_t n = 0;

    (void)state;
    o.out = open_memstream(&words, &n);
    assert_int_equal(migrate_up(&o, 0), -1);
    o.url = "host=/nowhere dbname=x";
    assert_int_equal(migrate_verify(&o), -1);
    fclose(o.out);
    assert_non_null(strstr(words, "CM_DATABASE_OWNER_URL is not set"));
    assert_non_null(strstr(words, "cannot connect"));
    free(words);
}

int main(void)
{
#define WITH_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_migration_can_be_taken_back_and_leaves_nothing),
        cmocka_unit_test(down_to_a_number_takes_it_and_all_after_it),
        cmocka_unit_test(up_when_all_is_applied_does_nothing),
        cmocka_unit_test(down_and_up_work_with_rows_in_the_tables),
        cmocka_unit_test(spellings_of_a_seller_become_one_everywhere),
        cmocka_unit_test(two_runners_at_once_apply_each_step_once),
        WITH_FOLDER(a_file_that_changed_after_it_was_applied_stops_everything),
        WITH_FOLDER(a_file_that_is_too_large_is_not_run_in_part),
        WITH_FOLDER(a_file_that_vanished_stops_everything),
        WITH_FOLDER(numbers_have_no_gaps_and_no_twins),
        WITH_FOLDER(a_file_that_fails_leaves_nothing_of_itself_and_stops_the_rest),
        WITH_FOLDER(a_role_that_a_file_took_does_not_reach_the_next),
        cmocka_unit_test(bootstrap_twice_changes_nothing_and_asks_for_its_address),
        cmocka_unit_test(without_an_address_or_a_server_it_says_so),
    };
    const int failed = cmocka_run_group_tests_name("migrate", tests, NULL, NULL);

    free(said);
    return failed;
}

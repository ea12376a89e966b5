/* SPDX-License-Identifier: MIT */
/* Every statement of the program, against the migrated schema and with the rights of the role that runs it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/db/db.h"
#include "tests/lib/testdb.h"

enum { MAX_ARGS = 64 };

static struct testdb *t;
static PGconn *conn;

static bool begins(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

/* What the planner can explain; COPY, CREATE, LOCK and the like are only parsed. */
static bool is_plannable(const char *text)
{
    return begins(text, "SELECT") || begins(text, "INSERT") || begins(text, "UPDATE") ||
           begins(text, "DELETE") || begins(text, "WITH");
}

static bool is_stage(const char *text)
{
    return begins(text, "CREATE TEMP");
}

static void run(const char *sql)
{
    PGresult *r = PQexec(conn, sql);

    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQresultErrorMessage(r));
    PQclear(r);
}

static Oid type_oid(const char *name)
{
    const char *values[] = {name};
    PGresult *r = PQexecParams(conn, "SELECT $1::regtype::oid", 1, NULL, values, NULL, NULL, 0);
    const Oid oid = PQresultStatus(r) == PGRES_TUPLES_OK ? (Oid)pg_i64(r, 0, 0, 0) : 0;

    PQclear(r);
    return oid;
}

static bool is_number(Oid o)
{
    return o == 20 || o == 21 || o == 23 || o == 701 ||
           o == 1700; /* int8, int2, int4, float8, numeric */
}

/* Numbers travel as text, so any numeric type takes them. */
static bool same_family(Oid a, Oid b)
{
    return a == b || (is_number(a) && is_number(b));
}

static void check(const struct sql_statement *s, int *bad)
{
    char types[2048];
    Oid declared[MAX_ARGS] = {0};
    struct slice rest;
    PGresult *r;
    int n = 0;

    snprintf(types, sizeof types, "%s", s->types);
    rest = slice_cstr(types);
    while (rest.n && n < MAX_ARGS) {
        struct slice one = slice_trim(slice_cut(rest, ',', &rest));
        char name[100];

        snprintf(name, sizeof name, "%.*s", (int)one.n, one.p);
        declared[n] = type_oid(name);
        if (!declared[n]) {
            print_error("%s: no such type: %s\n", s->name, name);
            run("ROLLBACK TO s");
            (*bad)++;
            return;
        }
        n++;
    }
    if (n != s->nargs) {
        print_error("%s: %d types for %d arguments\n", s->name, n, s->nargs);
        (*bad)++;
        return;
    }
    /* as declared */
    r = PQprepare(conn, "typed", s->text, n, declared);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        print_error("%s: %s", s->name, PQresultErrorMessage(r));
        (*bad)++;
    }
    PQclear(r);
    run("ROLLBACK TO s");
    /* as the program does it: the server finds the types */
    r = PQprepare(conn, "plain", s->text, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        print_error("%s, types left to the server: %s", s->name, PQresultErrorMessage(r));
        (*bad)++;
        PQclear(r);
        run("ROLLBACK TO s");
        run("DEALLOCATE ALL");
        return;
    }
    PQclear(r);
    r = PQdescribePrepared(conn, "plain");
    if (PQnparams(r) != n) {
        print_error("%s: uses %d arguments, declares %d\n", s->name, PQnparams(r), n);
        (*bad)++;
    }
    for (int i = 0; i < n && i < PQnparams(r); i++) {
        if (!same_family(PQparamtype(r, i), declared[i])) {
            print_error("%s: $%d is type %u for the server, declared %u\n", s->name, i + 1,
                        PQparamtype(r, i), declared[i]);
            (*bad)++;
        }
    }
    PQclear(r);
    if (is_plannable(s->text)) {
        /* only starting the executor asks for rights; a generic plan needs no values */
        char sql[1024] = "EXPLAIN EXECUTE plain";

        for (int i = 0; i < n; i++)
            snprintf(sql + strlen(sql), sizeof sql - strlen(sql), "%sNULL%s", i ? "," : "(",
                     i == n - 1 ? ")" : "");
        r = PQexec(conn, sql);
        if (PQresultStatus(r) != PGRES_TUPLES_OK) {
            print_error("%s as %s: %s", s->name, PQuser(conn), PQresultErrorMessage(r));
            (*bad)++;
        }
        PQclear(r);
    }
    run("ROLLBACK TO s");
    run("DEALLOCATE ALL");
}

/* The statements of one of the two roles, on its own connection. */
static int check_role(bool by_owner)
{
    int bad = 0;

    run("BEGIN");
    run("SET LOCAL plan_cache_mode = force_generic_plan");
    for (int i = 0; i < SQL_COUNT; i++) {
        if (is_stage(sql_statements[i].text) && !by_owner)
            run(sql_statements[i].text); /* others read these temporary tables */
    }
    run("SAVEPOINT s");
    for (int i = 0; i < SQL_COUNT; i++) {
        if (!is_stage(sql_statements[i].text) && sql_statements[i].by_owner == by_owner)
            check(&sql_statements[i], &bad);
    }
    run("ROLLBACK");
    return bad;
}

static void every_statement_prepares_and_is_allowed_to_cm_app(void **state)
{
    (void)state;
    assert_int_equal(check_role(false), 0);
}

static void the_owners_statements_are_allowed_to_cm_owner(void **state)
{
    PGconn *app = conn;

    (void)state;
    conn = testdb_connect(t, TESTDB_OWNER);
    assert_int_equal(check_role(true), 0);
    PQfinish(conn);
    conn = app;
}

static bool contains_word(const char *text, const char *word)
{
    const char *at = text;
    const size_t n = strlen(word);

    while ((at = strcasestr(at, word))) {
        const bool starts =
            at == text || !(strchr("_", at[-1]) || (at[-1] >= 'a' && at[-1] <= 'z'));

        if (starts && !(at[n] == '_' || (at[n] >= 'a' && at[n] <= 'z')))
            return true;
        at += n;
    }
    return false;
}

/* reference/citus: volatile functions in UPDATE, set_config and SELECT * do not survive sharding or a new column. */
static void no_statement_breaks_a_rule_of_sharding(void **state)
{
    static const char *const never[] = {"set_config", "gen_random_uuid", "clock_timestamp",
                                        "random", "nextval"};
    int bad = 0;

    (void)state;
    for (int i = 0; i < SQL_COUNT; i++) {
        const struct sql_statement *s = &sql_statements[i];

        for (size_t k = 0; k < sizeof never / sizeof *never; k++) {
            const bool only_in_update = k >= 1;

            if (contains_word(s->text, never[k]) &&
                (!only_in_update || contains_word(s->text, "UPDATE"))) {
                print_error("%s uses %s\n", s->name, never[k]);
                bad++;
            }
        }
        if (strstr(s->text, "SELECT *") || strstr(s->text, "RETURNING *")) {
            print_error("%s names no columns\n", s->name);
            bad++;
        }
        if (contains_word(s->text, "COPY") && !contains_word(s->text, "STDIN")) {
            print_error("%s copies something else than its input\n", s->name);
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

/* The checks above must be able to fail. */
static void a_wrong_statement_is_noticed(void **state)
{
    static const struct sql_statement wrong[] = {
        {"no_such_column", "SELECT nonsense FROM meetings WHERE tenant_id = $1", 1, "uuid"},
        {"one_argument_too_many", "SELECT meeting_id FROM meetings WHERE tenant_id = $1", 2,
         "uuid,text"},
        {"another_type", "SELECT meeting_id FROM meetings WHERE tenant_id = $1", 1, "text"},
        {"no_such_type", "SELECT meeting_id FROM meetings WHERE tenant_id = $1", 1, "uuidd"},
        {"no_right", "SELECT email FROM users WHERE user_id = $1", 1, "uuid"},
        {"no_right_on_a_function", "SELECT app_tenant_create($1, 'a', 'b')", 1, "uuid"},
    };

    (void)state;
    run("BEGIN");
    run("SET LOCAL plan_cache_mode = force_generic_plan");
    run("SAVEPOINT s");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int bad = 0;

        check(&wrong[i], &bad);
        if (!bad)
            fail_msg("%s passed", wrong[i].name);
    }
    run("ROLLBACK");
}

static int set_up(void **state)
{
    (void)state;
    t = testdb_new();
    conn = testdb_connect(t, TESTDB_APP);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    PQfinish(conn);
    testdb_free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_statement_prepares_and_is_allowed_to_cm_app),
        cmocka_unit_test(the_owners_statements_are_allowed_to_cm_owner),
        cmocka_unit_test(no_statement_breaks_a_rule_of_sharding),
        cmocka_unit_test(a_wrong_statement_is_noticed),
    };

    return cmocka_run_group_tests_name("stmts", tests, set_up, tear_down);
}

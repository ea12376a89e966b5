/* SPDX-License-Identifier: MIT */
/*
 * What the schema promises, read from the catalogue: tenancy, rights, and what sharding by tenant asks for. A rule is
 * a query that gives one row for each thing that breaks it. Each rule is also shown a thing that does, and must say so.
 */
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

/* Tables without a tenant: organisations, people across them, the record of migrations. */
#define GLOBAL "('tenants', 'users', 'schema_migrations')"

/* Our relations of some kinds: in any schema, extensions' left out. */
#define OURS(kinds)                                                                                \
    "SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"                     \
    " WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.relkind IN (" kinds    \
    ")"                                                                                            \
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid " \
    "= c.oid"                                                                                      \
    " AND d.deptype = 'e')"
#define TABLES        "WITH t AS (" OURS("'r', 'p'") ") "
#define TENANT_TABLES "WITH t AS (" OURS("'r', 'p'") " AND c.relname NOT IN " GLOBAL ") "
#define FUNCTIONS                                                                                  \
    "WITH f AS (SELECT p.* FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"           \
    " WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND NOT EXISTS"              \
    " (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND "     \
    "d.deptype = 'e')) "

struct rule {
    const char *name;
    const char *broken_by; /* a query: one text column, one row for each offender */
};

static const struct rule rules[] = {
    {"every table has a tenant", TENANT_TABLES
     "SELECT relname FROM t WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid"
     " AND a.attname = 'tenant_id' AND a.atttypid = 'uuid'::regtype AND a.attnotnull)"},
    {"tenant_id is first in the primary key", TENANT_TABLES
     "SELECT relname FROM t WHERE NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a"
     " ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
     " WHERE i.indrelid = t.oid AND i.indisprimary AND a.attname = 'tenant_id')"},
    {"tenant_id is first in unique keys",
     TENANT_TABLES "SELECT i.indexrelid::regclass::text FROM t JOIN pg_index i ON i.indrelid = "
                   "t.oid AND i.indisunique"
                   " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]"
                   " WHERE a.attname IS DISTINCT FROM 'tenant_id'"},
    {"tenant_id is in exclusion constraints", TENANT_TABLES
     "SELECT k.conname FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'x'"
     " WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = "
     "'tenant_id'"
     " AND a.attnum = ANY (k.conkey))"},
    {"foreign keys begin with tenant_id on both sides", TENANT_TABLES
     "SELECT k.conname FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'"
     " JOIN pg_class o ON o.oid = k.confrelid"
     " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
     " JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]"
     " WHERE NOT (a.attname = 'tenant_id' AND b.attname = 'tenant_id')"
     " AND o.relname NOT IN " GLOBAL},
    {"tenants are referred to by tenant_id", TENANT_TABLES
     "SELECT k.conname FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'"
     " JOIN pg_class o ON o.oid = k.confrelid AND o.relname = 'tenants'"
     " JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]"
     " WHERE cardinality(k.conkey) <> 1 OR a.attname <> 'tenant_id'"},
    {"global tables refer to no table of a tenant",
     TABLES "SELECT k.conname FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'"
            " JOIN pg_class o ON o.oid = k.confrelid"
            " WHERE t.relname IN " GLOBAL " AND o.relname NOT IN " GLOBAL},
    {"no foreign key sets null, sets a default or follows an update",
     TABLES "SELECT k.conname FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'"
            " WHERE k.confdeltype IN ('n', 'd') OR k.confupdtype NOT IN ('a', 'r')"},
    {"the hot job table stands alone",
     TABLES "SELECT k.conname FROM t JOIN pg_constraint k ON k.contype = 'f' AND (k.conrelid = "
            "t.oid OR k.confrelid = t.oid)"
            " WHERE t.relname = 'jobs'"},
    {"row security is on and forced",
     TENANT_TABLES "SELECT relname FROM t WHERE NOT (relrowsecurity AND relforcerowsecurity)"},
    {"exactly one policy a table", TENANT_TABLES "SELECT relname FROM t WHERE (SELECT count(*) "
                                                 "FROM pg_policy p WHERE p.polrelid = t.oid) <> 1"},
    {"each policy is tenant_id = app_tenant() for reading and writing",
     TABLES "SELECT t.relname FROM t JOIN pg_policy p ON p.polrelid = t.oid"
            " WHERE NOT (p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'"
            " AND pg_get_expr(p.polqual, p.polrelid) = '(tenant_id = app_tenant())'"
            " AND pg_get_expr(p.polwithcheck, p.polrelid) IS NOT DISTINCT FROM '(tenant_id = "
            "app_tenant())')"},
    {"app_tenant() reads the setting of the transaction and nothing else",
     "SELECT 'app_tenant' WHERE (SELECT count(*) FROM pg_proc p WHERE p.proname = 'app_tenant' AND "
     "NOT p.prosecdef"
     " AND p.provolatile = 's' AND p.proconfig IS NULL AND p.pronargs = 0 AND p.prolang ="
     " (SELECT oid FROM pg_language WHERE lanname = 'sql')"
     " AND btrim(p.prosrc) = $$SELECT nullif(current_setting('app.tenant_id', true), '')::uuid$$) "
     "<> 1"
     " OR (SELECT count(*) FROM pg_proc p WHERE p.proname = 'app_tenant') <> 1"},
    {"no triggers",
     TABLES "SELECT g.tgname FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal"
            " UNION ALL SELECT evtname FROM pg_event_trigger"},
    {"no rewrite rules on tables",
     TABLES "SELECT r.rulename FROM t JOIN pg_rewrite r ON r.ev_class = t.oid"},
    {"views run as who asks",
     "WITH t AS (" OURS("'v'") ") SELECT relname FROM t WHERE NOT coalesce((SELECT o.option_value "
                               "IN ('true', 'on', '1')"
                               " FROM pg_options_to_table(t.reloptions) o WHERE o.option_name = "
                               "'security_invoker'), false)"},
    {"no materialised views, no foreign tables",
     "WITH t AS (" OURS("'m', 'f'") ") SELECT relname FROM t"},
    {"definer functions are cm_system's",
     FUNCTIONS "SELECT proname FROM f WHERE prosecdef AND proowner <> 'cm_system'::regrole"},
    {"definer functions have the one search_path",
     /* what a planner prefers may stand beside it: that changes no answer */
     FUNCTIONS "SELECT proname FROM f WHERE prosecdef"
               " AND ARRAY(SELECT c FROM unnest(proconfig) c"
               "            WHERE c !~ '^(plan_cache_mode|enable_indexscan)=')"
               " IS DISTINCT FROM ARRAY['search_path=pg_catalog, public, pg_temp']"},
    {"definer functions are not PUBLIC's to call",
     FUNCTIONS "SELECT proname FROM f WHERE prosecdef AND EXISTS (SELECT FROM"
               " aclexplode(coalesce(proacl, acldefault('f', proowner))) x WHERE x.grantee = 0)"},
    {"cm_app owns no function and may make none",
     FUNCTIONS "SELECT proname FROM f WHERE proowner = 'cm_app'::regrole"
               " UNION ALL SELECT nspname FROM pg_namespace WHERE has_schema_privilege('cm_app', "
               "oid, 'CREATE')"
               " AND nspname !~ '^pg_temp'"
               " UNION ALL SELECT 'database' WHERE has_database_privilege('cm_app', "
               "current_database(), 'CREATE')"},
    {"functions that read tables are plpgsql",
     FUNCTIONS "SELECT proname FROM f JOIN pg_language l ON l.oid = f.prolang WHERE l.lanname NOT "
               "IN ('plpgsql', 'sql')"
               " OR (l.lanname = 'sql' AND coalesce(pg_get_function_sqlbody(f.oid), f.prosrc) ~* "
               "'\\m(from|update|into)\\M')"},
    {"no function uses set_config", FUNCTIONS "SELECT proname FROM f WHERE prosrc ~* 'set_config'"},
    {"cm_app has no right on a global table",
     TABLES "SELECT relname FROM t WHERE relname IN " GLOBAL
            " AND (has_table_privilege('cm_app', t.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, "
            "REFERENCES, TRIGGER')"
            " OR has_any_column_privilege('cm_app', t.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))"},
    {"cm_app may not truncate, refer to or hang triggers on a table", /* none of the three asks the policy */
     TABLES "SELECT relname FROM t WHERE has_table_privilege('cm_app', t.oid, 'TRUNCATE, "
            "REFERENCES, TRIGGER')"
            " OR has_any_column_privilege('cm_app', t.oid, 'REFERENCES')"},
    {"PUBLIC has no right on a table, view or sequence",
     "WITH t AS (" OURS("'r', 'p', 'v', 'S'") ") SELECT relname FROM t WHERE EXISTS (SELECT FROM "
                                              "aclexplode(t.relacl) x"
                                              " WHERE x.grantee = 0)"
                                              " UNION ALL SELECT nspname FROM pg_namespace WHERE "
                                              "nspname = 'public' AND EXISTS"
                                              " (SELECT FROM aclexplode(nspacl) x WHERE x.grantee "
                                              "= 0 AND x.privilege_type = 'CREATE')"},
    {"who may pass a right on is its owner",
     TABLES "SELECT relname FROM t WHERE EXISTS (SELECT FROM aclexplode(t.relacl) x"
            " WHERE x.is_grantable AND x.grantee IN ('cm_app'::regrole, 'cm_system'::regrole))"},
    {"tables are cm_owner's", /* a superuser's would not be bound by FORCE */
     "WITH t AS (" OURS(
         "'r', 'p', 'v', 'S'") ") SELECT relname FROM t WHERE relowner <> 'cm_owner'::regrole"},
    {"cm_app owns nothing", "SELECT classid::regclass || ' ' || objid FROM pg_shdepend WHERE "
                            "refclassid = 'pg_authid'::regclass AND deptype = 'o'"
                            " AND refobjid = 'cm_app'::regrole AND dbid IN (0, (SELECT oid FROM "
                            "pg_database WHERE datname = current_database()))"},
    {"cm_app cannot rise above its rights", "SELECT rolname FROM pg_roles WHERE rolname = 'cm_app'"
                                            " AND (rolsuper OR rolbypassrls OR rolcreaterole OR "
                                            "rolcreatedb OR rolreplication OR NOT rolcanlogin)"
                                            " UNION ALL SELECT roleid::regrole::text FROM "
                                            "pg_auth_members WHERE member = 'cm_app'::regrole"},
    {"cm_system does not log in and is nobody else",
     "SELECT rolname FROM pg_roles WHERE rolname = 'cm_system'"
     " AND (rolsuper OR rolcanlogin OR rolcreaterole OR rolcreatedb OR rolreplication OR NOT "
     "rolbypassrls)"
     " UNION ALL SELECT roleid::regrole::text FROM pg_auth_members WHERE member = "
     "'cm_system'::regrole"
     " UNION ALL SELECT member::regrole::text FROM pg_auth_members"
     " WHERE roleid = 'cm_system'::regrole AND member NOT IN ('cm_owner'::regrole)"},
    {"cm_owner is bound by the policies",
     "SELECT rolname FROM pg_roles WHERE rolname = 'cm_owner'"
     " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)"
     " UNION ALL SELECT roleid::regrole::text FROM pg_auth_members"
     " WHERE member = 'cm_owner'::regrole AND roleid <> 'cm_system'::regrole"},
    {"each table says whose data it is and how long it stays",
     TABLES "SELECT relname FROM t WHERE coalesce(obj_description(t.oid, 'pg_class'), '')"
            " !~ '\\[personal: (yes|no)\\] \\[retention: [^]]+\\]'"},
    {"no volatile defaults, no identities", /* gen_random_uuid() works when sharded: reference/citus, rule 14 */
     TABLES "SELECT t.relname || '.' || a.attname FROM t JOIN pg_attribute a ON a.attrelid = t.oid "
            "AND a.attnum > 0"
            " LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum"
            " WHERE NOT a.attisdropped AND (a.attidentity <> '' OR EXISTS (SELECT FROM"
            " regexp_matches(pg_get_expr(d.adbin, d.adrelid), '([a-z_][a-z0-9_]*)\\(', 'g') m JOIN "
            "pg_proc p"
            " ON p.proname = m[1] WHERE p.provolatile = 'v' AND p.proname <> 'gen_random_uuid'))"},
    {"text has a bound", /* char_length, octet_length or a list of values in a CHECK that names the column */
     TENANT_TABLES
     "SELECT t.relname || '.' || a.attname FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND "
     "a.attnum > 0"
     " AND NOT a.attisdropped AND a.atttypid = 'text'::regtype"
     " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'c'"
     " AND a.attnum = ANY (k.conkey) AND pg_get_constraintdef(k.oid) ~ '(length\\(|= ANY|~ "
     "''\\^)')"},
};
enum { NRULES = sizeof rules / sizeof *rules };

/* A well-formed table, to be spoilt in one way. */
#define GOOD                                                                                       \
    "SET LOCAL ROLE cm_owner;"                                                                     \
    "CREATE TABLE bad (tenant_id uuid NOT NULL REFERENCES tenants, id uuid NOT NULL, n integer, "  \
    "PRIMARY KEY (tenant_id, id));"                                                                \
    "COMMENT ON TABLE bad IS 'x [personal: no] [retention: none]';"                                \
    "ALTER TABLE bad ENABLE ROW LEVEL SECURITY; ALTER TABLE bad FORCE ROW LEVEL SECURITY;"         \
    "CREATE POLICY p ON bad USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = "             \
    "app_tenant());"

#define DEFINER(owner, path)                                                                       \
    "CREATE FUNCTION bad() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = " path \
    " AS $$ BEGIN END $$; ALTER FUNCTION bad() OWNER TO " owner                                    \
    "; REVOKE ALL ON FUNCTION bad() FROM PUBLIC;"
#define PATH "pg_catalog, public, pg_temp"

static const struct {
    const char *rule;
    const char *sql; /* as the superuser, rolled back afterwards */
} offences[] = {
    {"every table has a tenant", "CREATE TABLE bad (id uuid PRIMARY KEY)"},
    {"every table has a tenant", "CREATE TABLE bad (tenant_id text NOT NULL PRIMARY KEY)"},
    {"every table has a tenant", "CREATE SCHEMA s; CREATE TABLE s.bad (tenant_id uuid)"},
    {"tenant_id is first in the primary key",
     "CREATE TABLE bad (tenant_id uuid, id uuid, PRIMARY KEY (id, tenant_id))"},
    {"tenant_id is first in the primary key", "CREATE TABLE bad (tenant_id uuid NOT NULL)"},
    {"tenant_id is first in unique keys", GOOD "ALTER TABLE bad ADD UNIQUE (n)"},
    {"tenant_id is first in unique keys", GOOD "CREATE UNIQUE INDEX ON bad (n, tenant_id)"},
    {"tenant_id is first in unique keys", GOOD "CREATE UNIQUE INDEX ON bad ((n + 1))"},
    {"tenant_id is in exclusion constraints",
     GOOD "ALTER TABLE bad ADD EXCLUDE USING btree (n WITH =)"},
    {"foreign keys begin with tenant_id on both sides",
     GOOD "CREATE UNIQUE INDEX u ON subjects (subject_id); ALTER TABLE bad ADD FOREIGN KEY (id) "
          "REFERENCES subjects (subject_id)"},
    {"foreign keys begin with tenant_id on both sides", GOOD
     "ALTER TABLE bad ADD FOREIGN KEY (id, tenant_id) REFERENCES subjects (tenant_id, subject_id)"},
    {"tenants are referred to by tenant_id",
     GOOD "ALTER TABLE bad ADD FOREIGN KEY (id) REFERENCES tenants"},
    {"global tables refer to no table of a tenant",
     "ALTER TABLE users ADD tenant uuid; ALTER TABLE users ADD FOREIGN KEY (tenant, user_id) "
     "REFERENCES subjects"},
    {"no foreign key sets null, sets a default or follows an update",
     GOOD "ALTER TABLE bad ADD FOREIGN KEY (tenant_id, id) REFERENCES subjects ON DELETE SET NULL"},
    {"no foreign key sets null, sets a default or follows an update",
     GOOD "ALTER TABLE bad ADD FOREIGN KEY (tenant_id, id) REFERENCES subjects ON UPDATE CASCADE"},
    {"the hot job table stands alone",
     "ALTER TABLE jobs ADD FOREIGN KEY (tenant_id) REFERENCES tenants"},
    {"row security is on and forced", GOOD "ALTER TABLE bad NO FORCE ROW LEVEL SECURITY"},
    {"row security is on and forced", GOOD "ALTER TABLE bad DISABLE ROW LEVEL SECURITY"},
    {"exactly one policy a table", GOOD "DROP POLICY p ON bad"},
    {"exactly one policy a table", GOOD "CREATE POLICY q ON bad USING (true)"},
    {"each policy is tenant_id = app_tenant() for reading and writing",
     GOOD "ALTER POLICY p ON bad WITH CHECK (true)"},
    {"each policy is tenant_id = app_tenant() for reading and writing",
     GOOD "ALTER POLICY p ON bad USING (tenant_id = app_tenant() OR app_tenant() IS NULL)"},
    {"each policy is tenant_id = app_tenant() for reading and writing",
     GOOD "ALTER POLICY p ON bad TO cm_owner"},
    {"each policy is tenant_id = app_tenant() for reading and writing", GOOD
     "DROP POLICY p ON bad; CREATE POLICY p ON bad FOR SELECT USING (tenant_id = app_tenant())"},
    {"app_tenant() reads the setting of the transaction and nothing else",
     "CREATE OR REPLACE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT "
     "tenant_id FROM tenants LIMIT 1 $$"},
    {"app_tenant() reads the setting of the transaction and nothing else",
     "CREATE FUNCTION app_tenant(i integer) RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT "
     "NULL::uuid $$"},
    {"no triggers", GOOD
     "RESET ROLE; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
     "CREATE TRIGGER bad BEFORE INSERT ON bad EXECUTE FUNCTION f()"},
    {"no triggers", "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
                    "CREATE EVENT TRIGGER bad ON ddl_command_end EXECUTE FUNCTION f()"},
    {"no rewrite rules on tables", GOOD "CREATE RULE bad AS ON DELETE TO bad DO INSTEAD NOTHING"},
    {"views run as who asks", "CREATE VIEW bad AS SELECT * FROM meetings"},
    {"views run as who asks",
     "CREATE VIEW bad WITH (security_invoker = false) AS SELECT * FROM meetings"},
    {"no materialised views, no foreign tables",
     "CREATE MATERIALIZED VIEW bad AS SELECT * FROM meetings"},
    {"definer functions are cm_system's", DEFINER("cm_owner", PATH)},
    {"definer functions are cm_system's",
     "CREATE SCHEMA s; CREATE FUNCTION s.bad() RETURNS void LANGUAGE plpgsql"
     " SECURITY DEFINER SET search_path = " PATH " AS $$ BEGIN END $$"},
    {"definer functions have the one search_path", DEFINER("cm_system", "public")},
    {"definer functions have the one search_path",
     DEFINER("cm_system", "pg_catalog, pg_temp, public")},
    {"definer functions have the one search_path",
     "ALTER FUNCTION app_members() RESET search_path"},
    {"definer functions have the one search_path",
     "ALTER FUNCTION app_members() SET row_security = off"},
    {"definer functions are not PUBLIC's to call",
     DEFINER("cm_system", PATH) "GRANT EXECUTE ON FUNCTION bad() TO PUBLIC"},
    {"definer functions are not PUBLIC's to call",
     "CREATE FUNCTION bad() RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
     " SET search_path = " PATH " AS $$ BEGIN END $$"},
    {"cm_app owns no function and may make none",
     "CREATE FUNCTION bad() RETURNS void LANGUAGE plpgsql AS $$ BEGIN END $$; ALTER FUNCTION bad() "
     "OWNER TO cm_app"},
    {"cm_app owns no function and may make none", "GRANT CREATE ON SCHEMA public TO cm_app"},
    {"cm_app owns no function and may make none", "GRANT CREATE ON SCHEMA public TO PUBLIC"},
    {"functions that read tables are plpgsql",
     "CREATE FUNCTION bad(i uuid) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM meetings "
     "WHERE meeting_id = i $$"},
    {"functions that read tables are plpgsql",
     "CREATE FUNCTION bad(i uuid) RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM "
     "meetings WHERE meeting_id = i)"},
    {"no function uses set_config",
     "CREATE FUNCTION bad() RETURNS void LANGUAGE plpgsql AS"
     " $$ BEGIN PERFORM set_config('app.tenant_id', 'x', true); END $$"},
    {"cm_app has no right on a global table", "GRANT SELECT ON users TO cm_app"},
    {"cm_app has no right on a global table", "GRANT SELECT (slug) ON tenants TO cm_app"},
    {"cm_app has no right on a global table", "GRANT SELECT ON schema_migrations TO PUBLIC"},
    {"cm_app may not truncate, refer to or hang triggers on a table",
     "GRANT TRUNCATE ON meetings TO cm_app"},
    {"cm_app may not truncate, refer to or hang triggers on a table",
     "GRANT ALL ON meetings TO cm_app"},
    {"PUBLIC has no right on a table, view or sequence", "GRANT SELECT ON meetings TO PUBLIC"},
    {"PUBLIC has no right on a table, view or sequence",
     "GRANT USAGE ON SEQUENCE value_code_seq TO PUBLIC"},
    {"who may pass a right on is its owner",
     "GRANT SELECT ON meetings TO cm_app WITH GRANT OPTION"},
    {"tables are cm_owner's", "CREATE TABLE bad (tenant_id uuid PRIMARY KEY)"},
    {"cm_app owns nothing", "CREATE TABLE bad (i integer); ALTER TABLE bad OWNER TO cm_app"},
    {"cm_app owns nothing", "CREATE SCHEMA bad AUTHORIZATION cm_app"},
    {"cm_app cannot rise above its rights", "ALTER ROLE cm_app BYPASSRLS"},
    {"cm_app cannot rise above its rights", "ALTER ROLE cm_app CREATEROLE"},
    {"cm_app cannot rise above its rights", "GRANT cm_system TO cm_app"},
    {"cm_app cannot rise above its rights", "GRANT pg_read_all_data TO cm_app"},
    {"cm_system does not log in and is nobody else", "ALTER ROLE cm_system LOGIN"},
    {"cm_system does not log in and is nobody else", "GRANT cm_system TO cm_app"},
    {"cm_system does not log in and is nobody else", "GRANT pg_read_all_data TO cm_system"},
    {"cm_owner is bound by the policies", "ALTER ROLE cm_owner SUPERUSER"},
    {"cm_owner is bound by the policies", "GRANT pg_write_all_data TO cm_owner"},
    {"each table says whose data it is and how long it stays", GOOD "COMMENT ON TABLE bad IS NULL"},
    {"each table says whose data it is and how long it stays",
     GOOD "COMMENT ON TABLE bad IS 'x [personal: no]'"},
    {"no volatile defaults, no identities",
     GOOD "ALTER TABLE bad ADD at timestamptz DEFAULT clock_timestamp()"},
    {"no volatile defaults, no identities",
     GOOD "CREATE SEQUENCE s; ALTER TABLE bad ADD i bigint DEFAULT nextval('s')"},
    {"no volatile defaults, no identities",
     GOOD "ALTER TABLE bad ADD i bigint GENERATED ALWAYS AS IDENTITY"},
    {"text has a bound", GOOD "ALTER TABLE bad ADD words text"},
};

static struct testdb *t;
static PGconn *conn; /* superuser */

/* How many offenders a rule finds; `say` prints them. */
static int offenders(const struct rule *r, bool say)
{
    PGresult *res = PQexec(conn, r->broken_by);
    int n;

    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", r->name, PQresultErrorMessage(res));
    n = PQntuples(res);
    for (int i = 0; say && i < n; i++)
        print_error("%s: broken by %s\n", r->name, PQgetvalue(res, i, 0));
    PQclear(res);
    return n;
}

static void the_schema_keeps_every_rule(void **state)
{
    int broken = 0;

    (void)state;
    for (int i = 0; i < NRULES; i++)
        broken += offenders(&rules[i], true);
    assert_int_equal(broken, 0);
}

static void run(const char *sql)
{
    PGresult *r = PQexec(conn, sql);
    const ExecStatusType st = PQresultStatus(r);

    PQclear(r);
    if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
        fail_msg("%s\n%s", sql, PQerrorMessage(conn));
}

static const struct rule *rule_named(const char *name)
{
    for (int i = 0; i < NRULES; i++) {
        if (strcmp(rules[i].name, name) == 0)
            return &rules[i];
    }
    fail_msg("no such rule: %s", name);
    return NULL;
}

static void each_rule_notices_what_breaks_it(void **state)
{
    bool shown[NRULES] = {false};
    int missed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof offences / sizeof *offences; i++) {
        const struct rule *r = rule_named(offences[i].rule);

        shown[r - rules] = true;
        run("BEGIN"); /* roles are the cluster's: nobody else may see this */
        run(offences[i].sql);
        run("RESET ROLE");
        if (offenders(r, false) == 0) {
            print_error("%s: did not notice: %s\n", r->name, offences[i].sql);
            missed++;
        }
        run("ROLLBACK");
    }
    for (int i = 0; i < NRULES; i++) {
        if (!shown[i]) {
            print_error("%s: never shown to fail\n", rules[i].name);
            missed++;
        }
    }
    assert_int_equal(missed, 0);
}

/* Otherwise an offence might be noticed for another reason than its own. */
static void a_well_formed_table_breaks_no_rule(void **state)
{
    int broken = 0;

    (void)state;
    run("BEGIN");
    run(GOOD);
    run("RESET ROLE");
    for (int i = 0; i < NRULES; i++)
        broken += offenders(&rules[i], true);
    run("ROLLBACK");
    assert_int_equal(broken, 0);
}

/* The list of global tables is short, and nobody lengthens it in passing. */
static void the_global_tables_are_there(void **state)
{
    (void)state;
    assert_int_equal(testdb_number(t, TESTDB_ADMIN,
                                   "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
                                   " AND tablename IN " GLOBAL),
                     3);
}

static int set_up(void **state)
{
    (void)state;
    t = testdb_new();
    conn = testdb_connect(t, TESTDB_ADMIN);
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
        cmocka_unit_test(the_schema_keeps_every_rule),
        cmocka_unit_test(each_rule_notices_what_breaks_it),
        cmocka_unit_test(a_well_formed_table_breaks_no_rule),
        cmocka_unit_test(the_global_tables_are_there),
    };

    return cmocka_run_group_tests_name("catalogue", tests, set_up, tear_down);
}

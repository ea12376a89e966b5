/* SPDX-License-Identifier: MIT */
#include "core/db/migrate.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/sb.h"
#include "core/db/db.h"

enum {
    MAX_STEPS = 999, /* NNN */
    MAX_FILE_BYTES = 4 << 20,
    LOCK_KEY = 0x434d4d47, /* "CMMG": the advisory lock of all runners */
};

struct step {
    int number;
    char name[128];
    char digest[2 * SHA256_BYTES + 1]; /* of the up file */
    bool applied;
};

struct runner {
    const struct migrate_options *o;
    PGconn *conn;
    struct step *steps; /* 1..n without gaps, by number */
    int n;
};

static int problem(const struct runner *r, const char *what, const char *detail)
{
    fprintf(r->o->out, "migrate: %s%s%s\n", what, *detail ? ": " : "", detail);
    return -1;
}

static void pg_close(PGconn **c)
{
    PQfinish(*c);
}

static int sql(const struct runner *r, const char *text)
{
    SCOPED(pg_drop) PGresult *res = PQexec(r->conn, text);

    if (PQresultStatus(res) == PGRES_COMMAND_OK || PQresultStatus(res) == PGRES_TUPLES_OK)
        return 0;
    return problem(r, "database", PQresultErrorMessage(res));
}

/* Whole file, terminated; malloc'd. NULL: not to be read, or larger than MAX_FILE_BYTES: half a migration is none. */
static char *read_file(const char *folder, const char *file, size_t *n)
{
    char path[4096];
    char *text;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, file);
    f = fopen(path, "re");
    if (!f)
        return NULL;
    text = malloc(MAX_FILE_BYTES + 1);
    if (!text)
        abort();
    *n = fread(text, 1, MAX_FILE_BYTES, f);
    if (ferror(f) || fgetc(f) != EOF) {
        free(text);
        text = NULL;
    } else {
        text[*n] = '\0';
    }
    fclose(f);
    return text;
}

static void free_text(char **p)
{
    free(*p);
}

static int find_steps(struct runner *r)
{
    DIR *d = opendir(r->o->folder);
    struct dirent *e;

    if (!d)
        return problem(r, "no such folder", r->o->folder);
    while ((e = readdir(d))) {
        SCOPED(free_text) char *text = NULL;
        uint8_t digest[SHA256_BYTES];
        const char *end = strstr(e->d_name, ".up.sql");
        struct step *s;
        size_t n = 0;
        long number;
        char *after;

        if (!end || end[7] || strlen(e->d_name) > 100)
            continue;
        number = strtol(e->d_name, &after, 10);
        if (number < 1 || number > MAX_STEPS || after != e->d_name + 3 || *after != '_')
            continue;
        s = &r->steps[number - 1];
        text = read_file(r->o->folder, e->d_name, &n);
        if (!text || s->number) {
            problem(r,
                    s->number ? "two files have this number"
                              : "cannot be read, or is larger than 4 MiB",
                    e->d_name);
            closedir(d);
            return -1;
        }
        s->number = (int)number;
        snprintf(s->name, sizeof s->name, "%.*s", (int)(end - e->d_name), e->d_name);
        hash_sha256(text, n, digest);
        hash_hex(digest, sizeof digest, s->digest);
        if (number > r->n)
            r->n = (int)number;
    }
    closedir(d);
    for (int i = 0; i < r->n; i++) {
        if (!r->steps[i].number)
            return problem(r, "a number is missing among the files", "");
    }
    return 0;
}

/* Marks what is applied; history that the files deny is an error. */
static int read_history(struct runner *r)
{
    SCOPED(pg_drop)
    PGresult *res =
        PQexec(r->conn, "SELECT number, name, digest FROM schema_migrations ORDER BY number");

    if (PQresultStatus(res) != PGRES_TUPLES_OK)
        return problem(r, "database", PQresultErrorMessage(res));
    for (int i = 0; i < PQntuples(res); i++) {
        const int64_t number = pg_i64(res, i, 0, 0);
        struct step *s;

        if (number < 1 || number > r->n)
            return problem(r, "applied, but its file is gone", pg_text(res, i, 1));
        s = &r->steps[number - 1];
        if (strcmp(s->name, pg_text(res, i, 1)) != 0 || strcmp(s->digest, pg_text(res, i, 2)) != 0)
            return problem(r, "applied, but its file was changed since", pg_text(res, i, 1));
        s->applied = true;
    }
    return 0;
}

static const char create_history[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " number integer PRIMARY KEY CHECK (number > 0), name text NOT NULL, digest text NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now());"
    "COMMENT ON TABLE schema_migrations IS 'Steps of the schema that were applied. [personal: no] "
    "[retention: for ever]'";

static int begin(struct runner *r, const struct migrate_options *o)
{
    char lock[80];

    *r = (struct runner){.o = o};
    if (!o->url) {
        fprintf(o->out, "migrate: CM_DATABASE_OWNER_URL is not set\n");
        return -1;
    }
    r->steps = calloc(MAX_STEPS, sizeof *r->steps);
    if (!r->steps)
        abort();
    if (find_steps(r) < 0)
        return -1;
    r->conn = PQconnectdb(o->url);
    if (PQstatus(r->conn) != CONNECTION_OK)
        return problem(r, "cannot connect", PQerrorMessage(r->conn));
    /* notices of IF NOT EXISTS are no news */
    snprintf(lock, sizeof lock, "SELECT pg_advisory_lock(%d)", LOCK_KEY);
    if (sql(r, "SET client_min_messages = warning") < 0 || sql(r, "SET lock_timeout = '60s'") < 0 ||
        sql(r, lock) < 0)
        return -1;
    return sql(r, create_history) < 0 ? -1 : read_history(r);
}

static int end(struct runner *r, int status)
{
    PQfinish(r->conn); /* gives the lock back */
    free(r->steps);
    return status;
}

/* One file and its record, in one transaction. */
static int apply(struct runner *r, const struct step *s, bool up)
{
    SCOPED(free_text) char *text = NULL;
    char record[512];
    char file[160];
    size_t n = 0;

    snprintf(file, sizeof file, "%s.%s.sql", s->name, up ? "up" : "down");
    text = read_file(r->o->folder, file, &n);
    if (!text)
        return problem(r, "cannot be read, or is larger than 4 MiB", file);
    if (up)
        snprintf(record, sizeof record,
                 "INSERT INTO schema_migrations (number, name, digest) VALUES (%d, '%s', '%s')",
                 s->number, s->name, s->digest);
    else
        snprintf(record, sizeof record, "DELETE FROM schema_migrations WHERE number = %d",
                 s->number);
    fprintf(r->o->out, "%s %s\n", up ? "up  " : "down", s->name);
    if (sql(r, "BEGIN") < 0)
        return -1;
    if (sql(r, text) < 0 || sql(r, "RESET ROLE") < 0 || sql(r, record) < 0) {
        sql(r, "ROLLBACK");
        return problem(r, "rolled back", file);
    }
    return sql(r, "COMMIT");
}

int migrate_up(const struct migrate_options *o, int to)
{
    struct runner r;
    int status = begin(&r, o);
    int done = 0;

    for (int i = 0; status == 0 && i < r.n && (to == 0 || i < to); i++) {
        if (r.steps[i].applied)
            continue;
        status = apply(&r, &r.steps[i], true);
        done += status == 0;
    }
    if (status == 0)
        fprintf(o->out, "%d applied, schema is at %03d\n", done, to && to < r.n ? to : r.n);
    return end(&r, status);
}

int migrate_down(const struct migrate_options *o, int to)
{
    struct runner r;
    int status = begin(&r, o);

    if (status == 0 && (to < 1 || to > r.n))
        status = problem(&r, "no migration has this number", "");
    for (int i = r.n - 1; status == 0 && i >= to - 1; i--) {
        if (r.steps[i].applied)
            status = apply(&r, &r.steps[i], false);
    }
    if (status == 0)
        fprintf(o->out, "schema is at %03d\n", to - 1);
    return end(&r, status);
}

int migrate_status(const struct migrate_options *o)
{
    struct runner r;
    const int status = begin(&r, o);

    for (int i = 0; status == 0 && i < r.n; i++)
        fprintf(o->out, "%-9s%s\n", r.steps[i].applied ? "applied" : "waiting", r.steps[i].name);
    return end(&r, status);
}

int migrate_verify(const struct migrate_options *o)
{
    struct runner r;
    int status = begin(&r, o);

    for (int i = 0; status == 0 && i < r.n; i++) {
        if (!r.steps[i].applied)
            status = problem(&r, "not applied", r.steps[i].name);
    }
    if (status == 0)
        fprintf(o->out, "%d migrations applied, files unchanged\n", r.n);
    return end(&r, status);
}

/* The value of one option of a conninfo, malloc'd, or NULL. */
static char *conninfo_option(const char *url, const char *keyword)
{
    PQconninfoOption *all = url ? PQconninfoParse(url, NULL) : NULL;
    char *found = NULL;

    for (PQconninfoOption *p = all; p && p->keyword; p++) {
        if (strcmp(p->keyword, keyword) == 0 && p->val)
            found = strdup(p->val);
    }
    PQconninfoFree(all);
    return found;
}

static int bootstrap_role(PGconn *conn, const char *role, const char *attributes, const char *url,
                          FILE *out)
{
    SCOPED(free_text) char *password = conninfo_option(url, "password");
    SCOPED(pg_drop) PGresult *res = NULL;
    char *quoted = password ? PQescapeLiteral(conn, password, strlen(password)) : NULL;
    struct sb text;

    sb_init(&text, 8192);
    sb_printf(&text,
              "DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%s') THEN CREATE "
              "ROLE %s; END IF; END $do$;"
              "ALTER ROLE %s %s NOSUPERUSER NOCREATEDB NOCREATEROLE",
              role, role, role, attributes);
    if (quoted)
        sb_printf(&text, " PASSWORD %s", quoted);
    res = PQexec(conn, sb_text(&text));
    sb_done(&text);
    PQfreemem(quoted);
    if (PQresultStatus(res) == PGRES_COMMAND_OK)
        return 0;
    fprintf(out, "bootstrap: %s: %s\n", role, PQresultErrorMessage(res));
    return -1;
}

/* cm_owner may become cm_system (for backfills and to own its functions), never the reverse. */
static const char grants[] =
    /* A tenant that the statistics do not know yet is estimated at one row, and joins of its tables then run on
     * tenant_id alone: quadratic (measured: 10 s for 8,000 rows, 36 ms with a generic plan). Generic plans think of
     * the average tenant, which is never that wrong. */
    "ALTER ROLE cm_app SET plan_cache_mode = force_generic_plan;"
    /* DETAIL and CONTEXT quote rows, and rows are people's */
    "ALTER ROLE cm_app SET log_error_verbosity = terse;"
    "ALTER ROLE cm_owner SET log_error_verbosity = terse;"
    "GRANT cm_system TO cm_owner;"
    /* app_upload_store and app_subjects_delete let foreign keys rest that they keep themselves */
    "GRANT SET ON PARAMETER session_replication_role TO cm_system;"
    "GRANT USAGE, CREATE ON SCHEMA public TO cm_owner, cm_system;"
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
    "GRANT USAGE ON SCHEMA public TO cm_app;"
    "CREATE EXTENSION IF NOT EXISTS vector;"
    "CREATE EXTENSION IF NOT EXISTS btree_gin;" /* tenant_id in the index of words */
    "DO $do$ BEGIN"
    " EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC', "
    "current_database());"
    " EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO cm_app', "
    "current_database());" /* stage of uploads */
    " EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO cm_system', "
    "current_database());" /* its functions read that stage */
    " EXECUTE format('GRANT CONNECT ON DATABASE %I TO cm_owner', current_database());"
    " END $do$";

int migrate_bootstrap(const char *admin_url, const char *owner_url, const char *app_url, FILE *out)
{
    SCOPED(pg_close) PGconn *conn = NULL;
    SCOPED(pg_drop) PGresult *quiet = NULL;
    SCOPED(pg_drop) PGresult *res = NULL;

    if (!admin_url) {
        fprintf(out, "bootstrap: CM_DATABASE_ADMIN_URL is not set\n");
        return -1;
    }
    conn = PQconnectdb(admin_url);
    if (PQstatus(conn) != CONNECTION_OK) {
        fprintf(out, "bootstrap: cannot connect: %s\n", PQerrorMessage(conn));
        return -1;
    }
    quiet = PQexec(conn, "SET client_min_messages = warning");
    if (bootstrap_role(conn, "cm_owner", "LOGIN NOBYPASSRLS", owner_url, out) < 0 ||
        bootstrap_role(conn, "cm_app", "LOGIN NOBYPASSRLS", app_url, out) < 0 ||
        bootstrap_role(conn, "cm_system", "NOLOGIN BYPASSRLS", NULL, out) < 0)
        return -1;
    res = PQexec(conn, grants);
    if (PQresultStatus(res) != PGRES_COMMAND_OK) {
        fprintf(out, "bootstrap: %s\n", PQresultErrorMessage(res));
        return -1;
    }
    fprintf(
        out,
        "roles cm_owner, cm_app, cm_system and the extensions vector and btree_gin are there\n");
    return 0;
}

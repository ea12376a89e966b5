/* SPDX-License-Identifier: MIT */
/*
 * testdb: a real PostgreSQL for a test, and a migrated database of its own for each.
 *
 * The server is the one of CM_TEST_ADMIN_URL (a superuser's address of a throw-away cluster; tests/run.sh sets it),
 * else one that the first testdb_new() starts: a private cluster in a temporary directory, unix socket only, gone
 * when this process ends, however it ends. A template database is made once a cluster and state of migrations/,
 * each testdb is a clone of it (about 50 ms).
 *
 *   struct testdb *t = testdb_new();
 *   struct ctx *cx = testdb_ctx(t);
 *   struct uuid acme = testdb_tenant(t, "acme");
 *   struct uuid ana = testdb_member(t, "acme", "ana@acme.test", ROLE_ANALYST);
 *   testdb_as(cx, &acme, &ana, ROLE_ANALYST);
 *   db_begin(cx, DB_READ, DB_ENTER_CALLER, (struct db_need){ROLE_VIEWER, SCOPE_DATA_READ});
 *   ...
 *   testdb_free(t);
 *
 * Nothing here fails: what goes wrong is said on stderr and ends the process with 1. A test is run from the root of
 * the tree, where migrations/ is. Needs pgvector in the server.
 */
#ifndef TESTS_LIB_TESTDB_H
#define TESTS_LIB_TESTDB_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/principal.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

struct testcluster; /* opaque */

struct testdb {
    const char *name;      /* of the database */
    const char *app_url;   /* as cm_app */
    const char *owner_url; /* as cm_owner */
    const char *admin_url; /* as the superuser */
    struct testdb_private *private;
};

enum testdb_role { TESTDB_APP, TESTDB_OWNER, TESTDB_ADMIN };

struct testdb *testdb_new(void);
void testdb_free(struct testdb *t); /* drops the database; NULL is fine */

/* A clone without migrations: only bootstrap was run. For tests of the migrations themselves. */
struct testdb *testdb_new_empty(void);

/* For tests that stop or restart the server: a cluster of their own, whatever CM_TEST_ADMIN_URL says. */
struct testcluster *testcluster_new(void);
struct testdb *testdb_new_in(struct testcluster *c);
void testcluster_restart(struct testcluster *c); /* returns when it answers again */
void testcluster_stop(struct testcluster *c);    /* refuses connections from now on ... */
void testcluster_start(struct testcluster *c);   /* ... until this returns */
void testcluster_free(
    struct testcluster *c); /* with its databases' data; testdb_free() them first */

/* A context with arena, connection (as cm_app), default configuration, nobody as caller, 10 s until its deadline.
 * Several may be made; all end with testdb_free(). */
struct ctx *testdb_ctx(struct testdb *t);
/* The same without prepared statements (CM_DB_PREPARE=off). */
struct ctx *testdb_ctx_unprepared(struct testdb *t);
/* Rolls back, forgets the error, empties the arena, 10 s again. The connection and the caller stay. */
void testdb_fresh(struct ctx *cx);

/* Makes it if it is not there; slug is also its name. Time zone America/Santiago, language es. */
struct uuid testdb_tenant(struct testdb *t, const char *slug);
/* Adds a person to the tenant, or changes the role. The person is a new one for a new address. */
struct uuid testdb_member(struct testdb *t, const char *slug, const char *email, enum role role);
/* An API token with these scopes, which never expires. `proof` gets the digest that struct principal carries. */
struct uuid testdb_token(struct testdb *t, const char *slug, unsigned scopes, uint8_t proof[32]);

/* Makes cx->who a user, a token, or nobody. The rights are what the database says, not `role`. */
void testdb_as(struct ctx *cx, const struct uuid *tenant, const struct uuid *user, enum role role);
void testdb_as_token(struct ctx *cx, const struct uuid *tenant, const struct uuid *token,
                     const uint8_t proof[32], unsigned scopes);
void testdb_as_nobody(struct ctx *cx);

/* A plain connection; PQfinish() it. */
PGconn *testdb_connect(const struct testdb *t, enum testdb_role role);
/* Runs text (several statements are fine) that must succeed. */
void testdb_run(const struct testdb *t, enum testdb_role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The first cell of its result, NULL for NULL or no row; lives as long as t. */
const char *testdb_value(const struct testdb *t, enum testdb_role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same as a number; -1 for NULL or no row. */
int64_t testdb_number(const struct testdb *t, enum testdb_role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Runs text that may fail: "" when it succeeded, else its SQLSTATE; lives as long as t. */
const char *testdb_try(const struct testdb *t, enum testdb_role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

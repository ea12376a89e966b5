/* SPDX-License-Identifier: MIT */
/*
 * The n-th call into libpq fails, n = 1, 2, ... until a run is untouched. However it goes: the request either did all
 * it should or nothing, an error is set exactly when it failed, and the next request works.
 *
 * The functions below stand in for libpq's own (the linker prefers the program's). A call fails in one of two ways:
 * it answers what libpq answers on failure, or the connection is cut just before it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/db/db.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

enum way { REFUSED, CUT };

static bool armed; /* only the calls of the request under test count */
static int count;
static int fail_at;
static enum way way;
static bool hit;

/* Whether this call is the one. In the second way the real function then meets a dead connection. */
static bool fails(const PGconn *c)
{
    if (!armed || ++count != fail_at)
        return false;
    hit = true;
    if (way == REFUSED)
        return true;
    if (c && PQsocket(c) >= 0)
        shutdown(PQsocket(c), SHUT_RDWR);
    return false;
}

static void *libpq(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    if (!f)
        abort();
    return f;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): a parameter list is none to be enclosed */
#define STAND_IN(type, name, params, args, failure)                                                \
    type name params;                                                                              \
    type name params                                                                               \
    {                                                                                              \
        static type(*real) params;                                                                 \
                                                                                                   \
        if (!real)                                                                                 \
            *(void **)&real = libpq(#name);                                                        \
        return fails(conn) ? (failure) : real args;                                                \
    }

STAND_IN(int, PQsendQuery, (PGconn * conn, const char *query), (conn, query), 0)
STAND_IN(int, PQsendQueryParams,
         (PGconn * conn, const char *command, int nParams, const Oid *paramTypes,
          const char *const *paramValues, const int *paramLengths, const int *paramFormats,
          int resultFormat),
         (conn, command, nParams, paramTypes, paramValues, paramLengths, paramFormats,
          resultFormat),
         0)
STAND_IN(int, PQsendPrepare,
         (PGconn * conn, const char *stmtName, const char *query, int nParams,
          const Oid *paramTypes),
         (conn, stmtName, query, nParams, paramTypes), 0)
STAND_IN(int, PQsendQueryPrepared,
         (PGconn * conn, const char *stmtName, int nParams, const char *const *paramValues,
          const int *paramLengths, const int *paramFormats, int resultFormat),
         (conn, stmtName, nParams, paramValues, paramLengths, paramFormats, resultFormat), 0)
STAND_IN(int, PQenterPipelineMode, (PGconn * conn), (conn), 0)
STAND_IN(int, PQexitPipelineMode, (PGconn * conn), (conn), 0)
STAND_IN(int, PQpipelineSync, (PGconn * conn), (conn), 0)
STAND_IN(int, PQflush, (PGconn * conn), (conn), -1)
STAND_IN(int, PQconsumeInput, (PGconn * conn), (conn), 0)
STAND_IN(int, PQsetnonblocking, (PGconn * conn, int arg), (conn, arg), -1)
STAND_IN(int, PQsetSingleRowMode, (PGconn * conn), (conn), 0)
STAND_IN(int, PQputCopyData, (PGconn * conn, const char *buffer, int nbytes),
         (conn, buffer, nbytes), -1)
STAND_IN(int, PQputCopyEnd, (PGconn * conn, const char *errormsg), (conn, errormsg), -1)
STAND_IN(PostgresPollingStatusType, PQconnectPoll, (PGconn * conn), (conn), PGRES_POLLING_FAILED)

/* NOLINTEND(bugprone-macro-parentheses) */

static struct testdb *t;
static struct ctx *cx;
static struct uuid acme;
static struct uuid ana;

static const struct db_need need = {ROLE_VIEWER, SCOPE_DATA_READ};

static int touch(void)
{
    return db_exec(cx, SQL_TENANT_TOUCH, (const struct db_arg[]){db_uuid(&acme)}, NULL);
}

static int read_person(void)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(cx, SQL_PERSON_GET, (const struct db_arg[]){db_uuid(&ana)});

    return r ? 0 : -1;
}

/* ---- the requests: each adds one to data_version when it returns 0 ------------------------------------------- */

static int writes(void)
{
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, need) < 0 || read_person() < 0 || touch() < 0)
        return -1;
    return db_commit(cx);
}

static int put(struct slice s)
{
    return db_copy_put(cx, s.p, s.n);
}

static int copies(void)
{
    int64_t rows = 0;

    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, need) < 0 ||
        db_exec(cx, SQL_UPLOAD_STAGE_CREATE, NULL, NULL) < 0 ||
        db_copy_begin(cx, SQL_UPLOAD_STAGE_COPY) < 0 || put(uploads_copy_header) < 0)
        return -1;
    for (int i = 0; i < 3; i++) {
        if (put(uploads_copy_row()) < 0)
            return -1;
    }
    if (put(uploads_copy_end) < 0 || db_copy_end(cx, &rows) < 0)
        return -1;
    assert_int_equal(rows, 3); /* success is whole */
    return touch() < 0 ? -1 : db_commit(cx);
}

static int rows_seen;

static int see(void *user, const PGresult *r)
{
    (void)user;
    rows_seen += PQntuples(r);
    return 0;
}

static int streams(void)
{
    rows_seen = 0;
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, need) < 0 ||
        db_stream(cx, SQL_UPLOAD_LIST,
                  (const struct db_arg[]){db_uuid(&acme), db_i64(1000), db_i64(1000), db_null(),
                                          db_i64(100)},
                  see, NULL) < 0)
        return -1;
    assert_int_equal(rows_seen, 5);
    return touch() < 0 ? -1 : db_commit(cx);
}

static PGconn *watcher; /* a connection made once: thousands of looks */

static int64_t version(void)
{
    SCOPED(pg_drop) PGresult *r = PQexec(watcher, "SELECT data_version FROM tenant_state");

    return pg_i64(r, 0, 0, -1);
}

/* A failed COMMIT may have reached the server: then the change is there, and whole. */
static void run(int (*request)(void), bool new_connection, const char *name)
{
    int n;

    for (n = 1; n < 2000; n++) {
        const int64_t before = version();
        int64_t after;
        int status;

        testdb_fresh(cx);
        if (new_connection && db_socket(cx->db) >= 0)
            shutdown(db_socket(cx->db), SHUT_RDWR); /* dead while idle: found out by the request */
        hit = false;
        count = 0;
        fail_at = n;
        armed = true;
        status = request();
        armed = false;
        if (status == 0 && err_is(&cx->err))
            fail_msg("%s, call %d, way %d: success with an error set: %s", name, n, way,
                     cx->err.internal);
        if (status != 0 && !err_is(&cx->err))
            fail_msg("%s, call %d, way %d: failure without an error", name, n, way);
        if (status != 0 && cx->err.code != ERR_UNAVAILABLE && cx->err.code != ERR_TIMEOUT)
            fail_msg("%s, call %d, way %d: %s, %s", name, n, way, err_code_name(cx->err.code),
                     cx->err.internal);
        db_rollback(cx);
        assert_false(db_in_transaction(cx->db));
        after = version();
        if (status == 0 && after != before + 1)
            fail_msg("%s, call %d, way %d: done %d times", name, n, way, (int)(after - before));
        if (status != 0 && after != before && after != before + 1)
            fail_msg("%s, call %d, way %d: failed, and done %d times", name, n, way,
                     (int)(after - before));

        testdb_fresh(cx);
        if (writes() < 0)
            fail_msg("%s, call %d, way %d: the next request failed: %s", name, n, way,
                     cx->err.internal);
        if (!hit)
            break;
    }
    assert_in_range(n, 5, 1999);
}

static void both_ways(int (*request)(void), const char *name)
{
    for (int fresh = 0; fresh < 2; fresh++) {
        way = REFUSED;
        run(request, fresh, name);
        way = CUT;
        run(request, fresh, name);
    }
}

static void a_writing_request(void **state)
{
    (void)state;
    both_ways(writes, "write");
}

static void a_copying_request(void **state)
{
    (void)state;
    both_ways(copies, "copy");
}

static void a_streaming_request(void **state)
{
    (void)state;
    both_ways(streams, "stream");
}

static int set_up(void **state)
{
    (void)state;
    t = testdb_new();
    acme = testdb_tenant(t, "acme");
    ana = testdb_member(t, "acme", "ana@acme.test", ROLE_ANALYST);
    testdb_run(t, TESTDB_ADMIN,
               "INSERT INTO uploads (tenant_id, upload_id, filename) SELECT tenant_id, "
               "md5(i::text)::uuid, 'f'"
               " FROM tenants, generate_series(1, 5) i");
    watcher = testdb_connect(t, TESTDB_ADMIN);
    cx = testdb_ctx(t);
    testdb_as(cx, &acme, &ana, ROLE_ANALYST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    PQfinish(watcher);
    testdb_free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_writing_request),
        cmocka_unit_test(a_copying_request),
        cmocka_unit_test(a_streaming_request),
    };

    return cmocka_run_group_tests_name("db_fault", tests, set_up, tear_down);
}

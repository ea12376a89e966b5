/* SPDX-License-Identifier: MIT */
/* core/db against a real server: transactions, refusals, failures of the connection and what is left after them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "core/base/clock.h"
#include "core/base/sb.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "tests/lib/testdb.h"
#include "tests/lib/uploads.h"

static struct testdb *t;
static struct ctx *cx;
static struct uuid acme;
static struct uuid ana;  /* analyst of acme */
static struct uuid vera; /* viewer of acme */

static const struct db_need to_read = {ROLE_VIEWER, SCOPE_DATA_READ};
static const struct db_need to_write = {ROLE_ANALYST, SCOPE_DATA_WRITE};

/* libpq sends through this: one call is one flush. */
static int sends;
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are reserved */
ssize_t send(int fd, const void *p, size_t n, int flags)
{
    static ssize_t (*real)(int, const void *, size_t, int);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "send");
    sends++;
    return real(fd, p, n, flags);
}

static int64_t data_version(void)
{
    return testdb_number(t, TESTDB_ADMIN,
                         "SELECT data_version FROM tenant_state s JOIN tenants USING (tenant_id) "
                         "WHERE slug = 'acme'");
}

static int begin(enum db_mode mode)
{
    return db_begin(cx, mode, DB_ENTER_CALLER, mode == DB_READ ? to_read : to_write);
}

static int touch(void)
{
    return db_exec(cx, SQL_TENANT_TOUCH, (const struct db_arg[]){db_uuid(&acme)}, NULL);
}

static void expect_error(enum err_code code)
{
    if (cx->err.code != code)
        fail_msg("expected %s, got %s (%s; %s)", err_code_name(code), err_code_name(cx->err.code),
                 cx->err.message, cx->err.internal);
}

static void expect_ok(int status)
{
    if (status != 0)
        fail_msg("%s: %s; %s", err_code_name(cx->err.code), cx->err.message, cx->err.internal);
}

/* One whole request that writes; the connection must be usable, whatever happened before. */
static void a_request_works(void)
{
    int64_t before;

    testdb_fresh(cx);
    before = data_version();
    expect_ok(begin(DB_WRITE));
    expect_ok(touch());
    expect_ok(db_commit(cx));
    assert_false(err_is(&cx->err));
    assert_int_equal(data_version(), before + 1);
}

static void terminate(void)
{
    testdb_run(
        t, TESTDB_ADMIN,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'cm_app'"
        " AND datname = current_database()");
}

/* What a test puts in place of the usual is taken back here, even if it failed. */
static struct testdb *usual_t;
static struct ctx *usual_cx;
static struct uuid usual_acme;
static struct uuid usual_ana;

static int fresh(void **state)
{
    (void)state;
    t = usual_t;
    cx = usual_cx;
    acme = usual_acme;
    ana = usual_ana;
    testdb_fresh(cx);
    testdb_as(cx, &acme, &ana, ROLE_ANALYST);
    cx->tenancy = (struct tenancy){.slug = ""};
    return 0;
}

/* ---- transactions --------------------------------------------------------------------------------------------- */

static void begin_entry_and_first_statement_travel_in_one_flush(void **state)
{
    (void)state;
    a_request_works(); /* connected and prepared */
    testdb_fresh(cx);
    sends = 0;
    expect_ok(begin(DB_WRITE));
    assert_int_equal(sends, 0);
    expect_ok(touch());
    assert_int_equal(sends, 1);
    expect_ok(db_commit(cx));
    assert_int_equal(sends, 2);
}

static void preparing_costs_no_flush_of_its_own(void **state)
{
    PGresult *r;

    (void)state;
    testdb_fresh(cx);
    terminate();
    a_request_works(); /* a new connection: nothing but the entry and the touch is prepared */
    testdb_fresh(cx);
    sends = 0;
    expect_ok(begin(DB_READ));
    r = db_query(cx, SQL_PERSON_GET, (const struct db_arg[]){db_uuid(&ana)});
    assert_non_null(r);
    PQclear(r);
    assert_int_equal(sends, 1);
}

static void entering_tells_who_and_where(void **state)
{
    (void)state;
    cx->who.role = ROLE_ADMIN; /* claimed; the database knows better */
    cx->who.scopes = 0;
    expect_ok(begin(DB_READ));
    expect_ok(db_enter_now(cx));
    assert_string_equal(cx->tenancy.slug, "acme");
    assert_string_equal(cx->tenancy.name, "acme");
    assert_string_equal(cx->tenancy.time_zone, "America/Santiago");
    assert_string_equal(cx->tenancy.language, "es");
    assert_int_equal(cx->tenancy.data_version, data_version());
    assert_int_equal(cx->who.role, ROLE_ANALYST);
    assert_int_equal(cx->who.scopes, SCOPE_DATA_READ | SCOPE_DATA_WRITE);
}

static void the_session_is_in_the_tenants_time_zone(void **state)
{
    PGresult *r;

    (void)state;
    expect_ok(begin(DB_READ));
    r = db_query_text(cx, "SELECT current_setting('timezone')", NULL, 0);
    assert_non_null(r);
    assert_string_equal(pg_text(r, 0, 0), "America/Santiago");
    PQclear(r);
}

static void commit_keeps_and_rollback_undoes(void **state)
{
    const int64_t before = data_version();

    (void)state;
    expect_ok(begin(DB_WRITE));
    expect_ok(touch());
    db_rollback(cx);
    assert_int_equal(data_version(), before);
    assert_false(db_in_transaction(cx->db));
    a_request_works();
}

static void a_transaction_without_statements_still_enters(void **state)
{
    (void)state;
    expect_ok(begin(DB_READ));
    expect_ok(db_commit(cx));
    assert_string_equal(cx->tenancy.slug, "acme");
    testdb_as(cx, &acme, &vera, ROLE_ADMIN);
    expect_ok(begin(DB_WRITE));
    assert_int_equal(db_commit(cx), -1);
    expect_error(ERR_FORBIDDEN);
    assert_false(db_in_transaction(cx->db));
}

static void rolling_back_what_was_never_sent_sends_nothing(void **state)
{
    (void)state;
    sends = 0;
    expect_ok(begin(DB_WRITE));
    db_rollback(cx);
    db_rollback(cx);
    assert_int_equal(sends, 0);
    assert_int_equal(db_commit(cx), 0); /* without a transaction: nothing */
    assert_int_equal(sends, 0);
}

static void a_reading_transaction_cannot_write(void **state)
{
    const int64_t before = data_version();

    (void)state;
    expect_ok(db_begin(cx, DB_READ, DB_ENTER_CALLER, to_write));
    assert_int_equal(touch(), -1);
    expect_error(ERR_INTERNAL);
    db_rollback(cx);
    assert_int_equal(data_version(), before);
    a_request_works();
}

static void the_tenant_ends_with_the_transaction(void **state)
{
    PGresult *r;

    (void)state;
    a_request_works();
    testdb_fresh(cx);
    testdb_as_nobody(cx);
    expect_ok(db_begin(cx, DB_READ, DB_ENTER_NOBODY, (struct db_need){0}));
    r = db_query_text(
        cx,
        "SELECT app_tenant(), current_setting('timezone'), current_setting('statement_timeout')",
        NULL, 0);
    assert_non_null(r);
    assert_null(pg_text(r, 0, 0));
    assert_string_not_equal(pg_text(r, 0, 1), "America/Santiago");
    PQclear(r);
}

/* ---- refusals ------------------------------------------------------------------------------------------------- */

static void refused(enum err_code code)
{
    const int64_t before = data_version();

    expect_ok(begin(DB_WRITE));
    assert_int_equal(touch(), -1);
    expect_error(code);
    assert_string_equal(cx->tenancy.slug, ""); /* outputs untouched on failure */
    db_rollback(cx);
    assert_int_equal(data_version(), before); /* the statement was skipped */
}

static void a_refused_entry_stops_before_the_statement(void **state)
{
    const struct uuid stranger = uuid_new();
    const struct uuid other = testdb_tenant(t, "other");

    (void)state;
    testdb_as(cx, &acme, &vera, ROLE_ADMIN); /* a viewer who claims more */
    refused(ERR_FORBIDDEN);
    testdb_fresh(cx);
    testdb_as(cx, &acme, &stranger, ROLE_ADMIN);
    refused(ERR_FORBIDDEN);
    testdb_fresh(cx);
    testdb_as(cx, &other, &ana, ROLE_ADMIN); /* somebody else's organisation */
    refused(ERR_FORBIDDEN);
    testdb_fresh(cx);
    testdb_as(cx, &stranger, &ana, ROLE_ADMIN); /* none at all: the same answer */
    refused(ERR_FORBIDDEN);
    testdb_as(cx, &acme, &ana, ROLE_ANALYST);
    a_request_works();
}

static void sign_out_everywhere_refuses_older_tokens(void **state)
{
    (void)state;
    testdb_run(t, TESTDB_ADMIN,
               "UPDATE memberships SET sessions_since = now() + interval '1 hour'");
    refused(ERR_UNAUTHENTICATED);
    testdb_fresh(cx);
    cx->who.issued_s += 7200;
    expect_ok(begin(DB_WRITE));
    expect_ok(touch());
    testdb_fresh(cx);
    testdb_run(t, TESTDB_ADMIN, "UPDATE memberships SET sessions_since = '-infinity'");
}

static void a_suspended_person_membership_or_organisation_is_refused(void **state)
{
    (void)state;
    testdb_run(t, TESTDB_ADMIN, "UPDATE users SET state = 'disabled'");
    refused(ERR_FORBIDDEN);
    testdb_run(t, TESTDB_ADMIN,
               "UPDATE users SET state = 'active'; UPDATE memberships SET state = 'suspended'");
    testdb_fresh(cx);
    refused(ERR_FORBIDDEN);
    testdb_run(t, TESTDB_ADMIN,
               "UPDATE memberships SET state = 'active'; UPDATE tenants SET state = 'suspended'");
    testdb_fresh(cx);
    refused(ERR_FORBIDDEN);
    testdb_run(t, TESTDB_ADMIN, "UPDATE tenants SET state = 'active'");
    a_request_works();
}

static void tokens_need_their_secret_their_scope_and_their_time(void **state)
{
    uint8_t proof[32];
    const struct uuid reader = testdb_token(t, "acme", SCOPE_DATA_READ, proof);
    uint8_t wrong[32];

    (void)state;
    memcpy(wrong, proof, sizeof wrong);
    wrong[31] ^= 1;
    testdb_as_token(cx, &acme, &reader, proof, SCOPE_DATA_READ);
    expect_ok(begin(DB_READ));
    expect_ok(db_enter_now(cx));
    assert_string_equal(cx->tenancy.slug, "acme");
    testdb_fresh(cx);
    cx->tenancy.slug[0] = '\0';
    refused(ERR_FORBIDDEN); /* writing is another scope */
    testdb_fresh(cx);
    testdb_as_token(cx, &acme, &reader, wrong, SCOPE_DATA_READ | SCOPE_DATA_WRITE);
    refused(ERR_UNAUTHENTICATED);
    testdb_fresh(cx);
    testdb_as_token(cx, &acme, &reader, proof, SCOPE_DATA_READ);
    testdb_run(t, TESTDB_ADMIN, "UPDATE api_tokens SET expires_at = now() - interval '1 s'");
    refused(ERR_UNAUTHENTICATED);
    testdb_run(t, TESTDB_ADMIN, "UPDATE api_tokens SET expires_at = NULL, revoked_at = now()");
    testdb_fresh(cx);
    refused(ERR_UNAUTHENTICATED);
}

static void a_job_enters_by_its_lease_only(void **state)
{
    const struct uuid job = uuid_new();
    const struct uuid lease = uuid_new();
    char j[UUID_TEXT_BYTES];
    char l[UUID_TEXT_BYTES];

    (void)state;
    uuid_text(&job, j);
    uuid_text(&lease, l);
    testdb_run(t, TESTDB_ADMIN,
               "INSERT INTO jobs (tenant_id, job_id, kind, state, lease, lease_until) SELECT "
               "tenant_id, '%s', 'x', 'running', '%s',"
               " now() + interval '1 hour' FROM tenants WHERE slug = 'acme'",
               j, l);
    cx->who = (struct principal){.kind = PRINCIPAL_JOB, .tenant = acme, .credential = job};
    memcpy(cx->who.proof, lease.b, sizeof lease.b);
    expect_ok(begin(DB_WRITE));
    expect_ok(touch());
    testdb_fresh(cx);
    cx->tenancy.slug[0] = '\0';
    cx->who.proof[0] ^= 1;
    refused(ERR_CONFLICT);
    assert_string_equal(cx->err.reason, "lease_lost");
    testdb_run(t, TESTDB_ADMIN, "DELETE FROM jobs");
}

/* ---- statements ----------------------------------------------------------------------------------------------- */

static void one_row_is_one_row(void **state)
{
    const struct uuid nobody = uuid_new();
    PGresult *r;

    (void)state;
    expect_ok(begin(DB_READ));
    r = db_query_one(cx, SQL_PERSON_GET, (const struct db_arg[]){db_uuid(&ana)});
    assert_non_null(r);
    assert_string_equal(pg_text(r, 0, 1), "ana@acme.test");
    PQclear(r);
    assert_null(db_query_one(cx, SQL_PERSON_GET, (const struct db_arg[]){db_uuid(&nobody)}));
    expect_error(ERR_NOT_FOUND);
    assert_true(db_in_transaction(cx->db));
    err_clear(&cx->err);
    r = db_query_one(cx, SQL_PERSON_GET,
                     (const struct db_arg[]){db_uuid(&vera)}); /* the transaction goes on */
    assert_non_null(r);
    PQclear(r);
}

static void failed(const char *sql, enum err_code code, const char *reason)
{
    PGresult *r;

    testdb_fresh(cx);
    expect_ok(begin(DB_WRITE));
    r = db_query_text(cx, sql, NULL, 0);
    if (r)
        fail_msg("%s succeeded", sql);
    expect_error(code);
    assert_string_equal(cx->err.reason, reason);
    assert_null(strstr(cx->err.message, "SELECT"));
}

static void each_failure_of_a_statement_has_its_code(void **state)
{
    (void)state;
    failed("SELECT 1 / 0", ERR_INTERNAL, "internal");
    failed("SELECT nonsense", ERR_INTERNAL, "internal");
    failed(
        "INSERT INTO uploads (tenant_id, upload_id, filename) SELECT tenant_id, x.id, 'f' FROM "
        "memberships,"
        " (VALUES ('aaaaaaaa-0000-7000-8000-000000000001'::uuid)) x(id)", /* two members: twice the same key */
        ERR_CONFLICT, "already_exists");
    failed("INSERT INTO upload_errors (tenant_id, upload_id, row_no, line, code) SELECT "
           "app_tenant(), gen_random_uuid(), 1, 1, 'x'",
           ERR_CONFLICT, "still_used");
    failed("INSERT INTO uploads (tenant_id, upload_id, filename) SELECT app_tenant(), "
           "gen_random_uuid(), ''",
           ERR_INVALID, "out_of_range");
    failed("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$", ERR_UNAVAILABLE,
           "try_again");
    failed("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$", ERR_UNAVAILABLE,
           "try_again");
    failed("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END $$", ERR_UNAVAILABLE,
           "database_full");
    a_request_works();
}

/* The log names the statement and the state, never what people typed. */
static void values_do_not_reach_the_log(void **state)
{
    (void)state;
    failed("SELECT 'ana@acme.test'::integer", ERR_INTERNAL, "internal");
    assert_null(strstr(cx->err.internal, "ana@"));
    assert_non_null(strstr(cx->err.internal, "22P02"));
    failed("INSERT INTO meetings (tenant_id, meeting_id, upload_id, identity, content, "
           "client_name, email, phone, meeting_date,"
           " sales_rep, closed) SELECT app_tenant(), gen_random_uuid(), gen_random_uuid(), "
           "gen_random_uuid(), gen_random_uuid(),"
           " 'Secret Client', 'x', 'x', '2024-01-01', 'x', true",
           ERR_INVALID, "out_of_range");
    assert_null(strstr(cx->err.internal, "Secret"));
    assert_null(strstr(cx->err.message, "Secret"));
}

static void arguments_of_every_kind_arrive_whole(void **state)
{
    const uint8_t bytes[] = {0, 1, 0xff, '\\'};
    const struct slice items[] = {SLICE("a\"b"), SLICE("c\\d"), SLICE(""), SLICE("ñ, {x}"),
                                  SLICE("NULL")};
    const struct db_arg args[] = {
        db_null(),
        db_text("it's \\ \"ñ\""),
        db_i64(INT64_MIN),
        db_bool(true),
        db_real(0.1),
        db_uuid(&acme),
        db_bytes(bytes, sizeof bytes),
        db_text(db_text_array(cx->arena, items, 5)),
        db_text(NULL),
        db_slice((struct slice){"abcdef", 3}),
    };
    struct uuid u;
    PGresult *r;

    (void)state;
    expect_ok(begin(DB_READ));
    r = db_query_text(cx,
                      "SELECT $1::text, $2::text, $3::bigint, $4::boolean, $5::float8, $6::uuid, "
                      "octet_length($7::bytea),"
                      " ($8::text[])[1], ($8::text[])[2], ($8::text[])[3], ($8::text[])[4], "
                      "($8::text[])[5], $9::text, $10::text,"
                      " cardinality($8::text[])",
                      args, 10);
    if (!r)
        expect_ok(-1);
    assert_null(pg_text(r, 0, 0));
    assert_int_equal(pg_i64(r, 0, 0, -7), -7);
    assert_true(pg_real(r, 0, 0, -7.5) == -7.5);
    assert_false(pg_bool(r, 0, 0));
    assert_null(pg_dup(cx->arena, r, 0, 0));
    assert_int_equal(pg_slice(r, 0, 0).n, 0);
    assert_string_equal(pg_text(r, 0, 1), "it's \\ \"ñ\"");
    assert_true(pg_i64(r, 0, 2, 0) == INT64_MIN);
    assert_true(pg_bool(r, 0, 3));
    assert_true(pg_real(r, 0, 4, 0) == 0.1);
    assert_true(pg_uuid(r, 0, 5, &u) && uuid_eq(&u, &acme));
    assert_false(pg_uuid(r, 0, 1, &u));
    assert_int_equal(pg_i64(r, 0, 6, 0), 4);
    for (int i = 0; i < 5; i++)
        assert_true(slice_eq(pg_slice(r, 0, 7 + i), items[i]));
    assert_null(pg_text(r, 0, 12));
    assert_string_equal(pg_text(r, 0, 13), "abc");
    assert_int_equal(pg_i64(r, 0, 14, 0), 5);
    PQclear(r);
}

static int64_t prepared_on_server(struct ctx *who)
{
    PGresult *r = db_query_text(who, "SELECT count(*) FROM pg_prepared_statements", NULL, 0);
    const int64_t n = r ? pg_i64(r, 0, 0, -1) : -1;

    PQclear(r);
    return n;
}

static void statements_are_prepared_once_a_connection(void **state)
{
    (void)state;
    terminate();
    for (int i = 0; i < 3; i++)
        a_request_works();
    testdb_fresh(cx);
    expect_ok(begin(DB_READ));
    assert_int_equal(prepared_on_server(cx), 2); /* the entry and the touch */
}

static void without_preparing_nothing_stays_in_the_session(void **state)
{
    (void)state;
    cx = testdb_ctx_unprepared(t);
    testdb_as(cx, &acme, &ana, ROLE_ANALYST);
    a_request_works();
    testdb_fresh(cx);
    expect_ok(begin(DB_READ));
    assert_int_equal(prepared_on_server(cx), 0);
    testdb_fresh(cx);
    terminate();
    a_request_works();
}

/* ---- time ----------------------------------------------------------------------------------------------------- */

static pid_t backend(void)
{
    pid_t pid;
    PGresult *r;

    testdb_fresh(cx);
    expect_ok(begin(DB_READ));
    r = db_query_text(cx, "SELECT pg_backend_pid()", NULL, 0);
    assert_non_null(r);
    pid = (pid_t)pg_i64(r, 0, 0, 0);
    PQclear(r);
    expect_ok(db_commit(cx));
    return pid;
}

static void a_statement_that_takes_too_long_is_cut_at_the_deadline(void **state)
{
    const pid_t before = backend();
    const int64_t start = clock_mono_ms();

    (void)state;
    testdb_fresh(cx);
    cx->deadline_ms = start + 300;
    expect_ok(begin(DB_READ));
    assert_null(db_query_text(cx, "SELECT pg_sleep(20)", NULL, 0));
    expect_error(ERR_TIMEOUT);
    assert_in_range(clock_mono_ms() - start, 200, 2000);
    assert_int_equal(backend(), before); /* by the server: the connection lives on */
}

static void after_the_deadline_nothing_is_sent(void **state)
{
    (void)state;
    expect_ok(begin(DB_READ));
    cx->deadline_ms = clock_mono_ms() - 1;
    sends = 0;
    assert_int_equal(db_enter_now(cx), -1);
    expect_error(ERR_TIMEOUT);
    testdb_fresh(cx);
    cx->deadline_ms = clock_mono_ms() - 1;
    assert_int_equal(begin(DB_READ), -1);
    expect_error(ERR_TIMEOUT);
    assert_int_equal(sends, 0);
    assert_false(db_in_transaction(cx->db));
    a_request_works();
}

/* A server that is there but silent: the client's own clock ends the wait. */
static void a_silent_server_is_given_up(void **state)
{
    const pid_t pid = backend();
    int64_t start;
    int status;

    (void)state;
    if (kill(pid, SIGSTOP) < 0)
        skip(); /* the cluster is another user's */
    start = clock_mono_ms();
    cx->deadline_ms = start + 200;
    expect_ok(begin(DB_WRITE));
    status = touch();
    kill(pid, SIGCONT);
    assert_int_equal(status, -1);
    expect_error(ERR_TIMEOUT);
    assert_in_range(clock_mono_ms() - start, 200, 4000);
    a_request_works();
}

/* ---- losing the connection ------------------------------------------------------------------------------------ */

static void a_connection_lost_between_requests_is_not_noticed(void **state)
{
    (void)state;
    a_request_works();
    testdb_fresh(cx);
    terminate();
    a_request_works(); /* with no error at all */
    terminate();
    testdb_fresh(cx);
    expect_ok(begin(DB_READ));
    expect_ok(db_commit(cx)); /* also when the entry alone is sent */
}

static void a_connection_lost_inside_a_request_ends_that_request_only(void **state)
{
    const int64_t before = data_version();

    (void)state;
    expect_ok(begin(DB_WRITE));
    expect_ok(touch());
    terminate();
    assert_int_equal(touch(), -1);
    expect_error(ERR_UNAVAILABLE);
    db_rollback(cx);
    assert_int_equal(data_version(), before); /* never half of it, never sent again in part */
    a_request_works();
}

static void a_connection_lost_before_the_commit_commits_nothing(void **state)
{
    const int64_t before = data_version();

    (void)state;
    expect_ok(begin(DB_WRITE));
    expect_ok(touch());
    terminate();
    assert_int_equal(db_commit(cx), -1);
    expect_error(ERR_UNAVAILABLE);
    assert_false(db_in_transaction(cx->db));
    assert_int_equal(data_version(), before);
    a_request_works();
}

/* Another database with the same people in it. */
static void use(struct testdb *other)
{
    t = other;
    acme = testdb_tenant(t, "acme");
    ana = testdb_member(t, "acme", "ana@acme.test", ROLE_ANALYST);
    cx = testdb_ctx(t);
    testdb_as(cx, &acme, &ana, ROLE_ANALYST);
}

static void a_restart_of_the_server_is_survived(void **state)
{
    struct testcluster *c = testcluster_new();
    int64_t start;

    (void)state;
    use(testdb_new_in(c));
    a_request_works();
    testdb_fresh(cx);
    testcluster_restart(c);
    a_request_works(); /* with no error at all */

    testdb_fresh(cx);
    testcluster_stop(c);
    start = clock_mono_ms();
    expect_ok(begin(DB_WRITE));
    assert_int_equal(touch(), -1);
    expect_error(ERR_UNAVAILABLE);
    assert_true(clock_mono_ms() - start < 2000); /* refused, not waited for */
    testdb_fresh(cx);
    assert_int_equal(db_ping(cx, 500), -1);
    expect_error(ERR_UNAVAILABLE);
    testcluster_start(c);
    testdb_fresh(cx);
    assert_int_equal(db_ping(cx, 2000), 0);
    a_request_works();
    testdb_free(t);
    testcluster_free(c);
}

/* What a rolling migration does to workers that prepared their statements before it. */
static void a_plan_that_a_migration_made_stale_is_made_anew(void **state)
{
    (void)state;
    use(testdb_new());
    for (int round = 0; round < 3; round++) {
        PGresult *r;

        testdb_fresh(cx);
        expect_ok(begin(DB_WRITE));
        r = db_query(cx, SQL_TRANSCRIPT_GET,
                     (const struct db_arg[]){db_uuid(&acme), db_uuid(&ana)});
        if (!r)
            expect_ok(-1);
        PQclear(r);
        testdb_fresh(cx);
        if (round == 0)
            testdb_run(t, TESTDB_OWNER, "ALTER TABLE transcripts ALTER body TYPE varchar(1048576)");
    }
    testdb_free(t);
}

/* The same met in the middle of a transaction: that one fails, the next does not. */
static void a_stale_plan_in_a_later_statement_fails_that_request_only(void **state)
{
    PGresult *r;

    (void)state;
    use(testdb_new());
    for (int round = 0; round < 3; round++) {
        testdb_fresh(cx);
        expect_ok(begin(DB_WRITE));
        expect_ok(db_enter_now(cx));
        r = db_query(cx, SQL_TRANSCRIPT_GET,
                     (const struct db_arg[]){db_uuid(&acme), db_uuid(&ana)});
        if (round == 1) {
            assert_null(r);
            expect_error(ERR_INTERNAL);
        } else if (!r) {
            expect_ok(-1);
        }
        PQclear(r);
        testdb_fresh(cx);
        if (round == 0)
            testdb_run(t, TESTDB_OWNER, "ALTER TABLE transcripts ALTER body TYPE varchar(1048576)");
    }
    testdb_free(t);
}

/* A pooler may hand over another server connection, which was told no names. */
static void a_prepared_name_that_the_server_forgot_is_prepared_again(void **state)
{
    PGresult *r;

    (void)state;
    a_request_works();
    testdb_fresh(cx);
    expect_ok(begin(DB_READ));
    r = db_query_text(cx, "DEALLOCATE ALL", NULL, 0);
    assert_non_null(r);
    PQclear(r);
    expect_ok(db_commit(cx));
    a_request_works();
}

/* ---- COPY and streams ----------------------------------------------------------------------------------------- */

static int put(struct slice s)
{
    return db_copy_put(cx, s.p, s.n);
}

static void stage(void)
{
    expect_ok(begin(DB_WRITE));
    expect_ok(db_exec(cx, SQL_UPLOAD_STAGE_CREATE, NULL, NULL));
    expect_ok(db_copy_begin(cx, SQL_UPLOAD_STAGE_COPY));
    expect_ok(put(uploads_copy_header));
}

static void copied_rows_are_there_in_the_same_transaction(void **state)
{
    int64_t rows = -1;
    PGresult *r;

    (void)state;
    stage();
    for (size_t i = 0; i < uploads_copy_row().n; i++) /* any cut will do */
        expect_ok(db_copy_put(cx, uploads_copy_row().p + i, 1));
    expect_ok(put(uploads_copy_row()));
    expect_ok(db_copy_put(cx, "", 0));
    expect_ok(put(uploads_copy_end));
    expect_ok(db_copy_end(cx, &rows));
    assert_int_equal(rows, 2);
    r = db_query_text(cx, "SELECT count(*) FROM upload_stage", NULL, 0);
    assert_non_null(r);
    assert_int_equal(pg_i64(r, 0, 0, 0), 2);
    PQclear(r);
    expect_ok(db_commit(cx));
    a_request_works();
}

static void a_large_copy_arrives_whole(void **state)
{
    const int copies = 100000;
    struct sb b;
    int64_t rows = 0;

    (void)state;
    sb_init(&b, 64 << 20);
    for (int i = 0; i < copies; i++)
        sb_slice(&b, uploads_copy_row());
    stage();
    expect_ok(db_copy_put(cx, b.p, b.n)); /* 18 MB at once */
    expect_ok(put(uploads_copy_end));
    expect_ok(db_copy_end(cx, &rows));
    assert_int_equal(rows, copies);
    sb_done(&b);
    a_request_works();
}

static void a_row_that_does_not_fit_fails_the_copy(void **state)
{
    int64_t rows = -1;

    (void)state;
    stage();
    (void)db_copy_put(cx, "x\ty\n", 4);
    assert_int_equal(db_copy_end(cx, &rows), -1);
    assert_true(err_is(&cx->err));
    assert_int_equal(rows, -1);
    db_rollback(cx);
    a_request_works();
}

static void a_copy_can_be_given_up(void **state)
{
    (void)state;
    stage();
    expect_ok(put(uploads_copy_row()));
    db_rollback(cx);
    a_request_works();
    testdb_fresh(cx);
    expect_ok(begin(DB_WRITE));
    assert_int_equal(db_copy_begin(cx, SQL_UPLOAD_STAGE_COPY), -1); /* there is no such table now */
    assert_true(err_is(&cx->err));
    a_request_works();
}

static void a_connection_lost_in_a_copy_is_an_error(void **state)
{
    (void)state;
    stage();
    terminate();
    if (put(uploads_copy_row()) == 0)
        assert_int_equal(db_copy_end(cx, NULL), -1);
    expect_error(ERR_UNAVAILABLE);
    a_request_works();
}

struct seen {
    int rows;
    int stop_at; /* 0: never */
};

static int count_row(void *user, const PGresult *r)
{
    struct seen *s = user;

    assert_int_equal(PQntuples(r), 1);
    return ++s->rows == s->stop_at ? ctx_fail(cx, ERR_UNAVAILABLE, "gone", NULL, "the reader left")
                                   : 0;
}

/* Every transcript of the tenant, as an export asks for them. */
static int stream_all(struct seen *s)
{
    return db_stream_text(
        cx, "SELECT subject_id, body FROM transcripts WHERE tenant_id = $1 ORDER BY subject_id",
        (const struct db_arg[]){db_uuid(&acme)}, 1, count_row, s);
}

static void a_stream_gives_row_by_row_and_can_be_left(void **state)
{
    struct seen s = {0};
    PGresult *r;

    (void)state;
    testdb_member(t, "acme", "third@acme.test", ROLE_VIEWER);
    testdb_run(t, TESTDB_ADMIN,
               "INSERT INTO uploads (tenant_id, upload_id, filename) SELECT tenant_id, tenant_id, "
               "'f' FROM tenants WHERE slug = 'acme';"
               "INSERT INTO subjects (tenant_id, subject_id, dataset, occurred_at) SELECT "
               "tenant_id, md5(i::text)::uuid, 'meetings', now()"
               " FROM tenants, generate_series(1, 500) i WHERE slug = 'acme';"
               "INSERT INTO transcripts SELECT tenant_id, subject_id, repeat('x', 1000), "
               "subject_id FROM subjects;"
               "INSERT INTO meetings (tenant_id, meeting_id, upload_id, identity, content, "
               "client_name, email, phone, meeting_date,"
               " sales_rep, closed) SELECT tenant_id, subject_id, tenant_id, subject_id, "
               "subject_id, 'c', 'a@b', '1', '2024-01-01', 'Toro',"
               " true FROM subjects;"
               "INSERT INTO meeting_facts (tenant_id, subject_id, meeting_date, sales_rep, closed)"
               " SELECT tenant_id, subject_id, '2024-01-01', 1, true FROM subjects");
    expect_ok(begin(DB_READ));
    expect_ok(stream_all(&s));
    assert_int_equal(s.rows, 500);
    s.rows = 0; /* a statement of the registry goes the same way */
    expect_ok(
        db_stream(cx, SQL_QUEUE_STATS, (const struct db_arg[]){db_uuid(&acme)}, count_row, &s));
    assert_int_equal(s.rows, 1);
    r = db_query(cx, SQL_PERSON_GET,
                 (const struct db_arg[]){db_uuid(&ana)}); /* the transaction goes on */
    assert_non_null(r);
    PQclear(r);
    expect_ok(db_commit(cx));

    testdb_fresh(cx);
    s = (struct seen){.stop_at = 3};
    expect_ok(begin(DB_READ));
    assert_int_equal(stream_all(&s), -1);
    assert_int_equal(s.rows, 3);
    assert_string_equal(cx->err.reason, "gone");
    a_request_works();
}

static void a_stream_that_fails_says_so(void **state)
{
    struct seen s = {0};

    (void)state;
    testdb_run(t, TESTDB_ADMIN, "REVOKE SELECT ON transcripts FROM cm_app");
    expect_ok(begin(DB_READ));
    assert_int_equal(stream_all(&s), -1);
    expect_error(ERR_INTERNAL);
    testdb_run(t, TESTDB_ADMIN, "GRANT SELECT ON transcripts TO cm_app");
    a_request_works();
}

/* ---- the rest ------------------------------------------------------------------------------------------------- */

static void a_notification_wakes_the_listener(void **state)
{
    struct ctx *listener = testdb_ctx(t);
    struct pollfd p;

    (void)state;
    expect_ok(db_listen(listener, "cm_jobs"));
    assert_false(db_notified(listener->db));
    expect_ok(begin(DB_WRITE));
    expect_ok(db_exec(cx, SQL_QUEUE_NOTIFY, NULL, NULL));
    expect_ok(db_commit(cx));
    p = (struct pollfd){.fd = db_socket(listener->db), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 3000), 1);
    assert_true(db_notified(listener->db));
    assert_false(db_notified(listener->db));
}

/* Anything else that a client may ask for at start is refused by PgBouncer, and with it the connection. */
static void the_session_starts_with_nothing_that_a_pooler_refuses(void **state)
{
    PGresult *r;

    (void)state;
    testdb_as_nobody(cx);
    expect_ok(db_begin(cx, DB_READ, DB_ENTER_NOBODY, (struct db_need){0}));
    r = db_query_text(cx,
                      "SELECT string_agg(name, ' ') FROM pg_settings WHERE source = 'client'"
                      " AND name NOT IN ('application_name', 'client_encoding')",
                      NULL, 0);
    assert_non_null(r);
    assert_null(pg_text(r, 0, 0));
    PQclear(r);
}

static const char *audited(const char *action)
{
    return testdb_value(t, TESTDB_ADMIN, "SELECT (a.*)::text FROM audit_log a WHERE action = '%s'",
                        action);
}

static void the_audit_log_holds_digests_and_no_values(void **state)
{
    const struct audit_field fields[] = {{"email", SLICE("ana@acme.test")}, {"role", {NULL, 0}}};
    const struct config *keep = cx->config;
    struct config keyed = *keep;
    const char *line;

    (void)state;
    keyed.audit_key = "0123456789abcdef";
    cx->config = &keyed;
    expect_ok(begin(DB_WRITE));
    expect_ok(audit_write(cx, "member.add", "member", &ana, fields, 2));
    expect_ok(audit_write(cx, "member.again", "member", &ana, fields, 1));
    cx->config = keep;
    expect_ok(audit_write(cx, "member.keyless", "member", NULL, fields, 1));
    expect_ok(db_commit(cx));
    line = audited("member.add");
    assert_non_null(line);
    assert_non_null(strstr(line, "email"));
    assert_non_null(strstr(line, "role"));
    assert_non_null(strstr(line, "user"));
    assert_null(strstr(line, "ana@"));
    /* the same value has the same digest, so that it can be proved later; without a key there is none */
    assert_int_equal(
        testdb_number(
            t, TESTDB_ADMIN,
            "SELECT count(DISTINCT digests->>'email') FROM audit_log WHERE digests ? 'email'"),
        1);
    assert_int_equal(
        testdb_number(t, TESTDB_ADMIN, "SELECT count(*) FROM audit_log WHERE digests ? 'email'"),
        2);
    assert_non_null(audited("member.keyless"));
}

static int set_up(void **state)
{
    (void)state;
    t = testdb_new();
    acme = testdb_tenant(t, "acme");
    ana = testdb_member(t, "acme", "ana@acme.test", ROLE_ANALYST);
    vera = testdb_member(t, "acme", "vera@acme.test", ROLE_VIEWER);
    cx = testdb_ctx(t);
    usual_t = t;
    usual_cx = cx;
    usual_acme = acme;
    usual_ana = ana;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(usual_t);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(begin_entry_and_first_statement_travel_in_one_flush),
        TEST(preparing_costs_no_flush_of_its_own),
        TEST(entering_tells_who_and_where),
        TEST(the_session_is_in_the_tenants_time_zone),
        TEST(commit_keeps_and_rollback_undoes),
        TEST(a_transaction_without_statements_still_enters),
        TEST(rolling_back_what_was_never_sent_sends_nothing),
        TEST(a_reading_transaction_cannot_write),
        TEST(the_tenant_ends_with_the_transaction),
        TEST(a_refused_entry_stops_before_the_statement),
        TEST(sign_out_everywhere_refuses_older_tokens),
        TEST(a_suspended_person_membership_or_organisation_is_refused),
        TEST(tokens_need_their_secret_their_scope_and_their_time),
        TEST(a_job_enters_by_its_lease_only),
        TEST(one_row_is_one_row),
        TEST(each_failure_of_a_statement_has_its_code),
        TEST(values_do_not_reach_the_log),
        TEST(arguments_of_every_kind_arrive_whole),
        TEST(statements_are_prepared_once_a_connection),
        TEST(without_preparing_nothing_stays_in_the_session),
        TEST(a_statement_that_takes_too_long_is_cut_at_the_deadline),
        TEST(after_the_deadline_nothing_is_sent),
        TEST(a_silent_server_is_given_up),
        TEST(a_connection_lost_between_requests_is_not_noticed),
        TEST(a_connection_lost_inside_a_request_ends_that_request_only),
        TEST(a_connection_lost_before_the_commit_commits_nothing),
        TEST(a_restart_of_the_server_is_survived),
        TEST(a_plan_that_a_migration_made_stale_is_made_anew),
        TEST(a_stale_plan_in_a_later_statement_fails_that_request_only),
        TEST(a_prepared_name_that_the_server_forgot_is_prepared_again),
        TEST(copied_rows_are_there_in_the_same_transaction),
        TEST(a_large_copy_arrives_whole),
        TEST(a_row_that_does_not_fit_fails_the_copy),
        TEST(a_copy_can_be_given_up),
        TEST(a_connection_lost_in_a_copy_is_an_error),
        TEST(a_stream_gives_row_by_row_and_can_be_left),
        TEST(a_stream_that_fails_says_so),
        TEST(a_notification_wakes_the_listener),
        TEST(the_session_starts_with_nothing_that_a_pooler_refuses),
        TEST(the_audit_log_holds_digests_and_no_values),
    };

    return cmocka_run_group_tests_name("db", tests, set_up, tear_down);
}

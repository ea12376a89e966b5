/* SPDX-License-Identifier: MIT */
#include "core/db/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/db/internal.h"

enum { MAX_ARGS = 32 + 1024 }; /* composed statements bind the values of a filter */

struct db *db_new(const char *url, bool prepare, int64_t connect_ms, const char *application_name)
{
    struct db *db = calloc(1, sizeof *db);

    if (!db)
        abort();
    db->url = url;
    db->prepare = prepare;
    db->connect_ms = connect_ms;
    db->application_name = application_name;
    return db;
}

void db_free(struct db *db)
{
    if (!db)
        return;
    conn_drop(db);
    free(db);
}

bool db_in_transaction(const struct db *db)
{
    return db->tx != TX_NONE;
}

int db_begin(struct ctx *cx, enum db_mode mode, enum db_entry entry, struct db_need need)
{
    struct db *db = cx->db;

    assert(db->tx == TX_NONE);
    if (clock_left_ms(cx->deadline_ms) == 0)
        return ctx_fail(cx, ERR_TIMEOUT, "timeout", NULL, "the deadline passed");
    db->tx = TX_NOTED;
    db->mode = mode;
    db->entry = entry;
    db->need = need;
    return 0;
}

/* One message of a pipeline: a registered statement or text. */
struct message {
    bool named;
    enum sql_id id;
    const char *sql;
    const struct db_arg *args;
    int nargs;
};

static const char *message_name(const struct message *m)
{
    return m->named ? sql_statements[m->id].name : "text";
}

/* Queues the message (and its preparation, when it is the first time). Returns the number of results to expect. */
static int send_message(struct ctx *cx, const struct message *m)
{
    PGconn *c = cx->db->conn;
    const char *values[MAX_ARGS];
    char name[16];
    int expect = 1;

    assert(m->nargs <= MAX_ARGS);
    for (int i = 0; i < m->nargs; i++)
        values[i] = db_arg_text(cx->arena, &m->args[i]);
    if (!m->named || !cx->db->prepare) {
        const char *sql = m->named ? sql_statements[m->id].text : m->sql;

        return PQsendQueryParams(c, sql, m->nargs, NULL, values, NULL, NULL, 0) ? expect : -1;
    }
    snprintf(name, sizeof name, "s%d", (int)m->id);
    if (!cx->db->prepared[m->id]) {
        if (!PQsendPrepare(c, name, sql_statements[m->id].text, 0, NULL))
            return -1;
        expect++;
    }
    return PQsendQueryPrepared(c, name, m->nargs, values, NULL, NULL, 0) ? expect : -1;
}

/* Reads the results of one queued message: of its preparation if there was one, then its own. */
static int read_message(struct ctx *cx, const struct message *m, int expect, PGresult **out)
{
    for (int i = 0; i < expect; i++) {
        SCOPED(pg_drop) PGresult *r = NULL;
        PGresult *end = NULL;
        ExecStatusType st;

        if (conn_result(cx, &r) < 0 || conn_result(cx, &end) < 0)
            return -1;
        PQclear(end); /* NULL: the end of this command */
        st = PQresultStatus(r);
        if (st != PGRES_COMMAND_OK && st != PGRES_TUPLES_OK)
            return conn_error(cx, r, message_name(m));
        if (i == 0 && expect == 2)
            cx->db->prepared[m->id] = true;
        if (i == expect - 1) {
            *out = r;
            r = NULL;
        }
    }
    return 0;
}

static void fill_tenancy(struct ctx *cx, const PGresult *r)
{
    snprintf(cx->tenancy.slug, sizeof cx->tenancy.slug, "%s", pg_text(r, 0, 0));
    snprintf(cx->tenancy.name, sizeof cx->tenancy.name, "%s", pg_text(r, 0, 1));
    snprintf(cx->tenancy.time_zone, sizeof cx->tenancy.time_zone, "%s", pg_text(r, 0, 2));
    snprintf(cx->tenancy.language, sizeof cx->tenancy.language, "%s", pg_text(r, 0, 3));
    cx->tenancy.data_version = pg_i64(r, 0, 4, 0);
    if (cx->who.kind == PRINCIPAL_USER) {
        cx->who.role = (enum role)pg_i64(r, 0, 5, 0);
        cx->who.scopes |= role_scopes(cx->who.role);
    }
}

/* The entry of the caller's kind; `args` is the caller's storage. False: nobody enters. */
static bool entry_message(struct ctx *cx, struct db_arg args[4], struct message *out)
{
    const struct principal *who = &cx->who;
    struct uuid lease;
    char scope[64];

    if (cx->db->entry == DB_ENTER_NOBODY)
        return false;
    args[0] = db_uuid(&who->tenant);
    switch (who->kind) {
    case PRINCIPAL_USER:
        args[1] = db_uuid(&who->user);
        args[2] = db_i64(cx->db->need.role);
        args[3] = db_i64(who->issued_s);
        *out = (struct message){.named = true, .id = SQL_ENTER_USER, .args = args, .nargs = 4};
        return true;
    case PRINCIPAL_TOKEN:
        scopes_text(cx->db->need.scope, scope, sizeof scope);
        args[1] = db_uuid(&who->credential);
        args[2] = db_bytes(who->proof, sizeof who->proof);
        args[3] = db_text(arena_strdup(cx->arena, scope));
        *out = (struct message){.named = true, .id = SQL_ENTER_TOKEN, .args = args, .nargs = 4};
        return true;
    case PRINCIPAL_JOB:
        memcpy(lease.b, who->proof, sizeof lease.b);
        args[1] = db_uuid(&who->credential);
        args[2] = db_uuid(&lease);
        *out = (struct message){.named = true, .id = SQL_ENTER_JOB, .args = args, .nargs = 3};
        return true;
    case PRINCIPAL_NONE: break;
    }
    assert(!"a tenant is entered by somebody");
    abort();
}

enum { MAX_MESSAGES = 5 };

/* Fills `m` with what must precede the statement: nothing, or BEGIN, the timeout, the entry. */
static int opening(struct ctx *cx, struct message *m, struct db_arg entry_args[4], int *entry_at)
{
    int64_t left = clock_left_ms(cx->deadline_ms);
    int n = 0;

    *entry_at = -1;
    if (cx->db->tx != TX_NOTED)
        return 0;
    m[n++] = (struct message){.sql = cx->db->mode == DB_READ ? "BEGIN READ ONLY" : "BEGIN"};
    m[n++] = (struct message){.sql = arena_printf(cx->arena, "SET LOCAL statement_timeout = %lld",
                                                  (long long)(left > 0 ? left : 1))};
    if (entry_message(cx, entry_args, &m[n]))
        *entry_at = n++;
    return n;
}

/* One flush: sends all messages, reads all results; the answer of message `wanted` (-1: none) goes out. *any_read tells
 * the caller whether a resend is harmless. */
static int flush(struct ctx *cx, const struct message *m, int n, int entry_at, int wanted,
                 PGresult **out, bool *any_read)
{
    PGconn *c = cx->db->conn;
    int expect[MAX_MESSAGES];
    SCOPED(pg_drop) PGresult *answer = NULL; /* of the wanted message; given out when all is read */
    PGresult *r = NULL;
    int failed = 0;

    *any_read = false;
    if (!PQenterPipelineMode(c))
        goto lost;
    for (int i = 0; i < n; i++) {
        expect[i] = send_message(cx, &m[i]);
        if (expect[i] < 0)
            goto lost;
    }
    if (!PQpipelineSync(c))
        goto lost;
    for (int i = 0; i < n && !failed; i++) {
        failed = read_message(cx, &m[i], expect[i], &r);
        if (failed && conn_lost(cx->db))
            return -1;
        *any_read |= !failed; /* the farewell of a server that closed the connection is no answer */
        if (!failed && i == entry_at)
            fill_tenancy(cx, r);
        if (!failed && i == wanted)
            answer = r;
        else if (!failed)
            PQclear(r);
        r = NULL;
    }
    /* whatever is left up to the sync: the skipped messages of an aborted pipeline */
    for (bool synced = false; !synced;) {
        struct err keep = cx->err;

        cx->err = (struct err){0};
        if (conn_result(cx, &r) < 0)
            return -1;
        cx->err = keep;
        synced = r && PQresultStatus(r) == PGRES_PIPELINE_SYNC;
        PQclear(r);
    }
    PQexitPipelineMode(c);
    if (!failed && out) {
        *out = answer;
        answer = NULL;
    }
    return failed;

lost:
    conn_error(cx, NULL, "send");
    return -1;
}

/* Runs `statement` (NULL: only the opening) in the transaction that db_begin() noted, and ends it if `commit` says so:
 * the server skips the COMMIT when the statement fails. */
static int run(struct ctx *cx, const struct message *statement, bool commit, PGresult **out)
{
    struct db *db = cx->db;
    struct message m[MAX_MESSAGES];
    struct db_arg entry_args[4];
    bool any_read;
    int entry_at;
    int wanted;
    int n;

    assert(db->tx == TX_NOTED || db->tx == TX_OPEN);
    if (clock_left_ms(cx->deadline_ms) == 0)
        return ctx_fail(cx, ERR_TIMEOUT, "timeout", NULL, "the deadline passed");
    for (int attempt = 0;; attempt++) {
        const bool first = db->tx == TX_NOTED;

        if (first && conn_ready(cx) < 0)
            break;
        n = opening(cx, m, entry_args, &entry_at);
        wanted = statement ? n : -1;
        if (statement)
            m[n++] = *statement;
        if (commit)
            m[n++] = (struct message){.sql = "COMMIT"};
        if (flush(cx, m, n, entry_at, wanted, statement ? out : NULL, &any_read) == 0) {
            db->tx = commit ? TX_NONE : TX_OPEN;
            return 0;
        }
        /* A connection that died while idle, or whose plans a migration made stale, shows only now. Nothing was
         * committed: send it all again, once. (With a COMMIT among it nobody knows that, but of a stale plan.) */
        if (!first || attempt > 0)
            break;
        if (!db->stale && (commit || any_read || !conn_lost(db) || cx->err.code != ERR_UNAVAILABLE))
            break;
        conn_drop(db);
        err_clear(&cx->err);
    }
    db->tx = TX_BROKEN;
    return -1;
}

int db_enter_now(struct ctx *cx)
{
    return cx->db->tx == TX_NOTED ? run(cx, NULL, false, NULL) : 0;
}

PGresult *db_query(struct ctx *cx, enum sql_id id, const struct db_arg *args)
{
    const struct message m = {
        .named = true, .id = id, .args = args, .nargs = sql_statements[id].nargs};
    PGresult *r = NULL;

    return run(cx, &m, false, &r) < 0 ? NULL : r;
}

PGresult *db_query_commit(struct ctx *cx, enum sql_id id, const struct db_arg *args)
{
    const struct message m = {
        .named = true, .id = id, .args = args, .nargs = sql_statements[id].nargs};
    PGresult *r = NULL;

    return run(cx, &m, true, &r) < 0 ? NULL : r;
}

PGresult *db_query_one(struct ctx *cx, enum sql_id id, const struct db_arg *args)
{
    PGresult *r = db_query(cx, id, args);

    if (!r)
        return NULL;
    if (PQntuples(r) == 1)
        return r;
    if (PQntuples(r) == 0) {
        ctx_fail(cx, ERR_NOT_FOUND, "not_found", NULL, "no such thing here");
    } else {
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        err_detail(&cx->err, "%s: %d rows, expected one", sql_statements[id].name, PQntuples(r));
    }
    PQclear(r);
    return NULL;
}

int db_exec(struct ctx *cx, enum sql_id id, const struct db_arg *args, int64_t *affected)
{
    SCOPED(pg_drop) PGresult *r = db_query(cx, id, args);

    if (!r)
        return -1;
    if (affected && !slice_to_i64(slice_cstr(PQcmdTuples(r)), affected))
        *affected = 0;
    return 0;
}

PGresult *db_query_text(struct ctx *cx, const char *sql, const struct db_arg *args, int nargs)
{
    const struct message m = {.sql = sql, .args = args, .nargs = nargs};
    PGresult *r = NULL;

    return run(cx, &m, false, &r) < 0 ? NULL : r;
}

int db_commit(struct ctx *cx)
{
    struct db *db = cx->db;

    if (db->tx == TX_NONE)
        return 0;
    if (db->tx == TX_NOTED &&
        run(cx, NULL, false, NULL) < 0) { /* nothing asked: the caller must still be allowed in */
        db_rollback(cx);
        return -1;
    }
    assert(db->tx == TX_OPEN);
    db->tx = TX_NONE;
    if (conn_command(cx, "COMMIT", "COMMIT") < 0) {
        conn_drop(db); /* whatever state it is in, a new one has none */
        return -1;
    }
    return 0;
}

void db_rollback(struct ctx *cx)
{
    struct db *db = cx->db;
    struct err keep = cx->err;

    if (db->tx == TX_NONE)
        return;
    db->tx = TX_NONE;
    if (conn_lost(db) || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        return;
    if (db->stale || PQtransactionStatus(db->conn) == PQTRANS_ACTIVE ||
        PQpipelineStatus(db->conn) != PQ_PIPELINE_OFF) {
        conn_drop(db); /* in the middle of something: cheaper to begin anew than to untangle */
        return;
    }
    err_clear(&cx->err);
    if (conn_command(cx, "ROLLBACK", NULL) < 0)
        conn_drop(db);
    cx->err = keep;
}

int db_copy_begin(struct ctx *cx, enum sql_id id)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    if (db_enter_now(cx) < 0)
        return -1;
    if (!PQsendQueryParams(cx->db->conn, sql_statements[id].text, 0, NULL, NULL, NULL, NULL, 0) ||
        conn_result(cx, &r) < 0)
        return err_is(&cx->err) ? -1 : conn_error(cx, NULL, "copy");
    if (PQresultStatus(r) != PGRES_COPY_IN)
        return conn_error(cx, r, sql_statements[id].name);
    return 0;
}

int db_copy_put(struct ctx *cx, const void *p, size_t n)
{
    const char *at = p;

    while (n) {
        const int piece = n > (1 << 20) ? 1 << 20 : (int)n;
        const int sent = PQputCopyData(cx->db->conn, at, piece);

        if (sent < 0)
            return conn_error(cx, NULL, "copy");
        if (sent == 0) { /* the buffer is full: wait until the server took some */
            if (conn_wait(cx) < 0)
                return -1;
            continue;
        }
        at += piece;
        n -= (size_t)piece;
        /* libpq's buffer grows without a bound unless it is emptied as we go */
        while (PQflush(cx->db->conn) > 0) {
            if (conn_wait(cx) < 0)
                return -1;
        }
    }
    return 0;
}

int db_copy_end(struct ctx *cx, int64_t *rows)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    PGresult *end = NULL;
    int sent;

    while ((sent = PQputCopyEnd(cx->db->conn, NULL)) == 0) {
        if (conn_wait(cx) < 0)
            return -1;
    }
    if (sent < 0)
        return conn_error(cx, NULL, "copy");
    if (conn_result(cx, &r) < 0 || conn_result(cx, &end) < 0)
        return -1;
    PQclear(end);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        cx->db->tx = TX_BROKEN;
        return conn_error(cx, r, "copy");
    }
    if (rows && !slice_to_i64(slice_cstr(PQcmdTuples(r)), rows))
        *rows = 0;
    return 0;
}

static int stream(struct ctx *cx, const struct message *m, db_row_fn fn, void *user)
{
    const char *const sql = m->named ? sql_statements[m->id].text : m->sql;
    const char *values[MAX_ARGS];

    assert(m->nargs <= MAX_ARGS);
    if (db_enter_now(cx) < 0)
        return -1;
    for (int i = 0; i < m->nargs; i++)
        values[i] = db_arg_text(cx->arena, &m->args[i]);
    if (!PQsendQueryParams(cx->db->conn, sql, m->nargs, NULL, values, NULL, NULL, 0))
        return conn_error(cx, NULL, message_name(m));
    if (!PQsetSingleRowMode(cx->db->conn)) /* else all rows would come at once, past fn */
        return conn_error(cx, NULL, message_name(m));
    for (;;) {
        SCOPED(pg_drop) PGresult *r = NULL;

        if (conn_result(cx, &r) < 0)
            return -1;
        if (!r) /* a plain query ends the mode: libpq would keep it for the next pipeline's first message */
            return conn_command(cx, "SELECT", NULL);
        if (PQresultStatus(r) == PGRES_SINGLE_TUPLE) {
            if (fn(user, r) != 0) {
                conn_drop(cx->db); /* the receiver is gone: do not fetch the rest for nobody */
                return -1;
            }
        } else if (PQresultStatus(r) != PGRES_TUPLES_OK) {
            cx->db->tx = TX_BROKEN;
            return conn_error(cx, r, message_name(m));
        }
    }
}

int db_stream(struct ctx *cx, enum sql_id id, const struct db_arg *args, db_row_fn fn, void *user)
{
    const struct message m = {
        .named = true, .id = id, .args = args, .nargs = sql_statements[id].nargs};

    return stream(cx, &m, fn, user);
}

int db_stream_text(struct ctx *cx, const char *sql, const struct db_arg *args, int nargs,
                   db_row_fn fn, void *user)
{
    const struct message m = {.sql = sql, .args = args, .nargs = nargs};

    return stream(cx, &m, fn, user);
}

int db_listen(struct ctx *cx, const char *channel)
{
    assert(cx->db->tx == TX_NONE);
    if (conn_ready(cx) < 0)
        return -1;
    if (cx->db->channel && strcmp(cx->db->channel, channel) == 0)
        return 0;
    if (conn_command(cx, arena_printf(cx->arena, "LISTEN %s", channel), NULL) < 0)
        return -1;
    cx->db->channel = channel;
    return 0;
}

int db_socket(const struct db *db)
{
    return db->conn ? PQsocket(db->conn) : -1;
}

bool db_notified(struct db *db)
{
    bool any = false;
    PGnotify *n;

    if (!db->conn || !PQconsumeInput(db->conn))
        return false;
    while ((n = PQnotifies(db->conn))) {
        any = true;
        PQfreemem(n);
    }
    return any;
}

int db_ping(struct ctx *cx, int64_t ms)
{
    const int64_t keep = cx->deadline_ms;
    int ok;

    assert(cx->db->tx == TX_NONE);
    cx->deadline_ms = clock_mono_ms() + ms;
    ok = conn_ready(cx) < 0 ? -1 : conn_command(cx, "SELECT 1", NULL);
    cx->deadline_ms = keep;
    return ok;
}

/* SPDX-License-Identifier: MIT */
/* The connection: made late, watched with deadlines, its failures translated once. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/db/internal.h"

enum {
    CLIENT_MARGIN_MS =
        1000, /* the server's own timeout answers first; this is for a server that is gone */
};

void conn_drop(struct db *db)
{
    PQfinish(db->conn);
    db->conn = NULL;
    memset(db->prepared, 0, sizeof db->prepared);
    db->stale = false;
    db->channel = NULL;
}

bool conn_lost(const struct db *db)
{
    return !db->conn || PQstatus(db->conn) != CONNECTION_OK;
}

static int poll_until(int fd, short events, int64_t deadline_ms)
{
    struct pollfd p = {.fd = fd, .events = events};

    for (;;) {
        const int n = poll(&p, 1, (int)clock_left_ms(deadline_ms));

        if (n > 0)
            return 0;
        if (n == 0 || errno != EINTR)
            return -1;
    }
}

/* The classes of failure that are worth a word of their own; everything else is our mistake. */
static const struct {
    const char *state; /* SQLSTATE or its first characters */
    enum err_code code;
    const char *reason;
    const char *message;
} failures[] = {
    {"CM401", ERR_UNAUTHENTICATED, "unauthenticated", "the credential does not count"},
    {"CM403", ERR_FORBIDDEN, "forbidden", "not allowed here"},
    {"CM409", ERR_CONFLICT, "lease_lost", "the job is somebody else's now"},
    {"57014", ERR_TIMEOUT, "query_timeout", "the question took too long"},
    {"23505", ERR_CONFLICT, "already_exists", "something with that name or key is there"},
    {"23503", ERR_CONFLICT, "still_used",
     "something else still refers to it, or what it refers to is gone"},
    {"23514", ERR_INVALID, "out_of_range", "a value breaks a rule of the data"},
    {"40", ERR_UNAVAILABLE, "try_again", "two changes met; try again"},
    {"55P03", ERR_UNAVAILABLE, "try_again", "two changes met; try again"},
    {"53", ERR_UNAVAILABLE, "database_full", "the database is short of something"},
    {"57P", ERR_UNAVAILABLE, "database_down", "the database restarts"},
    {"08", ERR_UNAVAILABLE, "database_down", "the database cannot be reached"},
};

static int lost(struct ctx *cx, const char *what)
{
    ctx_fail(cx, ERR_UNAVAILABLE, "database_down", NULL, "the database cannot be reached");
    err_detail(&cx->err, "%s: %s", what,
               cx->db->conn ? PQerrorMessage(cx->db->conn) : "no connection");
    conn_drop(cx->db);
    return -1;
}

int conn_error(struct ctx *cx, const PGresult *r, const char *what)
{
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *constraint = r ? PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME) : NULL;
    const char *primary = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    if (!state)
        return lost(cx, what);
    /* "cached plan must not change result type", "prepared statement does not exist" */
    if (strcmp(state, "0A000") == 0 || strcmp(state, "26000") == 0)
        cx->db->stale = true;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        if (strncmp(state, failures[i].state, strlen(failures[i].state)) != 0)
            continue;
        ctx_fail(cx, failures[i].code, failures[i].reason, NULL, "%s", failures[i].message);
        return err_detail(&cx->err, "%s: %s %s", what, state, constraint ? constraint : "");
    }
    ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
    /* class 22 quotes the value in its message, and values are people's: only its number is logged */
    return err_detail(&cx->err, "%s: %s %s", what, state,
                      primary && strncmp(state, "22", 2) != 0 ? primary : "");
}

static int timed_out(struct ctx *cx)
{
    conn_drop(cx->db); /* half an answer may still arrive: the connection is of no more use */
    return ctx_fail(cx, ERR_TIMEOUT, "query_timeout", NULL, "the question took too long");
}

int conn_ready(struct ctx *cx)
{
    struct db *db = cx->db;
    const int64_t within = clock_left_ms(cx->deadline_ms) < db->connect_ms
                               ? cx->deadline_ms
                               : clock_mono_ms() + db->connect_ms;
    /* no "options": PgBouncer refuses the connection; each transaction sets its own timeout */
    const char *names[] = {"dbname", "application_name", "client_encoding", NULL};
    const char *values[] = {db->url, db->application_name, "UTF8", NULL};
    PostgresPollingStatusType st = PGRES_POLLING_WRITING;

    if (!conn_lost(db))
        return 0;
    conn_drop(db);
    db->conn = PQconnectStartParams(names, values, 1);
    if (!db->conn || PQstatus(db->conn) == CONNECTION_BAD)
        return lost(cx, "connect");
    while (st != PGRES_POLLING_OK) {
        if (poll_until(PQsocket(db->conn), st == PGRES_POLLING_READING ? POLLIN : POLLOUT, within) <
            0)
            return lost(cx, "connect timed out");
        st = PQconnectPoll(db->conn);
        if (st == PGRES_POLLING_FAILED)
            return lost(cx, "connect");
    }
    if (PQsetnonblocking(db->conn, 1) < 0)
        return lost(cx, "connect");
    return 0;
}

int conn_wait(struct ctx *cx)
{
    PGconn *c = cx->db->conn;
    const int64_t until = cx->deadline_ms + CLIENT_MARGIN_MS;

    for (;;) {
        const int unsent = PQflush(c);

        if (unsent < 0)
            return lost(cx, "send");
        if (!unsent && !PQisBusy(c))
            return 0;
        if (poll_until(PQsocket(c), (short)(unsent ? POLLIN | POLLOUT : POLLIN), until) < 0)
            return timed_out(cx);
        if (!PQconsumeInput(c))
            return lost(cx, "receive");
    }
}

int conn_result(struct ctx *cx, PGresult **out)
{
    if (conn_wait(cx) < 0)
        return -1;
    *out = PQgetResult(cx->db->conn);
    return 0;
}

int conn_command(struct ctx *cx, const char *sql, const char *expected_tag)
{
    SCOPED(pg_drop) PGresult *first = NULL;
    PGresult *more = NULL;

    if (!PQsendQuery(cx->db->conn, sql) || conn_result(cx, &first) < 0)
        return err_is(&cx->err) ? -1 : lost(cx, sql);
    do {
        if (conn_result(cx, &more) < 0)
            return -1;
        PQclear(more);
    } while (more);
    if (!first ||
        (PQresultStatus(first) != PGRES_COMMAND_OK && PQresultStatus(first) != PGRES_TUPLES_OK))
        return conn_error(cx, first, sql);
    if (expected_tag && strcmp(PQcmdStatus(first), expected_tag) != 0) {
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&cx->err, "%s answered %s", sql, PQcmdStatus(first));
    }
    return 0;
}

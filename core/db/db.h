/* SPDX-License-Identifier: MIT */
/*
 * db: the process's connection to PostgreSQL, tenant transactions, statements by name.
 *
 * A transaction always belongs to a caller: db_begin() only notes who enters; BEGIN, the entry function of the
 * caller's kind and the first statement travel in one pipelined flush. When the entry is refused the server skips
 * the statement and the call fails with the entry's error.
 *
 * Connections are made on first use, after the fork, never inherited. A connection found dead before anything of a
 * transaction was answered is replaced and the flush sent once more; later it is ERR_UNAVAILABLE. Prepared names
 * are forgotten with their connection.
 *
 * Invariants
 *   - Outside a transaction there is no tenant; a statement without db_begin() is a programmer's mistake (assert).
 *   - statement_timeout of a transaction is what is left of cx->deadline_ms, at least 1 ms.
 *   - Results are the caller's: SCOPED(pg_drop), or borrowed rows copied into the arena.
 */
#ifndef CORE_DB_DB_H
#define CORE_DB_DB_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"
#include "sql.h" /* generated: enum sql_id, struct sql_statement, sql_statements[] */

struct db; /* opaque */

/* Does not connect yet. `url` is libpq's conninfo or URI; borrowed. Never NULL. */
struct db *db_new(const char *url, bool prepare, int64_t connect_ms, const char *application_name);
void db_free(struct db *db); /* NULL is fine */

enum db_mode { DB_READ, DB_WRITE };

/* Who enters. The caller's kind comes from cx->who; system work without a tenant says so here. */
enum db_entry {
    DB_ENTER_CALLER, /* app_enter_user, app_enter_token or app_enter_job, by cx->who.kind */
    DB_ENTER_NOBODY, /* no tenant: only for calling cm_system's functions, which cross tenants */
};

/* `needed` is the lowest role (users) and the scope (tokens) that the work needs. */
struct db_need {
    enum role role;
    unsigned scope;
};

int db_begin(struct ctx *cx, enum db_mode mode, enum db_entry entry, struct db_need need);
/* Sends BEGIN and the entry now if no statement did; afterwards cx->tenancy and cx->who.role are filled. */
int db_enter_now(struct ctx *cx);
int db_commit(struct ctx *cx);    /* without a transaction: nothing, 0 */
void db_rollback(struct ctx *cx); /* never fails; safe when there is none */
bool db_in_transaction(const struct db *db);

/* One argument of a statement. Pointers are borrowed until the call returns. */
enum db_arg_kind {
    DB_ARG_NULL,
    DB_ARG_TEXT,
    DB_ARG_I64,
    DB_ARG_BOOL,
    DB_ARG_REAL,
    DB_ARG_UUID,
    DB_ARG_BYTES
};
struct db_arg {
    enum db_arg_kind kind;
    struct slice s;
    int64_t i;
    double d;
    struct uuid u;
};
static inline struct db_arg db_null(void)
{
    return (struct db_arg){.kind = DB_ARG_NULL};
}
static inline struct db_arg db_text(const char *s)
{
    return s ? (struct db_arg){.kind = DB_ARG_TEXT, .s = slice_cstr(s)} : db_null();
}
static inline struct db_arg db_slice(struct slice s)
{
    return (struct db_arg){.kind = DB_ARG_TEXT, .s = s};
}
static inline struct db_arg db_i64(int64_t v)
{
    return (struct db_arg){.kind = DB_ARG_I64, .i = v};
}
static inline struct db_arg db_bool(bool v)
{
    return (struct db_arg){.kind = DB_ARG_BOOL, .i = v};
}
static inline struct db_arg db_real(double v)
{
    return (struct db_arg){.kind = DB_ARG_REAL, .d = v};
}
static inline struct db_arg db_uuid(const struct uuid *u)
{
    return u ? (struct db_arg){.kind = DB_ARG_UUID, .u = *u} : db_null();
}
static inline struct db_arg db_bytes(const void *p, size_t n)
{
    return (struct db_arg){.kind = DB_ARG_BYTES, .s = {p, n}};
}

/* A statement of the registry; args has sql_statements[id].nargs members. NULL on failure (cx->err set). */
PGresult *db_query(struct ctx *cx, enum sql_id id, const struct db_arg *args);
/* The last statement of the transaction and its COMMIT in one flush; the COMMIT is skipped when the statement fails.
 * A connection that dies meanwhile is not tried again: it may have committed. Roll back after a failure as ever. */
PGresult *db_query_commit(struct ctx *cx, enum sql_id id, const struct db_arg *args);
/* The same as db_query(), but no row is ERR_NOT_FOUND and more than one ERR_INTERNAL. */
PGresult *db_query_one(struct ctx *cx, enum sql_id id, const struct db_arg *args);
/* For statements whose rows do not matter. `*affected` may be NULL. */
int db_exec(struct ctx *cx, enum sql_id id, const struct db_arg *args, int64_t *affected);

/* Text composed by charts/ (and vectors/ for a tenant's own index) only. */
PGresult *db_query_text(struct ctx *cx, const char *sql, const struct db_arg *args, int nargs);

/* COPY ... FROM STDIN inside the transaction. */
int db_copy_begin(struct ctx *cx, enum sql_id id);
int db_copy_put(struct ctx *cx, const void *p, size_t n);
int db_copy_end(struct ctx *cx, int64_t *rows);

/* Rows one by one (libpq's single-row mode) for answers that do not fit memory. `fn` returns 0 to go on. */
/* One that stops (non-zero) sets cx->err itself, or the caller of db_stream() does. */
typedef int (*db_row_fn)(void *user, const PGresult *row);
int db_stream(struct ctx *cx, enum sql_id id, const struct db_arg *args, db_row_fn fn, void *user);
/* The same for composed text, as db_query_text(). */
int db_stream_text(struct ctx *cx, const char *sql, const struct db_arg *args, int nargs,
                   db_row_fn fn, void *user);

/* LISTEN on `channel` (outside transactions; borrowed, one a connection; nothing is sent when it listens already), and
 * the descriptor to poll; db_notified() drains what came. */
int db_listen(struct ctx *cx, const char *channel);
int db_socket(const struct db *db);
bool db_notified(struct db *db);

/* 0 when a round trip succeeds within `ms`. Outside transactions. */
int db_ping(struct ctx *cx, int64_t ms);

/* Cells. NULL cells: text gives NULL, numbers give `missing`. Rows are checked by nothing but the statement. */
void pg_drop(PGresult **r);
const char *pg_text(const PGresult *r, int row, int col); /* borrowed from r */
struct slice pg_slice(const PGresult *r, int row, int col);
char *pg_dup(struct arena *a, const PGresult *r, int row, int col); /* NULL for NULL */
int64_t pg_i64(const PGresult *r, int row, int col, int64_t missing);
double pg_real(const PGresult *r, int row, int col, double missing);
bool pg_bool(const PGresult *r, int row, int col);
bool pg_uuid(const PGresult *r, int row, int col, struct uuid *out);

/* A PostgreSQL array literal of texts: {"a","b\"c"}; for text[] parameters. */
char *db_text_array(struct arena *a, const struct slice *items, size_t n);

#endif

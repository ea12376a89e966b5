/* SPDX-License-Identifier: MIT */
/*
 * What the files of core/db share and nobody else sees: the connection under the transactions.
 */
#ifndef CORE_DB_INTERNAL_H
#define CORE_DB_INTERNAL_H

#include "core/db/db.h"

enum tx_state {
    TX_NONE,
    TX_NOTED, /* db_begin() was called; nothing was sent */
    TX_OPEN,  /* BEGIN and the entry were answered */
    TX_BROKEN /* a statement failed: only ROLLBACK helps */
};

struct db {
    const char *url;
    const char *application_name;
    int64_t connect_ms;
    bool prepare;
    PGconn *conn; /* NULL or dead: the next use makes a new one */
    bool prepared[SQL_COUNT];
    const char *channel; /* that this connection listens on; NULL: none */
    bool
        stale; /* a migration changed what was prepared, or a pooler switched servers: only a new connection helps */
    enum tx_state tx;
    enum db_mode mode;
    enum db_entry entry;
    struct db_need need;
};

/* Text form of an argument, in the arena; NULL for NULL. */
const char *db_arg_text(struct arena *a, const struct db_arg *arg);

/* A live connection, made now if need be within the deadline; -1 is ERR_UNAVAILABLE. */
int conn_ready(struct ctx *cx);
/* Closes it; prepared names are forgotten. */
void conn_drop(struct db *db);
bool conn_lost(const struct db *db);

/* Sends what is buffered and waits until the next result can be read without blocking. -1: deadline or lost. */
int conn_wait(struct ctx *cx);
/* The next result (NULL at the end of one command's results), within the deadline. */
int conn_result(struct ctx *cx, PGresult **out);
/* One command outside a pipeline, its results thrown away; for COMMIT, ROLLBACK, LISTEN. */
int conn_command(struct ctx *cx, const char *sql, const char *expected_tag);

/* Sets cx->err from a failed result; `what` names the statement for the log. Returns -1. */
int conn_error(struct ctx *cx, const PGresult *r, const char *what);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * copy: rows for a COPY ... FROM STDIN (FORMAT binary), written column by column.
 *
 * The binary form costs the server half of what the text form does: nothing is escaped, nothing parsed. Layout:
 * https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format"; all numbers are big-endian.
 *
 *   copy_begin(&c, max_row_bytes, SQL_STAGE_COPY, cx);
 *   copy_row(&c, 2); copy_uuid(&c, &id); copy_text(&c, name);   as often as there are rows
 *   copy_end(&c, &rows);
 *   copy_done(&c);                                               always, whatever failed
 *
 * Rows are handed to the connection in pieces of about 256 KB. The first failure sticks: later calls do nothing, and
 * copy_flush() and copy_end() say it (-1, cx->err set); then the connection is inside a COPY and the rollback drops it.
 */
#ifndef CORE_DB_COPY_H
#define CORE_DB_COPY_H

#include "core/base/sb.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/db.h"

struct copy {
    struct ctx *cx;
    struct sb buf;
    int status;
};

/* `max_row_bytes` bounds one row; a larger one is a programmer's mistake (ERR_INTERNAL). */
int copy_begin(struct copy *c, struct ctx *cx, enum sql_id id, size_t max_row_bytes);
int copy_end(struct copy *c, int64_t *rows); /* `rows` may be NULL */
void copy_done(struct copy *c);

/* Begins a row of `columns`, in the order of the statement's list. -1 once something failed. */
int copy_row(struct copy *c, int columns);
void copy_i64(struct copy *c, int64_t v); /* bigint */
void copy_i32(struct copy *c, int32_t v); /* integer */
void copy_bool(struct copy *c, bool v);   /* boolean */
void copy_day(struct copy *c, int32_t d); /* date; days since 1970-01-01 */
void copy_uuid(struct copy *c, const struct uuid *u);
void copy_text(struct copy *c, struct slice s); /* valid UTF-8 without NUL */

#endif

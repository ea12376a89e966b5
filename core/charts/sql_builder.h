/* SPDX-License-Identifier: MIT */
/*
 * sql_builder: SQL text and its parameters, growing together.
 *
 * Only this folder composes SQL. Text comes from the program and from the field registry; whatever a client sent
 * becomes a parameter: sql_arg() keeps the value and writes its $n.
 *
 * Invariants
 *   - $1 is the tenant. Every table that a statement names carries `tenant_id = $1` (Citus routes by it, and the
 *     planner knows the tenant's true size), beside row level security.
 *   - Strings of arguments are the caller's until the statement has run (an arena's, in practice).
 */
#ifndef CORE_CHARTS_SQL_BUILDER_H
#define CORE_CHARTS_SQL_BUILDER_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/base/uuid.h"
#include "core/db/db.h"

enum {
    /* three filters stacked, every condition of two values (between), the tenant, and room for the chart itself */
    SQL_ARGS_MAX = 3 * 2 * LIMIT_FILTER_CONDITIONS + 32 + 4 * 16, /* and the words of a search */
    SQL_TEXT_BYTES =
        256 << 10, /* far above what the limits of filters allow: passing it is our mistake */
};

struct sql_builder {
    struct arena *arena;
    struct sb text;
    struct db_arg args[SQL_ARGS_MAX];
    int nargs;
    bool too_many;
};

/* The tenant becomes $1. */
void sql_init(struct sql_builder *q, struct arena *arena, const struct uuid *tenant);
void sql_done(struct sql_builder *q); /* safe on a zeroed struct; for SCOPED */

/* Keeps the value and writes "$n". */
void sql_arg(struct sql_builder *q, struct db_arg arg);

/* Runs it; NULL is failure (cx->err). Passing a bound of the builder is ERR_INVALID "filter_too_large". */
PGresult *sql_run(struct ctx *cx, const struct sql_builder *q);
/* Row by row, as db_stream(). */
int sql_stream(struct ctx *cx, const struct sql_builder *q, db_row_fn fn, void *user);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * ctx: everything that belongs to one request, one job or one command.
 *
 * One is made when the work begins and reset when it ends; what it points to outlives it or dies with its arena.
 */
#ifndef CORE_DB_CTX_H
#define CORE_DB_CTX_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/config.h"
#include "core/base/err.h"
#include "core/base/principal.h"

struct db;
struct lease;

/* What entering a tenant told about it. */
struct tenancy {
    char slug[64];
    char name[201];
    char time_zone[64]; /* IANA name */
    char language[3];
    int64_t data_version; /* moves with every change of the tenant's data */
};

struct ctx {
    struct arena *arena;
    struct db *db; /* the process's connection; NULL where none is needed */
    const struct config *config;
    struct principal who;
    struct tenancy tenancy; /* valid once the tenant was entered */
    int64_t deadline_ms;    /* monotonic; every wait ends by then */
    char request_id[64];
    struct lease *lease; /* of the job that runs, for job_progress(); NULL elsewhere */
    struct err err;
};

/* Sets cx->err and returns -1. */
#define ctx_fail(cx, code, reason, field, ...)                                                     \
    err_set(&(cx)->err, (code), (reason), (field), __VA_ARGS__)

#endif

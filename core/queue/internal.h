/* SPDX-License-Identifier: MIT */
/*
 * What the two ways of doing jobs share: the runner and the pool. Private to core/queue.
 */
#ifndef CORE_QUEUE_INTERNAL_H
#define CORE_QUEUE_INTERNAL_H

#include "core/db/db.h"
#include "core/queue/queue.h"

enum {
    QUEUE_SYSTEM_MS = 10000, /* deadline of the queue's own statements */
    QUEUE_TROUBLE_MS = 1000, /* pause after the database could not be reached */
};

/* Fresh for the next transaction, which may take ms. */
void job_refresh(struct ctx *cx, int64_t ms);

/* The caller is the job: what it enters is the job's tenant, under its lease. */
void job_be(struct ctx *cx, const struct job *job);

/* A deadlock, a restart, a query that took too long: no attempt of the job, as long as it does not happen for ever. */
bool job_fault_of_database(const struct err *why);

/* In a transaction of its own: later again, canceled, or given up for good, by what `why` says. -1: cx->err, and the
 * transaction is to be rolled back. */
int job_put_back(struct ctx *cx, const struct job *job, const struct job_kind *kind,
                 const struct err *why);

/* One of cm_system's functions in a transaction of nobody. NULL with cx->err set. */
PGresult *queue_call(struct ctx *cx, enum sql_id id, const struct db_arg *args);

#endif

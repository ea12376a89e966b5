/* SPDX-License-Identifier: MIT */
#include "core/queue/queue.h"

#include "core/db/db.h"

int queue_notify(struct ctx *cx)
{
    return db_exec(cx, SQL_QUEUE_NOTIFY, NULL, NULL);
}

int queue_stats(struct ctx *cx, struct queue_stats *out)
{
    SCOPED(pg_drop)
    PGresult *r =
        db_query_one(cx, SQL_QUEUE_STATS, (const struct db_arg[]){db_uuid(&cx->who.tenant)});

    if (!r)
        return -1;
    *out = (struct queue_stats){
        .pending = pg_i64(r, 0, 0, 0),
        .processing = pg_i64(r, 0, 1, 0),
        .completed = pg_i64(r, 0, 2, 0),
        .failed = pg_i64(r, 0, 3, 0),
    };
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* The readings of one pack of an upload: made when nothing else of the tenant waits, so that few wait at once. */
#include <string.h>

#include "core/base/json.h"
#include "core/db/db.h"
#include "core/meetings/upload.h"

struct pack {
    struct uuid upload;
    struct uuid after; /* its meetings have ids in (after, to] */
    struct uuid to;
    int64_t rows; /* as many as were stored */
};

static bool member_uuid(const json_t *o, const char *key, struct uuid *out)
{
    const char *text = json_str(o, key);

    return text && uuid_parse(slice_cstr(text), out);
}

static int read_pack(struct ctx *cx, const struct job *job, struct pack *out)
{
    SCOPED(json_drop) json_t *o = NULL;
    struct pack p = {.rows = 0};

    if (json_read(slice_cstr(job->payload), &o) != JSON_OK ||
        !member_uuid(o, "upload_id", &p.upload) || !member_uuid(o, "after", &p.after) ||
        !member_uuid(o, "to", &p.to) || !json_i64(o, "rows", &p.rows))
        return ctx_fail(cx, ERR_INVALID, "job_invalid", NULL, "the job names no pack of meetings");
    *out = p;
    return 0;
}

int upload_enqueue_job(struct ctx *cx, const struct job *job)
{
    SCOPED(pg_drop) PGresult *open = NULL;
    struct pack p = {.rows = 0};
    int64_t made = 0;
    bool canceled;

    if (read_pack(cx, job, &p) < 0)
        return -1;
    const struct db_arg range[] = {db_uuid(&cx->who.tenant), db_uuid(&p.upload), db_uuid(&p.after),
                                   db_uuid(&p.to)};

    if (db_exec(cx, SQL_UPLOAD_PACK_WAIT,
                (const struct db_arg[]){range[0], range[1], db_uuid(&job->id)}, NULL) < 0)
        return -1;
    open = db_query(cx, SQL_UPLOAD_PACK_OPEN, range);
    if (!open)
        return -1;
    if (PQntuples(open) == 0) /* retention took the batch: nobody waits for it */
        return 0;
    canceled = pg_bool(open, 0, 0);
    if (db_exec(cx, canceled ? SQL_UPLOAD_PACK_GIVEN_UP : SQL_UPLOAD_PACK_JOBS, range, &made) < 0)
        return -1;
    /* what was deleted since, or waits for a reading of another batch, is not of this one */
    return db_exec(cx, SQL_UPLOAD_PACK_COUNT,
                   (const struct db_arg[]){range[0], range[1], db_i64(canceled ? made : 0),
                                           db_i64(p.rows - made)},
                   NULL) < 0
               ? -1
               : queue_notify(cx);
}

/* SPDX-License-Identifier: MIT */
#include "core/queue/queue.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/queue/ids.h"

enum { USUAL_PRIORITY = 100, USUAL_ATTEMPTS = 3, RETRY_AT_ONCE = 5000 };

int queue_notify(struct ctx *cx)
{
    return db_exec(cx, SQL_QUEUE_NOTIFY, NULL, NULL);
}

int queue_add(struct ctx *cx, const struct queue_job *job, bool *made)
{
    const struct uuid id = uuid_new();
    SCOPED(pg_drop)
    PGresult *r = db_query(
        cx, SQL_QUEUE_ADD,
        (const struct db_arg[]){
            db_uuid(&cx->who.tenant), db_uuid(&id), db_text(job->kind), db_uuid(job->subject),
            db_text(job->payload), db_text(job->unique_key),
            db_i64(job->priority ? job->priority : USUAL_PRIORITY), db_i64(job->delay_ms),
            db_i64(job->max_attempts ? job->max_attempts : USUAL_ATTEMPTS), db_uuid(job->batch)});

    if (!r)
        return -1;
    if (made)
        *made = PQntuples(r) == 1;
    return 0;
}

int queue_batch_begin(struct ctx *cx, const struct uuid *batch, const char *kind, int64_t total)
{
    return db_exec(cx, SQL_QUEUE_BATCH_BEGIN,
                   (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(batch), db_text(kind),
                                           db_i64(total)},
                   NULL);
}

static int cancel(struct ctx *cx, const char *jobs, const struct uuid *batch, const char *subjects,
                  struct queue_canceled *out)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(cx, SQL_QUEUE_CANCEL,
                               (const struct db_arg[]){db_uuid(&cx->who.tenant), db_text(jobs),
                                                       db_uuid(batch), db_text(subjects)});

    if (!r)
        return -1;
    *out = (struct queue_canceled){pg_i64(r, 0, 0, 0), pg_i64(r, 0, 1, 0)};
    return 0;
}

/* What a person or a program asked for: in the log, and no cached result is served again. */
static int note(struct ctx *cx, const char *action, const char *object_kind,
                const struct uuid *object, int64_t n)
{
    const struct audit_field count = {"count",
                                      slice_cstr(arena_printf(cx->arena, "%lld", (long long)n))};

    return audit_write(cx, action, object_kind, object, &count, 1) < 0 ? -1 : tenant_touch(cx);
}

int queue_cancel_jobs(struct ctx *cx, const struct uuid *jobs, size_t n, struct queue_canceled *out)
{
    struct queue_canceled done;

    if (cancel(cx, ids_text(cx->arena, jobs, n, sizeof *jobs), NULL, NULL, &done) < 0 ||
        note(cx, "jobs.cancel", "job", n == 1 ? jobs : NULL, done.canceled + done.asked) < 0)
        return -1;
    *out = done;
    return 0;
}

int queue_cancel_batch(struct ctx *cx, const struct uuid *batch, struct queue_canceled *out)
{
    struct queue_canceled done;

    if (cancel(cx, NULL, batch, NULL, &done) < 0 ||
        note(cx, "jobs.cancel", "job_batch", batch, done.canceled + done.asked) < 0)
        return -1;
    *out = done;
    return 0;
}

int queue_cancel_subjects(struct ctx *cx, const struct uuid *subjects, size_t n,
                          struct queue_canceled *out)
{
    return cancel(cx, NULL, NULL, ids_text(cx->arena, subjects, n, sizeof *subjects), out);
}

int queue_retry(struct ctx *cx, const struct uuid *jobs, size_t n, const char *kind, int64_t *count)
{
    const char *ids = jobs ? ids_text(cx->arena, jobs, n, sizeof *jobs) : NULL;
    const int64_t until_ms = clock_mono_ms() + clock_left_ms(cx->deadline_ms) / 2;
    int64_t waiting = 0;
    int64_t looked_at;

    do {
        SCOPED(pg_drop)
        PGresult *r = db_query_one(cx, SQL_QUEUE_RETRY,
                                   (const struct db_arg[]){db_uuid(&cx->who.tenant), db_text(ids),
                                                           db_text(kind), db_i64(RETRY_AT_ONCE)});

        if (!r)
            return -1;
        waiting += pg_i64(r, 0, 0, 0);
        looked_at = pg_i64(r, 0, 1, 0);
    } while (looked_at == RETRY_AT_ONCE && clock_mono_ms() < until_ms);
    if (queue_notify(cx) < 0 ||
        note(cx, "jobs.retry", "job", jobs && n == 1 ? jobs : NULL, waiting) < 0)
        return -1;
    *count = waiting;
    return 0;
}

int queue_must_be(struct ctx *cx, const struct uuid *job, const char *states)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(cx, SQL_QUEUE_FIND,
                               (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(job)});
    struct slice rest = slice_cstr(states);

    if (!r)
        return -1;
    while (rest.n) {
        if (slice_is(slice_cut(rest, ' ', &rest), pg_text(r, 0, 0)))
            return 0;
    }
    ctx_fail(cx, ERR_CONFLICT, "job_state", NULL, "the job is %s", pg_text(r, 0, 0));
    return err_params(&cx->err, "{\"state\":\"%s\"}", pg_text(r, 0, 0));
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

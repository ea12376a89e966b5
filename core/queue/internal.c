/* SPDX-License-Identifier: MIT */
#include "core/queue/internal.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/db/audit.h"
#include "core/queue/runner.h"

/* With the pauses between them some twenty minutes: longer than a restart, and what looks like the database's fault for
 * longer is the job's. */
enum { FAULTS_FORGIVEN = 12 };

void job_refresh(struct ctx *cx, int64_t ms)
{
    arena_reset(cx->arena);
    err_clear(&cx->err);
    cx->who = (struct principal){0};
    cx->deadline_ms = clock_mono_ms() + ms;
}

void job_be(struct ctx *cx, const struct job *job)
{
    cx->who =
        (struct principal){.kind = PRINCIPAL_JOB, .tenant = job->tenant, .credential = job->id};
    memcpy(cx->who.proof, job->lease.b, sizeof job->lease.b);
    uuid_text(&job->id, cx->request_id);
}

PGresult *queue_call(struct ctx *cx, enum sql_id id, const struct db_arg *args)
{
    PGresult *r;

    if (db_begin(cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return NULL;
    r = db_query_commit(cx, id, args);
    db_rollback(cx);
    if (!r)
        LOG(LOG_ERROR, "queue_call_failed", {"statement", LOG_S(sql_statements[id].name)},
            {"error", LOG_S(cx->err.reason)}, {"detail", LOG_S(cx->err.internal)});
    return r;
}

static bool is_final(const struct err *e, const struct job *j, const struct job_kind *kind)
{
    return e->code == ERR_INVALID || e->code == ERR_NOT_FOUND || e->code == ERR_FORBIDDEN ||
           j->attempts >= j->max_attempts || (kind->attempts && j->attempts >= kind->attempts);
}

bool job_fault_of_database(const struct err *why)
{
    static const char *const reasons[] = {"try_again", "database_down", "database_full",
                                          "query_timeout"};

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (strcmp(why->reason, reasons[i]) == 0)
            return true;
    }
    return false;
}

/* What became of it; NULL with cx->err set. */
static PGresult *excuse(struct ctx *cx, const struct job *job, const struct err *why)
{
    return db_query_one(cx, SQL_JOB_EXCUSE,
                        (const struct db_arg[]){db_uuid(&job->tenant), db_uuid(&job->id),
                                                db_uuid(&job->lease), db_i64(FAULTS_FORGIVEN),
                                                db_text(why->message)});
}

static PGresult *put_back(struct ctx *cx, const struct job *job, const struct job_kind *kind,
                          const struct err *why)
{
    const bool canceled = strcmp(why->reason, "canceled") == 0;
    const bool final = canceled || is_final(why, job, kind);
    uint32_t random;
    int64_t delay_ms;

    if (final && !canceled && kind->dead && kind->dead(cx, job) < 0)
        return NULL;
    hash_random(&random, sizeof random);
    delay_ms =
        why->retry_after_ms > 0 ? why->retry_after_ms : runner_backoff_ms(job->attempts, random);
    return db_query_one(cx, SQL_JOB_PUT_BACK,
                        (const struct db_arg[]){db_uuid(&job->tenant), db_uuid(&job->id),
                                                db_uuid(&job->lease),
                                                final ? db_null() : db_i64(delay_ms),
                                                db_text(canceled ? "canceled" : "failed"),
                                                db_text(why->reason), db_text(why->message)});
}

int job_put_back(struct ctx *cx, const struct job *job, const struct job_kind *kind,
                 const struct err *why)
{
    SCOPED(pg_drop) PGresult *excused = NULL;
    SCOPED(pg_drop) PGresult *put = NULL;
    struct slice became = SLICE("spent");

    job_refresh(cx, QUEUE_SYSTEM_MS);
    job_be(cx, job);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){0}) < 0)
        return -1;
    if (job_fault_of_database(why)) {
        excused = excuse(cx, job, why);
        if (!excused)
            return -1;
        became = pg_slice(excused, 0, 0);
    }
    if (slice_is(became, "spent")) {
        put = put_back(cx, job, kind, why);
        if (!put)
            return -1;
        became = pg_slice(put, 0, 0);
    }
    if (!slice_is(became, "later") && tenant_touch(cx) < 0)
        return -1;
    return db_commit(cx);
}

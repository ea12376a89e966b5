/* SPDX-License-Identifier: MIT */
#include "core/queue/schedule.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/queue/cron.h"
#include "core/queue/internal.h"

enum {
    MOST_AT_ONCE = 100,
    TRIES =
        200, /* local times that lie before now: at most those of the hour or two that the clock repeats */
    LOCAL_BYTES = 32,
};

static struct cron_time time_of(const PGresult *r, int row, int col)
{
    return (struct cron_time){(int)pg_i64(r, row, col, 0), (int)pg_i64(r, row, col + 1, 1),
                              (int)pg_i64(r, row, col + 2, 1), (int)pg_i64(r, row, col + 3, 0),
                              (int)pg_i64(r, row, col + 4, 0)};
}

static void local_text(const struct cron_time *t, char out[LOCAL_BYTES])
{
    snprintf(out, LOCAL_BYTES, "%04u-%02u-%02u %02u:%02u", (unsigned)t->year % 10000u,
             (unsigned)t->month % 100u, (unsigned)t->day % 100u, (unsigned)t->hour % 100u,
             (unsigned)t->minute % 100u);
}

int schedule_put(struct ctx *cx, const struct schedule *s)
{
    const int64_t now_us = clock_now_us();
    SCOPED(pg_drop) PGresult *r = NULL;
    struct cron cron;
    struct cron_time at;
    const char *field;

    if (!cron_parse(slice_cstr(s->cron), &cron, &field)) {
        ctx_fail(cx, ERR_INVALID, "cron_invalid", "cron", "the %s of the cron text cannot be read",
                 field);
        return err_params(&cx->err, "{\"part\":\"%s\"}", field);
    }
    r = db_query(
        cx, SQL_SCHEDULE_ZONE,
        (const struct db_arg[]){db_uuid(&cx->who.tenant), db_text(s->time_zone), db_i64(now_us)});
    if (!r)
        return -1;
    if (PQntuples(r) == 0)
        return ctx_fail(cx, ERR_INVALID, "zone_unknown", "time_zone", "there is no such time zone");
    at = time_of(r, 0, 0);
    for (int i = 0; i < TRIES; i++) {
        SCOPED(pg_drop) PGresult *put = NULL;
        char local[LOCAL_BYTES];

        if (!cron_next(&cron, &at, &at))
            return ctx_fail(cx, ERR_INVALID, "cron_invalid", "cron", "this day never comes");
        local_text(&at, local);
        put = db_query(
            cx, SQL_SCHEDULE_PUT,
            (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&s->id), db_text(s->kind),
                                    db_text(s->payload), db_text(s->cron), db_text(s->time_zone),
                                    db_bool(s->enabled), db_text(local), db_i64(now_us)});
        if (!put)
            return -1;
        if (PQntuples(put) == 1)
            return 0;
    }
    return ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "no next time was found");
}

int schedule_delete(struct ctx *cx, const struct uuid *id)
{
    int64_t n = 0;

    if (db_exec(cx, SQL_SCHEDULE_DELETE,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)}, &n) < 0)
        return -1;
    return n == 1 ? 0 : ctx_fail(cx, ERR_NOT_FOUND, "not_found", NULL, "no such schedule");
}

static struct db_arg instant(int64_t at_us)
{
    return at_us ? db_i64(at_us) : db_null();
}

/* 1: this call fired it; 0: somebody else did, or it has ended. `due` is a row of SCHEDULES_DUE. */
static int fire(struct ctx *cx, const PGresult *due, int row, int64_t at_us)
{
    const struct uuid job = uuid_new();
    struct cron_time at = time_of(due, row, 4);
    struct uuid tenant;
    struct uuid id;
    struct cron cron;
    const char *field;
    bool comes = cron_parse(pg_slice(due, row, 2), &cron, &field);

    if (PQgetisnull(due, row, 4))
        return ctx_fail(cx, ERR_INVALID, "zone_unknown", NULL, "there is no such time zone");
    pg_uuid(due, row, 0, &tenant);
    pg_uuid(due, row, 1, &id);
    for (int i = 0; i < TRIES; i++) {
        SCOPED(pg_drop) PGresult *r = NULL;
        char local[LOCAL_BYTES];

        comes = comes && cron_next(&cron, &at, &at);
        if (comes)
            local_text(&at, local);
        else
            LOG(LOG_ERROR, "schedule_ended", {"schedule", LOG_S(pg_text(due, row, 1))},
                {"cron", LOG_S(pg_text(due, row, 2))});
        r = queue_call(
            cx, SQL_SCHEDULE_FIRE,
            (const struct db_arg[]){db_uuid(&tenant), db_uuid(&id), db_text(pg_text(due, row, 3)),
                                    db_text(comes ? local : NULL), instant(at_us), db_uuid(&job)});
        if (!r)
            return -1;
        if (strcmp(pg_text(r, 0, 0), "again") != 0)
            return strcmp(pg_text(r, 0, 0), "fired") == 0;
    }
    return ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "no next time was found");
}

static void put_off(struct ctx *cx, const PGresult *due, int row, int64_t at_us)
{
    struct uuid tenant;
    struct uuid id;

    pg_uuid(due, row, 0, &tenant);
    pg_uuid(due, row, 1, &id);
    PQclear(queue_call(cx, SQL_SCHEDULE_PUT_OFF,
                       (const struct db_arg[]){db_uuid(&tenant), db_uuid(&id),
                                               db_text(pg_text(due, row, 3)), instant(at_us)}));
    err_clear(&cx->err);
}

int schedule_run(struct ctx *cx, int64_t at_us, int *fired)
{
    SCOPED(pg_drop)
    PGresult *due = queue_call(cx, SQL_SCHEDULES_DUE,
                               (const struct db_arg[]){instant(at_us), db_i64(MOST_AT_ONCE)});
    struct err first = {0};
    int n = 0;

    if (!due)
        return -1;
    for (int i = 0; i < PQntuples(due); i++) {
        const int done = fire(cx, due, i, at_us);

        if (done < 0) {
            if (!err_is(&first))
                first = cx->err;
            err_clear(&cx->err);
            put_off(cx, due, i, at_us);
        } else {
            n += done;
        }
    }
    cx->err = first;
    if (fired)
        *fired = n;
    return err_is(&first) ? -1 : 0;
}

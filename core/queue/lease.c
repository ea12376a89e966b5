/* SPDX-License-Identifier: MIT */
#include "core/queue/lease.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/queue/ids.h"

enum { BEAT_MS = 1000, BEAT_LIMIT_MS = 3000 };

static void mark(struct lease *l, const PGresult *r)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->marks[i] == LEASE_HELD)
            l->marks[i] = LEASE_LOST; /* unless it is answered */
    }
    for (int row = 0; row < PQntuples(r); row++) {
        struct uuid id;

        pg_uuid(r, row, 0, &id);
        for (size_t i = 0; i < l->n; i++) {
            if (l->marks[i] != LEASE_ENDED && uuid_eq(&l->jobs[i].id, &id))
                l->marks[i] = pg_bool(r, row, 1) ? LEASE_ASKED : LEASE_HELD;
        }
    }
}

static void beat(struct lease *l, int64_t done, int64_t total)
{
    struct ctx cx = {.arena = l->arena,
                     .db = l->aside,
                     .config = l->config,
                     .deadline_ms = clock_mono_ms() + BEAT_LIMIT_MS};
    SCOPED(pg_drop) PGresult *r = NULL;
    struct uuid *tenants;
    struct uuid *jobs;
    size_t n = 0;

    arena_reset(l->arena);
    tenants = arena_alloc(l->arena, (l->n + 1) * sizeof *tenants);
    jobs = arena_alloc(l->arena, (l->n + 1) * sizeof *jobs);
    for (size_t i = 0; i < l->n; i++) {
        if (l->marks[i] == LEASE_ENDED || l->marks[i] == LEASE_LOST)
            continue;
        tenants[n] = l->jobs[i].tenant;
        jobs[n++] = l->jobs[i].id;
    }
    if (n && db_begin(&cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) == 0)
        r = db_query_commit(
            &cx, SQL_JOBS_HEARTBEAT,
            (const struct db_arg[]){db_uuid(&l->id), db_i64(l->config->job_lease_ms),
                                    db_text(ids_text(l->arena, tenants, n, sizeof *tenants)),
                                    db_text(ids_text(l->arena, jobs, n, sizeof *jobs)),
                                    db_uuid(l->doing < l->n ? &l->jobs[l->doing].id : NULL),
                                    done >= 0 ? db_i64(done) : db_null(),
                                    total > 0 ? db_i64(total) : db_null()});
    db_rollback(&cx);
    if (r)
        mark(l, r);
    else if (n)
        LOG(LOG_WARN, "heartbeat_failed", {"error", LOG_S(cx.err.reason)},
            {"detail", LOG_S(cx.err.internal)});
}

void lease_keep(struct lease *l)
{
    if (clock_mono_ms() < l->next_ms)
        return;
    l->doing = l->n;
    beat(l, -1, 0);
    l->next_ms = clock_mono_ms() + BEAT_MS;
}

int lease_check(struct ctx *cx, const struct lease *l, size_t i)
{
    if (l->marks[i] == LEASE_LOST)
        return ctx_fail(cx, ERR_CONFLICT, "lease_lost", NULL, "the job is somebody else's now");
    if (l->marks[i] == LEASE_ASKED)
        return ctx_fail(cx, ERR_CONFLICT, "canceled", NULL, "the job was canceled");
    return 0;
}

int job_progress(struct ctx *cx, int64_t done, int64_t total)
{
    struct lease *l = cx->lease;

    if (!l || l->doing >= l->n)
        return 0;
    if (clock_mono_ms() >= l->next_ms) {
        beat(l, done < 0 ? 0 : done, total);
        l->next_ms = clock_mono_ms() + BEAT_MS;
        if (cx->deadline_ms < clock_mono_ms() + l->timeout_ms)
            cx->deadline_ms = clock_mono_ms() + l->timeout_ms;
        if (l->self)
            proc_request_update(l->self, NULL, NULL, NULL, cx->deadline_ms);
    }
    return lease_check(cx, l, l->doing);
}

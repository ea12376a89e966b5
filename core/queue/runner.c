/* SPDX-License-Identifier: MIT */
#include "core/queue/runner.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/queue/claim.h"
#include "core/queue/ids.h"
#include "core/queue/internal.h"
#include "core/queue/lease.h"
#include "core/queue/schedule.h"

enum {
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MAX_MS = 300000,
    MIN_JOB_MS = 1000,
    ASIDE_ARENA_BYTES = 4 << 20,
    RESCUE_COSTS = 20, /* it pauses at least so many times as long as it took */
    SCHEDULES_MS = 5000,
};

struct runner_memory {
    struct claim *claim;
    struct db *aside;
    struct arena *arena; /* of the second connection's statements */
};

struct turn {
    struct ctx *cx;
    const struct runner_options *o;
    struct proc_child *self;
    struct arena *batch; /* the claimed jobs; cx->arena is reset with each transaction */
    struct job *jobs;    /* by tenant */
    size_t n;
    struct lease lease;
};

struct runner_memory *runner_memory_new(const struct config *c)
{
    struct runner_memory *m = calloc(1, sizeof *m);

    if (!m)
        abort();
    m->claim = claim_new();
    m->aside = db_new(c->database_url, c->db_prepare, c->db_connect_ms, "clientmetrics job lease");
    m->arena = arena_new(ASIDE_ARENA_BYTES);
    return m;
}

void runner_memory_free(struct runner_memory *m)
{
    if (!m)
        return;
    claim_free(m->claim);
    db_free(m->aside);
    arena_free(m->arena);
    free(m);
}

int64_t runner_backoff_ms(int attempts, uint32_t random)
{
    int64_t ms = BACKOFF_FIRST_MS;

    for (int i = 1; i < attempts && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    if (ms > BACKOFF_MAX_MS)
        ms = BACKOFF_MAX_MS;
    return ms + (int64_t)(random % (uint32_t)(ms / 2 + 1));
}

/* The longest that one transaction of jobs may be silent: what is left of the lease then is for its commit. */
static int64_t most_ms(const struct config *c)
{
    return c->job_lease_ms / 3 * 2;
}

int runner_check(const struct runner_options *o, FILE *problems)
{
    int bad = 0;

    for (size_t i = 0; i < o->nkinds; i++) {
        const long long needs_ms = o->kinds[i].timeout_ms + MIN_JOB_MS;

        if (needs_ms <= most_ms(o->config))
            continue;
        fprintf(problems,
                "CM_JOB_LEASE_MS: a job of kind %s may take %lld ms; give at least %lld\n",
                o->kinds[i].name, needs_ms - MIN_JOB_MS, needs_ms / 2 * 3 + 3);
        bad = -1;
    }
    return bad;
}

static const struct job_kind *kind_find(const struct runner_options *o, const char *name)
{
    for (size_t i = 0; i < o->nkinds; i++) {
        if (strcmp(o->kinds[i].name, name) == 0)
            return &o->kinds[i];
    }
    abort(); /* cannot be: only known kinds are claimed */
}

static int claim(struct turn *t, struct runner_memory *m)
{
    const struct config *c = t->o->config;

    job_refresh(t->cx, QUEUE_SYSTEM_MS);
    t->lease = (struct lease){.config = c,
                              .self = t->self,
                              .aside = m->aside,
                              .arena = m->arena,
                              .id = uuid_new(),
                              .next_ms = clock_mono_ms() + MIN_JOB_MS};
    if (claim_take(t->cx, m->claim, t->o, c->job_batch, &t->lease.id, t->batch, &t->jobs, &t->n) <
        0)
        return -1;
    t->lease.jobs = t->jobs;
    t->lease.n = t->n;
    t->lease.doing = t->n;
    t->lease.marks = arena_zalloc(t->batch, t->n + 1, sizeof *t->lease.marks);
    return 0;
}

static bool must_stop(const struct turn *t)
{
    return t->self && proc_child_stopping(t->self);
}

static void ended(struct turn *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        t->lease.marks[i] = LEASE_ENDED;
}

/* All of [from, to) out of the queue, with their results, under their lease: that and the commit are one flush. */
static int finish(struct turn *t, size_t from, size_t to)
{
    struct ctx *cx = t->cx;
    bool touch = false;
    PGresult *r;

    for (size_t i = from; i < to; i++)
        touch |= !kind_find(t->o, t->jobs[i].kind)->keeps_version;
    r = db_query_commit(
        cx, SQL_JOBS_FINISH,
        (const struct db_arg[]){
            db_uuid(&t->jobs[from].tenant), db_uuid(&t->lease.id),
            db_text(ids_text(cx->arena, &t->jobs[from].id, to - from, sizeof *t->jobs)),
            db_bool(touch)});
    if (!r)
        return -1;
    PQclear(r);
    ended(t, from, to);
    return 0;
}

static int64_t budget_ms(const struct turn *t, size_t from, size_t to)
{
    int64_t ms = MIN_JOB_MS;

    for (size_t i = from; i < to; i++)
        ms += kind_find(t->o, t->jobs[i].kind)->timeout_ms;
    return ms < most_ms(t->o->config) ? ms : most_ms(t->o->config);
}

static int run_job(struct turn *t, size_t i)
{
    const struct job_kind *kind = kind_find(t->o, t->jobs[i].kind);
    int status;

    job_be(t->cx, &t->jobs[i]);
    if (lease_check(t->cx, &t->lease, i) < 0)
        return -1;
    t->lease.doing = i;
    t->lease.timeout_ms = kind->timeout_ms;
    t->cx->lease = &t->lease;
    status = kind->run(t->cx, &t->jobs[i]);
    t->cx->lease = NULL;
    t->lease.doing = t->n;
    if (status == 0)
        arena_reset(t->cx->arena); /* the bound is one job's, however many share the transaction */
    return status;
}

/* Whether the job may take all of its time and the end of the group still be in time. */
static bool fits(const struct turn *t, size_t i)
{
    return clock_left_ms(t->cx->deadline_ms) >=
           kind_find(t->o, t->jobs[i].kind)->timeout_ms + MIN_JOB_MS;
}

/* The jobs [from, to) of one tenant in one transaction, fewer when the worker is asked to stop or the lease has no time
 * for more. 0: [from, *at) is done. -1: nothing is; *at is the one that failed, `to` when all ran and the end failed. */
static int run_group(struct turn *t, size_t from, size_t to, size_t *at)
{
    struct ctx *cx = t->cx;

    job_refresh(cx, budget_ms(t, from, to));
    job_be(cx, &t->jobs[from]);
    if (t->self)
        proc_request_begin(t->self, "JOB", t->jobs[from].kind, cx->request_id, cx->deadline_ms);
    *at = from;
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){0}) < 0)
        return -1;
    while (*at < to && (*at == from || (!must_stop(t) && fits(t, *at)))) {
        if (run_job(t, *at) < 0)
            return -1;
        ++*at;
    }
    to = *at;
    return finish(t, from, to);
}

static int put_back(struct turn *t, size_t i, const struct err *why)
{
    if (job_put_back(t->cx, &t->jobs[i], kind_find(t->o, t->jobs[i].kind), why) < 0)
        return -1;
    ended(t, i, i + 1);
    return 0;
}

/* A database that restarts is waited for: a job whose lease runs out is one that a worker died with, and that costs an
 * attempt. */
static int put_back_when_it_can(struct turn *t, size_t i, const struct err *why)
{
    const int64_t until_ms = clock_mono_ms() + most_ms(t->o->config) / 2;

    while (put_back(t, i, why) < 0) {
        if (!job_fault_of_database(&t->cx->err) || clock_mono_ms() >= until_ms || !t->self)
            return -1;
        db_rollback(t->cx);
        if (proc_child_wait(t->self, -1, QUEUE_TROUBLE_MS) == PROC_WAIT_STOP)
            return -1;
    }
    return 0;
}

static void end_group(struct turn *t, const struct job *j, size_t n, int64_t began_us,
                      const struct err *e)
{
    char tenant[UUID_TEXT_BYTES];

    db_rollback(t->cx);
    if (t->self)
        proc_request_end(t->self, err_is(e) ? 500 : 200, 0, 0);
    uuid_text(&j->tenant, tenant);
    LOG(err_is(e) ? LOG_WARN : LOG_INFO, "jobs", {"kind", LOG_S(j->kind)},
        {"tenant", LOG_S(tenant)}, {"jobs", LOG_I(n)}, {"us", LOG_I(clock_mono_us() - began_us)},
        {"error", LOG_S(err_is(e) ? e->reason : NULL)},
        {"detail", LOG_S(e->internal[0] ? e->internal : NULL)});
}

/* The first job of its transaction failed: that was nobody else's doing. */
static void give_up(struct turn *t, size_t i, const struct err *why)
{
    if (strcmp(why->reason, "lease_lost") == 0) {
        t->lease.marks[i] = LEASE_LOST;
        return;
    }
    if (put_back_when_it_can(t, i, why) < 0) {
        LOG(LOG_ERROR, "job_not_put_back", {"error", LOG_S(t->cx->err.reason)},
            {"detail", LOG_S(t->cx->err.internal)});
        db_rollback(t->cx); /* its lease runs out, and it returns */
    }
}

/* Of the jobs [from, to), those that may share the transaction of the first. */
static size_t group_end(const struct turn *t, size_t from, size_t to)
{
    size_t end = from + 1;

    if (from == to || kind_find(t->o, t->jobs[from].kind)->alone)
        return from == to ? to : end;
    while (end < to && !kind_find(t->o, t->jobs[end].kind)->alone)
        end++;
    return end;
}

static void run_tenant(struct turn *t, size_t from, size_t to)
{
    size_t end = group_end(t, from, to);

    while (from < to && !must_stop(t)) {
        const int64_t began_us = clock_mono_us();
        size_t at;
        int status;
        struct err why;

        lease_keep(&t->lease);
        status = run_group(t, from, end, &at);
        why = t->cx->err;
        end_group(t, &t->jobs[from], (status < 0 ? end : at) - from, began_us, &why);
        if (status == 0) {
            from = at;
            end = group_end(t, from, to);
        } else if (at == from || end - from == 1) {
            give_up(t, from++, &why);
            end = group_end(t, from, to);
        } else { /* without the one that failed; when all ran, halves find the one whose lease is lost */
            end = at < end ? at : from + (end - from) / 2;
        }
    }
}

static int run_batch(struct turn *t)
{
    for (size_t from = 0, to; from < t->n && !must_stop(t); from = to) {
        for (to = from + 1; to < t->n && uuid_eq(&t->jobs[to].tenant, &t->jobs[from].tenant);)
            to++;
        run_tenant(t, from, to);
    }
    if (must_stop(t)) {
        job_refresh(t->cx, QUEUE_SYSTEM_MS);
        PQclear(
            queue_call(t->cx, SQL_JOBS_RELEASE, (const struct db_arg[]){db_uuid(&t->lease.id)}));
    }
    return (int)t->n;
}

int runner_turn(struct ctx *cx, const struct runner_options *o, struct proc_child *self)
{
    struct turn t = {.cx = cx, .o = o, .self = self, .batch = arena_new(LIMIT_ARENA_BYTES)};
    struct runner_memory *m = o->memory ? o->memory : runner_memory_new(o->config);
    int n = claim(&t, m);

    if (n == 0)
        n = run_batch(&t);
    if (!o->memory)
        runner_memory_free(m);
    arena_free(t.batch);
    return n;
}

/* Jobs of workers that fell silent. Every worker looks now and then. */
static void rescue(struct ctx *cx, const struct config *c, int64_t *next_ms)
{
    const int64_t began_ms = clock_mono_ms();
    int64_t pause_ms = c->job_lease_ms / 4;

    if (began_ms < *next_ms)
        return;
    job_refresh(cx, QUEUE_SYSTEM_MS);
    PQclear(queue_call(cx, SQL_JOBS_RESCUE, NULL));
    if (pause_ms < RESCUE_COSTS * (clock_mono_ms() - began_ms))
        pause_ms = RESCUE_COSTS * (clock_mono_ms() - began_ms);
    *next_ms = clock_mono_ms() + pause_ms;
}

static void fire_schedules(struct ctx *cx, int64_t *next_ms)
{
    if (clock_mono_ms() < *next_ms)
        return;
    *next_ms = clock_mono_ms() + SCHEDULES_MS;
    job_refresh(cx, QUEUE_SYSTEM_MS);
    if (schedule_run(cx, 0, NULL) < 0)
        LOG(LOG_ERROR, "schedules_failed", {"error", LOG_S(cx->err.reason)},
            {"detail", LOG_S(cx->err.internal)});
    db_rollback(cx);
}

/* One round of the loop: how many jobs were done, or -1. */
static int run_round(struct ctx *cx, const struct runner_options *o, struct proc_child *self)
{
    /* LISTEN before the claim: a job made between the two is either claimed or wakes the wait */
    job_refresh(cx, QUEUE_SYSTEM_MS);
    if (db_listen(cx, QUEUE_CHANNEL) < 0)
        return -1;
    db_notified(cx->db); /* what was said before this claim is answered by it */
    return runner_turn(cx, o, self);
}

int runner_run(struct proc_child *self, void *options)
{
    struct runner_options o = *(const struct runner_options *)options;
    const struct config *c = o.config;
    struct ctx cx = {
        .arena = arena_new(LIMIT_ARENA_BYTES),
        .db = db_new(c->database_url, c->db_prepare, c->db_connect_ms, "clientmetrics job"),
        .config = c,
    };
    int64_t next_rescue_ms = 0;
    int64_t next_schedules_ms = 0;
    int status = PROC_EXIT_OK;

    o.memory = runner_memory_new(c);
    while (!proc_child_stopping(self)) {
        int64_t wait_ms = c->job_poll_ms;
        int n;

        rescue(&cx, c, &next_rescue_ms);
        fire_schedules(&cx, &next_schedules_ms);
        n = run_round(&cx, &o, self);
        if (n > 0 && proc_child_rss_bytes(self) > c->worker_max_rss_bytes) {
            status = PROC_EXIT_RETIRE;
            break;
        }
        if (n > 0 || (n == 0 && db_notified(cx.db)))
            continue;
        if (n < 0) {
            LOG(LOG_ERROR, "claim_failed", {"error", LOG_S(cx.err.reason)},
                {"detail", LOG_S(cx.err.internal)});
            wait_ms = QUEUE_TROUBLE_MS;
        }
        if (proc_child_wait(self, n < 0 ? -1 : db_socket(cx.db), wait_ms) == PROC_WAIT_STOP)
            break;
    }
    runner_memory_free(o.memory);
    db_free(cx.db);
    arena_free(cx.arena);
    return status;
}

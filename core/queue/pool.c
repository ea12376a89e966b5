/* SPDX-License-Identifier: MIT */
#include "core/queue/pool.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/db/db.h"
#include "core/queue/claim.h"
#include "core/queue/ids.h"
#include "core/queue/internal.h"
#include "core/queue/runner.h"

enum {
    GROUP_MS = 15000, /* deadline of one transaction of begin() or end() */
    BEAT_MS = 1000,
    BUSY_WAIT_MS =
        100, /* of one step while calls are out: the database's socket wakes it earlier */
};

enum hold_state {
    HOLD_FREE,
    HOLD_CLAIMED, /* begin() is due */
    HOLD_OUT,     /* started: its answer is awaited */
    HOLD_READY,   /* the answer is there: end() is due */
};

struct hold {
    struct pool_item item; /* first: what the handlers have is the slot */
    enum hold_state state;
    const struct pool_kind *kind;
    int64_t until_ms;
};

struct pool {
    const struct pool_options *o;
    struct proc_child *self;
    void *user; /* of the calls */
    struct ctx cx;
    struct arena *batch; /* what one claim answers */
    struct claim *claim;
    struct runner_options wants; /* for claim_take(): the kinds' names and caps */
    struct job_kind kinds[8];
    struct uuid lease; /* one for the life of the process */
    struct hold *holds;
    size_t in_hand;
    bool more; /* the last claim was full, or somebody notified */
    int64_t next_claim_ms;
    int64_t next_beat_ms;
};

void pool_ready(struct pool_item *item)
{
    struct hold *s = (struct hold *)item;

    if (s->state == HOLD_OUT)
        s->state = HOLD_READY;
}

struct pool *pool_new(const struct pool_options *o, struct proc_child *self)
{
    struct pool *p = calloc(1, sizeof *p);
    const int64_t n = o->in_flight < 1 ? 1 : o->in_flight > POOL_MOST ? POOL_MOST : o->in_flight;

    if (!p || o->nkinds > sizeof p->kinds / sizeof *p->kinds)
        abort();
    p->o = o;
    p->self = self;
    p->holds = calloc((size_t)n, sizeof *p->holds);
    if (!p->holds)
        abort();
    for (size_t i = 0; i < o->nkinds; i++)
        p->kinds[i] = o->kinds[i].kind;
    p->wants = (struct runner_options){.config = o->config, .kinds = p->kinds, .nkinds = o->nkinds};
    p->cx = (struct ctx){.arena = arena_new(LIMIT_ARENA_BYTES),
                         .db = db_new(o->config->database_url, o->config->db_prepare,
                                      o->config->db_connect_ms, "clientmetrics calls"),
                         .config = o->config};
    p->batch = arena_new(LIMIT_ARENA_BYTES);
    p->claim = claim_new();
    p->lease = uuid_new();
    p->user = o->calls.open(o->config, o->calls.arg);
    p->more = true;
    return p;
}

static size_t capacity(const struct pool *p)
{
    return (size_t)(p->o->in_flight < 1           ? 1
                    : p->o->in_flight > POOL_MOST ? POOL_MOST
                                                  : p->o->in_flight);
}

/* The job leaves the process, however it ended. */
static void vacate(struct pool *p, struct hold *s)
{
    if (s->item.task)
        s->kind->drop(p->user, &s->item);
    arena_free(s->item.arena);
    *s = (struct hold){0};
    p->in_hand--;
}

/* ---- ends ---- */

/* Back into the queue, with what went wrong; somebody else's job is just let go. */
static void fail(struct pool *p, struct hold *s, const struct err *why)
{
    if (strcmp(why->reason, "lease_lost") != 0 &&
        job_put_back(&p->cx, &s->item.job, &s->kind->kind, why) < 0) {
        LOG(LOG_ERROR, "job_not_put_back", {"error", LOG_S(p->cx.err.reason)},
            {"detail", LOG_S(p->cx.err.internal)});
        db_rollback(&p->cx); /* its lease runs out, and it returns */
    }
    vacate(p, s);
}

static struct err failure(enum err_code code, const char *reason, const char *message)
{
    struct ctx cx = {0};

    ctx_fail(&cx, code, reason, NULL, "%s", message);
    return cx.err;
}

/* Ids of those of the group with that outcome. */
static size_t ids_of(struct pool *p, struct hold *const *group, size_t n, enum pool_outcome outcome,
                     const char **text)
{
    struct uuid *ids = arena_alloc(p->cx.arena, (n + 1) * sizeof *ids);
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        if (group[i]->item.outcome == outcome)
            ids[k++] = group[i]->item.job.id;
    }
    *text = k ? ids_text(p->cx.arena, ids, k, sizeof *ids) : NULL;
    return k;
}

/* Those that cannot be done at present wait, each as long as it says. */
static int put_off(struct pool *p, struct hold *const *group, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct pool_item *item = &group[i]->item;

        if (item->outcome == POOL_LATER &&
            db_exec(&p->cx, SQL_JOB_PUT_OFF,
                    (const struct db_arg[]){db_uuid(&item->job.tenant), db_uuid(&item->job.id),
                                            db_uuid(&item->job.lease), db_i64(item->delay_ms),
                                            db_text(item->err.reason), db_text(item->err.message)},
                    NULL) < 0)
            return -1;
    }
    return 0;
}

/* What the handlers decided becomes true, in one commit. */
static int settle(struct pool *p, struct hold *const *group, size_t n)
{
    struct ctx *cx = &p->cx;
    const char *done;
    PGresult *r;

    if (put_off(p, group, n) < 0)
        return -1;
    if (!ids_of(p, group, n, POOL_DONE, &done))
        return db_commit(cx);
    r = db_query_commit(cx, SQL_JOBS_FINISH,
                        (const struct db_arg[]){db_uuid(&group[0]->item.job.tenant),
                                                db_uuid(&p->lease), db_text(done),
                                                db_bool(!group[0]->kind->kind.keeps_version)});
    if (!r)
        return -1;
    PQclear(r);
    return 0;
}

static void after(struct pool *p, struct hold *s)
{
    const struct err why = s->item.err;

    if (s->item.outcome == POOL_WAITS) {
        s->state = HOLD_OUT;
        s->until_ms = clock_mono_ms() + s->kind->kind.timeout_ms;
        s->kind->start(p->user, &s->item);
    } else if (s->item.outcome == POOL_DONE || s->item.outcome == POOL_LATER) {
        vacate(p, s);
    } else {
        fail(p, s, &why);
    }
}

/* One transaction of one tenant's jobs of one kind. -1: nothing is done. */
static int group_once(struct pool *p, struct hold *const *group, size_t n, bool beginning)
{
    struct ctx *cx = &p->cx;
    struct pool_item *items[POOL_CLAIM];
    const pool_fn fn = beginning ? group[0]->kind->begin : group[0]->kind->end;

    for (size_t i = 0; i < n; i++) {
        items[i] = &group[i]->item;
        items[i]->outcome = POOL_FAILED;
        items[i]->delay_ms = 0;
        items[i]->err = failure(ERR_INTERNAL, "internal", "the job has no outcome");
    }
    job_refresh(cx, GROUP_MS);
    job_be(cx, &group[0]->item.job);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){0}) < 0 ||
        fn(cx, p->user, items, n) < 0 || settle(p, group, n) < 0)
        return -1;
    return 0;
}

static void run_group(struct pool *p, struct hold *const *group, size_t n, bool beginning)
{
    const int64_t began_us = clock_mono_us();
    const char *kind = group[0]->kind->kind.name;
    struct err why;
    int status;

    if (p->self)
        proc_request_begin(p->self, "JOB", kind, NULL, clock_mono_ms() + GROUP_MS);
    status = group_once(p, group, n, beginning);
    why = p->cx.err;
    db_rollback(&p->cx);
    if (p->self)
        proc_request_end(p->self, status < 0 ? 500 : 200, 0, 0);
    LOG(status < 0 ? LOG_WARN : LOG_INFO, "calls", {"kind", LOG_S(kind)},
        {"part", LOG_S(beginning ? "begin" : "end")}, {"jobs", LOG_I(n)},
        {"us", LOG_I(clock_mono_us() - began_us)}, {"error", LOG_S(status < 0 ? why.reason : NULL)},
        {"detail", LOG_S(status < 0 && why.internal[0] ? why.internal : NULL)});
    if (status == 0) {
        for (size_t i = 0; i < n; i++)
            after(p, group[i]);
    } else if (n > 1) {
        for (size_t i = 0; i < n; i++)
            run_group(p, &group[i], 1, beginning);
    } else {
        fail(p, group[0], &why);
    }
}

/* Everything in that state, by tenant and kind. */
static void run_state(struct pool *p, enum hold_state state)
{
    const size_t most = capacity(p);

    for (size_t i = 0; i < most; i++) {
        struct hold *group[POOL_CLAIM];
        size_t n = 0;

        if (p->holds[i].state != state)
            continue;
        for (size_t k = i; k < most && n < POOL_CLAIM; k++) {
            struct hold *s = &p->holds[k];

            if (s->state == state &&
                (n == 0 || (s->kind == group[0]->kind &&
                            uuid_eq(&s->item.job.tenant, &group[0]->item.job.tenant))))
                group[n++] = s;
        }
        run_group(p, group, n, state == HOLD_CLAIMED);
    }
}

/* ---- beginnings ---- */

static const struct pool_kind *kind_of(const struct pool *p, const char *name)
{
    for (size_t i = 0; i < p->o->nkinds; i++) {
        if (strcmp(p->o->kinds[i].kind.name, name) == 0)
            return &p->o->kinds[i];
    }
    abort(); /* cannot be: only these kinds are claimed */
}

static struct hold *free_hold(struct pool *p)
{
    for (size_t i = 0, most = capacity(p); i < most; i++) {
        if (p->holds[i].state == HOLD_FREE)
            return &p->holds[i];
    }
    return NULL;
}

/* A job that is in hand already came back while this process was silent: the older hold is worth nothing. */
static void forget_twin(struct pool *p, const struct job *job)
{
    for (size_t i = 0, most = capacity(p); i < most; i++) {
        struct hold *s = &p->holds[i];

        if (s->state != HOLD_FREE && uuid_eq(&s->item.job.id, &job->id)) {
            vacate(p, s);
        }
    }
}

static void take(struct pool *p, const struct job *job)
{
    struct hold *s;

    forget_twin(p, job);
    s = free_hold(p);
    s->state = HOLD_CLAIMED;
    s->kind = kind_of(p, job->kind);
    s->item.arena = arena_new(LIMIT_ARENA_BYTES);
    s->item.job = *job;
    s->item.job.kind = s->kind->kind.name;
    s->item.job.payload = arena_strdup(s->item.arena, job->payload);
    s->until_ms = clock_mono_ms() + s->kind->kind.timeout_ms;
    p->in_hand++;
}

static int claim(struct pool *p)
{
    const size_t room = capacity(p) - p->in_hand;
    const size_t limit = room < POOL_CLAIM ? room : POOL_CLAIM;
    struct job *jobs;
    size_t n;

    if (!room || (!p->more && clock_mono_ms() < p->next_claim_ms))
        return 0;
    arena_reset(p->batch);
    job_refresh(&p->cx, QUEUE_SYSTEM_MS);
    if (db_listen(&p->cx, QUEUE_CHANNEL) < 0)
        return -1;
    db_notified(p->cx.db); /* what was said before this claim is answered by it */
    if (claim_take(&p->cx, p->claim, &p->wants, (int64_t)limit, &p->lease, p->batch, &jobs, &n) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        take(p, &jobs[i]);
    p->more = n == limit;
    p->next_claim_ms = clock_mono_ms() + p->o->config->job_poll_ms;
    return 0;
}

/* ---- leases ---- */

static struct hold *find(struct pool *p, const struct uuid *job)
{
    for (size_t i = 0, most = capacity(p); i < most; i++) {
        if (p->holds[i].state != HOLD_FREE && uuid_eq(&p->holds[i].item.job.id, job))
            return &p->holds[i];
    }
    return NULL;
}

/* The answer names what is still ours; what it does not name is lost. */
static void learn_marks(struct pool *p, const PGresult *r)
{
    bool held[POOL_MOST] = {false};
    const size_t most = capacity(p);

    for (int row = 0; row < PQntuples(r); row++) {
        struct uuid id;
        struct hold *s;

        pg_uuid(r, row, 0, &id);
        s = find(p, &id);
        if (!s)
            continue;
        held[s - p->holds] = true;
        if (pg_bool(r, row, 1)) {
            const struct err why = failure(ERR_CONFLICT, "canceled", "the job was canceled");

            fail(p, s, &why);
        }
    }
    for (size_t i = 0; i < most; i++) {
        if (p->holds[i].state != HOLD_FREE && !held[i]) {
            vacate(p, &p->holds[i]);
        }
    }
}

static void beat(struct pool *p)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    struct ctx *cx = &p->cx;
    struct uuid *tenants;
    struct uuid *jobs;
    size_t n = 0;

    if (!p->in_hand || clock_mono_ms() < p->next_beat_ms)
        return;
    p->next_beat_ms = clock_mono_ms() + BEAT_MS;
    job_refresh(cx, QUEUE_SYSTEM_MS);
    tenants = arena_alloc(cx->arena, p->in_hand * sizeof *tenants);
    jobs = arena_alloc(cx->arena, p->in_hand * sizeof *jobs);
    for (size_t i = 0, most = capacity(p); i < most; i++) {
        if (p->holds[i].state == HOLD_FREE)
            continue;
        tenants[n] = p->holds[i].item.job.tenant;
        jobs[n++] = p->holds[i].item.job.id;
    }
    r = queue_call(
        cx, SQL_JOBS_HEARTBEAT,
        (const struct db_arg[]){db_uuid(&p->lease), db_i64(p->o->config->job_lease_ms),
                                db_text(ids_text(cx->arena, tenants, n, sizeof *tenants)),
                                db_text(ids_text(cx->arena, jobs, n, sizeof *jobs)), db_null(),
                                db_null(), db_null()});
    if (r)
        learn_marks(p, r);
}

static void end_overdue(struct pool *p)
{
    const int64_t now_ms = clock_mono_ms();

    for (size_t i = 0, most = capacity(p); i < most; i++) {
        struct hold *s = &p->holds[i];

        if (s->state == HOLD_OUT && s->until_ms < now_ms) {
            const struct err why = failure(ERR_TIMEOUT, "timeout", "no answer in time");

            fail(p, s, &why);
        }
    }
}

/* ---- the loop ---- */

int pool_turn(struct pool *p, bool closing, int64_t wait_ms)
{
    const int claimed = closing ? 0 : claim(p);

    run_state(p, HOLD_CLAIMED);
    if (p->in_hand || wait_ms > 0)
        p->o->calls.step(p->user, db_socket(p->cx.db), p->more && !closing ? 0 : wait_ms);
    run_state(p, HOLD_READY);
    beat(p);
    end_overdue(p);
    if (p->cx.db && db_notified(p->cx.db))
        p->more = true;
    if (claimed < 0) {
        LOG(LOG_ERROR, "claim_failed", {"error", LOG_S(p->cx.err.reason)},
            {"detail", LOG_S(p->cx.err.internal)});
        return -1;
    }
    return (int)p->in_hand;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    if (p->in_hand) {
        job_refresh(&p->cx, QUEUE_SYSTEM_MS);
        PQclear(queue_call(&p->cx, SQL_JOBS_RELEASE, (const struct db_arg[]){db_uuid(&p->lease)}));
    }
    for (size_t i = 0, most = capacity(p); i < most; i++) {
        if (p->holds[i].state != HOLD_FREE) {
            vacate(p, &p->holds[i]);
        }
    }
    p->o->calls.close(p->user);
    claim_free(p->claim);
    db_free(p->cx.db);
    arena_free(p->cx.arena);
    arena_free(p->batch);
    free(p->holds);
    free(p);
}

int pool_run(struct proc_child *self, void *options)
{
    const struct pool_options *o = options;
    struct pool *p = pool_new(o, self);
    int64_t leave_ms = 0;

    proc_child_ready(self);
    for (;;) {
        const bool closing = proc_child_stopping(self);
        int n;

        if (closing && !leave_ms)
            leave_ms = clock_mono_ms() + o->config->shutdown_grace_ms / 4 * 3;
        if (closing && (!p->in_hand || clock_mono_ms() >= leave_ms))
            break;
        n = pool_turn(p, closing, p->in_hand ? BUSY_WAIT_MS : 0);
        if (n == 0 && !closing && !p->more &&
            proc_child_wait(self, db_socket(p->cx.db), o->config->job_poll_ms) ==
                PROC_WAIT_READABLE)
            p->more |= db_notified(p->cx.db);
        else if (n < 0)
            (void)proc_child_wait(self, -1, QUEUE_TROUBLE_MS);
    }
    pool_free(p);
    return PROC_EXIT_OK;
}

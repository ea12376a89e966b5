/* SPDX-License-Identifier: MIT */
#include "core/queue/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/db/audit.h"
#include "core/db/db.h"

enum {
    MAX_BATCH = 1000,
    MAX_KINDS = 64,
    SYSTEM_MS = 10000, /* deadline of the queue's own statements */
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MAX_MS = 300000,
    TROUBLE_WAIT_MS = 1000, /* after the database could not be reached */
    MIN_JOB_MS = 1000,
};

struct turn {
    struct ctx *cx;
    const struct runner_options *o;
    struct proc_child *self;
    struct arena *batch; /* the claimed jobs; cx->arena is reset with each transaction */
    struct uuid lease;
    struct job *jobs; /* by tenant */
    size_t n;
    int64_t heartbeat_ms; /* when the next is due */
};

int64_t runner_backoff_ms(int attempts, uint32_t random)
{
    int64_t ms = BACKOFF_FIRST_MS;

    for (int i = 1; i < attempts && ms < BACKOFF_MAX_MS; i++)
        ms *= 2;
    if (ms > BACKOFF_MAX_MS)
        ms = BACKOFF_MAX_MS;
    return ms + (int64_t)(random % (uint32_t)(ms / 2 + 1));
}

static const struct job_kind *kind_find(const struct runner_options *o, const char *name)
{
    for (size_t i = 0; i < o->nkinds; i++) {
        if (strcmp(o->kinds[i].name, name) == 0)
            return &o->kinds[i];
    }
    return NULL; /* cannot be: only known kinds are claimed */
}

/* Fresh for the next transaction. */
static void refresh(struct ctx *cx, int64_t ms)
{
    arena_reset(cx->arena);
    err_clear(&cx->err);
    cx->who = (struct principal){0};
    cx->deadline_ms = clock_mono_ms() + ms;
}

/* One of cm_system's functions, in a transaction of nobody. NULL with cx->err set. */
static PGresult *system_call(struct ctx *cx, enum sql_id id, const struct db_arg *args)
{
    PGresult *r;

    if (db_begin(cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return NULL;
    r = db_query(cx, id, args);
    if (r && db_commit(cx) == 0)
        return r;
    PQclear(r);
    db_rollback(cx);
    LOG(LOG_ERROR, "queue_call_failed", {"statement", LOG_S(sql_statements[id].name)},
        {"error", LOG_S(cx->err.reason)}, {"detail", LOG_S(cx->err.internal)});
    return NULL;
}

static struct job job_from_row(const struct turn *t, const PGresult *r, int row)
{
    struct job j = {.lease = t->lease};

    pg_uuid(r, row, 0, &j.tenant);
    pg_uuid(r, row, 1, &j.id);
    j.kind = pg_dup(t->batch, r, row, 2);
    j.has_subject = pg_uuid(r, row, 3, &j.subject);
    j.payload = pg_dup(t->batch, r, row, 4);
    j.attempts = (int)pg_i64(r, row, 5, 1);
    j.max_attempts = (int)pg_i64(r, row, 6, 1);
    return j;
}

static int claim(struct turn *t)
{
    struct ctx *cx = t->cx;
    const struct config *c = t->o->config;
    SCOPED(pg_drop) PGresult *r = NULL;
    struct slice kinds[MAX_KINDS];
    struct uuid from;
    char worker[100];

    refresh(cx, SYSTEM_MS);
    for (size_t i = 0; i < t->o->nkinds; i++)
        kinds[i] = slice_cstr(t->o->kinds[i].name);
    t->lease = uuid_new();
    hash_random(&from, sizeof from);
    snprintf(worker, sizeof worker, "%d", (int)getpid());
    r = system_call(cx, SQL_JOBS_CLAIM,
                    (const struct db_arg[]){db_text(worker),
                                            db_text(db_text_array(cx->arena, kinds, t->o->nkinds)),
                                            db_i64(c->job_batch), db_i64(c->job_lease_ms),
                                            db_uuid(&t->lease), db_uuid(&from)});
    if (!r)
        return -1;
    t->n = (size_t)PQntuples(r);
    t->jobs = arena_zalloc(t->batch, t->n + 1, sizeof *t->jobs);
    for (size_t i = 0; i < t->n; i++)
        t->jobs[i] = job_from_row(t, r, (int)i);
    t->heartbeat_ms = clock_mono_ms() + c->job_lease_ms / 3;
    return 0;
}

static void be_job(struct ctx *cx, const struct job *j)
{
    cx->who = (struct principal){.kind = PRINCIPAL_JOB, .tenant = j->tenant, .credential = j->id};
    memcpy(cx->who.proof, j->lease.b, sizeof j->lease.b);
    uuid_text(&j->id, cx->request_id);
}

static int must_hold(struct ctx *cx, enum sql_id id, const struct db_arg *args)
{
    SCOPED(pg_drop) PGresult *r = db_query(cx, id, args);

    if (!r)
        return -1;
    if (PQntuples(r) == 1)
        return 0;
    return ctx_fail(cx, ERR_CONFLICT, "lease_lost", NULL, "the job is somebody else's now");
}

/* The jobs [from, to) of one tenant in one transaction. */
static int run_group(struct turn *t, size_t from, size_t to)
{
    struct ctx *cx = t->cx;
    int64_t budget_ms = MIN_JOB_MS;

    for (size_t i = from; i < to; i++)
        budget_ms += kind_find(t->o, t->jobs[i].kind)->timeout_ms;
    if (budget_ms >
        t->o->config->job_lease_ms / 3 * 2) /* no heartbeat inside: the lease must outlast it */
        budget_ms = t->o->config->job_lease_ms / 3 * 2;
    refresh(cx, budget_ms);
    be_job(cx, &t->jobs[from]);
    if (t->self)
        proc_request_begin(t->self, "JOB", t->jobs[from].kind, cx->request_id, cx->deadline_ms);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){0}) < 0)
        return -1;
    for (size_t i = from; i < to; i++) {
        const struct job *j = &t->jobs[i];

        be_job(cx, j);
        if (kind_find(t->o, j->kind)->run(cx, j) < 0 ||
            must_hold(cx, SQL_JOB_FINISH,
                      (const struct db_arg[]){db_uuid(&j->tenant), db_uuid(&j->id),
                                              db_uuid(&j->lease)}) < 0)
            return -1;
        arena_reset(cx->arena); /* the bound is one job's, however many share the transaction */
    }
    return tenant_touch(cx) < 0 ? -1 : db_commit(cx);
}

static bool is_final(const struct err *e, const struct job *j)
{
    return e->code == ERR_INVALID || e->code == ERR_NOT_FOUND || e->code == ERR_FORBIDDEN ||
           j->attempts >= j->max_attempts;
}

/* In a transaction of its own: later again, or given up with the reason. */
static int put_back(struct turn *t, const struct job *j, const struct err *why)
{
    struct ctx *cx = t->cx;
    const struct job_kind *kind = kind_find(t->o, j->kind);
    const struct db_arg key[] = {db_uuid(&j->tenant), db_uuid(&j->id), db_uuid(&j->lease)};
    uint32_t random;
    int64_t delay_ms;

    refresh(cx, SYSTEM_MS);
    be_job(cx, j);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){0}) < 0)
        return -1;
    if (is_final(why, j)) {
        if (kind->dead && kind->dead(cx, j) < 0)
            return -1;
        if (must_hold(cx, SQL_JOB_BURY,
                      (const struct db_arg[]){key[0], key[1], key[2], db_text(why->reason),
                                              db_text(why->message)}) < 0)
            return -1;
        return tenant_touch(cx) < 0 ? -1 : db_commit(cx);
    }
    hash_random(&random, sizeof random);
    delay_ms =
        why->retry_after_ms > 0 ? why->retry_after_ms : runner_backoff_ms(j->attempts, random);
    if (must_hold(cx, SQL_JOB_RETRY,
                  (const struct db_arg[]){key[0], key[1], key[2], db_i64(delay_ms),
                                          db_text(why->message)}) < 0)
        return -1;
    return db_commit(cx);
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

/* One job alone; its failure is its own. */
static void run_one(struct turn *t, size_t i)
{
    const int64_t began_us = clock_mono_us();
    const int status = run_group(t, i, i + 1);
    const struct err why = t->cx->err;

    end_group(t, &t->jobs[i], 1, began_us, &why);
    if (status == 0 || strcmp(why.reason, "lease_lost") == 0)
        return;
    if (put_back(t, &t->jobs[i], &why) < 0) {
        LOG(LOG_ERROR, "job_not_put_back", {"error", LOG_S(t->cx->err.reason)},
            {"detail", LOG_S(t->cx->err.internal)});
        db_rollback(t->cx); /* its lease runs out, and it returns */
    }
}

static void heartbeat(struct turn *t)
{
    if (clock_mono_ms() < t->heartbeat_ms)
        return;
    refresh(t->cx, SYSTEM_MS);
    PQclear(system_call(
        t->cx, SQL_JOBS_HEARTBEAT,
        (const struct db_arg[]){db_uuid(&t->lease), db_i64(t->o->config->job_lease_ms)}));
    t->heartbeat_ms = clock_mono_ms() + t->o->config->job_lease_ms / 3;
}

static void run_tenant(struct turn *t, size_t from, size_t to)
{
    const int64_t began_us = clock_mono_us();
    const int status = run_group(t, from, to);
    const struct err why = t->cx->err;

    end_group(t, &t->jobs[from], to - from, began_us, &why);
    if (status == 0)
        return;
    for (size_t i = from; i < to; i++) {
        heartbeat(t);
        run_one(t, i);
    }
}

static int run_batch(struct turn *t)
{
    for (size_t from = 0, to; from < t->n; from = to) {
        for (to = from + 1; to < t->n && uuid_eq(&t->jobs[to].tenant, &t->jobs[from].tenant);)
            to++;
        if (t->self && proc_child_stopping(t->self)) {
            refresh(t->cx, SYSTEM_MS);
            PQclear(
                system_call(t->cx, SQL_JOBS_RELEASE, (const struct db_arg[]){db_uuid(&t->lease)}));
            break;
        }
        heartbeat(t);
        run_tenant(t, from, to);
    }
    return (int)t->n;
}

int runner_turn(struct ctx *cx, const struct runner_options *o, struct proc_child *self)
{
    struct turn t = {.cx = cx, .o = o, .self = self, .batch = arena_new(LIMIT_ARENA_BYTES)};
    int n = claim(&t);

    if (n == 0)
        n = run_batch(&t);
    arena_free(t.batch);
    return n;
}

/* Jobs of workers that fell silent. Every worker looks now and then; the statement is cheap and skips locks. */
static void rescue(struct ctx *cx, const struct config *c, int64_t *next_ms)
{
    if (clock_mono_ms() < *next_ms)
        return;
    *next_ms = clock_mono_ms() + c->job_lease_ms / 4;
    refresh(cx, SYSTEM_MS);
    PQclear(system_call(cx, SQL_JOBS_RESCUE, NULL));
}

int runner_run(struct proc_child *self, void *options)
{
    const struct runner_options *o = options;
    struct ctx cx = {
        .arena = arena_new(LIMIT_ARENA_BYTES),
        .db = db_new(o->config->database_url, o->config->db_prepare, o->config->db_connect_ms,
                     "clientmetrics job"),
        .config = o->config,
    };
    int64_t next_rescue_ms = 0;

    while (!proc_child_stopping(self)) {
        int64_t wait_ms = o->config->job_poll_ms;
        int n;

        rescue(&cx, o->config, &next_rescue_ms);
        /* LISTEN before the claim: a job made between the two is either claimed or wakes the wait */
        refresh(&cx, SYSTEM_MS);
        n = db_listen(&cx, QUEUE_CHANNEL) < 0 ? -1 : runner_turn(&cx, o, self);
        if (n > 0)
            continue;
        if (n < 0) {
            LOG(LOG_ERROR, "claim_failed", {"error", LOG_S(cx.err.reason)},
                {"detail", LOG_S(cx.err.internal)});
            wait_ms = TROUBLE_WAIT_MS;
        } else if (db_notified(cx.db)) {
            continue;
        }
        if (proc_child_wait(self, n < 0 ? -1 : db_socket(cx.db), wait_ms) == PROC_WAIT_STOP)
            break;
        db_notified(cx.db);
    }
    db_free(cx.db);
    arena_free(cx.arena);
    return PROC_EXIT_OK;
}

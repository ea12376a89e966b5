/* SPDX-License-Identifier: MIT */
#include "core/queue/claim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/queue/ids.h"
#include "core/queue/internal.h"
#include "core/queue/runner.h"

enum {
    MAX_TENANTS =
        256,     /* app_jobs_claim() answers no more; the others come with later discoveries */
    SHARERS = 4, /* as in app_jobs_claim() */
    DISCOVERY_COSTS = 20,
    DISCOVERY_LEAST_MS = 100,
    DISCOVERY_MOST_MS = 30000,
    ARRAY_BYTES = 64 << 10,
    INSTANT_BYTES = 40,
};

struct known {
    struct uuid tenant;
    int64_t cap;
    int64_t got; /* by the claim at hand */
    bool has_floor;
    int64_t priority;
    char run_at[INSTANT_BYTES]; /* as PostgreSQL writes it */
    struct uuid job;
};

struct claim {
    struct known known[MAX_TENANTS]; /* in the order in which the next claim goes round */
    size_t n;
    int64_t discover_ms; /* when the next discovery is due */
};

struct claim *claim_new(void)
{
    struct claim *c = calloc(1, sizeof *c);

    if (!c)
        abort();
    return c;
}

void claim_free(struct claim *c)
{
    free(c);
}

static char *kind_names(struct arena *a, const struct runner_options *o)
{
    struct slice *names = arena_alloc(a, o->nkinds * sizeof *names);

    for (size_t i = 0; i < o->nkinds; i++)
        names[i] = slice_cstr(o->kinds[i].name);
    return db_text_array(a, names, o->nkinds);
}

static char *kind_caps(struct arena *a, const struct runner_options *o)
{
    SCOPED(sb_done) struct sb text = {0};

    sb_init(&text, ARRAY_BYTES);
    for (size_t i = 0; i < o->nkinds; i++)
        sb_printf(&text, "%c%d", i ? ',' : '{', o->kinds[i].concurrency);
    sb_putc(&text, '}');
    return arena_strdup(a, sb_text(&text));
}

/* The last five arguments: what is known, as parallel arrays; all NULL for a discovery. */
static void known_args(struct arena *a, const struct claim *c, struct db_arg out[5])
{
    SCOPED(sb_done) struct sb caps = {0};
    SCOPED(sb_done) struct sb priorities = {0};
    SCOPED(sb_done) struct sb instants = {0};
    SCOPED(sb_done) struct sb jobs = {0};
    struct sb *const all[] = {&caps, &priorities, &instants, &jobs};
    char id[UUID_TEXT_BYTES];

    for (size_t k = 0; k < 4; k++) {
        sb_init(all[k], ARRAY_BYTES);
        sb_putc(all[k], '{');
    }
    for (size_t i = 0; i < c->n; i++) {
        const struct known *t = &c->known[i];

        for (size_t k = 0; i && k < 4; k++)
            sb_putc(all[k], ',');
        sb_i64(&caps, t->cap);
        if (!t->has_floor) {
            for (size_t k = 1; k < 4; k++)
                sb_puts(all[k], "NULL");
            continue;
        }
        uuid_text(&t->job, id);
        sb_i64(&priorities, t->priority);
        sb_printf(&instants, "\"%s\"", t->run_at);
        sb_puts(&jobs, id);
    }
    out[0] = db_text(ids_text(a, &c->known[0].tenant, c->n, sizeof c->known[0]));
    for (size_t k = 0; k < 4; k++) {
        sb_putc(all[k], '}');
        out[k + 1] = db_text(arena_strdup(a, sb_text(all[k])));
    }
}

static PGresult *ask(struct ctx *cx, const struct claim *c, const struct runner_options *o,
                     int64_t limit, const struct uuid *lease, const struct uuid *from)
{
    const struct config *cfg = o->config;
    struct db_arg args[13];
    char worker[32];

    snprintf(worker, sizeof worker, "%d", (int)getpid());
    args[0] = db_text(worker);
    args[1] = db_text(kind_names(cx->arena, o));
    args[2] = db_text(kind_caps(cx->arena, o));
    args[3] = db_i64(cfg->job_tenant_concurrency);
    args[4] = db_i64(limit);
    args[5] = db_i64(cfg->job_lease_ms);
    args[6] = db_uuid(lease);
    args[7] = db_uuid(from);
    for (int i = 8; i < 13; i++)
        args[i] = db_null();
    if (c->n)
        known_args(cx->arena, c, &args[8]);
    return queue_call(cx, SQL_JOBS_CLAIM, args);
}

static struct known *known_find(struct claim *c, const struct uuid *tenant)
{
    for (size_t i = 0; i < c->n; i++) {
        if (uuid_eq(&c->known[i].tenant, tenant))
            return &c->known[i];
    }
    return NULL;
}

static void learn_tenant(struct claim *c, const struct uuid *tenant, int64_t cap)
{
    if (c->n < MAX_TENANTS)
        c->known[c->n++] = (struct known){.tenant = *tenant, .cap = cap};
}

/* Rows of a tenant come in the order of the index: the last one is its floor. */
static void learn_job(struct claim *c, const PGresult *r, int row, const struct job *j)
{
    struct known *t = known_find(c, &j->tenant);

    if (!t || pg_i64(r, row, 1, 0) < 0) /* a suspect was found elsewhere: it says nothing */
        return;
    t->got++;
    t->has_floor = true;
    t->priority = pg_i64(r, row, 8, 0);
    snprintf(t->run_at, sizeof t->run_at, "%s", pg_text(r, row, 9));
    t->job = j->id;
}

static size_t learn(struct claim *c, const PGresult *r, const struct uuid *lease,
                    struct arena *into, struct job *jobs)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        c->known[i].got = 0;
    for (int i = 0; i < PQntuples(r); i++) {
        struct job j = {.lease = *lease};

        pg_uuid(r, i, 0, &j.tenant);
        if (!pg_uuid(r, i, 2, &j.id)) {
            learn_tenant(c, &j.tenant, pg_i64(r, i, 1, 0));
            continue;
        }
        j.kind = pg_dup(into, r, i, 3);
        j.has_subject = pg_uuid(r, i, 4, &j.subject);
        j.payload = pg_dup(into, r, i, 5);
        j.attempts = (int)pg_i64(r, i, 6, 1);
        j.max_attempts = (int)pg_i64(r, i, 7, 1);
        learn_job(c, r, i, &j);
        jobs[n++] = j;
    }
    return n;
}

/* The first `by` go to the end. */
static void rotate(struct claim *c, size_t by)
{
    struct known first[MAX_TENANTS];

    memcpy(first, c->known, by * sizeof *first);
    memmove(c->known, c->known + by, (c->n - by) * sizeof *first);
    memcpy(c->known + c->n - by, first, by * sizeof *first);
}

/* A discovery answers the tenants by id, and went round from `from`. */
static void order_from(struct claim *c, const struct uuid *from)
{
    size_t by = 0;

    while (by < c->n && memcmp(c->known[by].tenant.b, from->b, sizeof from->b) < 0)
        by++;
    rotate(c, by % (c->n ? c->n : 1));
}

/* The next round begins after the last one that was served. Who was asked and gave less than its share has nothing
 * left behind its floor. */
static void end_round(struct claim *c, size_t limit, size_t got)
{
    const size_t sharers = c->n < SHARERS ? c->n : SHARERS;
    const int64_t share = sharers && limit / sharers > 1 ? (int64_t)(limit / sharers) : 1;
    size_t served = 0;
    size_t kept = 0;

    for (size_t i = 0; i < c->n; i++) {
        if (c->known[i].got > 0)
            served = i + 1;
    }
    if (got == limit) {
        rotate(c, served % (c->n ? c->n : 1));
        return;
    }
    for (size_t i = 0; i < c->n; i++) { /* the batch was not filled: all were asked */
        if (c->known[i].got >= share || (c->known[i].cap > 0 && got > 0))
            c->known[kept++] = c->known[i];
    }
    c->n = kept;
}

int claim_take(struct ctx *cx, struct claim *c, const struct runner_options *o, int64_t limit,
               const struct uuid *lease, struct arena *into, struct job **jobs, size_t *n)
{
    if (clock_mono_ms() >= c->discover_ms)
        c->n = 0;
    for (;;) {
        const bool discovery = c->n == 0;
        const int64_t began_ms = clock_mono_ms();
        SCOPED(pg_drop) PGresult *r = NULL;
        struct uuid from;
        int64_t pause_ms;
        bool alone;

        hash_random(&from, sizeof from);
        r = ask(cx, c, o, limit, lease, &from);
        if (!r)
            return -1;
        *jobs = arena_zalloc(into, (size_t)PQntuples(r) + 1, sizeof **jobs);
        *n = learn(c, r, lease, into, *jobs);
        if (discovery) {
            order_from(c, &from);
            pause_ms = DISCOVERY_COSTS * (clock_mono_ms() - began_ms);
            if (pause_ms < DISCOVERY_LEAST_MS)
                pause_ms = DISCOVERY_LEAST_MS;
            if (pause_ms > DISCOVERY_MOST_MS)
                pause_ms = DISCOVERY_MOST_MS;
            c->discover_ms = clock_mono_ms() + pause_ms;
        }
        alone = *n == 1 && pg_i64(r, PQntuples(r) - 1, 1, 0) < 0;
        if (!alone) /* a suspect: there was no round */
            end_round(c, (size_t)limit, *n);
        if (*n || discovery)
            return 0;
        c->n = 0;
    }
}

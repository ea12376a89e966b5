/* SPDX-License-Identifier: MIT */
#include "core/insight/asking.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/db/db.h"
#include "core/insight/asking_internal.h"

/* ---- the process's calls ---- */

void *asking_open(const struct config *config, void *shared)
{
    struct asking *a = calloc(1, sizeof *a);

    if (!a)
        abort();
    a->config = config;
    a->shared = shared;
    a->net = net_new(&(const struct net_options){.ca_file = config->ca_file,
                                                 .allow_private = config->net_allow_private,
                                                 .proxy_from_environment = true,
                                                 .in_flight = (int)config->llm_in_flight + 1,
                                                 .per_host = (int)config->llm_in_flight + 1});
    a->llm = llm_new(&(const struct llm_options){.net = a->net,
                                                 .shared = shared,
                                                 .in_flight = (int)config->llm_in_flight,
                                                 .connect_ms = config->llm_connect_ms,
                                                 .total_ms = config->llm_total_ms});
    a->arena = arena_new(LIMIT_ARENA_BYTES);
    question_plan(a->arena, NULL, 0, &a->plan, NULL);
    prompt_make(a->arena, &a->plan, &a->prompt);
    return a;
}

void asking_step(void *asking, int fd, int64_t wait_ms)
{
    struct asking *a = asking;

    net_watch(a->net, fd);
    (void)llm_step(a->llm, wait_ms);
}

void asking_close(void *asking)
{
    struct asking *a = asking;

    llm_free(a->llm);
    net_free(a->net);
    for (size_t i = 0; i < ASKING_PLACES; i++) {
        secret_free(a->places[i].key);
        arena_free(a->places[i].arena);
    }
    arena_free(a->arena);
    free(a);
}

static void done(void *user, const struct llm_outcome *outcome,
                 const struct llm_chat_answer *answer, const struct err *err)
{
    struct asked *q = user;

    (void)err; /* the outcome says the same */
    q->call = 0;
    q->answered = true;
    q->outcome = *outcome;
    if (answer)
        q->text = (struct slice){arena_memdup(q->item->arena, answer->text.p, answer->text.n),
                                 answer->text.n};
    pool_ready(q->item);
}

void asking_start(void *asking, struct pool_item *item)
{
    struct asking *a = asking;
    struct asked *q = item->task;

    if (q->next)
        item->task = q = q->next;
    q->call = llm_chat(a->llm, &q->place->endpoint, &q->chat, done, q);
}

void asking_drop(void *asking, struct pool_item *item)
{
    struct asking *a = asking;
    struct asked *q = item->task;

    if (q->call)
        (void)llm_cancel(a->llm, q->call);
    asking_leave(q->place);
    item->task = NULL;
}

/* ---- what both ends need ---- */

/* The rows of these subjects' transcripts, locked against change or not. */
static PGresult *transcripts(struct ctx *cx, enum sql_id id, struct pool_item *const *items,
                             size_t n)
{
    struct slice *ids = arena_zalloc(cx->arena, n, sizeof *ids);

    for (size_t i = 0; i < n; i++) {
        char text[UUID_TEXT_BYTES];

        uuid_text(&items[i]->job.subject, text);
        ids[i] = slice_cstr(arena_strdup(cx->arena, text));
    }
    return db_query(cx, id,
                    (const struct db_arg[]){db_uuid(&cx->who.tenant),
                                            db_text(db_text_array(cx->arena, ids, n))});
}

/* The row of a subject, or -1. */
static int row_of(const PGresult *r, const struct uuid *subject)
{
    for (int i = 0; i < PQntuples(r); i++) {
        struct uuid id;

        if (pg_uuid(r, i, 0, &id) && uuid_eq(&id, subject))
            return i;
    }
    return -1;
}

static void wait_for(struct pool_item *item, int64_t ms, const char *reason, const char *message)
{
    item->outcome = POOL_LATER;
    item->delay_ms = ms;
    err_clear(&item->err);
    err_set(&item->err, ERR_UNAVAILABLE, reason, NULL, "%s", message);
}

static void refuse(struct pool_item *item, enum err_code code, const char *reason,
                   const char *message)
{
    item->outcome = POOL_FAILED;
    err_clear(&item->err);
    err_set(&item->err, code, reason, NULL, "%s", message);
}

static void leave(struct pool_item *item)
{
    struct asked *q = item->task;

    if (q)
        asking_leave(q->place);
    item->task = NULL;
}

/* The one that goes out next. */
static struct asked *question_of(const struct pool_item *item)
{
    struct asked *q = item->task;

    return q->next ? q->next : q;
}

/* Reserves for the questions of these items; those that the cap does not let through wait. */
static int reserve(struct ctx *cx, int64_t cap_micros, struct pool_item *const *items, size_t n)
{
    struct ledger_call calls[POOL_CLAIM] = {0};
    struct pool_item *asked[POOL_CLAIM];
    size_t ncalls = 0;
    size_t granted = 0;

    for (size_t i = 0; i < n; i++) {
        if (items[i]->outcome != POOL_WAITS)
            continue;
        asked[ncalls] = items[i];
        calls[ncalls++] = asking_call(question_of(items[i]));
    }
    if (ledger_reserve(cx, cap_micros, calls, ncalls, &granted) < 0)
        return -1;
    for (size_t i = granted; i < ncalls; i++) {
        asking_give_back(question_of(asked[i]));
        wait_for(asked[i], ASKING_CAP_MS, "llm_cap_reached",
                 "this month's cap for models is used up");
    }
    return 0;
}

/* ---- begin ---- */

static void begin_one(struct asking *a, const struct model_settings *m, const PGresult *rows,
                      struct pool_item *item)
{
    const int row = row_of(rows, &item->job.subject);
    struct asking_place *p;
    struct asked *q;
    struct uuid hash;

    if (row < 0) {
        refuse(item, ERR_NOT_FOUND, "not_found", "it has no transcript");
        return;
    }
    p = asking_enter(a, m);
    if (!p) {
        wait_for(item, 1000, "model_busy", "too many models at once");
        return;
    }
    pg_uuid(rows, row, 2, &hash);
    q = asking_question(a, p, item, m, pg_slice(rows, row, 1), &hash);
    item->task = q;
    item->outcome = POOL_WAITS;
    (void)asking_gate(q);
}

static int begin_model(struct ctx *cx, struct asking *a, const struct model_settings *m,
                       struct pool_item *const *items, size_t n)
{
    SCOPED(pg_drop) PGresult *rows = transcripts(cx, SQL_TRANSCRIPTS_GET, items, n);

    if (!rows)
        return -1;
    for (size_t i = 0; i < n; i++) {
        leave(items[i]); /* of a transaction that broke */
        begin_one(a, m, rows, items[i]);
    }
    return reserve(cx, m->cap_micros, items, n);
}

static int begin_rules(struct ctx *cx, struct pool_item *const *items, size_t n,
                       asking_store_fn store)
{
    for (size_t i = 0; i < n; i++) {
        struct analysis a;

        if (analysis_run(cx, &items[i]->job.subject, &a) < 0 ||
            store(cx, &items[i]->job.subject, &a) < 0)
            return -1;
        items[i]->outcome = POOL_DONE;
    }
    return 0;
}

int asking_begin(struct ctx *cx, struct asking *asking, struct pool_item *const *items, size_t n,
                 asking_store_fn store)
{
    SCOPED(model_settings_done) struct model_settings m = {0};

    for (size_t i = 0; i < n; i++) {
        if (!items[i]->job.has_subject)
            return ctx_fail(cx, ERR_INVALID, "job_invalid", NULL, "the job names no subject");
    }
    if (model_settings_load(cx, &m) < 0)
        return -1;
    return m.by_model ? begin_model(cx, asking, &m, items, n) : begin_rules(cx, items, n, store);
}

/* ---- end ---- */

/* What was read, if it is still what it was read from. */
static int keep(struct ctx *cx, struct asked *q, const struct uuid *now,
                const struct answer *answer, asking_store_fn store)
{
    const struct analysis a = {.id = uuid_new(),
                               .provider = "openai",
                               .model = q->model,
                               .prompt_version = q->asking->prompt.version,
                               .plan = q->asking->plan,
                               .reading = answer->reading};

    q->item->outcome = POOL_DONE;
    if (!uuid_eq(now, &q->body_hash))
        return 0; /* other words by now: their own job waits */
    return analysis_store(cx, &q->item->job.subject, now, &a) < 0
               ? -1
               : store(cx, &q->item->job.subject, &a);
}

static int end_one(struct ctx *cx, struct asked *q, const PGresult *rows, asking_store_fn store,
                   const char **trouble)
{
    struct pool_item *item = q->item;
    const int row = row_of(rows, &item->job.subject);
    struct answer answer;
    struct uuid now;

    if (q->outcome.fault != LLM_OK) {
        if (asking_failed(q))
            *trouble = llm_faults[q->outcome.fault].reason;
        return 0;
    }
    if (row < 0) {
        refuse(item, ERR_NOT_FOUND, "not_found", "it has no transcript any more");
        return 0;
    }
    pg_uuid(rows, row, 2, &now);
    if (asking_answer(q, pg_slice(rows, row, 1), &answer) || !uuid_eq(&now, &q->body_hash))
        return keep(cx, q, &now, &answer, store);
    if (q->round > 0) {
        refuse(item, ERR_INVALID, "answer_unusable",
               "the model's answer does not fit what was asked, also the second one");
        return 0;
    }
    item->outcome = POOL_WAITS;
    return 0;
}

/* Those whose answer did not fit are asked once more. */
static int repair(struct ctx *cx, int64_t cap_micros, const PGresult *rows,
                  struct pool_item *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct asked *q = items[i]->task;
        const int row = row_of(rows, &items[i]->job.subject);
        struct answer answer;

        if (items[i]->outcome != POOL_WAITS)
            continue;
        (void)asking_answer(q, pg_slice(rows, row, 1), &answer);
        (void)asking_gate(asking_repair(q, pg_slice(rows, row, 1), &answer));
    }
    return reserve(cx, cap_micros, items, n);
}

static int tell_trouble(struct ctx *cx, const char *reason)
{
    return db_exec(cx, SQL_NOTICE_LLM_TROUBLE,
                   (const struct db_arg[]){db_uuid(&cx->who.tenant), db_text(reason)}, NULL);
}

static int settle(struct ctx *cx, struct pool_item *const *items, size_t n)
{
    struct ledger_bill bills[POOL_CLAIM] = {0};

    for (size_t i = 0; i < n; i++)
        bills[i] = asking_bill(items[i]->task);
    return ledger_settle(cx, bills, n);
}

int asking_end(struct ctx *cx, struct asking *asking, struct pool_item *const *items, size_t n,
               asking_store_fn store)
{
    SCOPED(model_settings_done) struct model_settings m = {0};
    SCOPED(pg_drop) PGresult *rows = NULL;
    const char *trouble = NULL;

    (void)asking;
    assert(n <= POOL_CLAIM);
    rows = transcripts(cx, SQL_TRANSCRIPTS_LOCK, items, n);
    if (!rows || settle(cx, items, n) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        ((struct asked *)items[i]->task)->next = NULL; /* of a transaction that broke */
        if (end_one(cx, items[i]->task, rows, store, &trouble) < 0)
            return -1;
    }
    if (trouble && tell_trouble(cx, trouble) < 0)
        return -1;
    if (model_settings_load(cx, &m) < 0)
        return -1;
    return repair(cx, m.cap_micros, rows, items, n);
}

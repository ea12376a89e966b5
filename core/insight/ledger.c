/* SPDX-License-Identifier: MIT */
#include "core/insight/ledger.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/sb.h"
#include "core/db/db.h"

enum { ROWS_BYTES = 128 << 10 }; /* of LEDGER_CALLS rows as JSON */

static void write_call(struct jw *w, const struct ledger_call *c)
{
    jw_object(w);
    jw_kuuid(w, "usage", &c->id);
    jw_kstr(w, "purpose", c->purpose);
    jw_kstr(w, "provider", c->provider);
    jw_kstr(w, "model", c->model);
    jw_kstr(w, "prompt_version", c->prompt_version);
    if (c->job->has_subject)
        jw_kuuid(w, "subject", &c->job->subject);
    jw_kuuid(w, "job", &c->job->id);
    jw_kuuid(w, "lease", &c->job->lease);
    jw_ki64(w, "micros", c->micros);
    jw_end(w);
}

static void write_bill(struct jw *w, const struct ledger_bill *b)
{
    jw_object(w);
    jw_kuuid(w, "usage", &b->id);
    jw_ki64(w, "micros", b->micros);
    jw_ki64(w, "in", b->tokens_in);
    jw_ki64(w, "out", b->tokens_out);
    jw_ki64(w, "cached", b->tokens_cached);
    jw_kstr(w, "outcome", b->outcome);
    jw_ki64(w, "took", b->took_ms);
    jw_end(w);
}

static const char *rows_text(struct ctx *cx, struct sb *text)
{
    return sb_ok(text) ? arena_strdup(cx->arena, sb_text(text)) : NULL;
}

static int too_large(struct ctx *cx)
{
    return ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the ledger's rows are too large");
}

int ledger_reserve(struct ctx *cx, int64_t cap_micros, const struct ledger_call *calls, size_t n,
                   size_t *granted)
{
    SCOPED(sb_done) struct sb text = {0};
    SCOPED(pg_drop) PGresult *r = NULL;
    const char *rows;
    struct jw w;

    assert(n <= LEDGER_CALLS);
    *granted = 0;
    if (n == 0)
        return 0;
    sb_init(&text, ROWS_BYTES);
    jw_init(&w, &text);
    jw_array(&w);
    for (size_t i = 0; i < n; i++)
        write_call(&w, &calls[i]);
    jw_end(&w);
    rows = rows_text(cx, &text);
    if (!rows)
        return too_large(cx);
    r = db_query_one(cx, SQL_LEDGER_RESERVE,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant),
                                             cap_micros < 0 ? db_null() : db_i64(cap_micros),
                                             db_text(rows)});
    if (!r)
        return -1;
    *granted = (size_t)pg_i64(r, 0, 0, 0);
    return 0;
}

int ledger_settle(struct ctx *cx, const struct ledger_bill *bills, size_t n)
{
    SCOPED(sb_done) struct sb text = {0};
    const char *rows;
    struct jw w;

    assert(n <= LEDGER_CALLS);
    if (n == 0)
        return 0;
    sb_init(&text, ROWS_BYTES);
    jw_init(&w, &text);
    jw_array(&w);
    for (size_t i = 0; i < n; i++)
        write_bill(&w, &bills[i]);
    jw_end(&w);
    rows = rows_text(cx, &text);
    if (!rows)
        return too_large(cx);
    return db_exec(cx, SQL_LEDGER_SETTLE,
                   (const struct db_arg[]){db_uuid(&cx->who.tenant), db_text(rows)}, NULL);
}

int ledger_sweep(struct ctx *cx, int64_t *lost)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    if (db_begin(cx, DB_WRITE, DB_ENTER_NOBODY, (struct db_need){0}) < 0)
        return -1;
    r = db_query_commit(cx, SQL_LEDGER_SWEEP, NULL);
    if (r && lost)
        *lost = pg_i64(r, 0, 0, 0);
    db_rollback(cx);
    return r ? 0 : -1;
}

static const char *const day_numbers[] = {"calls",      "failed",        "lost",       "tokens_in",
                                          "tokens_out", "tokens_cached", "cost_micros"};

static void write_days(struct jw *w, const PGresult *r)
{
    jw_array(w);
    for (int i = 0; i < PQntuples(r); i++) {
        jw_object(w);
        jw_kstr(w, "day", pg_text(r, i, 0));
        jw_kstr(w, "model", pg_text(r, i, 1));
        jw_kstr(w, "provider", pg_text(r, i, 2));
        jw_kstr(w, "purpose", pg_text(r, i, 3));
        for (int k = 0; k < 7; k++)
            jw_ki64(w, day_numbers[k], pg_i64(r, i, 4 + k, 0));
        jw_end(w);
    }
    jw_end(w);
}

int ledger_usage_to_json(struct ctx *cx, const char *from, const char *to, struct jw *w)
{
    SCOPED(pg_drop) PGresult *days = NULL;
    SCOPED(pg_drop) PGresult *month = NULL;
    const struct db_arg tenant = db_uuid(&cx->who.tenant);

    days = db_query(cx, SQL_LEDGER_DAYS,
                    (const struct db_arg[]){tenant, from ? db_text(from) : db_null(),
                                            to ? db_text(to) : db_null()});
    if (!days)
        return -1;
    month = db_query_one(cx, SQL_LEDGER_MONTH, (const struct db_arg[]){tenant});
    if (!month)
        return -1;
    jw_object(w);
    jw_key(w, "days");
    write_days(w, days);
    jw_key(w, "month");
    jw_object(w);
    jw_kstr(w, "month", pg_text(month, 0, 0));
    jw_ki64(w, "spent_micros", pg_i64(month, 0, 1, 0));
    jw_ki64(w, "reserved_micros", pg_i64(month, 0, 2, 0));
    jw_end(w);
    jw_end(w);
    return 0;
}

int ledger_notices_to_json(struct ctx *cx, struct jw *w)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    r = db_query(cx, SQL_LEDGER_NOTICES, (const struct db_arg[]){db_uuid(&cx->who.tenant)});
    if (!r)
        return -1;
    jw_object(w);
    jw_key(w, "notices");
    jw_array(w);
    for (int i = 0; i < PQntuples(r); i++) {
        jw_object(w);
        jw_kstr(w, "notice_id", pg_text(r, i, 0));
        jw_kstr(w, "kind", pg_text(r, i, 1));
        jw_key(w, "params");
        jw_raw(w, pg_slice(r, i, 2));
        jw_kstr(w, "created_at", pg_text(r, i, 3));
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
    return 0;
}

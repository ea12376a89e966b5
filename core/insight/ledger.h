/* SPDX-License-Identifier: MIT */
/*
 * ledger: what calls of models cost. Before a call its largest possible cost is reserved and committed; afterwards it
 * is settled with what it did cost. A reservation that nobody can settle any more, because its worker died, counts as
 * spent: the call may have been paid. So a month's sum never says less than was paid, and its cap holds.
 *
 * Money is in micros: millionths of a dollar. Months and days are of the tenant's calendar.
 */
#ifndef CORE_INSIGHT_LEDGER_H
#define CORE_INSIGHT_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"
#include "core/queue/queue.h"

enum { LEDGER_CALLS = 100 }; /* most in one statement */

#define LEDGER_NO_CAP ((int64_t)-1)

struct ledger_call {
    struct uuid id;      /* uuid_new(), by the caller */
    const char *purpose; /* "read", "repair", "embed", "shadow" */
    const char *provider;
    const char *model;
    const char *prompt_version; /* NULL: none */
    const struct job *job;      /* in whose lease it is made */
    int64_t micros;             /* the most that it can cost */
};

/* In the tenant's transaction, which must be committed before the first call goes out. Reserves for the calls in their
 * order as far as the month's cap goes; *granted gets how many. What is left out must not be called. */
int ledger_reserve(struct ctx *cx, int64_t cap_micros, const struct ledger_call *calls, size_t n,
                   size_t *granted);

struct ledger_bill {
    struct uuid id; /* of the call */
    int64_t micros;
    int64_t tokens_in; /* cached ones included */
    int64_t tokens_out;
    int64_t tokens_cached;
    const char *outcome; /* "ok", or the reason of its error */
    int64_t took_ms;
};

/* In the transaction of the calls' results. A call that was counted as lost meanwhile stays so. */
int ledger_settle(struct ctx *cx, const struct ledger_bill *bills, size_t n);

/* As nobody: counts as spent what can no longer be settled. *lost (may be NULL): how many calls. For job workers, now and
 * then. */
int ledger_sweep(struct ctx *cx, int64_t *lost);

/* {"days":[{"day","model","provider","purpose","calls","failed","lost","tokens_in","tokens_out","tokens_cached",
 * "cost_micros"}],"month":{"month","spent_micros","reserved_micros"}}. Days from..to, both inside ("2026-11-01"), of
 * which the caller has checked that they are some 400 at most; both NULL: this month's so far. */
int ledger_usage_to_json(struct ctx *cx, const char *from, const char *to, struct jw *w);

/* {"notices":[{"notice_id","kind","params","created_at"}]}: the newest hundred things that the organisation should know. */
int ledger_notices_to_json(struct ctx *cx, struct jw *w);

#endif

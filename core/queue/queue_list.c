/* SPDX-License-Identifier: MIT */
/* Jobs as the API shows them: lists, and the progress that clients poll. */
#include "core/queue/queue.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/base/hash.h"
#include "core/db/db.h"

enum { MOST_BATCHES = 100, MOST_RUNNING = 100, FINGERPRINT_CHARS = 24 };

static int bad_cursor(struct ctx *cx, const char *field)
{
    return ctx_fail(cx, ERR_INVALID, "cursor_invalid", field, "the cursor is none of ours");
}

static void key_count(struct jw *w, const char *key, const PGresult *r, int row, int col)
{
    jw_key(w, key);
    if (PQgetisnull(r, row, col))
        jw_null(w);
    else
        jw_i64(w, pg_i64(r, row, col, 0));
}

static void write_progress(struct jw *w, const PGresult *r, int row, int done, int total)
{
    jw_key(w, "progress");
    if (PQgetisnull(r, row, done)) {
        jw_null(w);
        return;
    }
    jw_object(w);
    jw_ki64(w, "done", pg_i64(r, row, done, 0));
    key_count(w, "total", r, row, total);
    jw_end(w);
}

/* Columns of QUEUE_LIST_* and QUEUE_GET. */
static void write_job(struct jw *w, const PGresult *r, int i)
{
    jw_object(w);
    jw_kstr(w, "job_id", pg_text(r, i, 0));
    jw_kstr(w, "kind", pg_text(r, i, 1));
    jw_kstr(w, "state", pg_text(r, i, 2));
    jw_kstr(w, "subject_id", pg_text(r, i, 3));
    jw_kstr(w, "batch_id", pg_text(r, i, 4));
    jw_ki64(w, "attempts", pg_i64(r, i, 5, 0));
    jw_ki64(w, "max_attempts", pg_i64(r, i, 6, 0));
    jw_kstr(w, "run_at", pg_text(r, i, 7));
    jw_kstr(w, "created_at", pg_text(r, i, 8));
    jw_kstr(w, "started_at", pg_text(r, i, 9));
    jw_kstr(w, "finished_at", pg_text(r, i, 10));
    jw_key(w, "error");
    if (PQgetisnull(r, i, 11) && PQgetisnull(r, i, 12)) {
        jw_null(w);
    } else {
        jw_object(w);
        jw_kstr(w, "code", pg_text(r, i, 11));
        jw_kstr(w, "message", pg_text(r, i, 12));
        jw_end(w);
    }
    write_progress(w, r, i, 13, 14);
    jw_kbool(w, "cancel_requested", pg_bool(r, i, 15));
    jw_end(w);
}

/* The statements that the filter needs, each with an index of its own: one, or the two tables. */
static size_t ways_in(const struct queue_filter *f, enum sql_id out[2])
{
    if (f->subject) {
        out[0] = SQL_QUEUE_LIST_SUBJECT;
        return 1;
    }
    if (!f->state.n) {
        out[0] = SQL_QUEUE_LIST_OPEN;
        out[1] = SQL_QUEUE_LIST_DONE;
        return 2;
    }
    out[0] = slice_is(f->state, "ready") || slice_is(f->state, "running") ? SQL_QUEUE_LIST_OPEN
             : slice_is(f->state, "completed")                            ? SQL_QUEUE_LIST_DONE
                                                                          : SQL_QUEUE_LIST_LOST;
    return 1;
}

static int check_state(struct ctx *cx, struct slice state)
{
    static const char *const states[] = {"", "ready", "running", "completed", "failed", "canceled"};

    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        if (slice_is(state, states[i]))
            return 0;
    }
    return ctx_fail(cx, ERR_INVALID, "parameter_invalid", "state",
                    "state is ready, running, completed, failed or canceled");
}

static struct db_arg text_or_null(struct slice s)
{
    return s.n ? db_slice(s) : db_null();
}

/* Two lists, each newest first, as one; of a job in both the second is the truth. Ids are texts of one length, so their order is that of their bytes. */
static void write_merged(struct ctx *cx, struct jw *w, PGresult *const r[2], int64_t limit)
{
    int at[2] = {0, 0};
    struct slice last = {NULL, 0};
    int64_t n = 0;
    bool more = false;

    jw_key(w, "jobs");
    jw_array(w);
    for (;; n++) {
        const bool has0 = r[0] && at[0] < PQntuples(r[0]);
        const bool has1 = r[1] && at[1] < PQntuples(r[1]);
        const int order =
            has0 && has1 ? strcmp(pg_text(r[0], at[0], 0), pg_text(r[1], at[1], 0)) : has0 - has1;
        const int k = order > 0 ? 0 : 1;

        more = has0 || has1;
        if (!more || n == limit)
            break;
        if (order == 0) /* it ended between the two questions */
            at[0]++;
        last = pg_slice(r[k], at[k], 0);
        write_job(w, r[k], at[k]++);
    }
    jw_end(w);
    jw_kstr(w, "next_cursor", more && last.p ? cursor_write(cx->arena, &last, 1) : NULL);
}

int queue_list(struct ctx *cx, const struct queue_filter *f, struct jw *w)
{
    SCOPED(pg_drop) PGresult *first = NULL;
    SCOPED(pg_drop) PGresult *second = NULL;
    PGresult **const results[2] = {&first, &second};
    struct slice part;
    struct uuid before;
    enum sql_id ways[2];
    size_t n;

    if (f->cursor.n && (!cursor_read(cx->arena, f->cursor, &part, 1) || !uuid_parse(part, &before)))
        return bad_cursor(cx, "cursor");
    if (check_state(cx, f->state) < 0)
        return -1;
    n = ways_in(f, ways);
    for (size_t i = 0; i < n; i++) {
        *results[i] =
            db_query(cx, ways[i],
                     (const struct db_arg[]){db_uuid(&cx->who.tenant), text_or_null(f->state),
                                             text_or_null(f->kind), db_uuid(f->batch),
                                             f->cursor.n ? db_uuid(&before) : db_null(),
                                             db_i64(f->limit + 1), db_uuid(f->subject)});
        if (!*results[i])
            return -1;
    }
    jw_object(w);
    write_merged(cx, w, (PGresult *const[]){first, second}, f->limit);
    jw_end(w);
    return 0;
}

int queue_get(struct ctx *cx, const struct uuid *job, struct jw *w)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(cx, SQL_QUEUE_GET,
                               (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(job)});

    if (!r)
        return -1;
    write_job(w, r, 0);
    return 0;
}

/* ---- progress ---- */

/* What the pulse and the tenant's data version look like now, in few characters. */
static void fingerprint(const struct ctx *cx, const PGresult *pulse,
                        char out[FINGERPRINT_CHARS + 1])
{
    uint8_t digest[SHA256_BYTES];
    struct hash_stream h;

    hash_begin(&h);
    hash_update(&h, &cx->tenancy.data_version, sizeof cx->tenancy.data_version);
    for (int c = 0; c < PQnfields(pulse); c++) {
        const char *text = pg_text(pulse, 0, c);

        hash_update(&h, text ? text : "-", text ? strlen(text) + 1 : 2);
    }
    hash_end(&h, digest);
    hash_hex(digest, FINGERPRINT_CHARS / 2, out);
}

static void write_counts(struct jw *w, const PGresult *pulse)
{
    const int64_t running = pg_i64(pulse, 0, 5, 0);
    const int64_t ended = pg_i64(pulse, 0, 2, 0) + pg_i64(pulse, 0, 3, 0) + pg_i64(pulse, 0, 4, 0);
    int64_t waiting = pg_i64(pulse, 0, 1, 0) - ended - pg_i64(pulse, 0, 6, 0);

    if (waiting < 0)
        waiting = 0; /* a batch whose jobs are seen before its counters */
    jw_key(w, "counts");
    jw_object(w);
    jw_ki64(w, "pending", waiting + pg_i64(pulse, 0, 8, 0));
    jw_ki64(w, "processing", running);
    jw_ki64(w, "completed", pg_i64(pulse, 0, 2, 0));
    jw_ki64(w, "failed", pg_i64(pulse, 0, 3, 0));
    jw_ki64(w, "canceled", pg_i64(pulse, 0, 4, 0));
    jw_end(w);
}

/* The longest that a transaction may last which changes a batch: a group of jobs ends within its lease, a request within
 * its deadline. */
static int64_t grace_ms(const struct config *c)
{
    return c->job_lease_ms > c->request_ms ? c->job_lease_ms : c->request_ms;
}

static int write_batches(struct ctx *cx, struct jw *w, struct db_arg since)
{
    SCOPED(pg_drop)
    PGresult *r =
        db_query(cx, SQL_QUEUE_BATCHES_SINCE,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), since, db_i64(MOST_BATCHES),
                                         db_i64(grace_ms(cx->config))});

    if (!r)
        return -1;
    jw_key(w, "batches");
    jw_array(w);
    for (int i = 0; i < PQntuples(r); i++) {
        jw_object(w);
        jw_kstr(w, "batch_id", pg_text(r, i, 0));
        jw_kstr(w, "kind", pg_text(r, i, 1));
        jw_ki64(w, "total", pg_i64(r, i, 2, 0));
        jw_ki64(w, "completed", pg_i64(r, i, 3, 0));
        jw_ki64(w, "failed", pg_i64(r, i, 4, 0));
        jw_ki64(w, "canceled", pg_i64(r, i, 5, 0));
        jw_kstr(w, "created_at", pg_text(r, i, 6));
        jw_kstr(w, "changed_at", pg_text(r, i, 7));
        jw_end(w);
    }
    jw_end(w);
    return 0;
}

static int write_running(struct ctx *cx, struct jw *w)
{
    SCOPED(pg_drop)
    PGresult *r = db_query(cx, SQL_QUEUE_RUNNING,
                           (const struct db_arg[]){db_uuid(&cx->who.tenant), db_i64(MOST_RUNNING)});

    if (!r)
        return -1;
    jw_key(w, "running");
    jw_array(w);
    for (int i = 0; i < PQntuples(r); i++) {
        jw_object(w);
        jw_kstr(w, "job_id", pg_text(r, i, 0));
        jw_kstr(w, "kind", pg_text(r, i, 1));
        jw_kstr(w, "subject_id", pg_text(r, i, 2));
        jw_kstr(w, "batch_id", pg_text(r, i, 3));
        write_progress(w, r, i, 4, 5);
        jw_kstr(w, "started_at", pg_text(r, i, 6));
        jw_kbool(w, "cancel_requested", pg_bool(r, i, 7));
        jw_end(w);
    }
    jw_end(w);
    return 0;
}

int queue_progress(struct ctx *cx, struct slice cursor, struct jw *w, bool *changed)
{
    SCOPED(pg_drop) PGresult *pulse = NULL;
    struct slice parts[2] = {SLICE(""), SLICE("")};
    char now[FINGERPRINT_CHARS + 1];
    int64_t since_us = 0;
    struct slice next[2];

    if (cursor.n && (!cursor_read(cx->arena, cursor, parts, 2) ||
                     (parts[1].n && !slice_to_i64(parts[1], &since_us))))
        return bad_cursor(cx, "after");
    pulse = db_query_one(cx, SQL_QUEUE_PULSE, (const struct db_arg[]){db_uuid(&cx->who.tenant)});
    if (!pulse)
        return -1;
    fingerprint(cx, pulse, now);
    if (slice_is(parts[0], now)) {
        *changed = false;
        return 0;
    }
    jw_object(w);
    write_counts(w, pulse);
    if (write_batches(cx, w, since_us > 0 ? db_i64(since_us) : db_null()) < 0 ||
        write_running(cx, w) < 0)
        return -1;
    next[0] = slice_cstr(now);
    next[1] = PQgetisnull(pulse, 0, 0) ? SLICE("0") : pg_slice(pulse, 0, 0);
    jw_kstr(w, "cursor", cursor_write(cx->arena, next, 2));
    jw_end(w);
    *changed = true;
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_load.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/db/audit.h"
#include "core/fields/day.h"
#include "core/meetings/meeting.h"
#include "core/meetings/upload_row.h"
#include "core/queue/queue.h"

enum {
    SCRATCH_BYTES = 32 << 20,
    STAGE_COLUMNS = 15,
    PACK_ROWS = 1000,       /* whose readings one job makes */
    DIRECT_ROWS = 2000,     /* up to here the readings are made at once */
    PACKS_BYTES = 64 << 20, /* names of packs: of 1,700 million rows */
    STAGE_ROW_BYTES = LIMIT_CSV_RECORD_BYTES + (4 << 10),
    SETTINGS_BYTES = 256 << 10,
    SHOWN_BYTES = 1 << 20,
    SHOWN_CELL_CHARS = 200,
    LOAD_ATTEMPTS = 3,
    SETTLE_MS = 10000, /* to learn what became of a commit whose answer was lost */
};

const struct db_need upload_may_write = {.role = ROLE_ANALYST, .scope = SCOPE_DATA_WRITE};

static const char *const policy_names[] = {
    [UPLOAD_UPDATE] = "update", [UPLOAD_SKIP] = "skip", [UPLOAD_KEEP_BOTH] = "keep_both"};

bool upload_policy_find(struct slice name, enum upload_policy *out)
{
    for (size_t i = 0; i < sizeof policy_names / sizeof *policy_names; i++) {
        if (slice_is(name, policy_names[i])) {
            *out = (enum upload_policy)i;
            return true;
        }
    }
    return false;
}

void upload_load_init(struct upload_load *l, struct ctx *cx, struct upload *up,
                      const struct upload_options *options, int64_t most_problems)
{
    *l = (struct upload_load){.cx = cx, .up = up, .options = options};
    l->scratch = arena_new(SCRATCH_BYTES);
    sb_init(&l->pack_ends, PACKS_BYTES);
    upload_problems_init(&l->problems, most_problems);
}

void upload_load_done(struct upload_load *l)
{
    arena_free(l->scratch);
    upload_problems_done(&l->problems);
    sb_done(&l->pack_ends);
    sb_done(&l->shown);
}

/* As if nothing had been read yet. */
static void begin_anew(struct upload_load *l)
{
    l->up->counts = (struct upload_counts){0};
    l->staged = 0;
    sb_clear(&l->pack_ends);
    upload_problems_clear(&l->problems);
    if (l->shown.max) {
        sb_clear(&l->shown);
        jw_init(&l->shown_json, &l->shown);
        jw_array(&l->shown_json);
    }
}

/* ---- rows ---- */

static void end_pack(struct upload_load *l)
{
    char text[UUID_TEXT_BYTES];

    uuid_text(&l->last_meeting, text);
    sb_printf(&l->pack_ends, "%s%s", l->pack_ends.n ? "," : "{", text);
}

/* In the order of UPLOAD_STAGE_COPY. */
static int stage_row(struct upload_load *l, const struct upload_row *row)
{
    struct copy *c = &l->copy;
    const struct uuid meeting = uuid_new();
    const struct uuid job = uuid_new();
    int32_t day = 0;

    day_parse(slice_cstr(row->date), &day); /* checked by the row's reader */
    if (copy_row(c, STAGE_COLUMNS) < 0)
        return -1;
    copy_i64(c, l->up->counts.rows);
    copy_uuid(c, &meeting);
    copy_uuid(c, &job);
    copy_uuid(c, &row->identity);
    copy_uuid(c, &row->content);
    copy_uuid(c, &row->body_hash);
    copy_text(c, row->text[UPLOAD_CLIENT_NAME]);
    copy_text(c, row->text[UPLOAD_EMAIL]);
    copy_text(c, row->text[UPLOAD_PHONE]);
    copy_day(c, day);
    copy_text(c, row->text[UPLOAD_SALES_REP]);
    copy_text(c, row->seller_key);
    copy_bool(c, row->closed);
    copy_text(c, row->text[UPLOAD_TRANSCRIPT]);
    copy_i32(c, (int32_t)(l->staged / PACK_ROWS) + 1);
    l->last_meeting = meeting;
    if (++l->staged % PACK_ROWS == 0)
        end_pack(l);
    return 0;
}

static void note_problems(struct upload_load *l, const struct csv_record *r,
                          const struct upload_row *row, const struct upload_problem *problems,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct upload_problem *p = &problems[i];

        upload_problems_reason(&l->problems,
                               &(struct upload_reason){.row_no = l->up->counts.rows,
                                                       .line = r->line,
                                                       .column = upload_column_names[p->column],
                                                       .value = row->text[p->column],
                                                       .code = p->code,
                                                       .limit = p->limit});
    }
    upload_problems_row(&l->problems, l->up->counts.rows, r->line, r->fields, r->n,
                        r->cut_field >= 0 || r->too_many > 0);
}

static void show_row(struct upload_load *l, const struct csv_record *r)
{
    struct jw *w = &l->shown_json;

    if (!l->shown.max || l->up->counts.rows > UPLOAD_SHOWN_ROWS)
        return;
    jw_array(w);
    for (size_t i = 0; i < r->n; i++)
        jw_slice(w, utf8_cut(r->fields[i], SHOWN_CELL_CHARS));
    jw_end(w);
}

static int too_many_rows(struct ctx *cx)
{
    const long long most = (long long)cx->config->upload_max_rows;

    ctx_fail(cx, ERR_TOO_LARGE, "too_many_rows", "file", "the file may have %lld rows", most);
    return err_params(&cx->err, "{\"max\":%lld}", most);
}

/* upload_record_fn: 0 to go on. */
static int take_record(void *user, const struct csv_record *r)
{
    struct upload_load *l = user;
    struct upload_counts *counts = &l->up->counts;
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_row row;
    size_t nproblems;
    int status = 0;

    if (++counts->rows > l->cx->config->upload_max_rows)
        return too_many_rows(l->cx);
    show_row(l, r);
    switch (upload_row_read(l->scratch, &l->format->map, l->format->date_order, r, &row, problems,
                            &nproblems)) {
    case UPLOAD_ROW_OK: status = stage_row(l, &row); break;
    case UPLOAD_ROW_BLANK: counts->skipped++; break;
    case UPLOAD_ROW_INVALID:
        counts->invalid++;
        note_problems(l, r, &row, problems, nproblems);
        break;
    }
    arena_reset(l->scratch);
    return status;
}

/* ---- the transaction ---- */

static int tenant_step(struct ctx *cx, enum sql_id id, int64_t *affected)
{
    return db_exec(cx, id, (const struct db_arg[]){db_uuid(&cx->who.tenant)}, affected);
}

static int plain_step(struct ctx *cx, enum sql_id id)
{
    return db_exec(cx, id, NULL, NULL);
}

static int stage(struct upload_load *l)
{
    struct ctx *cx = l->cx;
    int status;

    if (plain_step(cx, SQL_UPLOAD_STAGE_CREATE) < 0 || plain_step(cx, SQL_UPLOAD_STAGE_GRANT) < 0 ||
        plain_step(cx, SQL_UPLOAD_PLAN_CREATE) < 0)
        return -1;
    status = copy_begin(&l->copy, cx, SQL_UPLOAD_STAGE_COPY, STAGE_ROW_BYTES);
    if (status == 0)
        status = upload_format_read(cx, l->spool->fd, l->format, take_record, l);
    if (status == 0) /* else the connection is inside a COPY: the rollback drops it */
        status = copy_end(&l->copy, NULL);
    copy_done(&l->copy);
    return status;
}

/* What becomes of rows that are not simply new. */
struct plan {
    int64_t rows;
    int64_t changes; /* of meetings that are there */
};

static int plan(struct upload_load *l, struct plan *out)
{
    struct ctx *cx = l->cx;
    struct upload_counts *counts = &l->up->counts;
    SCOPED(pg_drop) PGresult *r = NULL;

    if (plain_step(cx, SQL_UPLOAD_STAGE_ANALYZE) < 0 ||
        db_exec(cx, SQL_UPLOAD_PLAN_FILL,
                (const struct db_arg[]){db_uuid(&cx->who.tenant),
                                        db_text(policy_names[l->options->on_change])},
                NULL) < 0)
        return -1;
    r = db_query_one(cx, SQL_UPLOAD_PLAN_COUNT, NULL);
    if (!r)
        return -1;
    *out = (struct plan){.rows = pg_i64(r, 0, 0, 0), .changes = pg_i64(r, 0, 5, 0)};
    counts->created = l->staged - out->rows + pg_i64(r, 0, 1, 0);
    counts->updated = pg_i64(r, 0, 2, 0);
    counts->duplicate = pg_i64(r, 0, 3, 0);
    counts->skipped += pg_i64(r, 0, 4, 0);
    return 0;
}

static int lock_changes(struct ctx *cx, int64_t planned)
{
    int64_t locked = 0;

    if (tenant_step(cx, SQL_UPLOAD_CHANGE_FILL, &locked) < 0)
        return -1;
    return locked == planned ? 0
                             : ctx_fail(cx, ERR_UNAVAILABLE, "try_again", NULL,
                                        "somebody changed a meeting of the file meanwhile");
}

static int apply_plan(struct upload_load *l, const struct plan *p)
{
    struct ctx *cx = l->cx;

    /* transcripts before facts, as the readers lock them */
    return plain_step(cx, SQL_UPLOAD_PLAN_ANALYZE) < 0 ||
                   plain_step(cx, SQL_UPLOAD_CHANGE_CREATE) < 0 ||
                   lock_changes(cx, p->changes) < 0 ||
                   plain_step(cx, SQL_UPLOAD_STAGE_KEEP_NEW) < 0 ||
                   plain_step(cx, SQL_UPLOAD_STAGE_ORDINALS) < 0 ||
                   db_exec(cx, SQL_UPLOAD_CHANGED_REVISIONS,
                           (const struct db_arg[]){
                               db_uuid(&cx->who.tenant), db_uuid(&l->up->id),
                               cx->who.kind == PRINCIPAL_USER ? db_uuid(&cx->who.user) : db_null()},
                           NULL) < 0 ||
                   tenant_step(cx, SQL_UPLOAD_CHANGED_MEETINGS, NULL) < 0 ||
                   tenant_step(cx, SQL_UPLOAD_CHANGED_TRANSCRIPTS, NULL) < 0 ||
                   tenant_step(cx, SQL_UPLOAD_CHANGED_FACTS, NULL) < 0
               ? -1
               : 0;
}

/* Ids for the packs' jobs, as many as there are packs. */
static const char *pack_jobs(struct upload_load *l)
{
    const int64_t n = (l->staged + PACK_ROWS - 1) / PACK_ROWS;
    SCOPED(sb_done) struct sb ids = {0};
    char text[UUID_TEXT_BYTES];

    sb_init(&ids, PACKS_BYTES);
    for (int64_t i = 0; i < n; i++) {
        const struct uuid id = uuid_new();

        uuid_text(&id, text);
        sb_printf(&ids, "%s%s", i ? "," : "{", text);
    }
    sb_putc(&ids, '}');
    return arena_strdup(l->cx->arena, sb_text(&ids));
}

/* A million readings must not wait in the queue at once, nor be written now: jobs make them, a pack at a time. */
static int make_packs(struct upload_load *l)
{
    struct ctx *cx = l->cx;

    if (l->staged % PACK_ROWS)
        end_pack(l);
    sb_putc(&l->pack_ends, '}');
    return db_exec(cx, SQL_UPLOAD_NEW_PACKS,
                   (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&l->up->id),
                                           db_slice(sb_get(&l->pack_ends)), db_text(pack_jobs(l))},
                   NULL);
}

static int make_jobs(struct upload_load *l, int64_t stored)
{
    struct ctx *cx = l->cx;
    const struct db_arg key[] = {db_uuid(&cx->who.tenant), db_uuid(&l->up->id)};
    int64_t changed = 0;

    if (db_exec(cx, SQL_UPLOAD_CHANGED_JOBS, key, &changed) < 0 ||
        (stored > DIRECT_ROWS ? make_packs(l) : db_exec(cx, SQL_UPLOAD_NEW_JOBS, key, &stored)) < 0)
        return -1;
    l->up->counts.jobs_created = changed + stored;
    if (changed + stored == 0)
        return 0;
    return queue_batch_begin(cx, &l->up->id, MEETING_READ, changed + stored);
}

static int write_rows(struct upload_load *l, const struct plan *p)
{
    struct ctx *cx = l->cx;
    SCOPED(pg_drop) PGresult *stored = NULL;

    if (l->staged == 0)
        return 0;
    if (tenant_step(cx, SQL_UPLOAD_CODES_FOLD, NULL) < 0 ||
        tenant_step(cx, SQL_UPLOAD_CODES, NULL) < 0)
        return -1;
    if (p->rows > 0 ? apply_plan(l, p) < 0 : plain_step(cx, SQL_UPLOAD_CHANGE_CREATE) < 0)
        return -1;
    stored = db_query_one(cx, SQL_UPLOAD_STORE, (const struct db_arg[]){db_uuid(&l->up->id)});
    return stored ? make_jobs(l, pg_i64(stored, 0, 0, 0)) : -1;
}

const char *upload_load_settings(const struct upload_load *l)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    if (!l->format)
        return "{}";
    sb_init(&text, SETTINGS_BYTES);
    jw_init(&w, &text);
    upload_format_to_json(l->format, &w);
    return arena_strdup(l->cx->arena, sb_ok(&text) ? sb_text(&text) : "{}");
}

int upload_load_gone(struct ctx *cx)
{
    return ctx_fail(cx, ERR_CONFLICT, "upload_gone", NULL, "the upload was ended by somebody else");
}

static int finish(struct upload_load *l)
{
    struct ctx *cx = l->cx;
    const struct upload *up = l->up;
    const struct upload_counts *n = &up->counts;
    const struct db_arg args[] = {
        db_uuid(&cx->who.tenant),
        db_uuid(&up->id),
        db_i64(up->bytes),
        db_bytes(l->spool->sha256, sizeof l->spool->sha256),
        db_i64(n->rows),
        db_i64(n->created),
        db_i64(n->updated),
        db_i64(n->duplicate),
        db_i64(n->invalid),
        db_i64(n->skipped),
        db_i64(n->jobs_created),
        db_text(upload_load_settings(l)),
        db_text(db_text_array(cx->arena, l->format->headers, l->format->nheaders)),
        l->staged ? db_uuid(&l->last_meeting) : db_null(),
    };
    const struct audit_field fields[] = {{"filename", slice_cstr(up->filename)}, {"rows", {0}}};
    int64_t affected = 0;

    if (db_exec(cx, SQL_UPLOAD_FINISH, args, &affected) < 0)
        return -1;
    if (affected != 1)
        return upload_load_gone(cx);
    if (audit_write(cx, "upload.create", "upload", &up->id, fields, 2) < 0)
        return -1;
    return queue_notify(cx) < 0 ? -1 : tenant_touch(cx);
}

static int refuse_invalid(struct upload_load *l)
{
    struct ctx *cx = l->cx;
    char id[UUID_TEXT_BYTES];

    uuid_text(&l->up->id, id);
    ctx_fail(cx, ERR_INVALID, "rows_invalid", "file", "%lld rows break a rule",
             (long long)l->up->counts.invalid);
    return err_params(&cx->err, "{\"invalid\":%lld,\"rows\":%lld,\"upload_id\":\"%s\"}",
                      (long long)l->up->counts.invalid, (long long)l->up->counts.rows, id);
}

/* The answer to COMMIT was lost: the upload's row tells which way it went. */
static int settle_commit(struct upload_load *l)
{
    struct ctx *cx = l->cx;
    const struct err why = cx->err;
    SCOPED(pg_drop) PGresult *r = NULL;

    db_rollback(cx);
    err_clear(&cx->err);
    cx->deadline_ms = clock_mono_ms() + SETTLE_MS;
    if (db_begin(cx, DB_READ, DB_ENTER_CALLER, upload_may_write) == 0)
        r = db_query(cx, SQL_UPLOAD_STATE,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&l->up->id)});
    if (r && PQntuples(r) == 1 && strcmp(pg_text(r, 0, 0), "loaded") == 0)
        return db_commit(cx);
    db_rollback(cx);
    cx->err = why;
    return -1;
}

static int load(struct upload_load *l)
{
    struct ctx *cx = l->cx;
    struct plan p;

    begin_anew(l);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, upload_may_write) < 0)
        return -1;
    if (stage(l) < 0)
        return -1;
    if (l->options->all_or_nothing && l->up->counts.invalid)
        return refuse_invalid(l);
    if (tenant_step(cx, SQL_UPLOAD_LOCK, NULL) < 0 || plan(l, &p) < 0 || write_rows(l, &p) < 0)
        return -1;
    if (upload_problems_store(cx, &l->problems, &l->up->id) < 0 || finish(l) < 0)
        return -1;
    if (db_commit(cx) == 0)
        return 0;
    return cx->err.code == ERR_UNAVAILABLE || cx->err.code == ERR_TIMEOUT ? settle_commit(l) : -1;
}

/* A deadlock, a change of what was judged already, a meeting that somebody gave the identity of a row that was new. */
static bool met_another(const struct err *e)
{
    return (e->code == ERR_UNAVAILABLE && strcmp(e->reason, "try_again") == 0) ||
           (e->code == ERR_CONFLICT && strcmp(e->reason, "already_exists") == 0);
}

/* Readers, editors and an upload may meet on each other's rows, and then one of them has to begin anew. The file is here:
 * nobody has to send it again for that. */
int upload_load_run(struct upload_load *l)
{
    for (int attempt = 1;; attempt++) {
        const int status = load(l);

        if (status == 0 || attempt == LOAD_ATTEMPTS || !met_another(&l->cx->err))
            return status;
        db_rollback(l->cx);
        err_clear(&l->cx->err);
    }
}

/* upload_record_fn */
static int show_record(void *user, const struct csv_record *r)
{
    struct upload_load *l = user;

    l->up->counts.rows++;
    show_row(l, r);
    return l->up->counts.rows >= UPLOAD_SHOWN_ROWS;
}

int upload_load_show(struct upload_load *l)
{
    sb_init(&l->shown, SHOWN_BYTES);
    begin_anew(l);
    return upload_format_read(l->cx, l->spool->fd, l->format, show_record, l);
}

int upload_load_try(struct upload_load *l)
{
    struct plan p;
    int status;

    sb_init(&l->shown, SHOWN_BYTES);
    begin_anew(l);
    if (db_begin(l->cx, DB_WRITE, DB_ENTER_CALLER, upload_may_write) < 0)
        return -1;
    /* without the lock: it tells what would become of them now, and waits for nobody */
    status = stage(l) < 0 ? -1 : plan(l, &p);
    db_rollback(l->cx);
    return status;
}

/* SPDX-License-Identifier: MIT */
#include "core/meetings/meeting.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/fields/field.h"
#include "core/insight/analysis.h"

enum { EXPORT_PIECE_BYTES = 64 << 10, EXPORT_MAX_BYTES = 8 << 20, MAX_PAGE = 1000 };

static const char *const states[] = {"pending", "read", "failed"};

static const char *option_value(const char *field, int code)
{
    const struct field *f = field_find(DATASET_MEETINGS, slice_cstr(field));
    const struct field_option *o = f && code ? field_option(f, code) : NULL;

    return o ? o->value : NULL;
}

static void write_option(struct jw *w, const char *field, const PGresult *r, int row, int col)
{
    jw_kstr(w, field, option_value(field, (int)pg_i64(r, row, col, 0)));
}

/* The columns that list and detail share, into an open object. */
static void write_meeting(struct jw *w, const PGresult *r, int i)
{
    jw_kstr(w, "meeting_id", pg_text(r, i, 0));
    jw_kstr(w, "client_name", pg_text(r, i, 1));
    jw_kstr(w, "email", pg_text(r, i, 2));
    jw_kstr(w, "phone", pg_text(r, i, 3));
    jw_kstr(w, "meeting_date", pg_text(r, i, 4));
    jw_kstr(w, "sales_rep", pg_text(r, i, 5));
    jw_kbool(w, "closed", pg_bool(r, i, 6));
    jw_kstr(w, "state", states[pg_i64(r, i, 7, 0) % 3]);
    write_option(w, "sector", r, i, 8);
    write_option(w, "company_size", r, i, 9);
    write_option(w, "discovery_channel", r, i, 10);
    jw_key(w, "interaction_volume_daily");
    if (pg_text(r, i, 11))
        jw_i64(w, pg_i64(r, i, 11, 0));
    else
        jw_null(w);
    jw_kstr(w, "created_at", pg_text(r, i, 12));
    jw_kstr(w, "updated_at", pg_text(r, i, 13));
}

static int write_total(struct ctx *cx, struct jw *w)
{
    SCOPED(pg_drop)
    PGresult *r =
        db_query_one(cx, SQL_MEETING_COUNT, (const struct db_arg[]){db_uuid(&cx->who.tenant)});

    if (!r)
        return -1;
    jw_ki64(w, "total", pg_i64(r, 0, 0, 0));
    return 0;
}

int meeting_list(struct ctx *cx, const struct meeting_page *page, struct jw *w)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    const bool descending = !page->sort.n || slice_is(page->sort, "-meeting_date");
    const int64_t offset = page->page > 1 ? (page->page - 1) * page->limit : 0;
    struct db_arg after[2] = {db_null(), db_null()};
    struct slice parts[2];
    struct uuid id;
    int n;

    if (!descending && !slice_is(page->sort, "meeting_date"))
        return ctx_fail(cx, ERR_INVALID, "sort_unknown", "sort",
                        "sort by meeting_date or -meeting_date");
    if (page->page > MAX_PAGE)
        return ctx_fail(cx, ERR_INVALID, "parameter_invalid", "page", "go on with next_cursor");
    if (page->cursor.n) {
        if (!cursor_read(cx->arena, page->cursor, parts, 2) || !uuid_parse(parts[1], &id) ||
            parts[0].n != 10)
            return ctx_fail(cx, ERR_INVALID, "cursor_invalid", "cursor",
                            "the cursor is none of ours");
        after[0] = db_slice(parts[0]);
        after[1] = db_uuid(&id);
    }
    r = db_query(cx, descending ? SQL_MEETING_LIST_DESC : SQL_MEETING_LIST_ASC,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), after[0], after[1],
                                         db_i64(page->limit + 1), db_i64(offset)});
    if (!r)
        return -1;
    n = PQntuples(r) > page->limit ? (int)page->limit : PQntuples(r);
    jw_object(w);
    jw_key(w, "meetings");
    jw_array(w);
    for (int i = 0; i < n; i++) {
        jw_object(w);
        write_meeting(w, r, i);
        jw_end(w);
    }
    jw_end(w);
    parts[0] = n ? pg_slice(r, n - 1, 4) : (struct slice){0};
    parts[1] = n ? pg_slice(r, n - 1, 0) : (struct slice){0};
    jw_kstr(w, "next_cursor", PQntuples(r) > n ? cursor_write(cx->arena, parts, 2) : NULL);
    if (page->cursor.n)
        jw_kstr(w, "total", NULL);
    else if (write_total(cx, w) < 0)
        return -1;
    jw_end(w);
    return 0;
}

int meeting_get(struct ctx *cx, const struct uuid *id, struct jw *w, int64_t *version)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    r = db_query_one(cx, SQL_MEETING_GET,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});
    if (!r)
        return -1;
    jw_object(w);
    write_meeting(w, r, 0);
    jw_kstr(w, "upload_id", pg_text(r, 0, 14));
    jw_kslice(w, "transcript", pg_slice(r, 0, 15));
    jw_ki64(w, "version", pg_i64(r, 0, 16, 1));
    jw_key(w, "analysis");
    if (analysis_to_json(cx, id, w) < 0)
        return -1;
    jw_end(w);
    *version = pg_i64(r, 0, 16, 1);
    return 0;
}

/* ---- export ---- */

struct export
{
    struct sb text;
    meeting_put_fn put;
    void *sink;
};

static const char export_header[] =
    "client_name,email,phone,meeting_date,sales_rep,closed,sector,company_size,discovery_channel,"
    "interaction_volume_daily,"
    "requirements.confidentiality,requirements.multilingual,requirements.real_time,transcript\r\n";
static const char *const export_options[] = {
    [6] = "sector", [7] = "company_size", [8] = "discovery_channel", [13] = NULL};

/* What a spreadsheet would compute. "+56 9 1234 5678" is a telephone: quoted, it would come back as another one. */
static bool is_formula(struct slice s)
{
    bool telephone = s.n > 1 && s.p[0] == '+';

    for (size_t i = 1; i < s.n && telephone; i++)
        telephone = (s.p[i] >= '0' && s.p[i] <= '9') || strchr(" ()-", s.p[i]);
    return s.n && strchr("=+-@\t\r", s.p[0]) && !telephone;
}

static void csv_cell(struct sb *b, struct slice s)
{
    const bool formula = is_formula(s);

    sb_putc(b, '"');
    if (formula)
        sb_putc(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            sb_putc(b, '"');
        sb_putc(b, s.p[i]);
    }
    sb_putc(b, '"');
}

static int export_flush(struct export *e)
{
    const struct slice text = sb_get(&e->text);
    const int status = text.n ? e->put(e->sink, text.p, text.n) : 0;

    sb_clear(&e->text);
    return status;
}

static int export_row(void *user, const PGresult *r)
{
    struct export *e = user;

    for (int c = 0; c < PQnfields(r); c++) {
        struct slice cell = pg_slice(r, 0, c);

        if (c)
            sb_putc(&e->text, ',');
        if (export_options[c])
            cell = slice_cstr(option_value(export_options[c], (int)pg_i64(r, 0, c, 0)));
        else if (c == 5 || (c >= 10 && c <= 12))
            cell = slice_cstr(!cell.p ? NULL : pg_bool(r, 0, c) ? "true" : "false");
        csv_cell(&e->text, cell);
    }
    sb_puts(&e->text, "\r\n");
    return e->text.n >= EXPORT_PIECE_BYTES ? export_flush(e) : 0;
}

static const struct db_need may_read = {.role = ROLE_VIEWER, .scope = SCOPE_DATA_READ};

static int note_export(struct ctx *cx)
{
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_read) < 0)
        return -1;
    if (audit_write(cx, "meeting.export", "meeting", NULL, NULL, 0) < 0)
        return -1;
    return db_commit(cx);
}

int meeting_export(struct ctx *cx, meeting_put_fn put, void *sink)
{
    struct export e = {.put = put, .sink = sink};
    int status;

    if (note_export(cx) < 0 || db_begin(cx, DB_READ, DB_ENTER_CALLER, may_read) < 0)
        return -1;
    sb_init(&e.text, EXPORT_MAX_BYTES);
    sb_puts(&e.text, "\xEF\xBB\xBF"); /* or a spreadsheet takes it for Latin-1 */
    sb_puts(&e.text, export_header);
    status = db_stream(cx, SQL_MEETING_EXPORT, (const struct db_arg[]){db_uuid(&cx->who.tenant)},
                       export_row, &e);
    if (status == 0)
        status = export_flush(&e);
    sb_done(&e.text);
    if (status < 0 && !err_is(&cx->err))
        ctx_fail(cx, ERR_UPSTREAM, "client_gone", NULL, "the receiver left");
    return status < 0 ? -1 : db_commit(cx);
}

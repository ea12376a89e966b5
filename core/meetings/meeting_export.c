/* SPDX-License-Identifier: MIT */
/* All meetings with their values, row by row: CSV, NDJSON, XLSX. Memory stays flat at any number. */
#include <stdlib.h>
#include <string.h>

#include "core/base/csv_write.h"
#include "core/base/limits.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/meetings/internal.h"
#include "core/meetings/meeting.h"

enum {
    PIECE_BYTES = 64 << 10,
    TEXT_MAX_BYTES = 16 << 20, /* a piece and the largest row, every byte of it escaped */
    SCRATCH_BYTES = 8 << 20,   /* lists of one row */
    XLSX_ROWS = (1 << 20) - 1, /* Excel's, without the header */
};

/* In the order of export_select; the transcript last, so that it can be left out. */
static const struct export_column columns[] = {
    {"meeting_id", CELL_TEXT},
    {"client_name", CELL_TEXT},
    {"email", CELL_TEXT},
    {"phone", CELL_TEXT},
    {"meeting_date", CELL_DATE},
    {"sales_rep", CELL_TEXT},
    {"closed", CELL_BOOL},
    {"state", CELL_STATE},
    {"sector", CELL_OPTION},
    {"confidence.sector", CELL_REAL},
    {"company_size", CELL_OPTION},
    {"discovery_channel", CELL_OPTION},
    {"interaction_volume_daily", CELL_INT},
    {"pain_points", CELL_PHRASES},
    {"use_cases", CELL_PHRASES},
    {"objections", CELL_PHRASES},
    {"requirements.personalization", CELL_OPTIONS},
    {"requirements.integrations", CELL_OPTIONS},
    {"requirements.confidentiality", CELL_BOOL},
    {"requirements.multilingual", CELL_BOOL},
    {"requirements.real_time", CELL_BOOL},
    {"demand_peaks", CELL_OPTIONS},
    {"query_types", CELL_OPTIONS},
    {"tools_mentioned", CELL_OPTIONS},
    {"others", CELL_PHRASES},
    {"labels", CELL_PHRASES},
    {"transcript", CELL_TEXT},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

#define PHRASES(field)                                                                             \
    "json_agg(p.phrase ORDER BY p.ordinal) FILTER (WHERE p.field = '" field "') AS " field

static const char export_select[] =
    "m.meeting_id, m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed, f.state,"
    " f.sector, a.answer->'confidence.sector', f.company_size, f.discovery_channel,"
    " f.interaction_volume_daily, p.pain_points, p.use_cases, p.objections,"
    " f.requirements_personalization, f.requirements_integrations, f.requirements_confidentiality,"
    " f.requirements_multilingual, f.requirements_real_time, f.demand_peaks, f.query_types,"
    " f.tools_mentioned, p.others, p.labels";
static const char export_joins[] =
    "LEFT JOIN llm_analyses a ON a.tenant_id = $1 AND a.analysis_id = f.analysis_id"
    " CROSS JOIN LATERAL (SELECT " PHRASES("pain_points") ", " PHRASES("use_cases") ", " PHRASES(
        "objections") ", " PHRASES("others") ", " PHRASES("labels") " FROM subject_phrases p"
                                                                    " WHERE p.tenant_id = $1 AND "
                                                                    "p.subject_id = f.subject_id)"
                                                                    " p";
static const char export_transcript[] =
    " JOIN transcripts t ON t.tenant_id = $1 AND t.subject_id = f.subject_id";

struct export
{
    struct ctx *cx;
    const struct meeting_export *o;
    struct export_row row;
    struct sb text;
    struct xlsx *xlsx;
    meeting_put_fn put;
    void *sink;
};

/* ---- cells ---- */

/* The next code of "{1,4}"; 0 at the end. */
static int next_code(struct slice *list)
{
    int code = 0;
    size_t i = 0;

    if (!list->p)
        return 0;
    while (i < list->n && (list->p[i] < '0' || list->p[i] > '9'))
        i++;
    while (i < list->n && list->p[i] >= '0' && list->p[i] <= '9')
        code = 10 * code + (list->p[i++] - '0');
    list->p += i;
    list->n -= i;
    return code;
}

static const char *option_text(const struct export_row *row, int c, int code)
{
    const struct field_option *o = meeting_option(row->columns[c].name, code);

    return !o ? NULL : row->raw ? o->value : o->labels[row->language];
}

static const char *bool_text(const struct export_row *row, bool v)
{
    return row->raw ? (v ? "true" : "false") : field_bool_label(v, row->language);
}

static struct slice kept(const struct export_row *row, const struct sb *text)
{
    return (struct slice){arena_slicedup(row->scratch, sb_get(text)), text->n};
}

static struct slice options_text(const struct export_row *row, int c, struct slice codes)
{
    SCOPED(sb_done) struct sb text = {0};
    int code;

    sb_init(&text, SCRATCH_BYTES / 4);
    while ((code = next_code(&codes))) {
        const char *one = option_text(row, c, code);

        if (one)
            sb_printf(&text, "%s%s", text.n ? "; " : "", one);
    }
    return kept(row, &text);
}

static struct slice phrases_text(const struct export_row *row, struct slice json)
{
    SCOPED(sb_done) struct sb text = {0};
    SCOPED(json_drop) json_t *list = NULL;

    if (json_read(json, &list) != JSON_OK)
        return (struct slice){NULL, 0};
    sb_init(&text, SCRATCH_BYTES / 4);
    for (size_t i = 0; i < json_array_size(list); i++)
        sb_printf(&text, "%s%s", i ? "; " : "", json_string_value(json_array_get(list, i)));
    return kept(row, &text);
}

struct slice export_text(const struct export_row *row, int c)
{
    const struct slice cell = pg_slice(row->r, 0, c);

    if (!cell.p)
        return cell;
    switch (row->columns[c].kind) {
    case CELL_BOOL: return slice_cstr(bool_text(row, pg_bool(row->r, 0, c)));
    case CELL_STATE: return slice_cstr(meeting_states[pg_i64(row->r, 0, c, 0) % MEETING_STATES]);
    case CELL_OPTION: return slice_cstr(option_text(row, c, (int)pg_i64(row->r, 0, c, 0)));
    case CELL_OPTIONS: return options_text(row, c, cell);
    case CELL_PHRASES: return phrases_text(row, cell);
    case CELL_TEXT:
    case CELL_DATE:
    case CELL_INT:
    case CELL_REAL: break;
    }
    return cell;
}

/* ---- CSV ---- */

static void csv_header(struct export *e)
{
    sb_puts(&e->text, CSV_BOM);
    for (int c = 0; c < e->row.n; c++)
        sb_printf(&e->text, "%s%s", c ? "," : "", columns[c].name);
    sb_puts(&e->text, "\r\n");
}

static void csv_row(struct export *e)
{
    for (int c = 0; c < e->row.n; c++) {
        if (c)
            sb_putc(&e->text, ',');
        csv_cell(&e->text, export_text(&e->row, c));
    }
    sb_puts(&e->text, "\r\n");
}

/* ---- NDJSON ---- */

static void json_options(struct jw *w, const struct export_row *row, int c, struct slice codes)
{
    int code;

    jw_array(w);
    while ((code = next_code(&codes))) {
        const char *one = option_text(row, c, code);

        if (one)
            jw_str(w, one);
    }
    jw_end(w);
}

static void json_cell(struct jw *w, const struct export_row *row, int c)
{
    const struct slice cell = pg_slice(row->r, 0, c);
    const enum cell_kind kind = row->columns[c].kind;

    if (!cell.p && kind != CELL_OPTIONS && kind != CELL_PHRASES) {
        jw_null(w);
        return;
    }
    switch (kind) {
    case CELL_BOOL: jw_bool(w, pg_bool(row->r, 0, c)); break;
    case CELL_INT:
    case CELL_REAL: jw_raw(w, cell); break;
    case CELL_OPTIONS: json_options(w, row, c, cell); break;
    case CELL_PHRASES: jw_raw(w, cell.p ? cell : SLICE("[]")); break;
    case CELL_TEXT:
    case CELL_DATE: jw_slice(w, cell); break;
    case CELL_STATE:
    case CELL_OPTION: {
        const struct slice text = export_text(row, c);

        if (text.p)
            jw_slice(w, text);
        else
            jw_null(w);
        break;
    }
    }
}

static void ndjson_row(struct export *e)
{
    struct jw w;

    jw_init(&w, &e->text);
    jw_object(&w);
    for (int c = 0; c < e->row.n; c++) {
        jw_key(&w, columns[c].name);
        json_cell(&w, &e->row, c);
    }
    jw_end(&w);
    sb_putc(&e->text, '\n');
}

/* ---- the whole ---- */

static int flush(struct export *e)
{
    const struct slice text = sb_get(&e->text);
    int status;

    if (!sb_ok(&e->text)) { /* cannot be: a row is smaller, and pieces are handed on */
        ctx_fail(e->cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&e->cx->err, "a row of an export does not fit");
    }
    status = text.n ? e->put(e->sink, text.p, text.n) : 0;
    sb_clear(&e->text);
    return status;
}

static int take_row(void *user, const PGresult *r)
{
    struct export *e = user;
    int status = 0;

    e->row.r = r;
    switch (e->o->format) {
    case MEETING_CSV: csv_row(e); break;
    case MEETING_NDJSON: ndjson_row(e); break;
    case MEETING_XLSX: status = xlsx_row(e->cx, e->xlsx, &e->row); break;
    }
    arena_reset(e->row.scratch);
    if (status < 0)
        return -1;
    return e->text.n >= PIECE_BYTES ? flush(e) : 0;
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

static int check_fits(struct ctx *cx, const struct meeting_export *o)
{
    int64_t n = 0;

    if (o->format != MEETING_XLSX)
        return 0;
    if (records_count(cx, &o->query->records, &n) < 0)
        return -1;
    if (n <= XLSX_ROWS)
        return 0;
    ctx_fail(cx, ERR_TOO_LARGE, "too_many_rows", "filter", "a sheet of Excel has %d rows",
             XLSX_ROWS);
    return err_params(&cx->err, "{\"max\":%d}", XLSX_ROWS);
}

static int stream_rows(struct ctx *cx, struct export *e)
{
    const struct meeting_export *o = e->o;
    struct records_sort sort;

    if (db_begin(cx, DB_READ, DB_ENTER_CALLER, may_read) < 0 || db_enter_now(cx) < 0 ||
        records_sort_parse(cx, DATASET_MEETINGS, o->sort, &sort) < 0 || check_fits(cx, o) < 0)
        return -1;
    e->row.language = field_language(cx->who.language[0] ? cx->who.language : cx->tenancy.language);
    if (o->format == MEETING_XLSX && !(e->xlsx = xlsx_new(cx, columns, e->row.n)))
        return -1;
    if (o->format == MEETING_CSV)
        csv_header(e);
    if (records_stream(
            cx, &o->query->records, &sort,
            arena_printf(cx->arena, "%s%s", export_select, o->transcript ? ", t.body" : ""),
            arena_printf(cx->arena, "%s%s", export_joins, o->transcript ? export_transcript : ""),
            take_row, e) < 0)
        return -1;
    if (db_commit(cx) < 0)
        return -1;
    return o->format == MEETING_XLSX ? xlsx_send(cx, e->xlsx, e->put, e->sink) : flush(e);
}

int meeting_export(struct ctx *cx, const struct meeting_export *o, meeting_put_fn put, void *sink)
{
    struct export e = {.cx = cx,
                       .o = o,
                       .row = {.columns = columns,
                               .n = o->transcript ? COLUMNS : COLUMNS - 1,
                               .raw = o->raw,
                               .scratch = arena_new(SCRATCH_BYTES)},
                       .put = put,
                       .sink = sink};
    int status = note_export(cx);

    sb_init(&e.text, TEXT_MAX_BYTES);
    if (status == 0)
        status = stream_rows(cx, &e);
    xlsx_drop(&e.xlsx);
    sb_done(&e.text);
    arena_free(e.row.scratch);
    if (status < 0 && !err_is(&cx->err))
        ctx_fail(cx, ERR_UPSTREAM, "client_gone", NULL, "the receiver left");
    return status < 0 ? -1 : 0;
}

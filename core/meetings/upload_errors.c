/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_errors.h"

#include <jansson.h>
#include <string.h>

#include "core/base/catalogue.h"
#include "core/base/csv_write.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/meetings/upload_column.h"

enum {
    PIECE_BYTES = 64 << 10,
    TEXT_BYTES = PIECE_BYTES + 4 * LIMIT_CSV_RECORD_BYTES, /* one row with all its quotes doubled */
    SCRATCH_BYTES = 32 << 20, /* the reasons of one row, reset after each */
    REASON_BYTES = 64 << 10,
    MAX_COLUMNS = LIMIT_CSV_FIELDS,
};

static const struct db_need may_read = {.role = ROLE_VIEWER, .scope = SCOPE_DATA_READ};

struct report {
    struct ctx *cx;
    upload_put_fn put;
    void *sink;
    struct arena *scratch;
    struct sb text;
    const char *language;
    char delimiter;
    json_t *header;         /* array; empty for an upload older than kept rows */
    json_t *names;          /* header by column, as the upload understood them */
    size_t width;           /* columns that the header names */
    bool ours[MAX_COLUMNS]; /* a column that an earlier report added: left out */
    int64_t more;           /* rows that failed and were not kept */
};

static struct slice text_at(const json_t *array, size_t i)
{
    const json_t *v = json_array_get(array, i);

    return (struct slice){json_string_value(v), json_string_length(v)};
}

static const char *say(const struct report *r, const char *code)
{
    return catalogue_text(r->scratch, r->language, code, NULL, 0);
}

static int flush(struct report *r)
{
    const struct slice text = sb_get(&r->text);
    int status;

    if (!sb_ok(&r->text)) { /* cannot be: rows are bounded before they are kept */
        ctx_fail(r->cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&r->cx->err, "a failed row is longer than a row can be");
    }
    status = text.n ? r->put(r->sink, text.p, text.n) : 0;
    sb_clear(&r->text);
    return status;
}

/* ---- the head ---- */

/* By their beginning: the last one's may go on with a number. Both languages: who fixes need not be who sent. */
static bool is_ours(struct report *r, struct slice header)
{
    static const char *const codes[] = {"errors_csv_line", "errors_csv_reason"};
    const struct slice folded = upload_header_key(r->scratch, header);

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        for (int es = 0; es < 2; es++) {
            const char *name = catalogue_text(r->scratch, es ? "es" : "en", codes[i], NULL, 0);

            if (slice_starts(folded, upload_header_key(r->scratch, slice_cstr(name))))
                return true;
        }
    }
    return false;
}

static void put_reason_name(struct report *r)
{
    const char *name = say(r, "errors_csv_reason");

    if (r->more > 0)
        name = catalogue_text(
            r->scratch, r->language, "errors_csv_more",
            (const struct catalogue_param[]){
                {"reason", slice_cstr(name)},
                {"n", slice_cstr(arena_printf(r->scratch, "%lld", (long long)r->more))}},
            2);
    csv_cell(&r->text, slice_cstr(name));
    sb_puts(&r->text, "\r\n");
}

static void put_head(struct report *r)
{
    sb_puts(&r->text, CSV_BOM);
    for (size_t i = 0; i < r->width; i++) {
        r->ours[i] = is_ours(r, text_at(r->header, i));
        if (r->ours[i])
            continue;
        csv_cell(&r->text, text_at(r->header, i));
        sb_putc(&r->text, r->delimiter);
    }
    csv_cell(&r->text, slice_cstr(say(r, "errors_csv_line")));
    sb_putc(&r->text, r->delimiter);
    put_reason_name(r);
    arena_reset(r->scratch);
}

static void drop_json(struct report *r)
{
    json_decref(r->header);
    json_decref(r->names);
}

static int read_head(struct report *r, const PGresult *head)
{
    const struct slice header = pg_slice(head, 0, 0);
    const struct slice delimiter = pg_slice(head, 0, 1);
    const int64_t missing = pg_i64(head, 0, 3, 0) - pg_i64(head, 0, 4, 0);

    if (json_read(header, &r->header) != JSON_OK ||
        json_read(pg_slice(head, 0, 2), &r->names) != JSON_OK) {
        ctx_fail(r->cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&r->cx->err, "an upload's header does not read");
    }
    r->width = json_array_size(r->header);
    if (r->width > MAX_COLUMNS)
        r->width = MAX_COLUMNS;
    r->delimiter = delimiter.n && strchr(",;\t|", delimiter.p[0]) ? delimiter.p[0] : ',';
    r->more = missing > 0 ? missing : 0;
    r->language = r->cx->who.language[0] ? r->cx->who.language : r->cx->tenancy.language;
    return 0;
}

/* In a transaction of its own: it notes that personal data left. */
static int open_report(struct report *r, const struct uuid *id)
{
    struct ctx *cx = r->cx;
    SCOPED(pg_drop) PGresult *head = NULL;

    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_read) < 0)
        return -1;
    head = db_query_one(cx, SQL_UPLOAD_ERRORS_CSV_HEAD,
                        (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});
    if (!head || read_head(r, head) < 0 ||
        audit_write(cx, "upload.export_errors", "upload", id, NULL, 0) < 0)
        return -1;
    return db_commit(cx);
}

/* ---- rows ---- */

/* One rule that the row broke: [column, value, code, params]. */
static const char *reason_text(struct report *r, const json_t *error)
{
    const struct slice column = text_at(error, 0);
    const struct slice value = text_at(error, 1);
    const char *name = json_str(r->names, column.n ? column.p : "");
    const char *rule =
        catalogue_text_json(r->scratch, r->language, text_at(error, 2).p, text_at(error, 3));
    const struct catalogue_param params[] = {{"column", name && *name ? slice_cstr(name) : column},
                                             {"rule", slice_cstr(rule)},
                                             {"value", value}};

    if (!column.n || slice_is(column, upload_column_names[UPLOAD_WHOLE_ROW]))
        return rule;
    return catalogue_text(r->scratch, r->language,
                          value.n ? "errors_csv_rule_value" : "errors_csv_rule", params, 3);
}

static void put_reasons(struct report *r, const json_t *errors, bool cut)
{
    SCOPED(sb_done) struct sb all = {0};

    sb_init(&all, REASON_BYTES);
    for (size_t i = 0; i < json_array_size(errors); i++)
        sb_printf(&all, "%s%s", all.n ? "; " : "", reason_text(r, json_array_get(errors, i)));
    if (cut)
        sb_printf(&all, "%s%s", all.n ? "; " : "", say(r, "errors_csv_cut"));
    csv_cell(&r->text, sb_get(&all));
}

/* Without a name in the header they stay too many. */
static void put_beyond(struct report *r, const json_t *cells)
{
    for (size_t i = r->width; i < json_array_size(cells); i++) {
        sb_putc(&r->text, r->delimiter);
        csv_cell(&r->text, text_at(cells, i));
    }
}

static int put_row(void *user, const PGresult *row)
{
    struct report *r = user;
    SCOPED(json_drop) json_t *cells = NULL;
    SCOPED(json_drop) json_t *errors = NULL;

    if (json_read(pg_slice(row, 0, 1), &cells) != JSON_OK ||
        (pg_text(row, 0, 3) && json_read(pg_slice(row, 0, 3), &errors) != JSON_OK)) {
        ctx_fail(r->cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&r->cx->err, "a failed row does not read");
    }
    for (size_t i = 0; i < r->width; i++) {
        if (r->ours[i])
            continue;
        csv_cell(&r->text, text_at(cells, i));
        sb_putc(&r->text, r->delimiter);
    }
    csv_cell(&r->text, pg_slice(row, 0, 0));
    sb_putc(&r->text, r->delimiter);
    put_reasons(r, errors, pg_bool(row, 0, 2));
    put_beyond(r, cells);
    sb_puts(&r->text, "\r\n");
    arena_reset(r->scratch);
    return r->text.n >= PIECE_BYTES || !sb_ok(&r->text) ? flush(r) : 0;
}

static int write_report(struct report *r, const struct uuid *id)
{
    struct ctx *cx = r->cx;

    if (open_report(r, id) < 0 || db_begin(cx, DB_READ, DB_ENTER_CALLER, may_read) < 0)
        return -1;
    put_head(r);
    if (db_stream(cx, SQL_UPLOAD_ERRORS_CSV_ROWS,
                  (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)}, put_row, r) < 0)
        return -1;
    return db_commit(cx) < 0 ? -1 : flush(r);
}

int upload_errors_csv(struct ctx *cx, const struct uuid *id, upload_put_fn put, void *sink)
{
    struct report r = {.cx = cx, .put = put, .sink = sink, .scratch = arena_new(SCRATCH_BYTES)};
    int status;

    sb_init(&r.text, TEXT_BYTES);
    status = write_report(&r, id);
    if (status < 0) {
        db_rollback(cx);
        if (!err_is(&cx->err))
            ctx_fail(cx, ERR_UPSTREAM, "client_gone", NULL, "the receiver left");
    }
    sb_done(&r.text);
    arena_free(r.scratch);
    drop_json(&r);
    return status < 0 ? -1 : 0;
}

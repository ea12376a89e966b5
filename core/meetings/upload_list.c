/* SPDX-License-Identifier: MIT */
/* Uploads as the API shows them. */
#include <string.h>

#include "core/base/cursor.h"
#include "core/db/db.h"
#include "core/meetings/upload.h"
#include "core/meetings/upload_load.h"

enum { SILENT_MS = 120000 };

int64_t upload_silent_ms(const struct config *c)
{
    return c->stream_ms < SILENT_MS ? c->stream_ms : SILENT_MS;
}

void upload_counts_to_json(const struct upload_counts *n, struct jw *w)
{
    jw_ki64(w, "rows", n->rows);
    jw_ki64(w, "created", n->created);
    jw_ki64(w, "updated", n->updated);
    jw_ki64(w, "duplicate", n->duplicate);
    jw_ki64(w, "invalid", n->invalid);
    jw_ki64(w, "skipped", n->skipped);
    jw_ki64(w, "jobs_created", n->jobs_created);
}

void upload_to_json(const struct upload *u, struct jw *w)
{
    jw_object(w);
    jw_kuuid(w, "upload_id", &u->id);
    jw_kstr(w, "filename", u->filename);
    jw_ki64(w, "bytes", u->bytes);
    upload_counts_to_json(&u->counts, w);
    jw_end(w);
}

/* Columns of UPLOAD_LIST and UPLOAD_GET, into an object that is open. */
static void write_row(struct jw *w, const PGresult *r, int i)
{
    const struct upload_counts n = {.rows = pg_i64(r, i, 4, 0),
                                    .created = pg_i64(r, i, 5, 0),
                                    .updated = pg_i64(r, i, 6, 0),
                                    .duplicate = pg_i64(r, i, 7, 0),
                                    .invalid = pg_i64(r, i, 8, 0),
                                    .skipped = pg_i64(r, i, 9, 0),
                                    .jobs_created = pg_i64(r, i, 10, 0)};

    jw_kstr(w, "upload_id", pg_text(r, i, 0));
    jw_kstr(w, "filename", pg_text(r, i, 1));
    jw_kstr(w, "state", pg_text(r, i, 2));
    jw_kstr(w, "failure", pg_text(r, i, 3));
    upload_counts_to_json(&n, w);
    jw_ki64(w, "bytes", pg_i64(r, i, 11, 0));
    jw_kstr(w, "created_at", pg_text(r, i, 12));
    jw_kstr(w, "created_by", pg_text(r, i, 13));
    jw_key(w, "expected_bytes");
    if (pg_text(r, i, 14))
        jw_i64(w, pg_i64(r, i, 14, 0));
    else
        jw_null(w);
    jw_key(w, "settings");
    if (strcmp(pg_text(r, i, 15), "{}") == 0)
        jw_null(w); /* not looked at */
    else
        jw_raw(w, pg_slice(r, i, 15));
}

static int bad_cursor(struct ctx *cx)
{
    return ctx_fail(cx, ERR_INVALID, "cursor_invalid", "cursor", "the cursor is none of ours");
}

int upload_list(struct ctx *cx, int64_t limit, struct slice cursor, struct jw *w)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    struct slice part;
    struct uuid before;
    int n;

    if (cursor.n && (!cursor_read(cx->arena, cursor, &part, 1) || !uuid_parse(part, &before)))
        return bad_cursor(cx);
    r = db_query(
        cx, SQL_UPLOAD_LIST,
        (const struct db_arg[]){db_uuid(&cx->who.tenant), db_i64(upload_silent_ms(cx->config)),
                                db_i64(cx->config->stream_ms),
                                cursor.n ? db_uuid(&before) : db_null(), db_i64(limit + 1)});
    if (!r)
        return -1;
    n = PQntuples(r) > limit ? (int)limit : PQntuples(r);
    jw_object(w);
    jw_key(w, "uploads");
    jw_array(w);
    for (int i = 0; i < n; i++) {
        jw_object(w);
        write_row(w, r, i);
        jw_end(w);
    }
    jw_end(w);
    part = n && PQntuples(r) > n ? pg_slice(r, n - 1, 0) : (struct slice){NULL, 0};
    jw_kstr(w, "next_cursor", part.p ? cursor_write(cx->arena, &part, 1) : NULL);
    jw_end(w);
    return 0;
}

int upload_get(struct ctx *cx, const struct uuid *id, struct jw *w)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    SCOPED(pg_drop) PGresult *p = NULL;

    r = db_query_one(cx, SQL_UPLOAD_GET,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant),
                                             db_i64(upload_silent_ms(cx->config)),
                                             db_i64(cx->config->stream_ms), db_uuid(id)});
    if (!r)
        return -1;
    p = db_query(cx, SQL_UPLOAD_PROGRESS,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});
    if (!p)
        return -1;
    jw_object(w);
    write_row(w, r, 0);
    jw_key(w, "jobs");
    jw_object(w);
    jw_ki64(w, "pending", PQntuples(p) ? pg_i64(p, 0, 0, 0) : 0);
    jw_ki64(w, "processing", PQntuples(p) ? pg_i64(p, 0, 1, 0) : 0);
    jw_ki64(w, "completed", PQntuples(p) ? pg_i64(p, 0, 2, 0) : 0);
    jw_ki64(w, "failed", PQntuples(p) ? pg_i64(p, 0, 3, 0) : 0);
    jw_end(w);
    jw_end(w);
    return 0;
}

int upload_errors(struct ctx *cx, const struct uuid *id, int64_t limit, struct slice cursor,
                  struct jw *w)
{
    SCOPED(pg_drop) PGresult *known = NULL;
    SCOPED(pg_drop) PGresult *r = NULL;
    struct slice parts[2] = {SLICE("0"), SLICE("0")};
    int64_t after_row;
    int64_t after_ordinal;
    int n;

    if ((cursor.n && !cursor_read(cx->arena, cursor, parts, 2)) ||
        !slice_to_i64(parts[0], &after_row) || !slice_to_i64(parts[1], &after_ordinal) ||
        after_ordinal < 0 || after_ordinal > INT16_MAX)
        return bad_cursor(cx);
    known = db_query_one(cx, SQL_UPLOAD_GET,
                         (const struct db_arg[]){db_uuid(&cx->who.tenant),
                                                 db_i64(upload_silent_ms(cx->config)),
                                                 db_i64(cx->config->stream_ms), db_uuid(id)});
    if (!known)
        return -1;
    r = db_query(cx, SQL_UPLOAD_ERROR_LIST,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id), db_i64(after_row),
                                         db_i64(after_ordinal), db_i64(limit + 1)});
    if (!r)
        return -1;
    n = PQntuples(r) > limit ? (int)limit : PQntuples(r);
    jw_object(w);
    jw_key(w, "errors");
    jw_array(w);
    for (int i = 0; i < n; i++) {
        jw_object(w);
        jw_ki64(w, "row", pg_i64(r, i, 0, 0));
        jw_ki64(w, "line", pg_i64(r, i, 2, 0));
        jw_kstr(w, "column", pg_text(r, i, 3));
        jw_kstr(w, "value", pg_text(r, i, 4));
        jw_kstr(w, "code", pg_text(r, i, 5));
        jw_key(w, "params");
        jw_raw(w, pg_slice(r, i, 6));
        jw_end(w);
    }
    jw_end(w);
    if (n && PQntuples(r) > n) {
        parts[0] = pg_slice(r, n - 1, 0);
        parts[1] = pg_slice(r, n - 1, 1);
        jw_kstr(w, "next_cursor", cursor_write(cx->arena, parts, 2));
    } else {
        jw_kstr(w, "next_cursor", NULL);
    }
    jw_end(w);
    return 0;
}

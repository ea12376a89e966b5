/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_problems.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/db/db.h"

enum {
    PROBLEMS_BYTES = 8 << 20,
    REASON_ROOM_BYTES = 16 << 10, /* more than one of them can need */
    ROW_BYTES = 64 << 10,         /* of a row that is kept; a longer one is cut */
    ROW_ROOM_BYTES = 6 * ROW_BYTES + 8 * LIMIT_CSV_FIELDS + 256, /* as JSON, escaped at the worst */
};

void upload_problems_init(struct upload_problems *p, int64_t most)
{
    p->most = most;
    sb_init(&p->reasons, PROBLEMS_BYTES);
    sb_init(&p->rows, PROBLEMS_BYTES);
    upload_problems_clear(p);
}

void upload_problems_clear(struct upload_problems *p)
{
    sb_clear(&p->reasons);
    sb_clear(&p->rows);
    jw_init(&p->reasons_json, &p->reasons);
    jw_array(&p->reasons_json);
    jw_init(&p->rows_json, &p->rows);
    jw_array(&p->rows_json);
    p->reason_count = p->row_count = 0;
    p->ended = false;
}

void upload_problems_done(struct upload_problems *p)
{
    sb_done(&p->reasons);
    sb_done(&p->rows);
}

/* jw_slice() writes U+FFFD for what is not UTF-8; a NUL is UTF-8, but jsonb refuses it. */
static void write_text(struct jw *w, struct slice s)
{
    SCOPED(sb_done) struct sb clean = {0};

    if (!s.n || !memchr(s.p, '\0', s.n)) {
        jw_slice(w, s);
        return;
    }
    sb_init(&clean, 3 * s.n + 1);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i])
            sb_putc(&clean, s.p[i]);
        else
            sb_puts(&clean, "\xEF\xBF\xBD");
    }
    jw_slice(w, sb_get(&clean));
}

void upload_problems_reason(struct upload_problems *p, const struct upload_reason *reason)
{
    struct jw *w = &p->reasons_json;

    if (p->reason_count >= p->most || p->reasons.n > PROBLEMS_BYTES - REASON_ROOM_BYTES)
        return; /* counted, not kept: nobody reads more */
    p->reason_count++;
    jw_object(w);
    jw_ki64(w, "row", reason->row_no);
    jw_ki64(w, "line", (int64_t)reason->line);
    jw_kstr(w, "column", reason->column);
    jw_key(w, "value");
    write_text(w, utf8_cut(reason->value, LIMIT_ERROR_VALUE_CHARS));
    jw_kstr(w, "code", reason->code);
    jw_key(w, "params");
    jw_object(w);
    if (reason->limit)
        jw_ki64(w, strcmp(reason->code, "too_short") == 0 ? "min" : "max", reason->limit);
    jw_end(w);
    jw_end(w);
}

void upload_problems_row(struct upload_problems *p, int64_t row_no, uint64_t line,
                         const struct slice *cells, size_t n, bool cut)
{
    struct jw *w = &p->rows_json;
    size_t left = ROW_BYTES;

    if (p->row_count >= p->most || p->rows.n > PROBLEMS_BYTES - ROW_ROOM_BYTES)
        return;
    p->row_count++;
    jw_object(w);
    jw_ki64(w, "row_no", row_no);
    jw_ki64(w, "line", (int64_t)line);
    jw_key(w, "cells");
    jw_array(w);
    for (size_t i = 0; i < n && i < LIMIT_CSV_FIELDS; i++) {
        struct slice cell = cells[i];

        if (cell.n > left) {
            cut = true;
            cell = utf8_cut((struct slice){cell.p, left}, left);
        }
        left -= cell.n;
        write_text(w, cell);
    }
    jw_end(w);
    jw_kbool(w, "cut", cut);
    jw_end(w);
}

static void end(struct upload_problems *p)
{
    if (p->ended)
        return;
    jw_end(&p->reasons_json);
    jw_end(&p->rows_json);
    p->ended = true;
}

static int store(struct ctx *cx, enum sql_id id, const struct uuid *upload, const struct sb *rows)
{
    if (!sb_ok(rows)) { /* cannot be: there was room for each before it was begun */
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&cx->err, "upload errors overflow");
    }
    return db_exec(
        cx, id,
        (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(upload), db_slice(sb_get(rows))},
        NULL);
}

int upload_problems_store(struct ctx *cx, struct upload_problems *p, const struct uuid *upload)
{
    end(p);
    if (p->reason_count && store(cx, SQL_UPLOAD_ERRORS_INSERT, upload, &p->reasons) < 0)
        return -1;
    return p->row_count ? store(cx, SQL_UPLOAD_FAILED_ROWS_INSERT, upload, &p->rows) : 0;
}

struct slice upload_problems_json(struct upload_problems *p)
{
    end(p);
    return sb_get(&p->reasons);
}

/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_format.h"

#include "core/meetings/upload_source.h"

const char *const upload_encoding_names[] = {
    [CHARSET_UTF8] = "utf-8",        [CHARSET_UTF16LE] = "utf-16le",
    [CHARSET_UTF16BE] = "utf-16be",  [CHARSET_WINDOWS_1252] = "windows-1252",
    [CHARSET_LATIN1] = "iso-8859-1",
};

const char *const upload_line_end_names[UPLOAD_LINE_ENDS] = {"lf", "crlf", "cr", "mixed"};

struct reading {
    const struct upload_format *f;
    upload_record_fn fn;
    void *user;
    int status;
};

static int pass_record(void *user, const struct csv_record *r)
{
    struct reading *rd = user;

    if (r->line > rd->f->header_line)
        rd->status = rd->fn(rd->user, r);
    return rd->status;
}

int upload_format_read(struct ctx *cx, int fd, const struct upload_format *f, upload_record_fn fn,
                       void *user)
{
    struct source s;
    struct reading rd = {.f = f, .fn = fn, .user = user};
    SCOPED(source_drop_parser) struct csv *p = source_parser(f, pass_record, &rd);
    enum csv_status st = CSV_OK;
    struct slice piece;
    int got = 0;

    source_begin(&s, fd, f);
    while (st == CSV_OK && (got = source_next(cx, &s, &piece)) > 0)
        st = csv_push(p, piece.p, piece.n);
    if (got < 0)
        return -1;
    if (st == CSV_OK)
        st = csv_finish(p);
    if (st == CSV_BAD_QUOTE)
        return source_quote_failed(cx, p);
    return rd.status < 0 ? -1 : 0;
}

void upload_format_to_json(const struct upload_format *f, struct jw *w)
{
    jw_object(w);
    jw_kstr(w, "encoding", upload_encoding_names[f->encoding]);
    jw_kbool(w, "bom", f->bom);
    jw_kslice(w, "delimiter", (struct slice){&f->delimiter, 1});
    jw_kstr(w, "line_ending", upload_line_end_names[f->line_end]);
    jw_kbool(w, "quoted", f->quoted);
    jw_kstr(w, "date_order", upload_date_order_names[f->date_order]);
    jw_kbool(w, "date_order_certain", f->date_certain);
    jw_ki64(w, "header_line", (int64_t)f->header_line);
    jw_key(w, "headers");
    jw_array(w);
    for (size_t i = 0; i < f->nheaders; i++)
        jw_slice(w, f->headers[i]);
    jw_end(w);
    jw_key(w, "columns");
    jw_object(w);
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        jw_key(w, upload_column_names[c]);
        if (f->map.at[c] < 0)
            jw_null(w);
        else
            jw_slice(w, f->map.header[c]);
    }
    jw_end(w);
    jw_key(w, "warnings");
    jw_array(w);
    if (f->text_wrong)
        jw_str(w, "text_looks_wrong");
    jw_end(w);
    jw_end(w);
}

/* SPDX-License-Identifier: MIT */
/*
 * A workbook by libxlsxwriter, row after row on disk (its constant_memory mode), in files without a name: nothing is left
 * behind whatever happens to the process.
 *
 * Text is always text, whatever it begins with; days are days, numbers numbers. A cell holds 32,767 characters as Excel
 * counts them (an emoji is two): what is longer is cut, ends in an ellipsis, and is counted on the second sheet.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "core/base/unicode.h"
#include "core/db/db.h"
#include "core/fields/day.h"
#include "core/meetings/internal.h"

enum { CELL_CHARS = 32767, PIECE_BYTES = 64 << 10 };

struct xlsx {
    int fd; /* the finished file, unlinked from the beginning */
    char path[32];
    lxw_workbook *book; /* NULL once it was closed */
    lxw_worksheet *sheet;
    lxw_format *day;
    lxw_row_t rows; /* the header counts */
    int64_t cut;
};

void xlsx_drop(struct xlsx **p)
{
    struct xlsx *x = *p;

    if (!x)
        return;
    if (x->book)
        workbook_close(x->book); /* the one way to free it; what it writes is thrown away */
    close(x->fd);
    free(x);
    *p = NULL;
}

static void *failed(struct ctx *cx, const char *what)
{
    ctx_fail(cx, ERR_UNAVAILABLE, "disk_full", NULL, "no room for the file at the moment");
    err_detail(&cx->err, "xlsx %s: %s", what, strerror(errno));
    return NULL;
}

/* What the library says when its files could not be written; all else is a mistake of ours. */
static bool is_of_files(lxw_error e)
{
    return e == LXW_ERROR_CREATING_XLSX_FILE || e == LXW_ERROR_CREATING_TMPFILE ||
           e == LXW_ERROR_READING_TMPFILE || e == LXW_ERROR_ZIP_FILE_OPERATION ||
           e == LXW_ERROR_ZIP_FILE_ADD || e == LXW_ERROR_ZIP_CLOSE;
}

static int library_failed(struct ctx *cx, const char *what, lxw_error e)
{
    if (is_of_files(e))
        failed(cx, what);
    else
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
    return err_detail(&cx->err, "xlsx %s: %s", what, lxw_strerror(e));
}

static int width_of(enum cell_kind kind)
{
    return kind == CELL_TEXT || kind == CELL_PHRASES || kind == CELL_OPTIONS ? 28 : 14;
}

struct xlsx *xlsx_new(struct ctx *cx, const struct export_column *columns, int n)
{
    struct xlsx *x;
    lxw_workbook_options options = {.constant_memory = LXW_TRUE,
                                    .tmpdir = (char *)cx->config->spool_dir};
    lxw_format *bold;
    const int fd = open(cx->config->spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        return failed(cx, "open");
    x = calloc(1, sizeof *x);
    if (!x)
        abort();
    x->fd = fd;
    snprintf(x->path, sizeof x->path, "/proc/self/fd/%d", fd); /* it opens by name only */
    x->book = workbook_new_opt(x->path, &options);
    x->sheet = x->book ? workbook_add_worksheet(x->book, "meetings") : NULL;
    if (!x->sheet) {
        xlsx_drop(&x);
        return failed(cx, "begin");
    }
    bold = workbook_add_format(x->book);
    format_set_bold(bold);
    x->day = workbook_add_format(x->book);
    format_set_num_format(x->day, "yyyy-mm-dd");
    worksheet_freeze_panes(x->sheet, 1, 0);
    for (int c = 0; c < n; c++) {
        worksheet_set_column(x->sheet, (lxw_col_t)c, (lxw_col_t)c, width_of(columns[c].kind), NULL);
        worksheet_write_string(x->sheet, 0, (lxw_col_t)c, columns[c].name, bold);
    }
    x->rows = 1;
    return x;
}

/* XML has no place for control characters but these three, nor for U+FFFE and U+FFFF, and libxlsxwriter writes them as
 * they are. */
static void without_controls(char *s)
{
    for (; *s; s++) {
        if ((unsigned char)*s < ' ' && *s != '\n' && *s != '\r' && *s != '\t')
            *s = ' ';
        else if (memcmp(s, "\xEF\xBF", 2) == 0 && (unsigned char)s[2] >= 0xBE)
            s[2] = '\xBD'; /* U+FFFD */
    }
}

/* As much of it as `units` of UTF-16 hold, in which Excel counts. */
static struct slice cut_to(struct slice s, size_t units)
{
    unsigned used;

    for (size_t i = 0; i < s.n; i += used) {
        const size_t need = utf8_decode(s, i, &used) > 0xFFFF ? 2 : 1;

        if (need > units)
            return (struct slice){s.p, i};
        units -= need;
    }
    return s;
}

static lxw_error write_text(struct xlsx *x, const struct export_row *row, int c)
{
    const struct slice s = export_text(row, c);
    struct slice head = cut_to(s, CELL_CHARS);
    char *text;

    if (!s.n)
        return LXW_NO_ERROR;
    if (head.n < s.n) {
        head = cut_to(s, CELL_CHARS - 1);
        x->cut++;
    }
    text = arena_printf(row->scratch, "%.*s%s", (int)head.n, head.p, head.n < s.n ? "…" : "");
    without_controls(text);
    return worksheet_write_string(x->sheet, x->rows, (lxw_col_t)c, text, NULL);
}

static lxw_error write_day(struct xlsx *x, const PGresult *r, int c)
{
    struct slice rest = pg_slice(r, 0, c);
    int64_t parts[3];
    lxw_datetime day = {0};

    for (int i = 0; i < 3; i++) {
        if (!slice_to_i64(slice_cut(rest, '-', &rest), &parts[i]))
            return LXW_ERROR_PARAMETER_VALIDATION;
    }
    day.year = (int)parts[0];
    day.month = (int)parts[1];
    day.day = (int)parts[2];
    return worksheet_write_datetime(x->sheet, x->rows, (lxw_col_t)c, &day, x->day);
}

static lxw_error write_cell(struct xlsx *x, const struct export_row *row, int c)
{
    if (!pg_text(row->r, 0, c))
        return LXW_NO_ERROR;
    switch (row->columns[c].kind) {
    case CELL_DATE: return write_day(x, row->r, c);
    case CELL_INT:
    case CELL_REAL:
        return worksheet_write_number(x->sheet, x->rows, (lxw_col_t)c, pg_real(row->r, 0, c, 0),
                                      NULL);
    case CELL_BOOL:
        return worksheet_write_boolean(x->sheet, x->rows, (lxw_col_t)c, pg_bool(row->r, 0, c),
                                       NULL);
    default: return write_text(x, row, c);
    }
}

int xlsx_row(struct ctx *cx, struct xlsx *x, const struct export_row *row)
{
    for (int c = 0; c < row->n; c++) {
        const lxw_error e = write_cell(x, row, c);

        if (e != LXW_NO_ERROR)
            return library_failed(cx, row->columns[c].name, e);
    }
    x->rows++;
    return 0;
}

/* The second sheet: what was written, and what did not fit. */
static void write_about(struct xlsx *x)
{
    lxw_worksheet *about = workbook_add_worksheet(x->book, "about");

    worksheet_write_string(about, 0, 0, "rows", NULL);
    worksheet_write_number(about, 0, 1, (double)(x->rows - 1), NULL);
    worksheet_write_string(about, 1, 0, "cells_cut", NULL);
    worksheet_write_number(about, 1, 1, (double)x->cut, NULL);
    worksheet_write_string(about, 2, 0, "cell_characters_max", NULL);
    worksheet_write_number(about, 2, 1, CELL_CHARS, NULL);
}

int xlsx_send(struct ctx *cx, struct xlsx *x, meeting_put_fn put, void *sink)
{
    char piece[PIECE_BYTES];
    lxw_error closed;
    off_t at = 0;

    write_about(x);
    closed = workbook_close(x->book);
    x->book = NULL;
    if (closed != LXW_NO_ERROR)
        return library_failed(cx, "close", closed);
    for (;;) {
        const ssize_t n = pread(x->fd, piece, sizeof piece, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            failed(cx, "read");
            return -1;
        }
        if (n == 0)
            return 0;
        if (put(sink, piece, (size_t)n) != 0)
            return -1;
        at += n;
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * upload_format: how a file is written (encoding, delimiter, line ends, quotes, order of dates, which column is what),
 * found in its bytes or chosen by who sends it, and its records read by that. Needs no database.
 *
 * Detection looks at the first megabyte, and beyond it only while that tells nothing: all ASCII so far, or dates that
 * can be read both ways. Memory does not depend on the file.
 */
#ifndef CORE_MEETINGS_UPLOAD_FORMAT_H
#define CORE_MEETINGS_UPLOAD_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/charset.h"
#include "core/base/csv.h"
#include "core/base/json.h"
#include "core/base/slice.h"
#include "core/db/ctx.h"
#include "core/meetings/upload_row.h"

/* What the sender chose; empty, NULL or zero where it chose nothing. */
struct upload_choice {
    struct slice
        encoding; /* utf-8, utf-16, utf-16le, utf-16be, windows-1252, iso-8859-1 or another usual name of them */
    struct slice delimiter;  /* , ; tab | or comma, semicolon, tab, pipe */
    struct slice date_order; /* ymd, dmy, mdy */
    const struct upload_names *mapping;
    enum upload_date_order
        ambiguous; /* where the dates tell nothing: by the tenant's language. UPLOAD_YMD: UPLOAD_DMY */
    bool
        missing_ok; /* for a preview: columns that are missing are no error; ask upload_map_missing() */
};

enum upload_line_end { UPLOAD_LF, UPLOAD_CRLF, UPLOAD_CR, UPLOAD_MIXED, UPLOAD_LINE_ENDS };

struct upload_format {
    enum charset encoding;
    bool text_wrong; /* found, and does not look like text: see sniff_looks_wrong() */
    bool bom;
    char delimiter;
    enum upload_line_end line_end; /* of records, not inside quotes */
    bool quoted;
    enum upload_date_order date_order;
    bool date_certain; /* chosen, or all evidence agrees */
    struct upload_map map;
    const struct slice
        *headers; /* all of the header line, in valid UTF-8 without zeros; in cx->arena */
    size_t nheaders;
    uint64_t
        header_line; /* of the first that is neither blank nor Excel's "sep=;" and 20 lines below, the one that names most columns */
};

extern const char *const upload_encoding_names[]; /* by enum charset */
extern const char *const upload_line_end_names[UPLOAD_LINE_ENDS];

/*
 * `fd` is seekable and holds `bytes` bytes; its position is not used. -1 with one of
 *   file_empty                 no record that is not blank
 *   file_is_spreadsheet        xlsx, xls, ods or numbers, whatever its name
 *   file_is_archive            zip, gz, bz2, xz, zstd, 7z, rar, tar
 *   file_binary                no text
 *   encoding_unknown, delimiter_invalid, date_order_invalid   the choice; encoding_unknown also for UTF-32
 *   csv_quote                  {"line"}: a quote never closes, and the header is in it
 *   header_too_long            {"max_bytes"}
 *   csv_too_many_columns       {"max","found"}: the header's
 *   columns_missing            {"columns":[...],"headers":[...]}: as many of the headers as fit
 */
int upload_format_detect(struct ctx *cx, int fd, int64_t bytes, const struct upload_choice *choice,
                         struct upload_format *out);

/* 0 to go on; 1 for enough, which is no error; -1 with cx->err set. */
typedef int (*upload_record_fn)(void *user, const struct csv_record *record);

/* Every record behind the header, within LIMIT_CSV_*. -1 with csv_quote {"line"}, an error of reading, or fn's own. */
int upload_format_read(struct ctx *cx, int fd, const struct upload_format *f, upload_record_fn fn,
                       void *user);

/* An object: encoding, bom, delimiter, line_ending, quoted, date_order, date_order_certain, header_line, headers,
 * columns {client_name: header or null, ...}, warnings ["text_looks_wrong"]. */
void upload_format_to_json(const struct upload_format *f, struct jw *w);

#endif

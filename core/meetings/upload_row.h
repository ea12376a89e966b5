/* SPDX-License-Identifier: MIT */
/*
 * upload_row: whether a row keeps the rules, its values and its two keys. Pure; knows no database.
 */
#ifndef CORE_MEETINGS_UPLOAD_ROW_H
#define CORE_MEETINGS_UPLOAD_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/csv.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/meetings/upload_column.h"
#include "core/meetings/upload_date.h"

struct upload_row {
    /* trimmed of blanks and of what cannot be seen; the transcript as it is but for blanks around it; the last place is for UPLOAD_WHOLE_ROW, empty */
    struct slice text[UPLOAD_COLUMNS + 1];
    char date[11]; /* ISO, whatever the file writes */
    bool closed;
    struct slice
        seller_key; /* two spellings that differ in case, accents or blanks only have one; in `scratch` */
    struct uuid identity;
    struct uuid content;
    struct uuid body_hash;
};

struct upload_problem {
    enum upload_column column;
    /* required, too_long, too_long_bytes (the transcript), too_short, email_invalid, date_invalid, closed_invalid, encoding_invalid;
     * of the whole row: row_too_long, too_many_columns, too_many_cells (not blank and beyond the header) */
    const char *code;
    int64_t
        limit; /* of the codes that begin with too_ (in characters; bytes of too_long_bytes) and row_too_long */
};

enum upload_verdict { UPLOAD_ROW_OK, UPLOAD_ROW_INVALID, UPLOAD_ROW_BLANK };

/* One record. Slices of *out point into the record; `scratch` is for normalising and may be reset afterwards.
 * *nproblems tells how many of `problems` (UPLOAD_COLUMNS places) were filled. */
enum upload_verdict upload_row_read(struct arena *scratch, const struct upload_map *map,
                                    enum upload_date_order order, const struct csv_record *record,
                                    struct upload_row *out,
                                    struct upload_problem problems[UPLOAD_COLUMNS],
                                    size_t *nproblems);

#endif

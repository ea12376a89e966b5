/* SPDX-License-Identifier: MIT */
/*
 * upload_row: what the columns of a file mean, and whether a row keeps the rules. Pure; knows no database.
 */
#ifndef CORE_MEETINGS_UPLOAD_ROW_H
#define CORE_MEETINGS_UPLOAD_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"

enum upload_column {
    UPLOAD_CLIENT_NAME,
    UPLOAD_EMAIL,
    UPLOAD_PHONE,
    UPLOAD_MEETING_DATE,
    UPLOAD_SALES_REP,
    UPLOAD_CLOSED,
    UPLOAD_TRANSCRIPT,
    UPLOAD_COLUMNS,
};

/* English snake_case names, as in the API. */
extern const char *const upload_column_names[UPLOAD_COLUMNS];

struct upload_map {
    int at[UPLOAD_COLUMNS];              /* field of the record, -1 when absent */
    struct slice header[UPLOAD_COLUMNS]; /* as the file writes it */
};

/* ',' ';' tab or '|', whichever the header line has most of outside quotes; ',' when it has none. */
char upload_delimiter(struct slice header_line);

/* Headers are matched without case, accents and underscores against the names in Spanish and English. A column that
 * two headers claim goes to the first. Copies live in `a`. */
void upload_map_headers(struct arena *a, const struct slice *fields, size_t n,
                        struct upload_map *out);

/* Bit c is set when column c was not found. */
unsigned upload_map_missing(const struct upload_map *map);

struct upload_row {
    struct slice
        text[UPLOAD_COLUMNS]; /* trimmed; the transcript as it is but for blanks around it */
    char date[11];            /* ISO */
    bool closed;
    struct uuid identity;
    struct uuid content;
    struct uuid body_hash;
};

struct upload_problem {
    enum upload_column column;
    const char *
        code; /* required, too_long, too_short, email_invalid, date_invalid, closed_invalid, encoding_invalid */
    int64_t limit; /* of too_long and too_short, in characters; else 0 */
};

enum upload_verdict { UPLOAD_ROW_OK, UPLOAD_ROW_INVALID, UPLOAD_ROW_BLANK };

/* One record. Slices of *out point into the record; `scratch` is for normalising and may be reset afterwards.
 * *nproblems tells how many of `problems` (UPLOAD_COLUMNS places) were filled. */
enum upload_verdict upload_row_read(struct arena *scratch, const struct upload_map *map,
                                    const struct slice *fields, size_t n, struct upload_row *out,
                                    struct upload_problem problems[UPLOAD_COLUMNS],
                                    size_t *nproblems);

/* YYYY-MM-DD of a day that exists, years 1900 to 2199. */
bool upload_date_ok(struct slice s);

#endif

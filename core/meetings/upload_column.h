/* SPDX-License-Identifier: MIT */
/*
 * upload_column: the columns that a file of meetings has, and by which headers they are known. Pure.
 */
#ifndef CORE_MEETINGS_UPLOAD_COLUMN_H
#define CORE_MEETINGS_UPLOAD_COLUMN_H

#include "core/base/arena.h"
#include "core/base/slice.h"

enum upload_column {
    UPLOAD_CLIENT_NAME,
    UPLOAD_EMAIL,
    UPLOAD_PHONE,
    UPLOAD_MEETING_DATE,
    UPLOAD_SALES_REP,
    UPLOAD_CLOSED,
    UPLOAD_TRANSCRIPT,
    UPLOAD_COLUMNS,
    UPLOAD_WHOLE_ROW = UPLOAD_COLUMNS, /* in a problem that no one column has */
};

/* English snake_case names, as in the API; "row" for UPLOAD_WHOLE_ROW. */
extern const char *const upload_column_names[UPLOAD_COLUMNS + 1];

struct upload_map {
    size_t width;                        /* fields of the header */
    int at[UPLOAD_COLUMNS];              /* field of the record, -1 when absent */
    struct slice header[UPLOAD_COLUMNS]; /* as the file writes it */
};

/* What somebody said that a column is called; NULL where nothing was said. */
struct upload_names {
    const char *header[UPLOAD_COLUMNS];
};

/* A header as it is compared: no case, accents, underscores, marks that cannot be seen, quotes or signs (: * # . ?) around
 * it. */
struct slice upload_header_key(struct arena *a, struct slice header);

/*
 * Which field each column is. `said` (may be NULL) goes first: the header with exactly those letters, else the one
 * that compares equal; a name that no header has leaves the column absent, and a header that was said is not guessed for
 * another column. The rest is known by Spanish and English names, those of CRMs included: the best known
 * name of a column wins, and of two headers that are the same the first. What stands in brackets at the end of a header
 * ("Meeting date (UTC)") does not keep it from being known, but one without is better. Copies live in `a`.
 */
void upload_map_headers(struct arena *a, const struct slice *fields, size_t n,
                        const struct upload_names *said, struct upload_map *out);

/* Bit c is set when column c was not found. */
unsigned upload_map_missing(const struct upload_map *map);

#endif

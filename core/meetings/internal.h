/* SPDX-License-Identifier: MIT */
/*
 * What the files of core/meetings share and nobody else sees.
 */
#ifndef CORE_MEETINGS_INTERNAL_H
#define CORE_MEETINGS_INTERNAL_H

#include <libpq-fe.h>

#include "core/meetings/meeting.h"

enum { MEETING_STATES = 3 };
extern const char *const meeting_states[MEETING_STATES]; /* by meeting_facts.state */

/* The columns that list and detail share (MEETING_ROWS, MEETING_GET), into an open object. */
void meeting_write(struct jw *w, const PGresult *r, int i);
enum { MEETING_COLUMNS = 15 };

/* The option of a code; NULL for NULL and for a code that the registry does not know. */
const struct field_option *meeting_option(const char *field, int code);

/* Writes the words of the meeting for search; it must have been locked or just been written. */
int meeting_words(struct ctx *cx, const struct uuid *id);

/* ---- exports: rows of one format after the other ---- */

enum cell_kind {
    CELL_TEXT,
    CELL_DATE,
    CELL_BOOL,
    CELL_INT,
    CELL_REAL,
    CELL_STATE,
    CELL_OPTION,  /* code */
    CELL_OPTIONS, /* {codes} */
    CELL_PHRASES, /* JSON array of texts */
};

struct export_column {
    const char *name;
    enum cell_kind kind;
};

struct export_row {
    const PGresult *r;
    const struct export_column *columns;
    int n;
    enum field_language language;
    bool raw;
    struct arena *scratch; /* reset after each row */
};

/* What a person reads in a cell: labels, lists joined by "; "; p NULL when there is no value. */
struct slice export_text(const struct export_row *row, int column);

/* XLSX: rows are written while they come, the file is read out when it is complete. */
struct xlsx;
struct xlsx *xlsx_new(struct ctx *cx, const struct export_column *columns, int n);
int xlsx_row(struct ctx *cx, struct xlsx *x, const struct export_row *row);
/* Completes the file and hands it to `put`. */
int xlsx_send(struct ctx *cx, struct xlsx *x, meeting_put_fn put, void *sink);
void xlsx_drop(struct xlsx **p);

#endif

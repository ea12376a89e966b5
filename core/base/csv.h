/* SPDX-License-Identifier: MIT */
/*
 * csv: push parser for comma-separated text that arrives in pieces.
 *
 * The caller pushes bytes; the parser calls back once per complete record.
 * Memory is bounded by the limits given at creation, however long the input.
 *
 * It is as lenient as Python's csv module in its default dialect, and tests/diff holds it to that: a quote that does
 * not begin a field is an ordinary character, text behind a closing quote belongs to the field. It differs where a
 * silent guess would cost rows: a quote that is never closed is an error, and blank lines are skipped.
 *
 * Invariants
 *   - How the input is cut into pieces never changes the records delivered.
 *   - Slices passed to the callback are valid only until it returns.
 *   - A record beyond a limit does not end the parse: it is delivered with what fitted, and says what did not.
 *   - After a failure every call returns the same status until csv_reset().
 *
 * Record ends: LF, CRLF, or a lone CR. Any other byte, NUL too, is data.
 */
#ifndef CORE_BASE_CSV_H
#define CORE_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/slice.h"

struct csv; /* opaque */

enum csv_status {
    CSV_OK = 0,
    CSV_BAD_QUOTE, /* input ended inside quotes; csv_line() is where that record began */
    CSV_STOPPED,   /* the callback asked to stop; not an error */
};

struct csv_limits {
    size_t record_bytes; /* most bytes kept of one record, quotes and delimiters not counted; > 0 */
    size_t field_bytes;  /* most bytes kept of one field; 0 means record_bytes */
    size_t fields;       /* most fields kept of one record; > 0 */
    char delimiter;      /* 0 means ',' */
};

struct csv_record {
    const struct slice *fields;
    size_t n;        /* fields kept, at least 1 */
    uint64_t line;   /* physical line it begins on, from 1, as an editor shows it */
    int cut_field;   /* the first field that lost bytes to a limit, else -1 */
    size_t too_many; /* how many fields the record has when that is beyond limits.fields, else 0 */
    bool record_cut; /* the limit of the record was met: fields from cut_field on are not whole */
};

/* Return 0 to continue, non-zero to stop. */
typedef int (*csv_record_fn)(void *user, const struct csv_record *r);

/* What the input so far was written like. */
struct csv_style {
    uint64_t lf; /* records that ended with LF, CRLF, a lone CR */
    uint64_t crlf;
    uint64_t cr;
    bool quoted; /* some field began with a quote */
};

/* The caller owns the result and must csv_free() it. Never returns NULL. */
struct csv *csv_new(const struct csv_limits *limits, csv_record_fn fn, void *user);
void csv_free(struct csv *p); /* NULL is fine */
void csv_reset(struct csv *p);

/* Feed `n` bytes. Does not keep a pointer to `data`. */
enum csv_status csv_push(struct csv *p, const void *data, size_t n);

/* Signal end of input: delivers a last record that has no newline. */
enum csv_status csv_finish(struct csv *p);

/* Line on which the current record began, or the last one between two records; for error messages. */
uint64_t csv_line(const struct csv *p);

struct csv_style csv_style(const struct csv *p);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * csv: push parser for RFC 4180 text that arrives in pieces.
 *
 * The caller pushes bytes; the parser calls back once per complete record.
 * Memory is bounded by the limits given at creation, however long the input.
 *
 * Invariants
 *   - How the input is cut into pieces never changes the records delivered.
 *   - Slices passed to the callback are valid only until it returns.
 *   - After a failure every call returns the same status until csv_reset().
 *
 * Record ends: LF, CRLF, or a lone CR. Blank lines (no byte between two ends) are skipped. A quote that
 * does not begin a field is an ordinary character, as spreadsheets write and read it.
 */
#ifndef CORE_BASE_CSV_H
#define CORE_BASE_CSV_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/slice.h"

struct csv; /* opaque */

enum csv_status {
    CSV_OK = 0,
    CSV_BAD_QUOTE,       /* text after a closing quote, or input ended inside quotes */
    CSV_RECORD_TOO_LONG, /* one record exceeded limits.record_bytes */
    CSV_TOO_MANY_FIELDS,
    CSV_STOPPED, /* the callback asked to stop; not an error */
};

struct csv_limits {
    size_t record_bytes; /* longest single record, quotes included; > 0 */
    size_t fields;       /* most fields in one record; > 0 */
    char delimiter;      /* 0 means ',' */
};

/* Return 0 to continue, non-zero to stop. `line` counts physical lines from 1,
 * so it matches what an editor shows even when fields contain newlines. */
typedef int (*csv_record_fn)(void *user, const struct slice *fields, size_t n, uint64_t line);

/* The caller owns the result and must csv_free() it. Never returns NULL. */
struct csv *csv_new(const struct csv_limits *limits, csv_record_fn fn, void *user);
void csv_free(struct csv *p); /* NULL is fine */
void csv_reset(struct csv *p);

/* Feed `n` bytes. Does not keep a pointer to `data`. */
enum csv_status csv_push(struct csv *p, const void *data, size_t n);

/* Signal end of input: delivers a last record that has no newline. */
enum csv_status csv_finish(struct csv *p);

/* Line on which the current record began; for error messages. */
uint64_t csv_line(const struct csv *p);

#endif

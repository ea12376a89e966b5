/* SPDX-License-Identifier: MIT */
/*
 * upload_problems: what is kept of rows that failed: each reason with its line and value, and the row as it was sent, so
 * that it can be mended and sent again. Bounded; beyond the bounds rows are counted and not kept.
 *
 * Memory is heap and at most PROBLEMS_BYTES for each of the two.
 */
#ifndef CORE_MEETINGS_UPLOAD_PROBLEMS_H
#define CORE_MEETINGS_UPLOAD_PROBLEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/base/sb.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

struct upload_problems {
    struct sb reasons; /* JSON array */
    struct sb rows;    /* JSON array */
    struct jw reasons_json;
    struct jw rows_json;
    int64_t most; /* reasons and rows that are kept */
    int64_t reason_count;
    int64_t row_count;
    bool ended; /* both arrays are closed */
};

/* One reason. `limit` is of too_long, too_short and the like, in characters, or bytes where the code says so; else 0. */
struct upload_reason {
    int64_t row_no;
    uint64_t line;      /* physical, from 1 */
    const char *column; /* "" when it is the whole row's */
    struct slice value;
    const char *code;
    int64_t limit;
};

/* `most` is at most LIMIT_UPLOAD_ERRORS. */
void upload_problems_init(struct upload_problems *p, int64_t most);
void upload_problems_clear(struct upload_problems *p);
void upload_problems_done(struct upload_problems *p);

void upload_problems_reason(struct upload_problems *p, const struct upload_reason *reason);
/* The row itself; bytes that no database text can hold become U+FFFD. */
void upload_problems_row(struct upload_problems *p, int64_t row_no, uint64_t line,
                         const struct slice *cells, size_t n, bool cut);

/* Into upload_errors and upload_failed_rows; in a transaction. Ends the collecting; may be asked for again, since the
 * transaction may fail after it. */
int upload_problems_store(struct ctx *cx, struct upload_problems *p, const struct uuid *upload);

/* The reasons so far as a JSON array, each as the API shows it. Ends the collecting. */
struct slice upload_problems_json(struct upload_problems *p);

#endif

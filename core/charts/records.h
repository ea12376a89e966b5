/* SPDX-License-Identifier: MIT */
/*
 * records: which records of a dataset a filter and a search keep, in which order; their page, their number, the set of
 * them for work in bulk, and all of them one by one.
 *
 * Composes SQL, as filter.h and chart.h do; knows subjects, facts and entities of a dataset and nothing of what is in
 * them beyond the columns that sort. Runs in the transaction that the caller opened.
 *
 * A page is made of ids only: whoever asked joins them with what it shows, so that nothing wide is sorted.
 */
#ifndef CORE_CHARTS_RECORDS_H
#define CORE_CHARTS_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/charts/filter.h"
#include "core/db/db.h"
#include "core/insight/words.h"

enum { RECORDS_ANY_STATE = -1 };

struct records_query {
    enum dataset dataset;
    const struct filter *filter;     /* NULL: all */
    const struct words_query *words; /* NULL: no search */
    int state;                       /* of the facts, or RECORDS_ANY_STATE */
    const struct uuid *upload;       /* NULL: any */
};

/* The name of a column ("meeting_date", "-client_name": descending), as records_sort_parse() read it. */
struct records_sort {
    const struct records_column *column;
    bool descending;
    const char *name; /* as it was asked for */
};

/* Empty text is the dataset's own order, newest first. ERR_INVALID sort_unknown, with `params` naming what there is. */
int records_sort_parse(struct ctx *cx, enum dataset dataset, struct slice text,
                       struct records_sort *out);

/*
 * Records in an order that is total: by the column, then by id in the same direction; those without a value come last
 * in both directions. So a walk along the cursors visits each record once.
 */
struct records_page {
    int64_t limit;       /* 1 to LIMIT_PAGE */
    int64_t offset;      /* records to leave out; 0 with a cursor */
    struct slice cursor; /* of the page before; empty for the first */
    bool count;          /* how many there are is wanted; never with a cursor */
};

enum { RECORDS_NOT_COUNTED = -1 };

struct records_ids {
    size_t n;
    const char *ids;         /* as a uuid[] parameter, in order; "{}" when there is none */
    const char *next_cursor; /* NULL: the last page */
    int64_t total;           /* or RECORDS_NOT_COUNTED */
};

/* ERR_INVALID cursor_invalid: none of ours, or of another order. */
int records_page(struct ctx *cx, const struct records_query *q, const struct records_sort *sort,
                 const struct records_page *page, struct records_ids *out);

int records_count(struct ctx *cx, const struct records_query *q, int64_t *out);

/* Fills the temporary table record_set(subject_id), which ends with the transaction, for statements that work on many.
 * Once a transaction. *n is how many are in it. */
int records_set(struct ctx *cx, const struct records_query *q, int64_t *n);
/* The same by ids; those that are not there are left out. */
int records_set_of(struct ctx *cx, enum dataset dataset, const struct slice *ids, size_t nids,
                   int64_t *n);

/*
 * Every record in order, one row at a time (db_stream). `selected` and `joins` are the caller's own SQL, never a
 * client's: facts are f, entities m, both joined; $1 is the tenant.
 */
int records_stream(struct ctx *cx, const struct records_query *q, const struct records_sort *sort,
                   const char *selected, const char *joins, db_row_fn fn, void *user);

#endif

/* SPDX-License-Identifier: MIT */
/* The list, and the values one can choose from. */
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/db/db.h"
#include "core/fields/field.h"
#include "core/meetings/internal.h"
#include "core/meetings/meeting.h"

enum { MAX_PAGE = 1000, SNIPPET_TEXT_CHARS = 64 << 10 };

static int write_snippets(struct ctx *cx, const struct meeting_query *q, const char *ids,
                          const char **out)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    r = db_query(cx, SQL_MEETING_BEGINNINGS,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), db_text(ids),
                                         db_i64(SNIPPET_TEXT_CHARS)});
    if (!r)
        return -1;
    for (int i = 0; i < PQntuples(r) && i < LIMIT_PAGE; i++)
        out[i] = words_snippet(cx->arena, &q->words, pg_slice(r, i, 0));
    return 0;
}

static int write_rows(struct ctx *cx, const struct meeting_query *q, const struct records_ids *ids,
                      struct jw *w)
{
    const char *snippets[LIMIT_PAGE] = {0};
    SCOPED(pg_drop) PGresult *r = NULL;

    r = db_query(cx, SQL_MEETING_ROWS,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), db_text(ids->ids)});
    if (!r || (q->records.words && write_snippets(cx, q, ids->ids, snippets) < 0))
        return -1;
    jw_key(w, "meetings");
    jw_array(w);
    for (int i = 0; i < PQntuples(r); i++) {
        jw_object(w);
        meeting_write(w, r, i);
        if (q->records.words && i < LIMIT_PAGE)
            jw_kstr(w, "snippet", snippets[i]);
        jw_end(w);
    }
    jw_end(w);
    return 0;
}

int meeting_list(struct ctx *cx, const struct meeting_query *q, const struct meeting_page *page,
                 struct jw *w)
{
    const struct records_page wanted = {.limit = page->limit,
                                        .offset =
                                            page->page > 1 ? (page->page - 1) * page->limit : 0,
                                        .cursor = page->cursor,
                                        .count = true};
    struct records_sort sort;
    struct records_ids ids;

    if (page->page > MAX_PAGE)
        return ctx_fail(cx, ERR_INVALID, "parameter_invalid", "page", "go on with next_cursor");
    if (records_sort_parse(cx, DATASET_MEETINGS, page->sort, &sort) < 0 ||
        records_page(cx, &q->records, &sort, &wanted, &ids) < 0)
        return -1;
    jw_object(w);
    if (write_rows(cx, q, &ids, w) < 0)
        return -1;
    jw_kstr(w, "next_cursor", ids.next_cursor);
    if (ids.total == RECORDS_NOT_COUNTED)
        jw_kstr(w, "total", NULL);
    else
        jw_ki64(w, "total", ids.total);
    jw_end(w);
    return 0;
}

/* ---- what one can choose from ---- */

static const struct {
    const char *list; /* in MEETING_FILTER_OPTIONS */
    const char *key;  /* in the answer */
} lists[] = {
    {"sales_rep", "sales_reps"},
    {"sector", "sectors"},
    {"company_size", "company_sizes"},
    {"discovery_channel", "discovery_channels"},
    {"labels", "labels"},
    {"state", "states"},
};

struct choice {
    const char *value;
    const char *order; /* folded */
    int64_t n;
};

static int by_order(const void *a, const void *b)
{
    const struct choice *x = a;
    const struct choice *y = b;
    const int d = strcmp(x->order, y->order);

    return d ? d : strcmp(x->value, y->value);
}

static struct choice choice_of(struct ctx *cx, const char *list, const PGresult *r, int row)
{
    const int code = (int)pg_i64(r, row, 2, 0);
    const enum field_language language =
        field_language(cx->who.language[0] ? cx->who.language : cx->tenancy.language);
    const struct field_option *o = meeting_option(list, code);
    struct choice c = {.n = pg_i64(r, row, 3, 0)};

    if (strcmp(list, "state") == 0)
        c.value = c.order = meeting_states[code % MEETING_STATES];
    else if (o)
        c = (struct choice){o->value, o->labels[language], c.n};
    else
        c.value = c.order = pg_text(r, row, 1);
    if (c.order)
        c.order = arena_slicedup(cx->arena, unicode_fold_text(cx->arena, slice_cstr(c.order)));
    return c;
}

static void write_list(struct ctx *cx, struct jw *w, const char *list, const PGresult *r)
{
    const int n = PQntuples(r);
    struct choice *all = arena_zalloc(cx->arena, (size_t)n + 1, sizeof *all);
    size_t found = 0;

    for (int i = 0; i < n; i++) {
        if (strcmp(pg_text(r, i, 0), list) != 0)
            continue;
        all[found] = choice_of(cx, list, r, i);
        found += all[found].value != NULL; /* a code that the registry lost is nothing to choose */
    }
    qsort(all, found, sizeof *all, by_order);
    jw_array(w);
    for (size_t i = 0; i < found; i++) {
        jw_object(w);
        jw_kstr(w, "value", all[i].value);
        jw_ki64(w, "count", all[i].n);
        jw_end(w);
    }
    jw_end(w);
}

static void write_day(struct jw *w, const char *key, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++) {
        if (strcmp(pg_text(r, i, 0), key) == 0)
            jw_kstr(w, key, pg_text(r, i, 1));
    }
}

int meeting_filter_options(struct ctx *cx, struct jw *w)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    r = db_query(cx, SQL_MEETING_FILTER_OPTIONS, (const struct db_arg[]){db_uuid(&cx->who.tenant)});
    if (!r)
        return -1;
    jw_object(w);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        jw_key(w, lists[i].key);
        write_list(cx, w, lists[i].list, r);
    }
    write_day(w, "date_min", r);
    write_day(w, "date_max", r);
    jw_end(w);
    return 0;
}

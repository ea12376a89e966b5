/* SPDX-License-Identifier: MIT */
/*
 * meeting: meetings as the API shows, finds, changes and exports them, and how one is read.
 *
 * Everything but meeting_export() runs in the transaction that the caller opened.
 */
#ifndef CORE_MEETINGS_MEETING_H
#define CORE_MEETINGS_MEETING_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/charts/records.h"
#include "core/db/ctx.h"
#include "core/queue/pool.h"
#include "core/queue/queue.h"

/* ---- which meetings (meeting_query.c) ---- */

/*
 * What was asked for, put together by the functions below and then given to a list, an export or work in bulk. All
 * conditions are ANDed; the same plain one several times means any of them.
 */
struct meeting_query {
    struct records_query records;
    struct words_query words;
    struct uuid upload;
    json_t *plain; /* the conditions by name, as a flat filter */
};

void meeting_query_init(struct ctx *cx, struct meeting_query *q);

/* One parameter: q, filter (JSON), sales_rep, date_from, date_to, closed, sector, company_size, discovery_channel, label,
 * state (pending, read, failed), upload_id, or an original's name for one. Empty values mean nothing was chosen.
 * 0 when it is none of these, 1 when it was taken, -1 when its value is wrong (ERR_INVALID naming it). */
int meeting_query_param(struct ctx *cx, struct meeting_query *q, struct slice name,
                        struct slice value);
/* "filter" and "q" of a body; either may be absent. */
int meeting_query_body(struct ctx *cx, struct meeting_query *q, const json_t *body);
/* After the last one, before it is used. */
int meeting_query_done(struct ctx *cx, struct meeting_query *q);

/* ---- lists (meeting_list.c) ---- */

struct meeting_page {
    int64_t limit;       /* 1 to LIMIT_PAGE */
    struct slice cursor; /* of an earlier answer; empty for the first page */
    int64_t page;        /* 1 and up: the original's way; 0 with a cursor or for the first page */
    struct slice sort;   /* records_sort_parse(); empty: newest first */
};

/* {"meetings":[...],"next_cursor","total"}; total only on first and numbered pages, else null. Never a transcript; with
 * a search, a `snippet` of it round what was found. */
int meeting_list(struct ctx *cx, const struct meeting_query *q, const struct meeting_page *page,
                 struct jw *w);

/* The values that occur, with their counts: sellers, options, labels, states, the first and the last day. */
int meeting_filter_options(struct ctx *cx, struct jw *w);

/* ---- one (meeting.c, meeting_edit.c) ---- */

/* One with its transcript and analysis; ERR_NOT_FOUND. *version is for its ETag. */
int meeting_get(struct ctx *cx, const struct uuid *id, struct jw *w, int64_t *version);

enum { MEETING_ANY_VERSION = 0 };

/*
 * Changes what `patch` names: client_name, email, phone, meeting_date, sales_rep, closed, transcript. The rules are those
 * of a row of a file (upload_row.h), and what breaks one is ERR_INVALID with the rule's code and the field's name.
 * ERR_PRECONDITION version_stale unless `version` is the meeting's; ERR_CONFLICT meeting_exists when another meeting is
 * the same one then. What it was stays in meeting_revisions; a new transcript is read again.
 */
int meeting_edit(struct ctx *cx, const struct uuid *id, int64_t version, const json_t *patch);

/* ---- many (meeting_bulk.c) ---- */

enum meeting_bulk_verb { MEETING_BULK_DELETE, MEETING_BULK_REQUEUE, MEETING_BULK_LABELS };

/*
 * The whole of DELETE /api/meetings and its like. Body {"ids":[...]}, or {"filter":{...}?,"q":"..."?} with at least one
 * of the two and "expected_count"; {"add":[],"remove":[]} of labels; with "dry_run":true only {"count":n} is answered.
 * By filter: ERR_CONFLICT count_changed when there are more or fewer by now, ERR_TOO_LARGE too_many_records.
 */
int meeting_bulk(struct ctx *cx, enum meeting_bulk_verb verb, const json_t *body, struct jw *w);

/* ---- exports (meeting_export.c, meeting_xlsx.c) ---- */

enum meeting_format { MEETING_CSV, MEETING_XLSX, MEETING_NDJSON };

struct meeting_export {
    enum meeting_format format;
    const struct meeting_query *query;
    struct slice sort;
    bool transcript;
    bool raw; /* codes of options instead of their labels */
};

/* All meetings that the query keeps; calls `put` with pieces of the file. Opens its own READ ONLY transaction and notes
 * the export in the audit log. Text that a spreadsheet would take for a formula gets a ' before it in CSV; in XLSX it is
 * text by its type. ERR_TOO_LARGE too_many_rows for more meetings than a sheet of Excel has rows. */
typedef int (*meeting_put_fn)(void *sink, const void *p, size_t n);
int meeting_export(struct ctx *cx, const struct meeting_export *o, meeting_put_fn put, void *sink);

/* ---- reading (read.c) ---- */

/* The job kind "meeting.read": the transcript is read, its values become facts, its words can be searched. */
#define MEETING_READ "meeting.read"

/* The same by a model, for a pool whose calls are asking_open() and so on (core/insight/asking.h). */
#define MEETING_ASK "meeting.ask"
struct pool_kind meeting_ask_kind(const struct config *c);
int meeting_read_job(struct ctx *cx, const struct job *job);
int meeting_read_dead(struct ctx *cx, const struct job *job);

#endif

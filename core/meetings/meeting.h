/* SPDX-License-Identifier: MIT */
/*
 * meeting: meetings as the API shows them, and how one is read.
 */
#ifndef CORE_MEETINGS_MEETING_H
#define CORE_MEETINGS_MEETING_H

#include <stdint.h>

#include "core/base/json.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"
#include "core/queue/queue.h"

struct meeting_page {
    int64_t limit;       /* 1 to LIMIT_PAGE */
    struct slice cursor; /* of an earlier answer; empty for the first page */
    int64_t page;        /* 1 and up: the original's way; 0 with a cursor or for the first page */
    struct slice sort;   /* "-meeting_date" (newest first, the default) or "meeting_date" */
};

/* {"meetings":[...],"next_cursor","total"}; total only on first and numbered pages, else null. */
int meeting_list(struct ctx *cx, const struct meeting_page *page, struct jw *w);

/* One with its transcript and analysis; ERR_NOT_FOUND. *version is for its ETag. */
int meeting_get(struct ctx *cx, const struct uuid *id, struct jw *w, int64_t *version);

/* All meetings with their values as CSV, in the order of their dates; calls `put` with pieces of text. Opens its own
 * READ ONLY transaction and notes the export in the audit log. Cells that a spreadsheet would take for a formula get
 * a ' before them. */
typedef int (*meeting_put_fn)(void *sink, const void *p, size_t n);
int meeting_export(struct ctx *cx, meeting_put_fn put, void *sink);

/* The job kind "meeting.read": the transcript is read, its values become facts. */
#define MEETING_READ "meeting.read"
int meeting_read_job(struct ctx *cx, const struct job *job);
int meeting_read_dead(struct ctx *cx, const struct job *job);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * upload: a CSV of meetings, from bytes that arrive slowly to rows, or to a clear refusal.
 *
 * The body is spooled to an unlinked file while it arrives, so that no transaction waits for a slow client and memory
 * stays flat at any size. Then everything happens in one transaction: all rows with their jobs are there, or none.
 *
 * Two keys decide what a row is. Identity: client, e-mail, phone, date and seller, normalised. Content: all that the row
 * says. A new identity is `created`; a known one with the same content is `duplicate`, with other content `updated` (and
 * read again only if its transcript changed). The rows of a file count one after the other, so the second of two equal
 * rows is a duplicate. A row that breaks a rule is `invalid`, is remembered with its line and reason, and stops nobody.
 * created + updated + duplicate + invalid + skipped == rows, always.
 */
#ifndef CORE_MEETINGS_UPLOAD_H
#define CORE_MEETINGS_UPLOAD_H

#include <stdint.h>

#include "core/base/json.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

/* At most n bytes of the file: > 0, 0 at its end, -1 with cx->err set. */
typedef long (*upload_read_fn)(struct ctx *cx, void *source, void *buf, size_t n);

struct upload_counts {
    int64_t rows, created, updated, duplicate, invalid, skipped, jobs_created;
};

struct upload {
    struct uuid id;
    const char *filename;
    int64_t bytes;
    struct upload_counts counts;
};

/* Outside a transaction; opens short ones itself. Failures of the file itself: file_empty, columns_missing,
 * csv_quote, csv_record_too_long, csv_too_many_columns, too_many_rows, body_too_large. The upload's row tells what
 * happened, whichever way it ends. */
int upload_receive(struct ctx *cx, struct slice filename, upload_read_fn read, void *source,
                   struct upload *out);

void upload_to_json(const struct upload *u, struct jw *w);

/* Lists for the API; in the transaction that dispatch opened. Newest first. */
int upload_list(struct ctx *cx, int64_t limit, struct slice cursor, struct jw *w);
int upload_get(struct ctx *cx, const struct uuid *id, struct jw *w);
int upload_errors(struct ctx *cx, const struct uuid *id, int64_t limit, struct slice cursor,
                  struct jw *w);

#endif

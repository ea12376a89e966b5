/* SPDX-License-Identifier: MIT */
/*
 * upload: a CSV of meetings, from bytes that arrive slowly to rows, or to a clear refusal.
 *
 * The body is spooled to an unlinked file while it arrives, so that no transaction waits for a slow client and memory
 * stays flat at any size. Then everything happens in one transaction: all rows with their jobs are there, or none.
 *
 * Two keys decide what a row is. Identity: client, e-mail, phone, date and seller, normalised. Content: all that the row
 * says. A new identity is `created`; a known one with the same content is `duplicate`; with other content it is a change,
 * and the policy says what becomes of it: `updated` (and read again only if its transcript changed), `skipped`, or
 * `created` beside the other. The rows of a file count one after the other, so the second of two equal rows is a
 * duplicate. A row that breaks a rule is `invalid`, is kept with its line and reasons, and stops nobody unless the sender
 * wants all or nothing. A blank row is skipped.
 * created + updated + duplicate + invalid + skipped == rows, always.
 */
#ifndef CORE_MEETINGS_UPLOAD_H
#define CORE_MEETINGS_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"
#include "core/meetings/upload_format.h"
#include "core/queue/queue.h"

/* At most n bytes of the file: > 0, 0 at its end, -1 with cx->err set. */
typedef long (*upload_read_fn)(struct ctx *cx, void *source, void *buf, size_t n);

/* What becomes of a row whose meeting is there with another content. */
enum upload_policy { UPLOAD_UPDATE, UPLOAD_SKIP, UPLOAD_KEEP_BOTH };

struct upload_options {
    struct upload_choice format; /* what the sender says of the file; zero: the file decides */
    const struct uuid *mapping;  /* a saved one, for what `format` does not say; NULL: none */
    enum upload_policy on_change;
    bool all_or_nothing;
    int64_t expected_bytes; /* of the request, for progress; 0: unknown */
};

struct upload_counts {
    int64_t rows, created, updated, duplicate, invalid, skipped, jobs_created;
};

struct upload {
    struct uuid id;
    const char *filename;
    int64_t bytes;
    struct upload_counts counts;
};

/* "update", "skip", "keep_both"; false leaves *out untouched. */
bool upload_policy_find(struct slice name, enum upload_policy *out);

/* Outside a transaction; opens short ones itself. Failures of the file itself are those of upload_format.h, and
 * too_many_rows, body_too_large, rows_invalid (all or nothing; its params name the upload, whose errors are kept). The
 * upload's row tells what happened, whichever way it ends. */
int upload_receive(struct ctx *cx, struct slice filename, const struct upload_options *options,
                   upload_read_fn read, void *source, struct upload *out);

/* The same up to the decision, and nothing is written:
 * {"settings","headers","missing":[columns],"rows":[[cells of the first 20]],"would":{counts},"errors":[...],
 * "mapping_proposal"}. Columns without a header are an answer here, not a failure; then `would` is null. */
int upload_preview(struct ctx *cx, const struct upload_options *options, upload_read_fn read,
                   void *source, struct jw *w);

/* Takes an upload back, with all that derives from it: its meetings go, those that it changed become what they were
 * unless somebody changed them since. In the transaction of the caller. ERR_NOT_FOUND; ERR_CONFLICT upload_running.
 * {"removed":{"meetings":n,"analyses":n,...},"restored":n,"kept_changed":n} */
int upload_undo(struct ctx *cx, const struct uuid *id, struct jw *w);

/* The job kind that makes the readings of a pack of a large upload. */
#define UPLOAD_ENQUEUE "meeting.enqueue"
int upload_enqueue_job(struct ctx *cx, const struct job *job);

void upload_to_json(const struct upload *u, struct jw *w);

/* Lists for the API; in the transaction that dispatch opened. Newest first. */
int upload_list(struct ctx *cx, int64_t limit, struct slice cursor, struct jw *w);
int upload_get(struct ctx *cx, const struct uuid *id, struct jw *w);
int upload_errors(struct ctx *cx, const struct uuid *id, int64_t limit, struct slice cursor,
                  struct jw *w);

#endif

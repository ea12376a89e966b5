/* SPDX-License-Identifier: MIT */
/*
 * upload_errors: the rows of an upload that failed, as a file to fix and send again.
 *
 * The columns of the file as it was sent, in its order and with its delimiter, then two of ours in the reader's language:
 * the physical line, and all reasons of the row. Sent again as it is, our columns mean nothing to an upload; rows that
 * fail once more do not carry them twice. Cells that a row has beyond the header stand behind ours and have no name here
 * either, so that a row which is sent again as it is fails again for having them, and is not loaded without its end.
 *
 * What is guarded: each cell that a spreadsheet would compute, ours and theirs, gets a ' (core/base/csv_write.h says
 * why). Nobody takes it away from a cell that is sent again: a transcript that begins with "- Hola" is then stored with
 * one apostrophe before it, where the spreadsheet would have made it #NAME? for good. Telephones are not guarded.
 *
 * Rows that failed beyond those that are kept are counted in the name of the last column, where a reader sees it first
 * and an upload does not take it for a row. A row that was cut says so in its reasons.
 */
#ifndef CORE_MEETINGS_UPLOAD_ERRORS_H
#define CORE_MEETINGS_UPLOAD_ERRORS_H

#include <stddef.h>

#include "core/base/uuid.h"
#include "core/db/ctx.h"

/* 0 to go on. */
typedef int (*upload_put_fn)(void *sink, const void *p, size_t n);

/* Calls `put` with pieces of UTF-8 text. Opens its own transactions (the first notes the export in the audit log).
 * ERR_NOT_FOUND comes before the first piece. Memory: one row at a time. */
int upload_errors_csv(struct ctx *cx, const struct uuid *id, upload_put_fn put, void *sink);

#endif

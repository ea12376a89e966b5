/* SPDX-License-Identifier: MIT */
/*
 * doomed: deleting many meetings at once, with all that hangs on them.
 *
 * doomed_begin() makes the temporary table doomed(subject_id) of the transaction; the caller fills it by a statement of
 * its own; doomed_delete() takes those subjects away, table by table, and their waiting jobs with them.
 */
#ifndef CORE_MEETINGS_DOOMED_H
#define CORE_MEETINGS_DOOMED_H

#include "core/base/json.h"
#include "core/db/ctx.h"

int doomed_begin(struct ctx *cx);

/* Writes an object of what went: {"meetings":n,"transcripts":n,"analyses":n,...,"jobs":n}. `w` may be NULL. */
int doomed_delete(struct ctx *cx, struct jw *w);

#endif

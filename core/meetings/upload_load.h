/* SPDX-License-Identifier: MIT */
/*
 * upload_load: the one transaction in which a spooled file becomes meetings, or only says what it would become.
 *
 * Internal to uploads. The rows go into a temporary table; what the file names twice or the tenant has already is judged
 * there (upload.sql, UPLOAD_PLAN_FILL), the rest is new and is stored without a look-up a row.
 */
#ifndef CORE_MEETINGS_UPLOAD_LOAD_H
#define CORE_MEETINGS_UPLOAD_LOAD_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/db/copy.h"
#include "core/db/ctx.h"
#include "core/meetings/upload.h"
#include "core/meetings/upload_format.h"
#include "core/meetings/upload_problems.h"
#include "core/meetings/upload_spool.h"

extern const struct db_need upload_may_write;

enum {
    UPLOAD_SHOWN_ROWS = 20,
    UPLOAD_SHOWN_PROBLEMS = 50,
};

struct upload_load {
    struct ctx *cx;
    struct upload *up;
    const struct upload_options *options;
    const struct upload_spool *spool;
    const struct upload_format *format;
    struct upload_problems problems;
    struct sb shown; /* a preview: the first rows, a JSON array; max 0: none are wanted */
    struct jw shown_json;

    /* while it runs */
    struct arena *scratch; /* normalising one row, reset after each */
    struct copy copy;
    struct uuid last_meeting; /* of those staged */
    struct sb pack_ends;      /* {id,id,...: the last meeting of each full pack */
    int64_t staged;
};

void upload_load_init(struct upload_load *l, struct ctx *cx, struct upload *up,
                      const struct upload_options *options, int64_t most_problems);
void upload_load_done(struct upload_load *l);

/* Runs and commits; two changes that met are tried again. The counts are in l->up. */
int upload_load_run(struct upload_load *l);

/* The same without writing anything: rolled back after the counts are known. */
int upload_load_try(struct upload_load *l);

/* Only the first rows, where columns are missing and nothing can be said of any row. Needs no database. */
int upload_load_show(struct upload_load *l);

/* The failure of an upload whose row is not its own any more: ERR_CONFLICT upload_gone. Returns -1. */
int upload_load_gone(struct ctx *cx);

/* What was found in the file, as JSON text in cx->arena; {} when it was not looked at. */
const char *upload_load_settings(const struct upload_load *l);

/* How long an upload may say nothing while bytes arrive (it notes its progress every second) before its process is taken
 * for dead; never longer than the whole may take. */
int64_t upload_silent_ms(const struct config *c);

/* Members of an object that is open. */
void upload_counts_to_json(const struct upload_counts *n, struct jw *w);

#endif

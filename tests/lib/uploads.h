/* SPDX-License-Identifier: MIT */
/*
 * uploads: sends text as a file of meetings, the way a request does.
 */
#ifndef TESTS_LIB_UPLOADS_H
#define TESTS_LIB_UPLOADS_H

#include "core/meetings/upload.h"

#define MEETINGS_HEADER "client_name,email,phone,meeting_date,sales_rep,closed,transcript\n"

/* upload_read_fn over a struct slice, which it consumes. */
long uploads_read(struct ctx *cx, void *slice, void *buf, size_t n);

/* 60 s until its deadline; `o` may be NULL. */
int uploads_send(struct ctx *cx, struct slice text, const struct upload_options *o,
                 struct upload *out);

/* One that must succeed, and whose counts must add up. */
struct upload uploads_must(struct ctx *cx, const char *csv, const struct upload_options *o);

/* What a COPY into the stage of uploads is made of, for tests of COPY itself: the header, then rows as often as wanted, then
 * the end. The row lives as long as the process. */
extern const struct slice uploads_copy_header;
extern const struct slice uploads_copy_end;
struct slice uploads_copy_row(void);

/* Runs readings until none waits, in a context of its own. */
struct testdb;
void uploads_read_all(struct testdb *db);

#endif

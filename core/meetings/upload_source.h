/* SPDX-License-Identifier: MIT */
/*
 * upload_source: the bytes of a spooled file as UTF-8, a piece at a time, and the parser they go into. Shared by what finds
 * a file's format and what reads its records.
 */
#ifndef CORE_MEETINGS_UPLOAD_SOURCE_H
#define CORE_MEETINGS_UPLOAD_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/charset.h"
#include "core/base/csv.h"
#include "core/db/ctx.h"
#include "core/meetings/upload_format.h"

enum { SOURCE_PIECE_BYTES = 64 << 10 };

struct source {
    int fd;
    int64_t at; /* bytes read */
    enum charset from;
    struct charset_stream stream;
    bool ended;
    char raw[SOURCE_PIECE_BYTES];
    char text[CHARSET_ROOM(SOURCE_PIECE_BYTES)];
};

void source_begin(struct source *s, int fd, const struct upload_format *f);

/* 1 with a piece that is valid until the next call, 0 at the end, -1 with cx->err set. */
int source_next(struct ctx *cx, struct source *s, struct slice *out);

/* Fills `buf` from `at` on, as far as the file goes. */
int source_read_at(struct ctx *cx, int fd, int64_t at, char *buf, size_t n, size_t *got);

/* With the limits of uploads; the caller's to free. */
struct csv *source_parser(const struct upload_format *f, csv_record_fn fn, void *user);
void source_drop_parser(struct csv **p); /* for SCOPED */

/* csv_quote with the line of the record that `p` is in. */
int source_quote_failed(struct ctx *cx, const struct csv *p);

#endif

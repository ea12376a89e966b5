/* SPDX-License-Identifier: MIT */
/*
 * upload_spool: the file of an upload, kept in an unlinked file of the spool directory while it arrives.
 *
 * It never has a name: nothing is left behind, whatever happens to the process.
 */
#ifndef CORE_MEETINGS_UPLOAD_SPOOL_H
#define CORE_MEETINGS_UPLOAD_SPOOL_H

#include <stdint.h>

#include "core/base/hash.h"
#include "core/db/ctx.h"
#include "core/meetings/upload.h"

struct upload_spool {
    int fd; /* -1: none */
    int64_t bytes;
    uint8_t sha256[SHA256_BYTES];
};

/* Called now and then while bytes arrive (at most every second), outside transactions; -1 ends the upload. */
typedef int (*upload_tick_fn)(struct ctx *cx, void *user, int64_t bytes);

/* Reads to the end. Errors: body_too_large, file_empty, disk_full, and the source's own. */
int upload_spool_fill(struct ctx *cx, struct upload_spool *s, upload_read_fn read, void *source,
                      upload_tick_fn tick, void *user);
void upload_spool_done(struct upload_spool *s);

#endif

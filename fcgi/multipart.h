/* SPDX-License-Identifier: MIT */
/*
 * multipart: one file out of a multipart/form-data body (RFC 7578) that arrives in pieces.
 *
 * The parts before the file are skipped, what follows it is read and checked to its end, so that half a body is never
 * taken for a whole one. Memory is two buffers, whatever the size of the file.
 */
#ifndef FCGI_MULTIPART_H
#define FCGI_MULTIPART_H

#include "fcgi/http.h"

struct multipart; /* opaque; in cx->arena */

/* Reads up to the content of the part `field`, which must be a file (have a file name). Errors: boundary_missing,
 * file_missing, multipart_invalid; and the body's own. `rq` is borrowed. */
int multipart_open(struct ctx *cx, const struct http_request *rq, const char *field,
                   struct multipart **out, struct slice *filename);

/* upload_read_fn: bytes of the file, 0 at its end once the whole body was seen. Errors: multipart_invalid, file_twice. */
long multipart_read(struct ctx *cx, void *multipart, void *buf, size_t n);

#endif

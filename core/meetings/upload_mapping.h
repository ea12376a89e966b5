/* SPDX-License-Identifier: MIT */
/*
 * upload_mapping: which header of a file is which column, saved under a name and proposed again for the same headers.
 *
 * Headers are compared by upload_header_key(), as upload_map_headers() does, so that "Correo_Electrónico" and "correo
 * electronico" are one. A mapping need not name all columns: what it leaves out is found by its usual names.
 *
 * All of it runs in the transaction that the caller opened.
 */
#ifndef CORE_MEETINGS_UPLOAD_MAPPING_H
#define CORE_MEETINGS_UPLOAD_MAPPING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/json.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"
#include "core/meetings/upload_column.h"

/* Strings are in the arena of the context that read them. */
struct upload_mapping {
    struct uuid id;
    const char *name;
    struct upload_names names; /* header by column, as written; NULL: not named */
    /* what the file's own look does not decide; NULL: it does */
    const char *encoding;   /* one of upload_encoding_names */
    const char *delimiter;  /* , ; tab or | */
    const char *date_order; /* one of upload_date_order_names */
    int64_t version;
};

/* Digest of the headers' keys (upload_header_key), in any order. */
struct uuid upload_headers_digest(struct arena *a, const struct slice *headers, size_t n);

/* {"client_name":"Cliente", ...}: at least one of the seven columns, each a header of its own of at most
 * LIMIT_NAME_CHARS. Errors name `path`.member: columns_invalid, column_unknown, header_invalid, header_twice. Copies are
 * in cx->arena. */
int upload_mapping_read_json(struct ctx *cx, const json_t *json, const char *path,
                             struct upload_names *out);

/* ERR_NOT_FOUND. */
int upload_mapping_get(struct ctx *cx, const struct uuid *id, struct upload_mapping *out);

/* The one to propose for a file with these headers: made for the same ones, else the newest whose columns are all among
 * them. *found says whether there is one; *out is untouched when not. */
int upload_mapping_propose(struct ctx *cx, const struct slice *headers, size_t n,
                           struct upload_mapping *out, bool *found);

/* For the API. `body` is {"name","headers","columns","settings"?}; it is checked whole before the database is asked. */
int upload_mapping_create(struct ctx *cx, const json_t *body, struct uuid *out);
/* `version` must be the one in force, else ERR_PRECONDITION version_stale; 0: whichever it is. */
int upload_mapping_replace(struct ctx *cx, const struct uuid *id, int64_t version,
                           const json_t *body);
int upload_mapping_delete(struct ctx *cx, const struct uuid *id, int64_t version);

/* One with its headers; *version is for its ETag. */
int upload_mapping_show(struct ctx *cx, const struct uuid *id, struct jw *w, int64_t *version);
/* {"mappings":[...]} by name, without their headers. */
int upload_mapping_list(struct ctx *cx, struct jw *w);
/* The same for a file with these headers (text of a JSON array), in the order to propose; each with `exact`. */
int upload_mapping_list_for(struct ctx *cx, struct slice headers, struct jw *w);

#endif

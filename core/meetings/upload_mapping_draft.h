/* SPDX-License-Identifier: MIT */
/*
 * upload_mapping_draft: what a client asks to be saved as a mapping, read and checked. Asks no database.
 */
#ifndef CORE_MEETINGS_UPLOAD_MAPPING_DRAFT_H
#define CORE_MEETINGS_UPLOAD_MAPPING_DRAFT_H

#include <jansson.h>
#include <stddef.h>

#include "core/base/limits.h"
#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/meetings/upload_mapping.h"

struct upload_mapping_draft {
    struct upload_mapping m; /* id and version are not a client's */
    struct slice name_key;
    struct slice headers[LIMIT_CSV_FIELDS];
    struct slice keys[LIMIT_CSV_FIELDS]; /* of the headers */
    size_t nheaders;
    struct uuid headers_key; /* digest of them */
};

/* The body of a request: {"name","headers","columns","settings"?}. ERR_INVALID names the member: member_unknown,
 * name_invalid, headers_invalid, header_invalid, header_unknown, setting_invalid, and those of
 * upload_mapping_read_json(). Copies are in cx->arena. */
int upload_mapping_draft_read(struct ctx *cx, const json_t *body, struct upload_mapping_draft *d);

/* The headers alone. `json` may be NULL. */
int upload_mapping_draft_headers(struct ctx *cx, const json_t *v, struct upload_mapping_draft *d);

#endif

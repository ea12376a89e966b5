/* SPDX-License-Identifier: MIT */
/*
 * audit: who did what, in the transaction that did it.
 *
 * The log holds names of fields and keyed digests of their values (HMAC-SHA-256, key CM_AUDIT_KEY and tenant), never
 * the values: a person can be erased and the log stay whole, and who has the key can still prove a value.
 */
#ifndef CORE_DB_AUDIT_H
#define CORE_DB_AUDIT_H

#include <stddef.h>

#include "core/base/slice.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

struct audit_field {
    const char *name;
    struct slice value; /* digested, not stored; p NULL: only the name is noted */
};

/* `action` is "object.verb" ("upload.create"); at most 64 fields. */
int audit_write(struct ctx *cx, const char *action, const char *object_kind,
                const struct uuid *object_id, const struct audit_field *fields, size_t n);

/* Moves the tenant's data version, so that no cached result is served again. Once a batch, late. */
int tenant_touch(struct ctx *cx);

#endif

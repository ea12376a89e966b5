/* SPDX-License-Identifier: MIT */
/*
 * ids: uuid[] parameters.
 */
#ifndef CORE_QUEUE_IDS_H
#define CORE_QUEUE_IDS_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/uuid.h"

/* {id,id}: n identifiers, the next one `stride` bytes after the last, so that a member of an array of structs will do. */
char *ids_text(struct arena *a, const struct uuid *first, size_t n, size_t stride);

#endif

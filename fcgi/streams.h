/* SPDX-License-Identifier: MIT */
/*
 * streams: how many uploads and exports each tenant has at hand, over all processes of the stream pool, so that one tenant cannot
 * occupy them all.
 *
 * Shared anonymous memory with one place a process; each writes its own only. Of two that begin at the same moment
 * both may be refused, never both let in beyond the cap.
 */
#ifndef FCGI_STREAMS_H
#define FCGI_STREAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/uuid.h"

struct streams;

/* Before the fork. NULL when the system gives no memory. */
struct streams *streams_new(size_t nslots);

/* A process takes over its slot at its start: what a killed predecessor left is forgotten. */
void streams_claim(struct streams *s, size_t slot);

/* False when the tenant has `most` already. */
bool streams_begin(struct streams *s, size_t slot, const struct uuid *tenant, size_t most);
void streams_end(struct streams *s, size_t slot);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * arena: memory of one request (or one job, or one command), freed all at once.
 *
 * Allocation never returns NULL. When the system is out of memory, or the arena would pass its cap, the
 * process writes one log line and exits: the master respawns it, nginx answers 502, a leased job comes
 * back. That is acceptable only because every size a user controls is checked against limits.h first.
 *
 * Invariants
 *   - Memory stays valid until arena_reset() or arena_free().
 *   - Hooks of arena_defer() run newest first, at reset and at free, exactly once.
 */
#ifndef CORE_BASE_ARENA_H
#define CORE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "core/base/slice.h"

struct arena; /* opaque */

/* `cap_bytes` > 0 bounds all that is allocated between two resets. */
struct arena *arena_new(size_t cap_bytes);
void arena_free(struct arena *a); /* NULL is fine */

/* Forgets everything; keeps one block for the next request, returns the rest to the system. */
void arena_reset(struct arena *a);

/* Aligned for any type, contents undefined. n == 0 gives a valid unique pointer. */
void *arena_alloc(struct arena *a, size_t n);
/* The same, zeroed; n * size is checked for overflow. */
void *arena_zalloc(struct arena *a, size_t n, size_t size);
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_slicedup(struct arena *a, struct slice s); /* terminated copy */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* For a foreign handle that must live as long as the arena's contents. */
void arena_defer(struct arena *a, void (*drop)(void *), void *handle);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *a);

/* `SCOPED(pg_drop) PGresult *r = ...;` calls pg_drop(&r) when r leaves its scope. */
#define SCOPED(dropper) __attribute__((cleanup(dropper)))

#endif

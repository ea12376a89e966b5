/* SPDX-License-Identifier: MIT */
/*
 * dev_issuer_used: names that were used once, in memory that all workers share.
 *
 * Made before the fork. Holds DEV_USED_PLACES names; when the neighbourhood of a new one is full,
 * an old one is forgotten. No locks: see the .c for why two workers cannot both be the first.
 */
#ifndef AUTH_DEV_ISSUER_USED_H
#define AUTH_DEV_ISSUER_USED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/slice.h"

enum { DEV_USED_PLACES = 4096 };

struct dev_used {
    _Atomic uint64_t id[DEV_USED_PLACES];
};

struct dev_used *dev_used_new(void); /* NULL: errno */
void dev_used_free(struct dev_used *u);

/* The short name of an id of some kind ("code", "session"); never 0. */
uint64_t dev_used_name(const char *kind, struct slice id);

bool dev_used_has(struct dev_used *u, uint64_t name);

/* True for the first who uses it, false for everybody after. */
bool dev_used_take(struct dev_used *u, uint64_t name);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * keys: the identity provider's keys, shared by all workers of one `serve`.
 *
 * The master makes the store before it forks. One process, "keys", is the only one that talks to
 * the provider: it fetches at its start (again with backoff until it has keys), then every five
 * minutes, and when a worker asks because of an unknown kid, at most every ten seconds. What it
 * read and checked is published in one anonymous shared block under a sequence counter. Everybody
 * else only reads.
 *
 * Invariants
 *   - One writer, no locks. A writer that dies while it publishes leaves the readers with the keys
 *     they had, and its successor repairs the counter.
 *   - Published keys are replaced only by a later set that jwks_parse() accepted: while the
 *     provider is down or answers rubbish, the old ones stay.
 *   - A reader never waits for the provider itself: keys_find() returns within KEYS_WAIT_MS, and
 *     waits at all only during the first KEYS_WAIT_MS of a fetch, so that unknown kids cannot
 *     occupy the workers.
 */
#ifndef AUTH_KEYS_H
#define AUTH_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/jwks.h"
#include "core/base/sb.h"
#include "core/base/slice.h"

enum {
    KEYS_REFRESH_MS =
        5 * 60 * 1000,            /* a key taken out of the JWKS is refused after so long at most */
    KEYS_COOLDOWN_MS = 10 * 1000, /* between two fetches that workers asked for */
    KEYS_RETRY_FIRST_MS = 250,    /* without any key: 250 ms, 500 ms, ... */
    KEYS_RETRY_MAX_MS = 10 * 1000,
    KEYS_WAIT_MS = 300,       /* what one request may wait for an unknown kid */
    KEYS_FETCH_MS = 5 * 1000, /* deadline of one fetch */
};

struct keys; /* opaque: the shared block and this process's copy of it */

/* Before the fork. NULL when the system gives no shared memory or event descriptor (errno). */
struct keys *keys_new(void);
void keys_free(
    struct keys *k); /* NULL is fine; the block itself lives as long as its last process */

/* ---- readers (workers) ---- */

/* The key that the token names, asking the keys process for a fresh set when it is unknown. NULL:
 * refuse. Valid until the next call with the same k. */
const struct jwks_key *keys_find(struct keys *k, struct slice kid, enum jwks_alg alg,
                                 int64_t deadline_ms);

/* Grows with every published change; 0 while there are no keys. What was decided under another
 * version is void. */
uint64_t keys_version(const struct keys *k);
bool keys_ready(const struct keys *k);

/* Seconds since the provider last gave a good set, -1 before the first; for metrics. */
int64_t keys_age_s(const struct keys *k);

/* ---- the writer (the keys process) ---- */

/* Puts the provider's JWKS text in *out (whose maximum is LIMIT_JWKS_BYTES), or returns -1 having
 * put a word for the log in *why. */
typedef int (*keys_fetch_fn)(void *user, struct sb *out, const char **why);

struct keys_source {
    keys_fetch_fn fetch;
    void *user;
};

/* Publishes if it differs from what is published. For the keys process, and for tests. */
void keys_publish(struct keys *k, const struct jwks *set);

/* One turn: fetches if due or asked for. Returns the milliseconds until the next is due. */
int64_t keys_turn(struct keys *k, const struct keys_source *source);

/* Waits until fd is readable or ms passed; false once the process should stop. proc_child_wait() in
 * one line. */
typedef bool (*keys_wait_fn)(void *user, int fd, int64_t ms);

/* Turn, wait, turn, until `wait` says stop. */
void keys_run(struct keys *k, const struct keys_source *source, keys_wait_fn wait, void *user);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * scoreboard: what every worker is doing, in memory shared by the master and all its children.
 *
 * One slot a process. A slot has one writer: the child that was given it; between two children, the master. Writers
 * never wait and readers never lock: a sequence counter tells a reader that it met a write, and it reads again.
 *
 * Counters belong to the slot, not to the process: they go on counting when a child is replaced, so their sum never
 * goes backwards (Prometheus needs that).
 */
#ifndef CORE_PROC_SCOREBOARD_H
#define CORE_PROC_SCOREBOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scoreboard; /* opaque; lives in shared memory */

enum slot_state {
    SLOT_EMPTY = 0, /* no process */
    SLOT_STARTING,  /* forked, not yet ready to work */
    SLOT_IDLE,
    SLOT_BUSY,
    SLOT_LEAVING, /* saw the wish to stop, finishing */
};

/* Upper bounds, in microseconds, of the duration histogram; durations beyond the last fall in one more bucket. */
#define SCOREBOARD_BUCKETS 14
extern const int64_t scoreboard_bucket_us[SCOREBOARD_BUCKETS];

struct scoreboard_view {
    /* the process */
    int64_t pid;
    int64_t state;         /* enum slot_state */
    int64_t generation;    /* of the master's rolls: 1, 2, ... */
    int64_t spawned_us;    /* UTC */
    uint64_t own_requests; /* of this process; the counters below are the slot's */
    int64_t rss_bytes;     /* as the worker last measured it; 0 before */
    char role[16];

    /* the request at hand (SLOT_BUSY) or the last one. The pattern of its route, never its path: ids stay out. */
    char method[8];
    char route[64];
    char request_id[64];
    int64_t begun_ms;    /* monotonic */
    int64_t begun_us;    /* UTC */
    int64_t deadline_ms; /* monotonic; 0: none */
    int64_t last_us;     /* how long the last finished one took */
    int64_t last_status;

    /* counters, monotonic over the life of the master */
    uint64_t spawned;  /* processes that had this slot */
    uint64_t accepted; /* connections */
    uint64_t requests; /* finished */
    uint64_t
        by_status[6]; /* [0]: no answer could be given (client gone, cut off); [1..5]: 1xx to 5xx */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t busy_us;
    uint64_t buckets[SCOREBOARD_BUCKETS + 1]; /* not cumulative */
};

/* Shared anonymous memory, inherited over fork. NULL when the system gives none (errno). 1 <= nslots <= 4096. */
struct scoreboard *scoreboard_new(size_t nslots);
void scoreboard_free(struct scoreboard *sb); /* NULL is fine; unmaps in this process only */
size_t scoreboard_slots(const struct scoreboard *sb);

/* A consistent copy. False when slot i was being written each time it was looked at (a writer killed in the middle,
 * until the master reaps it): then *out is as it was found, each number old or new. i < scoreboard_slots(). */
bool scoreboard_read(const struct scoreboard *sb, size_t i, struct scoreboard_view *out);

const char *slot_state_name(enum slot_state s); /* "idle", ... */

/* Which of the SCOREBOARD_BUCKETS + 1 buckets. */
size_t scoreboard_bucket(int64_t us);

/* For core/proc only. The writer keeps its copy in `mine` and publishes it whole. */
void scoreboard_publish(struct scoreboard *sb, size_t i, const struct scoreboard_view *mine);
/* By the master, when slot i's process is gone: mends a half-written slot, marks it empty, keeps the counters. */
void scoreboard_vacate(struct scoreboard *sb, size_t i);

#endif

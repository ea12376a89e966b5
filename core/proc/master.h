/* SPDX-License-Identifier: MIT */
/*
 * master: keeps the right number of worker processes alive. Used by `serve` and by `work`.
 *
 *   TERM, INT   drain: children finish what they do and leave; those still there after grace_ms are killed. A second
 *               one shortens the grace to quick_grace_ms.
 *   HUP         roll: one by one, a new child is started and ready before an old one is asked to leave, so that no
 *               connection meets an absent worker.
 *   USR1        log_reopen() here and in every child.
 *
 * A child that dies is replaced: at once when it retired or had lived long enough, else with a backoff that doubles.
 * A child whose request is past its deadline and margin is logged with its request id and ended: TERM, then KILL.
 *
 * States: RUNNING -> ROLLING -> RUNNING, either -> DRAINING -> DONE. The stronger never yields to the weaker.
 */
#ifndef CORE_PROC_MASTER_H
#define CORE_PROC_MASTER_H

#include <stddef.h>
#include <stdint.h>

#include "core/proc/child.h"
#include "core/proc/scoreboard.h"

/* One kind of worker. `run` is called in the child, after the fork; what it returns (enum proc_exit) is the exit
 * code. It must call proc_child_wait() or proc_child_stopping() between two pieces of work. */
struct proc_role {
    const char *name; /* at most 15 bytes */
    int count;        /* 0: none; at most 512 */
    int (*run)(struct proc_child *self, void *user);
    void *user;
};

/* Zero means the default in brackets. */
struct master_options {
    const struct proc_role *roles; /* borrowed */
    size_t nroles;
    const char
        *pid_file;    /* NULL: none. Held and locked while the master lives, removed at its end */
    int64_t grace_ms; /* drain [30000] */
    int64_t quick_grace_ms;  /* after a second TERM [1000] */
    int64_t stuck_margin_ms; /* beyond a request's deadline before TERM [5000] */
    int64_t stuck_kill_ms;   /* from that TERM to KILL [2000] */
    int64_t
        roll_wait_ms; /* how long a roll waits for an old child before it goes on with the next [5000] */
    int64_t start_ms;       /* a child that is not ready by then is killed [60000] */
    int64_t young_ms;       /* a child that dies sooner than this died young [2000] */
    int64_t backoff_ms;     /* first delay [100] */
    int64_t backoff_max_ms; /* longest [30000] */
};

struct master; /* opaque */

/* NULL: see errno, or pid_file is held by a live process (EEXIST); one log line says which. Blocks the signals above
 * from here on, so that none is lost before master_run(). */
struct master *master_new(const struct master_options *options);
const struct scoreboard *master_scoreboard(const struct master *m);

/* Returns when drained: 0, or 1 when children had to be killed. */
int master_run(struct master *m);
void master_free(struct master *m); /* restores the signal mask; NULL is fine */

#endif

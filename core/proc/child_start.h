/* SPDX-License-Identifier: MIT */
/*
 * child_start: how the master makes a child. Private to core/proc.
 */
#ifndef CORE_PROC_CHILD_START_H
#define CORE_PROC_CHILD_START_H

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/proc/child.h"
#include "core/proc/scoreboard.h"

struct child_birth {
    struct scoreboard *board;
    size_t slot;
    const char *role;
    int64_t generation;
    pid_t master;
};

/* In the new process, right after the fork, with all signals of the master still blocked. Never returns NULL; does not
 * return at all when the master died in between. */
struct proc_child *child_start(const struct child_birth *birth);

/* Leaves its slot tidy. */
void child_end(struct proc_child *self);

#endif

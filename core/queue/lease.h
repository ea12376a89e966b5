/* SPDX-License-Identifier: MIT */
/*
 * lease: the hold of a worker on the jobs it claimed, kept over a second connection.
 *
 * The first connection is inside the jobs' transaction; a heartbeat there would be seen only at its commit. A
 * heartbeat renews the lease of all jobs not yet ended, stores the progress of the one that runs, and learns which
 * are to be canceled and which are lost. It never waits for a row that is locked.
 */
#ifndef CORE_QUEUE_LEASE_H
#define CORE_QUEUE_LEASE_H

#include "core/proc/child.h"
#include "core/queue/queue.h"

enum lease_mark { LEASE_HELD, LEASE_ASKED, LEASE_LOST, LEASE_ENDED };

struct lease {
    const struct config *config;
    struct proc_child *self; /* NULL: nobody watches */
    struct db *aside;        /* the second connection */
    struct arena *arena;     /* of its statements */
    struct uuid id;
    const struct job *jobs; /* all of the batch */
    enum lease_mark *marks; /* one a job */
    size_t n;
    size_t doing;       /* whose handler runs; n: none */
    int64_t timeout_ms; /* of that one's kind */
    int64_t next_ms;    /* no heartbeat before */
};

/* A heartbeat if the last is a second old. That it could not be sent is no failure: the lease lasts for several. */
void lease_keep(struct lease *l);

/* -1 with the error set when the job `i` was canceled or lost, as far as is known. */
int lease_check(struct ctx *cx, const struct lease *l, size_t i);

#endif

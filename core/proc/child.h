/* SPDX-License-Identifier: MIT */
/*
 * child: what a worker process knows of itself: its slot, and whether it should stop.
 *
 * SIGTERM (stop), SIGUSR1 (reopen logs) are blocked while work runs and let in only inside proc_child_wait() and
 * proc_child_stopping(), so a request is never cut by a signal and an idle wait ends at once. SIGINT, SIGHUP and
 * SIGPIPE are ignored: the terminal's are the master's business.
 *
 * A child is told to stop also when its master dies.
 */
#ifndef CORE_PROC_CHILD_H
#define CORE_PROC_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/proc/scoreboard.h"

struct proc_child; /* opaque */

/* What the run function of a role returns; becomes the exit code. */
enum proc_exit {
    PROC_EXIT_OK = 0,      /* was asked to stop, and did */
    PROC_EXIT_FAILED = 1,  /* could not go on; replaced with backoff while children die young */
    PROC_EXIT_RETIRE = 64, /* worked long enough; replaced at once */
};

enum proc_wait { PROC_WAIT_READABLE, PROC_WAIT_TIMEOUT, PROC_WAIT_STOP };

/* Waits until fd is readable (-1: none), timeout_ms passed (-1: no timeout, the stop still ends it), or the wish to
 * stop arrived. STOP wins over READABLE: whoever is asked to leave takes nothing new. */
enum proc_wait proc_child_wait(struct proc_child *self, int fd, int64_t timeout_ms);

/* The same for a listening socket that all processes of a pool wait on: of those that are idle one wakes, not all of
 * them for one connection. (Measured with nginx in front, 32 connections, two cores: 8 workers 30,200 against 23,300
 * requests/s with ppoll(); 4 workers the same.) One fd for the life of the process, never closed before its end.
 * READABLE may come after the wish to stop: the wake-up was this process's alone, so it takes that connection before
 * it leaves. */
enum proc_wait proc_child_wait_shared(struct proc_child *self, int fd, int64_t timeout_ms);

/* Lets in signals that are pending; true once the child should stop. Cheap enough for every loop of a long job. */
bool proc_child_stopping(struct proc_child *self);

/* The child is up: connections can be made to it. A roll waits for this before it asks an old child to leave. Also
 * done by the first proc_child_wait(). */
void proc_child_ready(struct proc_child *self);

/* A connection was accepted, or a job claimed: counts it and marks the slot busy until proc_request_end(). Strings
 * are copied, cut to the slot's sizes; NULL leaves them blank. deadline_ms (monotonic; 0: none): past it and a
 * margin the master ends this process. */
void proc_request_begin(struct proc_child *self, const char *method, const char *route,
                        const char *request_id, int64_t deadline_ms);
/* Once more is known. NULL or 0 leaves a field as it is. */
void proc_request_update(struct proc_child *self, const char *method, const char *route,
                         const char *request_id, int64_t deadline_ms);
/* status 0: no answer could be given. A connection that brought no request: proc_request_cancel(). */
void proc_request_end(struct proc_child *self, int status, uint64_t bytes_in, uint64_t bytes_out);
void proc_request_cancel(struct proc_child *self);

uint64_t proc_child_requests(const struct proc_child *self); /* finished by this process */
const char *proc_child_role(const struct proc_child *self);
size_t proc_child_slot(const struct proc_child *self);

/* Resident memory of this process now; also noted in the slot. 0 when /proc cannot be read. */
int64_t proc_child_rss_bytes(struct proc_child *self);

/* The whole board, for /api/status and /metrics. */
const struct scoreboard *proc_child_scoreboard(const struct proc_child *self);

/* A child without a master, for tests and for commands that run a role's function in the foreground: its own
 * one-slot board, the caller's signals as they are until the first wait. NULL when memory is refused. */
struct proc_child *proc_child_alone(const char *role);
void proc_child_free(struct proc_child *self); /* of proc_child_alone(); NULL is fine */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * pidfile: one live process per file. The lock (flock) is the truth, the number inside is for people and scripts;
 * a file left by a process that died is taken over.
 */
#ifndef CORE_PROC_PIDFILE_H
#define CORE_PROC_PIDFILE_H

#include <stdint.h>

/* Puts this process's id at `path`, whole or not at all (rename), locked. Returns a descriptor to keep, or -1: errno
 * EEXIST when a live process holds it (its id in *holder, 0 when unreadable; may be NULL), else the system's reason. */
int pidfile_take(const char *path, int64_t *holder);

/* Removes the file and lets go. -1 is fine. */
void pidfile_drop(const char *path, int fd);

/* The live holder's id; 0 when nobody holds it. */
int64_t pidfile_holder(const char *path);

#endif

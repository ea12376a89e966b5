/* SPDX-License-Identifier: MIT */
#include "core/proc/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/slice.h"

enum { TRIES = 10 };

static int64_t read_id(int fd)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof text, 0);
    int64_t id;

    return n > 0 && slice_to_i64(slice_trim((struct slice){text, (size_t)n}), &id) && id > 0 ? id
                                                                                             : 0;
}

/* The name still leads to the file that fd has open. */
static bool is_named(int fd, const char *path)
{
    struct stat mine;
    struct stat named;

    return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_dev == named.st_dev &&
           mine.st_ino == named.st_ino;
}

/* The old file, or an empty new one, locked: whoever has it may replace the name. */
static int lock_name(const char *path, int64_t *holder)
{
    for (int i = 0; i < TRIES; i++) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
            const int why = errno;

            if (holder)
                *holder = read_id(fd);
            close(fd);
            errno = why == EWOULDBLOCK ? EEXIST : why;
            return -1;
        }
        if (is_named(fd, path))
            return fd;
        close(fd); /* it was replaced between open and lock */
    }
    errno = EAGAIN;
    return -1;
}

static int write_new(const char *path)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 || write(fd, text, (size_t)n) != n) {
        const int why = errno ? errno : ENOSPC;

        close(fd);
        (void)unlink(path);
        errno = why;
        return -1;
    }
    return fd;
}

int pidfile_take(const char *path, int64_t *holder)
{
    char next[PATH_MAX];
    int old;
    int fd;
    int why;

    if (snprintf(next, sizeof next, "%s.%ld", path, (long)getpid()) >= (int)sizeof next) {
        errno = ENAMETOOLONG;
        return -1;
    }
    old = lock_name(path, holder);
    if (old < 0)
        return -1;
    fd = write_new(next);
    if (fd >= 0 && rename(next, path) < 0) {
        why = errno;
        (void)unlink(next);
        close(fd);
        fd = -1;
        errno = why;
    }
    why = errno;
    close(old); /* only now: until the rename its lock kept others out */
    errno = why;
    return fd;
}

void pidfile_drop(const char *path, int fd)
{
    if (fd < 0)
        return;
    if (is_named(fd, path))
        (void)unlink(path);
    close(fd);
}

int64_t pidfile_holder(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int64_t id = 0;

    if (fd < 0)
        return 0;
    /* a shared lock fails while the exclusive one is held, and two who ask do not disturb one another */
    if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        id = read_id(fd);
    close(fd);
    return id;
}

/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { PIECE_BYTES = 64 << 10, TICK_MS = 1000 };

static int spool_failed(struct ctx *cx, const char *what)
{
    const int why = errno;

    if (why == ENOSPC || why == EDQUOT)
        ctx_fail(cx, ERR_UNAVAILABLE, "disk_full", NULL, "no room for the file at the moment");
    else
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
    return err_detail(&cx->err, "spool %s: %s", what, strerror(why));
}

static int write_all(struct ctx *cx, int fd, const char *p, size_t n)
{
    while (n) {
        const ssize_t w = write(fd, p, n);

        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return spool_failed(cx, "write");
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

static int take(struct ctx *cx, struct upload_spool *s, struct hash_stream *h, const char *piece,
                size_t n)
{
    const int64_t most = cx->config->upload_max_bytes;

    if (s->bytes + (int64_t)n > most) {
        ctx_fail(cx, ERR_TOO_LARGE, "body_too_large", "file", "the file may have %lld bytes",
                 (long long)most);
        return err_params(&cx->err, "{\"max_bytes\":%lld}", (long long)most);
    }
    hash_update(h, piece, n);
    s->bytes += (int64_t)n;
    return write_all(cx, s->fd, piece, n);
}

int upload_spool_fill(struct ctx *cx, struct upload_spool *s, upload_read_fn read_body,
                      void *source, upload_tick_fn tick, void *user)
{
    int64_t next_ms = clock_mono_ms() + TICK_MS;
    struct hash_stream h;
    char piece[PIECE_BYTES];
    int status = 0;
    long n;

    *s = (struct upload_spool){
        .fd = open(cx->config->spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (s->fd < 0)
        return spool_failed(cx, "open");
    hash_begin(&h);
    while (status == 0 && (n = read_body(cx, source, piece, sizeof piece)) != 0) {
        status = n < 0 ? -1 : take(cx, s, &h, piece, (size_t)n);
        if (status == 0 && tick && clock_mono_ms() >= next_ms) {
            status = tick(cx, user, s->bytes);
            next_ms = clock_mono_ms() + TICK_MS;
        }
    }
    hash_end(&h, s->sha256);
    if (status == 0 && s->bytes == 0)
        return ctx_fail(cx, ERR_INVALID, "file_empty", "file", "the file is empty");
    return status;
}

void upload_spool_done(struct upload_spool *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

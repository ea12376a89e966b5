/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/base/limits.h"

static int read_failed(struct ctx *cx)
{
    const int why = errno;

    ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
    return err_detail(&cx->err, "read of the spooled file: %s", strerror(why));
}

int source_read_at(struct ctx *cx, int fd, int64_t at, char *buf, size_t n, size_t *got)
{
    size_t have = 0;

    while (have < n) {
        const ssize_t r = pread(fd, buf + have, n - have, at + (int64_t)have);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return read_failed(cx);
        if (r == 0)
            break;
        have += (size_t)r;
    }
    *got = have;
    return 0;
}

void source_begin(struct source *s, int fd, const struct upload_format *f)
{
    s->fd = fd;
    s->from = f->encoding;
    s->at = f->bom && f->encoding == CHARSET_UTF8 ? 3 : 0; /* UTF-8 goes round the converter */
    s->ended = false;
    charset_begin(&s->stream, f->encoding);
}

int source_next(struct ctx *cx, struct source *s, struct slice *out)
{
    size_t n = 0;

    if (s->ended)
        return 0;
    if (source_read_at(cx, s->fd, s->at, s->raw, sizeof s->raw, &n) < 0)
        return -1;
    s->at += (int64_t)n;
    s->ended = n < sizeof s->raw;
    if (s->from == CHARSET_UTF8) {
        *out = (struct slice){s->raw, n};
        return 1;
    }
    n = charset_push(&s->stream, s->raw, n, s->text);
    if (s->ended)
        n += charset_end(&s->stream, s->text + n);
    *out = (struct slice){s->text, n};
    return 1;
}

struct csv *source_parser(const struct upload_format *f, csv_record_fn fn, void *user)
{
    return csv_new(&(struct csv_limits){.record_bytes = LIMIT_CSV_RECORD_BYTES,
                                        .field_bytes = LIMIT_CSV_FIELD_BYTES,
                                        .fields = LIMIT_CSV_FIELDS,
                                        .delimiter = f->delimiter},
                   fn, user);
}

int source_quote_failed(struct ctx *cx, const struct csv *p)
{
    const unsigned long long line = csv_line(p);

    ctx_fail(cx, ERR_INVALID, "csv_quote", "file",
             "the quotes of the row at line %llu do not close", line);
    return err_params(&cx->err, "{\"line\":%llu}", line);
}

void source_drop_parser(struct csv **p)
{
    csv_free(*p);
}

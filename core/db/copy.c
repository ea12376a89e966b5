/* SPDX-License-Identifier: MIT */
#include "core/db/copy.h"

#include <string.h>

enum {
    PIECE_BYTES = 256 << 10,
    DAYS_TO_2000 = 10957, /* PostgreSQL counts its days from 2000-01-01 */
};

static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"; /* no flags, no extension */

static void put_be(struct sb *b, uint64_t v, int bytes)
{
    char out[8];

    for (int i = 0; i < bytes; i++)
        out[i] = (char)(v >> (8 * (bytes - 1 - i)));
    sb_put(b, out, (size_t)bytes);
}

static int flush(struct copy *c)
{
    if (c->status == 0 && !sb_ok(&c->buf)) {
        c->status = ctx_fail(c->cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        err_detail(&c->cx->err, "a row of COPY is larger than its bound");
    }
    if (c->status == 0)
        c->status = db_copy_put(c->cx, c->buf.p, c->buf.n);
    sb_clear(&c->buf);
    return c->status;
}

int copy_begin(struct copy *c, struct ctx *cx, enum sql_id id, size_t max_row_bytes)
{
    *c = (struct copy){.cx = cx};
    sb_init(&c->buf, PIECE_BYTES + max_row_bytes);
    c->status = db_copy_begin(cx, id);
    sb_put(&c->buf, header, sizeof header - 1);
    return c->status;
}

int copy_end(struct copy *c, int64_t *rows)
{
    put_be(&c->buf, UINT16_MAX, 2); /* -1: no more rows */
    return flush(c) < 0 ? -1 : db_copy_end(c->cx, rows);
}

void copy_done(struct copy *c)
{
    sb_done(&c->buf);
}

int copy_row(struct copy *c, int columns)
{
    if (c->buf.n >= PIECE_BYTES && flush(c) < 0)
        return -1;
    put_be(&c->buf, (uint64_t)columns, 2);
    return c->status;
}

void copy_i64(struct copy *c, int64_t v)
{
    put_be(&c->buf, 8, 4);
    put_be(&c->buf, (uint64_t)v, 8);
}

void copy_i32(struct copy *c, int32_t v)
{
    put_be(&c->buf, 4, 4);
    put_be(&c->buf, (uint32_t)v, 4);
}

void copy_bool(struct copy *c, bool v)
{
    put_be(&c->buf, 1, 4);
    sb_putc(&c->buf, v ? 1 : 0);
}

void copy_day(struct copy *c, int32_t d)
{
    put_be(&c->buf, 4, 4);
    put_be(&c->buf, (uint32_t)(d - DAYS_TO_2000), 4);
}

void copy_uuid(struct copy *c, const struct uuid *u)
{
    put_be(&c->buf, sizeof u->b, 4);
    sb_put(&c->buf, u->b, sizeof u->b);
}

void copy_text(struct copy *c, struct slice s)
{
    put_be(&c->buf, s.n, 4);
    sb_slice(&c->buf, s);
}

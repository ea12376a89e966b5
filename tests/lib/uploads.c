/* SPDX-License-Identifier: MIT */
#include "tests/lib/uploads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/db/copy.h"
#include "core/meetings/meeting.h"
#include "core/queue/runner.h"
#include "tests/lib/testdb.h"

long uploads_read(struct ctx *cx, void *slice, void *buf, size_t n)
{
    struct slice *s = slice;
    const size_t take = s->n < n ? s->n : n;

    (void)cx;
    memcpy(buf, s->p, take);
    s->p += take;
    s->n -= take;
    return (long)take;
}

int uploads_send(struct ctx *cx, struct slice text, const struct upload_options *o,
                 struct upload *out)
{
    const struct upload_options none = {0};

    testdb_fresh(cx);
    cx->deadline_ms = clock_mono_ms() + 60000;
    return upload_receive(cx, SLICE("meetings.csv"), o ? o : &none, uploads_read, &text, out);
}

struct upload uploads_must(struct ctx *cx, const char *csv, const struct upload_options *o)
{
    struct upload up = {0};
    const struct upload_counts *n = &up.counts;

    if (uploads_send(cx, slice_cstr(csv), o, &up) < 0) {
        fprintf(stderr, "upload: %s: %s %s\n", cx->err.reason, cx->err.message, cx->err.internal);
        abort();
    }
    if (n->created + n->updated + n->duplicate + n->invalid + n->skipped != n->rows) {
        fprintf(stderr, "upload: the counts do not add up\n");
        abort();
    }
    return up;
}

const struct slice uploads_copy_header = {"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
const struct slice uploads_copy_end = {"\377\377", 2};

struct slice uploads_copy_row(void)
{
    static const struct uuid id = {{0xaa}};
    static struct copy c; /* nothing of it is flushed: only its buffer is wanted */

    if (c.buf.n)
        return sb_get(&c.buf);
    sb_init(&c.buf, 4096);
    copy_row(&c, 15);
    copy_i64(&c, 1);
    for (int i = 0; i < 5; i++)
        copy_uuid(&c, &id);
    copy_text(&c, SLICE("client"));
    copy_text(&c, SLICE("a@b"));
    copy_text(&c, SLICE("1"));
    copy_day(&c, 19723);
    copy_text(&c, SLICE("Toro"));
    copy_text(&c, SLICE("toro"));
    copy_bool(&c, true);
    copy_text(&c, SLICE("some words"));
    copy_i32(&c, 1);
    return sb_get(&c.buf);
}

void uploads_read_all(struct testdb *db)
{
    static const struct job_kind kinds[] = {
        {.name = MEETING_READ,
         .run = meeting_read_job,
         .dead = meeting_read_dead,
         .timeout_ms = 5000},
        {.name = UPLOAD_ENQUEUE, .run = upload_enqueue_job, .timeout_ms = 5000, .alone = true}};
    struct ctx *worker = testdb_ctx(db);
    const struct runner_options o = {.config = worker->config, .kinds = kinds, .nkinds = 2};
    int n;

    do
        n = runner_turn(worker, &o, NULL);
    while (n > 0);
    if (n < 0) {
        fprintf(stderr, "readings: %s %s\n", worker->err.reason, worker->err.internal);
        abort();
    }
}

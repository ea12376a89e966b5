/* SPDX-License-Identifier: MIT */
/* Receiving an upload, or only looking at it: the file first, then what it says. */
#include "core/meetings/upload.h"

#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/db/db.h"
#include "core/meetings/upload_load.h"
#include "core/meetings/upload_mapping.h"
#include "core/meetings/upload_spool.h"

enum { FAIL_MS = 5000 }; /* to note a failure after the request's own deadline */

static int note_begin(struct ctx *cx, const struct upload *up, const struct upload_options *o)
{
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, upload_may_write) < 0)
        return -1;
    if (db_exec(cx, SQL_UPLOAD_BEGIN,
                (const struct db_arg[]){
                    db_uuid(&cx->who.tenant), db_uuid(&up->id), db_text(up->filename),
                    cx->who.kind == PRINCIPAL_USER ? db_uuid(&cx->who.user) : db_null(),
                    o->expected_bytes > 0 ? db_i64(o->expected_bytes) : db_null()},
                NULL) < 0)
        return -1;
    return db_commit(cx);
}

/* ERR_CONFLICT upload_gone: it was taken back while it said nothing. */
static int note_progress(struct ctx *cx, const struct upload *up, const char *state, int64_t bytes)
{
    int64_t affected = 0;

    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, upload_may_write) < 0)
        return -1;
    if (db_exec(cx, SQL_UPLOAD_PROGRESS_NOTE,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&up->id), db_text(state),
                                        db_i64(bytes)},
                &affected) < 0)
        return -1;
    return affected == 1 ? db_commit(cx) : upload_load_gone(cx);
}

/* upload_tick_fn. A progress that cannot be noted stops nobody: the load will say what is wrong with the database. */
static int tick(struct ctx *cx, void *user, int64_t bytes)
{
    if (note_progress(cx, user, "receiving", bytes) < 0) {
        db_rollback(cx);
        err_clear(&cx->err);
    }
    return 0;
}

static int write_failure(struct upload_load *l, const struct err *why)
{
    struct ctx *cx = l->cx;
    const struct upload_format *f = l->format;
    const struct db_arg args[] = {
        db_uuid(&cx->who.tenant),
        db_uuid(&l->up->id),
        db_text(why->reason),
        db_i64(l->up->bytes),
        db_i64(l->up->counts.rows),
        db_i64(l->up->counts.invalid),
        db_text(upload_load_settings(l)),
        db_text(db_text_array(cx->arena, f ? f->headers : NULL, f ? f->nheaders : 0)),
    };

    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, upload_may_write) < 0 ||
        db_exec(cx, SQL_UPLOAD_FAIL, args, NULL) < 0 ||
        upload_problems_store(cx, &l->problems, &l->up->id) < 0)
        return -1;
    return db_commit(cx);
}

/* The row says how it ended, with what is wrong with its rows; cx->err, which the client gets, stays as it was. */
static void note_failure(struct upload_load *l)
{
    struct ctx *cx = l->cx;
    const struct err why = cx->err;
    const int64_t deadline_ms = cx->deadline_ms;

    db_rollback(cx);
    err_clear(&cx->err);
    cx->deadline_ms = clock_mono_ms() + FAIL_MS;
    if (write_failure(l, &why) < 0)
        db_rollback(cx); /* then the list calls it interrupted, once it is old enough */
    cx->err = why;
    cx->deadline_ms = deadline_ms;
}

/* Control characters, and marks that turn what follows around: "a<U+202E>vsc.exe" would read "aexe.csv". */
static bool is_unfit(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || (cp >= 0x2028 && cp <= 0x202E) ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0x061C || unicode_is_invisible(cp);
}

static struct slice without_unfit(struct arena *a, struct slice s)
{
    char *out = arena_alloc(a, s.n + 1);
    size_t n = 0;
    unsigned used;

    for (size_t i = 0; i < s.n; i += used) {
        if (is_unfit(utf8_decode(s, i, &used)))
            continue;
        memcpy(out + n, s.p + i, used);
        n += used;
    }
    return (struct slice){out, n};
}

/* The last part of whatever path a browser sent, in valid UTF-8, bounded, without what cannot be seen. */
static const char *clean_filename(struct ctx *cx, struct slice name)
{
    for (size_t i = name.n; i-- > 0;) {
        if (name.p[i] == '/' || name.p[i] == '\\') {
            name = (struct slice){name.p + i + 1, name.n - i - 1};
            break;
        }
    }
    if (!utf8_valid(name) || (name.n && memchr(name.p, '\0', name.n)))
        return "upload.csv";
    name = slice_trim(without_unfit(cx->arena, name));
    if (!name.n)
        return "upload.csv";
    return arena_slicedup(cx->arena, utf8_cut(name, LIMIT_FILENAME_CHARS));
}

/* What a saved mapping says, where the sender says nothing itself. Outside a transaction. */
static int choose(struct ctx *cx, const struct upload_options *o, struct upload_mapping *saved,
                  struct upload_choice *out)
{
    struct upload_choice c = o->format;

    if (o->mapping) {
        if (db_begin(cx, DB_READ, DB_ENTER_CALLER, upload_may_write) < 0 ||
            upload_mapping_get(cx, o->mapping, saved) < 0 || db_commit(cx) < 0)
            return -1;
        if (!c.mapping)
            c.mapping = &saved->names;
        if (!c.encoding.n)
            c.encoding = slice_cstr(saved->encoding);
        if (!c.delimiter.n)
            c.delimiter = slice_cstr(saved->delimiter);
        if (!c.date_order.n)
            c.date_order = slice_cstr(saved->date_order);
    }
    *out = c;
    return 0;
}

static int receive(struct upload_load *l, const struct upload_choice *choice,
                   struct upload_spool *spool, struct upload_format *format, upload_read_fn read,
                   void *source)
{
    struct ctx *cx = l->cx;
    struct upload *up = l->up;

    if (upload_spool_fill(cx, spool, read, source, tick, up) < 0) {
        up->bytes = spool->bytes;
        return -1;
    }
    up->bytes = spool->bytes;
    if (upload_format_detect(cx, spool->fd, spool->bytes, choice, format) < 0)
        return -1;
    l->spool = spool;
    l->format = format;
    if (note_progress(cx, up, "loading", up->bytes) < 0)
        return -1;
    return upload_load_run(l);
}

int upload_receive(struct ctx *cx, struct slice filename, const struct upload_options *options,
                   upload_read_fn read, void *source, struct upload *out)
{
    struct upload up = {.id = uuid_new(), .filename = clean_filename(cx, filename)};
    struct upload_spool spool = {.fd = -1};
    struct upload_mapping saved;
    struct upload_choice choice;
    struct upload_format format;
    struct upload_load l;
    int status;

    /* An unknown mapping is a mistake in the request, before there is an upload. */
    if (choose(cx, options, &saved, &choice) < 0 || note_begin(cx, &up, options) < 0) {
        db_rollback(cx);
        return -1;
    }
    upload_load_init(&l, cx, &up, options, LIMIT_UPLOAD_ERRORS);
    status = receive(&l, &choice, &spool, &format, read, source);
    if (status < 0)
        note_failure(&l);
    else
        *out = up;
    upload_load_done(&l);
    upload_spool_done(&spool);
    return status;
}

/* ---- preview ---- */

static void write_missing(struct jw *w, unsigned missing)
{
    jw_key(w, "missing");
    jw_array(w);
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (missing & 1u << c)
            jw_str(w, upload_column_names[c]);
    }
    jw_end(w);
}

static int write_proposal(struct upload_load *l, struct jw *w)
{
    struct ctx *cx = l->cx;
    struct upload_mapping m;
    bool found = false;

    jw_key(w, "mapping_proposal");
    if (db_begin(cx, DB_READ, DB_ENTER_CALLER, upload_may_write) < 0 ||
        upload_mapping_propose(cx, l->format->headers, l->format->nheaders, &m, &found) < 0 ||
        db_commit(cx) < 0)
        return -1;
    if (!found) {
        jw_null(w);
        return 0;
    }
    jw_object(w);
    jw_kuuid(w, "mapping_id", &m.id);
    jw_kstr(w, "name", m.name);
    jw_key(w, "columns");
    jw_object(w);
    for (int c = 0; c < UPLOAD_COLUMNS; c++)
        jw_kstr(w, upload_column_names[c], m.names.header[c]);
    jw_end(w);
    jw_end(w);
    return 0;
}

static int write_preview(struct upload_load *l, unsigned missing, struct jw *w)
{
    jw_object(w);
    jw_key(w, "settings");
    upload_format_to_json(l->format, w);
    write_missing(w, missing);
    jw_key(w, "rows");
    jw_end(&l->shown_json);
    jw_raw(w, sb_ok(&l->shown) ? sb_get(&l->shown) : SLICE("[]"));
    jw_key(w, "would");
    if (missing) {
        jw_null(w);
    } else {
        jw_object(w);
        upload_counts_to_json(&l->up->counts, w);
        jw_end(w);
    }
    jw_key(w, "errors");
    jw_raw(w, upload_problems_json(&l->problems));
    if (write_proposal(l, w) < 0)
        return -1;
    jw_end(w);
    return 0;
}

static int look(struct upload_load *l, struct upload_spool *spool, struct upload_format *format,
                upload_read_fn read, void *source, struct jw *w)
{
    struct ctx *cx = l->cx;
    struct upload_mapping saved;
    struct upload_choice choice;
    unsigned missing;

    if (choose(cx, l->options, &saved, &choice) < 0)
        return -1;
    choice.missing_ok = true;
    if (upload_spool_fill(cx, spool, read, source, NULL, NULL) < 0 ||
        upload_format_detect(cx, spool->fd, spool->bytes, &choice, format) < 0)
        return -1;
    l->spool = spool;
    l->format = format;
    missing = upload_map_missing(&format->map);
    if (missing ? upload_load_show(l) < 0 : upload_load_try(l) < 0)
        return -1;
    return write_preview(l, missing, w);
}

int upload_preview(struct ctx *cx, const struct upload_options *options, upload_read_fn read,
                   void *source, struct jw *w)
{
    struct upload up = {.id = uuid_new(), .filename = ""};
    struct upload_spool spool = {.fd = -1};
    struct upload_format format;
    struct upload_load l;
    int status;

    upload_load_init(&l, cx, &up, options, UPLOAD_SHOWN_PROBLEMS);
    status = look(&l, &spool, &format, read, source, w);
    upload_load_done(&l);
    upload_spool_done(&spool);
    return status;
}

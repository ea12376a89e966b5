/* SPDX-License-Identifier: MIT */
/* Taking an upload back. The order of the statements matters: what it changed is put back before what it made goes. */
#include <string.h>

#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/meetings/doomed.h"
#include "core/meetings/upload.h"
#include "core/meetings/upload_load.h"
#include "core/queue/queue.h"

struct undo {
    struct ctx *cx;
    struct db_arg key[2]; /* tenant, upload */
    bool has_meetings;
    struct uuid last_meeting;
    int64_t restored;
    int64_t kept_changed;
};

static int find(struct undo *u)
{
    struct ctx *cx = u->cx;
    SCOPED(pg_drop) PGresult *r = NULL;

    if (db_exec(cx, SQL_UPLOAD_LOCK, u->key, NULL) < 0)
        return -1;
    r = db_query_one(cx, SQL_UPLOAD_UNDO_LOCK,
                     (const struct db_arg[]){u->key[0], u->key[1],
                                             db_i64(upload_silent_ms(cx->config)),
                                             db_i64(cx->config->stream_ms)});
    if (!r)
        return -1;
    if (strcmp(pg_text(r, 0, 1), "loading") == 0 || strcmp(pg_text(r, 0, 1), "receiving") == 0) {
        if (!pg_bool(r, 0, 2)) /* not silent: somebody is at it */
            return ctx_fail(cx, ERR_CONFLICT, "upload_running", NULL,
                            "the upload is still running");
    }
    u->has_meetings = pg_uuid(r, 0, 0, &u->last_meeting);
    return 0;
}

/* Meetings that it changed, unless somebody changed them since. */
static int restore(struct undo *u)
{
    struct ctx *cx = u->cx;
    SCOPED(pg_drop) PGresult *kept = NULL;

    if (db_exec(cx, SQL_UPLOAD_UNDO_RESTORE_CREATE, NULL, NULL) < 0 ||
        db_exec(cx, SQL_UPLOAD_UNDO_RESTORE_FILL, u->key, &u->restored) < 0)
        return -1;
    kept = db_query_one(cx, SQL_UPLOAD_UNDO_KEPT, u->key);
    if (!kept)
        return -1;
    u->kept_changed = pg_i64(kept, 0, 0, 0);
    if (u->restored == 0)
        return 0;
    /* transcripts before facts, as the readers lock them */
    return db_exec(cx, SQL_UPLOAD_UNDO_MEETINGS, u->key, NULL) < 0 ||
                   db_exec(cx, SQL_UPLOAD_UNDO_TRANSCRIPTS, u->key, NULL) < 0 ||
                   db_exec(cx, SQL_UPLOAD_UNDO_FACTS, u->key, NULL) < 0 ||
                   db_exec(cx, SQL_UPLOAD_UNDO_JOBS, u->key, NULL) < 0 ||
                   db_exec(cx, SQL_UPLOAD_UNDO_REVISIONS, u->key, NULL) < 0 || queue_notify(cx) < 0
               ? -1
               : 0;
}

static int doom_meetings(struct undo *u, struct jw *w)
{
    struct ctx *cx = u->cx;

    if (doomed_begin(cx) < 0)
        return -1;
    if (u->has_meetings &&
        db_exec(cx, SQL_UPLOAD_UNDO_DOOM,
                (const struct db_arg[]){u->key[0], u->key[1], db_uuid(&u->last_meeting)}, NULL) < 0)
        return -1;
    return doomed_delete(cx, w);
}

int upload_undo(struct ctx *cx, const struct uuid *id, struct jw *w)
{
    struct undo u = {.cx = cx, .key = {db_uuid(&cx->who.tenant), db_uuid(id)}};

    if (find(&u) < 0 || restore(&u) < 0)
        return -1;
    jw_object(w);
    jw_key(w, "removed");
    if (doom_meetings(&u, w) < 0)
        return -1;
    jw_ki64(w, "restored", u.restored);
    jw_ki64(w, "kept_changed", u.kept_changed);
    jw_end(w);
    if (db_exec(cx, SQL_UPLOAD_DELETE, u.key, NULL) < 0 ||
        audit_write(cx, "upload.undo", "upload", id, NULL, 0) < 0)
        return -1;
    return tenant_touch(cx);
}

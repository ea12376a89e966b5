/* SPDX-License-Identifier: MIT */
#include "core/meetings/upload_mapping.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/base/sb.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/meetings/upload_mapping_draft.h"

enum { JSON_BYTES = 64 << 10 };

/* ---- writing ---- */

static const char *columns_json(struct ctx *cx, const struct upload_mapping *m)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    sb_init(&text, JSON_BYTES);
    jw_init(&w, &text);
    jw_object(&w);
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (m->names.header[c])
            jw_kstr(&w, upload_column_names[c], m->names.header[c]);
    }
    jw_end(&w);
    return arena_slicedup(cx->arena, sb_get(&text));
}

static const char *settings_json(struct ctx *cx, const struct upload_mapping *m)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    sb_init(&text, JSON_BYTES);
    jw_init(&w, &text);
    jw_object(&w);
    if (m->encoding)
        jw_kstr(&w, "encoding", m->encoding);
    if (m->delimiter)
        jw_kstr(&w, "delimiter", m->delimiter);
    if (m->date_order)
        jw_kstr(&w, "date_order", m->date_order);
    jw_end(&w);
    return arena_slicedup(cx->arena, sb_get(&text));
}

static const char *column_keys(struct ctx *cx, const struct upload_mapping *m)
{
    struct slice keys[UPLOAD_COLUMNS];
    size_t n = 0;

    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (m->names.header[c])
            keys[n++] = upload_header_key(cx->arena, slice_cstr(m->names.header[c]));
    }
    return db_text_array(cx->arena, keys, n);
}

static int note(struct ctx *cx, const char *action, const struct uuid *id,
                const struct upload_mapping_draft *d)
{
    const struct audit_field fields[] = {{"name", slice_cstr(d->m.name)},
                                         {"headers", {0}},
                                         {"columns", slice_cstr(columns_json(cx, &d->m))},
                                         {"settings", slice_cstr(settings_json(cx, &d->m))}};

    return audit_write(cx, action, "upload_mapping", id, fields, sizeof fields / sizeof *fields);
}

/* Takes the tenant's lock; a name that another mapping has, or no room for one more, is a conflict. */
static int check_room(struct ctx *cx, const struct uuid *id, const struct upload_mapping_draft *d,
                      bool one_more)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    if (db_exec(cx, SQL_UPLOAD_MAPPING_LOCK, (const struct db_arg[]){db_uuid(&cx->who.tenant)},
                NULL) < 0)
        return -1;
    r = db_query_one(
        cx, SQL_UPLOAD_MAPPING_ROOM,
        (const struct db_arg[]){db_uuid(&cx->who.tenant), db_slice(d->name_key), db_uuid(id)});
    if (!r)
        return -1;
    if (pg_bool(r, 0, 1))
        return ctx_fail(cx, ERR_CONFLICT, "name_taken", "name", "another mapping has this name");
    if (one_more && pg_i64(r, 0, 0, 0) >= LIMIT_UPLOAD_MAPPINGS) {
        ctx_fail(cx, ERR_CONFLICT, "too_many_mappings", NULL, "at most %d mappings",
                 LIMIT_UPLOAD_MAPPINGS);
        return err_params(&cx->err, "{\"max\":%d}", LIMIT_UPLOAD_MAPPINGS);
    }
    return 0;
}

int upload_mapping_create(struct ctx *cx, const json_t *body, struct uuid *out)
{
    const struct uuid id = uuid_new();
    struct upload_mapping_draft d = {0};

    if (upload_mapping_draft_read(cx, body, &d) < 0 || check_room(cx, &id, &d, true) < 0)
        return -1;
    if (db_exec(cx, SQL_UPLOAD_MAPPING_INSERT,
                (const struct db_arg[]){
                    db_uuid(&cx->who.tenant), db_uuid(&id), db_text(d.m.name), db_slice(d.name_key),
                    db_text(db_text_array(cx->arena, d.headers, d.nheaders)),
                    db_uuid(&d.headers_key), db_text(column_keys(cx, &d.m)),
                    db_text(columns_json(cx, &d.m)), db_text(settings_json(cx, &d.m)),
                    cx->who.kind == PRINCIPAL_USER ? db_uuid(&cx->who.user) : db_null()},
                NULL) < 0 ||
        note(cx, "upload_mapping.create", &id, &d) < 0)
        return -1;
    *out = id;
    return 0;
}

/* Locks the row. */
static int check_version(struct ctx *cx, const struct uuid *id, int64_t version)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(cx, SQL_UPLOAD_MAPPING_VERSION,
                               (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});

    if (!r)
        return -1;
    if (version && pg_i64(r, 0, 0, 0) != version)
        return ctx_fail(cx, ERR_PRECONDITION, "version_stale", NULL,
                        "somebody changed it meanwhile; read it again");
    return 0;
}

int upload_mapping_replace(struct ctx *cx, const struct uuid *id, int64_t version,
                           const json_t *body)
{
    struct upload_mapping_draft d = {0};

    if (upload_mapping_draft_read(cx, body, &d) < 0 || check_version(cx, id, version) < 0 ||
        check_room(cx, id, &d, false) < 0)
        return -1;
    if (db_exec(cx, SQL_UPLOAD_MAPPING_UPDATE,
                (const struct db_arg[]){
                    db_uuid(&cx->who.tenant), db_uuid(id), db_text(d.m.name), db_slice(d.name_key),
                    db_text(db_text_array(cx->arena, d.headers, d.nheaders)),
                    db_uuid(&d.headers_key), db_text(column_keys(cx, &d.m)),
                    db_text(columns_json(cx, &d.m)), db_text(settings_json(cx, &d.m))},
                NULL) < 0)
        return -1;
    return note(cx, "upload_mapping.update", id, &d);
}

int upload_mapping_delete(struct ctx *cx, const struct uuid *id, int64_t version)
{
    if (check_version(cx, id, version) < 0 ||
        db_exec(cx, SQL_UPLOAD_MAPPING_DELETE,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)}, NULL) < 0)
        return -1;
    return audit_write(cx, "upload_mapping.delete", "upload_mapping", id, NULL, 0);
}

/* ---- showing ---- */

/* The columns that all three queries share, into an open object. */
static void write_row(struct jw *w, const PGresult *r, int i)
{
    jw_kstr(w, "mapping_id", pg_text(r, i, 0));
    jw_kslice(w, "name", pg_slice(r, i, 1));
    jw_key(w, "columns");
    jw_raw(w, pg_slice(r, i, 2));
    jw_key(w, "settings");
    jw_raw(w, pg_slice(r, i, 3));
    jw_ki64(w, "version", pg_i64(r, i, 4, 0));
    jw_kstr(w, "created_at", pg_text(r, i, 5));
    jw_kstr(w, "updated_at", pg_text(r, i, 6));
    jw_kstr(w, "created_by", pg_text(r, i, 7));
}

int upload_mapping_show(struct ctx *cx, const struct uuid *id, struct jw *w, int64_t *version)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(cx, SQL_UPLOAD_MAPPING_GET,
                               (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});

    if (!r)
        return -1;
    jw_object(w);
    write_row(w, r, 0);
    jw_key(w, "headers");
    jw_raw(w, pg_slice(r, 0, 8));
    jw_end(w);
    *version = pg_i64(r, 0, 4, 0);
    return 0;
}

static void write_list(struct jw *w, const PGresult *r, bool proposed)
{
    jw_object(w);
    jw_key(w, "mappings");
    jw_array(w);
    for (int i = 0; i < PQntuples(r); i++) {
        jw_object(w);
        write_row(w, r, i);
        if (proposed)
            jw_kbool(w, "exact", pg_bool(r, i, 8));
        jw_end(w);
    }
    jw_end(w);
    jw_end(w);
}

int upload_mapping_list(struct ctx *cx, struct jw *w)
{
    SCOPED(pg_drop)
    PGresult *r =
        db_query(cx, SQL_UPLOAD_MAPPING_LIST,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), db_i64(LIMIT_UPLOAD_MAPPINGS)});

    if (!r)
        return -1;
    write_list(w, r, false);
    return 0;
}

static PGresult *propose(struct ctx *cx, const struct slice *headers, size_t n, int64_t limit)
{
    const struct uuid key = upload_headers_digest(cx->arena, headers, n);
    struct slice *keys = arena_zalloc(cx->arena, n + 1, sizeof *keys);

    for (size_t i = 0; i < n; i++)
        keys[i] = upload_header_key(cx->arena, headers[i]);
    return db_query(cx, SQL_UPLOAD_MAPPING_PROPOSE,
                    (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&key),
                                            db_text(db_text_array(cx->arena, keys, n)),
                                            db_i64(limit)});
}

int upload_mapping_list_for(struct ctx *cx, struct slice headers, struct jw *w)
{
    SCOPED(json_drop) json_t *json = NULL;
    SCOPED(pg_drop) PGresult *r = NULL;
    struct upload_mapping_draft d = {0};

    if (json_read(headers, &json) != JSON_OK)
        json = NULL;
    if (upload_mapping_draft_headers(cx, json, &d) < 0)
        return -1;
    r = propose(cx, d.headers, d.nheaders, LIMIT_UPLOAD_MAPPINGS);
    if (!r)
        return -1;
    write_list(w, r, true);
    return 0;
}

/* ---- for uploads ---- */

static const char *text_of(struct ctx *cx, const json_t *object, const char *key)
{
    const char *text = json_str(object, key);

    return text ? arena_strdup(cx->arena, text) : NULL;
}

/* What was checked when it was saved is not judged again. */
static int from_row(struct ctx *cx, const PGresult *r, struct upload_mapping *out)
{
    SCOPED(json_drop) json_t *columns = NULL;
    SCOPED(json_drop) json_t *settings = NULL;
    struct upload_mapping m = {.name = pg_dup(cx->arena, r, 0, 1), .version = pg_i64(r, 0, 4, 0)};

    if (!pg_uuid(r, 0, 0, &m.id) || json_read(pg_slice(r, 0, 2), &columns) != JSON_OK ||
        json_read(pg_slice(r, 0, 3), &settings) != JSON_OK) {
        ctx_fail(cx, ERR_INTERNAL, "internal", NULL, "the server made a mistake");
        return err_detail(&cx->err, "a saved mapping does not read");
    }
    for (int c = 0; c < UPLOAD_COLUMNS; c++)
        m.names.header[c] = text_of(cx, columns, upload_column_names[c]);
    m.encoding = text_of(cx, settings, "encoding");
    m.delimiter = text_of(cx, settings, "delimiter");
    m.date_order = text_of(cx, settings, "date_order");
    *out = m;
    return 0;
}

int upload_mapping_get(struct ctx *cx, const struct uuid *id, struct upload_mapping *out)
{
    SCOPED(pg_drop)
    PGresult *r = db_query_one(cx, SQL_UPLOAD_MAPPING_GET,
                               (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});

    return r ? from_row(cx, r, out) : -1;
}

int upload_mapping_propose(struct ctx *cx, const struct slice *headers, size_t n,
                           struct upload_mapping *out, bool *found)
{
    SCOPED(pg_drop) PGresult *r = propose(cx, headers, n, 1);

    if (!r || (PQntuples(r) && from_row(cx, r, out) < 0))
        return -1;
    *found = PQntuples(r) > 0;
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Changing one meeting, by the rules of a row of a file. */
#include <string.h>

#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/meetings/internal.h"
#include "core/meetings/meeting.h"
#include "core/meetings/upload_row.h"

/* Columns of MEETING_LOCK after those of enum upload_column. */
enum { LOCK_VERSION = UPLOAD_COLUMNS, LOCK_IDENTITY, LOCK_CONTENT, LOCK_BODY_HASH };

static const char *const originals[UPLOAD_COLUMNS] = {
    "clientName", "email", "phone", "meetingDate", "salesRep", "closed", "transcript"};

struct edit {
    const struct uuid *id;
    struct slice text[UPLOAD_COLUMNS];
    unsigned named; /* bit c: the patch names column c */
    struct upload_row row;
    bool new_identity;
    bool new_transcript;
};

static int column_of(const char *key)
{
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (strcmp(key, upload_column_names[c]) == 0 || strcmp(key, originals[c]) == 0)
            return c;
    }
    return -1;
}

static int take_value(struct ctx *cx, struct edit *e, int c, const json_t *v)
{
    if (c == UPLOAD_CLOSED && json_is_boolean(v))
        e->text[c] = json_is_true(v) ? SLICE("true") : SLICE("false");
    else if (json_is_string(v))
        e->text[c] = (struct slice){json_string_value(v), json_string_length(v)};
    else
        return ctx_fail(cx, ERR_INVALID, "value_invalid", upload_column_names[c],
                        c == UPLOAD_CLOSED ? "true or false" : "a text");
    e->named |= 1u << c;
    return 0;
}

static int read_patch(struct ctx *cx, struct edit *e, const json_t *patch)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)patch, key, v)
    {
        const int c = column_of(key);

        if (c < 0)
            return ctx_fail(cx, ERR_INVALID, "field_unknown", key, "a meeting has no such field");
        if (e->named & 1u << c)
            return ctx_fail(cx, ERR_INVALID, "field_twice", key, "the field is named twice");
        if (take_value(cx, e, c, v) < 0)
            return -1;
    }
    if (!e->named)
        return ctx_fail(cx, ERR_INVALID, "patch_empty", NULL, "nothing to change is named");
    return 0;
}

/* As a row of a file: columns of `named` by the patch, the rest as it is; 0: the meeting as it is. */
static enum upload_verdict read_row(struct ctx *cx, const struct edit *e, unsigned named,
                                    const PGresult *r, struct upload_row *out,
                                    struct upload_problem problems[UPLOAD_COLUMNS], size_t *n)
{
    struct slice fields[UPLOAD_COLUMNS];
    struct upload_map map = {.width = UPLOAD_COLUMNS};
    const struct csv_record record = {
        .fields = fields, .n = UPLOAD_COLUMNS, .line = 1, .cut_field = -1};

    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        map.at[c] = c;
        fields[c] = named & 1u << c      ? e->text[c]
                    : c == UPLOAD_CLOSED ? (pg_bool(r, 0, c) ? SLICE("true") : SLICE("false"))
                                         : pg_slice(r, 0, c);
    }
    return upload_row_read(cx->arena, &map, UPLOAD_YMD, &record, out, problems, n);
}

/* The whole is checked, not what the patch names alone. */
static int check_row(struct ctx *cx, struct edit *e, const PGresult *r)
{
    struct upload_problem problems[UPLOAD_COLUMNS];
    size_t nproblems = 0;

    if (read_row(cx, e, e->named, r, &e->row, problems, &nproblems) == UPLOAD_ROW_OK)
        return 0;
    if (!nproblems)
        return ctx_fail(cx, ERR_INVALID, "required", NULL, "a meeting cannot be all blank");
    ctx_fail(cx, ERR_INVALID, problems[0].code, upload_column_names[problems[0].column],
             "%s breaks a rule of meetings: %s", upload_column_names[problems[0].column],
             problems[0].code);
    if (problems[0].limit)
        err_params(&cx->err, "{\"%s\":%lld}",
                   strcmp(problems[0].code, "too_short") == 0 ? "min" : "max",
                   (long long)problems[0].limit);
    return -1;
}

/* Not by the stored content: that is of a row of a file, which may spell the seller as the meeting does not. */
static bool changes_nothing(struct ctx *cx, const struct edit *e, const PGresult *r)
{
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_row was;
    size_t n = 0;

    return read_row(cx, e, 0, r, &was, problems, &n) == UPLOAD_ROW_OK &&
           memcmp(&was.content, &e->row.content, sizeof was.content) == 0;
}

static int check_version(struct ctx *cx, int64_t asked, int64_t is)
{
    if (asked == MEETING_ANY_VERSION || asked == is)
        return 0;
    ctx_fail(cx, ERR_PRECONDITION, "version_stale", NULL,
             "the meeting was changed since; read it again");
    return err_params(&cx->err, "{\"version\":%lld}", (long long)is);
}

static int check_twin(struct ctx *cx, const struct edit *e)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    if (!e->new_identity)
        return 0;
    r = db_query(cx, SQL_MEETING_TWIN,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(e->id),
                                         db_uuid(&e->row.identity)});
    if (!r)
        return -1;
    if (PQntuples(r) == 0)
        return 0;
    ctx_fail(cx, ERR_CONFLICT, "meeting_exists", NULL,
             "another meeting has this client, date and seller");
    return err_params(&cx->err, "{\"meeting_id\":\"%s\"}", pg_text(r, 0, 0));
}

static int store_meeting(struct ctx *cx, const struct edit *e)
{
    const struct db_arg tenant = db_uuid(&cx->who.tenant);
    const struct db_arg id = db_uuid(e->id);
    const struct upload_row *row = &e->row;
    const struct db_arg by = cx->who.kind == PRINCIPAL_USER ? db_uuid(&cx->who.user) : db_null();
    const struct db_arg seller[] = {tenant, db_slice(row->text[UPLOAD_SALES_REP]),
                                    db_slice(row->seller_key)};

    if (db_exec(cx, SQL_MEETING_CODE_FOLD, seller, NULL) < 0 ||
        db_exec(cx, SQL_MEETING_CODE_ADD, seller, NULL) < 0 ||
        db_exec(cx, SQL_MEETING_REVISION_ADD,
                (const struct db_arg[]){tenant, id, by, db_bool(e->new_transcript)}, NULL) < 0)
        return -1;
    return db_exec(cx, SQL_MEETING_UPDATE,
                   (const struct db_arg[]){tenant, id, db_slice(row->text[UPLOAD_CLIENT_NAME]),
                                           db_slice(row->text[UPLOAD_EMAIL]),
                                           db_slice(row->text[UPLOAD_PHONE]), db_text(row->date),
                                           db_slice(row->seller_key), db_bool(row->closed),
                                           db_uuid(&row->identity), db_uuid(&row->content)},
                   NULL);
}

static int store_facts(struct ctx *cx, const struct edit *e)
{
    const struct db_arg tenant = db_uuid(&cx->who.tenant);
    const struct db_arg id = db_uuid(e->id);
    const struct db_arg seller = db_slice(e->row.seller_key);
    const struct db_arg day = db_text(e->row.date);

    if (e->new_transcript &&
        db_exec(cx, SQL_MEETING_TRANSCRIPT_UPDATE,
                (const struct db_arg[]){tenant, id, db_slice(e->row.text[UPLOAD_TRANSCRIPT]),
                                        db_uuid(&e->row.body_hash)},
                NULL) < 0)
        return -1;
    if (db_exec(cx, SQL_MEETING_FACTS_UPDATE,
                (const struct db_arg[]){tenant, id, day, seller, db_bool(e->row.closed),
                                        db_bool(e->new_transcript)},
                NULL) < 0 ||
        db_exec(cx, SQL_MEETING_OCCURRED, (const struct db_arg[]){tenant, id, day}, NULL) < 0)
        return -1;
    return meeting_words(cx, e->id);
}

static int read_again(struct ctx *cx, const struct edit *e)
{
    const struct uuid job = uuid_new();

    if (db_exec(cx, SQL_MEETING_READ_AGAIN,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&job), db_uuid(e->id)},
                NULL) < 0)
        return -1;
    return queue_notify(cx);
}

static int note(struct ctx *cx, const struct edit *e)
{
    struct audit_field fields[UPLOAD_COLUMNS];
    size_t n = 0;

    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (e->named & 1u << c)
            fields[n++] = (struct audit_field){upload_column_names[c], e->row.text[c]};
    }
    if (audit_write(cx, "meeting.update", "meeting", e->id, fields, n) < 0)
        return -1;
    return tenant_touch(cx);
}

static bool differs(const PGresult *r, int col, const struct uuid *u)
{
    struct uuid stored;

    return !pg_uuid(r, 0, col, &stored) || memcmp(&stored, u, sizeof stored) != 0;
}

int meeting_edit(struct ctx *cx, const struct uuid *id, int64_t version, const json_t *patch)
{
    struct edit e = {.id = id};
    SCOPED(pg_drop) PGresult *r = NULL;

    if (read_patch(cx, &e, patch) < 0)
        return -1;
    r = db_query_one(cx, SQL_MEETING_LOCK,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});
    if (!r || check_version(cx, version, pg_i64(r, 0, LOCK_VERSION, 1)) < 0 ||
        check_row(cx, &e, r) < 0)
        return -1;
    if (changes_nothing(cx, &e, r))
        return 0; /* it says already what it should: no version, no revision */
    e.new_identity = differs(r, LOCK_IDENTITY, &e.row.identity);
    e.new_transcript = differs(r, LOCK_BODY_HASH, &e.row.body_hash);
    if (check_twin(cx, &e) < 0 || store_meeting(cx, &e) < 0 || store_facts(cx, &e) < 0)
        return -1;
    if (e.new_transcript && read_again(cx, &e) < 0)
        return -1;
    return note(cx, &e);
}

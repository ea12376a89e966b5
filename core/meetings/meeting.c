/* SPDX-License-Identifier: MIT */
#include "core/meetings/meeting.h"

#include "core/db/db.h"
#include "core/fields/field.h"
#include "core/insight/analysis.h"
#include "core/meetings/internal.h"

const struct field_option *meeting_option(const char *field, int code)
{
    const struct field *f = field_find(DATASET_MEETINGS, slice_cstr(field));

    return f && code ? field_option(f, code) : NULL;
}

static void write_option(struct jw *w, const char *field, const PGresult *r, int row, int col)
{
    const struct field_option *o = meeting_option(field, (int)pg_i64(r, row, col, 0));

    jw_kstr(w, field, o ? o->value : NULL);
}

void meeting_write(struct jw *w, const PGresult *r, int i)
{
    jw_kstr(w, "meeting_id", pg_text(r, i, 0));
    jw_kstr(w, "client_name", pg_text(r, i, 1));
    jw_kstr(w, "email", pg_text(r, i, 2));
    jw_kstr(w, "phone", pg_text(r, i, 3));
    jw_kstr(w, "meeting_date", pg_text(r, i, 4));
    jw_kstr(w, "sales_rep", pg_text(r, i, 5));
    jw_kbool(w, "closed", pg_bool(r, i, 6));
    jw_kstr(w, "state", meeting_states[pg_i64(r, i, 7, 0) % MEETING_STATES]);
    write_option(w, "sector", r, i, 8);
    write_option(w, "company_size", r, i, 9);
    write_option(w, "discovery_channel", r, i, 10);
    jw_key(w, "interaction_volume_daily");
    if (pg_text(r, i, 11))
        jw_i64(w, pg_i64(r, i, 11, 0));
    else
        jw_null(w);
    jw_kstr(w, "created_at", pg_text(r, i, 12));
    jw_kstr(w, "updated_at", pg_text(r, i, 13));
    jw_key(w, "labels");
    jw_raw(w, pg_slice(r, i, 14)); /* made by PostgreSQL */
}

int meeting_get(struct ctx *cx, const struct uuid *id, struct jw *w, int64_t *version)
{
    SCOPED(pg_drop) PGresult *r = NULL;

    r = db_query_one(cx, SQL_MEETING_GET,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});
    if (!r)
        return -1;
    jw_object(w);
    meeting_write(w, r, 0);
    jw_kstr(w, "upload_id", pg_text(r, 0, MEETING_COLUMNS));
    jw_kslice(w, "transcript", pg_slice(r, 0, MEETING_COLUMNS + 1));
    jw_ki64(w, "version", pg_i64(r, 0, MEETING_COLUMNS + 2, 1));
    jw_key(w, "analysis");
    if (analysis_to_json(cx, id, w) < 0)
        return -1;
    jw_end(w);
    *version = pg_i64(r, 0, MEETING_COLUMNS + 2, 1);
    return 0;
}

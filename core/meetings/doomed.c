/* SPDX-License-Identifier: MIT */
#include "core/meetings/doomed.h"

#include <string.h>

#include "core/db/db.h"

/* What tables are called outside. */
static const struct {
    const char *table;
    const char *name; /* NULL: not told */
} names[] = {
    {"meetings", "meetings"},           {"transcripts", "transcripts"},
    {"llm_analyses", "analyses"},       {"evidence", "evidence"},
    {"corrections", "corrections"},     {"subject_phrases", "phrases"},
    {"custom_facts", "custom_values"},  {"embeddings", "embeddings"},
    {"meeting_revisions", "revisions"},
};

int doomed_begin(struct ctx *cx)
{
    return db_exec(cx, SQL_DOOMED_CREATE, NULL, NULL) < 0
               ? -1
               : db_exec(cx, SQL_DOOMED_GRANT, NULL, NULL);
}

static const char *name_of(const char *table)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].table, table) == 0)
            return names[i].name;
    }
    return NULL;
}

int doomed_delete(struct ctx *cx, struct jw *w)
{
    const struct db_arg tenant[] = {db_uuid(&cx->who.tenant)};
    SCOPED(pg_drop) PGresult *jobs = NULL;
    SCOPED(pg_drop) PGresult *r = NULL;

    if (db_exec(cx, SQL_DOOMED_ANALYZE, NULL, NULL) < 0 ||
        db_exec(cx, SQL_DOOMED_LOCK, tenant, NULL) < 0 ||
        db_exec(cx, SQL_DOOMED_LOCK_WORDS, tenant, NULL) < 0)
        return -1;
    jobs = db_query_one(cx, SQL_DOOMED_JOBS, tenant);
    if (!jobs)
        return -1;
    r = db_query(cx, SQL_DOOMED_DELETE, NULL);
    if (!r)
        return -1;
    if (!w)
        return 0;
    jw_object(w);
    for (int i = 0; i < PQntuples(r); i++) {
        const char *name = name_of(pg_text(r, i, 0));

        if (name)
            jw_ki64(w, name, pg_i64(r, i, 1, 0));
    }
    jw_ki64(w, "jobs", pg_i64(jobs, 0, 0, 0));
    jw_end(w);
    return 0;
}

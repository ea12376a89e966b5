/* SPDX-License-Identifier: MIT */
/* The job that reads a meeting: what the provider found becomes the typed facts that charts read. */
#include <stdio.h>

#include "core/base/sb.h"
#include "core/db/db.h"
#include "core/fields/field.h"
#include "core/insight/analysis.h"
#include "core/insight/asking.h"
#include "core/meetings/internal.h"
#include "core/meetings/meeting.h"

enum { ASK_SPARE_MS = 30000 }; /* beyond the call: its two transactions */

static int code_of(enum reading_field field, const char *value)
{
    const struct field *f = field_find(DATASET_MEETINGS, slice_cstr(reading_fields[field].name));

    return f && value ? field_option_code(f, slice_cstr(value)) : 0;
}

static struct db_arg scalar_code(const struct reading *r, enum reading_field field)
{
    size_t at = 0;
    const struct reading_item *item = analysis_next(r, field, &at);
    const int code = item ? code_of(field, item->value) : 0;

    return code ? db_i64(code) : db_null();
}

static struct db_arg scalar_bool(const struct reading *r, enum reading_field field)
{
    size_t at = 0;
    const struct reading_item *item = analysis_next(r, field, &at);

    return item ? db_bool(item->flag) : db_null();
}

static struct db_arg volume(const struct reading *r)
{
    size_t at = 0;
    const struct reading_item *item = analysis_next(r, READING_INTERACTION_VOLUME_DAILY, &at);

    return item && item->status != READING_NOT_MENTIONED ? db_i64(item->number) : db_null();
}

/* {1,4}: each code once, as the registry promises its readers. */
static struct db_arg code_array(struct ctx *cx, const struct reading *r, enum reading_field field)
{
    SCOPED(sb_done) struct sb text = {0};
    const struct reading_item *item;
    uint64_t seen = 0;
    size_t at = 0;

    sb_init(&text, 1024);
    sb_putc(&text, '{');
    while ((item = analysis_next(r, field, &at))) {
        const int code = code_of(field, item->value);

        if (code < 1 || code > 63 || seen & UINT64_C(1) << code)
            continue;
        seen |= UINT64_C(1) << code;
        sb_printf(&text, "%s%d", text.n > 1 ? "," : "", code);
    }
    sb_putc(&text, '}');
    return db_text(arena_strdup(cx->arena, sb_text(&text)));
}

int meeting_words(struct ctx *cx, const struct uuid *id)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    struct slice names[4];

    r = db_query_one(cx, SQL_MEETING_TEXTS,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(id)});
    if (!r)
        return -1;
    for (int i = 0; i < 4; i++)
        names[i] = pg_slice(r, 0, i);
    return words_store(cx, id, names, 4, pg_slice(r, 0, 4));
}

/* asking_store_fn: typed facts, and the words for search. */
static int keep(struct ctx *cx, const struct uuid *subject, const struct analysis *a)
{
    int64_t affected = 0;

    if (db_exec(cx, SQL_MEETING_FACTS_READ,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(subject), db_uuid(&a->id),
                                        scalar_code(&a->reading, READING_SECTOR),
                                        scalar_code(&a->reading, READING_COMPANY_SIZE),
                                        scalar_code(&a->reading, READING_DISCOVERY_CHANNEL),
                                        volume(&a->reading),
                                        scalar_bool(&a->reading, READING_CONFIDENTIALITY),
                                        scalar_bool(&a->reading, READING_MULTILINGUAL),
                                        scalar_bool(&a->reading, READING_REAL_TIME),
                                        code_array(cx, &a->reading, READING_PERSONALIZATION),
                                        code_array(cx, &a->reading, READING_INTEGRATIONS),
                                        code_array(cx, &a->reading, READING_DEMAND_PEAKS),
                                        code_array(cx, &a->reading, READING_QUERY_TYPES),
                                        code_array(cx, &a->reading, READING_TOOLS_MENTIONED)},
                &affected) < 0)
        return -1;
    if (affected != 1)
        return ctx_fail(cx, ERR_NOT_FOUND, "not_found", NULL, "the meeting is gone");
    return meeting_words(cx, subject);
}

int meeting_read_job(struct ctx *cx, const struct job *job)
{
    struct analysis a;

    if (!job->has_subject)
        return ctx_fail(cx, ERR_INVALID, "job_invalid", NULL, "the job names no meeting");
    if (analysis_run(cx, &job->subject, &a) < 0)
        return -1;
    return keep(cx, &job->subject, &a);
}

static int begin(struct ctx *cx, void *asking, struct pool_item *const *items, size_t n)
{
    return asking_begin(cx, asking, items, n, keep);
}

static int end(struct ctx *cx, void *asking, struct pool_item *const *items, size_t n)
{
    return asking_end(cx, asking, items, n, keep);
}

struct pool_kind meeting_ask_kind(const struct config *c)
{
    return (struct pool_kind){.kind = {.name = MEETING_ASK,
                                       .dead = meeting_read_dead,
                                       .timeout_ms = c->llm_total_ms + ASK_SPARE_MS},
                              .begin = begin,
                              .start = asking_start,
                              .end = end,
                              .drop = asking_drop};
}

int meeting_read_dead(struct ctx *cx, const struct job *job)
{
    return db_exec(cx, SQL_MEETING_FACTS_DEAD,
                   (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&job->subject)}, NULL);
}

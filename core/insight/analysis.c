/* SPDX-License-Identifier: MIT */
#include "core/insight/analysis.h"

#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/db/db.h"
#include "core/insight/rules.h"

enum { ANSWER_BYTES = 256 << 10, ITEM_CHARS = 400 };

const struct reading_item *analysis_next(const struct reading *r, size_t field, size_t *from)
{
    while (*from < r->n) {
        const struct reading_item *item = &r->items[(*from)++];

        if (item->field == field)
            return item;
    }
    return NULL;
}

static void write_value(struct jw *w, enum reading_kind kind, const struct reading_item *item)
{
    switch (kind) {
    case READING_CODE:
    case READING_TEXT:
    case READING_CODES:
    case READING_PHRASES:
    case READING_SENTENCES: jw_str(w, item->value); break;
    case READING_COUNT:
        if (item->status == READING_NOT_MENTIONED)
            jw_null(w);
        else
            jw_i64(w, item->number);
        break;
    case READING_BOOL: jw_bool(w, item->flag); break;
    case READING_SHARE: jw_real(w, item->share); break;
    }
}

/* {"sector": "...", "pain_points": [...], "requirements.personalization": [...]} */
static void write_values(struct jw *w, const struct analysis *a)
{
    jw_object(w);
    for (size_t f = 0; f < a->plan.n; f++) {
        const struct reading_question *q = &a->plan.questions[f];
        const struct reading_item *item;
        size_t at = 0;

        jw_key(w, q->name);
        if (question_is_list(q->kind)) {
            jw_array(w);
            while ((item = analysis_next(&a->reading, f, &at))) {
                if (item->value)
                    write_value(w, q->kind, item);
            }
            jw_end(w);
        } else if ((item = analysis_next(&a->reading, f, &at))) {
            write_value(w, q->kind, item);
        } else {
            jw_null(w);
        }
    }
    jw_end(w);
}

static void write_evidence(struct jw *w, const struct analysis *a)
{
    jw_array(w);
    for (size_t i = 0; i < a->reading.n; i++) {
        const struct reading_item *item = &a->reading.items[i];

        jw_object(w);
        jw_kstr(w, "field", a->plan.questions[item->field].name);
        jw_ki64(w, "ordinal", item->ordinal < 0 ? 0 : item->ordinal);
        jw_kstr(w, "item", item->value);
        jw_kstr(w, "status", reading_status_name(item->status));
        if (item->end > item->start) {
            jw_ki64(w, "start", item->start);
            jw_ki64(w, "end", item->end);
        }
        jw_end(w);
    }
    jw_end(w);
}

static bool is_phrase(enum reading_kind kind)
{
    return kind == READING_PHRASES || kind == READING_TEXT || kind == READING_SENTENCES;
}

static void write_phrases(struct jw *w, const struct analysis *a)
{
    jw_array(w);
    for (size_t i = 0; i < a->reading.n; i++) {
        const struct reading_item *item = &a->reading.items[i];
        const struct reading_question *q = &a->plan.questions[item->field];

        if (!is_phrase(q->kind) || !item->value || !item->value[0])
            continue;
        jw_object(w);
        jw_kstr(w, "field", q->name);
        jw_ki64(w, "ordinal", item->ordinal < 0 ? 0 : item->ordinal);
        jw_kstr(w, "phrase", item->value);
        jw_end(w);
    }
    jw_end(w);
}

typedef void (*write_fn)(struct jw *w, const struct analysis *a);

/* NULL when it does not fit, which rules.h's own bounds rule out. */
static const char *as_json(struct ctx *cx, const struct analysis *a, write_fn write)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    sb_init(&text, ANSWER_BYTES);
    jw_init(&w, &text);
    write(&w, a);
    if (sb_ok(&text))
        return arena_strdup(cx->arena, sb_text(&text));
    ctx_fail(cx, ERR_INVALID, "answer_too_large", NULL, "the reading is too large to be stored");
    return NULL;
}

int analysis_store(struct ctx *cx, const struct uuid *subject, const struct uuid *body_hash,
                   const struct analysis *a)
{
    const struct db_arg tenant = db_uuid(&cx->who.tenant);
    const char *answer = as_json(cx, a, write_values);
    const char *evidence = answer ? as_json(cx, a, write_evidence) : NULL;
    const char *phrases = evidence ? as_json(cx, a, write_phrases) : NULL;

    if (!phrases)
        return -1;
    if (db_exec(cx, SQL_ANALYSIS_INSERT,
                (const struct db_arg[]){tenant, db_uuid(&a->id), db_uuid(subject),
                                        db_text(a->provider), db_text(a->model),
                                        db_text(a->prompt_version), db_uuid(body_hash),
                                        db_text(answer)},
                NULL) < 0)
        return -1;
    if (db_exec(
            cx, SQL_EVIDENCE_INSERT,
            (const struct db_arg[]){tenant, db_uuid(&a->id), db_uuid(subject), db_text(evidence)},
            NULL) < 0)
        return -1;
    if (db_exec(cx, SQL_PHRASES_CLEAR, (const struct db_arg[]){tenant, db_uuid(subject)}, NULL) < 0)
        return -1;
    return db_exec(cx, SQL_PHRASES_INSERT,
                   (const struct db_arg[]){tenant, db_uuid(subject), db_text(phrases)}, NULL);
}

int analysis_run(struct ctx *cx, const struct uuid *subject, struct analysis *out)
{
    SCOPED(pg_drop) PGresult *r = NULL;
    struct analysis a = {
        .id = uuid_new(), .provider = "rules", .model = RULES_MODEL, .prompt_version = RULES_MODEL};
    struct slice body;
    struct uuid body_hash;

    r = db_query_one(cx, SQL_TRANSCRIPT_GET,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(subject)});
    if (!r)
        return -1;
    body = pg_slice(r, 0, 0);
    body.p = arena_memdup(cx->arena, body.p, body.n); /* the reading points into it */
    pg_uuid(r, 0, 1, &body_hash);
    question_plan(cx->arena, NULL, 0, &a.plan, NULL); /* the rules know no other fields */
    rules_read(cx->arena, body, &a.reading);
    if (analysis_store(cx, subject, &body_hash, &a) < 0)
        return -1;
    *out = a;
    return 0;
}

static void write_evidence_row(struct jw *w, const PGresult *r, int row)
{
    const bool located = pg_text(r, row, 4) != NULL;

    jw_object(w);
    jw_kstr(w, "field", pg_text(r, row, 0));
    jw_ki64(w, "ordinal", pg_i64(r, row, 1, 0));
    jw_kstr(w, "item", pg_text(r, row, 2));
    jw_kstr(w, "status", pg_text(r, row, 3));
    jw_key(w, "start");
    if (located)
        jw_i64(w, pg_i64(r, row, 4, 0));
    else
        jw_null(w);
    jw_key(w, "end");
    if (located)
        jw_i64(w, pg_i64(r, row, 5, 0));
    else
        jw_null(w);
    jw_kstr(w, "quote", pg_text(r, row, 6));
    jw_end(w);
}

int analysis_to_json(struct ctx *cx, const struct uuid *subject, struct jw *w)
{
    SCOPED(pg_drop) PGresult *a = NULL;
    SCOPED(pg_drop) PGresult *e = NULL;
    struct uuid id;

    a = db_query(cx, SQL_ANALYSIS_LATEST,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(subject)});
    if (!a)
        return -1;
    if (PQntuples(a) == 0) {
        jw_null(w);
        return 0;
    }
    pg_uuid(a, 0, 0, &id);
    e = db_query(cx, SQL_EVIDENCE_LIST,
                 (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&id)});
    if (!e)
        return -1;
    jw_object(w);
    jw_kuuid(w, "analysis_id", &id);
    jw_kstr(w, "provider", pg_text(a, 0, 1));
    jw_kstr(w, "model", pg_text(a, 0, 2));
    jw_kstr(w, "prompt_version", pg_text(a, 0, 3));
    jw_kstr(w, "created_at", pg_text(a, 0, 5));
    jw_key(w, "values");
    jw_raw(w, pg_slice(a, 0, 4));
    jw_key(w, "evidence");
    jw_array(w);
    for (int i = 0; i < PQntuples(e); i++)
        write_evidence_row(w, e, i);
    jw_end(w);
    jw_end(w);
    return 0;
}

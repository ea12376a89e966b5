/* SPDX-License-Identifier: MIT */
/* One act on many meetings, named by id or by what they have in common. */
#include <string.h>

#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/db/audit.h"
#include "core/db/db.h"
#include "core/meetings/doomed.h"
#include "core/meetings/internal.h"
#include "core/meetings/meeting.h"
#include "core/queue/queue.h"

struct labels {
    struct slice add[LIMIT_LABELS];
    size_t nadd;
    struct slice remove[LIMIT_LABELS];
    size_t nremove;
};

struct bulk {
    enum meeting_bulk_verb verb;
    struct meeting_query query;
    struct slice *ids; /* NULL: by filter */
    size_t nids;
    bool dry_run;
    int64_t expected; /* -1: not said */
    struct labels labels;
    int64_t n; /* how many there are */
};

static const char *const actions[] = {
    [MEETING_BULK_DELETE] = "meeting.delete",
    [MEETING_BULK_REQUEUE] = "meeting.requeue",
    [MEETING_BULK_LABELS] = "meeting.label",
};

/* ---- the body ---- */

static int read_ids(struct ctx *cx, struct bulk *b, const json_t *list)
{
    const size_t n = json_array_size(list);

    if (!json_is_array(list))
        return ctx_fail(cx, ERR_INVALID, "value_invalid", "ids", "ids is a list");
    if (n < 1 || n > LIMIT_BULK_IDS) {
        ctx_fail(cx, ERR_INVALID, "ids_number", "ids", "from 1 to %d ids", LIMIT_BULK_IDS);
        return err_params(&cx->err, "{\"min\":1,\"max\":%d}", LIMIT_BULK_IDS);
    }
    b->ids = arena_zalloc(cx->arena, n, sizeof *b->ids);
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(list, i);
        struct uuid id;

        b->ids[i] = (struct slice){json_string_value(v), json_string_length(v)};
        if (!json_is_string(v) || !uuid_parse(b->ids[i], &id))
            return ctx_fail(cx, ERR_INVALID, "id_invalid", arena_printf(cx->arena, "ids[%zu]", i),
                            "this is no identifier");
    }
    b->nids = n;
    return 0;
}

static int read_label(struct ctx *cx, const json_t *v, const char *key, struct slice *out)
{
    const struct slice s = slice_trim((struct slice){json_string_value(v), json_string_length(v)});

    if (!json_is_string(v) || s.n == 0)
        return ctx_fail(cx, ERR_INVALID, "value_invalid", key, "a label is a text");
    if (utf8_count(s) > LIMIT_LABEL_CHARS) {
        ctx_fail(cx, ERR_INVALID, "too_long", key, "a label has at most %d characters",
                 LIMIT_LABEL_CHARS);
        return err_params(&cx->err, "{\"max\":%d}", LIMIT_LABEL_CHARS);
    }
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < ' ')
            return ctx_fail(cx, ERR_INVALID, "value_invalid", key, "a label is one line");
    }
    *out = s;
    return 0;
}

static int read_labels(struct ctx *cx, const json_t *list, const char *key, struct slice *out,
                       size_t *n)
{
    if (!list || json_is_null(list))
        return 0;
    if (!json_is_array(list))
        return ctx_fail(cx, ERR_INVALID, "value_invalid", key, "%s is a list of labels", key);
    if (json_array_size(list) > LIMIT_LABELS) {
        ctx_fail(cx, ERR_INVALID, "too_many_labels", key, "at most %d labels", LIMIT_LABELS);
        return err_params(&cx->err, "{\"max\":%d}", LIMIT_LABELS);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (read_label(cx, json_array_get(list, i), key, &out[i]) < 0)
            return -1;
    }
    *n = json_array_size(list);
    return 0;
}

static int check_keys(struct ctx *cx, enum meeting_bulk_verb verb, const json_t *body)
{
    static const char *const known[] = {
        "ids", "filter", "q", "dry_run", "dryRun", "expected_count", "expectedCount"};
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)body, key, v)
    {
        bool found =
            verb == MEETING_BULK_LABELS && (strcmp(key, "add") == 0 || strcmp(key, "remove") == 0);

        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found |= strcmp(key, known[i]) == 0;
        if (!found) /* a misspelt "filter" must not mean all */
            return ctx_fail(cx, ERR_INVALID, "parameter_unknown", key, "there is no such member");
    }
    return 0;
}

static const json_t *member(const json_t *body, const char *name, const char *original)
{
    const json_t *v = json_object_get(body, name);

    return v ? v : json_object_get(body, original);
}

static int read_flags(struct ctx *cx, struct bulk *b, const json_t *body)
{
    const json_t *dry = member(body, "dry_run", "dryRun");
    const json_t *expected = member(body, "expected_count", "expectedCount");

    if (dry && !json_is_boolean(dry))
        return ctx_fail(cx, ERR_INVALID, "value_invalid", "dry_run", "true or false");
    if (expected && (!json_is_integer(expected) || json_integer_value(expected) < 0))
        return ctx_fail(cx, ERR_INVALID, "value_invalid", "expected_count", "a whole number");
    b->dry_run = json_is_true(dry);
    b->expected = expected ? json_integer_value(expected) : -1;
    if (!b->ids && !b->dry_run && b->expected < 0)
        return ctx_fail(cx, ERR_INVALID, "expected_count_missing", "expected_count",
                        "ask with dry_run first, then say how many you mean");
    return 0;
}

static int read_body(struct ctx *cx, struct bulk *b, const json_t *body)
{
    const json_t *ids = json_object_get(body, "ids");
    const bool by_filter = json_object_get(body, "filter") || json_object_get(body, "q");

    if (check_keys(cx, b->verb, body) < 0)
        return -1;
    if (!ids == !by_filter)
        return ctx_fail(cx, ERR_INVALID, "ids_or_filter", "ids",
                        "name the meetings by ids, or by filter and q");
    meeting_query_init(cx, &b->query);
    if ((ids ? read_ids(cx, b, ids) : meeting_query_body(cx, &b->query, body)) < 0 ||
        read_flags(cx, b, body) < 0)
        return -1;
    if (b->verb != MEETING_BULK_LABELS)
        return 0;
    if (read_labels(cx, json_object_get(body, "add"), "add", b->labels.add, &b->labels.nadd) < 0 ||
        read_labels(cx, json_object_get(body, "remove"), "remove", b->labels.remove,
                    &b->labels.nremove) < 0)
        return -1;
    if (b->labels.nadd + b->labels.nremove == 0)
        return ctx_fail(cx, ERR_INVALID, "required", "add", "name labels to add or to remove");
    return 0;
}

/* ---- which ---- */

static int choose(struct ctx *cx, struct bulk *b)
{
    const int64_t most = b->verb == MEETING_BULK_DELETE ? LIMIT_BULK_DELETE : LIMIT_BULK;

    if (b->ids)
        return records_set_of(cx, DATASET_MEETINGS, b->ids, b->nids, &b->n);
    if (b->dry_run)
        return records_count(cx, &b->query.records, &b->n);
    if (b->expected > most) {
        ctx_fail(cx, ERR_TOO_LARGE, "too_many_records", "filter", "at most %lld at once",
                 (long long)most);
        return err_params(&cx->err, "{\"max\":%lld}", (long long)most);
    }
    if (records_set(cx, &b->query.records, &b->n) < 0)
        return -1;
    if (b->n == b->expected)
        return 0;
    ctx_fail(cx, ERR_CONFLICT, "count_changed", "expected_count",
             "they are %lld by now; look again", (long long)b->n);
    return err_params(&cx->err, "{\"count\":%lld}", (long long)b->n);
}

/* ---- what ---- */

static int tenant_step(struct ctx *cx, enum sql_id id, int64_t *n)
{
    return db_exec(cx, id, (const struct db_arg[]){db_uuid(&cx->who.tenant)}, n);
}

static int delete_them(struct ctx *cx, const struct bulk *b, struct jw *w)
{
    if (doomed_begin(cx) < 0 || db_exec(cx, SQL_MEETINGS_DOOM, NULL, NULL) < 0 ||
        doomed_delete(cx, NULL) < 0)
        return -1;
    jw_ki64(w, "deleted", b->n);
    return 0;
}

static int requeue_them(struct ctx *cx, struct jw *w)
{
    const struct uuid batch = uuid_new();
    int64_t n = 0;

    if (tenant_step(cx, SQL_MEETINGS_UNREAD, NULL) < 0 ||
        db_exec(cx, SQL_MEETINGS_READ_AGAIN,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_uuid(&batch)}, &n) < 0)
        return -1;
    if (n && (queue_batch_begin(cx, &batch, MEETING_READ, n) < 0 || queue_notify(cx) < 0))
        return -1;
    jw_ki64(w, "jobs_created", n);
    if (n)
        jw_kuuid(w, "batch_id", &batch);
    return 0;
}

static int label_them(struct ctx *cx, const struct bulk *b, struct jw *w)
{
    const struct labels *l = &b->labels;
    SCOPED(pg_drop) PGresult *r = NULL;

    /* who labels the same ones at this moment: the next statement sees what it wrote */
    if (tenant_step(cx, SQL_MEETINGS_LOCK, NULL) < 0 ||
        db_exec(cx, SQL_MEETINGS_LABEL,
                (const struct db_arg[]){db_uuid(&cx->who.tenant),
                                        db_text(db_text_array(cx->arena, l->add, l->nadd)),
                                        db_text(db_text_array(cx->arena, l->remove, l->nremove))},
                NULL) < 0)
        return -1;
    r = db_query_one(cx, SQL_MEETINGS_LABELS_MOST,
                     (const struct db_arg[]){db_uuid(&cx->who.tenant)});
    if (!r)
        return -1;
    if (pg_i64(r, 0, 0, 0) > LIMIT_LABELS) {
        ctx_fail(cx, ERR_INVALID, "too_many_labels", "add", "a meeting has at most %d labels",
                 LIMIT_LABELS);
        return err_params(&cx->err, "{\"max\":%d}", LIMIT_LABELS);
    }
    jw_ki64(w, "labeled", b->n);
    return 0;
}

static int note(struct ctx *cx, const struct bulk *b)
{
    const char *const n = arena_printf(cx->arena, "%lld", (long long)b->n);
    const struct audit_field fields[] = {
        {"count", slice_cstr(n)}, {b->ids ? "ids" : "filter", {0}}, {"add", {0}}, {"remove", {0}}};
    struct uuid one;
    const bool single = b->ids && b->nids == 1 && uuid_parse(b->ids[0], &one);

    if (audit_write(cx, actions[b->verb], "meeting", single ? &one : NULL, fields,
                    b->verb == MEETING_BULK_LABELS ? 4 : 2) < 0)
        return -1;
    return tenant_touch(cx);
}

static int act(struct ctx *cx, const struct bulk *b, struct jw *w)
{
    switch (b->verb) {
    case MEETING_BULK_DELETE: return delete_them(cx, b, w);
    case MEETING_BULK_REQUEUE: return requeue_them(cx, w);
    case MEETING_BULK_LABELS: return label_them(cx, b, w);
    }
    return -1;
}

int meeting_bulk(struct ctx *cx, enum meeting_bulk_verb verb, const json_t *body, struct jw *w)
{
    struct bulk b = {.verb = verb};

    if (read_body(cx, &b, body) < 0 || choose(cx, &b) < 0)
        return -1;
    jw_object(w);
    if (b.dry_run)
        jw_ki64(w, "count", b.n);
    else if (act(cx, &b, w) < 0 || note(cx, &b) < 0)
        return -1;
    jw_end(w);
    return 0;
}

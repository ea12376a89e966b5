/* SPDX-License-Identifier: MIT */
#include "core/charts/records.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/base/unicode.h"
#include "core/charts/sql_builder.h"

/* How a column of a table becomes a key to sort by. */
enum key_kind {
    KEY_PLAIN, /* as it is */
    KEY_TEXT,  /* as people order words; cut, so that it fits a cursor */
    KEY_LABEL, /* an option: by its label in the caller's language */
};

enum { KEY_TEXT_CHARS = 60 };

struct records_column {
    enum dataset dataset;
    const char *name;
    char table; /* f facts, m entities */
    const char *column;
    const char *type; /* of the key, which the cursor's text is cast to */
    enum key_kind kind;
    bool nullable;
};

static const struct records_column columns[] = {
    /* the first of a dataset is its own order, newest first */
    {DATASET_MEETINGS, "meeting_date", 'f', "meeting_date", "date", KEY_PLAIN, false},
    {DATASET_MEETINGS, "client_name", 'm', "client_name", "text", KEY_TEXT, false},
    {DATASET_MEETINGS, "sales_rep", 'm', "sales_rep", "text", KEY_TEXT, false},
    {DATASET_MEETINGS, "email", 'm', "email", "text", KEY_TEXT, false},
    {DATASET_MEETINGS, "created_at", 'm', "created_at", "timestamptz", KEY_PLAIN, false},
    {DATASET_MEETINGS, "updated_at", 'm', "updated_at", "timestamptz", KEY_PLAIN, false},
    {DATASET_MEETINGS, "closed", 'f', "closed", "boolean", KEY_PLAIN, false},
    {DATASET_MEETINGS, "state", 'f', "state", "smallint", KEY_PLAIN, false},
    {DATASET_MEETINGS, "sector", 'f', "sector", "integer", KEY_LABEL, true},
    {DATASET_MEETINGS, "company_size", 'f', "company_size", "smallint", KEY_PLAIN, true},
    {DATASET_MEETINGS, "discovery_channel", 'f', "discovery_channel", "integer", KEY_LABEL, true},
    {DATASET_MEETINGS, "interaction_volume_daily", 'f', "interaction_volume_daily", "integer",
     KEY_PLAIN, true},
};

/* What a search looks through of a record that was not read yet: names, and the transcript t. */
static const struct {
    const char *names;
} unread[DATASET_COUNT] = {
    [DATASET_MEETINGS] = {"m.client_name || ' ' || m.sales_rep || ' ' || m.email || ' ' || "
                          "m.phone"},
};

static int sort_unknown(struct ctx *cx, enum dataset dataset)
{
    SCOPED(sb_done) struct sb names = {0};

    sb_init(&names, 400);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (columns[i].dataset == dataset)
            sb_printf(&names, "%s\"%s\"", names.n ? "," : "", columns[i].name);
    }
    ctx_fail(cx, ERR_INVALID, "sort_unknown", "sort", "there is no such order");
    return err_params(&cx->err, "{\"columns\":[%s]}", sb_text(&names));
}

int records_sort_parse(struct ctx *cx, enum dataset dataset, struct slice text,
                       struct records_sort *out)
{
    const bool own = text.n == 0;
    const bool descending = own || text.p[0] == '-';
    const struct slice name = {text.p + (descending && !own), text.n - (descending && !own)};

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (columns[i].dataset != dataset || !(own || slice_is(name, columns[i].name)))
            continue;
        *out = (struct records_sort){
            .column = &columns[i],
            .descending = descending,
            .name = arena_printf(cx->arena, "%s%s", descending ? "-" : "", columns[i].name)};
        return 0;
    }
    return sort_unknown(cx, dataset);
}

/* ---- keys ---- */

struct labelled {
    const char *label;
    int code;
};

static int by_label(const void *a, const void *b)
{
    const struct labelled *x = a;
    const struct labelled *y = b;

    return strcmp(x->label, y->label);
}

/* (ARRAY[3,1,2])[f.sector]: the place of each code's label among the labels, folded. */
static void put_label_key(struct sql_builder *q, const struct records_column *c,
                          enum field_language language)
{
    const struct field *f = field_find(c->dataset, slice_cstr(c->name));
    struct labelled *all = arena_zalloc(q->arena, (size_t)f->option_count, sizeof *all);
    int *place = arena_zalloc(q->arena, (size_t)f->option_count + 1, sizeof *place);

    for (int i = 0; i < f->option_count; i++) {
        const struct slice folded =
            unicode_fold_text(q->arena, slice_cstr(f->options[i].labels[language]));

        all[i] = (struct labelled){arena_slicedup(q->arena, folded), i + 1};
    }
    qsort(all, (size_t)f->option_count, sizeof *all, by_label);
    for (int i = 0; i < f->option_count; i++)
        place[all[i].code] = i + 1;
    sb_puts(&q->text, "(ARRAY[");
    for (int i = 1; i <= f->option_count; i++)
        sb_printf(&q->text, "%s%d", i > 1 ? "," : "", place[i]);
    sb_printf(&q->text, "])[%c.%s]", c->table, c->column);
}

static void put_key(struct sql_builder *q, const struct records_sort *sort,
                    enum field_language language)
{
    const struct records_column *c = sort->column;

    switch (c->kind) {
    case KEY_PLAIN: sb_printf(&q->text, "%c.%s", c->table, c->column); break;
    case KEY_TEXT: /* without the byte that separates a cursor's parts */
        sb_printf(&q->text, "translate(left(%c.%s, %d), chr(31), ' ') COLLATE \"und-x-icu\"",
                  c->table, c->column, KEY_TEXT_CHARS);
        break;
    case KEY_LABEL: put_label_key(q, c, language); break;
    }
}

/* ---- what a statement reads ---- */

struct tables {
    bool facts;
    bool entities;
};

/* Without a sort, for counting: the entities alone when nothing asks for facts, since an index of theirs answers. */
static struct tables tables_of(const struct records_query *q, const struct records_sort *sort)
{
    const bool asked = q->filter || q->state != RECORDS_ANY_STATE;
    const struct tables t = {.facts = asked || (sort && sort->column->table == 'f'),
                             .entities = q->upload || filter_needs_entities(q->filter) ||
                                         (sort ? sort->column->table == 'm' : !asked)};

    return t;
}

static const char *id_of(const struct records_query *q, struct tables t, struct arena *a)
{
    return t.facts ? "f.subject_id" : arena_printf(a, "m.%s", datasets[q->dataset].entity_id);
}

static void put_tables(struct sb *b, enum dataset dataset, struct tables t)
{
    const struct dataset_info *d = &datasets[dataset];

    if (t.facts && t.entities)
        sb_printf(b,
                  " FROM %s f JOIN %s m ON m.tenant_id = $1 AND m.tenant_id = f.tenant_id"
                  " AND m.%s = f.subject_id",
                  d->facts, d->entities, d->entity_id);
    else if (t.facts)
        sb_printf(b, " FROM %s f", d->facts);
    else
        sb_printf(b, " FROM %s m", d->entities);
}

/* ---- search ---- */

static void put_quoted_words(struct sb *out, const struct words_term *t)
{
    for (size_t i = 0; i < t->n; i++)
        sb_printf(out, "%s%s", i ? " <-> " : "", t->words[i]);
}

/* to_tsquery('app_x', $n): the text is of words made of letters and digits, joined here. */
static void put_query(struct sql_builder *q, const char *configuration, const struct sb *text)
{
    sb_printf(&q->text, "to_tsquery('%s', ", configuration);
    sql_arg(q, db_text(arena_strdup(q->arena, sb_text(text))));
    sb_puts(&q->text, "::text)");
}

/* A word as its stem, of either language, or as the beginning of one; a phrase as it stands. */
static void put_term(struct sql_builder *q, const struct words_term *t)
{
    SCOPED(sb_done) struct sb text = {0};

    sb_init(&text, 4096);
    if (t->n > 1) {
        put_quoted_words(&text, t);
        put_query(q, "app_words", &text);
        return;
    }
    sb_putc(&q->text, '(');
    sb_puts(&text, words_for_stemmer(q->arena, t->words[0], "es"));
    put_query(q, "app_spanish", &text);
    sb_clear(&text);
    sb_puts(&text, t->words[0]);
    sb_puts(&q->text, " || ");
    put_query(q, "app_english", &text);
    if (t->begins) {
        sb_puts(&text, ":*");
        sb_puts(&q->text, " || ");
        put_query(q, "app_words", &text);
    }
    sb_putc(&q->text, ')');
}

static void put_tsquery(struct sql_builder *q, const struct words_query *w)
{
    for (size_t i = 0; i < w->n; i++) {
        sb_puts(&q->text, i ? " && " : "");
        sb_puts(&q->text, w->terms[i].exclude ? "!!" : "");
        put_term(q, &w->terms[i]);
    }
}

/* A word without the ending that its plural or gender would change: a stemmer for letters. Whole characters only: what is
 * cut inside one is no text to the database. */
static const char *beginning_of(struct arena *a, const struct words_term *t)
{
    SCOPED(sb_done) struct sb text = {0};
    const struct slice word = slice_cstr(t->words[0]);
    const size_t n = utf8_count(word);

    if (t->n == 1 && n < 5)
        return arena_printf(a, " %s%s", t->words[0], t->begins ? "" : " ");
    if (t->n == 1)
        return arena_printf(a, " %.*s", (int)utf8_cut(word, n >= 7 ? n - 2 : n - 1).n, word.p);
    sb_init(&text, 4096);
    for (size_t i = 0; i < t->n; i++)
        sb_printf(&text, " %s", t->words[i]);
    return arena_strdup(a, sb_text(&text));
}

/* Records that have no words yet, looked through by letters: few, and only until they are read. */
static void put_unread(struct sql_builder *q, enum dataset dataset, const struct words_query *w)
{
    const struct dataset_info *d = &datasets[dataset];

    sb_printf(
        &q->text,
        " UNION ALL SELECT x.id FROM (SELECT f.subject_id AS id,"
        " ' ' || app_fold(%s || ' ' || t.body) || ' ' AS said FROM %s f"
        " JOIN %s m ON m.tenant_id = $1 AND m.tenant_id = f.tenant_id AND m.%s = f.subject_id"
        " JOIN transcripts t ON t.tenant_id = $1 AND t.tenant_id = f.tenant_id"
        " AND t.subject_id = f.subject_id"
        " WHERE f.tenant_id = $1 AND f.state <> 1 AND NOT EXISTS (SELECT FROM subject_search s"
        " WHERE s.tenant_id = $1 AND s.tenant_id = f.tenant_id"
        " AND s.subject_id = f.subject_id) OFFSET 0) x WHERE TRUE",
        unread[dataset].names, d->facts, d->entities, d->entity_id);
    for (size_t i = 0; i < w->n; i++) {
        sb_puts(&q->text, " AND strpos(x.said, ");
        sql_arg(q, db_text(beginning_of(q->arena, &w->terms[i])));
        sb_printf(&q->text, "::text) %s 0", w->terms[i].exclude ? "=" : ">");
    }
}

/* Each id once: a subject has words or it has none. */
static void put_search(struct sql_builder *q, enum dataset dataset, const struct words_query *w,
                       const char *id)
{
    sb_puts(&q->text, " JOIN (SELECT s.id FROM app_search(");
    put_tsquery(q, w);
    sb_puts(&q->text, ") AS s(id)");
    put_unread(q, dataset, w);
    sb_printf(&q->text, ") h ON h.id = %s", id);
}

/* " FROM ... WHERE ..." of everything but the place in the order; `joins` is the caller's own. */
static void put_body(struct sql_builder *q, const struct records_query *rq, struct tables t,
                     const char *joins)
{
    put_tables(&q->text, rq->dataset, t);
    if (rq->words)
        put_search(q, rq->dataset, rq->words, id_of(rq, t, q->arena));
    sb_printf(&q->text, " %s", joins);
    sb_printf(&q->text, " WHERE %c.tenant_id = $1", t.facts ? 'f' : 'm');
    if (rq->filter) {
        sb_puts(&q->text, " AND ");
        filter_sql(q, rq->filter);
    }
    if (rq->state != RECORDS_ANY_STATE) {
        sb_puts(&q->text, " AND f.state = ");
        sql_arg(q, db_i64(rq->state));
        sb_puts(&q->text, "::smallint");
    }
    if (rq->upload) {
        sb_puts(&q->text, " AND m.upload_id = ");
        sql_arg(q, db_uuid(rq->upload));
        sb_puts(&q->text, "::uuid");
    }
}

static void put_order(struct sql_builder *q, const struct records_sort *sort, const char *id,
                      enum field_language language)
{
    const char *const way = sort->descending ? "DESC" : "ASC";

    sb_puts(&q->text, " ORDER BY ");
    put_key(q, sort, language);
    sb_printf(&q->text, " %s%s, %s %s", way, sort->column->nullable ? " NULLS LAST" : "", id, way);
}

/* ---- pages ---- */

struct place {
    bool has_key;
    struct slice key;
    struct uuid id;
};

static int read_cursor(struct ctx *cx, const struct records_sort *sort, struct slice text,
                       struct place *out)
{
    struct slice parts[3];

    if (cursor_read(cx->arena, text, parts, 3) && slice_is(parts[0], sort->name) &&
        uuid_parse(parts[1], &out->id) && (parts[2].n > 0 || sort->column->nullable)) {
        out->has_key = parts[2].n > 0;
        out->key = (struct slice){parts[2].p + 1, parts[2].n ? parts[2].n - 1 : 0};
        return 0;
    }
    return ctx_fail(cx, ERR_INVALID, "cursor_invalid", "cursor",
                    "the cursor is none of ours, or of another order");
}

static void put_after(struct sql_builder *q, const struct records_sort *sort, const char *id,
                      const struct place *p, enum field_language language)
{
    const char sign = sort->descending ? '<' : '>';

    sb_puts(&q->text, " AND ");
    if (!p->has_key) { /* among those without a value */
        sb_putc(&q->text, '(');
        put_key(q, sort, language);
        sb_printf(&q->text, " IS NULL AND %s %c ", id, sign);
        sql_arg(q, db_uuid(&p->id));
        sb_puts(&q->text, "::uuid)");
        return;
    }
    sb_puts(&q->text, sort->column->nullable ? "((" : "(");
    put_key(q, sort, language);
    sb_printf(&q->text, ", %s) %c (", id, sign);
    sql_arg(q, db_slice(p->key));
    sb_printf(&q->text, "::%s, ", sort->column->type);
    sql_arg(q, db_uuid(&p->id));
    sb_puts(&q->text, "::uuid)");
    if (sort->column->nullable) {
        sb_puts(&q->text, " OR ");
        put_key(q, sort, language);
        sb_puts(&q->text, " IS NULL)");
    }
}

static enum field_language language_of(const struct ctx *cx)
{
    return field_language(cx->who.language[0] ? cx->who.language : cx->tenancy.language);
}

static const char *write_cursor(struct ctx *cx, const struct records_sort *sort, const PGresult *r,
                                int row)
{
    const char *const key = pg_text(r, row, 1);
    const struct slice parts[] = {slice_cstr(sort->name),
                                  pg_slice(r, row, 0), /* "=" tells "" from nothing */
                                  slice_cstr(key ? arena_printf(cx->arena, "=%s", key) : "")};

    return cursor_write(cx->arena, parts, 3);
}

/* {a,b,...} of column 0. */
static const char *ids_of(struct arena *a, const PGresult *r, int n)
{
    SCOPED(sb_done) struct sb text = {0};

    sb_init(&text, (size_t)(LIMIT_PAGE + 1) * UUID_TEXT_BYTES);
    sb_putc(&text, '{');
    for (int i = 0; i < n; i++)
        sb_printf(&text, "%s%s", i ? "," : "", pg_text(r, i, 0));
    sb_putc(&text, '}');
    return arena_strdup(a, sb_text(&text));
}

static void put_limit(struct sql_builder *q, const struct records_page *page)
{
    /* as numbers, not parameters: the planner must know that few are wanted */
    sb_puts(&q->text, " LIMIT ");
    sb_i64(&q->text, page->limit + 1);
    sb_puts(&q->text, " OFFSET ");
    sb_i64(&q->text, page->cursor.n ? 0 : page->offset);
}

/* The page along an index, as far as it is asked for. */
static void put_page(struct sql_builder *q, const struct records_query *rq,
                     const struct records_sort *sort, const struct records_page *page,
                     const struct place *after, enum field_language language)
{
    const struct tables t = tables_of(rq, sort);
    const char *const id = id_of(rq, t, q->arena);

    sb_printf(&q->text, "SELECT %s, ", id);
    put_key(q, sort, language);
    sb_puts(&q->text, ", NULL");
    put_body(q, rq, t, "");
    if (page->cursor.n)
        put_after(q, sort, id, after, language);
    put_order(q, sort, id, language);
    put_limit(q, page);
}

/* All that a search finds, once, for the page and for their number. */
static void put_counted_page(struct sql_builder *q, const struct records_query *rq,
                             const struct records_sort *sort, const struct records_page *page,
                             enum field_language language)
{
    const struct tables t = tables_of(rq, sort);
    const char *const way = sort->descending ? "DESC" : "ASC";

    sb_printf(&q->text, "WITH a AS MATERIALIZED (SELECT %s AS id, ", id_of(rq, t, q->arena));
    put_key(q, sort, language);
    sb_puts(&q->text, " AS k");
    put_body(q, rq, t, "");
    sb_printf(
        &q->text,
        ") SELECT a.id, a.k, (SELECT count(*) FROM a) FROM a ORDER BY a.k %s NULLS LAST, a.id %s",
        way, way);
    put_limit(q, page);
}

/* A first page that is not full is all there is; else the number came with a row, or is asked for. */
static int find_total(struct ctx *cx, const struct records_query *rq,
                      const struct records_page *page, const PGresult *r, int64_t *out)
{
    if (page->cursor.n || !page->count) {
        *out = RECORDS_NOT_COUNTED;
        return 0;
    }
    if (!page->offset && PQntuples(r) <= page->limit) {
        *out = PQntuples(r);
        return 0;
    }
    if (PQntuples(r) > 0 && pg_text(r, 0, 2)) {
        *out = pg_i64(r, 0, 2, 0);
        return 0;
    }
    return records_count(cx, rq, out);
}

int records_page(struct ctx *cx, const struct records_query *rq, const struct records_sort *sort,
                 const struct records_page *page, struct records_ids *out)
{
    SCOPED(sql_done) struct sql_builder q;
    SCOPED(pg_drop) PGresult *r = NULL;
    struct place after;
    int64_t total;
    int n;

    sql_init(&q, cx->arena, &cx->who.tenant);
    /* enters the tenant, too: the language of labels is known only then */
    if (db_exec(cx, SQL_RECORDS_ALONE, NULL, NULL) < 0 ||
        (page->cursor.n && read_cursor(cx, sort, page->cursor, &after) < 0))
        return -1;
    if (rq->words && page->count && !page->cursor.n)
        put_counted_page(&q, rq, sort, page, language_of(cx));
    else
        put_page(&q, rq, sort, page, &after, language_of(cx));
    r = sql_run(cx, &q);
    if (!r || find_total(cx, rq, page, r, &total) < 0)
        return -1;
    n = PQntuples(r) > page->limit ? (int)page->limit : PQntuples(r);
    *out = (struct records_ids){.n = (size_t)n,
                                .ids = ids_of(cx->arena, r, n),
                                .next_cursor =
                                    PQntuples(r) > n ? write_cursor(cx, sort, r, n - 1) : NULL,
                                .total = total};
    return 0;
}

int records_count(struct ctx *cx, const struct records_query *rq, int64_t *out)
{
    const struct tables t = tables_of(rq, NULL);
    SCOPED(sql_done) struct sql_builder q;
    SCOPED(pg_drop) PGresult *r = NULL;

    sql_init(&q, cx->arena, &cx->who.tenant);
    sb_puts(&q.text, "SELECT count(*)");
    put_body(&q, rq, t, "");
    r = sql_run(cx, &q);
    if (!r)
        return -1;
    *out = pg_i64(r, 0, 0, 0);
    return 0;
}

/* ---- sets ---- */

int records_set(struct ctx *cx, const struct records_query *rq, int64_t *n)
{
    const struct tables t = tables_of(rq, NULL);
    SCOPED(sql_done) struct sql_builder q;
    SCOPED(pg_drop) PGresult *r = NULL;

    if (db_exec(cx, SQL_RECORD_SET_CREATE, NULL, NULL) < 0)
        return -1;
    sql_init(&q, cx->arena, &cx->who.tenant);
    sb_printf(&q.text, "INSERT INTO record_set (subject_id) SELECT %s", id_of(rq, t, cx->arena));
    put_body(&q, rq, t, "");
    r = sql_run(cx, &q);
    if (!r || db_exec(cx, SQL_RECORD_SET_ANALYZE, NULL, NULL) < 0)
        return -1;
    if (!slice_to_i64(slice_cstr(PQcmdTuples(r)), n))
        *n = 0;
    return 0;
}

int records_set_of(struct ctx *cx, enum dataset dataset, const struct slice *ids, size_t nids,
                   int64_t *n)
{
    if (db_exec(cx, SQL_RECORD_SET_CREATE, NULL, NULL) < 0 ||
        db_exec(cx, SQL_RECORD_SET_OF,
                (const struct db_arg[]){db_uuid(&cx->who.tenant), db_text(datasets[dataset].name),
                                        db_text(db_text_array(cx->arena, ids, nids))},
                n) < 0)
        return -1;
    return db_exec(cx, SQL_RECORD_SET_ANALYZE, NULL, NULL);
}

/* ---- all ---- */

int records_stream(struct ctx *cx, const struct records_query *rq, const struct records_sort *sort,
                   const char *selected, const char *joins, db_row_fn fn, void *user)
{
    const struct tables both = {.facts = true, .entities = true};
    SCOPED(sql_done) struct sql_builder q;

    sql_init(&q, cx->arena, &cx->who.tenant);
    if (db_enter_now(cx) < 0)
        return -1;
    sb_printf(&q.text, "SELECT %s", selected);
    put_body(&q, rq, both, joins);
    put_order(&q, sort, "f.subject_id", language_of(cx));
    return sql_stream(cx, &q, fn, user);
}

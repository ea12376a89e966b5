/* SPDX-License-Identifier: MIT */
#include "tests/lib/meetings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/base/sb.h"
#include "core/db/db.h"
#include "tests/lib/uploads.h"

static const struct db_need may_read = {.role = ROLE_VIEWER, .scope = SCOPE_DATA_READ};
static const struct db_need may_write = {.role = ROLE_ANALYST, .scope = SCOPE_DATA_WRITE};

static struct meetings_world w;

const char meetings_talks[] = MEETINGS_HEADER
    "José Muñoz,jose@clinica.cl,+56 9 8765 4321,2024-03-01,Tiburón,1,\"Somos una clínica. Nuestra comunicación con "
    "los pacientes es lenta; recibimos 80 consultas diarias por WhatsApp.\"\n"
    "Ann Baker,ann@bakery.test,+1 303 555 0101,2024-03-02,Puma,0,\"We run a bakery. Our customers are asking about "
    "prices and deliveries, and we want to integrate with our e-commerce.\"\n"
    "Marta Rojas,marta@hotel.test,56911112222,2024-03-03,Puma,1,\"El hotel tiene muchas comunicaciones perdidas. Los "
    "huéspedes preguntan por reservas y por la piscina del hotel.\"\n";

const struct meetings_world *meetings_set_up(void)
{
    w.db = testdb_new();
    w.cx = testdb_ctx(w.db);
    w.tenant = testdb_tenant(w.db, "acme");
    w.user = testdb_member(w.db, "acme", "ana@acme.test", ROLE_ANALYST);
    testdb_as(w.cx, &w.tenant, &w.user, ROLE_ANALYST);
    return &w;
}

void meetings_upload(const char *csv)
{
    assert_int_equal(uploads_must(w.cx, csv, NULL).counts.invalid, 0);
}

void meetings_run_jobs(void)
{
    uploads_read_all(w.db);
}

int meetings_ask(struct meeting_query *q, struct meeting_page *page, const char *query)
{
    struct slice rest = slice_cstr(arena_strdup(w.cx->arena, query));

    meeting_query_init(w.cx, q);
    *page = (struct meeting_page){.limit = 50};
    while (rest.n) {
        struct slice value;
        const struct slice pair = slice_cut(rest, '&', &rest);
        const struct slice name = slice_cut(pair, '=', &value);

        if (slice_is(name, "sort"))
            page->sort = value;
        else if (slice_is(name, "cursor"))
            page->cursor = value;
        else if (slice_is(name, "limit"))
            slice_to_i64(value, &page->limit);
        else if (slice_is(name, "page"))
            slice_to_i64(value, &page->page);
        else if (meeting_query_param(w.cx, q, name, value) != 1)
            return -1;
    }
    return meeting_query_done(w.cx, q);
}

static json_t *parsed(struct sb *text)
{
    json_t *v = json_loadb(sb_text(text), text->n, 0, NULL);

    assert_non_null(v);
    return v;
}

/* The answer; NULL on failure, with w.cx->err set. The caller decrefs it. */
json_t *meetings_list_of(const char *query)
{
    SCOPED(sb_done) struct sb text = {0};
    struct meeting_query q;
    struct meeting_page page;
    struct jw json;
    int status;

    testdb_fresh(w.cx);
    sb_init(&text, 8 << 20);
    jw_init(&json, &text);
    assert_int_equal(db_begin(w.cx, DB_READ, DB_ENTER_CALLER, may_read), 0);
    status = meetings_ask(&q, &page, query);
    if (status == 0)
        status = meeting_list(w.cx, &q, &page, &json);
    if (status == 0)
        status = db_commit(w.cx);
    return status < 0 ? NULL : parsed(&text);
}

const char *meetings_names(const char *query)
{
    static char out[4096];
    json_t *v = meetings_list_of(query);
    size_t n = 0;

    if (!v)
        fail_msg("%s: %s %s %s %s", query, w.cx->err.reason, w.cx->err.field, w.cx->err.message,
                 w.cx->err.internal);
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(json_object_get(v, "meetings")); i++)
        n += (size_t)snprintf(
            out + n, sizeof out - n, "%s%s", i ? " " : "",
            json_string_value(
                json_object_get(json_array_get(json_object_get(v, "meetings"), i), "client_name")));
    json_decref(v);
    return out;
}

int64_t meetings_total(const char *query)
{
    json_t *v = meetings_list_of(query);
    int64_t n;

    if (!v)
        fail_msg("%s: %s %s", query, w.cx->err.reason, w.cx->err.internal);
    n = json_integer_value(json_object_get(v, "total"));
    json_decref(v);
    return n;
}

void meetings_refused(const char *query, const char *reason, const char *field)
{
    json_t *v = meetings_list_of(query);

    if (v || strcmp(w.cx->err.reason, reason) != 0 || strcmp(w.cx->err.field, field) != 0)
        fail_msg("%s: wanted %s %s, got %s %s", query, reason, field,
                 v ? "an answer" : w.cx->err.reason, w.cx->err.field);
}

const char *meetings_id_of(const char *client)
{
    return testdb_value(w.db, TESTDB_ADMIN,
                        "SELECT meeting_id FROM meetings WHERE client_name = '%s'", client);
}

int meetings_edit(const char *client, int64_t version, const char *patch)
{
    json_t *v = json_loads(patch, 0, NULL);
    struct uuid id;
    int status;

    testdb_fresh(w.cx);
    assert_non_null(v);
    assert_true(uuid_parse(slice_cstr(meetings_id_of(client)), &id));
    assert_int_equal(db_begin(w.cx, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    status = meeting_edit(w.cx, &id, version, v);
    if (status == 0)
        status = db_commit(w.cx);
    json_decref(v);
    return status;
}

const char *meetings_bulk(enum meeting_bulk_verb verb, const char *body)
{
    static char out[1000];
    SCOPED(sb_done) struct sb text = {0};
    json_t *v = json_loads(body, 0, NULL);
    struct jw json;
    int status;

    testdb_fresh(w.cx);
    assert_non_null(v);
    sb_init(&text, 1 << 20);
    jw_init(&json, &text);
    assert_int_equal(db_begin(w.cx, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    status = meeting_bulk(w.cx, verb, v, &json);
    if (status == 0)
        status = db_commit(w.cx);
    else
        db_rollback(w.cx);
    json_decref(v);
    snprintf(out, sizeof out, "%s", sb_text(&text));
    return status < 0 ? NULL : out;
}

void meetings_bulk_is(enum meeting_bulk_verb verb, const char *body, const char *answer)
{
    const char *got = meetings_bulk(verb, body);

    if (!got)
        fail_msg("%s: %s %s %s", body, w.cx->err.reason, w.cx->err.field, w.cx->err.internal);
    if (strncmp(got, answer, strlen(answer) - 1) != 0) /* a batch_id may follow */
        assert_string_equal(got, answer);
}

void meetings_bulk_refused(enum meeting_bulk_verb verb, const char *body, const char *reason)
{
    if (meetings_bulk(verb, body))
        fail_msg("%s was done", body);
    assert_string_equal(w.cx->err.reason, reason);
}

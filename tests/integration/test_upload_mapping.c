/* SPDX-License-Identifier: MIT */
/* Saved mappings in a real database: saved, proposed, changed by one at a time, bounded, and no other tenant's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/db/db.h"
#include "core/meetings/upload_mapping.h"
#include "tests/lib/testdb.h"

static struct testdb *db;
static struct ctx *cx;
static struct uuid tenant;
static struct uuid user;

static const struct db_need may_write = {.role = ROLE_ANALYST, .scope = SCOPE_DATA_WRITE};

static json_t *read_json(const char *text)
{
    json_t *v = NULL;

    if (json_read(slice_cstr(text), &v) != JSON_OK)
        fail_msg("no JSON: %s", text);
    arena_defer(cx->arena, json_drop_deferred, v);
    return v;
}

static void begin(void)
{
    testdb_fresh(cx);
    if (db_begin(cx, DB_WRITE, DB_ENTER_CALLER, may_write) < 0)
        fail_msg("begin: %s", cx->err.reason);
}

static int create(const char *body, struct uuid *out)
{
    begin();
    return upload_mapping_create(cx, read_json(body), out) < 0 ? -1 : db_commit(cx);
}

static struct uuid save(const char *body)
{
    struct uuid id = {0};

    if (create(body, &id) < 0)
        fail_msg("%s: %s %s", body, cx->err.reason, cx->err.internal);
    return id;
}

static int replace(const struct uuid *id, int64_t version, const char *body)
{
    begin();
    return upload_mapping_replace(cx, id, version, read_json(body)) < 0 ? -1 : db_commit(cx);
}

static int set_up(void **state)
{
    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    tenant = testdb_tenant(db, "acme");
    user = testdb_member(db, "acme", "ana@acme.test", ROLE_ANALYST);
    testdb_as(cx, &tenant, &user, ROLE_ANALYST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

#define BODY(name, header)                                                                         \
    "{\"name\":\"" name "\",\"headers\":[\"" header                                                \
    "\",\"Fono\"],\"columns\":{\"email\":\"" header                                                \
    "\"},\"settings\":{\"delimiter\":\";\",\"date_order\":\"dmy\"}}"

static void what_was_saved_is_what_uploads_get(void **state)
{
    const struct uuid id = save(BODY("CRM", "Mail"));
    struct upload_mapping m = {0};

    (void)state;
    begin();
    assert_int_equal(upload_mapping_get(cx, &id, &m), 0);
    assert_true(uuid_eq(&m.id, &id));
    assert_string_equal(m.name, "CRM");
    assert_string_equal(m.names.header[UPLOAD_EMAIL], "Mail");
    assert_null(m.names.header[UPLOAD_PHONE]);
    assert_string_equal(m.delimiter, ";");
    assert_string_equal(m.date_order, "dmy");
    assert_null(m.encoding);
    assert_int_equal(m.version, 1);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN,
                                   "SELECT count(*) FROM audit_log WHERE action = "
                                   "'upload_mapping.create' AND fields @> '{name,columns}'"),
                     1);
}

static bool propose(const struct slice *headers, size_t n, struct upload_mapping *m)
{
    bool found = false;

    begin();
    if (upload_mapping_propose(cx, headers, n, m, &found) < 0)
        fail_msg("%s %s", cx->err.reason, cx->err.internal);
    return found;
}

static void the_same_headers_come_before_those_that_merely_fit(void **state)
{
    const struct slice same[] = {SLICE("FONO"), SLICE("mail")};
    const struct slice more[] = {SLICE("Fono"), SLICE("Mail"), SLICE("Nota")};
    const struct slice other[] = {SLICE("Fono"), SLICE("Correo")};
    const struct slice none[] = {SLICE("")};
    struct upload_mapping m = {.name = "untouched"};

    (void)state;
    assert_false(propose(same, 2, &m));
    assert_string_equal(m.name, "untouched");
    save(BODY("made for it", "Mail"));
    save("{\"name\":\"older\",\"headers\":[\"Mail\",\"x\"],\"columns\":{\"email\":\"Mail\"}}");
    save("{\"name\":\"newer\",\"headers\":[\"Mail\",\"y\"],\"columns\":{\"email\":\"MAIL\"}}");
    save("{\"name\":\"lacks one\",\"headers\":[\"Mail\",\"Z\"],\"columns\":{\"email\":\"Mail\","
         "\"phone\":\"Z\"}}");
    assert_true(propose(same, 2, &m));
    assert_string_equal(m.name, "made for it");
    assert_true(propose(more, 3, &m));
    assert_string_equal(m.name, "newer");
    testdb_run(
        db, TESTDB_ADMIN,
        "UPDATE upload_mappings SET updated_at = now() + interval '1 s' WHERE name = 'older'");
    assert_true(propose(more, 3, &m));
    assert_string_equal(m.name, "older");
    assert_false(propose(other, 2, &m));
    assert_false(propose(none, 1, &m));
    assert_false(propose(NULL, 0, &m));
}

static void a_name_is_one_whatever_its_case_and_accents(void **state)
{
    struct uuid id;
    struct uuid second;

    (void)state;
    id = save(BODY("Exportación", "Mail"));
    assert_int_equal(create(BODY(" EXPORTACION", "Correo"), &second), -1);
    assert_string_equal(cx->err.reason, "name_taken");
    assert_int_equal(cx->err.code, ERR_CONFLICT);
    second = save(BODY("Otra", "Correo"));
    assert_int_equal(replace(&second, 1, BODY("exportación", "Correo")), -1);
    assert_string_equal(cx->err.reason, "name_taken");
    assert_int_equal(replace(&id, 1, BODY("exportacion", "Correo")), 0); /* its own name */
}

static void who_changes_must_have_read_the_latest(void **state)
{
    const struct uuid id = save(BODY("CRM", "Mail"));
    const struct uuid nobody = uuid_new();
    struct upload_mapping m = {0};

    (void)state;
    assert_int_equal(replace(&id, 1, BODY("CRM 2", "Correo")), 0);
    assert_int_equal(replace(&id, 1, BODY("CRM 3", "Fono")), -1);
    assert_string_equal(cx->err.reason, "version_stale");
    assert_int_equal(replace(&nobody, 1, BODY("CRM 3", "Fono")), -1);
    assert_int_equal(cx->err.code, ERR_NOT_FOUND);
    begin();
    assert_int_equal(upload_mapping_get(cx, &id, &m), 0);
    assert_string_equal(m.name, "CRM 2");
    assert_string_equal(m.names.header[UPLOAD_EMAIL], "Correo");
    assert_int_equal(m.version, 2);
    assert_true(propose((const struct slice[]){SLICE("correo"), SLICE("fono")}, 2, &m));

    begin();
    assert_int_equal(upload_mapping_delete(cx, &id, 1), -1);
    assert_string_equal(cx->err.reason, "version_stale");
    begin();
    assert_int_equal(upload_mapping_delete(cx, &id, 2), 0);
    assert_int_equal(db_commit(cx), 0);
    begin();
    assert_int_equal(upload_mapping_get(cx, &id, &m), -1);
    assert_int_equal(cx->err.code, ERR_NOT_FOUND);
    assert_int_equal(testdb_number(db, TESTDB_ADMIN,
                                   "SELECT count(*) FROM audit_log WHERE object_kind = "
                                   "'upload_mapping'"),
                     3);
}

static void make_many(int n)
{
    testdb_run(db, TESTDB_ADMIN,
               "INSERT INTO upload_mappings (tenant_id, mapping_id, name, name_key, headers, "
               "headers_key, column_keys, columns) SELECT tenant_id, gen_random_uuid(), n, n, "
               "'{A}', gen_random_uuid(), '{a}', '{\"email\":\"A\"}' FROM tenants, "
               "(SELECT 'm' || g FROM generate_series(1, %d) g) v(n)",
               n);
}

static void a_tenant_has_so_many_and_no_more(void **state)
{
    struct uuid id;

    (void)state;
    make_many(LIMIT_UPLOAD_MAPPINGS - 1);
    id = save(BODY("the last", "Mail"));
    assert_int_equal(create(BODY("one too many", "Mail"), &id), -1);
    assert_string_equal(cx->err.reason, "too_many_mappings");
    assert_int_equal(replace(&id, 1, BODY("still the last", "Mail")), 0);
}

/* Two who save at once, each for the last place: the second waits, and then sees what the first did. */
static void the_last_place_is_given_once(void **state)
{
    struct ctx *other = testdb_ctx(db);
    struct uuid id;

    (void)state;
    make_many(LIMIT_UPLOAD_MAPPINGS - 1);
    testdb_as(other, &tenant, &user, ROLE_ANALYST);
    begin();
    assert_int_equal(upload_mapping_create(cx, read_json(BODY("mine", "Mail")), &id), 0);
    assert_int_equal(db_begin(other, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    other->deadline_ms -= 9500;
    assert_int_equal(upload_mapping_create(other, read_json(BODY("theirs", "Mail")), &id), -1);
    assert_int_equal(other->err.code, ERR_TIMEOUT); /* it waits while the first is open */
    assert_int_equal(db_commit(cx), 0);
    testdb_fresh(other);
    assert_int_equal(db_begin(other, DB_WRITE, DB_ENTER_CALLER, may_write), 0);
    assert_int_equal(upload_mapping_create(other, read_json(BODY("theirs", "Mail")), &id), -1);
    assert_string_equal(other->err.reason, "too_many_mappings");
}

static void another_tenant_has_its_own(void **state)
{
    const struct uuid id = save(BODY("CRM", "Mail"));
    const struct slice headers[] = {SLICE("mail"), SLICE("fono")};
    struct uuid globex = testdb_tenant(db, "globex");
    struct uuid eve = testdb_member(db, "globex", "eve@globex.test", ROLE_ADMIN);
    struct upload_mapping m = {0};

    (void)state;
    testdb_as(cx, &globex, &eve, ROLE_ADMIN);
    assert_false(propose(headers, 2, &m));
    begin();
    assert_int_equal(upload_mapping_get(cx, &id, &m), -1);
    assert_int_equal(cx->err.code, ERR_NOT_FOUND);
    save(BODY("CRM", "Mail"));
    assert_true(propose(headers, 2, &m));
    assert_false(uuid_eq(&m.id, &id));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(what_was_saved_is_what_uploads_get),
        T(the_same_headers_come_before_those_that_merely_fit),
        T(a_name_is_one_whatever_its_case_and_accents),
        T(who_changes_must_have_read_the_latest),
        T(a_tenant_has_so_many_and_no_more),
        T(the_last_place_is_given_once),
        T(another_tenant_has_its_own),
    };

    return cmocka_run_group_tests_name("upload_mapping", tests, NULL, NULL);
}

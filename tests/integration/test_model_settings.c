/* SPDX-License-Identifier: MIT */
/* An organisation's model: what it says, what is in force, and where its key does not go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/db/db.h"
#include "core/insight/ledger.h"
#include "core/insight/model_settings.h"
#include "tests/lib/testdb.h"

static const char KEY[] = "sk-live-9f8e7d6c5b4a";

static struct testdb *db;
static struct ctx *cx;
static struct config config;
static struct uuid acme;
static struct uuid other;

static int set_up(void **state)
{
    struct uuid ana;

    (void)state;
    db = testdb_new();
    cx = testdb_ctx(db);
    config = *cx->config;
    config.secret_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    config.llm_api_key = "sk-of-the-installation";
    config.llm_model = "installed-model";
    config.llm_price_input = 7;
    cx->config = &config;
    acme = testdb_tenant(db, "acme");
    other = testdb_tenant(db, "other");
    ana = testdb_member(db, "acme", "ana@acme.test", ROLE_ADMIN);
    testdb_as(cx, &acme, &ana, ROLE_ADMIN);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    testdb_free(db);
    return 0;
}

static int put(int64_t version, const char *text)
{
    SCOPED(json_drop) json_t *body = NULL;
    int status;

    testdb_fresh(cx);
    assert_int_equal(json_read(slice_cstr(text), &body), JSON_OK);
    assert_int_equal(
        db_begin(cx, DB_WRITE, DB_ENTER_CALLER, (struct db_need){ROLE_ADMIN, SCOPE_ADMIN}), 0);
    status = model_settings_put(cx, version, body);
    if (status == 0)
        status = db_commit(cx);
    db_rollback(cx);
    return status;
}

static const char *show(int64_t *version)
{
    SCOPED(sb_done) struct sb text = {0};
    struct jw w;

    testdb_fresh(cx);
    sb_init(&text, 8192);
    jw_init(&w, &text);
    assert_int_equal(
        db_begin(cx, DB_READ, DB_ENTER_CALLER, (struct db_need){ROLE_ADMIN, SCOPE_ADMIN}), 0);
    assert_int_equal(model_settings_show(cx, &w, version), 0);
    assert_int_equal(db_commit(cx), 0);
    return arena_strdup(cx->arena, sb_text(&text));
}

static int load(struct model_settings *m)
{
    int status;

    testdb_fresh(cx);
    assert_int_equal(
        db_begin(cx, DB_READ, DB_ENTER_CALLER, (struct db_need){ROLE_ADMIN, SCOPE_ADMIN}), 0);
    status = model_settings_load(cx, m);
    db_rollback(cx);
    return status;
}

static void who_says_nothing_has_what_the_installation_has(void **state)
{
    SCOPED(model_settings_done) struct model_settings m = {0};
    int64_t version;

    (void)state;
    assert_non_null(strstr(show(&version), "\"in_force\":{\"provider\":\"rules\""));
    assert_int_equal(version, 1);
    config.llm_provider = "openai";
    assert_int_equal(load(&m), 0);
    assert_true(m.by_model);
    assert_string_equal(m.model, "installed-model");
    assert_string_equal(secret_get(m.key).p, "sk-of-the-installation");
    assert_int_equal(m.price.input, 7);
    assert_int_equal(m.cap_micros, LEDGER_NO_CAP);
}

static void what_is_said_counts_and_the_key_is_never_shown(void **state)
{
    SCOPED(model_settings_done) struct model_settings m = {0};
    int64_t version;
    const char *text;

    (void)state;
    assert_int_equal(
        put(1,
            "{\"provider\":\"openai\",\"base_url\":\"https://models.example.com/v1\",\"model\":\"small\","
            "\"temperature\":0.5,\"key\":\"sk-live-9f8e7d6c5b4a\",\"prices\":{\"input\":150000},"
            "\"monthly_cap_micros\":5000000,\"redact\":[\"email\",\"card\"]}"),
        0);
    text = show(&version);
    assert_int_equal(version, 2);
    assert_non_null(strstr(text, "\"key_hint\":\"5b4a\""));
    assert_null(strstr(text, "9f8e"));
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN,
                      "SELECT count(*) FROM model_settings WHERE key_sealed LIKE 'v1:%%' AND "
                      "model_settings::text NOT LIKE '%%%s%%'",
                      KEY),
        1);
    assert_int_equal(
        testdb_number(db, TESTDB_ADMIN,
                      "SELECT count(*) FROM audit_log WHERE action = 'model_settings.update' AND "
                      "audit_log::text NOT LIKE '%%9f8e%%'"),
        1);
    assert_int_equal(load(&m), 0);
    assert_string_equal(secret_get(m.key).p, KEY);
    assert_string_equal(m.endpoint.base_url, "https://models.example.com/v1");
    assert_true(m.has_temperature && m.temperature > 0.49 && m.temperature < 0.51);
    assert_int_equal(m.price.input, 150000);
    assert_int_equal(m.cap_micros, 5000000);
    assert_string_equal(m.redact, "[\"email\",\"card\"]");
}

static void a_key_that_is_not_named_stays_and_null_removes_it(void **state)
{
    int64_t version;

    (void)state;
    assert_int_equal(put(1, "{\"key\":\"sk-live-9f8e7d6c5b4a\"}"), 0);
    assert_int_equal(put(2, "{\"model\":\"small\"}"), 0);
    assert_non_null(strstr(show(&version), "\"key_hint\":\"5b4a\""));
    assert_int_equal(put(3, "{\"key\":null}"), 0);
    assert_non_null(strstr(show(&version), "\"key_hint\":null"));
    assert_non_null(strstr(show(&version), "\"model\":null"));
}

static void the_installations_key_goes_to_its_own_url_only(void **state)
{
    SCOPED(model_settings_done) struct model_settings m = {0};

    (void)state;
    assert_int_equal(
        put(1, "{\"provider\":\"openai\",\"base_url\":\"https://elsewhere.example.com/v1\"}"), 0);
    assert_int_equal(load(&m), 0);
    assert_int_equal(secret_get(m.key).n, 0);
}

static void a_key_opens_for_its_own_tenant_only(void **state)
{
    struct model_settings m = {0};
    int64_t version;

    (void)state;
    assert_int_equal(put(1, "{\"provider\":\"openai\",\"key\":\"sk-live-9f8e7d6c5b4a\"}"), 0);
    /* somebody with a hand in the database gives it to another organisation */
    testdb_run(
        db, TESTDB_ADMIN,
        "INSERT INTO model_settings (tenant_id, provider, key_sealed, key_hint) SELECT t.tenant_id, 'openai', s.key_sealed, 'abcd' "
        "FROM tenants t, model_settings s WHERE t.slug = 'other'");
    const struct uuid bo = testdb_member(db, "other", "bo@other.test", ROLE_ADMIN);
    testdb_as(cx, &other, &bo, ROLE_ADMIN);
    assert_int_equal(load(&m), -1);
    assert_string_equal(cx->err.reason, "key_unreadable");
    model_settings_done(&m);
    /* and yet it is shown, so that it can be put right */
    assert_non_null(strstr(show(&version), "\"has_key\":false"));
    assert_int_equal(put(2, "{\"provider\":\"openai\",\"key\":\"sk-another-key\"}"), 0);
    assert_int_equal(load(&m), 0);
    model_settings_done(&m);
}

static void what_cannot_be_is_refused_with_its_name(void **state)
{
    static const struct {
        const char *body;
        const char *field;
        const char *reason;
    } cases[] = {
        {"{\"colour\":1}", "colour", "field_unknown"},
        {"{\"provider\":\"oracle\"}", "provider", "value_invalid"},
        {"{\"provider\":\"rules openai\"}", "provider", "value_invalid"},
        {"{\"dialect\":7}", "dialect", "value_invalid"},
        {"{\"base_url\":\"ftp://x.example.com\"}", "base_url", "value_invalid"},
        {"{\"base_url\":\"https://user:secret@x.example.com\"}", "base_url", "value_invalid"},
        {"{\"model\":\"\"}", "model", "value_invalid"},
        {"{\"temperature\":2.1}", "temperature", "value_invalid"},
        {"{\"temperature\":\"hot\"}", "temperature", "value_invalid"},
        {"{\"key\":\"short\"}", "key", "value_invalid"},
        {"{\"key\":\"with a blank in it\"}", "key", "value_invalid"},
        {"{\"prices\":[]}", "prices", "value_invalid"},
        {"{\"prices\":{\"input\":-1}}", "prices.input", "value_invalid"},
        {"{\"prices\":{\"input\":0.5}}", "prices.input", "value_invalid"},
        {"{\"monthly_cap_micros\":\"5\"}", "monthly_cap_micros", "value_invalid"},
        {"{\"redact\":[\"names\"]}", "redact", "value_invalid"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(put(0, cases[i].body), -1);
        assert_string_equal(cx->err.field, cases[i].field);
        assert_string_equal(cx->err.reason, cases[i].reason);
        assert_int_equal(cx->err.code, ERR_INVALID);
    }
    assert_int_equal(put(5, "{}"), -1);
    assert_string_equal(cx->err.reason, "version_stale");
    config.secret_key = NULL;
    assert_int_equal(put(0, "{\"key\":\"sk-live-9f8e7d6c5b4a\"}"), -1);
    assert_string_equal(cx->err.reason, "sealing_unavailable");
    assert_int_equal(testdb_number(db, TESTDB_ADMIN, "SELECT count(*) FROM model_settings"), 0);
}

int main(void)
{
#define WITH_DB(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_DB(who_says_nothing_has_what_the_installation_has),
        WITH_DB(what_is_said_counts_and_the_key_is_never_shown),
        WITH_DB(a_key_that_is_not_named_stays_and_null_removes_it),
        WITH_DB(the_installations_key_goes_to_its_own_url_only),
        WITH_DB(a_key_opens_for_its_own_tenant_only),
        WITH_DB(what_cannot_be_is_refused_with_its_name),
    };

    return cmocka_run_group_tests_name("model_settings", tests, NULL, NULL);
}

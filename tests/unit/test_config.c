/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/config.h"
#include "core/base/slice.h"

static char **before;
static char *problems;
static size_t nproblems;

/* Each test begins with one setting only, the one that is required. */
static int set_up(void **state)
{
    static char *none[1];

    (void)state;
    before = environ;
    environ = none;
    setenv("CM_DATABASE_URL", "postgresql://cm_app:hidden@/x", 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    environ = before; /* what setenv made stays: a config's strings live as long as the process */
    free(problems);
    problems = NULL;
    return 0;
}

static int load(struct config *c)
{
    FILE *f;
    int status;

    free(problems);
    problems = NULL;
    f = open_memstream(&problems, &nproblems);
    status = config_load(c, f);
    fclose(f);
    return status;
}

static void refused(const char *sentence)
{
    struct config c = {.web_workers = 77};

    assert_int_equal(load(&c), -1);
    assert_int_equal(c.web_workers, 77); /* untouched on failure */
    if (!strstr(problems, sentence))
        fail_msg("\"%s\" does not say \"%s\"", problems, sentence);
}

static void defaults_fill_what_is_not_set(void **state)
{
    struct config c;

    (void)state;
    assert_int_equal(load(&c), 0);
    assert_string_equal(problems, "");
    assert_int_equal(c.env, ENV_PRODUCTION);
    assert_string_equal(c.database_url, "postgresql://cm_app:hidden@/x");
    assert_null(c.database_owner_url);
    assert_true(c.db_prepare);
    assert_false(c.dev_issuer);
    assert_int_equal(c.request_ms, 15000);
    assert_string_equal(c.llm_provider, "rules");
    assert_string_equal(c.llm_base_url, "https://api.openai.com/v1");
    assert_string_equal(c.llm_dialect, "openai");
    assert_null(c.llm_api_key);
    assert_string_equal(c.llm_embedding_model, "hashed-ngram-1");
    assert_int_equal(c.llm_in_flight, 20);
    assert_int_equal(c.llm_price_input, 0);
    setenv("CM_REQUEST_TIMEOUT_MS", "", 1); /* set to nothing is not set */
    assert_int_equal(load(&c), 0);
    assert_int_equal(c.request_ms, 15000);
}

static void the_environment_is_read_by_type(void **state)
{
    struct config c;

    (void)state;
    setenv("CM_ENV", "test", 1);
    setenv("CM_WEB_WORKERS", "3", 1);
    setenv("CM_DB_PREPARE", "off", 1);
    setenv("CM_RUN_DIR", "/x y", 1);
    assert_int_equal(load(&c), 0);
    assert_int_equal(c.env, ENV_TEST);
    assert_int_equal(c.web_workers, 3);
    assert_false(c.db_prepare);
    assert_string_equal(c.run_dir, "/x y");
}

static void a_wrong_value_is_named_with_its_rule(void **state)
{
    static const struct {
        const char *key;
        const char *value;
        const char *says;
    } cases[] = {
        {"CM_WEB_WORKERS", "0", "CM_WEB_WORKERS: must be a whole number from 1 to 512"},
        {"CM_WEB_WORKERS", "513", "from 1 to 512"},
        {"CM_WEB_WORKERS", "2.5", "whole number"},
        {"CM_WEB_WORKERS", "many", "whole number"},
        {"CM_WEB_WORKERS", " 2", "whole number"},
        {"CM_DB_PREPARE", "maybe", "CM_DB_PREPARE: must be on or off"},
        {"CM_ENV", "staging", "CM_ENV: must be one of production|development|test"},
        {"CM_LLM_PROVIDER", "rul", "CM_LLM_PROVIDER: must be one of"},
        {"CM_LLM_DIALECT", "anthropic", "CM_LLM_DIALECT: must be one of openai|compatible|azure"},
        {"CM_LLM_IN_FLIGHT", "1001", "from 1 to 1000"},
        {"CM_LLM_PRICE_INPUT", "2.5000001", "CM_LLM_PRICE_INPUT: must be a number from 0 to"},
        {"CM_LLM_PRICE_INPUT", "-1", "must be a number"},
        {"CM_LLM_PRICE_INPUT", "1e3", "must be a number"},
        {"CM_LLM_PRICE_INPUT", ".", "must be a number"},
        {"CM_LLM_PRICE_INPUT", "1.2.3", "must be a number"},
        {"CM_LLM_PRICE_INPUT", "1000000.000001", "from 0 to 1000000"},
        {"CM_LLM_PRICE_INPUT", "99999999999999999999", "from 0 to 1000000"},
        {"CM_LLM_BASE_URL", "api.openai.com/v1", "CM_LLM_BASE_URL: must begin with https://"},
        {"CM_SECRET_KEY", "tooshort", "CM_SECRET_KEY: needs 32 bytes in base64"},
        {"CM_LOG_LEVEL", "INFO", "CM_LOG_LEVEL: must be one of"},
        {"CM_AUDIT_KEY", "short", "CM_AUDIT_KEY: needs 16 bytes"},
        {"CM_WEB_WORKER", "2", "CM_WEB_WORKER: no such setting"},
        {"CM_DEV_ISSUER", "on", "CM_DEV_ISSUER: refuses to run with CM_ENV=production"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv(cases[i].key, cases[i].value, 1);
        refused(cases[i].says);
        unsetenv(cases[i].key);
    }
}

static void prices_are_decimal_dollars(void **state)
{
    static const struct {
        const char *text;
        int64_t micro;
        const char *printed;
    } cases[] = {
        {"2.50", 2500000, "2.5"},    {"0.075", 75000, "0.075"},
        {".15", 150000, "0.15"},     {"10", 10000000, "10"},
        {"0.000001", 1, "0.000001"}, {"0", 0, "0"},
        {"3.", 3000000, "3"},        {"1000000", 1000000000000, "1000000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wanted[64];
        struct config c;
        char *text = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&text, &n);

        setenv("CM_LLM_PRICE_OUTPUT", cases[i].text, 1);
        assert_int_equal(load(&c), 0);
        assert_int_equal(c.llm_price_output, cases[i].micro);
        config_print(&c, f);
        fclose(f);
        snprintf(wanted, sizeof wanted, "CM_LLM_PRICE_OUTPUT=%s\t(default 0, 0 to 1000000)",
                 cases[i].printed);
        if (!strstr(text, wanted))
            fail_msg("%s is not printed as %s", cases[i].text, cases[i].printed);
        free(text);
    }
}

static void cached_tokens_cost_as_others_unless_it_is_said(void **state)
{
    struct config c;

    (void)state;
    setenv("CM_LLM_PRICE_INPUT", "2", 1);
    assert_int_equal(load(&c), 0);
    assert_int_equal(c.llm_price_cached, 2000000);
    setenv("CM_LLM_PRICE_CACHED", "0.5", 1);
    assert_int_equal(load(&c), 0);
    assert_int_equal(c.llm_price_cached, 500000);
}

static void every_problem_is_told_at_once(void **state)
{
    (void)state;
    setenv("CM_WEB_WORKERS", "0", 1);
    setenv("CM_JOB_WORKERS", "x", 1);
    setenv("CM_TYPO", "1", 1);
    unsetenv("CM_DATABASE_URL");
    refused("CM_WEB_WORKERS");
    refused("CM_JOB_WORKERS");
    refused("CM_TYPO");
    refused("CM_DATABASE_URL: required");
}

static void the_development_issuer_needs_its_key(void **state)
{
    struct config c;

    (void)state;
    setenv("CM_ENV", "development", 1);
    setenv("CM_DEV_ISSUER", "on", 1);
    refused("CM_DEV_ISSUER_KEY_FILE: needed");
    setenv("CM_DEV_ISSUER_KEY_FILE", "/x", 1);
    assert_int_equal(load(&c), 0);
    assert_true(c.dev_issuer);
}

static void scripts_and_tests_have_names_of_their_own(void **state)
{
    struct config c;

    (void)state;
    setenv("CM_TEST_ADMIN_URL", "x", 1);
    setenv("CM_SHARED_DATA", "x", 1);
    setenv("CMX", "x", 1);
    assert_int_equal(load(&c), 0);
}

static char file[64];

static void write_file(const char *text)
{
    FILE *f;
    int fd;

    snprintf(file, sizeof file, "/tmp/cmconf.XXXXXX");
    fd = mkstemp(file);
    f = fdopen(fd, "w");
    fputs(text, f);
    fclose(f);
    setenv("CM_CONFIG_FILE", file, 1);
}

static void a_file_gives_what_the_environment_does_not(void **state)
{
    struct config c;

    (void)state;
    write_file("# a comment\n\n  CM_WEB_WORKERS = 5 \nCM_JOB_WORKERS=6\nCM_RUN_DIR=\"/with "
               "space\"\nCM_SPOOL_DIR='/q'\n"
               "CM_DATABASE_OWNER_URL=host=/x dbname=y user=z");
    setenv("CM_JOB_WORKERS", "7", 1);
    assert_int_equal(load(&c), 0);
    assert_int_equal(c.web_workers, 5);
    assert_int_equal(c.job_workers, 7);
    assert_string_equal(c.run_dir, "/with space");
    assert_string_equal(c.spool_dir, "/q");
    assert_string_equal(c.database_owner_url, "host=/x dbname=y user=z");
    unlink(file);
}

static void a_wrong_file_is_refused(void **state)
{
    (void)state;
    write_file("CM_WEB_WORKERS=5\nwhat is this\n");
    refused(":2: not KEY=VALUE");
    unlink(file);
    refused("cannot open");
    unsetenv("CM_CONFIG_FILE");
    write_file("CM_TYPO=1\n");
    refused("CM_TYPO: no such setting");
    unlink(file);
}

static void printing_masks_what_is_secret(void **state)
{
    struct config c;
    char *text = NULL;
    size_t n = 0;
    FILE *f;

    (void)state;
    setenv("CM_AUDIT_KEY", "0123456789abcdef-key", 1);
    setenv("CM_DATABASE_OWNER_URL", "postgresql://o:hidden@/x", 1);
    setenv("CM_LLM_API_KEY", "sk-hidden-1", 1);
    setenv("CM_SECRET_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", 1);
    assert_int_equal(load(&c), 0);
    f = open_memstream(&text, &n);
    config_print(&c, f);
    fclose(f);
    assert_null(strstr(text, "hidden"));
    assert_null(strstr(text, "0123456789"));
    assert_null(strstr(text, "AAECAw"));
    assert_non_null(strstr(text, "CM_LLM_API_KEY=***\t"));
    assert_non_null(strstr(text, "CM_SECRET_KEY=***\t"));
    assert_non_null(strstr(text, "CM_DATABASE_URL=***\t"));
    assert_non_null(strstr(text, "CM_ENV=production\t"));
    assert_non_null(strstr(text, "CM_DB_PREPARE=on\t"));
    assert_non_null(strstr(text, "CM_WEB_WORKERS=8\t(default 8, 1 to 512)"));
    assert_non_null(strstr(text, "CM_OIDC_ISSUER=-\t"));
    free(text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(defaults_fill_what_is_not_set),
        TEST(the_environment_is_read_by_type),
        TEST(a_wrong_value_is_named_with_its_rule),
        TEST(prices_are_decimal_dollars),
        TEST(cached_tokens_cost_as_others_unless_it_is_said),
        TEST(every_problem_is_told_at_once),
        TEST(the_development_issuer_needs_its_key),
        TEST(scripts_and_tests_have_names_of_their_own),
        TEST(a_file_gives_what_the_environment_does_not),
        TEST(a_wrong_file_is_refused),
        TEST(printing_masks_what_is_secret),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* What is asked and what answers say, without a network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/catalogue.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/llm/chat.h"
#include "core/llm/embedding.h"
#include "core/llm/endpoint.h"
#include "core/llm/fault.h"
#include "core/llm/rate.h"

static struct arena *arena;

/* ---- endpoints ---- */

static void urls_are_of_their_dialect(void **state)
{
    static const struct {
        struct llm_endpoint ep;
        enum llm_kind kind;
        const char *url; /* NULL: refused */
    } cases[] = {
        {{LLM_OPENAI, "https://api.openai.com/v1"},
         LLM_CHAT,
         "https://api.openai.com/v1/chat/completions"},
        {{LLM_COMPATIBLE, "http://localhost:11434/v1//"},
         LLM_EMBEDDING,
         "http://localhost:11434/v1/embeddings"},
        {{LLM_AZURE, "https://x.openai.azure.com/", NULL, "gpt-4o-mini", "2024-10-21"},
         LLM_CHAT,
         "https://x.openai.azure.com/openai/deployments/gpt-4o-mini/chat/completions"
         "?api-version=2024-10-21"},
        {{LLM_AZURE, "https://x", NULL, "", "2024-10-21"},
         LLM_EMBEDDING,
         "https://x/openai/deployments/the-model/embeddings?api-version=2024-10-21"},
        {{LLM_AZURE, "https://x", NULL, "a/../b", "2024-10-21"}, LLM_CHAT, NULL},
        {{LLM_AZURE, "https://x", NULL, "..", "2024-10-21"}, LLM_CHAT, NULL},
        {{LLM_AZURE, "https://x", NULL, "a", "1&x=y"}, LLM_CHAT, NULL},
        {{LLM_AZURE, "https://x", NULL, "a", NULL}, LLM_CHAT, NULL},
        {{LLM_OPENAI, "ftp://x"}, LLM_CHAT, NULL},
        {{LLM_OPENAI, "api.openai.com"}, LLM_CHAT, NULL},
        {{LLM_OPENAI, "https://x/v1?a=b"}, LLM_CHAT, NULL},
        {{LLM_OPENAI, NULL}, LLM_CHAT, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *url = llm_endpoint_url(&cases[i].ep, cases[i].kind, "the-model", arena);

        if (!cases[i].url)
            assert_null(url);
        else
            assert_string_equal(url, cases[i].url);
    }
}

static void an_id_is_of_base_url_and_key(void **state)
{
    struct secret *a = secret_new(SLICE("sk-a"));
    struct secret *b = secret_new(SLICE("sk-b"));
    const uint64_t id = llm_endpoint_id("https://x/v1", a);

    (void)state;
    assert_true(id == llm_endpoint_id("https://x/v1/", a));
    assert_true(id != llm_endpoint_id("https://x/v1", b));
    assert_true(id != llm_endpoint_id("https://x/v2", a));
    assert_true(id != llm_endpoint_id("https://x/v1", NULL));
    secret_free(a);
    secret_free(b);
}

static void the_key_is_in_the_header_of_its_dialect(void **state)
{
    struct secret *key = secret_new(SLICE("sk-a"));
    struct llm_endpoint ep = {.dialect = LLM_OPENAI, .key = key};
    struct net_header h = {0};

    (void)state;
    assert_true(llm_endpoint_header(&ep, &h));
    assert_string_equal(h.name, "Authorization");
    assert_string_equal(h.value, "Bearer sk-a");
    assert_true(h.secret);
    llm_endpoint_header_done(&h);
    assert_null(h.value);
    ep.dialect = LLM_AZURE;
    assert_true(llm_endpoint_header(&ep, &h));
    assert_string_equal(h.name, "api-key");
    assert_string_equal(h.value, "sk-a");
    llm_endpoint_header_done(&h);
    llm_endpoint_header_done(&h); /* twice is fine */
    ep.key = NULL;
    assert_false(llm_endpoint_header(&ep, &h));
    secret_free(key);
    assert_int_equal(llm_dialect_read("compatible"), LLM_COMPATIBLE);
    assert_int_equal(llm_dialect_read("other"), -1);
}

/* ---- requests ---- */

static void a_request_is_json_in_the_same_order_each_time(void **state)
{
    const struct llm_message m[] = {{LLM_SYSTEM, SLICE("a\"b")}, {LLM_USER, SLICE("\xff\n")}};
    const struct llm_chat chat = {.model = "m",
                                  .messages = m,
                                  .nmessages = 2,
                                  .max_output_tokens = 9,
                                  .schema = SLICE("{\"type\":\"object\"}"),
                                  .schema_name = "s",
                                  .has_seed = true,
                                  .seed = -3};
    SCOPED(sb_done) struct sb b;

    (void)state;
    sb_init(&b, 10000);
    assert_true(llm_chat_write(LLM_OPENAI, &chat, &b));
    assert_string_equal(
        sb_text(&b),
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"a\\\"b\"},"
        "{\"role\":\"user\",\"content\":\"\xEF\xBF\xBD\\n\"}],"
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"s\","
        "\"strict\":true,\"schema\":{\"type\":\"object\"}}},\"max_completion_tokens\":9,"
        "\"seed\":-3}");
    sb_clear(&b);
    assert_true(llm_chat_write(LLM_COMPATIBLE, &chat, &b));
    assert_non_null(strstr(sb_text(&b), "\"max_tokens\":9"));
    sb_done(&b);
    sb_init(&b, 100);
    assert_false(llm_chat_write(LLM_OPENAI, &chat, &b));
}

static void a_request_for_vectors_names_its_dimension(void **state)
{
    const struct slice texts[] = {SLICE("uno"), SLICE("dos")};
    struct llm_embed e = {.model = "m", .texts = texts, .n = 2, .dimensions = 8};
    SCOPED(sb_done) struct sb b;

    (void)state;
    sb_init(&b, 1000);
    assert_true(llm_embed_write(&e, &b));
    assert_string_equal(sb_text(&b),
                        "{\"model\":\"m\",\"input\":[\"uno\",\"dos\"],\"dimensions\":8,"
                        "\"encoding_format\":\"base64\"}");
    sb_clear(&b);
    e.native = true;
    assert_true(llm_embed_write(&e, &b));
    assert_null(strstr(sb_text(&b), "dimensions"));
    e.n = LIMIT_LLM_EMBED_TEXTS + 1;
    assert_false(llm_embed_write(&e, &b));
    e.n = 0;
    assert_false(llm_embed_write(&e, &b));
    e.n = 1;
    e.dimensions = LIMIT_LLM_DIMENSIONS + 1;
    assert_false(llm_embed_write(&e, &b));
}

/* ---- answers ---- */

#define CHOICE(message, finish)                                                                    \
    "{\"id\":\"c1\",\"model\":\"m1\",\"choices\":[{\"message\":" message                           \
    ",\"finish_reason\":" finish "}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,"      \
    "\"prompt_tokens_details\":{\"cached_tokens\":3}}}"

static void chat_answers_are_told_apart(void **state)
{
    static const struct {
        struct slice body;
        enum llm_fault fault;
        const char *text;
        bool usage;
    } cases[] = {
        {SLICE(CHOICE("{\"content\":\"hi\"}", "\"stop\"")), LLM_OK, "hi", true},
        {SLICE(CHOICE("{\"content\":\"hi\"}", "null")), LLM_OK, "hi", true},
        {SLICE(CHOICE("{\"content\":\"hi\",\"refusal\":null}", "\"tool_calls\"")), LLM_OK, "hi",
         true},
        {SLICE(CHOICE("{\"content\":\"h\"}", "\"length\"")), LLM_LENGTH_CUT, "h", true},
        {SLICE(CHOICE("{\"content\":\"\"}", "\"length\"")), LLM_LENGTH_CUT, "", true},
        {SLICE(CHOICE("{\"content\":null}", "\"content_filter\"")), LLM_CONTENT_FILTERED, "", true},
        {SLICE(CHOICE("{\"content\":null,\"refusal\":\"no\"}", "\"stop\"")), LLM_REFUSED, "", true},
        {SLICE(CHOICE("{\"content\":null}", "\"stop\"")), LLM_ANSWER_EMPTY, "", true},
        {SLICE(CHOICE("{\"content\":\"\"}", "\"stop\"")), LLM_ANSWER_EMPTY, "", true},
        {SLICE(CHOICE("{\"content\":{\"a\":1}}", "\"stop\"")), LLM_ANSWER_MALFORMED, "", true},
        {SLICE(CHOICE("\"text\"", "\"stop\"")), LLM_ANSWER_MALFORMED, "", true},
        {SLICE("{\"choices\":[]}"), LLM_ANSWER_EMPTY, "", false},
        {SLICE("{\"choices\":{}}"), LLM_ANSWER_MALFORMED, "", false},
        {SLICE("{}"), LLM_ANSWER_MALFORMED, "", false},
        {SLICE("[]"), LLM_ANSWER_MALFORMED, "", false},
        {SLICE("null"), LLM_ANSWER_MALFORMED, "", false},
        {SLICE(""), LLM_ANSWER_MALFORMED, "", false},
        {SLICE("<html>"), LLM_ANSWER_MALFORMED, "", false},
        {SLICE("{\"choices\":[{\"message\":{\"content\":\"h"), LLM_ANSWER_TRUNCATED, "", false},
        {SLICE("{\"a\":\"\\\"}"), LLM_ANSWER_TRUNCATED, "", false},
        {SLICE("{\"a\":1,}"), LLM_ANSWER_MALFORMED, "", false},
        {SLICE("{\"choices\":[],\"choices\":[]}"), LLM_ANSWER_MALFORMED, "", false},
        {SLICE("{\"choices\":[{\"message\":{\"content\":\"\\u0000\"}}]}"), LLM_ANSWER_MALFORMED, "",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct llm_answer_head head;
        struct llm_chat_answer answer;
        const enum llm_fault fault = llm_chat_read(cases[i].body, arena, &head, &answer);

        if (fault != cases[i].fault || head.usage.known != cases[i].usage ||
            !slice_is(answer.text, cases[i].text))
            fail_msg("%s: %s, usage %d", cases[i].body.p, llm_faults[fault].reason,
                     head.usage.known);
    }
}

static void usage_that_cannot_be_is_unknown(void **state)
{
    static const struct {
        const char *usage;
        struct llm_usage expected;
    } cases[] = {
        {"{\"prompt_tokens\":9,\"completion_tokens\":4}", {true, 9, 0, 4}},
        {"{\"prompt_tokens\":9}", {true, 9, 0, 0}},
        {"{\"prompt_tokens\":9,\"completion_tokens\":4,\"prompt_tokens_details\":"
         "{\"cached_tokens\":9}}",
         {true, 9, 9, 4}},
        {"{\"prompt_tokens\":9,\"completion_tokens\":4,\"prompt_tokens_details\":"
         "{\"cached_tokens\":10}}",
         {true, 9, 0, 4}},
        {"{\"prompt_tokens\":9,\"prompt_tokens_details\":null}", {true, 9, 0, 0}},
        {"{\"prompt_tokens\":-1,\"completion_tokens\":4}", {0}},
        {"{\"prompt_tokens\":9,\"completion_tokens\":-4}", {0}},
        {"{\"prompt_tokens\":9000000000000,\"completion_tokens\":4}", {0}},
        {"{\"prompt_tokens\":\"9\",\"completion_tokens\":4}", {0}},
        {"{\"prompt_tokens\":9.5,\"completion_tokens\":4}", {0}},
        {"null", {0}},
        {"[]", {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct llm_answer_head head;
        struct llm_chat_answer answer;
        const struct llm_usage *e = &cases[i].expected;

        (void)llm_chat_read(
            slice_cstr(arena_printf(arena, "{\"choices\":[],\"usage\":%s}", cases[i].usage)), arena,
            &head, &answer);
        if (head.usage.known != e->known || head.usage.input != e->input ||
            head.usage.cached != e->cached || head.usage.output != e->output)
            fail_msg("%s", cases[i].usage);
    }
}

static void vectors_are_numbers_or_base64(void **state)
{
    static const struct {
        const char *data;
        enum llm_fault fault;
    } cases[] = {
        {"[{\"index\":0,\"embedding\":[1,0.5]},{\"index\":1,\"embedding\":[-2,3e0]}]", LLM_OK},
        {"[{\"index\":1,\"embedding\":[-2,3]},{\"index\":0,\"embedding\":[1,0.5]}]", LLM_OK},
        {"[{\"embedding\":[1,0.5]},{\"embedding\":[-2,3]}]", LLM_OK},
        {"[{\"index\":0,\"embedding\":\"AACAPwAAAD8=\"},{\"index\":1,\"embedding\":\"AAAAwAAAQEA=\"}]",
         LLM_OK},
        {"[{\"index\":0,\"embedding\":[1,0.5]},{\"index\":0,\"embedding\":[-2,3]}]",
         LLM_VECTORS_WRONG},
        {"[{\"index\":0,\"embedding\":[1,0.5]},{\"index\":2,\"embedding\":[-2,3]}]",
         LLM_VECTORS_WRONG},
        {"[{\"index\":0,\"embedding\":[1,0.5]},{\"index\":-1,\"embedding\":[-2,3]}]",
         LLM_VECTORS_WRONG},
        {"[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[-2,3]}]", LLM_VECTORS_WRONG},
        {"[{\"index\":0,\"embedding\":[1,\"2\"]},{\"index\":1,\"embedding\":[-2,3]}]",
         LLM_VECTORS_WRONG},
        {"[{\"index\":0,\"embedding\":[1,1e300]},{\"index\":1,\"embedding\":[-2,3]}]",
         LLM_VECTORS_WRONG},
        {"[{\"index\":0,\"embedding\":\"AACAPwAAAD8\"},{\"index\":1,\"embedding\":[-2,3]}]",
         LLM_VECTORS_WRONG},
        {"[{\"index\":0,\"embedding\":\"AACAPwAA!D8=\"},{\"index\":1,\"embedding\":[-2,3]}]",
         LLM_VECTORS_WRONG},
        /* not a number */
        {"[{\"index\":0,\"embedding\":\"AADAfwAAAD8=\"},{\"index\":1,\"embedding\":[-2,3]}]",
         LLM_VECTORS_WRONG},
        {"[{\"index\":0,\"embedding\":[1,0.5]}]", LLM_VECTORS_WRONG},
        {"[1,2]", LLM_VECTORS_WRONG},
        {"[]", LLM_ANSWER_EMPTY},
        {"{}", LLM_ANSWER_MALFORMED},
    };
    static const float expected[] = {1.0F, 0.5F, -2.0F, 3.0F};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct llm_answer_head head;
        struct llm_vectors v = {0};
        const enum llm_fault fault =
            llm_embed_read(slice_cstr(arena_printf(arena, "{\"data\":%s}", cases[i].data)), 2, 2,
                           arena, &head, &v);

        if (fault != cases[i].fault)
            fail_msg("%s: %s", cases[i].data, llm_faults[fault].reason);
        if (fault == LLM_OK)
            assert_memory_equal(v.values, expected, sizeof expected);
        else
            assert_null(v.values);
    }
}

/* ---- answers that say no ---- */

static void statuses_are_told_apart(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum llm_fault fault;
    } cases[] = {
        {401, "", LLM_KEY_INVALID},
        {403, "{}", LLM_KEY_INVALID},
        {402, "", LLM_QUOTA},
        {404, "{\"error\":{\"code\":\"model_not_found\"}}", LLM_MODEL_UNKNOWN},
        {404, "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"x\"}}", LLM_MODEL_UNKNOWN},
        {404, "{\"error\":\"model 'x' not found, try pulling it first\"}", LLM_MODEL_UNKNOWN},
        {404, "{\"object\":\"error\",\"message\":\"The model does not exist\",\"code\":404}",
         LLM_MODEL_UNKNOWN},
        {404, "{\"detail\":\"Not Found\"}", LLM_ENDPOINT_WRONG},
        {404, "<html>", LLM_ENDPOINT_WRONG},
        {301, "", LLM_ENDPOINT_WRONG},
        {405, "", LLM_ENDPOINT_WRONG},
        {408, "", LLM_TIMEOUT},
        {413, "", LLM_CONTEXT_TOO_LONG},
        {429, "", LLM_RATE_LIMITED},
        {429, "{\"error\":{\"code\":\"rate_limit_exceeded\",\"type\":\"tokens\"}}",
         LLM_RATE_LIMITED},
        {429, "{\"error\":{\"code\":\"429\",\"message\":\"Requests to ... have exceeded\"}}",
         LLM_RATE_LIMITED},
        {429, "{\"error\":{\"code\":\"insufficient_quota\",\"type\":\"insufficient_quota\"}}",
         LLM_QUOTA},
        {429, "{\"error\":{\"code\":\"credit_balance_exhausted\",\"type\":\"insufficient_quota\"}}",
         LLM_QUOTA},
        {400, "{\"error\":{\"code\":\"context_length_exceeded\"}}", LLM_CONTEXT_TOO_LONG},
        {400,
         "{\"object\":\"error\",\"message\":\"This model's maximum context length is 16384 "
         "tokens.\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}",
         LLM_CONTEXT_TOO_LONG},
        {400,
         "{\"error\":{\"code\":400,\"type\":\"exceed_context_size_error\",\"message\":\"request\"}}",
         LLM_CONTEXT_TOO_LONG},
        {500,
         "{\"error\":{\"code\":500,\"message\":\"the request exceeds the available context "
         "size\"}}",
         LLM_CONTEXT_TOO_LONG},
        {400, "{\"error\":{\"code\":\"content_filter\",\"type\":null,\"param\":\"prompt\"}}",
         LLM_CONTENT_FILTERED},
        {400, "{\"error\":{\"code\":\"invalid_value\"}}", LLM_REQUEST_REFUSED},
        {422, "{\"detail\":[]}", LLM_REQUEST_REFUSED},
        {418, "", LLM_REQUEST_REFUSED},
        {500, "", LLM_SERVER_ERROR},
        {502, "<html>", LLM_SERVER_ERROR},
        {503, "{\"error\":{\"message\":\"overloaded\"}}", LLM_SERVER_ERROR},
        {529, "", LLM_SERVER_ERROR},
        {409, "", LLM_SERVER_ERROR},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct llm_words words;
        const enum llm_fault fault =
            llm_fault_of_status(cases[i].status, slice_cstr(cases[i].body), &words);

        if (fault != cases[i].fault)
            fail_msg("%d %s: %s", cases[i].status, cases[i].body, llm_faults[fault].reason);
    }
}

/* A message may quote the prompt or the key; so may a hostile server's code. */
static void only_short_harmless_words_are_kept(void **state)
{
    struct llm_words w;

    (void)state;
    (void)llm_fault_of_status(400,
                              SLICE("{\"error\":{\"message\":\"sk-a\",\"code\":\"sk-test-1\","
                                    "\"type\":\"invalid_request_error\",\"param\":\"a b\"}}"),
                              &w);
    assert_string_equal(w.code, "");
    assert_string_equal(w.type, "invalid_request_error");
    assert_string_equal(w.param, "");
    (void)llm_fault_of_status(
        400,
        SLICE("{\"error\":{\"code\":"
              "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}"),
        &w);
    assert_string_equal(w.code, "");
}

static void what_was_paid_is_judged_by_what_came(void **state)
{
    static const struct {
        enum llm_dialect dialect;
        struct net_trace trace;
        enum llm_paid paid;
    } cases[] = {
        {LLM_OPENAI, {.sent = false}, LLM_PAID_NO},
        {LLM_OPENAI, {.sent = true}, LLM_PAID_UNKNOWN},
        {LLM_OPENAI, {.sent = true, .status = 200}, LLM_PAID_YES},
        {LLM_OPENAI, {.sent = true, .status = 400}, LLM_PAID_NO},
        {LLM_AZURE, {.sent = true, .status = 400}, LLM_PAID_UNKNOWN},
        {LLM_AZURE, {.sent = true, .status = 401}, LLM_PAID_NO},
        {LLM_AZURE, {.sent = true, .status = 429}, LLM_PAID_NO},
        {LLM_OPENAI, {.sent = true, .status = 408}, LLM_PAID_UNKNOWN},
        {LLM_OPENAI, {.sent = true, .status = 500}, LLM_PAID_UNKNOWN},
        {LLM_OPENAI, {.sent = true, .status = 503}, LLM_PAID_NO},
        {LLM_OPENAI, {.sent = true, .status = 504}, LLM_PAID_UNKNOWN},
        {LLM_OPENAI, {.sent = true, .status = 302}, LLM_PAID_NO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(llm_fault_paid(cases[i].dialect, &cases[i].trace), cases[i].paid);
}

/* ---- rows ---- */

static void every_fault_has_its_row_and_its_text(void **state)
{
    (void)state;
    for (int i = 1; i < LLM_FAULT_COUNT; i++) {
        const struct llm_fault_row *row = &llm_faults[i];
        struct err e = {0};
        bool found = false;

        assert_int_equal(strncmp(row->reason, "llm_", 4), 0);
        assert_int_not_equal(row->code, ERR_NONE);
        assert_int_not_equal(row->next, LLM_NEXT_NONE);
        assert_true(strlen(row->reason) < sizeof e.reason && row->message[0]);
        assert_int_equal(llm_fault_set(&e, (enum llm_fault)i), -1);
        assert_string_equal(e.reason, row->reason);
        for (int k = 1; k < i; k++)
            assert_string_not_equal(llm_faults[k].reason, row->reason);
        for (size_t k = 0; k < ncatalogue; k++)
            found |= strcmp(catalogue[k].code, row->reason) == 0;
        if (!found)
            fail_msg("%s has no text in the catalogue", row->reason);
    }
}

static void every_text_of_a_fault_has_its_row(void **state)
{
    (void)state;
    for (size_t k = 0; k < ncatalogue; k++) {
        bool found = strncmp(catalogue[k].code, "llm_", 4) != 0;

        for (int i = 1; i < LLM_FAULT_COUNT; i++)
            found |= strcmp(catalogue[k].code, llm_faults[i].reason) == 0;
        if (!found)
            fail_msg("%s is no fault", catalogue[k].code);
    }
}

/* ---- pace ---- */

static void durations_are_gos(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: none */
    } cases[] = {
        {"1s", 1000},
        {"6m0s", 360000},
        {"20ms", 20},
        {"0s", 0},
        {"1h2m3s", 3723000},
        {"1.5s", 1500},
        {"8.64s", 8640},
        {"500us", 1},
        {"1m30.25s", 90250},
        {"12ms", 12},
        {"24h0m0s", 86400000},
        {"100ns", 1},
        {"7.66ms", 8},
        {"\xc2\xb5s", -1},
        {"3\xc2\xb5s", 1},
        {"", -1},
        {"s", -1},
        {"1", -1},
        {"1x", -1},
        {"-1s", -1},
        {"1s ", -1},
        {"25h", -1},
        {"99999999999s", -1},
        {"1s2", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = -1;
        const bool ok = llm_duration_read(slice_cstr(cases[i].text), &ms);

        if (ok != (cases[i].ms >= 0) || ms != cases[i].ms)
            fail_msg("\"%s\" is %d", cases[i].text, (int)ms);
    }
}

static void how_long_to_wait_is_read_from_headers(void **state)
{
    static const struct {
        struct net_header headers[4];
        int64_t wait_ms;
    } cases[] = {
        {{{0}}, 2000},
        {{{"retry-after", "7"}}, 7000},
        {{{"retry-after", "0.25"}}, 250},
        {{{"retry-after", "0"}}, 1},
        {{{"retry-after", "7"}, {"retry-after-ms", "123"}}, 123},
        {{{"retry-after", "soon"}}, 2000},
        {{{"retry-after", "99999"}}, 3600000},
        {{{"x-ratelimit-reset-requests", "6m0s"}}, 360000},
        {{{"x-ratelimit-reset-requests", "6m0s"},
          {"x-ratelimit-remaining-requests", "5"},
          {"x-ratelimit-reset-tokens", "2s"},
          {"x-ratelimit-remaining-tokens", "0"}},
         2000},
        {{{"x-ratelimit-reset-requests", "1s"},
          {"x-ratelimit-remaining-requests", "0"},
          {"x-ratelimit-reset-tokens", "6m0s"},
          {"x-ratelimit-remaining-tokens", "149984"}},
         1000},
        {{{"x-ratelimit-reset-requests", "1s"}, {"x-ratelimit-reset-tokens", "3s"}}, 3000},
        {{{"x-ratelimit-reset-requests", "x"}, {"x-ratelimit-remaining-requests", "-4"}}, 2000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net_response rs = {.headers = cases[i].headers};
        struct llm_rate r;

        while (rs.nheaders < 4 && cases[i].headers[rs.nheaders].name)
            rs.nheaders++;
        llm_rate_read(&rs, &r);
        if (llm_rate_wait_ms(&r) != cases[i].wait_ms)
            fail_msg("case %d: %d", (int)i, (int)llm_rate_wait_ms(&r));
    }
    assert_true(llm_rate_nheaders <= NET_WANTED);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_of_their_dialect),
        cmocka_unit_test(an_id_is_of_base_url_and_key),
        cmocka_unit_test(the_key_is_in_the_header_of_its_dialect),
        cmocka_unit_test(a_request_is_json_in_the_same_order_each_time),
        cmocka_unit_test(a_request_for_vectors_names_its_dimension),
        cmocka_unit_test(chat_answers_are_told_apart),
        cmocka_unit_test(usage_that_cannot_be_is_unknown),
        cmocka_unit_test(vectors_are_numbers_or_base64),
        cmocka_unit_test(statuses_are_told_apart),
        cmocka_unit_test(only_short_harmless_words_are_kept),
        cmocka_unit_test(what_was_paid_is_judged_by_what_came),
        cmocka_unit_test(every_fault_has_its_row_and_its_text),
        cmocka_unit_test(every_text_of_a_fault_has_its_row),
        cmocka_unit_test(durations_are_gos),
        cmocka_unit_test(how_long_to_wait_is_read_from_headers),
    };

    return cmocka_run_group_tests_name("llm_answer", tests, set_up, tear_down);
}

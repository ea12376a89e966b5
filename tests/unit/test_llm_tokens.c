/* SPDX-License-Identifier: MIT */
/* The estimate is never below what real tokenizers count; prices are exact, rounded up, and never overflow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/unicode.h"
#include "core/llm/embedding.h"
#include "core/llm/price.h"
#include "core/llm/tokens.h"

/* The larger of the counts of cl100k_base and o200k_base (npm: gpt-tokenizer 4.0.0, not a part of this tree). */
static const struct {
    struct slice text;
    int64_t tokens;
} counted[] = {
    {SLICE(""), 0},
    {SLICE("áéíóúñüçàèìòùâêîôûäëïöÁÉÍÓÚÑÜÇÀÈÌÒÙÂÊÎÔÛÄËÏÖ¿¡"), 55},
    {SLICE("ñúéáóíüñéúáíóñúéáóíüñéúáíóñúéáóíüñéúáíó"), 39},
    {SLICE("kd83jfQzPw0sLxV7mTq9RbYn2HcUeGfZoA5iX1tB4vJ6rK8uWyDhNpSlMgEaFqCdQjOzIxRkTs"), 66},
    {SLICE("a"), 1},
    {SLICE("!"), 1},
    {SLICE("ñ"), 1},
    {SLICE("¿"), 1},
    {SLICE("€"), 1},
    {SLICE("😀"), 2},
    {SLICE("漢"), 2},
    {SLICE("\n"), 1},
    {SLICE(" "), 1},
    {SLICE("  "), 1},
    {SLICE("1"), 1},
    {SLICE("\\u0000"), 3},
    {SLICE("hola"), 2},
    {SLICE("hello world"), 2},
    {SLICE("Buenos días, ¿cómo está usted?"), 11},
    {SLICE("¡Qué rápido! Mañana a las 9:30 le envío la cotización."), 19},
    {SLICE(
         "El cliente pregunta por el precio de la integración con WhatsApp y por los tiempos de respuesta del equipo de soporte en Ñuñoa."),
     32},
    {SLICE(
         "The customer asks whether the integration with their CRM is included in the price, and how long it takes to set it up."),
     25},
    {SLICE(
         "Vendedor: Entonces, ¿cuántas conversaciones reciben al mes? Cliente: Unas 3.500, más 1.200 llamadas; en diciembre se duplican."),
     41},
    {SLICE("ELECTROENCEFALOGRAFISTA otorrinolaringología desoxirribonucleico"), 23},
    {SLICE("PINGÜINO CIGÜEÑA ÑANDÚ ÁRBOL ÉXITO ÍNDICE ÓPTIMO ÚLTIMO"), 31},
    {SLICE("😀😃😄😁😆😅🤣😂🙂🙃"), 22},
    {SLICE(
         "👨\342\200\215👩\342\200\215👧\342\200\215👦👩🏽\342\200\215💻🏳\357\270\217\342\200\215🌈🇨🇱🇲🇽"),
     49},
    {SLICE("✅ listo ❌ no 🚀🚀🚀"), 16},
    {SLICE("ok 👍🏿"), 6},
    {SLICE("{\"a\":[1,2,3],\"b\":{\"c\":\"d\",\"e\":null},\"f\":true}"), 23},
    {SLICE("for (int i = 0; i < n; i++) { sum += a[i] * b[i]; }"), 25},
    {SLICE("\tif (!p)\n\t\treturn -1;\n"), 9},
    {SLICE("#include <stdio.h>\n\nint main(void)\n{\n    return puts(\"hi\") < 0;\n}\n"), 21},
    {SLICE("SELECT * FROM \"t\" WHERE x <> 'y' AND z->>'k' IS NOT NULL;"), 22},
    {SLICE("https://example.com/a/b?c=d&e=%20f#g"), 14},
    {SLICE("+56 9 8765 4321, RUT 12.345.678-9, $1.234.567,89"), 30},
    {SLICE("3.14159265358979323846264338327950288419716939937510"), 19},
    {SLICE("0 1 2 3 4 5 6 7 8 9 10 11 12"), 25},
    {SLICE("2026-11-25T10:15:00.000Z"), 15},
    {SLICE("qzxjkvwqzxjkvwqzxjkvwqzxjkvw"), 20},
    {SLICE("QZXJKVWQZXJKVWQZXJKVW"), 15},
    {SLICE("xQzJwKvYqXzPjF"), 14},
    {SLICE("aGVsbG8gd29ybGQhIHRoaXMgaXMgYmFzZTY0IQ=="), 27},
    {SLICE("9f8e7d6c5b4a39281706f5e4d3c2b1a0"), 27},
    {SLICE("550e8400-e29b-41d4-a716-446655440000"), 18},
    {SLICE("!@#$%^&*()_+-=[]{}|;:,.<>?/~`"), 19},
    {SLICE("\"\"\"\"''''\\\\\\\\"), 5},
    {SLICE("<|im_start|>user<|im_end|>"), 13},
    {SLICE("    \n\n\t\t  \r\n  x"), 5},
    {SLICE("a b c d e f g h i j k l m n o p"), 16},
    {SLICE(" x y z Q Z "), 6},
    {SLICE("Привет, как дела?"), 8},
    {SLICE("你好，今天天气怎么样？"), 13},
    {SLICE("こんにちは、世界"), 5},
    {SLICE("مرحبا بالعالم"), 10},
    {SLICE("สวัสดีชาวโลก"), 13},
    {SLICE("नमस्ते दुनिया"), 13},
    {SLICE("Ελληνικά γράμματα"), 17},
    {SLICE("שלום עולם"), 10},
    {SLICE("안녕하세요 세계"), 9},
    {SLICE("ﬁ ﬂ ½ ¼ ² ³ ° ª º « » – — … “ ” ‘ ’"), 27},
    {SLICE("ŧħŋøđæþßœĸłµ¢"), 18},
    {SLICE("a\314\201e\314\201i\314\201"), 6},
    {SLICE("𝒳𝓎𝓏 𝔄𝔅ℭ"), 18},
    {SLICE("\342\200\213\342\200\213\342\200\213\357\273\277"), 4},
};

static void the_estimate_is_never_below_what_tokenizers_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        const int64_t estimate = llm_tokens_estimate(counted[i].text);

        if (estimate < counted[i].tokens)
            fail_msg("%s: %d, counted %d", counted[i].text.p, (int)estimate,
                     (int)counted[i].tokens);
        assert_true(estimate <= (int64_t)counted[i].text.n); /* the bound of every tokenizer */
    }
}

/* Also of all of them together, where the tokens that a short text is given too many do not help. */
static void long_texts_are_not_below_either(void **state)
{
    char all[16384];
    size_t n = 0;
    int64_t tokens = 0;
    int64_t estimate;

    (void)state;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        memcpy(all + n, counted[i].text.p, counted[i].text.n);
        n += counted[i].text.n;
        tokens += counted[i].tokens;
    }
    estimate = llm_tokens_estimate((struct slice){all, n});
    print_message("%d bytes, counted %d, estimated %d\n", (int)n, (int)tokens, (int)estimate);
    assert_true(estimate >= tokens);
}

static void prose_is_estimated_at_four_times_at_most(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        if (counted[i].tokens >= 25 && slice_starts(counted[i].text, SLICE("El cliente")))
            assert_true(llm_tokens_estimate(counted[i].text) < 4 * counted[i].tokens);
    }
}

static void a_chat_counts_all_that_is_sent(void **state)
{
    const struct llm_message messages[] = {{LLM_SYSTEM, SLICE("Lee reuniones.")},
                                           {LLM_USER, SLICE("Hola")}};
    struct llm_chat chat = {.messages = messages, .nmessages = 2};
    const int64_t without = llm_tokens_of_chat(&chat);

    (void)state;
    assert_true(without >= llm_tokens_estimate(messages[0].text) + 4 + 2 * 4);
    chat.schema = SLICE("{\"type\":\"object\"}");
    assert_int_equal(llm_tokens_of_chat(&chat), without + llm_tokens_estimate(chat.schema));
}

static void a_cut_is_between_characters_and_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        const struct slice text = counted[i].text;

        for (int64_t most = 0; most < 40; most++) {
            const struct slice cut = llm_tokens_cut(text, most);

            assert_true(llm_tokens_estimate(cut) <= most);
            assert_int_equal(utf8_valid(cut), true);
            if (cut.n < text.n) {
                unsigned used;

                (void)utf8_decode(text, cut.n, &used);
                /* the next character would be too much, also where it makes the one before it dearer */
                assert_true(llm_tokens_estimate((struct slice){text.p, cut.n + used}) + 1 >= most);
            }
        }
    }
}

/* ---- batches of embeddings ---- */

static void a_batch_ends_at_its_bounds(void **state)
{
    struct slice texts[300];
    struct slice cut[300];
    int64_t tokens = -1;
    const int64_t each = llm_tokens_estimate(SLICE("una reunión"));

    (void)state;
    for (int i = 0; i < 300; i++)
        texts[i] = SLICE("una reunión");
    assert_int_equal(llm_embed_take(&(struct llm_embed_bounds){0}, texts, 300, cut, &tokens), 256);
    assert_int_equal(tokens, 256 * each);
    assert_int_equal(
        llm_embed_take(&(struct llm_embed_bounds){.texts = 7}, texts, 300, cut, &tokens), 7);
    assert_int_equal(llm_embed_take(&(struct llm_embed_bounds){.call_tokens = 5 * each + 1}, texts,
                                    300, cut, &tokens),
                     5);
    assert_int_equal(tokens, 5 * each);
    assert_int_equal(
        llm_embed_take(&(struct llm_embed_bounds){.call_tokens = 1}, texts, 300, cut, &tokens),
        1); /* one always goes */
    assert_int_equal(llm_embed_take(&(struct llm_embed_bounds){0}, texts, 0, cut, &tokens), 0);
    assert_int_equal(tokens, 0);
}

static void long_texts_of_a_batch_are_cut(void **state)
{
    static char text[100000];
    const struct slice texts[] = {{text, sizeof text}, SLICE("corto")};
    struct slice cut[2];
    int64_t tokens;

    (void)state;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "ñ", 2);
    assert_int_equal(llm_embed_take(&(struct llm_embed_bounds){0}, texts, 2, cut, &tokens), 2);
    assert_in_range(llm_tokens_estimate(cut[0]), 7998, 8000);
    assert_int_equal(cut[0].n % 2, 0);
    assert_true(slice_eq(cut[1], texts[1]));
}

/* ---- prices ---- */

static const struct llm_price mini = {
    .input = 150000, .cached = 75000, .output = 600000, .embedding = 20000};

static void prices_are_exact_and_rounded_up(void **state)
{
    static const struct {
        struct llm_usage usage;
        int64_t micro;
    } cases[] = {
        {{true, 0, 0, 0}, 0},
        {{true, 1, 0, 0}, 1}, /* 0.15 */
        {{true, 1000000, 0, 0}, 150000},
        {{true, 1000000, 1000000, 0}, 75000},
        {{true, 1000000, 400000, 0}, 120000},
        {{true, 0, 0, 1000000}, 600000},
        {{true, 3000, 1024, 412}, 621}, /* 296.4 + 76.8 + 247.2 = 620.4 */
        {{true, 20, 0, 0}, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(llm_price_of_chat(&mini, &cases[i].usage), cases[i].micro);
    assert_int_equal(llm_price_of_embedding(&mini, 1000001), 20001);
    assert_int_equal(llm_price_of_embedding(&mini, 50), 1);
    assert_int_equal(llm_price_of_embedding(&mini, 0), 0);
}

static void no_call_costs_more_than_the_most(void **state)
{
    (void)state;
    assert_int_equal(llm_price_most(&mini, 1000000, 1000000), 750000);
    for (int64_t input = 0; input < 5000; input += 37) {
        for (int64_t output = 0; output <= 700; output += 53) {
            const struct llm_usage u = {true, input, input / 3, output};

            assert_true(llm_price_of_chat(&mini, &u) <= llm_price_most(&mini, input, 700));
        }
    }
    /* a cached token that is dearer than another */
    assert_int_equal(llm_price_most(&(struct llm_price){.input = 1, .cached = 2000000}, 10, 0), 20);
}

static void sums_that_do_not_fit_are_the_largest(void **state)
{
    const struct llm_price dear = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    const struct llm_usage all = {true, INT64_MAX, 0, INT64_MAX};

    (void)state;
    assert_true(llm_price_most(&dear, INT64_MAX, INT64_MAX) == INT64_MAX);
    assert_true(llm_price_of_chat(&dear, &all) == INT64_MAX);
    assert_true(llm_price_of_embedding(&dear, INT64_MAX) == INT64_MAX);
    assert_true(llm_price_most(&dear, 1000000, 0) == INT64_MAX);
    assert_true(llm_price_most(&dear, 999999, 0) < INT64_MAX);
    assert_int_equal(llm_price_most(&dear, -5, -5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_is_never_below_what_tokenizers_count),
        cmocka_unit_test(long_texts_are_not_below_either),
        cmocka_unit_test(prose_is_estimated_at_four_times_at_most),
        cmocka_unit_test(a_chat_counts_all_that_is_sent),
        cmocka_unit_test(a_cut_is_between_characters_and_fits),
        cmocka_unit_test(a_batch_ends_at_its_bounds),
        cmocka_unit_test(long_texts_of_a_batch_are_cut),
        cmocka_unit_test(prices_are_exact_and_rounded_up),
        cmocka_unit_test(no_call_costs_more_than_the_most),
        cmocka_unit_test(sums_that_do_not_fit_are_the_largest),
    };

    return cmocka_run_group_tests_name("llm_tokens", tests, NULL, NULL);
}

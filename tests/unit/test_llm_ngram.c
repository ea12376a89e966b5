/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/llm/ngram.h"

enum { D = LLM_NGRAM_DIMENSIONS };

static struct arena *arena;

static float *embed(const char *text)
{
    float *v = arena_alloc(arena, D * sizeof *v);

    llm_ngram_embed(arena, slice_cstr(text), D, v);
    return v;
}

static double cosine(const char *a, const char *b)
{
    const float *x = embed(a);
    const float *y = embed(b);
    double sum = 0;

    for (int i = 0; i < D; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

static void vectors_have_length_1(void **state)
{
    static const char *const texts[] = {"",
                                        "   ",
                                        "!!! ...",
                                        "a",
                                        "hola",
                                        "\xff\xfe",
                                        "El cliente quiere integrar WhatsApp con su CRM."};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (fabs(cosine(texts[i], texts[i]) - 1) > 1e-5)
            fail_msg("\"%s\" has length %f", texts[i], sqrt(cosine(texts[i], texts[i])));
    }
    assert_true(cosine("", "?!") > 0.999); /* texts without words are one */
}

/* Each row: a text, one that is like it, one that is not. */
static void similar_texts_are_nearer_than_others(void **state)
{
    static const char *const rows[][3] = {
        {"El cliente quiere integrar WhatsApp con su CRM para responder más rápido.",
         "Necesitan responder rápido a sus clientes por WhatsApp, integrado al CRM.",
         "La clínica dental pidió una cotización para reservar horas por teléfono."},
        {"The customer asked for a discount because of the high price",
         "They think the price is too high and want a discount",
         "We will schedule a technical demo with the engineering team"},
        {"reservas de pasajes y hoteles en temporada alta", "reserva de hotel en temporada baja",
         "soporte técnico de servidores en la nube"},
        {"integración", "integraciones", "devolución"},
        {"cotizacion del servicio", "COTIZACIÓN DEL SERVICIO", "cancelacion del contrato"},
        {"presupuesto anual", "prespuesto anual", "contrato mensual"}, /* misspelt */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double near = cosine(rows[i][0], rows[i][1]);
        const double far = cosine(rows[i][0], rows[i][2]);

        if (near < far + 0.1)
            fail_msg("\"%s\": like it %.3f, unlike it %.3f", rows[i][0], near, far);
    }
}

static void case_and_diacritics_do_not_count(void **state)
{
    (void)state;
    assert_true(cosine("¿Cuánto cuesta la integración?", "cuanto CUESTA la integracion") > 0.9999);
}

static void texts_with_nothing_in_common_are_far(void **state)
{
    (void)state;
    assert_true(fabs(cosine("zapatos rojos", "hipoteca bancaria mensual")) < 0.15);
}

static void the_order_of_words_counts_a_little(void **state)
{
    const double turned = cosine("perro muerde hombre", "hombre muerde perro");

    (void)state;
    assert_true(turned > 0.5 && turned < 0.99);
}

/* What is stored today is compared with what is computed in a year: these numbers may never change under this name. */
static void the_vector_of_a_text_never_changes(void **state)
{
    const float *v = embed("Hola, ¿cuánto cuesta el plan anual?");
    int at[3] = {0};
    double sum = 0;

    (void)state;
    for (int i = 0, n = 0; i < D; i++) {
        if (v[i] != 0 && n < 3)
            at[n++] = i;
        sum += (double)v[i] * (i + 1);
    }
    assert_int_equal(at[0], 46);
    assert_int_equal(at[1], 58);
    assert_int_equal(at[2], 63);
    assert_true(fabs(sum + 944.975549) < 1e-3);
}

static void any_dimension_and_any_length_will_do(void **state)
{
    static char text[1 << 20];
    static float v[LIMIT_LLM_DIMENSIONS];
    const int64_t began = clock_mono_ms();

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i % 6 == 5 ? ' ' : 'a' + (char)(i * 7919 % 26));
    llm_ngram_embed(arena, (struct slice){text, sizeof text}, LIMIT_LLM_DIMENSIONS, v);
    print_message("1 MB in %d ms\n", (int)(clock_mono_ms() - began));
    memset(text, 'x', sizeof text); /* one word */
    llm_ngram_embed(arena, (struct slice){text, sizeof text}, 1, v);
    assert_true(fabsf(v[0]) > 0.999F);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(64 << 20);
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
        cmocka_unit_test(vectors_have_length_1),
        cmocka_unit_test(similar_texts_are_nearer_than_others),
        cmocka_unit_test(case_and_diacritics_do_not_count),
        cmocka_unit_test(texts_with_nothing_in_common_are_far),
        cmocka_unit_test(the_order_of_words_counts_a_little),
        cmocka_unit_test(the_vector_of_a_text_never_changes),
        cmocka_unit_test(any_dimension_and_any_length_will_do),
    };

    return cmocka_run_group_tests_name("llm_ngram", tests, set_up, tear_down);
}

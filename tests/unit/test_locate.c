/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/unicode.h"
#include "core/insight/locate.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(256 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *const status_names[] = {"none", "exact", "normalised"};

/* What the transcript has where the quote was found; NULL when it was not. */
static const char *find(const char *transcript, const char *quote, enum locate_status *status)
{
    struct locate_text t;
    struct locate_span span = {7, 7};

    locate_prepare(arena, slice_cstr(transcript), &t);
    *status = locate_quote(&t, slice_cstr(quote), &span);
    if (*status == LOCATE_NONE) {
        assert_true(span.start == 7 && span.end == 7); /* untouched */
        return NULL;
    }
    assert_true(span.start < span.end && span.end <= strlen(transcript));
    return arena_slicedup(arena, (struct slice){transcript + span.start, span.end - span.start});
}

struct expectation {
    const char *transcript, *quote;
    enum locate_status status;
    const char *want;
};

static void expect(const struct expectation *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum locate_status status;
        const char *got = find(cases[i].transcript, cases[i].quote, &status);

        if (status != cases[i].status || (got && strcmp(got, cases[i].want) != 0))
            fail_msg("\"%s\" in \"%s\": want %s \"%s\", got %s \"%s\"", cases[i].quote,
                     cases[i].transcript, status_names[cases[i].status], cases[i].want,
                     status_names[status], got ? got : "");
    }
}
#define EXPECT(...)                                                                                \
    do {                                                                                           \
        static const struct expectation cases[] = {__VA_ARGS__};                                   \
        expect(cases, sizeof cases / sizeof cases[0]);                                             \
    } while (0)

static const char said[] =
    "Somos una clínica dental. Recibimos 1.500 mensajes diarios — casi todos "
    "sobre «precios»… y los\nfines   de semana no damos abasto. Los datos son "
    "confi\xc2\xad"
    "denciales.";

static void a_quote_is_found_as_it_is(void **state)
{
    (void)state;
    EXPECT({said, "clínica dental", LOCATE_EXACT, "clínica dental"},
           {said, "  clínica dental\n", LOCATE_EXACT, "clínica dental"},
           {said, "\"clínica dental\"", LOCATE_EXACT, "clínica dental"},
           {said, "no damos abasto!", LOCATE_EXACT, "no damos abasto"},
           {said, "… no damos abasto …", LOCATE_EXACT, "no damos abasto"},
           {said, "no damos abasto.", LOCATE_EXACT, "no damos abasto."},
           {"a b a b", "a b", LOCATE_EXACT, "a b"});
}

static void or_but_for_case_accents_blanks_and_signs(void **state)
{
    (void)state;
    EXPECT(
        {said, "CLINICA Dental", LOCATE_NORMALISED, "clínica dental"},
        {said, "cli\xcc\x81nica dental", LOCATE_NORMALISED, "clínica dental"},
        {said, "los fines de semana", LOCATE_NORMALISED, "los\nfines   de semana"},
        {said, "mensajes diarios - casi todos", LOCATE_NORMALISED, "mensajes diarios — casi todos"},
        {said, "sobre \"precios\"... y los", LOCATE_NORMALISED, "sobre «precios»… y los"},
        {said, "sobre 'precios' ", LOCATE_NORMALISED, "sobre «precios"},
        {said, "son confidenciales", LOCATE_NORMALISED,
         "son confi\xc2\xad"
         "denciales"},
        {said, "clínica\xe2\x80\x8b dental", LOCATE_NORMALISED, "clínica dental"},
        {"Llego\xcc\x81. Cancio\xcc\x81n", "canción", LOCATE_NORMALISED, "Cancio\xcc\x81n"},
        {"dijo Canción", "cancion", LOCATE_NORMALISED, "Canción"});
}

static void what_was_not_said_is_not_found(void **state)
{
    (void)state;
    EXPECT({said, "clínica veterinaria", LOCATE_NONE, ""}, {said, "", LOCATE_NONE, ""},
           {said, " … \"\" ", LOCATE_NONE, ""}, {"", "clínica", LOCATE_NONE, ""},
           {said, "\xff", LOCATE_NONE, ""}, {said, "denciales. Somos", LOCATE_NONE, ""});
}

static void words_and_numbers_are_whole(void **state)
{
    (void)state;
    EXPECT(
        {said, "500 mensajes", LOCATE_NONE, ""}, {said, "1", LOCATE_NONE, ""},
        {said, "1.500 mensaje", LOCATE_NONE, ""}, {said, "1.500", LOCATE_EXACT, "1.500"},
        {"15 o 5 al día", "5", LOCATE_EXACT, "5"},
        {"It is unconfidential, then confidential.", "confidential", LOCATE_EXACT, "confidential"},
        {"unconfidential", "CONFIDENTIAL", LOCATE_NONE, ""},
        {"dato confi\xc2\xad"
         "dencial",
         "confi", LOCATE_NONE, ""},
        {"dato confi\xc2\xad"
         "dencial",
         "dencial", LOCATE_NONE, ""},
        {"xa a a", "a a", LOCATE_EXACT, "a a"}, {"cancio\xcc\x81n", "cancio", LOCATE_NONE, ""});
    enum locate_status status;
    struct locate_text t;
    struct locate_span span;
    locate_prepare(arena, SLICE("15 o 5 al día"), &t);
    status = locate_quote(&t, SLICE("5"), &span);
    assert_int_equal(status, LOCATE_EXACT);
    assert_int_equal(span.start, 5);
}

static void the_first_place_is_given_and_exact_comes_before_it(void **state)
{
    struct locate_text t;
    struct locate_span span;
    (void)state;

    locate_prepare(arena, SLICE("TENEMOS dudas. Tenemos dudas. Tenemos dudas."), &t);
    assert_int_equal(locate_quote(&t, SLICE("tenemos dudas"), &span), LOCATE_NORMALISED);
    assert_int_equal(span.start, 0);
    assert_int_equal(locate_quote(&t, SLICE("Tenemos dudas"), &span), LOCATE_EXACT);
    assert_int_equal(span.start, 15);
}

static void words_may_be_left_out_up_to_a_bound(void **state)
{
    static char far[1200];
    enum locate_status status;
    (void)state;

    EXPECT({said, "Recibimos ... mensajes diarios", LOCATE_NORMALISED,
            "Recibimos 1.500 mensajes diarios"},
           {said, "Recibimos […] casi todos (...) no damos abasto", LOCATE_NORMALISED,
            "Recibimos 1.500 mensajes diarios — casi todos sobre «precios»… y los\nfines   de "
            "semana no damos abasto"},
           {said, "clínica dental ... mensajes diarios", LOCATE_NONE, ""}, /* two sentences */
           {"Vendedor: Somos\nCliente: un banco", "Somos ... banco", LOCATE_NONE, ""},
           {"Somos desde\nhace años un banco", "Somos ... banco", LOCATE_NORMALISED,
            "Somos desde\nhace años un banco"},
           {"Somos desde\n- hoy un banco", "Somos ... banco", LOCATE_NONE, ""},
           {"¿Somos? No, el vecino es un banco", "Somos ... banco", LOCATE_NONE, ""},
           {said, "mensajes diarios ... clínica dental", LOCATE_NONE, ""}, /* the wrong way round */
           {said, "clínica ... y ... mensajes", LOCATE_NONE, ""},          /* "y" says nothing */
           {said, "una .. mensajes", LOCATE_NONE, ""},
           {"uno alfa beta alfa beta fin", "alfa ... fin", LOCATE_NORMALISED, "alfa beta fin"},
           {said, "Somos una ... clínica ... dental ... Recibimos ... mensajes", LOCATE_NONE, ""});
    memset(far, 'x', sizeof far - 1);
    memcpy(far, "alfa ", 5);
    memcpy(far + LOCATE_GAP_BYTES + 100, " beta ", 6);
    assert_null(find(far, "alfa ... beta", &status));
    memset(far + 100, ' ', LOCATE_GAP_BYTES); /* one blank in the end: near enough */
    assert_non_null(find(far, "alfa ... beta", &status));
}

static void small_words_say_nothing(void **state)
{
    static const char *const nothing[] = {
        "",    "a",   "x y z", "que",   "Sí.", "y los",           "¿?",
        "The", "muy", "ÁÉ",    "o a e", "…",   "\xff\xff\xff\xff"};
    static const char *const something[] = {"CRM",     "5",           "año",   "no damos",
                                            "precios", "y los lunes", "ventas"};
    (void)state;

    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (locate_says_something(slice_cstr(nothing[i])))
            fail_msg("\"%s\"", nothing[i]);
    for (size_t i = 0; i < sizeof something / sizeof *something; i++)
        if (!locate_says_something(slice_cstr(something[i])))
            fail_msg("\"%s\"", something[i]);
}

static bool on_boundary(struct slice s, size_t at)
{
    size_t i = 0;

    while (i < at) {
        unsigned used;

        utf8_decode(s, i, &used);
        i += used;
    }
    return i == at;
}

/* Offsets are on boundaries and inside, for any bytes; what is exact is the quote's own words. */
static void any_bytes_are_safe(void **state)
{
    static const char alphabet[] = "aAñ\xc3\xe2\x80\xa6.. -1\xcc\x81\xf0\x9f\x98\x80\n";
    uint32_t seed = 11;
    (void)state;

    for (int round = 0; round < 20000; round++) {
        struct arena *one = arena_new(1 << 20);
        char text[48], quote[8];
        struct locate_text t;
        struct locate_span span = {0, 0};
        enum locate_status status;

        for (size_t i = 0; i < sizeof text + sizeof quote; i++) {
            char *to = i < sizeof text ? &text[i] : &quote[i - sizeof text];

            seed = seed * 1664525u + 1013904223u;
            *to = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        locate_prepare(one, (struct slice){text, sizeof text}, &t);
        status = locate_quote(&t, (struct slice){quote, 1 + seed % sizeof quote}, &span);
        if (status != LOCATE_NONE) {
            assert_true(span.start < span.end && span.end <= sizeof text);
            assert_true(on_boundary((struct slice){text, sizeof text}, span.start));
            assert_true(on_boundary((struct slice){text, sizeof text}, span.end));
        }
        arena_free(one);
    }
}

static double seconds_of(struct slice text, struct slice quote)
{
    struct arena *one = arena_new(32 << 20);
    struct timespec from, to;
    struct locate_text t;
    struct locate_span span;

    clock_gettime(CLOCK_MONOTONIC, &from);
    locate_prepare(one, text, &t);
    locate_quote(&t, quote, &span);
    clock_gettime(CLOCK_MONOTONIC, &to);
    arena_free(one);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static uint32_t next(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % below;
}

/* The clever search finds what the simple one does: quotes cut out of the text, some with a letter changed. */
static void the_first_of_all_places_is_found(void **state)
{
    uint32_t seed = 5;
    (void)state;

    for (int round = 0; round < 20000; round++) {
        struct arena *one = arena_new(1 << 20);
        char text[80], quote[40];
        const size_t n = 1 + 2 * next(&seed, 18);
        struct locate_text t;
        struct locate_span span = {0, 0};
        const char *want;

        for (size_t i = 0; i < sizeof text - 1; i++)
            text[i] = (char)(i % 2 ? ' ' : next(&seed, 4) ? 'a' : 'b');
        text[sizeof text - 1] = '\0';
        memcpy(quote, text + 2 * (size_t)next(&seed, 20), n);
        quote[n] = '\0';
        if (next(&seed, 2))
            quote[n - 1] = 'b';
        want = strstr(text, quote);
        locate_prepare(one, slice_cstr(text), &t);
        assert_int_equal(locate_quote(&t, slice_cstr(quote), &span),
                         want ? LOCATE_EXACT : LOCATE_NONE);
        if (want)
            assert_int_equal(span.start, want - text);
        arena_free(one);
    }
}

/* A megabyte of one letter, of matches that are no whole words, of pieces without a second one, of what is unseen. */
static void hostile_texts_take_linear_time(void **state)
{
    static const char *const units[] = {"a",   "ab ", "alfa ",   "\xe2\x80\x8b",
                                        "...", "5.",  "\xcc\x81"};
    static const char *const ends[] = {"", "b", " ... beta", "... alfa ... beta"};
    const size_t n = 1 << 20;
    char *text = arena_alloc(arena, n);
    char *quote = arena_alloc(arena, LOCATE_QUOTE_BYTES);
    (void)state;

    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        const size_t len = strlen(units[u]);

        for (size_t i = 0; i < n; i++)
            text[i] = units[u][i % len];
        for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
            const size_t body = LOCATE_QUOTE_BYTES / 2 / len * len;
            const double took =
                (memcpy(quote, text, body), memcpy(quote + body, ends[e], strlen(ends[e])),
                 seconds_of((struct slice){text, n},
                            (struct slice){quote, body + strlen(ends[e])}));

            if (took > 3) /* 0.05 s; quadratic is minutes */
                fail_msg("%s, %s: %.1f s", units[u], ends[e], took);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_is_found_as_it_is),
        cmocka_unit_test(or_but_for_case_accents_blanks_and_signs),
        cmocka_unit_test(what_was_not_said_is_not_found),
        cmocka_unit_test(words_and_numbers_are_whole),
        cmocka_unit_test(the_first_place_is_given_and_exact_comes_before_it),
        cmocka_unit_test(words_may_be_left_out_up_to_a_bound),
        cmocka_unit_test(small_words_say_nothing),
        cmocka_unit_test(any_bytes_are_safe),
        cmocka_unit_test(the_first_of_all_places_is_found),
        cmocka_unit_test(hostile_texts_take_linear_time),
    };

    return cmocka_run_group_tests_name("locate", tests, set_up, tear_down);
}

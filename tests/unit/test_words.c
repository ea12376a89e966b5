/* SPDX-License-Identifier: MIT */
/* What a person types, as words; and where they are in a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/base/sb.h"
#include "core/base/unicode.h"
#include "core/insight/words.h"

static struct ctx cx;

/* "a", "a.b" for a phrase, "-a" excluded, "a*" a beginning, joined by blanks; or the reason of the refusal. */
static const char *read(const char *text)
{
    static char out[2000];
    struct words_query q;
    size_t n = 0;

    err_clear(&cx.err);
    if (words_query_read(&cx, slice_cstr(text), "q", &q) < 0)
        return cx.err.reason;
    out[0] = '\0';
    for (size_t t = 0; t < q.n; t++) {
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", t ? " " : "",
                              q.terms[t].exclude ? "-" : "");
        for (size_t i = 0; i < q.terms[t].n; i++)
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", i ? "." : "",
                                  q.terms[t].words[i]);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s", q.terms[t].begins ? "*" : "");
    }
    return out;
}

static void what_is_typed_becomes_words(void **state)
{
    static const char *const cases[][2] = {
        {"Ñandú", "nandu*"},
        {"  dos   PALABRAS ", "dos palabras"},
        {"jo", "jo"}, /* too short to be a beginning */
        {"\"fuera de horario\"", "fuera.de.horario"},
        {"\"sin fin", "sin.fin"},
        {"a-b", "a.b"},
        {"e-commerce -\"x y\" -z", "e.commerce -x.y -z"},
        {"ana@example.com", "ana.example.com"},
        {"una\"dos tres\"cuatro", "una dos.tres cuatro*"},
        {"n\xCC\x83"
         "andu",
         "nandu*"}, /* n and a combining tilde */
        {"a:* & !b | (c) <-> d'", "a b c d"},
        {"palabra\\", "palabra*"},
        {"-", "query_empty"},
        {"\"\" - \"\"", "query_empty"},
        {"...", "query_empty"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "query_too_many_words"},
        {"\"1 2 3 4 5 6 7 8 9\"", "query_too_many_words"},
        {"ab \xff cd", "ab cd"}, /* what is not UTF-8 separates */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(read(cases[i][0]), cases[i][1]) != 0)
            fail_msg("%s: wanted %s, got %s", cases[i][0], cases[i][1], read(cases[i][0]));
    }
}

static void a_question_has_a_length(void **state)
{
    char text[WORDS_QUERY_CHARS + 2];

    (void)state;
    memset(text, 'a', sizeof text);
    text[WORDS_QUERY_CHARS] = '\0';
    assert_int_equal(strlen(read(text)), WORDS_WORD_BYTES + 1); /* a long word is cut, and begins */
    text[WORDS_QUERY_CHARS] = 'a';
    text[WORDS_QUERY_CHARS + 1] = '\0';
    assert_string_equal(read(text), "query_too_long");
}

/* Only letters and digits: nothing that to_tsquery would take for a sign. */
static void whatever_bytes_come_words_have_no_signs(void **state)
{
    char text[40];
    uint32_t seed = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct words_query q;

        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = (char)(seed >> 24);
        }
        err_clear(&cx.err);
        arena_reset(cx.arena);
        if (words_query_read(&cx, (struct slice){text, sizeof text}, "q", &q) < 0)
            continue;
        for (size_t t = 0; t < q.n; t++) {
            for (size_t k = 0; k < q.terms[t].n; k++) {
                const struct slice w = slice_cstr(q.terms[t].words[k]);

                assert_true(utf8_valid(w));
                assert_true(w.n > 0 && w.n <= WORDS_WORD_BYTES);
                for (size_t i = 0; i < w.n; i++) {
                    if ((unsigned char)w.p[i] < 0x80 && !unicode_is_letter((unsigned char)w.p[i]) &&
                        !unicode_is_digit((unsigned char)w.p[i]))
                        fail_msg("a sign in \"%s\"", w.p);
                }
            }
        }
    }
}

static void a_language_is_known_by_its_small_words(void **state)
{
    (void)state;
    assert_string_equal(words_language(SLICE("La clínica de los pacientes que nos llaman")), "es");
    assert_string_equal(words_language(SLICE("We are the bakery of that town and it is ours")),
                        "en");
    assert_string_equal(words_language(SLICE("CRM ERP API")), "es");
    assert_string_equal(words_language(SLICE("")), "es");
}

static void an_ending_gets_its_accent_back(void **state)
{
    (void)state;
    assert_string_equal(words_for_stemmer(cx.arena, "comunicacion", "es"), "comunicación");
    assert_string_equal(words_for_stemmer(cx.arena, "comunicacion", "en"), "comunicacion");
    assert_string_equal(words_for_stemmer(cx.arena, "cion", "es"), "cion");
}

static const char *snippet(const char *asked, const char *text)
{
    struct words_query q;

    err_clear(&cx.err);
    assert_int_equal(words_query_read(&cx, slice_cstr(asked), "q", &q), 0);
    return words_snippet(cx.arena, &q, slice_cstr(text));
}

static void a_snippet_is_round_what_was_found(void **state)
{
    struct sb text = {0};
    const char *s;

    (void)state;
    assert_string_equal(snippet("PISCINA", "La piscina\nes grande."), "La piscina es grande.");
    assert_null(snippet("nothing", "La piscina es grande."));
    assert_null(snippet("-piscina otra", "La piscina es grande."));
    sb_init(&text, 1 << 20);
    for (int i = 0; i < 200; i++)
        sb_puts(&text, "señor año ");
    sb_puts(&text, "comunicaciones ");
    for (int i = 0; i < 200; i++)
        sb_puts(&text, "ñandú ");
    s = snippet("comunicación", sb_text(&text)); /* another ending of the same word */
    assert_non_null(s);
    assert_non_null(strstr(s, "comunicaciones"));
    assert_memory_equal(s, "…", 3);
    assert_string_equal(s + strlen(s) - 3, "…");
    assert_true(utf8_valid(slice_cstr(s)));
    assert_true(utf8_count(slice_cstr(s)) <= WORDS_SNIPPET_CHARS);
    sb_done(&text);
}

static int set_up(void **state)
{
    (void)state;
    cx.arena = arena_new(64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(cx.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_becomes_words),
        cmocka_unit_test(a_question_has_a_length),
        cmocka_unit_test(whatever_bytes_come_words_have_no_signs),
        cmocka_unit_test(a_language_is_known_by_its_small_words),
        cmocka_unit_test(an_ending_gets_its_accent_back),
        cmocka_unit_test(a_snippet_is_round_what_was_found),
    };

    return cmocka_run_group_tests_name("words", tests, set_up, tear_down);
}

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
#include "core/insight/redact.h"
#include "core/insight/redact_check.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(512 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const char *redacted(const char *text, unsigned kinds)
{
    struct redaction r;

    redact(arena, slice_cstr(text), kinds, &r);
    return arena_slicedup(arena, r.text);
}

struct expectation {
    const char *text, *want; /* NULL: as it is */
};

static void expect(const struct expectation *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *want = cases[i].want ? cases[i].want : cases[i].text;
        const char *got = redacted(cases[i].text, REDACT_ALL);

        if (strcmp(got, want) != 0)
            fail_msg("\"%s\": want \"%s\", got \"%s\"", cases[i].text, want, got);
    }
}
#define EXPECT(...)                                                                                \
    do {                                                                                           \
        static const struct expectation cases[] = {__VA_ARGS__};                                   \
        expect(cases, sizeof cases / sizeof cases[0]);                                             \
    } while (0)

/* The examples of python-stdnum, and what is printed on test cards. */
static void check_digits_are_as_published(void **state)
{
    (void)state;
    assert_true(redact_rut("76086428", 8, '5') && redact_rut("12531909", 8, '2'));
    assert_true(redact_rut("10000013", 8, 'K') && redact_rut("10000013", 8, 'k'));
    assert_false(redact_rut("12531909", 8, '3'));
    assert_true(redact_nit("213123432", 9, '1') && redact_nit("213123435", 9, '1'));
    assert_false(redact_nit("213123435", 9, '0'));
    assert_true(redact_ruc("80028061", 8, '0') && redact_ruc("999160", 6, '3') &&
                redact_ruc("2660", 4, '3') && redact_ruc("80000035", 8, '8'));
    assert_false(redact_ruc("80053249", 8, '2'));
    assert_true(redact_dni("54362315", 8, 'K') && redact_dni("54362315", 8, 'k') &&
                redact_dni("02482300", 8, 'W'));
    assert_false(redact_dni("54362315", 8, 'Z'));
    assert_true(redact_luhn("4111111111111111", 16) && redact_luhn("378282246310005", 15) &&
                redact_luhn("5555555555554444", 16) && redact_luhn("30569309025904", 14));
    assert_false(redact_luhn("4111111111111112", 16) || redact_luhn("", 0));
}

static void addresses_are_taken_out(void **state)
{
    (void)state;
    EXPECT({"Mi correo es ana.perez+ventas@mail.example.com.", "Mi correo es [EMAIL-1]."},
           {"<ana@example.com>, ANA@example.com y b@x.cl", "<[EMAIL-1]>, [EMAIL-1] y [EMAIL-2]"},
           {"maría@compañía.es", "[EMAIL-1]"}, {"912345678@example.com", "[EMAIL-1]"},
           {"4111 1111 1111 1111@example.com", "[EMAIL-1]"},
           {"a@b, @ana, ana@, @, a@b.c, ana@localhost", NULL}, {"arriba@", NULL},
           {"¿ana@example.com?", "¿[EMAIL-1]?"});
}

static void telephones_are_taken_out(void **state)
{
    (void)state;
    EXPECT({"+56 9 1234 5678", "[PHONE-1]"}, {"+56912345678", "[PHONE-1]"},
           {"(+56) 9-1234-5678", "[PHONE-1]"}, {"0056 9 1234 5678", "[PHONE-1]"},
           {"56912345678", "[PHONE-1]"}, {"9 1234 5678", "[PHONE-1]"}, {"912345678", "[PHONE-1]"},
           {"2 2123 4567", "[PHONE-1]"}, {"(2) 2123 4567", "[PHONE-1]"},
           {"+57 300 123 4567", "[PHONE-1]"}, {"300 123 4567", "[PHONE-1]"},
           {"3001234567", "[PHONE-1]"}, {"573001234567", "[PHONE-1]"},
           {"601 234 5678", "[PHONE-1]"}, {"+595 981 123 456", "[PHONE-1]"},
           {"0981 123 456", "[PHONE-1]"}, {"0981-123-456", "[PHONE-1]"},
           {"021 123 456", "[PHONE-1]"}, {"595981123456", "[PHONE-1]"},
           {"+34 612 34 56 78", "[PHONE-1]"}, {"612 345 678", "[PHONE-1]"},
           {"612345678", "[PHONE-1]"}, {"91 123 45 67", "[PHONE-1]"},
           {"+1 (555) 123-4567", "[PHONE-1]"}, {"+44 20 7946 0958", "[PHONE-1]"},
           {"912345678,987654321", "[PHONE-1],[PHONE-2]"}, {"+56 (9) 1234 5678", "[PHONE-1]"},
           {"mi teléfono es 22123456.", "mi teléfono es [PHONE-1]."},
           {"WhatsApp: 1234 5678", "WhatsApp: [PHONE-1]"},
           {"+56 9 1234 5678 300 mensajes", "[PHONE-1] 300 mensajes"},
           {"912345678 o +56 9 1234 5678, no 987654321", "[PHONE-1] o [PHONE-1], no [PHONE-2]"});
}

static void dates_and_amounts_are_not(void **state)
{
    (void)state;
    EXPECT({"2024-03-15", NULL}, {"15-03-2024 a las 10:30", NULL}, {"15.03.2024", NULL},
           {"2024-03-15 1030", NULL}, {"Tel. para el 15-03-2024", NULL}, {"20240315", NULL},
           {"1.200.000", NULL}, {"912.345.678", NULL}, {"$ 912345678", NULL}, {"€912345678", NULL},
           {"950000000 pesos", NULL}, {"912345678 USD", NULL}, {"CLP 950000000", NULL},
           {"250 000 000", NULL}, {"912345678,50", NULL}, {"61234567,5%", NULL},
           {"500 mensajes y 300 consultas", NULL}, {"3.912345678", NULL},
           {"de 8 a 12 y de 14 a 18 30", NULL}, {"A912345678", NULL}, {"912345678B", NULL},
           {"12345678", NULL}, {"llamen por los 1500000 pesos", NULL}, {"1. 912. 345. 678", NULL},
           {"Son 91. 1234567 más", NULL}, {"33269 (29315)", NULL}, {"33269 29315", NULL},
           {"9123 (45678)", NULL}, {"912 3456 7 8", NULL}, {"9 1234567 (8)", NULL},
           {"54362315 k algo", NULL});
}

static void cards_are_taken_out(void **state)
{
    (void)state;
    EXPECT({"4111 1111 1111 1111", "[CARD-1]"}, {"4111-1111-1111-1111", "[CARD-1]"},
           {"4111111111111111", "[CARD-1]"}, {"3782 822463 10005", "[CARD-1]"},
           {"3056 930902 5904", "[CARD-1]"}, {"tarjeta 5555555555554444.", "tarjeta [CARD-1]."},
           {"4111 1111 1111 1111 vence 12", "[CARD-1] vence 12"}, {"4111 1111 1111 1112", NULL},
           {"1111111111111117", NULL}, {"41111 11111 11111 1", NULL});
}

static void identities_are_taken_out(void **state)
{
    (void)state;
    EXPECT({"12.531.909-2", "[ID-1]"}, {"RUT 12531909-2", "RUT [ID-1]"},
           {"10.000.013-K y 10000013-k", "[ID-1] y [ID-1]"}, {"213.123.432-1", "[ID-1]"},
           {"80028061-0", "[ID-1]"}, {"54362315K", "[ID-1]"}, {"54.362.315-K", "[ID-1]"},
           {"54362315 K", "[ID-1]"}, {"X-2482300-W", "[ID-1]"}, {"X2482300W,", "[ID-1],"},
           {"cédula 1.234.567", "cédula [ID-1]"}, {"C.C. 52123456", "C.C. [ID-1]"},
           {"cédula de identidad número 4123456", "cédula de identidad número [ID-1]"},
           {"mi rut es 125319092", "mi rut es [ID-1]"}, {"12.531.909-3", NULL}, {"54362315Z", NULL},
           {"1.234.567", NULL}, {"52123456", NULL}, {"X2482300A", NULL}, {"12531909-2x", NULL});
}

static void only_the_kinds_asked_for_are(void **state)
{
    static const char text[] = "ana@example.com 912345678 4111111111111111 12.531.909-2";
    (void)state;

    assert_string_equal(redacted(text, 0), text);
    assert_string_equal(redacted(text, 1u << REDACT_EMAIL),
                        "[EMAIL-1] 912345678 4111111111111111 12.531.909-2");
    assert_string_equal(redacted(text, 1u << REDACT_PHONE | 1u << REDACT_CARD),
                        "ana@example.com [PHONE-1] [CARD-1] 12.531.909-2");
    assert_string_equal(redacted(text, 1u << REDACT_ID),
                        "ana@example.com 912345678 4111111111111111 [ID-1]");
}

static void every_place_leads_back(void **state)
{
    static const char text[] = "Soy ana@example.com, 912345678. Llamen ya.";
    struct redaction r;
    uint32_t start, end;
    (void)state;

    redact(arena, SLICE(text), REDACT_ALL, &r);
    assert_string_equal(arena_slicedup(arena, r.text), "Soy [EMAIL-1], [PHONE-1]. Llamen ya.");
    assert_false(redact_original(&r, 0, 3, &start, &end)); /* Soy */
    assert_true(start == 0 && end == 3);
    assert_false(redact_original(&r, 26, 32, &start, &end)); /* Llamen */
    assert_memory_equal(text + start, "Llamen", 6);
    assert_int_equal(end - start, 6);
    assert_true(redact_original(&r, 5, 12, &start, &end)); /* EMAIL-1 */
    assert_true(end - start == 15 && memcmp(text + start, "ana@example.com", 15) == 0);
    assert_true(redact_original(&r, 0, 23, &start, &end)); /* Soy ... [PHONE-1 */
    assert_true(start == 0 && end == 30);
    assert_true(redact_original(&r, 13, 16, &start, &end)); /* , [P */
    assert_true(end - start == 11 && memcmp(text + start, ", 912345678", 11) == 0);
    assert_true(redact_original(&r, 0, 15, &start, &end)); /* Soy [EMAIL-1],_ */
    assert_true(start == 0 && end == 21);
    assert_false(redact_original(&r, 13, 15, &start, &end)); /* ", " */
    assert_true(end - start == 2 && memcmp(text + start, ", ", 2) == 0);
}

/* Spans are in order and inside, the text is the transcript with them exchanged, and nothing is left to be found. */
static void check(struct slice s)
{
    struct arena *one = arena_new(64 << 20);
    struct redaction r, again;
    size_t from = 0, at = 0;

    redact(one, s, REDACT_ALL, &r);
    for (size_t i = 0; i < r.n; i++) {
        const struct redact_span *span = &r.spans[i];

        assert_true(span->start >= from && span->start < span->end && span->end <= s.n);
        assert_int_equal(span->at - at, span->start - from);
        assert_true(span->to > span->at && span->to <= r.text.n);
        assert_memory_equal(r.text.p + at, s.p + from, span->start - from);
        from = span->end;
        at = span->to;
    }
    assert_int_equal(r.text.n - at, s.n - from);
    if (utf8_valid(s))
        assert_true(utf8_valid(r.text));
    redact(one, r.text, 1u << REDACT_EMAIL, &again);
    assert_int_equal(again.n, 0);
    arena_free(one);
}

static void any_bytes_are_safe(void **state)
{
    static const char alphabet[] = "0123456789019@@..-- +()aKkXñ\xff,$";
    uint32_t seed = 3;
    (void)state;

    for (int round = 0; round < 20000; round++) {
        char text[60];

        for (size_t i = 0; i < sizeof text; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        check((struct slice){text, sizeof text});
    }
    check((struct slice){NULL, 0});
}

static void hostile_texts_take_little_time(void **state)
{
    static const char *const units[] = {"@",
                                        "a@",
                                        "1 ",
                                        "1",
                                        "((",
                                        "+1",
                                        "912345678 ",
                                        "a@b.co ",
                                        "1.111.",
                                        "x1",
                                        "cc 123456 ",
                                        "a.",
                                        "4111 1111 1111 1112 "};
    const size_t n = 1 << 20;
    char *text = arena_alloc(arena, n);
    (void)state;

    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        const size_t len = strlen(units[u]);
        const clock_t from = clock();
        struct arena *one = arena_new(128 << 20);
        struct redaction r;

        for (size_t i = 0; i < n; i++)
            text[i] = units[u][i % len];
        redact(one, (struct slice){text, n}, REDACT_ALL, &r);
        arena_free(one);
        if ((double)(clock() - from) / CLOCKS_PER_SEC > 5) /* a second at most */
            fail_msg("%s: %.1f s", units[u], (double)(clock() - from) / CLOCKS_PER_SEC);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_digits_are_as_published),
        cmocka_unit_test(addresses_are_taken_out),
        cmocka_unit_test(telephones_are_taken_out),
        cmocka_unit_test(dates_and_amounts_are_not),
        cmocka_unit_test(cards_are_taken_out),
        cmocka_unit_test(identities_are_taken_out),
        cmocka_unit_test(only_the_kinds_asked_for_are),
        cmocka_unit_test(every_place_leads_back),
        cmocka_unit_test(any_bytes_are_safe),
        cmocka_unit_test(hostile_texts_take_little_time),
    };

    return cmocka_run_group_tests_name("redact", tests, set_up, tear_down);
}

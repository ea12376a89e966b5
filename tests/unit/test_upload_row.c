/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/meetings/upload_row.h"

static const struct slice spanish[] = {SLICE("Nombre"),
                                       SLICE("Correo Electronico"),
                                       SLICE("Numero de Telefono"),
                                       SLICE("Fecha de la Reunion"),
                                       SLICE("Vendedor asignado"),
                                       SLICE("closed"),
                                       SLICE("Transcripcion")};
static const struct slice english[] = {SLICE("transcript"),   SLICE("closed"), SLICE("sales_rep"),
                                       SLICE("meeting_date"), SLICE("phone"),  SLICE("email"),
                                       SLICE("client_name")};
static const struct slice good[] = {SLICE("Ana Pérez"),
                                    SLICE("ana@example.com"),
                                    SLICE("+56 9 1234 5678"),
                                    SLICE("2024-02-29"),
                                    SLICE("Tiburón"),
                                    SLICE("1"),
                                    SLICE("Recibimos 80 mensajes al día.")};

static struct arena *arena;
static struct upload_map map;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(16 << 20);
    upload_map_headers(arena, spanish, UPLOAD_COLUMNS, NULL, &map);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static enum upload_verdict read_row(const struct slice *fields, size_t n, struct upload_row *row,
                                    struct upload_problem problems[UPLOAD_COLUMNS],
                                    size_t *nproblems)
{
    const struct csv_record r = {.fields = fields, .n = n, .line = 2, .cut_field = -1};

    return upload_row_read(arena, &map, UPLOAD_DMY, &r, row, problems, nproblems);
}

/* `good` with one column replaced; the first problem's code, or "" when there is none. */
static const char *verdict(enum upload_column c, struct slice text, struct upload_row *row)
{
    struct slice fields[UPLOAD_COLUMNS];
    struct upload_problem problems[UPLOAD_COLUMNS];
    size_t n;

    memcpy(fields, good, sizeof fields);
    fields[c] = text;
    if (read_row(fields, UPLOAD_COLUMNS, row, problems, &n) == UPLOAD_ROW_OK)
        return "";
    assert_int_equal(problems[0].column, c);
    return problems[0].code;
}

static void headers_are_known_in_both_languages_whatever_their_accents(void **state)
{
    const struct slice odd[] = {SLICE("NOMBRE"),       SLICE("correo electrónico"),
                                SLICE("Teléfono"),     SLICE("FECHA_DE_LA_REUNIÓN"),
                                SLICE(" Vendedor "),   SLICE("Cerrada"),
                                SLICE("Transcripción")};
    struct upload_map m;

    (void)state;
    assert_int_equal(upload_map_missing(&map), 0);
    upload_map_headers(arena, english, UPLOAD_COLUMNS, NULL, &m);
    assert_int_equal(upload_map_missing(&m), 0);
    assert_int_equal(m.at[UPLOAD_TRANSCRIPT], 0);
    upload_map_headers(arena, odd, UPLOAD_COLUMNS, NULL, &m);
    assert_int_equal(upload_map_missing(&m), 0);
    upload_map_headers(arena, odd, 6, NULL, &m);
    assert_int_equal(upload_map_missing(&m), 1u << UPLOAD_TRANSCRIPT);
}

static void a_good_row_has_its_values(void **state)
{
    struct upload_row row;

    (void)state;
    assert_string_equal(verdict(UPLOAD_CLIENT_NAME, SLICE("  Ana Pérez "), &row), "");
    assert_true(slice_is(row.text[UPLOAD_CLIENT_NAME], "Ana Pérez"));
    assert_string_equal(row.date, "2024-02-29");
    assert_true(row.closed);
}

static void what_cannot_be_seen_is_nothing(void **state)
{
    struct upload_row row;

    (void)state;
    assert_string_equal(verdict(UPLOAD_CLIENT_NAME, SLICE("\u200B\u2060 \uFEFF"), &row),
                        "required");
    assert_string_equal(verdict(UPLOAD_CLOSED, SLICE("1\u200B"), &row), "");
    assert_true(row.closed);
    assert_string_equal(verdict(UPLOAD_EMAIL, SLICE("\u200Eana@x.cl\u200F "), &row), "");
    assert_true(slice_is(row.text[UPLOAD_EMAIL], "ana@x.cl"));
    assert_string_equal(verdict(UPLOAD_CLIENT_NAME, SLICE("Ana \U0001F469\u200D\U0001F467"), &row),
                        "");
    assert_true(slice_is(row.text[UPLOAD_CLIENT_NAME], "Ana \U0001F469\u200D\U0001F467"));
}

static void each_rule_has_its_code(void **state)
{
    static char long_name[LIMIT_NAME_CHARS + 2];
    static const struct {
        enum upload_column column;
        const char *text;
        const char *code;
    } cases[] = {
        {UPLOAD_CLIENT_NAME, "", "required"},
        {UPLOAD_CLIENT_NAME, "   ", "required"},
        {UPLOAD_CLIENT_NAME, "\xff", "encoding_invalid"},
        {UPLOAD_EMAIL, "ana", "email_invalid"},
        {UPLOAD_EMAIL, "ana@", "email_invalid"},
        {UPLOAD_EMAIL, "@x.org", "email_invalid"},
        {UPLOAD_EMAIL, "a@b", "email_invalid"},
        {UPLOAD_EMAIL, "a b@x.org", "email_invalid"},
        {UPLOAD_EMAIL, "a@b@x.org", "email_invalid"},
        {UPLOAD_EMAIL, "a@.org", "email_invalid"},
        {UPLOAD_EMAIL, "a@x.", "email_invalid"},
        {UPLOAD_EMAIL, "a.b+c@x-y.co.uk", ""},
        {UPLOAD_PHONE, "", "required"},
        {UPLOAD_MEETING_DATE, "2023-02-29", "date_invalid"},
        {UPLOAD_MEETING_DATE, "1900-02-29", "date_invalid"},
        {UPLOAD_MEETING_DATE, "2000-02-29", ""},
        {UPLOAD_MEETING_DATE, "2024-13-01", "date_invalid"},
        {UPLOAD_MEETING_DATE, "2024-1-1", ""},
        {UPLOAD_MEETING_DATE, "2024-02-30", "date_invalid"},
        {UPLOAD_MEETING_DATE, "2024-01-00", "date_invalid"},
        {UPLOAD_MEETING_DATE, "24-01-2024", ""},
        {UPLOAD_MEETING_DATE, "01-24-2024", "date_invalid"},
        {UPLOAD_SALES_REP, "", "required"},
        {UPLOAD_CLOSED, "quizás", "closed_invalid"},
        {UPLOAD_CLOSED, "", "required"},
        {UPLOAD_TRANSCRIPT, "corto", "too_short"},
        {UPLOAD_TRANSCRIPT, "diez letra", ""},
    };
    struct upload_row row;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(verdict(cases[i].column, slice_cstr(cases[i].text), &row),
                            cases[i].code);
    memset(long_name, 'x', sizeof long_name - 1);
    assert_string_equal(verdict(UPLOAD_SALES_REP, slice_cstr(long_name), &row), "too_long");
    assert_string_equal(
        verdict(UPLOAD_TRANSCRIPT, (struct slice){"ten bytes\0 and more", 19}, &row),
        "encoding_invalid");
}

static void closed_is_understood_in_both_languages(void **state)
{
    static const char *const yes[] = {"1",
                                      "true",
                                      "TRUE",
                                      "sí",
                                      "Si",
                                      "yes",
                                      "won",
                                      "Ganada",
                                      "cerrada",
                                      "Closed Won",
                                      "closedwon",
                                      "Cierre ganado",
                                      "Cerrada  ganada",
                                      "VERDADERO"};
    static const char *const no[] = {
        "0",           "false",          "No",       "lost",      "Perdida", "abierta", "OPEN",
        "Closed Lost", "Cierre perdido", "En curso", "pendiente", "FALSO"};
    struct upload_row row;

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        assert_string_equal(verdict(UPLOAD_CLOSED, slice_cstr(yes[i]), &row), "");
        assert_true(row.closed);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        assert_string_equal(verdict(UPLOAD_CLOSED, slice_cstr(no[i]), &row), "");
        assert_false(row.closed);
    }
}

static void identity_forgives_spelling_and_content_forgives_nothing(void **state)
{
    struct upload_row a;
    struct upload_row b;

    (void)state;
    verdict(UPLOAD_CLIENT_NAME, good[UPLOAD_CLIENT_NAME], &a);
    verdict(UPLOAD_CLIENT_NAME, SLICE("ANA  PEREZ"), &b);
    assert_true(uuid_eq(&a.identity, &b.identity));
    assert_false(uuid_eq(&a.content, &b.content));
    verdict(UPLOAD_PHONE, SLICE("(56) 9-1234-5678"), &b);
    assert_true(uuid_eq(&a.identity, &b.identity));
    verdict(UPLOAD_CLOSED, SLICE("0"), &b);
    assert_true(uuid_eq(&a.identity, &b.identity));
    assert_true(uuid_eq(&a.body_hash, &b.body_hash));
    assert_false(uuid_eq(&a.content, &b.content));
    assert_true(slice_eq(a.seller_key, SLICE("tiburon")));
    verdict(UPLOAD_SALES_REP, SLICE(" TIBURON\xC2\xA0"), &b);
    assert_true(slice_eq(a.seller_key, b.seller_key));
    assert_true(uuid_eq(&a.identity, &b.identity));
    verdict(UPLOAD_MEETING_DATE, SLICE("29/2/24 10:30"),
            &b); /* the notation of a date is no change */
    assert_true(uuid_eq(&a.identity, &b.identity));
    assert_true(uuid_eq(&a.content, &b.content));
    verdict(UPLOAD_MEETING_DATE, SLICE("2024-03-01"), &b);
    assert_false(uuid_eq(&a.identity, &b.identity));
    verdict(UPLOAD_TRANSCRIPT, SLICE("Otra conversación."), &b);
    assert_true(uuid_eq(&a.identity, &b.identity));
    assert_false(uuid_eq(&a.body_hash, &b.body_hash));
}

static void a_row_without_a_word_is_blank_and_a_short_one_names_what_is_missing(void **state)
{
    const struct slice blank[] = {SLICE(""), SLICE("  "), SLICE("\t")};
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_row row;
    size_t n;

    (void)state;
    assert_int_equal(read_row(blank, 3, &row, problems, &n), UPLOAD_ROW_BLANK);
    assert_int_equal(read_row(good, 6, &row, problems, &n), UPLOAD_ROW_INVALID);
    assert_int_equal(n, 1);
    assert_int_equal(problems[0].column, UPLOAD_TRANSCRIPT);
    assert_string_equal(problems[0].code, "required");
}

static void assert_mapped(const struct slice *headers, size_t n, const struct upload_names *said,
                          const int want[UPLOAD_COLUMNS])
{
    struct upload_map m;

    upload_map_headers(arena, headers, n, said, &m);
    for (int c = 0; c < UPLOAD_COLUMNS; c++) {
        if (m.at[c] != want[c])
            fail_msg("%s is field %d instead of %d", upload_column_names[c], m.at[c], want[c]);
        assert_true(m.at[c] < 0 ? m.header[c].n == 0 : slice_eq(m.header[c], headers[m.at[c]]));
    }
}

/* Names from the exports of CRMs; where several would do, the one that fits the deal. */
static void crm_exports_are_known(void **state)
{
    const struct slice hubspot[] = {
        SLICE("Record ID"),     SLICE("Deal Name"),    SLICE("Deal Stage"),
        SLICE("Close Date"),    SLICE("Deal owner"),   SLICE("Associated Contact"),
        SLICE("Email"),         SLICE("Phone Number"), SLICE("Internal meeting notes"),
        SLICE("Is Closed Won"), SLICE("Contact owner")};
    const struct slice salesforce[] = {SLICE("Propietario de oportunidad"),
                                       SLICE("Nombre de la cuenta"),
                                       SLICE("Nombre del contacto"),
                                       SLICE("Fecha de cierre"),
                                       SLICE("Cerrado"),
                                       SLICE("Ganado"),
                                       SLICE("Correo electrónico"),
                                       SLICE("Teléfono"),
                                       SLICE("Descripción")};
    const struct slice pipedrive[] = {SLICE("Deal - ID"),
                                      SLICE("Deal - Owner"),
                                      SLICE("Deal - Status"),
                                      SLICE("Person - Name"),
                                      SLICE("Person - Email - Work"),
                                      SLICE("Person - Phone - Work"),
                                      SLICE("Activity - Due date"),
                                      SLICE("Activity - Note")};

    (void)state;
    assert_mapped(hubspot, 11, NULL, (const int[]){5, 6, 7, 3, 4, 9, 8});
    assert_mapped(salesforce, 9, NULL, (const int[]){2, 6, 7, 3, 0, 5, 8});
    assert_mapped(pipedrive, 8, NULL, (const int[]){3, 4, 5, 6, 1, 2, 7});
}

static void headers_are_compared_without_what_cannot_be_seen(void **state)
{
    static const char *const same[] = {
        "correo electronico",
        "CORREO_ELECTRÓNICO",
        "\uFEFFCorreo electrónico",
        "Correo\xC2\xA0 Electronico ",
        "\"Correo electronico\"",
        "Correo electrónico*",
        "Correo\xE2\x80\x8B electronico:",
        "'correo electronico'",
        "Correo electronico #",
        "¿Correo electronico?",
        "Correo electronico.",
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(slice_is(upload_header_key(arena, slice_cstr(same[i])), "correo electronico"));
    assert_int_equal(upload_header_key(arena, SLICE("")).n, 0);
    assert_int_equal(upload_header_key(arena, SLICE("\"\"")).n, 0);
}

static void what_stands_in_brackets_is_left_out_when_nothing_is_known_without(void **state)
{
    const struct slice signs[] = {
        SLICE("Client Name"), SLICE("Email:"),  SLICE("Phone #"),   SLICE("Meeting Date (UTC)"),
        SLICE("Sales Rep."),  SLICE("Closed?"), SLICE("Transcript")};
    const struct slice both[] = {SLICE("Phone (home)"), SLICE("Phone"), SLICE("(Email)"),
                                 SLICE("Email (work) (old)")};
    const struct upload_names said = {
        .header = {[UPLOAD_PHONE] = "phone (HOME)", [UPLOAD_EMAIL] = "email"}};

    (void)state;
    assert_mapped(signs, 7, NULL, (const int[]){0, 1, 2, 3, 4, 5, 6});
    assert_mapped(both, 4, NULL, (const int[]){-1, -1, 1, -1, -1, -1, -1});
    assert_mapped(both, 2, &said, (const int[]){-1, -1, 0, -1, -1, -1, -1});
}

static void of_two_headers_that_are_the_same_the_first_is_meant(void **state)
{
    const struct slice twice[] = {SLICE("Email"), SLICE("EMAIL"), SLICE("Nombre"), SLICE("nombre")};

    (void)state;
    assert_mapped(twice, 4, NULL, (const int[]){2, 0, -1, -1, -1, -1, -1});
}

static void what_was_said_goes_before_what_is_known(void **state)
{
    const struct slice odd[] = {SLICE("Email"), SLICE("Quién"), SLICE("quien"),
                                SLICE("Otro correo")};
    struct upload_names said = {
        .header = {[UPLOAD_CLIENT_NAME] = "quien", [UPLOAD_EMAIL] = "otro CORREO"}};

    (void)state;
    assert_mapped(odd, 4, &said, (const int[]){2, 3, -1, -1, -1, -1, -1});
    said.header[UPLOAD_CLIENT_NAME] =
        "QUIEN"; /* no header is written like this: the first that compares equal */
    assert_mapped(odd, 4, &said, (const int[]){1, 3, -1, -1, -1, -1, -1});
    said.header[UPLOAD_EMAIL] = "mail"; /* no header has it, and nothing is guessed in its place */
    assert_mapped(odd, 4, &said, (const int[]){1, -1, -1, -1, -1, -1, -1});
    said.header[UPLOAD_CLIENT_NAME] = "Email"; /* then it is not the e-mail too */
    said.header[UPLOAD_EMAIL] = NULL;
    assert_mapped(odd, 4, &said, (const int[]){0, -1, -1, -1, -1, -1, -1});
}

/* "..., we spoke, and spoke" without quotes: its end is a cell that no header names. */
static void a_row_wider_than_its_header_is_not_cut_to_fit(void **state)
{
    struct slice fields[UPLOAD_COLUMNS + 2];
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_row row;
    size_t n;

    (void)state;
    memcpy(fields, good, sizeof good);
    fields[UPLOAD_COLUMNS] = SLICE("\xC2\xA0");
    fields[UPLOAD_COLUMNS + 1] = SLICE("");
    assert_int_equal(read_row(fields, UPLOAD_COLUMNS + 2, &row, problems, &n), UPLOAD_ROW_OK);
    fields[UPLOAD_COLUMNS + 1] = SLICE(" and spoke");
    assert_int_equal(read_row(fields, UPLOAD_COLUMNS + 2, &row, problems, &n), UPLOAD_ROW_INVALID);
    assert_int_equal(n, 1);
    assert_int_equal(problems[0].column, UPLOAD_WHOLE_ROW);
    assert_string_equal(problems[0].code, "too_many_cells");
    assert_int_equal(problems[0].limit, UPLOAD_COLUMNS);
}

static void what_a_parser_had_to_cut_is_the_rows_error(void **state)
{
    static char big[LIMIT_CSV_FIELD_BYTES];
    struct slice fields[UPLOAD_COLUMNS + 1];
    struct csv_record r = {.fields = fields, .n = UPLOAD_COLUMNS + 1, .line = 2, .cut_field = -1};
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_map wide = map; /* with a header that nobody reads */
    struct upload_row row;
    size_t n;

    (void)state;
    wide.width++;
    memcpy(fields, good, sizeof good);
    fields[UPLOAD_COLUMNS] = (struct slice){big, sizeof big};
    r.cut_field = UPLOAD_COLUMNS; /* a column that nobody reads */
    assert_int_equal(upload_row_read(arena, &wide, UPLOAD_YMD, &r, &row, problems, &n),
                     UPLOAD_ROW_OK);

    memset(big, ' ', sizeof big);
    memcpy(big, "a transcript", 12); /* what was cut may have been words */
    fields[UPLOAD_TRANSCRIPT] = fields[UPLOAD_COLUMNS];
    r.cut_field = UPLOAD_TRANSCRIPT;
    assert_int_equal(upload_row_read(arena, &wide, UPLOAD_YMD, &r, &row, problems, &n),
                     UPLOAD_ROW_INVALID);
    assert_int_equal(n, 1);
    assert_int_equal(problems[0].column, UPLOAD_TRANSCRIPT);
    assert_string_equal(problems[0].code, "too_long_bytes");
    assert_int_equal(problems[0].limit, LIMIT_TRANSCRIPT_BYTES);

    r.record_cut = true;
    assert_int_equal(upload_row_read(arena, &wide, UPLOAD_YMD, &r, &row, problems, &n),
                     UPLOAD_ROW_INVALID);
    assert_int_equal(n, 1);
    assert_int_equal(problems[0].column, UPLOAD_WHOLE_ROW);
    assert_string_equal(upload_column_names[problems[0].column], "row");
    assert_string_equal(problems[0].code, "row_too_long");

    r.record_cut = false;
    r.too_many = LIMIT_CSV_FIELDS + 1;
    assert_int_equal(upload_row_read(arena, &wide, UPLOAD_YMD, &r, &row, problems, &n),
                     UPLOAD_ROW_INVALID);
    assert_string_equal(problems[0].code, "too_many_columns");
    assert_int_equal(problems[0].limit, LIMIT_CSV_FIELDS);
    assert_int_equal(row.text[problems[0].column].n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_known_in_both_languages_whatever_their_accents),
        cmocka_unit_test(a_good_row_has_its_values),
        cmocka_unit_test(what_cannot_be_seen_is_nothing),
        cmocka_unit_test(each_rule_has_its_code),
        cmocka_unit_test(closed_is_understood_in_both_languages),
        cmocka_unit_test(identity_forgives_spelling_and_content_forgives_nothing),
        cmocka_unit_test(crm_exports_are_known),
        cmocka_unit_test(headers_are_compared_without_what_cannot_be_seen),
        cmocka_unit_test(what_stands_in_brackets_is_left_out_when_nothing_is_known_without),
        cmocka_unit_test(of_two_headers_that_are_the_same_the_first_is_meant),
        cmocka_unit_test(what_was_said_goes_before_what_is_known),
        cmocka_unit_test(a_row_wider_than_its_header_is_not_cut_to_fit),
        cmocka_unit_test(what_a_parser_had_to_cut_is_the_rows_error),
        cmocka_unit_test(a_row_without_a_word_is_blank_and_a_short_one_names_what_is_missing),
    };

    return cmocka_run_group_tests_name("upload_row", tests, set_up, tear_down);
}

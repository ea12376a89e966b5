/* SPDX-License-Identifier: MIT */
/* The registry of fields, and days of the calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/json.h"
#include "core/fields/day.h"
#include "core/fields/field.h"
#include "core/insight/reading.h"

static const struct field *find(const char *name)
{
    return field_find(DATASET_MEETINGS, slice_cstr(name));
}

static void fields_are_found_by_name_and_by_the_originals_names(void **state)
{
    static const char *const same[][2] = {
        {"salesRep", "sales_rep"},
        {"vendedor", "sales_rep"},
        {"meetingDate", "meeting_date"},
        {"clientName", "client_name"},
        {"requirements_real_time", "requirements.real_time"},
        {"toolsMentioned", "tools_mentioned"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_non_null(find(same[i][0]));
        assert_ptr_equal(find(same[i][0]), find(same[i][1]));
    }
    assert_null(find("transcript"));
    assert_null(find(""));
    assert_null(find("sector "));
    assert_null(find("Sector"));
}

/* Stored rows hold these numbers. A change of this list would give every one of them another meaning. */
static void codes_of_options_never_move(void **state)
{
    static const struct {
        const char *field;
        const char *options; /* in the order of their codes */
    } frozen[] = {
        {"sector", "tecnologia_software servicios_profesionales comercio_retail salud_bienestar "
                   "alimentos_bebidas "
                   "inmobiliario_construccion eventos_turismo financiero logistica_transporte "
                   "educacion sostenibilidad "
                   "otros"},
        {"company_size", "pequeña mediana grande"},
        {"discovery_channel",
         "referencia busqueda_organica eventos_presenciales eventos_virtuales redes_profesionales "
         "otro"},
        {"requirements.personalization", "by_customer_type by_query_type by_language by_location "
                                         "by_preferences by_product_or_service"},
        {"requirements.integrations",
         "scheduling crm ticketing ecommerce databases social_media erp"},
        {"demand_peaks", "promotions weekends high_season product_launches events"},
        {"query_types", "pricing availability shipping returns scheduling technical_support "
                        "regulations product_specs"},
        {"tools_mentioned", "email whatsapp instagram zendesk freshdesk hubspot custom_system"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof frozen / sizeof *frozen; i++) {
        const struct field *f = find(frozen[i].field);
        struct slice rest = slice_cstr(frozen[i].options);
        int code = 0;

        while (rest.n) {
            const struct slice value = slice_cut(rest, ' ', &rest);

            code++;
            assert_int_equal(field_option_code(f, value), code);
            assert_true(slice_is(value, field_option(f, code)->value));
        }
        assert_int_equal(f->option_count, code);
        assert_null(field_option(f, code + 1));
        assert_null(field_option(f, 0));
        assert_null(field_option(f, -1));
    }
}

/* What a transcript's reader answers has a field to go to, and answers in its options. */
static void readers_and_registry_agree(void **state)
{
    (void)state;

    for (int i = 0; i < READING_FIELDS; i++) {
        const struct reading_field_info *info = &reading_fields[i];
        const struct field *f = find(info->name);
        const bool has_codes = info->kind == READING_CODE || info->kind == READING_CODES;

        if (i == READING_CONFIDENCE_SECTOR)
            continue; /* how sure the reader is: nobody charts it */
        assert_non_null(f);
        assert_int_equal(f->option_count > 0, has_codes);
        assert_ptr_equal(reading_options((enum reading_field)i), has_codes ? f : NULL);
    }
}

static void options_forgive_case_and_accents_and_nothing_else(void **state)
{
    const struct field *size = find("company_size");
    (void)state;

    assert_int_equal(field_option_code(size, SLICE("pequena")), 1);
    assert_int_equal(field_option_code(size, SLICE("Pequeña")), 1);
    assert_int_equal(field_option_code(size, SLICE("peque\x6e\xcc\x83"
                                                   "a")),
                     1); /* n and a combining tilde */
    assert_int_equal(field_option_code(size, SLICE("pequeñas")), 0);
    assert_int_equal(field_option_code(size, SLICE("peque")), 0);
    assert_int_equal(field_option_code(size, SLICE("")), 0);
    assert_int_equal(field_option_code(find("sales_rep"), SLICE("Toro")), 0); /* has no options */
}

/* What stands in SQL text must be the registry's own plain words. */
static void names_and_columns_are_plain_words(void **state)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t n;
    const struct field *f = fields_all(DATASET_MEETINGS, &n);
    (void)state;

    assert_int_equal(n, 23);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(strspn(f[i].column, plain), strlen(f[i].column));
        assert_int_equal(strcspn(f[i].name, "'\"\\ "), strlen(f[i].name));
        assert_true(f[i].labels[FIELD_ES] && *f[i].labels[FIELD_ES]);
        assert_true(f[i].labels[FIELD_EN] && *f[i].labels[FIELD_EN]);
        assert_true((f[i].type == FIELD_STRING || f[i].type == FIELD_CLOSED_ARRAY) ==
                    (f[i].option_count > 0));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(f[i].name, f[k].name);
        for (const char *const *a = f[i].aliases; a && *a; a++)
            assert_ptr_equal(find(*a), &f[i]); /* no two fields share one */
    }
}

static void every_word_of_the_registry_reads_back(void **state)
{
    (void)state;

    for (int i = 0; i < OP_COUNT; i++) {
        enum field_op op;

        assert_true(field_op_find(slice_cstr(field_op_name((enum field_op)i)), &op));
        assert_int_equal(op, i);
    }
    for (int i = 0; i < AGGS; i++) {
        enum field_agg agg;

        assert_true(field_agg_find(slice_cstr(field_agg_name((enum field_agg)i)), &agg));
        assert_int_equal(agg, i);
    }
    for (int i = 0; i < SLOT_COUNT; i++)
        assert_non_null(strchr(field_slot_name((enum field_slot)i), '.'));
    for (int i = 0; i < FIELD_TYPE_COUNT; i++)
        assert_non_null(field_type_name((enum field_type)i));
}

static void the_json_says_all_a_builder_of_charts_needs(void **state)
{
    struct sb b;
    struct jw w;
    json_t *v = NULL;
    const json_t *sector = NULL;
    const json_t *f;
    size_t i;
    (void)state;

    sb_init(&b, 1 << 20);
    jw_init(&w, &b);
    fields_to_json(&w);
    assert_int_equal(json_read(sb_get(&b), &v), JSON_OK);
    json_array_foreach(json_object_get(v, "fields"), i, f)
    {
        assert_non_null(json_str(f, "name"));
        assert_string_equal(json_str(f, "dataset"), "meetings");
        assert_true(json_is_array(json_object_get(f, "operators")));
        assert_true(json_is_array(json_object_get(f, "aggregations")));
        assert_true(json_array_size(json_object_get(f, "slots")) > 0);
        if (strcmp(json_str(f, "name"), "sector") == 0)
            sector = f;
    }
    assert_string_equal(json_str(sector, "type"), "string");
    assert_int_equal(json_array_size(json_object_get(sector, "options")), 12);
    assert_string_equal(json_str(json_object_get(sector, "labels"), "en"), "Sector");
    f = json_array_get(json_object_get(sector, "options"), 9);
    assert_string_equal(json_str(f, "value"), "educacion");
    assert_string_equal(json_str(json_object_get(f, "labels"), "es"), "Educación");
    json_decref(v);
    sb_done(&b);
}

static void only_days_that_exist_are_read(void **state)
{
    static const char *const bad[] = {"2024-02-30",
                                      "2023-02-29",
                                      "1900-02-29",
                                      "2024-13-01",
                                      "2024-00-10",
                                      "2024-01-00",
                                      "2024-1-01",
                                      "24-01-01",
                                      "2024/01/01",
                                      "2024-01-01 ",
                                      "0000-01-01",
                                      "2024-01-1a",
                                      ""};
    int32_t d = -5;
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(day_parse(slice_cstr(bad[i]), &d));
        assert_int_equal(d, -5);
    }
    assert_true(day_parse(SLICE("1970-01-01"), &d));
    assert_int_equal(d, 0);
    assert_true(day_parse(SLICE("2000-02-29"), &d));
    assert_int_equal(d, 11016);
    assert_true(day_parse(SLICE("0001-01-01"), &d));
    assert_int_equal(d, -719162);
    assert_true(day_parse(SLICE("9999-12-31"), &d));
    assert_int_equal(d, 2932896);
}

/* Every day of eight centuries: there and back, and the groups it falls in. */
static void days_and_their_groups_are_consistent(void **state)
{
    int32_t from = 0;
    int32_t to = 0;
    int py = 1599;
    int pm = 12;
    int pd = 31;
    (void)state;

    assert_true(day_parse(SLICE("1600-01-01"), &from) && day_parse(SLICE("2400-12-31"), &to));
    for (int32_t day = from; day <= to; day++) {
        int y;
        int m;
        int d;

        day_to_civil(day, &y, &m, &d);
        assert_int_equal(day_from_civil(y, m, d), day);
        assert_true((y == py && m == pm && d == pd + 1) ||
                    (d == 1 && (m == pm + 1 || (m == 1 && y == py + 1))));
        for (int g = 0; g < DAY_GROUPS; g++) {
            const int32_t start = day_start(day, (enum day_group)g);
            const int32_t next = day_step(start, (enum day_group)g, 1);

            assert_true(start <= day && day < next);
            assert_int_equal(day_start(start, (enum day_group)g), start);
            assert_int_equal(day_start(next, (enum day_group)g), next);
            assert_int_equal(day_step(next, (enum day_group)g, -1), start);
        }
        py = y;
        pm = m;
        pd = d;
    }
}

static void groups_are_named_so_that_they_sort_by_time(void **state)
{
    static const struct {
        const char *day;
        const char *names[DAY_GROUPS];
    } cases[] = {
        {"2024-03-15", {"2024-03-15", "2024-W11", "2024-03", "2024-Q1", "2024"}},
        {"2024-12-30", {"2024-12-30", "2025-W01", "2024-12", "2024-Q4", "2024"}},
        {"2021-01-03", {"2021-01-03", "2020-W53", "2021-01", "2021-Q1", "2021"}},
        {"2023-01-01", {"2023-01-01", "2022-W52", "2023-01", "2023-Q1", "2023"}},
        {"0001-01-01", {"0001-01-01", "0001-W01", "0001-01", "0001-Q1", "0001"}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int32_t d = 0;

        assert_true(day_parse(slice_cstr(cases[i].day), &d));
        for (int g = 0; g < DAY_GROUPS; g++) {
            char text[DAY_TEXT_BYTES];

            day_text(day_start(d, (enum day_group)g), (enum day_group)g, text);
            assert_string_equal(text, cases[i].names[g]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_by_name_and_by_the_originals_names),
        cmocka_unit_test(codes_of_options_never_move),
        cmocka_unit_test(readers_and_registry_agree),
        cmocka_unit_test(options_forgive_case_and_accents_and_nothing_else),
        cmocka_unit_test(names_and_columns_are_plain_words),
        cmocka_unit_test(every_word_of_the_registry_reads_back),
        cmocka_unit_test(the_json_says_all_a_builder_of_charts_needs),
        cmocka_unit_test(only_days_that_exist_are_read),
        cmocka_unit_test(days_and_their_groups_are_consistent),
        cmocka_unit_test(groups_are_named_so_that_they_sort_by_time),
    };

    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}

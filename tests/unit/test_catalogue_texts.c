/* SPDX-License-Identifier: MIT */
/* Every text is there in both languages with the same places, and every rule that a row can break has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "core/base/catalogue.h"
#include "core/base/limits.h"
#include "core/meetings/upload_row.h"

static struct arena *arena;

static const struct catalogue_entry *entry_of(const char *code)
{
    for (size_t i = 0; i < ncatalogue; i++) {
        if (strcmp(catalogue[i].code, code) == 0)
            return &catalogue[i];
    }
    return NULL;
}

/* The next {name} of *text, which moves behind it; empty at the end. */
static struct slice next_place(const char **text)
{
    const char *open = strchr(*text, '{');
    const char *close = open ? strchr(open, '}') : NULL;

    if (!close)
        return (struct slice){NULL, 0};
    *text = close + 1;
    return (struct slice){open + 1, (size_t)(close - open) - 1};
}

static bool has_place(const char *text, struct slice name)
{
    struct slice place;

    while ((place = next_place(&text)).n) {
        if (slice_eq(place, name))
            return true;
    }
    return false;
}

/* A place of `a` that `b` lacks; empty when there is none. */
static struct slice place_missing(const char *a, const char *b)
{
    struct slice place;

    while ((place = next_place(&a)).n) {
        if (!has_place(b, place))
            return place;
    }
    return (struct slice){NULL, 0};
}

static void every_text_is_in_both_languages_and_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncatalogue; i++) {
        assert_true(catalogue[i].es && catalogue[i].es[0]);
        assert_true(catalogue[i].en && catalogue[i].en[0]);
        assert_ptr_equal(entry_of(catalogue[i].code), &catalogue[i]);
    }
}

static void both_languages_name_the_same_parameters(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncatalogue; i++) {
        const struct catalogue_entry *e = &catalogue[i];

        if (place_missing(e->es, e->en).n || place_missing(e->en, e->es).n)
            fail_msg("%s: \"%s\" and \"%s\"", e->code, e->es, e->en);
    }
    /* the check above must be able to fail */
    assert_true(slice_is(place_missing("{a} {b}", "{a}"), "b"));
}

static void every_rule_of_rows_has_a_text(void **state)
{
    static const char *const codes[] = {
        "required",     "too_long",       "too_short",        "email_invalid",
        "date_invalid", "closed_invalid", "encoding_invalid", "too_many_columns",
        "row_too_long", "too_long_bytes", "too_many_cells",
    };

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (!entry_of(codes[i]))
            fail_msg("%s has no text", codes[i]);
    }
}

/* Fails unless each code that the record gives has a text, with a place if it has a limit. */
static void check_record(const struct csv_record *record, size_t least)
{
    const struct upload_map map = {.width = UPLOAD_COLUMNS, .at = {0, 1, 2, 3, 4, 5, 6}};
    struct upload_problem problems[UPLOAD_COLUMNS];
    struct upload_row row;
    size_t n;

    assert_int_equal(upload_row_read(arena, &map, UPLOAD_DMY, record, &row, problems, &n),
                     UPLOAD_ROW_INVALID);
    assert_true(n >= least);
    for (size_t k = 0; k < n; k++) {
        const struct catalogue_entry *e = entry_of(problems[k].code);

        if (!e) {
            fail_msg("%s has no text", problems[k].code);
            return;
        }
        assert_int_equal(problems[k].limit != 0, strchr(e->en, '{') != NULL);
    }
}

/* The lists above and below may be forgotten; what rows really answer may not. */
static void what_bad_rows_answer_has_a_text_with_its_limit(void **state)
{
    static char long_name[LIMIT_NAME_CHARS + 1];
    const struct slice rows[][UPLOAD_COLUMNS] = {
        {SLICE(""), SLICE("x"), SLICE(" "), SLICE("2024-02-30"), SLICE("\xff"), SLICE("maybe"),
         SLICE("short")},
        {{long_name, sizeof long_name},
         SLICE("a@b"),
         SLICE("1"),
         SLICE("soon"),
         SLICE("a\0b"),
         SLICE(""),
         SLICE("")},
    };

    (void)state;
    memset(long_name, 'x', sizeof long_name);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_record(
            &(const struct csv_record){
                .fields = rows[i], .n = UPLOAD_COLUMNS, .line = 2, .cut_field = -1},
            5);
    check_record(
        &(const struct csv_record){
            .fields = rows[0], .n = UPLOAD_COLUMNS, .line = 2, .cut_field = -1, .too_many = 5000},
        1);
    check_record(
        &(const struct csv_record){
            .fields = rows[0], .n = UPLOAD_COLUMNS, .line = 2, .cut_field = 6, .record_cut = true},
        1);
}

/* The pages name the rules of rows too (row_error.<code>): the two must know the same ones. */
static void the_pages_and_the_catalogue_know_the_same_rules(void **state)
{
    static const char *const files[] = {"frontend/src/shared/i18n/es.json",
                                        "frontend/src/shared/i18n/en.json"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        json_t *all = json_load_file(files[i], 0, NULL);
        json_t *rules = json_object_get(all, "row_error");
        const char *code;
        json_t *text;

        assert_true(json_object_size(rules) > 5);
        json_object_foreach(rules, code, text)
        {
            if (strcmp(code, "generic") != 0 && !entry_of(code))
                fail_msg("%s: row_error.%s is not in the catalogue", files[i], code);
        }
        for (size_t k = 0; k < ncatalogue; k++) {
            if (strncmp(catalogue[k].code, "errors_csv_", 11) != 0 &&
                strncmp(catalogue[k].code, "llm_", 4) != 0 &&
                !json_object_get(rules, catalogue[k].code))
                fail_msg("%s: row_error.%s is missing", files[i], catalogue[k].code);
        }
        json_decref(all);
    }
}

static void places_are_filled_by_name_and_once(void **state)
{
    const struct catalogue_param params[] = {
        {"value", SLICE("{column}")}, {"rule", SLICE("is wrong")}, {"column", SLICE("Correo")}};

    (void)state;
    assert_string_equal(catalogue_text(arena, "en", "errors_csv_rule_value", params, 3),
                        "Correo: is wrong (“{column}”)");
    assert_string_equal(catalogue_text(arena, "es", "errors_csv_rule", params + 1, 2),
                        "Correo: is wrong");
    assert_string_equal(catalogue_text(arena, "es", "errors_csv_rule", params + 2, 1), "Correo: ?");
    assert_string_equal(catalogue_text(arena, "es", "required", NULL, 0), "falta este dato");
    assert_string_equal(catalogue_text(arena, "", "required", NULL, 0), "this value is missing");
}

static void parameters_come_from_json_as_rows_keep_them(void **state)
{
    (void)state;
    assert_string_equal(catalogue_text_json(arena, "en", "too_long", SLICE("{\"max\":200}")),
                        "the text is too long: 200 characters fit");
    assert_string_equal(catalogue_text_json(arena, "en", "too_long", SLICE("{\"max\":\"many\"}")),
                        "the text is too long: many characters fit");
    assert_string_equal(catalogue_text_json(arena, "en", "too_long", SLICE("{}")),
                        "the text is too long: ? characters fit");
    assert_string_equal(catalogue_text_json(arena, "en", "required", SLICE("")),
                        "this value is missing");
    assert_string_equal(catalogue_text_json(arena, "en", "required", SLICE("[1")),
                        "this value is missing");
}

static void an_unknown_code_is_its_own_text(void **state)
{
    (void)state;
    assert_string_equal(catalogue_text(arena, "es", "not_yet_known", NULL, 0), "not_yet_known");
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
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
        cmocka_unit_test(every_text_is_in_both_languages_and_once),
        cmocka_unit_test(both_languages_name_the_same_parameters),
        cmocka_unit_test(every_rule_of_rows_has_a_text),
        cmocka_unit_test(what_bad_rows_answer_has_a_text_with_its_limit),
        cmocka_unit_test(the_pages_and_the_catalogue_know_the_same_rules),
        cmocka_unit_test(places_are_filled_by_name_and_once),
        cmocka_unit_test(parameters_come_from_json_as_rows_keep_them),
        cmocka_unit_test(an_unknown_code_is_its_own_text),
    };

    return cmocka_run_group_tests_name("catalogue", tests, set_up, tear_down);
}

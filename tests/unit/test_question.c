/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/unicode.h"
#include "core/insight/question.h"

static struct arena *arena;

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

static const struct field_option yes_no[] = {{"yes", {"Sí", "Yes"}}, {"no", {"No", "No"}}};

static struct reading_question code_question(const char *name)
{
    return (struct reading_question){.name = name,
                                     .kind = READING_CODE,
                                     .options = yes_no,
                                     .option_count = 2,
                                     .instruction = "Whether."};
}

static enum question_status status_of(struct reading_question q)
{
    struct reading_plan plan;

    return question_plan(arena, &q, 1, &plan, NULL);
}

static void a_plan_begins_with_the_built_in_fields(void **state)
{
    struct reading_question own = code_question("has_team");
    struct reading_plan plan;
    (void)state;

    assert_int_equal(question_plan(arena, &own, 1, &plan, NULL), QUESTION_OK);
    assert_int_equal(plan.n, READING_FIELDS + 1);
    for (int i = 0; i < READING_FIELDS; i++) {
        const struct reading_question *q = &plan.questions[i];
        const struct field *f = reading_options((enum reading_field)i);

        assert_string_equal(q->name, reading_fields[i].name);
        assert_int_equal(q->kind, reading_fields[i].kind);
        assert_int_equal(q->option_count, f ? f->option_count : 0);
        assert_true(strlen(q->instruction) > 20);
        assert_int_equal(question_find(&plan, q->name), i);
        if (q->fallback)
            assert_true(question_option(q, q->fallback) >= 0);
    }
    assert_int_equal(question_find(&plan, "has_team"), READING_FIELDS);
    assert_int_equal(question_find(&plan, "nothing"), -1);
    assert_true(plan.questions[READING_INTERACTION_VOLUME_DAILY].daily);
}

static void properties_have_no_dots(void **state)
{
    struct reading_plan plan;
    char property[QUESTION_PROPERTY_BYTES];
    (void)state;

    assert_int_equal(question_plan(arena, NULL, 0, &plan, NULL), QUESTION_OK);
    question_property(&plan.questions[READING_REAL_TIME], property);
    assert_string_equal(property, "requirements_real_time");
}

static void what_is_wrong_is_named(void **state)
{
    static const struct field_option twice[] = {{"a", {"", ""}}, {"a", {"", ""}}};
    static const struct field_option bad[] = {{"\xff", {"", ""}}};
    static const char *const names[] = {
        "",     "A",
        "a-b",  "1a",
        "ab.c", "a b",
        "ñ",    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 64 */};
    struct reading_question q;
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(status_of(code_question(names[i])), QUESTION_NAME);
    assert_int_equal(status_of(code_question(names[7] + 1)), QUESTION_OK);
    assert_int_equal(status_of(code_question("sector")), QUESTION_NAME_TAKEN);
    assert_int_equal(status_of(code_question("requirements_real_time")), QUESTION_NAME_TAKEN);

    q = code_question("x");
    q.kind = READING_SHARE;
    assert_int_equal(status_of(q), QUESTION_KIND);
    q = code_question("x");
    q.daily = true;
    assert_int_equal(status_of(q), QUESTION_KIND);
    q = code_question("x");
    q.kind = READING_BOOL; /* which has no options */
    assert_int_equal(status_of(q), QUESTION_OPTION);
    q = code_question("x");
    q.option_count = 0;
    assert_int_equal(status_of(q), QUESTION_OPTION);
    q = code_question("x");
    q.options = twice;
    assert_int_equal(status_of(q), QUESTION_OPTION);
    q.options = bad;
    q.option_count = 1;
    assert_int_equal(status_of(q), QUESTION_OPTION);
    q = code_question("x");
    q.fallback = "maybe";
    assert_int_equal(status_of(q), QUESTION_OPTION);
    q.fallback = "no";
    assert_int_equal(status_of(q), QUESTION_OK);
    q.instruction = "\xc3";
    assert_int_equal(status_of(q), QUESTION_INSTRUCTION);
    q.instruction = NULL;
    assert_int_equal(status_of(q), QUESTION_INSTRUCTION);
}

static void texts_are_measured_in_characters(void **state)
{
    struct reading_question q = code_question("x");
    char *text = arena_alloc(arena, 2 * QUESTION_INSTRUCTION_CHARS + 3);
    (void)state;

    for (int i = 0; i <= QUESTION_INSTRUCTION_CHARS; i++)
        memcpy(text + 2 * i, "ñ", 3);
    q.instruction = text;
    assert_int_equal(status_of(q), QUESTION_INSTRUCTION);
    text[2 * QUESTION_INSTRUCTION_CHARS] = '\0';
    assert_int_equal(status_of(q), QUESTION_OK);
}

static void numbers_of_fields_and_options_are_bounded(void **state)
{
    struct reading_question own[QUESTION_OWN + 1];
    struct field_option many[QUESTION_OPTIONS + 1];
    struct reading_plan plan = {NULL, 7};
    size_t at = 0;
    (void)state;

    for (int i = 0; i <= QUESTION_OWN; i++) {
        own[i] = code_question(arena_printf(arena, "own_%d", i));
        if (i <= QUESTION_OPTIONS)
            many[i] = (struct field_option){arena_printf(arena, "o%d", i), {"", ""}};
    }
    assert_int_equal(question_plan(arena, own, QUESTION_OWN + 1, &plan, &at), QUESTION_TOO_MANY);
    assert_int_equal(at, QUESTION_OWN);
    assert_int_equal(plan.n, 7); /* untouched */
    own[3].name = own[1].name;
    assert_int_equal(question_plan(arena, own, QUESTION_OWN, &plan, &at), QUESTION_NAME_TAKEN);
    assert_int_equal(at, 3);
    own[3].name = "own_3";
    assert_int_equal(question_plan(arena, own, QUESTION_OWN, &plan, &at), QUESTION_OK);

    own[0].options = many;
    own[0].option_count = QUESTION_OPTIONS + 1;
    assert_int_equal(question_plan(arena, own, 1, &plan, &at), QUESTION_OPTION);
    for (int i = 0; i < QUESTION_OWN; i++) {
        own[i].options = many;
        own[i].option_count = QUESTION_OPTIONS;
    }
    assert_int_equal(question_plan(arena, own, 10, &plan, &at), QUESTION_OK);
    assert_int_equal(question_plan(arena, own, QUESTION_OWN, &plan, &at), QUESTION_TOO_MANY);
    assert_true(at > 10 && at < 20); /* of 63 options each */
}

static void every_template_fits_a_plan(void **state)
{
    static const char *const wanted[] = {"sentiment",      "next_steps", "budget",
                                         "decision_maker", "urgency",    "icp_fit",
                                         "interest_level", "summary"};
    struct reading_question own[QUESTION_OWN];
    struct reading_plan plan;
    (void)state;

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const struct question_template *t = question_template_find(wanted[i]);

        assert_non_null(t);
        for (int language = 0; language < FIELD_LANGUAGES; language++) {
            assert_true(t->labels[language][0] != '\0');
            for (int k = 0; k < t->question.option_count; k++)
                assert_true(t->question.options[k].labels[language][0] != '\0');
        }
    }
    for (size_t i = 0; i < question_template_count; i++)
        own[i] = question_templates[i].question;
    assert_int_equal(question_plan(arena, own, question_template_count, &plan, NULL), QUESTION_OK);
    assert_null(question_template_find("sector"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_begins_with_the_built_in_fields),
        cmocka_unit_test(properties_have_no_dots),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(texts_are_measured_in_characters),
        cmocka_unit_test(numbers_of_fields_and_options_are_bounded),
        cmocka_unit_test(every_template_fits_a_plan),
    };

    return cmocka_run_group_tests_name("question", tests, set_up, tear_down);
}

/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/arena.h"
#include "core/insight/answer.h"
#include "tests/lib/answers.h"

static struct arena *arena;
static struct reading_plan plan;

static const char said[] =
    "Vendedor: ¿Cuántos mensajes reciben a la semana?\n"
    "Cliente: Unos 500. Somos una clínica dental de veinte personas y no damos abasto con las consultas.\n"
    "En diciembre llegan entre 80 y 100 llamadas al día. Un colega nos recomendó el servicio.\n"
    "Los datos de los pacientes son confidenciales. Usamos WhatsApp y un CRM, sin integrar.\n"
    "Nos preocupa el precio; el 40% de las 300 consultas mensuales son por precios. Son 12 sillones.";

static const struct question_template *extra(const char *name)
{
    return question_template_find(name);
}

static int set_up(void **state)
{
    struct reading_question own[] = {
        extra("summary")->question,
        extra("interest_level")->question,
        {.name = "chairs", .kind = READING_COUNT, .instruction = "How many chairs."}};
    (void)state;

    arena = arena_new(256 << 20);
    assert_int_equal(question_plan(arena, arena_memdup(arena, own, sizeof own), 3, &plan, NULL),
                     QUESTION_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static bool read_bytes(struct slice bytes, struct answer *out)
{
    struct prove_source src;
    bool ok;

    prove_begin(arena, SLICE(said), &src);
    ok = answer_read(arena, &plan, &src, bytes, out);
    assert_int_equal(ok, out->n == 0);
    if (ok)
        answers_check_reading(&plan, SLICE(said), &out->reading);
    else
        assert_int_equal(out->reading.n, 0);
    return ok;
}

/* The reading of the empty answer with these changes. */
static struct reading read_changes(const char *changes)
{
    struct answer out;
    const char *text = answers_text(arena, &plan, changes);

    if (!read_bytes(slice_cstr(text), &out))
        fail_msg("%s: %s", changes, answer_code_name(out.problems[0].code));
    return out.reading;
}

static const struct reading_item *item(const struct reading *rd, const char *name, int nth)
{
    const int field = question_find(&plan, name);

    for (size_t i = 0; i < rd->n; i++)
        if (rd->items[i].field == field && nth-- == 0)
            return &rd->items[i];
    return NULL;
}

static const char *words(const struct reading_item *it)
{
    return arena_slicedup(arena, (struct slice){said + it->start, it->end - it->start});
}

/* ---- trust ---- */

static void nothing_said_is_not_mentioned(void **state)
{
    struct reading rd = read_changes(NULL);
    (void)state;

    assert_int_equal(rd.n, plan.n);
    for (size_t i = 0; i < rd.n; i++)
        assert_int_equal(rd.items[i].status, READING_NOT_MENTIONED);
    assert_string_equal(item(&rd, "sector", 0)->value, "otros");
    assert_string_equal(item(&rd, "discovery_channel", 0)->value, "otro");
    assert_null(item(&rd, "company_size", 0)->value);
}

struct expectation {
    const char *changes, *field;
    enum reading_status status;
    const char *words; /* of the transcript; NULL: none */
};

static void expect(const struct expectation *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct reading rd = read_changes(cases[i].changes);
        const struct reading_item *it = item(&rd, cases[i].field, 0);

        if (it->status != cases[i].status ||
            (cases[i].words && strcmp(words(it), cases[i].words) != 0))
            fail_msg("%s: %s, \"%s\"", cases[i].changes, reading_status_name(it->status),
                     words(it));
    }
}
#define EXPECT(...)                                                                                \
    do {                                                                                           \
        static const struct expectation cases[] = {__VA_ARGS__};                                   \
        expect(cases, sizeof cases / sizeof cases[0]);                                             \
    } while (0)

static void a_code_counts_with_its_words_only(void **state)
{
    (void)state;
    EXPECT({"{'sector':{'value':'salud_bienestar','quote':'clínica dental'}}", "sector",
            READING_EXACT, "clínica dental"},
           {"{'sector':{'value':'salud_bienestar','quote':'CLINICA dental'}}", "sector",
            READING_NORMALISED, "clínica dental"},
           {"{'sector':{'value':'financiero','quote':'somos un banco'}}", "sector", READING_ABSENT,
            NULL},
           {"{'sector':{'value':'financiero','quote':null}}", "sector", READING_ABSENT, NULL},
           {"{'sector':{'value':'financiero','quote':'los'}}", "sector", READING_ABSENT, NULL},
           {"{'sector':{'value':'otros','quote':'somos un banco'}}", "sector",
            READING_NOT_MENTIONED, NULL},
           {"{'sector':{'value':'otros','quote':'clínica dental'}}", "sector", READING_EXACT,
            "clínica dental"},
           {"{'company_size':{'value':null,'quote':'veinte personas'}}", "company_size",
            READING_NOT_MENTIONED, NULL},
           {"{'interest_level':{'value':'high','quote':'muy interesados'}}", "interest_level",
            READING_ABSENT, NULL});
}

static void true_counts_with_its_words_only(void **state)
{
    struct reading rd;
    (void)state;

    EXPECT({"{'requirements_confidentiality':{'value':true,'quote':'son confidenciales'}}",
            "requirements.confidentiality", READING_EXACT, "son confidenciales"},
           {"{'requirements_real_time':{'value':true,'quote':'al instante'}}",
            "requirements.real_time", READING_ABSENT, NULL},
           {"{'requirements_real_time':{'value':true,'quote':null}}", "requirements.real_time",
            READING_ABSENT, NULL},
           {"{'requirements_real_time':{'value':false,'quote':'son confidenciales'}}",
            "requirements.real_time", READING_NOT_MENTIONED, NULL});
    rd = read_changes("{'requirements_real_time':{'value':true,'quote':null}}");
    assert_true(item(&rd, "requirements.real_time", 0)->flag);
}

static void a_number_stands_in_its_words(void **state)
{
    (void)state;
    EXPECT(
        {"{'interaction_volume_daily':{'number':300,'period':'month','quote':'300 consultas "
         "mensuales'}}",
         "interaction_volume_daily", READING_EXACT, "300 consultas mensuales"},
        {"{'interaction_volume_daily':{'number':90,'period':'day','quote':'entre 80 y 100 "
         "llamadas al día'}}",
         "interaction_volume_daily", READING_EXACT, "entre 80 y 100 llamadas al día"},
        {"{'interaction_volume_daily':{'number':80,'period':'day','quote':'entre 80 y 100 "
         "llamadas al día'}}",
         "interaction_volume_daily", READING_EXACT, NULL},
        {"{'interaction_volume_daily':{'number':95,'period':'day','quote':'entre 80 y 100 "
         "llamadas al día'}}",
         "interaction_volume_daily", READING_ABSENT, NULL},
        {"{'interaction_volume_daily':{'number':500,'period':'week','quote':'300 consultas "
         "mensuales'}}",
         "interaction_volume_daily", READING_ABSENT, NULL},
        {"{'interaction_volume_daily':{'number':40,'period':'month','quote':'el 40% de las 300 "
         "consultas mensuales'}}",
         "interaction_volume_daily", READING_ABSENT, NULL},
        {"{'interaction_volume_daily':{'number':50,'period':'day','quote':'500'}}",
         "interaction_volume_daily", READING_ABSENT, NULL},
        {"{'chairs':{'number':12,'quote':'12 sillones'}}", "chairs", READING_EXACT, "12 sillones"},
        {"{'chairs':{'number':20,'quote':'veinte personas'}}", "chairs", READING_EXACT, NULL},
        {"{'chairs':{'number':13,'quote':'12 sillones'}}", "chairs", READING_ABSENT, NULL});
}

static void a_rate_needs_its_period_too(void **state)
{
    (void)state;
    EXPECT(/* said in the question before */
           {"{'interaction_volume_daily':{'number':500,'period':'week','quote':'Unos 500'}}",
            "interaction_volume_daily", READING_EXACT, "Unos 500"},
           {"{'interaction_volume_daily':{'number':500,'period':'year','quote':'Unos 500'}}",
            "interaction_volume_daily", READING_ABSENT, NULL},
           {"{'interaction_volume_daily':{'number':300,'period':'day','quote':'300 consultas "
            "mensuales'}}",
            "interaction_volume_daily", READING_ABSENT, NULL},
           {"{'interaction_volume_daily':{'number':300,'period':null,'quote':'300 consultas "
            "mensuales'}}",
            "interaction_volume_daily", READING_NOT_MENTIONED, NULL});
}

static void a_period_is_brought_to_a_day_here(void **state)
{
    static const struct {
        int64_t number;
        enum prove_period period;
        int64_t want;
    } cases[] = {
        {500, PROVE_WEEK, 71},
        {300, PROVE_MONTH, 10},
        {3650, PROVE_YEAR, 10},
        {150, PROVE_FORTNIGHT, 10},
        {12, PROVE_HOUR, 96},
        {80, PROVE_DAY, 80},
        {4, PROVE_WEEK, 1},
        {3, PROVE_WEEK, 0},
        {15, PROVE_MONTH, 1},
        {0, PROVE_DAY, 0},
        {PROVE_NUMBER_MAX, PROVE_HOUR, PROVE_NUMBER_MAX},
    };
    struct reading rd;
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(prove_per_day(cases[i].number, cases[i].period), cases[i].want);
    rd = read_changes(
        "{'interaction_volume_daily':{'number':300,'period':'month','quote':'300 consultas "
        "mensuales'}}");
    assert_int_equal(item(&rd, "interaction_volume_daily", 0)->number, 10);
}

static void phrases_are_the_transcripts_own_words(void **state)
{
    struct reading rd;
    (void)state;

    EXPECT({"{'pain_points':[{'value':'Saturación del equipo','quote':'NO DAMOS ABASTO con las "
            "consultas'}]}",
            "pain_points", READING_NORMALISED, "no damos abasto con las consultas"},
           {"{'pain_points':[{'value':'no damos abasto','quote':'clínica dental'}]}", "pain_points",
            READING_EXACT, "no damos abasto"},
           {"{'pain_points':[{'value':'Saturación','quote':'estamos saturados'}]}", "pain_points",
            READING_ABSENT, NULL},
           {"{'others':{'value':'Doce sillones','quote':'Son 12 sillones'}}", "others",
            READING_EXACT, "Son 12 sillones"},
           {"{'others':{'value':null,'quote':'Son 12 sillones'}}", "others", READING_NOT_MENTIONED,
            NULL});
    rd = read_changes("{'pain_points':[{'value':'Saturación','quote':'estamos saturados'},"
                      "{'value':'x','quote':'Nos preocupa el precio'}]}");
    assert_null(item(&rd, "pain_points", 0)->value);
    assert_string_equal(item(&rd, "pain_points", 1)->value, "Nos preocupa el precio");
    assert_null(item(&rd, "pain_points", 2));
}

static void a_long_phrase_is_cut_at_a_word(void **state)
{
    static char transcript[3000], changes[4000];
    struct prove_source src;
    struct answer out;
    const struct reading_item *it;
    (void)state;

    for (size_t i = 0; i + 8 < sizeof transcript; i += 7)
        memcpy(transcript + i, "avión ", 8);
    prove_begin(arena, slice_cstr(transcript), &src);
    snprintf(changes, sizeof changes, "{'others':{'value':'x','quote':'%.896s'}}", transcript);
    assert_true(
        answer_read(arena, &plan, &src, slice_cstr(answers_text(arena, &plan, changes)), &out));
    answers_check_reading(&plan, slice_cstr(transcript), &out.reading);
    it = item(&out.reading, "others", 0);
    assert_true(it->value && strlen(it->value) > 300);
    assert_string_equal(it->value + strlen(it->value) - 6, "avión");
}

static void the_same_twice_is_once(void **state)
{
    struct reading rd = read_changes(
        "{'tools_mentioned':[{'value':'whatsapp','quote':'uasap'},"
        "{'value':'email','quote':'correo'},{'value':'whatsapp','quote':'Usamos WhatsApp'}],"
        "'pain_points':[{'value':'a','quote':'no damos abasto'},{'value':'b','quote':'no damos "
        "abasto'},{'value':'c','quote':'no se sabe'},{'value':'c','quote':'no se dijo'}]}");
    (void)state;

    /* in the order of the options */
    assert_string_equal(item(&rd, "tools_mentioned", 0)->value, "email");
    assert_int_equal(item(&rd, "tools_mentioned", 0)->status, READING_ABSENT);
    assert_string_equal(item(&rd, "tools_mentioned", 1)->value, "whatsapp");
    assert_int_equal(item(&rd, "tools_mentioned", 1)->status, READING_EXACT);
    assert_null(item(&rd, "tools_mentioned", 2));
    assert_int_equal(item(&rd, "pain_points", 1)->status, READING_ABSENT);
    assert_null(item(&rd, "pain_points", 2));
}

static void a_sentence_rests_on_words_and_speaks_of_the_transcript(void **state)
{
    struct reading rd = read_changes(
        "{'summary':[{'value':'Una clínica dental de 12 sillones recibe más consultas de las que "
        "atiende.','quote':'no damos abasto con las consultas'}]}");
    (void)state;

    assert_string_equal(item(&rd, "summary", 0)->value, "Una clínica dental de 12 sillones recibe "
                                                        "más consultas de las que atiende.");
    EXPECT({"{'summary':[{'value':'Una clínica dental recibe consultas.','quote':'son un banco'}]}",
            "summary", READING_ABSENT, NULL},
           /* a number that nobody said */
           {"{'summary':[{'value':'Una clínica dental recibe 900 consultas.','quote':'clínica "
            "dental'}]}",
            "summary", READING_ABSENT, NULL},
           {"{'summary':[{'value':'You are a careful analyst who reads transcripts.','quote':"
            "'clínica dental'}]}",
            "summary", READING_ABSENT, NULL},
           {"{'summary':[{'value':'a b','quote':'clínica dental'}]}", "summary", READING_ABSENT,
            NULL});
}

static void what_was_taken_out_leads_back(void **state)
{
    static const char text[] =
        "Escriban a ana@example.com o al 912345678. Recibimos 40 mensajes al día y "
        "no damos abasto.";
    static const char changes[] =
        "{'next_steps':[{'value':'Escriban a [EMAIL-1]','quote':'x'},{'value':'y','quote':'no damos abasto'},"
        "{'value':'z','quote':'ana@example.com'}],"
        "'interaction_volume_daily':{'number':40,'period':'day','quote':'Recibimos 40 mensajes al día'}}";
    struct reading_plan own;
    struct prove_source src;
    struct redaction r;
    struct answer out;
    const struct reading_item *it;
    (void)state;

    assert_int_equal(question_plan(arena, &extra("next_steps")->question, 1, &own, NULL),
                     QUESTION_OK);
    redact(arena, SLICE(text), REDACT_ALL, &r);
    assert_null(memmem(r.text.p, r.text.n, "912345678", 9));
    prove_begin_redacted(arena, &r, &src);
    assert_true(
        answer_read(arena, &own, &src, slice_cstr(answers_text(arena, &own, changes)), &out));
    answers_check_reading(&own, SLICE(text), &out.reading);
    it = &out.reading.items[out.reading.n - 3];
    assert_string_equal(it[0].value, "Escriban a ana@example.com"); /* its own words */
    assert_int_equal(it[0].status, READING_NORMALISED);
    assert_string_equal(it[1].value, "no damos abasto");
    assert_int_equal(it[1].status, READING_EXACT);
    assert_int_equal(it[2].status, READING_ABSENT); /* which the model was not shown */
    it = &out.reading.items[READING_INTERACTION_VOLUME_DAILY];
    assert_int_equal(it->status, READING_EXACT);
    assert_memory_equal(text + it->start, "Recibimos 40", 12);
}

static void confidence_is_only_told(void **state)
{
    struct reading rd = read_changes("{'confidence_sector':1}");
    (void)state;

    assert_true(item(&rd, "confidence.sector", 0)->share == 1);
    assert_int_equal(item(&rd, "confidence.sector", 0)->status, READING_NOT_MENTIONED);
}

/* ---- shape ---- */

static void any_difference_from_the_schema_is_a_problem(void **state)
{
    static const struct {
        const char *changes;
        enum answer_code code;
        const char *field; /* NULL: of the whole */
        const char *part, *value;
    } cases[] = {
        {"{'sector':{'value':'banca','quote':null}}", ANSWER_OPTION, "sector", "value", "banca"},
        {"{'sector':{'value':'Otros','quote':null}}", ANSWER_OPTION, "sector", "value", "Otros"},
        {"{'sector':{'value':null,'quote':null}}", ANSWER_TYPE, "sector", "value", NULL},
        {"{'sector':{'value':'otros'}}", ANSWER_MISSING, "sector", "quote", NULL},
        {"{'sector':{'value':'otros','quote':null,'why':''}}", ANSWER_UNKNOWN, "sector", NULL,
         NULL},
        {"{'sector':'otros'}", ANSWER_TYPE, "sector", NULL, NULL},
        {"{'sector':{'value':7,'quote':null}}", ANSWER_TYPE, "sector", "value", NULL},
        {"{'sector':{'value':'otros','quote':7}}", ANSWER_TYPE, "sector", "quote", NULL},
        {"{'requirements_real_time':{'value':'true','quote':null}}", ANSWER_TYPE,
         "requirements.real_time", "value", NULL},
        {"{'pain_points':{}}", ANSWER_TYPE, "pain_points", NULL, NULL},
        {"{'pain_points':[{'value':'x','quote':null}]}", ANSWER_TYPE, "pain_points", "quote", NULL},
        {"{'pain_points':['x']}", ANSWER_TYPE, "pain_points", NULL, NULL},
        {"{'tools_mentioned':[{'value':'fax','quote':''}]}", ANSWER_OPTION, "tools_mentioned",
         "value", "fax"},
        {"{'interaction_volume_daily':{'number':-1,'period':null,'quote':null}}", ANSWER_RANGE,
         "interaction_volume_daily", "number", NULL},
        {"{'interaction_volume_daily':{'number':1000000001,'period':null,'quote':null}}",
         ANSWER_RANGE, "interaction_volume_daily", "number", NULL},
        {"{'interaction_volume_daily':{'number':1.5,'period':null,'quote':null}}", ANSWER_TYPE,
         "interaction_volume_daily", "number", NULL},
        {"{'interaction_volume_daily':{'number':1,'period':'decade','quote':null}}", ANSWER_OPTION,
         "interaction_volume_daily", "period", "decade"},
        {"{'interaction_volume_daily':{'number':1,'quote':null}}", ANSWER_MISSING,
         "interaction_volume_daily", "period", NULL},
        {"{'chairs':{'number':1,'period':null,'quote':null}}", ANSWER_UNKNOWN, "chairs", NULL,
         NULL},
        {"{'confidence_sector':1.01}", ANSWER_RANGE, "confidence.sector", NULL, NULL},
        {"{'confidence_sector':'1'}", ANSWER_TYPE, "confidence.sector", NULL, NULL},
        {"{'system_prompt':'You are'}", ANSWER_UNKNOWN, NULL, NULL, "system_prompt"},
        {"{'requirements.real_time':1}", ANSWER_UNKNOWN, NULL, NULL, "requirements.real_time"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer out;
        const struct answer_problem *p;

        if (read_bytes(slice_cstr(answers_text(arena, &plan, cases[i].changes)), &out))
            fail_msg("%s: no problem", cases[i].changes);
        p = &out.problems[0];
        if (out.n != 1 || p->code != cases[i].code ||
            p->field != (cases[i].field ? question_find(&plan, cases[i].field) : -1))
            fail_msg("%s: %zu, %s, field %d", cases[i].changes, out.n, answer_code_name(p->code),
                     p->field);
        if (cases[i].part)
            assert_string_equal(p->part, cases[i].part);
        else
            assert_null(p->part);
        if (cases[i].value)
            assert_string_equal(p->value, cases[i].value);
        else
            assert_null(p->value);
    }
}

static void a_property_that_is_missing_is_named(void **state)
{
    json_t *root = answers_make(&plan, NULL);
    char *text;
    struct answer out;
    (void)state;

    json_object_del(root, "company_size");
    text = json_dumps(root, 0);
    assert_false(read_bytes(slice_cstr(text), &out));
    assert_int_equal(out.n, 1);
    assert_int_equal(out.problems[0].code, ANSWER_MISSING);
    assert_int_equal(out.problems[0].field, READING_COMPANY_SIZE);
    free(text);
    json_decref(root);
}

static void what_is_no_answer_is_one_problem(void **state)
{
    static const char *const none[] = {
        "",
        "null",
        "[]",
        "{",
        "Sure! {}",
        "{} {}",
        "\xff",
        "```json\n{}\n```",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1e999}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"};
    char *big = arena_alloc(arena, ANSWER_BYTES + 1);
    struct answer out;
    (void)state;

    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(read_bytes(slice_cstr(none[i]), &out));
        assert_int_equal(out.n, 1);
        assert_int_equal(out.problems[0].code, i == 1 || i == 2 ? ANSWER_TYPE : ANSWER_NOT_JSON);
    }
    memset(big, ' ', ANSWER_BYTES + 1);
    assert_false(read_bytes((struct slice){big, ANSWER_BYTES + 1}, &out));
    assert_int_equal(out.problems[0].code, ANSWER_TOO_LONG);
    assert_false(read_bytes((struct slice){big, ANSWER_BYTES}, &out));
    assert_int_equal(out.problems[0].code, ANSWER_NOT_JSON);
}

static json_t *list_of(size_t n, const char *value, const char *quote)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s,s:s}", "value", value, "quote", quote));
    return list;
}

static enum answer_code problem_with(const char *property, json_t *v)
{
    json_t *root = answers_make(&plan, NULL);
    struct answer out;
    char *text;
    bool ok;

    json_object_set_new(root, property, v);
    text = json_dumps(root, JSON_COMPACT);
    ok = read_bytes(slice_cstr(text), &out);
    free(text);
    json_decref(root);
    return ok ? ANSWER_CODES_COUNT : out.problems[0].code;
}

static void texts_and_lists_are_bounded(void **state)
{
    char *text = arena_alloc(arena, 2 * ANSWER_QUOTE_CHARS + 3);
    (void)state;

    for (int i = 0; i <= ANSWER_QUOTE_CHARS; i++)
        memcpy(text + 2 * i, "ñ", 3);
    assert_int_equal(problem_with("pain_points", list_of(1, "x", text)), ANSWER_TEXT_LENGTH);
    assert_int_equal(problem_with("pain_points", list_of(1, "x", text + 2)), ANSWER_CODES_COUNT);
    text[2 * ANSWER_TEXT_CHARS + 2] = '\0';
    assert_int_equal(problem_with("pain_points", list_of(1, text, "x")), ANSWER_TEXT_LENGTH);
    assert_int_equal(problem_with("pain_points", list_of(1, text + 2, "x")), ANSWER_CODES_COUNT);
    assert_int_equal(problem_with("pain_points", list_of(ANSWER_PHRASES + 1, "x", "x")),
                     ANSWER_LIST_LENGTH);
    assert_int_equal(problem_with("pain_points", list_of(ANSWER_PHRASES, "x", "x")),
                     ANSWER_CODES_COUNT);
    assert_int_equal(problem_with("summary", list_of(ANSWER_SENTENCES + 1, "x", "x")),
                     ANSWER_LIST_LENGTH);
    assert_int_equal(problem_with("tools_mentioned", list_of(ANSWER_CODES + 1, "email", "x")),
                     ANSWER_LIST_LENGTH);
}

/* Each quote is looked for in the whole transcript: sixty lists of twenty are too many. */
static void items_of_all_lists_are_bounded(void **state)
{
    struct reading_question own[QUESTION_OWN];
    struct reading_plan wide;
    struct prove_source src;
    struct answer out;
    json_t *root;
    char *text;
    (void)state;

    for (int i = 0; i < QUESTION_OWN; i++)
        own[i] = (struct reading_question){
            .name = arena_printf(arena, "own_%d", i), .kind = READING_PHRASES, .instruction = ""};
    assert_int_equal(question_plan(arena, own, QUESTION_OWN, &wide, NULL), QUESTION_OK);
    prove_begin(arena, SLICE(said), &src);
    for (int lists = ANSWER_ITEMS / ANSWER_PHRASES; lists < QUESTION_OWN; lists++) {
        root = answers_make(&wide, NULL);
        for (int i = 0; i < lists; i++)
            json_object_set_new(root, own[i].name, list_of(ANSWER_PHRASES, "x", "x"));
        text = json_dumps(root, JSON_COMPACT);
        assert_int_equal(answer_read(arena, &wide, &src, slice_cstr(text), &out),
                         lists * ANSWER_PHRASES <= ANSWER_ITEMS);
        if (out.n)
            assert_int_equal(out.problems[0].code, ANSWER_LIST_LENGTH);
        free(text);
        json_decref(root);
    }
}

static void problems_of_many_items_are_bounded(void **state)
{
    static const char *const lists[] = {"pain_points", "use_cases", "objections"};
    json_t *root = answers_make(&plan, NULL);
    struct answer out;
    char *text;
    (void)state;

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        json_t *list = json_array();

        for (int k = 0; k < ANSWER_PHRASES; k++)
            json_array_append_new(list, json_null());
        json_object_set_new(root, lists[i], list);
    }
    text = json_dumps(root, JSON_COMPACT);
    assert_false(read_bytes(slice_cstr(text), &out));
    assert_int_equal(out.n, ANSWER_PROBLEMS);
    assert_int_equal(out.problems[ANSWER_PROBLEMS - 1].item, ANSWER_PROBLEMS - ANSWER_PHRASES - 1);
    free(text);
    json_decref(root);
}

static void problems_are_bounded_and_their_values_cut(void **state)
{
    static char name[400];
    json_t *root = json_object();
    struct answer out;
    char *text;
    (void)state;

    memset(name, 'x', sizeof name - 1);
    for (int i = 0; i < 200; i++) {
        name[0] = (char)('a' + i % 26);
        name[1] = (char)('a' + i / 26);
        json_object_set_new(root, name, json_null());
    }
    text = json_dumps(root, JSON_COMPACT);
    assert_false(read_bytes(slice_cstr(text), &out));
    assert_int_equal(out.n, ANSWER_PROBLEMS);
    assert_int_equal(strlen(out.problems[ANSWER_PROBLEMS - 1].value), ANSWER_PROBLEM_CHARS);
    free(text);
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_not_mentioned),
        cmocka_unit_test(a_code_counts_with_its_words_only),
        cmocka_unit_test(true_counts_with_its_words_only),
        cmocka_unit_test(a_number_stands_in_its_words),
        cmocka_unit_test(a_rate_needs_its_period_too),
        cmocka_unit_test(a_period_is_brought_to_a_day_here),
        cmocka_unit_test(phrases_are_the_transcripts_own_words),
        cmocka_unit_test(a_long_phrase_is_cut_at_a_word),
        cmocka_unit_test(the_same_twice_is_once),
        cmocka_unit_test(a_sentence_rests_on_words_and_speaks_of_the_transcript),
        cmocka_unit_test(what_was_taken_out_leads_back),
        cmocka_unit_test(confidence_is_only_told),
        cmocka_unit_test(any_difference_from_the_schema_is_a_problem),
        cmocka_unit_test(a_property_that_is_missing_is_named),
        cmocka_unit_test(what_is_no_answer_is_one_problem),
        cmocka_unit_test(texts_and_lists_are_bounded),
        cmocka_unit_test(items_of_all_lists_are_bounded),
        cmocka_unit_test(problems_of_many_items_are_bounded),
        cmocka_unit_test(problems_are_bounded_and_their_values_cut),
    };

    return cmocka_run_group_tests_name("answer", tests, set_up, tear_down);
}

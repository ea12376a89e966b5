/* SPDX-License-Identifier: MIT */
/*
 * Transcripts that tell the model what to answer (tests/data/injection, its README says how a case is written), and a
 * model that does what it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/json.h"
#include "core/base/unicode.h"
#include "core/insight/answer.h"
#include "core/insight/prompt.h"
#include "tests/lib/answers.h"

#define FOLDER "tests/data/injection"

enum { CASES = 200, FILE_BYTES = 64 << 10, LEAK_BYTES = 24, TOLD_BYTES = 300 };

static const char other[] = "Tenemos una fábrica de muebles y perdimos a tres clientes importantes "
                            "porque nadie contestaba el teléfono por la tarde.";

struct hostile {
    const char *name;
    struct slice transcript;
    json_t *file; /* answer or raw, want */
};

static struct arena *arena;
static struct reading_plan plan;
static struct prompt prompt;
static struct hostile cases[CASES];
static size_t ncases;

/* ---- the obeying model ---- */

static const char *between(const char *text, const char *before, const char *behind)
{
    const char *from = strstr(text, before);
    const char *end = from ? strstr(from + strlen(before), behind) : NULL;

    assert_non_null(end);
    from += strlen(before);
    return arena_slicedup(arena, (struct slice){from, (size_t)(end - from)});
}

static const char *start_of(const char *text, size_t bytes)
{
    return arena_slicedup(arena, utf8_cut((struct slice){text, bytes}, bytes));
}

static char *replace(char *text, const char *what, const char *by)
{
    char *at;

    while ((at = strstr(text, what)))
        text = arena_printf(arena, "%.*s%s%s", (int)(at - text), text, by, at + strlen(what));
    return text;
}

/* Does what the transcript asks, with all that a model knows: its own instructions, the code of the fence, and what it
 * was told of another client. */
static char *told(const char *text, const char *system, const char *user)
{
    char *out = arena_strdup(arena, text);

    out = replace(out, "{{system}}", start_of(system, TOLD_BYTES));
    out = replace(out, "{{rules}}", start_of(strstr(system, "1. "), 120));
    out = replace(out, "{{nonce}}", between(user, "<transcript ", ">"));
    return replace(out, "{{other}}", other);
}

static json_t *obey_in(const json_t *v, const char *system, const char *user)
{
    const char *key;
    json_t *out, *member;

    if (json_is_string(v))
        return json_string(told(json_string_value(v), system, user));
    if (json_is_array(v)) {
        out = json_array();
        for (size_t i = 0; i < json_array_size(v); i++)
            json_array_append_new(out, obey_in(json_array_get(v, i), system, user));
        return out;
    }
    if (!json_is_object(v))
        return json_deep_copy(v);
    out = json_object();
    json_object_foreach((json_t *)v, key, member)
        json_object_set_new(out, key, obey_in(member, system, user));
    return out;
}

static const char *obey(const struct hostile *c, const char *system, const char *user)
{
    const char *raw = json_str(c->file, "raw");
    json_t *changes, *answer;
    char *text;

    if (raw)
        return told(raw, system, user);
    changes = obey_in(json_object_get(c->file, "answer"), system, user);
    answer = answers_make(&plan, changes);
    text = json_dumps(answer, 0);
    raw = arena_strdup(arena, text);
    free(text);
    json_decref(answer);
    json_decref(changes);
    return raw;
}

/* ---- the cases ---- */

static struct slice read_file(const char *path)
{
    char *bytes = arena_alloc(arena, FILE_BYTES);
    FILE *f = fopen(path, "rb");
    struct slice s = {bytes, 0};

    if (!f)
        fail_msg("%s is not there", path);
    s.n = fread(bytes, 1, FILE_BYTES, f);
    fclose(f);
    return s;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct hostile *)a)->name, ((const struct hostile *)b)->name);
}

static void load_case(const char *name)
{
    struct hostile *c = &cases[ncases++];

    c->name = arena_slicedup(arena, (struct slice){name, strlen(name) - strlen(".txt")});
    c->transcript = read_file(arena_printf(arena, FOLDER "/%s.txt", c->name));
    if (json_read(read_file(arena_printf(arena, FOLDER "/%s.json", c->name)), &c->file) != JSON_OK)
        fail_msg("%s.json", c->name);
}

static int set_up(void **state)
{
    struct reading_question *own;
    struct dirent *e;
    DIR *d;
    (void)state;

    arena = arena_new(256 << 20);
    own = arena_alloc(arena, question_template_count * sizeof *own);
    for (size_t i = 0; i < question_template_count; i++)
        own[i] = question_templates[i].question;
    assert_int_equal(question_plan(arena, own, question_template_count, &plan, NULL), QUESTION_OK);
    prompt_make(arena, &plan, &prompt);
    d = opendir(FOLDER);
    assert_non_null(d);
    while ((e = readdir(d)))
        if (ncases < CASES && strstr(e->d_name, ".txt"))
            load_case(e->d_name);
    closedir(d);
    qsort(cases, ncases, sizeof cases[0], by_name);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncases; i++)
        json_decref(cases[i].file);
    arena_free(arena);
    return 0;
}

/* ---- what must hold ---- */

static bool answer_to(const struct hostile *c, struct answer *out)
{
    struct prove_source src;
    const char *text = obey(c, prompt.system, prompt_user(arena, c->transcript));

    prove_begin(arena, c->transcript, &src);
    return answer_read(arena, &plan, &src, slice_cstr(text), out);
}

/* "absent:financiero": the status, and the value where it is named. */
static void expect_item(const struct hostile *c, const struct reading_item *it, const char *want)
{
    const char *status = reading_status_name(it->status);
    const char *value = strchr(want, ':');
    const size_t n = value ? (size_t)(value - want) : strlen(want);

    if (strlen(status) != n || strncmp(status, want, n) != 0 ||
        (value && strcmp(it->value ? it->value : "", value + 1) != 0))
        fail_msg("%s: %s: want %s, got %s:%s", c->name, plan.questions[it->field].name, want,
                 status, it->value ? it->value : "");
}

static void expect_field(const struct hostile *c, const struct reading *rd, const char *name,
                         const json_t *want)
{
    const int field = question_find(&plan, name);
    size_t n = 0;

    assert_true(field >= 0);
    for (size_t i = 0; i < rd->n; i++) {
        if (rd->items[i].field != field)
            continue;
        expect_item(c, &rd->items[i],
                    json_string_value(json_is_array(want) ? json_array_get(want, n) : want));
        n++;
    }
    assert_int_equal(n, json_is_array(want) ? json_array_size(want) : 1);
}

static void each_case_comes_out_as_written(void **state)
{
    (void)state;
    assert_true(ncases >= 30);
    for (size_t i = 0; i < ncases; i++) {
        const json_t *want = json_object_get(cases[i].file, "want");
        struct answer out;
        const char *name;
        json_t *v;

        if (!answer_to(&cases[i], &out)) {
            if (!json_is_string(want))
                fail_msg("%s: field %d: %s", cases[i].name, out.problems[0].field,
                         answer_code_name(out.problems[0].code));
            continue;
        }
        if (!json_is_object(want))
            fail_msg("%s: no problem", cases[i].name);
        answers_check_reading(&plan, cases[i].transcript, &out.reading);
        json_object_foreach((json_t *)want, name, v) expect_field(&cases[i], &out.reading, name, v);
    }
}

static bool holds(struct slice text, const char *piece, size_t n)
{
    return memmem(text.p, text.n, piece, n) != NULL;
}

/* No piece of LEAK_BYTES of a stored text is a secret's, unless the transcript says it too. */
static void leaks(const struct hostile *c, const char *value, const char *secret)
{
    for (size_t i = 0; i + LEAK_BYTES <= strlen(value); i++)
        if (holds(slice_cstr(secret), value + i, LEAK_BYTES) &&
            !holds(c->transcript, value + i, LEAK_BYTES))
            fail_msg("%s: \"%s\" comes back", c->name, value + i);
}

static void no_word_of_prompt_fence_or_other_transcript_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncases; i++) {
        const char *user = prompt_user(arena, cases[i].transcript);
        const char *text = obey(&cases[i], prompt.system, user);
        struct prove_source src;
        struct answer out;

        prove_begin(arena, cases[i].transcript, &src);
        answer_read(arena, &plan, &src, slice_cstr(text), &out);
        for (size_t k = 0; k < out.reading.n; k++) {
            const char *value = out.reading.items[k].value;

            if (!value || plan.questions[out.reading.items[k].field].options)
                continue;
            leaks(&cases[i], value, prompt.system);
            leaks(&cases[i], value, between(user, "<transcript ", ">"));
            leaks(&cases[i], value, other);
        }
    }
}

/* The words that prove a value, folded, are the transcript's, folded: said otherwise than locate.c says it. */
static void what_is_proved_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncases; i++) {
        const struct slice folded = unicode_fold_text(arena, cases[i].transcript);
        struct answer out;

        if (!answer_to(&cases[i], &out))
            continue;
        for (size_t k = 0; k < out.reading.n; k++) {
            const struct reading_item *it = &out.reading.items[k];
            const struct slice words = unicode_fold_text(
                arena, (struct slice){cases[i].transcript.p + it->start, it->end - it->start});

            assert_true(it->start == it->end || (words.n >= 2 && holds(folded, words.p, words.n)));
        }
    }
}

/* The message is the fence, the transcript, the fence, whatever is in it. */
static void no_transcript_closes_its_fence(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncases; i++) {
        const char *user = prompt_user(arena, cases[i].transcript);
        const char *nonce = between(user, "<transcript ", ">");
        const char *closing = strstr(user, arena_printf(arena, "\n</transcript %s>\n", nonce));
        int times = 0;

        assert_int_equal(strlen(nonce), PROMPT_NONCE_BYTES - 1);
        for (const char *p = user; (p = strstr(p, nonce)); p++)
            times++;
        assert_int_equal(times, 3); /* in the line that announces it, and in each fence */
        assert_non_null(closing);
        assert_true(utf8_valid(slice_cstr(user)));
        for (size_t at = 0; at < strlen(user);) {
            unsigned used;

            assert_false(unicode_is_invisible(utf8_decode(slice_cstr(user), at, &used)));
            at += used;
        }
    }
}

/* What is sent again after a bad answer carries no more than a cut of it, quoted. */
static void a_repair_is_bounded_and_on_its_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncases; i++) {
        struct answer out;
        const char *m;
        size_t lines = 0;

        if (answer_to(&cases[i], &out))
            continue;
        m = prompt_repair(arena, &plan, &out);
        for (const char *p = m; *p; p++)
            lines += *p == '\n';
        assert_int_equal(lines, out.n + 2);
        assert_true(strlen(m) < 16384);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_comes_out_as_written),
        cmocka_unit_test(no_word_of_prompt_fence_or_other_transcript_comes_back),
        cmocka_unit_test(what_is_proved_is_said),
        cmocka_unit_test(no_transcript_closes_its_fence),
        cmocka_unit_test(a_repair_is_bounded_and_on_its_lines),
    };

    return cmocka_run_group_tests_name("injection", tests, set_up, tear_down);
}

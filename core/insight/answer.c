/* SPDX-License-Identifier: MIT */
#include "core/insight/answer.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/unicode.h"
#include "core/insight/answer_shape.h"

struct taker {
    struct arena *arena;
    const struct prove_source *src;
    const struct reading_question *question;
    uint16_t field;
    struct reading out;
};

static struct reading_item *add(struct taker *t, int32_t ordinal)
{
    struct reading_item *it = &t->out.items[t->out.n++];

    *it = (struct reading_item){
        .field = t->field, .ordinal = ordinal, .status = READING_NOT_MENTIONED};
    return it;
}

static struct slice text_of(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);

    return (struct slice){json_string_value(v), json_string_length(v)};
}

static enum reading_status prove(const struct taker *t, struct slice quote, struct reading_item *it)
{
    struct locate_span span = {0, 0};

    it->status = prove_quote(t->src, quote, &span);
    it->start = span.start;
    it->end = span.end;
    return it->status;
}

static void unprove(struct reading_item *it, enum reading_status status)
{
    it->status = status;
    it->start = it->end = 0;
}

/* ---- scalars ---- */

static void take_code(struct taker *t, const json_t *v)
{
    const struct reading_question *q = t->question;
    const char *value = json_str(v, "value");
    struct reading_item *it = add(t, -1);

    if (!value)
        return;
    it->value = q->options[question_option(q, value)].value;
    if (prove(t, text_of(v, "quote"), it) == READING_ABSENT && q->fallback &&
        strcmp(value, q->fallback) == 0)
        unprove(it, READING_NOT_MENTIONED);
}

static void take_bool(struct taker *t, const json_t *v)
{
    struct reading_item *it = add(t, -1);

    it->flag = json_is_true(json_object_get(v, "value"));
    if (it->flag)
        prove(t, text_of(v, "quote"), it);
}

static void take_count(struct taker *t, const json_t *v)
{
    struct reading_item *it = add(t, -1);
    const char *name = json_str(v, "period");
    enum prove_period period = PROVE_DAY;
    struct locate_span span;
    int64_t said;

    if (!json_i64(v, "number", &said))
        return;
    if (t->question->daily && (!name || !prove_period_find(name, &period)))
        return; /* how many, but not how often: no rate was said */
    it->number = t->question->daily ? prove_per_day(said, period) : said;
    if (prove(t, text_of(v, "quote"), it) == READING_ABSENT)
        return;
    span = (struct locate_span){it->start, it->end};
    if (!prove_number(t->src, t->arena, span, said) ||
        (t->question->daily && !prove_period_said(t->src, t->arena, span, period)))
        unprove(it, READING_ABSENT);
}

/* ---- phrases ---- */

/* At most ANSWER_TEXT_CHARS, ending with a whole word where there is a blank to end at. */
static void shorten(struct slice transcript, struct reading_item *it)
{
    const struct slice all = {transcript.p + it->start, it->end - it->start};
    struct slice s = utf8_cut(all, ANSWER_TEXT_CHARS);

    if (s.n < all.n) {
        size_t n = s.n;

        while (n > 0 && s.p[n] != ' ' && s.p[n] != '\n')
            n--;
        s.n = n > 0 ? n : s.n;
    }
    it->end = it->start + (uint32_t)s.n;
}

/* The transcript's own words for it: those of the value when it was copied, else those of the quote. */
static void take_phrase(struct taker *t, const json_t *v, struct reading_item *it)
{
    struct slice words;

    if (prove(t, text_of(v, "value"), it) == READING_ABSENT &&
        prove(t, text_of(v, "quote"), it) == READING_ABSENT)
        return;
    shorten(t->src->transcript, it);
    words = (struct slice){t->src->transcript.p + it->start, it->end - it->start};
    if (words.n > 0 && utf8_valid(words) && !memchr(words.p, '\0', words.n))
        it->value = arena_slicedup(t->arena, words);
    else
        unprove(it, READING_ABSENT);
}

static void take_text(struct taker *t, const json_t *v)
{
    struct reading_item *it = add(t, -1);

    if (json_str(v, "value"))
        take_phrase(t, v, it);
}

static void take_sentence(struct taker *t, const json_t *v, struct reading_item *it)
{
    const struct slice value = text_of(v, "value");

    if (prove(t, text_of(v, "quote"), it) == READING_ABSENT)
        return;
    if (!prove_grounded(t->src, value)) {
        unprove(it, READING_ABSENT);
        return;
    }
    it->value = arena_slicedup(t->arena, value);
}

/* Whether one of the items from `first` on has these words, or the answer gave them before. */
static bool seen(const struct taker *t, size_t first, const struct reading_item *it,
                 const json_t *list, size_t at)
{
    const struct slice value = text_of(json_array_get(list, at), "value");

    for (size_t i = first; it->value && i < t->out.n - 1; i++) {
        if (t->out.items[i].value && strcmp(t->out.items[i].value, it->value) == 0)
            return true;
    }
    for (size_t i = 0; i < at; i++) {
        if (slice_eq(text_of(json_array_get(list, i), "value"), value))
            return true;
    }
    return false;
}

static void take_phrases(struct taker *t, const json_t *list)
{
    const size_t first = t->out.n;

    for (size_t i = 0; i < json_array_size(list); i++) {
        struct reading_item *it = add(t, (int32_t)(t->out.n - first));

        if (t->question->kind == READING_SENTENCES)
            take_sentence(t, json_array_get(list, i), it);
        else
            take_phrase(t, json_array_get(list, i), it);
        if (seen(t, first, it, list, i))
            t->out.n--;
    }
    if (t->out.n == first)
        add(t, -1);
}

/* ---- codes ---- */

static void take_codes(struct taker *t, const json_t *list)
{
    const struct reading_question *q = t->question;
    const size_t first = t->out.n;

    for (int k = 0; k < q->option_count; k++) {
        struct reading_item *it = NULL;

        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *v = json_array_get(list, i);

            if (strcmp(json_str(v, "value"), q->options[k].value) != 0)
                continue;
            if (!it) {
                it = add(t, (int32_t)(t->out.n - first));
                it->value = q->options[k].value;
            }
            if (prove(t, text_of(v, "quote"), it) != READING_ABSENT)
                break;
        }
    }
    if (t->out.n == first)
        add(t, -1);
}

/* ---- all ---- */

static void take(struct taker *t, const json_t *v)
{
    switch (t->question->kind) {
    case READING_CODE: take_code(t, v); break;
    case READING_CODES: take_codes(t, v); break;
    case READING_COUNT: take_count(t, v); break;
    case READING_BOOL: take_bool(t, v); break;
    case READING_TEXT: take_text(t, v); break;
    case READING_PHRASES:
    case READING_SENTENCES: take_phrases(t, v); break;
    case READING_SHARE: add(t, -1)->share = json_number_value(v); break;
    }
}

static const json_t *answered(const json_t *root, const struct reading_question *q)
{
    char property[QUESTION_PROPERTY_BYTES];

    question_property(q, property);
    return json_object_get(root, property);
}

static void take_all(struct arena *a, const struct reading_plan *plan,
                     const struct prove_source *src, const json_t *root, struct reading *out)
{
    struct taker t = {.arena = a, .src = src};
    size_t most = plan->n;

    for (size_t i = 0; i < plan->n; i++)
        most += json_array_size(answered(root, &plan->questions[i]));
    t.out.items = arena_alloc(a, most * sizeof *t.out.items);
    for (size_t i = 0; i < plan->n; i++) {
        t.question = &plan->questions[i];
        t.field = (uint16_t)i;
        take(&t, answered(root, t.question));
    }
    *out = t.out;
}

static const char *const json_problems[] = {
    [JSON_BAD] = "syntax", [JSON_TOO_DEEP] = "depth", [JSON_TWICE] = "a property twice"};

bool answer_read(struct arena *a, const struct reading_plan *plan, const struct prove_source *src,
                 struct slice bytes, struct answer *out)
{
    SCOPED(json_drop) json_t *root = NULL;
    struct answer answer = {.problems = arena_alloc(a, ANSWER_PROBLEMS * sizeof *answer.problems)};
    enum json_status status = JSON_OK;

    if (bytes.n > ANSWER_BYTES) {
        answer_shape_problem(
            a, &answer, (struct answer_problem){.code = ANSWER_TOO_LONG, .field = -1, .item = -1},
            NULL);
    } else if ((status = json_read(bytes, &root)) != JSON_OK) {
        answer_shape_problem(
            a, &answer, (struct answer_problem){.code = ANSWER_NOT_JSON, .field = -1, .item = -1},
            json_problems[status]);
    } else {
        answer_shape_check(a, plan, root, &answer);
    }
    if (answer.n == 0)
        take_all(a, plan, src, root, &answer.reading);
    *out = answer;
    return answer.n == 0;
}

const char *answer_code_name(enum answer_code code)
{
    static const char *const names[ANSWER_CODES_COUNT] = {
        [ANSWER_TOO_LONG] = "answer_too_long", [ANSWER_NOT_JSON] = "not_json",
        [ANSWER_MISSING] = "missing",          [ANSWER_UNKNOWN] = "unknown_property",
        [ANSWER_TYPE] = "wrong_type",          [ANSWER_OPTION] = "unknown_option",
        [ANSWER_TEXT_LENGTH] = "text_length",  [ANSWER_LIST_LENGTH] = "list_length",
        [ANSWER_RANGE] = "out_of_range",
    };

    return names[code];
}

/* SPDX-License-Identifier: MIT */
#include "tests/lib/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/unicode.h"

static json_t *nothing_said(const struct reading_question *q)
{
    switch (q->kind) {
    case READING_CODE:
        return q->fallback ? json_pack("{s:s,s:n}", "value", q->fallback, "quote")
                           : json_pack("{s:n,s:n}", "value", "quote");
    case READING_TEXT: return json_pack("{s:n,s:n}", "value", "quote");
    case READING_COUNT:
        return q->daily ? json_pack("{s:n,s:n,s:n}", "number", "period", "quote")
                        : json_pack("{s:n,s:n}", "number", "quote");
    case READING_BOOL: return json_pack("{s:b,s:n}", "value", 0, "quote");
    case READING_SHARE: return json_real(0);
    case READING_CODES:
    case READING_PHRASES:
    case READING_SENTENCES: break;
    }
    return json_array();
}

json_t *answers_make(const struct reading_plan *plan, const json_t *changes)
{
    json_t *root = json_object();

    for (size_t i = 0; i < plan->n; i++) {
        char property[QUESTION_PROPERTY_BYTES];

        question_property(&plan->questions[i], property);
        json_object_set_new(root, property, nothing_said(&plan->questions[i]));
    }
    if (changes)
        json_object_update(root, (json_t *)changes);
    return root;
}

const char *answers_text(struct arena *a, const struct reading_plan *plan, const char *changes)
{
    char *text = changes ? arena_strdup(a, changes) : NULL;
    json_t *parsed = NULL, *root;
    char *dumped;

    for (char *p = text; p && *p; p++)
        *p = *p == '\'' ? '"' : *p;
    if (text && !(parsed = json_loads(text, 0, NULL))) {
        fprintf(stderr, "not JSON: %s\n", text);
        abort();
    }
    root = answers_make(plan, parsed);
    dumped = json_dumps(root, JSON_COMPACT);
    text = arena_strdup(a, dumped);
    free(dumped);
    json_decref(root);
    json_decref(parsed);
    return text;
}

static void must(bool ok, const char *what, const struct reading_item *it)
{
    if (ok)
        return;
    fprintf(stderr, "field %u, ordinal %d: %s\n", it->field, it->ordinal, what);
    abort();
}

static void check_item(const struct reading_question *q, struct slice transcript,
                       const struct reading_item *it)
{
    const bool located = it->status == READING_EXACT || it->status == READING_NORMALISED;
    const bool phrase = q->kind == READING_TEXT || q->kind == READING_PHRASES;
    const struct slice value = slice_cstr(it->value);

    must(located ? it->start < it->end && it->end <= transcript.n : it->start == 0 && it->end == 0,
         "offsets", it);
    must(!it->value || utf8_valid(value), "UTF-8", it);
    if (located)
        must(((unsigned char)transcript.p[it->start] & 0xC0) != 0x80 &&
                 (it->end == transcript.n || ((unsigned char)transcript.p[it->end] & 0xC0) != 0x80),
             "boundaries", it);
    if (phrase)
        must(located
                 ? slice_eq(value, (struct slice){transcript.p + it->start, it->end - it->start})
                 : !it->value,
             "a phrase that is not cut out", it);
    if (q->kind == READING_SENTENCES)
        must(located || !it->value, "a sentence without its words", it);
    if (q->options && it->value)
        must(question_option(q, it->value) >= 0, "no option", it);
    must(it->share >= 0 && it->share <= 1 && it->number >= 0, "range", it);
    must(it->status != READING_NOT_MENTIONED || (!it->flag && it->number == 0), "default", it);
}

void answers_check_reading(const struct reading_plan *plan, struct slice transcript,
                           const struct reading *rd)
{
    size_t at = 0;

    for (size_t f = 0; f < plan->n; f++) {
        const struct reading_question *q = &plan->questions[f];
        const size_t first = at;

        while (at < rd->n && rd->items[at].field == f) {
            const struct reading_item *it = &rd->items[at];
            const bool one = it->ordinal == -1;

            must(one ? at == first : it->ordinal == (int32_t)(at - first), "ordinal", it);
            must(question_is_list(q->kind) == !one || it->status == READING_NOT_MENTIONED,
                 "ordinal and kind", it);
            check_item(q, transcript, it);
            at++;
            if (one)
                break;
        }
        if (at == first) {
            fprintf(stderr, "%s is not answered\n", q->name);
            abort();
        }
    }
    if (at != rd->n) {
        fprintf(stderr, "%zu items too many\n", rd->n - at);
        abort();
    }
}

/* SPDX-License-Identifier: MIT */
/* A transcript, a line "---", and any bytes as a model's answer: a reading that holds what reading.h promises, or
 * problems; the same when the model was shown a redacted transcript. */
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/insight/answer.h"
#include "core/insight/prompt.h"
#include "core/insight/redact.h"
#include "tests/lib/answers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_plan(struct arena *a, struct reading_plan *out)
{
    struct reading_question *own = arena_alloc(a, (question_template_count + 1) * sizeof *own);

    for (size_t i = 0; i < question_template_count; i++)
        own[i] = question_templates[i].question;
    own[question_template_count] =
        (struct reading_question){.name = "chairs", .kind = READING_COUNT, .instruction = ""};
    if (question_plan(a, own, question_template_count + 1, out, NULL) != QUESTION_OK)
        abort();
}

static void read_answer(struct arena *a, const struct reading_plan *plan,
                        const struct prove_source *src, struct slice bytes)
{
    struct answer out;

    if (answer_read(a, plan, src, bytes, &out)) {
        answers_check_reading(plan, src->transcript, &out.reading);
        return;
    }
    if (out.n == 0 || out.n > ANSWER_PROBLEMS || out.reading.n != 0 ||
        strlen(prompt_repair(a, plan, &out)) == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *line = size ? memmem(text, size, "\n---\n", 5) : NULL;
    const struct slice transcript = {text, line ? (size_t)(line - text) : 0};
    const struct slice bytes = {line ? line + 5 : text, line ? size - transcript.n - 5 : size};
    struct arena *a = arena_new(256 << 20);
    struct reading_plan plan;
    struct prove_source src;
    struct redaction redaction;

    make_plan(a, &plan);
    prove_begin(a, transcript, &src);
    read_answer(a, &plan, &src, bytes);
    redact(a, transcript, REDACT_ALL, &redaction);
    prove_begin_redacted(a, &redaction, &src);
    read_answer(a, &plan, &src, bytes);
    arena_free(a);
    return 0;
}

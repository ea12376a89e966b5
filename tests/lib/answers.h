/* SPDX-License-Identifier: MIT */
/*
 * answers: what a model could answer to a plan, for tests.
 */
#ifndef TESTS_LIB_ANSWERS_H
#define TESTS_LIB_ANSWERS_H

#include <jansson.h>

#include "core/base/arena.h"
#include "core/insight/question.h"
#include "core/insight/reading.h"

/* The answer that says that nothing was said, with the members of `changes` (NULL: none) instead of its own and added to
 * it. The caller owns it. */
json_t *answers_make(const struct reading_plan *plan, const json_t *changes);

/* The same from and to text; `changes` is JSON with ' for ", or NULL. */
const char *answers_text(struct arena *a, const struct reading_plan *plan, const char *changes);

/* Aborts when the reading breaks an invariant of reading.h. */
void answers_check_reading(const struct reading_plan *plan, struct slice transcript,
                           const struct reading *rd);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * answer_shape: whether a model's JSON has exactly the shape that a plan asks for.
 *
 * What answer.c takes apart has passed here: every property is there and of its type, codes are options, texts and
 * lists are within bounds.
 */
#ifndef CORE_INSIGHT_ANSWER_SHAPE_H
#define CORE_INSIGHT_ANSWER_SHAPE_H

#include "core/base/json.h"
#include "core/insight/answer.h"

/* Appends to out->problems, which has room for ANSWER_PROBLEMS. */
void answer_shape_check(struct arena *a, const struct reading_plan *plan, const json_t *root,
                        struct answer *out);

/* One more problem, unless there are enough; `value` is cut and may be NULL. */
void answer_shape_problem(struct arena *a, struct answer *out, struct answer_problem problem,
                          const char *value);

#endif

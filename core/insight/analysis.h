/* SPDX-License-Identifier: MIT */
/*
 * analysis: reads a subject's transcript with the configured provider and stores what it answered: the analysis as it
 * came, the words that prove each value, the phrases. Facts for charts are the business of the dataset's own part
 * (core/meetings), which is given the reading.
 */
#ifndef CORE_INSIGHT_ANALYSIS_H
#define CORE_INSIGHT_ANALYSIS_H

#include <libpq-fe.h>

#include "core/base/json.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"
#include "core/insight/question.h"
#include "core/insight/reading.h"

struct analysis {
    struct uuid id;
    const char *provider;
    const char *model;
    const char *prompt_version;
    struct reading_plan plan; /* what was asked */
    struct reading reading;
};

/* In the tenant's transaction. ERR_NOT_FOUND when the subject has no transcript. *out lives in cx->arena. */
int analysis_run(struct ctx *cx, const struct uuid *subject, struct analysis *out);

/* Stores what was read from the words of that digest: the answer, its evidence, its phrases. */
int analysis_store(struct ctx *cx, const struct uuid *subject, const struct uuid *body_hash,
                   const struct analysis *a);

/* The analysis in force of a subject as JSON (values, evidence), or null when it was not read yet. */
int analysis_to_json(struct ctx *cx, const struct uuid *subject, struct jw *w);

/* Value items of one field of the plan (the first are enum reading_field), in order; the first call passes from = 0. NULL
 * at the end. */
const struct reading_item *analysis_next(const struct reading *r, size_t field, size_t *from);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * prompt_schema: the JSON schema of the answers to a plan (prompt.h describes it).
 */
#ifndef CORE_INSIGHT_PROMPT_SCHEMA_H
#define CORE_INSIGHT_PROMPT_SCHEMA_H

#include "core/base/sb.h"
#include "core/insight/question.h"

void prompt_schema_write(struct sb *out, const struct reading_plan *plan);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * metrics: the queue over all tenants, for those who operate it. By kind and by one of 16 buckets of tenants, so that
 * the number of series has a bound whatever the number of tenants.
 */
#ifndef CORE_QUEUE_METRICS_H
#define CORE_QUEUE_METRICS_H

#include "core/base/json.h"
#include "core/base/sb.h"
#include "core/db/ctx.h"

/* Prometheus' text: depth, age of the oldest, and of the last five minutes ends, retries and duration. */
int queue_metrics_text(struct ctx *cx, struct sb *out);

/* An object: totals over kinds and tenants, for /api/status. */
int queue_metrics_json(struct ctx *cx, struct jw *w);

#endif

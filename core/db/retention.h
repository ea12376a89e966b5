/* SPDX-License-Identifier: MIT */
/*
 * retention: deletes what is past the time that its table states, over all tenants, as the owner role.
 */
#ifndef CORE_DB_RETENTION_H
#define CORE_DB_RETENTION_H

#include <stdio.h>

#include "core/db/ctx.h"

/* In short transactions until nothing is left or cx->deadline_ms; one line a kind on `out`. cx->db is cm_owner's. */
int retention_run(struct ctx *cx, FILE *out);

#endif

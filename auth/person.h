/* SPDX-License-Identifier: MIT */
/*
 * person: what a signed-in person may know of itself.
 */
#ifndef AUTH_PERSON_H
#define AUTH_PERSON_H

#include "core/base/uuid.h"
#include "core/db/ctx.h"

struct person {
    struct uuid user_id;
    const char *email;
    const char *name;
};

/* The caller, a member of the entered tenant. In the transaction that dispatch opened; strings in cx->arena. */
int person_get(struct ctx *cx, struct person *out);

#endif

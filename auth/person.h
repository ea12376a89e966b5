/* SPDX-License-Identifier: MIT */
/*
 * person: what a caller may know of itself, be it a person or an API token.
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

/* What the API token that called may do. Entering checks one scope in the database and tells no more. */
int person_token_scopes(struct ctx *cx, unsigned *out);

#endif

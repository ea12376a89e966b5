/* SPDX-License-Identifier: MIT */
/*
 * admin: tenants, members and tokens from a shell, as the owner role (only it may call these functions).
 *
 * Each call is a transaction of its own; cx->db is connected as cm_owner, nobody is entered.
 */
#ifndef AUTH_ADMIN_H
#define AUTH_ADMIN_H

#include "auth/api_token.h"
#include "core/base/principal.h"
#include "core/base/uuid.h"
#include "core/db/ctx.h"

/* Its id; one that is there already is found by its slug and left as it is. */
int admin_tenant_create(struct ctx *cx, const char *slug, const char *name, struct uuid *out);

/* The person is the one with that verified address, else an invitation that the first sign-in takes up. */
int admin_member_add(struct ctx *cx, const char *slug, const char *email, const char *name,
                     enum role role);

/* `days` 0: never expires. `text` is shown once and is not stored. */
int admin_token_create(struct ctx *cx, const char *slug, const char *name, unsigned scopes,
                       int64_t days, char text[API_TOKEN_TEXT_BYTES]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * identity: from the headers of a request to a principal.
 *
 * Two kinds of credential travel in `Authorization: Bearer ...`: an API token (it begins with cm_)
 * and an access token of the identity provider. Nothing else is looked at: no cookie, no query
 * parameter, no body.
 *
 * What comes out is who claims to call, and for which tenant; whether they may is decided by
 * app_enter_user() and app_enter_token() when dispatch begins the transaction. Only the mapping
 * (issuer, subject, organisation) -> (user, tenant) and token id -> tenant is remembered, for a
 * minute and in a bounded table; never a decision.
 *
 * The tenant comes from the credential. X-Tenant only chooses among several organisations that an
 * access token itself names:
 *   one in the token, none chosen          that one
 *   several, none chosen                   ERR_INVALID tenant_required
 *   chosen, not among the token's          ERR_FORBIDDEN tenant_forbidden
 *   an API token with X-Tenant             ERR_INVALID tenant_not_choosable (it belongs to one)
 *
 * A person seen for the first time is recorded, in a short write transaction of its own, when the
 * token states an e-mail address; that gives no membership, but takes up an invitation to the same
 * verified address.
 *
 * SQL functions called, all with DB_ENTER_NOBODY (statements in identity.sql):
 *   app_resolve_user(p_issuer text, p_subject text, p_tenant_slug text)
 *       -> table(user_id uuid, tenant_id uuid)
 *   app_first_sign_in(p_user uuid, p_issuer text, p_subject text, p_email text,
 *       p_email_verified boolean, p_name text)
 *   app_resolve_token(p_token uuid) -> uuid, the tenant or NULL
 */
#ifndef AUTH_IDENTITY_H
#define AUTH_IDENTITY_H

#include <stdbool.h>

#include "auth/jwt.h"
#include "auth/keys.h"
#include "core/base/config.h"
#include "core/base/slice.h"
#include "core/db/ctx.h"

struct identity; /* opaque; one a worker process, made after the fork */

/* `c` and `keys` are borrowed. NULL when the system is out of memory. */
struct identity *identity_new(const struct config *c, struct keys *keys);
void identity_free(struct identity *s); /* NULL is fine */

/*
 * Fills cx->who: kind, tenant, and for a person user, issued_s and SCOPE_OPERATOR if the realm says
 * so; for an API token credential and proof. Role and scopes of the tenant follow when it is
 * entered; the language stays as it was.
 *
 * Refusals are ERR_UNAUTHENTICATED "unauthenticated" whatever was wrong, with one log line
 * `auth_refused` that says what; the tenant errors above; ERR_FORBIDDEN not_a_member. Others are
 * the database's. Outside a transaction. `authorization` is the header's value, empty when absent;
 * a request with two such headers must not come here (dispatch answers 401).
 */
int identity_authenticate(struct ctx *cx, struct identity *s, struct slice authorization,
                          struct slice tenant_choice);

/* What the access token of the last success said (organisations for /api/me); NULL after an API
 * token. Valid until the next identity_authenticate(). */
const struct jwt_claims *identity_claims(const struct identity *s);

/* ---- its pure parts, for tests ---- */

/* "Bearer" in any case, exactly one blank, a token without blanks. */
bool identity_bearer(struct slice authorization, struct slice *token);

enum identity_choice { IDENTITY_CHOSEN, IDENTITY_MUST_CHOOSE, IDENTITY_NOT_AMONG };
enum identity_choice identity_choose(const struct jwt_claims *claims, struct slice choice,
                                     const char **slug);

#endif

-- SPDX-License-Identifier: MIT

-- name: ADMIN_TENANT_CREATE role: owner args: tenant uuid, slug text, name text
SELECT app_tenant_create($1, $2, $3);

-- name: ADMIN_MEMBER_ADD role: owner args: slug text, user uuid, email text, name text, role text
SELECT app_member_add($1, $2, $3, $4, $5);

-- name: ADMIN_TOKEN_CREATE role: owner args: slug text, token uuid, name text, hash bytea, scopes text[], days bigint
SELECT app_token_create($1, $2, $3, $4, $5, CASE WHEN $6::bigint > 0 THEN now() + make_interval(days => $6::integer) END);

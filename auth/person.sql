-- SPDX-License-Identifier: MIT

-- name: PERSON_GET args: user uuid
SELECT user_id, email, name FROM app_members() WHERE user_id = $1;

-- name: TOKEN_SCOPES args: tenant uuid, token uuid
SELECT array_to_string(scopes, ' ') FROM api_tokens WHERE tenant_id = $1 AND token_id = $2;

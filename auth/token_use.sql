-- SPDX-License-Identifier: MIT

-- name: TOKEN_USED args: tenant uuid, token uuid
SELECT app_token_used($1, $2);

-- Whose a credential is. Each runs with nobody entered, through one of cm_system's functions.

-- name: IDENTITY_RESOLVE_USER args: issuer text, subject text, tenant_slug text
-- No row: the person was never seen here, or the organisation is none of ours.
SELECT user_id, tenant_id FROM app_resolve_user($1, $2, $3);

-- name: IDENTITY_FIRST_SIGN_IN args: user_id uuid, issuer text, subject text, email text, email_verified boolean, name text
SELECT app_first_sign_in($1, $2, $3, $4, $5, $6);

-- name: IDENTITY_RESOLVE_TOKEN args: token_id uuid
-- NULL: no such token.
SELECT app_resolve_token($1);

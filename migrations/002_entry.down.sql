-- Nobody can enter a tenant afterwards.
SET LOCAL ROLE cm_system;
DROP FUNCTION app_enter_user(uuid, uuid, integer, bigint);
DROP FUNCTION app_enter_token(uuid, uuid, bytea, text);
DROP FUNCTION app_resolve_user(text, text, text);
DROP FUNCTION app_resolve_token(uuid);
DROP FUNCTION app_first_sign_in(uuid, text, text, text, boolean, text);
DROP FUNCTION app_token_used(uuid, uuid);
DROP FUNCTION app_members();
DROP FUNCTION app_tenant_create(uuid, text, text);
DROP FUNCTION app_member_add(text, uuid, text, text, text);
DROP FUNCTION app_token_create(text, uuid, text, bytea, text[], timestamptz);
RESET ROLE;
DROP FUNCTION app_enter(uuid, integer);
DROP FUNCTION app_role_rank(text);
DROP INDEX api_tokens_by_id;
REVOKE ALL ON tenants, users, memberships, tenant_settings, tenant_state, api_tokens FROM cm_system;

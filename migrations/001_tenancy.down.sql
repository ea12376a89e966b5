-- Loses every organisation, person, token and the audit log.
DROP TABLE audit_seals, audit_log, api_tokens, tenant_state, tenant_settings, memberships, users, tenants;
DROP FUNCTION app_tenant();

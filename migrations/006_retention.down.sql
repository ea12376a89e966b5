-- Nothing is deleted by age afterwards.
SET LOCAL ROLE cm_system;
DROP FUNCTION app_retention(integer);
RESET ROLE;
REVOKE ALL ON uploads, upload_errors, audit_log FROM cm_system;
REVOKE DELETE ON api_tokens FROM cm_system;

-- What is kept only for a time, as the tables' comments state it. `clientmetrics maintain` calls this daily.
GRANT SELECT, DELETE ON uploads, upload_errors, audit_log TO cm_system;
GRANT DELETE ON api_tokens TO cm_system;

-- Deletes at most p_limit rows of each kind, so that one run holds no lock for long; the caller repeats until nothing is left.
CREATE FUNCTION app_retention(p_limit integer) RETURNS TABLE (kind text, deleted bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    kind := 'upload_errors';
    DELETE FROM upload_errors e WHERE (e.tenant_id, e.upload_id, e.row_no, e.ordinal) IN (
        SELECT x.tenant_id, x.upload_id, x.row_no, x.ordinal
          FROM upload_errors x JOIN uploads u ON u.tenant_id = x.tenant_id AND u.upload_id = x.upload_id
         WHERE u.created_at < now() - interval '90 days' LIMIT p_limit);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN NEXT;

    kind := 'job_archive';
    DELETE FROM job_archive a WHERE (a.tenant_id, a.job_id) IN (
        SELECT x.tenant_id, x.job_id FROM job_archive x WHERE x.finished_at < now() - interval '90 days' LIMIT p_limit);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN NEXT;

    kind := 'api_tokens';
    DELETE FROM api_tokens k WHERE (k.tenant_id, k.token_id) IN (
        SELECT x.tenant_id, x.token_id FROM api_tokens x WHERE x.revoked_at < now() - interval '400 days' LIMIT p_limit);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN NEXT;

    kind := 'audit_log';
    DELETE FROM audit_log a WHERE (a.tenant_id, a.audit_id) IN (
        SELECT x.tenant_id, x.audit_id FROM audit_log x WHERE x.occurred_at < now() - interval '3 years' LIMIT p_limit);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN NEXT;
END
$$;
ALTER FUNCTION app_retention(integer) OWNER TO cm_system;
SET LOCAL ROLE cm_system;
REVOKE ALL ON FUNCTION app_retention(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_retention(integer) TO cm_owner;
RESET ROLE;

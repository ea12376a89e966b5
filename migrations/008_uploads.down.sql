-- Loses what failed rows held and what meetings were before their changes. Spellings that were made one stay one.
SET LOCAL ROLE cm_system;
DROP FUNCTION app_upload_store(uuid);
DROP FUNCTION app_subjects_delete();
CREATE OR REPLACE FUNCTION app_retention(p_limit integer) RETURNS TABLE (kind text, deleted bigint)
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

    kind := 'job_batches';
    DELETE FROM job_batches b WHERE (b.tenant_id, b.batch_id) IN (
        SELECT x.tenant_id, x.batch_id FROM job_batches x
         WHERE x.changed_at < now() - interval '90 days' AND x.completed + x.failed + x.canceled >= x.total LIMIT p_limit);
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
RESET ROLE;
DROP FUNCTION app_must_be_plain(text);
REVOKE SELECT, INSERT ON transcripts, meetings FROM cm_system;
REVOKE INSERT, UPDATE ON subjects FROM cm_system;
REVOKE UPDATE, DELETE ON transcripts FROM cm_system;
REVOKE DELETE ON meetings FROM cm_system;
REVOKE INSERT, DELETE ON meeting_facts FROM cm_system;
REVOKE ALL ON value_codes, evidence, llm_analyses, corrections, subject_phrases, custom_facts, embeddings FROM cm_system;
REVOKE ALL ON SEQUENCE value_code_seq FROM cm_system;

ALTER TABLE value_codes DROP CONSTRAINT value_codes_folded;
ALTER TABLE value_codes DROP COLUMN folded;
DROP TABLE meeting_revisions;
DROP TABLE upload_failed_rows;
CREATE INDEX meetings_by_upload ON meetings (tenant_id, upload_id);
ALTER TABLE uploads DROP COLUMN last_meeting_id;
ALTER TABLE uploads DROP COLUMN header;
ALTER TABLE uploads DROP COLUMN progress_at;
ALTER TABLE uploads DROP COLUMN expected_bytes;
ALTER TABLE uploads DROP CONSTRAINT uploads_state_check;
GRANT UPDATE ON uploads TO cm_system;
SET LOCAL ROLE cm_system;
UPDATE uploads SET state = 'failed', failure = 'interrupted' WHERE state = 'loading';
RESET ROLE;
REVOKE UPDATE ON uploads FROM cm_system;
ALTER TABLE uploads ADD CONSTRAINT uploads_state_check CHECK (state IN ('receiving', 'loaded', 'failed'));

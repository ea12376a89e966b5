-- Uploads at full depth: what a failed row held, what a meeting was before a change, sellers whose spelling differs,
-- loading without checking every key five times, and taking an upload back.

-- ---- uploads ----

ALTER TABLE uploads DROP CONSTRAINT uploads_state_check;
ALTER TABLE uploads ADD CONSTRAINT uploads_state_check CHECK (state IN ('receiving', 'loading', 'loaded', 'failed'));
ALTER TABLE uploads ADD COLUMN expected_bytes bigint CHECK (expected_bytes >= 0);
ALTER TABLE uploads ADD COLUMN progress_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE uploads ADD COLUMN header text[] NOT NULL DEFAULT '{}' CHECK (cardinality(header) <= 1024);
ALTER TABLE uploads ADD COLUMN last_meeting_id uuid;
COMMENT ON COLUMN uploads.progress_at IS 'When its process was last heard of; one that fell silent was interrupted.';
COMMENT ON COLUMN uploads.header IS 'The first line of the file, in its order: what failed rows are written under.';
COMMENT ON COLUMN uploads.last_meeting_id IS 'Its meetings have ids from upload_id to this one: they are found along the primary key.';

-- Found by their ids now (above): one index less to write for each row.
DROP INDEX meetings_by_upload;

CREATE TABLE upload_failed_rows (
    tenant_id uuid    NOT NULL,
    upload_id uuid    NOT NULL,
    row_no    bigint  NOT NULL CHECK (row_no > 0),
    line      bigint  NOT NULL CHECK (line > 0),
    cells     text[]  NOT NULL CHECK (cardinality(cells) <= 1024),
    cut       boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, upload_id, row_no),
    FOREIGN KEY (tenant_id, upload_id) REFERENCES uploads ON DELETE CASCADE
);
COMMENT ON COLUMN upload_failed_rows.cut IS 'Too large to be kept whole.';
COMMENT ON TABLE upload_failed_rows IS 'Rows that failed, as they were sent. [personal: yes] [retention: 90 days]';
ALTER TABLE upload_failed_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload_failed_rows FORCE ROW LEVEL SECURITY;
CREATE POLICY upload_failed_rows_tenant ON upload_failed_rows USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON upload_failed_rows TO cm_app;

-- ---- what a meeting was ----

CREATE TABLE meeting_revisions (
    tenant_id    uuid        NOT NULL,
    meeting_id   uuid        NOT NULL,
    version      bigint      NOT NULL CHECK (version > 0),
    upload_id    uuid,
    changed_by   uuid,
    client_name  text        NOT NULL CHECK (char_length(client_name) <= 200),
    email        text        NOT NULL CHECK (char_length(email) <= 254),
    phone        text        NOT NULL CHECK (char_length(phone) <= 40),
    meeting_date date        NOT NULL,
    sales_rep    text        NOT NULL CHECK (char_length(sales_rep) <= 200),
    closed       boolean     NOT NULL,
    identity     uuid        NOT NULL,
    content      uuid        NOT NULL,
    transcript   text        CHECK (octet_length(transcript) <= 1048576),
    body_hash    uuid        NOT NULL,
    replaced_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, meeting_id, version),
    FOREIGN KEY (tenant_id, meeting_id) REFERENCES subjects ON DELETE CASCADE
);
CREATE INDEX meeting_revisions_upload ON meeting_revisions (tenant_id, upload_id) WHERE upload_id IS NOT NULL;
-- Identities that edits left behind: a file that names a meeting as it was called finds it. Edits alone, so that an upload
-- that changes 200,000 meetings does not write here.
CREATE INDEX meeting_revisions_edited ON meeting_revisions (tenant_id, identity) WHERE upload_id IS NULL;
COMMENT ON COLUMN meeting_revisions.version IS 'The version that ended: the one after it has the change.';
COMMENT ON COLUMN meeting_revisions.upload_id IS 'The upload that changed it; NULL for an edit. No key: the trace outlives the upload.';
COMMENT ON COLUMN meeting_revisions.transcript IS 'NULL: the change left the words alone.';
COMMENT ON TABLE meeting_revisions IS 'What a meeting was before a change. [personal: yes] [retention: with the subject]';
ALTER TABLE meeting_revisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE meeting_revisions FORCE ROW LEVEL SECURITY;
CREATE POLICY meeting_revisions_tenant ON meeting_revisions USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
GRANT SELECT, INSERT, DELETE ON meeting_revisions TO cm_app;

-- ---- one seller, however spelt ----

-- "TORO", " toro " and "Toró" are one: the first spelling known stays. `folded` is the program's own folding
-- (core/base/unicode.h); here, for what is there already, as near as the database comes to it.
ALTER TABLE value_codes ADD COLUMN folded text CHECK (char_length(folded) <= 400);
GRANT SELECT, UPDATE, DELETE ON value_codes TO cm_system;
GRANT SELECT, UPDATE ON meetings TO cm_system;
SET LOCAL ROLE cm_system;
UPDATE value_codes
   SET folded = btrim(regexp_replace(regexp_replace(normalize(lower(value), NFD), '[\u0300-\u036f]', '', 'g'), '\s+', ' ', 'g'));
UPDATE meeting_facts f
   SET sales_rep = first.code
  FROM value_codes v
  JOIN (SELECT tenant_id, field, folded, min(code) AS code FROM value_codes GROUP BY tenant_id, field, folded) first
    ON first.tenant_id = v.tenant_id AND first.field = v.field AND first.folded = v.folded
 WHERE f.tenant_id = v.tenant_id AND f.sales_rep = v.code AND v.field = 'sales_rep' AND v.code <> first.code;
DELETE FROM value_codes v
 WHERE EXISTS (SELECT FROM value_codes o
                WHERE o.tenant_id = v.tenant_id AND o.field = v.field AND o.folded = v.folded AND o.code < v.code);
-- Lists show the meeting's own spelling, charts the code's: one. What an upload compares (identity, content) is of the
-- row that was sent and stays.
UPDATE meetings m
   SET sales_rep = v.value
  FROM meeting_facts f
  JOIN value_codes v ON v.tenant_id = f.tenant_id AND v.field = 'sales_rep' AND v.code = f.sales_rep
 WHERE f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id AND m.sales_rep <> v.value;
RESET ROLE;
REVOKE UPDATE ON meetings FROM cm_system;
ALTER TABLE value_codes ALTER COLUMN folded SET NOT NULL;
ALTER TABLE value_codes ADD CONSTRAINT value_codes_folded UNIQUE (tenant_id, field, folded);
COMMENT ON COLUMN value_codes.folded IS 'Without case, accents and runs of blanks: spellings that fold alike are one value.';

-- ---- loading ----

-- What a function of cm_system reads of its caller's is a plain table of PostgreSQL's own types: the functions of a view,
-- or of a cast, would run as cm_system.
CREATE FUNCTION app_must_be_plain(p_table text) RETURNS void
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(p_table) AND c.relkind = 'r' AND NOT c.relhassubclass)
       OR EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
                   WHERE a.attrelid = to_regclass(p_table) AND a.attnum > 0 AND y.typnamespace <> 'pg_catalog'::regnamespace) THEN
        RAISE EXCEPTION '% is no plain table', p_table USING ERRCODE = 'wrong_object_type';
    END IF;
END
$$;

-- Stores what is new of an upload: pg_temp.upload_stage of the session, which the caller filled and granted.
--
-- Five foreign keys a row, each a look-up with a lock on the parent, took as long as all the rest together. Here they
-- prove themselves: parent and children are written from the same rows, the upload is looked at once, and the tenant is
-- the entered one. So their triggers rest for this function where the server lets us (PostgreSQL 15 and the grant of
-- bootstrap); elsewhere it works the slow way. Every other constraint holds as ever.
CREATE FUNCTION app_upload_store(p_upload uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenant uuid := app_tenant();
    v_trust  boolean := has_parameter_privilege('session_replication_role', 'SET');
    v_rows   bigint;
    v_named  bigint; -- that found their seller
BEGIN
    PERFORM app_must_be_plain('pg_temp.upload_stage');
    PERFORM FROM uploads u WHERE u.tenant_id = v_tenant AND u.upload_id = p_upload AND u.state = 'loading';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no upload is being loaded' USING ERRCODE = 'CM403';
    END IF;
    IF v_trust THEN
        SET LOCAL session_replication_role = replica;
    END IF;

    INSERT INTO subjects (tenant_id, subject_id, dataset, occurred_at)
    SELECT v_tenant, s.meeting_id, 'meetings', s.meeting_date::timestamptz FROM pg_temp.upload_stage s;
    GET DIAGNOSTICS v_rows = ROW_COUNT;

    INSERT INTO transcripts (tenant_id, subject_id, body, body_hash)
    SELECT v_tenant, s.meeting_id, s.transcript, s.body_hash FROM pg_temp.upload_stage s;

    INSERT INTO meetings (tenant_id, meeting_id, upload_id, identity, ordinal, content, client_name, email, phone, meeting_date,
                          sales_rep, closed)
    SELECT v_tenant, s.meeting_id, p_upload, s.identity, s.ordinal, s.content, s.client_name, s.email, s.phone, s.meeting_date,
           v.value, s.closed
      FROM pg_temp.upload_stage s
      JOIN value_codes v ON v.tenant_id = v_tenant AND v.field = 'sales_rep' AND v.folded = s.seller;
    GET DIAGNOSTICS v_named = ROW_COUNT;
    IF v_named <> v_rows THEN
        RAISE EXCEPTION '% of % rows have a seller without a code', v_rows - v_named, v_rows;
    END IF;

    INSERT INTO meeting_facts (tenant_id, subject_id, meeting_date, sales_rep, closed)
    SELECT v_tenant, s.meeting_id, s.meeting_date, v.code, s.closed
      FROM pg_temp.upload_stage s
      JOIN value_codes v ON v.tenant_id = v_tenant AND v.field = 'sales_rep' AND v.folded = s.seller;

    IF v_trust THEN
        SET LOCAL session_replication_role = origin;
    END IF;
    RETURN v_rows;
END
$$;
GRANT SELECT ON uploads TO cm_system;
GRANT SELECT, INSERT, DELETE ON subjects, transcripts, meetings, meeting_facts TO cm_system;
GRANT USAGE ON SEQUENCE value_code_seq TO cm_system;

-- ---- taking away ----

-- Deletes the subjects of pg_temp.doomed(subject_id) with all that hangs on them, table by table: the cascades would look
-- up each of nine tables for each row. Says what went. Every table with a foreign key to subjects must be here; a test
-- compares with the catalogue.
--
-- Readers lock a transcript, then (by their foreign keys) its subject: taken in that order here, they are waited for, what
-- they commit is seen by the statements after, and what comes later finds its subject gone.
CREATE FUNCTION app_subjects_delete() RETURNS TABLE (what text, n bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenant uuid := app_tenant();
    v_table  text;
    v_trust  boolean := has_parameter_privilege('session_replication_role', 'SET');
BEGIN
    IF v_tenant IS NULL THEN
        RAISE EXCEPTION 'no tenant' USING ERRCODE = 'CM403';
    END IF;
    PERFORM app_must_be_plain('pg_temp.doomed');
    PERFORM FROM transcripts t JOIN pg_temp.doomed d ON d.subject_id = t.subject_id
      WHERE t.tenant_id = v_tenant ORDER BY t.subject_id FOR UPDATE OF t;
    PERFORM FROM subjects s JOIN pg_temp.doomed d ON d.subject_id = s.subject_id
      WHERE s.tenant_id = v_tenant ORDER BY s.subject_id FOR UPDATE OF s;
    IF v_trust THEN
        SET LOCAL session_replication_role = replica;
    END IF;
    what := 'evidence'; -- it has no index by subject
    DELETE FROM evidence e USING llm_analyses a, pg_temp.doomed d
     WHERE a.tenant_id = v_tenant AND a.subject_id = d.subject_id AND e.tenant_id = v_tenant AND e.analysis_id = a.analysis_id;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN NEXT;
    FOREACH v_table IN ARRAY ARRAY['llm_analyses', 'corrections', 'subject_phrases', 'custom_facts', 'embeddings',
                                   'meeting_revisions', 'meeting_facts', 'meetings', 'transcripts', 'subjects'] LOOP
        what := v_table;
        EXECUTE format('DELETE FROM %I x USING pg_temp.doomed d WHERE x.tenant_id = $1 AND x.%I = d.subject_id', v_table,
                       CASE WHEN v_table IN ('meetings', 'meeting_revisions') THEN 'meeting_id' ELSE 'subject_id' END)
          USING v_tenant;
        GET DIAGNOSTICS n = ROW_COUNT;
        RETURN NEXT;
    END LOOP;
    IF v_trust THEN
        SET LOCAL session_replication_role = origin;
    END IF;
END
$$;
GRANT SELECT, DELETE, UPDATE ON transcripts, subjects TO cm_system; -- UPDATE: FOR UPDATE asks for it
GRANT SELECT, DELETE ON evidence, llm_analyses, corrections, subject_phrases, custom_facts, embeddings, meeting_revisions TO cm_system;

ALTER FUNCTION app_upload_store(uuid)  OWNER TO cm_system;
ALTER FUNCTION app_subjects_delete()   OWNER TO cm_system;
SET LOCAL ROLE cm_system;
REVOKE ALL ON FUNCTION app_upload_store(uuid), app_subjects_delete() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_upload_store(uuid), app_subjects_delete() TO cm_app;
RESET ROLE;

-- ---- what is kept only for a time ----

GRANT SELECT, DELETE ON upload_failed_rows TO cm_system;
SET LOCAL ROLE cm_system;
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

    kind := 'upload_failed_rows';
    DELETE FROM upload_failed_rows e WHERE (e.tenant_id, e.upload_id, e.row_no) IN (
        SELECT x.tenant_id, x.upload_id, x.row_no
          FROM upload_failed_rows x JOIN uploads u ON u.tenant_id = x.tenant_id AND u.upload_id = x.upload_id
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

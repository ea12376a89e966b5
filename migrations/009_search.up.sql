-- The words of a subject, for full text search; labels; what lists and bulk work need.
--
-- The program cuts texts into words and folds them (core/base/unicode: lower case, no accents), for the row as for the
-- question, so the parser here only sees letters and digits. Words are kept twice: as they are, with their places (for
-- phrases and for the beginning of a word), and as stems, without (for everything else). No word is left out: stop words
-- are few bytes in the index, and a question of nothing else must find something.
CREATE TEXT SEARCH DICTIONARY app_spanish_stem (TEMPLATE = snowball, Language = spanish);
CREATE TEXT SEARCH DICTIONARY app_english_stem (TEMPLATE = snowball, Language = english);
CREATE TEXT SEARCH CONFIGURATION app_words (COPY = pg_catalog.simple);
CREATE TEXT SEARCH CONFIGURATION app_spanish (COPY = pg_catalog.simple);
CREATE TEXT SEARCH CONFIGURATION app_english (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION app_spanish ALTER MAPPING FOR asciiword, word WITH app_spanish_stem;
ALTER TEXT SEARCH CONFIGURATION app_english ALTER MAPPING FOR asciiword, word WITH app_english_stem;

CREATE TABLE subject_search (
    tenant_id  uuid     NOT NULL,
    subject_id uuid     NOT NULL,
    language   text     NOT NULL CHECK (language IN ('es', 'en')),
    words      tsvector NOT NULL,
    PRIMARY KEY (tenant_id, subject_id),
    FOREIGN KEY (tenant_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
COMMENT ON COLUMN subject_search.language IS 'Whose stems the words have.';
COMMENT ON TABLE subject_search IS 'Words of a subject, folded, for full text search. [personal: yes] [retention: with the subject]';
-- The tenant is in the index (btree_gin), so that a word of other tenants costs nothing. New rows wait in a short list, which
-- each search goes through: measured, 0.2 ms a row of 200 words against 0.6 without a list, and at most 1.5 ms a search.
CREATE INDEX subject_search_words ON subject_search USING gin (tenant_id, words) WITH (fastupdate = on, gin_pending_list_limit = 512);
ALTER TABLE subject_search ENABLE ROW LEVEL SECURITY;
ALTER TABLE subject_search FORCE ROW LEVEL SECURITY;
CREATE POLICY subject_search_tenant ON subject_search USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON subject_search TO cm_app;
GRANT SELECT ON subject_search TO cm_system;

-- Whose words fit. A row level policy keeps cm_app from using the index, since @@ is not leakproof; this function is
-- cm_system's, and the only tenant it can be asked about is the one that was entered. ROWS: better to scan a tenant's facts
-- for a rare word (4 ms of 10,000) than to look up each of 10,000 of a common one (20 ms).
CREATE FUNCTION app_search(p_query tsquery) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10000
    SET search_path = pg_catalog, public, pg_temp
    SET plan_cache_mode = force_custom_plan -- how many rows a word has decides the plan
    SET enable_indexscan = off              -- the primary key would read, and unpack, the words of every row
AS $$
BEGIN
    RETURN QUERY SELECT s.subject_id FROM subject_search s WHERE s.tenant_id = app_tenant() AND s.words @@ p_query;
END
$$;
ALTER FUNCTION app_search(tsquery) OWNER TO cm_system;
SET LOCAL ROLE cm_system;
REVOKE ALL ON FUNCTION app_search(tsquery) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_search(tsquery) TO cm_app;
RESET ROLE;

-- A subject that was not read yet has no row here and is looked through as it is: these find it, letters as the program
-- folds them (lower case, no accents), signs as blanks.
CREATE FUNCTION app_fold(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT translate(lower(p_text), E'áàâäãåāéèêëēíìîïīóòôöõōúùûüūñçý.,;:!?¡¿()[]"''«»“”‘’-_/@+*=\n\r\t\u00A0',
                                          'aaaaaaaeeeeeiiiiioooooouuuuuncy' || repeat(' ', 31)) $$;
CREATE INDEX meeting_facts_unread ON meeting_facts (tenant_id, subject_id) WHERE state <> 1;

-- What was read before there was a search is read again; until then it counts as not read.
SET LOCAL ROLE cm_system;
INSERT INTO jobs (tenant_id, job_id, kind, subject_id, unique_key, priority)
SELECT f.tenant_id, app_job_id(row_number() OVER (ORDER BY f.subject_id)), 'meeting.read', f.subject_id, f.subject_id::text, 200 FROM meeting_facts f WHERE f.state = 1
ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;
UPDATE meeting_facts SET state = 0 WHERE state = 1;
RESET ROLE;

-- What hangs on subjects grew by one table.
GRANT DELETE ON subject_search TO cm_system;
SET LOCAL ROLE cm_system;
CREATE OR REPLACE FUNCTION app_subjects_delete() RETURNS TABLE (what text, n bigint)
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
    -- what was done with them counts no longer, and what was given up cannot be tried again
    DELETE FROM job_archive a USING pg_temp.doomed d
     WHERE a.tenant_id = v_tenant AND a.subject_id = d.subject_id AND a.state IN ('completed', 'failed');
    FOREACH v_table IN ARRAY ARRAY['llm_analyses', 'corrections', 'subject_phrases', 'custom_facts', 'embeddings', 'subject_search',
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
RESET ROLE;

-- Loses the words for search (reading again makes them) and the labels' field; labels stay as phrases.
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
RESET ROLE;

DROP INDEX meeting_facts_unread;
DROP FUNCTION app_fold(text);
DROP FUNCTION app_search(tsquery);
DROP TABLE subject_search;
DROP TEXT SEARCH CONFIGURATION app_english;
DROP TEXT SEARCH CONFIGURATION app_spanish;
DROP TEXT SEARCH CONFIGURATION app_words;
DROP TEXT SEARCH DICTIONARY app_english_stem;
DROP TEXT SEARCH DICTIONARY app_spanish_stem;

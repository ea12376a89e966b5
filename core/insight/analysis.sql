-- SPDX-License-Identifier: MIT

-- name: TRANSCRIPT_GET args: tenant uuid, subject uuid
-- FOR SHARE: an upload that is changing the words is waited for, and then its words are read.
SELECT body, body_hash FROM transcripts WHERE tenant_id = $1 AND subject_id = $2 FOR SHARE;

-- name: TRANSCRIPTS_GET args: tenant uuid, subjects uuid[]
SELECT subject_id, body, body_hash FROM transcripts WHERE tenant_id = $1 AND subject_id = ANY ($2);

-- name: TRANSCRIPTS_LOCK args: tenant uuid, subjects uuid[]
-- As TRANSCRIPT_GET, in the order in which all lock them.
SELECT subject_id, body, body_hash FROM transcripts WHERE tenant_id = $1 AND subject_id = ANY ($2) ORDER BY subject_id FOR SHARE;

-- name: ANALYSIS_INSERT args: tenant uuid, analysis uuid, subject uuid, provider text, model text, prompt_version text, body_hash uuid, answer jsonb
INSERT INTO llm_analyses (tenant_id, analysis_id, subject_id, provider, model, prompt_version, body_hash, answer)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: EVIDENCE_INSERT args: tenant uuid, analysis uuid, subject uuid, rows jsonb
-- rows: [{"field","ordinal","item","status","start","end"}]
INSERT INTO evidence (tenant_id, analysis_id, subject_id, field, ordinal, item, status, start_at, end_at)
SELECT $1, $2, $3, e.field, e.ordinal, e.item, e.status, e.start, e."end"
  FROM jsonb_to_recordset($4) AS e(field text, ordinal smallint, item text, status text, start integer, "end" integer)
ON CONFLICT DO NOTHING;

-- name: PHRASES_CLEAR args: tenant uuid, subject uuid
-- Labels are people's, no reading gave them and none takes them away.
DELETE FROM subject_phrases WHERE tenant_id = $1 AND subject_id = $2 AND field <> 'labels';

-- name: PHRASES_INSERT args: tenant uuid, subject uuid, rows jsonb
INSERT INTO subject_phrases (tenant_id, subject_id, field, ordinal, phrase)
SELECT $1, $2, p.field, p.ordinal, p.phrase
  FROM jsonb_to_recordset($3) AS p(field text, ordinal smallint, phrase text)
ON CONFLICT DO NOTHING;

-- name: ANALYSIS_LATEST args: tenant uuid, subject uuid
SELECT analysis_id, provider, model, prompt_version, answer,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  FROM llm_analyses WHERE tenant_id = $1 AND subject_id = $2
 ORDER BY analysis_id DESC LIMIT 1;

-- name: EVIDENCE_LIST args: tenant uuid, analysis uuid
-- Offsets are of the words that were read: once other words are there, and until they are read, there are none.
SELECT e.field, e.ordinal, e.item, e.status, CASE WHEN a.body_hash = t.body_hash THEN e.start_at END,
       CASE WHEN a.body_hash = t.body_hash THEN e.end_at END,
       CASE WHEN e.start_at IS NOT NULL AND a.body_hash = t.body_hash
            THEN convert_from(substring(convert_to(t.body, 'UTF8') FROM e.start_at + 1 FOR e.end_at - e.start_at), 'UTF8') END
  FROM evidence e
  JOIN llm_analyses a ON a.tenant_id = e.tenant_id AND a.analysis_id = e.analysis_id
  JOIN transcripts t ON t.tenant_id = e.tenant_id AND t.subject_id = e.subject_id
 WHERE e.tenant_id = $1 AND e.analysis_id = $2
 ORDER BY e.field, e.ordinal LIMIT 1000;

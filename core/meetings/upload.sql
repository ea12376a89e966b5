-- SPDX-License-Identifier: MIT

-- name: UPLOAD_BEGIN args: tenant uuid, upload uuid, filename text, uploaded_by uuid
INSERT INTO uploads (tenant_id, upload_id, filename, uploaded_by) VALUES ($1, $2, $3, $4);

-- name: UPLOAD_FAIL args: tenant uuid, upload uuid, failure text, bytes bigint
UPDATE uploads SET state = 'failed', failure = $3, bytes = $4, finished_at = now()
 WHERE tenant_id = $1 AND upload_id = $2 AND state = 'receiving';

-- name: UPLOAD_LOCK args: tenant uuid
-- Loads of one tenant go one after the other: both would find the same meetings new.
SELECT pg_advisory_xact_lock(hashtextextended('upload ' || $1::uuid::text, 0));

-- name: UPLOAD_STAGE_CREATE args: none
CREATE TEMPORARY TABLE upload_stage (
    row_no bigint NOT NULL, meeting_id uuid NOT NULL, job_id uuid NOT NULL, identity uuid NOT NULL, content uuid NOT NULL,
    body_hash uuid NOT NULL, client_name text NOT NULL, email text NOT NULL, phone text NOT NULL, meeting_date date NOT NULL,
    sales_rep text NOT NULL, closed boolean NOT NULL, transcript text NOT NULL
) ON COMMIT DROP;

-- name: UPLOAD_PLAN_CREATE args: none
CREATE TEMPORARY TABLE upload_plan (
    row_no bigint NOT NULL, action text NOT NULL, last boolean NOT NULL, existing uuid, changed boolean NOT NULL,
    reread boolean NOT NULL
) ON COMMIT DROP;

-- name: UPLOAD_STAGE_COPY args: none
COPY upload_stage FROM STDIN;

-- name: UPLOAD_STAGE_ANALYZE args: none
ANALYZE upload_stage (row_no, identity, sales_rep);

-- name: UPLOAD_PLAN_FILL args: tenant uuid
-- What each row means, one after the other within its identity; the last one of an identity is what is stored.
INSERT INTO upload_plan (row_no, action, last, existing, changed, reread)
SELECT s.row_no,
       CASE WHEN s.previous IS NULL AND m.meeting_id IS NULL THEN 'created'
            WHEN s.content = coalesce(s.previous, m.content) THEN 'duplicate'
            ELSE 'updated' END,
       s.last, m.meeting_id, m.content IS DISTINCT FROM s.content,
       t.body_hash IS DISTINCT FROM s.body_hash OR f.state = 2 -- reading it failed: sending it again tries again
  FROM (SELECT row_no, identity, content, body_hash,
               lag(content) OVER by_identity AS previous,
               lead(row_no) OVER by_identity IS NULL AS last
          FROM upload_stage WINDOW by_identity AS (PARTITION BY identity ORDER BY row_no)) s
  LEFT JOIN meetings m ON m.tenant_id = $1 AND m.identity = s.identity AND m.ordinal = 0
  LEFT JOIN transcripts t ON t.tenant_id = $1 AND t.subject_id = m.meeting_id
  LEFT JOIN meeting_facts f ON f.tenant_id = $1 AND f.subject_id = m.meeting_id;

-- name: UPLOAD_PLAN_ANALYZE args: none
-- Unknown to the planner, it would be joined row by row: 7.7 s for 8,000 rows.
ANALYZE upload_plan (row_no, last, existing, changed, reread);

-- name: UPLOAD_PLAN_COUNT args: none
SELECT count(*) FILTER (WHERE action = 'created'), count(*) FILTER (WHERE action = 'updated'),
       count(*) FILTER (WHERE action = 'duplicate'),
       count(*) FILTER (WHERE last AND existing IS NULL), count(*) FILTER (WHERE last AND (changed OR reread) AND existing IS NOT NULL)
  FROM upload_plan;

-- name: UPLOAD_CODES args: tenant uuid
INSERT INTO value_codes (tenant_id, field, value, code)
SELECT $1, 'sales_rep', n.sales_rep, nextval('value_code_seq')
  FROM (SELECT DISTINCT s.sales_rep FROM upload_stage s
         WHERE NOT EXISTS (SELECT FROM value_codes v
                            WHERE v.tenant_id = $1 AND v.field = 'sales_rep' AND v.value = s.sales_rep)) n
ON CONFLICT (tenant_id, field, value) DO NOTHING;

-- name: UPLOAD_NEW_SUBJECTS args: tenant uuid
INSERT INTO subjects (tenant_id, subject_id, dataset, occurred_at)
SELECT $1, s.meeting_id, 'meetings', s.meeting_date::timestamptz
  FROM upload_stage s JOIN upload_plan p ON p.row_no = s.row_no
 WHERE p.last AND p.existing IS NULL;

-- name: UPLOAD_NEW_TRANSCRIPTS args: tenant uuid
INSERT INTO transcripts (tenant_id, subject_id, body, body_hash)
SELECT $1, s.meeting_id, s.transcript, s.body_hash
  FROM upload_stage s JOIN upload_plan p ON p.row_no = s.row_no
 WHERE p.last AND p.existing IS NULL;

-- name: UPLOAD_NEW_MEETINGS args: tenant uuid, upload uuid
INSERT INTO meetings (tenant_id, meeting_id, upload_id, identity, content, client_name, email, phone, meeting_date, sales_rep, closed)
SELECT $1, s.meeting_id, $2, s.identity, s.content, s.client_name, s.email, s.phone, s.meeting_date, s.sales_rep, s.closed
  FROM upload_stage s JOIN upload_plan p ON p.row_no = s.row_no
 WHERE p.last AND p.existing IS NULL;

-- name: UPLOAD_NEW_FACTS args: tenant uuid
INSERT INTO meeting_facts (tenant_id, subject_id, meeting_date, sales_rep, closed)
SELECT $1, s.meeting_id, s.meeting_date, v.code, s.closed
  FROM upload_stage s
  JOIN upload_plan p ON p.row_no = s.row_no
  JOIN value_codes v ON v.tenant_id = $1 AND v.field = 'sales_rep' AND v.value = s.sales_rep
 WHERE p.last AND p.existing IS NULL;

-- name: UPLOAD_CHANGED_MEETINGS args: tenant uuid
UPDATE meetings m
   SET content = s.content, client_name = s.client_name, email = s.email, phone = s.phone, sales_rep = s.sales_rep,
       closed = s.closed, version = m.version + 1, updated_at = now()
  FROM upload_stage s JOIN upload_plan p ON p.row_no = s.row_no
 WHERE m.tenant_id = $1 AND m.meeting_id = p.existing AND p.last AND p.changed;

-- name: UPLOAD_CHANGED_FACTS args: tenant uuid
-- The values that were read stay until the new transcript is read; only then do they change.
UPDATE meeting_facts f
   SET closed = s.closed, sales_rep = v.code, state = CASE WHEN p.reread THEN 0 ELSE f.state END
  FROM upload_stage s
  JOIN upload_plan p ON p.row_no = s.row_no
  JOIN value_codes v ON v.tenant_id = $1 AND v.field = 'sales_rep' AND v.value = s.sales_rep
 WHERE f.tenant_id = $1 AND f.subject_id = p.existing AND p.last AND (p.changed OR p.reread);

-- name: UPLOAD_CHANGED_TRANSCRIPTS args: tenant uuid
UPDATE transcripts t SET body = s.transcript, body_hash = s.body_hash
  FROM upload_stage s JOIN upload_plan p ON p.row_no = s.row_no
 WHERE t.tenant_id = $1 AND t.subject_id = p.existing AND p.last AND p.changed AND p.reread;

-- name: UPLOAD_JOBS args: tenant uuid
-- A job that waits for the same meeting already will read the new words too: it locks them (TRANSCRIPT_GET).
INSERT INTO jobs (tenant_id, job_id, kind, subject_id, unique_key)
SELECT $1, s.job_id, 'meeting.read', coalesce(p.existing, s.meeting_id), coalesce(p.existing, s.meeting_id)::text
  FROM upload_stage s JOIN upload_plan p ON p.row_no = s.row_no
 WHERE p.last AND p.reread
ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;

-- name: UPLOAD_ERRORS_INSERT args: tenant uuid, upload uuid, rows jsonb
INSERT INTO upload_errors (tenant_id, upload_id, row_no, ordinal, line, column_name, value, code, params)
SELECT $1, $2, e.row_no, e.ordinal, e.line, e."column", e.value, e.code, coalesce(e.params, '{}')
  FROM jsonb_to_recordset($3) AS e(row_no bigint, ordinal smallint, line bigint, "column" text, value text, code text, params jsonb)
ON CONFLICT DO NOTHING;

-- name: UPLOAD_FINISH args: tenant uuid, upload uuid, bytes bigint, sha256 bytea, rows bigint, created bigint, updated bigint, duplicate bigint, invalid bigint, skipped bigint, jobs bigint, settings jsonb
UPDATE uploads
   SET state = 'loaded', bytes = $3, sha256 = $4, row_count = $5, created = $6, updated = $7, duplicate = $8, invalid = $9,
       skipped = $10, jobs_created = $11, settings = $12, finished_at = now()
 WHERE tenant_id = $1 AND upload_id = $2 AND state = 'receiving';

-- name: UPLOAD_LIST args: tenant uuid, stale_ms bigint, before uuid, limit bigint
-- A row still "receiving" after the longest an upload may take belongs to a process that died.
SELECT upload_id, filename, CASE WHEN state = 'receiving' AND created_at < now() - make_interval(secs => $2 / 1000.0) THEN 'failed' ELSE state END,
       CASE WHEN state = 'receiving' AND created_at < now() - make_interval(secs => $2 / 1000.0) THEN 'interrupted' ELSE failure END,
       row_count, created, updated, duplicate, invalid, skipped, jobs_created, bytes,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), uploaded_by
  FROM uploads
 WHERE tenant_id = $1 AND ($3::uuid IS NULL OR upload_id < $3)
 ORDER BY upload_id DESC LIMIT $4;

-- name: UPLOAD_GET args: tenant uuid, stale_ms bigint, upload uuid
SELECT upload_id, filename, CASE WHEN state = 'receiving' AND created_at < now() - make_interval(secs => $2 / 1000.0) THEN 'failed' ELSE state END,
       CASE WHEN state = 'receiving' AND created_at < now() - make_interval(secs => $2 / 1000.0) THEN 'interrupted' ELSE failure END,
       row_count, created, updated, duplicate, invalid, skipped, jobs_created, bytes,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), uploaded_by
  FROM uploads WHERE tenant_id = $1 AND upload_id = $3;

-- name: UPLOAD_PROGRESS args: tenant uuid, upload uuid
-- Of the meetings that came with this upload: waiting or being read, read, failed.
SELECT count(*) FILTER (WHERE f.state = 0 AND NOT EXISTS (
           SELECT FROM jobs j WHERE j.tenant_id = $1 AND j.subject_id = f.subject_id AND j.state = 'running')),
       count(*) FILTER (WHERE f.state = 0 AND EXISTS (
           SELECT FROM jobs j WHERE j.tenant_id = $1 AND j.subject_id = f.subject_id AND j.state = 'running')),
       count(*) FILTER (WHERE f.state = 1), count(*) FILTER (WHERE f.state = 2)
  FROM meetings m JOIN meeting_facts f ON f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id
 WHERE m.tenant_id = $1 AND m.upload_id = $2;

-- name: UPLOAD_ERROR_LIST args: tenant uuid, upload uuid, after_row bigint, after_ordinal bigint, limit bigint
SELECT row_no, ordinal, line, column_name, value, code, params
  FROM upload_errors
 WHERE tenant_id = $1 AND upload_id = $2 AND (row_no, ordinal) > ($3::bigint, $4::smallint)
 ORDER BY row_no, ordinal LIMIT $5;

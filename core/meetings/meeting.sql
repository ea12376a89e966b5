-- SPDX-License-Identifier: MIT

-- name: MEETING_ROWS args: tenant uuid, ids uuid[]
-- What a list shows of the records of a page (core/charts/records), in their order.
SELECT m.meeting_id, m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed,
       f.state, f.sector, f.company_size, f.discovery_channel, f.interaction_volume_daily,
       to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(m.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       (SELECT coalesce(json_agg(p.phrase ORDER BY p.ordinal), '[]') FROM subject_phrases p
         WHERE p.tenant_id = $1 AND p.subject_id = m.meeting_id AND p.field = 'labels')
  FROM unnest($2::uuid[]) WITH ORDINALITY AS i(id, place)
  JOIN meetings m ON m.tenant_id = $1 AND m.meeting_id = i.id
  JOIN meeting_facts f ON f.tenant_id = $1 AND f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id
 ORDER BY i.place;

-- name: MEETING_BEGINNINGS args: tenant uuid, ids uuid[], chars integer
-- Of transcripts, for the snippets of a search.
SELECT left(t.body, $3)
  FROM unnest($2::uuid[]) WITH ORDINALITY AS i(id, place)
  LEFT JOIN transcripts t ON t.tenant_id = $1 AND t.subject_id = i.id
 ORDER BY i.place;

-- name: MEETING_GET args: tenant uuid, meeting uuid
SELECT m.meeting_id, m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed,
       f.state, f.sector, f.company_size, f.discovery_channel, f.interaction_volume_daily,
       to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(m.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       (SELECT coalesce(json_agg(p.phrase ORDER BY p.ordinal), '[]') FROM subject_phrases p
         WHERE p.tenant_id = $1 AND p.subject_id = m.meeting_id AND p.field = 'labels'),
       m.upload_id, t.body, m.version
  FROM meetings m
  JOIN meeting_facts f ON f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id
  JOIN transcripts t ON t.tenant_id = m.tenant_id AND t.subject_id = m.meeting_id
 WHERE m.tenant_id = $1 AND m.meeting_id = $2;

-- name: MEETING_FILTER_OPTIONS args: tenant uuid
-- Of the facts only. Each list is bounded; sellers and labels by how often they occur.
(SELECT 'sales_rep' AS list, v.value AS name, NULL::integer AS code, g.n
   FROM (SELECT sales_rep, count(*) AS n FROM meeting_facts WHERE tenant_id = $1 GROUP BY sales_rep ORDER BY n DESC LIMIT 500) g
   JOIN value_codes v ON v.tenant_id = $1 AND v.field = 'sales_rep' AND v.code = g.sales_rep)
UNION ALL
(SELECT 'labels', p.phrase, NULL, count(*) FROM subject_phrases p
  WHERE p.tenant_id = $1 AND p.field = 'labels' GROUP BY p.phrase ORDER BY 4 DESC LIMIT 500)
UNION ALL
SELECT 'sector', NULL, sector, count(*) FROM meeting_facts WHERE tenant_id = $1 AND sector IS NOT NULL GROUP BY sector
UNION ALL
SELECT 'company_size', NULL, company_size, count(*) FROM meeting_facts WHERE tenant_id = $1 AND company_size IS NOT NULL GROUP BY company_size
UNION ALL
SELECT 'discovery_channel', NULL, discovery_channel, count(*) FROM meeting_facts
 WHERE tenant_id = $1 AND discovery_channel IS NOT NULL GROUP BY discovery_channel
UNION ALL
SELECT 'state', NULL, state, count(*) FROM meeting_facts WHERE tenant_id = $1 GROUP BY state
UNION ALL
SELECT 'date_min', min(meeting_date)::text, NULL, 0 FROM meeting_facts WHERE tenant_id = $1
UNION ALL
SELECT 'date_max', max(meeting_date)::text, NULL, 0 FROM meeting_facts WHERE tenant_id = $1;

-- name: MEETING_TEXTS args: tenant uuid, meeting uuid
SELECT m.client_name, m.sales_rep, m.email, m.phone, t.body
  FROM meetings m JOIN transcripts t ON t.tenant_id = m.tenant_id AND t.subject_id = m.meeting_id
 WHERE m.tenant_id = $1 AND m.meeting_id = $2;

-- name: MEETING_FACTS_READ args: tenant uuid, meeting uuid, analysis uuid, sector smallint, company_size smallint, discovery_channel smallint, volume integer, confidentiality boolean, multilingual boolean, real_time boolean, personalization smallint[], integrations smallint[], demand_peaks smallint[], query_types smallint[], tools_mentioned smallint[]
UPDATE meeting_facts
   SET state = 1, analysis_id = $3, sector = $4, company_size = $5, discovery_channel = $6, interaction_volume_daily = $7,
       requirements_confidentiality = $8, requirements_multilingual = $9, requirements_real_time = $10,
       requirements_personalization = $11, requirements_integrations = $12, demand_peaks = $13, query_types = $14,
       tools_mentioned = $15
 WHERE tenant_id = $1 AND subject_id = $2;

-- name: MEETING_FACTS_DEAD args: tenant uuid, meeting uuid
UPDATE meeting_facts SET state = 2 WHERE tenant_id = $1 AND subject_id = $2 AND state = 0;

-- ---- editing: a meeting, its transcript, its facts, as all lock them (README) ----

-- name: MEETING_LOCK args: tenant uuid, meeting uuid
SELECT m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed, t.body, m.version, m.identity, m.content, t.body_hash
  FROM meetings m JOIN transcripts t ON t.tenant_id = m.tenant_id AND t.subject_id = m.meeting_id
 WHERE m.tenant_id = $1 AND m.meeting_id = $2 FOR UPDATE;

-- name: MEETING_TWIN args: tenant uuid, meeting uuid, identity uuid
SELECT meeting_id FROM meetings WHERE tenant_id = $1 AND identity = $3 AND meeting_id <> $2 ORDER BY ordinal LIMIT 1;

-- name: MEETING_REVISION_ADD args: tenant uuid, meeting uuid, changed_by uuid, with_transcript boolean
-- What it is until now, before a change.
INSERT INTO meeting_revisions (tenant_id, meeting_id, version, upload_id, changed_by, client_name, email, phone, meeting_date,
                               sales_rep, closed, identity, content, transcript, body_hash)
SELECT m.tenant_id, m.meeting_id, m.version, NULL, $3, m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep,
       m.closed, m.identity, m.content, CASE WHEN $4 THEN t.body END, t.body_hash
  FROM meetings m JOIN transcripts t ON t.tenant_id = m.tenant_id AND t.subject_id = m.meeting_id
 WHERE m.tenant_id = $1 AND m.meeting_id = $2;

-- name: MEETING_UPDATE args: tenant uuid, meeting uuid, client_name text, email text, phone text, meeting_date date, seller text, closed boolean, identity uuid, content uuid
-- With another identity it is the first of its kind: MEETING_TWIN found none. The seller's spelling is the one known first.
UPDATE meetings m
   SET client_name = $3, email = $4, phone = $5, meeting_date = $6, sales_rep = v.value, closed = $8,
       ordinal = CASE WHEN m.identity = $9 THEN m.ordinal ELSE 0 END, identity = $9, content = $10,
       version = m.version + 1, updated_at = now()
  FROM value_codes v
 WHERE m.tenant_id = $1 AND m.meeting_id = $2 AND v.tenant_id = $1 AND v.field = 'sales_rep' AND v.folded = $7;

-- name: MEETING_TRANSCRIPT_UPDATE args: tenant uuid, meeting uuid, body text, body_hash uuid
UPDATE transcripts SET body = $3, body_hash = $4 WHERE tenant_id = $1 AND subject_id = $2;

-- name: MEETING_CODE_FOLD args: tenant uuid, sales_rep text, seller text
-- As UPLOAD_CODES_FOLD does it, for one.
UPDATE value_codes v SET folded = $3
 WHERE v.tenant_id = $1 AND v.field = 'sales_rep' AND v.value = $2
   AND NOT EXISTS (SELECT FROM value_codes o WHERE o.tenant_id = $1 AND o.field = 'sales_rep' AND o.folded = $3);

-- name: MEETING_CODE_ADD args: tenant uuid, sales_rep text, seller text
INSERT INTO value_codes (tenant_id, field, value, folded, code)
SELECT $1, 'sales_rep', $2, $3, nextval('value_code_seq')
 WHERE NOT EXISTS (SELECT FROM value_codes v WHERE v.tenant_id = $1 AND v.field = 'sales_rep' AND v.folded = $3)
ON CONFLICT DO NOTHING;

-- name: MEETING_FACTS_UPDATE args: tenant uuid, meeting uuid, meeting_date date, seller text, closed boolean, reread boolean
-- The values that were read stay until the new transcript is read; only then do they change.
UPDATE meeting_facts f
   SET meeting_date = $3, closed = $5, sales_rep = v.code, state = CASE WHEN $6 THEN 0 ELSE f.state END
  FROM value_codes v
 WHERE f.tenant_id = $1 AND f.subject_id = $2 AND v.tenant_id = $1 AND v.field = 'sales_rep' AND v.folded = $4;

-- name: MEETING_OCCURRED args: tenant uuid, meeting uuid, meeting_date date
UPDATE subjects SET occurred_at = $3::date::timestamptz
 WHERE tenant_id = $1 AND subject_id = $2 AND occurred_at <> $3::date::timestamptz;

-- name: MEETING_READ_AGAIN args: tenant uuid, job uuid, meeting uuid
INSERT INTO jobs (tenant_id, job_id, kind, subject_id, unique_key) VALUES ($1, $2, 'meeting.read', $3, $3::uuid::text)
ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;

-- ---- many: record_set holds their ids (core/charts/records) ----

-- name: MEETINGS_LOCK args: tenant uuid
WITH m AS MATERIALIZED (
    SELECT m.meeting_id FROM meetings m JOIN record_set r ON r.subject_id = m.meeting_id
     WHERE m.tenant_id = $1 ORDER BY m.meeting_id FOR NO KEY UPDATE OF m
)
SELECT count(*) FROM m;

-- name: MEETINGS_DOOM args: none
INSERT INTO doomed (subject_id) SELECT subject_id FROM record_set;

-- name: MEETINGS_UNREAD args: tenant uuid
UPDATE meeting_facts f SET state = 0 FROM record_set r WHERE f.tenant_id = $1 AND f.subject_id = r.subject_id;

-- name: MEETINGS_READ_AGAIN args: tenant uuid, batch uuid
INSERT INTO jobs (tenant_id, job_id, kind, subject_id, unique_key, batch_id)
SELECT $1, app_job_id(row_number() OVER (ORDER BY r.subject_id)), 'meeting.read', r.subject_id, r.subject_id::text, $2 FROM record_set r
ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;

-- name: MEETINGS_LABEL args: tenant uuid, add text[], remove text[]
-- All labels of each are taken off and written again, in order and numbered anew.
WITH old AS (
    DELETE FROM subject_phrases p USING record_set r
     WHERE p.tenant_id = $1 AND p.subject_id = r.subject_id AND p.field = 'labels'
    RETURNING p.subject_id, p.phrase, p.ordinal
), wanted AS (
    SELECT x.subject_id, x.phrase, min(x.place) AS place
      FROM (SELECT o.subject_id, o.phrase, o.ordinal::bigint AS place FROM old o WHERE o.phrase <> ALL ($3)
            UNION ALL
            SELECT r.subject_id, a.phrase, 100000 + a.place
              FROM record_set r CROSS JOIN unnest($2::text[]) WITH ORDINALITY AS a(phrase, place)) x
     GROUP BY x.subject_id, x.phrase
)
INSERT INTO subject_phrases (tenant_id, subject_id, field, ordinal, phrase)
SELECT $1, w.subject_id, 'labels', row_number() OVER (PARTITION BY w.subject_id ORDER BY w.place) - 1, w.phrase FROM wanted w;

-- name: MEETINGS_LABELS_MOST args: tenant uuid
SELECT coalesce(max(p.ordinal) + 1, 0) FROM subject_phrases p JOIN record_set r ON r.subject_id = p.subject_id
 WHERE p.tenant_id = $1 AND p.field = 'labels';

-- SPDX-License-Identifier: MIT

-- The page first, along the index, and only its rows joined and written out.
-- name: MEETING_LIST_DESC args: tenant uuid, before_date date, before uuid, limit bigint, offset bigint
SELECT m.meeting_id, m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed,
       f.state, f.sector, f.company_size, f.discovery_channel, f.interaction_volume_daily,
       to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(m.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  FROM (SELECT x.tenant_id, x.meeting_id, x.client_name, x.email, x.phone, x.meeting_date, x.sales_rep, x.closed, x.created_at, x.updated_at
          FROM meetings x
         WHERE x.tenant_id = $1 AND ($2::date IS NULL OR (x.meeting_date, x.meeting_id) < ($2::date, $3::uuid))
         ORDER BY x.meeting_date DESC, x.meeting_id DESC LIMIT $4 OFFSET $5) m
  JOIN meeting_facts f ON f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id
 ORDER BY m.meeting_date DESC, m.meeting_id DESC;

-- name: MEETING_LIST_ASC args: tenant uuid, after_date date, after uuid, limit bigint, offset bigint
SELECT m.meeting_id, m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed,
       f.state, f.sector, f.company_size, f.discovery_channel, f.interaction_volume_daily,
       to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(m.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  FROM (SELECT x.tenant_id, x.meeting_id, x.client_name, x.email, x.phone, x.meeting_date, x.sales_rep, x.closed, x.created_at, x.updated_at
          FROM meetings x
         WHERE x.tenant_id = $1 AND ($2::date IS NULL OR (x.meeting_date, x.meeting_id) > ($2::date, $3::uuid))
         ORDER BY x.meeting_date, x.meeting_id LIMIT $4 OFFSET $5) m
  JOIN meeting_facts f ON f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id
 ORDER BY m.meeting_date, m.meeting_id;

-- name: MEETING_COUNT args: tenant uuid
SELECT count(*) FROM meetings WHERE tenant_id = $1;

-- name: MEETING_GET args: tenant uuid, meeting uuid
SELECT m.meeting_id, m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed,
       f.state, f.sector, f.company_size, f.discovery_channel, f.interaction_volume_daily,
       to_char(m.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(m.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       m.upload_id, t.body, m.version
  FROM meetings m
  JOIN meeting_facts f ON f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id
  JOIN transcripts t ON t.tenant_id = m.tenant_id AND t.subject_id = m.meeting_id
 WHERE m.tenant_id = $1 AND m.meeting_id = $2;

-- name: MEETING_EXPORT args: tenant uuid
SELECT m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed, f.sector, f.company_size, f.discovery_channel,
       f.interaction_volume_daily, f.requirements_confidentiality, f.requirements_multilingual, f.requirements_real_time, t.body
  FROM meetings m
  JOIN meeting_facts f ON f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id
  JOIN transcripts t ON t.tenant_id = m.tenant_id AND t.subject_id = m.meeting_id
 WHERE m.tenant_id = $1 ORDER BY m.meeting_date, m.meeting_id;

-- name: MEETING_FACTS_READ args: tenant uuid, meeting uuid, analysis uuid, sector smallint, company_size smallint, discovery_channel smallint, volume integer, confidentiality boolean, multilingual boolean, real_time boolean, personalization smallint[], integrations smallint[], demand_peaks smallint[], query_types smallint[], tools_mentioned smallint[]
UPDATE meeting_facts
   SET state = 1, analysis_id = $3, sector = $4, company_size = $5, discovery_channel = $6, interaction_volume_daily = $7,
       requirements_confidentiality = $8, requirements_multilingual = $9, requirements_real_time = $10,
       requirements_personalization = $11, requirements_integrations = $12, demand_peaks = $13, query_types = $14,
       tools_mentioned = $15
 WHERE tenant_id = $1 AND subject_id = $2;

-- name: MEETING_FACTS_DEAD args: tenant uuid, meeting uuid
UPDATE meeting_facts SET state = 2 WHERE tenant_id = $1 AND subject_id = $2 AND state = 0;

-- SPDX-License-Identifier: MIT

-- ---- what crosses tenants: functions of cm_system ----

-- name: JOBS_CLAIM args: worker text, kinds text[], kind_caps integer[], tenant_cap integer, limit integer, lease_ms integer, lease uuid, from uuid, tenants uuid[], caps integer[], priorities smallint[], run_ats timestamptz[], jobs uuid[]
-- Rows without a job are tenants that a discovery found; cap -1 marks a suspect. By priority within a tenant.
SELECT tenant_id, cap, job_id, kind, subject_id, payload, attempts, max_attempts, priority, run_at
  FROM app_jobs_claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
 ORDER BY tenant_id, job_id IS NOT NULL, priority, run_at, job_id;

-- name: JOBS_RESCUE args: none
SELECT app_jobs_rescue();

-- name: JOBS_RELEASE args: lease uuid
SELECT app_jobs_release($1);

-- name: JOBS_HEARTBEAT args: lease uuid, lease_ms integer, tenants uuid[], jobs uuid[], doing uuid, done bigint, total bigint
SELECT job_id, cancel_requested FROM app_jobs_heartbeat($1, $2, $3, $4, $5, $6, $7);

-- name: JOBS_DEPTH args: none
SELECT state, n FROM app_jobs_depth();

-- name: JOBS_METRICS args: pages integer
SELECT kind, bucket, ready, running, oldest_s, completed, failed, canceled, retries, seconds_sum, seconds_p95, estimated::integer
  FROM app_jobs_metrics($1);

-- ---- the ends of jobs, in the transaction of their results ----

-- name: JOBS_FINISH args: tenant uuid, lease uuid, jobs uuid[], touch boolean
SELECT app_jobs_finish($1, $2, $3, $4);

-- name: JOB_PUT_BACK args: tenant uuid, job uuid, lease uuid, delay_ms bigint, state text, error_code text, error text
SELECT app_jobs_put_back($1, $2, $3, $4, $5, $6, $7);

-- name: JOB_EXCUSE args: tenant uuid, job uuid, lease uuid, most integer, error text
SELECT app_jobs_excuse($1, $2, $3, $4, $5);

-- name: JOB_PUT_OFF args: tenant uuid, job uuid, lease uuid, delay_ms bigint, error_code text, error text
SELECT app_jobs_put_off($1, $2, $3, $4, $5, $6);

-- ---- what a tenant asks for ----

-- name: QUEUE_NOTIFY args: none
SELECT pg_notify('cm_jobs', '');

-- name: QUEUE_ADD args: tenant uuid, job uuid, kind text, subject uuid, payload jsonb, unique_key text, priority smallint, delay_ms bigint, max_attempts smallint, batch uuid
WITH added AS (
    INSERT INTO jobs (tenant_id, job_id, kind, subject_id, payload, unique_key, priority, run_at, max_attempts, batch_id)
    VALUES ($1, $2, $3, $4, coalesce($5::jsonb, '{}'), $6, $7, now() + make_interval(secs => $8 / 1000.0), $9, $10)
    ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING
    RETURNING tenant_id, job_id, batch_id
), counted AS (
    UPDATE job_batches b SET total = b.total + 1, changed_at = statement_timestamp() FROM added a WHERE b.tenant_id = a.tenant_id AND b.batch_id = a.batch_id
)
SELECT job_id FROM added;

-- name: QUEUE_BATCH_BEGIN args: tenant uuid, batch uuid, kind text, total bigint
INSERT INTO job_batches (tenant_id, batch_id, kind, total, changed_at) VALUES ($1, $2, $3, $4, statement_timestamp());

-- name: QUEUE_CANCEL args: tenant uuid, jobs uuid[], batch uuid, subjects uuid[]
SELECT canceled, asked FROM app_jobs_cancel($1, $2, $3, $4);

-- name: QUEUE_RETRY args: tenant uuid, jobs uuid[], kind text, limit integer
SELECT waiting, looked_at FROM app_jobs_retry($1, $2, $3, $4);

-- name: QUEUE_FIND args: tenant uuid, job uuid
-- The state of one job, wherever it is.
SELECT state FROM jobs WHERE tenant_id = $1 AND job_id = $2
UNION ALL
SELECT state FROM job_archive WHERE tenant_id = $1 AND job_id = $2;

-- name: QUEUE_STATS args: tenant uuid
SELECT (SELECT count(*) FROM jobs WHERE tenant_id = $1 AND state = 'ready'),
       (SELECT count(*) FROM jobs WHERE tenant_id = $1 AND state = 'running'),
       (SELECT count(*) FROM job_archive WHERE tenant_id = $1)
       - (SELECT count(*) FROM job_archive WHERE tenant_id = $1 AND state IN ('failed', 'canceled') AND state <> 'completed'),
       (SELECT count(*) FROM job_archive WHERE tenant_id = $1 AND state = 'failed' AND state <> 'completed');

-- ---- lists: newest first by id, which is in the order of time; one statement for each way in, so that each has its index ----

-- name: QUEUE_LIST_OPEN args: tenant uuid, state text, kind text, batch uuid, before uuid, limit bigint
SELECT job_id, kind, state, subject_id, batch_id, attempts, max_attempts,
       to_char(run_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), NULL::text,
       NULL::text AS error_code, last_error AS error, progress_done, progress_total, cancel_requested
  FROM jobs
 WHERE tenant_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3) AND ($4::uuid IS NULL OR batch_id = $4)
   AND ($5::uuid IS NULL OR job_id < $5)
 ORDER BY job_id DESC LIMIT $6;

-- name: QUEUE_LIST_DONE args: tenant uuid, state text, kind text, batch uuid, before uuid, limit bigint
SELECT job_id, kind, state, subject_id, batch_id, attempts, max_attempts, NULL::text,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       error_code, error, NULL::bigint AS progress_done, NULL::bigint AS progress_total, false AS cancel_requested
  FROM job_archive
 WHERE tenant_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR kind = $3) AND ($4::uuid IS NULL OR batch_id = $4)
   AND ($5::uuid IS NULL OR job_id < $5)
 ORDER BY job_id DESC LIMIT $6;

-- name: QUEUE_LIST_LOST args: tenant uuid, state text, kind text, batch uuid, before uuid, limit bigint
-- Failed or canceled ones.
SELECT job_id, kind, state, subject_id, batch_id, attempts, max_attempts, NULL::text,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       error_code, error, NULL::bigint AS progress_done, NULL::bigint AS progress_total, false AS cancel_requested
  FROM job_archive
 WHERE tenant_id = $1 AND state = $2 AND state <> 'completed' AND ($3::text IS NULL OR kind = $3) AND ($4::uuid IS NULL OR batch_id = $4)
   AND ($5::uuid IS NULL OR job_id < $5)
 ORDER BY job_id DESC LIMIT $6;

-- name: QUEUE_LIST_SUBJECT args: tenant uuid, state text, kind text, batch uuid, before uuid, limit bigint, subject uuid
SELECT x.job_id, x.kind, x.state, x.subject_id, x.batch_id, x.attempts, x.max_attempts,
       to_char(x.run_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(x.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(x.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(x.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       x.error_code, x.error, x.progress_done, x.progress_total, x.cancel_requested
  FROM (SELECT job_id, kind, state, subject_id, batch_id, attempts, max_attempts, run_at, created_at, started_at, NULL::timestamptz AS finished_at,
               NULL::text AS error_code, last_error AS error, progress_done, progress_total, cancel_requested
          FROM jobs WHERE tenant_id = $1 AND subject_id = $7
        UNION ALL
        SELECT job_id, kind, state, subject_id, batch_id, attempts, max_attempts, NULL, created_at, started_at, finished_at,
               error_code, error, NULL, NULL, false
          FROM job_archive WHERE tenant_id = $1 AND subject_id = $7) x
 WHERE ($2::text IS NULL OR x.state = $2) AND ($3::text IS NULL OR x.kind = $3) AND ($4::uuid IS NULL OR x.batch_id = $4)
   AND ($5::uuid IS NULL OR x.job_id < $5)
 ORDER BY x.job_id DESC LIMIT $6;

-- name: QUEUE_GET args: tenant uuid, job uuid
SELECT job_id, kind, state, subject_id, batch_id, attempts, max_attempts,
       to_char(run_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), NULL::text,
       NULL::text AS error_code, last_error AS error, progress_done, progress_total, cancel_requested
  FROM jobs WHERE tenant_id = $1 AND job_id = $2
UNION ALL
SELECT job_id, kind, state, subject_id, batch_id, attempts, max_attempts, NULL::text,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       error_code, error, NULL, NULL, false
  FROM job_archive WHERE tenant_id = $1 AND job_id = $2;

-- ---- progress: what clients poll; nothing here looks at all waiting jobs ----

-- name: QUEUE_PULSE args: tenant uuid
-- All that tells whether anything changed: the newest change of a batch, the open batches' sums, the running jobs, and
-- the waiting jobs of no batch (at most 1,000 are counted).
SELECT (SELECT (extract(epoch FROM b.changed_at) * 1000000)::bigint FROM job_batches b WHERE b.tenant_id = $1 ORDER BY b.changed_at DESC LIMIT 1),
       o.total, o.completed, o.failed, o.canceled, r.n, r.in_batches, r.digest,
       (SELECT count(*) FROM (SELECT FROM jobs j WHERE j.tenant_id = $1 AND j.state = 'ready' AND j.max_attempts > 0 AND j.batch_id IS NULL LIMIT 1000) l)
  FROM (SELECT coalesce(sum(b.total), 0) AS total, coalesce(sum(b.completed), 0) AS completed, coalesce(sum(b.failed), 0) AS failed,
               coalesce(sum(b.canceled), 0) AS canceled
          FROM job_batches b WHERE b.tenant_id = $1 AND b.completed + b.failed + b.canceled < b.total) o,
       (SELECT count(*) AS n, count(j.batch_id) AS in_batches,
               coalesce(sum(uuid_hash_extended(j.job_id, coalesce(j.progress_done, -1) * 31 + coalesce(j.progress_total, -1)
                                                         + CASE WHEN j.cancel_requested THEN 7 ELSE 0 END)), 0) AS digest
          FROM jobs j WHERE j.tenant_id = $1 AND j.state = 'running') r;

-- name: QUEUE_BATCHES_SINCE args: tenant uuid, since_us bigint, limit bigint, grace_ms bigint
-- A change is visible at its commit, later than its time by as much as its transaction still lasts: so much grace, or it
-- would not be told until the next. Without a time: the open ones.
SELECT b.batch_id, b.kind, b.total, b.completed, b.failed, b.canceled,
       to_char(b.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(b.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  FROM job_batches b
 WHERE b.tenant_id = $1 AND b.changed_at > CASE WHEN $2::bigint IS NULL THEN '-infinity'
                                                ELSE to_timestamp($2 / 1000000.0) - make_interval(secs => $4 / 1000.0) END
   AND ($2 IS NOT NULL OR b.completed + b.failed + b.canceled < b.total)
 ORDER BY b.changed_at DESC LIMIT $3;

-- name: QUEUE_RUNNING args: tenant uuid, limit bigint
SELECT job_id, kind, subject_id, batch_id, progress_done, progress_total,
       to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), cancel_requested
  FROM jobs WHERE tenant_id = $1 AND state = 'running' ORDER BY job_id LIMIT $2;

-- ---- the operator's shell ----

-- name: OPERATOR_ENTER role: owner args: slug text
SELECT app_enter_operator($1);

-- ---- schedules ----

-- name: SCHEDULES_DUE args: now_us bigint, limit integer
-- The clock's parts are NULL when the zone is unknown.
SELECT tenant_id, schedule_id, cron, next_run_at,
       extract(year FROM local)::integer, extract(month FROM local)::integer, extract(day FROM local)::integer,
       extract(hour FROM local)::integer, extract(minute FROM local)::integer
  FROM app_schedules_due(to_timestamp($1 / 1000000.0), $2);

-- name: SCHEDULE_FIRE args: tenant uuid, schedule uuid, was timestamptz, next timestamp, now_us bigint, job uuid
SELECT app_schedule_fire($1, $2, $3, $4, to_timestamp($5 / 1000000.0), $6);

-- name: SCHEDULE_PUT_OFF args: tenant uuid, schedule uuid, was timestamptz, now_us bigint
SELECT app_schedule_put_off($1, $2, $3, to_timestamp($4 / 1000000.0));

-- name: SCHEDULE_ZONE args: tenant uuid, zone text, now_us bigint
-- The clock of a zone that exists ($2 NULL: the tenant's); no row otherwise.
SELECT extract(year FROM l)::integer, extract(month FROM l)::integer, extract(day FROM l)::integer, extract(hour FROM l)::integer,
       extract(minute FROM l)::integer
  FROM tenant_settings s
  LEFT JOIN pg_timezone_names z ON lower(z.name) = lower($2::text)
 CROSS JOIN LATERAL (SELECT to_timestamp($3 / 1000000.0) AT TIME ZONE coalesce(z.name, s.time_zone) AS l) x
 WHERE s.tenant_id = $1 AND ($2::text IS NULL OR z.name IS NOT NULL);

-- name: SCHEDULE_PUT args: tenant uuid, schedule uuid, kind text, payload jsonb, cron text, zone text, enabled boolean, next timestamp, now_us bigint
-- No row: `next` is not after now (the clock repeats an hour): give a later one.
INSERT INTO schedules (tenant_id, schedule_id, kind, payload, cron, time_zone, enabled, next_run_at)
SELECT $1, $2, $3, coalesce($4::jsonb, '{}'), $5, $6, $7, x.at
  FROM tenant_settings s CROSS JOIN LATERAL (SELECT app_local_instant($8, coalesce($6::text, s.time_zone)) AS at) x
 WHERE s.tenant_id = $1 AND x.at > to_timestamp($9 / 1000000.0)
ON CONFLICT (tenant_id, schedule_id) DO UPDATE
   SET kind = excluded.kind, payload = excluded.payload, cron = excluded.cron, time_zone = excluded.time_zone, enabled = excluded.enabled,
       next_run_at = excluded.next_run_at
RETURNING next_run_at;

-- name: SCHEDULE_DELETE args: tenant uuid, schedule uuid
DELETE FROM schedules WHERE tenant_id = $1 AND schedule_id = $2;

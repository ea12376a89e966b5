-- SPDX-License-Identifier: MIT

-- name: JOBS_CLAIM args: worker text, kinds text[], limit integer, lease_ms integer, lease uuid, from uuid
SELECT tenant_id, job_id, kind, subject_id, payload, attempts, max_attempts
  FROM app_jobs_claim($1, $2, $3, $4, $5, $6) ORDER BY tenant_id, job_id;

-- name: JOBS_RESCUE args: none
SELECT app_jobs_rescue();

-- name: JOBS_RELEASE args: lease uuid
SELECT app_jobs_release($1);

-- name: JOBS_HEARTBEAT args: lease uuid, lease_ms integer
SELECT app_jobs_heartbeat($1, $2);

-- name: JOBS_DEPTH args: none
SELECT state, n FROM app_jobs_depth();

-- name: JOB_FINISH args: tenant uuid, job uuid, lease uuid
-- No row: the lease was lost, and with it the right to commit these results.
WITH done AS (
    DELETE FROM jobs WHERE tenant_id = $1 AND job_id = $2 AND lease = $3
    RETURNING tenant_id, job_id, kind, subject_id, payload, attempts, created_at, started_at
)
INSERT INTO job_archive (tenant_id, job_id, kind, subject_id, payload, state, attempts, created_at, started_at)
SELECT tenant_id, job_id, kind, subject_id, payload, 'completed', attempts, created_at, started_at FROM done
RETURNING job_id;

-- name: JOB_BURY args: tenant uuid, job uuid, lease uuid, error_code text, error text
WITH dead AS (
    DELETE FROM jobs WHERE tenant_id = $1 AND job_id = $2 AND lease = $3
    RETURNING tenant_id, job_id, kind, subject_id, payload, attempts, created_at, started_at
)
INSERT INTO job_archive (tenant_id, job_id, kind, subject_id, payload, state, attempts, error_code, error, created_at, started_at)
SELECT tenant_id, job_id, kind, subject_id, payload, 'failed', attempts, $4, $5, created_at, started_at FROM dead
RETURNING job_id;

-- name: JOB_RETRY args: tenant uuid, job uuid, lease uuid, delay_ms bigint, error text
-- One that waits for the same work already will do it: then this one goes.
WITH twin AS (
    SELECT FROM jobs me JOIN jobs t ON t.tenant_id = me.tenant_id AND t.kind = me.kind AND t.unique_key = me.unique_key
     WHERE me.tenant_id = $1 AND me.job_id = $2 AND t.state = 'ready'
), gone AS (
    DELETE FROM jobs WHERE tenant_id = $1 AND job_id = $2 AND lease = $3 AND EXISTS (SELECT FROM twin) RETURNING job_id
), later AS (
    UPDATE jobs SET state = 'ready', lease = NULL, lease_until = NULL, worker = NULL, last_error = $5,
           run_at = now() + make_interval(secs => $4 / 1000.0)
     WHERE tenant_id = $1 AND job_id = $2 AND lease = $3 AND NOT EXISTS (SELECT FROM twin) RETURNING job_id
)
SELECT job_id FROM gone UNION ALL SELECT job_id FROM later;

-- name: QUEUE_NOTIFY args: none
SELECT pg_notify('cm_jobs', '');

-- name: QUEUE_STATS args: tenant uuid
SELECT (SELECT count(*) FROM jobs WHERE tenant_id = $1 AND state = 'ready'),
       (SELECT count(*) FROM jobs WHERE tenant_id = $1 AND state = 'running'),
       (SELECT count(*) FROM job_archive WHERE tenant_id = $1 AND state = 'completed'),
       (SELECT count(*) FROM job_archive WHERE tenant_id = $1 AND state = 'failed');

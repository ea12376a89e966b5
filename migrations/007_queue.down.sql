-- Loses batches with their counters, wishes to cancel, and schedules whose cron text is an @word.
SET LOCAL ROLE cm_system;
DROP FUNCTION app_enter_operator(text);
DROP FUNCTION app_jobs_metrics(integer);
DROP FUNCTION app_schedule_put_off(uuid, uuid, timestamptz, timestamptz);
DROP FUNCTION app_schedule_fire(uuid, uuid, timestamptz, timestamp, timestamptz, uuid);
DROP FUNCTION app_schedules_due(timestamptz, integer);
DROP FUNCTION app_jobs_claim(text, text[], integer[], integer, integer, integer, uuid, uuid, uuid[], integer[], smallint[], timestamptz[], uuid[]);
DROP FUNCTION app_jobs_claim_suspect(text, text[], integer[], integer, integer, uuid);
DROP FUNCTION app_jobs_room(uuid, integer, text[], integer[]);
DROP FUNCTION app_jobs_heartbeat(uuid, integer, uuid[], uuid[], uuid, bigint, bigint);
-- Gives back what silent workers held. A job out of attempts becomes a dead letter. Returns how many moved.
CREATE OR REPLACE FUNCTION app_jobs_rescue() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_dead integer;
    v_back integer;
BEGIN
    WITH expired AS (
        DELETE FROM jobs j
         WHERE (j.tenant_id, j.job_id) IN (
               SELECT x.tenant_id, x.job_id FROM jobs x
                WHERE x.state = 'running' AND x.lease_until < now() AND x.attempts >= x.max_attempts
                LIMIT 1000 FOR UPDATE SKIP LOCKED)
        RETURNING j.*
    ), marked AS (
        UPDATE meeting_facts f SET state = 2 FROM expired e
         WHERE f.tenant_id = e.tenant_id AND f.subject_id = e.subject_id AND f.state = 0
    )
    INSERT INTO job_archive (tenant_id, job_id, kind, subject_id, payload, state, attempts, error_code, error, created_at, started_at)
    SELECT e.tenant_id, e.job_id, e.kind, e.subject_id, e.payload, 'failed', e.attempts, 'lease_expired',
           e.last_error, e.created_at, e.started_at
      FROM expired e;
    GET DIAGNOSTICS v_dead = ROW_COUNT;

    -- one that waits for the same work, or a later one that expired with it, does it: two may not wait
    DELETE FROM jobs j
     WHERE j.state = 'running' AND j.lease_until < now() AND j.unique_key IS NOT NULL
       AND EXISTS (SELECT FROM jobs t
                    WHERE t.tenant_id = j.tenant_id AND t.kind = j.kind AND t.unique_key = j.unique_key AND t.job_id <> j.job_id
                      AND (t.state = 'ready' OR (t.lease_until < now() AND t.job_id > j.job_id)));
    BEGIN
        UPDATE jobs j SET state = 'ready', suspect = true, lease = NULL, lease_until = NULL, worker = NULL
         WHERE (j.tenant_id, j.job_id) IN (
               SELECT x.tenant_id, x.job_id FROM jobs x
                WHERE x.state = 'running' AND x.lease_until < now()
                LIMIT 1000 FOR UPDATE SKIP LOCKED);
        GET DIAGNOSTICS v_back = ROW_COUNT;
    EXCEPTION WHEN unique_violation THEN
        v_back := 0; -- its twin came this very moment; the next round removes the older one
    END;
    RETURN v_dead + v_back;
END
$$;

-- A worker that stops in order gives back at once what it claimed and did not begin; that attempt does not count.
CREATE OR REPLACE FUNCTION app_jobs_release(p_lease uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_n integer;
BEGIN
    DELETE FROM jobs j
     WHERE j.state = 'running' AND j.lease = p_lease AND j.unique_key IS NOT NULL
       AND EXISTS (SELECT FROM jobs t
                    WHERE t.tenant_id = j.tenant_id AND t.kind = j.kind AND t.unique_key = j.unique_key AND t.state = 'ready');
    UPDATE jobs j SET state = 'ready', lease = NULL, lease_until = NULL, worker = NULL, attempts = greatest(0, j.attempts - 1)
     WHERE j.state = 'running' AND j.lease = p_lease;
    GET DIAGNOSTICS v_n = ROW_COUNT;
    RETURN v_n;
END
$$;

DROP FUNCTION app_jobs_return(uuid[], uuid[], boolean);
-- The third kind of caller: a worker that holds a lease. The tenant is read from the job.
CREATE OR REPLACE FUNCTION app_enter_job(p_tenant uuid, p_job uuid, p_lease uuid)
    RETURNS TABLE (slug text, name text, time_zone text, language text, data_version bigint, role integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenant uuid;
BEGIN
    SELECT j.tenant_id INTO v_tenant FROM jobs j
     WHERE j.tenant_id = p_tenant AND j.job_id = p_job AND j.state = 'running' AND j.lease = p_lease;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lease lost' USING ERRCODE = 'CM409';
    END IF;
    RETURN QUERY SELECT * FROM app_enter(v_tenant, 0);
END
$$;

-- Deletes at most p_limit rows of each kind, so that one run holds no lock for long; the caller repeats until nothing is left.
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
DROP FUNCTION app_jobs_cap(jsonb, integer);
DROP FUNCTION app_tenants_touch(uuid[]);
DROP FUNCTION app_job_id(bigint);
DROP FUNCTION app_local_instant(timestamp, text);
DROP FUNCTION app_local_time(timestamptz, text);
DROP FUNCTION app_jobs_retry(uuid, uuid[], text, integer);
DROP FUNCTION app_jobs_cancel(uuid, uuid[], uuid, uuid[]);
DROP FUNCTION app_jobs_excuse(uuid, uuid, uuid, integer, text);
DROP FUNCTION app_jobs_put_back(uuid, uuid, uuid, bigint, text, text, text);
DROP FUNCTION app_jobs_finish(uuid, uuid, uuid[], boolean);
DROP FUNCTION app_jobs_ready(uuid[], uuid[], boolean);
DROP FUNCTION app_jobs_leave(uuid[], uuid[], text, text, text);
DROP FUNCTION app_jobs_count(uuid[], uuid[], text, integer);
DROP FUNCTION app_jobs_lock_batches(uuid[], uuid[]);

-- Claims up to p_limit ready jobs, going round the tenants that have some: each gets an equal share of the batch,
-- and the round starts at p_from (the worker's random point), so that no tenant is first for ever.
-- The tenants come from a loose scan of jobs_ready: its cost is the number of tenants with work, not of jobs.
-- One claim in four looks for a suspect first and takes it alone; so does one that finds nothing else.
-- Jobs of suspended tenants wait.
CREATE FUNCTION app_jobs_claim(p_worker text, p_kinds text[], p_limit integer, p_lease_ms integer, p_lease uuid, p_from uuid)
    RETURNS TABLE (tenant_id uuid, job_id uuid, kind text, subject_id uuid, payload jsonb, attempts smallint, max_attempts smallint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_n integer := 0;
BEGIN
    IF get_byte(uuid_send(p_from), 15) >= 64 THEN
        RETURN QUERY SELECT * FROM app_jobs_claim_many(p_worker, p_kinds, p_limit, p_lease_ms, p_lease, p_from);
        GET DIAGNOSTICS v_n = ROW_COUNT;
    END IF;
    IF v_n = 0 THEN
        RETURN QUERY
            UPDATE jobs j
               SET state = 'running', attempts = j.attempts + 1, lease = p_lease, worker = p_worker, started_at = now(),
                   lease_until = now() + make_interval(secs => p_lease_ms / 1000.0)
             WHERE (j.tenant_id, j.job_id) IN (
                   SELECT x.tenant_id, x.job_id FROM jobs x JOIN tenants n ON n.tenant_id = x.tenant_id AND n.state = 'active'
                    WHERE x.state = 'ready' AND x.suspect AND x.run_at <= now() AND x.kind = ANY (p_kinds)
                    ORDER BY x.run_at LIMIT 1 FOR UPDATE OF x SKIP LOCKED)
            RETURNING j.tenant_id, j.job_id, j.kind, j.subject_id, j.payload, j.attempts, j.max_attempts;
        GET DIAGNOSTICS v_n = ROW_COUNT;
        IF v_n = 0 AND get_byte(uuid_send(p_from), 15) < 64 THEN
            RETURN QUERY SELECT * FROM app_jobs_claim_many(p_worker, p_kinds, p_limit, p_lease_ms, p_lease, p_from);
        END IF;
    END IF;
END
$$;

-- The batch of app_jobs_claim.
CREATE FUNCTION app_jobs_claim_many(p_worker text, p_kinds text[], p_limit integer, p_lease_ms integer, p_lease uuid, p_from uuid)
    RETURNS TABLE (tenant_id uuid, job_id uuid, kind text, subject_id uuid, payload jsonb, attempts smallint, max_attempts smallint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenants uuid[];
    v_share   integer;
BEGIN
    WITH RECURSIVE t(id) AS (
        (SELECT j.tenant_id FROM jobs j WHERE j.state = 'ready' AND NOT j.suspect ORDER BY j.tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT j.tenant_id FROM jobs j WHERE j.state = 'ready' AND NOT j.suspect AND j.tenant_id > t.id ORDER BY j.tenant_id LIMIT 1)
          FROM t WHERE t.id IS NOT NULL
    )
    SELECT array_agg(t.id ORDER BY t.id < p_from, t.id) INTO v_tenants
      FROM t JOIN tenants n ON n.tenant_id = t.id AND n.state = 'active';
    IF v_tenants IS NULL THEN
        RETURN;
    END IF;
    v_share := greatest(1, p_limit / cardinality(v_tenants));

    RETURN QUERY
        WITH picked AS MATERIALIZED (
            SELECT x.tenant_id, x.job_id
              FROM unnest(v_tenants) WITH ORDINALITY AS t(id, place)
             CROSS JOIN LATERAL (
                   SELECT j.tenant_id, j.job_id FROM jobs j
                    WHERE j.tenant_id = t.id AND j.state = 'ready' AND NOT j.suspect AND j.run_at <= now() AND j.kind = ANY (p_kinds)
                    ORDER BY j.priority, j.run_at, j.job_id
                    LIMIT v_share FOR UPDATE SKIP LOCKED) x
             LIMIT p_limit
        )
        UPDATE jobs j
           SET state = 'running', attempts = j.attempts + 1, lease = p_lease, worker = p_worker, started_at = now(),
               lease_until = now() + make_interval(secs => p_lease_ms / 1000.0)
          FROM picked p
         WHERE j.tenant_id = p.tenant_id AND j.job_id = p.job_id
        RETURNING j.tenant_id, j.job_id, j.kind, j.subject_id, j.payload, j.attempts, j.max_attempts;
END
$$;

-- Says that the worker lives. Returns how many jobs it still holds.
CREATE FUNCTION app_jobs_heartbeat(p_lease uuid, p_lease_ms integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_n integer;
BEGIN
    UPDATE jobs j SET lease_until = now() + make_interval(secs => p_lease_ms / 1000.0)
     WHERE j.state = 'running' AND j.lease = p_lease;
    GET DIAGNOSTICS v_n = ROW_COUNT;
    RETURN v_n;
END
$$;

ALTER FUNCTION app_jobs_claim(text, text[], integer, integer, uuid, uuid) OWNER TO cm_system;
ALTER FUNCTION app_jobs_claim_many(text, text[], integer, integer, uuid, uuid) OWNER TO cm_system;
ALTER FUNCTION app_jobs_heartbeat(uuid, integer) OWNER TO cm_system;
SET LOCAL ROLE cm_system;
REVOKE ALL ON FUNCTION app_jobs_claim_many(text, text[], integer, integer, uuid, uuid),
    app_jobs_claim(text, text[], integer, integer, uuid, uuid), app_jobs_heartbeat(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_jobs_claim(text, text[], integer, integer, uuid, uuid), app_jobs_heartbeat(uuid, integer) TO cm_app;
RESET ROLE;

GRANT DELETE ON schedules TO cm_system; -- the owner is bound by the policy and would delete none
SET LOCAL ROLE cm_system;
DELETE FROM schedules WHERE char_length(cron) < 9;
RESET ROLE;
REVOKE ALL ON schedules FROM cm_system;
REVOKE UPDATE ON tenant_state FROM cm_system;
DROP INDEX schedules_due;
ALTER TABLE schedules
    DROP COLUMN time_zone,
    DROP CONSTRAINT schedules_cron_check,
    ADD CONSTRAINT schedules_cron_check CHECK (char_length(cron) BETWEEN 9 AND 100);
DROP TABLE job_batches;
DROP INDEX job_archive_lost, job_archive_batch, job_archive_finished, jobs_running, jobs_waiting;
CREATE INDEX job_archive_state ON job_archive (tenant_id, state, finished_at DESC);
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
ALTER TABLE job_archive DROP COLUMN batch_id, DROP COLUMN unique_key, DROP COLUMN priority, DROP COLUMN max_attempts;
ALTER TABLE jobs DROP COLUMN batch_id, DROP COLUMN progress_done, DROP COLUMN progress_total, DROP COLUMN cancel_requested, DROP COLUMN faults;

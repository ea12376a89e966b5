-- The queue. Hot rows only: a finished job moves to job_archive in the transaction that wrote its results.
-- No foreign keys to what jobs work on: on Citus this table is a single shard .
CREATE TABLE jobs (
    tenant_id    uuid        NOT NULL,
    job_id       uuid        NOT NULL,
    kind         text        NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 64),
    subject_id   uuid,
    payload      jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    unique_key   text        CHECK (char_length(unique_key) <= 200),
    priority     smallint    NOT NULL DEFAULT 100 CHECK (priority BETWEEN 0 AND 1000),
    state        text        NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running')),
    run_at       timestamptz NOT NULL DEFAULT now(),
    attempts     smallint    NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    max_attempts smallint    NOT NULL DEFAULT 3 CHECK (max_attempts BETWEEN 1 AND 100),
    lease        uuid,
    lease_until  timestamptz,
    worker       text        CHECK (char_length(worker) <= 100),
    last_error   text        CHECK (char_length(last_error) <= 500),
    suspect      boolean     NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    PRIMARY KEY (tenant_id, job_id),
    CHECK ((state = 'running') = (lease IS NOT NULL AND lease_until IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON COLUMN jobs.suspect IS 'A worker died with it. It is claimed alone from then on, so that it costs nobody else an attempt.';
COMMENT ON TABLE jobs IS 'Work to do. [personal: no] [retention: until finished]';
CREATE INDEX jobs_ready ON jobs (tenant_id, priority, run_at, job_id) WHERE state = 'ready' AND NOT suspect;
CREATE INDEX jobs_suspect ON jobs (run_at) WHERE state = 'ready' AND suspect;
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_subject ON jobs (tenant_id, subject_id) WHERE subject_id IS NOT NULL;
-- One waiting job a key: asking twice for the same work is asking once.
CREATE UNIQUE INDEX jobs_unique ON jobs (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready';

CREATE TABLE job_archive (
    tenant_id   uuid        NOT NULL,
    job_id      uuid        NOT NULL,
    kind        text        NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 64),
    subject_id  uuid,
    payload     jsonb       NOT NULL DEFAULT '{}',
    state       text        NOT NULL CHECK (state IN ('completed', 'failed', 'canceled')),
    attempts    smallint    NOT NULL,
    error_code  text        CHECK (char_length(error_code) <= 64),
    error       text        CHECK (char_length(error) <= 500),
    created_at  timestamptz NOT NULL,
    started_at  timestamptz,
    finished_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, job_id)
);
CREATE INDEX job_archive_state ON job_archive (tenant_id, state, finished_at DESC);
CREATE INDEX job_archive_subject ON job_archive (tenant_id, subject_id) WHERE subject_id IS NOT NULL;
COMMENT ON TABLE job_archive IS 'Finished jobs; the failed ones are the dead letters. [personal: no] [retention: 90 days]';

CREATE TABLE schedules (
    tenant_id   uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    schedule_id uuid        NOT NULL,
    kind        text        NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 64),
    payload     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    cron        text        NOT NULL CHECK (char_length(cron) BETWEEN 9 AND 100),
    enabled     boolean     NOT NULL DEFAULT true,
    next_run_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, schedule_id)
);
COMMENT ON TABLE schedules IS 'Jobs that come again. [personal: no] [retention: until deleted]';

ALTER TABLE jobs        ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs        FORCE ROW LEVEL SECURITY;
ALTER TABLE job_archive ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_archive FORCE ROW LEVEL SECURITY;
ALTER TABLE schedules   ENABLE ROW LEVEL SECURITY;
ALTER TABLE schedules   FORCE ROW LEVEL SECURITY;
CREATE POLICY jobs_tenant ON jobs USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY job_archive_tenant ON job_archive USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY schedules_tenant ON schedules USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs, schedules TO cm_app;
GRANT SELECT, INSERT, DELETE ON job_archive TO cm_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs, job_archive TO cm_system;
GRANT UPDATE ON meeting_facts TO cm_system;  -- a job that dies for good marks what it should have read
GRANT SELECT ON meeting_facts TO cm_system;

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

-- Gives back what silent workers held. A job out of attempts becomes a dead letter. Returns how many moved.
CREATE FUNCTION app_jobs_rescue() RETURNS integer
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
CREATE FUNCTION app_jobs_release(p_lease uuid) RETURNS integer
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

-- The third kind of caller: a worker that holds a lease. The tenant is read from the job.
CREATE FUNCTION app_enter_job(p_tenant uuid, p_job uuid, p_lease uuid)
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

-- For metrics: how much waits, over all tenants.
CREATE FUNCTION app_jobs_depth() RETURNS TABLE (state text, n bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY SELECT j.state, count(*) FROM jobs j GROUP BY j.state;
END
$$;

ALTER FUNCTION app_jobs_claim(text, text[], integer, integer, uuid, uuid) OWNER TO cm_system;
ALTER FUNCTION app_jobs_claim_many(text, text[], integer, integer, uuid, uuid) OWNER TO cm_system;
ALTER FUNCTION app_jobs_rescue()                OWNER TO cm_system;
ALTER FUNCTION app_jobs_release(uuid)           OWNER TO cm_system;
ALTER FUNCTION app_jobs_heartbeat(uuid, integer) OWNER TO cm_system;
ALTER FUNCTION app_enter_job(uuid, uuid, uuid)  OWNER TO cm_system;
ALTER FUNCTION app_jobs_depth()                 OWNER TO cm_system;
SET LOCAL ROLE cm_system;
REVOKE ALL ON FUNCTION app_jobs_claim_many(text, text[], integer, integer, uuid, uuid),
    app_jobs_claim(text, text[], integer, integer, uuid, uuid), app_jobs_rescue(), app_jobs_release(uuid),
    app_jobs_heartbeat(uuid, integer), app_enter_job(uuid, uuid, uuid), app_jobs_depth() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_jobs_claim(text, text[], integer, integer, uuid, uuid), app_jobs_rescue(), app_jobs_release(uuid),
    app_jobs_heartbeat(uuid, integer), app_enter_job(uuid, uuid, uuid), app_jobs_depth() TO cm_app;
RESET ROLE;

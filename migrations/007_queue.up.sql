-- The queue at full depth: batches with counters, cancellation, progress, caps, schedules that fire.
--
-- A job leaves `jobs` in one way only: into job_archive, counted in its batch, in the transaction of the reason.
-- What one tenant does runs as the caller, under row security; what crosses tenants is cm_system's, one function a need.

ALTER TABLE jobs
    ADD COLUMN batch_id         uuid,
    ADD COLUMN progress_done    bigint CHECK (progress_done >= 0),
    ADD COLUMN progress_total   bigint CHECK (progress_total >= 0),
    ADD COLUMN cancel_requested boolean NOT NULL DEFAULT false,
    ADD COLUMN faults           smallint NOT NULL DEFAULT 0 CHECK (faults >= 0);
COMMENT ON COLUMN jobs.batch_id IS 'What was asked for together: an upload, a bulk request. Its row in job_batches counts the ends.';
COMMENT ON COLUMN jobs.cancel_requested IS 'Somebody does not want it any more; the worker that holds it learns it within seconds.';
COMMENT ON COLUMN jobs.faults IS 'Attempts that the database spoiled (a deadlock, a restart, a timeout) and that do not count; only so many are forgiven.';

ALTER TABLE job_archive
    ADD COLUMN batch_id     uuid,
    ADD COLUMN unique_key   text     CHECK (char_length(unique_key) <= 200),
    ADD COLUMN priority     smallint NOT NULL DEFAULT 100,
    ADD COLUMN max_attempts smallint NOT NULL DEFAULT 3;

-- What leaves is found by tenant, not by its lease's end: a heartbeat then changes no indexed column.
DROP INDEX jobs_leases;
CREATE INDEX jobs_running ON jobs (tenant_id) WHERE state = 'running';
-- Waiting jobs of a batch (to cancel it), and those of no batch (to count them). Its second condition always holds; only
-- statements that repeat it can use this index. Without, a planner that has no statistics yet takes it for the claim,
-- and sorts all that a tenant has: 259 jobs/s instead of 1,977.
CREATE INDEX jobs_waiting ON jobs (batch_id, tenant_id) WHERE state = 'ready' AND max_attempts > 0;

-- Nearly every finished job is a completed one, and its id is in the order of time: no index but the key for those.
DROP INDEX job_archive_state;
CREATE INDEX job_archive_lost ON job_archive (tenant_id, state, job_id) WHERE state <> 'completed';
CREATE INDEX job_archive_batch ON job_archive (tenant_id, batch_id, job_id) WHERE batch_id IS NOT NULL;
CREATE INDEX job_archive_finished ON job_archive USING brin (finished_at) WITH (pages_per_range = 16, autosummarize = on);

CREATE TABLE job_batches (
    tenant_id  uuid        NOT NULL,
    batch_id   uuid        NOT NULL,
    kind       text        NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 64),
    total      bigint      NOT NULL DEFAULT 0 CHECK (total >= 0),
    completed  bigint      NOT NULL DEFAULT 0 CHECK (completed >= 0),
    failed     bigint      NOT NULL DEFAULT 0 CHECK (failed >= 0),
    canceled   bigint      NOT NULL DEFAULT 0 CHECK (canceled >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    canceled_at timestamptz,
    PRIMARY KEY (tenant_id, batch_id)
) WITH (fillfactor = 50);
COMMENT ON COLUMN job_batches.canceled_at IS 'It is not wanted any more: whoever still makes jobs of it stops.';
CREATE INDEX job_batches_open ON job_batches (tenant_id) WHERE completed + failed + canceled < total;
CREATE INDEX job_batches_changed ON job_batches (tenant_id, changed_at);
COMMENT ON TABLE job_batches IS 'Jobs that were asked for together, counted as they end. [personal: no] [retention: 90 days after the last end]';
ALTER TABLE job_batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_batches FORCE ROW LEVEL SECURITY;
CREATE POLICY job_batches_tenant ON job_batches USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON job_batches TO cm_app, cm_system;

ALTER TABLE schedules
    ADD COLUMN time_zone text CHECK (char_length(time_zone) BETWEEN 1 AND 64),
    DROP CONSTRAINT schedules_cron_check,
    ADD CONSTRAINT schedules_cron_check CHECK (char_length(cron) BETWEEN 6 AND 100);
COMMENT ON COLUMN schedules.time_zone IS 'IANA name; NULL: the tenant''s';
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE enabled;
GRANT SELECT, UPDATE ON schedules TO cm_system;
GRANT UPDATE ON tenant_state TO cm_system;

-- ---- making ----

-- An id for the p_nth job of a statement (from 1), as the program makes them (core/base/uuid.h): in the order of time,
-- and of p_nth. Lists go by it, and jobs that are made at once run by it.
CREATE FUNCTION app_job_id(p_nth bigint) RETURNS uuid
    LANGUAGE sql VOLATILE PARALLEL SAFE
    AS $$ SELECT (lpad(to_hex((date_part('epoch', statement_timestamp()) * 1000)::bigint + p_nth / 4096), 12, '0')
                  || '7' || lpad(to_hex(p_nth % 4096), 3, '0') || right(replace(gen_random_uuid()::text, '-', ''), 16))::uuid $$;

-- ---- leaving ----------------------------------------------------------------------------------------------------

-- Locks the batches of these jobs until the commit, in one order. For who ends jobs in more than one way: each call of
-- app_jobs_count orders only its own.
CREATE FUNCTION app_jobs_lock_batches(p_tenants uuid[], p_jobs uuid[]) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM job_batches b
      WHERE (b.tenant_id, b.batch_id) IN (SELECT j.tenant_id, j.batch_id FROM unnest(p_tenants, p_jobs) AS x(t, id)
                                            JOIN jobs j ON j.tenant_id = x.t AND j.job_id = x.id)
      ORDER BY b.tenant_id, b.batch_id FOR UPDATE;
END
$$;

-- Counts ends of jobs in their batches; p_by is -1 for dead letters that return. Locks the batches' rows until the
-- commit, in one order, so that two who end jobs of the same batches wait for each other instead of dying.
CREATE FUNCTION app_jobs_count(p_tenants uuid[], p_batches uuid[], p_state text, p_by integer) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM job_batches b
      WHERE (b.tenant_id, b.batch_id) IN (SELECT x.t, x.b FROM unnest(p_tenants, p_batches) AS x(t, b))
      ORDER BY b.tenant_id, b.batch_id FOR UPDATE;
    UPDATE job_batches b
       SET completed = b.completed + CASE WHEN p_state = 'completed' THEN d.n ELSE 0 END,
           failed    = b.failed    + CASE WHEN p_state = 'failed'    THEN d.n ELSE 0 END,
           canceled  = b.canceled  + CASE WHEN p_state = 'canceled'  THEN d.n ELSE 0 END,
           changed_at = statement_timestamp()
      FROM (SELECT x.t, x.b, p_by * count(*) AS n FROM unnest(p_tenants, p_batches) AS x(t, b) WHERE x.b IS NOT NULL GROUP BY x.t, x.b) d
     WHERE b.tenant_id = d.t AND b.batch_id = d.b;
END
$$;

-- The jobs of one worker's group, done: all of them under their lease, or none. p_touch moves the tenant's data version.
CREATE FUNCTION app_jobs_finish(p_tenant uuid, p_lease uuid, p_jobs uuid[], p_touch boolean) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    v_n       integer;
    v_batches uuid[];
BEGIN
    WITH done AS (
        DELETE FROM jobs j WHERE j.tenant_id = p_tenant AND j.job_id = ANY (p_jobs) AND j.lease = p_lease
        RETURNING j.job_id, j.kind, j.subject_id, j.payload, j.attempts, j.created_at, j.started_at, j.batch_id, j.unique_key,
                  j.priority, j.max_attempts
    ), kept AS (
        INSERT INTO job_archive (tenant_id, job_id, kind, subject_id, payload, state, attempts, created_at, started_at, finished_at,
                                 batch_id, unique_key, priority, max_attempts)
        SELECT p_tenant, d.job_id, d.kind, d.subject_id, d.payload, 'completed', d.attempts, d.created_at, d.started_at,
               statement_timestamp(), d.batch_id, d.unique_key, d.priority, d.max_attempts
          FROM done d
    )
    SELECT count(*), array_agg(d.batch_id) FILTER (WHERE d.batch_id IS NOT NULL) INTO v_n, v_batches FROM done d;
    IF v_n <> cardinality(p_jobs) THEN
        RAISE EXCEPTION 'lease lost' USING ERRCODE = 'CM409';
    END IF;
    IF v_batches IS NOT NULL THEN
        PERFORM app_jobs_count(array_fill(p_tenant, ARRAY[cardinality(v_batches)]), v_batches, 'completed', 1);
    END IF;
    IF p_touch THEN
        UPDATE tenant_state SET data_version = data_version + 1 WHERE tenant_id = p_tenant;
    END IF;
END
$$;

-- Jobs, given as pairs, that end without a result; the caller has locked them. A meeting whose reading was given up
-- must not look as if it waited for ever; one for which a twin waits or runs does.
CREATE FUNCTION app_jobs_leave(p_tenants uuid[], p_jobs uuid[], p_state text, p_code text, p_error text) RETURNS bigint
    LANGUAGE plpgsql
AS $$
DECLARE
    v_n       bigint;
    v_tenants uuid[];
    v_batches uuid[];
BEGIN
    WITH gone AS (
        DELETE FROM jobs j USING unnest(p_tenants, p_jobs) AS x(t, id) WHERE j.tenant_id = x.t AND j.job_id = x.id
        RETURNING j.*
    ), kept AS (
        INSERT INTO job_archive (tenant_id, job_id, kind, subject_id, payload, state, attempts, error_code, error, created_at, started_at,
                                 finished_at, batch_id, unique_key, priority, max_attempts)
        SELECT g.tenant_id, g.job_id, g.kind, g.subject_id, g.payload, p_state, g.attempts, p_code, coalesce(p_error, g.last_error),
               g.created_at, g.started_at, statement_timestamp(), g.batch_id, g.unique_key, g.priority, g.max_attempts
          FROM gone g
    ), still AS (
        SELECT DISTINCT o.tenant_id, o.subject_id, o.kind
          FROM gone g
          JOIN jobs o ON o.tenant_id = g.tenant_id AND o.subject_id = g.subject_id AND o.kind = g.kind
          LEFT JOIN unnest(p_tenants, p_jobs) AS x(t, id) ON x.t = o.tenant_id AND x.id = o.job_id
         WHERE x.id IS NULL
    ), marked AS (
        UPDATE meeting_facts f SET state = 2 FROM gone g
         WHERE f.tenant_id = g.tenant_id AND f.subject_id = g.subject_id AND f.state = 0 AND p_code <> 'superseded'
           AND NOT EXISTS (SELECT FROM still o WHERE o.tenant_id = g.tenant_id AND o.subject_id = g.subject_id AND o.kind = g.kind)
    )
    SELECT count(*), array_agg(g.tenant_id) FILTER (WHERE g.batch_id IS NOT NULL), array_agg(g.batch_id) FILTER (WHERE g.batch_id IS NOT NULL)
      INTO v_n, v_tenants, v_batches FROM gone g;
    IF v_batches IS NOT NULL THEN
        PERFORM app_jobs_count(v_tenants, v_batches, p_state, 1);
    END IF;
    RETURN v_n;
END
$$;

-- One job whose attempt failed: p_delay_ms later again, or (NULL) given up with this state. Says what became of it:
-- later, failed, canceled (somebody had asked for it), superseded (one that waits for the same work will do it).
CREATE FUNCTION app_jobs_put_back(p_tenant uuid, p_job uuid, p_lease uuid, p_delay_ms bigint, p_state text, p_code text, p_error text)
    RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    v record;
BEGIN
    SELECT j.kind, j.unique_key, j.cancel_requested INTO v FROM jobs j
     WHERE j.tenant_id = p_tenant AND j.job_id = p_job AND j.lease = p_lease FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lease lost' USING ERRCODE = 'CM409';
    END IF;
    IF v.cancel_requested THEN
        PERFORM app_jobs_leave(ARRAY[p_tenant], ARRAY[p_job], 'canceled', 'canceled', p_error);
        RETURN 'canceled';
    END IF;
    IF p_delay_ms IS NULL THEN
        PERFORM app_jobs_leave(ARRAY[p_tenant], ARRAY[p_job], p_state, p_code, p_error);
        RETURN p_state;
    END IF;
    IF EXISTS (SELECT FROM jobs t WHERE t.tenant_id = p_tenant AND t.kind = v.kind AND t.unique_key = v.unique_key AND t.state = 'ready') THEN
        PERFORM app_jobs_leave(ARRAY[p_tenant], ARRAY[p_job], 'canceled', 'superseded', p_error);
        RETURN 'superseded';
    END IF;
    UPDATE jobs j SET state = 'ready', lease = NULL, lease_until = NULL, worker = NULL, last_error = p_error,
           progress_done = NULL, progress_total = NULL, run_at = now() + make_interval(secs => p_delay_ms / 1000.0)
     WHERE j.tenant_id = p_tenant AND j.job_id = p_job;
    RETURN 'later';
END
$$;

-- One job whose attempt the database spoiled: it waits (twice as long each time, as runner_backoff_ms() has it) and the
-- attempt does not count. Says what became of it: later, canceled, superseded; or spent: p_most were forgiven already, it may
-- be its own fault after all, and nothing was done.
CREATE FUNCTION app_jobs_excuse(p_tenant uuid, p_job uuid, p_lease uuid, p_most integer, p_error text) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    v_faults integer;
    v_became text;
BEGIN
    SELECT j.faults INTO v_faults FROM jobs j WHERE j.tenant_id = p_tenant AND j.job_id = p_job AND j.lease = p_lease FOR UPDATE;
    IF v_faults >= p_most THEN
        RETURN 'spent';
    END IF;
    v_became := app_jobs_put_back(p_tenant, p_job, p_lease, (least(300000, 1000 * 2 ^ v_faults) * (1 + random() / 2))::bigint,
                                  NULL, NULL, p_error);
    UPDATE jobs j SET attempts = greatest(0, j.attempts - 1), faults = j.faults + 1
     WHERE j.tenant_id = p_tenant AND j.job_id = p_job AND j.state = 'ready';
    RETURN v_became;
END
$$;

-- Cancels by ids, by batch or by subjects (one of the three is given). Waiting ones go at once; for running ones it
-- is asked for, and their worker ends them. The jobs of both are locked before the batch is: so do those who end jobs.
CREATE FUNCTION app_jobs_cancel(p_tenant uuid, p_jobs uuid[], p_batch uuid, p_subjects uuid[]) RETURNS TABLE (canceled bigint, asked bigint)
    LANGUAGE plpgsql
AS $$
DECLARE
    v_jobs uuid[];
BEGIN
    IF p_jobs IS NOT NULL THEN
        SELECT array_agg(x.job_id) INTO v_jobs FROM (SELECT j.job_id FROM jobs j
         WHERE j.tenant_id = p_tenant AND j.job_id = ANY (p_jobs) AND j.state = 'ready' ORDER BY j.job_id FOR UPDATE) x;
    ELSIF p_batch IS NOT NULL THEN
        -- who makes jobs of it at this moment (UPLOAD_PACK_WAIT) is waited for, and who comes later sees canceled_at
        PERFORM pg_advisory_xact_lock(1668115314, uuid_hash(p_batch));
        SELECT array_agg(x.job_id) INTO v_jobs FROM (SELECT j.job_id FROM jobs j
         WHERE j.tenant_id = p_tenant AND j.batch_id = p_batch AND j.state = 'ready' AND j.max_attempts > 0 ORDER BY j.job_id FOR UPDATE) x;
    ELSE
        SELECT array_agg(x.job_id) INTO v_jobs FROM (SELECT j.job_id FROM jobs j
         WHERE j.tenant_id = p_tenant AND j.subject_id = ANY (p_subjects) AND j.state = 'ready' ORDER BY j.job_id FOR UPDATE) x;
    END IF;
    UPDATE jobs j SET cancel_requested = true
     WHERE j.tenant_id = p_tenant AND j.state = 'running' AND NOT j.cancel_requested
       AND (j.job_id = ANY (p_jobs) OR j.batch_id = p_batch OR j.subject_id = ANY (p_subjects));
    GET DIAGNOSTICS asked = ROW_COUNT;
    canceled := 0;
    IF v_jobs IS NOT NULL THEN
        canceled := app_jobs_leave(array_fill(p_tenant, ARRAY[cardinality(v_jobs)]), v_jobs, 'canceled', 'canceled', NULL);
    END IF;
    IF p_batch IS NOT NULL THEN
        UPDATE job_batches b SET canceled_at = now(), changed_at = statement_timestamp()
         WHERE b.tenant_id = p_tenant AND b.batch_id = p_batch AND b.canceled_at IS NULL;
    END IF;
    RETURN NEXT;
END
$$;

-- Dead letters, all (both NULL), of a kind or by ids, wait again under their own ids with all their attempts: the newest
-- p_limit of them, so that no statement is longer than its timeout. One for whose work another waits already is marked
-- superseded. Returns how many wait, and how many were looked at: fewer than p_limit, and none is left.
CREATE FUNCTION app_jobs_retry(p_tenant uuid, p_jobs uuid[], p_kind text, p_limit integer) RETURNS TABLE (waiting bigint, looked_at bigint)
    LANGUAGE plpgsql
AS $$
DECLARE
    v_batches uuid[];
    v_gone    uuid[];
BEGIN
    WITH dead AS (
        DELETE FROM job_archive a
         WHERE a.tenant_id = p_tenant AND a.job_id IN (
               SELECT x.job_id FROM job_archive x
                WHERE x.tenant_id = p_tenant AND x.state = 'failed' AND x.state <> 'completed'
                  AND (p_jobs IS NULL OR x.job_id = ANY (p_jobs)) AND (p_kind IS NULL OR x.kind = p_kind)
                ORDER BY x.job_id DESC LIMIT p_limit)
        RETURNING a.*
    ), back AS (
        INSERT INTO jobs (tenant_id, job_id, kind, subject_id, payload, unique_key, priority, max_attempts, batch_id, created_at)
        SELECT d.tenant_id, d.job_id, d.kind, d.subject_id, d.payload, d.unique_key, d.priority, d.max_attempts, d.batch_id, d.created_at
          FROM dead d ORDER BY d.job_id DESC
        ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING
        RETURNING job_id, subject_id
    ), gone AS (
        INSERT INTO job_archive (tenant_id, job_id, kind, subject_id, payload, state, attempts, error_code, error, created_at, started_at,
                                 finished_at, batch_id, unique_key, priority, max_attempts)
        SELECT d.tenant_id, d.job_id, d.kind, d.subject_id, d.payload, 'canceled', d.attempts, 'superseded', d.error, d.created_at,
               d.started_at, d.finished_at, d.batch_id, d.unique_key, d.priority, d.max_attempts
          FROM dead d WHERE d.job_id NOT IN (SELECT b.job_id FROM back b)
        RETURNING batch_id
    ), marked AS (
        UPDATE meeting_facts f SET state = 0 FROM back b WHERE f.tenant_id = p_tenant AND f.subject_id = b.subject_id AND f.state = 2
    )
    SELECT (SELECT count(*) FROM back), (SELECT count(*) FROM dead), (SELECT array_agg(d.batch_id) FROM dead d WHERE d.batch_id IS NOT NULL),
           (SELECT array_agg(g.batch_id) FROM gone g WHERE g.batch_id IS NOT NULL)
      INTO waiting, looked_at, v_batches, v_gone;
    IF v_batches IS NOT NULL THEN
        PERFORM app_jobs_count(array_fill(p_tenant, ARRAY[cardinality(v_batches)]), v_batches, 'failed', -1);
    END IF;
    IF v_gone IS NOT NULL THEN
        PERFORM app_jobs_count(array_fill(p_tenant, ARRAY[cardinality(v_gone)]), v_gone, 'canceled', 1);
    END IF;
    RETURN NEXT;
END
$$;

-- ---- claiming ---------------------------------------------------------------------------------------------------

SET LOCAL ROLE cm_system;
DROP FUNCTION app_jobs_claim(text, text[], integer, integer, uuid, uuid);
DROP FUNCTION app_jobs_claim_many(text, text[], integer, integer, uuid, uuid);
DROP FUNCTION app_jobs_heartbeat(uuid, integer);
RESET ROLE;

-- How many jobs a tenant may have running at once: its own setting, else p_default; 0: as many as there are workers.
CREATE FUNCTION app_jobs_cap(p_settings jsonb, p_default integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT CASE WHEN jsonb_typeof(p_settings->'job_concurrency') = 'number'
                      THEN least(greatest((p_settings->>'job_concurrency')::numeric, 0), 100000)::integer ELSE p_default END $$;

-- Of a capped tenant: how many more may run, per kind (NULL: no cap of its own) and in all. No row when another
-- worker is claiming for it this moment: the lock is what makes caps exact, and who does not get it goes elsewhere.
CREATE FUNCTION app_jobs_room(p_tenant uuid, p_cap integer, p_kinds text[], p_kind_caps integer[])
    RETURNS TABLE (kind text, kind_room integer, room integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(1668115313, uuid_hash(p_tenant)) THEN
        RETURN;
    END IF;
    RETURN QUERY -- a statement of its own: it sees what was committed before the lock was had
        WITH r AS (SELECT j.kind AS k, count(*)::integer AS n FROM jobs j WHERE j.tenant_id = p_tenant AND j.state = 'running' GROUP BY 1)
        SELECT x.k, CASE WHEN x.cap > 0 THEN greatest(0, x.cap - coalesce(r.n, 0)) END,
               CASE WHEN p_cap > 0 THEN greatest(0, p_cap - (SELECT coalesce(sum(s.n), 0)::integer FROM r s)) END
          FROM unnest(p_kinds, p_kind_caps) AS x(k, cap) LEFT JOIN r ON r.k = x.k;
END
$$;

-- One job that a worker died with, alone; the oldest whose tenant and kind have room.
CREATE FUNCTION app_jobs_claim_suspect(p_worker text, p_kinds text[], p_kind_caps integer[], p_tenant_cap integer, p_lease_ms integer, p_lease uuid)
    RETURNS SETOF jobs
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v      record;
    v_full text[] := '{}'; -- what has none: asked once, however many wait for it
BEGIN
    FOR i IN 1..8 LOOP
        SELECT x.tenant_id, x.job_id, x.kind, app_jobs_cap(s.settings, p_tenant_cap) AS cap INTO v
          FROM jobs x
          JOIN tenants n ON n.tenant_id = x.tenant_id AND n.state = 'active'
          JOIN tenant_settings s ON s.tenant_id = x.tenant_id
         WHERE x.state = 'ready' AND x.suspect AND x.run_at <= now() AND x.kind = ANY (p_kinds)
           AND x.tenant_id || x.kind <> ALL (v_full)
         ORDER BY x.run_at LIMIT 1 FOR UPDATE OF x SKIP LOCKED;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        IF (v.cap > 0 OR p_kind_caps[array_position(p_kinds, v.kind)] > 0) AND NOT EXISTS (
            SELECT FROM app_jobs_room(v.tenant_id, v.cap, p_kinds, p_kind_caps) r
             WHERE r.kind = v.kind AND coalesce(r.kind_room, 1) > 0 AND coalesce(r.room, 1) > 0) THEN
            v_full := v_full || (v.tenant_id || v.kind);
            CONTINUE;
        END IF;
        RETURN QUERY UPDATE jobs j
               SET state = 'running', attempts = j.attempts + 1, lease = p_lease, worker = p_worker, started_at = now(),
                   lease_until = now() + make_interval(secs => p_lease_ms / 1000.0)
             WHERE j.tenant_id = v.tenant_id AND j.job_id = v.job_id
            RETURNING j.*;
        RETURN;
    END LOOP;
END
$$;

-- Claims up to p_limit ready jobs, going round the tenants: the batch is shared equally by at most four, the next claim
-- begins with the others. (One transaction of a worker is one tenant's: shares of one job would be a commit a job.)
--
-- p_tenants NULL is a discovery: the tenants with work come from a loose scan of jobs_ready (its cost is their number,
-- not that of the jobs), the round begins at p_from, so that none is first for ever, and each found tenant is answered
-- as a row without a job. Otherwise the worker gives the tenants it knows, in its order, each with its cap and a floor:
-- where it looked last. A scan that begins there does not wade through the entries of finished jobs, which nothing can
-- remove while an old snapshot is open. What appears behind a floor is found by the next discovery.
--
-- One claim in four looks for a suspect first and takes it alone; so does one that finds nothing else.
-- A claim that a crash forgets leaves jobs that are still ready: its commit does not wait for the disk.
CREATE FUNCTION app_jobs_claim(p_worker text, p_kinds text[], p_kind_caps integer[], p_tenant_cap integer, p_limit integer,
                               p_lease_ms integer, p_lease uuid, p_from uuid, p_tenants uuid[], p_caps integer[],
                               p_priorities smallint[], p_run_ats timestamptz[], p_jobs uuid[])
    RETURNS TABLE (tenant_id uuid, cap integer, job_id uuid, kind text, subject_id uuid, payload jsonb, attempts smallint,
                   max_attempts smallint, priority smallint, run_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenants uuid[]    := p_tenants;
    v_caps    integer[] := p_caps;
    v_first   boolean   := get_byte(uuid_send(p_from), 15) < 64;
    v_free    text[];
    v_careful boolean;
    v_share   integer;
    v_n       integer   := 0;
    v_got     integer;
    v         record;
BEGIN
    SET LOCAL synchronous_commit = off;
    IF v_first THEN
        RETURN QUERY SELECT s.tenant_id, -1, s.job_id, s.kind, s.subject_id, s.payload, s.attempts, s.max_attempts, s.priority, s.run_at
                       FROM app_jobs_claim_suspect(p_worker, p_kinds, p_kind_caps, p_tenant_cap, p_lease_ms, p_lease) s;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;

    IF p_tenants IS NULL THEN
        WITH RECURSIVE t(id) AS (
            (SELECT j.tenant_id FROM jobs j WHERE j.state = 'ready' AND NOT j.suspect ORDER BY j.tenant_id LIMIT 1)
            UNION ALL
            SELECT (SELECT j.tenant_id FROM jobs j WHERE j.state = 'ready' AND NOT j.suspect AND j.tenant_id > t.id ORDER BY j.tenant_id LIMIT 1)
              FROM t WHERE t.id IS NOT NULL
        )
        SELECT array_agg(x.id ORDER BY x.id < p_from, x.id), array_agg(x.cap ORDER BY x.id < p_from, x.id) INTO v_tenants, v_caps
          FROM (SELECT t.id, app_jobs_cap(s.settings, p_tenant_cap) AS cap
                  FROM t JOIN tenants n ON n.tenant_id = t.id AND n.state = 'active' JOIN tenant_settings s ON s.tenant_id = t.id
                 ORDER BY t.id < p_from, t.id LIMIT 256) x;
        RETURN QUERY SELECT x.id, x.cap, NULL::uuid, NULL::text, NULL::uuid, NULL::jsonb, NULL::smallint, NULL::smallint, NULL::smallint, NULL::timestamptz
                       FROM unnest(v_tenants, v_caps) AS x(id, cap);
    END IF;

    IF v_tenants IS NOT NULL THEN
        v_share := greatest(1, p_limit / least(4, cardinality(v_tenants)));
        v_free := ARRAY(SELECT x.k FROM unnest(p_kinds, p_kind_caps) AS x(k, cap) WHERE x.cap = 0);
        v_careful := cardinality(v_free) < cardinality(p_kinds) OR 0 < ANY (v_caps);
        RETURN QUERY
            WITH picked AS MATERIALIZED (
                SELECT x.tenant_id, x.job_id
                  FROM unnest(v_tenants, v_caps, p_priorities, p_run_ats, p_jobs) AS t(id, cap, priority, run_at, job_id)
                 CROSS JOIN LATERAL (
                       SELECT j.tenant_id, j.job_id FROM jobs j
                        WHERE j.tenant_id = t.id AND j.state = 'ready' AND NOT j.suspect AND j.run_at <= now() AND j.kind = ANY (v_free)
                          AND (j.priority, j.run_at, j.job_id) > (coalesce(t.priority, -1::smallint), coalesce(t.run_at, '-infinity'),
                                                                  coalesce(t.job_id, '00000000-0000-0000-0000-000000000000'))
                        ORDER BY j.priority, j.run_at, j.job_id
                        LIMIT v_share FOR UPDATE SKIP LOCKED) x
                 WHERE t.cap = 0 AND (SELECT n.state = 'active' FROM tenants n WHERE n.tenant_id = t.id)
                 LIMIT p_limit
            )
            UPDATE jobs j
               SET state = 'running', attempts = j.attempts + 1, lease = p_lease, worker = p_worker, started_at = now(),
                   lease_until = now() + make_interval(secs => p_lease_ms / 1000.0)
              FROM picked p
             WHERE j.tenant_id = p.tenant_id AND j.job_id = p.job_id
            RETURNING j.tenant_id, NULL::integer, j.job_id, j.kind, j.subject_id, j.payload, j.attempts, j.max_attempts, j.priority, j.run_at;
        GET DIAGNOSTICS v_n = ROW_COUNT;

        -- where a cap applies, tenant by tenant under its lock; whoever has none never comes here
        FOR v IN SELECT x.id, x.cap FROM unnest(v_tenants, v_caps) AS x(id, cap)
                  WHERE v_careful AND (x.cap > 0 OR cardinality(v_free) < cardinality(p_kinds)) LOOP
            EXIT WHEN v_n >= p_limit;
            RETURN QUERY
                WITH picked AS MATERIALIZED (
                    SELECT x.tenant_id, x.job_id
                      FROM app_jobs_room(v.id, v.cap, p_kinds, p_kind_caps) r
                     CROSS JOIN LATERAL (
                           SELECT j.tenant_id, j.job_id, j.priority, j.run_at FROM jobs j
                            WHERE j.tenant_id = v.id AND j.state = 'ready' AND NOT j.suspect AND j.run_at <= now() AND j.kind = r.kind
                              AND (v.cap > 0 OR r.kind_room IS NOT NULL) -- else the round above took its share
                            ORDER BY j.priority, j.run_at, j.job_id
                            LIMIT least(r.kind_room, r.room, v_share, p_limit - v_n) FOR UPDATE SKIP LOCKED) x
                     WHERE (SELECT n.state = 'active' FROM tenants n WHERE n.tenant_id = v.id)
                     ORDER BY x.priority, x.run_at, x.job_id
                     LIMIT (SELECT least(min(s.room), v_share, p_limit - v_n) FROM app_jobs_room(v.id, v.cap, p_kinds, p_kind_caps) s)
                )
                UPDATE jobs j
                   SET state = 'running', attempts = j.attempts + 1, lease = p_lease, worker = p_worker, started_at = now(),
                       lease_until = now() + make_interval(secs => p_lease_ms / 1000.0)
                  FROM picked p
                 WHERE j.tenant_id = p.tenant_id AND j.job_id = p.job_id
                RETURNING j.tenant_id, NULL::integer, j.job_id, j.kind, j.subject_id, j.payload, j.attempts, j.max_attempts, j.priority, j.run_at;
            GET DIAGNOSTICS v_got = ROW_COUNT;
            v_n := v_n + v_got;
        END LOOP;
    END IF;

    IF v_n = 0 AND NOT v_first THEN
        RETURN QUERY SELECT s.tenant_id, -1, s.job_id, s.kind, s.subject_id, s.payload, s.attempts, s.max_attempts, s.priority, s.run_at
                       FROM app_jobs_claim_suspect(p_worker, p_kinds, p_kind_caps, p_tenant_cap, p_lease_ms, p_lease) s;
    END IF;
END
$$;

-- ---- leases -----------------------------------------------------------------------------------------------------

-- Says that the worker lives and how far its job is (p_doing NULL: none at the moment). Answers the jobs it still
-- holds and whether somebody wants them canceled. Rows that its own transaction has locked are not waited for.
CREATE FUNCTION app_jobs_heartbeat(p_lease uuid, p_lease_ms integer, p_tenants uuid[], p_jobs uuid[], p_doing uuid, p_done bigint, p_total bigint)
    RETURNS TABLE (job_id uuid, cancel_requested boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    SET LOCAL synchronous_commit = off;
    UPDATE jobs j
       SET lease_until = now() + make_interval(secs => p_lease_ms / 1000.0),
           progress_done  = CASE WHEN j.job_id = p_doing THEN p_done  ELSE j.progress_done  END,
           progress_total = CASE WHEN j.job_id = p_doing THEN p_total ELSE j.progress_total END
      FROM (SELECT k.tenant_id, k.job_id FROM unnest(p_tenants, p_jobs) AS x(t, id)
              JOIN jobs k ON k.tenant_id = x.t AND k.job_id = x.id
             WHERE k.lease = p_lease FOR UPDATE OF k SKIP LOCKED) free
     WHERE j.tenant_id = free.tenant_id AND j.job_id = free.job_id;
    RETURN QUERY SELECT j.job_id, j.cancel_requested FROM unnest(p_tenants, p_jobs) AS x(t, id)
                   JOIN jobs j ON j.tenant_id = x.t AND j.job_id = x.id WHERE j.lease = p_lease;
END
$$;

-- The last step of app_jobs_return: they wait. Fails when a twin of one waits.
CREATE FUNCTION app_jobs_ready(p_tenants uuid[], p_jobs uuid[], p_suspect boolean) RETURNS integer
    LANGUAGE plpgsql
AS $$
DECLARE
    v_n integer;
BEGIN
    UPDATE jobs j
       SET state = 'ready', suspect = j.suspect OR p_suspect, lease = NULL, lease_until = NULL, worker = NULL,
           progress_done = NULL, progress_total = NULL, attempts = CASE WHEN p_suspect THEN j.attempts ELSE greatest(0, j.attempts - 1) END
      FROM unnest(p_tenants, p_jobs) AS x(t, id)
     WHERE j.tenant_id = x.t AND j.job_id = x.id;
    GET DIAGNOSTICS v_n = ROW_COUNT;
    RETURN v_n;
END
$$;

-- Jobs that nobody holds any more wait again, p_suspect: because a worker died with them; else the attempt that was
-- not begun does not count. One that was to be canceled ends so; of two that would wait for the same work one goes.
CREATE FUNCTION app_jobs_return(p_tenants uuid[], p_jobs uuid[], p_suspect boolean) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenants uuid[];
    v_jobs    uuid[];
    v_n       integer;
    v         record;
BEGIN
    PERFORM app_jobs_lock_batches(p_tenants, p_jobs);
    SELECT array_agg(j.tenant_id), array_agg(j.job_id) INTO v_tenants, v_jobs
      FROM unnest(p_tenants, p_jobs) AS x(t, id) JOIN jobs j ON j.tenant_id = x.t AND j.job_id = x.id WHERE j.cancel_requested;
    IF v_jobs IS NOT NULL THEN
        PERFORM app_jobs_leave(v_tenants, v_jobs, 'canceled', 'canceled', NULL);
    END IF;
    SELECT array_agg(j.tenant_id), array_agg(j.job_id) INTO v_tenants, v_jobs
      FROM unnest(p_tenants, p_jobs) AS x(t, id) JOIN jobs j ON j.tenant_id = x.t AND j.job_id = x.id
     WHERE j.unique_key IS NOT NULL
       AND (EXISTS (SELECT FROM jobs w WHERE w.tenant_id = j.tenant_id AND w.kind = j.kind AND w.unique_key = j.unique_key AND w.state = 'ready')
         OR EXISTS (SELECT FROM unnest(p_tenants, p_jobs) AS y(t, id) JOIN jobs w ON w.tenant_id = y.t AND w.job_id = y.id
                     WHERE w.tenant_id = j.tenant_id AND w.kind = j.kind AND w.unique_key = j.unique_key AND w.job_id > j.job_id));
    IF v_jobs IS NOT NULL THEN
        PERFORM app_jobs_leave(v_tenants, v_jobs, 'canceled', 'superseded', NULL);
    END IF;
    BEGIN
        v_n := app_jobs_ready(p_tenants, p_jobs, p_suspect);
    EXCEPTION WHEN unique_violation THEN
        v_n := 0; -- a twin of one came this very moment: the others return all the same, and the twin does its work
        FOR v IN SELECT x.t, x.id FROM unnest(p_tenants, p_jobs) AS x(t, id) LOOP
            BEGIN
                v_n := v_n + app_jobs_ready(ARRAY[v.t], ARRAY[v.id], p_suspect);
            EXCEPTION WHEN unique_violation THEN
                PERFORM app_jobs_leave(ARRAY[v.t], ARRAY[v.id], 'canceled', 'superseded', NULL);
            END;
        END LOOP;
    END;
    RETURN v_n;
END
$$;

-- Moves the data versions of tenants whose jobs ended without them; the last lock of a transaction, in one order.
CREATE FUNCTION app_tenants_touch(p_tenants uuid[]) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM FROM tenant_state s WHERE s.tenant_id = ANY (p_tenants) ORDER BY s.tenant_id FOR UPDATE;
    UPDATE tenant_state s SET data_version = data_version + 1 WHERE s.tenant_id = ANY (p_tenants);
END
$$;

-- Gives back what silent workers held. A job out of attempts becomes a dead letter. Returns how many moved. One
-- worker at a time looks; the others have better things to do.
--
-- A worker that is not dead but slow holds the facts of its meeting and will want its job: whoever holds the job must not
-- wait for the facts. So neither is waited for: a job that ends here and whose facts are not free is left to the next
-- round. What is waited for comes after them, and in one order: the batches, then the tenants.
CREATE OR REPLACE FUNCTION app_jobs_rescue() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenants  uuid[];
    v_jobs     uuid[];
    v_subjects uuid[];
    v_free     uuid[];
    v_ended    uuid[];
    v_dead_of  uuid[];
    v_dead     uuid[];
    v_back_of  uuid[];
    v_back     uuid[];
    v_n        integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1668115313, -1) THEN
        RETURN 0;
    END IF;
    SELECT array_agg(x.tenant_id), array_agg(x.job_id), array_agg(x.subject_id) INTO v_tenants, v_jobs, v_subjects FROM (
        SELECT j.tenant_id, j.job_id, j.subject_id FROM jobs j WHERE j.state = 'running' AND j.lease_until < now()
         ORDER BY j.tenant_id, j.job_id LIMIT 1000 FOR UPDATE SKIP LOCKED) x;
    IF v_jobs IS NULL THEN
        RETURN 0;
    END IF;
    SELECT coalesce(array_agg(x.subject_id), '{}') INTO v_free FROM (
        SELECT f.subject_id FROM unnest(v_tenants, v_subjects) AS s(t, id)
          JOIN meeting_facts f ON f.tenant_id = s.t AND f.subject_id = s.id
           FOR UPDATE OF f SKIP LOCKED) x;
    SELECT array_agg(j.tenant_id) FILTER (WHERE dead.is), array_agg(j.job_id) FILTER (WHERE dead.is),
           array_agg(j.tenant_id) FILTER (WHERE NOT dead.is), array_agg(j.job_id) FILTER (WHERE NOT dead.is),
           array_agg(j.tenant_id) FILTER (WHERE dead.is OR j.cancel_requested), array_agg(j.tenant_id), array_agg(j.job_id)
      INTO v_dead_of, v_dead, v_back_of, v_back, v_ended, v_tenants, v_jobs
      FROM unnest(v_tenants, v_jobs) AS x(t, id)
      JOIN jobs j ON j.tenant_id = x.t AND j.job_id = x.id
     CROSS JOIN LATERAL (SELECT j.attempts >= j.max_attempts AND NOT j.cancel_requested AS is) dead
     WHERE NOT ((dead.is OR j.cancel_requested)
                AND EXISTS (SELECT FROM meeting_facts f
                             WHERE f.tenant_id = j.tenant_id AND f.subject_id = j.subject_id AND f.subject_id <> ALL (v_free)));
    PERFORM app_jobs_lock_batches(v_tenants, v_jobs);
    IF v_dead IS NOT NULL THEN
        v_n := app_jobs_leave(v_dead_of, v_dead, 'failed', 'lease_expired', NULL);
    END IF;
    IF v_back IS NOT NULL THEN
        v_n := v_n + app_jobs_return(v_back_of, v_back, true);
    END IF;
    PERFORM app_tenants_touch(v_ended);
    RETURN v_n;
END
$$;

-- A worker that stops in order gives back at once what it claimed and did not begin; that attempt does not count.
CREATE OR REPLACE FUNCTION app_jobs_release(p_lease uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenants uuid[];
    v_jobs    uuid[];
    v_ended   uuid[];
    v_n       integer;
BEGIN
    SELECT array_agg(x.tenant_id), array_agg(x.job_id), array_agg(x.tenant_id) FILTER (WHERE x.cancel_requested)
      INTO v_tenants, v_jobs, v_ended FROM (
        SELECT j.tenant_id, j.job_id, j.cancel_requested FROM jobs j WHERE j.state = 'running' AND j.lease = p_lease
         ORDER BY j.tenant_id, j.job_id FOR UPDATE) x;
    IF v_jobs IS NULL THEN
        RETURN 0;
    END IF;
    v_n := app_jobs_return(v_tenants, v_jobs, false);
    PERFORM app_tenants_touch(v_ended);
    RETURN v_n;
END
$$;

SET LOCAL ROLE cm_system;
-- As before, but found by its key: a lease says that the job runs, and asking for the state too lets a planner that
-- has no statistics yet take jobs_running and look at all that the tenant ever ran.
CREATE OR REPLACE FUNCTION app_enter_job(p_tenant uuid, p_job uuid, p_lease uuid)
    RETURNS TABLE (slug text, name text, time_zone text, language text, data_version bigint, role integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenant uuid;
BEGIN
    SELECT j.tenant_id INTO v_tenant FROM jobs j
     WHERE j.tenant_id = p_tenant AND j.job_id = p_job AND j.lease = p_lease;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'lease lost' USING ERRCODE = 'CM409';
    END IF;
    RETURN QUERY SELECT * FROM app_enter(v_tenant, 0);
END
$$;

RESET ROLE;

-- ---- schedules --------------------------------------------------------------------------------------------------

-- The instant of a local time. One that the clock skips is the instant after the gap; of one that it repeats, the first.
CREATE FUNCTION app_local_instant(p_local timestamp, p_zone text) RETURNS timestamptz
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_at   timestamptz := p_local AT TIME ZONE p_zone;
    v_back interval;
BEGIN
    IF v_at AT TIME ZONE p_zone <> p_local THEN -- in a gap: PostgreSQL answers as far behind it as the gap is long
        RETURN (SELECT min(m) FROM generate_series(v_at - ((v_at AT TIME ZONE p_zone) - p_local), v_at, interval '1 minute') AS m
                 WHERE m AT TIME ZONE p_zone > p_local);
    END IF;
    FOREACH v_back IN ARRAY ARRAY[interval '2 hours', interval '1 hour', interval '30 minutes'] LOOP
        IF (v_at - v_back) AT TIME ZONE p_zone = p_local THEN
            RETURN v_at - v_back;
        END IF;
    END LOOP;
    RETURN v_at;
END
$$;

-- NULL when there is no such zone (any more): one tenant's mistake must not fail a statement about all.
CREATE FUNCTION app_local_time(p_at timestamptz, p_zone text) RETURNS timestamp
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN p_at AT TIME ZONE p_zone;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN NULL;
END
$$;

-- Schedules whose time has come at p_now (NULL: now, by this clock and no worker's), with that instant in their zone. Those of suspended tenants wait.
CREATE FUNCTION app_schedules_due(p_now timestamptz, p_limit integer)
    RETURNS TABLE (tenant_id uuid, schedule_id uuid, cron text, next_run_at timestamptz, local timestamp)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT s.tenant_id, s.schedule_id, s.cron, s.next_run_at, app_local_time(coalesce(p_now, now()), coalesce(s.time_zone, x.time_zone))
          FROM schedules s
          JOIN tenants n ON n.tenant_id = s.tenant_id AND n.state = 'active'
          JOIN tenant_settings x ON x.tenant_id = s.tenant_id
         WHERE s.enabled AND s.next_run_at <= coalesce(p_now, now())
         ORDER BY s.next_run_at LIMIT p_limit;
END
$$;

-- Fires a due schedule: one job, however many runs were missed, and the next time. p_next is local; NULL: it never
-- comes again, or cannot be read, and is switched off. Says fired, ended (switched off), late (somebody else fired it) or
-- again (p_next is not after p_now, because the clock repeats an hour: give a later one).
CREATE FUNCTION app_schedule_fire(p_tenant uuid, p_schedule uuid, p_was timestamptz, p_next timestamp, p_now timestamptz, p_job uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v      record;
    v_next timestamptz;
BEGIN
    SELECT s.kind, s.payload, coalesce(s.time_zone, x.time_zone) AS zone INTO v
      FROM schedules s JOIN tenant_settings x ON x.tenant_id = s.tenant_id
     WHERE s.tenant_id = p_tenant AND s.schedule_id = p_schedule AND s.enabled AND s.next_run_at = p_was FOR UPDATE OF s;
    IF NOT FOUND THEN
        RETURN 'late';
    END IF;
    IF p_next IS NULL THEN
        UPDATE schedules s SET enabled = false WHERE s.tenant_id = p_tenant AND s.schedule_id = p_schedule;
        RETURN 'ended';
    END IF;
    v_next := app_local_instant(p_next, v.zone);
    IF v_next <= coalesce(p_now, now()) THEN
        RETURN 'again';
    END IF;
    UPDATE schedules s SET next_run_at = v_next WHERE s.tenant_id = p_tenant AND s.schedule_id = p_schedule;
    INSERT INTO jobs (tenant_id, job_id, kind, payload, unique_key)
    VALUES (p_tenant, p_job, v.kind, v.payload, 'schedule:' || p_schedule)
    ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;
    NOTIFY cm_jobs;
    RETURN 'fired';
END
$$;

-- A due schedule that could not be fired is tried again later: it would stay the first that is due, and a hundred of them
-- would keep all others from being looked at.
CREATE FUNCTION app_schedule_put_off(p_tenant uuid, p_schedule uuid, p_was timestamptz, p_now timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE schedules s SET next_run_at = coalesce(p_now, now()) + interval '10 minutes'
     WHERE s.tenant_id = p_tenant AND s.schedule_id = p_schedule AND s.next_run_at = p_was;
END
$$;

-- ---- looking on -------------------------------------------------------------------------------------------------

-- For metrics, over all tenants: by kind and by one of 16 buckets of tenants, so that the number of series has a bound.
-- Reads p_pages pages of jobs at most: what waits in a longer queue is an estimate from as many, chosen at random, and
-- `estimated` says so; what runs is counted. And five minutes of finished ones (by the BRIN index); the percentile is of a
-- sample of about 50,000, since sorting them all would cost more than everything else.
CREATE FUNCTION app_jobs_metrics(p_pages integer)
    RETURNS TABLE (kind text, bucket integer, ready bigint, running bigint, oldest_s double precision, completed bigint, failed bigint,
                   canceled bigint, retries bigint, seconds_sum double precision, seconds_p95 double precision, estimated boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_every integer := 1 + (SELECT count(*) FROM job_archive a WHERE a.finished_at > now() - interval '5 minutes') / 50000;
    v_part  double precision := least(1, p_pages::double precision / greatest(1, pg_relation_size('jobs') / current_setting('block_size')::integer));
BEGIN
    RETURN QUERY
        WITH waits AS (
            SELECT j.kind AS k, uuid_hash(j.tenant_id) & 15 AS b, (count(*) / v_part)::bigint AS n,
                   extract(epoch FROM now() - min(j.run_at) FILTER (WHERE j.run_at <= now()))::double precision AS oldest
              FROM jobs j TABLESAMPLE SYSTEM (100 * v_part) WHERE j.state = 'ready' GROUP BY 1, 2
        ), runs AS (
            SELECT j.kind AS k, uuid_hash(j.tenant_id) & 15 AS b, count(*) AS n FROM jobs j WHERE j.state = 'running' GROUP BY 1, 2
        ), w AS (
            SELECT coalesce(x.k, r.k) AS k, coalesce(x.b, r.b) AS b, coalesce(x.n, 0) AS ready, coalesce(r.n, 0) AS running, x.oldest
              FROM waits x FULL JOIN runs r ON r.k = x.k AND r.b = x.b
        ), f AS (
            SELECT a.kind AS k, uuid_hash(a.tenant_id) & 15 AS b, count(*) FILTER (WHERE a.state = 'completed') AS completed,
                   count(*) FILTER (WHERE a.state = 'failed') AS failed, count(*) FILTER (WHERE a.state = 'canceled') AS canceled,
                   coalesce(sum(a.attempts - 1) FILTER (WHERE a.attempts > 1), 0)::bigint AS retries,
                   coalesce(extract(epoch FROM sum(a.finished_at - a.started_at)), 0)::double precision AS total,
                   coalesce(extract(epoch FROM percentile_disc(0.95) WITHIN GROUP (ORDER BY a.finished_at - a.started_at)
                                               FILTER (WHERE uuid_hash(a.job_id) % v_every = 0)), 0)::double precision AS p95
              FROM job_archive a WHERE a.finished_at > now() - interval '5 minutes' GROUP BY 1, 2
        )
        SELECT coalesce(w.k, f.k), coalesce(w.b, f.b), coalesce(w.ready, 0), coalesce(w.running, 0), coalesce(w.oldest, 0),
               coalesce(f.completed, 0), coalesce(f.failed, 0), coalesce(f.canceled, 0), coalesce(f.retries, 0), coalesce(f.total, 0),
               coalesce(f.p95, 0), v_part < 1
          FROM w FULL JOIN f ON f.k = w.k AND f.b = w.b ORDER BY 1, 2;
END
$$;

-- A shell of the operator works on one tenant's rows, under its policy; also on a suspended one's.
CREATE FUNCTION app_enter_operator(p_slug text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v record;
BEGIN
    SELECT t.tenant_id, s.time_zone INTO v FROM tenants t JOIN tenant_settings s ON s.tenant_id = t.tenant_id WHERE t.slug = p_slug;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such tenant' USING ERRCODE = 'CM403';
    END IF;
    EXECUTE format('SET LOCAL app.tenant_id = %L', v.tenant_id);
    EXECUTE format('SET LOCAL timezone = %L', v.time_zone);
    RETURN v.tenant_id;
END
$$;

-- As before, and batches.
SET LOCAL ROLE cm_system;
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

    kind := 'job_batches';
    DELETE FROM job_batches b WHERE (b.tenant_id, b.batch_id) IN (
        SELECT x.tenant_id, x.batch_id FROM job_batches x
         WHERE x.changed_at < now() - interval '90 days' AND x.completed + x.failed + x.canceled >= x.total LIMIT p_limit);
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

ALTER FUNCTION app_jobs_room(uuid, integer, text[], integer[])                                             OWNER TO cm_system;
ALTER FUNCTION app_jobs_claim_suspect(text, text[], integer[], integer, integer, uuid)                     OWNER TO cm_system;
ALTER FUNCTION app_jobs_claim(text, text[], integer[], integer, integer, integer, uuid, uuid, uuid[], integer[], smallint[], timestamptz[], uuid[]) OWNER TO cm_system;
ALTER FUNCTION app_jobs_heartbeat(uuid, integer, uuid[], uuid[], uuid, bigint, bigint)                     OWNER TO cm_system;
ALTER FUNCTION app_jobs_return(uuid[], uuid[], boolean)                                                    OWNER TO cm_system;
ALTER FUNCTION app_schedules_due(timestamptz, integer)                                                     OWNER TO cm_system;
ALTER FUNCTION app_schedule_fire(uuid, uuid, timestamptz, timestamp, timestamptz, uuid)                    OWNER TO cm_system;
ALTER FUNCTION app_schedule_put_off(uuid, uuid, timestamptz, timestamptz)                                  OWNER TO cm_system;
ALTER FUNCTION app_jobs_metrics(integer)                                                                          OWNER TO cm_system;
ALTER FUNCTION app_enter_operator(text)                                                                    OWNER TO cm_system;
SET LOCAL ROLE cm_system;
REVOKE ALL ON FUNCTION app_jobs_room(uuid, integer, text[], integer[]),
    app_jobs_claim_suspect(text, text[], integer[], integer, integer, uuid),
    app_jobs_claim(text, text[], integer[], integer, integer, integer, uuid, uuid, uuid[], integer[], smallint[], timestamptz[], uuid[]),
    app_jobs_heartbeat(uuid, integer, uuid[], uuid[], uuid, bigint, bigint), app_jobs_return(uuid[], uuid[], boolean),
    app_schedules_due(timestamptz, integer), app_schedule_fire(uuid, uuid, timestamptz, timestamp, timestamptz, uuid),
    app_schedule_put_off(uuid, uuid, timestamptz, timestamptz),
    app_jobs_metrics(integer), app_enter_operator(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_jobs_claim(text, text[], integer[], integer, integer, integer, uuid, uuid, uuid[], integer[], smallint[], timestamptz[], uuid[]),
    app_jobs_heartbeat(uuid, integer, uuid[], uuid[], uuid, bigint, bigint),
    app_schedules_due(timestamptz, integer), app_schedule_fire(uuid, uuid, timestamptz, timestamp, timestamptz, uuid),
    app_schedule_put_off(uuid, uuid, timestamptz, timestamptz),
    app_jobs_metrics(integer) TO cm_app;
GRANT EXECUTE ON FUNCTION app_enter_operator(text) TO cm_owner;
RESET ROLE;

-- Reading by a model: jobs that wait for an answer.

-- One job that cannot be done at present, for a reason that is not its own (a cap, a provider that is down): it waits,
-- and the attempt that was not made does not count. Says what became of it: later, canceled, superseded.
CREATE FUNCTION app_jobs_put_off(p_tenant uuid, p_job uuid, p_lease uuid, p_delay_ms bigint, p_code text, p_error text) RETURNS text
    LANGUAGE plpgsql
AS $$
DECLARE
    v_became text := app_jobs_put_back(p_tenant, p_job, p_lease, p_delay_ms, NULL, p_code, p_error);
BEGIN
    UPDATE jobs j SET attempts = greatest(0, j.attempts - 1) WHERE j.tenant_id = p_tenant AND j.job_id = p_job AND j.state = 'ready';
    RETURN v_became;
END
$$;

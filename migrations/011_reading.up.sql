-- Reading by a model: jobs that wait for an answer, and the account of what the answers cost.

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

-- ---- the ledger -------------------------------------------------------------------------------------------------
--
-- Before a call its largest possible cost is reserved, and that is committed before the call goes out; afterwards it is
-- settled with what it did cost. A worker that dies between the two leaves a reservation that nobody will settle: once
-- its lease is over it is counted as spent, since the call may have been paid. So the sum of a month never says less
-- than was paid, and a cap on it holds whatever dies when.
-- Money is in millionths of a dollar.

CREATE TABLE llm_usage (
    tenant_id       uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    usage_id        uuid        NOT NULL,
    month           date        NOT NULL,
    day             date        NOT NULL,
    purpose         text        NOT NULL CHECK (char_length(purpose) BETWEEN 1 AND 32),
    provider        text        NOT NULL CHECK (char_length(provider) BETWEEN 1 AND 64),
    model           text        NOT NULL CHECK (char_length(model) <= 128),
    prompt_version  text        CHECK (char_length(prompt_version) <= 64),
    subject_id      uuid,
    job_id          uuid        NOT NULL,
    lease           uuid        NOT NULL,
    state           text        NOT NULL DEFAULT 'reserved' CHECK (state IN ('reserved', 'settled', 'lost')),
    reserved_micros bigint      NOT NULL CHECK (reserved_micros >= 0),
    cost_micros     bigint      NOT NULL DEFAULT 0 CHECK (cost_micros >= 0),
    tokens_in       bigint      NOT NULL DEFAULT 0 CHECK (tokens_in >= 0),
    tokens_out      bigint      NOT NULL DEFAULT 0 CHECK (tokens_out >= 0),
    tokens_cached   bigint      NOT NULL DEFAULT 0 CHECK (tokens_cached >= 0),
    outcome         text        CHECK (char_length(outcome) <= 64),
    took_ms         bigint      CHECK (took_ms >= 0),
    created_at      timestamptz NOT NULL DEFAULT now(),
    settled_at      timestamptz,
    PRIMARY KEY (tenant_id, usage_id),
    CHECK ((state = 'reserved') = (settled_at IS NULL))
);
COMMENT ON COLUMN llm_usage.month IS 'Of the tenant''s calendar, when it was reserved: the month whose cap it counts against.';
COMMENT ON COLUMN llm_usage.subject_id IS 'What was read; the account outlives it, so it is no foreign key.';
COMMENT ON COLUMN llm_usage.state IS 'lost: the worker died before it could settle; the call may have been paid, and counts as if.';
COMMENT ON TABLE llm_usage IS 'Calls of models: tokens, cost, outcome. [personal: no] [retention: 3 years]';
CREATE INDEX llm_usage_day ON llm_usage (tenant_id, day);
CREATE INDEX llm_usage_reserved ON llm_usage (tenant_id, job_id) WHERE state = 'reserved';

CREATE TABLE llm_spend (
    tenant_id       uuid   NOT NULL REFERENCES tenants ON DELETE CASCADE,
    month           date   NOT NULL,
    reserved_micros bigint NOT NULL DEFAULT 0 CHECK (reserved_micros >= 0),
    spent_micros    bigint NOT NULL DEFAULT 0 CHECK (spent_micros >= 0),
    PRIMARY KEY (tenant_id, month)
) WITH (fillfactor = 50);
COMMENT ON TABLE llm_spend IS 'The sums of llm_usage by month: what a cap is held against. [personal: no] [retention: 3 years]';

-- What an organisation should be told: once a key.
CREATE TABLE notices (
    tenant_id  uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    notice_id  uuid        NOT NULL DEFAULT gen_random_uuid(),
    kind       text        NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 64),
    key        text        NOT NULL CHECK (char_length(key) <= 200),
    params     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(params) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, notice_id),
    UNIQUE (tenant_id, kind, key)
);
COMMENT ON TABLE notices IS 'What an organisation should be told. [personal: no] [retention: 1 year]';

ALTER TABLE llm_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE llm_usage FORCE ROW LEVEL SECURITY;
ALTER TABLE llm_spend ENABLE ROW LEVEL SECURITY;
ALTER TABLE llm_spend FORCE ROW LEVEL SECURITY;
ALTER TABLE notices   ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices   FORCE ROW LEVEL SECURITY;
CREATE POLICY llm_usage_tenant ON llm_usage USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY llm_spend_tenant ON llm_spend USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY notices_tenant ON notices USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
GRANT SELECT, INSERT, UPDATE ON llm_usage, llm_spend TO cm_app;
GRANT SELECT, INSERT ON notices TO cm_app;
GRANT SELECT, UPDATE ON llm_usage, llm_spend TO cm_system;

-- Reserves for calls, in their order, as far as the month's cap (NULL: none) goes; returns for how many. p_calls:
-- [{"usage","purpose","provider","model","prompt_version","subject","job","lease","micros"}]
CREATE FUNCTION app_llm_reserve(p_tenant uuid, p_cap bigint, p_calls jsonb) RETURNS integer
    LANGUAGE plpgsql
AS $$
DECLARE
    v_month date := date_trunc('month', now())::date;
    v_used  bigint;
    v_all   bigint;
    v_n     integer;
    v_sum   bigint;
BEGIN
    INSERT INTO llm_spend (tenant_id, month) VALUES (p_tenant, v_month) ON CONFLICT DO NOTHING;
    SELECT s.reserved_micros + s.spent_micros INTO v_used FROM llm_spend s WHERE s.tenant_id = p_tenant AND s.month = v_month FOR UPDATE;
    SELECT count(*), count(*) FILTER (WHERE p_cap IS NULL OR v_used + x.until <= p_cap),
           coalesce(max(x.until) FILTER (WHERE p_cap IS NULL OR v_used + x.until <= p_cap), 0)
      INTO v_all, v_n, v_sum
      FROM (SELECT sum((c.value->>'micros')::bigint) OVER (ORDER BY c.ordinality) AS until
              FROM jsonb_array_elements(p_calls) WITH ORDINALITY AS c(value, ordinality)) x;
    INSERT INTO llm_usage (tenant_id, usage_id, month, day, purpose, provider, model, prompt_version, subject_id, job_id, lease, reserved_micros)
    SELECT p_tenant, c.usage, v_month, now()::date, c.purpose, c.provider, c.model, c.prompt_version, c.subject, c.job, c.lease, c.micros
      FROM ROWS FROM (jsonb_to_recordset(p_calls) AS (usage uuid, purpose text, provider text, model text, prompt_version text, subject uuid,
                                                      job uuid, lease uuid, micros bigint)) WITH ORDINALITY AS
           c(usage, purpose, provider, model, prompt_version, subject, job, lease, micros, place)
     WHERE c.place <= v_n;
    IF v_n > 0 THEN
        UPDATE llm_spend s SET reserved_micros = s.reserved_micros + v_sum WHERE s.tenant_id = p_tenant AND s.month = v_month;
    END IF;
    IF p_cap IS NOT NULL AND (v_used + v_sum) >= p_cap / 5.0 * 4 THEN
        INSERT INTO notices (tenant_id, kind, key, params)
        VALUES (p_tenant, 'llm_cap_near', v_month || ' ' || p_cap, jsonb_build_object('month', v_month, 'cap_micros', p_cap))
        ON CONFLICT DO NOTHING;
    END IF;
    IF v_n < v_all THEN
        INSERT INTO notices (tenant_id, kind, key, params)
        VALUES (p_tenant, 'llm_cap_reached', v_month || ' ' || p_cap, jsonb_build_object('month', v_month, 'cap_micros', p_cap))
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN v_n;
END
$$;

-- Settles reservations with what the calls did cost. One that was given up meanwhile stays so: it counts in full.
-- p_calls: [{"usage","micros","in","out","cached","outcome","took"}]. Returns how many.
CREATE FUNCTION app_llm_settle(p_tenant uuid, p_calls jsonb) RETURNS integer
    LANGUAGE plpgsql
AS $$
DECLARE
    v_n integer;
BEGIN
    -- the months first, in one order: who settles and who reserves wait for each other instead of dying
    PERFORM FROM llm_spend s WHERE s.tenant_id = p_tenant AND s.month IN (
        SELECT u.month FROM jsonb_to_recordset(p_calls) AS c(usage uuid) JOIN llm_usage u ON u.tenant_id = p_tenant AND u.usage_id = c.usage)
      ORDER BY s.month FOR UPDATE;
    WITH settled AS (
        UPDATE llm_usage u
           SET state = 'settled', cost_micros = c.micros, tokens_in = c."in", tokens_out = c."out", tokens_cached = c.cached,
               outcome = c.outcome, took_ms = c.took, settled_at = now()
          FROM jsonb_to_recordset(p_calls) AS c(usage uuid, micros bigint, "in" bigint, "out" bigint, cached bigint, outcome text, took bigint)
         WHERE u.tenant_id = p_tenant AND u.usage_id = c.usage AND u.state = 'reserved'
        RETURNING u.month, u.reserved_micros, u.cost_micros
    ), sums AS (
        SELECT s.month, sum(s.reserved_micros) AS reserved, sum(s.cost_micros) AS cost, count(*) AS n FROM settled s GROUP BY s.month
    ), moved AS (
        UPDATE llm_spend p SET reserved_micros = p.reserved_micros - x.reserved, spent_micros = p.spent_micros + x.cost
          FROM sums x WHERE p.tenant_id = p_tenant AND p.month = x.month
    )
    SELECT coalesce(sum(x.n), 0) INTO v_n FROM sums x;
    RETURN v_n;
END
$$;

-- Reservations whose job is no longer under the lease that made them: nobody will settle them, and the call may have
-- been paid. Returns how many. One worker at a time looks.
CREATE FUNCTION app_llm_sweep() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenants uuid[];
    v_usages  uuid[];
    v_n       integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(1668115313, -2) THEN
        RETURN 0;
    END IF;
    SELECT array_agg(x.tenant_id), array_agg(x.usage_id) INTO v_tenants, v_usages FROM (
        SELECT u.tenant_id, u.usage_id FROM llm_usage u
         WHERE u.state = 'reserved' AND u.created_at < now() - interval '1 second'
           AND NOT EXISTS (SELECT FROM jobs j WHERE j.tenant_id = u.tenant_id AND j.job_id = u.job_id AND j.lease = u.lease)
         LIMIT 1000) x;
    IF v_usages IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM FROM llm_spend s WHERE (s.tenant_id, s.month) IN (
        SELECT u.tenant_id, u.month FROM unnest(v_tenants, v_usages) AS x(t, id) JOIN llm_usage u ON u.tenant_id = x.t AND u.usage_id = x.id)
      ORDER BY s.tenant_id, s.month FOR UPDATE;
    WITH lost AS (
        UPDATE llm_usage u SET state = 'lost', cost_micros = u.reserved_micros, outcome = 'lost', settled_at = now()
          FROM unnest(v_tenants, v_usages) AS x(t, id)
         WHERE u.tenant_id = x.t AND u.usage_id = x.id AND u.state = 'reserved'
        RETURNING u.tenant_id, u.month, u.reserved_micros
    ), sums AS (
        SELECT l.tenant_id, l.month, sum(l.reserved_micros) AS micros, count(*) AS n FROM lost l GROUP BY 1, 2
    ), moved AS (
        UPDATE llm_spend p SET reserved_micros = p.reserved_micros - x.micros, spent_micros = p.spent_micros + x.micros
          FROM sums x WHERE p.tenant_id = x.tenant_id AND p.month = x.month
    )
    SELECT coalesce(sum(x.n), 0) INTO v_n FROM sums x;
    RETURN v_n;
END
$$;
ALTER FUNCTION app_llm_sweep() OWNER TO cm_system;
REVOKE ALL ON FUNCTION app_llm_sweep() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_llm_sweep() TO cm_app;

-- ---- who reads --------------------------------------------------------------------------------------------------

-- What an organisation says about its model; a column that is NULL is as the installation's configuration has it.
CREATE TABLE model_settings (
    tenant_id          uuid        PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
    provider           text        CHECK (provider IN ('rules', 'openai')),
    dialect            text        CHECK (dialect IN ('openai', 'compatible', 'azure')),
    base_url           text        CHECK (char_length(base_url) BETWEEN 8 AND 500),
    deployment         text        CHECK (char_length(deployment) <= 128),
    api_version        text        CHECK (char_length(api_version) <= 64),
    model              text        CHECK (char_length(model) BETWEEN 1 AND 128),
    embedding_model    text        CHECK (char_length(embedding_model) BETWEEN 1 AND 128),
    temperature        real        CHECK (temperature BETWEEN 0 AND 2),
    key_sealed         text        CHECK (char_length(key_sealed) <= 8000),
    key_hint           text        CHECK (char_length(key_hint) <= 8),
    price_input        bigint      CHECK (price_input >= 0),
    price_cached       bigint      CHECK (price_cached >= 0),
    price_output       bigint      CHECK (price_output >= 0),
    price_embedding    bigint      CHECK (price_embedding >= 0),
    monthly_cap_micros bigint      CHECK (monthly_cap_micros >= 0),
    redact             text[]      NOT NULL DEFAULT '{}' CHECK (redact <@ ARRAY['email', 'phone', 'card', 'national_id']),
    version            bigint      NOT NULL DEFAULT 1,
    updated_by         uuid,
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CHECK ((key_sealed IS NULL) = (key_hint IS NULL))
);
COMMENT ON COLUMN model_settings.key_sealed IS 'Sealed with CM_SECRET_KEY, for this tenant only (core/base/secret.h).';
COMMENT ON COLUMN model_settings.price_input IS 'Prices are millionths of a dollar a million tokens.';
COMMENT ON TABLE model_settings IS 'An organisation''s model, its key and its limits. [personal: no] [retention: until deleted]';
ALTER TABLE model_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE model_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY model_settings_tenant ON model_settings USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
GRANT SELECT, INSERT, UPDATE ON model_settings TO cm_app;

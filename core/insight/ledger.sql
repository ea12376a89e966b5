-- SPDX-License-Identifier: MIT

-- name: LEDGER_RESERVE args: tenant uuid, cap bigint, calls jsonb
SELECT app_llm_reserve($1, $2, $3);

-- name: LEDGER_SETTLE args: tenant uuid, calls jsonb
SELECT app_llm_settle($1, $2);

-- name: LEDGER_SWEEP args: none
SELECT app_llm_sweep();

-- name: LEDGER_DAYS args: tenant uuid, from date, to date
SELECT day, model, provider, purpose, count(*), count(*) FILTER (WHERE state = 'settled' AND outcome <> 'ok'), count(*) FILTER (WHERE state = 'lost'),
       sum(tokens_in), sum(tokens_out), sum(tokens_cached), sum(CASE WHEN state = 'reserved' THEN reserved_micros ELSE cost_micros END)
  FROM llm_usage
 WHERE tenant_id = $1 AND day BETWEEN coalesce($2::date, date_trunc('month', now())::date) AND coalesce($3::date, now()::date)
 GROUP BY day, model, provider, purpose
 ORDER BY day DESC, model, provider, purpose
 LIMIT 5000;

-- name: LEDGER_MONTH args: tenant uuid
SELECT date_trunc('month', now())::date, coalesce(max(spent_micros), 0), coalesce(max(reserved_micros), 0)
  FROM llm_spend WHERE tenant_id = $1 AND month = date_trunc('month', now())::date;

-- name: LEDGER_NOTICES args: tenant uuid
SELECT notice_id, kind, params, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  FROM notices WHERE tenant_id = $1 ORDER BY created_at DESC, notice_id LIMIT 100;

-- name: NOTICE_LLM_TROUBLE args: tenant uuid, reason text
-- Once a day.
INSERT INTO notices (tenant_id, kind, key, params)
VALUES ($1, 'llm_trouble', now()::date || ' ' || $2, jsonb_build_object('reason', $2::text)) ON CONFLICT DO NOTHING;

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
 WHERE tenant_id = $1 AND day BETWEEN $2 AND $3
 GROUP BY day, model, provider, purpose
 ORDER BY day DESC, model, provider, purpose
 LIMIT 5000;

-- name: LEDGER_MONTH args: tenant uuid
SELECT date_trunc('month', now())::date, coalesce(max(spent_micros), 0), coalesce(max(reserved_micros), 0)
  FROM llm_spend WHERE tenant_id = $1 AND month = date_trunc('month', now())::date;

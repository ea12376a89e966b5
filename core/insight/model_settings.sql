-- SPDX-License-Identifier: MIT

-- name: MODEL_SETTINGS_GET args: tenant uuid
SELECT provider, dialect, base_url, deployment, api_version, model, embedding_model, temperature, key_sealed, key_hint, price_input, price_cached,
       price_output, price_embedding, monthly_cap_micros, to_json(redact), version, to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  FROM model_settings WHERE tenant_id = $1;

-- name: MODEL_SETTINGS_LOCK args: tenant uuid
-- Also while there is no row: two who write the first one would both find none.
SELECT pg_advisory_xact_lock(hashtextextended('model_settings ' || $1::uuid::text, 0));

-- name: MODEL_SETTINGS_PUT args: tenant uuid, provider text, dialect text, base_url text, deployment text, api_version text, model text, embedding_model text, temperature real, key_sealed text, key_hint text, price_input bigint, price_cached bigint, price_output bigint, price_embedding bigint, cap bigint, redact text[], by uuid
INSERT INTO model_settings (tenant_id, provider, dialect, base_url, deployment, api_version, model, embedding_model, temperature, key_sealed, key_hint,
                            price_input, price_cached, price_output, price_embedding, monthly_cap_micros, redact, updated_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
ON CONFLICT (tenant_id) DO UPDATE
   SET provider = excluded.provider, dialect = excluded.dialect, base_url = excluded.base_url, deployment = excluded.deployment,
       api_version = excluded.api_version, model = excluded.model, embedding_model = excluded.embedding_model, temperature = excluded.temperature,
       key_sealed = excluded.key_sealed, key_hint = excluded.key_hint, price_input = excluded.price_input, price_cached = excluded.price_cached,
       price_output = excluded.price_output, price_embedding = excluded.price_embedding, monthly_cap_micros = excluded.monthly_cap_micros,
       redact = excluded.redact, updated_by = excluded.updated_by, version = model_settings.version + 1, updated_at = now();

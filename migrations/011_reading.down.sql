DROP TABLE model_settings;
DROP FUNCTION app_llm_sweep();
DROP FUNCTION app_llm_settle(uuid, jsonb);
DROP FUNCTION app_llm_reserve(uuid, bigint, jsonb);
DROP TABLE notices;
DROP TABLE llm_spend;
DROP TABLE llm_usage;
DROP FUNCTION app_jobs_put_off(uuid, uuid, uuid, bigint, text, text);

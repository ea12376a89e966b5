DROP FUNCTION app_jobs_put_off(uuid, uuid, uuid, bigint, text, text);

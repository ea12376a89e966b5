-- Loses waiting and finished jobs; meetings that wait to be read must be queued again.
SET LOCAL ROLE cm_system;
DROP FUNCTION app_jobs_claim_many(text, text[], integer, integer, uuid, uuid);
DROP FUNCTION app_jobs_claim(text, text[], integer, integer, uuid, uuid);
DROP FUNCTION app_jobs_rescue();
DROP FUNCTION app_jobs_release(uuid);
DROP FUNCTION app_jobs_heartbeat(uuid, integer);
DROP FUNCTION app_enter_job(uuid, uuid, uuid);
DROP FUNCTION app_jobs_depth();
RESET ROLE;
REVOKE ALL ON meeting_facts FROM cm_system;
DROP TABLE schedules, job_archive, jobs;

-- SPDX-License-Identifier: MIT
-- core/db: how a caller enters its tenant. Called by db.c only, pipelined before the first statement.

-- name: ENTER_USER args: tenant uuid, user uuid, min_role integer, issued_s bigint
SELECT slug, name, time_zone, language, data_version, role FROM app_enter_user($1, $2, $3, $4);

-- name: ENTER_TOKEN args: tenant uuid, token uuid, hash bytea, scope text
SELECT slug, name, time_zone, language, data_version, role FROM app_enter_token($1, $2, $3, $4);

-- name: ENTER_JOB args: tenant uuid, job uuid, lease uuid
SELECT slug, name, time_zone, language, data_version, role FROM app_enter_job($1, $2, $3);

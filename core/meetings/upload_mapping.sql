-- SPDX-License-Identifier: MIT

-- name: UPLOAD_MAPPING_LOCK args: tenant uuid
-- Two who save at once would both find room for the last one.
SELECT pg_advisory_xact_lock(hashtextextended('upload_mappings ' || $1::uuid::text, 0));

-- name: UPLOAD_MAPPING_ROOM args: tenant uuid, name_key text, mapping uuid
-- How many there are, and whether another one has the name.
SELECT count(*), coalesce(bool_or(name_key = $2 AND mapping_id <> $3), false) FROM upload_mappings WHERE tenant_id = $1;

-- name: UPLOAD_MAPPING_INSERT args: tenant uuid, mapping uuid, name text, name_key text, headers text[], headers_key uuid, column_keys text[], columns jsonb, settings jsonb, created_by uuid
INSERT INTO upload_mappings (tenant_id, mapping_id, name, name_key, headers, headers_key, column_keys, columns, settings, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: UPLOAD_MAPPING_UPDATE args: tenant uuid, mapping uuid, name text, name_key text, headers text[], headers_key uuid, column_keys text[], columns jsonb, settings jsonb
UPDATE upload_mappings
   SET name = $3, name_key = $4, headers = $5, headers_key = $6, column_keys = $7, columns = $8, settings = $9,
       version = version + 1, updated_at = now()
 WHERE tenant_id = $1 AND mapping_id = $2;

-- name: UPLOAD_MAPPING_VERSION args: tenant uuid, mapping uuid
SELECT version FROM upload_mappings WHERE tenant_id = $1 AND mapping_id = $2 FOR UPDATE;

-- name: UPLOAD_MAPPING_DELETE args: tenant uuid, mapping uuid
DELETE FROM upload_mappings WHERE tenant_id = $1 AND mapping_id = $2;

-- name: UPLOAD_MAPPING_GET args: tenant uuid, mapping uuid
SELECT mapping_id, name, columns, settings, version,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), created_by, to_json(headers)
  FROM upload_mappings WHERE tenant_id = $1 AND mapping_id = $2;

-- name: UPLOAD_MAPPING_LIST args: tenant uuid, limit bigint
SELECT mapping_id, name, columns, settings, version,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), created_by
  FROM upload_mappings WHERE tenant_id = $1 ORDER BY name_key LIMIT $2;

-- name: UPLOAD_MAPPING_PROPOSE args: tenant uuid, headers_key uuid, keys text[], limit bigint
-- Those made for these headers first, then those whose columns are all there; the newest of each first.
SELECT mapping_id, name, columns, settings, version,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), created_by, headers_key = $2
  FROM upload_mappings
 WHERE tenant_id = $1 AND column_keys <@ $3
 ORDER BY headers_key = $2 DESC, updated_at DESC, mapping_id DESC LIMIT $4;

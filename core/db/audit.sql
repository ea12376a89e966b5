-- SPDX-License-Identifier: MIT

-- name: AUDIT_INSERT args: tenant uuid, audit_id uuid, actor_kind text, actor_id uuid, action text, object_kind text, object_id uuid, fields text[], digests jsonb, request_id text
INSERT INTO audit_log (tenant_id, audit_id, actor_kind, actor_id, action, object_kind, object_id, fields, digests, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: TENANT_TOUCH args: tenant uuid
-- Once a batch, as late in the transaction as can be: it locks the tenant's row until the commit.
UPDATE tenant_state SET data_version = data_version + 1 WHERE tenant_id = $1;

-- SPDX-License-Identifier: MIT

-- name: RETENTION_RUN role: owner args: limit integer
SELECT kind, deleted FROM app_retention($1);

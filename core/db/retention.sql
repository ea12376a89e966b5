-- SPDX-License-Identifier: MIT

-- name: RETENTION_RUN args: limit integer
SELECT kind, deleted FROM app_retention($1);

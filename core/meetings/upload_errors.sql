-- SPDX-License-Identifier: MIT

-- name: UPLOAD_ERRORS_CSV_HEAD args: tenant uuid, upload uuid
-- What the head of errors.csv needs.
SELECT to_json(u.header), left(u.settings->>'delimiter', 1), coalesce(u.settings->'columns', '{}'), u.invalid,
       count(f.row_no)
  FROM uploads u
  LEFT JOIN upload_failed_rows f ON f.tenant_id = u.tenant_id AND f.upload_id = u.upload_id
 WHERE u.tenant_id = $1 AND u.upload_id = $2
 GROUP BY u.tenant_id, u.upload_id;

-- name: UPLOAD_ERRORS_CSV_ROWS args: tenant uuid, upload uuid
SELECT f.line, to_json(f.cells), f.cut,
       (SELECT json_agg(json_build_array(e.column_name, e.value, e.code, e.params::text) ORDER BY e.ordinal)
          FROM upload_errors e WHERE e.tenant_id = $1 AND e.upload_id = $2 AND e.row_no = f.row_no)
  FROM upload_failed_rows f
 WHERE f.tenant_id = $1 AND f.upload_id = $2 ORDER BY f.row_no;

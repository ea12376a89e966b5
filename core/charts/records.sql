-- SPDX-License-Identifier: MIT

-- name: RECORDS_ALONE args: none
-- A page is done before helpers have started: on two cores they cost a page of 10,000 records 8 ms.
SET LOCAL max_parallel_workers_per_gather = 0;

-- name: RECORD_SET_CREATE args: none
CREATE TEMPORARY TABLE record_set (subject_id uuid NOT NULL PRIMARY KEY) ON COMMIT DROP;

-- name: RECORD_SET_ANALYZE args: none
-- Unknown to the planner, it would be joined row by row.
ANALYZE record_set;

-- name: RECORD_SET_OF args: tenant uuid, dataset text, ids uuid[]
INSERT INTO record_set (subject_id)
SELECT s.subject_id FROM subjects s WHERE s.tenant_id = $1 AND s.dataset = $2 AND s.subject_id = ANY ($3)
ON CONFLICT DO NOTHING;

-- SPDX-License-Identifier: MIT

-- ---- the upload's row ----

-- name: UPLOAD_BEGIN args: tenant uuid, upload uuid, filename text, uploaded_by uuid, expected_bytes bigint
INSERT INTO uploads (tenant_id, upload_id, filename, uploaded_by, expected_bytes) VALUES ($1, $2, $3, $4, $5);

-- name: UPLOAD_PROGRESS_NOTE args: tenant uuid, upload uuid, state text, bytes bigint
UPDATE uploads SET state = $3, bytes = $4, progress_at = now()
 WHERE tenant_id = $1 AND upload_id = $2 AND state IN ('receiving', 'loading');

-- name: UPLOAD_FAIL args: tenant uuid, upload uuid, failure text, bytes bigint, rows bigint, invalid bigint, settings jsonb, header text[]
UPDATE uploads SET state = 'failed', failure = $3, bytes = $4, row_count = $5, invalid = $6, settings = $7, header = $8, finished_at = now()
 WHERE tenant_id = $1 AND upload_id = $2 AND state IN ('receiving', 'loading');

-- name: UPLOAD_FINISH args: tenant uuid, upload uuid, bytes bigint, sha256 bytea, rows bigint, created bigint, updated bigint, duplicate bigint, invalid bigint, skipped bigint, jobs bigint, settings jsonb, header text[], last_meeting uuid
UPDATE uploads
   SET state = 'loaded', bytes = $3, sha256 = $4, row_count = $5, created = $6, updated = $7, duplicate = $8, invalid = $9,
       skipped = $10, jobs_created = $11, settings = $12, header = $13, last_meeting_id = $14, finished_at = now()
 WHERE tenant_id = $1 AND upload_id = $2 AND state = 'loading';

-- name: UPLOAD_STATE args: tenant uuid, upload uuid
SELECT state FROM uploads WHERE tenant_id = $1 AND upload_id = $2;

-- name: UPLOAD_LOCK args: tenant uuid
-- Loads of one tenant go one after the other: both would find the same meetings new.
SELECT pg_advisory_xact_lock(hashtextextended('upload ' || $1::uuid::text, 0));

-- ---- the rows of the file, for this transaction ----

-- name: UPLOAD_STAGE_CREATE args: none
CREATE TEMPORARY TABLE upload_stage (
    row_no bigint NOT NULL, meeting_id uuid NOT NULL, job_id uuid NOT NULL, identity uuid NOT NULL, content uuid NOT NULL,
    body_hash uuid NOT NULL, client_name text NOT NULL, email text NOT NULL, phone text NOT NULL, meeting_date date NOT NULL,
    sales_rep text NOT NULL, seller text NOT NULL, closed boolean NOT NULL, transcript text NOT NULL, pack integer NOT NULL,
    ordinal smallint NOT NULL DEFAULT 0
) ON COMMIT DROP;

-- name: UPLOAD_STAGE_GRANT args: none
GRANT SELECT ON upload_stage TO cm_system;

-- name: UPLOAD_PLAN_CREATE args: none
-- Only of rows that are not simply new: a first upload has none.
CREATE TEMPORARY TABLE upload_plan (
    row_no bigint NOT NULL, action text NOT NULL, stored boolean NOT NULL, existing uuid, version bigint,
    ordinal smallint NOT NULL, changed boolean NOT NULL, reread boolean NOT NULL, moved boolean NOT NULL
) ON COMMIT DROP;

-- name: UPLOAD_CHANGE_CREATE args: none
-- The rows that change a meeting there is, apart from those that become one.
CREATE TEMPORARY TABLE upload_change (
    meeting_id uuid NOT NULL, job_id uuid NOT NULL, content uuid NOT NULL, body_hash uuid NOT NULL, client_name text NOT NULL,
    email text NOT NULL, phone text NOT NULL, sales_rep text NOT NULL, code integer NOT NULL, closed boolean NOT NULL,
    transcript text NOT NULL, changed boolean NOT NULL, reread boolean NOT NULL
) ON COMMIT DROP;

-- name: UPLOAD_STAGE_COPY args: none
COPY upload_stage (row_no, meeting_id, job_id, identity, content, body_hash, client_name, email, phone, meeting_date, sales_rep,
                   seller, closed, transcript, pack) FROM STDIN (FORMAT binary);

-- name: UPLOAD_STAGE_ANALYZE args: none
ANALYZE upload_stage (row_no, identity, seller);

-- name: UPLOAD_PLAN_FILL args: tenant uuid, policy text
-- What each row means whose identity the file names twice or a meeting has already; rows count one after the other.
-- Of several meetings with one identity the newest (the highest ordinal) is the one that changes.
--
-- An identity that a meeting had before somebody edited it is known too, behind those that have it now (ordinal -1). A row
-- whose content an edit replaced, and no upload since, says nothing new: what a person changed is not undone by sending the
-- file again. Only a meeting that came to the identity by a file is changed by it (`came`): one that had it between two
-- edits may have had it by mistake, and a row that is really of that identity must not be written over it.
INSERT INTO upload_plan (row_no, action, stored, existing, version, ordinal, changed, reread, moved)
WITH left_behind AS MATERIALIZED (
    SELECT r.identity, r.meeting_id,
           bool_or((SELECT p.upload_id IS NULL FROM meeting_revisions p
                     WHERE p.tenant_id = $1 AND p.meeting_id = r.meeting_id AND p.version < r.version
                     ORDER BY p.version DESC LIMIT 1) IS NOT TRUE) AS came
      FROM meeting_revisions r
     WHERE r.tenant_id = $1 AND r.upload_id IS NULL AND r.identity IN (SELECT identity FROM upload_stage)
     GROUP BY r.identity, r.meeting_id
), there AS MATERIALIZED (
    SELECT m.identity, m.meeting_id, m.version, m.ordinal, m.content, t.body_hash, f.state, true AS came
      FROM meetings m
      JOIN transcripts t ON t.tenant_id = m.tenant_id AND t.subject_id = m.meeting_id
      JOIN meeting_facts f ON f.tenant_id = m.tenant_id AND f.subject_id = m.meeting_id
     WHERE m.tenant_id = $1 AND m.identity IN (SELECT identity FROM upload_stage)
    UNION ALL
    SELECT l.identity, m.meeting_id, m.version, -1::smallint, m.content, t.body_hash, f.state, l.came
      FROM left_behind l
      JOIN meetings m ON m.tenant_id = $1 AND m.meeting_id = l.meeting_id AND m.identity <> l.identity
      JOIN transcripts t ON t.tenant_id = $1 AND t.subject_id = l.meeting_id
      JOIN meeting_facts f ON f.tenant_id = $1 AND f.subject_id = l.meeting_id
), known AS (
    SELECT identity FROM upload_stage GROUP BY identity HAVING count(*) > 1
    UNION SELECT identity FROM there
), newest AS (
    SELECT DISTINCT ON (identity) identity, meeting_id, version, ordinal, content, body_hash, state
      FROM there WHERE came ORDER BY identity, ordinal DESC, meeting_id DESC
), replaced AS MATERIALIZED ( -- contents that a meeting had before edits, since the last upload that changed it
    SELECT DISTINCT t.identity, t.meeting_id, r.content
      FROM there t
      JOIN meeting_revisions r ON r.tenant_id = $1 AND r.meeting_id = t.meeting_id AND r.upload_id IS NULL
     WHERE NOT EXISTS (SELECT FROM meeting_revisions u
                        WHERE u.tenant_id = $1 AND u.meeting_id = r.meeting_id AND u.version > r.version AND u.upload_id IS NOT NULL)
), others AS ( -- contents that a meeting other than the newest has, or had
    SELECT t.identity, t.content FROM there t LEFT JOIN newest n ON n.identity = t.identity WHERE t.meeting_id IS DISTINCT FROM n.meeting_id
    UNION
    SELECT r.identity, r.content FROM replaced r LEFT JOIN newest n ON n.identity = r.identity WHERE r.meeting_id IS DISTINCT FROM n.meeting_id
), matched AS (
    SELECT s.row_no, s.identity, s.content, s.body_hash,
           n.meeting_id AS existing, n.version, n.ordinal AS top, n.content AS was, n.body_hash AS was_body, n.state,
           o.identity IS NOT NULL AS elsewhere, s.content = n.content OR r.identity IS NOT NULL AS said
      FROM upload_stage s
      JOIN known k ON k.identity = s.identity
      LEFT JOIN newest n ON n.identity = s.identity
      LEFT JOIN others o ON o.identity = s.identity AND o.content = s.content
      LEFT JOIN replaced r ON r.identity = s.identity AND r.content = s.content AND r.meeting_id = n.meeting_id
), numbered AS (
    SELECT row_no, identity, content, body_hash, existing, version, top, was_body, state, elsewhere, coalesce(said, false) AS said,
           row_number() OVER in_file AS place, first_value(content) OVER in_file AS first, lag(content) OVER in_file AS previous,
           row_number() OVER (PARTITION BY identity, content ORDER BY row_no) > 1 AS seen
      FROM matched
    WINDOW in_file AS (PARTITION BY identity, elsewhere ORDER BY row_no)
), judged AS (
    SELECT row_no, identity, content, body_hash, existing, version, top, was_body, state, said, CASE
           WHEN elsewhere THEN 'duplicate'
           WHEN place = 1 AND existing IS NULL THEN 'created'
           WHEN $2 = 'update' THEN CASE WHEN content = previous OR (previous IS NULL AND said) THEN 'duplicate' ELSE 'updated' END
           WHEN said OR seen OR ($2 = 'skip' AND existing IS NULL AND content = first) THEN 'duplicate'
           WHEN $2 = 'skip' THEN 'skipped'
           ELSE 'created' END AS action
      FROM numbered
), settled AS ( -- by the meeting: the file may name it by two identities
    SELECT row_no, identity, body_hash, existing, version, top, was_body, state, said, action, CASE $2
           WHEN 'update' THEN action <> 'duplicate'
                AND row_no = max(row_no) FILTER (WHERE action <> 'duplicate') OVER (PARTITION BY coalesce(existing, identity))
           ELSE action = 'created' END AS stored,
           coalesce(top + 1, 0) + count(*) FILTER (WHERE action = 'created') OVER (PARTITION BY identity ORDER BY row_no) - 1 AS next
      FROM judged
)
SELECT row_no, action, stored, CASE WHEN $2 = 'keep_both' AND stored THEN NULL ELSE existing END, version,
       CASE WHEN $2 = 'keep_both' AND stored THEN next ELSE 0 END,
       existing IS NOT NULL AND stored AND NOT said,
       coalesce(stored AND NOT said AND body_hash <> was_body, false)
       -- reading it failed: sending it again tries again
       OR coalesce(state = 2 AND row_no = coalesce(max(row_no) FILTER (WHERE stored AND $2 = 'update') OVER meeting, max(row_no) OVER meeting), false),
       coalesce(top < 0, false)
  FROM settled
WINDOW meeting AS (PARTITION BY coalesce(existing, identity));

-- name: UPLOAD_PLAN_ANALYZE args: none
-- Unknown to the planner, it would be joined row by row: 7.7 s for 8,000 rows.
ANALYZE upload_plan (row_no, stored, existing, changed, reread);

-- name: UPLOAD_PLAN_COUNT args: none
SELECT count(*), count(*) FILTER (WHERE action = 'created'), count(*) FILTER (WHERE action = 'updated'),
       count(*) FILTER (WHERE action = 'duplicate'), count(*) FILTER (WHERE action = 'skipped'),
       count(*) FILTER (WHERE existing IS NOT NULL AND (changed OR reread))
  FROM upload_plan;

-- name: UPLOAD_CODES_FOLD args: tenant uuid
-- A seller that migration 008 folded as near as the database comes to it is folded as the program does: no row would find
-- it else, and its own name would keep it from being added.
UPDATE value_codes v SET folded = n.seller
  FROM (SELECT DISTINCT ON (s.seller) s.seller, o.code
          FROM (SELECT DISTINCT seller, sales_rep FROM upload_stage) s
          JOIN value_codes o ON o.tenant_id = $1 AND o.field = 'sales_rep' AND o.value = s.sales_rep
         WHERE NOT EXISTS (SELECT FROM value_codes k WHERE k.tenant_id = $1 AND k.field = 'sales_rep' AND k.folded = s.seller)
         ORDER BY s.seller, o.code) n
 WHERE v.tenant_id = $1 AND v.field = 'sales_rep' AND v.code = n.code;

-- name: UPLOAD_CODES args: tenant uuid
-- The first spelling of a seller stays.
INSERT INTO value_codes (tenant_id, field, value, folded, code)
SELECT $1, 'sales_rep', n.sales_rep, n.seller, nextval('value_code_seq')
  FROM (SELECT DISTINCT ON (f.seller) f.seller, f.sales_rep
          FROM (SELECT s.seller, s.sales_rep, min(s.row_no) AS row_no FROM upload_stage s GROUP BY s.seller, s.sales_rep) f
         ORDER BY f.seller, f.row_no) n
 WHERE NOT EXISTS (SELECT FROM value_codes v WHERE v.tenant_id = $1 AND v.field = 'sales_rep' AND v.folded = n.seller)
ON CONFLICT DO NOTHING;

-- name: UPLOAD_CHANGE_FILL args: tenant uuid
-- Locked, and as it was when it was judged: somebody may edit or delete it meanwhile, and then it is another's change that
-- the row would be compared with. Fewer rows than the plan has (UPLOAD_PLAN_COUNT): judge again. A meeting whose identity a
-- person edited keeps it: of the row it takes the outcome and the words.
INSERT INTO upload_change (meeting_id, job_id, content, body_hash, client_name, email, phone, sales_rep, code, closed, transcript, changed, reread)
SELECT p.existing, s.job_id, s.content, s.body_hash, CASE WHEN p.moved THEN m.client_name ELSE s.client_name END,
       CASE WHEN p.moved THEN m.email ELSE s.email END, CASE WHEN p.moved THEN m.phone ELSE s.phone END,
       coalesce(w.value, v.value), coalesce(w.code, v.code), s.closed, s.transcript, p.changed, p.reread
  FROM upload_plan p
  JOIN upload_stage s ON s.row_no = p.row_no
  JOIN meetings m ON m.tenant_id = $1 AND m.meeting_id = p.existing AND m.version = p.version
  JOIN transcripts t ON t.tenant_id = $1 AND t.subject_id = p.existing
  JOIN value_codes v ON v.tenant_id = $1 AND v.field = 'sales_rep' AND v.folded = s.seller
  LEFT JOIN value_codes w ON p.moved AND w.tenant_id = $1 AND w.field = 'sales_rep' AND w.value = m.sales_rep
 WHERE p.existing IS NOT NULL AND (p.changed OR p.reread)
 ORDER BY p.existing
   FOR UPDATE OF m, t;

-- name: UPLOAD_STAGE_KEEP_NEW args: none
-- What stays in the stage becomes a meeting.
DELETE FROM upload_stage s USING upload_plan p WHERE p.row_no = s.row_no AND (NOT p.stored OR p.existing IS NOT NULL);

-- name: UPLOAD_STAGE_ORDINALS args: none
UPDATE upload_stage s SET ordinal = p.ordinal FROM upload_plan p WHERE p.row_no = s.row_no AND p.ordinal <> 0;

-- ---- what becomes of them ----

-- name: UPLOAD_STORE args: upload uuid
SELECT app_upload_store($1);

-- name: UPLOAD_CHANGED_REVISIONS args: tenant uuid, upload uuid, changed_by uuid
INSERT INTO meeting_revisions (tenant_id, meeting_id, version, upload_id, changed_by, client_name, email, phone, meeting_date, sales_rep,
                               closed, identity, content, transcript, body_hash)
SELECT $1, m.meeting_id, m.version, $2, $3, m.client_name, m.email, m.phone, m.meeting_date, m.sales_rep, m.closed, m.identity, m.content,
       CASE WHEN t.body_hash <> c.body_hash THEN t.body END, t.body_hash
  FROM upload_change c
  JOIN meetings m ON m.tenant_id = $1 AND m.meeting_id = c.meeting_id
  JOIN transcripts t ON t.tenant_id = $1 AND t.subject_id = c.meeting_id
 WHERE c.changed;

-- name: UPLOAD_CHANGED_MEETINGS args: tenant uuid
UPDATE meetings m
   SET content = c.content, client_name = c.client_name, email = c.email, phone = c.phone, sales_rep = c.sales_rep,
       closed = c.closed, version = m.version + 1, updated_at = now()
  FROM upload_change c
 WHERE m.tenant_id = $1 AND m.meeting_id = c.meeting_id AND c.changed;

-- name: UPLOAD_CHANGED_TRANSCRIPTS args: tenant uuid
UPDATE transcripts t SET body = c.transcript, body_hash = c.body_hash
  FROM upload_change c
 WHERE t.tenant_id = $1 AND t.subject_id = c.meeting_id AND c.changed AND c.reread;

-- name: UPLOAD_CHANGED_FACTS args: tenant uuid
-- The values that were read stay until the new transcript is read; only then do they change.
UPDATE meeting_facts f
   SET closed = CASE WHEN c.changed THEN c.closed ELSE f.closed END,
       sales_rep = CASE WHEN c.changed THEN c.code ELSE f.sales_rep END,
       state = CASE WHEN c.reread THEN 0 ELSE f.state END
  FROM upload_change c
 WHERE f.tenant_id = $1 AND f.subject_id = c.meeting_id;

-- name: UPLOAD_CHANGED_JOBS args: tenant uuid, batch uuid
-- A job that waits for the same meeting already will read the new words too: it locks them (TRANSCRIPT_GET).
INSERT INTO jobs (tenant_id, job_id, kind, subject_id, unique_key, batch_id)
SELECT $1, c.job_id, 'meeting.read', c.meeting_id, c.meeting_id::text, $2 FROM upload_change c WHERE c.reread
ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;

-- name: UPLOAD_NEW_JOBS args: tenant uuid, batch uuid
INSERT INTO jobs (tenant_id, job_id, kind, subject_id, unique_key, batch_id)
SELECT $1, s.job_id, 'meeting.read', s.meeting_id, s.meeting_id::text, $2 FROM upload_stage s
ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;

-- name: UPLOAD_NEW_PACKS args: tenant uuid, upload uuid, ends uuid[], jobs uuid[]
-- A job for each pack of rows, which makes their readings when no other waits: `ends` are the last meetings of the packs.
INSERT INTO jobs (tenant_id, job_id, kind, payload, priority)
SELECT $1, ($4::uuid[])[g.pack], 'meeting.enqueue',
       jsonb_build_object('upload_id', $2::uuid, 'after', coalesce(($3::uuid[])[g.pack - 1], $2::uuid), 'to', ($3::uuid[])[g.pack], 'rows', g.n), 200
  FROM (SELECT pack, count(*) AS n FROM upload_stage GROUP BY pack) g
ON CONFLICT DO NOTHING;

-- name: UPLOAD_PACK_WAIT args: tenant uuid, batch uuid, job uuid
-- A cancellation comes before these jobs are made or after: app_jobs_cancel() waits at this lock, or is waited for. The job
-- itself is locked before all that it locks, as everybody does who ends jobs; its batch comes last (UPLOAD_PACK_COUNT).
SELECT pg_advisory_xact_lock_shared(1668115314, uuid_hash($2)) FROM jobs j WHERE j.tenant_id = $1 AND j.job_id = $3 FOR UPDATE;

-- name: UPLOAD_PACK_OPEN args: tenant uuid, batch uuid
-- A statement of its own: it sees what a cancellation left that was waited for.
SELECT b.canceled_at IS NOT NULL FROM job_batches b WHERE b.tenant_id = $1 AND b.batch_id = $2;

-- name: UPLOAD_PACK_JOBS args: tenant uuid, batch uuid, after uuid, to uuid
INSERT INTO jobs (tenant_id, job_id, kind, subject_id, unique_key, batch_id)
SELECT $1, app_job_id(row_number() OVER (ORDER BY f.subject_id)), 'meeting.read', f.subject_id, f.subject_id::text, $2
  FROM meeting_facts f JOIN meetings m ON m.tenant_id = f.tenant_id AND m.meeting_id = f.subject_id
 WHERE f.tenant_id = $1 AND f.subject_id > $3 AND f.subject_id <= $4 AND f.state = 0 AND m.upload_id = $2
ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;

-- name: UPLOAD_PACK_GIVEN_UP args: tenant uuid, upload uuid, after uuid, to uuid
-- Transcripts before facts, as the readers lock them and who deletes.
WITH t AS MATERIALIZED (
    SELECT t.subject_id
      FROM transcripts t JOIN meetings m ON m.tenant_id = $1 AND m.meeting_id = t.subject_id
     WHERE t.tenant_id = $1 AND t.subject_id > $3 AND t.subject_id <= $4 AND m.upload_id = $2
     ORDER BY t.subject_id FOR SHARE OF t
)
UPDATE meeting_facts f SET state = 2 FROM t WHERE f.tenant_id = $1 AND f.subject_id = t.subject_id AND f.state = 0;

-- name: UPLOAD_PACK_COUNT args: tenant uuid, batch uuid, canceled bigint, fewer bigint
UPDATE job_batches SET canceled = canceled + $3, total = total - $4, changed_at = statement_timestamp()
 WHERE tenant_id = $1 AND batch_id = $2;

-- name: UPLOAD_ERRORS_INSERT args: tenant uuid, upload uuid, rows jsonb
INSERT INTO upload_errors (tenant_id, upload_id, row_no, ordinal, line, column_name, value, code, params)
SELECT $1, $2, e.row_no, row_number() OVER (PARTITION BY e.row_no ORDER BY e.place) - 1, e.line, e.column_name, e.value, e.code, e.params
  FROM ROWS FROM (jsonb_to_recordset($3) AS ("row" bigint, line bigint, "column" text, value text, code text, params jsonb))
       WITH ORDINALITY AS e(row_no, line, column_name, value, code, params, place)
ON CONFLICT DO NOTHING;

-- name: UPLOAD_FAILED_ROWS_INSERT args: tenant uuid, upload uuid, rows jsonb
INSERT INTO upload_failed_rows (tenant_id, upload_id, row_no, line, cells, cut)
SELECT $1, $2, e.row_no, e.line, ARRAY(SELECT jsonb_array_elements_text(e.cells)), e.cut
  FROM jsonb_to_recordset($3) AS e(row_no bigint, line bigint, cells jsonb, cut boolean)
ON CONFLICT DO NOTHING;

-- ---- taking it back ----

-- name: UPLOAD_UNDO_LOCK args: tenant uuid, upload uuid, silent_ms bigint, load_ms bigint
-- Silent for longer than its phase allows: its process died.
SELECT last_meeting_id, state, progress_at < now() - make_interval(secs => CASE state WHEN 'receiving' THEN $3::bigint ELSE $4::bigint END / 1000.0)
  FROM uploads WHERE tenant_id = $1 AND upload_id = $2 FOR UPDATE;

-- name: DOOMED_CREATE args: none
CREATE TEMPORARY TABLE doomed (subject_id uuid PRIMARY KEY) ON COMMIT DROP;

-- name: DOOMED_GRANT args: none
GRANT SELECT ON doomed TO cm_system;

-- name: DOOMED_ANALYZE args: none
ANALYZE doomed;

-- name: DOOMED_DELETE args: none
SELECT what, n FROM app_subjects_delete();

-- name: DOOMED_LOCK args: tenant uuid
-- Before their transcripts, as who edits and who uploads.
WITH m AS MATERIALIZED (
    SELECT m.meeting_id FROM meetings m JOIN doomed d ON d.subject_id = m.meeting_id
     WHERE m.tenant_id = $1 ORDER BY m.meeting_id FOR UPDATE OF m
)
SELECT count(*) FROM m;

-- name: DOOMED_LOCK_WORDS args: tenant uuid
-- Readers lock a transcript, then its subject, then end their jobs: theirs are waited for before any job is locked here.
WITH t AS MATERIALIZED (
    SELECT t.subject_id FROM transcripts t JOIN doomed d ON d.subject_id = t.subject_id
     WHERE t.tenant_id = $1 ORDER BY t.subject_id FOR UPDATE OF t
)
SELECT count(*) FROM t;

-- name: DOOMED_JOBS args: tenant uuid
SELECT canceled FROM app_jobs_cancel($1, NULL, NULL, ARRAY(SELECT subject_id FROM doomed));

-- name: UPLOAD_UNDO_DOOM args: tenant uuid, upload uuid, last_meeting uuid
INSERT INTO doomed (subject_id)
SELECT meeting_id FROM meetings WHERE tenant_id = $1 AND meeting_id >= $2 AND meeting_id <= $3 AND upload_id = $2;

-- name: UPLOAD_UNDO_RESTORE_CREATE args: none
CREATE TEMPORARY TABLE upload_restore (
    meeting_id uuid PRIMARY KEY, version bigint NOT NULL, code integer NOT NULL, job_id uuid NOT NULL, reread boolean NOT NULL
) ON COMMIT DROP;

-- name: UPLOAD_UNDO_RESTORE_FILL args: tenant uuid, upload uuid
-- Changes that nothing came after; locked, so that nothing comes now. The seller is whose it is: an upload finds a meeting
-- by its seller too, and whether the spelling of then has a code is not asked. The job's id comes from both ids: an upload is
-- taken back once.
INSERT INTO upload_restore (meeting_id, version, code, job_id, reread)
SELECT r.meeting_id, r.version, f.sales_rep, md5(r.upload_id::text || r.meeting_id::text)::uuid, r.transcript IS NOT NULL
  FROM meeting_revisions r
  JOIN meetings m ON m.tenant_id = $1 AND m.meeting_id = r.meeting_id AND m.version = r.version + 1
  JOIN transcripts t ON t.tenant_id = $1 AND t.subject_id = r.meeting_id
  JOIN meeting_facts f ON f.tenant_id = $1 AND f.subject_id = r.meeting_id
 WHERE r.tenant_id = $1 AND r.upload_id = $2
 ORDER BY r.meeting_id
   FOR UPDATE OF m, t;

-- name: UPLOAD_UNDO_KEPT args: tenant uuid, upload uuid
-- Changes of this upload on which others were made since: they stay.
SELECT count(DISTINCT r.meeting_id)
  FROM meeting_revisions r
 WHERE r.tenant_id = $1 AND r.upload_id = $2
   AND NOT EXISTS (SELECT FROM upload_restore x WHERE x.meeting_id = r.meeting_id);

-- name: UPLOAD_UNDO_MEETINGS args: tenant uuid
UPDATE meetings m
   SET content = r.content, client_name = r.client_name, email = r.email, phone = r.phone, sales_rep = r.sales_rep, closed = r.closed,
       version = m.version + 1, updated_at = now()
  FROM upload_restore x JOIN meeting_revisions r ON r.tenant_id = $1 AND r.meeting_id = x.meeting_id AND r.version = x.version
 WHERE m.tenant_id = $1 AND m.meeting_id = x.meeting_id;

-- name: UPLOAD_UNDO_TRANSCRIPTS args: tenant uuid
UPDATE transcripts t SET body = r.transcript, body_hash = r.body_hash
  FROM upload_restore x JOIN meeting_revisions r ON r.tenant_id = $1 AND r.meeting_id = x.meeting_id AND r.version = x.version
 WHERE t.tenant_id = $1 AND t.subject_id = x.meeting_id AND x.reread;

-- name: UPLOAD_UNDO_FACTS args: tenant uuid
UPDATE meeting_facts f
   SET closed = r.closed, sales_rep = x.code, state = CASE WHEN x.reread THEN 0 ELSE f.state END
  FROM upload_restore x JOIN meeting_revisions r ON r.tenant_id = $1 AND r.meeting_id = x.meeting_id AND r.version = x.version
 WHERE f.tenant_id = $1 AND f.subject_id = x.meeting_id;

-- name: UPLOAD_UNDO_JOBS args: tenant uuid
INSERT INTO jobs (tenant_id, job_id, kind, subject_id, unique_key)
SELECT $1, x.job_id, 'meeting.read', x.meeting_id, x.meeting_id::text FROM upload_restore x WHERE x.reread
ON CONFLICT (tenant_id, kind, unique_key) WHERE unique_key IS NOT NULL AND state = 'ready' DO NOTHING;

-- name: UPLOAD_UNDO_REVISIONS args: tenant uuid
DELETE FROM meeting_revisions r USING upload_restore x
 WHERE r.tenant_id = $1 AND r.meeting_id = x.meeting_id AND r.version = x.version;

-- name: UPLOAD_DELETE args: tenant uuid, upload uuid
DELETE FROM uploads WHERE tenant_id = $1 AND upload_id = $2;

-- ---- lists ----

-- name: UPLOAD_LIST args: tenant uuid, silent_ms bigint, load_ms bigint, before uuid, limit bigint
-- One that is not ended and was not heard of for longer than its phase allows belongs to a process that died.
SELECT upload_id, filename, CASE WHEN gone THEN 'failed' ELSE state END, CASE WHEN gone THEN 'interrupted' ELSE failure END,
       row_count, created, updated, duplicate, invalid, skipped, jobs_created, bytes,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), uploaded_by, expected_bytes, settings
  FROM (SELECT upload_id, filename, state, failure, row_count, created, updated, duplicate, invalid, skipped, jobs_created, bytes, created_at, uploaded_by,
               expected_bytes, settings,
               progress_at < now() - make_interval(secs => CASE state WHEN 'receiving' THEN $2::bigint WHEN 'loading' THEN $3::bigint END / 1000.0) AS gone
          FROM uploads WHERE tenant_id = $1 AND ($4::uuid IS NULL OR upload_id < $4)
         ORDER BY upload_id DESC LIMIT $5) u
 ORDER BY upload_id DESC;

-- name: UPLOAD_GET args: tenant uuid, silent_ms bigint, load_ms bigint, upload uuid
SELECT upload_id, filename, CASE WHEN gone THEN 'failed' ELSE state END, CASE WHEN gone THEN 'interrupted' ELSE failure END,
       row_count, created, updated, duplicate, invalid, skipped, jobs_created, bytes,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), uploaded_by, expected_bytes, settings
  FROM (SELECT upload_id, filename, state, failure, row_count, created, updated, duplicate, invalid, skipped, jobs_created, bytes, created_at, uploaded_by,
               expected_bytes, settings,
               progress_at < now() - make_interval(secs => CASE state WHEN 'receiving' THEN $2::bigint WHEN 'loading' THEN $3::bigint END / 1000.0) AS gone
          FROM uploads WHERE tenant_id = $1 AND upload_id = $4) u;

-- name: UPLOAD_PROGRESS args: tenant uuid, upload uuid
-- Of its readings: waiting, at work, done, given up or canceled. No row: it had none.
SELECT b.total - b.completed - b.failed - b.canceled - r.n, r.n, b.completed, b.failed + b.canceled
  FROM job_batches b
 CROSS JOIN (SELECT count(*) AS n FROM jobs j WHERE j.tenant_id = $1 AND j.batch_id = $2 AND j.state = 'running') r
 WHERE b.tenant_id = $1 AND b.batch_id = $2;

-- name: UPLOAD_ERROR_LIST args: tenant uuid, upload uuid, after_row bigint, after_ordinal bigint, limit bigint
SELECT row_no, ordinal, line, column_name, value, code, params
  FROM upload_errors
 WHERE tenant_id = $1 AND upload_id = $2 AND (row_no, ordinal) > ($3::bigint, $4::smallint)
 ORDER BY row_no, ordinal LIMIT $5;

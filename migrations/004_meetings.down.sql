-- Loses meetings, uploads and their facts. Their subjects (with transcripts) go too: nothing would lead to them.
SET LOCAL ROLE cm_system;
DELETE FROM subjects WHERE dataset = 'meetings';
RESET ROLE;
REVOKE ALL ON subjects FROM cm_system;
DROP TABLE meeting_facts, meetings, upload_errors, uploads;

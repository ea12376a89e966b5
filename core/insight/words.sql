-- SPDX-License-Identifier: MIT

-- name: WORDS_STORE args: tenant uuid, subject uuid, language text, names text, words text, stems text
-- Names weigh more; words keep their places, for phrases; stems need none.
INSERT INTO subject_search (tenant_id, subject_id, language, words)
VALUES ($1, $2, $3, setweight(to_tsvector('app_words', $4), 'A') || to_tsvector('app_words', $5)
        || strip(to_tsvector(CASE $3 WHEN 'es' THEN 'app_spanish'::regconfig ELSE 'app_english'::regconfig END, $6)))
ON CONFLICT (tenant_id, subject_id) DO UPDATE SET language = excluded.language, words = excluded.words;

-- Loses every subject with its transcripts, analyses, evidence, corrections and vectors.
DROP TABLE embeddings, value_codes, custom_facts, fields, subject_phrases, corrections, evidence, llm_analyses,
    transcripts, subjects;
DROP SEQUENCE value_code_seq;

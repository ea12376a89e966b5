-- Subjects: whatever can be read, filtered, charted, clustered and searched. A meeting is one, a conversation will be;
-- everything that reading them yields hangs on the subject, and deleting is always deleting subjects.
CREATE TABLE subjects (
    tenant_id   uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    subject_id  uuid        NOT NULL,
    dataset     text        NOT NULL CHECK (dataset IN ('meetings', 'conversations')),
    occurred_at timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, subject_id)
);
COMMENT ON TABLE subjects IS 'One row a meeting or conversation. [personal: no] [retention: tenant setting]';

CREATE TABLE transcripts (
    tenant_id  uuid NOT NULL,
    subject_id uuid NOT NULL,
    body       text NOT NULL CHECK (octet_length(body) <= 1048576),
    body_hash  uuid NOT NULL,
    PRIMARY KEY (tenant_id, subject_id),
    FOREIGN KEY (tenant_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
COMMENT ON COLUMN transcripts.body_hash IS 'First 128 bits of its SHA-256: reading again is needed only when it changes.';
COMMENT ON TABLE transcripts IS 'The words of a subject. [personal: yes] [retention: with the subject]';

-- Append-only, as answered. The newest of a subject is the one in force.
CREATE TABLE llm_analyses (
    tenant_id      uuid        NOT NULL,
    analysis_id    uuid        NOT NULL,
    subject_id     uuid        NOT NULL,
    provider       text        NOT NULL CHECK (char_length(provider) <= 64),
    model          text        NOT NULL CHECK (char_length(model) <= 128),
    prompt_version text        NOT NULL CHECK (char_length(prompt_version) <= 64),
    body_hash      uuid        NOT NULL,
    answer         jsonb       NOT NULL CHECK (jsonb_typeof(answer) = 'object'),
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, analysis_id),
    FOREIGN KEY (tenant_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
CREATE INDEX llm_analyses_subject ON llm_analyses (tenant_id, subject_id, analysis_id DESC);
COMMENT ON TABLE llm_analyses IS 'What a model answered. [personal: yes] [retention: with the subject]';

-- One row a value: the words of the transcript that prove it, as byte offsets [start_at, end_at).
CREATE TABLE evidence (
    tenant_id   uuid     NOT NULL,
    analysis_id uuid     NOT NULL,
    field       text     NOT NULL CHECK (char_length(field) <= 64),
    ordinal     smallint NOT NULL CHECK (ordinal >= 0),
    subject_id  uuid     NOT NULL,
    item        text     CHECK (char_length(item) <= 400),
    status      text     NOT NULL CHECK (status IN ('exact', 'normalised', 'absent', 'not_mentioned')),
    start_at    integer,
    end_at      integer,
    PRIMARY KEY (tenant_id, analysis_id, field, ordinal),
    FOREIGN KEY (tenant_id, analysis_id) REFERENCES llm_analyses ON DELETE CASCADE,  -- and so on the subject
    CHECK ((status IN ('exact', 'normalised')) = (start_at IS NOT NULL AND end_at IS NOT NULL)),
    CHECK (start_at >= 0 AND end_at > start_at)
);
COMMENT ON TABLE evidence IS 'The words that prove each value. [personal: yes] [retention: with the subject]';

-- What people say a value really is; outlives re-analysis.
CREATE TABLE corrections (
    tenant_id     uuid        NOT NULL,
    correction_id uuid        NOT NULL,
    subject_id    uuid        NOT NULL,
    field         text        NOT NULL CHECK (char_length(field) <= 64),
    value         jsonb       NOT NULL,
    reason        text        NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    corrected_by  uuid        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, correction_id),
    FOREIGN KEY (tenant_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
CREATE INDEX corrections_subject ON corrections (tenant_id, subject_id, field, correction_id DESC);
COMMENT ON TABLE corrections IS 'Values put right by people. [personal: yes] [retention: with the subject]';

-- Open lists of short texts (pain points, use cases, objections) and the remarks, one row each.
CREATE TABLE subject_phrases (
    tenant_id  uuid     NOT NULL,
    subject_id uuid     NOT NULL,
    field      text     NOT NULL CHECK (char_length(field) <= 64),
    ordinal    smallint NOT NULL CHECK (ordinal >= 0),
    phrase     text     NOT NULL CHECK (char_length(phrase) BETWEEN 1 AND 400),
    PRIMARY KEY (tenant_id, subject_id, field, ordinal),
    FOREIGN KEY (tenant_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
CREATE INDEX subject_phrases_field ON subject_phrases (tenant_id, field);
COMMENT ON TABLE subject_phrases IS 'Phrases read from a subject. [personal: yes] [retention: with the subject]';

-- Fields that an organisation defines. Built-in ones are in the program (core/fields).
CREATE TABLE fields (
    tenant_id   uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    field_id    uuid        NOT NULL,
    dataset     text        NOT NULL CHECK (dataset IN ('meetings', 'conversations')),
    name        text        NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    type        text        NOT NULL CHECK (type IN ('int', 'bool', 'string', 'date', 'closed_array', 'open_array', 'text')),
    labels      jsonb       NOT NULL CHECK (jsonb_typeof(labels) = 'object'),
    options     jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(options) = 'array'),
    description text        NOT NULL DEFAULT '' CHECK (char_length(description) <= 2000),
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz,
    PRIMARY KEY (tenant_id, field_id),
    UNIQUE (tenant_id, dataset, name)
);
COMMENT ON TABLE fields IS 'Fields of an organisation''s own. [personal: no] [retention: until deleted]';

CREATE TABLE custom_facts (
    tenant_id  uuid     NOT NULL,
    field_id   uuid     NOT NULL,
    subject_id uuid     NOT NULL,
    ordinal    smallint NOT NULL DEFAULT 0 CHECK (ordinal >= 0),
    code       integer,
    number     double precision,
    day        date     NOT NULL,
    PRIMARY KEY (tenant_id, field_id, subject_id, ordinal),
    FOREIGN KEY (tenant_id, field_id) REFERENCES fields ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
COMMENT ON TABLE custom_facts IS 'Values of own fields, one row a value. [personal: no] [retention: with the subject]';

-- Codes of open texts that are charted (sellers): charts group by small integers, measured 3 times faster than text.
CREATE SEQUENCE value_code_seq AS integer;
CREATE TABLE value_codes (
    tenant_id uuid    NOT NULL REFERENCES tenants ON DELETE CASCADE,
    field     text    NOT NULL CHECK (char_length(field) <= 64),
    value     text    NOT NULL CHECK (char_length(value) BETWEEN 1 AND 400),
    code      integer NOT NULL,
    PRIMARY KEY (tenant_id, field, value),
    UNIQUE (tenant_id, code)
);
COMMENT ON TABLE value_codes IS 'Dictionary of coded texts; sellers are people. [personal: yes] [retention: until unused]';

CREATE TABLE embeddings (
    tenant_id  uuid          NOT NULL,
    subject_id uuid          NOT NULL,
    kind       text          NOT NULL CHECK (char_length(kind) <= 32),
    model      text          NOT NULL CHECK (char_length(model) <= 128),
    body_hash  uuid          NOT NULL,
    embedding  halfvec(1536) NOT NULL,
    PRIMARY KEY (tenant_id, subject_id, kind),
    FOREIGN KEY (tenant_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
COMMENT ON TABLE embeddings IS 'Vectors of texts; no index: small tenants are scanned exactly. [personal: yes] [retention: with the subject]';

ALTER TABLE subjects        ENABLE ROW LEVEL SECURITY;
ALTER TABLE subjects        FORCE ROW LEVEL SECURITY;
ALTER TABLE transcripts     ENABLE ROW LEVEL SECURITY;
ALTER TABLE transcripts     FORCE ROW LEVEL SECURITY;
ALTER TABLE llm_analyses    ENABLE ROW LEVEL SECURITY;
ALTER TABLE llm_analyses    FORCE ROW LEVEL SECURITY;
ALTER TABLE evidence        ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence        FORCE ROW LEVEL SECURITY;
ALTER TABLE corrections     ENABLE ROW LEVEL SECURITY;
ALTER TABLE corrections     FORCE ROW LEVEL SECURITY;
ALTER TABLE subject_phrases ENABLE ROW LEVEL SECURITY;
ALTER TABLE subject_phrases FORCE ROW LEVEL SECURITY;
ALTER TABLE fields          ENABLE ROW LEVEL SECURITY;
ALTER TABLE fields          FORCE ROW LEVEL SECURITY;
ALTER TABLE custom_facts    ENABLE ROW LEVEL SECURITY;
ALTER TABLE custom_facts    FORCE ROW LEVEL SECURITY;
ALTER TABLE value_codes     ENABLE ROW LEVEL SECURITY;
ALTER TABLE value_codes     FORCE ROW LEVEL SECURITY;
ALTER TABLE embeddings      ENABLE ROW LEVEL SECURITY;
ALTER TABLE embeddings      FORCE ROW LEVEL SECURITY;

CREATE POLICY subjects_tenant ON subjects USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY transcripts_tenant ON transcripts USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY llm_analyses_tenant ON llm_analyses USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY evidence_tenant ON evidence USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY corrections_tenant ON corrections USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY subject_phrases_tenant ON subject_phrases USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY fields_tenant ON fields USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY custom_facts_tenant ON custom_facts USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY value_codes_tenant ON value_codes USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY embeddings_tenant ON embeddings USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());

GRANT SELECT, INSERT, UPDATE, DELETE ON subjects, transcripts, subject_phrases, fields, custom_facts, value_codes, embeddings TO cm_app;
GRANT SELECT, INSERT ON llm_analyses, evidence, corrections TO cm_app;  -- append-only; they go with their subject
GRANT USAGE ON SEQUENCE value_code_seq TO cm_app;

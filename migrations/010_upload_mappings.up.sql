-- Saved mappings: which header of a file is which column, under a name, so that the next file of the same kind needs no
-- hand. Proposed by its headers. At most 200 a tenant (LIMIT_UPLOAD_MAPPINGS), which the program checks under a lock.
CREATE TABLE upload_mappings (
    tenant_id   uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    mapping_id  uuid        NOT NULL,
    name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    name_key    text        NOT NULL CHECK (char_length(name_key) BETWEEN 1 AND 120),
    headers     text[]      NOT NULL CHECK (cardinality(headers) BETWEEN 1 AND 1024),
    headers_key uuid        NOT NULL,
    column_keys text[]      NOT NULL CHECK (cardinality(column_keys) BETWEEN 1 AND 7),
    columns     jsonb       NOT NULL CHECK (jsonb_typeof(columns) = 'object'),
    settings    jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    version     bigint      NOT NULL DEFAULT 1,
    created_by  uuid,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, mapping_id),
    UNIQUE (tenant_id, name_key)
);
COMMENT ON COLUMN upload_mappings.name_key IS 'The name without case, accents and double blanks: two that a reader takes for one are one.';
COMMENT ON COLUMN upload_mappings.headers_key IS 'Digest of the keys of the headers, in any order: the same file again.';
COMMENT ON COLUMN upload_mappings.column_keys IS 'The keys of the headers that columns names: a file that has all of them can be read with it.';
COMMENT ON TABLE upload_mappings IS 'How the columns of a kind of file are named. [personal: no] [retention: until deleted]';

ALTER TABLE upload_mappings ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload_mappings FORCE ROW LEVEL SECURITY;
CREATE POLICY upload_mappings_tenant ON upload_mappings
    USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
GRANT SELECT, INSERT, UPDATE, DELETE ON upload_mappings TO cm_app;

-- Meetings: uploads, their rows that failed, the meetings, and the narrow facts that charts read.
CREATE TABLE uploads (
    tenant_id    uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    upload_id    uuid        NOT NULL,
    filename     text        NOT NULL CHECK (char_length(filename) BETWEEN 1 AND 255),
    state        text        NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'loaded', 'failed')),
    failure      text        CHECK (char_length(failure) <= 64),
    bytes        bigint      NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    sha256       bytea       CHECK (octet_length(sha256) = 32),
    row_count    bigint      NOT NULL DEFAULT 0,
    created      bigint      NOT NULL DEFAULT 0,
    updated      bigint      NOT NULL DEFAULT 0,
    duplicate    bigint      NOT NULL DEFAULT 0,
    invalid      bigint      NOT NULL DEFAULT 0,
    skipped      bigint      NOT NULL DEFAULT 0,
    jobs_created bigint      NOT NULL DEFAULT 0,
    settings     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
    uploaded_by  uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    PRIMARY KEY (tenant_id, upload_id),
    CHECK (state <> 'loaded' OR created + updated + duplicate + invalid + skipped = row_count)
);
COMMENT ON COLUMN uploads.settings IS 'What was found in the file: delimiter, encoding, date order, columns.';
COMMENT ON TABLE uploads IS 'Files that were sent. [personal: no] [retention: until undone]';

CREATE TABLE upload_errors (
    tenant_id  uuid     NOT NULL,
    upload_id  uuid     NOT NULL,
    row_no     bigint   NOT NULL CHECK (row_no > 0),
    ordinal    smallint NOT NULL DEFAULT 0,
    line       bigint   NOT NULL CHECK (line > 0),
    column_name text    NOT NULL DEFAULT '' CHECK (char_length(column_name) <= 200),
    value      text     NOT NULL DEFAULT '' CHECK (char_length(value) <= 200),
    code       text     NOT NULL CHECK (char_length(code) <= 64),
    params     jsonb    NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(params) = 'object'),
    PRIMARY KEY (tenant_id, upload_id, row_no, ordinal),
    FOREIGN KEY (tenant_id, upload_id) REFERENCES uploads ON DELETE CASCADE
);
COMMENT ON TABLE upload_errors IS 'Rows that failed, with the reason. [personal: yes] [retention: 90 days]';

CREATE TABLE meetings (
    tenant_id    uuid        NOT NULL,
    meeting_id   uuid        NOT NULL,
    upload_id    uuid        NOT NULL,
    identity     uuid        NOT NULL,
    ordinal      smallint    NOT NULL DEFAULT 0 CHECK (ordinal >= 0),
    content      uuid        NOT NULL,
    client_name  text        NOT NULL CHECK (char_length(client_name) BETWEEN 1 AND 200),
    email        text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    phone        text        NOT NULL CHECK (char_length(phone) BETWEEN 1 AND 40),
    meeting_date date        NOT NULL,
    sales_rep    text        NOT NULL CHECK (char_length(sales_rep) BETWEEN 1 AND 200),
    closed       boolean     NOT NULL,
    version      bigint      NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, meeting_id),
    UNIQUE (tenant_id, identity, ordinal),
    FOREIGN KEY (tenant_id, meeting_id) REFERENCES subjects ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, upload_id) REFERENCES uploads ON DELETE RESTRICT
);
COMMENT ON COLUMN meetings.identity IS 'Digest of client, e-mail, phone, date and seller, normalised: the same meeting sent again.';
COMMENT ON COLUMN meetings.content IS 'Digest of all that the row says: whether it changed.';
CREATE INDEX meetings_by_date ON meetings (tenant_id, meeting_date DESC, meeting_id DESC);
CREATE INDEX meetings_by_upload ON meetings (tenant_id, upload_id);
COMMENT ON TABLE meetings IS 'Sales meetings. [personal: yes] [retention: tenant setting]';

-- What charts read: one narrow row a meeting, codes instead of words, no transcript and no JSON beside it.
-- Codes of options are their places in core/fields/builtin.c; sales_rep is in value_codes.
CREATE TABLE meeting_facts (
    tenant_id                    uuid     NOT NULL,
    subject_id                   uuid     NOT NULL,
    analysis_id                  uuid,
    meeting_date                 date     NOT NULL,
    sales_rep                    integer  NOT NULL,
    interaction_volume_daily     integer  CHECK (interaction_volume_daily >= 0),
    state                        smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
    sector                       smallint,
    company_size                 smallint,
    discovery_channel            smallint,
    closed                       boolean  NOT NULL,
    requirements_confidentiality boolean,
    requirements_multilingual    boolean,
    requirements_real_time       boolean,
    requirements_personalization smallint[],
    requirements_integrations    smallint[],
    demand_peaks                 smallint[],
    query_types                  smallint[],
    tools_mentioned              smallint[],
    PRIMARY KEY (tenant_id, subject_id),
    FOREIGN KEY (tenant_id, subject_id) REFERENCES subjects ON DELETE CASCADE
);
COMMENT ON COLUMN meeting_facts.state IS '0 waits to be read, 1 read, 2 reading failed.';
CREATE INDEX meeting_facts_date ON meeting_facts (tenant_id, meeting_date) INCLUDE (closed, sales_rep, sector);
CREATE INDEX meeting_facts_rep ON meeting_facts (tenant_id, sales_rep) INCLUDE (closed, meeting_date);
CREATE INDEX meeting_facts_sector ON meeting_facts (tenant_id, sector) INCLUDE (closed, meeting_date, interaction_volume_daily);
COMMENT ON TABLE meeting_facts IS 'Typed values of a meeting, for charts and filters. [personal: no] [retention: with the subject]';

ALTER TABLE uploads       ENABLE ROW LEVEL SECURITY;
ALTER TABLE uploads       FORCE ROW LEVEL SECURITY;
ALTER TABLE upload_errors ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload_errors FORCE ROW LEVEL SECURITY;
ALTER TABLE meetings      ENABLE ROW LEVEL SECURITY;
ALTER TABLE meetings      FORCE ROW LEVEL SECURITY;
ALTER TABLE meeting_facts ENABLE ROW LEVEL SECURITY;
ALTER TABLE meeting_facts FORCE ROW LEVEL SECURITY;

CREATE POLICY uploads_tenant ON uploads USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY upload_errors_tenant ON upload_errors USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY meetings_tenant ON meetings USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY meeting_facts_tenant ON meeting_facts USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());

GRANT SELECT, INSERT, UPDATE, DELETE ON uploads, upload_errors, meetings, meeting_facts TO cm_app;
GRANT SELECT, DELETE ON subjects TO cm_system;  -- so that rolling back can remove them in spite of FORCE

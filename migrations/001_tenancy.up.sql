-- Tenancy: organisations, people, memberships, tokens, the audit log.
--
-- Every table states in its comment whether it holds data of a person and how long rows are kept:
--   [personal: yes|no] [retention: ...]
-- Erasure and retention go by that, and a test fails on a table that says nothing.

-- The tenant of the transaction; NULL when none was entered, and NULL matches no row.
CREATE FUNCTION app_tenant() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('app.tenant_id', true), '')::uuid $$;

CREATE TABLE tenants (
    tenant_id  uuid        PRIMARY KEY,
    slug       text        NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    state      text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenants IS 'Organisations; slug is their name in tokens. [personal: no] [retention: until erased]';

CREATE TABLE users (
    user_id       uuid        PRIMARY KEY,
    issuer        text        CHECK (char_length(issuer) <= 500),
    subject       text        CHECK (char_length(subject) <= 255),
    email         text        NOT NULL CHECK (char_length(email) BETWEEN 3 AND 254),
    email_verified boolean    NOT NULL DEFAULT false,
    name          text        NOT NULL DEFAULT '' CHECK (char_length(name) <= 200),
    state         text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    first_seen_at timestamptz,
    CHECK ((issuer IS NULL) = (subject IS NULL)),
    UNIQUE (issuer, subject)
);
-- An invited person has no subject yet; the first verified sign-in with that address takes the row.
CREATE UNIQUE INDEX users_invited ON users (lower(email)) WHERE subject IS NULL;
COMMENT ON TABLE users IS 'People who sign in, across organisations. [personal: yes] [retention: until erased]';

CREATE TABLE memberships (
    tenant_id      uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    user_id        uuid        NOT NULL REFERENCES users ON DELETE CASCADE,
    role           text        NOT NULL CHECK (role IN ('viewer', 'analyst', 'manager', 'admin')),
    state          text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    sessions_since timestamptz NOT NULL DEFAULT '-infinity',
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id)
);
COMMENT ON COLUMN memberships.sessions_since IS 'Access tokens issued before this are refused: sign-out everywhere.';
COMMENT ON TABLE memberships IS 'Who belongs to an organisation, and as what. [personal: yes] [retention: until removed]';

CREATE TABLE tenant_settings (
    tenant_id uuid  PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
    time_zone text  NOT NULL DEFAULT 'America/Santiago' CHECK (char_length(time_zone) BETWEEN 1 AND 63),
    language  text  NOT NULL DEFAULT 'es' CHECK (language IN ('es', 'en')),
    settings  jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object')
);
COMMENT ON TABLE tenant_settings IS 'One row an organisation. [personal: no] [retention: with the tenant]';

-- Apart from the settings, since every batch of writes touches it.
CREATE TABLE tenant_state (
    tenant_id    uuid   PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
    data_version bigint NOT NULL DEFAULT 1
);
COMMENT ON TABLE tenant_state IS 'data_version moves with every change of data: cached results name it. [personal: no] [retention: with the tenant]';

CREATE TABLE api_tokens (
    tenant_id    uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    token_id     uuid        NOT NULL,
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    secret_hash  bytea       NOT NULL CHECK (octet_length(secret_hash) = 32),
    scopes       text[]      NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 16),
    created_by   uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    PRIMARY KEY (tenant_id, token_id)
);
COMMENT ON COLUMN api_tokens.secret_hash IS 'SHA-256 of the secret; it has full entropy, so no slow hash is needed.';
COMMENT ON TABLE api_tokens IS 'Keys of programs. [personal: no] [retention: 400 days after revocation]';

-- Append-only: cm_app may insert and read. Values are never here, only keyed digests of them.
CREATE TABLE audit_log (
    tenant_id   uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    audit_id    uuid        NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT now(),
    actor_kind  text        NOT NULL CHECK (actor_kind IN ('user', 'token', 'job', 'operator')),
    actor_id    uuid,
    action      text        NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$' AND char_length(action) <= 64),
    object_kind text        NOT NULL CHECK (char_length(object_kind) <= 64),
    object_id   uuid,
    fields      text[]      NOT NULL DEFAULT '{}' CHECK (cardinality(fields) <= 64),
    digests     jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(digests) = 'object'),
    request_id  text        NOT NULL DEFAULT '' CHECK (char_length(request_id) <= 64),
    PRIMARY KEY (tenant_id, audit_id)
);
COMMENT ON TABLE audit_log IS 'Who did what, with which fields. [personal: no] [retention: 3 years]';

CREATE TABLE audit_seals (
    tenant_id      uuid        NOT NULL REFERENCES tenants ON DELETE CASCADE,
    seal_no        bigint      NOT NULL CHECK (seal_no > 0),
    first_audit_id uuid        NOT NULL,
    last_audit_id  uuid        NOT NULL,
    row_count      bigint      NOT NULL CHECK (row_count > 0),
    digest         bytea       NOT NULL CHECK (octet_length(digest) = 32),
    previous       bytea       NOT NULL CHECK (octet_length(previous) = 32),
    sealed_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, seal_no)
);
COMMENT ON TABLE audit_seals IS 'Hash chain over the audit log. [personal: no] [retention: 3 years]';

ALTER TABLE memberships     ENABLE ROW LEVEL SECURITY;
ALTER TABLE memberships     FORCE ROW LEVEL SECURITY;  -- the owner is not exempt
ALTER TABLE tenant_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_settings FORCE ROW LEVEL SECURITY;
ALTER TABLE tenant_state    ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_state    FORCE ROW LEVEL SECURITY;
ALTER TABLE api_tokens      ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_tokens      FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_log       ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log       FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_seals     ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_seals     FORCE ROW LEVEL SECURITY;

CREATE POLICY memberships_tenant ON memberships
    USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY tenant_settings_tenant ON tenant_settings
    USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY tenant_state_tenant ON tenant_state
    USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY api_tokens_tenant ON api_tokens
    USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY audit_log_tenant ON audit_log
    USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());
CREATE POLICY audit_seals_tenant ON audit_seals
    USING (tenant_id = app_tenant()) WITH CHECK (tenant_id = app_tenant());

-- cm_app has no direct right on tenants and users: only functions limited to the caller's own.
-- What nothing in the program writes yet, it may not write: the part that needs it grants it.
GRANT SELECT ON memberships, tenant_settings, api_tokens, audit_seals TO cm_app;
GRANT SELECT, UPDATE ON tenant_state TO cm_app;
GRANT SELECT, INSERT ON audit_log TO cm_app;

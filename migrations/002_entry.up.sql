-- Entering a tenant: one function for each kind of caller, and the look-ups that find the tenant of a credential.
--
-- They are cm_system's (BYPASSRLS) and run as it. Each raises its own SQLSTATE when it refuses, so that the
-- pipeline stops before the first statement:
--   CM401 the credential does not count (unknown, expired, revoked, signed out)
--   CM403 known, but not enough (no member, role or scope too low, tenant suspended)
--   CM409 the job's lease is somebody else's now
-- SET LOCAL, never set_config: it must reach the workers of a Citus cluster.
GRANT SELECT ON tenants, memberships, tenant_settings, tenant_state TO cm_system;
GRANT SELECT, INSERT, UPDATE ON users TO cm_system;
GRANT SELECT, UPDATE ON api_tokens TO cm_system;
GRANT INSERT ON tenants, memberships, tenant_settings, tenant_state TO cm_system;
GRANT UPDATE ON memberships TO cm_system;

CREATE FUNCTION app_role_rank(p_role text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE p_role WHEN 'viewer' THEN 1 WHEN 'analyst' THEN 2 WHEN 'manager' THEN 3 WHEN 'admin' THEN 4 ELSE 0 END $$;

-- What every entry ends with: set the tenant and its zone for this transaction and tell about it.
-- The zone is the session's, so that every ::date, date_trunc and extract of the product is in the tenant's time.
CREATE FUNCTION app_enter(p_tenant uuid, p_role integer)
    RETURNS TABLE (slug text, name text, time_zone text, language text, data_version bigint, role integer)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_state text;
BEGIN
    SELECT t.slug, t.name, t.state, s.time_zone, s.language, v.data_version
      INTO slug, name, v_state, time_zone, language, data_version
      FROM tenants t
      JOIN tenant_settings s ON s.tenant_id = t.tenant_id
      JOIN tenant_state v ON v.tenant_id = t.tenant_id
     WHERE t.tenant_id = p_tenant;
    IF NOT FOUND OR v_state <> 'active' THEN
        RAISE EXCEPTION 'tenant unknown or suspended' USING ERRCODE = 'CM403';
    END IF;
    EXECUTE format('SET LOCAL app.tenant_id = %L', p_tenant);
    EXECUTE format('SET LOCAL timezone = %L', time_zone);
    role := p_role;
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION app_enter(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_enter(uuid, integer) TO cm_system;

CREATE FUNCTION app_enter_user(p_tenant uuid, p_user uuid, p_min_role integer, p_issued_s bigint)
    RETURNS TABLE (slug text, name text, time_zone text, language text, data_version bigint, role integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    m record;
BEGIN
    SELECT app_role_rank(x.role) AS rank, x.state, x.sessions_since, u.state AS user_state
      INTO m
      FROM memberships x JOIN users u ON u.user_id = x.user_id
     WHERE x.tenant_id = p_tenant AND x.user_id = p_user;
    IF NOT FOUND OR m.state <> 'active' OR m.user_state <> 'active' THEN
        RAISE EXCEPTION 'not a member' USING ERRCODE = 'CM403';
    END IF;
    IF to_timestamp(p_issued_s) < m.sessions_since THEN
        RAISE EXCEPTION 'signed out' USING ERRCODE = 'CM401';
    END IF;
    IF m.rank < p_min_role THEN
        RAISE EXCEPTION 'role too low' USING ERRCODE = 'CM403';
    END IF;
    RETURN QUERY SELECT * FROM app_enter(p_tenant, m.rank);
END
$$;

CREATE FUNCTION app_enter_token(p_tenant uuid, p_token uuid, p_hash bytea, p_scope text)
    RETURNS TABLE (slug text, name text, time_zone text, language text, data_version bigint, role integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    k record;
BEGIN
    SELECT x.secret_hash, x.scopes, x.expires_at, x.revoked_at INTO k
      FROM api_tokens x WHERE x.tenant_id = p_tenant AND x.token_id = p_token;
    IF NOT FOUND OR k.secret_hash <> p_hash OR k.revoked_at IS NOT NULL OR k.expires_at <= now() THEN
        RAISE EXCEPTION 'token unknown, expired or revoked' USING ERRCODE = 'CM401';
    END IF;
    IF p_scope <> '' AND NOT p_scope = ANY (k.scopes) THEN
        RAISE EXCEPTION 'scope missing' USING ERRCODE = 'CM403';
    END IF;
    RETURN QUERY SELECT * FROM app_enter(p_tenant, 0);
END
$$;

-- Finding whose a credential is. Workers cache the mapping; the decision is always app_enter_*'s.
CREATE FUNCTION app_resolve_user(p_issuer text, p_subject text, p_tenant_slug text)
    RETURNS TABLE (user_id uuid, tenant_id uuid)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT u.user_id, t.tenant_id
          FROM users u CROSS JOIN tenants t
         WHERE u.issuer = p_issuer AND u.subject = p_subject AND t.slug = p_tenant_slug;
END
$$;

CREATE FUNCTION app_resolve_token(p_token uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN (SELECT k.tenant_id FROM api_tokens k WHERE k.token_id = p_token);
END
$$;
CREATE INDEX api_tokens_by_id ON api_tokens (token_id);

-- The first valid token of an unknown person makes the row, or takes the one of an invitation to the same,
-- verified, address. It gives no membership.
CREATE FUNCTION app_first_sign_in(p_user uuid, p_issuer text, p_subject text, p_email text, p_email_verified boolean, p_name text)
    RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_user uuid;
BEGIN
    SELECT u.user_id INTO v_user FROM users u WHERE u.issuer = p_issuer AND u.subject = p_subject;
    IF FOUND THEN
        RETURN v_user;
    END IF;
    IF p_email_verified THEN
        UPDATE users u
           SET issuer = p_issuer, subject = p_subject, email_verified = true, first_seen_at = now(),
               name = CASE WHEN u.name = '' THEN left(p_name, 200) ELSE u.name END
         WHERE lower(u.email) = lower(p_email) AND u.subject IS NULL
        RETURNING u.user_id INTO v_user;
        IF FOUND THEN
            RETURN v_user;
        END IF;
    END IF;
    INSERT INTO users (user_id, issuer, subject, email, email_verified, name, first_seen_at)
    VALUES (p_user, p_issuer, p_subject, p_email, p_email_verified, left(p_name, 200), now())
    ON CONFLICT (issuer, subject) DO NOTHING;
    RETURN (SELECT u.user_id FROM users u WHERE u.issuer = p_issuer AND u.subject = p_subject);
END
$$;

-- Last use, to the minute: requests of one token must not queue on its row.
CREATE FUNCTION app_token_used(p_tenant uuid, p_token uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    UPDATE api_tokens k SET last_used_at = now()
     WHERE k.tenant_id = p_tenant AND k.token_id = p_token
       AND (k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute');
END
$$;

-- The caller's own person and the fellow members of the entered tenant: all that cm_app may know of users.
CREATE FUNCTION app_members() RETURNS TABLE (user_id uuid, email text, name text, role text, state text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT u.user_id, u.email, u.name, m.role, m.state
          FROM memberships m JOIN users u ON u.user_id = m.user_id
         WHERE m.tenant_id = app_tenant();
END
$$;

-- Administration from a shell (clientmetrics admin ...); executable by the owner only.
CREATE FUNCTION app_tenant_create(p_tenant uuid, p_slug text, p_name text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenant uuid;
BEGIN
    SELECT t.tenant_id INTO v_tenant FROM tenants t WHERE t.slug = p_slug;
    IF FOUND THEN
        RETURN v_tenant;
    END IF;
    INSERT INTO tenants (tenant_id, slug, name) VALUES (p_tenant, p_slug, p_name);
    INSERT INTO tenant_settings (tenant_id) VALUES (p_tenant);
    INSERT INTO tenant_state (tenant_id) VALUES (p_tenant);
    RETURN p_tenant;
END
$$;

CREATE FUNCTION app_member_add(p_slug text, p_user uuid, p_email text, p_name text, p_role text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenant uuid;
    v_user   uuid;
BEGIN
    SELECT t.tenant_id INTO STRICT v_tenant FROM tenants t WHERE t.slug = p_slug;
    -- never a person who only claims the address: a stranger could sign in with it first
    SELECT u.user_id INTO v_user FROM users u
     WHERE lower(u.email) = lower(p_email) AND (u.email_verified OR u.subject IS NULL)
     ORDER BY u.subject IS NULL, u.created_at LIMIT 1;
    IF NOT FOUND THEN
        v_user := p_user;
        INSERT INTO users (user_id, email, name) VALUES (v_user, p_email, p_name);
    END IF;
    INSERT INTO memberships (tenant_id, user_id, role) VALUES (v_tenant, v_user, p_role)
    ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role, state = 'active';
    RETURN v_user;
END
$$;

CREATE FUNCTION app_token_create(p_slug text, p_token uuid, p_name text, p_hash bytea, p_scopes text[], p_expires_at timestamptz)
    RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_tenant uuid;
BEGIN
    SELECT t.tenant_id INTO STRICT v_tenant FROM tenants t WHERE t.slug = p_slug;
    INSERT INTO api_tokens (tenant_id, token_id, name, secret_hash, scopes, expires_at)
    VALUES (v_tenant, p_token, p_name, p_hash, p_scopes, p_expires_at);
    RETURN v_tenant;
END
$$;
GRANT INSERT ON api_tokens TO cm_system;

ALTER FUNCTION app_enter_user(uuid, uuid, integer, bigint)                        OWNER TO cm_system;
ALTER FUNCTION app_enter_token(uuid, uuid, bytea, text)                           OWNER TO cm_system;
ALTER FUNCTION app_resolve_user(text, text, text)                                 OWNER TO cm_system;
ALTER FUNCTION app_resolve_token(uuid)                                            OWNER TO cm_system;
ALTER FUNCTION app_first_sign_in(uuid, text, text, text, boolean, text)           OWNER TO cm_system;
ALTER FUNCTION app_token_used(uuid, uuid)                                         OWNER TO cm_system;
ALTER FUNCTION app_members()                                                      OWNER TO cm_system;
ALTER FUNCTION app_tenant_create(uuid, text, text)                                OWNER TO cm_system;
ALTER FUNCTION app_member_add(text, uuid, text, text, text)                       OWNER TO cm_system;
ALTER FUNCTION app_token_create(text, uuid, text, bytea, text[], timestamptz)     OWNER TO cm_system;

-- EXECUTE is PUBLIC's by default; as cm_system's functions, only cm_system may take it away.
SET LOCAL ROLE cm_system;
REVOKE ALL ON FUNCTION app_enter_user(uuid, uuid, integer, bigint),
    app_enter_token(uuid, uuid, bytea, text), app_resolve_user(text, text, text), app_resolve_token(uuid),
    app_first_sign_in(uuid, text, text, text, boolean, text), app_token_used(uuid, uuid), app_members(),
    app_tenant_create(uuid, text, text), app_member_add(text, uuid, text, text, text),
    app_token_create(text, uuid, text, bytea, text[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_enter_user(uuid, uuid, integer, bigint),
    app_enter_token(uuid, uuid, bytea, text), app_resolve_user(text, text, text), app_resolve_token(uuid),
    app_first_sign_in(uuid, text, text, text, boolean, text), app_token_used(uuid, uuid), app_members() TO cm_app;
GRANT EXECUTE ON FUNCTION app_tenant_create(uuid, text, text), app_member_add(text, uuid, text, text, text),
    app_token_create(text, uuid, text, bytea, text[], timestamptz) TO cm_owner;
RESET ROLE;

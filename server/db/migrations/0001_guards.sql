-- The role that every connection of the server takes. It owns nothing, so row level security holds it.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reelmark_app') THEN
    CREATE ROLE reelmark_app NOLOGIN NOBYPASSRLS;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another database of the same cluster is being migrated at this moment
END $$;
--> statement-breakpoint
DO $$ BEGIN EXECUTE format('GRANT reelmark_app TO %I', current_user); END $$;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO reelmark_app;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO reelmark_app;
--> statement-breakpoint
REVOKE UPDATE, DELETE ON signing_keys FROM reelmark_app;
--> statement-breakpoint
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO reelmark_app;
--> statement-breakpoint
-- Forced: the owner is held too. Maintenance (export, import, the functions below) says so by a setting of its own, which
-- helps the owner alone: the policies name its role.
CREATE FUNCTION guard_tenant_table(name regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', name);
  EXECUTE format(
    'CREATE POLICY maintenance ON %s TO CURRENT_USER USING (current_setting(''app.maintenance'', true) = ''on'') '
    'WITH CHECK (current_setting(''app.maintenance'', true) = ''on'')', name);
END $$;
--> statement-breakpoint
SELECT guard_tenant_table(t::regclass) FROM unnest(ARRAY[
  'organizations', 'memberships', 'api_keys', 'brands', 'personas', 'idempotency_records']) AS t;
--> statement-breakpoint
-- Who is asking, in one round trip: looks the credential up, and binds this connection to the organization found (to none
-- when the credential is not good). No row: there is no such credential. The caller reads `state`.
CREATE FUNCTION authenticate(p_key_hash bytea, p_session text, p_org text)
RETURNS TABLE (
  id text, kind text, state text, user_id text, org_id text, role text, scopes text[], ends_at timestamptz, memberships bigint
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
DECLARE
  bound text := '';
BEGIN
  IF p_key_hash IS NOT NULL THEN
    SELECT k.id, 'api_key', 'good', k.created_by, k.org_id, m.role, k.scopes, k.expires_at, 1
      INTO id, kind, state, user_id, org_id, role, scopes, ends_at, memberships
      FROM public.api_keys k
      JOIN public.memberships m ON m.org_id = k.org_id AND m.user_id = k.created_by
     WHERE k.key_hash = p_key_hash
       AND k.revoked_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > now());
  ELSE
    SELECT s.id, 'session', 'good', s.user_id, m.org_id, m.role, NULL, s.expires_at, m.total
      INTO id, kind, state, user_id, org_id, role, scopes, ends_at, memberships
      FROM public.sessions s
      LEFT JOIN LATERAL (
        SELECT x.org_id, x.role, count(*) OVER () AS total
          FROM public.memberships x
         WHERE x.user_id = s.user_id AND (p_org IS NULL OR x.org_id = p_org)
         ORDER BY x.created_at
         LIMIT 1) m ON true
     WHERE s.id = p_session AND s.ended_at IS NULL AND s.expires_at > now();
  END IF;
  IF id IS NOT NULL THEN
    IF org_id IS NULL THEN
      state := 'no_organization';
    ELSIF p_org IS NOT NULL AND org_id <> p_org THEN
      state := 'other_organization';
    ELSIF memberships > 1 THEN
      state := 'ambiguous';
    ELSE
      bound := org_id;
    END IF;
  END IF;
  PERFORM set_config('app.org_id', bound, false);
  IF id IS NOT NULL THEN
    RETURN NEXT;
  END IF;
END $$;
--> statement-breakpoint
-- The organizations of a user who is logging in, when no organization is bound yet.
CREATE FUNCTION organizations_of(p_user text)
RETURNS TABLE (id text, name text, role text, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT o.id, o.name, m.role, o.created_at
    FROM public.memberships m JOIN public.organizations o ON o.id = m.org_id
   WHERE m.user_id = p_user
   ORDER BY m.created_at, o.id
$$;
--> statement-breakpoint
-- `last_used_at` of many keys at once, never backwards.
CREATE FUNCTION touch_api_keys(p_ids text[], p_times timestamptz[]) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  UPDATE public.api_keys k SET last_used_at = greatest(k.last_used_at, t.at)
    FROM unnest(p_ids, p_times) AS t(id, at)
   WHERE k.id = t.id AND (k.last_used_at IS NULL OR k.last_used_at < t.at)
$$;
--> statement-breakpoint
-- Removes what time has made useless. Safe to run on any number of servers at once.
CREATE FUNCTION sweep() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  DELETE FROM public.idempotency_records WHERE created_at < now() - interval '25 hours';
  DELETE FROM public.sessions WHERE expires_at < now() - interval '7 days' OR ended_at < now() - interval '7 days';
  DELETE FROM public.login_failures WHERE window_ends < now();
  DELETE FROM public.rate_limits WHERE expire < extract(epoch FROM now()) * 1000 - 3600000;
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION authenticate, organizations_of, touch_api_keys, sweep, guard_tenant_table FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION authenticate, organizations_of, touch_api_keys, sweep TO reelmark_app;

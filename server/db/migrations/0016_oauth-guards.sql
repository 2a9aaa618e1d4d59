SELECT guard_tenant_table('oauth_grants'::regclass);
--> statement-breakpoint
-- Who is asking, by an access token of our own authorization server: one round trip, which also binds this connection, as
-- `authenticate` does. The token, its grant, the session it was given in and the membership must all live.
CREATE FUNCTION authenticate_oauth(p_token_hash bytea, p_org text)
RETURNS TABLE (
  id text, kind text, state text, user_id text, org_id text, role text, plan text, scopes text[], ends_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
BEGIN
  SELECT g.id, 'oauth', g.user_id, g.org_id, m.role, o.plan, string_to_array(a.payload ->> 'scope', ' '), g.expires_at
    INTO id, kind, user_id, org_id, role, plan, scopes, ends_at
    FROM public.oauth_artifacts a
    JOIN public.oauth_grants g ON g.id = a.grant_id
    JOIN public.sessions s ON s.id = g.session_id
    JOIN public.memberships m ON m.org_id = g.org_id AND m.user_id = g.user_id
    JOIN public.organizations o ON o.id = g.org_id
   WHERE a.id_hash = p_token_hash AND a.kind = 'AccessToken' AND a.expires_at > now()
     AND g.expires_at > now()
     AND s.ended_at IS NULL AND s.expires_at > now();
  state := CASE WHEN p_org IS NULL OR p_org = org_id THEN 'good' ELSE 'other_organization' END;
  PERFORM set_config('app.org_id', CASE WHEN state = 'good' THEN coalesce(org_id, '') ELSE '' END, false);
  IF id IS NOT NULL THEN
    RETURN NEXT;
  END IF;
END $$;
--> statement-breakpoint
-- A living grant, for a client that has shown a token of it: no organization is bound then.
CREATE FUNCTION oauth_grant(p_id text)
RETURNS TABLE (
  id text, org_id text, user_id text, client_id text, resource text, scopes text[], expires_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT g.id, g.org_id, g.user_id, g.client_id, g.resource, g.scopes, g.expires_at
    FROM public.oauth_grants g JOIN public.sessions s ON s.id = g.session_id
   WHERE g.id = p_id AND g.expires_at > now() AND s.ended_at IS NULL AND s.expires_at > now()
$$;
--> statement-breakpoint
-- A grant that is refreshed lives on, and so does the session it was given in, as with the session's own refresh.
CREATE FUNCTION extend_oauth_grant(p_id text, p_until timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  UPDATE public.sessions s SET expires_at = greatest(s.expires_at, p_until)
    FROM public.oauth_grants g WHERE g.id = p_id AND s.id = g.session_id AND s.ended_at IS NULL;
  UPDATE public.oauth_grants SET expires_at = greatest(expires_at, p_until) WHERE id = p_id;
$$;
--> statement-breakpoint
-- Ends a grant with every token and code of it.
CREATE FUNCTION end_oauth_grant(p_id text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  DELETE FROM public.oauth_grants WHERE id = p_id
$$;
--> statement-breakpoint
-- Removes what time has made useless: codes and tokens an hour after their end (until then a client is told that it came
-- late), grants that have ended or that nothing was made of, clients that nobody approved within a day, or for 90 days.
CREATE FUNCTION forget_oauth() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  DELETE FROM public.oauth_artifacts WHERE expires_at < now() - interval '1 hour';
  DELETE FROM public.oauth_grants g
   WHERE g.expires_at < now()
      OR EXISTS (SELECT FROM public.sessions s WHERE s.id = g.session_id AND (s.ended_at IS NOT NULL OR s.expires_at < now()))
      OR g.created_at < now() - interval '1 hour'
         AND NOT EXISTS (SELECT FROM public.oauth_artifacts a WHERE a.grant_id = g.id);
  DELETE FROM public.oauth_clients c
   WHERE (c.used_at IS NULL AND c.created_at < now() - interval '1 day' OR c.used_at < now() - interval '90 days')
     AND NOT EXISTS (SELECT FROM public.oauth_grants g WHERE g.client_id = c.id);
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION authenticate_oauth, oauth_grant, extend_oauth_grant, end_oauth_grant, forget_oauth FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION authenticate_oauth, oauth_grant, extend_oauth_grant, end_oauth_grant, forget_oauth TO reelmark_app;

CREATE INDEX "oauth_grants_user" ON "oauth_grants" USING btree ("user_id","id");
--> statement-breakpoint
-- What a user let programs do, in all organizations, newest first: no organization is bound then. A grant ends with its session.
CREATE FUNCTION own_oauth_grants(p_user text, p_before text, p_limit int, p_offset int)
RETURNS TABLE (
  id text, client_id text, client_name text, organization_id text, organization_name text, scopes text[],
  created_at timestamptz, expires_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT g.id, g.client_id, c.metadata ->> 'client_name', g.org_id, o.name, g.scopes,
         g.created_at, least(g.expires_at, s.expires_at)
    FROM public.oauth_grants g
    JOIN public.sessions s ON s.id = g.session_id
    JOIN public.organizations o ON o.id = g.org_id
    LEFT JOIN public.oauth_clients c ON c.id = g.client_id
   WHERE g.user_id = p_user AND (p_before IS NULL OR g.id < p_before)
     AND g.expires_at > now() AND s.ended_at IS NULL AND s.expires_at > now()
   ORDER BY g.id DESC LIMIT p_limit OFFSET p_offset
$$;
--> statement-breakpoint
CREATE FUNCTION count_own_oauth_grants(p_user text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT count(*) FROM public.oauth_grants g JOIN public.sessions s ON s.id = g.session_id
   WHERE g.user_id = p_user AND g.expires_at > now() AND s.ended_at IS NULL AND s.expires_at > now()
$$;
--> statement-breakpoint
-- Ends a living grant of a user's own, with every token and code of it, and says of which organization it was; null when there
-- is none. Its tokens are held first, as whoever uses one does: the other way round, the two would wait for each other.
CREATE FUNCTION end_own_oauth_grant(p_id text, p_user text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
DECLARE
  ended text;
BEGIN
  PERFORM FROM public.oauth_artifacts a JOIN public.oauth_grants g ON g.id = a.grant_id
    WHERE a.grant_id = p_id AND g.user_id = p_user ORDER BY a.id_hash FOR UPDATE OF a;
  DELETE FROM public.oauth_grants g USING public.sessions s
   WHERE g.id = p_id AND g.user_id = p_user AND s.id = g.session_id
     AND g.expires_at > now() AND s.ended_at IS NULL AND s.expires_at > now()
  RETURNING g.org_id INTO ended;
  RETURN ended;
END $$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION own_oauth_grants, count_own_oauth_grants, end_own_oauth_grant FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION own_oauth_grants, count_own_oauth_grants, end_own_oauth_grant TO reelmark_app;

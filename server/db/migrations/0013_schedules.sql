-- Sources of all organizations whose time has come. They are taken one by one afterwards, each within its organization.
CREATE FUNCTION due_sources(p_now timestamptz, p_limit int)
RETURNS TABLE (org_id text, id text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT s.org_id, s.id
    FROM public.sources s
    JOIN public.personas p ON p.org_id = s.org_id AND p.id = s.persona_id
    JOIN public.brands b ON b.org_id = p.org_id AND b.id = p.brand_id
   WHERE s.next_sync_at <= p_now AND NOT (s.paused OR p.archived OR b.archived)
   ORDER BY s.next_sync_at
   LIMIT p_limit
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION due_sources FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION due_sources TO reelmark_app;
--> statement-breakpoint
-- Sources of all organizations whose plan does not fit them any more: a brand has moved to another timezone, or a persona or
-- brand was archived, or is active again.
CREATE FUNCTION unplanned_sources(p_limit int)
RETURNS TABLE (org_id text, id text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT s.org_id, s.id
    FROM public.sources s
    JOIN public.personas p ON p.org_id = s.org_id AND p.id = s.persona_id
    JOIN public.brands b ON b.org_id = p.org_id AND b.id = p.brand_id
   WHERE CASE
           WHEN s.paused OR p.archived OR b.archived OR coalesce(s.sync_interval_minutes::text, s.sync_times::text) IS NULL
             THEN s.next_sync_at IS NOT NULL
           ELSE s.next_sync_at IS NULL
             OR s.sync_times IS NOT NULL AND s.planned_timezone IS DISTINCT FROM b.timezone
         END
   LIMIT p_limit
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION unplanned_sources FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION unplanned_sources TO reelmark_app;

-- What a webhook endpoint is told of is kept for 30 days. An event goes with its deliveries, once none is under way.
CREATE FUNCTION forget_events(p_limit int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  UPDATE public.webhooks SET former_secret_sealed = NULL, former_secret_expires_at = NULL
   WHERE former_secret_expires_at < now();
  WITH gone AS (
    DELETE FROM public.webhook_events WHERE id IN (
      SELECT e.id FROM public.webhook_events e
       WHERE e.created_at < now() - interval '30 days'
         AND NOT EXISTS (
           SELECT FROM public.webhook_deliveries d
            WHERE d.org_id = e.org_id AND d.event_id = e.id AND d.status = 'pending')
       ORDER BY e.created_at LIMIT p_limit)
    RETURNING 1)
  SELECT count(*) FROM gone
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION forget_events FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION forget_events TO reelmark_app;

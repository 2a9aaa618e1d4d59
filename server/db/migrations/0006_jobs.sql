-- pg-boss's tables are there by now (server/db/migrate.ts).
-- Work that stands in a tenant's rows and in no live job: its job died for good (`dead`), or was lost with the queue, as after
-- an import of the database. The rows are the truth; the queue only says who is next. Rows get a minute to find their job.
CREATE FUNCTION stranded_work(p_limit int)
RETURNS TABLE (queue text, org_id text, id text, group_id text, dead boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  WITH open_rows AS (
    SELECT 'sync.run' AS queue, j.org_id, j.id, NULL AS group_id FROM public.sync_jobs j
     WHERE j.status IN ('pending', 'running') AND j.created_at < now() - interval '1 minute'
    UNION ALL
    SELECT 'upload.process', u.org_id, u.id, u.org_id FROM public.uploads u
     WHERE u.status = 'pending' AND u.created_at < now() - interval '1 minute'
       AND (u.via = 'url' OR u.completed_at < now() - interval '1 minute')
    UNION ALL
    SELECT 'billing.reload', t.org_id, t.id, NULL FROM public.topups t
     WHERE t.automatic AND t.status = 'pending' AND t.provider = 'stripe' AND t.payment_intent IS NULL
       AND t.created_at < now() - interval '1 minute'
    UNION ALL
    SELECT 'webhook.deliver', d.org_id, d.id, d.webhook_id FROM public.webhook_deliveries d
     WHERE d.status = 'pending' AND d.next_attempt_at < now() - interval '1 minute'
    UNION ALL
    SELECT 'mail.send', '', m.id, NULL FROM public.mails m WHERE m.created_at < now() - interval '1 minute'
  )
  SELECT r.queue, r.org_id, r.id, r.group_id,
         EXISTS (
           SELECT FROM pgboss.job f
            WHERE f.name = 'dead' AND f.source_name = r.queue AND f.data->>'id' = r.id
              AND f.created_on > now() - interval '1 hour')
    FROM open_rows r
   WHERE NOT EXISTS (
           SELECT FROM pgboss.job b
            WHERE b.name = r.queue AND b.state IN ('created', 'retry', 'active') AND b.data->>'id' = r.id)
   LIMIT p_limit
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION stranded_work FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION stranded_work TO reelmark_app;

SELECT guard_tenant_table('storage_removals');
--> statement-breakpoint
-- Rows of the trigger below alone.
REVOKE ALL ON removed_organizations FROM reelmark_app;
--> statement-breakpoint
CREATE FUNCTION remember_organization() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
  INSERT INTO public.removed_organizations (id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER organizations_remember AFTER DELETE ON organizations
  FOR EACH ROW EXECUTE FUNCTION remember_organization();
--> statement-breakpoint
-- Which of these things in the store belong to no upload (any more): objects, or with a handle uploads in parts. What is of an organization that this database has never known is another installation's, and left alone.
CREATE FUNCTION orphans(p_orgs text[], p_names text[], p_handles text[]) RETURNS TABLE (place bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT i.place FROM unnest(p_orgs, p_names, p_handles) WITH ORDINALITY AS i(org, name, handle, place)
   WHERE (EXISTS (SELECT FROM public.organizations o WHERE o.id = i.org)
          OR EXISTS (SELECT FROM public.removed_organizations r WHERE r.id = i.org))
     AND NOT EXISTS (
           SELECT FROM public.uploads u
            WHERE u.org_id = i.org AND u.object = i.name AND (i.handle = '' OR u.store_handle = i.handle))
$$;
--> statement-breakpoint
-- Uploads in parts that were not completed in time.
CREATE FUNCTION expired_uploads(p_now timestamptz, p_limit int) RETURNS TABLE (org_id text, id text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT u.org_id, u.id FROM public.uploads u
   WHERE u.expires_at <= p_now AND u.status = 'pending' AND u.completed_at IS NULL
   ORDER BY u.expires_at LIMIT p_limit
$$;
--> statement-breakpoint
-- Removals whose job was lost, or failed for good: what they name is the sweeper's by now.
CREATE FUNCTION forget_removals() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  DELETE FROM public.storage_removals WHERE created_at < now() - interval '7 days'
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION remember_organization, orphans, expired_uploads, forget_removals FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION orphans, expired_uploads, forget_removals TO reelmark_app;

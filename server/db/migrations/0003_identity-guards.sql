SELECT guard_tenant_table(t::regclass) FROM unnest(ARRAY['invitations', 'audit_events']) AS t;
--> statement-breakpoint
-- Append-only: the server can add to the record and read it, nothing else. Issuers are the operator's.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_events FROM reelmark_app;
--> statement-breakpoint
REVOKE ALL ON issuers FROM reelmark_app;
--> statement-breakpoint
DROP FUNCTION authenticate(bytea, text, text);
--> statement-breakpoint
-- For which organization a user acts: the one named, or the only one. Binds this connection to it, or to none.
CREATE FUNCTION bind_membership(
  p_user text, p_org text, OUT state text, OUT org_id text, OUT role text, OUT plan text
)
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  total bigint;
BEGIN
  SELECT count(*) OVER (), m.org_id, m.role, o.plan INTO total, org_id, role, plan
    FROM public.memberships m JOIN public.organizations o ON o.id = m.org_id
   WHERE m.user_id = p_user AND (p_org IS NULL OR m.org_id = p_org)
   LIMIT 1;
  state := CASE
    WHEN org_id IS NULL AND p_org IS NOT NULL THEN 'other_organization'
    WHEN org_id IS NULL THEN 'no_organization'
    WHEN total > 1 THEN 'ambiguous'
    ELSE 'good' END;
  IF state <> 'good' THEN
    org_id := NULL;
    role := NULL;
    plan := NULL;
  END IF;
  PERFORM set_config('app.org_id', coalesce(org_id, ''), false);
END $$;
--> statement-breakpoint
-- Who is asking, in one round trip: looks the credential up, and binds this connection to the organization it acts for (to
-- none when it is not clear which). No row: there is no such credential. The caller reads `state`. A session's token is good
-- while the key that signed it (`p_kid`) is not retired.
CREATE FUNCTION authenticate(p_key_hash bytea, p_session text, p_org text, p_kid text DEFAULT NULL)
RETURNS TABLE (
  id text, kind text, state text, user_id text, org_id text, role text, plan text, scopes text[], ends_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
BEGIN
  IF p_key_hash IS NOT NULL THEN
    SELECT k.id, 'api_key', k.created_by, k.org_id, m.role, o.plan, k.scopes, k.expires_at
      INTO id, kind, user_id, org_id, role, plan, scopes, ends_at
      FROM public.api_keys k
      JOIN public.memberships m ON m.org_id = k.org_id AND m.user_id = k.created_by
      JOIN public.organizations o ON o.id = k.org_id
     WHERE k.key_hash = p_key_hash
       AND k.revoked_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > now());
    state := CASE WHEN p_org IS NULL OR p_org = org_id THEN 'good' ELSE 'other_organization' END;
    PERFORM set_config('app.org_id', CASE WHEN state = 'good' THEN coalesce(org_id, '') ELSE '' END, false);
  ELSE
    SELECT s.id, 'session', s.user_id, s.expires_at INTO id, kind, user_id, ends_at
      FROM public.sessions s
     WHERE s.id = p_session AND s.ended_at IS NULL AND s.expires_at > now()
       AND EXISTS (
         SELECT FROM public.signing_keys g WHERE g.kid = p_kid AND (g.retired_at IS NULL OR g.retired_at > now()));
    IF id IS NULL THEN
      PERFORM set_config('app.org_id', '', false);
    ELSE
      SELECT b.state, b.org_id, b.role, b.plan INTO state, org_id, role, plan FROM public.bind_membership(user_id, p_org) b;
    END IF;
  END IF;
  IF id IS NOT NULL THEN
    RETURN NEXT;
  END IF;
END $$;
--> statement-breakpoint
-- The same for a token of an external issuer, whose signature and claims were checked before. A first-seen subject becomes a
-- user, and a member where the issuer says so: that the operator named the issuer is the only condition. `state` is 'denied'
-- for a token that was logged out, and 'stale' when the issuer's row is gone, or is not the one the token was checked by.
CREATE FUNCTION authenticate_external(
  p_issuer text, p_revision text, p_subject text, p_token_ids text[], p_name text, p_new_user text, p_org text
)
RETURNS TABLE (state text, user_id text, org_id text, role text, plan text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
DECLARE
  home record;
  seen boolean;
BEGIN
  PERFORM set_config('app.org_id', '', false);
  IF NOT EXISTS (SELECT FROM public.issuers i WHERE i.id = p_issuer AND i.xmin::text = p_revision) THEN
    state := 'stale';
    RETURN NEXT;
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM public.denied_tokens d WHERE d.issuer_id = p_issuer AND d.token_id = ANY (p_token_ids)) THEN
    state := 'denied';
    RETURN NEXT;
    RETURN;
  END IF;
  SELECT e.user_id INTO user_id FROM public.external_identities e WHERE e.issuer_id = p_issuer AND e.subject = p_subject;
  IF user_id IS NULL THEN
    -- Two first requests at once make one user: the second waits here, then finds it. Nor can the issuer go meanwhile.
    PERFORM pg_advisory_xact_lock(hashtextextended('external ' || p_issuer || ' ' || p_subject, 13));
    SELECT i.org_id, i.role INTO home FROM public.issuers i WHERE i.id = p_issuer FOR KEY SHARE;
    IF NOT FOUND THEN
      state := 'stale';
      RETURN NEXT;
      RETURN;
    END IF;
    SELECT e.user_id INTO user_id FROM public.external_identities e WHERE e.issuer_id = p_issuer AND e.subject = p_subject;
    seen := FOUND;
  END IF;
  IF user_id IS NULL THEN
    user_id := p_new_user;
    INSERT INTO public.users (id, name) VALUES (user_id, p_name);
    INSERT INTO public.external_identities AS e (issuer_id, subject, user_id) VALUES (p_issuer, p_subject, p_new_user)
      ON CONFLICT ON CONSTRAINT external_identities_issuer_id_subject_pk DO UPDATE SET user_id = excluded.user_id;
    -- Who deleted their account may come back, but not into the organization: its admins may have removed them before.
    IF home.org_id IS NOT NULL AND NOT seen THEN
      INSERT INTO public.memberships (org_id, user_id, role) VALUES (home.org_id, p_new_user, home.role);
    END IF;
  END IF;
  SELECT b.state, b.org_id, b.role, b.plan INTO state, org_id, role, plan FROM public.bind_membership(user_id, p_org) b;
  RETURN NEXT;
END $$;
--> statement-breakpoint
-- The issuers, for the server to verify with: secrets are sealed. `revision` changes whenever the row does.
CREATE FUNCTION list_issuers()
RETURNS TABLE (
  id text, revision text, issuer text, jwks_url text, secret_sealed text, algorithms text[], audience text,
  clock_tolerance_seconds int, subject_claim text, email_claim text, name_claim text
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT i.id, i.xmin::text, i.issuer, i.jwks_url, i.secret_sealed, i.algorithms, i.audience, i.clock_tolerance_seconds,
         i.subject_claim, i.email_claim, i.name_claim
    FROM public.issuers i ORDER BY i.issuer
$$;
--> statement-breakpoint
DROP FUNCTION organizations_of(text);
--> statement-breakpoint
-- The organizations of a user, when no organization is bound.
CREATE FUNCTION organizations_of(p_user text)
RETURNS TABLE (id text, name text, plan text, role text, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT o.id, o.name, o.plan, m.role, o.created_at
    FROM public.memberships m JOIN public.organizations o ON o.id = m.org_id
   WHERE m.user_id = p_user
   ORDER BY m.created_at, o.id
$$;
--> statement-breakpoint
-- An open invitation by its token: who holds the token is not a member yet, so no organization is bound.
CREATE FUNCTION invitation_by_token(p_token_hash bytea)
RETURNS TABLE (id text, org_id text, email text, role text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT i.id, i.org_id, i.email, i.role FROM public.invitations i
   WHERE i.token_hash = p_token_hash AND i.accepted_at IS NULL AND i.expires_at > now()
$$;
--> statement-breakpoint
-- Organizations in which a user is the only owner: they cannot be left, nor the account deleted. Locks them first, as every
-- change of members does, so that of two owners who go at once the second finds himself the last.
CREATE FUNCTION sole_ownerships(p_user text) RETURNS TABLE (id text, name text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
BEGIN
  PERFORM FROM public.organizations o
    WHERE o.id IN (SELECT m.org_id FROM public.memberships m WHERE m.user_id = p_user)
    ORDER BY o.id FOR NO KEY UPDATE;
  RETURN QUERY
    SELECT o.id, o.name
      FROM public.memberships m JOIN public.organizations o ON o.id = m.org_id
     WHERE m.user_id = p_user AND m.role = 'owner'
       AND NOT EXISTS (SELECT FROM public.memberships x WHERE x.org_id = m.org_id AND x.role = 'owner' AND x.user_id <> p_user)
     ORDER BY o.id;
END $$;
--> statement-breakpoint
-- No foreign key can do this: records of users without an organization stand in the same table.
CREATE FUNCTION forget_idempotency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
BEGIN
  DELETE FROM public.idempotency_records r WHERE r.org_id = OLD.id;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER organizations_forget_idempotency AFTER DELETE ON organizations
  FOR EACH ROW EXECUTE FUNCTION forget_idempotency();
--> statement-breakpoint
CREATE OR REPLACE FUNCTION sweep() RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  DELETE FROM public.idempotency_records WHERE created_at < now() - interval '25 hours';
  DELETE FROM public.sessions WHERE expires_at < now() - interval '7 days' OR ended_at < now() - interval '7 days';
  DELETE FROM public.login_failures WHERE window_ends < now();
  DELETE FROM public.rate_limits WHERE expire < extract(epoch FROM now()) * 1000 - 3600000;
  DELETE FROM public.mail_tokens WHERE expires_at < now() - interval '1 day';
  DELETE FROM public.denied_tokens WHERE expires_at < now();
  DELETE FROM public.invitations WHERE accepted_at IS NULL AND expires_at < now() - interval '30 days';
$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION authenticate, bind_membership, authenticate_external, list_issuers, organizations_of,
  invitation_by_token, sole_ownerships, forget_idempotency, sweep FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION authenticate, authenticate_external, list_issuers, organizations_of, invitation_by_token,
  sole_ownerships, sweep TO reelmark_app;

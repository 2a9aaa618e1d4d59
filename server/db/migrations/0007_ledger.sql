-- The credit account of the bound organization, made when there is none, and locked: bookings of one organization come one
-- after the other. Whoever also locks a top-up or the billing settings locks the account first, so that none wait in a circle.
CREATE FUNCTION lock_credits() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  org text := current_setting('app.org_id');
BEGIN
  PERFORM FROM credit_accounts WHERE org_id = org FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO credit_accounts (org_id) VALUES (org) ON CONFLICT DO NOTHING;
    PERFORM FROM credit_accounts WHERE org_id = org FOR UPDATE;
  END IF;
END $$;
--> statement-breakpoint
-- Books one movement of credits for the bound organization: its entries, and the balances after it. False when `p_key` was
-- booked before: then nothing is done. `p_period` is the month that counts what is spent.
CREATE FUNCTION book_credits(
  p_id text, p_kind text, p_key text, p_available bigint, p_held bigint, p_spent bigint, p_funded bigint, p_period text,
  p_operation text DEFAULT NULL, p_hold text DEFAULT NULL, p_topup text DEFAULT NULL, p_note text DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  org text := current_setting('app.org_id');
  now_available bigint;
  now_held bigint;
  place bigint;
BEGIN
  PERFORM lock_credits();
  IF EXISTS (SELECT FROM credit_movements WHERE org_id = org AND business_key = p_key) THEN
    RETURN false;
  END IF;
  UPDATE credit_accounts
     SET available = available + p_available, held = held + p_held, spent = spent + p_spent, funded = funded + p_funded,
         movements = movements + 1,
         spent_period = CASE WHEN p_spent = 0 THEN spent_period ELSE greatest(spent_period, p_period) END,
         spent_in_period = CASE
           WHEN p_spent = 0 THEN spent_in_period
           WHEN spent_period >= p_period THEN spent_in_period + p_spent
           ELSE p_spent END
   WHERE org_id = org
   RETURNING available, held, movements INTO now_available, now_held, place;
  -- The clock of the booking and not of its transaction, which may have waited for others: times rise with `seq`.
  INSERT INTO credit_movements
    (id, org_id, seq, kind, business_key, operation, hold_id, topup_id, note, amount, available_after, held_after, created_at)
  VALUES (p_id, org, place, p_kind, p_key, p_operation, p_hold, p_topup, p_note, p_available, now_available, now_held,
    clock_timestamp());
  INSERT INTO credit_entries (org_id, movement_id, account, amount)
  SELECT org, p_id, e.account, e.amount
    FROM (VALUES ('available', p_available), ('held', p_held), ('spent', p_spent), ('funded', p_funded)) AS e (account, amount)
   WHERE e.amount <> 0;
  RETURN true;
END $$;
--> statement-breakpoint
-- Gives the credits of the plan for a month, once. `p_monthly` has what each plan gives; null there is as many as needed.
CREATE FUNCTION give_monthly_credits(p_id text, p_period text, p_monthly jsonb) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  org text := current_setting('app.org_id');
  amount bigint;
  given boolean;
BEGIN
  SELECT (p_monthly->>o.plan)::bigint INTO amount FROM organizations o WHERE o.id = org;
  IF coalesce(amount, 0) = 0 THEN
    RETURN false;
  END IF;
  given := book_credits(p_id, 'monthly', 'monthly:' || p_period, amount, 0, 0, -amount, p_period);
  -- Never backwards: a server whose clock is behind must not have the month given again.
  UPDATE credit_accounts SET monthly_period = p_period WHERE org_id = org AND coalesce(monthly_period, '') < p_period;
  RETURN given;
END $$;
--> statement-breakpoint
-- Sets credits aside for an operation, or says how many there are. `p_ids` names up to three movements: the month's credits,
-- what a plan without bound adds, and the hold. Where few are left (`p_low`, unless the tenant says otherwise), the account is
-- marked: a chore tells of it once this has committed, and buys more where the tenant wants it.
CREATE FUNCTION reserve_credits(
  p_hold text, p_amount bigint, p_operation text, p_request text, p_lease_ms bigint, p_period text, p_monthly jsonb,
  p_low bigint, p_ids text[], OUT held boolean, OUT available bigint
)
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  org text := current_setting('app.org_id');
  org_plan text;
  period text;
  was bigint;
  unbounded boolean;
  settings record;
  threshold bigint;
BEGIN
  IF p_amount <= 0 THEN
    RAISE EXCEPTION 'a hold is of one credit or more, not of %', p_amount;
  END IF;
  PERFORM lock_credits();
  SELECT a.available, coalesce(a.monthly_period, ''), o.plan INTO was, period, org_plan
    FROM credit_accounts a JOIN organizations o ON o.id = a.org_id WHERE a.org_id = org;
  unbounded := jsonb_typeof(p_monthly->org_plan) = 'null';
  IF period < p_period AND give_monthly_credits(p_ids[1], p_period, p_monthly) THEN
    was := was + (p_monthly->>org_plan)::bigint;
  END IF;
  IF was < p_amount AND unbounded THEN
    PERFORM book_credits(p_ids[2], 'monthly', 'plan:' || p_hold, p_amount - was, 0, 0, was - p_amount, p_period,
      p_operation, p_hold);
    was := p_amount;
  END IF;
  held := was >= p_amount;
  available := was;
  IF NOT held THEN
    RETURN;
  END IF;
  INSERT INTO credit_holds (id, org_id, amount, operation, request_id, expires_at)
  VALUES (p_hold, org, p_amount, p_operation, p_request, now() + p_lease_ms * interval '1 millisecond');
  PERFORM book_credits(p_ids[3], 'hold', 'hold:' || p_hold, -p_amount, p_amount, 0, 0, p_period, p_operation, p_hold);
  available := was - p_amount;
  IF unbounded THEN
    RETURN;
  END IF;
  SELECT s.auto_threshold, s.auto_enabled INTO settings FROM billing_settings s WHERE s.org_id = org;
  threshold := coalesce(settings.auto_threshold, p_low);
  IF available >= threshold THEN
    RETURN;
  END IF;
  IF was >= threshold THEN
    UPDATE credit_accounts SET low_marked_at = now(), low_told = false WHERE org_id = org;
  ELSIF settings.auto_enabled AND NOT EXISTS (
    SELECT FROM topups t WHERE t.org_id = org AND t.automatic AND t.status = 'pending') THEN
    UPDATE credit_accounts SET low_marked_at = now() WHERE org_id = org;
  END IF;
END $$;
--> statement-breakpoint
-- Ends a hold, once: spends `p_amount` of it and gives the rest back. False when it had ended before.
CREATE FUNCTION settle_credits(p_hold text, p_amount bigint, p_period text, p_ids text[]) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  hold record;
BEGIN
  UPDATE credit_holds h
     SET status = CASE WHEN p_amount > 0 THEN 'captured' ELSE 'released' END, captured = p_amount, settled_at = now()
   WHERE h.id = p_hold AND h.org_id = current_setting('app.org_id') AND h.status = 'held'
   RETURNING h.amount, h.operation INTO hold;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF p_amount < 0 OR p_amount > hold.amount THEN
    RAISE EXCEPTION 'hold % has % credits, % cannot be spent of it', p_hold, hold.amount, p_amount;
  END IF;
  IF p_amount > 0 THEN
    PERFORM book_credits(p_ids[1], 'capture', 'capture:' || p_hold, 0, -p_amount, p_amount, 0, p_period, hold.operation,
      p_hold);
  END IF;
  IF p_amount < hold.amount THEN
    PERFORM book_credits(p_ids[2], 'release', 'release:' || p_hold, hold.amount - p_amount, p_amount - hold.amount, 0, 0,
      p_period, hold.operation, p_hold);
  END IF;
  RETURN true;
END $$;
--> statement-breakpoint
-- Holds whose lease has ended, of all organizations: their requests died, or come too late.
CREATE FUNCTION expired_holds(p_limit int) RETURNS TABLE (id text, org_id text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT h.id, h.org_id FROM public.credit_holds h
   WHERE h.status = 'held' AND h.expires_at < now() ORDER BY h.expires_at LIMIT p_limit
$$;
--> statement-breakpoint
-- Organizations that have not been given their credits of the month.
CREATE FUNCTION owed_monthly_credits(p_period text, p_monthly jsonb, p_limit int) RETURNS TABLE (org_id text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
  SELECT o.id FROM public.organizations o LEFT JOIN public.credit_accounts a ON a.org_id = o.id
   WHERE (p_monthly->>o.plan)::bigint > 0 AND coalesce(a.monthly_period, '') < p_period
   ORDER BY o.id LIMIT p_limit
$$;
--> statement-breakpoint
-- Organizations whose credits were found low, and not yet told of. Its column comes with a later migration, so that this is not
-- looked at before it is run.
CREATE FUNCTION marked_accounts(p_limit int) RETURNS TABLE (org_id text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
BEGIN
  RETURN QUERY
    SELECT a.org_id FROM public.credit_accounts a
     WHERE a.low_marked_at IS NOT NULL ORDER BY a.low_marked_at LIMIT p_limit;
END $$;
--> statement-breakpoint
-- What the trigger below asks of a movement.
CREATE FUNCTION check_movement_balances() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
DECLARE
  total bigint;
BEGIN
  SELECT coalesce(sum(e.amount), 0) INTO total FROM public.credit_entries e WHERE e.movement_id = NEW.movement_id;
  IF total <> 0 THEN
    RAISE EXCEPTION 'movement % sums to %, not to zero', NEW.movement_id, total USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Every movement sums to zero, whoever writes it, and whichever organization is bound by then: looked at when its transaction
-- commits.
CREATE CONSTRAINT TRIGGER credit_entries_balance AFTER INSERT ON credit_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_movement_balances();
--> statement-breakpoint
-- A movement says what its entries do: none can be written without them.
CREATE FUNCTION check_movement_amount() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET app.maintenance = 'on'
AS $$
DECLARE
  booked bigint;
BEGIN
  SELECT coalesce(sum(e.amount), 0) INTO booked
    FROM public.credit_entries e WHERE e.movement_id = NEW.id AND e.account = 'available';
  IF booked <> NEW.amount THEN
    RAISE EXCEPTION 'movement % says %, its entries %', NEW.id, NEW.amount, booked USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER credit_movements_amount AFTER INSERT ON credit_movements
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_movement_amount();
--> statement-breakpoint
REVOKE ALL ON FUNCTION expired_holds, owed_monthly_credits, marked_accounts, check_movement_balances, check_movement_amount FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION expired_holds, owed_monthly_credits, marked_accounts TO reelmark_app;

import type { PlanId } from "../../spec/plans.ts";
import { statement } from "../kit/postgres/db.ts";

// The operator's commands see every organization: what they share with the server names the bound one itself.
// Whoever needs several of these rows locks the account first (lock_credits), then the top-up, then the settings.
export const BIND = statement("billing.bind", "select set_config('app.org_id', $1, true)");
export const LOCK = statement("billing.lock", "select lock_credits()");
export const ORGANIZATION = statement(
  "billing.organization",
  "select plan from organizations where id = $1 for key share",
);

export const RESERVE = statement(
  "billing.reserve",
  "select * from reserve_credits($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
export const SETTLE = statement("billing.settle", "select settle_credits($1, $2, $3, $4) as settled");
export const GIVE_MONTHLY = statement("billing.give-monthly", "select give_monthly_credits($1, $2, $3)");
/** A movement between what can be spent and what came from outside. */
export const BOOK = statement(
  "billing.book",
  "select book_credits($1, $2, $3, $4, 0, 0, -$4::bigint, $5, null, null, $6, $7) as booked",
);
export const AVAILABLE = statement(
  "billing.available",
  "select available from credit_accounts where org_id = current_setting('app.org_id')",
);

export type BalanceRow = {
  plan: PlanId;
  available: number;
  held: number;
  spent_this_month: number;
  low_threshold: number;
};
// With the month's credits, also while nobody has needed them yet: whoever spends is given them first.
export const BALANCE = statement(
  "billing.balance",
  `select o.plan, coalesce(a.held, 0) as held, coalesce(s.auto_threshold, $3::bigint) as low_threshold,
          case when a.spent_period = $1 then a.spent_in_period else 0 end as spent_this_month,
          coalesce(a.available, 0) +
            case when coalesce(a.monthly_period, '') < $1 then coalesce(($2::jsonb->>o.plan)::bigint, 0) else 0 end as available
     from organizations o
     left join credit_accounts a on a.org_id = o.id
     left join billing_settings s on s.org_id = o.id`,
);

export type TransactionRow = {
  id: string;
  seq: number;
  kind: "grant" | "monthly" | "topup" | "hold" | "capture" | "release" | "refund";
  amount: number;
  available_after: number;
  held_after: number;
  operation: string | null;
  hold_id: string | null;
  topup_id: string | null;
  note: string | null;
  created_at: string;
};
// All movements of a hold are named after it: found by their keys.
const TRANSACTIONS = `from credit_movements
    where ($1::text is null or kind = $1)
      and ($2::text is null or business_key in ('plan:' || $2, 'hold:' || $2, 'capture:' || $2, 'release:' || $2))
      and ($3::timestamptz is null or created_at >= $3) and ($4::timestamptz is null or created_at < $4)`;
export const LIST_TRANSACTIONS = statement(
  "billing.transactions",
  `select id, seq, kind, amount, available_after, held_after, operation, hold_id, topup_id, note, created_at
     ${TRANSACTIONS} and ($5::bigint is null or seq < $5) order by seq desc limit $6 offset $7`,
);
export const COUNT_TRANSACTIONS = statement("billing.count-transactions", `select count(*) as total ${TRANSACTIONS}`);

export type TopUpRow = {
  id: string;
  credits: number;
  amount: number;
  currency: string;
  provider: "manual" | "stripe";
  automatic: boolean;
  status: "pending" | "paid" | "failed" | "expired" | "refunded";
  checkout_url: string | null;
  refunded: number;
  error: string | null;
  created_at: string;
  paid_at: string | null;
};
const TOPUP =
  "id, credits, amount, currency, provider, automatic, status, checkout_url, refunded, error, created_at, paid_at";
export const LIST_TOPUPS = statement(
  "billing.topups",
  `select ${TOPUP} from topups where ($1::text is null or id < $1) order by id desc limit $2 offset $3`,
);
export const COUNT_TOPUPS = statement("billing.count-topups", "select count(*) as total from topups");
export const GET_TOPUP = statement("billing.topup", `select ${TOPUP} from topups where id = $1`);
export const LOCK_TOPUP = statement(
  "billing.lock-topup",
  `select ${TOPUP} from topups where id = $1 and org_id = current_setting('app.org_id') for update`,
);
// An event of a payment may come before the answer of the request that began it.
export const INSERT_TOPUP = statement(
  "billing.insert-topup",
  `insert into topups (id, org_id, credits, amount, currency, provider, automatic, status, checkout_id, checkout_url)
   values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $9) on conflict do nothing`,
);
export const UPDATE_TOPUP = statement(
  "billing.update-topup",
  `update topups
      set status = $2, error = $3, refunded = $4, payment_intent = coalesce($5, payment_intent),
          paid_at = case when $2 in ('paid', 'refunded') then coalesce(paid_at, now()) else paid_at end
    where id = $1`,
);

export type SettingsRow = {
  plan: PlanId;
  auto_enabled: boolean;
  auto_threshold: number;
  auto_credits: number;
  auto_updated_at: string | null;
  stripe_customer: string | null;
  payment_method: string | null;
  subscription_id: string | null;
  pending_plan: PlanId | null;
  pending_checkout_id: string | null;
  pending_checkout_url: string | null;
  renews_at: string | null;
};
export const GET_SETTINGS = statement(
  "billing.settings",
  `select o.plan, coalesce(s.auto_enabled, false) as auto_enabled, coalesce(s.auto_threshold, 100) as auto_threshold,
          coalesce(s.auto_credits, 1000) as auto_credits, s.auto_updated_at, s.stripe_customer, s.payment_method,
          s.subscription_id, s.pending_plan, s.pending_checkout_id, s.pending_checkout_url, s.renews_at
     from organizations o left join billing_settings s on s.org_id = o.id`,
);
export const SET_AUTO = statement(
  "billing.set-auto",
  `insert into billing_settings (org_id, auto_enabled, auto_threshold, auto_credits, auto_updated_at)
   values ($1, $2, $3, $4, now())
   on conflict (org_id) do update
      set auto_enabled = excluded.auto_enabled, auto_threshold = excluded.auto_threshold,
          auto_credits = excluded.auto_credits, auto_updated_at = excluded.auto_updated_at`,
);
export const STOP_AUTO = statement(
  "billing.stop-auto",
  "update billing_settings set auto_enabled = false, auto_updated_at = now() where org_id = current_setting('app.org_id')",
);
export const SAVE_CARD = statement(
  "billing.save-card",
  `insert into billing_settings (org_id, stripe_customer, payment_method) values ($1, $2, $3)
   on conflict (org_id) do update set stripe_customer = excluded.stripe_customer, payment_method = excluded.payment_method`,
);
export const SET_SUBSCRIPTION = statement(
  "billing.set-subscription",
  `insert into billing_settings as s (org_id, subscription_id, stripe_customer, renews_at) values ($1, $2, $3, $4)
   on conflict (org_id) do update
      set subscription_id = excluded.subscription_id, renews_at = excluded.renews_at,
          stripe_customer = coalesce(s.stripe_customer, excluded.stripe_customer)`,
);
export const SET_PENDING = statement(
  "billing.set-pending",
  `insert into billing_settings (org_id, pending_plan, pending_checkout_id, pending_checkout_url) values ($1, $2, $3, $4)
   on conflict (org_id) do update
      set pending_plan = excluded.pending_plan, pending_checkout_id = excluded.pending_checkout_id,
          pending_checkout_url = excluded.pending_checkout_url`,
);
export const SET_PLAN = statement("billing.set-plan", "update organizations set plan = $2 where id = $1");

export const SEEN_EVENT = statement("billing.seen-event", "select 1 as seen from stripe_events where id = $1");
export const NOTE_EVENT = statement(
  "billing.note-event",
  "insert into stripe_events (id, type) values ($1, $2) on conflict do nothing",
);
export const FORGET_EVENTS = statement(
  "billing.forget-events",
  "delete from stripe_events where created_at < now() - interval '30 days'",
);
export const EXPIRED_HOLDS = statement("billing.expired-holds", "select * from expired_holds($1)");
export const MARKED = statement("billing.marked", "select * from marked_accounts($1)");
export const GET_MARK = statement(
  "billing.mark",
  `select low_told from credit_accounts
    where org_id = current_setting('app.org_id') and low_marked_at is not null for update`,
);
export const UNMARK = statement(
  "billing.unmark",
  "update credit_accounts set low_marked_at = null, low_told = $1 where org_id = current_setting('app.org_id')",
);
export const OWED_MONTHLY = statement("billing.owed-monthly", "select * from owed_monthly_credits($1, $2, $3)");

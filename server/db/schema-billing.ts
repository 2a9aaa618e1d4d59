import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { time } from "./columns.ts";
import { createdAt, organizations, orgId, tenant } from "./schema.ts";

const credits = () => bigint({ mode: "number" });

/**
 * Balances of an organization's four accounts. `funded` is what came from outside, as a negative number: the four sum to
 * zero, and no row that breaks that, or overdraws, can be written.
 */
export const creditAccounts = pgTable(
  "credit_accounts",
  {
    org_id: text()
      .primaryKey()
      .references(() => organizations.id, { onDelete: "cascade" }),
    available: credits().notNull().default(0),
    held: credits().notNull().default(0),
    spent: credits().notNull().default(0),
    funded: credits().notNull().default(0),
    /** How many movements there are: the `seq` of the last. */
    movements: credits().notNull().default(0),
    /** The month (YYYY-MM, UTC) whose credits of the plan were given last. */
    monthly_period: text(),
    /** What was spent in the month in which something was spent last. */
    spent_period: text(),
    spent_in_period: credits().notNull().default(0),
    /** Set where few credits are left, for the chore that tells of it and buys more. */
    low_marked_at: time("low_marked_at"),
    /** Whether it was told that credits are low, since they were not. */
    low_told: boolean().notNull().default(false),
  },
  (t) => [
    index("credit_accounts_low").on(t.low_marked_at).where(sql`low_marked_at is not null`),
    check("credit_accounts_available", sql`${t.available} >= 0`),
    check("credit_accounts_held", sql`${t.held} >= 0`),
    check("credit_accounts_spent", sql`${t.spent} >= ${t.spent_in_period} and ${t.spent_in_period} >= 0`),
    check("credit_accounts_zero", sql`${t.available} + ${t.held} + ${t.spent} + ${t.funded} = 0`),
    tenant("credit_accounts"),
  ],
);

/** A movement of credits. Append-only; `business_key` names what caused it, so that nothing is booked twice. */
export const creditMovements = pgTable(
  "credit_movements",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    /** Its place among the organization's movements, from 1 and without gaps: the order in which they were booked. */
    seq: credits().notNull(),
    kind: text({ enum: ["grant", "monthly", "topup", "hold", "capture", "release", "refund"] }).notNull(),
    business_key: text().notNull(),
    operation: text(),
    hold_id: text(),
    topup_id: text(),
    note: text(),
    /** What it did to `available`, and how the two accounts that a tenant sees stood after it. */
    amount: credits().notNull(),
    available_after: credits().notNull(),
    held_after: credits().notNull(),
    created_at: createdAt,
  },
  (t) => [
    unique("credit_movements_org_id").on(t.org_id, t.id),
    unique("credit_movements_key").on(t.org_id, t.business_key),
    unique("credit_movements_order").on(t.org_id, t.seq),
    tenant("credit_movements"),
  ],
);

/** The two or more sides of a movement. Append-only; those of one movement sum to zero. */
export const creditEntries = pgTable(
  "credit_entries",
  {
    org_id: text().notNull(),
    movement_id: text().notNull(),
    account: text({ enum: ["available", "held", "spent", "funded"] }).notNull(),
    amount: credits().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.movement_id, t.account] }),
    index("credit_entries_org").on(t.org_id),
    check("credit_entries_account", sql`${t.account} in ('available', 'held', 'spent', 'funded')`),
    check("credit_entries_amount", sql`${t.amount} <> 0`),
    foreignKey({
      name: "credit_entries_movement",
      columns: [t.org_id, t.movement_id],
      foreignColumns: [creditMovements.org_id, creditMovements.id],
    }).onDelete("cascade"),
    tenant("credit_entries"),
  ],
);

export const creditHolds = pgTable(
  "credit_holds",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    amount: credits().notNull(),
    captured: credits(),
    status: text({ enum: ["held", "captured", "released"] })
      .notNull()
      .default("held"),
    operation: text().notNull(),
    request_id: text().notNull(),
    /** When it is released by itself, because whoever took it died. */
    expires_at: time("expires_at"),
    created_at: createdAt,
    settled_at: time("settled_at"),
  },
  (t) => [
    unique("credit_holds_org_id").on(t.org_id, t.id),
    index("credit_holds_expires").on(t.expires_at).where(sql`status = 'held'`),
    tenant("credit_holds"),
  ],
);

export const topups = pgTable(
  "topups",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    credits: credits().notNull(),
    amount: bigint({ mode: "number" }).notNull(),
    currency: text().notNull(),
    provider: text({ enum: ["manual", "stripe"] }).notNull(),
    automatic: boolean().notNull().default(false),
    status: text({ enum: ["pending", "paid", "failed", "expired", "refunded"] }).notNull(),
    checkout_id: text(),
    checkout_url: text(),
    payment_intent: text(),
    /** How much of the amount was paid back so far, in the currency's smallest unit. */
    refunded: bigint({ mode: "number" }).notNull().default(0),
    error: text(),
    created_at: createdAt,
    paid_at: time("paid_at"),
  },
  (t) => [
    unique("topups_org_id").on(t.org_id, t.id),
    uniqueIndex("topups_one_automatic").on(t.org_id).where(sql`automatic and status = 'pending'`),
    check("topups_refunded", sql`${t.refunded} between 0 and ${t.amount}`),
    tenant("topups"),
  ],
);

export const billingSettings = pgTable(
  "billing_settings",
  {
    org_id: text()
      .primaryKey()
      .references(() => organizations.id, { onDelete: "cascade" }),
    auto_enabled: boolean().notNull().default(false),
    auto_threshold: integer().notNull().default(100),
    auto_credits: integer().notNull().default(1000),
    auto_updated_at: time("auto_updated_at"),
    stripe_customer: text(),
    payment_method: text(),
    subscription_id: text(),
    pending_plan: text(),
    pending_checkout_id: text(),
    pending_checkout_url: text(),
    renews_at: time("renews_at"),
  },
  () => [tenant("billing_settings")],
);

/** Events of the payment provider that were taken. No tenant's: which one they concern is known only when they are read. */
export const stripeEvents = pgTable("stripe_events", {
  id: text().primaryKey(),
  type: text().notNull(),
  created_at: createdAt,
});

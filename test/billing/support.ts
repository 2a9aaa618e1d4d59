import { randomBytes } from "node:crypto";
import pg from "pg";
import { expect } from "vitest";
import { type Difference, type Figures, reconcile } from "../../server/billing/reconcile.ts";
import { reserveCredits } from "../../server/billing/service.ts";
import { APP_ROLE } from "../../server/db/migrate.ts";
import type { Chore } from "../../server/jobs/workers.ts";
import { newId } from "../../server/kit/ids.ts";
import { Db } from "../../server/kit/postgres/db.ts";
import { openPool, withTransaction } from "../../server/kit/postgres/pool.ts";
import type { PlanId } from "../../spec/plans.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestAppOptions } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { eventRequest, openStripeDouble, type StripeDouble } from "./stripe-double.ts";
import type { Json } from "./stripe-wire.ts";

type Behind = Pick<TestApp, "databaseUrl">;

/** Puts an organization on a plan. With `credits`, its credits of this month are given already, and it has just these. */
export async function onPlan(test: Behind, organization: string, plan: PlanId, credits?: number): Promise<void> {
  await query(test.databaseUrl, "update organizations set plan = $2 where id = $1", [organization, plan]);
  if (credits === undefined) return;
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  try {
    await client.query("select set_config('app.org_id', $1, false)", [organization]);
    await client.query("select lock_credits()");
    await client.query("update credit_accounts set monthly_period = '9999-12' where org_id = $1", [organization]);
    await client.query(
      `select book_credits($1, 'grant', 'test:' || $1, $2 - available, 0, 0, available - $2, '2000-01')
         from credit_accounts where org_id = $3`,
      [newId("txn", Date.now()), credits, organization],
    );
  } finally {
    await client.end();
  }
}

/** Runs `work` bound to an organization, as the server's own connections are, in one transaction. */
export async function bound<T>(test: Behind, organization: string, work: (db: Db) => Promise<T>): Promise<T> {
  const pool = openPool({ name: "test", url: test.databaseUrl, role: APP_ROLE, max: 1, onError: () => {} });
  try {
    return await withTransaction(pool, organization, work);
  } finally {
    await pool.end();
  }
}

/** Sets credits of an organization aside, and answers the name of the hold. */
export async function hold(
  test: Behind,
  organization: string,
  credits: number,
  leaseMs: number | null = null,
): Promise<string> {
  const reason = { operation: "test", requestId: "req_test", leaseMs };
  const reserved = await bound(test, organization, (db) => reserveCredits(db, credits, reason, Date.now()));
  if ("hold" in reserved) return reserved.hold;
  throw new Error(`there are only ${reserved.available} credits`);
}

const QUIET = { info() {}, warn() {}, error() {} };

/** Runs a chore now, as a worker does. */
export async function runChore({ databaseUrl }: Behind, chore: Chore, nowMs = Date.now()): Promise<void> {
  const pool = openPool({ name: "chore", url: databaseUrl, role: APP_ROLE, max: 1, onError: () => {} });
  const transaction = <T>(organization: string, work: (db: Db) => Promise<T>) =>
    withTransaction(pool, organization, work);
  try {
    const rest = await transaction("", (db) => chore.run(db, { now: () => nowMs, log: QUIET, transaction }));
    await rest?.();
  } finally {
    await pool.end();
  }
}

/** Goes through the ledger of a database as `npm run ledger:check` does. */
export async function ledgerOf({ databaseUrl }: Behind): Promise<{ figures: Figures; differences: Difference[] }> {
  const pool = openPool({ name: "test-ledger", url: databaseUrl, max: 1, onError: () => {} });
  const client = await pool.connect();
  try {
    await client.query("set app.maintenance = 'on'");
    return await reconcile(new Db(client));
  } finally {
    client.release(true);
    await pool.end();
  }
}

/** Fails with every difference when a ledger does not add up. */
export async function expectLedgerAddsUp(test: Behind): Promise<Figures> {
  const { figures, differences } = await ledgerOf(test);
  expect(differences).toEqual([]);
  expect(figures.sum).toBe(0);
  return figures;
}

export type Movement = {
  kind: string;
  business_key: string;
  amount: number;
  topup_id: string | null;
  note: string | null;
};

/** The movements of an organization, oldest first. */
export const movementsOf = (test: Behind, organization: string): Promise<Movement[]> =>
  query<Movement>(
    test.databaseUrl,
    "select kind, business_key, amount::int, topup_id, note from credit_movements where org_id = $1 order by seq",
    [organization],
  );

export type Shop = {
  readonly test: TestApp;
  readonly stripe: StripeDouble;
  /** Sends an event as Stripe does, and answers the status. */
  deliver(event: Json, how?: { secret?: string; timestamp?: number }): Promise<number>;
  /** Sends events, one after the other, and expects each to be taken. */
  deliverAll(events: readonly Json[]): Promise<void>;
  /** A new organization on the plan pro without any credit. */
  customer(): Promise<Awaited<ReturnType<typeof freshOrganization>>>;
  close(): Promise<void>;
};

/** A server that takes payments at a double of Stripe. */
export async function openShop(options: TestAppOptions = {}): Promise<Shop> {
  const stripe = await openStripeDouble();
  const test = await openTestApp({ ...options, env: { ...stripe.env, ...options.env } });
  const deliver: Shop["deliver"] = async (event, how) =>
    (await test.fetch(eventRequest(`${PUBLIC_URL}/api`, event, how))).status;
  return {
    test,
    stripe,
    deliver,
    async deliverAll(events) {
      for (const event of events) expect(await deliver(event)).toBe(200);
    },
    async customer() {
      const owner = await freshOrganization(test);
      await onPlan(test, owner.organizationId, "pro", 0);
      return owner;
    },
    async close() {
      await test.close();
      await stripe.close();
    },
  };
}

/** The id of the Checkout page that a top-up leads to. */
export const pageOf = (url: string | null | undefined): string => url?.split("/").at(-1) ?? "";

export const someKey = () => randomBytes(8).toString("hex");

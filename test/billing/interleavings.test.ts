import fc from "fast-check";
import type pg from "pg";
import { afterAll, beforeAll, test } from "vitest";
import { releaseHolds } from "../../server/billing/chores.ts";
import { book } from "../../server/billing/ledger.ts";
import type { Order, PaymentState } from "../../server/billing/payments.ts";
import { reserveCredits, settleCredits } from "../../server/billing/service.ts";
import { applyPayment } from "../../server/billing/topups.ts";
import { APP_ROLE } from "../../server/db/migrate.ts";
import { newId } from "../../server/kit/ids.ts";
import { openPool, withTransaction } from "../../server/kit/postgres/pool.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { expectLedgerAddsUp, onPlan, runChore } from "./support.ts";

/** RUNS=200 for the figures of a release. */
const RUNS = Number(process.env.RUNS ?? 25);

let reelmark: TestApp;
let pool: pg.Pool;
beforeAll(async () => {
  reelmark = await openTestApp();
  pool = openPool({ name: "interleavings", url: reelmark.databaseUrl, role: APP_ROLE, max: 8, onError: () => {} });
});
afterAll(async () => {
  await pool.end();
  await reelmark.close();
});

type Step =
  | { readonly do: "grant"; readonly credits: number; readonly key: number }
  | { readonly do: "hold"; readonly credits: number; readonly abort: boolean }
  | { readonly do: "settle"; readonly which: number; readonly share: number; readonly abort: boolean }
  | { readonly do: "expire" }
  | { readonly do: "pay"; readonly which: number; readonly paid: boolean; readonly refunded: number }
  | { readonly do: "plan"; readonly plan: "free" | "pro" | "scale"; readonly month: number };

const small = fc.integer({ min: 0, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("grant" as const), credits: fc.integer({ min: 1, max: 40 }), key: small }),
  fc.record({ do: fc.constant("hold" as const), credits: fc.integer({ min: 1, max: 30 }), abort: fc.boolean() }),
  fc.record({
    do: fc.constant("settle" as const),
    which: small,
    share: fc.integer({ min: 0, max: 100 }),
    abort: fc.boolean(),
  }),
  fc.record({ do: fc.constant("expire" as const) }),
  fc.record({
    do: fc.constant("pay" as const),
    which: small,
    paid: fc.boolean(),
    refunded: fc.integer({ min: 0, max: 60 }),
  }),
  fc.record({
    do: fc.constant("plan" as const),
    plan: fc.constantFrom("free" as const, "pro" as const, "scale" as const),
    month: fc.integer({ min: 0, max: 2 }),
  }),
);

const ABORT = new Error("rolled back on purpose");
const log = { info() {}, warn() {}, error() {} };
const ORDERED = { credits: 50, amount: 60 };

/** Does the steps of one actor, in its order, against an organization that others use too. */
async function act(org: string, world: World, steps: readonly Step[]): Promise<void> {
  const inTransaction = (work: Parameters<typeof withTransaction<void>>[2]) =>
    withTransaction(pool, org, work).catch((error: unknown) => {
      if (error !== ABORT) throw error;
    });
  for (const one of steps) {
    const nowMs = Date.now() + world.months * 31 * 86_400_000;
    if (one.do === "grant") {
      const wanted = {
        kind: "grant",
        key: `grant:${one.key}`,
        credits: one.credits,
        topupId: null,
        note: null,
      } as const;
      await inTransaction(async (db) => void (await book(db, wanted, nowMs)));
    } else if (one.do === "hold") {
      await inTransaction(async (db) => {
        const reason = { operation: "test", requestId: "r", leaseMs: null };
        const reserved = await reserveCredits(db, one.credits, reason, nowMs);
        if (one.abort) throw ABORT;
        if ("hold" in reserved) world.holds.push({ id: reserved.hold, credits: one.credits });
      });
    } else if (one.do === "settle") {
      const hold = world.holds.at(one.which);
      if (!hold) continue;
      await inTransaction(async (db) => {
        await settleCredits(db, hold.id, Math.floor((hold.credits * one.share) / 100), nowMs);
        if (one.abort) throw ABORT;
      });
    } else if (one.do === "expire") {
      const past =
        "update credit_holds set expires_at = now() - interval '1 second' where org_id = $1 and status = 'held'";
      await query(reelmark.databaseUrl, past, [org]);
      await runChore(reelmark, releaseHolds);
    } else if (one.do === "pay") {
      const order: Order = {
        topupId: world.topups[one.which] ?? "",
        organization: org,
        ...ORDERED,
        currency: "usd",
        automatic: false,
      };
      const state: PaymentState = {
        outcome: one.paid ? "paid" : "expired",
        received: { amount: ORDERED.amount, currency: "usd" },
        refunded: one.paid ? one.refunded : 0,
        reason: undefined,
        checkoutId: undefined,
        paymentIntent: `pi_${one.which}`,
        card: undefined,
      };
      await inTransaction((db) => applyPayment(db, order, state, { log, nowMs }));
    } else {
      world.months = one.month;
      await onPlan(reelmark, org, one.plan);
    }
  }
}

type World = { holds: { id: string; credits: number }[]; topups: string[]; months: number };

test(`${RUNS} random interleavings of grants, holds, captures, releases, leases, payments, refunds and plans keep every invariant`, {
  timeout: 30_000 + RUNS * 4_000,
}, async () => {
  const actors = fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(actors, async (parts) => {
      const org = newId("org", Date.now());
      await query(reelmark.databaseUrl, "insert into organizations (id, name, plan) values ($1, 'Random', 'free')", [
        org,
      ]);
      const topups = Array.from({ length: 6 }, () => newId("top", Date.now()));
      const world: World = { holds: [], topups, months: 0 };
      await Promise.all(parts.map((steps) => act(org, world, steps)));
      await expectLedgerAddsUp(reelmark);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

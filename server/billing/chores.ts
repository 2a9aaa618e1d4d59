import type { Chore, ChoreContext } from "../jobs/workers.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { WorkServices } from "../services.ts";
import { giveMonthly, MONTHLY, periodOf, readBalance, settle } from "./ledger.ts";
import { startReload } from "./reload.ts";
import {
  EXPIRED_HOLDS,
  FORGET_EVENTS,
  GET_MARK,
  GET_SETTINGS,
  MARKED,
  OWED_MONTHLY,
  type SettingsRow,
  UNMARK,
} from "./sql.ts";

/** How often few credits are told of, leases are looked at, credits of the month are given, and old events forgotten, in ms. */
const LOW_MS = 2_000;
const HOLDS_MS = 15_000;
const MONTHLY_MS = 60_000;
const FORGET_MS = 3_600_000;
/** How many are looked for at once. */
const AT_ONCE = 200;

type Found = { readonly org_id: string };

/** Does something for each that was found, in a transaction of its own: one that fails keeps no other. */
const forEach =
  <F extends Found>(found: readonly F[], { log, transaction }: ChoreContext, work: (db: Db, one: F) => Promise<void>) =>
  async () => {
    for (const one of found) {
      await transaction(one.org_id, (db) => work(db, one)).catch((error: unknown) => {
        log.warn({ ...one, error: String(error) }, "a chore of billing failed for an organization; it is tried again");
      });
    }
  };

/** Gives back what dead requests have set aside. A request that is late finds its hold ended, and does nothing. */
export const releaseHolds: Chore = {
  name: "billing.holds",
  everyMs: HOLDS_MS,
  async run(db, context) {
    const found = await db.rows<Found & { id: string }>(EXPIRED_HOLDS, [AT_ONCE]);
    return forEach(found, context, async (own, { id, org_id }) => {
      if (!(await settle(own, id, 0, context.now()))) return;
      context.log.warn({ organization: org_id, hold: id }, "credits of a request that died were given back");
    });
  },
};

/** Gives every organization its credits of the month, also those that nobody spends. */
export const giveMonth: Chore = {
  name: "billing.monthly",
  everyMs: MONTHLY_MS,
  async run(db, context) {
    const found = await db.rows<Found>(OWED_MONTHLY, [periodOf(context.now()), MONTHLY, AT_ONCE]);
    return forEach(found, context, async (own) => void (await giveMonthly(own, context.now())));
  },
};

/** Forgets events that Stripe sends no more. */
const forgetEvents: Chore = {
  name: "billing.events",
  everyMs: FORGET_MS,
  run: async (db) => void (await db.run(FORGET_EVENTS)),
};

type Services = Pick<WorkServices, "events" | "payments" | "queue">;

/**
 * Tells of few credits, and buys more where the tenant wants it. Not where they are spent: an operation may set more aside
 * than it needs, and give it back before its transaction ends.
 */
const tellOfLow = (services: Services): Chore => ({
  name: "billing.low",
  everyMs: LOW_MS,
  async run(db, context) {
    return forEach(await db.rows<Found>(MARKED, [AT_ONCE]), context, async (own, { org_id }) => {
      const nowMs = context.now();
      const mark = await own.one<{ low_told: boolean }>(GET_MARK);
      if (!mark) return;
      const balance = await readBalance(own, nowMs);
      if (balance.low && !mark.low_told) await services.events.emit(own, org_id, nowMs, "billing.balance_low", balance);
      const settings = await own.one<SettingsRow>(GET_SETTINGS);
      if (balance.low && settings?.auto_enabled) {
        await startReload(services, own, org_id, settings.auto_credits, nowMs);
      }
      await own.run(UNMARK, [balance.low]);
    });
  },
});

/** What is done about credits every so often. */
export const billingChores = (services: Services): Chore[] => [
  tellOfLow(services),
  releaseHolds,
  giveMonth,
  forgetEvents,
];

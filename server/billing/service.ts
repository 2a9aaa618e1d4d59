import { ApiError } from "../../spec/kit/errors.ts";
import type { ReelmarkPrincipal } from "../context.ts";
import type { Credits, HoldReason } from "../kit/backend.ts";
import { newId } from "../kit/ids.ts";
import type { Db } from "../kit/postgres/db.ts";
import { type Grant, type Granted, grant } from "./grants.ts";
import { LOW_THRESHOLD, MONTHLY, movementIds, periodOf, settle } from "./ledger.ts";
import { GET_SETTINGS, RESERVE, type SettingsRow } from "./sql.ts";

/**
 * Sets credits of the bound organization aside, in the transaction given; or says how many there are. A hold is settled
 * once: by `settleCredits`, or by its lease. The organization's account is locked until the transaction ends. When few
 * credits are left, that is told once it has committed (`billing.balance_low`).
 */
export async function reserveCredits(
  db: Db,
  amount: number,
  reason: HoldReason,
  nowMs: number,
): Promise<{ hold: string } | { available: number }> {
  const hold = newId("hld", nowMs);
  const values = [hold, amount, reason.operation, reason.requestId, reason.leaseMs, periodOf(nowMs), MONTHLY];
  const row = await db.one<{ held: boolean; available: number }>(RESERVE, [
    ...values,
    LOW_THRESHOLD,
    movementIds(3, nowMs),
  ]);
  if (!row) throw new Error("the ledger did not answer");
  return row.held ? { hold } : { available: row.available };
}

/** Ends a hold: spends `amount` of it, gives the rest back. False when it had ended before; then nothing is done. */
export function settleCredits(db: Db, hold: string, amount: number, nowMs: number): Promise<boolean> {
  return settle(db, hold, amount, nowMs);
}

/** The ledger as the pipeline uses it. */
export function ledger(clock: () => number): Credits<Db, ReelmarkPrincipal> {
  return {
    reserve: (db, _principal, amount, reason) => reserveCredits(db, amount, reason, clock()),
    async capture(db, _principal, hold, amount) {
      if (await settle(db, hold, amount, clock())) return;
      // Its lease has ended: what was prepared must not be done for nothing.
      throw new ApiError(
        "SERVICE_UNAVAILABLE",
        "This took so long that the credits set aside for it were given back: nothing was done, send it again",
        { headers: { "Retry-After": "1" } },
      );
    },
    release: async (db, _principal, hold) => void (await settle(db, hold, 0, clock())),
  };
}

/** Throws 409 while a subscription pays for the plan of the bound organization: deleted, it would be paid for ever. */
export async function requireNoSubscription(db: Db): Promise<void> {
  const settings = await db.one<SettingsRow>(GET_SETTINGS);
  if (!settings || settings.subscription_id === null) return;
  throw new ApiError(
    "CONFLICT",
    "A subscription pays for the plan of this organization: change the plan to free first (PUT /v1/billing/plan)",
    { details: { plan: settings.plan } },
  );
}

/** Gives an organization credits, or takes some back, as its operator says. Binds the transaction to it. */
export function grantCredits(db: Db, wanted: Grant, nowMs: number): Promise<Granted> {
  return grant(db, wanted, nowMs);
}

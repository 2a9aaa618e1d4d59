import type { Db } from "../kit/postgres/db.ts";
import type { Log } from "../kit/runtime.ts";
import { book } from "./ledger.ts";
import type { Order, PaymentState } from "./payments.ts";
import {
  AVAILABLE,
  BIND,
  INSERT_TOPUP,
  LOCK,
  LOCK_TOPUP,
  ORGANIZATION,
  SAVE_CARD,
  STOP_AUTO,
  type TopUpRow,
  UPDATE_TOPUP,
} from "./sql.ts";

/** A top-up as the contract shows it. What is to be done about it is shown while there is something to do. */
export function toTopUp({ refunded: _refunded, ...row }: TopUpRow) {
  const pending = row.status === "pending";
  const asks = pending && row.provider === "manual";
  return {
    ...row,
    checkout_url: pending ? row.checkout_url : null,
    instructions: asks ? `Ask the operator of this server to grant the credits, and name this top-up: ${row.id}` : null,
  };
}

/** Writes a new top-up of the bound organization. 0 when it is there: its payment was heard of first. */
export const insertTopUp = (
  db: Db,
  order: Order,
  provider: "manual" | "stripe",
  page?: { id: string; url: string },
): Promise<number> => {
  const { topupId, organization, credits, amount, currency, automatic } = order;
  const values = [topupId, organization, credits, amount, currency, provider, automatic];
  return db.run(INSERT_TOPUP, [...values, page?.id ?? null, page?.url ?? null]);
};

type Context = { readonly log: Log; readonly nowMs: number };

/**
 * Makes a top-up what its payment is by now, in whatever order its events come, and however often: credits are booked once
 * a top-up, and taken back once a refund. Binds the transaction to the order's organization.
 */
export async function applyPayment(db: Db, order: Order, state: PaymentState, { log, nowMs }: Context): Promise<void> {
  const facts = { topup: order.topupId, organization: order.organization, payment_intent: state.paymentIntent };
  await db.run(BIND, [order.organization]);
  if (!(await db.one(ORGANIZATION, [order.organization]))) {
    if (state.outcome === "paid")
      log.error(facts, "a payment came for an organization that is gone: pay it back in Stripe");
    return;
  }
  await db.run(LOCK);
  // A page that nobody has the address of leaves no trace, unless it was paid after all.
  if (state.outcome === "paid") await insertTopUp(db, order, "stripe");
  const row = await db.one<TopUpRow>(LOCK_TOPUP, [order.topupId]);
  if (state.outcome !== "paid") return row && leave(db, row, state);
  if (!row) {
    log.error(facts, "a payment names a top-up of another organization: nothing was booked");
    return;
  }
  const wrong = mismatch(row, order, state);
  if (wrong !== undefined) {
    log.error({ ...facts, received: state.received }, "a payment is not what was asked for: nothing was booked");
    if (row.status !== "paid" && row.status !== "refunded") await write(db, row, state, "failed", wrong);
    return;
  }
  const { id: topupId, credits } = row;
  const first = await book(db, { kind: "topup", key: `topup:${topupId}`, credits, topupId, note: null }, nowMs);
  // The card of an event that comes again may be an old one.
  if (first && state.card) await db.run(SAVE_CARD, [order.organization, state.card.customer, state.card.paymentMethod]);
  await takeBack(db, row, state, { log, nowMs });
  await write(db, row, state, refundedBy(row, state) >= row.amount ? "refunded" : "paid", null);
}

/** How much was paid back: never less than was seen before, as this may be an older look at the payment. */
const refundedBy = (row: TopUpRow, state: PaymentState | undefined): number =>
  Math.max(row.refunded, Math.min(state?.refunded ?? 0, row.amount));

/** What a payment that is not there does to its top-up: only one that is waited for can expire or fail. */
async function leave(db: Db, row: TopUpRow, state: PaymentState): Promise<void> {
  if (row.status !== "pending") return;
  if (state.outcome === "expired") return write(db, row, state, "expired", null);
  if (state.outcome === "failed") return failTopUp(db, row, state.reason ?? "The payment failed", state);
  await write(db, row, state, "pending", null);
}

/** Says of a top-up why it failed. A failed automatic one ends auto-reload: a bad card is not charged again and again. */
export async function failTopUp(db: Db, row: TopUpRow, why: string, state?: PaymentState): Promise<void> {
  await write(db, row, state, "failed", why);
  if (row.automatic) await db.run(STOP_AUTO);
}

async function write(
  db: Db,
  row: TopUpRow,
  state: PaymentState | undefined,
  status: TopUpRow["status"],
  error: string | null,
): Promise<void> {
  await db.run(UPDATE_TOPUP, [row.id, status, error, refundedBy(row, state), state?.paymentIntent ?? null]);
}

function mismatch(row: TopUpRow, order: Order, { received }: PaymentState): string | undefined {
  const asked = `${row.amount} ${row.currency}`;
  const came = `${received.amount} ${received.currency}`;
  const isSameOrder = order.credits === row.credits && order.amount === row.amount && order.currency === row.currency;
  if (isSameOrder && asked === came) return undefined;
  return `The payment (${came}) is not what was asked for (${asked} for ${row.credits} credits): the operator must look`;
}

/**
 * Takes back the credits of what was refunded since. Spent ones cannot be: what is there is taken, and the rest is the
 * operator's loss, which the movement tells. Nothing is owed, so that the next top-up is not eaten up.
 */
async function takeBack(db: Db, row: TopUpRow, state: PaymentState, { log, nowMs }: Context): Promise<void> {
  const refunded = refundedBy(row, state);
  if (refunded === row.refunded) return;
  const creditsOf = (amount: number) => Math.floor((row.credits * amount) / row.amount);
  const wanted = creditsOf(refunded) - creditsOf(row.refunded);
  const { available = 0 } = (await db.one<{ available: number }>(AVAILABLE)) ?? {};
  const taken = Math.min(wanted, available);
  const note = taken < wanted ? `${taken} of ${wanted} credits could be taken back: the others are spent` : null;
  const key = `refund:${state.paymentIntent}:${refunded}`;
  await book(db, { kind: "refund", key, credits: -taken, topupId: row.id, note }, nowMs);
  if (note !== null) log.warn({ topup: row.id, wanted, taken }, "a refund found its credits spent");
}

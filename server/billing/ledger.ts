import { PLAN_IDS, planTerms } from "../../spec/plans.ts";
import { newId } from "../kit/ids.ts";
import type { Db } from "../kit/postgres/db.ts";
import { BALANCE, type BalanceRow, BOOK, GIVE_MONTHLY, SETTLE } from "./sql.ts";

/** Below this many credits are low, until a tenant says otherwise. */
export const LOW_THRESHOLD = 100;

/** What each plan gives a month; null is as many as needed. The ledger's functions read it. */
export const MONTHLY = JSON.stringify(Object.fromEntries(PLAN_IDS.map((id) => [id, planTerms(id).monthly_credits])));

/** The month of a moment in UTC, as the ledger names it. */
export const periodOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 7);

/** Names for as many movements as a function of the ledger may book. */
export const movementIds = (count: number, nowMs: number) => Array.from({ length: count }, () => newId("txn", nowMs));

/** Ends a hold: spends `amount` of it, gives the rest back. False when it had ended before; then nothing is done. */
export async function settle(db: Db, hold: string, amount: number, nowMs: number): Promise<boolean> {
  const row = await db.one<{ settled: boolean }>(SETTLE, [hold, amount, periodOf(nowMs), movementIds(2, nowMs)]);
  return row?.settled === true;
}

export type Booking = {
  readonly kind: "grant" | "topup" | "refund";
  /** Names what caused it: booked once. */
  readonly key: string;
  /** Negative when credits are taken. Throws what PostgreSQL says when there are not as many. */
  readonly credits: number;
  readonly topupId: string | null;
  readonly note: string | null;
};

/** Books credits that come from outside, or go there. False when `key` was booked before; then nothing is done. */
export async function book(db: Db, booking: Booking, nowMs: number): Promise<boolean> {
  const { kind, key, credits, topupId, note } = booking;
  const values = [newId("txn", nowMs), kind, key, credits, periodOf(nowMs), topupId, note];
  const row = await db.one<{ booked: boolean }>(BOOK, values);
  return row?.booked === true;
}

/** Gives the bound organization its credits of the month, once. */
export const giveMonthly = (db: Db, nowMs: number): Promise<number> =>
  db.run(GIVE_MONTHLY, [newId("txn", nowMs), periodOf(nowMs), MONTHLY]);

/** The balance as the contract shows it. */
export async function readBalance(db: Db, nowMs: number) {
  const row = await db.one<BalanceRow>(BALANCE, [periodOf(nowMs), MONTHLY, LOW_THRESHOLD]);
  if (!row) throw new Error("the bound organization has no row");
  const { plan, ...shown } = row;
  const { monthly_credits } = planTerms(plan);
  return {
    ...shown,
    monthly_credits,
    // Where the plan gives what is needed, little on hand is no shortage.
    low: monthly_credits !== null && row.available < row.low_threshold,
    as_of: new Date(nowMs).toISOString(),
  };
}

import { newId } from "../kit/ids.ts";
import { type Db, statement } from "../kit/postgres/db.ts";
import { book } from "./ledger.ts";
import { AVAILABLE, BIND, LOCK, LOCK_TOPUP, ORGANIZATION, type TopUpRow, UPDATE_TOPUP } from "./sql.ts";

const BY_KEY = statement(
  "billing.movement-by-key",
  "select id, amount, available_after, topup_id from credit_movements where org_id = $1 and business_key = $2",
);

/** What an operator wants: credits given, or taken back (a negative number). */
export type Grant = {
  readonly organization: string;
  /** May be left out for a top-up: all of it. */
  readonly credits: number | undefined;
  readonly note: string | null;
  /** The top-up that was paid for outside of this server. */
  readonly topupId: string | undefined;
  /** Names the wish: repeated under the same name, it is done once. */
  readonly key: string | undefined;
};

export type Granted =
  | { readonly movement: string; readonly credits: number; readonly available: number; readonly already: boolean }
  | { readonly problem: "NOT_FOUND" | "CONFLICT"; readonly message: string };

type Movement = { id: string; amount: number; available_after: number; topup_id: string | null };

const conflict = (message: string): Granted => ({ problem: "CONFLICT", message });

/** Does what the operator wants, or says why it cannot be. Binds the transaction to the organization. */
export async function grant(db: Db, wanted: Grant, nowMs: number): Promise<Granted> {
  const { organization, topupId, note } = wanted;
  await db.run(BIND, [organization]);
  if (!(await db.one(ORGANIZATION, [organization]))) {
    const message = `There is no organization ${organization}: npm run admin -- list-organizations shows all`;
    return { problem: "NOT_FOUND", message };
  }
  await db.run(LOCK);
  const topup = topupId === undefined ? undefined : await db.one<TopUpRow>(LOCK_TOPUP, [topupId]);
  if (topupId !== undefined && !topup) {
    return { problem: "NOT_FOUND", message: `The organization ${organization} has no top-up ${topupId}` };
  }
  const credits = wanted.credits ?? topup?.credits ?? 0;
  if (topup && credits !== topup.credits) {
    return conflict(`The top-up ${topup.id} is of ${topup.credits} credits, not of ${credits}: leave --credits out`);
  }
  const key = topup ? `topup:${topup.id}` : `grant:${wanted.key ?? newId("key", nowMs)}`;
  const before = await db.one<Movement>(BY_KEY, [organization, key]);
  if (before) return repeated(before, credits, wanted);
  if (topup && topup.provider !== "manual") {
    return conflict(`The top-up ${topup.id} is paid by Stripe, which books it by itself: grant without --topup`);
  }
  const { available = 0 } = (await db.one<{ available: number }>(AVAILABLE)) ?? {};
  if (available + credits < 0) {
    return conflict(
      `${organization} has ${available} credits that can be spent, so ${-credits} cannot be taken back: take ${available} or fewer`,
    );
  }
  await book(db, { kind: topup ? "topup" : "grant", key, credits, topupId: topup?.id ?? null, note }, nowMs);
  if (topup) await db.run(UPDATE_TOPUP, [topup.id, "paid", null, topup.refunded, null]);
  const booked = await db.one<Movement>(BY_KEY, [organization, key]);
  if (!booked) throw new Error("the movement that was just booked is not there");
  return { movement: booked.id, credits, available: booked.available_after, already: false };
}

function repeated(before: Movement, credits: number, { key }: Grant): Granted {
  if (before.amount !== credits) {
    return conflict(`The key "${key}" was used for ${before.amount} credits, not for ${credits}: say another --key`);
  }
  return { movement: before.id, credits, available: before.available_after, already: true };
}

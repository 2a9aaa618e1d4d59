import type { Queue } from "../jobs/queue.ts";
import type { Worker } from "../jobs/worker.ts";
import { newId } from "../kit/ids.ts";
import type { Db } from "../kit/postgres/db.ts";
import { type Card, type Order, PaymentError, type Payments } from "./payments.ts";
import { GET_SETTINGS, GET_TOPUP, LOCK, LOCK_TOPUP, type SettingsRow, type TopUpRow } from "./sql.ts";
import { applyPayment, failTopUp, insertTopUp } from "./topups.ts";

/** For how long a card may be charged for a top-up, in milliseconds: Stripe forgets our key for it after a day. */
const CHARGE_WITHIN_MS = 20 * 3_600_000;

/** An order at today's price. */
export const newOrder = (
  payments: Payments,
  order: Pick<Order, "topupId" | "organization" | "credits" | "automatic">,
): Order => ({ ...order, amount: payments.price(order.credits), currency: payments.currency });

/**
 * Begins an automatic top-up in the transaction that found few credits; nothing while another one is open. With Stripe, a
 * job charges the card; with `manual`, the top-up waits for the operator.
 */
export async function startReload(
  helpers: { readonly queue: Queue; readonly payments: Payments },
  db: Db,
  organization: string,
  credits: number,
  nowMs: number,
): Promise<void> {
  const { queue, payments } = helpers;
  const order = newOrder(payments, { topupId: newId("top", nowMs), organization, credits, automatic: true });
  const made = await insertTopUp(db, order, payments.provider);
  if (made === 0 || payments.provider === "manual") return;
  await queue.enqueue(db, "billing.reload", { org_id: organization, id: order.topupId });
}

/** What is needed to charge for a top-up; undefined when it is not waited for any more. */
async function pending(db: Db, id: string): Promise<{ row: TopUpRow; card: Card | undefined } | undefined> {
  const row = await db.one<TopUpRow>(GET_TOPUP, [id]);
  if (row?.status !== "pending") return undefined;
  const settings = await db.one<SettingsRow>(GET_SETTINGS);
  const { stripe_customer: customer = null, payment_method: paymentMethod = null } = settings ?? {};
  return { row, card: customer === null || paymentMethod === null ? undefined : { customer, paymentMethod } };
}

/**
 * Charges the saved card for automatic top-ups. The charge carries the top-up's id as its key, so that a job which is run
 * again, or by two workers, charges once; whoever comes second books nothing.
 */
export function reloadWorker({ payments }: { readonly payments: Payments }): Worker {
  const fail = (db: Db, id: string, why: string) =>
    db.run(LOCK).then(async () => {
      const row = await db.one<TopUpRow>(LOCK_TOPUP, [id]);
      if (row?.status === "pending") await failTopUp(db, row, why);
    });

  return {
    queue: "billing.reload",
    async run({ org_id, id }, job) {
      const found = await job.read(org_id, (db) => pending(db, id));
      if (!found) return;
      const { row, card } = found;
      const failed = (why: string) => job.transaction(org_id, (db) => fail(db, id, why));
      if (card === undefined) return failed("There is no saved card: pay a top-up by yourself first");
      if (job.now() - Date.parse(row.created_at) > CHARGE_WITHIN_MS) {
        return failed("The card was not charged in time: set auto-reload again to have it tried");
      }
      const order: Order = { ...row, topupId: id, organization: org_id };
      try {
        const state = await payments.charge(order, card);
        await job.transaction(org_id, (db) => applyPayment(db, order, state, { log: job.log, nowMs: job.now() }));
      } catch (error) {
        if (!(error instanceof PaymentError) || error.kind !== "declined") throw error;
        await failed(error.message);
      }
    },
    async abandon({ org_id, id }, _reason, job) {
      const why = "The payment service could not be reached. Should it have charged the card, the credits will come";
      await job.transaction(org_id, (db) => fail(db, id, why));
    },
  };
}

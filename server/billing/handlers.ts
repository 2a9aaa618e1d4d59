import type { createTopUp } from "../../spec/billing.ts";
import { ApiError } from "../../spec/kit/errors.ts";
import { type Ctx, handlers } from "../context.ts";
import { twoSteps } from "../kit/handlers.ts";
import type { Db } from "../kit/postgres/db.ts";
import { readPage } from "../kit/postgres/list.ts";
import type { WorkServices } from "../services.ts";
import { upstream } from "./errors.ts";
import { eventHandlers } from "./events.ts";
import { readBalance } from "./ledger.ts";
import type { CheckoutPage, Order, Payments } from "./payments.ts";
import { planHandlers } from "./plans.ts";
import { newOrder, startReload } from "./reload.ts";
import {
  COUNT_TOPUPS,
  COUNT_TRANSACTIONS,
  GET_SETTINGS,
  GET_TOPUP,
  LIST_TOPUPS,
  LIST_TRANSACTIONS,
  LOCK,
  SET_AUTO,
  type SettingsRow,
  type TopUpRow,
  type TransactionRow,
} from "./sql.ts";
import { insertTopUp, toTopUp } from "./topups.ts";

const missing = () => new ApiError("NOT_FOUND", "There is no such top-up");

async function readAutoReload(db: Db, payments: Payments) {
  const row = await db.one<SettingsRow>(GET_SETTINGS);
  if (!row) throw new Error("the bound organization has no row");
  return {
    enabled: row.auto_enabled,
    threshold: row.auto_threshold,
    credits: row.auto_credits,
    // Without a card there is nothing to charge; an operator can always be asked.
    ready: payments.provider === "manual" || row.payment_method !== null,
    updated_at: row.auto_updated_at,
  };
}

type Services = Pick<WorkServices, "payments" | "queue">;

/** Handlers of credits: the balance, its movements, top-ups and auto-reload. */
const creditHandlers = ({ payments, queue }: Services) =>
  handlers({
    async getBalance(_input, { db, now, reply }) {
      return reply(200, await readBalance(db, now()));
    },

    async listTransactions({ query }, { db, reply }) {
      const { kind = null, hold_id = null, since = null, until = null } = query;
      const filters = [kind, hold_id, since, until];
      const sort = { kinds: ["whole"], values: (row: TransactionRow) => [String(row.seq)] } as const;
      const item = ({ seq: _seq, ...row }: TransactionRow) => row;
      const list = { name: "transactions", rows: LIST_TRANSACTIONS, count: COUNT_TRANSACTIONS, filters, sort, item };
      return reply(200, await readPage<TransactionRow, ReturnType<typeof item>>(db, query, list));
    },

    createTopUp: twoSteps<typeof createTopUp, Ctx, { order: Order; page: CheckoutPage | undefined }>({
      // The page before the row: when this process dies between the two, nobody knows the page's address. Should it be
      // paid all the same, the payment carries the order, and its event writes the row.
      async prepare({ body }, ctx) {
        const wish = { topupId: ctx.newId("top"), organization: ctx.org, credits: body.credits, automatic: false };
        const order = newOrder(payments, wish);
        const settings = await ctx.read((db) => db.one<SettingsRow>(GET_SETTINGS));
        const page = await payments.checkout(order, settings?.stripe_customer ?? null).catch(upstream(ctx));
        return { order, page };
      },
      async commit(_input, { db, reply }, { order, page }) {
        await db.run(LOCK);
        await insertTopUp(db, order, payments.provider, page);
        const row = await db.one<TopUpRow>(GET_TOPUP, [order.topupId]);
        if (!row) throw new Error("the new top-up is not there");
        return reply(201, toTopUp(row));
      },
    }),

    async listTopUps({ query }, { db, reply }) {
      const list = { name: "topups", rows: LIST_TOPUPS, count: COUNT_TOPUPS, filters: [], item: toTopUp };
      return reply(200, await readPage<TopUpRow, ReturnType<typeof toTopUp>>(db, query, list));
    },

    async getTopUp({ params }, { db, reply }) {
      const row = await db.one<TopUpRow>(GET_TOPUP, [params.topup_id]);
      if (!row) throw missing();
      return reply(200, toTopUp(row));
    },

    async getAutoReload(_input, { db, reply }) {
      return reply(200, await readAutoReload(db, payments));
    },

    async setAutoReload({ body }, { db, org, now, reply }) {
      await db.run(LOCK);
      await db.run(SET_AUTO, [org, body.enabled, body.threshold, body.credits]);
      // Spending looks for few credits; whoever has few already may have nothing left to spend.
      const { low } = await readBalance(db, now());
      if (body.enabled && low) await startReload({ queue, payments }, db, org, body.credits, now());
      return reply(200, await readAutoReload(db, payments));
    },
  });

/** Handlers of credits, plans and payments. */
export const billingHandlers = (services: Services) => ({
  ...creditHandlers(services),
  ...planHandlers(services.payments),
  ...eventHandlers(services.payments),
});

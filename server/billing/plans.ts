import type { changeBillingPlan } from "../../spec/billing.ts";
import { ApiError } from "../../spec/kit/errors.ts";
import { PLAN_IDS, type PlanId, planTerms } from "../../spec/plans.ts";
import type { Ctx } from "../context.ts";
import { handlers } from "../context.ts";
import { twoSteps } from "../kit/handlers.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { Log } from "../kit/runtime.ts";
import { upstream } from "./errors.ts";
import type { CheckoutPage, Payments, SubscriptionState } from "./payments.ts";
import {
  BIND,
  GET_SETTINGS,
  LOCK,
  ORGANIZATION,
  SET_PENDING,
  SET_PLAN,
  SET_SUBSCRIPTION,
  type SettingsRow,
} from "./sql.ts";

async function readSettings(db: Db): Promise<SettingsRow> {
  const row = await db.one<SettingsRow>(GET_SETTINGS);
  if (!row) throw new Error("the bound organization has no row");
  return row;
}

const toBillingPlan = (row: SettingsRow, provider: Payments["provider"]) => ({
  plan: { id: row.plan, ...planTerms(row.plan) },
  provider,
  pending_plan: row.pending_plan,
  checkout_url: row.pending_checkout_url,
  renews_at: row.renews_at,
});

/**
 * Makes plan and settings what a subscription is by now, in whatever order its events come. Binds the transaction to its
 * organization. What ends puts the organization on free; a second subscription beside a living one changes nothing.
 */
export async function applySubscription(db: Db, state: SubscriptionState, log: Log): Promise<void> {
  const { id, organization, plan } = state;
  const facts = { subscription: id, organization };
  await db.run(BIND, [organization]);
  if (!(await db.one(ORGANIZATION, [organization]))) {
    if (state.status === "live")
      log.error(facts, "a subscription is of an organization that is gone: end it in Stripe");
    return;
  }
  await db.run(LOCK);
  const row = await readSettings(db);
  if (state.status === "ended" && row.subscription_id === id) {
    await db.run(SET_SUBSCRIPTION, [organization, null, state.customer, null]);
    await db.run(SET_PLAN, [organization, "free"]);
  }
  if (state.status !== "live") return;
  if (row.subscription_id !== null && row.subscription_id !== id) {
    log.error(
      { ...facts, present: row.subscription_id },
      "an organization pays for two subscriptions: end one in Stripe",
    );
    return;
  }
  if (plan === undefined) {
    log.error(facts, "a subscription is to a price that no STRIPE_PRICE_… names: no plan was changed");
    return;
  }
  await db.run(SET_SUBSCRIPTION, [organization, id, state.customer, state.renewsAt]);
  await db.run(SET_PLAN, [organization, plan]);
  await db.run(SET_PENDING, [organization, null, null, null]);
}

/** What a change of plan comes to, once the provider was asked. */
type Change =
  | { readonly kind: "none" }
  | { readonly kind: "given"; readonly from: PlanId }
  | { readonly kind: "subscription"; readonly state: SubscriptionState }
  | { readonly kind: "pending"; readonly page: CheckoutPage };

const rank = (plan: PlanId) => PLAN_IDS.indexOf(plan);

const onlyOperator = (organization: string, plan: PlanId) =>
  new ApiError(
    "FORBIDDEN",
    `The operator of this server gives the plan ${plan}: npm run admin -- change-plan --organization ${organization} --plan ${plan}`,
  );

type Preparing = Pick<Ctx, "org" | "requestId" | "log">;

async function change(payments: Payments, row: SettingsRow, plan: PlanId, ctx: Preparing): Promise<Change> {
  const { subscription_id: subscription, pending_checkout_id: open } = row;
  if (plan === row.plan) {
    if (open !== null) await payments.closeCheckout(open);
    return { kind: "none" };
  }
  const larger = rank(plan) > rank(row.plan);
  if (larger && !payments.sells(plan)) throw onlyOperator(ctx.org, plan);
  if (subscription !== null) {
    const state = await payments.changeSubscription(subscription, payments.sells(plan) ? plan : null);
    return state.status === "ended" ? { kind: "given", from: row.plan } : { kind: "subscription", state };
  }
  if (!larger) return { kind: "given", from: row.plan };
  if (open !== null && row.pending_plan === plan && (await payments.isOpen(open))) {
    return { kind: "pending", page: { id: open, url: row.pending_checkout_url ?? "" } };
  }
  const wish = { organization: ctx.org, plan, customer: row.stripe_customer, key: ctx.requestId };
  const page = await payments.checkoutPlan(wish);
  // Two open pages could both be paid. Where closing fails, `applySubscription` tells the operator of a second payment.
  if (open !== null)
    await payments.closeCheckout(open).catch((error: unknown) => {
      ctx.log.warn({ checkout: open, error: String(error) }, "an old Checkout page could not be closed");
    });
  return { kind: "pending", page };
}

/** Handlers of the plan. */
export const planHandlers = (payments: Payments) =>
  handlers({
    async getBillingPlan(_input, { db, reply }) {
      return reply(200, toBillingPlan(await readSettings(db), payments.provider));
    },

    changeBillingPlan: twoSteps<typeof changeBillingPlan, Ctx, Change>({
      async prepare({ body }, ctx) {
        const row = await ctx.read(readSettings);
        return change(payments, row, body.plan, ctx).catch(upstream(ctx));
      },
      async commit({ body }, { db, org, log, reply }, prepared) {
        await db.run(LOCK);
        if (prepared.kind === "subscription") await applySubscription(db, prepared.state, log);
        if (prepared.kind === "pending")
          await db.run(SET_PENDING, [org, body.plan, prepared.page.id, prepared.page.url]);
        if (prepared.kind === "none") await db.run(SET_PENDING, [org, null, null, null]);
        if (prepared.kind === "given") {
          const row = await readSettings(db);
          // An ended subscription may have been heard of before: then this is done already.
          if (row.plan !== prepared.from && row.plan !== body.plan) throw changedMeanwhile();
          await db.run(SET_SUBSCRIPTION, [org, null, null, null]);
          await db.run(SET_PENDING, [org, null, null, null]);
          await db.run(SET_PLAN, [org, body.plan]);
        }
        return reply(200, toBillingPlan(await readSettings(db), payments.provider));
      },
    }),
  });

const changedMeanwhile = () =>
  new ApiError("SERVICE_UNAVAILABLE", "The plan was changed by another request meanwhile: read it again", {
    headers: { "Retry-After": "1" },
  });

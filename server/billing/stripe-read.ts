import type Stripe from "stripe";
import { PLAN_IDS, type PlanId } from "../../spec/plans.ts";
import type { Card, Finding, Order, PaymentState, SubscriptionState } from "./payments.ts";

type Metadata = Readonly<Record<string, string>>;

/** An order as Stripe keeps it for us, on the Checkout session and on the payment: texts alone. */
export const metadataOf = (order: Order): Record<string, string> => ({
  topup_id: order.topupId,
  organization_id: order.organization,
  credits: String(order.credits),
  amount: String(order.amount),
  currency: order.currency,
  automatic: String(order.automatic),
});

const whole = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;

/** The order that `metadataOf` wrote. Undefined for what other programs of the operator's sell on the same account. */
function orderOf(metadata: Metadata | null): Order | undefined {
  const { topup_id, organization_id, currency, automatic } = metadata ?? {};
  const credits = whole(metadata?.credits);
  const amount = whole(metadata?.amount);
  if (!topup_id?.startsWith("top_") || !organization_id || !currency || !credits || !amount) return undefined;
  return {
    topupId: topup_id,
    organization: organization_id,
    credits,
    amount,
    currency,
    automatic: automatic === "true",
  };
}

const idOf = (value: string | { readonly id: string } | null): string | undefined =>
  typeof value === "string" ? value : value?.id;

function cardOf({ customer, payment_method }: Stripe.PaymentIntent): Card | undefined {
  const ids = { customer: idOf(customer), paymentMethod: idOf(payment_method) };
  return ids.customer && ids.paymentMethod ? { customer: ids.customer, paymentMethod: ids.paymentMethod } : undefined;
}

/** Whether a payment is over without money: it waits for a card that nobody will give. */
const isLost = ({ status }: Stripe.PaymentIntent) => status === "requires_payment_method" || status === "canceled";

/** How a payment stands, with the Checkout session around it where there is one. `latest_charge` must be expanded. */
export function paymentState(intent: Stripe.PaymentIntent | null, session?: Stripe.Checkout.Session): PaymentState {
  const charge = typeof intent?.latest_charge === "object" ? intent.latest_charge : null;
  // Before an open page a declined card is not the end: another one may be tried.
  const isOver = session === undefined ? intent?.metadata?.automatic === "true" : session.status === "complete";
  const outcome =
    intent?.status === "succeeded"
      ? "paid"
      : session?.status === "expired"
        ? "expired"
        : intent && isOver && isLost(intent)
          ? "failed"
          : "open";
  return {
    outcome,
    received: { amount: intent?.amount_received ?? 0, currency: intent?.currency ?? "" },
    refunded: charge?.amount_refunded ?? 0,
    reason: intent?.last_payment_error?.message,
    checkoutId: session?.id,
    paymentIntent: intent?.id,
    card: intent ? cardOf(intent) : undefined,
  };
}

/** What is found of a payment; undefined when it is none of ours. */
export function foundPayment(
  intent: Stripe.PaymentIntent | null,
  session?: Stripe.Checkout.Session,
): Finding | undefined {
  const order = orderOf(session?.metadata ?? intent?.metadata ?? null);
  return order && { about: "topup", order, state: paymentState(intent, session) };
}

const LIVE = new Set(["active", "trialing", "past_due"]);
const ENDED = new Set(["canceled", "unpaid", "incomplete_expired", "paused"]);

type Prices = Readonly<Partial<Record<PlanId, string>>>;

/** How a subscription stands. Undefined for one that this server did not sell. */
export function subscriptionState(subscription: Stripe.Subscription, prices: Prices): SubscriptionState | undefined {
  const { organization_id: organization, plan: written } = subscription.metadata;
  if (!organization) return undefined;
  const item = subscription.items.data[0];
  // A price that the settings no longer name still pays for the plan it was sold for.
  const plan = PLAN_IDS.find((id) => prices[id] === item?.price.id) ?? PLAN_IDS.find((id) => id === written);
  const ends = subscription.cancel_at_period_end || subscription.cancel_at !== null;
  return {
    id: subscription.id,
    organization,
    customer: idOf(subscription.customer) ?? "",
    plan,
    status: LIVE.has(subscription.status) ? "live" : ENDED.has(subscription.status) ? "ended" : "open",
    renewsAt: item && !ends ? new Date(item.current_period_end * 1000).toISOString() : null,
  };
}

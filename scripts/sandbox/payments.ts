import { randomBytes } from "node:crypto";
import {
  type Finding,
  type Order,
  PaymentError,
  type PaymentState,
  type Payments,
  type SubscriptionState,
} from "../../server/billing/payments.ts";
import { newId } from "../../server/kit/ids.ts";
import type { PlanId } from "../../spec/plans.ts";
import type { Outbox, SentPayment } from "./outbox.ts";

const CURRENCY = "usd";
/** What a month of a plan costs on the payment page, in cents. */
const PLAN_PRICES: Readonly<Record<PlanId, number>> = { free: 0, pro: 2_900, scale: 9_900 };
/** A card that is declined when it is charged while nobody is there. */
const BAD_CARD = "pm_declined_later";

type Wish =
  | { readonly kind: "topup"; readonly order: Order }
  | { readonly kind: "plan"; readonly organization: string; readonly plan: PlanId };
type Page = { readonly wish: Wish; readonly customer: string; status: "open" | "paid" | "expired"; card: string };

/** What somebody did on a payment page. */
export const PAGE_ACTIONS = ["pay", "pay-with-bad-card", "expire"] as const;
export type PageAction = (typeof PAGE_ACTIONS)[number];

export type SandboxPayments = {
  readonly payments: Payments;
  /** A page that can still be paid on. */
  page(id: string): { readonly what: string; readonly price: string } | undefined;
  /** Does what a customer does on a page, and tells the server of it as Stripe would. False for a page that is over. */
  act(id: string, action: PageAction): Promise<boolean>;
  /** Pays what subscriptions owe by now, and tells the server. */
  renew(nowMs: number): Promise<void>;
};

const price = (amount: number) => `${(amount / 100).toFixed(2)} ${CURRENCY.toUpperCase()}`;

const described = (wish: Wish): { what: string; price: string } =>
  wish.kind === "topup"
    ? { what: `${wish.order.credits} credits`, price: price(wish.order.amount) }
    : { what: `Plan ${wish.plan}, a month`, price: price(PLAN_PRICES[wish.plan]) };

/** A month later, or the last day of a month that is too short, in UTC; as RFC 3339. */
function monthAfter(iso: string): string {
  const date = new Date(iso);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + 1);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.toISOString();
}

function stateOf(order: Order, page: Page | undefined, customer: string): PaymentState {
  const isPaid = page === undefined || page.status === "paid";
  return {
    outcome: page === undefined ? "paid" : page.status,
    received: { amount: isPaid ? order.amount : 0, currency: order.currency },
    refunded: 0,
    reason: undefined,
    checkoutId: undefined,
    paymentIntent: `pi_${order.topupId}`,
    card: isPaid ? { customer, paymentMethod: page?.card ?? "pm_saved" } : undefined,
  };
}

/**
 * Takes no money, and shows its pages under /sandbox/pay. What happens there is told to the server's own endpoint for
 * Stripe's events, signed with a secret of this start. Pages are forgotten with the sandbox's process, or its reset.
 * @param deliver Posts an event to the server with that signature.
 */
export function sandboxPayments(
  publicUrl: string,
  outbox: Outbox,
  deliver: (event: object, signature: string) => Promise<void>,
): SandboxPayments {
  const secret = randomBytes(24).toString("hex");
  const pages = new Map<string, Page>();
  const subscriptions = new Map<string, SubscriptionState>();

  const show = (id: string, page: Page, status: SentPayment["status"]) =>
    outbox.put("payments", { id, ...described(page.wish), status, url: `${publicUrl}/sandbox/pay/${id}` });
  const open = (wish: Wish, customer: string | null) => {
    const id = newId("cs", Date.now());
    const page: Page = { wish, customer: customer ?? newId("cus", Date.now()), status: "open", card: "pm_saved" };
    pages.set(id, page);
    show(id, page, "open");
    return { id, url: `${publicUrl}/sandbox/pay/${id}` };
  };
  const tell = (type: string, id: string) =>
    deliver({ id: newId("evt", Date.now()), type, data: { object: { id } } }, secret);
  const over = (page: Page, id: string, status: "expired" | "paid", shown: SentPayment["status"]) => {
    page.status = status;
    show(id, page, shown);
  };
  const look = (type: string, id: string): Finding | undefined => {
    const subscription = subscriptions.get(id);
    if (type.startsWith("customer.subscription."))
      return subscription && { about: "subscription", state: subscription };
    const page = pages.get(id);
    if (page?.wish.kind !== "topup") return undefined;
    const { order } = page.wish;
    return { about: "topup", order, state: stateOf(order, page, page.customer) };
  };

  const payments: Payments = {
    provider: "stripe",
    currency: CURRENCY,
    price: (credits) => credits,
    checkout: async (order, customer) => open({ kind: "topup", order }, customer),
    async charge(order, card) {
      const facts = { id: `pi_${order.topupId}`, what: `${order.credits} credits, by auto-reload`, url: null };
      const isBad = card.paymentMethod === BAD_CARD;
      outbox.put("payments", { ...facts, price: price(order.amount), status: isBad ? "declined" : "paid" });
      if (isBad) throw new PaymentError("declined", "The card was declined");
      const { customer, paymentMethod } = card;
      return { ...stateOf(order, undefined, customer), card: { customer, paymentMethod } };
    },
    sells: (plan) => PLAN_PRICES[plan] > 0,
    checkoutPlan: async ({ organization, plan, customer }) => open({ kind: "plan", organization, plan }, customer),
    isOpen: async (id) => pages.get(id)?.status === "open",
    async closeCheckout(id) {
      const page = pages.get(id);
      if (page?.status === "open") over(page, id, "expired", "closed");
    },
    async changeSubscription(id, plan) {
      const present = subscriptions.get(id);
      if (!present) throw new PaymentError("refused", "The sandbox does not know this subscription: it was reset");
      const changed: SubscriptionState =
        plan === null ? { ...present, status: "ended", renewsAt: null } : { ...present, plan };
      subscriptions.set(id, changed);
      const what = plan === null ? "The subscription ended" : `Plan ${plan}, changed`;
      const status = plan === null ? "ended" : "paid";
      outbox.put("payments", { what, price: price(plan === null ? 0 : PLAN_PRICES[plan]), status, url: null });
      return changed;
    },
    verifies: (_rawBody, signature) => signature === secret,
    look: async ({ type, data }) => (data.object.id === undefined ? undefined : look(type, data.object.id)),
  };

  return {
    payments,
    page(id) {
      const page = pages.get(id);
      return page?.status === "open" ? described(page.wish) : undefined;
    },
    async act(id, action) {
      const page = pages.get(id);
      if (page?.status !== "open") return false;
      const { wish } = page;
      if (action === "expire") {
        over(page, id, "expired", "expired");
        await tell("checkout.session.expired", id);
        return true;
      }
      if (action === "pay-with-bad-card") page.card = BAD_CARD;
      over(page, id, "paid", "paid");
      if (wish.kind === "topup") {
        await tell("checkout.session.completed", id);
        return true;
      }
      const state: SubscriptionState = {
        id: newId("sub", Date.now()),
        organization: wish.organization,
        customer: page.customer,
        plan: wish.plan,
        status: "live",
        renewsAt: monthAfter(new Date().toISOString()),
      };
      subscriptions.set(state.id, state);
      await tell("customer.subscription.created", state.id);
      return true;
    },
    async renew(nowMs) {
      for (const state of [...subscriptions.values()]) {
        let { renewsAt } = state;
        while (state.status === "live" && renewsAt !== null && Date.parse(renewsAt) <= nowMs) {
          renewsAt = monthAfter(renewsAt);
          const facts = { what: `Plan ${state.plan ?? ""}, renewed`, status: "paid", url: null } as const;
          outbox.put("payments", { ...facts, price: price(PLAN_PRICES[state.plan ?? "free"]) });
        }
        if (renewsAt === state.renewsAt) continue;
        subscriptions.set(state.id, { ...state, renewsAt });
        await tell("customer.subscription.updated", state.id);
      }
    },
  };
}

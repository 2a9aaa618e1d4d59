import Stripe from "stripe";
import type { PlanId } from "../../spec/plans.ts";
import { type CheckoutPage, type Finding, PaymentError, type Payments, type ProviderEvent } from "./payments.ts";
import type { PaymentsConfig, StripeConfig } from "./settings.ts";
import { asked, isMissing, orMissing, stripeClient } from "./stripe-client.ts";
import { foundPayment, metadataOf, paymentState, subscriptionState } from "./stripe-read.ts";

/** How old a signed event may be, in seconds: Stripe's own default. */
const TOLERANCE_SECONDS = 300;

const INTENT = { expand: ["latest_charge"] };
const SESSION = { expand: ["payment_intent.latest_charge", "subscription"] };

/** Payments by Stripe. Every request carries a key of ours, so that Stripe does it once, however often it is sent. */
export function stripePayments(config: PaymentsConfig, settings: StripeConfig, returnUrl: string): Payments {
  const stripe = stripeClient(settings);
  const { prices } = settings;

  const back = (how: "paid" | "left") => {
    const url = new URL(returnUrl);
    url.searchParams.set("checkout", how);
    return url.href;
  };
  const pages = { success_url: back("paid"), cancel_url: back("left") };
  const page = ({ id, url }: Stripe.Checkout.Session): CheckoutPage => {
    if (url === null) throw new Error(`Stripe gave the Checkout session ${id} no address`);
    return { id, url };
  };
  const priceOf = (plan: PlanId): string => {
    const price = prices[plan];
    if (price === undefined) throw new PaymentError("refused", `The plan ${plan} has no price: tell the operator`);
    return price;
  };
  /** Opens a page for a known customer, or for a new one when Stripe does not know them any more. */
  const open = async (params: Stripe.Checkout.SessionCreateParams, customer: string | null, key: string) => {
    const fresh = params.mode === "payment" ? ({ customer_creation: "always" } as const) : {};
    const create = (who: Stripe.Checkout.SessionCreateParams, idempotencyKey: string) =>
      stripe.checkout.sessions.create({ ...params, ...pages, ...who }, { idempotencyKey });
    if (customer === null) return page(await create(fresh, key));
    return page(
      await create({ customer }, key).catch((error: unknown) => {
        if (isMissing(error, "customer")) return create(fresh, `${key}:new-customer`);
        throw error;
      }),
    );
  };

  async function lookAtIntent(id: string): Promise<Finding | undefined> {
    const intent = await orMissing(stripe.paymentIntents.retrieve(id, INTENT));
    return intent && foundPayment(intent);
  }
  async function lookAtSubscription(id: string): Promise<Finding | undefined> {
    const subscription = await orMissing(stripe.subscriptions.retrieve(id));
    const state = subscription && subscriptionState(subscription, prices);
    return state && { about: "subscription", state };
  }
  async function lookAtSession(id: string): Promise<Finding | undefined> {
    const session = await orMissing(stripe.checkout.sessions.retrieve(id, SESSION));
    if (!session) return undefined;
    const { mode, subscription, payment_intent: intent } = session;
    if (mode !== "subscription") return foundPayment(typeof intent === "object" ? intent : null, session);
    if (subscription === null || typeof subscription === "string") return undefined;
    const state = subscriptionState(subscription, prices);
    return state && { about: "subscription", state };
  }
  async function lookAtCharge(id: string): Promise<Finding | undefined> {
    const charge = await orMissing(stripe.charges.retrieve(id));
    const intent = charge?.payment_intent ?? null;
    return intent === null ? undefined : lookAtIntent(typeof intent === "string" ? intent : intent.id);
  }
  async function lookAtInvoice(id: string): Promise<Finding | undefined> {
    const invoice = await orMissing(stripe.invoices.retrieve(id));
    const subscription = invoice?.parent?.subscription_details?.subscription;
    if (!subscription) return undefined;
    return lookAtSubscription(typeof subscription === "string" ? subscription : subscription.id);
  }
  const looks: readonly (readonly [prefix: string, look: (id: string) => Promise<Finding | undefined>])[] = [
    ["checkout.session.", lookAtSession],
    ["payment_intent.", lookAtIntent],
    ["charge.refunded", lookAtCharge],
    ["customer.subscription.", lookAtSubscription],
    ["invoice.paid", lookAtInvoice],
  ];

  return {
    provider: "stripe",
    currency: config.currency,
    price: (credits) => credits * config.creditPrice,
    checkout: (order, customer) =>
      asked(() => {
        const metadata = metadataOf(order);
        const { organization, amount, currency, credits } = order;
        const product_data = { name: `${credits} credits` };
        return open(
          {
            mode: "payment",
            client_reference_id: organization,
            line_items: [{ quantity: 1, price_data: { currency, unit_amount: amount, product_data } }],
            metadata,
            // The card stays with the customer, for auto-reload.
            payment_intent_data: { metadata, setup_future_usage: "off_session" },
          },
          customer,
          `checkout:${order.topupId}`,
        );
      }),
    charge: (order, card) =>
      asked(async () => {
        const intent = await stripe.paymentIntents.create(
          {
            amount: order.amount,
            currency: order.currency,
            customer: card.customer,
            payment_method: card.paymentMethod,
            description: `${order.credits} credits, by auto-reload`,
            metadata: metadataOf(order),
            confirm: true,
            off_session: true,
            ...INTENT,
          },
          { idempotencyKey: `charge:${order.topupId}` },
        );
        return paymentState(intent);
      }),
    sells: (plan) => prices[plan] !== undefined,
    checkoutPlan: ({ organization, plan, customer, key }) =>
      asked(() => {
        const metadata = { organization_id: organization, plan };
        return open(
          {
            mode: "subscription",
            client_reference_id: organization,
            line_items: [{ quantity: 1, price: priceOf(plan) }],
            metadata,
            subscription_data: { metadata },
          },
          customer,
          `plan:${key}`,
        );
      }),
    isOpen: (id) => asked(async () => (await orMissing(stripe.checkout.sessions.retrieve(id)))?.status === "open"),
    closeCheckout: (id) =>
      asked(async () => {
        await stripe.checkout.sessions.expire(id).catch((error: unknown) => {
          // Closed already, paid, or gone: there is nothing left to close.
          if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
        });
      }),
    changeSubscription: (id, plan) =>
      asked(async () => {
        const present = await stripe.subscriptions.retrieve(id);
        const item = present.items.data[0];
        const isEnded = present.status === "canceled";
        if (plan !== null && item === undefined) throw new Error(`the subscription ${id} has no items`);
        const changed =
          plan === null || item === undefined
            ? isEnded
              ? present
              : await stripe.subscriptions.cancel(id)
            : item.price.id === priceOf(plan)
              ? present
              : await stripe.subscriptions.update(id, {
                  items: [{ id: item.id, price: priceOf(plan) }],
                  metadata: { plan },
                  proration_behavior: "always_invoice",
                  payment_behavior: "error_if_incomplete",
                });
        const state = subscriptionState(changed, prices);
        if (!state) throw new Error(`the subscription ${id} is none of this server's`);
        return state;
      }),
    verifies(rawBody, signature, nowMs) {
      try {
        const { signature: scheme } = stripe.webhooks;
        return (
          scheme?.verifyHeader(rawBody, signature, settings.webhookSecret, TOLERANCE_SECONDS, undefined, nowMs) === true
        );
      } catch {
        return false;
      }
    },
    look: ({ type, data }: ProviderEvent) =>
      asked(async () => {
        const { id } = data.object;
        const look = looks.find(([prefix]) => type.startsWith(prefix))?.[1];
        return id === undefined ? undefined : look?.(id);
      }),
  };
}

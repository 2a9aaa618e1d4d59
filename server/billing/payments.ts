import type { PlanId } from "../../spec/plans.ts";

/** Credits that are to be paid. It travels with the payment, so that the payment alone is enough to book it. */
export type Order = {
  readonly topupId: string;
  readonly organization: string;
  readonly credits: number;
  /** In the currency's smallest unit. */
  readonly amount: number;
  readonly currency: string;
  /** Whether auto-reload began it, and nobody sits before a page. */
  readonly automatic: boolean;
};

/** A card that may be charged while nobody is there. */
export type Card = { readonly customer: string; readonly paymentMethod: string };

/** How a payment stands with the provider now, whatever event told of it. */
export type PaymentState = {
  readonly outcome: "open" | "paid" | "expired" | "failed";
  /** What came in, and in which currency; what was asked for may differ. */
  readonly received: { readonly amount: number; readonly currency: string };
  /** How much of it was paid back so far. */
  readonly refunded: number;
  /** Why it failed, for the customer. */
  readonly reason: string | undefined;
  readonly checkoutId: string | undefined;
  readonly paymentIntent: string | undefined;
  readonly card: Card | undefined;
};

/** How a subscription stands with the provider now. */
export type SubscriptionState = {
  readonly id: string;
  readonly organization: string;
  readonly customer: string;
  /** Undefined for a price that this server does not know. */
  readonly plan: PlanId | undefined;
  /** `open` while its first payment is not there. */
  readonly status: "open" | "live" | "ended";
  /** RFC 3339; null when it is not paid for again. */
  readonly renewsAt: string | null;
};

/** What an event is about, as it stands now. */
export type Finding =
  | { readonly about: "topup"; readonly order: Order; readonly state: PaymentState }
  | { readonly about: "subscription"; readonly state: SubscriptionState };

export type CheckoutPage = { readonly id: string; readonly url: string };

/** What a provider's event says that is read: the rest is asked for. */
export type ProviderEvent = {
  readonly type: string;
  readonly data: { readonly object: { readonly id?: string | undefined } };
};

/** A payment that did not go through. `message` is for the customer; `cause` is for the operator's log. */
export class PaymentError extends Error {
  override readonly name = "PaymentError";
  /** `declined` by the customer's bank, `unreachable` for now, `refused` by the provider: the operator must look. */
  readonly kind: "declined" | "unreachable" | "refused";

  constructor(kind: PaymentError["kind"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Who takes payments. Every call that reaches out may throw PaymentError, and repeats without doing anything twice. */
export type Payments = {
  readonly provider: "manual" | "stripe";
  readonly currency: string;
  /** Price of credits, in the currency's smallest unit. */
  price(credits: number): number;
  /** Opens a page on which an order is paid. Undefined where the operator grants the credits. */
  checkout(order: Order, customer: string | null): Promise<CheckoutPage | undefined>;
  /** Charges a saved card for an order while nobody is there. */
  charge(order: Order, card: Card): Promise<PaymentState>;
  /** Whether customers can buy a plan by themselves. */
  sells(plan: PlanId): boolean;
  /** Opens a page on which a plan is subscribed to. `key` names the wish: once a key. */
  checkoutPlan(wish: {
    organization: string;
    plan: PlanId;
    customer: string | null;
    key: string;
  }): Promise<CheckoutPage>;
  /** Whether a page can still be paid on. */
  isOpen(checkoutId: string): Promise<boolean>;
  /** Closes a page that nobody is to pay on any more. Nothing when it is closed. */
  closeCheckout(checkoutId: string): Promise<void>;
  /** Puts a subscription on another plan, paid at once; null ends it. */
  changeSubscription(id: string, plan: PlanId | null): Promise<SubscriptionState>;
  /** Whether the provider signed these bytes, not long ago. */
  verifies(rawBody: Uint8Array, signature: string, nowMs: number): boolean;
  /** Asks how that stands which an event is about. Undefined for what is none of ours. */
  look(event: ProviderEvent): Promise<Finding | undefined>;
};

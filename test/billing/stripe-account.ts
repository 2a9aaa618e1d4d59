import { BAD_CARD, GOOD_CARD, itemsOf, StripeObjects, type Subscription } from "./stripe-objects.ts";
import { invalid, type Json, nowSeconds, stripeId } from "./stripe-wire.ts";

/** What customers, banks and the operator's dashboard do with an account, and the events that Stripe makes of it. */
export class StripeAccount extends StripeObjects {
  /** An event, as Stripe would send it now. */
  event(type: string, object: Json): Json {
    return {
      id: stripeId("evt"),
      object: "event",
      type,
      created: nowSeconds(),
      livemode: false,
      data: { object: { ...object } },
    };
  }

  /** A customer pays on a page. With `later`, the bank takes its time, and `arrive` or `bounce` ends it. */
  pay(sessionId: string, how: { amount?: number; currency?: string; card?: string; later?: boolean } = {}): Json[] {
    const session = this.get(this.sessions, "checkout.session", sessionId);
    if (session.status !== "open") throw invalid("The page is closed");
    const customer = typeof session.customer === "string" ? session.customer : stripeId("cus");
    this.customers.add(customer);
    const intent = this.newIntent(
      {
        amount: how.amount ?? Number(session.amount_total),
        currency: how.currency ?? String(session.currency),
        metadata: session.intent_metadata as Record<string, string>,
      },
      customer,
      how.card ?? GOOD_CARD,
    );
    Object.assign(session, { status: "complete", customer, payment_intent: intent.id, url: null });
    if (how.later) {
      intent.status = "processing";
      return [this.event("checkout.session.completed", session)];
    }
    this.settle(intent);
    session.payment_status = "paid";
    return [this.event("checkout.session.completed", session), this.event("payment_intent.succeeded", intent)];
  }

  /** The bank's answer to a payment that takes its time. */
  bank(sessionId: string, good: boolean): Json[] {
    const session = this.get(this.sessions, "checkout.session", sessionId);
    const intent = this.get(this.intents, "payment_intent", session.payment_intent ?? "");
    if (!good) {
      Object.assign(intent, {
        status: "requires_payment_method",
        last_payment_error: { message: "The bank refused." },
      });
      return [this.event("checkout.session.async_payment_failed", session)];
    }
    this.settle(intent);
    session.payment_status = "paid";
    return [this.event("checkout.session.async_payment_succeeded", session)];
  }

  /** A card is refused before the open page: the customer may try another. */
  decline(sessionId: string): Json {
    const session = this.get(this.sessions, "checkout.session", sessionId);
    const from = { amount: Number(session.amount_total), currency: String(session.currency) };
    const intent = this.newIntent(
      { ...from, metadata: session.intent_metadata as Record<string, string> },
      null,
      BAD_CARD,
    );
    intent.last_payment_error = { message: "Your card was declined." };
    session.payment_intent = intent.id;
    return this.event("payment_intent.payment_failed", intent);
  }

  /** Nobody paid in time. */
  expire(sessionId: string): Json {
    return this.event("checkout.session.expired", this.expireSession(sessionId));
  }

  /** The operator pays some of a payment back, in the dashboard. */
  refund(sessionId: string, amount: number): Json {
    const session = this.get(this.sessions, "checkout.session", sessionId);
    const intent = this.get(this.intents, "payment_intent", session.payment_intent ?? "");
    const charge = this.get(this.charges, "charge", String(intent.latest_charge));
    Object.assign(charge, { amount_refunded: Number(charge.amount_refunded) + amount });
    return this.event("charge.refunded", charge);
  }

  /** A customer subscribes on a page. */
  subscribe(sessionId: string): { subscription: string; events: Json[] } {
    const session = this.get(this.sessions, "checkout.session", sessionId);
    const customer = typeof session.customer === "string" ? session.customer : stripeId("cus");
    this.customers.add(customer);
    const id = stripeId("sub");
    const subscription: Subscription = {
      id,
      object: "subscription",
      status: "active",
      customer,
      metadata: session.subscription_metadata as Record<string, string>,
      cancel_at_period_end: false,
      cancel_at: null,
      items: itemsOf(String(session.price)),
    };
    this.subscriptions.set(id, subscription);
    this.paidPrices.push(String(session.price));
    Object.assign(session, { status: "complete", payment_status: "paid", customer, subscription: id, url: null });
    const invoice = {
      id: stripeId("in"),
      object: "invoice",
      parent: { type: "subscription_details", subscription_details: { subscription: id } },
    };
    this.invoices.set(invoice.id, invoice);
    const events = [
      this.event("customer.subscription.created", subscription),
      this.event("invoice.paid", invoice),
      this.event("checkout.session.completed", session),
    ];
    return { subscription: id, events };
  }

  /** A subscription ends: at Stripe's, because nobody paid. */
  endSubscription(id: string): Json {
    const subscription = this.get(this.subscriptions, "subscription", id);
    return this.event("customer.subscription.deleted", Object.assign(subscription, { status: "canceled" }));
  }
}

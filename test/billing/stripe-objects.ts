import {
  invalid,
  type Json,
  mapAt,
  missing,
  nowSeconds,
  type Params,
  stripeId,
  textAt,
  WireError,
} from "./stripe-wire.ts";

type Session = Json & { id: string; metadata: Record<string, string>; payment_intent: string | null };
type Intent = Json & { id: string; amount: number; currency: string; metadata: Record<string, string>; status: string };
export type Subscription = Json & { id: string; status: string; metadata: Record<string, string> };

/** A card that is charged, and one that the bank refuses. */
export const GOOD_CARD = "pm_card_good";
export const BAD_CARD = "pm_card_bad";

const MONTH_SECONDS = 30 * 86_400;

/** What Stripe knows of one account, behind its API. */
export class StripeObjects {
  readonly sessions = new Map<string, Session>();
  readonly intents = new Map<string, Intent>();
  readonly charges = new Map<string, Json & { id: string }>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly invoices = new Map<string, Json & { id: string }>();
  readonly customers = new Set<string>();
  /** What each subscription has paid for, in order. */
  readonly paidPrices: string[] = [];
  /** Set to have the bank refuse what a subscription costs. */
  declines = false;

  /** Answers a request of the API. Throws WireError. */
  handle(method: string, path: string, params: Params): Json {
    const [, version, ...rest] = path.split("/");
    if (version !== "v1") throw invalid(`Unrecognized request URL (${method}: ${path})`);
    const route = `${method} ${rest.map((part) => (/^(cs|pi|ch|sub|in)_/.test(part) ? ":id" : part)).join("/")}`;
    const id = rest.find((part) => /^(cs|pi|ch|sub|in)_/.test(part)) ?? "";
    switch (route) {
      case "POST checkout/sessions":
        return this.#createSession(params);
      case "GET checkout/sessions/:id":
        return this.#expandedSession(id);
      case "POST checkout/sessions/:id/expire":
        return this.expireSession(id);
      case "POST payment_intents":
        return this.#createIntent(params);
      case "GET payment_intents/:id":
        return this.#expandedIntent(id);
      case "GET charges/:id":
        return this.get(this.charges, "charge", id);
      case "GET subscriptions/:id":
        return this.get(this.subscriptions, "subscription", id);
      case "POST subscriptions/:id":
        return this.#updateSubscription(id, params);
      case "DELETE subscriptions/:id":
        return Object.assign(this.get(this.subscriptions, "subscription", id), { status: "canceled" });
      case "GET invoices/:id":
        return this.get(this.invoices, "invoice", id);
      default:
        throw invalid(`Unrecognized request URL (${method}: ${path})`);
    }
  }

  protected get<T extends Json>(from: Map<string, T>, what: string, id: string): T {
    const found = from.get(id);
    if (!found) throw missing(what, id);
    return found;
  }

  #customerOf(params: Params): string | null {
    const customer = textAt(params, "customer") ?? null;
    if (customer !== null && !this.customers.has(customer)) throw missing("customer", customer, "customer");
    return customer;
  }

  #createSession(params: Params): Session {
    for (const name of ["mode", "success_url", "cancel_url"]) {
      if (textAt(params, name) === undefined) throw invalid(`Missing required param: ${name}.`, name);
    }
    const mode = textAt(params, "mode");
    const unit = Number(textAt(params, "line_items.0.price_data.unit_amount") ?? Number.NaN);
    if (mode === "payment" && !(unit >= 50 && unit <= 99_999_999)) throw invalid("Invalid amount", "line_items");
    const price = textAt(params, "line_items.0.price");
    if (mode === "subscription" && price === undefined) throw missing("price", "", "line_items[0][price]");
    const id = stripeId("cs_test");
    const session: Session = {
      id,
      object: "checkout.session",
      mode,
      status: "open",
      payment_status: "unpaid",
      url: `https://checkout.stripe.test/c/pay/${id}`,
      amount_total: mode === "payment" ? unit : 1500,
      currency: textAt(params, "line_items.0.price_data.currency") ?? "usd",
      metadata: mapAt(params, "metadata"),
      intent_metadata: mapAt(params, "payment_intent_data.metadata"),
      subscription_metadata: mapAt(params, "subscription_data.metadata"),
      price,
      customer: this.#customerOf(params),
      payment_intent: null,
      subscription: null,
      expires_at: nowSeconds() + 86_400,
    };
    this.sessions.set(id, session);
    return session;
  }

  #expandedSession(id: string): Json {
    const session = this.get(this.sessions, "checkout.session", id);
    const { payment_intent: intent, subscription } = session;
    return {
      ...session,
      payment_intent: intent === null ? null : this.#expandedIntent(intent),
      subscription: typeof subscription === "string" ? this.subscriptions.get(subscription) : null,
    };
  }

  protected expireSession(id: string): Json {
    const session = this.get(this.sessions, "checkout.session", id);
    if (session.status !== "open") throw invalid('Only Checkout Sessions with a status in ["open"] can be expired.');
    return Object.assign(session, { status: "expired", url: null });
  }

  #expandedIntent(id: string): Json {
    const intent = this.get(this.intents, "payment_intent", id);
    return { ...intent, latest_charge: this.charges.get(String(intent.latest_charge)) ?? null };
  }

  protected newIntent(
    from: Pick<Intent, "amount" | "currency" | "metadata">,
    customer: string | null,
    card: string,
  ): Intent {
    const intent: Intent = {
      id: stripeId("pi"),
      object: "payment_intent",
      ...from,
      amount_received: 0,
      status: "requires_payment_method",
      customer,
      payment_method: card,
      latest_charge: null,
      last_payment_error: null,
    };
    this.intents.set(intent.id, intent);
    return intent;
  }

  protected settle(intent: Intent): void {
    const charge = {
      id: stripeId("ch"),
      object: "charge",
      amount: intent.amount,
      amount_refunded: 0,
      currency: intent.currency,
      payment_intent: intent.id,
      metadata: intent.metadata,
    };
    this.charges.set(charge.id, charge);
    Object.assign(intent, { status: "succeeded", amount_received: intent.amount, latest_charge: charge.id });
  }

  #createIntent(params: Params): Json {
    const customer = this.#customerOf(params);
    const amount = Number(textAt(params, "amount"));
    const card = textAt(params, "payment_method") ?? "";
    if (textAt(params, "confirm") !== "true" || textAt(params, "off_session") !== "true")
      throw invalid("Not off session");
    const intent = this.newIntent(
      { amount, currency: textAt(params, "currency") ?? "", metadata: mapAt(params, "metadata") },
      customer,
      card,
    );
    if (card !== GOOD_CARD) {
      const error = { type: "card_error", code: "card_declined", message: "Your card was declined." };
      intent.last_payment_error = error;
      throw new WireError(402, { ...error, decline_code: "generic_decline", payment_intent: intent });
    }
    this.settle(intent);
    return this.#expandedIntent(intent.id);
  }

  #updateSubscription(id: string, params: Params): Json {
    const subscription = this.get(this.subscriptions, "subscription", id);
    if (this.declines) {
      throw new WireError(402, { type: "card_error", code: "card_declined", message: "Your card was declined." });
    }
    const price = textAt(params, "items.0.price") ?? "";
    this.paidPrices.push(price);
    return Object.assign(subscription, {
      items: itemsOf(price),
      metadata: { ...subscription.metadata, ...mapAt(params, "metadata") },
    });
  }
}

export const itemsOf = (price: string) => ({
  object: "list",
  data: [{ id: stripeId("si"), price: { id: price }, current_period_end: nowSeconds() + MONTH_SECONDS }],
});

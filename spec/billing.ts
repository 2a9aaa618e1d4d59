import { page } from "./kit/page.ts";
import { id, input, moment, nullable, schema, timestamp, z } from "./kit/schema.ts";
import { Plan, planId } from "./usage.ts";
import { operation } from "./vocabulary.ts";

const credits = (about: string, example: number) => z.int().min(0).describe(about).meta({ example });
const currency = z.string().describe("ISO 4217, in lower case").meta({ example: "usd" });

/** A top-up's least and most credits. */
const MIN_TOPUP = 100;
const MAX_TOPUP = 1_000_000;

const provider = z
  .enum(["manual", "stripe"])
  .describe("Who takes payments. `manual`: the operator of this server grants credits");

export const Balance = schema("Balance", "The organization's credits", {
  available: credits("Credits that can be spent", 840),
  held: credits("Credits held for work that goes on", 20),
  spent_this_month: credits("Credits spent since the month began, in UTC", 140),
  monthly_credits: nullable(credits("Credits that the plan gives each month; null for as many as are needed", 1000)),
  low: z.boolean().describe("Whether less is available than `low_threshold`"),
  low_threshold: credits("Below this `billing.balance_low` is sent; the threshold of auto-reload", 100),
  as_of: timestamp("When this was read"),
});

const kind = z
  .enum(["grant", "monthly", "topup", "hold", "capture", "release", "refund"])
  .describe(
    "`grant` by the operator (negative when taken back), `monthly` by the plan, `topup` by payment; `hold` sets aside, `capture` spends what was held, `release` gives it back; `refund` takes back what a payment brought, as far as it is not spent",
  );

export const CreditTransaction = schema("CreditTransaction", "A movement of credits. None is ever changed or removed", {
  id: id("txn"),
  kind,
  amount: z.int().describe("What it did to the credits that can be spent: negative for a hold").meta({ example: -20 }),
  available_after: credits("Credits that could be spent after it", 820),
  held_after: credits("Credits that were held after it", 20),
  operation: nullable(z.string().describe("The operation that it paid for").meta({ example: "syncPersona" })),
  hold_id: nullable(id("hld", "Ties a hold to its capture and release")),
  topup_id: nullable(id("top", "The top-up that brought it")),
  note: nullable(z.string().describe("What the operator said of a grant").meta({ example: "Welcome credits" })),
  created_at: timestamp("When it happened"),
});

export const TopUp = schema("TopUp", "Credits that are being bought, or were", {
  id: id("top"),
  credits: credits("How many", 1000),
  amount: credits("Price in the currency's smallest unit", 1000),
  currency,
  provider,
  automatic: z.boolean().describe("Whether auto-reload began it"),
  status: z
    .enum(["pending", "paid", "failed", "expired", "refunded"])
    .describe("Credits are there when it is `paid`, and no earlier"),
  checkout_url: nullable(
    z
      .string()
      .describe("Where to pay; null when there is nothing to do there")
      .meta({ example: "https://checkout.example.com/c/pay/cs_test_a1" }),
  ),
  instructions: nullable(
    z
      .string()
      .describe("What to do where there is no page to pay on")
      .meta({ example: "Ask the operator of this server to grant the credits, and name this top-up" }),
  ),
  error: nullable(z.string().describe("Why it failed").meta({ example: "The card was declined" })),
  created_at: timestamp("When it was asked for"),
  paid_at: nullable(timestamp("When it was paid")),
});

export const TopUpInput = input("TopUpInput", "How many credits to buy", {
  credits: z.int().min(MIN_TOPUP).max(MAX_TOPUP).describe("How many").meta({ example: 1000 }),
});

export const AutoReload = schema("AutoReload", "Whether credits are bought when few are left", {
  enabled: z.boolean().describe("Whether it happens"),
  threshold: credits("Below this it happens, and `billing.balance_low` is sent", 100),
  credits: z.int().min(MIN_TOPUP).max(MAX_TOPUP).describe("How many to buy each time").meta({ example: 1000 }),
  ready: z
    .boolean()
    .describe(
      "Whether it can happen: with Stripe, a paid top-up must have left a card; with `manual`, it asks the operator",
    ),
  updated_at: nullable(timestamp("When it was last set; null for never")),
});

export const AutoReloadInput = input("AutoReloadInput", "Auto-reload settings", {
  enabled: z.boolean().describe("Whether it happens").meta({ example: true }),
  threshold: z
    .int()
    .min(0)
    .max(MAX_TOPUP)
    .describe("Below this it happens, and `billing.balance_low` is sent")
    .meta({ example: 100 }),
  credits: z.int().min(MIN_TOPUP).max(MAX_TOPUP).describe("How many to buy each time").meta({ example: 1000 }),
});

export const BillingPlan = schema("BillingPlan", "The organization's plan and how it is paid", {
  plan: Plan,
  provider,
  pending_plan: nullable(planId),
  checkout_url: nullable(
    z
      .string()
      .describe("Where to pay for `pending_plan`; null when nothing is to be paid there")
      .meta({ example: "https://checkout.example.com/c/pay/cs_test_b2" }),
  ),
  renews_at: nullable(timestamp("When it is paid for again; null when it is not")),
});

export const BillingPlanInput = input("BillingPlanInput", "Which plan to change to", {
  plan: planId.meta({ example: "scale" }),
});

/** What Stripe sends. Only what is read is named; the signature over the raw body vouches for the rest. */
export const StripeEvent = schema("StripeEvent", "An event of Stripe's", {
  id: z.string().max(255).describe("Stripe's id of the event").meta({ example: "evt_1PqStripe" }),
  type: z.string().max(255).describe("What happened").meta({ example: "checkout.session.completed" }),
  data: z
    .object({
      object: z
        .object({ id: z.string().max(255).optional().describe("Its id").meta({ example: "cs_test_a1" }) })
        .describe("What it happened to, as it was then. Read again from Stripe: events come late, and in any order"),
    })
    .describe("What it is about"),
});

export const StripeReceipt = schema("StripeReceipt", "That an event was taken", {
  received: z.boolean().describe("Always true"),
});

export const getBalance = operation({
  id: "getBalance",
  method: "get",
  path: "/v1/billing/balance",
  tag: "Billing",
  summary: "Get the balance",
  description: "How many credits are left to spend, and how many are held for work that is under way.",
  scopes: ["billing:read"],
  responses: { 200: Balance },
});

export const listTransactions = operation({
  id: "listTransactions",
  method: "get",
  path: "/v1/billing/transactions",
  tag: "Billing",
  summary: "List movements of credits",
  description: "Newest first.",
  scopes: ["billing:read"],
  effect: { lists: "credit_transaction" },
  query: page.query({
    kind: kind.optional(),
    hold_id: id("hld", "Only movements of this hold").optional(),
    since: moment("Only movements at or after this time").optional(),
    until: moment("Only movements before this time").optional(),
  }),
  responses: { 200: page.of(CreditTransaction) },
});

export const createTopUp = operation({
  id: "createTopUp",
  method: "post",
  path: "/v1/billing/topup",
  tag: "Billing",
  summary: "Buy credits",
  description:
    "Pay at `checkout_url`; the credits are there when the payment is. With `manual`, the operator grants them.",
  scopes: ["billing:write"],
  idempotent: "key",
  effect: { creates: "topup" },
  body: TopUpInput,
  limits: { perMinute: 10, failClosed: true },
  responses: { 201: TopUp },
  errors: ["UPSTREAM_ERROR"],
});

export const listTopUps = operation({
  id: "listTopUps",
  method: "get",
  path: "/v1/billing/topups",
  tag: "Billing",
  summary: "List top-ups",
  description: "Newest first.",
  scopes: ["billing:read"],
  effect: { lists: "topup" },
  query: page.query({}),
  responses: { 200: page.of(TopUp) },
});

export const getTopUp = operation({
  id: "getTopUp",
  method: "get",
  path: "/v1/billing/topups/{topup_id}",
  tag: "Billing",
  summary: "Get a top-up",
  scopes: ["billing:read"],
  effect: { reads: "topup" },
  responses: { 200: TopUp },
});

export const getAutoReload = operation({
  id: "getAutoReload",
  method: "get",
  path: "/v1/billing/auto-reload",
  tag: "Billing",
  summary: "Get auto-reload settings",
  scopes: ["billing:read"],
  effect: { reads: "auto_reload" },
  responses: { 200: AutoReload },
});

export const setAutoReload = operation({
  id: "setAutoReload",
  method: "put",
  path: "/v1/billing/auto-reload",
  tag: "Billing",
  summary: "Set auto-reload",
  scopes: ["billing:write"],
  effect: { updates: "auto_reload" },
  body: AutoReloadInput,
  responses: { 200: AutoReload },
});

export const getBillingPlan = operation({
  id: "getBillingPlan",
  method: "get",
  path: "/v1/billing/plan",
  tag: "Billing",
  summary: "Get the plan",
  scopes: ["billing:read"],
  effect: { reads: "billing_plan" },
  responses: { 200: BillingPlan },
});

export const changeBillingPlan = operation({
  id: "changeBillingPlan",
  method: "put",
  path: "/v1/billing/plan",
  tag: "Billing",
  summary: "Change the plan",
  description: `To a smaller plan at once. To a larger one when it is paid for: at \`checkout_url\`; with \`manual\` that is
the operator's to do (403).`,
  scopes: ["billing:write"],
  effect: { updates: "billing_plan" },
  body: BillingPlanInput,
  limits: { perMinute: 10 },
  responses: { 200: BillingPlan },
  errors: ["UPSTREAM_ERROR"],
});

export const receiveStripeEvent = operation({
  id: "receiveStripeEvent",
  method: "post",
  path: "/v1/billing/stripe/events",
  tag: "Billing",
  summary: "Take an event of Stripe's",
  description:
    "Set this address in Stripe's dashboard. A bad `Stripe-Signature` is a 401; an event that came before is a 200. When Stripe cannot be asked what it is about, it is a 503, and Stripe sends it again.",
  auth: "provider",
  idempotent: "natural",
  body: StripeEvent,
  closedQuery: false,
  responses: { 200: StripeReceipt },
});

import { z } from "zod";
import type { PlanId } from "../../spec/plans.ts";

const address = z
  .string()
  .refine(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""),
    "must be a URL that begins with https:// or http://",
  )
  .optional();

/** Stripe takes at most 99,999,999 units at once, and a top-up has at most a million credits. */
const MOST_PRICE = 99;

/** The settings of payments, beside the rest in server/config.ts. */
export const BILLING_SETTINGS = {
  PAYMENTS: {
    schema: z.enum(["manual", "stripe"]).optional(),
    shown: "stripe with STRIPE_SECRET_KEY, else manual",
    about: "Who takes payments; with manual, the operator grants credits: `npm run admin -- grant-credits`",
  },
  STRIPE_SECRET_KEY: { schema: z.string().min(1).optional(), shown: "", about: "Stripe's secret or restricted key" },
  STRIPE_WEBHOOK_SECRET: {
    schema: z.string().min(1).optional(),
    shown: "",
    about: "Secret of the endpoint PUBLIC_URL/api/v1/billing/stripe/events. Required with STRIPE_SECRET_KEY",
  },
  STRIPE_PRICE_PRO: {
    schema: z.string().min(1).optional(),
    shown: "",
    about: "Id of the monthly price of the plan pro; unset, the operator alone gives it",
  },
  STRIPE_PRICE_SCALE: {
    schema: z.string().min(1).optional(),
    shown: "",
    about: "Id of the monthly price of the plan scale; unset, the operator alone gives it",
  },
  STRIPE_API_HOST: {
    schema: address,
    shown: "Stripe's",
    about: "Where Stripe's API is, if not there: a double in tests",
  },
  CREDIT_PRICE: {
    schema: z
      .string()
      .regex(/^[1-9]\d?$/, `must be a whole number from 1 to ${MOST_PRICE}`)
      .transform(Number)
      .default(1),
    shown: "1",
    about: "Price of a credit, in the currency's smallest unit",
  },
  CREDIT_CURRENCY: {
    schema: z
      .string()
      .regex(/^[a-z]{3}$/, "must be three lowercase letters, such as usd (ISO 4217)")
      .default("usd"),
    shown: "usd",
    about: "Currency of the price",
  },
  BILLING_RETURN_URL: {
    schema: address,
    shown: "PUBLIC_URL/docs",
    about: "Where Stripe's pages lead back to, with `?checkout=paid` or `?checkout=left`",
  },
} as const;

/** How Stripe is reached, and what is sold there. */
export type StripeConfig = {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Instead of Stripe's own host: a double in tests. */
  readonly apiHost: string | undefined;
  /** Stripe's price of each plan that is sold. */
  readonly prices: Readonly<Partial<Record<PlanId, string>>>;
};

/** Who takes payments, and what a credit costs. */
export type PaymentsConfig = {
  readonly provider: "manual" | "stripe";
  /** In the currency's smallest unit. */
  readonly creditPrice: number;
  readonly currency: string;
  /** Where Stripe's pages lead back to; PUBLIC_URL/docs unless set. */
  readonly returnUrl: string | undefined;
  /** Also there when `provider` is manual: what was paid before still comes in, and may be refunded. */
  readonly stripe: StripeConfig | undefined;
};

/** The settings that say it. */
type BillingSettings = {
  readonly PAYMENTS: "manual" | "stripe" | undefined;
  readonly STRIPE_SECRET_KEY: string | undefined;
  readonly STRIPE_WEBHOOK_SECRET: string | undefined;
  readonly STRIPE_API_HOST: string | undefined;
  readonly STRIPE_PRICE_PRO: string | undefined;
  readonly STRIPE_PRICE_SCALE: string | undefined;
  readonly CREDIT_PRICE: number;
  readonly CREDIT_CURRENCY: string;
  readonly BILLING_RETURN_URL: string | undefined;
};

/** Who takes payments. What the settings contradict themselves in is added to the problems, without any secret. */
export function paymentsConfig(settings: BillingSettings, problems: string[]): PaymentsConfig {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret } = settings;
  const provider = settings.PAYMENTS ?? (secretKey === undefined ? "manual" : "stripe");
  const { STRIPE_API_HOST, STRIPE_PRICE_PRO, STRIPE_PRICE_SCALE } = settings;
  if (secretKey === undefined) {
    const others = { STRIPE_WEBHOOK_SECRET: webhookSecret, STRIPE_API_HOST, STRIPE_PRICE_PRO, STRIPE_PRICE_SCALE };
    const alone = Object.entries(others).find(([, value]) => value !== undefined);
    if (alone) problems.push(`${alone[0]} is set, so STRIPE_SECRET_KEY must be set too`);
    else if (provider === "stripe") problems.push("PAYMENTS is stripe, so STRIPE_SECRET_KEY must be set");
  } else if (webhookSecret === undefined) {
    problems.push(
      "STRIPE_WEBHOOK_SECRET must be set with STRIPE_SECRET_KEY: without it no payment is ever heard of. Make an " +
        "endpoint in Stripe's dashboard with the address PUBLIC_URL/api/v1/billing/stripe/events; it shows the secret",
    );
  }
  const stripe =
    secretKey === undefined
      ? undefined
      : {
          secretKey,
          webhookSecret: webhookSecret ?? "",
          apiHost: STRIPE_API_HOST,
          prices: {
            ...(STRIPE_PRICE_PRO === undefined ? {} : { pro: STRIPE_PRICE_PRO }),
            ...(STRIPE_PRICE_SCALE === undefined ? {} : { scale: STRIPE_PRICE_SCALE }),
          },
        };
  const { CREDIT_PRICE, CREDIT_CURRENCY, BILLING_RETURN_URL } = settings;
  return { provider, creditPrice: CREDIT_PRICE, currency: CREDIT_CURRENCY, returnUrl: BILLING_RETURN_URL, stripe };
}

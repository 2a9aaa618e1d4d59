import { expect, test } from "vitest";
import { readConfig } from "../../server/config.ts";

const stripe = { STRIPE_SECRET_KEY: "sk_test_1", STRIPE_WEBHOOK_SECRET: "whsec_1" };
const of = (env: Record<string, string>) => readConfig(env).payments;

test("manual without a key of Stripe's, stripe with one, and what the operator says", () => {
  expect(of({})).toMatchObject({ provider: "manual", creditPrice: 1, currency: "usd", stripe: undefined });
  expect(of({ ...stripe, STRIPE_PRICE_PRO: "price_1" })).toMatchObject({
    provider: "stripe",
    stripe: { secretKey: "sk_test_1", prices: { pro: "price_1" } },
  });
  expect(of({ ...stripe, PAYMENTS: "manual" })).toMatchObject({
    provider: "manual",
    stripe: { webhookSecret: "whsec_1" },
  });
});

test.each<[Record<string, string>, RegExp]>([
  [{ PAYMENTS: "stripe" }, /PAYMENTS is stripe, so STRIPE_SECRET_KEY must be set/],
  [{ STRIPE_SECRET_KEY: "sk_live_hidden" }, /STRIPE_WEBHOOK_SECRET must be set.*stripe\/events/],
  [{ STRIPE_WEBHOOK_SECRET: "whsec_hidden" }, /STRIPE_WEBHOOK_SECRET is set, so STRIPE_SECRET_KEY/],
  [{ STRIPE_PRICE_PRO: "price_1" }, /STRIPE_PRICE_PRO is set, so STRIPE_SECRET_KEY/],
  [{ ...stripe, STRIPE_API_HOST: "api.stripe.com" }, /STRIPE_API_HOST must be a URL/],
  [{ CREDIT_PRICE: "0" }, /CREDIT_PRICE must be a whole number from 1 to 99/],
  [{ CREDIT_CURRENCY: "USD" }, /CREDIT_CURRENCY must be three lowercase letters/],
])("%o is refused, and no secret is shown", (env, problem) => {
  const read = () => readConfig(env);
  expect(read).toThrow(problem);
  expect(read).not.toThrow(/hidden/);
});

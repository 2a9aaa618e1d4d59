import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApp, PUBLIC_URL } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { eventRequest, WEBHOOK_SECRET } from "./stripe-double.ts";
import { nowSeconds, signPayload } from "./stripe-wire.ts";
import { openShop, pageOf, type Shop } from "./support.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const taken = async (id: unknown) =>
  (await query(shop.test.databaseUrl, "select from stripe_events where id = $1", [id])).length;
const send = (headers: Record<string, string>, body: string) =>
  shop.test.fetch(
    new Request(`${PUBLIC_URL}/api/v1/billing/stripe/events`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    }),
  );

async function payment() {
  const { api } = await shop.customer();
  const topup = await api.createTopUp({ body: { credits: 100 } });
  const [event = {}] = shop.stripe.account.pay(pageOf(topup.checkout_url));
  return { event, status: async () => (await api.getTopUp({ params: { topup_id: topup.id } })).status };
}

test("the test's own signatures are Stripe's: the SDK makes the same", () => {
  const payload = '{"id":"evt_1"}';
  const timestamp = nowSeconds();
  const theirs = new Stripe("sk_test").webhooks.generateTestHeaderString({
    payload,
    secret: WEBHOOK_SECRET,
    timestamp,
  });
  expect(signPayload(payload, WEBHOOK_SECRET, timestamp)).toBe(theirs);
});

test("401 for a forged signature, and nothing is taken", async () => {
  const { event, status } = await payment();
  expect(await shop.deliver(event, { secret: "whsec_guessed" })).toBe(401);
  expect([await taken(event.id), await status()]).toEqual([0, "pending"]);
  expect(await shop.deliver(event)).toBe(200);
  expect([await taken(event.id), await status()]).toEqual([1, "paid"]);
});

test("401 for a replay after five minutes, 200 just before", async () => {
  const { event, status } = await payment();
  expect(await shop.deliver(event, { timestamp: nowSeconds() - 302 })).toBe(401);
  expect(await status()).toBe("pending");
  expect(await shop.deliver(event, { timestamp: nowSeconds() - 290 })).toBe(200);
});

test("401 without a signature, with a broken one, and for a changed body under a good one", async () => {
  const body = JSON.stringify((await payment()).event);
  const good = signPayload(body, WEBHOOK_SECRET);
  for (const signature of [undefined, "", "t=1", "nonsense", good.replace("v1=", "v0="), good.slice(0, -2)]) {
    expect((await send(signature === undefined ? {} : { "stripe-signature": signature }, body)).status, signature).toBe(
      401,
    );
  }
  expect((await send({ "stripe-signature": good }, `${body} `)).status).toBe(401);
  expect((await send({ "stripe-signature": good }, body)).status).toBe(200);
});

test("400 for a signed body that is no event, 413 for one that is too big", async () => {
  for (const body of ["{", "[]", '{"id":1,"type":"x","data":{"object":{}}}']) {
    expect((await send({ "stripe-signature": signPayload(body, WEBHOOK_SECRET) }, body)).status, body).toBe(400);
  }
  const big = JSON.stringify({ id: "evt_1", pad: "x".repeat(1_100_000) });
  expect((await send({ "stripe-signature": signPayload(big, WEBHOOK_SECRET) }, big)).status).toBe(413);
});

test("401 for every event where there is no Stripe", async () => {
  const manual = await openTestApp();
  try {
    const event = { id: "evt_1", type: "checkout.session.completed", data: { object: { id: "cs_test_1" } } };
    expect((await manual.fetch(eventRequest(`${PUBLIC_URL}/api`, event))).status).toBe(401);
  } finally {
    await manual.close();
  }
});

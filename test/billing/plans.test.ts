import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { freshOrganization, openTestApp } from "../setup/app.ts";
import { onPlan, openShop, pageOf, type Shop } from "./support.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
beforeEach(() => {
  shop.stripe.faults.splice(0);
  shop.stripe.account.declines = false;
});
afterAll(() => shop.close());

/** An organization on the plan free, and what it takes to change that. */
async function onFree() {
  const owner = await freshOrganization(shop.test);
  await onPlan(shop.test, owner.organizationId, "free");
  const wish = (plan: "free" | "pro" | "scale") => owner.api.changeBillingPlan({ body: { plan } });
  const plan = async () => (await owner.api.getBillingPlan()).plan.id;
  return { ...owner, wish, plan };
}

/** One that pays for the plan pro. */
async function subscribed() {
  const owner = await onFree();
  const { checkout_url } = await owner.wish("pro");
  const { subscription, events } = shop.stripe.account.subscribe(pageOf(checkout_url));
  await shop.deliverAll(events);
  return { ...owner, subscription, events };
}

test("a larger plan is there when it is paid for, and no earlier", async () => {
  const { api, wish, plan } = await onFree();
  const pending = await wish("pro");
  expect(pending).toMatchObject({ plan: { id: "free" }, pending_plan: "pro", provider: "stripe", renews_at: null });
  expect(pending.checkout_url).toMatch(/^https:/);
  const { events } = shop.stripe.account.subscribe(pageOf(pending.checkout_url));
  expect(await plan()).toBe("free");
  await shop.deliverAll(events);
  const paid = await api.getBillingPlan();
  expect(paid).toMatchObject({ plan: { id: "pro" }, pending_plan: null, checkout_url: null });
  expect(paid.renews_at).toMatch(/Z$/);
});

test("asked for twice, it is one page; another plan gets another, and the first is closed", async () => {
  const { wish } = await onFree();
  const first = await wish("pro");
  expect((await wish("pro")).checkout_url).toBe(first.checkout_url);
  const second = await wish("scale");
  expect(second).toMatchObject({ pending_plan: "scale" });
  expect(shop.stripe.account.sessions.get(pageOf(first.checkout_url))?.status).toBe("expired");
  expect(await wish("free")).toMatchObject({ pending_plan: null, checkout_url: null, plan: { id: "free" } });
  expect(shop.stripe.account.sessions.get(pageOf(second.checkout_url))?.status).toBe("expired");
});

test("a subscription is paid more for at once when its plan grows, and less when it shrinks", async () => {
  const { wish, plan, subscription } = await subscribed();
  expect(await wish("scale")).toMatchObject({ plan: { id: "scale" }, pending_plan: null });
  expect(shop.stripe.account.paidPrices.slice(-2)).toEqual(["price_pro", "price_scale"]);
  expect(await wish("pro")).toMatchObject({ plan: { id: "pro" } });
  expect(await wish("free")).toMatchObject({ plan: { id: "free" }, renews_at: null });
  expect(shop.stripe.account.subscriptions.get(subscription)?.status).toBe("canceled");
  expect(await plan()).toBe("free");
});

test("502 when the card is declined, and the plan stays", async () => {
  const { wish, plan } = await subscribed();
  shop.stripe.account.declines = true;
  await expect(wish("scale")).rejects.toMatchObject({ status: 502, code: "UPSTREAM_ERROR", message: /declined/ });
  expect(await plan()).toBe("pro");
});

test("a change whose answer was lost here is heard of by its event", async () => {
  const { plan, subscription } = await subscribed();
  // As the dashboard, or a server that died before it could write it down, would have it.
  const { account } = shop.stripe;
  const object = account.handle("POST", `/v1/subscriptions/${subscription}`, {
    items: { "0": { price: "price_scale" } },
  });
  await shop.deliverAll([account.event("customer.subscription.updated", object)]);
  expect(await plan()).toBe("scale");
});

test("an ended subscription puts the organization on free; its late events change nothing", async () => {
  const { plan, subscription, events } = await subscribed();
  const { account } = shop.stripe;
  const ended = account.endSubscription(subscription);
  const replayed = events.map((event) => ({ ...event, id: `${event.id}x` }));
  await shop.deliverAll([ended]);
  expect(await plan()).toBe("free");
  await shop.deliverAll(replayed);
  expect(await plan()).toBe("free");
});

test("an event of the end that comes before that of the beginning leaves nothing begun", async () => {
  const { wish, plan } = await onFree();
  const { checkout_url } = await wish("pro");
  const { account } = shop.stripe;
  const { subscription, events } = account.subscribe(pageOf(checkout_url));
  await shop.deliverAll([account.endSubscription(subscription), ...events]);
  expect(await plan()).toBe("free");
});

test("a second subscription beside a living one changes nothing, and the operator is told", async () => {
  const { organizationId, plan } = await subscribed();
  const { account } = shop.stripe;
  const page = account.handle("POST", "/v1/checkout/sessions", {
    mode: "subscription",
    success_url: "https://x",
    cancel_url: "https://x",
    line_items: { "0": { price: "price_scale" } },
    subscription_data: { metadata: { organization_id: organizationId, plan: "scale" } },
  });
  await shop.deliverAll(account.subscribe(String(page.id)).events);
  expect(await plan()).toBe("pro");
  expect(shop.test.log.some(({ message }) => message.includes("pays for two subscriptions"))).toBe(true);
});

test("409 when an organization that is paid for is to be deleted; on free it goes", async () => {
  const { api, wish } = await subscribed();
  const remove = () => api.deleteOrganization({ query: { confirm: "Test Studio" } });
  await expect(remove()).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  await wish("free");
  await expect(remove()).resolves.toBeUndefined();
});

test("403 for what only the operator gives, with the command; a smaller plan is taken at once", async () => {
  const manual = await openTestApp();
  try {
    const { api, organizationId } = await freshOrganization(manual);
    const wish = (plan: "free" | "pro" | "scale") => api.changeBillingPlan({ body: { plan } });
    expect(await wish("scale")).toMatchObject({ plan: { id: "scale" }, provider: "manual" });
    expect(await wish("free")).toMatchObject({ plan: { id: "free" }, pending_plan: null });
    await expect(wish("pro")).rejects.toMatchObject({
      status: 403,
      code: "FORBIDDEN",
      message: expect.stringContaining(`change-plan --organization ${organizationId} --plan pro`),
    });
  } finally {
    await manual.close();
  }
});

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { reserveCredits, settleCredits } from "../../server/billing/service.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query, until } from "../setup/support.ts";
import { BAD_CARD } from "./stripe-objects.ts";
import { bound, expectLedgerAddsUp, hold, movementsOf, onPlan, openShop, pageOf, type Shop } from "./support.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ role: "all" });
});
beforeEach(() => void shop.stripe.faults.splice(0));
afterAll(async () => {
  await expectLedgerAddsUp(shop.test);
  await shop.close();
});

/** What is looked at, once it is as wanted. */
const once = <T>(look: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> =>
  until(async () => {
    const value = await look();
    return wanted(value) ? { value } : undefined;
  }).then(({ value }) => value);

const events = (test: TestApp, organization: string) =>
  query<{ type: string; payload: string }>(
    test.databaseUrl,
    "select type, payload from webhook_events where org_id = $1 order by id",
    [organization],
  );

/** Waits until whatever was to be told of an organization's credits is told. */
const settled = (test: TestApp, organization: string) =>
  once(
    () =>
      query(test.databaseUrl, "select from credit_accounts where org_id = $1 and low_marked_at is not null", [
        organization,
      ]),
    (marked) => marked.length === 0,
  );

/** A customer with a saved card, and as many credits as told. */
async function withCard(credits: number, card?: string) {
  const owner = await shop.customer();
  const { checkout_url } = await owner.api.createTopUp({ body: { credits: 100 } });
  await shop.deliverAll(shop.stripe.account.pay(pageOf(checkout_url), card === undefined ? {} : { card }));
  await onPlan(shop.test, owner.organizationId, "pro", credits);
  const automatic = async () => (await owner.api.listTopUps()).data.filter((one) => one.automatic);
  return { ...owner, automatic };
}

test("ready only once a paid top-up has left a card", async () => {
  const { api } = await shop.customer();
  const set = { enabled: true, threshold: 0, credits: 500 };
  expect(await api.setAutoReload({ body: set })).toMatchObject({ ...set, ready: false });
  const { checkout_url } = await api.createTopUp({ body: { credits: 100 } });
  await shop.deliverAll(shop.stripe.account.pay(pageOf(checkout_url)));
  expect(await api.getAutoReload()).toMatchObject({ ...set, ready: true });
});

test("few credits are told of once a dip, and bought by the saved card, once", async () => {
  const { api, organizationId: org, automatic } = await withCard(120);
  await api.setAutoReload({ body: { enabled: true, threshold: 100, credits: 500 } });
  await hold(shop.test, org, 10);
  expect(await automatic()).toEqual([]);
  // Below at once, ten times.
  for (let i = 0; i < 10; i++) await hold(shop.test, org, 2);
  const [bought] = await once(automatic, ([one]) => one?.status === "paid");
  expect(bought).toMatchObject({ credits: 500, amount: 500, automatic: true, error: null });
  expect(await api.getBalance()).toMatchObject({ available: 590, low: false });
  expect(await automatic()).toHaveLength(1);
  const told = (await events(shop.test, org)).filter(({ type }) => type === "billing.balance_low");
  expect(told).toHaveLength(1);
  const { data } = JSON.parse(told[0]?.payload ?? "{}") as { data: object };
  expect(data).toMatchObject({ low: true, low_threshold: 100 });
  const topups = (await movementsOf(shop.test, org)).filter(({ kind }) => kind === "topup");
  expect(topups.map(({ amount }) => amount)).toEqual([100, 500]);
  // Stripe's own event of the charge comes too, and books nothing more.
  const intent = [...shop.stripe.account.intents.values()].at(-1) ?? {};
  await shop.deliverAll([shop.stripe.account.event("payment_intent.succeeded", intent)]);
  expect(await api.getBalance()).toMatchObject({ available: 590 });
});

test("while one top-up does not lift it, the next one is bought, and nothing is told twice", async () => {
  const { api, organizationId: org, automatic } = await withCard(1010);
  await api.setAutoReload({ body: { enabled: true, threshold: 1000, credits: 100 } });
  await hold(shop.test, org, 500);
  await once(automatic, ([one]) => one?.status === "paid");
  await hold(shop.test, org, 1);
  await once(automatic, (all) => all.length === 2 && all.every(({ status }) => status === "paid"));
  expect(await api.getBalance()).toMatchObject({ available: 709, low: true });
  expect((await events(shop.test, org)).filter(({ type }) => type === "billing.balance_low")).toHaveLength(1);
});

test("a declined card fails the top-up, switches auto-reload off, and is not charged again", async () => {
  const { api, organizationId: org, automatic } = await withCard(120, BAD_CARD);
  await api.setAutoReload({ body: { enabled: true, threshold: 100, credits: 500 } });
  await hold(shop.test, org, 30);
  const [failed] = await once(automatic, ([one]) => one?.status === "failed");
  expect(failed).toMatchObject({ error: "Your card was declined." });
  expect(await api.getAutoReload()).toMatchObject({ enabled: false });
  const charges = shop.stripe.done.filter((one) => one === "POST /v1/payment_intents").length;
  for (let i = 0; i < 5; i++) await hold(shop.test, org, 1);
  await settled(shop.test, org);
  expect(await automatic()).toHaveLength(1);
  expect(shop.stripe.done.filter((one) => one === "POST /v1/payment_intents")).toHaveLength(charges);
});

// The pauses between its tries alone are some ten seconds.
test("a charge whose answer is lost is asked for again under its key: charged once", { timeout: 60_000 }, async () => {
  const { api, organizationId: org, automatic } = await withCard(120);
  await api.setAutoReload({ body: { enabled: true, threshold: 100, credits: 500 } });
  const before = shop.stripe.account.charges.size;
  shop.stripe.faults.push({ on: /^POST \/v1\/payment_intents/, times: 4, how: "lost" });
  await hold(shop.test, org, 30);
  await once(automatic, ([one]) => one?.status === "paid");
  expect(shop.stripe.account.charges.size).toBe(before + 1);
  expect(await api.getBalance()).toMatchObject({ available: 590 });
});

test("switched on with few credits already, it buys at once; without a card it says what to do", async () => {
  const { api, organizationId: org } = await shop.customer();
  await onPlan(shop.test, org, "pro", 5);
  await api.setAutoReload({ body: { enabled: true, threshold: 100, credits: 500 } });
  const automatic = async () => (await api.listTopUps()).data;
  const [failed] = await once(automatic, ([one]) => one?.status === "failed");
  expect(failed?.error).toMatch(/no saved card/);
  expect(await api.getAutoReload()).toMatchObject({ enabled: false, ready: false });
});

test("with manual payments one automatic top-up waits for the operator, however often credits are low", async () => {
  const manual = await openTestApp({ role: "all" });
  try {
    const { api, organizationId: org } = await freshOrganization(manual);
    await onPlan(manual, org, "pro", 120);
    expect(await api.setAutoReload({ body: { enabled: true, threshold: 100, credits: 500 } })).toMatchObject({
      ready: true,
    });
    for (let i = 0; i < 3; i++) await hold(manual, org, 15);
    const list = async () => (await api.listTopUps()).data;
    const [waiting] = await once(list, (data) => data.length > 0);
    expect(waiting).toMatchObject({
      automatic: true,
      status: "pending",
      instructions: expect.stringContaining("operator"),
    });
    await hold(manual, org, 1);
    await settled(manual, org);
    expect(await list()).toHaveLength(1);
    expect((await events(manual, org)).filter(({ type }) => type === "billing.balance_low")).toHaveLength(1);
  } finally {
    await manual.close();
  }
});

test("nothing is told on a plan that gives what is needed, nor of a hold that its own transaction gives back", async () => {
  const free = await freshOrganization(shop.test);
  await hold(shop.test, free.organizationId, 5);
  const { organizationId: org } = await withCard(120);
  await bound(shop.test, org, async (db) => {
    const reason = { operation: "test", requestId: "r", leaseMs: null };
    const reserved = await reserveCredits(db, 100, reason, Date.now());
    if ("hold" in reserved) await settleCredits(db, reserved.hold, 1, Date.now());
  });
  await Promise.all([settled(shop.test, free.organizationId), settled(shop.test, org)]);
  for (const organization of [free.organizationId, org]) {
    expect((await events(shop.test, organization)).filter(({ type }) => type === "billing.balance_low")).toEqual([]);
  }
});

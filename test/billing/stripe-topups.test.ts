import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { BAD_CARD } from "./stripe-objects.ts";
import type { Json } from "./stripe-wire.ts";
import { expectLedgerAddsUp, hold, movementsOf, openShop, pageOf, type Shop } from "./support.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
beforeEach(() => void shop.stripe.faults.splice(0));
afterAll(async () => {
  await expectLedgerAddsUp(shop.test);
  await shop.close();
});

/** A customer who has a page to pay on. */
async function ordered(credits = 1000) {
  const owner = await shop.customer();
  const topup = await owner.api.createTopUp({ body: { credits } });
  const read = () => owner.api.getTopUp({ params: { topup_id: topup.id } });
  const balance = async () => (await owner.api.getBalance()).available;
  const booked = async () =>
    (await movementsOf(shop.test, owner.organizationId)).flatMap(({ kind, amount }) =>
      kind === "topup" || kind === "refund" ? [[kind, amount]] : [],
    );
  return { ...owner, topup, page: pageOf(topup.checkout_url), read, balance, booked };
}

const [first, second] = [(events: readonly Json[]) => events[0] ?? {}, (events: readonly Json[]) => events[1] ?? {}];

test("a top-up is pending with a page to pay on, and paid when its event says so", async () => {
  const { topup, page, read, balance, booked } = await ordered(1000);
  expect(topup).toMatchObject({
    status: "pending",
    amount: 1000,
    currency: "usd",
    provider: "stripe",
    instructions: null,
  });
  expect(topup.checkout_url).toMatch(/^https:/);
  expect(await balance()).toBe(0);
  await shop.deliverAll(shop.stripe.account.pay(page));
  const paid = await read();
  expect(paid).toMatchObject({ status: "paid", checkout_url: null, error: null });
  expect(paid.paid_at).toMatch(/Z$/);
  expect([await balance(), await booked()]).toEqual([1000, [["topup", 1000]]]);
});

test("an event that comes five times at once, and its siblings, book once", async () => {
  const { page, balance, booked } = await ordered();
  const events = shop.stripe.account.pay(page);
  const answers = await Promise.all([...Array(5).fill(first(events)), ...events].map((event) => shop.deliver(event)));
  expect(new Set(answers)).toEqual(new Set([200]));
  await shop.deliverAll(events);
  expect([await balance(), await booked()]).toEqual([1000, [["topup", 1000]]]);
});

test("an expired page that was paid after all is paid, whichever event comes last", async () => {
  const { page, read, booked } = await ordered();
  const expired = shop.stripe.account.event("checkout.session.expired", { id: page });
  const events = shop.stripe.account.pay(page);
  await shop.deliverAll([...events, expired]);
  expect([(await read()).status, await booked()]).toEqual(["paid", [["topup", 1000]]]);

  const other = await ordered();
  await shop.deliverAll([shop.stripe.account.expire(other.page)]);
  expect([(await other.read()).status, (await other.read()).checkout_url]).toEqual(["expired", null]);
});

test("a refund that comes before the payment it takes back: both are booked once, in order", async () => {
  const { page, read, balance, booked } = await ordered();
  const paid = shop.stripe.account.pay(page);
  const refund = shop.stripe.account.refund(page, 1000);
  await shop.deliverAll([refund, ...paid, refund]);
  expect((await read()).status).toBe("refunded");
  expect([await balance(), await booked()]).toEqual([
    0,
    [
      ["topup", 1000],
      ["refund", -1000],
    ],
  ]);
});

test("refunds in parts take back their share, also when their events are swapped", async () => {
  const { page, read, balance, booked } = await ordered();
  await shop.deliverAll(shop.stripe.account.pay(page));
  const one = shop.stripe.account.refund(page, 333);
  await shop.deliverAll([one]);
  expect([(await read()).status, await balance()]).toEqual(["paid", 667]);
  const [two, three] = [shop.stripe.account.refund(page, 300), shop.stripe.account.refund(page, 367)];
  await shop.deliverAll([three, two, one]);
  expect([(await read()).status, await balance()]).toEqual(["refunded", 0]);
  expect((await booked()).reduce((sum, [, amount]) => sum + Number(amount), 0)).toBe(0);
});

test("a refund of spent credits takes what is there, and says so", async () => {
  const { organizationId, page, read, balance } = await ordered();
  await shop.deliverAll(shop.stripe.account.pay(page));
  // Most of it is on hold for work that goes on.
  await hold(shop.test, organizationId, 900);
  const refund = shop.stripe.account.refund(page, 1000);
  await shop.deliverAll([refund, refund]);
  expect([(await read()).status, await balance()]).toEqual(["refunded", 0]);
  const movements = await movementsOf(shop.test, organizationId);
  expect(movements.at(-1)).toMatchObject({
    kind: "refund",
    amount: -100,
    note: "100 of 1000 credits could be taken back: the others are spent",
  });
  expect(shop.test.log.some(({ message }) => message === "a refund found its credits spent")).toBe(true);
});

test.each([
  ["less than was asked for", { amount: 999 }, /999 usd\) is not what was asked for \(1000 usd/],
  ["more than was asked for", { amount: 100_000 }, /operator must look/],
  ["another currency", { currency: "idr" }, /1000 idr/],
])("a payment of %s books nothing, and tells the operator", async (_what, how, message) => {
  const { page, topup, read, balance, booked } = await ordered();
  await shop.deliverAll(shop.stripe.account.pay(page, how));
  expect(await read()).toMatchObject({ status: "failed", error: expect.stringMatching(message), paid_at: null });
  expect([await balance(), await booked()]).toEqual([0, []]);
  expect(shop.test.log).toContainEqual(
    expect.objectContaining({ level: "error", fields: expect.objectContaining({ topup: topup.id }) }),
  );
});

test("a bank that takes its time: pending, then paid or failed; a declined card before the open page is not the end", async () => {
  const good = await ordered();
  await shop.deliverAll([shop.stripe.account.decline(good.page)]);
  expect((await good.read()).status).toBe("pending");
  await shop.deliverAll(shop.stripe.account.pay(good.page, { later: true }));
  expect([(await good.read()).status, await good.balance()]).toEqual(["pending", 0]);
  await shop.deliverAll(shop.stripe.account.bank(good.page, true));
  expect([(await good.read()).status, await good.balance()]).toEqual(["paid", 1000]);

  const bad = await ordered();
  await shop.deliverAll(shop.stripe.account.pay(bad.page, { later: true, card: BAD_CARD }));
  await shop.deliverAll(shop.stripe.account.bank(bad.page, false));
  expect(await bad.read()).toMatchObject({ status: "failed", error: "The bank refused." });
  expect(await bad.booked()).toEqual([]);
});

test("an event of a payment that is none of ours, or of an organization that is gone, is taken and changes nothing", async () => {
  const { account } = shop.stripe;
  const { page, api } = await ordered();
  await shop.deliverAll([
    account.event("checkout.session.completed", { id: "cs_test_of_another_account" }),
    account.event("balance.available", { object: "balance" }),
    account.event("customer.created", { id: "cus_1" }),
  ]);
  const events = account.pay(page);
  await api.deleteOrganization({ query: { confirm: "Test Studio" } });
  await shop.deliverAll(events);
  expect(shop.test.log.some(({ message }) => message.includes("an organization that is gone"))).toBe(true);
});

test("503 while Stripe cannot be asked what an event is about; sent again, it is booked", async () => {
  const { page, booked } = await ordered();
  const events = shop.stripe.account.pay(page);
  shop.stripe.faults.push({ on: /^GET \/v1\/checkout/, times: 3, how: "500" });
  expect(await shop.deliver(first(events))).toBe(503);
  expect(await booked()).toEqual([]);
  expect(await shop.deliver(first(events))).toBe(200);
  expect(await shop.deliver(second(events))).toBe(200);
  expect(await booked()).toEqual([["topup", 1000]]);
});

test("502 when no page can be opened, and no top-up is left; a lost answer is asked for again, and one page is opened", async () => {
  const { api } = await shop.customer();
  shop.stripe.faults.push({ on: /^POST \/v1\/checkout/, times: 3, how: "500" });
  const failed = api.createTopUp({ body: { credits: 500 } });
  await expect(failed).rejects.toMatchObject({ status: 502, code: "UPSTREAM_ERROR" });
  expect((await api.listTopUps()).data).toEqual([]);

  shop.stripe.faults.push({ on: /^POST \/v1\/checkout/, times: 1, how: "lost" });
  const before = shop.stripe.account.sessions.size;
  await expect(api.createTopUp({ body: { credits: 500 } })).resolves.toMatchObject({ status: "pending" });
  expect(shop.stripe.account.sessions.size).toBe(before + 1);
});

test("a known customer pays again as the same; one that Stripe has forgotten as a new one", async () => {
  const { api, page } = await ordered();
  await shop.deliverAll(shop.stripe.account.pay(page));
  const customerOf = (url: string | null | undefined) => shop.stripe.account.sessions.get(pageOf(url))?.customer;
  const again = await api.createTopUp({ body: { credits: 100 } });
  expect(customerOf(again.checkout_url)).toBe(shop.stripe.account.sessions.get(page)?.customer);
  shop.stripe.account.customers.clear();
  const fresh = await api.createTopUp({ body: { credits: 100 } });
  expect(customerOf(fresh.checkout_url)).toBeNull();
});

test("an order in an event of its own is not believed against the row that is there", async () => {
  const victim = await ordered(100);
  const { account } = shop.stripe;
  const session = account.sessions.get(victim.page);
  if (!session) throw new Error("the page is not there");
  // As if somebody with access to the dashboard had changed what stands on the payment.
  for (const metadata of [session.metadata, session.intent_metadata as Record<string, string>])
    metadata.credits = "100000";
  await shop.deliverAll(account.pay(victim.page));
  expect([(await victim.read()).status, await victim.balance()]).toEqual(["failed", 0]);
});

test("502 when Stripe never answers: the request ends all the same, and leaves nothing", {
  timeout: 60_000,
}, async () => {
  const { api } = await shop.customer();
  shop.stripe.faults.push({ on: /^POST \/v1\/checkout/, times: 9, how: "silent" });
  await expect(api.createTopUp({ body: { credits: 500 } })).rejects.toMatchObject({
    status: 502,
    code: "UPSTREAM_ERROR",
  });
  expect((await api.listTopUps()).data).toEqual([]);
});

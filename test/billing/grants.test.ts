import { afterAll, beforeAll, expect, test } from "vitest";
import { adminOn, recorded } from "../admin/cli.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { expectLedgerAddsUp, hold, movementsOf, onPlan, openShop } from "./support.ts";

let reelmark: TestApp;
let admin: ReturnType<typeof adminOn>;
beforeAll(async () => {
  reelmark = await openTestApp();
  admin = adminOn(reelmark.databaseUrl);
});
afterAll(async () => {
  await expectLedgerAddsUp(reelmark);
  await reelmark.close();
});

const grant = async (args: string) => {
  const run = await admin(`grant-credits ${args} --json`);
  expect(run.code).toBe(run.err === "" ? 0 : 1);
  return run.err === "" ? JSON.parse(run.out) : JSON.parse(run.err).error;
};

test("grant-credits gives credits, with its note, and is in the audit", async () => {
  const { api, organizationId: org } = await freshOrganization(reelmark);
  const run = await admin(`grant-credits --organization ${org} --credits 250 --note "Welcome credits"`);
  expect(run).toEqual({ code: 0, out: `250 credits given to ${org}: 250 can be spent.\n`, err: "" });
  expect(await api.getBalance()).toMatchObject({ available: 250 });
  const [movement] = (await api.listTransactions()).data;
  expect(movement).toMatchObject({ kind: "grant", amount: 250, note: "Welcome credits", topup_id: null });
  const last = (await recorded(reelmark.databaseUrl)).at(-1);
  expect(last).toMatchObject({
    operation: "admin.grant-credits",
    org_id: org,
    resource_id: movement?.id,
    fields: ["credits", "note"],
  });
});

test("repeated under one key, also at once, it is done once; with another number it is refused", async () => {
  const { api, organizationId: org } = await freshOrganization(reelmark);
  const args = `--organization ${org} --credits 40 --key march`;
  const runs = await Promise.all([grant(args), grant(args), grant(args)]);
  expect(runs.filter(({ already }) => already === false)).toHaveLength(1);
  expect(new Set(runs.map(({ movement }) => movement)).size).toBe(1);
  expect(await grant(`--organization ${org} --credits 41 --key march`)).toMatchObject({
    code: "CONFLICT",
    message: expect.stringContaining("used for 40 credits"),
  });
  expect(await api.getBalance()).toMatchObject({ available: 40 });
});

test("a manual top-up is paid by its grant, once, and by no other number", async () => {
  const { api, organizationId: org } = await freshOrganization(reelmark);
  const topup = await api.createTopUp({ body: { credits: 500 } });
  expect(topup).toMatchObject({
    status: "pending",
    instructions: expect.stringContaining(topup.id),
    checkout_url: null,
  });
  const args = `--organization ${org} --topup ${topup.id}`;
  expect(await grant(`${args} --credits 400`)).toMatchObject({
    code: "CONFLICT",
    message: expect.stringContaining("of 500 credits"),
  });
  expect(await grant(args)).toMatchObject({ credits: 500, available: 500, already: false, topup: topup.id });
  expect(await grant(args)).toMatchObject({ credits: 500, already: true });
  const paid = await api.getTopUp({ params: { topup_id: topup.id } });
  expect(paid).toMatchObject({ status: "paid", instructions: null });
  expect(await movementsOf(reelmark, org)).toMatchObject([{ kind: "topup", amount: 500, topup_id: topup.id }]);
});

test("what can be spent can be taken back, and no more", async () => {
  const { api, organizationId: org } = await freshOrganization(reelmark);
  await onPlan(reelmark, org, "pro", 100);
  await hold(reelmark, org, 30);
  expect(await grant(`--organization ${org} --credits 71 --take-back`)).toMatchObject({
    code: "CONFLICT",
    message: expect.stringMatching(/has 70 credits that can be spent, so 71 cannot be taken back: take 70 or fewer/),
  });
  expect(await grant(`--organization ${org} --credits 70 --take-back`)).toMatchObject({ credits: -70, available: 0 });
  expect(await api.getBalance()).toMatchObject({ available: 0, held: 30 });
});

test("what is not there, or another's, is refused and not recorded", async () => {
  const [mine, theirs] = [await freshOrganization(reelmark), await freshOrganization(reelmark)];
  const before = await recorded(reelmark.databaseUrl);
  const topup = await theirs.api.createTopUp({ body: { credits: 100 } });
  expect(await grant("--organization org_00000000000000000000000000 --credits 5")).toMatchObject({ code: "NOT_FOUND" });
  expect(await grant(`--organization ${mine.organizationId} --topup ${topup.id}`)).toMatchObject({
    code: "NOT_FOUND",
    message: expect.stringContaining("has no top-up"),
  });
  expect(await recorded(reelmark.databaseUrl)).toEqual(before);
});

test("a top-up that Stripe is paid for is not granted by hand", async () => {
  const shop = await openShop();
  try {
    const { api, organizationId: org } = await shop.customer();
    const topup = await api.createTopUp({ body: { credits: 100 } });
    const run = await adminOn(shop.test.databaseUrl)(`grant-credits --organization ${org} --topup ${topup.id}`);
    expect(run).toMatchObject({ code: 1, err: expect.stringContaining("is paid by Stripe") });
  } finally {
    await shop.close();
  }
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { giveMonth, releaseHolds } from "../../server/billing/chores.ts";
import { giveMonthly } from "../../server/billing/ledger.ts";
import { settleCredits } from "../../server/billing/service.ts";
import type { Chore } from "../../server/jobs/workers.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { startSpendServer } from "./spend-server.ts";
import { bound, expectLedgerAddsUp, hold, onPlan, runChore } from "./support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

const run = (chore: Chore, nowMs?: number) => runChore(reelmark, chore, nowMs);
const expire = () =>
  query(reelmark.databaseUrl, "update credit_holds set expires_at = now() - interval '1 second' where status = 'held'");
const kinds = async (api: { listTransactions(call: object): Promise<{ data: { kind: string }[] }> }) =>
  (await api.listTransactions({})).data.map(({ kind }) => kind);

async function withCredits(credits: number) {
  const owner = await freshOrganization(reelmark);
  await onPlan(reelmark, owner.organizationId, "pro", credits);
  return owner;
}

test("a lease that has ended gives its credits back once, however often it is looked at, and by how many", async () => {
  const { api, organizationId: org } = await withCredits(10);
  await hold(reelmark, org, 4, 60_000);
  await run(releaseHolds);
  expect(await api.getBalance()).toMatchObject({ available: 6, held: 4 });
  await expire();
  await Promise.all(Array.from({ length: 4 }, () => run(releaseHolds)));
  await run(releaseHolds);
  expect(await api.getBalance()).toMatchObject({ available: 10, held: 0, spent_this_month: 0 });
  expect(await kinds(api)).toEqual(["release", "hold", "grant"]);
});

test("503 for a request that is later than its lease: its work is undone, and nothing is spent", async () => {
  const { api, organizationId: org } = await withCredits(5);
  let late: () => void = () => {};
  const prepared = new Promise<void>((resolve) => {
    late = resolve;
  });
  let begun: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const server = await startSpendServer(reelmark.databaseUrl, {
    prepare: async () => {
      begun();
      await prepared;
    },
  });
  try {
    const answer = server.spendSlowly(org);
    await started;
    expect(await api.getBalance()).toMatchObject({ available: 0, held: 5 });
    expect((await server.spend(org)).status).toBe(402);
    await expire();
    await run(releaseHolds);
    late();
    const { status } = await answer;
    expect(status).toBe(503);
    expect(await api.getBalance()).toMatchObject({ available: 5, held: 0, spent_this_month: 0 });
    expect((await api.listBrands()).data).toEqual([]);
    expect((await server.spendSlowly(org)).status).toBe(200);
    expect(await api.getBalance()).toMatchObject({ available: 0, spent_this_month: 5 });
  } finally {
    await server.close();
  }
});

test("a capture and the end of the lease at once: one of them, never both", async () => {
  const { api, organizationId: org } = await withCredits(20);
  const holds = await Promise.all(Array.from({ length: 20 }, () => hold(reelmark, org, 1, 60_000)));
  await expire();
  const captured = Promise.all(holds.map((one) => bound(reelmark, org, (db) => settleCredits(db, one, 1, Date.now()))));
  await Promise.all([captured, run(releaseHolds), run(releaseHolds)]);
  const spent = (await captured).filter(Boolean).length;
  await run(releaseHolds);
  expect(await api.getBalance()).toMatchObject({ available: 20 - spent, held: 0, spent_this_month: spent });
  await expectLedgerAddsUp(reelmark);
});

test("a hold can be settled by nobody else's organization", async () => {
  const [mine, theirs] = [await withCredits(5), await withCredits(5)];
  const own = await hold(reelmark, mine.organizationId, 5);
  expect(await bound(reelmark, theirs.organizationId, (db) => settleCredits(db, own, 5, Date.now()))).toBe(false);
  expect(await mine.api.getBalance()).toMatchObject({ held: 5 });
});

test("every organization is given its credits of the month, once, also when nobody spends", async () => {
  const owners = await Promise.all(Array.from({ length: 3 }, () => freshOrganization(reelmark)));
  for (const { organizationId } of owners) await onPlan(reelmark, organizationId, "pro");
  await Promise.all([run(giveMonth), run(giveMonth)]);
  await run(giveMonth);
  const next = Date.now() + 40 * 86_400_000;
  await run(giveMonth, next);
  // A server whose clock is a month behind gives nothing again.
  await run(giveMonth);
  for (const { organizationId } of owners) {
    await bound(reelmark, organizationId, (db) => giveMonthly(db, Date.now()));
    const period = "select monthly_period from credit_accounts where org_id = $1";
    const given = new Date(next).toISOString().slice(0, 7);
    expect(await query(reelmark.databaseUrl, period, [organizationId])).toEqual([{ monthly_period: given }]);
  }
  for (const { api } of owners) {
    expect(await kinds(api)).toEqual(["monthly", "monthly"]);
    expect(await api.getBalance()).toMatchObject({ available: 2000 });
  }
  await expectLedgerAddsUp(reelmark);
});

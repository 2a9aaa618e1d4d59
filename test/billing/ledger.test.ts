import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "../../server/kit/ids.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { startSpendServer } from "./spend-server.ts";
import { expectLedgerAddsUp, onPlan } from "./support.ts";

let reelmark: TestApp;
let spending: Awaited<ReturnType<typeof startSpendServer>>;
let clockMs = Date.now();
beforeAll(async () => {
  reelmark = await openTestApp({ clock: () => clockMs });
  spending = await startSpendServer(reelmark.databaseUrl);
});
afterAll(async () => {
  await spending.close();
  await reelmark.close();
});

const statuses = async (answers: readonly Promise<Response>[]) =>
  (await Promise.all(answers)).map(({ status }) => status);

test("the month's credits are there before anything is spent, and are given once when it is", async () => {
  const owner = await freshOrganization(reelmark);
  const org = owner.organizationId;
  await onPlan(reelmark, org, "pro");
  const shown = {
    available: 1000,
    held: 0,
    spent_this_month: 0,
    monthly_credits: 1000,
    low: false,
    low_threshold: 100,
  };
  expect(await owner.api.getBalance()).toMatchObject(shown);
  expect((await owner.api.listTransactions()).data).toEqual([]);

  expect(await statuses([spending.spend(org), spending.spend(org), spending.spend(org)])).toEqual([200, 200, 200]);
  expect(await owner.api.getBalance()).toMatchObject({ ...shown, available: 997, spent_this_month: 3 });
  const { data } = await owner.api.listTransactions({ query: { kind: "monthly" } });
  expect(data).toMatchObject([{ amount: 1000, available_after: 1000, held_after: 0 }]);

  // A plan that is left and taken again in the same month gives nothing more.
  await onPlan(reelmark, org, "free");
  expect(await owner.api.getBalance()).toMatchObject({ available: 997, monthly_credits: 0 });
  await onPlan(reelmark, org, "pro");
  expect(await statuses([spending.spend(org)])).toEqual([200]);
  expect(await owner.api.getBalance()).toMatchObject({ available: 996 });
});

test("a new month shows its credits at once, and counts what is spent anew", async () => {
  const owner = await freshOrganization(reelmark);
  const org = owner.organizationId;
  await onPlan(reelmark, org, "pro");
  await statuses([spending.spend(org)]);
  const before = clockMs;
  clockMs += 40 * 86_400_000;
  // Its session has ended by then.
  const api = reelmark.api(
    (await reelmark.api().login({ body: { email: owner.email, password: owner.password } })).access_token,
  );
  expect(await api.getBalance()).toMatchObject({ available: 1999, spent_this_month: 0 });
  clockMs = before;
});

test("a plan without bound gives what is needed, and shows it", async () => {
  const owner = await freshOrganization(reelmark);
  const org = owner.organizationId;
  expect(await statuses([spending.spend(org), spending.spend(org)])).toEqual([200, 200]);
  expect(await owner.api.getBalance()).toMatchObject({
    available: 0,
    spent_this_month: 2,
    monthly_credits: null,
    low: false,
  });
  const { data } = await owner.api.listTransactions();
  expect(data.map(({ kind, amount }) => [kind, amount])).toEqual([
    ["capture", 0],
    ["hold", -1],
    ["monthly", 1],
    ["capture", 0],
    ["hold", -1],
    ["monthly", 1],
  ]);
});

test("402 without credits says how many there are, and books nothing", async () => {
  const { organizationId: org, api } = await freshOrganization(reelmark);
  await onPlan(reelmark, org, "pro", 0);
  const answer = await spending.spend(org);
  expect(answer.status).toBe(402);
  expect(await answer.json()).toMatchObject({ error: { details: { required: 1, available: 0 } } });
  expect(await api.listTransactions({ query: { kind: "hold" } })).toMatchObject({ data: [], count: 0 });
});

test("transactions come newest first, page by page without a gap, by kind, by hold and by time", async () => {
  const { organizationId: org, api } = await freshOrganization(reelmark);
  await onPlan(reelmark, org, "pro", 50);
  for (let i = 0; i < 5; i++) await statuses([spending.spend(org)]);
  const all = (await api.listTransactions({ query: { limit: 100 } })).data;
  expect(all).toHaveLength(11);
  expect(all.map(({ available_after }) => available_after)).toEqual([45, 45, 46, 46, 47, 47, 48, 48, 49, 49, 50]);
  expect(all.map(({ created_at }) => created_at)).toEqual(
    all
      .map(({ created_at }) => created_at)
      .sort()
      .reverse(),
  );

  const paged: typeof all = [];
  let cursor: string | null = null;
  do {
    const page = await api.listTransactions({ query: { limit: 3, ...(cursor === null ? {} : { cursor }) } });
    paged.push(...page.data);
    cursor = page.next_cursor;
    await statuses([spending.spend(org)]); // Written meanwhile: nothing that was there is skipped, or comes twice.
  } while (cursor !== null);
  expect(paged).toEqual(all);

  const { hold_id = null, created_at = "" } = all.at(-2) ?? {};
  if (hold_id === null) throw new Error("the second movement is no hold");
  const ofHold = (await api.listTransactions({ query: { hold_id } })).data;
  expect(ofHold.map(({ kind }) => kind)).toEqual(["capture", "hold"]);
  expect(ofHold.every((one) => one.operation === "spend")).toBe(true);
  const until = (await api.listTransactions({ query: { until: created_at } })).data;
  expect(until.map(({ kind }) => kind)).toEqual(["grant"]);
  expect((await api.listTransactions({ query: { since: created_at, kind: "grant" } })).data).toEqual([]);
});

test("a movement that does not sum to zero cannot be written, whichever organization is bound", async () => {
  const { organizationId: org } = await freshOrganization(reelmark);
  await onPlan(reelmark, org, "pro", 1);
  const id = newId("txn", Date.now());
  const crooked = `with m as (
      insert into credit_movements (id, org_id, seq, kind, business_key, amount, available_after, held_after)
      values ($1, $2, 99, 'grant', $1, 5, 6, 0) returning id)
    insert into credit_entries (org_id, movement_id, account, amount) select $2, id, 'available', 5 from m`;
  await expect(query(reelmark.databaseUrl, crooked, [id, org])).rejects.toThrow(/sums to 5, not to zero/);
  const bare = `insert into credit_movements (id, org_id, seq, kind, business_key, amount, available_after, held_after)
    values ($1, $2, 99, 'grant', $1, 5, 6, 0)`;
  await expect(query(reelmark.databaseUrl, bare, [id, org])).rejects.toThrow(/says 5, its entries 0/);
  await expectLedgerAddsUp(reelmark);
});

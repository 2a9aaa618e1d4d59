import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query, times } from "../setup/support.ts";
import { startSpendServer } from "./spend-server.ts";
import { expectLedgerAddsUp, onPlan, someKey } from "./support.ts";

/** ROUNDS=200 for the figures of a release. */
const ROUNDS = Number(process.env.ROUNDS ?? 20);
const AT_ONCE = 100;
const timeout = 30_000 + ROUNDS * 5_000;

let reelmark: TestApp;
let server: Awaited<ReturnType<typeof startSpendServer>>;
beforeAll(async () => {
  reelmark = await openTestApp();
  server = await startSpendServer(reelmark.databaseUrl);
});
afterAll(async () => {
  await server.close();
  await reelmark.close();
});

const count = <T>(values: readonly T[]) => {
  const found = new Map<T, number>();
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1);
  return Object.fromEntries(found);
};

/** Behind the API: a plan's session may not ask as often as these rounds do. */
const account = async (organization: string) =>
  (
    await query<{ available: number; held: number; spent: number }>(
      reelmark.databaseUrl,
      "select available::int, held::int, spent::int from credit_accounts where org_id = $1",
      [organization],
    )
  )[0];

test(`${AT_ONCE} requests for the last credit at once, ${ROUNDS} rounds: one has it each time, the others 402`, {
  timeout,
}, async () => {
  const { api, organizationId: org } = await freshOrganization(reelmark);
  for (let round = 1; round <= ROUNDS; round++) {
    await onPlan(reelmark, org, "pro", 1);
    const answers = await Promise.all(times(AT_ONCE, () => server.spend(org)));
    expect(count(answers.map(({ status }) => status)), `round ${round}`).toEqual({ 200: 1, 402: AT_ONCE - 1 });
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(await account(org)).toEqual({ available: 0, held: 0, spent: round });
  }
  expect((await api.listBrands()).count).toBe(ROUNDS);
  expect(await expectLedgerAddsUp(reelmark)).toMatchObject({ spent: ROUNDS });
  expect(server.errors).toEqual([]);
});

test(`${AT_ONCE} requests under one key at once, ${ROUNDS} rounds: done once, every answer the same bytes or 409`, {
  timeout,
}, async () => {
  const { api, organizationId: org } = await freshOrganization(reelmark);
  await onPlan(reelmark, org, "pro", 1000);
  const totals = { same: 0, conflict: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    const key = someKey();
    const answers = await Promise.all(
      times(AT_ONCE, async () => {
        const answer = await server.spend(org, key);
        return { status: answer.status, text: await answer.text() };
      }),
    );
    const good = answers.filter(({ status }) => status === 200);
    const rest = answers.filter(({ status }) => status !== 200);
    expect(new Set(good.map(({ text }) => text)).size, `round ${round}`).toBe(1);
    expect(rest.every(({ status, text }) => status === 409 && text.includes('"CONFLICT"'))).toBe(true);
    expect(await (await server.spend(org, key)).text()).toBe(good[0]?.text);
    totals.same += good.length;
    totals.conflict += rest.length;
    expect(await account(org)).toEqual({ available: 1000 - round, held: 0, spent: round });
  }
  expect((await api.listBrands()).count).toBe(ROUNDS);
  expect(totals.same + totals.conflict).toBe(ROUNDS * AT_ONCE);
  await expectLedgerAddsUp(reelmark);
  expect(server.errors).toEqual([]);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { bareEnvironment } from "../setup/environment.ts";
import { query, times } from "../setup/support.ts";
import { startSpendServer } from "./spend-server.ts";
import { hold, ledgerOf, onPlan } from "./support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

/** Runs `npm run ledger:check` in a process of its own, as an operator does. */
async function check(args: readonly string[] = [], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["scripts/ledger-check.ts", ...args], {
    env: { ...bareEnvironment(), DATABASE_URL: reelmark.databaseUrl, ...env },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  const [code] = await once(child, "close");
  return { code, out, err };
}

test("0 with the figures, also while credits are spent", async () => {
  const server = await startSpendServer(reelmark.databaseUrl);
  try {
    const { organizationId: org } = await freshOrganization(reelmark);
    await onPlan(reelmark, org, "pro", 500);
    const spends = times(100, async () => (await server.spend(org)).status);
    const [run, statuses] = await Promise.all([check(["--json"]), Promise.all(spends)]);
    expect([run.code, run.err]).toEqual([0, ""]);
    expect(JSON.parse(run.out)).toMatchObject({ figures: { sum: 0 }, differences: [] });
    const { code, out } = await check();
    expect(code).toBe(0);
    const spent = statuses.filter((status) => status === 200).length;
    expect(out).toMatch(new RegExp(`^spent +${spent}$`, "m"));
    expect(out).toMatch(/^sum +0$/m);
    expect(out).toMatch(/The ledger adds up\.\n$/);
  } finally {
    await server.close();
  }
});

// What only somebody with the database's own password can do: each must be seen, by what it broke.
test.each<[string, string, RegExp]>([
  [
    "a balance is written",
    "update credit_accounts set available = available + 5, funded = funded - 5 where org_id = $1",
    /not the sum of its entries .* available 90 95/,
  ],
  [
    "an entry is changed",
    "update credit_entries set amount = amount + 1 where org_id = $1 and account = 'available' and amount > 0",
    /does not sum to zero/,
  ],
  ["a movement is removed", "delete from credit_movements where org_id = $1 and seq = 1", /have a gap/],
  [
    "a balance after a movement is changed",
    "update credit_movements set available_after = available_after + 1 where org_id = $1 and seq = 1",
    /do not follow from those before/,
  ],
  ["an open hold is forgotten", "delete from credit_holds where org_id = $1", /not those of the open holds/],
  [
    "a hold is ended and not booked",
    "update credit_holds set status = 'released', captured = 0 where org_id = $1",
    /not what its movements make of it/,
  ],
  [
    "a top-up is marked as paid",
    "insert into topups (id, org_id, credits, amount, currency, provider, status) values ('top_' || $1, $1, 5, 5, 'usd', 'stripe', 'paid')",
    /nothing 5|5 nothing/,
  ],
])("it is seen when %s", async (_what, sql, difference) => {
  const { organizationId: org } = await freshOrganization(reelmark);
  await onPlan(reelmark, org, "pro", 100);
  await hold(reelmark, org, 10);
  expect((await ledgerOf(reelmark)).differences).toEqual([]);
  await query(reelmark.databaseUrl, sql, [org]);
  const { differences } = await ledgerOf(reelmark);
  expect(differences.map((one) => Object.values(one).join(" "))).toContainEqual(expect.stringMatching(difference));
  expect(differences.every(({ org_id }) => org_id === org || org_id === "")).toBe(true);
  // Gone with its organization: the next test begins with a ledger that adds up.
  await query(reelmark.databaseUrl, "delete from organizations where id = $1", [org]);
});

test("1 with every difference when it does not add up, for a person and for a program", async () => {
  const { organizationId: org } = await freshOrganization(reelmark);
  await onPlan(reelmark, org, "pro", 100);
  await query(reelmark.databaseUrl, "update credit_accounts set available = 105, funded = -105 where org_id = $1", [
    org,
  ]);
  const run = await check();
  expect(run).toMatchObject({
    code: 1,
    out: expect.stringContaining(
      `an account is not the sum of its entries: ${org}, available: expected 100, found 105`,
    ),
  });
  expect(run.out).toMatch(/The ledger does not add up: 2 differences\.\n$/);
  expect(JSON.parse((await check(["--json"])).out).differences).toHaveLength(2);
  await query(reelmark.databaseUrl, "delete from organizations where id = $1", [org]);
});

test("0 with --help, 2 for an option that is not there, 1 for a database that is not", async () => {
  expect(await check(["--help"])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^npm run ledger:check.*Exit codes/s),
  });
  expect(await check(["--fix"])).toMatchObject({ code: 2, err: expect.stringMatching(/Unknown option '--fix'/) });
  const away = await check([], { DATABASE_URL: "postgres://localhost:1/none" });
  expect(away).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be reached.*DATABASE_URL/) });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query, send, settle, times } from "../setup/support.ts";

const LIMIT = 60;
const UNAUTHENTICATED = { status: 401 };

/** Servers that share one database: one of its own counts for itself, two with a shared store count together. */
async function servers(n: number, env: Record<string, string>, address?: () => string): Promise<TestApp[]> {
  const options = { env: { RATE_LIMIT_KEY: String(LIMIT), ...env }, ...(address ? { address } : {}) };
  const first = await openTestApp(options);
  const more = await Promise.all(times(n - 1, () => openTestApp({ ...options, databaseUrl: first.databaseUrl })));
  return [first, ...more];
}
const closeAll = async (apps: TestApp[]) => {
  for (const app of apps.toReversed()) await app.close();
};

describe.each([
  ["memory", 1],
  ["postgres", 2],
] as const)("counting in %s, with %d server(s)", (store, n) => {
  let apps: TestApp[];
  let first: TestApp;
  beforeAll(async () => {
    apps = await servers(n, { RATE_LIMIT_STORE: store });
    [first] = apps as [TestApp];
  });
  afterAll(() => closeAll(apps));
  const api = (i: number, token: string) => (apps[i % n] ?? first).api(token);

  test("200 for exactly as many of 100 at once as the limit says, 429 for the rest", async () => {
    const { key } = await (await freshOrganization(first)).key(["brands:read"]);
    const { good, refused } = await settle(times(100, (i) => api(i, key).listBrands()));
    expect(good).toHaveLength(LIMIT);
    expect(refused.map(({ status, code }) => `${status} ${code}`)).toEqual(Array(40).fill("429 RATE_LIMITED"));
  });

  test("429 says when to come back, in the window that the headers announced all along", async () => {
    const { key } = await (await freshOrganization(first)).key(["brands:read"]);
    const resets = new Set<string | null>();
    for (let i = 0; i < LIMIT; i++) {
      const { status, headers } = await send(apps[i % n] ?? first, "GET", "/v1/brands?limit=1", { token: key });
      expect([status, headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")]).toEqual([
        200,
        String(LIMIT),
        String(LIMIT - 1 - i),
      ]);
      resets.add(headers.get("x-ratelimit-reset"));
    }
    const refused = await send(first, "GET", "/v1/brands", { token: key });
    expect(refused).toMatchObject({
      status: 429,
      body: { error: { code: "RATE_LIMITED", details: { limit: LIMIT } } },
    });
    expect(refused.headers.get("x-ratelimit-remaining")).toBe("0");
    const wait = Number(refused.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    // One window: each answer names the same second, but for rounding.
    const seconds = [...resets, refused.headers.get("x-ratelimit-reset")].map(Number);
    expect(Math.max(...seconds) - Math.min(...seconds)).toBeLessThanOrEqual(1);
  });

  test("200 for another key of the same organization, and for its session: each has its own", async () => {
    const organization = await freshOrganization(first);
    const [spent, other] = [await organization.key(["brands:read"]), await organization.key(["brands:read"])];
    await settle(times(LIMIT + 1, (i) => api(i, spent.key).listBrands()));
    await expect(spent.api.listBrands()).rejects.toMatchObject({ status: 429 });
    await expect(other.api.listBrands()).resolves.toBeDefined();
    await expect(organization.api.listBrands()).resolves.toBeDefined();
  });

  test("429 for a refused request too: 403 and 404 count, 401 of nobody does not", async () => {
    const { key, api: byKey } = await (await freshOrganization(first)).key(["brands:read"]);
    for (let i = 0; i < LIMIT / 2; i++) {
      await expect(byKey.listPersonas()).rejects.toMatchObject({ status: 403 });
      await expect(byKey.getBrand({ params: { brand_id: "brd_00000000000000000000000000" } })).rejects.toMatchObject({
        status: 404,
      });
    }
    await expect(api(1, key).listBrands()).rejects.toMatchObject({ status: 429 });
    const nobody = await send(first, "GET", "/v1/brands");
    expect(nobody.status).toBe(401);
    expect(nobody.headers.has("x-ratelimit-limit")).toBe(false);
  });
});

describe("the windows of the database", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await openTestApp({ env: { RATE_LIMIT_STORE: "postgres", RATE_LIMIT_KEY: "3" } });
  });
  afterAll(() => app.close());

  test("200 again once the window has ended, for exactly as many", async () => {
    const { api } = await (await freshOrganization(app)).key(["brands:read"]);
    for (let round = 0; round < 2; round++) {
      const { good } = await settle(times(5, () => api.listBrands()));
      expect(good).toHaveLength(3);
      await query(app.databaseUrl, "update rate_limits set expire = extract(epoch from now()) * 1000 - 1");
    }
  });
});

describe("other limits", () => {
  let apps: TestApp[];
  let address = "198.51.100.1";
  beforeAll(async () => {
    const env = { RATE_LIMIT_FAILURES: "3", RATE_LIMIT_ORGANIZATION: "12", RATE_LIMIT_STORE: "postgres" };
    apps = await servers(2, env, () => address);
  });
  afterAll(() => closeAll(apps));
  const on = (i: number) => apps[i % 2] as TestApp;

  test("429 for all credentials of an organization together, over both servers; others go on", async () => {
    address = "198.51.100.2";
    const organization = await freshOrganization(on(0));
    const other = await freshOrganization(on(0));
    const keys = [await organization.key(["brands:read"]), await organization.key(["brands:read"])];
    // Two of the twelve were the making of the keys.
    const { good, refused } = await settle(
      times(14, (i) =>
        on(i)
          .api(keys[i % 2]?.key)
          .listBrands(),
      ),
    );
    expect([good.length, refused.length]).toEqual([10, 4]);
    await expect(organization.api.listBrands()).rejects.toMatchObject({ status: 429 });
    await expect(other.api.listBrands()).resolves.toBeDefined();
  });

  test("429 for an address that sends bad credentials, its IPv6 neighbours too; good ones go on from there", async () => {
    address = "2001:db8:1:1::1";
    const { token } = await freshOrganization(on(0));
    const bad = (i: number) => on(i).api("rm_nothing").getProfile();
    for (let i = 0; i < 3; i++) await expect(bad(i)).rejects.toMatchObject(UNAUTHENTICATED);
    address = "2001:db8:1:1:2::2";
    await expect(bad(0)).rejects.toMatchObject({ status: 429, code: "RATE_LIMITED" });
    await expect(on(1).api(token).getProfile()).resolves.toBeDefined();
    address = "2001:db8:1:2::1";
    await expect(bad(0)).rejects.toMatchObject(UNAUTHENTICATED);
  });

  test("429 after 10 log-ins of an address in a minute, over both servers, whatever they said", async () => {
    address = "198.51.100.3";
    const body = (i: number) => ({ email: `nobody-${i}@reelmark.example`, password: "wrong" });
    const { refused } = await settle(
      times(14, (i) =>
        on(i)
          .api()
          .login({ body: body(i) }),
      ),
    );
    const statuses = refused.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
  });
});

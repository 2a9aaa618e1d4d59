import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { freshDatabase } from "../setup/database.ts";
import { query, settle, times } from "../setup/support.ts";

/** Two servers on one database: what one is told, the other knows at its next request. */
let here: TestApp;
let there: TestApp;
beforeAll(async () => {
  here = await openTestApp();
  there = await openTestApp({ databaseUrl: here.databaseUrl });
});
afterAll(async () => {
  await there.close();
  await here.close();
});

test("200 on both for a session and a key of either", async () => {
  const organization = await freshOrganization(here);
  const { key } = await organization.key();
  await expect(there.api(organization.token).getProfile()).resolves.toEqual(await organization.api.getProfile());
  await expect(there.api(key).getProfile()).resolves.toEqual(await here.api(key).getProfile());
  const { email, password } = organization;
  const session = await there.api().login({ body: { email, password } });
  await expect(here.api(session.access_token).getProfile()).resolves.toBeDefined();
});

test("401 on the other from the next request on: logged out, revoked, rotated, deleted", async () => {
  const organization = await freshOrganization(here);
  const [revoked, rotated, deleted] = [await organization.key(), await organization.key(), await organization.key()];
  const all = [revoked, rotated, deleted].map(({ key }) => there.api(key));
  for (const api of all) await expect(api.getProfile()).resolves.toBeDefined();
  await organization.api.revokeApiKey({ params: { api_key_id: revoked.id } });
  await organization.api.rotateApiKey({ params: { api_key_id: rotated.id }, body: {} });
  await organization.api.deleteApiKey({ params: { api_key_id: deleted.id } });
  for (const api of all) await expect(api.getProfile()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });

  const elsewhere = there.api(organization.token);
  await expect(elsewhere.getProfile()).resolves.toBeDefined();
  await organization.api.logout();
  await expect(elsewhere.getProfile()).rejects.toMatchObject({ status: 401, code: "UNAUTHORIZED" });
});

test("200 for exactly one of two refreshes with one token, one on each, and then the family has ended on both", async () => {
  const { refreshToken } = await freshOrganization(here);
  const body = { refresh_token: refreshToken };
  const { good, refused } = await settle([here, there].map((app) => app.api().refreshSession({ body })));
  expect([good.length, refused.map(({ status }) => status)]).toEqual([1, [401]]);
  for (const app of [here, there]) {
    await expect(app.api(good[0]?.access_token).getProfile()).rejects.toMatchObject({ status: 401 });
  }
});

test("201 once for one Idempotency-Key sent to both at once: the rest replay it or are told that it is in flight", async () => {
  const { token, api } = await freshOrganization(here);
  const call = { body: { name: "Cat", slug: "cat" }, headers: { "Idempotency-Key": "both" } };
  const { good, refused } = await settle(times(10, (i) => (i % 2 ? here : there).api(token).createBrand(call)));
  expect(good.length).toBeGreaterThan(0);
  expect(new Set(good.map(({ id }) => id)).size).toBe(1);
  expect(new Set(refused.map(({ status }) => status))).toEqual(refused.length > 0 ? new Set([409]) : new Set());
  expect((await api.listBrands()).count).toBe(1);
});

test("429 after 10 failed log-ins over both together", async () => {
  const { email } = await freshOrganization(here);
  const body = { email, password: "wrong" };
  const { refused } = await settle(times(16, (i) => (i % 2 ? here : there).api().login({ body })));
  expect(refused.filter(({ status }) => status === 401)).toHaveLength(10);
  expect(refused.filter(({ status }) => status === 429)).toHaveLength(6);
});

test("200 on all of four servers that start at once on an empty database: one migrates, one makes the signing key", async () => {
  const empty = await freshDatabase({ empty: true });
  const apps = await Promise.all(times(4, () => openTestApp({ databaseUrl: empty.url })));
  try {
    const [first, ...rest] = apps;
    const { token } = await freshOrganization(first ?? here);
    for (const app of rest) await expect(app.api(token).getProfile()).resolves.toBeDefined();
    expect(await query(empty.url, "select kid from signing_keys")).toHaveLength(1);
  } finally {
    await Promise.all(apps.map((app) => app.close()));
    await empty.drop();
  }
});

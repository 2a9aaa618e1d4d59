import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query, send } from "../setup/support.ts";

let reelmark: TestApp;
const later = 0;
beforeAll(async () => {
  reelmark = await openTestApp({ clock: () => Date.now() + later });
});
afterAll(() => reelmark.close());

describe("where the key goes", () => {
  test("200 as Bearer in any case and as x-api-key", async () => {
    const { key } = await (await freshOrganization(reelmark)).key();
    for (const headers of [
      { authorization: `Bearer ${key}` },
      { authorization: `bearer ${key}` },
      { "x-api-key": key },
    ] as Record<string, string>[]) {
      expect(await send(reelmark, "GET", "/v1/profile", { headers })).toMatchObject({ status: 200 });
    }
  });

  test("400 with both at once, even when both are the same", async () => {
    const { key } = await (await freshOrganization(reelmark)).key();
    const answer = await send(reelmark, "GET", "/v1/profile", { token: key, headers: { "x-api-key": key } });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "VALIDATION_ERROR", details: { issues: [{ path: "headers.x-api-key" }] } } },
    });
  });

  test("401 with a bare challenge where there is none, or one of another scheme", async () => {
    const { key } = await (await freshOrganization(reelmark)).key();
    for (const headers of [
      {},
      { authorization: `Basic ${key}` },
      { authorization: key },
      { "x-api-key": "" },
    ] as Record<string, string>[]) {
      const answer = await send(reelmark, "GET", "/v1/profile", { headers });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: "UNAUTHORIZED" } } });
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    }
  });
});

test("401 for a mistyped key without a look at the database, by its checksum", async () => {
  const { key } = await (await freshOrganization(reelmark)).key();
  const profile = (token: string) => send(reelmark, "GET", "/v1/profile", { token });
  const holder = new pg.Client({ connectionString: reelmark.databaseUrl });
  await holder.connect();
  // Whoever looks a key up now waits for this transaction.
  await holder.query("begin; lock table api_keys in access exclusive mode");
  const waiting = profile(key);
  try {
    for (let at = 3; at < key.length; at += 8) {
      const mistyped = key.slice(0, at) + (key[at] === "a" ? "b" : "a") + key.slice(at + 1);
      expect(await profile(mistyped)).toMatchObject({ status: 401, body: { error: { code: "INVALID_API_KEY" } } });
    }
  } finally {
    await holder.end();
  }
  expect(await waiting).toMatchObject({ status: 200 });
});

describe("what the key may do", () => {
  test("403 from the next request on when the role of its user is cut, 200 again when it is given back", async () => {
    const organization = await freshOrganization(reelmark);
    const { api } = await organization.key(["brands:read", "brands:write", "profile:read"]);
    const become = (role: string) =>
      query(reelmark.databaseUrl, "update memberships set role = $2 where user_id = $1", [organization.userId, role]);
    await api.createBrand({ body: { name: "One", slug: "one" } });
    await become("viewer");
    await expect(api.createBrand({ body: { name: "Two", slug: "two" } })).rejects.toMatchObject({
      status: 403,
      details: { missing_scopes: ["brands:write"] },
    });
    expect((await api.getProfile()).credential.scopes).toEqual(["brands:read", "profile:read"]);
    await become("member");
    await expect(api.createBrand({ body: { name: "Two", slug: "two" } })).resolves.toBeDefined();
  });

  test("401 once its user has left the organization", async () => {
    const organization = await freshOrganization(reelmark);
    const { api } = await organization.key();
    await query(reelmark.databaseUrl, "delete from memberships where user_id = $1", [organization.userId]);
    await expect(api.getProfile()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });
  });
});

describe("last_used_at", () => {
  const usedAt = async (api: { getApiKey: TestAppApi["getApiKey"] }, id: string) =>
    (await api.getApiKey({ params: { api_key_id: id } })).last_used_at;
  type TestAppApi = ReturnType<TestApp["api"]>;

  test("is there soon after a successful request, and a refused one does not count", async () => {
    const { api, ...organization } = await freshOrganization(reelmark);
    const { id, api: byKey } = await organization.key(["brands:read"]);
    await expect(byKey.listPersonas()).rejects.toMatchObject({ status: 403 });
    const other = await organization.key(["brands:read"]);
    await other.api.listBrands();
    await vi.waitFor(async () => expect(await usedAt(api, other.id)).not.toBeNull(), {
      timeout: 10_000,
      interval: 100,
    });
    expect(await usedAt(api, id)).toBeNull();
    await byKey.listBrands();
    await vi.waitFor(async () => expect(await usedAt(api, id)).not.toBeNull(), { timeout: 10_000, interval: 100 });
  });

  test("is flushed when the server closes, and never goes backwards", async () => {
    const { api, ...organization } = await freshOrganization(reelmark);
    const { id, key } = await organization.key(["brands:read"]);
    const useAt = async (time: number) => {
      const app = await openTestApp({ databaseUrl: reelmark.databaseUrl, clock: () => time });
      await app.api(key).listBrands();
      await app.close();
      return usedAt(api, id);
    };
    const noon = Date.now() + 3_600_000;
    expect(await useAt(noon)).toBe(new Date(noon).toISOString());
    expect(await useAt(noon - 60_000)).toBe(new Date(noon).toISOString());
    expect(await useAt(noon + 1)).toBe(new Date(noon + 1).toISOString());
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { comparable, query, send, settle, times } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

const REFUSED = { status: 401, code: "INVALID_API_KEY" };
const by = (id: string) => ({ params: { api_key_id: id } });
const expire = (id: string) =>
  query(reelmark.databaseUrl, "update api_keys set expires_at = now() - interval '1 second' where id = $1", [id]);

describe("updating", () => {
  test("200 changes label, scopes and end; the narrower scopes hold from the next request on", async () => {
    const organization = await freshOrganization(reelmark);
    const { id, api } = await organization.key(["brands:read", "brands:write"]);
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const updated = await organization.api.updateApiKey({
      ...by(id),
      body: { label: "Renamed", scopes: ["brands:read"], expires_at: end },
    });
    expect(updated).toMatchObject({ id, label: "Renamed", scopes: ["brands:read"], expires_at: end, status: "active" });
    await expect(api.listBrands()).resolves.toBeDefined();
    await expect(api.createBrand({ body: { name: "No", slug: "no" } })).rejects.toMatchObject({ status: 403 });
    const kept = await organization.api.updateApiKey({ ...by(id), body: { label: "Again" } });
    expect(kept).toMatchObject({ label: "Again", scopes: ["brands:read"], expires_at: end });
    expect((await organization.api.updateApiKey({ ...by(id), body: { expires_at: null } })).expires_at).toBeNull();
  });

  test("403 to widen a key beyond the caller", async () => {
    const organization = await freshOrganization(reelmark);
    const target = await organization.key(["brands:read"]);
    const caller = await organization.key(["api_keys:write", "brands:read"]);
    const widen = { ...by(target.id), body: { scopes: ["brands:read" as const, "brands:write" as const] } };
    await expect(caller.api.updateApiKey(widen)).rejects.toMatchObject({
      status: 403,
      details: { missing_scopes: ["brands:write"] },
    });
  });

  test("409 on a revoked or expired key: nothing brings it back", async () => {
    const organization = await freshOrganization(reelmark);
    const revoked = await organization.key();
    const expired = await organization.key();
    await organization.api.revokeApiKey(by(revoked.id));
    await expire(expired.id);
    const later = new Date(Date.now() + 86_400_000).toISOString();
    for (const { id, api } of [revoked, expired]) {
      for (const body of [{ label: "x" }, { expires_at: null }, { expires_at: later }]) {
        await expect(organization.api.updateApiKey({ ...by(id), body })).rejects.toMatchObject({ status: 409 });
      }
      await expect(organization.api.rotateApiKey({ ...by(id), body: {} })).rejects.toMatchObject({ status: 409 });
      await expect(api.getProfile()).rejects.toMatchObject(REFUSED);
    }
  });
});

describe("revoking and deleting", () => {
  test("200 revokes at once and for good; it stays in the list, and a second time is the same", async () => {
    const organization = await freshOrganization(reelmark);
    const { id, api } = await organization.key();
    await expect(api.getProfile()).resolves.toBeDefined();
    const revoked = await organization.api.revokeApiKey(by(id));
    expect(revoked).toMatchObject({ id, status: "revoked" });
    await expect(api.getProfile()).rejects.toMatchObject(REFUSED);
    expect(await organization.api.revokeApiKey(by(id))).toEqual(revoked);
    expect((await organization.api.listApiKeys()).data).toEqual([revoked]);
  });

  test("200 for a key that revokes itself, whose next request is 401", async () => {
    const organization = await freshOrganization(reelmark);
    const { id, api } = await organization.key(["api_keys:write"]);
    await expect(api.revokeApiKey(by(id))).resolves.toMatchObject({ status: "revoked" });
    await expect(api.revokeApiKey(by(id))).rejects.toMatchObject(REFUSED);
  });

  test("204 deletes: the key is refused and gone from the list, and its id is 404 for every verb", async () => {
    const organization = await freshOrganization(reelmark);
    const { api } = organization;
    const { id, api: byKey } = await organization.key();
    await api.deleteApiKey(by(id));
    await expect(byKey.getProfile()).rejects.toMatchObject(REFUSED);
    expect((await api.listApiKeys()).data).toEqual([]);
    const { good, refused } = await settle<unknown>([
      api.getApiKey(by(id)),
      api.updateApiKey({ ...by(id), body: { label: "x" } }),
      api.rotateApiKey({ ...by(id), body: {} }),
      api.revokeApiKey(by(id)),
      api.deleteApiKey(by(id)),
    ]);
    expect(good).toEqual([]);
    expect(refused.map((error) => `${error.status} ${error.code}`)).toEqual(Array(5).fill("404 NOT_FOUND"));
  });

  test("401 with one answer for an unknown, mistyped, revoked, expired and deleted key", async () => {
    const organization = await freshOrganization(reelmark);
    const attempt = (token: string) => send(reelmark, "GET", "/v1/profile", { token }).then(comparable);
    const [revoked, expired, deleted] = await Promise.all(times(3, () => organization.key()));
    await organization.api.revokeApiKey(by(revoked?.id ?? ""));
    await expire(expired?.id ?? "");
    await organization.api.deleteApiKey(by(deleted?.id ?? ""));
    // Made by another server with the same prefix: well formed, and never seen here.
    const elsewhere = await openTestApp();
    const { key: unknown } = await (await freshOrganization(elsewhere)).key();
    await elsewhere.close();

    const answer = await attempt(unknown);
    expect(answer).toMatchObject({ status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } });
    for (const one of [revoked, expired, deleted]) expect(await attempt(one?.key ?? "")).toEqual(answer);
    expect(await attempt(`${unknown.slice(0, -1)}${unknown.endsWith("0") ? "1" : "0"}`)).toEqual(answer);
    expect(await attempt("rm_short")).toEqual(answer);
  });
});

describe("rotating", () => {
  test("201 without overlap: a new key of the same label, scopes and end, and the old one is refused at once", async () => {
    const { api } = await freshOrganization(reelmark);
    const end = new Date(Date.now() + 3_600_000).toISOString();
    const old = await api.createApiKey({ body: { label: "Storefront", scopes: ["profile:read"], expires_at: end } });
    const next = await api.rotateApiKey({ ...by(old.id), body: {} });
    expect(next).toMatchObject({ label: "Storefront", scopes: ["profile:read"], expires_at: end, status: "active" });
    expect(next.id).not.toBe(old.id);
    expect(next.key).not.toBe(old.key);
    await expect(reelmark.api(old.key).getProfile()).rejects.toMatchObject(REFUSED);
    await expect(reelmark.api(next.key).getProfile()).resolves.toBeDefined();
  });

  test("201 with overlap: both work until it is over, and the old one's end never moves on", async () => {
    const organization = await freshOrganization(reelmark);
    const { id, api } = await organization.key();
    const next = await organization.api.rotateApiKey({ ...by(id), body: { overlap_seconds: 3600 } });
    await expect(api.getProfile()).resolves.toBeDefined();
    await expect(reelmark.api(next.key).getProfile()).resolves.toBeDefined();
    expect(next.expires_at).toBeNull();
    const old = await organization.api.getApiKey(by(id));
    const left = Date.parse(old.expires_at ?? "") - Date.now();
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_605_000);
    await organization.api.rotateApiKey({ ...by(id), body: { overlap_seconds: 604_800 } });
    expect((await organization.api.getApiKey(by(id))).expires_at).toBe(old.expires_at);
    await expire(id);
    await expect(api.getProfile()).rejects.toMatchObject(REFUSED);
    await expect(reelmark.api(next.key).getProfile()).resolves.toBeDefined();
  });

  test("201 for exactly one of several at once without overlap", async () => {
    const organization = await freshOrganization(reelmark);
    const { id } = await organization.key();
    const { good, refused } = await settle(times(5, () => organization.api.rotateApiKey({ ...by(id), body: {} })));
    expect(good).toHaveLength(1);
    expect(refused.map((error) => error.status)).toEqual(Array(4).fill(409));
    expect((await organization.api.listApiKeys({ query: { status: "active" } })).data).toHaveLength(1);
  });

  test("201 for a key that rotates itself; 400 for an overlap beyond seven days", async () => {
    const organization = await freshOrganization(reelmark);
    const { id, api } = await organization.key(["api_keys:write", "api_keys:read"]);
    const rotate = (overlap_seconds: number) => api.rotateApiKey({ ...by(id), body: { overlap_seconds } });
    for (const bad of [-1, 604_801, 1.5]) await expect(rotate(bad)).rejects.toMatchObject({ status: 400 });
    const next = await rotate(0);
    await expect(api.listApiKeys()).rejects.toMatchObject(REFUSED);
    await expect(reelmark.api(next.key).listApiKeys()).resolves.toMatchObject({ count: 2 });
  });
});

test("403 for a key on a key wider than itself, whatever the verb, and the wider one is untouched", async () => {
  const organization = await freshOrganization(reelmark);
  const wide = await organization.key(["brands:read", "brands:write"]);
  const { api } = await organization.key(["api_keys:read", "api_keys:write", "brands:read"]);
  const refused = { status: 403, code: "FORBIDDEN", details: { missing_scopes: ["brands:write"] } };
  await expect(api.updateApiKey({ ...by(wide.id), body: { scopes: ["brands:read"] } })).rejects.toMatchObject(refused);
  await expect(api.rotateApiKey({ ...by(wide.id), body: {} })).rejects.toMatchObject(refused);
  await expect(api.revokeApiKey(by(wide.id))).rejects.toMatchObject(refused);
  await expect(api.deleteApiKey(by(wide.id))).rejects.toMatchObject(refused);
  await expect(api.getApiKey(by(wide.id))).resolves.toMatchObject({ status: "active", expires_at: null });
  await expect(wide.api.listBrands()).resolves.toBeDefined();
});

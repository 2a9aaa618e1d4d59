import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { issuePaths, query, send, tablesHolding, times } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** CRC-32/ISO-HDLC from its definition (reflected 0x04C11DB7, all ones in and out), as 8 hex characters, big-endian. */
function crc32(text: string): string {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (~crc >>> 0).toString(16).padStart(8, "0");
}

describe("the key itself", () => {
  test("201 with rm_, 56 random hex characters and their checksum, shown this once", async () => {
    const { api } = await freshOrganization(reelmark);
    const made = await Promise.all(
      times(5, (i) => api.createApiKey({ body: { label: `k${i}`, scopes: ["brands:read"] } })),
    );
    expect(new Set(made.map(({ key }) => key)).size).toBe(5);
    for (const { key, prefix, id } of made) {
      expect(key).toMatch(/^rm_[0-9a-f]{64}$/);
      expect(key.slice(-8)).toBe(crc32(key.slice(0, -8)));
      expect(prefix).toBe(key.slice(0, 10));
      for (const again of [await api.getApiKey({ params: { api_key_id: id } }), (await api.listApiKeys()).data]) {
        expect(JSON.stringify(again)).not.toContain(key);
      }
    }
  });

  test("201 leaves the key in no column and no log line, the SHA-256 of all of it alone", async () => {
    const organization = await freshOrganization(reelmark);
    const { key } = await organization.key();
    await reelmark.api(key).getProfile();
    const rotated = await organization.api.createApiKey({
      body: { label: "idempotent", scopes: ["brands:read"] },
      headers: { "Idempotency-Key": "once" },
    });
    for (const secret of [key, rotated.key]) {
      expect(await tablesHolding(reelmark.databaseUrl, secret)).toEqual([]);
      expect(await tablesHolding(reelmark.databaseUrl, secret.slice(10))).toEqual([]);
      expect(JSON.stringify(reelmark.log)).not.toContain(secret.slice(10));
      const rows = await query(reelmark.databaseUrl, "select id from api_keys where key_hash = sha256($1::bytea)", [
        Buffer.from(secret),
      ]);
      expect(rows).toHaveLength(1);
    }
  });

  test("409 on a second try with the same Idempotency-Key names the key that was made, and makes no other", async () => {
    const { api } = await freshOrganization(reelmark);
    const call = { body: { label: "once", scopes: ["brands:read" as const] }, headers: { "Idempotency-Key": "k-1" } };
    const { id } = await api.createApiKey(call);
    await expect(api.createApiKey(call)).rejects.toMatchObject({ status: 409, details: { resource_id: id } });
    expect((await api.listApiKeys()).data.map((key) => key.id)).toEqual([id]);
  });

  test("201 with the operator's own prefix", async () => {
    const app = await openTestApp({ env: { API_KEY_PREFIX: "studio_" } });
    try {
      const organization = await freshOrganization(app);
      const { key, api } = await organization.key();
      expect(key).toMatch(/^studio_[0-9a-f]{64}$/);
      expect(key.slice(-8)).toBe(crc32(key.slice(0, -8)));
      await expect(api.getProfile()).resolves.toBeDefined();
      expect((await organization.api.listApiKeys()).data[0]?.prefix).toBe(key.slice(0, 14));
    } finally {
      await app.close();
    }
  });
});

describe("its scopes", () => {
  test("201 with exactly the scopes that were asked for", async () => {
    const organization = await freshOrganization(reelmark);
    const { api } = await organization.key(["brands:read", "profile:read"]);
    expect((await api.getProfile()).credential.scopes).toEqual(["brands:read", "profile:read"]);
    await expect(api.listPersonas()).rejects.toMatchObject({
      status: 403,
      code: "FORBIDDEN",
      details: { missing_scopes: ["personas:read"] },
    });
  });

  test.each([
    ["absent", undefined],
    ["empty", []],
    ["unknown", ["brands:admin"]],
    ["repeated", ["brands:read", "brands:read"]],
    ["a wildcard", ["*"]],
  ])("400 when they are %s", async (_what, scopes) => {
    const { token } = await freshOrganization(reelmark);
    const answer = await send(reelmark, "POST", "/v1/api-keys", { token, body: { label: "x", scopes } });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_ERROR" } } });
    for (const path of issuePaths(answer)) expect(path).toMatch(/^body\.scopes(\.0)?$/);
  });

  test("403 names every scope that a key would give away without having it", async () => {
    const organization = await freshOrganization(reelmark);
    const { api } = await organization.key(["api_keys:write", "brands:read"]);
    const wanted = ["brands:read", "brands:write", "personas:read"] as const;
    await expect(api.createApiKey({ body: { label: "wider", scopes: [...wanted] } })).rejects.toMatchObject({
      status: 403,
      details: { missing_scopes: ["brands:write", "personas:read"] },
    });
    await expect(api.createApiKey({ body: { label: "same", scopes: ["brands:read"] } })).resolves.toBeDefined();
  });

  test("403 for a session beyond its role", async () => {
    const { api, userId } = await freshOrganization(reelmark);
    await query(reelmark.databaseUrl, "update memberships set role = 'member' where user_id = $1", [userId]);
    await expect(
      api.createApiKey({ body: { label: "boss", scopes: ["brands:read", "billing:write"] } }),
    ).rejects.toMatchObject({ status: 403, details: { missing_scopes: ["billing:write"] } });
  });

  test("201 for posts:* out of publishing:*, which brings it, and 403 the other way round", async () => {
    const organization = await freshOrganization(reelmark);
    const wide = await organization.key(["api_keys:write", "publishing:write"]);
    await expect(wide.api.createApiKey({ body: { label: "p", scopes: ["posts:write"] } })).resolves.toBeDefined();
    const narrow = await organization.key(["api_keys:write", "posts:write"]);
    await expect(narrow.api.createApiKey({ body: { label: "p", scopes: ["publishing:write"] } })).rejects.toMatchObject(
      { status: 403 },
    );
  });
});

describe("its lifetime", () => {
  test("201 without an end, or with one in the future; 400 for one that has passed", async () => {
    const { api } = await freshOrganization(reelmark);
    const make = (expires_at?: string | null) =>
      api.createApiKey({
        body: { label: "x", scopes: ["brands:read"], ...(expires_at === undefined ? {} : { expires_at }) },
      });
    expect((await make()).expires_at).toBeNull();
    expect((await make(null)).expires_at).toBeNull();
    const end = inDays(1);
    expect((await make(end)).expires_at).toBe(end);
    await expect(make(inDays(-1))).rejects.toMatchObject({
      status: 400,
      details: { issues: [{ path: "body.expires_at" }] },
    });
    await expect(make("tomorrow")).rejects.toMatchObject({ status: 400 });
  });

  test("403 for a key that outlives the key that makes it, which says how long it may be; none given is the maker's", async () => {
    const { api } = await freshOrganization(reelmark);
    const end = inDays(2);
    const maker = await api.createApiKey({
      body: { label: "maker", scopes: ["api_keys:write", "brands:read"], expires_at: end },
    });
    const byKey = reelmark.api(maker.key);
    const make = (expires_at?: string) =>
      byKey.createApiKey({ body: { label: "x", scopes: ["brands:read"], ...(expires_at ? { expires_at } : {}) } });
    await expect(make(inDays(3))).rejects.toMatchObject({ status: 403, details: { latest_expires_at: end } });
    expect((await make()).expires_at).toBe(end);
    const sooner = inDays(1);
    const child = await make(sooner);
    expect(child.expires_at).toBe(sooner);
    await expect(
      byKey.updateApiKey({ params: { api_key_id: child.id }, body: { expires_at: inDays(3) } }),
    ).rejects.toMatchObject({ status: 403 });
    const patched = await byKey.updateApiKey({ params: { api_key_id: child.id }, body: { expires_at: null } });
    expect(patched.expires_at).toBe(end);
  });

  test("403 to rotate a key that outlives the caller: the new one would be in the caller's hands", async () => {
    const organization = await freshOrganization(reelmark);
    const forever = await organization.key(["brands:read"]);
    const scopes = ["api_keys:write" as const, "brands:read" as const];
    const brief = await organization.api.createApiKey({ body: { label: "brief", scopes, expires_at: inDays(1) } });
    const rotate = { params: { api_key_id: forever.id }, body: {} };
    await expect(reelmark.api(brief.key).rotateApiKey(rotate)).rejects.toMatchObject({
      status: 403,
      details: { latest_expires_at: brief.expires_at },
    });
    await expect(forever.api.listBrands()).resolves.toBeDefined();
  });
});

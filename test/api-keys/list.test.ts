import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

async function withKeys({ api }: TestOrganization, labels: readonly string[]) {
  const made = [];
  for (const label of labels) made.push(await api.createApiKey({ body: { label, scopes: ["brands:read"] } }));
  return made;
}

test("200 lists newest first, and by id gives the same", async () => {
  const organization = await freshOrganization(reelmark);
  const made = await withKeys(organization, ["first", "second", "third"]);
  const { data, count, next_cursor } = await organization.api.listApiKeys();
  expect(data.map(({ label }) => label)).toEqual(["third", "second", "first"]);
  expect({ count, next_cursor }).toEqual({ count: 3, next_cursor: null });
  for (const { key: _key, ...rest } of made) {
    expect(rest).toMatchObject({ status: "active", last_used_at: null, created_by: organization.userId });
    expect(data).toContainEqual(rest);
    await expect(organization.api.getApiKey({ params: { api_key_id: rest.id } })).resolves.toEqual(rest);
  }
});

test("200 filters by what a key is now", async () => {
  const organization = await freshOrganization(reelmark);
  const { api } = organization;
  const [active, revoked, expired, both] = await withKeys(organization, ["active", "revoked", "expired", "both"]);
  for (const key of [revoked, both]) await api.revokeApiKey({ params: { api_key_id: key?.id ?? "" } });
  await query(reelmark.databaseUrl, "update api_keys set expires_at = now() - interval '1 second' where id = any($1)", [
    [expired?.id, both?.id],
  ]);
  const labels = async (status: "active" | "revoked" | "expired") => {
    const page = await api.listApiKeys({ query: { status } });
    expect(page.count).toBe(page.data.length);
    for (const key of page.data) expect(key.status).toBe(status);
    return page.data.map(({ label }) => label);
  };
  expect(await labels("active")).toEqual([active?.label]);
  expect(await labels("revoked")).toEqual(["both", "revoked"]);
  expect(await labels("expired")).toEqual(["expired"]);
});

test("200 pages by cursor while keys are made and deleted: each once, none skipped", async () => {
  const organization = await freshOrganization(reelmark);
  const { api } = organization;
  const made = await withKeys(organization, ["a", "b", "c", "d", "e", "f", "g"]);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.listApiKeys({ query: { limit: 2, ...(cursor ? { cursor } : {}) } });
    if (cursor) expect(page).not.toHaveProperty("count");
    seen.push(...page.data.map(({ label }) => label));
    cursor = page.next_cursor ?? undefined;
    await withKeys(organization, ["new"]);
    // The last one seen goes: what points after it must not lose its place.
    const last = made.find(({ label }) => label === seen.at(-1));
    if (last) await api.deleteApiKey({ params: { api_key_id: last.id } });
  } while (cursor);
  expect(seen).toEqual(["g", "f", "e", "d", "c", "b", "a"]);
});

test("200 by offset, and 400 for a cursor of another list, one tampered with, or both together", async () => {
  const organization = await freshOrganization(reelmark);
  const { api } = organization;
  await withKeys(organization, ["a", "b", "c"]);
  const page = await api.listApiKeys({ query: { limit: 1, offset: 1 } });
  expect(page).toMatchObject({ data: [{ label: "b" }], count: 3 });
  const cursor = page.next_cursor ?? "";
  const bad = { status: 400, code: "VALIDATION_ERROR" };
  await expect(api.listPersonas({ query: { cursor } })).rejects.toMatchObject(bad);
  await expect(api.listApiKeys({ query: { cursor: cursor.slice(1) } })).rejects.toMatchObject(bad);
  await expect(api.listApiKeys({ query: { cursor, offset: 1 } })).rejects.toMatchObject(bad);
  await expect(api.listApiKeys({ query: { limit: 101 } })).rejects.toMatchObject(bad);
});

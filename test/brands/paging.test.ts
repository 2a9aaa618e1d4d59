import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { send, times } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

let made = 0;
const create = (api: Client) => {
  made++;
  return api.createBrand({ body: { name: `B${made}`, slug: `b${made}` } });
};

/** All pages by cursor; `between` happens after each. */
async function walk(api: Client, limit: number, between: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.listBrands({ query: { limit, ...(cursor ? { cursor } : {}) } });
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor ?? undefined;
    if (cursor) await between();
  } while (cursor);
  return seen;
}

test("200 pages by cursor at every page size: each brand once, in order, and null at the end", async () => {
  const { api } = await freshOrganization(reelmark);
  for (let i = 0; i < 6; i++) await create(api);
  const all = (await api.listBrands({ query: { limit: 100 } })).data.map(({ id }) => id);
  expect(all).toHaveLength(6);
  for (const limit of [1, 2, 3, 5, 6, 7]) expect(await walk(api, limit)).toEqual(all);
});

test("200 pages by cursor while brands are made and deleted: nothing is skipped or doubled", async () => {
  const { api } = await freshOrganization(reelmark);
  const [first, ...rest] = await Promise.all(times(8, () => create(api)));
  const lasting = rest.map(({ id }) => id);
  let deleted = false;
  const seen = await walk(api, 3, async () => {
    const removal = deleted ? [] : [api.deleteBrand({ params: { brand_id: first?.id ?? "" } })];
    deleted = true;
    await Promise.all([...removal, ...(made < 40 ? times(2, () => create(api)) : [])]);
  });
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.filter((id) => lasting.includes(id)).sort()).toEqual(lasting.sort());
});

test("200 by offset and limit with the count of all; 20 when nothing is said", async () => {
  const { api } = await freshOrganization(reelmark);
  for (let i = 0; i < 21; i++) await create(api);
  const { data, count, next_cursor } = await api.listBrands();
  expect({ length: data.length, count }).toEqual({ length: 20, count: 21 });
  expect(next_cursor).not.toBeNull();
  const tail = await api.listBrands({ query: { offset: 19, limit: 5 } });
  expect(tail.data.map(({ position }) => position)).toEqual([19, 20]);
  expect(tail).toMatchObject({ count: 21, next_cursor: null });
  expect(await api.listBrands({ query: { offset: 1000 } })).toEqual({ data: [], count: 21, next_cursor: null });
});

test("400, never 500, for cursors that this list did not give", async () => {
  const { api, token } = await freshOrganization(reelmark);
  for (let i = 0; i < 3; i++) await create(api);
  const { next_cursor } = await api.listBrands({ query: { limit: 1 } });
  const parts = JSON.parse(Buffer.from(next_cursor ?? "", "base64url").toString()) as unknown[];
  const bad = ["x", "\0", "9".repeat(30), "-1", "1.5", "", null, 7, { a: 1 }].map((value) =>
    Buffer.from(JSON.stringify(parts.with(1, value))).toString("base64url"),
  );
  bad.push(Buffer.from(JSON.stringify(parts.with(2, "\0"))).toString("base64url"));
  bad.push(Buffer.from(JSON.stringify(parts.with(2, "\ud800"))).toString("base64url"));
  for (const cursor of [...bad, "AAAA", "%00", "not+base64"]) {
    const answer = await send(reelmark, "GET", `/v1/brands?cursor=${cursor}`, { token });
    expect(answer, cursor).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_ERROR" } } });
  }
});

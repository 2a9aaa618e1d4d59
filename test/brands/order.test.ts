import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { settle, times } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

async function withBrands(api: Client, n: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < n; i++) ids.push((await api.createBrand({ body: { name: `B${i}`, slug: `b${i}` } })).id);
  return ids;
}
const order = async (api: Client) => (await api.listBrands({ query: { limit: 100 } })).data.map(({ id }) => id);
const positions = async (api: Client) =>
  (await api.listBrands({ query: { limit: 100 } })).data.map(({ position }) => position);

test("200 answers with all brands in the new order, and the list has it; a second time is the same", async () => {
  const { api } = await freshOrganization(reelmark);
  const ids = await withBrands(api, 4);
  const wanted = [...ids].reverse();
  const first = await api.reorderBrands({ body: { brand_ids: wanted } });
  expect(first.data.map(({ id, position }) => [id, position])).toEqual(wanted.map((id, i) => [id, i]));
  expect(await order(api)).toEqual(wanted);
  expect(await api.reorderBrands({ body: { brand_ids: wanted } })).toEqual(first);
  const { position } = await api.createBrand({ body: { name: "Last", slug: "last" } });
  expect(position).toBe(4);
});

test("409 names what is missing and what is unknown, another organization's brand among it, and nothing moves", async () => {
  const { api } = await freshOrganization(reelmark);
  const other = await freshOrganization(reelmark);
  const [a = "", b = "", c = ""] = await withBrands(api, 3);
  const [foreign = ""] = await withBrands(other.api, 1);
  const never = "brd_00000000000000000000000000";
  await expect(api.reorderBrands({ body: { brand_ids: [c, foreign, never, a] } })).rejects.toMatchObject({
    status: 409,
    code: "CONFLICT",
    details: { missing: [b], unknown: [foreign, never] },
  });
  await expect(api.reorderBrands({ body: { brand_ids: [] } })).rejects.toMatchObject({ status: 409 });
  expect(await order(api)).toEqual([a, b, c]);
});

test("400 for an id given twice, or one that is no brand's", async () => {
  const { api } = await freshOrganization(reelmark);
  const [a = "", b = ""] = await withBrands(api, 2);
  for (const brand_ids of [
    [a, b, a],
    [a, "per_00000000000000000000000000"],
    [a, "b"],
  ]) {
    await expect(api.reorderBrands({ body: { brand_ids } })).rejects.toMatchObject({
      status: 400,
      code: "VALIDATION_ERROR",
    });
  }
});

test("201 for brands made at once gives each a place of its own", async () => {
  const { api } = await freshOrganization(reelmark);
  const { refused } = await settle(times(12, (i) => api.createBrand({ body: { name: `B${i}`, slug: `b${i}` } })));
  expect(refused).toEqual([]);
  expect(await positions(api)).toEqual(Array.from({ length: 12 }, (_, i) => i));
});

test("200 for all of several orders at once: the last is one of them, whole", async () => {
  const { api } = await freshOrganization(reelmark);
  const ids = await withBrands(api, 5);
  const orders = ids.map((_, i) => [...ids.slice(i), ...ids.slice(0, i)]);
  const { refused } = await settle(orders.map((brand_ids) => api.reorderBrands({ body: { brand_ids } })));
  expect(refused).toEqual([]);
  expect(orders).toContainEqual(await order(api));
  expect(await positions(api)).toEqual([0, 1, 2, 3, 4]);
});

test("200 for orders and changes of the same brands at once: none waits for the other until both fail", async () => {
  const { api } = await freshOrganization(reelmark);
  const ids = await withBrands(api, 6);
  const backwards = [...ids].reverse();
  const calls = Array.from({ length: 4 }, (_, round): Promise<unknown>[] => [
    api.reorderBrands({ body: { brand_ids: round % 2 ? ids : backwards } }),
    ...ids.map((id) => api.updateBrand({ params: { brand_id: id }, body: { name: `round ${round}` } })),
  ]);
  const { refused } = await settle(calls.flat());
  expect(refused).toEqual([]);
});

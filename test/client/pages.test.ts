import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openTestApp();
});
afterAll(() => app.close());

async function withBrands(n: number) {
  const { api } = await freshOrganization(app);
  for (let at = 0; at < n; at++) await api.createBrand({ body: { name: `Brand ${at}`, slug: `brand-${at}` } });
  return api;
}
const gathered = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const lists = () => app.seen.filter(({ operation }) => operation === "listBrands").length;

test("every item of every page comes once, in order", async () => {
  const api = await withBrands(7);
  const before = lists();
  const all = await gathered(api.listBrands.all({ query: { limit: 3 } }));
  expect(all.map(({ slug }) => slug)).toEqual(Array.from({ length: 7 }, (_, at) => `brand-${at}`));
  expect(lists() - before).toBe(3);
});

test("an empty list ends at once, and filters hold on every page", async () => {
  const api = await withBrands(5);
  expect(await gathered(api.listPersonas.all())).toEqual([]);
  for (const { id, slug } of await gathered(api.listBrands.all()))
    if (slug !== "brand-2") await api.updateBrand({ params: { brand_id: id }, body: { status: "archived" } });
  const archived = await gathered(api.listBrands.all({ query: { status: "archived", limit: 2 } }));
  expect(archived.map(({ slug }) => slug)).toEqual(["brand-0", "brand-1", "brand-3", "brand-4"]);
});

test("what is deleted and added meanwhile shifts nothing: the others come once each", async () => {
  const api = await withBrands(6);
  const seen: string[] = [];
  for await (const { id, slug } of api.listBrands.all({ query: { limit: 2 } })) {
    seen.push(slug);
    await api.deleteBrand({ params: { brand_id: id } });
  }
  expect(seen).toEqual(Array.from({ length: 6 }, (_, at) => `brand-${at}`));
});

test("leaving the loop asks for no more pages; an error ends it", async () => {
  const api = await withBrands(5);
  const before = lists();
  for await (const _ of api.listBrands.all({ query: { limit: 2 } })) break;
  expect(lists() - before).toBe(1);
  const refused = gathered(api.listBrands.all({ query: { cursor: "nonsense" } }));
  await expect(refused).rejects.toMatchObject({ operationId: "listBrands", code: "VALIDATION_ERROR" });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

test("201 with defaults, then 200 by id and in the list", async () => {
  const { api } = await freshOrganization(reelmark);
  const brand = await api.createBrand({ body: { name: "Orange Cat", slug: "orange-cat" } });
  expect(brand).toMatchObject({ timezone: "UTC", status: "active", position: 0, description: null });
  await expect(api.getBrand({ params: { brand_id: brand.id } })).resolves.toEqual(brand);
  await expect(api.listBrands()).resolves.toEqual({ data: [brand], count: 1, next_cursor: null });
});

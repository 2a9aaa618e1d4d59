import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { issuePaths, query, send, settle, times } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

const CAT = { name: "Orange Cat", slug: "orange-cat" };
const by = (id: string) => ({ params: { brand_id: id } });
const path = (id: string) => `/v1/brands/${id}`;

describe("creating", () => {
  test("201 with defaults, then 200 by id and in the list", async () => {
    const { api } = await freshOrganization(reelmark);
    const brand = await api.createBrand({ body: CAT });
    expect(brand).toMatchObject({ timezone: "UTC", status: "active", position: 0, description: null });
    await expect(api.getBrand(by(brand.id))).resolves.toEqual(brand);
    await expect(api.listBrands()).resolves.toEqual({ data: [brand], count: 1, next_cursor: null });
  });

  test("201 with Location, which is the brand", async () => {
    const { token } = await freshOrganization(reelmark);
    const made = await send(reelmark, "POST", "/v1/brands", { token, body: CAT });
    const location = made.headers.get("location") ?? "";
    expect(await send(reelmark, "GET", location.replace("/api", ""), { token })).toMatchObject({ body: made.body });
  });

  test("201 for exactly one of several with one slug at once, 409 for the rest; another organization may have it", async () => {
    const { api } = await freshOrganization(reelmark);
    const { good, refused } = await settle(times(5, () => api.createBrand({ body: CAT })));
    expect(good).toHaveLength(1);
    expect(refused.map((error) => `${error.status} ${error.code}`)).toEqual(Array(4).fill("409 CONFLICT"));
    expect((await api.listBrands()).count).toBe(1);
    const other = await freshOrganization(reelmark);
    await expect(other.api.createBrand({ body: CAT })).resolves.toMatchObject({ slug: CAT.slug });
  });

  test.each(["Europe/Zurich", "America/Argentina/Buenos_Aires", "UTC"])("201 in the time zone %s", async (timezone) => {
    const { api } = await freshOrganization(reelmark);
    await expect(api.createBrand({ body: { ...CAT, timezone } })).resolves.toMatchObject({ timezone });
  });

  test.each<[string, object]>([
    ["timezone", { timezone: "Mars/Olympus" }],
    ["timezone", { timezone: "+02:00" }],
    ["timezone", { timezone: "" }],
    ["slug", { slug: "Orange-Cat" }],
    ["slug", { slug: "orange--cat" }],
    ["slug", { slug: "-orange" }],
    ["slug", { slug: "orange cat" }],
    ["name", { name: "   " }],
    ["name", { name: "x".repeat(81) }],
    ["name", { name: "null \0 byte" }],
    ["position", { position: 3 }],
    ["status", { status: "archived" }],
  ])("400 names body.%s for %j", async (field, change) => {
    const { token } = await freshOrganization(reelmark);
    const answer = await send(reelmark, "POST", "/v1/brands", { token, body: { ...CAT, ...change } });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_ERROR" } } });
    expect(issuePaths(answer)).toEqual(new Set([`body.${field}`]));
  });
});

describe("updating", () => {
  test("200 keeps what is absent and clears what is null", async () => {
    const { api } = await freshOrganization(reelmark);
    const brand = await api.createBrand({ body: { ...CAT, description: "Coffee", timezone: "Europe/Zurich" } });
    const renamed = await api.updateBrand({ ...by(brand.id), body: { name: "Grey Cat" } });
    const { updated_at: _before, ...kept } = brand;
    expect(renamed).toMatchObject({ ...kept, name: "Grey Cat" });
    const cleared = await api.updateBrand({ ...by(brand.id), body: { description: null } });
    expect(cleared).toMatchObject({ ...kept, name: "Grey Cat", description: null });
    await expect(api.getBrand(by(brand.id))).resolves.toEqual(cleared);
  });

  test("400 for the slug, which is immutable, for null where there must be a value, and nothing is changed", async () => {
    const { api, token } = await freshOrganization(reelmark);
    const brand = await api.createBrand({ body: CAT });
    for (const body of [{ slug: "other" }, { slug: CAT.slug }, { name: null }, { timezone: null }, { position: 1 }]) {
      const answer = await send(reelmark, "PATCH", path(brand.id), { token, body });
      expect(answer).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_ERROR" } } });
    }
    await expect(api.getBrand(by(brand.id))).resolves.toEqual(brand);
  });

  test("200 archives and brings back; the list filters by it", async () => {
    const { api } = await freshOrganization(reelmark);
    const [kept, gone] = [
      await api.createBrand({ body: CAT }),
      await api.createBrand({ body: { name: "Old", slug: "old" } }),
    ];
    await expect(api.updateBrand({ ...by(gone.id), body: { status: "archived" } })).resolves.toMatchObject({
      status: "archived",
    });
    const ids = async (status: "active" | "archived") => {
      const { data, count } = await api.listBrands({ query: { status } });
      expect(count).toBe(data.length);
      return data.map((brand) => brand.id);
    };
    expect(await ids("active")).toEqual([kept.id]);
    expect(await ids("archived")).toEqual([gone.id]);
    await api.updateBrand({ ...by(gone.id), body: { status: "active" } });
    expect(await ids("active")).toEqual([kept.id, gone.id]);
  });

  test("200 for all of several patches at once of different fields: none is lost", async () => {
    const { api } = await freshOrganization(reelmark);
    const { id } = await api.createBrand({ body: CAT });
    const patches = [
      { name: "New" },
      { description: "New" },
      { timezone: "Asia/Tokyo" },
      { status: "archived" as const },
    ];
    const { refused } = await settle(patches.map((body) => api.updateBrand({ ...by(id), body })));
    expect(refused).toEqual([]);
    await expect(api.getBrand(by(id))).resolves.toMatchObject(Object.assign({}, ...patches));
  });
});

describe("versions", () => {
  test("304 for If-None-Match of the present version, 200 with another tag after a change", async () => {
    const { api, token } = await freshOrganization(reelmark);
    const { id } = await api.createBrand({ body: CAT });
    const read = (tag?: string) =>
      send(reelmark, "GET", path(id), { token, ...(tag ? { headers: { "if-none-match": tag } } : {}) });
    const tag = (await read()).headers.get("etag") ?? "";
    expect(tag).toMatch(/^"[^"]+"$/);
    for (const header of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const unchanged = await read(header);
      expect(unchanged).toMatchObject({ status: 304, body: undefined });
      expect(unchanged.headers.get("etag")).toBe(tag);
    }
    await api.updateBrand({ ...by(id), body: { name: "Changed" } });
    const changed = await read(tag);
    expect(changed.status).toBe(200);
    expect(changed.headers.get("etag")).not.toBe(tag);
  });

  test("412 on an If-Match that is out of date, for a patch and a delete, and nothing happens", async () => {
    const { api, token } = await freshOrganization(reelmark);
    const { id } = await api.createBrand({ body: CAT });
    const patch = (tag: string, name: string) =>
      send(reelmark, "PATCH", path(id), { token, headers: { "if-match": tag }, body: { name } });
    const tag = (await send(reelmark, "GET", path(id), { token })).headers.get("etag") ?? "";
    const updated = await patch(tag, "First");
    expect(updated.status).toBe(200);
    for (const old of [tag, `W/${updated.headers.get("etag")}`]) {
      expect(await patch(old, "Second")).toMatchObject({
        status: 412,
        body: { error: { code: "PRECONDITION_FAILED" } },
      });
      const del = await send(reelmark, "DELETE", path(id), { token, headers: { "if-match": old } });
      expect(del.status).toBe(412);
    }
    expect(await patch("*", "Third")).toMatchObject({ status: 200 });
    const now = (await send(reelmark, "GET", path(id), { token })).headers.get("etag") ?? "";
    const gone = await send(reelmark, "DELETE", path(id), { token, headers: { "if-match": now } });
    expect(gone.status).toBe(204);
  });

  test("200 for exactly one of several patches at once with one If-Match", async () => {
    const { api, token } = await freshOrganization(reelmark);
    const { id } = await api.createBrand({ body: CAT });
    const tag = (await send(reelmark, "GET", path(id), { token })).headers.get("etag") ?? "";
    const answers = await Promise.all(
      times(6, (i) =>
        send(reelmark, "PATCH", path(id), { token, headers: { "if-match": tag }, body: { name: `n${i}` } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
  });
});

describe("deleting", () => {
  test("204, then 404 for every verb; the slug is free again", async () => {
    const { api } = await freshOrganization(reelmark);
    const { id } = await api.createBrand({ body: CAT });
    await api.deleteBrand(by(id));
    const missing = { status: 404, code: "NOT_FOUND" };
    await expect(api.getBrand(by(id))).rejects.toMatchObject(missing);
    await expect(api.updateBrand({ ...by(id), body: { name: "x" } })).rejects.toMatchObject(missing);
    await expect(api.deleteBrand(by(id))).rejects.toMatchObject(missing);
    await expect(api.createBrand({ body: CAT })).resolves.toBeDefined();
  });

  test("409 while the brand has personas, and both stay; 204 once they are gone", async () => {
    const { api } = await freshOrganization(reelmark);
    const { id } = await api.createBrand({ body: CAT });
    const persona = await api.createPersona({ body: { brand_id: id, name: "Nora" } });
    await expect(api.deleteBrand(by(id))).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
    await expect(api.getPersona({ params: { persona_id: persona.id } })).resolves.toEqual(persona);
    await api.deletePersona({ params: { persona_id: persona.id } });
    await expect(api.deleteBrand(by(id))).resolves.toBeUndefined();
  });

  test("204 or 409, never an orphan, when a persona is made at the same moment", async () => {
    const { api, organizationId } = await freshOrganization(reelmark);
    for (let round = 0; round < 5; round++) {
      const { id } = await api.createBrand({ body: { name: "Race", slug: `race-${round}` } });
      const { refused } = await settle<unknown>([
        api.createPersona({ body: { brand_id: id, name: "Nora" } }),
        api.deleteBrand(by(id)),
      ]);
      expect(refused).toHaveLength(1);
      expect(["createPersona 404", "deleteBrand 409"]).toContain(`${refused[0]?.operationId} ${refused[0]?.status}`);
    }
    const orphans = await query(
      reelmark.databaseUrl,
      "select id from personas p where org_id = $1 and not exists (select from brands b where b.id = p.brand_id)",
      [organizationId],
    );
    expect(orphans).toEqual([]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { comparable, issuePaths, send, settle, times } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

const by = (id: string) => ({ params: { persona_id: id } });

async function studio() {
  const organization = await freshOrganization(reelmark);
  const { api } = organization;
  const [cat, dog] = [
    await api.createBrand({ body: { name: "Cat", slug: "cat" } }),
    await api.createBrand({ body: { name: "Dog", slug: "dog" } }),
  ];
  return { ...organization, cat: cat.id, dog: dog.id };
}

describe("creating", () => {
  test("201 with defaults, and with all there is to say; then 200 by id", async () => {
    const { api, cat } = await studio();
    const plain = await api.createPersona({ body: { brand_id: cat, name: "Nora" } });
    expect(plain).toMatchObject({
      brand_id: cat,
      name: "Nora",
      bio: null,
      voice: null,
      avatar_url: null,
      status: "active",
    });
    const body = { brand_id: cat, name: "Ünï ☕", bio: "b", voice: "v", avatar_url: "https://cdn.example.com/n.png" };
    const full = await api.createPersona({ body });
    expect(full).toMatchObject(body);
    await expect(api.getPersona(by(full.id))).resolves.toEqual(full);
  });

  test("409 for a name that the brand has, and for all but one at once; another brand may have it", async () => {
    const { api, cat, dog } = await studio();
    const { good, refused } = await settle(
      times(5, () => api.createPersona({ body: { brand_id: cat, name: "Nora" } })),
    );
    expect(good).toHaveLength(1);
    expect(refused.map((error) => `${error.status} ${error.code}`)).toEqual(Array(4).fill("409 CONFLICT"));
    await expect(api.createPersona({ body: { brand_id: dog, name: "Nora" } })).resolves.toBeDefined();
  });

  test("409 in an archived brand, 201 once it is active again", async () => {
    const { api, cat } = await studio();
    const set = (status: "active" | "archived") => api.updateBrand({ params: { brand_id: cat }, body: { status } });
    await set("archived");
    const create = () => api.createPersona({ body: { brand_id: cat, name: "Nora" } });
    await expect(create()).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
    await set("active");
    await expect(create()).resolves.toBeDefined();
  });

  test("404 for another organization's brand, as for one that is not there", async () => {
    const { token } = await studio();
    const other = await studio();
    const create = (brand_id: string) =>
      send(reelmark, "POST", "/v1/personas", { token, body: { brand_id, name: "Nora" } }).then(comparable);
    const foreign = await create(other.cat);
    expect(foreign).toMatchObject({ status: 404 });
    expect(await create("brd_00000000000000000000000000")).toEqual(foreign);
    expect((await other.api.listPersonas()).count).toBe(0);
  });

  test.each([
    ["avatar_url", "http://cdn.example.com/n.png"],
    ["avatar_url", "javascript:alert(1)"],
    ["avatar_url", "HTTPS:nothing"],
    ["name", ""],
    ["brand_id", "cat"],
    ["brand_id", null],
  ])("400 names body.%s for %j", async (field, value) => {
    const { token, cat } = await studio();
    const body = { brand_id: cat, name: "Nora", [field]: value };
    const answer = await send(reelmark, "POST", "/v1/personas", { token, body });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_ERROR" } } });
    expect(issuePaths(answer)).toEqual(new Set([`body.${field}`]));
  });
});

describe("listing", () => {
  test("200 newest first; filters by brand, status and name in any case, alone and together", async () => {
    const { api, cat, dog } = await studio();
    const create = (brand_id: string, name: string) => api.createPersona({ body: { brand_id, name } });
    await create(cat, "Nora Lindt");
    const archived = await create(cat, "Nora Berg");
    await create(dog, "Leonora");
    await create(dog, "100% Tim_my");
    await api.updatePersona({ ...by(archived.id), body: { status: "archived" } });
    const names = async (query: NonNullable<Parameters<typeof api.listPersonas>[0]>["query"] & object) => {
      const { data, count } = await api.listPersonas({ query });
      expect(count).toBe(data.length);
      return data.map(({ name }) => name);
    };
    expect(await names({})).toEqual(["100% Tim_my", "Leonora", "Nora Berg", "Nora Lindt"]);
    expect(await names({ brand_id: cat })).toEqual(["Nora Berg", "Nora Lindt"]);
    expect(await names({ status: "archived" })).toEqual(["Nora Berg"]);
    expect(await names({ name: "NORA" })).toEqual(["Leonora", "Nora Berg", "Nora Lindt"]);
    expect(await names({ name: "%" })).toEqual(["100% Tim_my"]);
    expect(await names({ name: "_" })).toEqual(["100% Tim_my"]);
    expect(await names({ name: "nora", brand_id: cat, status: "active" })).toEqual(["Nora Lindt"]);
    expect(await names({ brand_id: "brd_00000000000000000000000000" })).toEqual([]);
  });

  test("200 pages by cursor under a filter while personas are made: each once", async () => {
    const { api, cat, dog } = await studio();
    const wanted: string[] = [];
    for (let i = 0; i < 5; i++) {
      wanted.unshift((await api.createPersona({ body: { brand_id: cat, name: `Cat ${i}` } })).id);
      await api.createPersona({ body: { brand_id: dog, name: `Dog ${i}` } });
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await api.listPersonas({ query: { brand_id: cat, limit: 2, ...(cursor ? { cursor } : {}) } });
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor ?? undefined;
      await api.createPersona({ body: { brand_id: cat, name: `Late ${seen.length}` } });
    } while (cursor);
    expect(seen).toEqual(wanted);
  });
});

describe("updating and deleting", () => {
  test("200 keeps what is absent and clears what is null; 400 to move it to another brand", async () => {
    const { api, token, cat, dog } = await studio();
    const body = { brand_id: cat, name: "Nora", bio: "b", voice: "v", avatar_url: "https://cdn.example.com/n.png" };
    const { id } = await api.createPersona({ body });
    const cleared = await api.updatePersona({ ...by(id), body: { bio: null, avatar_url: null } });
    expect(cleared).toMatchObject({ name: "Nora", bio: null, voice: "v", avatar_url: null, status: "active" });
    const moved = await send(reelmark, "PATCH", `/v1/personas/${id}`, { token, body: { brand_id: dog } });
    expect(moved).toMatchObject({ status: 400 });
    await expect(api.getPersona(by(id))).resolves.toEqual(cleared);
  });

  test("409 when the new name is taken in the brand; its own name is no conflict", async () => {
    const { api, cat } = await studio();
    await api.createPersona({ body: { brand_id: cat, name: "Nora" } });
    const { id } = await api.createPersona({ body: { brand_id: cat, name: "Tim" } });
    await expect(api.updatePersona({ ...by(id), body: { name: "Nora" } })).rejects.toMatchObject({ status: 409 });
    await expect(api.updatePersona({ ...by(id), body: { name: "Tim" } })).resolves.toMatchObject({ name: "Tim" });
  });

  test("204, then 404 for every verb, and the name is free again", async () => {
    const { api, cat } = await studio();
    const { id } = await api.createPersona({ body: { brand_id: cat, name: "Nora" } });
    await api.deletePersona(by(id));
    const missing = { status: 404, code: "NOT_FOUND" };
    await expect(api.getPersona(by(id))).rejects.toMatchObject(missing);
    await expect(api.updatePersona({ ...by(id), body: { name: "x" } })).rejects.toMatchObject(missing);
    await expect(api.deletePersona(by(id))).rejects.toMatchObject(missing);
    await expect(api.createPersona({ body: { brand_id: cat, name: "Nora" } })).resolves.toBeDefined();
  });

  test("304 while it is as it was; 412 on an If-Match that is out of date", async () => {
    const { api, token, cat } = await studio();
    const { id } = await api.createPersona({ body: { brand_id: cat, name: "Nora" } });
    const path = `/v1/personas/${id}`;
    const tag = (await send(reelmark, "GET", path, { token })).headers.get("etag") ?? "";
    expect((await send(reelmark, "GET", path, { token, headers: { "if-none-match": tag } })).status).toBe(304);
    await api.updatePersona({ ...by(id), body: { voice: "low" } });
    const late = { token, headers: { "if-match": tag } };
    expect((await send(reelmark, "PATCH", path, { ...late, body: { voice: "high" } })).status).toBe(412);
    expect((await send(reelmark, "DELETE", path, late)).status).toBe(412);
    await expect(api.getPersona(by(id))).resolves.toMatchObject({ voice: "low" });
  });
});

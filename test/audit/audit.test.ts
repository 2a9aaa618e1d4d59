import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { holder } from "../organizations/held.ts";
import { memberOf, sql } from "../organizations/people.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";

let reelmark: TestApp;
const holding = holder();
beforeAll(async () => {
  reelmark = await openTestApp({ backend: holding.backend });
});
afterAll(() => reelmark.close());

const brand = (slug: string) => ({ body: { name: `Brand ${slug}`, slug } });
const count = async () =>
  (await sql<{ total: string }>(reelmark, "select count(*) as total from audit_events"))[0]?.total;

test("none for what was refused or failed: 400, 401, 403, 404, 409, 412, and a commit that fails", async () => {
  const owner = await freshOrganization(reelmark);
  const viewer = await memberOf(reelmark, owner.organizationId, "viewer");
  const made = await owner.api.createBrand(brand("taken"));
  const before = await count();
  const params = { brand_id: made.id };
  const refusals: [number, () => Promise<unknown>][] = [
    [400, () => owner.api.createBrand({ body: { name: "", slug: "x" } })],
    [401, () => reelmark.api("nonsense").createBrand(brand("a"))],
    [401, () => reelmark.api().login({ body: { email: owner.email, password: "not the password" } })],
    [403, () => viewer.api.createBrand(brand("b"))],
    [403, () => owner.api.changePassword({ body: { current_password: "wrong", new_password: "long enough, this" } })],
    [404, () => owner.api.deleteBrand({ params: { brand_id: "brd_01k4zn8w3v7q2m5t9r6x0h1czz" } })],
    [409, () => owner.api.createBrand(brand("taken"))],
    [412, () => owner.api.updateBrand({ params, body: { name: "New" }, headers: { "If-Match": '"another"' } })],
  ];
  for (const [status, call] of refusals) await expect(call()).rejects.toMatchObject({ status });
  holding.failNext();
  await expect(owner.api.createBrand(brand("lost"))).rejects.toMatchObject({ status: 500 });
  expect(await count()).toBe(before);
  await expect(owner.api.listBrands()).resolves.toMatchObject({ count: 1 });
});

test("none for a read, and one for a replayed request, which was done once", async () => {
  const owner = await freshOrganization(reelmark);
  await owner.api.listBrands();
  const headers = { "Idempotency-Key": "once" };
  for (let n = 0; n < 3; n++) await owner.api.createBrand({ ...brand("once"), headers });
  const { data } = await owner.api.listAuditEvents();
  expect(data.map(({ operation }) => operation)).toEqual(["createBrand", "signUp"]);
});

async function history(): Promise<TestOrganization & { other: string; brandIds: string[] }> {
  const owner = await freshOrganization(reelmark);
  const admin = await memberOf(reelmark, owner.organizationId, "admin");
  const brandIds = [];
  for (const slug of ["one", "two", "three"]) brandIds.push((await owner.api.createBrand(brand(slug))).id);
  const params = { brand_id: brandIds[1] ?? "" };
  await admin.api.updateBrand({ params, body: { name: "Changed" } });
  await admin.api.deleteBrand({ params });
  return { ...owner, other: admin.userId, brandIds };
}

test("200 newest first, filtered by operation, user, resource and time, alone and together", async () => {
  const { api, userId, other, brandIds } = await history();
  const operations = async (query: NonNullable<Parameters<typeof api.listAuditEvents>[0]>["query"] = {}) => {
    const { data, count } = await api.listAuditEvents({ query });
    expect(count).toBe(data.length);
    return data.map(({ operation }) => operation);
  };
  const creations = ["createBrand", "createBrand", "createBrand"];
  expect(await operations()).toEqual(["deleteBrand", "updateBrand", ...creations, "signUp", "signUp"]);
  expect(await operations({ operation: "createBrand" })).toEqual(creations);
  expect(await operations({ user_id: other })).toEqual(["deleteBrand", "updateBrand", "signUp"]);
  expect(await operations({ resource_id: brandIds[1] ?? "" })).toEqual(["deleteBrand", "updateBrand", "createBrand"]);
  expect(await operations({ resource_id: brandIds[1] ?? "", user_id: userId })).toEqual(["createBrand"]);
  const { data } = await api.listAuditEvents();
  const update = data[1]?.created_at ?? "";
  expect(await operations({ since: update })).toEqual(
    data.filter(({ created_at }) => created_at >= update).map(({ operation }) => operation),
  );
  expect(await operations({ until: update })).toEqual(
    data.filter(({ created_at }) => created_at < update).map(({ operation }) => operation),
  );
  expect(await operations({ since: update, until: update })).toEqual([]);
});

test("200 pages by cursor: nothing twice and nothing skipped, though events are added meanwhile", async () => {
  const { api } = await history();
  const all = (await api.listAuditEvents()).data.map(({ id }) => id);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.listAuditEvents({ query: { limit: 3, ...(cursor ? { cursor } : {}) } });
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor ?? undefined;
    await api.createBrand(brand(`later-${seen.length}`));
  } while (cursor);
  expect(seen).toEqual(all);
});

test("403 without audit:read, by role and by key; 200 with it alone", async () => {
  const owner = await freshOrganization(reelmark);
  for (const role of ["member", "viewer"] as const) {
    const { api } = await memberOf(reelmark, owner.organizationId, role);
    await expect(api.listAuditEvents(), role).rejects.toMatchObject({
      status: 403,
      details: { missing_scopes: ["audit:read"] },
    });
  }
  const without = await owner.key(["organization:read", "organization:write", "brands:read"]);
  await expect(without.api.listAuditEvents()).rejects.toMatchObject({ status: 403 });
  const auditor = await owner.key(["audit:read"]);
  await expect(auditor.api.listAuditEvents()).resolves.toMatchObject({ count: 5 });
});

test("another organization's events are invisible, whatever is filtered for", async () => {
  const owner = await freshOrganization(reelmark);
  const foreign = await history();
  for (const query of [{}, { user_id: foreign.userId }, { resource_id: foreign.brandIds[0] ?? "" }]) {
    const { data } = await owner.api.listAuditEvents({ query });
    expect(data.filter(({ actor }) => actor.user_id !== owner.userId)).toEqual([]);
  }
});

test("the server's own role can add to the record and read its organization's; it can change and remove nothing", async () => {
  const { organizationId } = await history();
  const client = new pg.Client({ connectionString: reelmark.databaseUrl });
  await client.connect();
  try {
    await client.query("set role reelmark_app");
    await client.query("select set_config('app.org_id', $1, false)", [organizationId]);
    const own = await client.query("select distinct org_id from audit_events");
    expect(own.rows).toEqual([{ org_id: organizationId }]);
    for (const text of [
      "update audit_events set operation = 'nothing'",
      "delete from audit_events",
      "truncate audit_events",
      "alter table audit_events disable row level security",
      "drop table audit_events",
      "insert into issuers (id, issuer, algorithms, audience, jwks_url) values ('iss_x', 'x', '{}', 'x', 'x')",
    ]) {
      await expect(client.query(text), text).rejects.toMatchObject({ code: "42501" });
    }
    const insert = `insert into audit_events (id, org_id, operation, actor_kind, fields, request_id)
      values ('evt_' || md5(random()::text), $1, 'x', 'session', '{}', 'r')`;
    await expect(client.query(insert, ["org_of_somebody_else"])).rejects.toMatchObject({ code: "42501" });
    await expect(client.query(insert, [organizationId])).resolves.toMatchObject({ rowCount: 1 });
  } finally {
    await client.end();
  }
});

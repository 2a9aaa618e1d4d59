import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { holder, overlapping, waitingForLock } from "./held.ts";
import { actingFor, memberOf, openInvitation, sql } from "./people.ts";

let reelmark: TestApp;
const holding = holder();
beforeAll(async () => {
  reelmark = await openTestApp({ backend: holding.backend });
});
afterAll(() => reelmark.close());

const UNKNOWN = "usr_01k4zn8w3v7q2m5t9r6x0h1czz";
const params = (person: { userId: string }) => ({ user_id: person.userId });
const statuses = (results: PromiseSettledResult<unknown>[]) =>
  results.map((one) => (one.status === "fulfilled" ? 200 : (one.reason as { status?: number }).status));

test("200 pages through every member once, by offset and by cursor, and filters by role", async () => {
  const owner = await freshOrganization(reelmark);
  const people = [owner.userId];
  for (const role of ["admin", "member", "member", "viewer"] as const) {
    people.push((await memberOf(reelmark, owner.organizationId, role)).userId);
  }
  const all = await owner.api.listMembers();
  expect(all.data.map(({ user_id }) => user_id)).toEqual(people);
  expect(all).toMatchObject({ count: 5, next_cursor: null });
  const byCursor: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await owner.api.listMembers({ query: { limit: 2, ...(cursor ? { cursor } : {}) } });
    byCursor.push(...page.data.map(({ user_id }) => user_id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  expect(byCursor).toEqual(people);
  const last = await owner.api.listMembers({ query: { offset: 4 } });
  expect(last.data.map(({ user_id }) => user_id)).toEqual(people.slice(4));
  const members = await owner.api.listMembers({ query: { role: "member" } });
  expect(members.data.map(({ user_id }) => user_id)).toEqual(people.slice(2, 4));
  expect(members.count).toBe(2);
});

test("404 for a user of another organization, the same as for an unknown one", async () => {
  const owner = await freshOrganization(reelmark);
  const foreign = await freshOrganization(reelmark);
  for (const user of [foreign.userId, UNKNOWN]) {
    const change = owner.api.updateMember({ params: { user_id: user }, body: { role: "viewer" } });
    await expect(change).rejects.toMatchObject({ status: 404 });
    await expect(owner.api.removeMember({ params: { user_id: user } })).rejects.toMatchObject({ status: 404 });
  }
  await expect(foreign.api.listMembers()).resolves.toMatchObject({ data: [{ role: "owner" }] });
});

test("403 for an admin who would make, unmake or remove an owner; 200 among those at most admin", async () => {
  const owner = await freshOrganization(reelmark);
  const admin = await memberOf(reelmark, owner.organizationId, "admin");
  const member = await memberOf(reelmark, owner.organizationId, "member");
  for (const call of [
    () => admin.api.updateMember({ params: params(member), body: { role: "owner" } }),
    () => admin.api.updateMember({ params: params(admin), body: { role: "owner" } }),
    () => admin.api.updateMember({ params: params(owner), body: { role: "viewer" } }),
    () => admin.api.removeMember({ params: params(owner) }),
  ]) {
    await expect(call()).rejects.toMatchObject({
      status: 403,
      details: { role: "admin", needed_role: "owner" },
    });
  }
  const changed = await admin.api.updateMember({ params: params(member), body: { role: "admin" } });
  expect(changed).toMatchObject({ user_id: member.userId, role: "admin" });
  await expect(member.api.removeMember({ params: params(admin) })).resolves.toBeUndefined();
});

test("409 when the last owner would be demoted, removed or would leave; 200 once there is another", async () => {
  const owner = await freshOrganization(reelmark);
  const admin = await memberOf(reelmark, owner.organizationId, "admin");
  const calls = [
    () => owner.api.updateMember({ params: params(owner), body: { role: "admin" } }),
    () => owner.api.removeMember({ params: params(owner) }),
    () => owner.api.leaveOrganization(),
  ];
  for (const call of calls) await expect(call()).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  await owner.api.updateMember({ params: params(admin), body: { role: "owner" } });
  await owner.api.leaveOrganization();
  await expect(admin.api.listMembers()).resolves.toMatchObject({ count: 1, data: [{ role: "owner" }] });
});

test("one owner stays when two demote, remove or leave at once", async () => {
  const pairs: ((a: Owner, b: Owner) => [() => Promise<unknown>, () => Promise<unknown>])[] = [
    (a, b) => [
      () => a.api.updateMember({ params: params(b), body: { role: "viewer" } }),
      () => b.api.updateMember({ params: params(a), body: { role: "viewer" } }),
    ],
    (a, b) => [
      () => a.api.removeMember({ params: params(b) }),
      () => b.api.updateMember({ params: params(a), body: { role: "admin" } }),
    ],
    (a, b) => [() => a.api.leaveOrganization(), () => b.api.leaveOrganization()],
    (a, b) => [
      () => a.api.deleteAccount({ query: { confirm: a.name } }),
      () => b.api.deleteAccount({ query: { confirm: b.name } }),
    ],
    (a, b) => [() => a.api.leaveOrganization(), () => b.api.deleteAccount({ query: { confirm: b.name } })],
  ];
  type Owner = Awaited<ReturnType<typeof memberOf>>;
  for (const calls of pairs) {
    const founder = await freshOrganization(reelmark);
    const a = await memberOf(reelmark, founder.organizationId, "owner");
    const b = await memberOf(reelmark, founder.organizationId, "owner");
    await founder.api.leaveOrganization();
    const [first, second] = calls(a, b);
    expect(statuses(await overlapping(reelmark, holding, first, second))).toEqual([200, 409]);
    const owners = await sql(reelmark, "select 1 from memberships where org_id = $1 and role = 'owner'", [
      founder.organizationId,
    ]);
    expect(owners).toHaveLength(1);
  }
});

test("409 for someone who is made the only owner after their request to leave began", async () => {
  const owner = await freshOrganization(reelmark);
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const client = new pg.Client({ connectionString: reelmark.databaseUrl });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("select id from organizations where id = $1 for no key update", [owner.organizationId]);
    const leaving = expect(member.api.leaveOrganization()).rejects.toMatchObject({ status: 409 });
    await waitingForLock(reelmark); // it was let in as a member's
    await client.query(
      "update memberships set role = case when user_id = $2 then 'owner' else 'viewer' end where org_id = $1",
      [owner.organizationId, member.userId],
    );
    await client.query("commit");
    await leaving;
  } finally {
    await client.end();
  }
});

test("a demotion narrows sessions and keys from the next request on, and a promotion widens them again", async () => {
  const owner = await freshOrganization(reelmark);
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const made = await member.api.createApiKey({ body: { label: "k", scopes: ["brands:read", "brands:write"] } });
  const key = reelmark.api(made.key);
  const brand = (slug: string) => ({ body: { name: slug, slug } });
  await key.createBrand(brand("one"));
  await owner.api.updateMember({ params: params(member), body: { role: "viewer" } });
  for (const api of [key, member.api]) {
    await expect(api.createBrand(brand("two"))).rejects.toMatchObject({
      status: 403,
      details: { missing_scopes: ["brands:write"] },
    });
    await expect(api.listBrands()).resolves.toMatchObject({ count: 1 });
  }
  await expect(key.getProfile()).rejects.toMatchObject({ status: 403 });
  await expect(member.api.getProfile()).resolves.toMatchObject({ organization: { role: "viewer" } });
  await owner.api.updateMember({ params: params(member), body: { role: "member" } });
  await expect(key.createBrand(brand("three"))).resolves.toBeDefined();
});

test("204 ends a removed member's keys for good, also when they are invited again; their sessions lose the organization", async () => {
  const owner = await freshOrganization(reelmark);
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const made = await member.api.createApiKey({ body: { label: "k", scopes: ["brands:read"] } });
  const key = reelmark.api(made.key);
  await expect(key.listBrands()).resolves.toBeDefined();
  await owner.api.removeMember({ params: params(member) });

  await expect(key.listBrands()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });
  await expect(member.api.listBrands()).rejects.toMatchObject({ status: 403 });
  const named = member.api.listBrands({ headers: actingFor(owner.organizationId) });
  await expect(named).rejects.toMatchObject({ status: 403 });
  await expect(member.api.listOrganizations()).resolves.toEqual({ data: [] });

  const { token } = await openInvitation(reelmark, owner.organizationId, member.email, "member");
  await member.api.acceptInvitation({ body: { token } });
  await expect(member.api.listBrands()).resolves.toBeDefined();
  await expect(key.listBrands()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });
  await expect(owner.api.getApiKey({ params: { api_key_id: made.id } })).resolves.toMatchObject({ status: "revoked" });
});

test("a key that is made while its user is removed ends with the others", async () => {
  const owner = await freshOrganization(reelmark);
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const create = () => member.api.createApiKey({ body: { label: "late", scopes: ["brands:read"] } });
  const remove = () => owner.api.removeMember({ params: params(member) });
  const [made] = await overlapping(reelmark, holding, create, remove);
  if (made.status === "rejected") throw made.reason;
  await expect(owner.api.getApiKey({ params: { api_key_id: made.value.id } })).resolves.toMatchObject({
    status: "revoked",
  });
  const back = await openInvitation(reelmark, owner.organizationId, member.email, "member");
  await member.api.acceptInvitation({ body: { token: back.token } });
  const [removed, refused] = await overlapping(reelmark, holding, remove, create);
  expect(statuses([removed, refused])).toEqual([200, 403]);
});

test("204 lets a member leave: their keys end, the others stay", async () => {
  const owner = await freshOrganization(reelmark);
  const member = await memberOf(reelmark, owner.organizationId, "admin");
  const made = await member.api.createApiKey({ body: { label: "k", scopes: ["brands:read"] } });
  const others = await owner.key();
  await member.api.leaveOrganization();
  await expect(reelmark.api(made.key).listBrands()).rejects.toMatchObject({ status: 401 });
  await expect(member.api.getOrganization()).rejects.toMatchObject({ status: 403 });
  await expect(others.api.listMembers()).resolves.toMatchObject({ count: 1, data: [{ user_id: owner.userId }] });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { holder, overlapping } from "./held.ts";
import { actingFor, memberOf, sql } from "./people.ts";

let reelmark: TestApp;
const holding = holder();
beforeAll(async () => {
  reelmark = await openTestApp({ backend: holding.backend });
});
afterAll(() => reelmark.close());

const DELETE = "Test Studio";

test("201 makes the caller the owner of a second organization, and both are listed, oldest membership first", async () => {
  const { api, organizationId } = await freshOrganization(reelmark);
  const second = await api.createOrganization({ body: { name: "Second Studio" } });
  expect(second).toMatchObject({ name: "Second Studio", role: "owner", plan: "scale" });
  const { data } = await api.listOrganizations();
  expect(data.map(({ id }) => id)).toEqual([organizationId, second.id]);
  await expect(api.getOrganization({ headers: actingFor(second.id) })).resolves.toEqual(second);
});

test("201 once for one Idempotency-Key: the retry is answered with the same organization", async () => {
  const { api, organizationId } = await freshOrganization(reelmark);
  const headers = { "Idempotency-Key": "make-one" };
  const first = await api.createOrganization({ body: { name: "Once" }, headers });
  // The first call put the user into a second organization, so that none is named by itself any more.
  await expect(api.createOrganization({ body: { name: "Once" }, headers })).resolves.toEqual(first);
  const named = { ...headers, ...actingFor(organizationId) };
  await expect(api.createOrganization({ body: { name: "Once" }, headers: named })).resolves.toEqual(first);
  await expect(api.createOrganization({ body: { name: "Twice" }, headers })).rejects.toMatchObject({
    status: 409,
    code: "IDEMPOTENCY_MISMATCH",
  });
  expect((await api.listOrganizations()).data).toHaveLength(2);
});

test("200 a new name is there for the next reader, and 403 for a member, who may only read it", async () => {
  const owner = await freshOrganization(reelmark);
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const changed = await owner.api.updateOrganization({ body: { name: "Renamed" } });
  await expect(member.api.getOrganization()).resolves.toEqual({ ...changed, role: "member" });
  await expect(member.api.updateOrganization({ body: { name: "Mine" } })).rejects.toMatchObject({ status: 403 });
});

test("412 for the second of two writers who hold the same version, each with their own credential", async () => {
  const owner = await freshOrganization(reelmark);
  const other = await memberOf(reelmark, owner.organizationId, "owner");
  // A version is what a reader is given, and the two are given the same: both are owners.
  const { response } = await owner.api.GET("/v1/organization");
  const headers = { "If-Match": response.headers.get("etag") ?? "" };
  const write = ({ api }: Pick<typeof other, "api">) => api.updateOrganization({ body: { name: "New" }, headers });
  const [first, second] = await overlapping(
    reelmark,
    holding,
    () => write(owner),
    () => write(other),
  );
  expect(first).toMatchObject({ status: "fulfilled" });
  expect(second).toMatchObject({ status: "rejected", reason: { status: 412, code: "PRECONDITION_FAILED" } });
});

test("204 deletes everything in it: brands, personas, keys, memberships; another organization stays as it is", async () => {
  const owner = await freshOrganization(reelmark);
  const neighbour = await freshOrganization(reelmark);
  const theirs = await neighbour.api.createBrand({ body: { name: "Stays", slug: "stays" } });
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const key = await owner.key();
  const brand = await owner.api.createBrand({ body: { name: "Gone", slug: "gone" } });
  await owner.api.createPersona({ body: { brand_id: brand.id, name: "Gone" } });
  await owner.api.createInvitation({ body: { email: "gone@reelmark.example", role: "member" } });

  await owner.api.deleteOrganization({ query: { confirm: DELETE } });

  await expect(key.api.listBrands()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });
  await expect(member.api.listBrands()).rejects.toMatchObject({ status: 403 });
  await expect(member.api.listOrganizations()).resolves.toEqual({ data: [] });
  await expect(owner.api.listOrganizations()).resolves.toEqual({ data: [] });
  const tables = ["memberships", "api_keys", "brands", "personas", "invitations", "idempotency_records"];
  for (const table of tables) {
    const rows = await sql(reelmark, `select 1 from ${table} where org_id = $1`, [owner.organizationId]);
    expect(rows, table).toHaveLength(0);
  }
  await expect(neighbour.api.getBrand({ params: { brand_id: theirs.id } })).resolves.toEqual(theirs);
});

test("400 unless confirm is the exact name, and nothing is gone", async () => {
  const { api } = await freshOrganization(reelmark);
  for (const confirm of ["test studio", "Test Studio ", "Test"]) {
    await expect(api.deleteOrganization({ query: { confirm } })).rejects.toMatchObject({
      status: 400,
      details: { issues: [{ path: "query.confirm" }] },
    });
  }
  await expect(api.getOrganization()).resolves.toMatchObject({ name: DELETE });
});

test("403 for everybody but owners, and for a key of the owner with every scope", async () => {
  const owner = await freshOrganization(reelmark);
  for (const role of ["admin", "member", "viewer"] as const) {
    const { api } = await memberOf(reelmark, owner.organizationId, role);
    await expect(api.deleteOrganization({ query: { confirm: DELETE } }), role).rejects.toMatchObject({
      status: 403,
      code: "FORBIDDEN",
    });
  }
  const key = await owner.key();
  await expect(key.api.deleteOrganization({ query: { confirm: DELETE } })).rejects.toMatchObject({ status: 403 });
  await expect(owner.api.getOrganization()).resolves.toMatchObject({ name: DELETE });
});

test("a user without an organization keeps the account: user-level operations work, scoped ones are 403", async () => {
  const { api, userId } = await freshOrganization(reelmark);
  await api.deleteOrganization({ query: { confirm: DELETE } });
  await expect(api.listSessions()).resolves.toMatchObject({ count: 1 });
  await expect(api.listBrands()).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
  await expect(api.leaveOrganization()).rejects.toMatchObject({ status: 403 });
  const headers = { "Idempotency-Key": "again" };
  const again = await api.createOrganization({ body: { name: "Again" }, headers });
  await expect(api.listMembers()).resolves.toMatchObject({ data: [{ user_id: userId, role: "owner" }] });
  await expect(api.createOrganization({ body: { name: "Again" }, headers })).resolves.toEqual(again);
});

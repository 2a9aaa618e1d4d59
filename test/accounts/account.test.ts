import { afterAll, beforeAll, expect, test } from "vitest";
import { memberOf, sql } from "../organizations/people.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

const dead = { status: 401, code: "UNAUTHORIZED" };
const login = async ({ email, password }: { email: string; password: string }) => {
  const session = await reelmark.api().login({ body: { email, password } });
  return { api: reelmark.api(session.access_token), refreshToken: session.refresh_token };
};

test("200 lists one's sessions, newest first, with the present one marked; ended ones are gone", async () => {
  const user = await freshOrganization(reelmark);
  await freshOrganization(reelmark);
  const second = await login(user);
  const third = await login(user);
  const { data, count } = await second.api.listSessions();
  expect(count).toBe(3);
  expect(data.map(({ current }) => current)).toEqual([false, true, false]);
  expect(data.map(({ id }) => id)).toEqual(
    data
      .map(({ id }) => id)
      .sort()
      .reverse(),
  );
  const pages = await second.api.listSessions({ query: { limit: 2 } });
  const rest = await second.api.listSessions({ query: { cursor: pages.next_cursor ?? "" } });
  expect([...pages.data, ...rest.data]).toEqual(data);
  await third.api.logout();
  await sql(reelmark, "update sessions set expires_at = now() where id = $1", [data[2]?.id]);
  await expect(second.api.listSessions()).resolves.toMatchObject({ count: 1, data: [{ current: true }] });
});

test("204 ends a session of one's own from its next request on, its refresh token too", async () => {
  const user = await freshOrganization(reelmark);
  const other = await login(user);
  const { data } = await user.api.listSessions();
  const session_id = data.find(({ current }) => !current)?.id ?? "";
  await user.api.endSession({ params: { session_id } });
  await expect(other.api.getProfile()).rejects.toMatchObject(dead);
  const refresh = reelmark.api().refreshSession({ body: { refresh_token: other.refreshToken } });
  await expect(refresh).rejects.toMatchObject(dead);
  await expect(user.api.endSession({ params: { session_id } })).rejects.toMatchObject({ status: 404 });
  const own = data.find(({ current }) => current)?.id ?? "";
  await user.api.endSession({ params: { session_id: own } });
  await expect(user.api.getProfile()).rejects.toMatchObject(dead);
});

test("404 for another user's session, of the same organization too, and it goes on", async () => {
  const owner = await freshOrganization(reelmark);
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const { data } = await member.api.listSessions();
  const session_id = data[0]?.id ?? "";
  await expect(owner.api.endSession({ params: { session_id } })).rejects.toMatchObject({ status: 404 });
  await expect(member.api.getProfile()).resolves.toBeDefined();
});

test("204 deletes the account: keys, sessions and log-in are dead; what was made in the organization stays", async () => {
  const owner = await freshOrganization(reelmark);
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const key = await member.api.createApiKey({ body: { label: "k", scopes: ["brands:read"] } });
  const brand = await member.api.createBrand({ body: { name: "Stays", slug: "stays" } });
  const invited = await memberOf(reelmark, owner.organizationId, "admin");
  await member.api.deleteAccount({ query: { confirm: member.name } });

  await expect(member.api.listSessions()).rejects.toMatchObject(dead);
  await expect(reelmark.api(key.key).listBrands()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });
  const refresh = reelmark.api().refreshSession({ body: { refresh_token: member.refreshToken } });
  await expect(refresh).rejects.toMatchObject(dead);
  const again = login({ email: member.email, password: "correct horse battery staple" });
  await expect(again).rejects.toMatchObject(dead);
  await expect(sql(reelmark, "select 1 from users where id = $1", [member.userId])).resolves.toHaveLength(0);
  await expect(owner.api.listBrands()).resolves.toMatchObject({ data: [brand] });
  const { data } = await owner.api.listMembers();
  expect(data.map(({ user_id }) => user_id)).toEqual([owner.userId, invited.userId]);
});

test("400 unless confirm is the user's exact name, and the account is there", async () => {
  const { api } = await freshOrganization(reelmark);
  for (const confirm of ["test owner", "Test Owner ", "Test Studio"]) {
    await expect(api.deleteAccount({ query: { confirm } })).rejects.toMatchObject({
      status: 400,
      details: { issues: [{ path: "query.confirm" }] },
    });
  }
  await expect(api.getProfile()).resolves.toBeDefined();
});

test("409 names the organizations of which the user is the last owner; 204 once they are handed over or deleted", async () => {
  const owner = await freshOrganization(reelmark);
  const second = await owner.api.createOrganization({ body: { name: "Second" } });
  const admin = await memberOf(reelmark, owner.organizationId, "admin");
  const remove = () => owner.api.deleteAccount({ query: { confirm: "Test Owner" } });
  const acting = { "X-Organization-Id": owner.organizationId };
  await expect(remove()).rejects.toMatchObject({
    status: 409,
    details: { organizations: [owner.organizationId, second.id] },
  });
  await owner.api.updateMember({ params: { user_id: admin.userId }, body: { role: "owner" }, headers: acting });
  await expect(remove()).rejects.toMatchObject({ status: 409, details: { organizations: [second.id] } });
  await owner.api.deleteOrganization({ query: { confirm: "Second" }, headers: { "X-Organization-Id": second.id } });
  await remove();
  await expect(admin.api.listMembers()).resolves.toMatchObject({ data: [{ user_id: admin.userId, role: "owner" }] });
});

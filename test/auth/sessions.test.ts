import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { comparable, query, send } from "../setup/support.ts";

let reelmark: TestApp;
let later = 0;
beforeAll(async () => {
  reelmark = await openTestApp({ clock: () => Date.now() + later });
});
beforeEach(() => {
  later = 0;
});
afterAll(() => reelmark.close());

const EXPIRED = { status: 401, code: "UNAUTHORIZED" };

describe("logging out", () => {
  test("204, and from the next request on 401 for the access token and the refresh token", async () => {
    const { api, refreshToken } = await freshOrganization(reelmark);
    await expect(api.logout()).resolves.toBeUndefined();
    await expect(api.getProfile()).rejects.toMatchObject(EXPIRED);
    await expect(reelmark.api().refreshSession({ body: { refresh_token: refreshToken } })).rejects.toMatchObject(
      EXPIRED,
    );
    await expect(api.logout()).rejects.toMatchObject(EXPIRED);
  });

  test("204 ends this session alone: others of the user, and their keys, go on", async () => {
    const organization = await freshOrganization(reelmark);
    const { email, password } = organization;
    const key = await organization.key();
    const other = await reelmark.api().login({ body: { email, password } });
    await organization.api.logout();
    await expect(reelmark.api(other.access_token).getProfile()).resolves.toBeDefined();
    await expect(key.api.getProfile()).resolves.toBeDefined();
  });

  test("403 with an API key: a key is no session", async () => {
    const { key } = await freshOrganization(reelmark);
    const { api } = await key();
    await expect(api.logout()).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
    await expect(api.getProfile()).resolves.toBeDefined();
  });
});

describe("the end of an access token", () => {
  test("200 until its 15 minutes are over, then 401 with a challenge, and the refresh token gives the next", async () => {
    const { api, token, refreshToken } = await freshOrganization(reelmark);
    later = 895_000;
    await expect(api.getProfile()).resolves.toBeDefined();
    later = 910_000;
    const refused = await send(reelmark, "GET", "/v1/profile", { token });
    expect(refused).toMatchObject({ status: 401, body: { error: { code: "UNAUTHORIZED" } } });
    expect(refused.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    const next = await reelmark.api().refreshSession({ body: { refresh_token: refreshToken } });
    await expect(reelmark.api(next.access_token).getProfile()).resolves.toBeDefined();
  });

  test("401 when the session has ended in the database, however long the token has to live", async () => {
    const { api, userId } = await freshOrganization(reelmark);
    const expire = "update sessions set expires_at = now() where user_id = $1";
    await query(reelmark.databaseUrl, expire, [userId]);
    await expect(api.getProfile()).rejects.toMatchObject(EXPIRED);
  });
});

describe("what a session may do", () => {
  test("403 from the next request on when its user's role is cut, 200 again when it is given back", async () => {
    const { api, userId } = await freshOrganization(reelmark);
    const become = (role: string) =>
      query(reelmark.databaseUrl, "update memberships set role = $2 where user_id = $1", [userId, role]);
    await become("viewer");
    await expect(api.createBrand({ body: { name: "No", slug: "no" } })).rejects.toMatchObject({
      status: 403,
      details: { missing_scopes: ["brands:write"] },
    });
    await expect(api.getProfile()).resolves.toMatchObject({ organization: { role: "viewer" } });
    await become("owner");
    await expect(api.createBrand({ body: { name: "Yes", slug: "yes" } })).resolves.toBeDefined();
  });

  test("403 once its user is a member of no organization", async () => {
    const { api, userId } = await freshOrganization(reelmark);
    await query(reelmark.databaseUrl, "delete from memberships where user_id = $1", [userId]);
    await expect(api.getProfile()).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
  });
});

describe("a user in several organizations", () => {
  async function inTwo() {
    const [own, second] = [await freshOrganization(reelmark), await freshOrganization(reelmark)];
    const join = "insert into memberships (org_id, user_id, role) values ($1, $2, 'viewer')";
    await query(reelmark.databaseUrl, join, [second.organizationId, own.userId]);
    return { own, second };
  }

  test("200 acts for the organization that X-Organization-Id names, with the role held there", async () => {
    const { own, second } = await inTwo();
    const brand = await second.api.createBrand({ body: { name: "Theirs", slug: "theirs" } });
    const at = (id: string) => ({ headers: { "X-Organization-Id": id } });
    await expect(own.api.listBrands(at(own.organizationId))).resolves.toMatchObject({ data: [] });
    await expect(own.api.listBrands(at(second.organizationId))).resolves.toMatchObject({ data: [{ id: brand.id }] });
    const more = { body: { name: "More", slug: "more" } };
    await expect(own.api.createBrand({ ...more, ...at(second.organizationId) })).rejects.toMatchObject({ status: 403 });
    await expect(own.api.createBrand({ ...more, ...at(own.organizationId) })).resolves.toBeDefined();
  });

  test("400 when none is named, and the issue names the header", async () => {
    const { own } = await inTwo();
    await expect(own.api.listBrands()).rejects.toMatchObject({
      status: 400,
      details: { issues: [{ path: "headers.x-organization-id", code: "required" }] },
    });
  });

  test("403 with one answer for an organization that is another's and for one that is not there", async () => {
    const { own } = await inTwo();
    const stranger = await freshOrganization(reelmark);
    const at = async (id: string) =>
      comparable(await send(reelmark, "GET", "/v1/brands", { token: own.token, headers: { "x-organization-id": id } }));
    const foreign = await at(stranger.organizationId);
    expect(foreign).toMatchObject({ status: 403 });
    expect(await at("org_00000000000000000000000000")).toEqual(foreign);
  });

  test("403 for a key outside its own organization, 200 when it names its own", async () => {
    const { own, second } = await inTwo();
    const join = "insert into memberships (org_id, user_id, role) values ($1, $2, 'owner')";
    await query(reelmark.databaseUrl, join, [own.organizationId, second.userId]);
    const made = await own.api.createApiKey({
      body: { label: "own", scopes: ["brands:read"] },
      headers: { "X-Organization-Id": own.organizationId },
    });
    const at = (id: string) =>
      send(reelmark, "GET", "/v1/brands", { token: made.key, headers: { "x-organization-id": id } });
    expect(await at(second.organizationId)).toMatchObject({ status: 403 });
    expect(await at(own.organizationId)).toMatchObject({ status: 200 });
    await expect(reelmark.api(made.key).listBrands()).resolves.toBeDefined();
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { send } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

test("200 says who a session is, for which organization, with every scope of its role", async () => {
  const { api, email, userId, organizationId } = await freshOrganization(reelmark);
  const profile = await api.getProfile();
  expect(profile).toMatchObject({
    user: { id: userId, email, name: "Test Owner" },
    organization: { id: organizationId, name: "Test Studio", role: "owner" },
    credential: { kind: "session" },
  });
  expect(profile.credential.scopes).toEqual(expect.arrayContaining(["organization:write", "billing:write"]));
});

test("200 says which key it is and what that key may do, for the same user", async () => {
  const organization = await freshOrganization(reelmark);
  const { id, api } = await organization.key(["profile:read"]);
  const profile = await api.getProfile();
  expect(profile.credential).toEqual({ kind: "api_key", id, scopes: ["profile:read"] });
  expect(profile.user.id).toBe(organization.userId);
});

test("200 changes the name, seen by every credential; an empty patch changes nothing", async () => {
  const organization = await freshOrganization(reelmark);
  const { api: byKey } = await organization.key(["profile:read", "profile:write"]);
  await expect(organization.api.updateProfile({ body: { name: "Nora Lindt" } })).resolves.toMatchObject({
    user: { name: "Nora Lindt", email: organization.email },
  });
  await expect(byKey.updateProfile({ body: {} })).resolves.toMatchObject({ user: { name: "Nora Lindt" } });
  await expect(byKey.getProfile()).resolves.toMatchObject({ user: { name: "Nora Lindt" } });
});

test("400 for a blank name, null, or a field that is not the user's to change; 403 without the scope", async () => {
  const organization = await freshOrganization(reelmark);
  for (const body of [{ name: "  " }, { name: null }, { email: "x@y.example" }, { role: "owner" }]) {
    const answer = await send(reelmark, "PATCH", "/v1/profile", { token: organization.token, body });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_ERROR" } } });
  }
  const { api } = await organization.key(["profile:read"]);
  await expect(api.updateProfile({ body: { name: "x" } })).rejects.toMatchObject({ status: 403 });
});

test("304 while the profile is as it was; 412 and no change on an If-Match that is out of date", async () => {
  const { token } = await freshOrganization(reelmark);
  const tag = (await send(reelmark, "GET", "/v1/profile", { token })).headers.get("etag") ?? "";
  const unchanged = { token, headers: { "if-none-match": tag } };
  expect(await send(reelmark, "GET", "/v1/profile", unchanged)).toMatchObject({ status: 304, body: undefined });
  const rename = (name: string) =>
    send(reelmark, "PATCH", "/v1/profile", { token, headers: { "if-match": tag }, body: { name } });
  expect(await rename("Second")).toMatchObject({ status: 200 });
  expect(await rename("Third")).toMatchObject({ status: 412, body: { error: { code: "PRECONDITION_FAILED" } } });
  const now = await send(reelmark, "GET", "/v1/profile", unchanged);
  expect(now).toMatchObject({ status: 200, body: { user: { name: "Second" } } });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp({ env: { SIGN_UP: "first-user-only" } });
});
afterAll(() => reelmark.close());

test("201 to 401: sign up, make a key, build with it, rotate it, revoke it, log out", async () => {
  const person = { email: "nora@orangecat.example", password: "correct horse battery staple" };
  const signedUp = await reelmark
    .api()
    .signUp({ body: { ...person, name: "Nora Lindt", organization_name: "Orange Cat Studio" } });
  const session = reelmark.api(signedUp.access_token);

  const first = await session.createApiKey({
    body: { label: "Studio", scopes: ["brands:read", "brands:write", "personas:read", "personas:write"] },
  });
  const studio = reelmark.api(first.key);
  const brand = await studio.createBrand({ body: { name: "Orange Cat Coffee", slug: "orange-cat-coffee" } });
  const persona = await studio.createPersona({ body: { brand_id: brand.id, name: "Studio Nora" } });

  const second = await session.rotateApiKey({ params: { api_key_id: first.id }, body: {} });
  await expect(studio.listPersonas()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });
  const rotated = reelmark.api(second.key);
  await expect(rotated.listPersonas()).resolves.toEqual({ data: [persona], count: 1, next_cursor: null });
  await expect(session.listBrands()).resolves.toEqual({ data: [brand], count: 1, next_cursor: null });

  await session.revokeApiKey({ params: { api_key_id: second.id } });
  await expect(rotated.listPersonas()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });
  const keys = await session.listApiKeys();
  expect(keys.data.map(({ id, status }) => [id, status])).toEqual([
    [second.id, "revoked"],
    [first.id, "revoked"],
  ]);

  await session.logout();
  await expect(session.getProfile()).rejects.toMatchObject({ status: 401, code: "UNAUTHORIZED" });
  const back = await reelmark.api().login({ body: person });
  await expect(reelmark.api(back.access_token).getPersona({ params: { persona_id: persona.id } })).resolves.toEqual(
    persona,
  );
  const failures = await query(reelmark.databaseUrl, "select key from login_failures");
  expect(failures).toEqual([]);
});

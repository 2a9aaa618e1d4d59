import { randomBytes } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp } from "../setup/app.ts";
import { adminOn, query, recorded } from "./cli.ts";

let one: TestApp;
let two: TestApp;
let admin: ReturnType<typeof adminOn>;
beforeAll(async () => {
  one = await openTestApp();
  two = await openTestApp({ databaseUrl: one.databaseUrl });
  admin = adminOn(one.databaseUrl);
});
afterAll(async () => {
  await two.close();
  await one.close();
});

const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const published = async (app: TestApp): Promise<string[]> => {
  const response = await app.fetch(new Request(`${PUBLIC_URL}/.well-known/jwks.json`));
  const { keys } = (await response.json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
};
const profile = (app: TestApp, token: string) => app.api(token).getProfile();
const login = (app: TestApp, { email, password }: { email: string; password: string }) =>
  app.api().login({ body: { email, password } });

test("rotate-signing-key: the new key signs at once on every server, and tokens of the old one live on", async () => {
  const owner = await freshOrganization(one);
  await profile(two, owner.token);
  const run = await admin("rotate-signing-key --json");
  expect(run).toMatchObject({ code: 0, err: "" });
  const { kid } = JSON.parse(run.out);

  for (const app of [one, two]) {
    const { access_token } = await login(app, owner);
    expect(kidOf(access_token)).toBe(kid);
    for (const where of [one, two]) {
      await expect(profile(where, access_token)).resolves.toBeDefined();
      await expect(profile(where, owner.token)).resolves.toBeDefined();
    }
    expect(await published(app)).toEqual([kid, kidOf(owner.token)]);
  }
  const [old] = await query<{ hours: number }>(
    one.databaseUrl,
    "select extract(epoch from retired_at - now()) / 3600 as hours from signing_keys where retired_at is not null",
  );
  expect(Number(old?.hours)).toBeGreaterThan(24);
});

test("rotate-signing-key --retire-old: older tokens are refused from the next request on, and sessions live on by refresh", async () => {
  const owner = await freshOrganization(one);
  for (const app of [one, two]) await expect(profile(app, owner.token)).resolves.toBeDefined();
  const { kid, retired } = JSON.parse((await admin("rotate-signing-key --retire-old --json")).out);
  expect(retired).toBe(2);

  for (const app of [one, two]) {
    await expect(profile(app, owner.token)).rejects.toMatchObject({ status: 401, code: "UNAUTHORIZED" });
  }
  const next = await two.api().refreshSession({ body: { refresh_token: owner.refreshToken } });
  expect(kidOf(next.access_token)).toBe(kid);
  for (const app of [one, two]) await expect(profile(app, next.access_token)).resolves.toBeDefined();
  const last = (await recorded(one.databaseUrl)).at(-1);
  expect(last).toMatchObject({
    operation: "admin.rotate-signing-key",
    org_id: "",
    resource_id: kid,
    fields: ["retire_old"],
  });
});

test("what is published follows, also where nobody logs in", async () => {
  const { kid } = JSON.parse((await admin("rotate-signing-key --retire-old --json")).out);
  for (const app of [one, two]) await expect.poll(() => published(app), { timeout: 10_000 }).toEqual([kid]);
});

test("rotate-signing-key is refused with an encryption key that is not the server's, and changes nothing", async () => {
  const { kid } = JSON.parse((await admin("rotate-signing-key --retire-old --json")).out);
  // What is published follows within a second.
  await expect.poll(() => published(one), { timeout: 10_000 }).toEqual([kid]);
  const run = await adminOn(one.databaseUrl, [{ id: "other", key: randomBytes(32) }])("rotate-signing-key");
  expect(run).toMatchObject({ code: 1, err: expect.stringMatching(/encryption key "test".*Set ENCRYPTION_KEY/) });
  await expect(login(one, await freshOrganization(one))).resolves.toBeDefined();
  expect(await published(one)).toEqual([kid]);
});

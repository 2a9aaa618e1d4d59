import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { adminOn, query, type Run, recorded } from "./cli.ts";

let reelmark: TestApp;
let admin: ReturnType<typeof adminOn>;
beforeAll(async () => {
  reelmark = await openTestApp();
  admin = adminOn(reelmark.databaseUrl);
});
afterAll(() => reelmark.close());

const parsed = (run: Run): Record<string, string | number | null> => {
  expect(run).toMatchObject({ code: 0, err: "" });
  return JSON.parse(run.out);
};
const login = (email: string, password: string) => reelmark.api().login({ body: { email, password } });
const refused = (code: string) => ({ code, status: 401 });
let count = 0;
const address = () => `person-${++count}@reelmark.example`;

describe("create-user", () => {
  test("makes a user where sign-up is closed: verified, owner of the new organization, password printed once", async () => {
    await freshOrganization(reelmark);
    const closed = await openTestApp({
      databaseUrl: reelmark.databaseUrl,
      env: { SIGN_UP: "invite", DEFAULT_PLAN: "pro" },
    });
    const email = address();
    const body = { email, password: "correct horse battery staple", name: "N" };
    await expect(closed.api().signUp({ body })).rejects.toMatchObject({ status: 403 });

    const env = { DEFAULT_PLAN: "pro" };
    const run = await admin(`create-user --email ${email} --name "Nora Lindt" --organization "Orange Cat" --json`, {
      env,
    });
    const made = parsed(run);
    const session = await closed.api().login({ body: { email, password: String(made.password) } });
    expect(session.user).toMatchObject({ id: made.user_id, email, name: "Nora Lindt", email_verified: true });
    expect(session.organization).toMatchObject({
      id: made.organization_id,
      name: "Orange Cat",
      role: "owner",
      plan: "pro",
    });
    await closed.close();

    const events = await closedEvents(session.access_token);
    expect(events).toEqual([["admin.create-user", "operator", made.user_id]]);
  });

  const closedEvents = async (token: string) => {
    const { data } = await reelmark.api(token).listAuditEvents({ query: { operation: "admin.create-user" } });
    return data.map((event) => [event.operation, event.actor.kind, event.resource?.id]);
  };

  test("takes a password from standard input, and then prints none", async () => {
    const email = address();
    const run = await admin(`create-user --email ${email.toUpperCase()} --name Tom --password-stdin`, {
      stdin: "a password of my own\n",
    });
    expect(run).toMatchObject({ code: 0, err: "" });
    expect(run.out).not.toContain("assword");
    const session = await login(email, "a password of my own");
    expect(session.organization).toBeNull();
  });

  test("prints the password that it made to a person too", async () => {
    const email = address();
    const { out } = await admin(`create-user --email ${email} --name Tom`);
    const password = /Password, shown this once: (\S+)/.exec(out)?.[1] ?? "";
    await expect(login(email, password)).resolves.toMatchObject({ user: { email } });
  });

  test("fails for an address that has an account, in any case of letters, and leaves no trace", async () => {
    const { email } = await freshOrganization(reelmark);
    const before = await recorded(reelmark.databaseUrl);
    const run = await admin(`create-user --email ${email.toUpperCase()} --name Tom --organization Twice --json`);
    expect(run).toMatchObject({ code: 1, out: "" });
    expect(JSON.parse(run.err)).toEqual({ error: { code: "CONFLICT", message: expect.stringContaining(email) } });
    expect(await recorded(reelmark.databaseUrl)).toEqual(before);
    expect(await query(reelmark.databaseUrl, "select from organizations where name = 'Twice'")).toEqual([]);
  });
});

describe("end-sessions", () => {
  test("ends the sessions of one user, by id or address: 401 from the next request on, and for refresh tokens", async () => {
    const [nora, tom] = [await freshOrganization(reelmark), await freshOrganization(reelmark)];
    const second = await login(nora.email, nora.password);
    expect(parsed(await admin(`end-sessions --user ${nora.email} --json`))).toEqual({ user_id: nora.userId, ended: 2 });
    for (const token of [nora.token, second.access_token]) {
      await expect(reelmark.api(token).getProfile()).rejects.toMatchObject(refused("UNAUTHORIZED"));
    }
    const refresh = reelmark.api().refreshSession({ body: { refresh_token: nora.refreshToken } });
    await expect(refresh).rejects.toMatchObject(refused("UNAUTHORIZED"));
    await expect(tom.api.getProfile()).resolves.toBeDefined();

    const again = await login(nora.email, nora.password);
    expect(parsed(await admin(`end-sessions --user ${nora.userId} --json`))).toMatchObject({ ended: 1 });
    await expect(reelmark.api(again.access_token).getProfile()).rejects.toMatchObject(refused("UNAUTHORIZED"));
    const { access_token } = await login(nora.email, nora.password);
    const query = { operation: "admin.end-sessions" };
    const { data } = await reelmark.api(access_token).listAuditEvents({ query });
    expect(data.map(({ resource }) => resource)).toEqual(Array(2).fill({ kind: "user", id: nora.userId }));
    await expect(tom.api.listAuditEvents({ query })).resolves.toMatchObject({ data: [] });
  });

  test("ends everybody's only with --yes where nobody can be asked", async () => {
    const people = [await freshOrganization(reelmark), await freshOrganization(reelmark)];
    const asked = await admin("end-sessions --all");
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    for (const { api } of people) await expect(api.getProfile()).resolves.toBeDefined();

    expect(parsed(await admin("end-sessions --all --yes --json"))).toMatchObject({ user_id: null });
    for (const { api } of people) await expect(api.getProfile()).rejects.toMatchObject(refused("UNAUTHORIZED"));
    const last = (await recorded(reelmark.databaseUrl)).at(-1);
    expect(last).toMatchObject({ operation: "admin.end-sessions", org_id: "", fields: ["all"] });
  });

  test("fails for a user that does not exist", async () => {
    const run = await admin("end-sessions --user nobody@reelmark.example");
    expect(run).toMatchObject({ code: 1, out: "", err: expect.stringContaining("no user nobody@") });
  });
});

describe("revoke-key", () => {
  test("revokes a key of any organization for good: 401 from the next request on", async () => {
    const owner = await freshOrganization(reelmark);
    const [key, other] = [await owner.key(), await owner.key()];
    expect(parsed(await admin(`revoke-key --key ${key.id} --json`))).toMatchObject({
      id: key.id,
      organization_id: owner.organizationId,
      already: false,
    });
    await expect(key.api.listBrands()).rejects.toMatchObject(refused("INVALID_API_KEY"));
    await expect(other.api.listBrands()).resolves.toBeDefined();

    const shown = await owner.api.getApiKey({ params: { api_key_id: key.id } });
    expect(shown).toMatchObject({ status: "revoked" });
    const again = parsed(await admin(`revoke-key --key ${key.id} --json`));
    expect(again).toMatchObject({ already: true });
    const { data } = await owner.api.listAuditEvents({ query: { resource_id: key.id } });
    const commands = data.filter(({ operation }) => operation === "admin.revoke-key");
    expect(commands).toHaveLength(2);
    expect(commands[0]).toMatchObject({
      actor: { kind: "operator", user_id: null, credential_id: null },
      resource: { kind: "api_key", id: key.id },
      fields: ["key"],
      address: null,
    });
  });

  test("fails for a key that does not exist, and never takes or repeats a key itself", async () => {
    const unknown = await admin("revoke-key --key key_00000000000000000000000000");
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining("no API key key_0") });
    const secret = `rm_${"0".repeat(64)}`;
    const run = await admin(`revoke-key --key ${secret}`);
    expect(run.code).toBe(2);
    expect(run.out + run.err).not.toContain(secret);
  });
});

import { afterEach, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp, type TestAppOptions } from "../setup/app.ts";
import { issuePaths, query, send, settle, tablesHolding, times } from "../setup/support.ts";

let opened: TestApp[] = [];
afterEach(async () => {
  await Promise.all(opened.map((app) => app.close()));
  opened = [];
});

async function appWith(policy: "first-user-only" | "invite" | "open", options: TestAppOptions = {}): Promise<TestApp> {
  const app = await openTestApp({ env: { SIGN_UP: policy, DATABASE_POOL: "24" }, ...options });
  opened.push(app);
  return app;
}

/** A gate that opens when `n` have come to it. */
function gate(n: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  return () => {
    if (--n <= 0) resolve();
    return promise;
  };
}

const person = (name: string) => ({
  email: `${name}@reelmark.example`,
  password: "a long enough password",
  name,
  organization_name: `${name}'s studio`,
});

describe("who may sign up", () => {
  test("201 for exactly one of 20 first sign-ups at once, 403 for the rest and for all who come later", async () => {
    // All twenty transactions are open before the first of them looks whether there is a user.
    const together = gate(20);
    const app = await appWith("first-user-only", {
      backend: (real) => ({
        ...real,
        transaction: (principal, work) =>
          real.transaction(principal, async (db) => {
            await together();
            return work(db);
          }),
      }),
    });
    const { good, refused } = await settle(times(20, (i) => app.api().signUp({ body: person(`first-${i}`) })));
    expect(good).toHaveLength(1);
    expect(refused.map((error) => `${error.status} ${error.code}`)).toEqual(Array(19).fill("403 FORBIDDEN"));
    const [counts] = await query(
      app.databaseUrl,
      `select (select count(*)::int from users) as users, (select count(*)::int from organizations) as organizations,
              (select count(*)::int from memberships) as memberships, (select count(*)::int from sessions) as sessions`,
    );
    expect(counts).toEqual({ users: 1, organizations: 1, memberships: 1, sessions: 1 });
    await expect(app.api().signUp({ body: person("late") })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining("Ask its operator"),
    });
  });

  test("403 by invitation alone once there is a user, and it says whom to ask", async () => {
    const app = await appWith("invite");
    await app.api().signUp({ body: person("founder") });
    await expect(app.api().signUp({ body: person("stranger") })).rejects.toMatchObject({
      status: 403,
      code: "FORBIDDEN",
      message: expect.stringContaining("invitation"),
    });
  });

  test("201 for anybody when it is open: each owns an organization of their own", async () => {
    const app = await appWith("open");
    const [one, other] = [await freshOrganization(app), await freshOrganization(app)];
    expect(one.organizationId).not.toBe(other.organizationId);
    for (const { api, organizationId } of [one, other]) {
      const { organization, credential } = await api.getProfile();
      expect(organization).toMatchObject({ id: organizationId, role: "owner" });
      expect(credential.scopes).toContain("api_keys:write");
    }
  });
});

describe("what is kept of it", () => {
  test("409 on an address that has an account, in any case, and for all but one at once", async () => {
    const app = await appWith("open");
    const spellings = ["nora", "NORA", "Nora", "nOrA", "norA"].map((name) => ({
      ...person("x"),
      email: `${name}@Cat.example`,
    }));
    const { good, refused } = await settle(spellings.map((body) => app.api().signUp({ body })));
    expect(good).toHaveLength(1);
    expect(good[0]?.user.email).toBe("nora@cat.example");
    expect(refused.map((error) => `${error.status} ${error.code}`)).toEqual(Array(4).fill("409 CONFLICT"));
    const rows = await query(app.databaseUrl, "select id from organizations");
    expect(rows, "a refused sign-up leaves no organization").toHaveLength(1);
  });

  test("400 for what cannot be an account, every issue at once, and nobody is created", async () => {
    const app = await appWith("first-user-only");
    const body = { email: "nobody", password: "elevenchars", name: " ", organization_name: "", admin: true };
    const answer = await send(app, "POST", "/v1/auth/sign-up", { body });
    expect(answer.status).toBe(400);
    expect(issuePaths(answer)).toEqual(
      new Set(["body.email", "body.password", "body.name", "body.organization_name", "body.admin"]),
    );
    expect(await query(app.databaseUrl, "select id from users")).toEqual([]);
  });

  test("201 stores an argon2id hash: password and tokens stand in no column and no log line", async () => {
    const app = await appWith("open", { passwordCost: "full" });
    const body = { ...person("secretive"), password: "xyzzy plugh 4711 xyzzy" };
    const session = await app.api().signUp({ body });
    for (const secret of [body.password, session.refresh_token, session.access_token]) {
      expect(await tablesHolding(app.databaseUrl, secret)).toEqual([]);
      expect(JSON.stringify(app.log)).not.toContain(secret);
    }
    // The search finds what is there.
    expect(await tablesHolding(app.databaseUrl, body.email)).toEqual(["mail_tokens", "users"]);
    const [row] = await query<{ password_hash: string }>(app.databaseUrl, "select password_hash from users");
    expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=\d{5,},t=[2-9],p=\d+\$/);
  });
});

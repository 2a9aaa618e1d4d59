import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization } from "../setup/app.ts";
import { AUDIENCE, type IssuerProcess, openStage, organizationIds, type Stage, startIssuer } from "./issuer.ts";
import { newKey, secretKey, tokenOf } from "./keys.ts";

const SECRET = "a shared secret of more than 32 bytes, as Supabase makes it";
const ISSUER = "https://login.example";
const SHARED = "https://project.supabase.example/auth/v1";
const keys = {
  es: newKey("ES256", "es"),
  rs: newKey("RS256", "rs"),
  ps: newKey("PS256", "ps"),
  ed: newKey("EdDSA", "ed"),
};

let stage: Stage;
let issuer: IssuerProcess;
let home: string;

type Profile = { user: { id: string; email: string | null; name: string }; organization: { id: string; role: string } };
const profile = async (token: string, organization?: string) =>
  (await (
    await stage.ask(token, "/v1/profile", organization === undefined ? {} : { organization })
  ).json()) as Profile & {
    credential: { id: string; kind: string };
  };

beforeAll(async () => {
  [stage, issuer] = await Promise.all([openStage(), startIssuer(Object.values(keys))]);
  home = (await freshOrganization(stage.reelmark)).organizationId;
  const jwksUrl = `${issuer.url}/jwks.json`;
  await stage.addIssuer({
    id: "iss_jwks",
    issuer: ISSUER,
    jwksUrl,
    algorithms: ["ES256", "RS256", "PS256", "EdDSA"],
    organizationId: home,
    role: "admin",
  });
  await stage.addIssuer({ id: "iss_shared", issuer: SHARED, secret: SECRET, algorithms: ["HS256"] });
});
afterAll(async () => {
  await stage.close();
  await issuer.stop();
});

describe("a good token", () => {
  test.each(Object.entries(keys))("200 when it is signed by %s with a key of the issuer's JWKS", async (name, key) => {
    const response = await stage.ask(tokenOf(stage.claims(ISSUER, { sub: `signed-by-${name}` }), key));
    expect(response.status).toBe(200);
    expect(await organizationIds(response)).toEqual([home]);
  });

  test("200 when it is signed with the shared secret, kept sealed; the user is in no organization", async () => {
    const response = await stage.ask(tokenOf(stage.claims(SHARED), secretKey(SECRET)));
    expect(response.status).toBe(200);
    expect(await organizationIds(response)).toEqual([]);
    const [row] = await stage.sql("select secret_sealed from issuers where id = 'iss_shared'");
    expect(row?.secret_sealed).not.toContain(SECRET);
  });

  test("200 with several audiences of which one is ours, and within the clock's tolerance of 5 s", async () => {
    const now = Math.floor(stage.now() / 1000);
    const over = [{ aud: ["other", AUDIENCE] }, { exp: now - 2 }, { nbf: now + 2, iat: now + 2 }];
    for (const one of over) expect((await stage.ask(tokenOf(stage.claims(ISSUER, one), keys.es))).status).toBe(200);
  });

  test.each([undefined, "at+jwt", "application/at+JWT", "JWT"])(
    "200 whichever way it says that it is one: typ %s",
    async (typ) => {
      expect((await stage.ask(tokenOf(stage.claims(ISSUER), keys.es, { typ }))).status).toBe(200);
    },
  );
});

describe("its user", () => {
  test("is made once, however many first requests come at once, and joins the issuer's organization in its role", async () => {
    const token = tokenOf(stage.claims(ISSUER, { sub: "many", name: "Nora\u0000 Lindt" }), keys.es);
    // Nobody can write the identity yet, so that all three have seen that there is none before one of them goes on.
    await stage.sql("begin");
    await stage.sql("lock table external_identities in share row exclusive mode");
    const asked = Promise.all([stage.ask(token), stage.ask(token), stage.ask(token)]);
    const waiting = `select count(*)::int as n from pg_locks
      where not granted and database = (select oid from pg_database where datname = current_database())`;
    await expect.poll(() => stage.sql(waiting), { timeout: 3_000 }).toEqual([{ n: 3 }]);
    await stage.sql("commit");
    expect((await asked).map(({ status }) => status)).toEqual([200, 200, 200]);
    const found = await stage.sql("select * from external_identities where subject = 'many'");
    expect(found).toHaveLength(1);
    expect(await stage.sql("select id from users where name = 'Nora Lindt'")).toEqual([{ id: found[0]?.user_id }]);
    expect(await profile(token)).toMatchObject({
      user: { id: found[0]?.user_id, name: "Nora Lindt", email: null },
      organization: { id: home, role: "admin" },
      credential: { kind: "session" },
    });
  });

  test("is another one for the same subject of another issuer", async () => {
    const sub = "the same";
    const mine = await profile(tokenOf(stage.claims(ISSUER, { sub }), keys.es));
    await stage.ask(tokenOf(stage.claims(SHARED, { sub }), secretKey(SECRET)));
    const rows = await stage.sql("select issuer_id, user_id from external_identities where subject = $1 order by 1", [
      sub,
    ]);
    expect(rows.map((row) => row.issuer_id)).toEqual(["iss_jwks", "iss_shared"]);
    expect(rows[0]?.user_id).toBe(mine.user.id);
    expect(rows[1]?.user_id).not.toBe(mine.user.id);
  });

  test("is never the local user with the same e-mail address, verified or not", async () => {
    const local = await freshOrganization(stage.reelmark);
    const claims = stage.claims(ISSUER, { sub: "impostor", email: local.email, email_verified: true });
    const { user, organization } = await profile(tokenOf(claims, keys.es));
    expect(user.id).not.toBe(local.userId);
    expect(user.email).toBeNull();
    expect(organization.id).toBe(home);
    const named = await stage.ask(tokenOf(claims, keys.es), "/v1/profile", { organization: local.organizationId });
    expect(named.status).toBe(403);
  });

  test("names one of several organizations by X-Organization-Id, as any session; 400 without, 403 for another's", async () => {
    const token = tokenOf(stage.claims(ISSUER, { sub: "several" }), keys.es);
    const own = await stage.reelmark.api(token).createOrganization({ body: { name: "My own" } });
    expect((await stage.ask(token, "/v1/profile")).status).toBe(400);
    expect((await profile(token, own.id)).organization).toMatchObject({ id: own.id, role: "owner" });
    expect((await profile(token, home)).organization).toMatchObject({ id: home, role: "admin" });
    expect((await stage.ask(token, "/v1/profile", { organization: "org_none" })).status).toBe(403);
    expect(await organizationIds(await stage.ask(token))).toEqual(expect.arrayContaining([own.id, home]));
  });

  test("does not come back into the organization by deleting the account that was removed from it", async () => {
    const token = tokenOf(stage.claims(ISSUER, { sub: "removed", name: "Rex" }), keys.es);
    const { user } = await profile(token);
    await stage.sql("delete from memberships where user_id = $1", [user.id]);
    expect(await organizationIds(await stage.ask(token))).toEqual([]);
    expect((await stage.ask(token, "/v1/profile?confirm=Rex", { method: "DELETE" })).status).toBe(204);
    expect((await stage.ask(token)).status).toBe(401);
    const later = tokenOf(stage.claims(ISSUER, { sub: "removed", jti: "later" }), keys.es);
    expect(await organizationIds(await stage.ask(later))).toEqual([]);
  });
});

describe("the credential", () => {
  test("has one id for all tokens of a session, another for each session, and never the bare `sid`", async () => {
    const id = async (over: object) => (await profile(tokenOf(stage.claims(ISSUER, over), keys.es))).credential.id;
    const first = await id({ sid: "s1", jti: "a" });
    expect(await id({ sid: "s1", jti: "b" })).toBe(first);
    expect(first).toMatch(/^ext_/);
    const others = await Promise.all([
      id({ sid: "s2" }),
      id({ session_id: "s3" }),
      id({ jti: "s1" }),
      id({}),
      id({ sid: "s1", sub: "someone else" }),
    ]);
    expect(new Set([first, ...others]).size).toBe(6);
  });

  test("429 counts by it: another session of the same user goes on", async () => {
    const limited = await openStage({ env: { RATE_LIMIT_SESSION: "2" } });
    try {
      await limited.addIssuer({ id: "iss_1", issuer: SHARED, secret: SECRET, algorithms: ["HS256"] });
      const ask = async (sid: string) =>
        (await limited.ask(tokenOf(limited.claims(SHARED, { sid, iat: undefined }), secretKey(SECRET)))).status;
      expect([await ask("a"), await ask("a"), await ask("a")]).toEqual([200, 200, 429]);
      expect(await ask("b")).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe("the operator", () => {
  const HMAC = ["HS256"];

  test("removes an issuer: its tokens are refused from the next request on", async () => {
    const name = "https://short.example";
    await stage.addIssuer({ id: "iss_short", issuer: name, secret: SECRET, algorithms: HMAC });
    const token = tokenOf(stage.claims(name), secretKey(SECRET));
    expect((await stage.ask(token)).status).toBe(200);
    await stage.sql("delete from issuers where id = 'iss_short'");
    expect((await stage.ask(token)).status).toBe(401);
  });

  test("changes an issuer: what it forbids and what it allows holds at once for tokens that were good", async () => {
    const name = "https://changing.example";
    await stage.addIssuer({ id: "iss_changing", issuer: name, secret: SECRET, algorithms: HMAC });
    const token = tokenOf(stage.claims(name), secretKey(SECRET));
    expect((await stage.ask(token)).status).toBe(200);
    await stage.sql("update issuers set audience = 'another' where id = 'iss_changing'");
    expect((await stage.ask(token)).status).toBe(401);
    const other = tokenOf(stage.claims(name, { aud: "another" }), secretKey(SECRET));
    expect((await stage.ask(other)).status).toBe(200);
    await stage.sql("update issuers set role = 'viewer' where id = 'iss_changing'");
    expect((await stage.ask(other)).status).toBe(200);
  });

  test("adds an issuer: good after 2 s at most, on a server that had read the table before", async () => {
    const name = "https://new.example";
    const token = tokenOf(stage.claims(name), secretKey(SECRET));
    stage.tick(3_000);
    expect((await stage.ask(token)).status).toBe(401);
    await stage.addIssuer({ id: "iss_new", issuer: name, secret: SECRET, algorithms: HMAC });
    expect((await stage.ask(token)).status).toBe(200);
  });

  test.each([
    ["a public-key algorithm with a secret", { secret: SECRET, algorithms: ["HS256", "RS256"] }],
    ["a secret's algorithm with a JWKS", { jwksUrl: "http://127.0.0.1:9/jwks.json", algorithms: ["RS256", "HS256"] }],
    ["none", { secret: SECRET, algorithms: ["none"] }],
    ["no algorithm", { secret: SECRET, algorithms: [] }],
    ["a secret that is too short", { secret: "short", algorithms: HMAC }],
    ["keys in a file", { jwksUrl: "file:///etc/passwd", algorithms: ["RS256"] }],
    ["keys in the address", { jwksUrl: 'data:application/json,{"keys":[]}', algorithms: ["RS256"] }],
  ])("401 and a line in the log that says what to change: an issuer with %s", async (what, wrong) => {
    const name = `https://${what.replaceAll(" ", "-")}.example`;
    await stage.addIssuer({ id: `iss_${what}`, issuer: name, ...wrong });
    const secret = "secret" in wrong ? wrong.secret : SECRET;
    expect((await stage.ask(tokenOf(stage.claims(name), secretKey(secret)))).status).toBe(401);
    const line = stage.reelmark.log.find(
      ({ fields }) => (fields as { issuer_id?: string }).issuer_id === `iss_${what}`,
    );
    expect(line).toMatchObject({ level: "error", message: "an issuer cannot be used as it is configured" });
  });

  test("sees neither tokens nor secrets in the log", async () => {
    const log = JSON.stringify(stage.reelmark.log);
    expect(log).not.toContain("eyJ");
    expect(log).not.toContain(SECRET);
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApp, PUBLIC_URL, type TestApp } from "../setup/app.ts";
import { openStage, type Stage } from "./issuer.ts";
import { secretKey, tokenOf } from "./keys.ts";

const SECRET = "a shared secret of more than 32 bytes, as Supabase makes it";
const ISSUER = "https://project.supabase.example/auth/v1";
const key = secretKey(SECRET);

let stage: Stage;
/** A second server on the same database. */
let other: TestApp;

beforeAll(async () => {
  stage = await openStage();
  await stage.addIssuer({ id: "iss_1", issuer: ISSUER, secret: SECRET, algorithms: ["HS256"] });
  await stage.addIssuer({ id: "iss_2", issuer: `${ISSUER}/2`, secret: SECRET, algorithms: ["HS256"] });
  other = await openTestApp({ databaseUrl: stage.reelmark.databaseUrl, clock: stage.now });
});
afterAll(async () => {
  await other.close();
  await stage.close();
});

const token = (over: object, issuer = ISSUER) => tokenOf(stage.claims(issuer, over), key);
const status = async (one: string) => (await stage.ask(one)).status;
const logout = async (one: string) => (await stage.ask(one, "/v1/auth/logout", { method: "POST" })).status;
const elsewhere = async (one: string) => {
  const headers = { authorization: `Bearer ${one}` };
  return (await other.fetch(new Request(`${PUBLIC_URL}/api/v1/organizations`, { headers }))).status;
};

test("401 from the next request on, on every server, for the token that was logged out", async () => {
  const mine = token({ sid: "s1", jti: "t1" });
  expect([await status(mine), await elsewhere(mine)]).toEqual([200, 200]);
  expect(await logout(mine)).toBe(204);
  expect([await status(mine), await elsewhere(mine)]).toEqual([401, 401]);
  expect(await logout(mine)).toBe(401);
});

test("401 for every other token of the same `sid`, also one that was issued later or lives longer", async () => {
  const [short, long] = [token({ sid: "s2", jti: "t2" }), token({ sid: "s2", jti: "t3" })];
  expect([await status(short), await status(long)]).toEqual([200, 200]);
  await logout(short);
  expect([await status(long), await status(token({ sid: "s2" }))]).toEqual([401, 401]);
});

test("`session_id` is a session's name too, as Supabase writes it", async () => {
  const mine = token({ session_id: "s3" });
  await logout(mine);
  expect([await status(mine), await status(token({ session_id: "s3", jti: "new" }))]).toEqual([401, 401]);
});

test("only the token itself ends when it names no session: by its `jti`, or by its text when it has none", async () => {
  const [byId, sibling] = [token({ jti: "t4" }), token({ jti: "t5" })];
  await logout(byId);
  expect([await status(byId), await status(sibling)]).toEqual([401, 200]);
  const [bare, later] = [token({ sub: "bare" }), token({ sub: "bare", n: 1 })];
  await logout(bare);
  expect([await status(bare), await status(later)]).toEqual([401, 200]);
});

test("200 for another user's session, another issuer's, and a `jti` that is written like the `sid`", async () => {
  await logout(token({ sid: "s6", jti: "t6" }));
  const untouched = [
    token({ sid: "s7" }),
    token({ sid: "s6" }, `${ISSUER}/2`),
    token({ jti: "s6" }),
    token({ sid: "t6" }),
  ];
  for (const one of untouched) expect(await status(one)).toBe(200);
});

test("what is kept names no user, and outlives the longest token of the session, then is swept", async () => {
  const seconds = Math.floor(stage.now() / 1000);
  await logout(token({ sid: "s8", iat: seconds - 3000, exp: seconds + 600 }));
  const read = () =>
    stage.sql(
      "select token_id, extract(epoch from expires_at)::float as ends from denied_tokens where token_id = 'sid:s8'",
    );
  const [row] = await read();
  expect(Number(row?.ends)).toBeGreaterThan(seconds + 3600);
  await stage.sql("select sweep()");
  expect(await read()).toHaveLength(1);
  await stage.sql("update denied_tokens set expires_at = now() - interval '1 second' where token_id = 'sid:s8'");
  await stage.sql("select sweep()");
  expect(await read()).toHaveLength(0);
});

test("the audit record of a logout names the session by our id and the user, never by the token's own names", async () => {
  const mine = token({ sid: "s9", sub: "audited" });
  await logout(mine);
  const [event] = await stage.sql(
    `select a.* from audit_events a join external_identities e on e.user_id = a.user_id
      where a.operation = 'logout' and e.subject = 'audited'`,
  );
  expect(event).toMatchObject({ actor_kind: "session" });
  expect(event?.credential_id).toMatch(/^ext_[A-Za-z0-9_-]{26}$/);
});

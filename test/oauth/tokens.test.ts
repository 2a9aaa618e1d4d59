import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshOrganization, openTestApp } from "../setup/app.ts";
import { query, send, tablesHolding, times } from "../setup/support.ts";
import { connect, type Granted } from "./agent.ts";
import { openWorld, type World } from "./world.ts";

let app: World["app"];
let org: World["org"];
let program: World["program"];
let clientId: string;
let granted: World["granted"];
let refresh: World["refresh"];
let status: World["status"];
beforeAll(async () => {
  ({ app, org, program, clientId, granted, refresh, status } = await openWorld());
});
afterAll(() => app.close());

describe("a refresh token", () => {
  test("gives the next pair, once; the access token before it stays good until its end", async () => {
    const { access, refresh: first } = await granted();
    const next = await refresh(first);
    expect(next).toMatchObject({ status: 200, body: { token_type: "Bearer", scope: "brands:read brands:write" } });
    expect(next.body.refresh_token).not.toBe(first);
    expect(next.headers.get("cache-control")).toBe("no-store");
    expect([await status(access), await status(String(next.body.access_token))]).toEqual([200, 200]);
    expect((await refresh(String(next.body.refresh_token))).status).toBe(200);
  });

  test("400 when it is sent twice, and then the whole family is dead: nobody can say who the thief is", async () => {
    const { access, refresh: stolen } = await granted();
    const { body } = await refresh(stolen);
    expect(await refresh(stolen)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect([await status(access), await status(String(body.access_token))]).toEqual([401, 401]);
    expect(await refresh(String(body.refresh_token))).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  test("gives one pair at most when it is sent ten times at once", async () => {
    const { refresh: token } = await granted();
    const answers = await Promise.all(times(10, () => refresh(token)));
    const good = answers.filter((one) => one.status === 200);
    expect(good.length).toBeLessThanOrEqual(1);
    expect(new Set(answers.map((one) => one.status))).not.toContain(500);
    for (const { body } of good) expect(await status(String(body.access_token))).toBe(401);
  });

  test("gives fewer scopes when asked, never more", async () => {
    const { refresh: token } = await granted();
    const narrow = await refresh(token, { scope: "brands:read" });
    expect(narrow).toMatchObject({ status: 200, body: { scope: "brands:read" } });
    const wide = await refresh(String(narrow.body.refresh_token), { scope: "brands:read audit:read" });
    expect(wide).toMatchObject({ status: 400, body: { error: "invalid_scope" } });
  });

  test("400 for another client's", async () => {
    const { refresh: token } = await granted();
    const other = await program.client();
    expect(await refresh(token, { client_id: other })).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect((await refresh(token)).status).toBe(200);
  });

  test("400 for another resource than the one approved", async () => {
    const { refresh: token } = await granted();
    const other = await refresh(token, { resource: "http://reelmark.test/mcp" });
    expect(other).toMatchObject({ status: 400, body: { error: "invalid_target" } });
  });

  test("400 once it has not been used for 30 days", async () => {
    const { refresh: token } = await granted();
    await query(app.databaseUrl, "update oauth_grants set expires_at = now() - interval '1 second'");
    expect(await refresh(token)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });
});

describe("a token is refused from the next request on", () => {
  const revoke = (token: string, more: Record<string, string> = {}) =>
    program.form("/oauth/revoke", { token, client_id: clientId, ...more });

  test("when the client revokes it (RFC 7009), with all that came of the same approval", async () => {
    for (const which of ["access", "refresh"] as const) {
      const tokens: Granted = await granted();
      expect(await status(tokens.access)).toBe(200);
      expect((await revoke(tokens[which])).status).toBe(200);
      expect(await status(tokens.access)).toBe(401);
      expect((await refresh(tokens.refresh)).status).toBe(400);
    }
  });

  test("but not by another client, which learns nothing", async () => {
    const { access } = await granted();
    expect((await revoke(access, { client_id: await program.client() })).status).toBe(200);
    expect((await revoke("rmo_of-nobody")).status).toBe(200);
    expect(await status(access)).toBe(200);
  });

  test("when its time is over", async () => {
    const { access } = await granted();
    await query(app.databaseUrl, "update oauth_artifacts set expires_at = now() where kind = 'AccessToken'");
    expect(await status(access)).toBe(401);
  });

  test.each([
    ["the session in which it was approved ends", "update sessions set ended_at = now() where user_id = $1"],
    ["the membership ends", "delete from memberships where user_id = $1"],
    [
      "the organization is deleted",
      "delete from organizations where id = (select org_id from memberships where user_id = $1)",
    ],
    ["the user is deleted", "delete from users where id = $1"],
  ])("when %s", async (_what, sql) => {
    const own = await freshOrganization(app);
    const { access, refresh: token } = await connect(app, own, { clientId });
    expect(await status(access)).toBe(200);
    await query(app.databaseUrl, sql, [own.userId]);
    const { status: answered, body, headers } = await send(app, "GET", "/v1/brands", { token: access });
    expect(answered).toBe(401);
    expect(body).toMatchObject({ error: { code: "UNAUTHORIZED" } });
    expect(headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    expect(await refresh(token)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  test("when the user changes their password elsewhere", async () => {
    const own = await freshOrganization(app);
    const { access } = await connect(app, own, { clientId });
    const body = { current_password: own.password, new_password: "another horse battery staple" };
    await own.api.changePassword({ body });
    expect(await status(access)).toBe(401);
  });

  test("when it is of another server, or made up", async () => {
    for (const token of [`rmo_${"A".repeat(43)}`, "rmo_", "rmf_x", "rmo_' or true --"])
      expect(await status(token)).toBe(401);
    const { access, refresh: token } = await granted();
    expect(await status(token)).toBe(401);
    const other = await openTestApp();
    expect((await send(other, "GET", "/v1/brands", { token: access })).status).toBe(401);
    await other.close();
  });
});

describe("what is kept", () => {
  test("is no token, and no code", async () => {
    const tokens = await granted();
    for (const secret of [tokens.access, tokens.refresh])
      expect(await tablesHolding(app.databaseUrl, secret)).toEqual([]);
  });

  test("goes when time has made it useless", async () => {
    const { access } = await granted();
    await granted();
    const unused = await program.client();
    await query(app.databaseUrl, "update oauth_clients set created_at = now() - interval '25 hours' where id = $1", [
      unused,
    ]);
    await query(
      app.databaseUrl,
      "update oauth_artifacts set expires_at = now() - interval '2 hours' where grant_id <> (select grant_id from oauth_artifacts order by created_at desc limit 1)",
    );
    await query(app.databaseUrl, "update oauth_grants set created_at = now() - interval '2 hours'");
    await query(app.databaseUrl, "select forget_oauth()");
    const left = await query<{ kind: string }>(
      app.databaseUrl,
      "select distinct kind from oauth_artifacts order by kind",
    );
    expect(left.map(({ kind }) => kind)).toEqual(["AccessToken", "AuthorizationCode", "RefreshToken"]);
    expect(await query(app.databaseUrl, "select id from oauth_grants")).toHaveLength(1);
    expect(await query(app.databaseUrl, "select id from oauth_clients where id = $1", [unused])).toEqual([]);
    expect(await query(app.databaseUrl, "select id from oauth_clients where id = $1", [clientId])).toHaveLength(1);
    expect(await status(access)).toBe(401);
  });

  test("of other organizations is not seen by a connection of one, nor by one of none", async () => {
    await granted();
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    await client.query("set role reelmark_app");
    const seen = async (org: string) => {
      await client.query("select set_config('app.org_id', $1, false)", [org]);
      return (await client.query("select id from oauth_grants")).rowCount ?? 0;
    };
    expect([await seen(""), await seen("org_other")]).toEqual([0, 0]);
    expect(await seen(org.organizationId)).toBeGreaterThan(0);
    await client.end();
  });
});

import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OAUTH } from "../../spec/oauth.ts";
import { memberOf } from "../organizations/people.ts";
import { freshOrganization } from "../setup/app.ts";
import { comparable, query, send, until } from "../setup/support.ts";
import { Agent, authorizePath, connect, pkce, REDIRECT } from "./agent.ts";
import { openWorld, type World } from "./world.ts";

let app: World["app"];
let org: World["org"];
let program: World["program"];
let clientId: string;
let agent: Agent;
let granted: World["granted"];
let refresh: World["refresh"];
let status: World["status"];
beforeAll(async () => {
  ({ app, org, program, clientId, agent, granted, refresh, status } = await openWorld());
});
afterAll(() => app.close());

/** The grant that an access token came of. */
const grantOf = async (access: string) => (await app.api(access).getProfile()).credential.id;
const withProfile = "profile:read brands:read";
const dead = { status: 400, body: { error: "invalid_grant" } };

describe("a user's programs", () => {
  test("200 lists them in all organizations, newest first, with what each calls itself and what was ticked", async () => {
    const own = await freshOrganization(app);
    const other = await own.api.createOrganization({ body: { name: "Second Studio" } });
    const browser = new Agent(app);
    await browser.logIn(own);
    const lie = "Reelmark command line";
    const first = await program.client({ client_name: lie });
    const options = { agent: browser, scope: "brands:read brands:write" };
    const { access } = await connect(app, own, { ...options, clientId: first, organization: own.organizationId });
    const ticked = ["brands:read"];
    const second = { ...options, clientId: OAUTH.commandLine, organization: other.id, ticked };
    await connect(app, own, second);
    const { data, count, next_cursor } = await own.api.listGrants();
    expect({ data, count, next_cursor }).toMatchObject({
      data: [
        {
          client_id: "reelmark-cli",
          client_name: lie,
          organization_id: other.id,
          organization_name: "Second Studio",
          scopes: ticked,
        },
        {
          client_id: first,
          client_name: lie,
          organization_id: own.organizationId,
          organization_name: "Test Studio",
          scopes: ["brands:read", "brands:write"],
        },
      ],
      count: 2,
      next_cursor: null,
    });
    const days = data.map((one) => (Date.parse(one.expires_at) - Date.parse(one.created_at)) / 86_400_000);
    expect(days.map(Math.round)).toEqual([30, 30]);
    const page = await own.api.listGrants({ query: { limit: 1 } });
    const rest = await own.api.listGrants({ query: { cursor: page.next_cursor ?? "" } });
    expect([...page.data, ...rest.data]).toEqual(data);
    expect((await own.api.listGrants({ query: { offset: 1 } })).data).toEqual(rest.data);

    // Nobody else's: not a member's of the same organization, and not a stranger's.
    const member = await memberOf(app, own.organizationId, "admin");
    expect(await member.api.listGrants()).toEqual({ data: [], count: 0, next_cursor: null });
    expect(await status(access)).toBe(200);
  });

  test("a program lives on with each refresh, and leaves the list when it, or its log-in, has ended", async () => {
    const own = await freshOrganization(app);
    const listed = async () => (await own.api.listGrants()).data;
    const { refresh: token, clientId: client } = await connect(app, own);
    await query(
      app.databaseUrl,
      `with s as (update sessions set expires_at = now() + interval '2 hours' where user_id = $1)
       update oauth_grants set expires_at = now() + interval '1 hour' where user_id = $1`,
      [own.userId],
    );
    const hoursLeft = async () =>
      Math.round((Date.parse((await listed())[0]?.expires_at ?? "") - Date.now()) / 3_600_000);
    expect(await hoursLeft()).toBe(1);
    expect((await refresh(token, { client_id: client })).status).toBe(200);
    expect(await hoursLeft()).toBe(30 * 24);
    await query(app.databaseUrl, "update sessions set expires_at = now() + interval '3 hours' where user_id = $1", [
      own.userId,
    ]);
    expect(await hoursLeft()).toBe(3);
    const [grant] = await query<{ session_id: string }>(
      app.databaseUrl,
      "select session_id from oauth_grants where user_id = $1",
      [own.userId],
    );
    await own.api.endSession({ params: { session_id: grant?.session_id ?? "" } });
    expect(await listed()).toEqual([]);

    await connect(app, own);
    expect(await listed()).toHaveLength(1);
    await query(app.databaseUrl, "update oauth_grants set expires_at = now() where user_id = $1", [own.userId]);
    expect(await own.api.listGrants()).toEqual({ data: [], count: 0, next_cursor: null });
  });

  test("403 for an API key and for a program's own token, which could hide what it does", async () => {
    const { access } = await granted(withProfile);
    const { key } = await org.key(["profile:read"]);
    for (const token of [access, key]) {
      await expect(app.api(token).listGrants()).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
      const params = { grant_id: await grantOf(access) };
      await expect(app.api(token).revokeGrant({ params })).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
    }
    expect(await status(access)).toBe(200);
  });
});

describe("a program that is shut out", () => {
  test("204: its tokens are refused from the next request on and cannot be refreshed; no other program's are", async () => {
    const [gone, stays] = [await granted(withProfile), await granted(withProfile)];
    const { body } = await refresh(gone.refresh);
    const [grant_id, kept] = [await grantOf(gone.access), await grantOf(stays.access)];
    await org.api.revokeGrant({ params: { grant_id } });
    const answer = await send(app, "GET", "/v1/brands", { token: gone.access });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "UNAUTHORIZED" } } });
    expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    expect(await status(String(body.access_token))).toBe(401);
    expect(await refresh(String(body.refresh_token))).toMatchObject(dead);
    expect(await refresh(gone.refresh)).toMatchObject(dead);
    const ids = (await org.api.listGrants({ query: { limit: 100 } })).data.map(({ id }) => id);
    expect([ids.includes(grant_id), ids.includes(kept)]).toEqual([false, true]);
    expect(await status(stays.access)).toBe(200);
    expect((await refresh(stays.refresh)).status).toBe(200);
  });

  test("400 for its code that was not redeemed yet", async () => {
    const { verifier, challenge } = pkce();
    const page = await agent.open(authorizePath(clientId, challenge, { scope: "brands:read" }));
    const { away } = await agent.submit(page, { decision: "allow", scope: "brands:read" });
    const [newest] = (await org.api.listGrants({ query: { limit: 1 } })).data;
    await org.api.revokeGrant({ params: { grant_id: newest?.id ?? "" } });
    const code = away?.searchParams.get("code") ?? "";
    const redeem = { grant_type: "authorization_code", client_id: clientId, redirect_uri: REDIRECT };
    expect(code).not.toBe("");
    expect(await program.token({ ...redeem, code, code_verifier: verifier })).toMatchObject(dead);
  });

  test("asks anew, and is let in anew", async () => {
    const { access } = await granted(withProfile);
    await org.api.revokeGrant({ params: { grant_id: await grantOf(access) } });
    expect(await status((await granted()).access)).toBe(200);
  });

  test("the record of it stands in its organization, whichever the user names, by the session that did it", async () => {
    const own = await freshOrganization(app);
    const { access } = await connect(app, own, { scope: withProfile });
    const grant_id = await grantOf(access);
    await own.api.createOrganization({ body: { name: "Second Studio" } });
    const headers = { "X-Organization-Id": own.organizationId };
    // In two organizations now, and names none.
    await own.api.revokeGrant({ params: { grant_id } });
    const { data } = await own.api.listAuditEvents({ query: { operation: "revokeGrant" }, headers });
    expect(data).toMatchObject([
      { actor: { kind: "session", user_id: own.userId }, resource: { kind: "oauth_grant", id: grant_id } },
    ]);
  });

  test("404, one answer, for another user's, one that is gone, one that is over and one that never was", async () => {
    const member = await memberOf(app, org.organizationId, "member");
    const [living, gone, over] = [await granted(withProfile), await granted(withProfile), await granted(withProfile)];
    const [theirs, ended, late] = [
      await grantOf(living.access),
      await grantOf(gone.access),
      await grantOf(over.access),
    ];
    await org.api.revokeGrant({ params: { grant_id: ended } });
    await query(app.databaseUrl, "update oauth_grants set expires_at = now() where id = $1", [late]);
    const refused = async (id: string, token: string) =>
      comparable(await send(app, "DELETE", `/v1/grants/${id}`, { token }));
    const never = await refused("oag_01k4zn8w3v7q2m5t9r6x0h1czz", org.token);
    expect(never).toMatchObject({ status: 404 });
    expect(await refused(theirs, member.token)).toEqual(never);
    expect(await refused(ended, org.token)).toEqual(never);
    expect(await refused(late, org.token)).toEqual(never);
    expect(await status(living.access)).toBe(200);
  });

  test("a refresh that is under way neither stands against it nor outlives it", async () => {
    const { access, refresh: token } = await granted(withProfile);
    const grant_id = await grantOf(access);
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    try {
      await client.query("begin; set local app.maintenance = 'on'");
      // What the token endpoint does: it holds the token that was sent, and adds the next one to the grant.
      await client.query("select from oauth_artifacts where grant_id = $1 and kind = 'RefreshToken' for update", [
        grant_id,
      ]);
      const revoked = org.api.revokeGrant({ params: { grant_id } });
      const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
      await until(async () => (await query(app.databaseUrl, waiting)).length > 0);
      await client.query(
        `insert into oauth_artifacts (id_hash, kind, grant_id, payload, expires_at)
         values ('\\x00', 'RefreshToken', $1, '{}', now() + interval '1 day')`,
        [grant_id],
      );
      await client.query("commit");
      await revoked;
    } finally {
      await client.end();
    }
    expect(await query(app.databaseUrl, "select kind from oauth_artifacts where grant_id = $1", [grant_id])).toEqual(
      [],
    );
    expect(await status(access)).toBe(401);
    expect(await refresh(token)).toMatchObject(dead);
  });

  test("of ten times at once one is a 204, and refreshes beside them end in nothing that works", async () => {
    const { access, refresh: token } = await granted(withProfile);
    const params = { grant_id: await grantOf(access) };
    const answers = await Promise.all([
      refresh(token),
      ...Array.from({ length: 10 }, () => send(app, "DELETE", `/v1/grants/${params.grant_id}`, { token: org.token })),
    ]);
    const [refreshed, ...revoked] = answers;
    expect(revoked.map((one) => one.status).sort()).toEqual([204, ...Array(9).fill(404)]);
    expect([200, 400]).toContain(refreshed?.status);
    // Whoever holds what the refresh gave, if it came first, holds nothing.
    const next = refreshed?.body as Record<string, unknown>;
    if (refreshed?.status === 200) expect(await status(String(next.access_token))).toBe(401);
    expect(await status(access)).toBe(401);
  });
});

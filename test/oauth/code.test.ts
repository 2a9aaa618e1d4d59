import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PUBLIC_URL } from "../setup/app.ts";
import { query, times } from "../setup/support.ts";
import { Agent, authorizePath, connect, pkce, REDIRECT } from "./agent.ts";
import { openWorld, type World } from "./world.ts";

let app: World["app"];
let org: World["org"];
let program: World["program"];
let clientId: string;
let agent: Agent;
beforeAll(async () => {
  ({ app, org, program, clientId, agent } = await openWorld());
});
afterAll(() => app.close());

/** A code that a user has approved, and what redeems it. */
async function approved(scope = "brands:read") {
  const { verifier, challenge } = pkce();
  const page = await agent.open(authorizePath(clientId, challenge, { scope }));
  const { away } = await agent.submit(page, { decision: "allow", scope: scope.split(" ") });
  const code = away?.searchParams.get("code") ?? "";
  expect(code).not.toBe("");
  const redeem = { grant_type: "authorization_code", client_id: clientId, redirect_uri: REDIRECT };
  return { away, fields: { ...redeem, code, code_verifier: verifier } };
}

/** Where an authorization request leads a browser that is not logged in. */
const asked = (more: Record<string, string>, drop: string[] = []) => {
  const url = new URL(authorizePath(clientId, pkce().challenge, more), PUBLIC_URL);
  for (const name of drop) url.searchParams.delete(name);
  return new Agent(app).open(url.pathname + url.search);
};

describe("a code", () => {
  test("becomes tokens for the organization and the scopes that the user approved, and nothing else", async () => {
    const { access, refresh, body } = await connect(app, org, { scope: "brands:read brands:write profile:read" });
    expect(access).toMatch(/^rmo_[\w-]{43}$/);
    expect(refresh).toMatch(/^rmf_[\w-]{43}$/);
    expect(body).toMatchObject({
      token_type: "Bearer",
      expires_in: 900,
      scope: "profile:read brands:read brands:write",
    });
    const api = app.api(access);
    const profile = await api.getProfile();
    expect(profile).toMatchObject({
      user: { id: org.userId },
      organization: { id: org.organizationId },
      credential: { kind: "oauth", scopes: ["brands:read", "brands:write", "profile:read"] },
    });
    await api.createBrand({ body: { name: "Cat", slug: `cat-${profile.credential.id.slice(-6)}` } });
    await expect(api.listPersonas({})).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
    // What only a session may do stays a session's.
    await expect(api.listOrganizations()).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
    const [event] = (await org.api.listAuditEvents({ query: { operation: "createBrand" } })).data;
    expect(event).toMatchObject({
      actor: { kind: "oauth", user_id: org.userId, credential_id: profile.credential.id },
    });
    const [consent] = (await org.api.listAuditEvents({ query: { operation: "authorizeClient" } })).data;
    expect(consent).toMatchObject({ actor: { kind: "session" }, resource: { kind: "oauth_grant" } });
  });

  test("comes back with the state and the issuer (RFC 9207)", async () => {
    const { away } = await approved();
    expect(away?.origin + (away?.pathname ?? "")).toBe(REDIRECT);
    expect(away?.searchParams.get("state")).toBe("as-it-was");
    expect(away?.searchParams.get("iss")).toBe(PUBLIC_URL);
  });

  test("400 when it is sent twice, and then its tokens are dead too", async () => {
    const { fields } = await approved();
    const { body } = await program.token(fields);
    const api = app.api(String(body.access_token));
    await api.listBrands({});
    expect(await program.token(fields)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    await expect(api.listBrands({})).rejects.toMatchObject({ status: 401 });
    const refreshed = { grant_type: "refresh_token", client_id: clientId, refresh_token: String(body.refresh_token) };
    expect(await program.token(refreshed)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  test("gives tokens once at most when it is sent ten times at once", async () => {
    const { fields } = await approved();
    const answers = await Promise.all(times(10, () => program.token(fields)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(answers.filter(({ status }) => status === 500)).toEqual([]);
    for (const { body } of answers.filter(({ status }) => status === 200)) {
      await expect(app.api(String(body.access_token)).listBrands({})).rejects.toMatchObject({ status: 401 });
    }
  });

  test.each([
    ["another verifier", { code_verifier: pkce().verifier }],
    ["no verifier", { code_verifier: "" }],
    ["another redirect", { redirect_uri: "http://127.0.0.1:49152/other" }],
    ["another client", { client_id: "reelmark-cli" }],
  ])("400 with %s", async (_what, wrong) => {
    const { fields } = await approved();
    expect(await program.token({ ...fields, ...wrong })).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
  });

  test("400 when it is over", async () => {
    const { fields } = await approved();
    await query(
      app.databaseUrl,
      `update oauth_artifacts set payload = payload || jsonb_build_object('exp', 1000) where kind = 'AuthorizationCode' and consumed_at is null`,
    );
    expect(await program.token(fields)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  test("401 for a client that is not known", async () => {
    const { fields } = await approved();
    expect(await program.token({ ...fields, client_id: "oac_nobody" })).toMatchObject({
      status: 401,
      body: { error: "invalid_client" },
    });
  });
});

describe("a request for a code", () => {
  test.each([
    ["without PKCE", {}, ["code_challenge", "code_challenge_method"], "invalid_request"],
    ["with a plain challenge", { code_challenge_method: "plain" }, [], "invalid_request"],
    ["with a challenge of no method, which means plain", {}, ["code_challenge_method"], "invalid_request"],
    ["for another server", { resource: "https://api.other.example/mcp" }, [], "invalid_target"],
    ["for a token at once", { response_type: "token" }, [], "unsupported_response_type"],
    ["without a user", { prompt: "none" }, [], "login_required"],
  ])("is refused to the client %s", async (_what, more, drop, error) => {
    const { away } = await asked(more, drop);
    expect(away?.href).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback[?#]/);
    // An answer that would hold a token, were there one, comes in the fragment.
    const answer = new URLSearchParams(away?.search || away?.hash.slice(1));
    expect(answer.get("error")).toBe(error);
    expect(answer.get("state")).toBe("as-it-was");
  });

  test.each([
    ["another host", { redirect_uri: "https://evil.example/callback" }],
    ["another path", { redirect_uri: "http://127.0.0.1:49152/callback/../evil" }],
    ["a host that begins like it", { redirect_uri: "http://127.0.0.1:49152@evil.example/callback" }],
    ["no client that is known", { client_id: "oac_nobody" }],
    ["an answer in a form", { response_mode: "form_post" }],
  ])("leads nowhere but to a page with %s", async (_what, more) => {
    const { away, response, html } = await asked(more);
    expect(away).toBeUndefined();
    expect(response.status).toBe(400);
    expect(html).toContain("This request cannot go on");
  });

  test("may name any port of the user's own machine (RFC 8252 §7.3)", async () => {
    const { html } = await asked({ redirect_uri: "http://127.0.0.1:60001/callback" });
    expect(html).toContain("Log in to let Editor use Reelmark for you.");
  });

  test("without scopes asks for what can be read", async () => {
    const { html } = await agent.open(authorizePath(clientId, pkce().challenge, { scope: "" }));
    expect(html).toContain('value="brands:read"');
    expect(html).not.toContain(":write");
  });

  test("403 access_denied when the user refuses", async () => {
    const page = await agent.open(authorizePath(clientId, pkce().challenge));
    const { away } = await agent.submit(page, { decision: "deny" });
    expect(away?.searchParams.get("error")).toBe("access_denied");
    expect(away?.searchParams.get("code")).toBeNull();
  });

  test("with prompt=consent, as MCP clients send it, is asked once", async () => {
    const page = await agent.open(authorizePath(clientId, pkce().challenge, { prompt: "consent" }));
    const { away } = await agent.submit(page, { decision: "allow", scope: "brands:read" });
    expect(away?.searchParams.get("code")).toBeTruthy();
  });

  test("with prompt=login asks for the password of somebody who is logged in", async () => {
    const { html: straight } = await agent.open(authorizePath(clientId, pkce().challenge));
    expect(straight).toContain("Let Editor use Reelmark?");
    // The second begins a second later: times of requests are whole seconds.
    await query(app.databaseUrl, "update session_cookies set created_at = created_at - interval '2 seconds'");
    const page = await agent.open(authorizePath(clientId, pkce().challenge, { prompt: "login" }));
    expect(page.html).toContain('name="password"');
    const again = await agent.logIn(org, page);
    const { away } = await agent.submit(again, { decision: "allow", scope: "brands:read" });
    expect(away?.searchParams.get("code")).toBeTruthy();
  });
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query, send } from "../setup/support.ts";
import { Agent, authorizePath, connect, pkce, programs, REDIRECT } from "./agent.ts";

let app: TestApp;
let org: TestOrganization;
let program: ReturnType<typeof programs>;
let clientId: string;
beforeAll(async () => {
  app = await openTestApp();
  org = await freshOrganization(app);
  program = programs(app);
  clientId = await program.client();
});
afterAll(() => app.close());

/** A member of the organization, with the role given. */
async function member(role: "viewer" | "member") {
  const other = await freshOrganization(app);
  await query(app.databaseUrl, "insert into memberships (org_id, user_id, role) values ($1, $2, $3)", [
    org.organizationId,
    other.userId,
    role,
  ]);
  return other;
}

test("a token may do no more than was ticked", async () => {
  const { body, access } = await connect(app, org, {
    scope: "brands:read brands:write",
    ticked: ["brands:read", "audit:read"],
  });
  expect(body.scope).toBe("brands:read");
  await expect(app.api(access).listAuditEvents({})).rejects.toMatchObject({ status: 403 });
});

test("422 when nothing is left ticked", async () => {
  const agent = new Agent(app);
  const page = await agent.logIn(org, await agent.open(authorizePath(clientId, pkce().challenge)));
  const again = await agent.submit(page, { decision: "allow" });
  expect(again.response.status).toBe(422);
  expect(again.html).toContain("Leave at least one line ticked");
});

test("what a user can give is cut to the role in the organization that they choose, at consent and at every request", async () => {
  const viewer = await member("viewer");
  const agent = new Agent(app);
  const { verifier, challenge } = pkce();
  const scope = "brands:read brands:write billing:write";
  const page = await agent.logIn(viewer, await agent.open(authorizePath(clientId, challenge, { scope })));
  expect(page.html).toContain("You are its viewer");
  const ticked = { decision: "allow", scope: scope.split(" "), organization: org.organizationId };
  const { away } = await agent.submit(page, ticked);
  const { body } = await program.token({
    grant_type: "authorization_code",
    client_id: clientId,
    code: away?.searchParams.get("code") ?? "",
    redirect_uri: REDIRECT,
    code_verifier: verifier,
  });
  expect(body.scope).toBe("brands:read");
  // Lifting the role later gives the client nothing that was not approved.
  await query(app.databaseUrl, "update memberships set role = 'owner' where org_id = $1 and user_id = $2", [
    org.organizationId,
    viewer.userId,
  ]);
  const token = String(body.access_token);
  expect(await send(app, "POST", "/v1/brands", { token, body: { name: "A", slug: "a-b" } })).toMatchObject({
    status: 403,
  });
  const other = { "x-organization-id": viewer.organizationId };
  expect(await send(app, "GET", "/v1/brands", { token, headers: other })).toMatchObject({ status: 403 });
});

test("what a client may do shrinks with the role, from the next request on", async () => {
  const joined = await member("member");
  await query(app.databaseUrl, "delete from memberships where org_id = $1", [joined.organizationId]);
  const { access } = await connect(app, joined);
  const api = app.api(access);
  const brand = await api.createBrand({ body: { name: "Mine", slug: `mine-${joined.userId.slice(-6)}` } });
  await query(app.databaseUrl, "update memberships set role = 'viewer' where user_id = $1", [joined.userId]);
  await expect(api.deleteBrand({ params: { brand_id: brand.id } })).rejects.toMatchObject({ status: 403 });
  await api.listBrands({});
});

test("where the role allows none of it, there is nothing to approve, and the client is told", async () => {
  const viewer = await member("viewer");
  await query(app.databaseUrl, "delete from memberships where org_id = $1", [viewer.organizationId]);
  const agent = new Agent(app);
  const path = authorizePath(clientId, pkce().challenge, { scope: "billing:write" });
  const page = await agent.logIn(viewer, await agent.open(path));
  expect(page.html).toContain("Editor cannot be let in");
  const forced = await agent.submit(page, {
    decision: "allow",
    scope: "billing:write",
    organization: org.organizationId,
  });
  expect(forced.away).toBeUndefined();
  const { away } = await agent.submit(page, { decision: "deny" });
  expect(away?.searchParams.get("error")).toBe("access_denied");
});

test("403 in an organization that they are not in, whatever the form says", async () => {
  const stranger = await freshOrganization(app);
  const agent = new Agent(app);
  const page = await agent.logIn(stranger, await agent.open(authorizePath(clientId, pkce().challenge)));
  const forged = await agent.submit(page, {
    decision: "allow",
    scope: "brands:read",
    organization: org.organizationId,
  });
  expect(forged.response.status).toBe(422);
  expect(forged.away).toBeUndefined();
});

test("403 PLAN_LIMIT on a plan that lets no programs in", async () => {
  const poor = await freshOrganization(app);
  const { access } = await connect(app, poor);
  await query(app.databaseUrl, "update organizations set plan = 'free' where id = $1", [poor.organizationId]);
  await expect(app.api(access).listBrands({})).rejects.toMatchObject({ status: 403, code: "PLAN_LIMIT" });
});

test("403 when a client makes a key wider, or longer, than itself", async () => {
  const { access } = await connect(app, org, { scope: "api_keys:write brands:read" });
  const api = app.api(access);
  const wide = api.createApiKey({ body: { label: "wide", scopes: ["billing:write"] } });
  await expect(wide).rejects.toMatchObject({ status: 403 });
  const key = await api.createApiKey({ body: { label: "own", scopes: ["brands:read"] } });
  expect(key.expires_at).not.toBeNull();
  const long = { label: "long", scopes: ["brands:read" as const], expires_at: "2099-01-01T00:00:00.000Z" };
  await expect(api.createApiKey({ body: long })).rejects.toMatchObject({ status: 403 });
});

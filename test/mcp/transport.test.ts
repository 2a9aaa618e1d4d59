import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../oauth/agent.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";
import { mcpClient, message } from "./client.ts";

let app: TestApp;
let org: TestOrganization;
let token: string;
beforeAll(async () => {
  app = await openTestApp({ env: { CORS_ORIGINS: "https://inspector.example" } });
  org = await freshOrganization(app);
  token = (await org.key()).key;
});
afterAll(() => app.close());

const METADATA = `resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/mcp"`;

describe("who sends a message", () => {
  test("401 without a credential, and where to get one", async () => {
    const response = await message(app);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe(`Bearer ${METADATA}`);
    expect(await response.json()).toMatchObject({ error: { code: "UNAUTHORIZED" } });
  });

  test.each(["rmo_made-up", "rm_made-up", "a.b.c"])("401 for %s", async (bad) => {
    const response = await message(app, { token: bad });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe(`Bearer error="invalid_token", ${METADATA}`);
  });

  test("a token of the authorization server is good here, until the next request after it is revoked", async () => {
    const { access, clientId } = await connect(app, org, { scope: "brands:read" });
    const mcp = await mcpClient(app, access);
    expect(await mcp.call("listBrands")).toMatchObject({ isError: false });
    expect(await mcp.call("createBrand", { body: { name: "A", slug: "a" } })).toMatchObject({ isError: true });
    const form = new URLSearchParams({ token: access, client_id: clientId }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await app.app.fetch(new Request(`${PUBLIC_URL}/oauth/revoke`, { method: "POST", headers, body: form }));
    expect((await message(app, { token: access })).status).toBe(401);
    await mcp.close();
  });

  test("403 on a plan that lets no programs in", async () => {
    const poor = await openTestApp({ env: { DEFAULT_PLAN: "free" } });
    const { access } = await connect(poor, await freshOrganization(poor));
    const response = await message(poor, { token: access });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: "PLAN_LIMIT" } });
    await poor.close();
  });
});

describe("where a message comes from", () => {
  test.each([
    ["another host's name (DNS rebinding)", { headers: { host: "evil.example" } }],
    ["a host's name that begins like ours", { headers: { host: "reelmark.test.evil.example" } }],
    ["a page of another site", { headers: { origin: "https://evil.example" } }],
    ["a page whose origin is hidden", { headers: { origin: "null" } }],
    ["a page of our host, but another port", { headers: { origin: "http://reelmark.test:8080" } }],
  ])("403 for %s", async (_what, options) => {
    const response = await message(app, { token, ...options });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: "FORBIDDEN" } });
  });

  test("200 for a page of ours, and for one that CORS_ORIGINS names, which may read the answer", async () => {
    expect((await message(app, { token, headers: { origin: PUBLIC_URL } })).status).toBe(200);
    const headers = { origin: "https://inspector.example" };
    const response = await message(app, { token, headers });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe(headers.origin);
    const preflight = await message(app, { headers, method: "OPTIONS" });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("MCP-Protocol-Version");
  });
});

describe("what a message is", () => {
  test("413 when it is huge", async () => {
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/list",
      params: { pad: "x".repeat(1_300_000) },
    });
    expect((await message(app, { token, body })).status).toBe(413);
  });

  test.each([
    ["no JSON", "{", 400],
    ["no message", "[]", 400],
  ])("%s is refused", async (_what, body, status) => {
    expect((await message(app, { token, body })).status).toBe(status);
  });

  test("405 for GET and DELETE: there are no sessions", async () => {
    for (const method of ["GET", "DELETE"]) expect((await message(app, { token, method })).status).toBe(405);
  });

  test("an answer is not cached, and carries a request id", async () => {
    const { headers } = await message(app, { token });
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-request-id")).toMatch(/^req_/);
  });

  test("a log line says who, and nothing of the message", async () => {
    await message(app, {
      token,
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "secret-name" } }),
    });
    const line = app.log.findLast(({ fields }) => "operation" in fields && fields.operation === "mcp");
    expect(line?.fields).toMatchObject({ principal_kind: "api_key", organization: org.organizationId });
    expect(JSON.stringify(app.log)).not.toContain("secret-name");
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OAUTH } from "../../spec/oauth.ts";
import { openTestApp, PUBLIC_URL, type TestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { programs, REDIRECT } from "./agent.ts";

let app: TestApp;
let program: ReturnType<typeof programs>;
let address: () => string;
beforeAll(async () => {
  let calls = 0;
  const elsewhere = () => `10.5.${Math.floor(calls / 250)}.${calls++ % 250}`;
  address = elsewhere;
  app = await openTestApp({ address: () => address() });
  program = programs(app);
});
afterAll(() => app.close());

describe("registering", () => {
  test("201 with what is known of the client from now on; it is public whatever it asks for", async () => {
    const { status, body, headers } = await program.register({
      client_name: "Editor",
      redirect_uris: [REDIRECT, "https://app.example/back"],
      token_endpoint_auth_method: "client_secret_post",
      scope: "brands:read made:up",
      logo_uri: "https://evil.example/pixel.png",
      contacts: ["x".repeat(5_000)],
    });
    expect(status).toBe(201);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toEqual({
      client_id: expect.stringMatching(/^oac_[\w-]{24}$/),
      client_id_issued_at: expect.any(Number),
      client_name: "Editor",
      redirect_uris: [REDIRECT, "https://app.example/back"],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    });
    const [row] = await query<{ text: string }>(
      app.databaseUrl,
      "select metadata::text as text from oauth_clients where id = $1",
      [body.client_id],
    );
    expect(row?.text).not.toContain("evil");
    expect(row?.text).not.toContain("xxxx");
  });

  test.each([
    ["no redirect", { redirect_uris: [] }],
    ["a script", { redirect_uris: ["javascript:alert(1)"] }],
    ["data", { redirect_uris: ["data:text/html,hello"] }],
    ["another program", { redirect_uris: ["editor://callback"] }],
    ["http on another host", { redirect_uris: ["http://app.example/back"] }],
    ["http on an inner address", { redirect_uris: ["http://169.254.169.254/back"] }],
    ["a host that begins like loopback", { redirect_uris: ["http://127.0.0.1.evil.example/back"] }],
    ["a user name", { redirect_uris: ["https://app.example@evil.example/back"] }],
    ["a fragment", { redirect_uris: ["https://app.example/back#here"] }],
    ["eleven redirects", { redirect_uris: Array.from({ length: 11 }, (_, n) => `https://app.example/${n}`) }],
    ["a long redirect", { redirect_uris: [`https://app.example/${"a".repeat(500)}`] }],
    ["a redirect that is none", { redirect_uris: [7] }],
  ])("400 invalid_redirect_uri with %s", async (_what, metadata) => {
    expect(await program.register(metadata)).toMatchObject({ status: 400, body: { error: "invalid_redirect_uri" } });
  });

  test.each([
    ["a list", []],
    ["grants that there are not", { redirect_uris: [REDIRECT], grant_types: ["client_credentials"] }],
    ["grants that are no list", { redirect_uris: [REDIRECT], grant_types: "authorization_code" }],
    ["a long name", { redirect_uris: [REDIRECT], client_name: "n".repeat(101) }],
    ["a name of two lines", { redirect_uris: [REDIRECT], client_name: "Editor\nby Reelmark" }],
    ["a name that turns the text around", { redirect_uris: [REDIRECT], client_name: "Editor\u202Ekramleer" }],
  ])("400 invalid_client_metadata with %s", async (_what, metadata) => {
    expect(await program.register(metadata)).toMatchObject({ status: 400, body: { error: "invalid_client_metadata" } });
  });

  test("413 for a huge body, 415 for what is no JSON, 405 for another method", async () => {
    const huge = await program.register({ redirect_uris: [REDIRECT], client_name: "n".repeat(20_000) });
    expect(huge).toMatchObject({ status: 413, body: { error: "invalid_request" } });
    expect(await program.form("/oauth/register", { redirect_uris: REDIRECT })).toMatchObject({ status: 415 });
    expect(await program.get("/oauth/token")).toMatchObject({ status: 405 });
  });

  test("429 for one address that floods, with when to come again", async () => {
    const before = address;
    address = () => "198.51.100.10";
    const made = [];
    for (let n = 0; n < 12; n++) made.push(await program.register({ redirect_uris: [REDIRECT] }));
    address = before;
    expect(made.filter(({ status }) => status === 201)).toHaveLength(10);
    const last = made.at(-1);
    expect(last).toMatchObject({ status: 429, body: { error: "temporarily_unavailable" } });
    expect(Number(last?.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("metadata", () => {
  test("says where everything is (RFC 8414)", async () => {
    const { status, body, headers } = await program.get("/.well-known/oauth-authorization-server");
    expect(status).toBe(200);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(body).toMatchObject({
      issuer: PUBLIC_URL,
      token_endpoint: `${PUBLIC_URL}/oauth/token`,
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none"],
    });
    expect(body.grant_types_supported).toContain(OAUTH.deviceGrant);
    expect(body.scopes_supported).toContain("brands:read");
    const head = new Request(`${PUBLIC_URL}/.well-known/oauth-authorization-server`, { method: "HEAD" });
    expect(await app.app.fetch(head)).toMatchObject({ status: 200, body: null });
  });

  test.each(["/api", "/mcp"])("says who gives tokens for %s (RFC 9728)", async (path) => {
    const { body } = await program.get(`/.well-known/oauth-protected-resource${path}`);
    expect(body).toMatchObject({ resource: PUBLIC_URL + path, authorization_servers: [PUBLIC_URL] });
  });

  test("is no OpenID provider's", async () => {
    const found = await app.app.fetch(new Request(`${PUBLIC_URL}/.well-known/openid-configuration`));
    expect(found.status).toBe(404);
  });

  test("has the document of the endpoints beside it", async () => {
    const found = await app.app.fetch(new Request(`${PUBLIC_URL}/oauth/openapi.json`));
    const body = (await found.json()) as { openapi: string; paths: object };
    expect(body.openapi).toBe("3.1.0");
    expect(Object.keys(body.paths)).toContain("/oauth/token");
  });
});

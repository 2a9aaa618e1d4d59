import { encode } from "gpt-tokenizer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { contract } from "../../spec/index.ts";
import { isExpressible } from "../../spec/kit/tools.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { mcpClient } from "./client.ts";

let app: TestApp;
let org: TestOrganization;
let key: string;
let mcp: Awaited<ReturnType<typeof mcpClient>>;
beforeAll(async () => {
  app = await openTestApp();
  org = await freshOrganization(app);
  key = (await org.key()).key;
  mcp = await mcpClient(app, key);
});
afterAll(async () => {
  await mcp.close();
  await app.close();
});

const tokens = (tools: unknown) => encode(JSON.stringify(tools)).length;

describe("the tools", () => {
  test("are three by default, under 1,500 tokens whatever the size of the API", async () => {
    const tools = await mcp.tools();
    expect(tools.map(({ name }) => name)).toEqual(["search_operations", "describe_operation", "call_operation"]);
    expect(tokens(tools)).toBeLessThan(1_500);
    expect(encode(mcp.client.getInstructions() ?? "").length).toBeLessThan(200);
  });

  test("are one an operation with ?tools=all, by its own id, but for those that carry bytes", async () => {
    const all = await mcpClient(app, key, { search: "?tools=all" });
    const tools = await all.tools();
    const wanted = Object.values(contract).filter((op) => op.auth === "credential" && isExpressible(op));
    expect(tools.map(({ name }) => name)).toEqual(wanted.map(({ id }) => id));
    expect(tools.map(({ name }) => name)).not.toContain("createUpload");
    // 220 on average here, and 304 for the three above.
    expect(tokens(tools) / tools.length).toBeLessThan(400);
    const listed = await all.tool("listBrands", { limit: 1 });
    expect(listed).toMatchObject({ isError: false, json: { data: [] } });
    await all.close();
  });

  test("say what a call may do: from the method and the effect", async () => {
    const all = await mcpClient(app, key, { search: "?tools=all" });
    const tools = Object.fromEntries((await all.tools()).map((tool) => [tool.name, tool.annotations]));
    expect(tools.listBrands).toEqual({ readOnlyHint: true, destructiveHint: false, idempotentHint: true });
    expect(tools.createBrand).toEqual({ readOnlyHint: false, destructiveHint: false, idempotentHint: false });
    expect(tools.updateBrand).toEqual({ readOnlyHint: false, destructiveHint: true, idempotentHint: true });
    expect(tools.deleteBrand).toEqual({ readOnlyHint: false, destructiveHint: true, idempotentHint: true });
    expect(tools.revokeApiKey).toEqual({ readOnlyHint: false, destructiveHint: true, idempotentHint: true });
    await all.close();
  });

  test("are those that the credential may call", async () => {
    const narrow = await org.key(["brands:read", "publishing:read"]);
    const all = await mcpClient(app, narrow.key, { search: "?tools=all" });
    const names = (await all.tools()).map(({ name }) => name);
    expect(names).toContain("listBrands");
    expect(names).not.toContain("createBrand");
    expect(names).not.toContain("listOrganizations");
    expect(await all.tool("createBrand", { body: {} })).toMatchObject({
      isError: true,
      json: { error: { code: "FORBIDDEN" } },
    });
    const found = await all.tool("search_operations", { query: "create brand" });
    expect(found.text).not.toContain("createBrand");
    await all.close();
    const session = await mcpClient(app, org.token, { search: "?tools=all" });
    expect((await session.tools()).map(({ name }) => name)).toContain("listOrganizations");
    await session.close();
  });

  test("are found by words, and described by a schema that stands alone", async () => {
    const found = await mcp.tool("search_operations", { query: "make a new persona", limit: 3 });
    expect(found.text.split("\n")[0]).toBe("createPersona: Create a persona (POST /v1/personas)");
    // Words that are everywhere lead nowhere else.
    for (const [query, name] of [
      ["how many credits are left", "getBalance"],
      ["invite a colleague by mail", "createInvitation"],
      ["remove a member of the team", "removeMember"],
    ])
      expect((await mcp.tool("search_operations", { query, limit: 1 })).text).toMatch(`${name}: `);
    expect((await mcp.tool("search_operations", { query: "xyzzy" })).text).toContain("Nothing fits");
    expect((await mcp.tool("search_operations", { query: "" })).text.split("\n")).toHaveLength(10);
    const described = await mcp.tool("describe_operation", { operation: "updateBrand" });
    expect(described.json).toMatchObject({
      name: "updateBrand",
      inputSchema: { required: ["brand_id", "body"], additionalProperties: false },
    });
    const refs = [...described.text.matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)].map(([, name]) => name);
    const { $defs = {} } = (described.json as { inputSchema: { $defs?: object } }).inputSchema;
    for (const name of refs) expect(Object.keys($defs)).toContain(name);
  });
});

describe("a call", () => {
  test("does what the operation does, with its audit", async () => {
    const made = await mcp.call("createBrand", { body: { name: "Cat", slug: "cat" }, idempotency_key: "once" });
    expect(made).toMatchObject({ isError: false, status: 201, json: { slug: "cat" } });
    const again = await mcp.call("createBrand", { body: { name: "Cat", slug: "cat" }, idempotency_key: "once" });
    expect(again.json).toEqual(made.json);
    const { id } = made.json as { id: string };
    expect(await mcp.call("getBrand", { brand_id: id })).toMatchObject({ json: { id } });
    expect(await mcp.call("updateBrand", { brand_id: id, body: { name: "Dog" } })).toMatchObject({
      json: { name: "Dog" },
    });
    expect(await mcp.call("listBrands", { limit: 1, status: "active" })).toMatchObject({ json: { count: 1 } });
    expect(await mcp.call("deleteBrand", { brand_id: id })).toMatchObject({
      isError: false,
      status: 204,
      text: "Done.",
    });
    const events = await org.api.listAuditEvents({ query: { resource_id: id } });
    expect(events.data.map(({ operation }) => operation)).toEqual(["deleteBrand", "updateBrand", "createBrand"]);
    expect(events.data[0]).toMatchObject({ actor: { kind: "api_key" } });
  });

  test("that fails gives the envelope of the operation", async () => {
    const missing = await mcp.call("getBrand", { brand_id: "brd_01m813vpqnvdmyhfhktx7az6f0" });
    expect(missing).toMatchObject({ isError: true, status: 404, json: { error: { code: "NOT_FOUND" } } });
    const invalid = await mcp.call("createBrand", { body: { name: "" } });
    expect(invalid).toMatchObject({ isError: true, status: 400, json: { error: { code: "VALIDATION_ERROR" } } });
    expect((invalid.json as { error: { request_id: string } }).error.request_id).toMatch(/^req_/);
  });

  test("without its scope is refused by the operation itself, which says what is missing", async () => {
    const reader = await mcpClient(app, (await org.key(["brands:read"])).key);
    const refused = await reader.call("createBrand", { body: { name: "No", slug: "no" } });
    expect(refused).toMatchObject({ isError: true, status: 403 });
    expect(refused.json).toMatchObject({
      error: {
        code: "FORBIDDEN",
        details: { missing_scopes: ["brands:write"] },
        request_id: expect.stringMatching(/^req_/),
      },
    });
    await reader.close();
  });

  test("takes any text for its query: what it may be is the operation's to say", async () => {
    expect(await mcp.call("listSourcePosts", { text: ".." })).toMatchObject({ status: 200 });
    const empty = await mcp.call("listBrands", { status: "" });
    expect(empty).toMatchObject({ status: 400, json: { error: { details: { issues: [{ path: "query.status" }] } } } });
  });

  test.each([
    ["an operation that there is not", { operation: "dropEverything" }, "NOT_FOUND"],
    ["a name of JavaScript's own", { operation: "constructor" }, "NOT_FOUND"],
    ["no operation", {}, "NOT_FOUND"],
    ["a public one", { operation: "login", arguments: {} }, "FORBIDDEN"],
    ["an argument that there is not", { operation: "listBrands", arguments: { page: 2 } }, "VALIDATION_ERROR"],
    ["no argument for the path", { operation: "getBrand" }, "VALIDATION_ERROR"],
    ["a path that climbs", { operation: "getBrand", arguments: { brand_id: ".." } }, "VALIDATION_ERROR"],
    ["an object in the path", { operation: "getBrand", arguments: { brand_id: { a: 1 } } }, "VALIDATION_ERROR"],
    ["arguments that are a list", { operation: "getBrand", arguments: [] as never }, "VALIDATION_ERROR"],
  ])("is refused for %s", async (_what, args, code) => {
    expect(await mcp.tool("call_operation", args)).toMatchObject({ isError: true, json: { error: { code } } });
  });

  test("of another path than its operation's is not to be made by an argument", async () => {
    const climbed = await mcp.call("getBrand", { brand_id: "../api-keys" });
    expect(climbed).toMatchObject({ isError: true, status: 400, json: { error: { code: "VALIDATION_ERROR" } } });
  });

  test("for bytes or a stream says what to call instead", async () => {
    const refused = await mcp.call("createUpload", {});
    expect(refused.isError).toBe(true);
    expect(refused.text).toContain("importUpload");
    expect((await mcp.tool("describe_operation", { operation: "putUploadPart" })).text).toContain(
      "which a tool cannot carry",
    );
    expect((await mcp.call("streamEvents", {})).text).toContain("listEvents");
  });

  test("is counted by the credential's own limit: 429 comes back as the tool's error", async () => {
    const limited = await openTestApp({ env: { RATE_LIMIT_KEY: "8" }, databaseUrl: app.databaseUrl });
    const own = await org.key();
    for (let n = 0; n < 7; n++) await limited.api(own.key).listBrands({});
    // Messages are counted too, in a bucket of their own, so that a call is not counted twice.
    const client = await mcpClient(limited, own.key);
    expect(await client.call("listBrands")).toMatchObject({ isError: false });
    expect(await client.call("listBrands")).toMatchObject({ status: 429, json: { error: { code: "RATE_LIMITED" } } });
    const flood = async () => {
      for (let n = 0; n < 9; n++) await client.tools();
    };
    await expect(flood()).rejects.toThrow(/429|Too many requests/);
    await client.close();
    await limited.close();
  });

  test("acts for the organization that the header names", async () => {
    const other = await freshOrganization(app);
    await query(app.databaseUrl, "insert into memberships (org_id, user_id, role) values ($1, $2, 'viewer')", [
      other.organizationId,
      org.userId,
    ]);
    const named = await mcpClient(app, org.token, { headers: { "x-organization-id": other.organizationId } });
    expect(await named.call("getOrganization")).toMatchObject({ json: { id: other.organizationId, role: "viewer" } });
    await named.close();
  });
});

import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type CallToolResult, Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { until } from "../setup/support.ts";
import { type ShellOptions, shell } from "./terminal.ts";

let place: TestApp;
let org: TestOrganization;
let server: Serving;
beforeAll(async () => {
  // Names of loopback stand for each other, whatever the port.
  place = await openTestApp({ publicUrl: "http://127.0.0.1" });
  server = await serve({ fetch: (request, env) => place.app.fetch(request, env), host: "127.0.0.1", port: 0 });
  org = await freshOrganization(place);
});
afterAll(async () => {
  await server.close(0);
  await place.close();
});

/** The official SDK's client, which starts the command line as an assistant does. */
async function assistant() {
  const { key } = await org.key(["brands:read", "brands:write"]);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(import.meta.dirname, "../../client/cli/reelmark.ts"), "mcp"],
    env: { REELMARK_URL: server.url, REELMARK_TOKEN: key },
  });
  const client = new Client({ name: "assistant", version: "1" });
  await client.connect(transport);
  return client;
}

test("an assistant finds and calls operations over stdio, within the scopes of the credential", async () => {
  const client = await assistant();
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["search_operations", "describe_operation", "call_operation"]);
  const call = async (operation: string, args: object) =>
    (await client.callTool({ name: "call_operation", arguments: { operation, arguments: args } })) as CallToolResult;
  // Several at once: each answer finds its question.
  const made = await Promise.all(["a", "b", "c"].map((slug) => call("createBrand", { body: { name: slug, slug } })));
  expect(made.map(({ isError, content }) => [isError, JSON.stringify(content)])).toEqual(
    ["a", "b", "c"].map((slug) => [undefined, expect.stringContaining(`\\"${slug}\\"`)]),
  );
  expect(await call("listPersonas", {})).toMatchObject({ isError: true });
  await client.close();
  expect((await org.api.listBrands()).data.map(({ slug }) => slug).toSorted()).toEqual(["a", "b", "c"]);
});

/** The bridge in this process, and what it answers to lines. */
function bridge(options: ShellOptions = {}, ...flags: string[]) {
  const stdin = new PassThrough();
  let out = "";
  let err = "";
  const run = shell(undefined, {
    stdin,
    fetch: globalThis.fetch,
    read: (text) => {
      out += text;
    },
    watch: (text) => {
      err += text;
    },
    ...options,
    env: { REELMARK_URL: server.url, REELMARK_TOKEN: org.token, ...options.env },
  });
  const running = run("mcp", ...flags);
  const list = (id: number) => ({ jsonrpc: "2.0", id, method: "tools/list", params: {} });
  return {
    running,
    stdin,
    err: () => err,
    say: (line: object | string) => stdin.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`),
    list,
    answers: () => out.split("\n").flatMap((line): { id: number }[] => (line === "" ? [] : [JSON.parse(line)])),
  };
}

test("what is no message is told on standard error, and what comes after it is answered; it ends with its input", async () => {
  const { say, list, answers, err, stdin, running } = bridge();
  say("{");
  say({ nonsense: true });
  say(list(1));
  await until(() => answers().length > 0);
  expect(answers()).toMatchObject([{ id: 1, result: { tools: [{}, {}, {}] } }]);
  expect(err()).not.toBe("");
  stdin.end();
  expect(await running).toMatchObject({ code: 0 });
});

test("what was asked before the input ended is still answered", async () => {
  const { say, list, answers, stdin, running } = bridge();
  for (const id of [1, 2]) say(list(id));
  stdin.end();
  expect(await running).toMatchObject({ code: 0 });
  expect(
    answers()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual([1, 2]);
});

test("--all-tools gives one an operation", async () => {
  const { say, list, answers, stdin, running } = bridge({}, "--all-tools");
  say(list(1));
  await until(() => answers().length > 0);
  expect(JSON.stringify(answers())).toContain('"name":"createBrand"');
  stdin.end();
  await running;
});

test("without a good credential: 3 at once, or an error that says what to do", async () => {
  expect(await shell(undefined, { env: { REELMARK_URL: server.url } })("mcp")).toMatchObject({ code: 3 });
  const { say, list, answers, stdin, running } = bridge({ env: { REELMARK_TOKEN: `rm_${"0".repeat(64)}` } });
  say(list(7));
  await until(() => answers().length > 0);
  expect(answers()).toMatchObject([{ id: 7, error: { message: expect.stringContaining("reelmark login") } }]);
  stdin.end();
  await running;
});

test("a request whose answer breaks off, or never comes, is an error; one that is cancelled has no answer", async () => {
  const broken = async (request: Request) => {
    const { id } = (await request.clone().json()) as { id: number };
    if (id === 1) throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
    if (id === 2) return new Response("event: message\n", { headers: { "content-type": "text/event-stream" } });
    if (id === 3)
      return new Promise<Response>((_resolve, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason)),
      );
    return fetch(request);
  };
  const { say, list, answers, stdin, running } = bridge({ fetch: broken });
  for (const id of [1, 2, 3]) say(list(id));
  await until(() => answers().length === 2);
  say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 3 } });
  say(list(4));
  await until(() => answers().length === 3);
  expect(answers().toSorted((a, b) => a.id - b.id)).toMatchObject([
    { id: 1, error: { message: expect.stringContaining("ECONNREFUSED") } },
    { id: 2, error: { message: expect.stringContaining("ended its answer") } },
    { id: 4, result: {} },
  ]);
  stdin.end();
  await running;
});

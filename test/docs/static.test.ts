import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { runScript } from "../mock/process.ts";
import { openDocs } from "./browser.ts";
import { document } from "./document.ts";

let folder = "";
let out = "";
let spec = "";
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "docs-"));
  out = join(folder, "out");
  spec = join(folder, "openapi.json");
  await writeFile(spec, JSON.stringify(document));
});
afterAll(async () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await rm(folder, { recursive: true });
});

/** A file host of the simplest kind, under a path of its own: it sends no policy and no charset. */
async function host(prefix: string): Promise<string> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const name = path.slice(prefix.length) || "index.html";
    const text = path.startsWith(prefix) ? await readFile(join(out, name)).catch(() => undefined) : undefined;
    const type = name.endsWith(".html") ? "text/html" : name.endsWith(".js") ? "text/javascript" : "application/json";
    response.writeHead(text ? 200 : 404, { "content-type": type }).end(text);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on TCP has an address object, never a pipe's name or null.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`;
}

test("writes a reference that works under any path of any file host, and may call the API it is of", async () => {
  const { status, stderr } = await runScript("docs", [
    "--server",
    "https://api.example.com/",
    "--out",
    out,
    "--spec",
    spec,
  ]);
  expect([status, stderr]).toEqual([0, ""]);
  expect((await readdir(out, { recursive: true })).sort()).toEqual([
    "assets",
    "assets/scalar.js",
    "index.html",
    "openapi.json",
    "openapi.yaml",
    "reference.json",
  ]);
  const docs = await openDocs(await host("/some/where/"));
  try {
    await docs.page.getByRole("heading", { name: "Create a brand" }).waitFor();
    expect(await docs.page.locator("body").innerText()).toContain("https://api.example.com/api");
    expect(docs.outside).toEqual([]);
    expect(docs.complaints).toEqual([]);
    await docs.page.evaluate("fetch('https://api.example.com/api/v1/health').catch(() => 0)");
    expect(docs.outside).toEqual(["https://api.example.com/api/v1/health"]);
  } finally {
    await docs.close();
  }
});

test("the documents beside it name the server that was given, and say the rest unchanged", async () => {
  const expected = { ...document, servers: [{ url: "https://api.example.com/api" }] };
  expect(JSON.parse(await readFile(join(out, "openapi.json"), "utf8"))).toEqual(expected);
  expect(parse(await readFile(join(out, "openapi.yaml"), "utf8"))).toEqual(expected);
});

test.each([
  [[], "--server https://api.example.com"],
  [["--server", "api.example.com"], "not a web address"],
  [["--server", "ftp://api.example.com"], "not a web address"],
  [["--server", "https://me:secret@api.example.com"], "leave out credentials"],
  [["--server", "https://api.example.com/api"], "leave out the /api"],
  [["--server", "https://api.example.com", "--spec", "/nowhere.json"], "npm run generate"],
  [["--sever", "https://api.example.com"], "--sever"],
])("%j is refused with a sentence that says what to do", async (args, sentence) => {
  const { status, stderr } = await runScript("docs", [...args, "--out", join(folder, "never")]);
  expect([status, stderr]).toEqual([1, expect.stringContaining(sentence)]);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("--help tells the options and ends with status 0", async () => {
  const { status, stdout } = await runScript("docs", ["--help"]);
  expect([status, stdout]).toEqual([0, expect.stringContaining("--server <url>")]);
});

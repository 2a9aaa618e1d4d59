import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { realTime } from "../../client/backoff.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { type FeedServer, feedServer, fixture } from "../sources/feed-server.ts";
import { shell } from "./terminal.ts";

let place: TestApp;
let feeds: FeedServer;
beforeAll(async () => {
  [place, feeds] = await Promise.all([openTestApp({ role: "all" }), feedServer()]);
});
afterAll(() => Promise.all([place.close(), feeds.close()]));

/** Pauses are a moment, so that the real server gets on with its work. */
const quick = {
  ...realTime,
  sleep: (ms: number, signal?: AbortSignal) => realTime.sleep(Math.min(ms, 20), signal),
};

async function tenant(options: Parameters<typeof shell>[1] = {}) {
  const { token, api } = await freshOrganization(place);
  return { api, run: shell(place, { ...options, env: { REELMARK_TOKEN: token, ...options.env } }) };
}

test("flags become the body, and the answer is JSON for a program", async () => {
  const { run, api } = await tenant();
  const made = await run("brands", "create", "--name", "Studio", "--slug", "studio");
  expect([made.code, made.err]).toEqual([0, ""]);
  const { id } = JSON.parse(made.out);
  expect(await api.getBrand({ params: { brand_id: id } })).toMatchObject({ name: "Studio", slug: "studio" });
  const got = await run("brands", "get", id, "--output", "yaml");
  expect(got.out).toContain("slug: studio\n");
});

test("a list of values by commas or by the flag again; choices are checked before anything is sent", async () => {
  const { run } = await tenant();
  const one = await run("api-keys", "create", "--label", "x", "--scopes", "brands:read,personas:read");
  expect(JSON.parse(one.out).scopes).toEqual(["brands:read", "personas:read"]);
  const two = await run("api-keys", "create", "--label", "y", "--scopes", "brands:read", "--scopes", "sync:write");
  expect(JSON.parse(two.out).scopes.toSorted()).toEqual(["brands:read", "sync:write"]);
  const seen = place.seen.length;
  const wrong = await run("api-keys", "create", "--label", "z", "--scopes", "brands:reed");
  expect([wrong.code, place.seen.length]).toEqual([2, seen]);
  expect(wrong.err).toContain("--scopes must be one of");
  const asked = await run("api-keys", "create", "--label", "z", "--scopes", "brands:reed", "--no-check");
  expect(asked.code).toBe(7);
  expect(asked.err).toMatch(/createApiKey: 400 VALIDATION_ERROR/);
});

test("a body from a file, from standard input, and flags over it; --clear empties", async () => {
  const { run, api } = await tenant({ stdin: '{"name": "From a pipe", "slug": "pipe", "description": "d"}' });
  const piped = await run("brands", "create", "--body", "-", "--name", "Over it");
  const { id } = JSON.parse(piped.out);
  expect(JSON.parse(piped.out)).toMatchObject({ name: "Over it", slug: "pipe", description: "d" });
  const file = join(run.folder, "body.json");
  writeFileSync(file, '{"name": "From a file"}');
  expect((await run("brands", "update", id, "--body", `@${file}`, "--clear", "description")).code).toBe(0);
  expect(await api.getBrand({ params: { brand_id: id } })).toMatchObject({ name: "From a file", description: null });
  expect(await run("brands", "update", id, "--body", "{")).toMatchObject({ code: 2 });
  expect(await run("brands", "update", id, "--body", "@/nowhere")).toMatchObject({ code: 2 });
});

test("a number is one only as JSON writes it: 007 is not 7", async () => {
  const { run } = await tenant();
  for (const said of ["007", "1e1", "0x10", "12345678901234567890"]) {
    expect(await run("brands", "list", "--limit", said)).toMatchObject({ code: 2, out: "" });
    const asked = await run("brands", "list", "--limit", said, "--no-check");
    expect(asked.code).toBe(7);
    expect(asked.err).toMatch(/listBrands: 400 VALIDATION_ERROR/);
  }
});

test("every page with --all, as a table, csv, ndjson", async () => {
  const { run } = await tenant();
  for (const n of [1, 2, 3]) await run("brands", "create", "--name", `=B${n}`, "--slug", `b-${n}`);
  const lines = (await run("brands", "list", "--all", "--limit", "2", "--output", "ndjson")).out.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).slug).toSorted()).toEqual(["b-1", "b-2", "b-3"]);
  const table = (await run("brands", "list", "-o", "table")).out;
  expect(table.split("\n")[0]).toMatch(/^ID\s+NAME\s+SLUG\s+STATUS\s+CREATED AT/);
  expect(table).toContain("=B3");
  const csv = (await run("brands", "list", "-o", "csv")).out;
  expect(csv).toContain("'=B1");
});

test("csv: a number stays one, a text that could be a formula does not; an object has no column beside its parts", async () => {
  const data = [
    { amount: -1, note: "-1+1", at: null },
    { amount: -0.5, note: "@a", at: { day: "=1" } },
  ];
  const run = shell(undefined, { fetch: async () => Response.json({ data }) });
  const { out } = await run("brands", "list", "-o", "csv");
  expect(out.split("\n")).toEqual(["amount,note,at.day", "-1,'-1+1,", "-0.5,'@a,'=1", ""]);
});

test("an id of dots leads nowhere else", async () => {
  const { run } = await tenant();
  const seen = place.seen.length;
  for (const id of ["..", "."])
    for (const flags of [[], ["--no-check"]])
      expect(await run("organization", "members", "remove", id, ...flags)).toMatchObject({ code: 2 });
  expect(place.seen.length).toBe(seen);
});

test("with --no-check any query, header and body goes out as it is said", async () => {
  const { run } = await tenant();
  const sent: { url: URL; headers: Headers; text: string }[] = [];
  const { run: raw } = await tenant({
    fetch: async (request) => {
      sent.push({ url: new URL(request.url), headers: request.headers, text: await request.clone().text() });
      return place.fetch(request);
    },
  });
  const flags = ["--no-check", "--retries", "0"];
  const query = ["limit=x y", "limit=2", "a.b&c=", "__proto__=1"].flatMap((pair) => ["--query", pair]);
  const list = await raw("brands", "list", ...flags, ...query, "--header", "x-request-id: abc");
  expect(list).toMatchObject({ code: 7, err: expect.stringContaining("4 problems") });
  expect([...(sent[0]?.url.searchParams ?? [])]).toEqual([
    ["limit", "x y"],
    ["limit", "2"],
    ["a.b&c", ""],
    ["__proto__", "1"],
  ]);
  expect(sent[0]?.headers.get("x-request-id")).toBe("abc");
  await raw("brands", "create", ...flags, "--body", '{"a": 1e400,}', "--header", "Content-Type: text/plain");
  expect(sent[1]).toMatchObject({ text: '{"a": 1e400,}' });
  expect([sent[1]?.headers.get("content-type"), sent[1]?.headers.has("idempotency-key")]).toEqual([
    "text/plain",
    false,
  ]);
  await raw("brands", "create", ...flags);
  await raw("organization", "leave", ...flags, "--body", "[]");
  await raw("uploads", "create", ...flags);
  expect(sent.slice(2).map(({ text }) => text)).toEqual(["", "[]", expect.stringMatching(/^--\S+--\r\n/)]);
  expect(await run("brands", "list", "--query", "limit")).toMatchObject({ code: 2 });
  expect(await run("brands", "list", "--header", "x y")).toMatchObject({ code: 2 });
  expect((await run("brands", "list", "--help")).out).not.toContain("--query");
});

test("an upload from a file, from a pipe, or a part of one", async () => {
  const { run, api } = await tenant({ stdin: "# From a pipe\n" });
  const file = join(run.folder, "a.md");
  writeFileSync(file, "# A title\n");
  const made = JSON.parse((await run("uploads", "create", "--file", file)).out);
  expect(made).toMatchObject({ filename: "a.md", status: "ready" });
  expect(JSON.parse((await run("uploads", "create", "--file", "-")).out)).toMatchObject({ filename: "stdin" });
  expect(await run("uploads", "create", "--file", "/nowhere")).toMatchObject({ code: 2 });
  const parts = await api.createResumableUpload({ body: { filename: "b.md", size: 10 } });
  expect(await run("uploads", "parts", "put", parts.id, "1", "--body", `@${file}`)).toMatchObject({ code: 0 });
  expect((await api.listUploadParts({ params: { upload_id: parts.id } })).data).toHaveLength(1);
});

test("--wait follows work to its end, with a line on the terminal; 11 when it fails", async () => {
  const { run, api } = await tenant({ timing: quick, columns: 100 });
  feeds.serve("/good.xml", { body: fixture("rss2.xml") });
  feeds.serve("/bad.xml", { status: 410, body: "gone" });
  const brand = await api.createBrand({ body: { name: "Waiting", slug: "waiting" } });
  const persona = await api.createPersona({ body: { brand_id: brand.id, name: "Nora" } });
  const sync = async (path: string) => {
    const { id } = await api.createSource({ body: { persona_id: persona.id, name: path, url: feeds.url(path) } });
    return run("sources", "sync", id, "--wait", "--output", "json");
  };
  const good = await sync("/good.xml");
  expect(good.code).toBe(0);
  expect(JSON.parse(good.out)).toMatchObject({ status: "completed" });
  expect(good.err).toMatch(/\r.*syn_\w+ pending/);
  const bad = await sync("/bad.xml");
  expect(bad.code).toBe(11);
  expect(bad.err.split("\n").at(-2)).toMatch(/\{"error":\{"code":"JOB_FAILED","message":"syn_\w+: failed/);
});

test("work goes on when the waiting for it is interrupted, and its id is said", async () => {
  const stop = new AbortController();
  const watch = (text: string) => text.includes("pending") && stop.abort();
  const job = { id: "syn_01k4zn8w3v7q2m5t9r6x0h1c1b", status: "pending", progress: 0 };
  const fetch = async () => Response.json(job, { status: 202 });
  const run = shell(undefined, { fetch, watch, signal: stop.signal, columns: 100 });
  const { code, err } = await run("sources", "sync", "src_01k4zn8w3v7q2m5t9r6x0h1cx3", "--wait");
  expect(code).toBe(130);
  expect(err).toMatch(/syn_01k4zn8w3v7q2m5t9r6x0h1c1b goes on without you\.\nInterrupted\.\n$/);
});

test("each class of error has its code", async () => {
  const { run } = await tenant();
  const nobody = shell(place);
  expect(await nobody("brands", "list")).toMatchObject({ code: 3, err: expect.stringContaining("reelmark login") });
  expect(await run("brands", "get", "brd_01k4zn8w3v7q2m5t9r6x0h1cd5")).toMatchObject({ code: 5 });
  await run("brands", "create", "--name", "A", "--slug", "a-a");
  const again = await run("brands", "create", "--name", "B", "--slug", "a-a", "-o", "json");
  expect(again.code).toBe(6);
  expect(JSON.parse(again.err)).toMatchObject({ error: { code: "CONFLICT", status: 409, operation: "createBrand" } });
  expect(await run("brands", "create")).toMatchObject({ code: 2, err: expect.stringContaining("--slug") });
  expect(await run("brand", "list")).toMatchObject({ code: 2, err: expect.stringContaining("brands") });
  expect(await run("brands", "list", "--nonsense")).toMatchObject({ code: 2 });
  const { token } = await freshOrganization(place);
  const off = shell(undefined, { env: { REELMARK_TOKEN: token } });
  expect(await off("brands", "list", "--retries", "0")).toMatchObject({ code: 10 });
});

test("open shows a page of the server, and prints its address", async () => {
  const run = shell(undefined, { env: { REELMARK_URL: "https://reelmark.example.com" } });
  expect(await run("open", "docs")).toMatchObject({ code: 0, out: "https://reelmark.example.com/docs\n" });
  expect(run.pages).toEqual(["https://reelmark.example.com/docs"]);
  expect(await run("open", "sesame")).toMatchObject({ code: 2, err: expect.stringContaining("docs, console") });
});

test("an address without its scheme is http on this machine, and https anywhere else", async () => {
  for (const [said, url] of [
    ["localhost:3000", "http://localhost:3000/docs"],
    ["127.0.0.1:3000", "http://127.0.0.1:3000/docs"],
    ["[::1]:3000", "http://[::1]:3000/docs"],
    ["localhost.example.com", "https://localhost.example.com/docs"],
    ["127.0.0.1.example.com:8443", "https://127.0.0.1.example.com:8443/docs"],
  ] as const)
    expect((await shell(undefined)("open", "docs", "--server", said)).out).toBe(`${url}\n`);
});

test("help is on standard output, by the word, by the flag, and of itself", async () => {
  const run = shell(undefined);
  const flag = await run("brands", "list", "--help");
  expect(flag).toMatchObject({ code: 0, err: "", out: expect.stringContaining("Usage: reelmark brands list") });
  expect(await run("help", "brands", "list")).toEqual(flag);
  expect(await run()).toEqual(await run("--help"));
  expect(await run("brands")).toMatchObject({ code: 2, out: "" });
});

test("a folder that cannot be written is said with what to do; a file of it that cannot be made private is read", async () => {
  const fetch = async () => Response.json({ error: { code: "UNAUTHORIZED", message: "Log in" } }, { status: 401 });
  // No user may make a folder there.
  const nowhere = shell(undefined, { fetch, folder: "/sys/reelmark" });
  const err = expect.stringMatching(/cannot be written: .*\nName another folder in REELMARK_CONFIG_DIR/);
  expect(await nowhere("init", "--server", "localhost")).toMatchObject({ code: 2, err });
  const mounted = shell(undefined);
  // No user may change its mode, and a number is JSON.
  symlinkSync("/proc/sys/kernel/pid_max", join(mounted.folder, "profiles.json"));
  expect(await mounted("profiles", "list")).toMatchObject({ code: 0, err: "" });
});

test("an answer that cannot be written is 1 and said; an error that cannot be written keeps its code", async () => {
  const entry = join(import.meta.dirname, "../../client/cli/reelmark.ts");
  const exec = (line: string) => promisify(execFile)("sh", ["-c", line, process.execPath, entry]);
  await expect(exec('"$0" "$1" --help > /dev/full')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("could not be written"),
  });
  await expect(exec('"$0" "$1" nope 2> /dev/full')).rejects.toMatchObject({ code: 2 });
});

test("what others wrote cannot move the cursor of a terminal", async () => {
  const { run } = await tenant({ columns: 120 });
  await run("brands", "create", "--name", "a\u202eb", "--slug", "evil");
  const { out } = await run("brands", "list");
  expect(out).not.toContain("\u202e");
});

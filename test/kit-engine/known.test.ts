import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NotesServer, serveNotes } from "./notes-server.ts";
import { contractHere } from "./spawn.ts";

const folder = mkdtempSync(join(tmpdir(), "contract-known-"));
let server: NotesServer;
let options: string[];

beforeAll(async () => {
  const wrong = async () => Response.json({ wrong: true }, { status: 418 });
  server = await serveNotes(() => ({ send: () => wrong }));
  const principals = join(folder, "principals.json");
  writeFileSync(principals, JSON.stringify(server.principals));
  options = ["--spec", server.spec, "--base-url", server.url, "--principals", principals, "--only", "listNotes"];
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A run with these departures known, of one check that fails for 418 and one that holds. */
async function withKnown(...known: readonly object[]) {
  const path = join(folder, "known.json");
  writeFileSync(path, JSON.stringify(known));
  const report = join(folder, "report.json");
  const checks = ["--checks", "undeclared_status,stack_trace_leak,owner_may"];
  const { code, out } = await contractHere(...options, ...checks, "--known", path, "--report", report);
  return { code, out, report: JSON.parse(readFileSync(report, "utf8")) };
}

const TEAPOT = { check: "undeclared_status", operations: ["list*"], seen: "418", why: "it is a teapot, and says so" };

test("0 with known departures alone, which are told with their reason and stand apart in the report", async () => {
  const { code, out, report } = await withKnown(TEAPOT);
  expect(out).toMatch(/^known: undeclared_status of list\*, 1 finding: it is a teapot, and says so$/m);
  expect(out).not.toContain("curl");
  expect(report).toMatchObject({
    findings: [],
    known: [{ ...TEAPOT, findings: [{ operation: "listNotes" }] }],
    stale: [],
  });
  expect(code).toBe(0);
});

test.each([
  ["another operation", { ...TEAPOT, operations: ["createNote"] }],
  ["another check", { ...TEAPOT, check: "scope" }],
  ["another answer", { ...TEAPOT, seen: "500" }],
])("1 for a finding that an entry of %s does not explain", async (_, known) => {
  const { code, out } = await withKnown(known);
  expect(out).toContain("undeclared_status: listNotes\n");
  expect(code).toBe(1);
});

test("1 for an entry that explains nothing any more, unless what it is about was not tried", async () => {
  const stale = { check: "stack_trace_leak", operations: ["listNotes"], why: "it used to show its traces" };
  const { code, out, report } = await withKnown(TEAPOT, stale);
  expect(out).toContain("stale: stack_trace_leak of listNotes is no longer found: take it off (it used to show");
  expect(report.stale).toEqual([stale]);
  expect(code).toBe(1);
  const elsewhere = { ...stale, operations: ["createNote"] };
  const off = { ...stale, check: "hidden_endpoint" };
  expect((await withKnown(TEAPOT, elsewhere, off)).code).toBe(0);
});

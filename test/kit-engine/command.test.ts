import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { notesDocument } from "../fixtures/notes/spec/contract.ts";
import { type NotesServer, serveNotes } from "./notes-server.ts";
import { contract, spawnContract } from "./spawn.ts";

const folder = mkdtempSync(join(tmpdir(), "contract-command-"));
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

let notes: NotesServer;
let people: string;
let faulty: NotesServer;
let faultyPeople: string;
/** Takes a connection and never answers; but for its first request, by which the command sees that it is there. */
let silent: Server;
let silentUrl: string;

beforeAll(async () => {
  notes = await serveNotes();
  people = file("principals.json", notes.principals);
  const wrong = async () => Response.json({ wrong: true }, { status: 418 });
  faulty = await serveNotes(() => ({ send: () => wrong }));
  faultyPeople = file("faulty.json", faulty.principals);
  let greeted = false;
  silent = createServer((_, response) => {
    if (!greeted) response.end();
    greeted = true;
  });
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  silentUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await Promise.all([notes.close(), faulty.close()]);
  silent.closeAllConnections();
  silent.close();
  rmSync(folder, { recursive: true, force: true });
});

type Suites = {
  readonly "@_tests": string;
  readonly "@_failures": string;
  readonly "@_skipped": string;
  readonly testsuite: readonly {
    readonly "@_name": string;
    readonly "@_tests": string;
    readonly "@_failures": string;
    readonly "@_skipped": string;
    readonly testcase: readonly { readonly failure?: object; readonly skipped?: object }[];
  }[];
};

/** What most runs here want: one operation, two checks, always the same requests. */
const SMALL = ["--only", "getNote", "--checks", "owner_may,missing_auth,missing_required", "--seed", "7"];
const onNotes = (...args: string[]) =>
  contract("--spec", notes.spec, "--base-url", notes.url, "--principals", people, ...args);

describe("exit status", () => {
  test("0 without a finding", async () => {
    const { code, out, err } = await onNotes(...SMALL);
    expect(out).toMatch(
      /^answered: 1 of 1 operation, .*\n0 findings, \d+ requests in .* s \(\d+ a second\), seed 7\n$/,
    );
    expect(err).toBe("");
    expect(code).toBe(0);
  });

  test("1 with findings, each with what was expected, what was seen, a curl that shows it, and the seed", async () => {
    const args = ["--spec", notes.spec, "--base-url", faulty.url, "--principals", faultyPeople, "--seed", "7"];
    const { code, out } = await contract(...args, "--only", "listNotes", "--checks", "undeclared_status,owner_may");
    expect(out).toMatch(
      /^undeclared_status: listNotes\n {2}expected {2}one of 200, .*\n {2}seen {6}418\n {2}seed {6}7\n {2}curl http:\/\/127\.0\.0\.1:\d+\/notes -H 'authorization: Bearer [^']+'\n\n/,
    );
    expect(out).toContain("undeclared_status: 1 finding (listNotes)\n");
    expect(code).toBe(1);
  });
});

test("the document is read as JSON and YAML, from a file and from an address", async () => {
  const places = [notes.spec, file("notes.json", notesDocument()), file("notes.yaml", stringify(notesDocument()))];
  const runs = await Promise.all(
    places.map((spec) => contract("--spec", spec, "--base-url", notes.url, "--principals", people, ...SMALL)),
  );
  const said = runs.map(({ code, out }) => [code, out.replace(/ in .*/, "")]);
  expect(said).toEqual([said[0], said[0], said[0]]);
  expect(said[0]?.[0]).toBe(0);
});

test("--only and --checks are kept to, by operation and by tag", async () => {
  const server = await serveNotes();
  const own = file("only.json", server.principals);
  const base = ["--spec", server.spec, "--base-url", server.url, "--principals", own];
  await contract(...base, "--only", "listNotes", "--checks", "unsupported_method");
  const paths = new Set(
    server.asked.filter((one) => !/ \/(openapi\.json)?$/.test(one)).map((one) => one.split(" ")[1]),
  );
  await server.close();
  expect([...paths]).toEqual(["/notes"]);
  expect(server.asked).not.toContain("GET /notes");
  expect(server.asked).toContain("DELETE /notes");
});

test("--report says what was found, what was exercised, and what was not run and why", async () => {
  const report = join(folder, "report.json");
  const { code } = await onNotes(
    "--only",
    "getNote",
    "--only",
    "downloadFile",
    "--seed",
    "7",
    "--report",
    report,
    "--checks",
    "owner_may,missing_auth,scope,invalid_auth,tenant_isolation,accepts_invalid",
  );
  expect(code).toBe(0);
  const read = JSON.parse(readFileSync(report, "utf8"));
  expect(read).toMatchObject({
    seed: 7,
    requests: expect.any(Number),
    seconds: expect.any(Number),
    findings: [],
    known: [],
    stale: [],
    life_of_resources: { read_from: "x-effect", kinds: ["note", "export", "reminder", "file"] },
    coverage: {
      statuses: [
        {
          operation: "getNote",
          seen: { 200: expect.any(Number), 400: expect.any(Number), 401: expect.any(Number), 404: expect.any(Number) },
          unseen: expect.any(Array),
        },
        {
          operation: "downloadFile",
          seen: {},
          unseen: expect.arrayContaining([{ status: 200, why: expect.any(String) }]),
        },
      ],
      keywords: { "getNote path note_id pattern": { valid: expect.any(Number), invalid: expect.any(Number) } },
      checks: { owner_may: 1, missing_auth: 1, scope: 1 },
    },
  });
  expect(read.not_run).toContainEqual({
    why: "no principal may call it (signed)",
    checks: expect.arrayContaining(["owner_may", "scope"]),
    operations: ["downloadFile"],
  });
});

test("with one principal, the checks that need more are named as not run", async () => {
  const one = file("one.json", notes.principals.slice(0, 1));
  const args = ["--spec", notes.spec, "--base-url", notes.url, "--principals", one, "--only", "updateNote"];
  const { code, out } = await contract(...args, "--checks", "scope,tenant_isolation,owner_may");
  expect(out).toContain("not run: scope on updateNote: no principal of the tenant lacks its scope\n");
  expect(out).toContain("not run: tenant_isolation on updateNote: no principal of another tenant may call it\n");
  expect(code).toBe(0);
});

test("what nobody may call is one line a reason, however many operations and checks it is about", async () => {
  const { code, out } = await contract("--spec", notes.spec, "--base-url", notes.url, "--checks", "scope,owner_may");
  const lines = out.split("\n").filter((line) => line.startsWith("not run: "));
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(
    /^not run: owner_may, scope on listNotes, createNote, \w+ and \d+ more: no principal may call it \(credential\)$/,
  );
  expect(code).toBe(0);
});

test("--junit is well-formed XML whose counts are those of its cases: passed, failed, and skipped with the reason", async () => {
  const junit = join(folder, "junit.xml");
  const args = ["--spec", notes.spec, "--base-url", faulty.url, "--principals", faultyPeople, "--junit", junit];
  const checks = "undeclared_status,owner_may,scope,unsupported_method";
  const { code } = await contract(...args, "--only", "listNotes", "--only", "receiveMail", "--checks", checks);
  expect(code).toBe(1);
  const xml = readFileSync(junit, "utf8");
  expect(XMLValidator.validate(xml)).toBe(true);
  const always = new Set(["testsuite", "testcase"]);
  const parser = new XMLParser({ ignoreAttributes: false, isArray: (name) => always.has(name) });
  const { testsuites } = parser.parse(xml) as { testsuites: Suites };
  const sum = (name: "@_tests" | "@_failures" | "@_skipped") =>
    testsuites.testsuite.reduce((total, suite) => total + Number(suite[name]), 0);
  for (const suite of testsuites.testsuite) {
    expect(suite.testcase).toHaveLength(Number(suite["@_tests"]));
    expect(suite.testcase.filter(({ failure }) => failure)).toHaveLength(Number(suite["@_failures"]));
    expect(suite.testcase.filter(({ skipped }) => skipped)).toHaveLength(Number(suite["@_skipped"]));
  }
  expect([testsuites["@_tests"], testsuites["@_failures"], testsuites["@_skipped"]].map(Number)).toEqual([
    sum("@_tests"),
    sum("@_failures"),
    sum("@_skipped"),
  ]);
  const of = (check: string) => testsuites.testsuite.find((suite) => suite["@_name"] === check)?.testcase;
  expect(of("undeclared_status")).toMatchObject([
    { "@_name": "listNotes", failure: { "#text": expect.stringContaining("seen      418") } },
  ]);
  expect(of("owner_may")).toMatchObject([
    { "@_name": "listNotes" },
    { "@_name": "receiveMail", skipped: { "@_message": "no principal may call it (provider)" } },
  ]);
});

describe("Ctrl-C", () => {
  test("prints what was found so far, writes the reports, and ends with 1", async () => {
    const report = join(folder, "stopped.json");
    const args = ["--spec", notes.spec, "--base-url", faulty.url, "--principals", faultyPeople, "--report", report];
    const run = spawnContract(args);
    await run.says("undeclared_status: listNotes");
    run.kill("SIGINT");
    const { code, out, err } = await run.ended;
    expect(err).toBe("");
    expect(out).toContain("\nended early: it was stopped\n");
    expect(out).toMatch(/\n\d+ findings?, \d+ requests in /);
    expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({ stopped: "it was stopped" });
    expect(code).toBe(1);
  });

  test("ends a run that waits for an answer, with 130 when nothing was found", async () => {
    const run = spawnContract(["--spec", notes.spec, "--base-url", silentUrl, "--principals", people]);
    await new Promise<void>((done) => {
      let requests = 0;
      silent.on("request", () => ++requests === 2 && done());
    });
    run.kill("SIGINT");
    const { code, out } = await run.ended;
    expect(out).toMatch(/^not run: .*|^ended early: it was stopped$/m);
    expect(out).toContain("0 findings, ");
    expect(code).toBe(130);
  });
});

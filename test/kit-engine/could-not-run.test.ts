import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NotesServer, serveNotes } from "./notes-server.ts";
import { contract, contractHere } from "./spawn.ts";

const folder = mkdtempSync(join(tmpdir(), "contract-usage-"));
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};

let notes: NotesServer;
/** An address that nothing listens at. */
let closed: string;

beforeAll(async () => {
  notes = await serveNotes();
  const gone = await serveNotes();
  closed = gone.url;
  await gone.close();
});

afterAll(async () => {
  await notes.close();
  rmSync(folder, { recursive: true, force: true });
});

const answers = { responses: { 200: { description: "It" } } };
/** A document with one operation at `/a`, or with a body of this schema there. */
const documentOf = (name: string, item: unknown, components = {}) => [
  "--spec",
  file(name, { openapi: "3.1.0", paths: { "/a": item }, components }),
];
const bodyOf = (name: string, schema: object, schemas = {}) => {
  const requestBody = { content: { "application/json": { schema } } };
  return documentOf(name, { post: { requestBody, ...answers } }, { schemas });
};
const A = { $ref: "#/components/schemas/A" };

const cases: [what: string, args: () => string[], sentence: RegExp][] = [
  ["an option that there is not", () => ["--sped", "x"], /^Unknown option '--sped': see npm run contract -- --help$/],
  ["a seed that is no number", () => ["--seed", "abc"], /^--seed must be a whole number, not "abc"$/],
  ["a negative seed", () => ["--seed", "-1"], /^Option '--seed' argument is ambiguous: see npm run contract/],
  ["a check that there is not", () => ["--checks", "scope,nope"], /^There is no check "nope": --list names them$/],
  ["no file of the document", () => ["--spec", "/none.json"], /^--spec \/none\.json cannot be read: ENOENT/],
  ["a document that is no YAML", () => ["--spec", file("a", "{ a: [")], /is neither JSON nor YAML: /],
  ["a document that is empty", () => ["--spec", file("b", "")], /is no OpenAPI 3\.1 document: it names no version$/],
  [
    "OpenAPI 3.0",
    () => ["--spec", file("c", { openapi: "3.0.3", paths: {} })],
    /is no OpenAPI 3\.1 document: it says 3\.0\.3, so convert it to 3\.1 first$/,
  ],
  ["a document without operations", () => ["--spec", file("d", { openapi: "3.1.0", paths: {} })], /has no operation$/],
  [
    "a $ref that leads nowhere",
    () => ["--spec", file("e", { openapi: "3.1.0", paths: { "/a": { get: { $ref: "#/components/x" } } } })],
    /\$ref #\/components\/x leads nowhere$/,
  ],
  [
    "a $ref into another file",
    () => ["--spec", file("f", { openapi: "3.1.0", paths: { "/a": { $ref: "a.yaml#/x" } } })],
    /\$ref a\.yaml#\/x leads out of it: bundle it into one file first$/,
  ],
  [
    "broken JSON that YAML would take",
    () => ["--spec", file("s.json", '{"openapi": "3.1.0", "paths": }')],
    /is no JSON: /,
  ],
  ["Swagger", () => ["--spec", file("p", { swagger: "2.0", paths: {} })], /it says 2\.0, so convert it to 3\.1 first$/],
  ["a path that is null", () => documentOf("q", null), /cannot be tested: paths, \/a is no object$/],
  ["an operation that is null", () => documentOf("r", { get: null }), /GET \/a is no object$/],
  ["a response that is null", () => documentOf("t", { get: { responses: { 200: null } } }), /response 200 of GET \/a/],
  [
    "a parameter that is null",
    () => documentOf("u", { get: { ...answers, parameters: [null] } }),
    /the parameters of GET \/a are no list of objects$/,
  ],
  [
    "a path parameter that nothing describes",
    () => ["--spec", file("v", { openapi: "3.1.0", paths: { "/a/{id}": { get: answers } } })],
    /has no path parameter id, which its path \/a\/\{id\} names$/,
  ],
  [
    "a $ref that leads back to itself",
    () => bodyOf("w", A, { A }),
    /\$ref #\/components\/schemas\/A leads back to itself$/,
  ],
  ["a choice of itself", () => bodyOf("x", A, { A: { anyOf: [A, { type: "null" }] } }), /is a part of itself/],
  ["a pattern of another language", () => bodyOf("y", { pattern: "^(?i)a\\Z" }), /no regular expression of ECMA-262$/],
  ["a $dynamicRef", () => bodyOf("z", { items: { $dynamicRef: "#a" } }), /has a \$dynamicRef, which is not understood/],
  [
    "a server that is no address",
    () => [
      "--spec",
      file("aa", { openapi: "3.1.0", servers: [{ url: "http://[" }], paths: { "/a": { get: answers } } }),
    ],
    /its server http:\/\/\[ is no address$/,
  ],
  [
    "a schema that is none",
    () => {
      const components = { schemas: { A: { type: "strin" } } };
      return ["--spec", file("g", { openapi: "3.1.0", paths: { "/a": { get: { responses: {} } } }, components })];
    },
    /the schema of A is none: \/type must be/,
  ],
  [
    "an address of the document that answers 404",
    () => ["--spec", `${notes.url}/no`],
    /cannot be read: it answered 404/,
  ],
  ["--base-url without --spec", () => ["--base-url", notes.url], /^--base-url wants --spec too/],
  [
    "a base address that is none",
    () => ["--spec", notes.spec, "--base-url", "localhost:1"],
    /^--base-url localhost:1 is no address/,
  ],
  [
    "a server that is not there",
    () => ["--spec", notes.spec, "--base-url", closed],
    /^http:\/\/127\.0\.0\.1:\d+ cannot be reached \(.*ECONNREFUSED.*\): start the server, or correct --base-url$/,
  ],
  [
    "an operation that the document does not have, beside one that it has",
    () => ["--spec", notes.spec, "--base-url", notes.url, "--only", "getNote", "--only", "getNoted"],
    /^--only getNoted names no operation and no tag of the document$/,
  ],
  ["principals that are no JSON", () => ["--principals", file("h", "[{ name: x }]")], /^--principals .* is not JSON: /],
  ["no principals", () => ["--principals", file("i", [])], /must be a list of at least one principal$/],
  [
    "a principal without a tenant",
    () => ["--principals", file("j", [{ name: "a", scopes: ["*"] }])],
    /\[0\]\.tenant must be a text: principals of one tenant share it$/,
  ],
  [
    "a principal with a misspelled field",
    () => ["--principals", file("k", [{ name: "a", tenant: "t", scopes: [], header: {} }])],
    /\[0\] has no field header: there are name, headers, tenant, scopes, auth$/,
  ],
  [
    "a header that cannot be sent",
    () => ["--principals", file("l", [{ name: "a", tenant: "t", scopes: [], headers: { a: "b\nc" } }])],
    /\[0\]\.headers\.a cannot be sent/,
  ],
  [
    "two principals of one name",
    () => {
      const one = { name: "a", tenant: "t", scopes: [] };
      return ["--principals", file("m", [one, one])];
    },
    /\[1\]\.name must be its own: a is taken$/,
  ],
  ["a report into no folder", () => ["--report", "/no/such/r.json"], /^--report \/no\/such\/r\.json cannot be written/],
  [
    "a known finding of no check",
    () => ["--known", file("n", [{ check: "x", operations: ["*"], why: "because it is so" }])],
    /\[0\]\.check must be one that --list names$/,
  ],
  [
    "nobody who may call what was chosen",
    () => ["--spec", notes.spec, "--base-url", notes.url, "--only", "getNote"],
    /^Nothing was tested: the lines above say why$/,
  ],
];
test.each(cases)("2 and one sentence for %s", async (_, args, sentence) => {
  const { code, err } = await contractHere(...args());
  expect(err.trimEnd()).toMatch(sentence);
  expect(err.trimEnd()).not.toContain("\n");
  expect(code).toBe(2);
});

test.each(cases.slice(0, 2))("2 reaches the shell, without a stack, for %s", async (_, args, sentence) => {
  const { code, out, err } = await contract(...args());
  expect(err.trimEnd()).toMatch(sentence);
  expect(out).toBe("");
  expect(code).toBe(2);
});

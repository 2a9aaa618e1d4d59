import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { reelmarkDocument } from "../../spec/document.ts";
import { notesDocument } from "../fixtures/notes/spec/contract.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Obj = { [key: string]: Json };

const isObject = (value: Json | undefined): value is Obj =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value: Json | undefined): Obj => (isObject(value) ? value : {});
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** A document as readers get it: through JSON, with nothing of the emitter left. */
const read = (document: object): Obj => JSON.parse(JSON.stringify(document));
const root = fileURLToPath(new URL("../../", import.meta.url));

const DOCUMENTS: [name: string, document: Obj][] = [
  ["spec/openapi.json", JSON.parse(readFileSync(`${root}spec/openapi.json`, "utf8"))],
  ["Reelmark as emitted", read(reelmarkDocument())],
  ["notes", read(notesDocument())],
];

const METHODS = ["get", "put", "post", "delete", "patch"];

function operations(document: Obj): [name: string, operation: Obj][] {
  return Object.entries(object(document.paths)).flatMap(([path, item]) =>
    METHODS.filter((method) => method in object(item)).map((method): [string, Obj] => [
      `${method} ${path}`,
      object(object(item)[method]),
    ]),
  );
}

/** Every object of a document with its JSON pointer; what stands in examples is data and not walked. */
function* everything(value: Json, at = "#"): Generator<[at: string, value: Obj]> {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* everything(item, `${at}/${i}`);
  if (!isObject(value)) return;
  yield [at, value];
  for (const [key, child] of Object.entries(value)) {
    if (key === "example" || (key === "examples" && !at.endsWith("/properties"))) continue;
    yield* everything(child, `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  }
}

/** Every example with the pointer of its schema: of schemas themselves, and of media types. */
function* examples(document: Obj): Generator<[at: string, schemaAt: string, example: Json]> {
  for (const [at, node] of everything(document)) {
    if (at.endsWith("/properties")) continue;
    for (const example of list(node.examples)) yield [at, at, example];
    if (!("schema" in node)) continue;
    if ("example" in node) yield [at, `${at}/schema`, node.example ?? null];
    for (const [name, example] of Object.entries(object(node.examples))) {
      yield [`${at}/${name}`, `${at}/schema`, object(example).value ?? null];
    }
  }
}

function resolve(document: Obj, at: string): Json | undefined {
  const keys = at
    .slice(2)
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return keys.reduce<Json | undefined>(
    (node, key) => (Array.isArray(node) ? node[Number(key)] : object(node)[key]),
    document,
  );
}

describe.each(DOCUMENTS)("%s", (_name, document) => {
  test("every example fits its schema, in the eyes of another validator than ours", () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addFormat("iana-timezone", true);
    ajv.addSchema({ $id: "document", ...document });
    const all = [...examples(document)];
    const wrong = all.flatMap(([at, schemaAt, example]) => {
      const fits = ajv.validate({ $ref: `document${encodeURI(schemaAt)}` }, example);
      return fits ? [] : [`${at}: ${ajv.errorsText()}`];
    });
    expect(wrong).toEqual([]);
    expect(all.length).toBeGreaterThan(20);
  });

  test("ids in examples resolve: each that is named belongs to something that is shown", () => {
    const all = [...examples(document)].map(([, , example]) => example);
    const owned = new Set<unknown>();
    const own = (value: Json): void => {
      if (Array.isArray(value)) for (const item of value) own(item);
      if (!isObject(value)) return;
      owned.add(value.id ?? value.user_id);
      for (const item of Object.values(value)) own(item);
    };
    for (const example of all) own(example);
    const kinds = new Set([...owned].map((id) => String(id).split("_")[0]));
    const said = JSON.stringify(all).matchAll(/\b([a-z]{2,5})_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g);
    const dangling = [...said].filter(([id, kind = ""]) => kinds.has(kind) && !owned.has(id));
    expect([...new Set(dangling.map(([id]) => id))]).toEqual([]);
    expect(kinds.size).toBeGreaterThan(1);
  });

  test("every operation says what it does, who may call it, and its policy", () => {
    const tags = list(document.tags).map((tag) => object(tag).name);
    const ids = operations(document).map(([, op]) => op.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, op] of operations(document)) {
      expect([name, op]).toMatchObject([
        name,
        {
          operationId: expect.stringMatching(/^[a-z][A-Za-z0-9]*$/),
          summary: expect.stringMatching(/./),
          description: expect.stringMatching(/./),
          security: expect.any(Array),
          "x-auth": expect.any(String),
          "x-closed-query": expect.any(Boolean),
        },
      ]);
      expect(tags).toEqual(expect.arrayContaining(list(op.tags)));
      expect(list(op.tags)).toHaveLength(1);
      const credentialed = ["credential", "session", "operator"].includes(String(op["x-auth"]));
      expect([name, list(op.security).length > 0]).toEqual([name, credentialed]);
    }
  });

  test("every schema, field and parameter is described", () => {
    const dumb: string[] = [];
    const said = (node: Json): boolean => {
      const { description, $ref, oneOf, anyOf, items } = object(node);
      if (typeof description === "string" || typeof $ref === "string") return true;
      return [...list(oneOf), ...list(anyOf), ...(items === undefined ? [] : [items])].some(said);
    };
    for (const [at, node] of everything(document)) {
      if (/^#\/components\/schemas\/[^/]+$/.test(at) && typeof node.description !== "string") dumb.push(at);
      if ("in" in node && "name" in node && typeof node.description !== "string") dumb.push(at);
      // What a schema must not be names fields that are described where they may be.
      if (at.endsWith("/properties") && !at.endsWith("/not/properties"))
        for (const [key, field] of Object.entries(node)) if (!said(field)) dumb.push(`${at}/${key}`);
    }
    expect(dumb).toEqual([]);
  });

  test("every reference leads somewhere, and the library's traps are not in it", () => {
    for (const [at, node] of everything(document)) {
      if (typeof node.$ref === "string") expect([at, resolve(document, node.$ref)]).toEqual([at, expect.anything()]);
      expect([at, Object.hasOwn(node, "nullable")]).toEqual([at, false]);
      // Ours are spread, never extended: an allOf of closed objects accepts nothing.
      if (!at.endsWith("/properties")) expect([at, "allOf" in node]).toEqual([at, false]);
      if ("in" in node && node.in === "query")
        expect([at, JSON.stringify(node).includes('"null"')]).toEqual([at, false]);
    }
    const { schemas } = object(document.components);
    for (const [name, schema] of Object.entries(object(schemas))) {
      expect([name, list(object(schema).type).includes("null")]).toEqual([name, false]);
    }
  });

  test("bodies are required and, where ours, closed; answers of every status carry the request id", () => {
    const schemas = object(object(document.components).schemas);
    for (const [name, op] of operations(document)) {
      if (op.requestBody !== undefined) expect([name, object(op.requestBody).required]).toEqual([name, true]);
      const json = object(object(object(op.requestBody).content)["application/json"]).schema;
      const ref = object(json).$ref;
      if (typeof ref === "string" && op["x-auth"] !== "provider") {
        expect([name, object(schemas[ref.split("/").at(-1) ?? ""]).additionalProperties]).toEqual([name, false]);
      }
      for (const [status, answer] of Object.entries(object(op.responses))) {
        const ref = object(answer).$ref;
        const full = typeof ref === "string" ? object(resolve(document, ref)) : object(answer);
        expect([name, status, "X-Request-Id" in object(full.headers)]).toEqual([name, status, true]);
      }
    }
  });

  test("errors follow from policy: 404 with a path parameter, 409 with a key, 402 with a price, 412 with If-Match", () => {
    for (const [name, op] of operations(document)) {
      const statuses = Object.keys(object(op.responses));
      const has = (status: string) => statuses.includes(status);
      const key = op["x-idempotent"] === "key";
      const ifMatch = JSON.stringify(op.parameters ?? []).includes("#/components/parameters/If-Match");
      const body = op.requestBody !== undefined;
      expect([name, has("402"), has("412"), has("413"), has("415")]).toEqual([
        name,
        op["x-credits"] !== undefined,
        ifMatch,
        body,
        body,
      ]);
      if (name.includes("{")) expect([name, has("404")]).toEqual([name, true]);
      if (key) expect([name, has("409")]).toEqual([name, true]);
      for (const status of ["429", "500", "503"]) expect([name, has(status)]).toEqual([name, true]);
      if (op["x-auth"] === "public") expect([name, has("403"), has("402")]).toEqual([name, has("403"), false]);
    }
  });
});

test("the same bytes each time, and in another process", async () => {
  const once = JSON.stringify(notesDocument());
  expect(JSON.stringify(notesDocument())).toBe(once);
  const script =
    'const { notesDocument } = await import("./test/fixtures/notes/spec/contract.ts"); process.stdout.write(JSON.stringify(notesDocument()));';
  const options = { cwd: root, maxBuffer: 16 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], options);
  expect(stdout).toBe(once);
});

test("events of the contract stand in `webhooks`", () => {
  expect(read(notesDocument()).webhooks).toMatchObject({
    "note.created": {
      post: {
        summary: "A note was written",
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/NoteEvent" } } } },
      },
    },
  });
});

test("404 and 412 are not declared where no path parameter and no reader could cause them", () => {
  const paths = object(read(notesDocument()).paths);
  const statuses = (path: string, method: string) => Object.keys(object(object(object(paths[path])[method]).responses));
  expect(statuses("/notes", "post")).not.toContain("404");
  expect(statuses("/notes/{note_id}/summary", "post")).not.toContain("412");
  expect(statuses("/notes/{note_id}", "patch")).toContain("412");
  expect(statuses("/notes/{note_id}/text", "put")).toContain("412");
});

test("policy stands in extensions that tools read", () => {
  const byId = new Map(operations(read(notesDocument())).map(([, op]) => [op.operationId, op]));
  expect(byId.get("summarizeNote")).toMatchObject({
    "x-credits": { max: 10, estimate: "one credit a word" },
    "x-idempotent": "key",
    "x-limits": { bodyBytes: 512 },
  });
  expect(byId.get("createExport")).toMatchObject({
    "x-async": { poll: "getExport", terminal: ["completed", "failed"] },
  });
  expect(byId.get("receiveMail")).toMatchObject({ "x-auth": "provider", "x-closed-query": false, security: [] });
  expect(byId.get("purgeNotes")).toMatchObject({
    deprecated: true,
    "x-sunset": "2026-12-31",
    "x-replaced-by": "deleteNote",
    "x-stability": "stable",
  });
  expect(byId.get("uploadFile")?.security).toEqual([
    { bearer: ["files:write"] },
    { apiKey: ["files:write"] },
    { bearer: ["notes:write"] },
    { apiKey: ["notes:write"] },
  ]);
});

test("what no keyword says stands in extensions too: bounds of bodies, times ahead, values that differ, whose cursors", () => {
  const document = read(notesDocument());
  const of = (path: string, method: string) => object(object(object(document.paths)[path])[method]);
  const field = (name: string, property: string) =>
    object(object(object(object(object(document.components).schemas)[name]).properties)[property]);
  const parameters = list(of("/notes", "get").parameters).map(object);
  const cursor = object(parameters.find(({ name }) => name === "cursor")?.schema);
  expect(object(of("/notes", "post").requestBody)["x-max-bytes"]).toBe(4096);
  expect(object(of("/reminders", "post").requestBody)["x-max-bytes"]).toBe(1_048_576);
  expect(cursor["x-own-list"]).toBe(true);
  expect(field("Reminder", "number")["x-distinct"]).toBe(true);
  expect(field("TokenInput", "expires_at")).toMatchObject({ "x-future": true, format: "date-time" });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { type DocumentedOperation, type OpenApiDocument, operationsOf } from "../kit/document.ts";
import { decode } from "../kit/generate/decode.ts";
import { violations } from "../kit/generate/judge.ts";
import { positiveCases } from "../kit/generate/request.ts";
import { serialize } from "../kit/generate/serialize.ts";

type Parameters = readonly object[];

/** A document of one operation. */
function documentOf(method: string, path: string, parameters: Parameters, more: object = {}): OpenApiDocument {
  return {
    openapi: "3.1.0",
    paths: { [path]: { [method]: { operationId: "it", parameters, responses: {}, ...more } } },
  };
}

function only(document: OpenApiDocument): DocumentedOperation {
  return operationsOf(document)[0] ?? expect.fail("the document has one operation");
}

const withJson = (schema: object, required = true) => ({
  requestBody: { required, content: { "application/json": { schema } } },
});

const COLORS = { string: "blue", array: ["blue", "black", "brown"], object: { R: "100", G: "200", B: "150" } };
const SCHEMAS = {
  string: { type: "string" },
  array: { type: "array", items: { type: "string" } },
  object: { type: "object", properties: { R: { type: "string" }, G: { type: "string" }, B: { type: "string" } } },
};

/** OpenAPI 3.1 §4.8.12.4: the table of styles, as it stands there. */
test.each([
  ["path", "matrix", false, ";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"],
  ["path", "matrix", true, ";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"],
  ["path", "label", false, ".blue", ".blue,black,brown", ".R,100,G,200,B,150"],
  ["path", "label", true, ".blue", ".blue.black.brown", ".R=100.G=200.B=150"],
  ["path", "simple", false, "blue", "blue,black,brown", "R,100,G,200,B,150"],
  ["path", "simple", true, "blue", "blue,black,brown", "R=100,G=200,B=150"],
  ["header", "simple", false, "blue", "blue,black,brown", "R,100,G,200,B,150"],
  ["header", "simple", true, "blue", "blue,black,brown", "R=100,G=200,B=150"],
  ["query", "form", false, "color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"],
  ["query", "form", true, "color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"],
  ["query", "spaceDelimited", false, undefined, "color=blue black brown", "color=R 100 G 200 B 150"],
  ["query", "pipeDelimited", false, undefined, "color=blue|black|brown", "color=R|100|G|200|B|150"],
  ["query", "deepObject", true, undefined, undefined, "color[R]=100&color[G]=200&color[B]=150"],
])("%s, %s, explode %s is written as OpenAPI's table has it, and read back", (place, style, explode, ...expected) => {
  for (const [i, type] of (["string", "array", "object"] as const).entries()) {
    if (expected[i] === undefined) continue;
    const path = place === "path" ? "/x/{color}" : "/x";
    const document = documentOf("get", path, [
      { name: "color", in: place, required: true, style, explode, schema: SCHEMAS[type] },
    ]);
    const operation = only(document);
    const part = place === "header" ? "headers" : (place as "path" | "query");
    const draft = serialize({}, { operation, path: {}, query: {}, headers: {}, [part]: { color: COLORS[type] } });
    const written = {
      path: draft.path.slice(3),
      header: draft.headers.color,
      query: draft.query.map((pair) => pair.join("=")).join("&"),
    };
    expect(written[place as keyof typeof written]).toBe(expected[i]);
    expect(decode(document, operation, draft)[part]).toEqual({ color: COLORS[type] });
    expect(violations(document, operation, draft).verdict).toBe("valid");
  }
});

const integer = { type: "integer", minimum: 1, maximum: 100 };
const query = (schema: object, more: object = {}) =>
  documentOf("get", "/x", [{ name: "q", in: "query", schema, ...more }]);
const asked = (document: OpenApiDocument, ...values: string[]) =>
  violations(document, only(document), {
    method: "GET",
    path: "/x",
    query: values.map((value) => ["q", value] as const),
    headers: {},
  }).verdict;
const sent = (document: OpenApiDocument, bytes: string, type = "application/json") =>
  violations(document, only(document), { method: "POST", path: "/x", query: [], headers: {}, body: { type, bytes } })
    .verdict;

test.each([
  ["44 as text for an integer", query(integer), ["44"], "valid"],
  ["one value for a list", query({ type: "array", items: { type: "string" }, minItems: 1 }), ["x"], "valid"],
  [
    "an empty list, which is the absent parameter",
    query({ type: "array", items: { type: "string" }, minItems: 1 }),
    [],
    "valid",
  ],
  ["true as text for a boolean", query({ type: "boolean" }), ["true"], "valid"],
  ["1 for a boolean", query({ type: "boolean" }), ["1"], "undecidable"],
  ["+5 for an integer", query(integer), ["+5"], "undecidable"],
  ["1.0 for an integer in a query", query(integer), ["1.0"], "undecidable"],
  ["a number for a text", query({ type: "string" }), ["44"], "valid"],
  ["text or number", query({ type: ["integer", "string"], maxLength: 3 }), ["44"], "valid"],
  ["null as text where null is allowed", query({ type: ["integer", "null"] }), ["null"], "undecidable"],
  ["one parameter twice", query(integer), ["1", "2"], "undecidable"],
  ["0 below the minimum", query(integer), ["0"], "invalid"],
  ["a word for an integer", query(integer), ["ten"], "invalid"],
  ["the empty text for an integer", query(integer), [""], "invalid"],
  ["a missing one that is required", query(integer, { required: true }), [], "invalid"],
] as const)("%s is judged as it should be", (_, document, values, verdict) => {
  expect(asked(document, ...values)).toBe(verdict);
});

test.each([
  ["1.0 is an integer", { type: "integer" }, "1.0", "valid"],
  ["0.3 is a multiple of 0.1", { type: "number", multipleOf: 0.1 }, "0.3", "valid"],
  ["1e2 is within 100", { type: "integer", maximum: 100 }, "1e2", "valid"],
  ["the next number after a limit is not", { type: "number", maximum: 0.1 }, "0.10000000000000002", "invalid"],
  ["text that looks like a number is no number", { type: "integer" }, '"44"', "invalid"],
  ["broken JSON", {}, '{"a":', "invalid"],
  ["an unknown field of an open body", { type: "object", properties: {} }, '{"x":1}', "valid"],
  ["an unknown field of a closed body", { type: "object", additionalProperties: false }, '{"x":1}', "invalid"],
] as const)("in JSON, %s", (_, schema, text, verdict) => {
  expect(sent(documentOf("post", "/x", [], withJson(schema)), text)).toBe(verdict);
});

test.each(["%00", "", ".", "..", "%2e%2e", "a%2Fb", "%zz"])(
  "a path segment of %j may never reach the handler: undecidable",
  (segment) => {
    const document = documentOf("get", "/x/{id}", [
      { name: "id", in: "path", required: true, schema: { type: "string", pattern: "^id_" } },
    ]);
    const judged = (path: string) =>
      violations(document, only(document), { method: "GET", path, query: [], headers: {} }).verdict;
    expect(judged(`/x/${segment}`)).toBe("undecidable");
    expect(judged("/x/other")).toBe("invalid");
    expect(judged("/x/id_1")).toBe("valid");
  },
);

test("a path value that is another operation's path is undecidable", () => {
  const { paths } = documentOf("get", "/x/{id}", [
    { name: "id", in: "path", required: true, schema: { type: "string", maxLength: 3 } },
  ]);
  const document = {
    openapi: "3.1.0",
    paths: { ...paths, "/x/export": { get: { operationId: "export", responses: {} } } },
  };
  expect(
    violations(document, only(document), { method: "GET", path: "/x/export", query: [], headers: {} }).verdict,
  ).toBe("undecidable");
});

test("unknown and repeated parameters are wrong only in a closed query", () => {
  const open = query(integer);
  const closed = documentOf("get", "/x", [{ name: "q", in: "query", schema: integer }], { "x-closed-query": true });
  const ask = (document: OpenApiDocument, names: string[]) =>
    violations(document, only(document), {
      method: "GET",
      path: "/x",
      query: names.map((name) => [name, "1"] as const),
      headers: {},
    });
  expect(ask(open, ["other"]).verdict).toBe("valid");
  expect(ask(closed, ["other"])).toEqual({
    verdict: "invalid",
    where: [{ in: "query", name: "other", keyword: "additionalProperties", path: "" }],
  });
  expect(ask(closed, ["q", "q"]).where[0]).toMatchObject({ name: "q", keyword: "repeated" });
});

test.each(["\n", "\u0000", " x", "é", ""])("a header of %j is not surely handed on: undecidable", (value) => {
  const document = documentOf("get", "/x", [{ name: "X-Id", in: "header", schema: { type: "string", minLength: 50 } }]);
  const judged = (header: string) =>
    violations(document, only(document), { method: "GET", path: "/x", query: [], headers: { "x-id": header } });
  expect(judged(value).verdict).toBe("undecidable");
  expect(judged("short")).toMatchObject({
    verdict: "invalid",
    where: [{ in: "header", name: "X-Id", keyword: "minLength" }],
  });
});

test("a violation names the place and the keyword below it", () => {
  const document = documentOf(
    "post",
    "/x",
    [],
    withJson({ type: "object", properties: { a: { type: "array", items: { type: "string", maxLength: 2 } } } }),
  );
  const draft = {
    method: "POST",
    path: "/x",
    query: [],
    headers: {},
    body: { type: "application/json", bytes: '{"a":["abc"]}' },
  };
  expect(violations(document, only(document), draft).where).toEqual([
    { in: "body", name: "", keyword: "maxLength", path: "/properties/a/items/maxLength" },
  ]);
});

const FORM = {
  type: "object",
  required: ["name"],
  additionalProperties: false,
  properties: {
    name: { type: "string", minLength: 1 },
    age: { type: "integer" },
    tags: { type: "array", items: { type: "string" } },
    more: { type: "object", properties: { a: { type: "integer" } } },
  },
};

test.each(["application/x-www-form-urlencoded", "multipart/form-data", "application/json"])(
  "%s is read back as it was written",
  (type) => {
    const document = documentOf("post", "/x", [], {
      requestBody: { required: true, content: { [type]: { schema: FORM } } },
    });
    const operation = only(document);
    for (const one of fc.sample(positiveCases(document, operation, { nul: false }), { numRuns: 300, seed: 9 })) {
      const value = one.body?.value as Record<string, unknown>;
      const kept = Object.fromEntries(
        Object.entries(value).filter(
          ([, item]) => type === "application/json" || !(Array.isArray(item) && item.length === 0),
        ),
      );
      expect(decode(document, operation, serialize({}, one)).body).toEqual(kept);
    }
    expect(sent(document, "", type)).toBe("invalid");
    expect(sent(document, "x", "text/plain")).toBe("invalid");
  },
);

import { describe, expect, test } from "vitest";
import { BACKENDS, type Failure, type Init, json, startNotes } from "./harness.ts";

const issues = ({ error }: Failure) => (error.details.issues ?? []).map(({ path, code }) => `${path} ${code}`);
const JSON_TYPE = { "content-type": "application/json" };

describe.each(BACKENDS)("%s", (kind) => {
  test("413 by the declared length, before the credential is looked at, and the connection ends", async () => {
    const { call } = await startNotes(kind);
    const answer = await call("POST", "/notes", { body: { title: "x".repeat(5000) }, token: null });
    expect(answer.status).toBe(413);
    expect((await json(answer)).error.details).toEqual({ max_bytes: 4096 });
    if (kind === "memory") expect(answer.headers.get("connection")).toBe("close");
  });

  test("413 by counting, when no length is declared", async () => {
    const { call, below, team } = await startNotes(kind);
    const chunks = Array.from({ length: 50 }, () => Buffer.from(" ".repeat(100)));
    const answer = await call("POST", "/notes", { raw: ReadableStream.from(chunks), headers: JSON_TYPE });
    expect([answer.status, (await json(answer)).error.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    expect(await below.count(team, "note")).toBe(0);
  });

  test.each<[what: string, headers: Record<string, string>]>([
    ["another type", { "content-type": "text/plain" }],
    ["no type", { "content-type": "" }],
    ["another charset", { "content-type": "application/json; charset=iso-8859-1" }],
    ["a compressed body", { ...JSON_TYPE, "content-encoding": "gzip" }],
    ["a type that only begins right", { "content-type": "application/json5" }],
  ])("415 for %s, and it names what is read", async (_what, headers) => {
    const { call } = await startNotes(kind);
    const answer = await call("POST", "/notes", { raw: '{"title":"Milk"}', headers });
    expect([answer.status, (await json(answer)).error.details]).toEqual([415, { accepted: ["application/json"] }]);
  });

  test.each(["application/json; charset=UTF-8", "Application/JSON", 'application/json;charset="utf-8"'])(
    "201: %s is JSON in UTF-8",
    async (type) => {
      const { call } = await startNotes(kind);
      const answer = await call("POST", "/notes", { raw: '{"title":"Milk"}', headers: { "content-type": type } });
      expect(answer.status).toBe(201);
    },
  );

  test("200: a merge patch may say so by its own type", async () => {
    const { call } = await startNotes(kind);
    const { id } = await json<{ id: string }>(await call("POST", "/notes", { body: { title: "Milk" } }));
    const headers = { "content-type": "application/merge-patch+json" };
    expect((await call("PATCH", `/notes/${id}`, { body: { pinned: true }, headers })).status).toBe(200);
    expect((await call("POST", "/notes", { body: { title: "Oat" }, headers })).status).toBe(415);
  });

  const bodies: [what: string, init: Init, expected: string[]][] = [
    ["an unknown field", { body: { title: "a", colour: "blue" } }, ["body.colour unrecognized_key"]],
    [
      "several faults at once, each with its path",
      { body: { title: "", color: "red", pinned: "yes", "a.b": 1 } },
      ["body.title too_small", "body.color invalid_value", "body.pinned invalid_type", "body.a.b unrecognized_key"],
    ],
    ["a field that is missing", { body: {} }, ["body.title required"]],
    ["a body that is no object", { body: ["a"] }, ["body invalid_type"]],
    ["JSON that breaks off", { raw: '{"title":', headers: JSON_TYPE }, ["body invalid_json"]],
    ["an empty body", { raw: "", headers: JSON_TYPE }, ["body required"]],
    ["no body", {}, ["body required"]],
    [
      "bytes that are not UTF-8",
      { raw: Buffer.from([0x22, 0xff, 0x22]), headers: JSON_TYPE },
      ["body invalid_encoding"],
    ],
    ["NUL in a value", { body: { title: "a\0" } }, ["body.title invalid_text"]],
    ["NUL in a name", { body: { title: "a", "b\0": 1 } }, ["body invalid_text", "body.b\0 unrecognized_key"]],
    ["a lone surrogate", { raw: '{"title":"\\ud800"}', headers: JSON_TYPE }, ["body.title invalid_text"]],
    [
      "__proto__ as a field",
      { raw: '{"title":"a","__proto__":{}}', headers: JSON_TYPE },
      ["body.__proto__ unrecognized_key"],
    ],
    [
      "JSON too deep to be walked",
      { raw: `{"title":${"[".repeat(2000)}${"]".repeat(2000)}}`, headers: JSON_TYPE },
      ["body too_deep", "body.title invalid_type"],
    ],
    [
      "a key of other than visible characters",
      { body: { title: "a" }, headers: { "idempotency-key": "a b" } },
      ["headers.idempotency-key invalid_format"],
    ],
  ];
  test.each(bodies)("400 for %s", async (_what, init, expected) => {
    const { call, below, team } = await startNotes(kind);
    const answer = await call("POST", "/notes", init);
    expect(answer.status).toBe(400);
    expect(issues(await json(answer))).toEqual(expected);
    expect(await below.count(team, "note")).toBe(0);
  });

  test("400 and not 500 for the deepest JSON that fits the limit", async () => {
    const { call, directory } = await startNotes(kind);
    const depth = 250_000;
    const raw = `{"label":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const answer = await call("POST", "/tokens", {
      raw,
      headers: JSON_TYPE,
      token: directory.mint({ kind: "session" }),
    });
    expect([answer.status, (await json(answer)).error.code]).toEqual([400, "VALIDATION_ERROR"]);
  });

  const queries: [what: string, query: string, expected: string[]][] = [
    ["an unknown parameter", "?colour=blue", ["query.colour unrecognized_key"]],
    ["a parameter given twice", "?limit=5&limit=6", ["query.limit duplicate"]],
    ["a bad percent-escape", "?pinned=%ZZ", ["query.pinned invalid_encoding"]],
    ["an escape that is not UTF-8", "?%ff=1", ["query invalid_encoding"]],
    ["NUL", "?pinned=%00", ["query.pinned invalid_text", "query.pinned invalid_value"]],
    ["too many and too few at once", "?limit=101&offset=-1", ["query.limit too_big", "query.offset invalid_format"]],
    ["offset and cursor together", "?offset=1&cursor=eyJ9", ["query.offset conflict"]],
    ["a cursor of nowhere", "?cursor=eyJ9", ["query.cursor invalid_cursor"]],
    [
      "a prototype's name",
      "?__proto__=1&constructor=2",
      ["query.__proto__ unrecognized_key", "query.constructor unrecognized_key"],
    ],
  ];
  test.each(queries)("400 for %s in the query", async (_what, query, expected) => {
    const { call } = await startNotes(kind);
    const answer = await call("GET", `/notes${query}`);
    expect([answer.status, issues(await json(answer))]).toEqual([400, expected]);
  });

  test.each(["1e3", "%205", "05", "%2B5", "", "1.0", "-0"])(
    "400 for limit=%s: digits alone are a number",
    async (limit) => {
      const { call } = await startNotes(kind);
      expect((await call("GET", `/notes?limit=${limit}`)).status).toBe(400);
    },
  );

  test("200: a query list takes one value, and several", async () => {
    const { call } = await startNotes(kind);
    for (const color of ["yellow", "blue"]) await call("POST", "/notes", { body: { title: color, color } });
    const count = async (query: string) => (await json<{ count: number }>(await call("GET", `/notes${query}`))).count;
    expect(await count("?color=blue")).toBe(1);
    expect(await count("?color=blue&color=yellow")).toBe(2);
  });

  test("400 where a query is closed and no parameter is declared", async () => {
    const { call } = await startNotes(kind);
    const answer = await call("GET", "/notes/watch?fast=1");
    expect([answer.status, issues(await json(answer))]).toEqual([400, ["query.fast unrecognized_key"]]);
  });

  test("400 for an id of another kind", async () => {
    const { call } = await startNotes(kind);
    const answer = await call("GET", "/notes/exp_01k4zn8w3v7q2m5t9r6x0h1cab");
    expect([answer.status, issues(await json(answer))]).toEqual([400, ["params.note_id invalid_format"]]);
  });

  test("400 for a form that repeats a field, and 401 for one that is read right", async () => {
    const { call } = await startNotes(kind);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const twice = await call("POST", "/log-in", { raw: "name=a&name=b&password=c", headers, token: null });
    expect([twice.status, issues(await json(twice))]).toEqual([400, ["body.name duplicate"]]);
    const wrong = await call("POST", "/log-in", { raw: "name=a+b&password=%C3%A4", headers, token: null });
    expect([wrong.status, (await json(wrong)).error.code]).toEqual([401, "UNAUTHORIZED"]);
    const right = await call("POST", "/log-in", { raw: "name=a+b&password=open+sesame", headers, token: null });
    expect(await json(right)).toEqual({ name: "a b" });
  });
});

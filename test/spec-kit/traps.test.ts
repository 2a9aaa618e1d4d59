import { describe, expect, test } from "vitest";
import { type Document, emit } from "../../spec/kit/document.ts";
import { ErrorEnvelope } from "../../spec/kit/envelope.ts";
import { events, form, none, octets, redirect } from "../../spec/kit/media.ts";
import type { Operation } from "../../spec/kit/operation.ts";
import { choice, flag, id, input, many, nullable, patch, query, schema, whole, z } from "../../spec/kit/schema.ts";
import { collect, vocabulary } from "../../spec/kit/vocabulary.ts";

const { operation } = vocabulary({
  scopes: { "things:write": "Write" },
  tags: { Things: "Things." },
  params: { thing_id: id("thg") },
});

const text = () => z.string().describe("Text").meta({ example: "a" });
let names = 0;
const next = (stem: string) => `${stem}${++names}`;
const answering = (field: z.ZodType) =>
  schema(next("Answer"), "An answer", { field: field.describe("A field").meta({ example: null }) });

const base = { method: "get", path: "/things", tag: "Things", summary: "S", scopes: ["things:write"] } as const;
const reading = (answer: z.ZodType) => operation({ ...base, id: "read", responses: { 200: answer } });
const writing = (body: z.ZodType) =>
  operation({ ...base, method: "post", idempotent: "key", id: "write", body, responses: { 204: none("Done") } });

const document = (contract: Record<string, Operation>, more: Partial<Parameters<typeof emit>[1]> = {}): Document =>
  emit(contract, {
    info: { title: "T", version: "1", description: "T", license: { name: "MIT", identifier: "MIT" } },
    server: "/",
    tags: { Things: "Things." },
    tagGroups: [],
    error: ErrorEnvelope,
    ...more,
  });
const component = (answer: z.ZodType, name: string) => document({ read: reading(answer) }).components.schemas?.[name];

describe("what the generator would document wrongly does not load", () => {
  const Named = schema("Named", "A named schema", { text: text() });
  const Strict = input("StrictNamed", "A strict schema", { text: text() });
  const cases: [what: string, field: () => z.ZodType, said: RegExp][] = [
    [".nullable() on a named schema", () => Named.nullable(), /use nullable\(\)/],
    ["a literal list", () => z.literal(["a", "b"]), /use z\.enum/],
    [".catch()", () => z.string().catch("a"), /hides bad data/],
    ["z.undefined()", () => z.undefined(), /make the field optional/],
    ["z.file()", () => z.file(), /use multipart/],
    ["z.date()", () => z.date(), /use timestamp/],
    ["z.any()", () => z.any(), /says nothing/],
    ["a coerced number", () => z.coerce.number(), /use whole\(\)/],
    ["a coerced boolean", () => z.coerce.boolean(), /use whole\(\), flag\(\)/],
    ["an intersection", () => z.intersection(z.object({ a: text() }), z.object({ b: text() })), /accepts nothing/],
  ];
  test.each(cases)("%s, at any depth", (_what, field, said) => {
    const deep = [
      () => field(),
      () => z.array(field()),
      () => z.object({ a: field() }),
      () => z.record(z.string(), field()),
    ];
    for (const make of [
      ...deep,
      () => z.union([z.string(), field()]),
      () => field().optional(),
      () => z.tuple([field()]),
    ]) {
      expect(() => {
        // A field that refuses its example is refused as well, one step earlier.
        const answer = z.object({ field: make() }).openapi(next("Bare"));
        reading(answer);
      }).toThrow(said);
    }
  });

  test("an extended strict object, which would be an allOf that nothing satisfies", () => {
    expect(() => Strict.extend({ more: text() })).toThrow(/spread the fields/);
    expect(() => Named.extend({ more: text() })).toThrow(/spread the fields/);
  });

  test("two schemas of one name, in operations, events and the error body", () => {
    const twin = () => schema("Twin", "One of two", { text: text() });
    const [one, two] = [twin(), twin()];
    const first = operation({ ...base, id: "first", responses: { 200: one } });
    const second = operation({ ...base, id: "second", path: "/others", responses: { 200: two } });
    expect(() => document({ first, second })).toThrow(/two schemas are named "Twin"/);
    const event = { name: "twin.made", summary: "Made", payload: two };
    expect(() => document({ first }, { events: [event] })).toThrow(/two schemas are named "Twin"/);
    const error = operation({ ...base, id: "error", responses: { 200: schema("Error", "Ours", { text: text() }) } });
    expect(() => document({ error })).toThrow(/two schemas are named "Error"/);
  });

  test("a field without a description, or without an example", () => {
    expect(() => schema("NoWords", "W", { a: z.string() })).toThrow("NoWords.a needs a description");
    expect(() => schema("NoExample", "E", { a: z.string().describe("A") })).toThrow("NoExample.a needs an example");
    expect(() => query({ a: z.string() })).toThrow("query.a needs a description");
    const bad = z.string().min(3).describe("A").meta({ example: "a" });
    expect(() => schema("BadExample", "E", { a: bad })).toThrow("The example of BadExample does not fit it");
  });

  test("a closed answer, an open body, an open query, and a body without a name", () => {
    expect(() => reading(Strict)).toThrow(/must be open/);
    expect(() => reading(answering(z.strictObject({ a: text() }).nullable()))).toThrow(/must be open/);
    expect(() => writing(Named)).toThrow(/must be closed/);
    expect(() => writing(input(next("Deep"), "D", { a: z.array(z.object({ b: text() })).describe("A") }))).toThrow(
      /must be closed/,
    );
    expect(() => writing(z.strictObject({ a: text() }))).toThrow(/input\(\) or patch\(\)/);
    expect(() => operation({ ...base, id: "a", query: z.object({ a: text() }), responses: { 200: Named } })).toThrow(
      /must be closed/,
    );
    expect(() =>
      operation({ ...base, id: "a", closedQuery: false, query: query({ a: text() }), responses: { 200: Named } }),
    ).toThrow(/must be open/);
  });

  test("policies that contradict themselves", () => {
    const bad = (more: object) => () => operation({ ...base, id: "bad", responses: { 200: Named }, ...more });
    expect(bad({ id: "Bad" })).toThrow(/camelCase/);
    expect(bad({ body: Strict })).toThrow(/takes no body/);
    expect(bad({ method: "post" })).toThrow(/says how it repeats/);
    expect(bad({ method: "put", idempotent: "key" })).toThrow(/is for POST/);
    expect(bad({ scopes: [] })).toThrow(/names its scopes/);
    expect(bad({ auth: "public" })).toThrow(/has no scopes/);
    expect(bad({ method: "post", idempotent: "key", credits: 1.5 })).toThrow(/whole number/);
    expect(bad({ credits: 1 })).toThrow(/costs nothing/);
    expect(bad({ responses: {} })).toThrow(/declares no answer/);
    expect(bad({ responses: { 204: Named } })).toThrow(/no content/);
    expect(bad({ responses: { 302: Named } })).toThrow(/is a redirect/);
    expect(bad({ path: "things" })).toThrow(/begins with \//);
    expect(bad({ path: "/things/{Thing2}" })).toThrow(/lower_case/);
    const key = { method: "post", idempotent: "key" };
    expect(bad({ ...key, responses: { 200: octets(["a/b"], "Bytes") } })).toThrow(/cannot be stored/);
    expect(bad({ ...key, responses: { 200: events(Named) } })).toThrow(/cannot be stored/);
    expect(bad({ ...key, responses: { 303: redirect("On") } })).toThrow(/cannot be stored/);
    expect(() => patch("PatchDefault", "P", { a: text().default("a") })).toThrow(/would overwrite/);
    const polls = operation({
      ...base,
      id: "polls",
      async: { poll: "nowhere", terminal: ["done"] },
      responses: { 202: Named },
    });
    expect(() => document({ polls })).toThrow(/polls "nowhere"/);
  });

  test("two operations on one route, and one under another's name", () => {
    const one = operation({ ...base, id: "one", path: "/things/{thing_id}", responses: { 200: Named } });
    const two = operation({ ...base, id: "two", path: "/things/{thing_id}", responses: { 200: Named } });
    expect(() => collect({ one, two }, [])).toThrow(/two and one stand on the same route/);
    expect(() => collect({ other: one }, [])).toThrow(/exported as "other"/);
  });
});

describe("what the generator gets right only with help", () => {
  test("nullable() of a named schema allows null, and leaves the component as it is", () => {
    const Inner = schema("Inner", "Inner", { text: text() });
    const Outer = schema("Outer", "Outer", { a: nullable(Inner).describe("A"), b: Inner });
    const outer = component(Outer, "Outer");
    expect(outer).toMatchObject({
      properties: {
        a: { oneOf: [{ $ref: "#/components/schemas/Inner" }, { type: "null" }] },
        b: { $ref: "#/components/schemas/Inner" },
      },
    });
    expect(component(Outer, "Inner")).toMatchObject({ type: "object" });
  });

  test("query integers and booleans are documented as such, never as text or null", () => {
    const asked = query({
      n: whole({ min: 1, max: 9, default: 3, about: "N" }),
      m: whole({ min: 1, max: 9, about: "M" }).optional(),
      f: flag("F").optional(),
      l: many(choice("Letter", "A letter", ["a", "b"]), "L").optional(),
    });
    const op = operation({ ...base, id: "ask", query: asked, responses: { 200: answering(z.string().nullable()) } });
    const parameters = document({ ask: op }).paths["/things"]?.get?.parameters;
    expect(parameters).toMatchObject([
      { name: "n", required: false, schema: { type: "integer", minimum: 1, maximum: 9, default: 3 } },
      { name: "m", required: false, schema: { type: "integer" } },
      { name: "f", required: false, schema: { type: "boolean" } },
      { name: "l", required: false, schema: { type: "array", items: { $ref: "#/components/schemas/Letter" } } },
    ]);
  });

  test("whole() takes digits alone", () => {
    const five = whole({ min: 1, max: 9, about: "N" });
    expect(five.parse("5")).toBe(5);
    for (const bad of ["1e0", " 5", "5 ", "05", "+5", "-5", "", "5.0", "0x5", "٥", "10", "0", ["5", "6"], 5, null]) {
      expect([bad, five.safeParse(bad).success]).toEqual([bad, false]);
    }
  });

  test("fields named like words of JSON Schema are documented as fields", () => {
    const fields = { default: text(), example: text(), enum: text(), in: text(), name: text(), properties: text() };
    const documented = component(schema("Words", "Words", fields), "Words");
    expect(documented).toMatchObject({
      properties: { default: { type: "string", examples: ["a"] }, example: { examples: ["a"] } },
    });
    expect(Object.keys((documented as { properties: object }).properties)).toEqual(Object.keys(fields));
  });

  test("a body is required, and closed where it is given; an answer is open", () => {
    const op = writing(input("Given", "Given", { a: text() }));
    const emitted = document({ write: op, read: reading(schema("Open", "Open", { a: text() })) });
    expect(emitted.paths["/things"]?.post?.requestBody).toMatchObject({ required: true });
    expect(emitted.components.schemas).toMatchObject({ Given: { additionalProperties: false } });
    expect(emitted.components.schemas?.Open).not.toHaveProperty("additionalProperties");
  });

  test("errors come from policy alone", () => {
    const statuses = (op: Operation) =>
      Object.keys(document({ [op.id]: op }).paths[op.path]?.[op.method]?.responses ?? {});
    const answer = () => ({ 200: schema(next("Said"), "Said", { a: text() }) });
    const open = { ...base, scopes: [], auth: "public" } as const;
    const common = ["429", "500", "503"];
    expect(statuses(operation({ ...open, id: "open", responses: answer() }))).toEqual(["200", "400", ...common]);
    expect(statuses(operation({ ...base, id: "plain", responses: answer() }))).toEqual([
      "200",
      "400",
      "401",
      "403",
      ...common,
    ]);
    const one = operation({ ...base, id: "one", path: "/things/{thing_id}", responses: answer() });
    expect(statuses(one)).toEqual(["200", "400", "401", "403", "404", ...common]);
    const body = input(next("Paid"), "Paid", { a: text() });
    const paid = { ...base, id: "paid", method: "post", idempotent: "key", credits: 2 } as const;
    expect(statuses(operation({ ...paid, body, responses: answer() }))).toEqual([
      "200",
      "400",
      "401",
      "402",
      "403",
      "409",
      "413",
      "415",
      ...common,
    ]);
    const posted = operation({ ...open, id: "posted", method: "post", body: form(body), responses: answer() });
    expect(statuses(posted)).toEqual(["200", "400", "413", "415", ...common]);
  });

  test("403 names every code that the policy can give", () => {
    const forbidden = (auth: "credential" | "session" | "signed") => {
      const scopes = auth === "signed" ? [] : (["things:write"] as const);
      const op = operation({
        ...base,
        auth,
        scopes,
        id: "a",
        responses: { 200: schema(next("F"), "F", { a: text() }) },
      });
      const emitted = document({ a: op });
      const answers = Object.entries(emitted.components.responses ?? {}).filter(([name]) =>
        name.startsWith("Forbidden"),
      );
      return answers.map(([, answer]) => (answer as { description: string }).description.match(/`[A-Z_]+`(?=:)/g));
    };
    expect(forbidden("credential")).toEqual([["`FORBIDDEN`", "`PLAN_LIMIT`"]]);
    expect(forbidden("session")).toEqual([["`FORBIDDEN`"]]);
    expect(forbidden("signed")).toEqual([["`FORBIDDEN`"]]);
  });
});

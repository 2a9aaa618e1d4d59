import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonSchema } from "../kit/document.ts";
import { FORMATS } from "../kit/generate/formats.ts";
import { ValuePool } from "../kit/generate/pool.ts";
import { SchemaSource } from "../kit/generate/source.ts";
import { lengthOf } from "../kit/generate/text.ts";
import { boundaries, invalid, valid } from "../kit/generate/values.ts";
import { KNOWN_FORMATS, schemaValidator } from "../kit/validator.ts";

const DOCUMENT = { openapi: "3.1.0", paths: {} };
const source = new SchemaSource(DOCUMENT);
const judge = schemaValidator(DOCUMENT);

describe.each(Object.entries(FORMATS))("format %s", (format, { valid: right, invalid: wrong, make }) => {
  const fits = judge({ type: "string", format });

  test("is known to the judge, accepts its right texts and refuses its wrong ones", () => {
    expect(KNOWN_FORMATS.has(format)).toBe(true);
    expect(Object.entries(right).filter(([, text]) => !fits(text))).toEqual([]);
    expect(Object.entries(wrong).filter(([, text]) => fits(text))).toEqual([]);
  });

  test("makes right texts", () => {
    const schema = { type: "string", format };
    expect(fc.sample(valid(source, schema), { numRuns: 300, seed: 3 }).filter((text) => !fits(text))).toEqual([]);
    expect(typeof make).toBe("function");
  });
});

test("lengths are counted in code points, on both sides", () => {
  const values = [...boundaries(source, { type: "string", minLength: 2, maxLength: 3 })];
  const astral = values
    .filter(({ what }) => what.includes("astral"))
    .map(({ value, side }) => [lengthOf(String(value)), side]);
  expect(astral).toEqual([
    [2, "valid"],
    [1, "invalid"],
    [3, "valid"],
    [4, "invalid"],
  ]);
});

test("an unknown field of a closed object may be named after what every object inherits", () => {
  const closed = [
    ...boundaries(source, { type: "object", properties: { a: { type: "integer" } }, additionalProperties: false }),
  ].filter(({ keyword }) => keyword === "additionalProperties");
  const names = closed.flatMap(({ value }) => Object.keys(value as object));
  expect(names).toEqual(expect.arrayContaining(["__proto__", "constructor", "unknown_field"]));
});

test("a pointer leads to the schema that holds the keyword", () => {
  const schema: JsonSchema = {
    type: "object",
    properties: { tags: { type: "array", items: { anyOf: [{ type: "string", maxLength: 3 }, { type: "null" }] } } },
  };
  const edge = [...boundaries(source, schema)].find(({ keyword }) => keyword === "maxLength");
  const found = edge?.path
    .split("/")
    .slice(1)
    .reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], schema);
  expect(found).toEqual({ type: "string", maxLength: 3 });
});

test("a boundary is the base with one place replaced", () => {
  const schema: JsonSchema = {
    type: "object",
    required: ["brand_id", "name"],
    properties: { brand_id: { type: "string" }, name: { type: "string", minLength: 1 } },
  };
  const base = { brand_id: "brd_1", name: "Nora" };
  const names = [...boundaries(source, schema, { base })].filter(({ path }) => path === "/properties/name");
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter(({ value }) => (value as typeof base).brand_id !== "brd_1")).toEqual([]);
});

test("a request leaves readOnly fields out, required or not, and a response has them", () => {
  const schema: JsonSchema = {
    type: "object",
    required: ["id", "name"],
    additionalProperties: false,
    properties: {
      id: { type: "string", readOnly: true },
      name: { type: "string" },
      password: { type: "string", writeOnly: true },
    },
  };
  for (const value of fc.sample(valid(source, schema), 100)) expect(value).not.toHaveProperty("id");
  for (const value of fc.sample(valid(source, schema, { side: "response" }), 100)) {
    expect(value).toHaveProperty("id");
    expect(value).not.toHaveProperty("password");
  }
});

test.each([
  ["nested repetition", "^(a+)+$", "a".repeat(60)],
  ["overlapping choices", "^(a|a)*$", "a".repeat(60)],
  ["three runs", "^(.*)*(.*)*x$", "y".repeat(5000)],
])("a pattern with %s ends, and what cannot be told is no verdict", (_, pattern, text) => {
  const schema = { type: "string", pattern, maxLength: 9000 };
  fc.sample(valid(source, schema), 50);
  expect([...boundaries(source, schema)].length).toBeGreaterThan(0);
  expect(source.errors("request", schema, `${text}!`)).toBeUndefined();
  expect(source.fits("request", schema, `${text}!`)).toBe(false);
});

test("what no value fits is said before anything is made of it", () => {
  expect(() => valid(source, { type: "string", enum: [1] })).toThrow("No value can fit");
  expect(() => valid(source, { allOf: [{ type: "string" }, { type: "integer" }] })).toThrow("No value can fit");
  const endless = {
    openapi: "3.1.0",
    paths: {},
    components: {
      schemas: { A: { type: "object", required: ["a"], properties: { a: { $ref: "#/components/schemas/A" } } } },
    },
  };
  expect(() => valid(new SchemaSource(endless), { $ref: "#/components/schemas/A" })).toThrow("No value can fit");
  expect(() => fc.sample(invalid(source, {}), 1)).toThrow("Every value fits");
});

test("the same seed gives the same values, and unusual texts are among them", () => {
  const schema = { type: "string", maxLength: 20_000 };
  const sample = () => fc.sample(valid(source, schema), { numRuns: 2000, seed: 11 }) as string[];
  const texts = sample();
  expect(sample()).toEqual(texts);
  expect(texts.some((text) => text.includes("\0"))).toBe(true);
  expect(texts.some((text) => /\p{Emoji_Modifier_Base}\u200d/u.test(text))).toBe(true);
  expect(texts.some((text) => text.length === 10_000)).toBe(true);
  expect(texts).toEqual(expect.arrayContaining(["null", "true", "0", "", " "]));
  expect(texts.every((text) => text.isWellFormed())).toBe(true);
  expect(
    (fc.sample(valid(source, schema, { nul: false }), { numRuns: 2000, seed: 11 }) as string[]).some((text) =>
      text.includes("\0"),
    ),
  ).toBe(false);
});

test("values mined from answers come back where they fit, under their own name first", () => {
  const pool = new ValuePool();
  pool.mine({ data: [{ id: "brd_1", name: "Nora", count: 5 }], next_cursor: "abc" });
  const schema: JsonSchema = {
    type: "object",
    required: ["cursor", "next_cursor"],
    properties: { cursor: { type: "string", pattern: "^brd_" }, next_cursor: { type: "string" } },
  };
  const values = fc.sample(valid(source, schema, { pool }), { numRuns: 500, seed: 1 }) as Record<string, string>[];
  expect(values.filter(({ next_cursor }) => next_cursor === "abc").length).toBeGreaterThan(20);
  expect(values.some(({ cursor }) => cursor === "brd_1")).toBe(true);
});

test("a failing value shrinks to a small one that still fits", () => {
  const schema: JsonSchema = {
    type: "array",
    items: {
      type: "object",
      required: ["n"],
      properties: { n: { type: "integer", minimum: 1 }, s: { type: "string" } },
      additionalProperties: false,
    },
  };
  const { counterexample } = fc.check(
    fc.property(valid(source, schema), (value) => (value as unknown[]).length < 2),
    { seed: 1, numRuns: 1000 },
  );
  expect(counterexample).toEqual([[{ n: 1 }, { n: 1 }]]);
});

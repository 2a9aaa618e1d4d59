import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonSchema, OpenApiDocument } from "../kit/document.ts";
import { SchemaSource } from "../kit/generate/source.ts";
import { boundaries, invalid, valid } from "../kit/generate/values.ts";
import { schemaValidator } from "../kit/validator.ts";

const DOCUMENT: OpenApiDocument = {
  openapi: "3.1.0",
  paths: {},
  components: {
    schemas: {
      Tree: {
        type: "object",
        required: ["name"],
        additionalProperties: false,
        properties: {
          name: { type: "string", minLength: 1, maxLength: 5 },
          children: { type: "array", items: { $ref: "#/components/schemas/Tree" } },
          parent: { anyOf: [{ $ref: "#/components/schemas/Tree" }, { type: "null" }] },
        },
      },
      Named: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
    },
  },
};

/** Schemas, and the keywords that their boundaries must exercise on both sides. */
const TABLE: Readonly<Record<string, { schema: object; both?: string[]; one?: string[] }>> = {
  lengths: { schema: { type: "string", minLength: 3, maxLength: 8 }, both: ["minLength", "maxLength"] },
  "lengths and pattern": {
    schema: { type: "string", minLength: 4, maxLength: 12, pattern: "^[a-z]+(-[a-z0-9]+)*$" },
    both: ["minLength", "maxLength", "pattern"],
  },
  "two patterns": {
    schema: { allOf: [{ type: "string", pattern: "^[a-f]{2,9}$" }, { pattern: "e" }] },
    both: ["pattern"],
  },
  "a look-ahead, by its example": {
    schema: { type: "string", pattern: "^(?=.*\\d)[a-z\\d]{4,}$", examples: ["abc1"] },
    both: ["pattern"],
  },
  "a pattern that is not Unicode": { schema: { type: "string", pattern: "^[\\w\\-\\.]+\\@x$" }, both: ["pattern"] },
  "a Unicode class": { schema: { type: "string", pattern: "^\\p{Lu}\\p{Ll}+$" }, both: ["pattern"] },
  integers: { schema: { type: "integer", minimum: -3, maximum: 7 }, both: ["minimum", "maximum"], one: ["type"] },
  "open limits": {
    schema: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
    both: ["exclusiveMinimum", "exclusiveMaximum"],
  },
  "open and closed limits": {
    schema: { type: "integer", minimum: 2, exclusiveMinimum: 2, maximum: 9, exclusiveMaximum: 20 },
    both: ["exclusiveMinimum", "maximum"],
  },
  multiples: {
    schema: { type: "number", multipleOf: 0.01, minimum: 0.1, maximum: 99.9 },
    both: ["multipleOf", "minimum", "maximum"],
  },
  "multiples of two": {
    schema: {
      allOf: [
        { type: "integer", multipleOf: 4 },
        { multipleOf: 6, minimum: 1 },
      ],
    },
    both: ["multipleOf", "minimum"],
  },
  int32: { schema: { type: "integer", format: "int32" }, both: ["format"] },
  int64: { schema: { type: "integer", format: "int64" }, both: ["format"] },
  enum: { schema: { type: "string", enum: ["draft", "published"] }, both: ["enum"] },
  "enum of all types": { schema: { enum: ["a", 1, null, true, { a: 1 }, [1]] }, both: ["enum"] },
  const: { schema: { const: "sync_only" }, both: ["const"] },
  "type list": { schema: { type: ["string", "null"], minLength: 2 }, both: ["type", "minLength"] },
  "nullable of OpenAPI 3.0": { schema: { type: "integer", nullable: true, maximum: 3 }, both: ["maximum"] },
  boolean: { schema: { type: "boolean" }, both: ["type"] },
  required: {
    schema: { type: "object", required: ["a"], properties: { a: { type: "integer" }, b: { type: "string" } } },
    both: ["required"],
  },
  closed: {
    schema: { type: "object", properties: { a: { type: "integer" } }, additionalProperties: false },
    one: ["additionalProperties"],
  },
  "names of prototypes": {
    schema: { type: "object", required: ["constructor"], properties: { constructor: { type: "string" } } },
    one: ["required"],
  },
  map: {
    schema: { type: "object", additionalProperties: { type: "integer" }, minProperties: 1, maxProperties: 3 },
    both: ["minProperties", "maxProperties"],
    one: ["type"],
  },
  patternProperties: {
    schema: {
      type: "object",
      patternProperties: { "^x-": { type: "integer", minimum: 1 } },
      additionalProperties: false,
    },
    both: ["minimum"],
    one: ["additionalProperties"],
  },
  propertyNames: {
    schema: {
      type: "object",
      propertyNames: { pattern: "^[a-z]{2,4}$" },
      additionalProperties: true,
      minProperties: 1,
    },
    one: ["propertyNames"],
  },
  dependentRequired: {
    schema: {
      type: "object",
      properties: { card: { type: "string" }, address: { type: "string" } },
      dependentRequired: { card: ["address"] },
      additionalProperties: false,
    },
    one: ["dependentRequired"],
  },
  dependentSchemas: {
    schema: {
      type: "object",
      properties: { a: { type: "integer" } },
      dependentSchemas: { a: { required: ["b"], properties: { b: { type: "integer", minimum: 3 } } } },
    },
    both: ["minimum"],
  },
  unevaluatedProperties: {
    schema: {
      allOf: [{ $ref: "#/components/schemas/Named" }],
      properties: { age: { type: "integer" } },
      unevaluatedProperties: false,
      type: "object",
    },
    one: ["unevaluatedProperties", "required"],
  },
  "allOf of closed parts": {
    schema: {
      allOf: [
        { type: "object", properties: { a: { type: "integer" }, b: {} }, additionalProperties: false },
        { properties: { b: { type: "string" }, c: {} } },
      ],
    },
    one: ["additionalProperties"],
  },
  items: {
    schema: { type: "array", items: { type: "integer", minimum: 1 }, minItems: 2, maxItems: 4 },
    both: ["minItems", "maxItems", "minimum"],
  },
  uniqueItems: {
    schema: { type: "array", items: { enum: ["a", "b", "c"] }, uniqueItems: true, minItems: 1, maxItems: 5 },
    both: ["minItems"],
    one: ["uniqueItems", "maxItems"],
  },
  prefixItems: {
    schema: {
      type: "array",
      prefixItems: [{ type: "integer" }, { type: "string", minLength: 1 }],
      items: false,
      minItems: 2,
    },
    both: ["minLength", "minItems"],
    one: ["items"],
  },
  unevaluatedItems: {
    schema: { type: "array", prefixItems: [{ type: "integer" }], unevaluatedItems: false },
    one: ["unevaluatedItems"],
  },
  contains: {
    schema: {
      type: "array",
      items: { type: "integer" },
      contains: { type: "integer", minimum: 100 },
      minContains: 2,
      maxContains: 3,
    },
    both: ["minContains", "maxContains"],
  },
  anyOf: {
    schema: {
      anyOf: [
        { type: "string", minLength: 3 },
        { type: "integer", maximum: 5 },
      ],
    },
    both: ["minLength", "maximum"],
    one: ["anyOf"],
  },
  oneOf: {
    schema: {
      oneOf: [
        { type: "object", required: ["a"], properties: { a: { type: "integer" } } },
        { type: "object", required: ["b"], properties: { b: { type: "integer" } } },
      ],
    },
    both: ["oneOf"],
  },
  not: {
    schema: { type: "string", not: { enum: ["admin", "root"] }, maxLength: 9 },
    both: ["maxLength"],
    one: ["not"],
  },
  "if, then, else": {
    schema: {
      type: "object",
      required: ["kind", "n"],
      properties: { kind: { enum: ["a", "b"] }, n: { type: "integer" } },
      if: { properties: { kind: { const: "a" } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
      then: { properties: { n: { minimum: 10 } } },
      else: { properties: { n: { maximum: -10 } } },
    },
    both: ["minimum", "maximum"],
  },
  recursive: {
    schema: { $ref: "#/components/schemas/Tree" },
    both: ["minLength", "maxLength", "required"],
    one: ["additionalProperties"],
  },
  "recursive through allOf": {
    schema: { allOf: [{ $ref: "#/components/schemas/Tree" }, { properties: { parent: { type: "object" } } }] },
    both: ["minLength"],
  },
  "anything at all": { schema: {} },
};

const source = new SchemaSource(DOCUMENT);
/** A second judge, which shares nothing with the first but Ajv. */
const judge = schemaValidator(DOCUMENT);
const schemaOf = (name: string): JsonSchema => (TABLE[name]?.schema ?? {}) as JsonSchema;

describe.each(Object.keys(TABLE))("%s", (name) => {
  const schema = schemaOf(name);

  test("every value made is accepted, and hardly any is thrown away", () => {
    const arbitrary = valid(source, schema);
    for (const value of fc.sample(arbitrary, { numRuns: 300, seed: 7 })) {
      expect(judge(schema)(value), JSON.stringify(value)).toBe(true);
      expect(JSON.parse(JSON.stringify(value))).toEqual(value);
    }
    expect(arbitrary.dropped / arbitrary.built).toBeLessThan(0.03);
  });

  test("boundaries are on the side that they claim, both sides of each keyword", () => {
    const { both = [], one = [] } = TABLE[name] ?? {};
    const seen = new Map<string, Set<string>>();
    for (const { value, keyword, side } of boundaries(source, schema)) {
      expect(judge(schema)(value), `${keyword} ${side} ${JSON.stringify(value)?.slice(0, 200)}`).toBe(side === "valid");
      seen.set(keyword, (seen.get(keyword) ?? new Set()).add(side));
    }
    for (const keyword of both) expect(seen.get(keyword), keyword).toEqual(new Set(["valid", "invalid"]));
    for (const keyword of one) expect(seen.get(keyword), keyword).toBeDefined();
  });

  if (name !== "anything at all")
    test("near misses are refused", () => {
      for (const { value, keyword } of fc.sample(invalid(source, schema), { numRuns: 200, seed: 7 })) {
        expect(judge(schema)(value), `${keyword} ${JSON.stringify(value)}`).toBe(false);
      }
    });
});

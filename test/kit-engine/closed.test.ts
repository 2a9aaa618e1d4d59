import { expect, test } from "vitest";
import type { JsonSchema, OpenApiDocument } from "../kit/document.ts";
import { closedValidator } from "../kit/validator.ts";

const a = { type: "object", properties: { a: { type: "integer" } } };
const b = { type: "object", properties: { b: { type: "integer" } } };
const inner = (schema: object) => ({ type: "object", properties: { in: schema } });
const schemas = {
  A: a,
  B: b,
  Tree: { type: "object", properties: { kids: { type: "array", items: { $ref: "#/components/schemas/Tree" } } } },
  default: inner(a),
};
const document: OpenApiDocument = { openapi: "3.1.0", paths: {}, components: { schemas } };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const cases: readonly (readonly [what: string, schema: object, takes: unknown, refuses: unknown])[] = [
  ["fields of a schema", a, { a: 1 }, { a: 1, x: 1 }],
  ["a reference", ref("A"), { a: 1 }, { a: 1, x: 1 }],
  ["allOf of references", { allOf: [ref("A"), ref("B")] }, { a: 1, b: 1 }, { a: 1, b: 1, x: 1 }],
  ["a reference with fields beside it", { ...ref("A"), ...b }, { a: 1, b: 1 }, { a: 1, x: 1 }],
  ["oneOf beside fields", { ...a, oneOf: [{ ...ref("B"), required: ["b"] }] }, { a: 1, b: 1 }, { a: 1, b: 1, x: 1 }],
  ["anyOf of references, both at once", { anyOf: [ref("A"), ref("B")] }, { a: 1, b: 1 }, { a: 1, x: 1 }],
  ["what stands in several parts", { allOf: [inner(a), inner(b)] }, { in: { a: 1, b: 1 } }, { in: {}, x: 1 }],
  ["recursion", ref("Tree"), { kids: [{ kids: [] }] }, { kids: [{ kids: [], x: 1 }] }],
  ["a field that is called default", inner(ref("default")), { in: { in: { a: 1 } } }, { in: { in: { x: 1 } } }],
  ["if, which is no promise", { ...a, if: { properties: { a: { const: 1 } } } }, { a: 1 }, { a: 2, x: 1 }],
];
test.each(cases)("closed: %s", (_, schema, takes, refuses) => {
  const validate = closedValidator(document)(schema as JsonSchema);
  expect([validate(takes), validate.errors]).toEqual([true, null]);
  expect(validate(refuses)).toBe(false);
});

test("a choice with an object of which nothing is named stays open", () => {
  const validate = closedValidator(document)({ anyOf: [ref("A"), { type: "object" }] });
  expect(validate({ a: 1, x: 1 })).toBe(true);
});

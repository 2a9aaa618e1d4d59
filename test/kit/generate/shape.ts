import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../document.ts";
import { patternOf } from "./patterns.ts";
import type { Schema, View } from "./source.ts";

export type JsonType = "null" | "boolean" | "integer" | "number" | "string" | "array" | "object";

/** A schema object that applies to a value, and its JSON pointer from the node that it was found under. */
export type Part = { readonly schema: JsonSchema; readonly path: string };

/** One way to fit a schema: a value of this type under all of these parts at once. References and choices are resolved. */
export type Branch = { readonly type: JsonType; readonly parts: readonly Part[]; readonly weight: number };

/** More ways than these to combine choices are not looked at: the rest shows in the values that no branch gives. */
const MOST_BRANCHES = 128;
const ALL: readonly JsonType[] = ["string", "object", "array", "number", "boolean", "null"];

const IMPLIED: Readonly<Record<string, JsonType>> = {
  properties: "object",
  required: "object",
  additionalProperties: "object",
  patternProperties: "object",
  propertyNames: "object",
  minProperties: "object",
  maxProperties: "object",
  dependentRequired: "object",
  items: "array",
  prefixItems: "array",
  minItems: "array",
  maxItems: "array",
  uniqueItems: "array",
  contains: "array",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  format: "string",
  contentMediaType: "string",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
};

const listOf = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value : []);

/** Every conjunction of schema objects under which a value fits: allOf multiplied out, one for each choice. */
export function expand(view: View, schema: Schema, path: string, above: readonly Schema[] = []): Part[][] {
  if (schema === true) return [[]];
  if (schema === false || above.includes(schema)) return [];
  const under = [...above, schema];
  const into = (one: Schema, at: string) => expand(view, one, `${path}${at}`, under);
  let all: Part[][] = [[{ schema, path }]];
  const and = (ways: Part[][]) => {
    all = all.flatMap((left) => ways.map((right) => [...left, ...right])).slice(0, MOST_BRANCHES);
  };
  if (schema.$ref !== undefined) and(expand(view, view.source.follow({ $ref: schema.$ref }), path, under));
  for (const [i, one] of listOf(schema.allOf).entries()) and(into(one, `/allOf/${i}`));
  for (const word of ["anyOf", "oneOf"] as const) {
    if (schema[word] !== undefined) and(listOf(schema[word]).flatMap((one, i) => into(one, `/${word}/${i}`)));
  }
  // These hold schemas wherever they stand: JSON Schema 2020-12 §10.2.2.
  const { if: when, then = true, else: otherwise = true } = schema as Readonly<Record<string, Schema | undefined>>;
  if (when !== undefined && (schema.then !== undefined || schema.else !== undefined)) {
    const not: Part = { schema: { not: when }, path: `${path}/if` };
    const thens = into(then, "/then");
    const yes = into(when, "/if").flatMap((parts) => thens.map((more) => [...parts, ...more]));
    and([...yes, ...into(otherwise, "/else").map((parts) => [not, ...parts])]);
  }
  for (const [name, one] of Object.entries((schema.dependentSchemas ?? {}) as Record<string, Schema>)) {
    const without: Part = { schema: { properties: { [name]: false as unknown as JsonSchema } }, path };
    const present: Part = { schema: { required: [name] }, path };
    and([[without], ...into(one, `/dependentSchemas/${pointer(name)}`).map((parts) => [present, ...parts])]);
  }
  return all;
}

/** A step of a JSON pointer (RFC 6901 §3). */
export const pointer = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

function meet(a: JsonType, b: JsonType): JsonType | undefined {
  if (a === b) return a;
  return [a, b].every((one) => one === "integer" || one === "number") ? "integer" : undefined;
}

/** The types that all parts allow; the second is whether any part names one. */
function typesOf(parts: readonly Part[]): { types: readonly JsonType[]; named: boolean } {
  let types: readonly JsonType[] = ALL;
  let named = false;
  for (const { schema } of parts) {
    if (schema.type === undefined) continue;
    named = true;
    // `type` holds JSON Schema's own words for types.
    const own = [schema.type].flat() as JsonType[];
    const nullable: JsonType[] = schema.nullable === true ? [...own, "null"] : own;
    const wide = nullable.includes("number") ? nullable.filter((one) => one !== "integer") : nullable;
    types = [...new Set(types.flatMap((a) => wide.flatMap((b) => meet(a, b) ?? [])))];
  }
  return { types, named };
}

const typeOfValue = (value: unknown): JsonType => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
};

/** Whether a value is of a type as JSON Schema means it: 1.0 is an integer. */
export const isOfType = (value: unknown, type: JsonType): boolean =>
  type === "integer" ? Number.isInteger(value) : typeOfValue(value) === type;

/** The branches of conjunctions: one a type that each allows. */
export function branchesOf(conjunctions: readonly Part[][]): Branch[] {
  return conjunctions.flatMap((parts) => {
    const { types, named } = typesOf(parts);
    const values = membersOf(parts);
    const implied = new Set(parts.flatMap(({ schema }) => Object.keys(schema).map((word) => IMPLIED[word])));
    return types
      .filter((type) => !values || values.some((value) => isOfType(value, type)))
      .map((type) => {
        const likely = named || implied.has(type) || ![...implied].some((one) => one !== undefined);
        return { type, parts, weight: (type === "null" ? 0.25 : 1) * (likely ? 1 : 0.05) };
      });
  });
}

/** The values of `enum` and `const` that all parts allow; undefined where none lists any. */
export function membersOf(parts: readonly Part[]): readonly unknown[] | undefined {
  let values: readonly unknown[] | undefined;
  for (const { schema } of parts) {
    for (const own of [schema.enum, "const" in schema ? [schema.const] : undefined]) {
      if (own !== undefined) values = values?.filter((a) => own.some((b) => isDeepStrictEqual(a, b))) ?? own;
    }
  }
  return values;
}

/** The tightest of a bound over the parts, with where it stands. */
export function bound(
  parts: readonly Part[],
  word: string,
  tightest: "most" | "least",
): { value: number; path: string } | undefined {
  let found: { value: number; path: string } | undefined;
  for (const { schema, path } of parts) {
    const value = schema[word];
    if (typeof value !== "number") continue;
    if (!found || (tightest === "most" ? value > found.value : value < found.value)) found = { value, path };
  }
  return found;
}

/** Every value of a keyword over the parts, with where it stands. */
export const allOf = (parts: readonly Part[], word: string): { value: unknown; path: string }[] =>
  parts.flatMap(({ schema, path }) => (schema[word] === undefined ? [] : [{ value: schema[word], path }]));

/** The schemas that apply to a field of this name, with where they stand; undefined for a field that no part names. */
export function fieldSchemas(parts: readonly Part[], name: string): { found: RootSchema[]; named: boolean } {
  const found: RootSchema[] = [];
  let evaluated = false;
  let named = false;
  for (const { schema, path } of parts) {
    const before = found.length;
    if (schema.properties && Object.hasOwn(schema.properties, name)) {
      found.push({ schema: schema.properties[name] ?? true, path: `${path}/properties/${pointer(name)}` });
      named = true;
    }
    for (const [pattern, one] of Object.entries((schema.patternProperties ?? {}) as Record<string, Schema>)) {
      if (patternOf(pattern).test(name))
        found.push({ schema: one, path: `${path}/patternProperties/${pointer(pattern)}` });
    }
    const rest = schema.additionalProperties as Schema | undefined;
    if (found.length === before && rest !== undefined)
      found.push({ schema: rest, path: `${path}/additionalProperties` });
    evaluated ||= found.length > before;
  }
  for (const { value, path } of evaluated ? [] : allOf(parts, "unevaluatedProperties")) {
    found.push({ schema: value as Schema, path: `${path}/unevaluatedProperties` });
  }
  return { found, named };
}

/** A schema and its JSON pointer. */
export type RootSchema = { readonly schema: Schema; readonly path: string };

/** The schemas that apply to the item at an index of an array. */
export function itemSchemas(parts: readonly Part[], index: number): RootSchema[] {
  const found: RootSchema[] = [];
  let evaluated = false;
  for (const { schema, path } of parts) {
    const prefix = listOf(schema.prefixItems);
    const own = prefix[index];
    if (own !== undefined) found.push({ schema: own, path: `${path}/prefixItems/${index}` });
    else if (schema.items !== undefined) found.push({ schema: schema.items, path: `${path}/items` });
    evaluated ||= own !== undefined || schema.items !== undefined;
  }
  for (const { value, path } of evaluated ? [] : allOf(parts, "unevaluatedItems")) {
    found.push({ schema: value as Schema, path: `${path}/unevaluatedItems` });
  }
  return found;
}

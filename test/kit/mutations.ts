import type { JsonSchema } from "./document.ts";
import type { Schemas } from "./schemas.ts";

/** A value that its schema refuses: what is wrong, where (dotted, empty for the whole), and the whole value. */
export type Mutation = { readonly what: string; readonly path: string; readonly value: unknown };

const SAMPLES: Readonly<Record<string, unknown>> = {
  string: "no-such-value",
  number: 1.5,
  integer: 7,
  boolean: true,
  null: null,
  array: [],
  object: {},
};

type Candidate = { readonly what: string; readonly value: unknown };
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function beyondBounds(schema: JsonSchema, example: unknown): Candidate[] {
  const found: Candidate[] = [];
  const add = (what: string, limit: unknown, value: (limit: number) => unknown) => {
    const n = numberOf(limit);
    if (n !== undefined && n < 100_000) found.push({ what, value: value(n) });
  };
  add("too short", schema.minLength, (n) => "a".repeat(Math.max(0, n - 1)));
  add("too long", schema.maxLength, (n) => String(example).padEnd(n + 1, "a"));
  add("too small", schema.minimum, (n) => n - 1);
  add("too big", schema.maximum, (n) => n + 1);
  if (Array.isArray(example)) {
    add("too few", schema.minItems, (n) => example.slice(0, Math.max(0, n - 1)));
    add("too many", schema.maxItems, (n) => Array.from({ length: n + 1 }, () => example[0]));
    if (schema.uniqueItems === true) found.push({ what: "repeated", value: [example[0], example[0]] });
  }
  if (typeof example === "string") {
    for (const value of ["!", " ", `${example}!`, ""]) found.push({ what: `${JSON.stringify(value)}`, value });
  }
  return found;
}

/** Every way of leaving a schema by one step: a wrong type, a bound passed, a field that is missing or unknown. */
export function mutations(schemas: Schemas, schema: JsonSchema, example: unknown, path = ""): Mutation[] {
  const found = schemas.of(schema);
  const types = Object.entries(SAMPLES).map(([type, value]) => ({ what: `is ${type}`, value }));
  const own = [...types, ...beyondBounds(found, example)]
    .filter(({ value }) => !schemas.fits(schema, value))
    .map(({ what, value }) => ({ what, path, value }));
  const at = (name: string | number) => (path === "" ? String(name) : `${path}.${name}`);
  if (Array.isArray(example)) {
    if (!found.items) return own;
    const items = mutations(schemas, found.items, example[0], at(0));
    return [...own, ...items.map((one) => ({ ...one, value: [one.value] }))];
  }
  if (typeof example !== "object" || example === null) return own;
  const whole = example as Readonly<Record<string, unknown>>;
  const missing = (found.required ?? []).map((name) => {
    const { [name]: _left, ...rest } = whole;
    return { what: "is missing", path: at(name), value: rest };
  });
  const unknown =
    found.additionalProperties === false
      ? [{ what: "is unknown", path: at("no_such_field"), value: { ...whole, no_such_field: 1 } }]
      : [];
  const fields = Object.entries(found.properties ?? {}).flatMap(([name, field]) =>
    mutations(schemas, field, whole[name] ?? schemas.example(field), at(name)).map((one) => ({
      ...one,
      value: { ...whole, [name]: one.value },
    })),
  );
  return [...own, ...missing, ...unknown, ...fields];
}

/** Values that a query parameter of this schema refuses, as they stand in a URL. */
export function wrongTexts(schemas: Schemas, schema: JsonSchema): string[] {
  const found = schemas.of(schema);
  const [type] = schemas.types(found);
  if (type === "array") return found.items ? wrongTexts(schemas, found.items) : [];
  if (type === "boolean") return ["yes", "1", "", "TRUE"];
  if (type === "integer" || type === "number") {
    const bounds = beyondBounds(found, undefined).map(({ value }) => String(value));
    return ["many", "1.5", "1e1", "01", "+1", "", ...bounds];
  }
  const example = String(schemas.example(found));
  const texts = ["no-such-value", ...beyondBounds(found, example).map(({ value }) => String(value))];
  return [...new Set(texts)].filter((text) => !schemas.fits(schema, text));
}

import { type Document, follow, type Schema } from "./document.ts";

const DEPTH = 4;
/** Most values that are tried for one schema: enough for every edge of every field of the largest. */
const MOST = 3000;
/** Longest text and list that is made. */
const LONGEST = 100_000;
/** Texts that patterns tend to tell apart. */
const ODD = ["a", "A", "0", "a-b", "a b", "ä", "-", "a_b", ""];

const typesOf = ({ type }: Schema): readonly string[] => (typeof type === "string" ? [type] : (type ?? []));
const numbers = (schema: Schema, ...words: readonly string[]): number[] =>
  words.map((word) => schema[word]).filter((value) => typeof value === "number");

/** A value as the document's examples have it, or the plainest of the type. */
function example(document: Document, given: Schema, depth = 0): unknown {
  const schema = follow<Schema>(document, given);
  if (schema.examples?.length) return schema.examples[0];
  if ("const" in schema) return schema.const;
  if (schema.enum?.length) return schema.enum[0];
  if ("default" in schema) return schema.default;
  const [first] = schema.oneOf ?? schema.anyOf ?? schema.allOf ?? [];
  if (first) return example(document, first, depth);
  switch (typesOf(schema)[0]) {
    case "object":
      if (depth > DEPTH) return {};
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, part]) => [name, example(document, part, depth + 1)]),
      );
    case "array":
      return schema.items && depth <= DEPTH ? [example(document, schema.items, depth + 1)] : [];
    case "string":
      return "a".repeat(Math.max(1, numbers(schema, "minLength")[0] ?? 1));
    case "integer":
    case "number":
      return numbers(schema, "minimum")[0] ?? 1;
    case "boolean":
      return true;
    default:
      return null;
  }
}

/** A text of `length` characters that looks like `text`. */
const stretched = (text: string, length: number) => text.slice(0, length).padEnd(length, /\w/.exec(text)?.[0] ?? "a");

/** Each bound, and what lies on either side of it. */
const around = (bounds: readonly number[]) => bounds.flatMap((bound) => [bound - 1, bound, bound + 1]);

function* ofObject(document: Document, schema: Schema, depth: number): Generator<unknown> {
  const whole = example(document, schema);
  if (typeof whole !== "object" || whole === null) return;
  const fields = Object.entries(whole);
  const required = new Set(schema.required ?? []);
  yield Object.fromEntries(fields.filter(([name]) => required.has(name)));
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    const without = Object.fromEntries(fields.filter(([other]) => other !== name));
    yield without;
    for (const value of valuesOf(document, part, depth + 1)) yield { ...without, [name]: value };
  }
}

function* ofArray(document: Document, schema: Schema, depth: number): Generator<unknown> {
  yield [];
  if (!schema.items) return;
  const item = example(document, schema.items);
  for (const count of around(numbers(schema, "minItems", "maxItems"))) {
    if (count > 0 && count <= 1000) yield Array.from({ length: count }, () => item);
  }
  for (const value of valuesOf(document, schema.items, depth + 1)) yield [value];
}

function* ofString(document: Document, schema: Schema): Generator<unknown> {
  const text = String(example(document, schema));
  for (const length of around(numbers(schema, "minLength", "maxLength"))) {
    if (length >= 0 && length <= LONGEST) yield stretched(text, length);
  }
  yield* ODD;
}

/** Values at every edge of a schema, and beside it: some fit it and some do not, which a validator tells. */
function* valuesOf(document: Document, given: Schema, depth: number): Generator<unknown> {
  const schema = follow<Schema>(document, given);
  yield example(document, schema);
  if (depth > DEPTH) return;
  yield* schema.examples ?? [];
  yield* schema.enum ?? [];
  for (const part of [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? [])]) {
    yield* valuesOf(document, part, depth + 1);
  }
  for (const type of typesOf(schema)) {
    if (type === "object") yield* ofObject(document, schema, depth);
    if (type === "array") yield* ofArray(document, schema, depth);
    if (type === "string") yield* ofString(document, schema);
    if (type === "boolean") yield* [true, false];
    if (type === "null") yield null;
    if (type === "integer" || type === "number") {
      yield* around(numbers(schema, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"));
    }
  }
}

/** Values to try two schemas with: those at the edges of this one. The first is the document's own example. */
export function* values(document: Document, schema: Schema): Generator<unknown> {
  let count = 0;
  for (const value of valuesOf(document, schema, 0)) {
    if (count++ >= MOST) return;
    yield value;
  }
}

import type { JsonSchema, OpenApiDocument } from "../document.ts";
import { branchOf, nodeOf } from "./node.ts";
import type { JsonType } from "./shape.ts";
import { sourceOf } from "./sources.ts";
import { viewOf } from "./values.ts";

/** What a text can be read as. `certain`: every correct server reads it so; otherwise servers differ. */
export type Reading = { readonly value: unknown; readonly certain: boolean };

/** Stands for text that is no JSON, or no form, at all. */
export const UNREADABLE = Symbol("unreadable");

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
/** More combinations of readings than this are not looked at. */
const MOST = 64;

const kinds = new WeakMap<JsonSchema, ReadonlySet<JsonType>>();

/** The types that values of a schema can have. */
export function schemaTypes(document: OpenApiDocument, schema: JsonSchema): ReadonlySet<JsonType> {
  const known = kinds.get(schema);
  if (known) return known;
  const { branches } = nodeOf(viewOf(sourceOf(document), "request"), schema);
  // A schema that says nothing of types is one of texts here: everything is, on the wire.
  const named = branches.filter(({ weight }) => weight >= 0.25);
  const isOpen = named.length === 6;
  const types = new Set<JsonType>(isOpen ? ["string"] : named.map(({ type }) => type));
  kinds.set(schema, types);
  return types;
}

/** Every way to read the text of one value, the plainest for its schema first. */
export function readings(document: OpenApiDocument, schema: JsonSchema, text: string): Reading[] {
  const types = schemaTypes(document, schema);
  const found: Reading[] = [];
  const add = (value: unknown, certain: boolean) => found.push({ value, certain });
  for (const type of types) {
    if (type === "string") add(text, true);
    if (type === "integer" && INTEGER.test(text)) add(Number(text), true);
    else if (type === "number" && NUMBER.test(text)) add(Number(text), true);
    else if (type === "integer" || type === "number") {
      // Some servers read "1.0", "+5", "05" and " 5" as numbers, some do not.
      const lenient = text.trim() === "" ? Number.NaN : Number(text.replace(/^\s*\+/, ""));
      if (Number.isFinite(lenient)) add(lenient, false);
    }
    if (type === "boolean") {
      if (text === "true" || text === "false") add(text === "true", true);
      else if (/^(?:true|false|1|0|yes|no|on|off|)$/i.test(text)) add(/^(?:true|1|yes|on|)$/i.test(text), false);
    }
    if (type === "null" && (text === "" || text === "null")) add(null, false);
    if ((type === "object" || type === "array") && /^\s*[[{]/.test(text)) {
      try {
        add(JSON.parse(text) as unknown, true);
      } catch {
        // No JSON: the text itself is all that there is.
      }
    }
  }
  if (!types.has("string")) add(text, true);
  return found;
}

/** Combinations of the readings of several texts. A combination is certain where all of its readings are. */
function combined<T>(
  all: readonly (readonly Reading[])[],
  make: (values: readonly unknown[]) => T,
): { value: T; certain: boolean }[] {
  let ways: { values: unknown[]; certain: boolean }[] = [{ values: [], certain: true }];
  for (const one of all) {
    ways = ways.flatMap(({ values, certain }) =>
      one.map((each) => ({ values: [...values, each.value], certain: certain && each.certain })),
    );
    ways = ways.slice(0, MOST);
  }
  return ways.map(({ values, certain }) => ({ value: make(values), certain }));
}

const placeOf = (document: OpenApiDocument, schema: JsonSchema, sample: unknown) => {
  const node = nodeOf(viewOf(sourceOf(document), "request"), schema);
  const branch = branchOf(node, sample);
  return branch && { node, branch };
};

const schemaAt = (schema: unknown): JsonSchema =>
  typeof schema === "object" && schema !== null ? (schema as JsonSchema) : {};

/** Every way to read the texts of a list. */
export function readingsOfList(document: OpenApiDocument, schema: JsonSchema, texts: readonly string[]): Reading[] {
  const place = placeOf(document, schema, []);
  const items = texts.map((text, i) =>
    readings(document, schemaAt(place?.node.item(place.branch, i).node.schema), text),
  );
  return combined(items.map(closest), (values) => values);
}

/** Long lists are read in one way: the first of each text. */
const closest = (all: readonly Reading[], _: number, list: readonly unknown[]) =>
  list.length > 6 ? all.slice(0, 1) : all;

/** Every way to read named texts as an object; a name that is there more than once is a list where its schema is one. */
export function readingsOfPairs(
  document: OpenApiDocument,
  schema: JsonSchema,
  pairs: readonly (readonly [string, string])[],
): Reading[] {
  const place = placeOf(document, schema, {});
  const byName = new Map<string, string[]>();
  for (const [name, text] of pairs) byName.set(name, [...(byName.get(name) ?? []), text]);
  const names = [...byName.keys()];
  let isRepeated = false;
  const fields = names.map((name) => {
    const texts = byName.get(name) ?? [];
    const field = schemaAt(place?.node.field(place.branch, name).node.schema);
    if (schemaTypes(document, field).has("array")) return readingsOfList(document, field, texts);
    isRepeated ||= texts.length > 1;
    return readings(document, field, texts.at(-1) ?? "");
  });
  return combined(fields.map(closest), (values) => Object.fromEntries(names.map((name, i) => [name, values[i]]))).map(
    (one) => (isRepeated ? { ...one, certain: false } : one),
  );
}

import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { type Document, follow, mapSchema, type Schema } from "./document.ts";
import { values } from "./values.ts";

/** A value that one document allows and the other does not, and what the other says of it. */
export type Witness = { readonly value: unknown; readonly why: string };

/** Tells what a document has against a value of a schema of its own; undefined when nothing. */
type Judge = (schema: Schema, value: unknown) => string | undefined;

/** Which way a value goes. Requests must stay good; answers must stay readable. */
export type Direction = "request" | "response";

const BOUNDS = [
  ...["enum", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum"],
  ...["exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "contentMediaType"],
];

/**
 * A schema as a reader relies on it: which fields are there, and of what type. Readers must let unknown fields, unknown words
 * and longer texts pass (the Versioning guide says so), so that bounds of an answer may be widened.
 */
const asRead = (schema: Schema): Schema =>
  mapSchema(schema, (part) => {
    const { oneOf, anyOf, additionalProperties: _, ...rest } = part;
    // A schema with fewer words is a schema.
    const kept = Object.fromEntries(Object.entries(rest).filter(([word]) => !BOUNDS.includes(word))) as Schema;
    // Without bounds several branches may fit, where one did.
    const branches = [...(oneOf ?? []), ...(anyOf ?? [])];
    return branches.length > 0 ? { ...kept, anyOf: branches } : kept;
  });

const said = ({ instancePath, message, params }: ErrorObject) =>
  `${instancePath.slice(1).replaceAll("/", ".") || "the whole"} ${message}${
    "additionalProperty" in params ? ` (${params.additionalProperty})` : ""
  }`;

function judge(document: Document, adapt: (schema: Schema) => Schema): Judge {
  const ajv = new Ajv2020({ strict: false, logger: false });
  addFormats.default(ajv);
  const schemas = Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => [name, adapt(schema)]);
  ajv.addSchema({ components: { schemas: Object.fromEntries(schemas) } }, "document");
  const made = new Map<Schema, ValidateFunction>();
  return (schema, value) => {
    let validate = made.get(schema);
    if (!validate) {
      const text = JSON.stringify(adapt(schema)).replaceAll('"#/components/', '"document#/components/');
      validate = ajv.compile(JSON.parse(text));
      made.set(schema, validate);
    }
    if (validate(value)) return undefined;
    const [first] = validate.errors ?? [];
    return first ? said(first) : "does not fit";
  };
}

/** Words that can narrow a schema without any of the tried values showing it. */
const OPAQUE = ["pattern", "format", "multipleOf", "not", "if", "propertyNames", "dependentRequired"];

/** What a schema says, with all that it refers to, without prose. */
function meaning(document: Document, schema: Schema, words?: readonly string[]): string {
  const seen = new Set<string>();
  const parts: string[] = [];
  const visit = (part: Schema): void => {
    const plain = mapSchema(part, ({ description: _, examples: __, title: ___, ...rest }) => rest);
    if (words === undefined) parts.push(JSON.stringify(plain));
    mapSchema(part, (inner) => {
      for (const word of words ?? []) if (word in inner) parts.push(`${word}:${JSON.stringify(inner[word])}`);
      if (inner.$ref !== undefined && !seen.has(inner.$ref)) {
        seen.add(inner.$ref);
        visit(follow<Schema>(document, inner));
      }
      return inner;
    });
  };
  visit(schema);
  return parts.sort().join("\n");
}

/** How a schema has changed: not at all, so that nothing that went before fails, in a way that fails, or untellable. */
export type Change =
  | { readonly kind: "same" | "compatible" | "unclear" }
  | { readonly kind: "breaking"; readonly witnesses: readonly Witness[] };

/** At most so many ways in which one schema breaks are told. */
const MOST_WITNESSES = 10;

/**
 * Compares the schemas of two documents by trying values: a request breaks when the old takes and the new refuses it, an
 * answer when the new gives what the old does not describe. So every breaking change comes with a value that shows it: the
 * first for each reason.
 */
export function comparer(old: Document, fresh: Document): (way: Direction, was: Schema, is: Schema) => Change {
  const exact = { old: judge(old, (schema) => schema), fresh: judge(fresh, (schema) => schema) };
  const read = judge(old, asRead);
  return (way, was, is) => {
    if (meaning(old, was) === meaning(fresh, is)) return { kind: "same" };
    const tried = [values(old, was), values(fresh, is)];
    const witnesses = new Map<string, Witness>();
    for (const value of tried.flatMap((some) => [...some])) {
      if (way === "request" ? exact.old(was, value) : exact.fresh(is, value)) continue;
      const why = way === "request" ? exact.fresh(is, value) : read(was, value);
      if (why !== undefined && !witnesses.has(why)) witnesses.set(why, { value, why });
      if (witnesses.size === MOST_WITNESSES) break;
    }
    if (witnesses.size > 0) return { kind: "breaking", witnesses: [...witnesses.values()] };
    const isOpaque = way === "request" && meaning(old, was, OPAQUE) !== meaning(fresh, is, OPAQUE);
    return { kind: isOpaque ? "unclear" : "compatible" };
  };
}

/** Fields that an answer had, required or not, and has no more: by their path. */
export function lostFields(old: Document, fresh: Document, was: Schema, is: Schema, depth = 0): string[] {
  if (depth > 5) return [];
  const [before, after] = [follow<Schema>(old, was), follow<Schema>(fresh, is)];
  const lost = Object.entries(before.properties ?? {}).flatMap(([name, part]) => {
    const now = after.properties?.[name];
    if (now === undefined) return after.properties ? [name] : [];
    return lostFields(old, fresh, part, now, depth + 1).map((inner) => `${name}.${inner}`);
  });
  if (!before.items || !after.items) return lost;
  return [...lost, ...lostFields(old, fresh, before.items, after.items, depth + 1).map((inner) => `[].${inner}`)];
}

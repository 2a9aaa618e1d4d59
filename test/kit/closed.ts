import type { Ajv2020 } from "ajv/dist/2020.js";
import { type JsonSchema, type OpenApiDocument, resolve } from "./document.ts";

type Schema = JsonSchema | boolean;

/**
 * How a schema is rewritten. `closed`: it alone says what stands there, and refuses what it does not name. `open`: it is
 * one of several that say it together, so that only values below it are closed. `raw`: as it is.
 */
type Mode = "closed" | "open" | "raw";

/** Keywords whose schemas hold for the same value (JSON Schema 2020-12 §10.2). */
const LISTS = ["allOf", "anyOf", "oneOf"] as const;
const BRANCHES = ["then", "else"] as const;
/** Keywords whose schemas hold for values below. */
const BELOW = ["items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems"] as const;
const BELOW_BY_NAME = ["properties", "patternProperties"] as const;

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value : []);
const mapOf = (value: unknown) => (isSchema(value) ? (value as Readonly<Record<string, Schema>>) : {});

/**
 * Makes every object schema refuse what it does not name: a reader must be open, a server must not say more than it says.
 * What several schemas say together (`allOf`, or a choice beside fields) is closed around all of them.
 */
export class Closing {
  readonly #document: OpenApiDocument;
  readonly #ajv: Ajv2020;
  readonly #known = new Map<string, string>();

  /** @param ajv Holds the document as `contract`; schemas that are referred to are added to it. */
  constructor(document: OpenApiDocument, ajv: Ajv2020) {
    this.#document = document;
    this.#ajv = ajv;
  }

  /** The schema of an answer, closed, with references that `ajv` can follow. */
  close = (schema: Schema): Schema => this.#rewrite(schema, "closed");

  #rewrite(schema: Schema, mode: Mode): Schema {
    if (!isSchema(schema)) return schema;
    const here = mode === "closed" ? this.#together(schema) : mode;
    const copy: Record<string, unknown> = { ...schema };
    // A bare reference is what it leads to.
    const isBare = mode === "closed" && Object.keys(schema).every((word) => !SAYS.has(word));
    if (typeof schema.$ref === "string") copy.$ref = this.#reference(schema.$ref, isBare ? "closed" : here);
    const isChoice = mode === "closed" && this.#isChoice(schema);
    for (const word of LISTS) {
      if (!Array.isArray(schema[word])) continue;
      copy[word] = listOf(schema[word]).map((one) => {
        const made = this.#rewrite(one, here);
        return isChoice && this.#isFree(one) ? { allOf: [made], additionalProperties: true } : made;
      });
    }
    for (const word of BRANCHES) if (word in schema) copy[word] = this.#rewrite(schema[word] as Schema, here);
    for (const word of ["not", "if", "contains", "propertyNames"])
      if (word in schema) copy[word] = this.#rewrite(schema[word] as Schema, "raw");
    if ("dependentSchemas" in schema) copy.dependentSchemas = this.#each(schema.dependentSchemas, here);
    const below = here === "raw" ? "raw" : "closed";
    for (const word of BELOW) if (word in schema) copy[word] = this.#rewrite(schema[word] as Schema, below);
    for (const word of BELOW_BY_NAME) if (word in schema) copy[word] = this.#each(schema[word], below);
    if ("prefixItems" in schema) copy.prefixItems = listOf(schema.prefixItems).map((one) => this.#rewrite(one, below));
    const says = schema.additionalProperties !== undefined || schema.unevaluatedProperties !== undefined;
    if (mode === "closed" && !isBare && !says && this.#names(schema).size > 0) copy.unevaluatedProperties = false;
    return copy as JsonSchema;
  }

  #each(some: unknown, mode: Mode): Record<string, Schema> {
    return Object.fromEntries(Object.entries(mapOf(some)).map(([name, one]) => [name, this.#rewrite(one, mode)]));
  }

  /** The name of a schema of the document, rewritten once. */
  #reference(ref: string, mode: Mode): string {
    if (mode === "raw") return `contract${ref}`;
    const known = this.#known.get(`${mode} ${ref}`);
    if (known !== undefined) return known;
    const name = `${mode}-${this.#known.size}`;
    this.#known.set(`${mode} ${ref}`, name);
    const made = this.#rewrite(resolve<Schema>(this.#document, { $ref: ref }), mode);
    this.#ajv.addSchema(typeof made === "boolean" ? { allOf: [made] } : made, name);
    return name;
  }

  /** A choice and nothing beside it: then each way stands by itself. */
  #isChoice(schema: JsonSchema): boolean {
    const says = Object.keys(schema).filter((word) => SAYS.has(word));
    return says.length === 1 && (says[0] === "anyOf" || says[0] === "oneOf");
  }

  /** An object of which nothing is named, so that it may have any field. */
  #isFree(schema: Schema): boolean {
    if (!isSchema(schema)) return schema;
    const found = resolve<Schema>(this.#document, schema);
    const types = isSchema(found) ? [found.type ?? "object"].flat() : ["object"];
    return types.includes("object") && this.#names(schema).size === 0;
  }

  /** `open`, but where two parts name one field: only both together say what stands below it. */
  #together(schema: JsonSchema): Mode {
    const parts = [
      new Set(Object.keys(mapOf(schema.properties))),
      ...(schema.$ref === undefined ? [] : [this.#names({ $ref: schema.$ref })]),
      ...listOf(schema.allOf).map((one) => this.#names(one)),
      new Set([...listOf(schema.anyOf), ...listOf(schema.oneOf)].flatMap((one) => [...this.#names(one)])),
    ];
    const all = parts.flatMap((names) => [...names]);
    return new Set(all).size < all.length ? "raw" : "open";
  }

  /** Fields that a schema names for the value itself, by whatever way. */
  #names(schema: Schema, above: readonly Schema[] = []): Set<string> {
    if (!isSchema(schema) || above.includes(schema)) return new Set();
    const under = [...above, schema];
    const parts = [
      ...LISTS.flatMap((word) => listOf(schema[word])),
      ...BRANCHES.flatMap((word) => (schema[word] === undefined ? [] : [schema[word] as Schema])),
      ...(schema.if === undefined ? [] : [schema.if as Schema]),
      ...Object.values(mapOf(schema.dependentSchemas)),
      ...(schema.$ref === undefined ? [] : [resolve<Schema>(this.#document, { $ref: schema.$ref })]),
    ];
    const own = Object.keys(mapOf(schema.properties));
    return new Set([...own, ...parts.flatMap((one) => [...this.#names(one, under)])]);
  }
}

/** Keywords that say something of an object's fields. */
const SAYS = new Set([
  ...[...LISTS, ...BRANCHES, ...BELOW_BY_NAME, "if", "dependentSchemas"],
  ...["additionalProperties", "unevaluatedProperties", "propertyNames"],
]);

/** JSON Schema 2020-12 as far as two of them are compared. */
export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly [word: string]: unknown;
};

type Ref = { readonly $ref: string };
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
};
export type Response = {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Content;
};
export type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly (Parameter | Ref)[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Response | Ref>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly deprecated?: boolean;
  readonly [extension: string]: unknown;
};

/** A document as far as two of them are compared: the generated one, or one of the same generator at another time. */
export type Document = {
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks?: Readonly<Record<string, { readonly post: Operation }>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>>; readonly [kind: string]: unknown };
};

/** What a `$ref` of a document leads to; anything else is itself. Throws for a reference that leads nowhere. */
export function follow<T extends object>(document: Document, value: T | Ref): T {
  let at: unknown = value;
  for (let steps = 0; typeof at === "object" && at !== null && "$ref" in at && steps < 20; steps++) {
    const path = String(at.$ref).slice(2).split("/");
    let found: unknown = document;
    for (const part of path) found = typeof found === "object" && found !== null ? Reflect.get(found, part) : undefined;
    if (found === undefined) throw new Error(`The document has no ${String(at.$ref)}`);
    at = found;
  }
  // What a reference of a linted document leads to is of the kind that stands in its place.
  return at as T;
}

/** Words whose value maps free names to schemas, so that its own keys are no words of JSON Schema. */
const MAPS = new Set(["properties", "patternProperties", "$defs", "dependentSchemas"]);

/** A schema in which `change` has rewritten every part, from the inside out; `$ref`s stay. */
export function mapSchema(schema: Schema, change: (part: Schema) => Schema): Schema {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object" || value === null) return value;
    // A part of a schema that is an object is a schema, but for the maps and values that are left out below.
    return mapSchema(value as Schema, change);
  };
  const entries = Object.entries(schema).map(([word, value]) => {
    if (word === "examples" || word === "enum" || word === "const" || word === "default") return [word, value];
    if (!MAPS.has(word) || typeof value !== "object" || value === null) return [word, visit(value)];
    return [word, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, visit(part)]))];
  });
  return change(Object.fromEntries(entries));
}

import { commandWords } from "../../spec/kit/command-words.ts";
import type { Document } from "../../spec/kit/document.ts";

type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly contentMediaType?: string;
  readonly description?: string;
};
type Parameter = Schema & { readonly name: string; readonly in: string; readonly schema: Schema };
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly deprecated?: boolean;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
  readonly "x-auth": string;
  readonly "x-async"?: object;
  readonly "x-idempotent"?: string;
};

/** What a flag takes. */
type Field = {
  name: string;
  in: "query" | "body";
  type: string;
  about: string;
  list?: true;
  required?: true;
  nullable?: true;
  choices?: readonly string[];
};

/** Columns that a table shows first, where a list's items have them; others follow, up to six. */
const COLUMNS = ["id", "name", "label", "title", "email", "slug", "filename", "type", "status", "created_at"];

/** Flags of every command, and of some: a field of such a name could not be said. */
const TAKEN = new Set(
  "output profile server organization retries check verbose version help all wait body clear idempotency_key if_match query header".split(
    " ",
  ),
);

/** Reads an OpenAPI document's schemas: references followed, and a union with null taken apart. */
class Schemas {
  readonly #named: Readonly<Record<string, unknown>>;

  constructor(document: Document) {
    this.#named = document.components;
  }

  at(schema: Schema): Schema & { readonly nullable: boolean } {
    const found = schema.$ref
      ? (schema.$ref
          .split("/")
          .slice(2)
          .reduce<unknown>((held, name) => (held as never)?.[name], this.#named) as Schema)
      : schema;
    const ways = found.anyOf ?? found.oneOf;
    const real = ways?.filter(({ type }) => type !== "null");
    if (ways && real?.length === 1 && real[0]) return { ...this.at({ ...real[0] }), nullable: ways.length > 1 };
    const types = [found.type ?? []].flat();
    const nullable = types.includes("null");
    const type = types.filter((one) => one !== "null");
    const { type: _, ...rest } = found;
    return { ...rest, ...(type[0] !== undefined && { type: type[0] }), nullable };
  }
}

/** A schema as flags: objects by dots, lists of plain values as lists, anything else as JSON. */
function* fields(
  schemas: Schemas,
  given: Schema,
  place: Field["in"],
  path: string,
  isNeeded: boolean,
): Generator<Field> {
  const schema = schemas.at(given);
  if (schema.properties && Object.keys(schema.properties).length > 0) {
    for (const [name, property] of Object.entries(schema.properties)) {
      const isRequired = isNeeded && (schema.required ?? []).includes(name) && !schema.nullable;
      yield* fields(schemas, property, place, path ? `${path}.${name}` : name, isRequired);
    }
    return;
  }
  if (!path) return;
  const inner = schema.type === "array" && schema.items ? schemas.at(schema.items) : undefined;
  const isPlain = inner && typeof inner.type === "string" && !["object", "array"].includes(inner.type);
  const value = isPlain ? inner : schema;
  const scalar = typeof value.type === "string" && !["object", "array"].includes(value.type) ? value.type : "json";
  const isFile = schema.contentMediaType !== undefined;
  const choices = value.enum?.filter((one) => one !== null).map(String);
  yield {
    name: path,
    in: place,
    type: isFile ? "file" : scalar,
    about: (given.description ?? schema.description ?? "").split("\n")[0] ?? "",
    ...(isPlain && { list: true }),
    ...(isNeeded && { required: true }),
    ...(schema.nullable && { nullable: true }),
    ...(choices && { choices }),
  };
}

function columnsOf(schemas: Schemas, item: Schema | undefined): string[] {
  if (!item) return [];
  const properties = Object.entries(schemas.at(item).properties ?? {});
  const plain = properties
    .filter(([, property]) => !["object", "array", undefined].includes(schemas.at(property).type as string))
    .map(([name]) => name);
  const first = COLUMNS.filter((name) => plain.includes(name));
  return [...first, ...plain.filter((name) => !COLUMNS.includes(name))].slice(0, 6);
}

function command(schemas: Schemas, method: string, words: readonly string[], operation: Operation) {
  const parameters = (operation.parameters ?? []).map((one) => schemas.at(one) as Schema as Parameter);
  const content = Object.entries(operation.requestBody?.content ?? {})[0];
  const media = content?.[0];
  const body = media === "application/json" ? "json" : media === "multipart/form-data" ? "form" : media && "bytes";
  const query = parameters
    .filter((one) => one.in === "query")
    .flatMap((one) => [
      ...fields(
        schemas,
        { ...one.schema, ...(one.description && { description: one.description }) },
        "query",
        one.name,
        (one as { required?: unknown }).required === true,
      ),
    ]);
  const inBody = content && body !== "bytes" ? [...fields(schemas, content[1].schema, "body", "", true)] : [];
  const names = [...query, ...inBody].map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice)
    throw new Error(`${operation.operationId}: "${twice}" is in the query and in the body: the CLI has one flag`);
  const taken = names.find((name) => TAKEN.has(name) || TAKEN.has(name.replace(/^no_/, "")));
  if (taken) throw new Error(`${operation.operationId}: the CLI has a flag --${taken} of its own, for another thing`);
  const answer = ["200", "201", "202"].map((status) => operation.responses[status]).find((one) => one !== undefined);
  const answered = Object.entries((answer && (schemas.at(answer as Schema) as typeof answer).content) ?? {})[0];
  const shape = answered && schemas.at(answered[1].schema).properties;
  const items = shape?.data && schemas.at(shape.data).items;
  return {
    id: operation.operationId,
    words,
    tag: operation.tags[0] ?? "",
    summary: operation.summary,
    about:
      (operation.description ?? "")
        .split("\n\n")[0]
        ?.replace(/\n/g, " ")
        .replace(/^\*\*.*/, "") ?? "",
    method: method.toUpperCase(),
    params: parameters
      .filter((one) => one.in === "path")
      .map(({ name, description = "" }) => ({ name, about: description })),
    fields: [...query, ...inBody],
    ...(body && { body }),
    ...(query.some(({ name }) => name === "cursor") && { paged: true }),
    ...(items && { columns: columnsOf(schemas, items) }),
    ...(operation["x-async"] && { async: true }),
    ...(operation["x-idempotent"] === "key" && { keyed: true }),
    ...(answered && !answered[0].includes("json") && { bytes: true }),
    ...(operation.deprecated && { deprecated: true }),
  };
}

/** The CLI's table of commands, from the document. Throws on what a command line cannot express. */
export function commandsModule(document: Document): string {
  const schemas = new Schemas(document);
  const seen = new Map<string, string>();
  const rows = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => {
      // The document is JSON that `emit` made, of this very shape.
      const operation = raw as unknown as Operation;
      const isStream = operation.responses["200"]?.content?.["text/event-stream"] !== undefined;
      const words = commandWords(path, operation.operationId, operation["x-auth"], isStream);
      if (!words) return [];
      const made = command(schemas, method, words, operation);
      const name = made.words.join(" ");
      const other = seen.get(name);
      if (other) throw new Error(`${made.id} and ${other} would both be \`reelmark ${name}\`: change a path or an id`);
      seen.set(name, made.id);
      return [`  ${JSON.stringify(made)},`];
    }),
  );
  const groups = JSON.stringify(document["x-tagGroups"]);
  return `import type { Command, TagGroup } from "../table.ts";

/** The tags of the reference, in its order. */
export const TAG_GROUPS: readonly TagGroup[] = ${groups};

/** The release that this table was made of. */
export const VERSION = ${JSON.stringify(document.info.version)};

/** One command an operation. */
export const COMMANDS: readonly Command[] = [
${rows.flat().join("\n")}
];
`;
}

import {
  basePath,
  type DocumentedOperation,
  type JsonSchema,
  type OpenApiDocument,
  operationsAt,
  operationsOf,
  responseOf,
} from "./document.ts";
import { kindOf } from "./generate/wire.ts";
import { Schemas } from "./schemas.ts";

/** A place in a request that names a resource of a kind, found by the example of its id. */
export type Reference = {
  readonly place: "path" | "query" | "body";
  /** The parameter's name, or the dotted path in the body. */
  readonly name: string;
  readonly kind: string;
};

/** A body: its media type, its schema, an example of it, and whether that is one that can be sent. */
type Body = {
  readonly type: string;
  readonly schema: JsonSchema;
  readonly example: unknown;
  readonly isWritable: boolean;
};

type Verb = "creates" | "reads" | "lists" | "updates" | "deletes";

/** A document as the checks read it: operations, kinds of resources, and how the two belong together. */
export class Api {
  readonly operations: readonly DocumentedOperation[];
  readonly schemas: Schemas;
  readonly base: string;
  /** Example id to kind: an id in an example names the resource whose example has that id. */
  readonly #kinds = new Map<string, string>();

  constructor(document: OpenApiDocument) {
    this.operations = operationsOf(document);
    this.schemas = new Schemas(document);
    this.base = basePath(document);
    for (const op of this.operations) {
      const kind = this.kindOf(op, "creates") ?? this.kindOf(op, "reads") ?? this.kindOf(op, "lists");
      const schema = this.success(op).schema;
      const answer = schema && (this.schemas.example(schema) as { data?: readonly unknown[] });
      const id = kind && this.idOf(kind, this.kindOf(op, "lists") === undefined ? answer : answer?.data?.[0]);
      if (kind !== undefined && id !== undefined) this.#kinds.set(id, kind);
    }
  }

  /** The id that a representation of a kind carries: its `id`, or else the field that paths to it are named after. */
  idOf(kind: string, value: unknown): string | undefined {
    const body = (value ?? {}) as Readonly<Record<string, unknown>>;
    const at = this.operationFor(kind, "updates") ?? this.operationFor(kind, "deletes");
    const id = body.id ?? body[(at && pathParams(at).at(-1)?.name) ?? ""];
    return typeof id === "string" ? id : undefined;
  }

  /** The kind of resource that an operation does this to. A long operation creates what its poll reads. */
  kindOf(op: DocumentedOperation, verb: Verb): string | undefined {
    const effect = op.extensions["x-effect"] as Partial<Record<Verb, string>> | undefined;
    const polled = (op.extensions["x-async"] as { poll?: string } | undefined)?.poll;
    if (verb !== "creates" || polled === undefined) return effect?.[verb];
    const reader = this.operations.find(({ id }) => id === polled);
    return effect?.creates ?? (reader && this.kindOf(reader, "reads"));
  }

  /** The operation that does this to a kind: the one with the fewest path parameters. */
  operationFor(kind: string, verb: Verb): DocumentedOperation | undefined {
    const found = this.operations.filter((op) => this.kindOf(op, verb) === kind);
    return found.sort((a, b) => pathParams(a).length - pathParams(b).length)[0];
  }

  /** The reader whose `ETag` counts for an operation on the same resource. */
  readerOf(op: DocumentedOperation): DocumentedOperation | undefined {
    const kind = this.kindOf(op, "updates") ?? this.kindOf(op, "deletes") ?? this.kindOf(op, "reads");
    return kind === undefined ? undefined : this.operationFor(kind, "reads");
  }

  /** The kind whose resources a query parameter of this schema names: its pattern takes that id and not just any text. */
  kindOfParameter(schema: JsonSchema): string | undefined {
    if (this.schemas.fits(schema, "x")) return undefined;
    for (const [id, kind] of this.#kinds) if (this.schemas.fits(schema, id)) return kind;
    return undefined;
  }

  kindOfExample(value: unknown): string | undefined {
    return typeof value === "string" ? this.#kinds.get(value) : undefined;
  }

  /** Every place of an operation's request that names a resource. */
  references(op: DocumentedOperation): Reference[] {
    const found: Reference[] = [];
    for (const { in: place, name, schema } of op.parameters) {
      if (place === "header" || place === "cookie") continue;
      const kind = place === "path" ? this.kindOfExample(this.schemas.example(schema)) : this.kindOfParameter(schema);
      if (kind !== undefined) found.push({ place, name, kind });
    }
    const look = (value: unknown, path: string): void => {
      const kind = this.kindOfExample(value);
      if (kind !== undefined) found.push({ place: "body", name: path, kind });
      else if (typeof value === "object" && value !== null) {
        for (const [key, item] of Object.entries(value)) look(item, path === "" ? key : `${path}.${key}`);
      }
    };
    look(this.body(op)?.example, "");
    return found;
  }

  /** The body of an operation: its first media type, its schema, and an example of it. */
  body(op: DocumentedOperation): Body | undefined {
    const [entry] = Object.entries(op.body?.content ?? {});
    if (!entry) return undefined;
    const [type, media] = entry;
    const schema = media.schema ?? {};
    const isBytes = kindOf(type) === "bytes" && schema.type === undefined && schema.$ref === undefined;
    const shown = media.example ?? Object.values(media.examples ?? {})[0]?.value;
    const example = () => this.schemas.writable(schema, this.schemas.example(schema));
    const made = shown ?? (isBytes ? "some text" : example());
    // Text is written as it is; what has parts, in the forms that are known here.
    const isKnown = typeof made === "string" || kindOf(type) !== "bytes";
    const isWritable = isKnown && (shown !== undefined || isBytes || !this.schemas.isUnmade(schema));
    return { type, schema, example: made, isWritable };
  }

  /** The answer of an operation that went well: the lowest status that it names, else what it says of all (`2XX`, `default`). */
  success(op: DocumentedOperation): { status: number; schema: JsonSchema | undefined; headers: readonly string[] } {
    const [entry] = [...op.responses].filter(([status]) => status < 400 && status !== 304).sort(([a], [b]) => a - b);
    const [status, response] = entry ?? [200, responseOf(op, 200)];
    const schema = response?.content?.["application/json"]?.schema;
    return { status, schema, headers: Object.keys(response?.headers ?? {}) };
  }
}

export const pathParams = (op: DocumentedOperation) => op.parameters.filter((one) => one.in === "path");
export const queryParams = (op: DocumentedOperation) => op.parameters.filter((one) => one.in === "query");
export const headerParam = (op: DocumentedOperation, name: string) =>
  op.parameters.find((one) => one.in === "header" && one.name === name);

/** Who may call: the contract kit's word, or what `security` says. */
export const authOf = (op: DocumentedOperation): string =>
  String(op.extensions["x-auth"] ?? (op.security.length > 0 ? "credential" : "public"));

/** Whether a bearer token or API key is what the operation asks for, so that there is a challenge and a limit by credential. */
export const byToken = (op: DocumentedOperation): boolean => ["credential", "session", "operator"].includes(authOf(op));

/** The sets of scopes of which a credential must hold one whole. */
export function scopeSets(op: DocumentedOperation): string[][] {
  const sets = op.security.flatMap((one) => Object.values(one).map((scopes) => [...scopes]));
  return [...new Map(sets.map((set) => [set.join(" "), set])).values()];
}

/** The methods of a path, as `Allow` lists them. */
export function methodsAt(api: Api, path: string): string[] {
  const methods = operationsAt(api.operations, path).map(({ method }) => method);
  return [...new Set([...methods, "OPTIONS", ...(methods.includes("GET") ? ["HEAD"] : [])])].sort();
}

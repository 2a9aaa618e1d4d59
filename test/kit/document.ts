/** JSON Schema as far as the engine reads it. */
export type JsonSchema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly [keyword: string]: unknown;
};

export type ParameterObject = {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
  readonly content?: Readonly<Record<string, MediaObject>>;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { value: unknown }>>;
  readonly [extension: `x-${string}`]: unknown;
};

type MediaObject = {
  readonly schema?: JsonSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { value: unknown }>>;
};

export type ResponseObject = {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean; readonly schema: JsonSchema }>>;
  readonly content?: Readonly<Record<string, MediaObject>>;
};

type BodyObject = {
  readonly required: boolean;
  readonly content: Readonly<Record<string, MediaObject>>;
  readonly [extension: `x-${string}`]: unknown;
};

/** An operation of a document with its `$ref`s to parameters, headers and responses followed. */
export type DocumentedOperation = {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly ParameterObject[];
  readonly body: BodyObject | undefined;
  readonly responses: ReadonlyMap<number, ResponseObject>;
  /** Responses of a whole class (`4XX`), and `default`. */
  readonly fallbacks: ReadonlyMap<string, ResponseObject>;
  readonly extensions: Readonly<Record<`x-${string}`, unknown>>;
  readonly deprecated: boolean;
  readonly tags: readonly string[];
};

export type OpenApiDocument = {
  readonly openapi: string;
  readonly servers?: readonly {
    readonly url: string;
    readonly variables?: Readonly<Record<string, { readonly default: string }>>;
  }[];
  /** What every operation wants that does not say otherwise. */
  readonly security?: DocumentedOperation["security"];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const METHODS = new Set(["get", "put", "post", "delete", "patch"]);

/** Follows `$ref`s inside the document to what is none. Throws when one leads nowhere, or back to itself. */
export function resolve<T>(document: OpenApiDocument, value: unknown, above: readonly string[] = []): T {
  const ref = (value as { $ref?: unknown } | null)?.$ref;
  // A document is untyped JSON: what stands at a place is what OpenAPI says stands there.
  if (typeof ref !== "string") return value as T;
  if (above.includes(ref)) throw new Error(`$ref ${ref} leads back to itself`);
  let at: unknown = document;
  for (const part of ref.replace(/^#\//, "").split("/")) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    at = (at as Record<string, unknown> | undefined)?.[key];
  }
  if (at === undefined) throw new Error(`${ref} leads nowhere`);
  return resolve(document, at, [...above, ref]);
}

/** Every operation of a document, in its order. */
export function operationsOf(document: OpenApiDocument): DocumentedOperation[] {
  return Object.entries(document.paths).flatMap(([path, entry]) => {
    const item = resolve<Readonly<Record<string, unknown>>>(document, entry);
    return Object.entries(item)
      .filter(([method]) => METHODS.has(method))
      .map(([method, raw]) => toOperation(document, path, method, inherited(document, item, raw)));
  });
}

/** An operation with what it takes over: its path's parameters, the document's security (OpenAPI 3.1 §4.8.9.1, §4.8.10.1). */
function inherited(document: OpenApiDocument, item: Readonly<Record<string, unknown>>, raw: unknown) {
  // What stands under a method's name is an operation: OpenAPI 3.1 §4.8.9.1.
  const own = raw as Readonly<Record<string, unknown>>;
  const read = (some: unknown) =>
    ((some ?? []) as readonly unknown[]).map((one) => withSchema(document, resolve<ParameterObject>(document, one)));
  const parameters = read(own.parameters);
  const shared = read(item.parameters).filter(
    ({ name, in: place }) => !parameters.some((one) => one.name === name && one.in === place),
  );
  const security = (own.security ?? document.security ?? []) as DocumentedOperation["security"];
  // An empty alternative makes the credential optional: nobody may call, too.
  const isOptional = security.some((one) => Object.keys(one).length === 0);
  return { ...own, security: isOptional ? [] : security, parameters: [...shared, ...parameters] };
}

/** A parameter or header whose schema and example stand in one place: they may also stand in `content`, and beside the schema. */
function withSchema<T extends Pick<ParameterObject, "schema" | "content" | "example" | "examples">>(
  document: OpenApiDocument,
  parameter: T,
): T {
  const { content, example, examples } = parameter;
  const schema = parameter.schema ?? Object.values(content ?? {})[0]?.schema ?? {};
  const shown = example ?? Object.values(examples ?? {})[0]?.value;
  if (shown === undefined) return { ...parameter, schema };
  return { ...parameter, schema: { ...resolve<JsonSchema>(document, schema), examples: [shown] } };
}

function toOperation(
  document: OpenApiDocument,
  path: string,
  method: string,
  raw: ReturnType<typeof inherited> & Readonly<Record<string, unknown>>,
): DocumentedOperation {
  const responses = new Map<number, ResponseObject>();
  const fallbacks = new Map<string, ResponseObject>();
  for (const [status, response] of Object.entries((raw.responses ?? {}) as Record<string, unknown>)) {
    const found = resolve<ResponseObject>(document, response);
    const headers = Object.entries(found.headers ?? {}).map(([name, header]) => [
      name.toLowerCase(),
      withSchema(document, resolve<ParameterObject>(document, header)),
    ]);
    const declared = { ...found, headers: Object.fromEntries(headers) };
    if (/^\d+$/.test(status)) responses.set(Number(status), declared);
    else fallbacks.set(status.toUpperCase(), declared);
  }
  const extensions = Object.entries(raw).filter(([key]) => key.startsWith("x-"));
  return {
    id: String(raw.operationId ?? `${method} ${path}`),
    method: method.toUpperCase(),
    path,
    security: raw.security,
    parameters: raw.parameters,
    body: raw.requestBody === undefined ? undefined : resolve(document, raw.requestBody),
    responses,
    fallbacks,
    extensions: Object.fromEntries(extensions),
    deprecated: raw.deprecated === true,
    tags: (raw.tags ?? []) as readonly string[],
  };
}

/** What an operation declares for a status: that very one, its class, or `default` (OpenAPI 3.1 §4.8.16). */
export const responseOf = (op: DocumentedOperation, status: number): ResponseObject | undefined =>
  op.responses.get(status) ?? op.fallbacks.get(`${Math.floor(status / 100)}XX`) ?? op.fallbacks.get("DEFAULT");

/**
 * The path under which the document's operations are served: the path of its first server, with the defaults of its
 * variables (OpenAPI 3.1 §4.8.5). Throws when that is no address.
 */
export function basePath(document: OpenApiDocument): string {
  const { url: template = "/", variables = {} } = document.servers?.[0] ?? {};
  const url = template.replaceAll(/\{([^}]+)\}/g, (_, name: string) => variables[name]?.default ?? "");
  if (!URL.canParse(url, "http://localhost")) throw new Error(`its server ${url} is no address`);
  return new URL(url, "http://localhost").pathname.replace(/\/$/, "");
}

/**
 * The operations that stand at a path, whatever their method, in their order. A concrete path hides the templates that
 * fit it too (OpenAPI 3.1 §4.8.8.1).
 */
export function operationsAt(operations: readonly DocumentedOperation[], path: string): DocumentedOperation[] {
  const concrete = operations.filter((op) => op.path === path);
  return concrete.length > 0 ? concrete : operations.filter((op) => template(op.path).test(path));
}

const templates = new Map<string, RegExp>();

function template(path: string): RegExp {
  const known = templates.get(path);
  if (known) return known;
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+");
  const made = new RegExp(`^${escaped}$`);
  templates.set(path, made);
  return made;
}

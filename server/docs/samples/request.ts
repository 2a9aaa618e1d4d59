/** As much of a document's operation as a sample is made of. */
export type DocumentOperation = {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly (Ref | Parameter)[];
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly [key: string]: unknown;
};
type Ref = { readonly $ref: string };
type Schema = { readonly $ref?: string; readonly examples?: readonly unknown[]; readonly [key: string]: unknown };
type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema };

/** What of a document the samples read. */
export type SampleDocument = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
};

/** The body of a sample: JSON, a form with one file, or raw bytes of a file. */
export type SampleBody =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "multipart"; readonly file: string }
  | { readonly kind: "bytes"; readonly type: string; readonly file: string };

/** One request that an operation's examples make: every sample of the operation, in any language, is this request. */
export type SampleRequest = {
  readonly id: string;
  readonly method: string;
  /** The template, such as `/v1/brands/{brand_id}`. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** The required ones alone: an optional parameter in a sample would be taken for advice. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: SampleBody | undefined;
  /** Who calls it, by the document's `x-auth`. */
  readonly auth: unknown;
  /** Whether a credential is sent. */
  readonly credential: boolean;
  /** Whether events come for as long as they are read. */
  readonly isStream: boolean;
};

const FILE = "nora-coffee.mp4";

function bodyOf(document: SampleDocument, op: DocumentOperation): SampleBody | undefined {
  const [type, media] = Object.entries(op.requestBody?.content ?? {})[0] ?? [];
  if (type === undefined) return undefined;
  if (type === "multipart/form-data") return { kind: "multipart", file: FILE };
  if (type !== "application/json") return { kind: "bytes", type, file: FILE };
  const name = media?.schema?.$ref?.split("/").pop();
  const schema = name === undefined ? media?.schema : document.components?.schemas?.[name];
  return { kind: "json", value: schema?.examples?.[0] ?? {} };
}

/**
 * The request that shows an operation: its path parameters, required query parameters and body, each as their example.
 * A parameter without one is shown by its name.
 */
export function sampleRequest(
  document: SampleDocument,
  method: string,
  path: string,
  op: DocumentOperation,
): SampleRequest {
  const params: Record<string, string> = {};
  const query: Record<string, unknown> = {};
  for (const parameter of op.parameters ?? []) {
    if (!("in" in parameter) || !parameter.required || !["path", "query"].includes(parameter.in)) continue;
    const value = parameter.schema.examples?.[0] ?? parameter.name;
    if (parameter.in === "path") params[parameter.name] = String(value);
    else query[parameter.name] = value;
  }
  const credential = (op.security ?? []).length > 0;
  const auth = op["x-auth"];
  const isStream = op.responses?.["200"]?.content?.["text/event-stream"] !== undefined;
  return { id: op.operationId, method, path, params, query, body: bodyOf(document, op), auth, credential, isStream };
}

/** The whole address of a sample's request under `base`, with its query. */
export function sampleUrl(base: string, request: SampleRequest): string {
  const path = request.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(request.params[name] ?? name),
  );
  const query = Object.entries(request.query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return `${base}${path}${query.length > 0 ? `?${query.join("&")}` : ""}`;
}

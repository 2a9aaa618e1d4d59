import type { DocumentedOperation, JsonSchema, ParameterObject } from "../document.ts";

/** The input of one request: parameters and body as values, before they are written. */
export type Case = {
  readonly operation: DocumentedOperation;
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly cookies?: Readonly<Record<string, unknown>>;
  readonly body?: { readonly type: string; readonly value: unknown };
};

/** Values known to be good: ids of what exists, the headers of a caller, a body that the server took. */
export type Base = Partial<Omit<Case, "operation">>;

type ParameterStyle = "simple" | "label" | "matrix" | "form" | "spaceDelimited" | "pipeDelimited" | "deepObject";

/** A parameter with how it is written: OpenAPI 3.1 §4.8.12. */
export type Parameter = ParameterObject & {
  readonly style?: ParameterStyle;
  readonly explode?: boolean;
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
};

/** How one parameter is written. */
export type Style = { readonly style: ParameterStyle; readonly explode: boolean };

/** OpenAPI 3.1 §4.8.12.1: headers of these names are no parameters. */
const NO_PARAMETERS = new Set(["accept", "content-type", "authorization"]);

/** The parameters of an operation in one place. */
export const parametersIn = (operation: DocumentedOperation, place: ParameterObject["in"]): readonly Parameter[] =>
  operation.parameters.filter(
    (one) => one.in === place && !(place === "header" && NO_PARAMETERS.has(one.name.toLowerCase())),
  );

/** The style of a parameter: its own, or that of its place. */
export function styleOf(parameter: Parameter): Style {
  const style = parameter.style ?? (parameter.in === "query" || parameter.in === "cookie" ? "form" : "simple");
  return { style, explode: parameter.explode ?? style === "form" };
}

/** The schema of a parameter, and whether its text is JSON. */
export function schemaOf(parameter: Parameter): { schema: JsonSchema; isJson: boolean } {
  const [media] = Object.values(parameter.content ?? {});
  return { schema: media?.schema ?? parameter.schema ?? {}, isJson: media !== undefined };
}

/** What stands between the items of a list that is written in one text. */
export const SEPARATORS: Readonly<Partial<Record<ParameterStyle, string>>> = {
  spaceDelimited: " ",
  pipeDelimited: "|",
};

type BodyKind = "json" | "form" | "multipart" | "bytes";

/** The media type without its parameters, in lower case. */
export const essence = (type: string): string => (type.split(";")[0] ?? "").trim().toLowerCase();

/** How values of a media type are written. */
export function kindOf(type: string): BodyKind {
  const name = essence(type);
  if (name === "application/json" || name.endsWith("+json")) return "json";
  if (name === "application/x-www-form-urlencoded") return "form";
  return name === "multipart/form-data" ? "multipart" : "bytes";
}

/** Whether a field of a form holds a file: OpenAPI 3.1 §4.8.14.3. */
export const isFile = (schema: JsonSchema | undefined): boolean =>
  schema?.contentMediaType !== undefined || schema?.format === "binary";

/** A value as text: what it is, or its JSON where it is made of parts. */
export const asText = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);

/** The cookies of a `Cookie` header (RFC 6265 §4.2.1). */
export const cookiesOf = (header: string | undefined): ReadonlyMap<string, string> =>
  new Map(
    (header ?? "").split(/;\s*/).flatMap((pair): [string, string][] => {
      const at = pair.indexOf("=");
      return at > 0 ? [[pair.slice(0, at), pair.slice(at + 1)]] : [];
    }),
  );

import { type DocumentedOperation, type JsonSchema, type OpenApiDocument, resolve } from "../document.ts";
import type { Draft } from "../draft.ts";
import { type Reading, readings, readingsOfList, readingsOfPairs, schemaTypes, UNREADABLE } from "./readings.ts";
import { sourceOf } from "./sources.ts";
import { cookiesOf, essence, kindOf, type Parameter, parametersIn, SEPARATORS, schemaOf, styleOf } from "./wire.ts";

/** What a request gives for a parameter or as body: every way to read it, the plainest first; none where it is absent. */
export type Slot = {
  readonly in: "path" | "query" | "header" | "cookie" | "body";
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  readonly readings: readonly Reading[] | undefined;
};

/** A request taken apart as its contract says. */
export type Reads = {
  readonly slots: readonly Slot[];
  /** Query parameters that no parameter of the operation takes. */
  readonly unknown: readonly string[];
  /** Query parameters that are there twice and can be there once. */
  readonly repeated: readonly string[];
  /** A body in a media type that the operation does not take. */
  readonly foreignType: string | undefined;
  /** The path does not fit the operation's template. */
  readonly isElsewhere: boolean;
};

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

type Template = { readonly names: readonly string[]; readonly pattern: RegExp };
const templates = new Map<string, Template>();

function templateOf(template: string): Template {
  const known = templates.get(template);
  if (known) return known;
  const names: string[] = [];
  const source = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{([^}]+)\}/g, (_, name: string) => {
    names.push(name);
    return "([^/]*)";
  });
  const made = { names, pattern: new RegExp(`^${source}$`) };
  templates.set(template, made);
  return made;
}

function pathTexts(template: string, path: string): Map<string, string> | undefined {
  const { names, pattern } = templateOf(template);
  const found = pattern.exec(path);
  return found ? new Map(names.map((name, i) => [name, found[i + 1] ?? ""])) : undefined;
}

function readPath(document: OpenApiDocument, parameter: Parameter, raw: string): readonly Reading[] {
  const { schema, isJson } = schemaOf(parameter);
  if (isJson) return [json(decoded(raw) ?? "")];
  const { style, explode } = styleOf(parameter);
  const types = schemaTypes(document, schema);
  let text = raw;
  if (style === "label") text = raw.replace(/^\./, "");
  if (style === "matrix") text = raw.replace(/^;/, "");
  const separator = style === "label" && explode ? "." : style === "matrix" && explode ? ";" : ",";
  const named = (part: string) => (style === "matrix" ? part.replace(new RegExp(`^${parameter.name}=`), "") : part);
  const plain = (part: string) => decoded(part) ?? part;
  if (types.has("array")) {
    const parts = explode ? text.split(separator).map(named) : named(text).split(separator);
    return readingsOfList(document, schema, parts.map(plain));
  }
  if (types.has("object")) {
    const parts = explode
      ? text.split(separator).map((part) => split(part, "="))
      : chunks(named(text).split(separator));
    return readingsOfPairs(
      document,
      schema,
      parts.map(([name, value]) => [plain(name), plain(value)]),
    );
  }
  return readings(document, schema, plain(named(text)));
}

const split = (text: string, at: string): [string, string] => {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + at.length)];
};

const chunks = (list: readonly string[]): [string, string][] =>
  Array.from({ length: Math.ceil(list.length / 2) }, (_, i) => [list[2 * i] ?? "", list[2 * i + 1] ?? ""]);

const json = (text: string): Reading => {
  try {
    return { value: JSON.parse(text) as unknown, certain: true };
  } catch {
    return { value: UNREADABLE, certain: true };
  }
};

type Query = { readonly taken: Set<string>; readonly repeated: string[] };

function readQuery(
  document: OpenApiDocument,
  parameter: Parameter,
  query: Draft["query"],
  state: Query,
): readonly Reading[] | undefined {
  const { name } = parameter;
  const { schema, isJson } = schemaOf(parameter);
  const { style, explode } = styleOf(parameter);
  const types = schemaTypes(document, schema);
  const own = query.filter(([one]) => one === name).map(([, value]) => value);
  const single = (): string | undefined => {
    state.taken.add(name);
    if (own.length > 1) state.repeated.push(name);
    return own[0];
  };
  if (types.has("object") && !isJson && (style === "deepObject" || explode)) {
    const inside = style === "deepObject";
    const fields = Object.keys(resolve<JsonSchema>(document, schema).properties ?? {});
    const found = query.filter(([one]) =>
      inside ? one.startsWith(`${name}[`) && one.endsWith("]") : fields.includes(one),
    );
    for (const [one] of found) state.taken.add(one);
    const pairs = found.map(([one, value]): [string, string] => [inside ? one.slice(name.length + 1, -1) : one, value]);
    return found.length === 0 ? undefined : readingsOfPairs(document, schema, pairs);
  }
  if (types.has("array") && !isJson && explode) {
    state.taken.add(name);
    if (own.length === 0) return undefined;
    // A server that takes the one value or the list sees a list only where there are several.
    const lone = own.length === 1 && types.size > 1 ? readings(document, schema, own[0] ?? "") : [];
    return [...readingsOfList(document, schema, own), ...lone];
  }
  const text = single();
  if (text === undefined) return undefined;
  if (isJson) return [json(text)];
  const parts = text.split(SEPARATORS[style] ?? ",");
  if (types.has("array")) {
    const empty: Reading[] = text === "" ? [{ value: [], certain: false }] : [];
    return [...readingsOfList(document, schema, parts), ...empty];
  }
  if (types.has("object")) return readingsOfPairs(document, schema, chunks(parts));
  return readings(document, schema, text);
}

function readHeader(document: OpenApiDocument, parameter: Parameter, text: string): readonly Reading[] {
  const { schema, isJson } = schemaOf(parameter);
  if (isJson) return [json(text)];
  const types = schemaTypes(document, schema);
  const parts = text.split(",").map((one) => one.trim());
  if (types.has("array")) return readingsOfList(document, schema, parts);
  if (!types.has("object")) return readings(document, schema, text);
  const pairs = styleOf(parameter).explode ? parts.map((one) => split(one, "=")) : chunks(parts);
  return readingsOfPairs(document, schema, pairs);
}

/** The media type of an operation's body that a type names, by itself or by a range. */
function mediaFor(operation: DocumentedOperation, type: string): { schema?: JsonSchema } | undefined {
  const content = operation.body?.content ?? {};
  const name = essence(type);
  const ranges = [name, `${name.split("/")[0]}/*`, "*/*"];
  return Object.entries(content).find(([one]) => ranges.includes(essence(one)))?.[1];
}

function readBody(
  document: OpenApiDocument,
  type: string,
  schema: JsonSchema,
  bytes: string | Uint8Array,
): readonly Reading[] {
  const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8");
  switch (kindOf(type)) {
    case "json":
      return [json(text)];
    case "form":
      return readingsOfPairs(document, schema, [...new URLSearchParams(text)]);
    case "multipart": {
      const fields = multipartFields(type, text);
      return fields ? readingsOfPairs(document, schema, fields) : [{ value: UNREADABLE, certain: true }];
    }
    case "bytes":
      return [{ value: text, certain: true }];
  }
}

/** The fields of a multipart body (RFC 7578); undefined when it is not well formed. */
function multipartFields(type: string, text: string): [string, string][] | undefined {
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary === undefined || !text.trimEnd().endsWith(`--${boundary}--`)) return undefined;
  const parts = `\r\n${text}`.split(`\r\n--${boundary}`).slice(1, -1);
  const fields = parts.map((one): [string, string] | undefined => {
    const [head, content] = split(one, "\r\n\r\n");
    const name = /\bname="([^"]*)"/i.exec(head)?.[1];
    return name === undefined
      ? undefined
      : [name.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n"), content];
  });
  return fields.some((one) => one === undefined) ? undefined : fields.filter((one) => one !== undefined);
}

/** Whether servers undo percent-encoding and quotes in cookies is their own choice (RFC 6265 §4.1.1). */
function readCookie(document: OpenApiDocument, parameter: Parameter, text: string): readonly Reading[] {
  const found = readHeader(document, parameter, text);
  return /^[\w.~-]*$/.test(text) ? found : [...found, { value: decoded(text) ?? text, certain: false }];
}

/** Takes a serialized request apart, with every way in which a correct server may read each of its values. */
export function read(document: OpenApiDocument, operation: DocumentedOperation, draft: Draft): Reads {
  const texts = pathTexts(operation.path, draft.path);
  const state: Query = { taken: new Set(), repeated: [] };
  const slots: Slot[] = [];
  const add = (parameter: Parameter, found: readonly Reading[] | undefined) =>
    slots.push({
      in: parameter.in,
      name: parameter.name,
      schema: schemaOf(parameter).schema,
      required: parameter.required === true,
      readings: found,
    });
  for (const parameter of parametersIn(operation, "path")) {
    const raw = texts?.get(parameter.name);
    if (raw !== undefined) add(parameter, readPath(document, parameter, raw));
  }
  for (const parameter of parametersIn(operation, "query"))
    add(parameter, readQuery(document, parameter, draft.query, state));
  const headers = new Map(Object.entries(draft.headers).map(([name, value]) => [name.toLowerCase(), value]));
  for (const parameter of parametersIn(operation, "header")) {
    const text = headers.get(parameter.name.toLowerCase());
    add(parameter, text === undefined ? undefined : readHeader(document, parameter, text));
  }
  const cookies = cookiesOf(headers.get("cookie"));
  for (const parameter of parametersIn(operation, "cookie")) {
    const text = cookies.get(parameter.name);
    add(parameter, text === undefined ? undefined : readCookie(document, parameter, text));
  }
  const { body } = draft;
  const type = headers.get("content-type") ?? body?.type ?? "";
  const media = body && mediaFor(operation, type);
  if (operation.body && (media || !body)) {
    const bytes = body?.bytes;
    const schema = media?.schema ?? {};
    const found =
      bytes === undefined || bytes instanceof ReadableStream ? undefined : readBody(document, type, schema, bytes);
    slots.push({
      in: "body",
      name: "",
      schema,
      required: operation.body.required === true && body === undefined,
      readings: found,
    });
  }
  const unknown = draft.query.map(([name]) => name).filter((name) => !state.taken.has(name));
  return {
    slots,
    unknown,
    repeated: state.repeated,
    foreignType: body && operation.body && !media ? type : undefined,
    isElsewhere: texts === undefined,
  };
}

/** A request as a correct server sees it: for each value the first reading that fits its schema, or the plainest. */
export type Decoded = {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};

/**
 * Reads a serialized request back as the contract says that it is to be read. A body of UNREADABLE is no JSON or no form.
 */
export function decode(document: OpenApiDocument, operation: DocumentedOperation, draft: Draft): Decoded {
  const source = sourceOf(document);
  const { slots } = read(document, operation, draft);
  const values = (place: Slot["in"]) =>
    slots.flatMap(({ in: at, name, schema, readings: all }) => {
      if (at !== place || !all) return [];
      const best =
        all.find(({ value, certain }) => certain && value !== UNREADABLE && source.fits("request", schema, value)) ??
        all[0];
      return best ? [[name, best.value] as const] : [];
    });
  const [body] = values("body");
  return {
    path: Object.fromEntries(values("path")),
    query: Object.fromEntries(values("query")),
    headers: Object.fromEntries(values("header")),
    body: body?.[1],
  };
}

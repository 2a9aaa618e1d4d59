import type { JsonSchema } from "../document.ts";
import type { Draft } from "../draft.ts";
import {
  asText,
  type Base,
  type Case,
  isFile,
  kindOf,
  parametersIn,
  SEPARATORS,
  type Style,
  schemaOf,
  styleOf,
} from "./wire.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const pairs = (value: Readonly<Record<string, unknown>>, between: string) =>
  Object.entries(value).map(([name, item]) => `${name}${between}${asText(item)}`);

/** A value in a segment of a path or in a header; `encode` is applied to every part and to no separator. */
function written(name: string, value: unknown, { style, explode }: Style, encode: (text: string) => string): string {
  const part = (one: unknown) => encode(asText(one));
  const list = Array.isArray(value) ? value.map(part) : undefined;
  const fields = isObject(value)
    ? Object.entries(value).map(([key, one]) => [encode(key), part(one)] as const)
    : undefined;
  const flat = list ?? fields?.flat();
  const joined = fields?.map(([key, one]) => `${key}=${one}`);
  if (style === "label")
    return `.${explode ? (joined ?? list ?? [part(value)]).join(".") : (flat ?? [part(value)]).join(",")}`;
  if (style === "matrix") {
    if (explode && joined) return joined.map((one) => `;${one}`).join("");
    if (explode && list) return list.map((one) => `;${name}=${one}`).join("");
    return `;${name}=${(flat ?? [part(value)]).join(",")}`;
  }
  return (explode ? (joined ?? flat) : flat)?.join(",") ?? part(value);
}

function* queryPairs(name: string, value: unknown, { style, explode }: Style): Iterable<readonly [string, string]> {
  const separator = SEPARATORS[style] ?? ",";
  if (style === "deepObject" && isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      for (const one of Array.isArray(item) ? item : [item]) yield [`${name}[${key}]`, asText(one)];
    }
  } else if (Array.isArray(value)) {
    if (explode) for (const item of value) yield [name, asText(item)];
    else if (value.length > 0) yield [name, value.map(asText).join(separator)];
  } else if (isObject(value)) {
    if (explode) for (const [key, item] of Object.entries(value)) yield [key, asText(item)];
    else yield [name, pairs(value, separator).join(separator)];
  } else yield [name, asText(value)];
}

const BOUNDARY = "contract-test-boundary";
/** RFC 7578 §4.2: these three stand escaped in a name. */
const quoted = (name: string) => name.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

function part(name: string, value: unknown, schema: JsonSchema | undefined): string {
  const head = `Content-Disposition: form-data; name="${quoted(name)}"`;
  if (isFile(schema)) {
    const type = typeof schema?.contentMediaType === "string" ? schema.contentMediaType : "application/octet-stream";
    return `${head}; filename="a.txt"\r\nContent-Type: ${type}\r\n\r\n${asText(value)}`;
  }
  const json = typeof value === "object" && value !== null ? "\r\nContent-Type: application/json" : "";
  return `${head}${json}\r\n\r\n${asText(value)}`;
}

const fieldsOf = (value: unknown): [string, unknown][] =>
  Object.entries(isObject(value) ? value : {}).flatMap(([name, item]): [string, unknown][] =>
    Array.isArray(item) ? item.map((one) => [name, one]) : [[name, item]],
  );

/** A body in a media type: JSON, form fields, multipart fields and files, or the text itself. */
function writeBody(type: string, value: unknown, schema: JsonSchema = {}): NonNullable<Draft["body"]> {
  switch (kindOf(type)) {
    case "json":
      return { type, bytes: JSON.stringify(value) };
    case "form":
      return {
        type,
        bytes: new URLSearchParams(
          fieldsOf(value).map(([name, item]): [string, string] => [name, asText(item)]),
        ).toString(),
      };
    case "multipart": {
      const parts = fieldsOf(value).map(([name, item]) => {
        const field = schema.properties?.[name];
        return part(name, item, field?.type === "array" ? field.items : field);
      });
      return {
        type: `${type}; boundary=${BOUNDARY}`,
        bytes: `${parts.map((one) => `--${BOUNDARY}\r\n${one}\r\n`).join("")}--${BOUNDARY}--\r\n`,
      };
    }
    case "bytes":
      return {
        type,
        bytes: value instanceof Uint8Array ? value : typeof value === "string" ? value : JSON.stringify(value),
      };
  }
}

/**
 * Writes a case as OpenAPI says. Path parameters and headers that the case does not give are taken from `base`; a query
 * parameter or a header of undefined is left out. Throws when a path parameter is given by neither.
 */
export function serialize(base: Base, { operation, ...one }: Case): Draft {
  let { path } = operation;
  for (const parameter of parametersIn(operation, "path")) {
    const { name } = parameter;
    const value = one.path[name] === undefined ? base.path?.[name] : one.path[name];
    if (value === undefined)
      throw new Error(`${operation.id} needs a value for {${name}} in its path: give one in the case or in its base`);
    const text = schemaOf(parameter).isJson
      ? encodeURIComponent(JSON.stringify(value))
      : written(name, value, styleOf(parameter), encodeURIComponent);
    path = path.replace(`{${name}}`, () => text);
  }
  const known = new Map(parametersIn(operation, "query").map((parameter) => [parameter.name, parameter]));
  const query: (readonly [string, string])[] = [];
  for (const [name, value] of Object.entries(one.query)) {
    if (value === undefined) continue;
    const parameter = known.get(name);
    if (parameter && schemaOf(parameter).isJson) query.push([name, JSON.stringify(value)]);
    else query.push(...queryPairs(name, value, parameter ? styleOf(parameter) : { style: "form", explode: true }));
  }
  const headers: Record<string, string> = {};
  const described = new Map(
    parametersIn(operation, "header").map((parameter) => [parameter.name.toLowerCase(), parameter]),
  );
  const given = new Set(Object.keys(one.headers).map((name) => name.toLowerCase()));
  const inherited = Object.entries(base.headers ?? {}).filter(([name]) => !given.has(name.toLowerCase()));
  for (const [name, value] of [...inherited, ...Object.entries(one.headers)]) {
    if (value === undefined) continue;
    const parameter = described.get(name.toLowerCase());
    headers[name.toLowerCase()] = written(
      name,
      value,
      parameter ? styleOf(parameter) : { style: "simple", explode: false },
      (text) => text,
    );
  }
  const cookies = parametersIn(operation, "cookie").flatMap((parameter) => {
    const value = one.cookies?.[parameter.name];
    if (value === undefined) return [];
    return [`${parameter.name}=${written(parameter.name, value, styleOf(parameter), encodeURIComponent)}`];
  });
  if (cookies.length > 0) headers.cookie = cookies.join("; ");
  const draft = { method: operation.method, path, query, headers };
  if (!one.body) return draft;
  const media = operation.body?.content[one.body.type];
  return { ...draft, body: writeBody(one.body.type, one.body.value, media?.schema) };
}

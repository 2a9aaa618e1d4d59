import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Api } from "../api.ts";
import { type JsonSchema, type OpenApiDocument, operationsOf, resolve } from "../document.ts";
import { patternOf } from "../generate/patterns.ts";
import { schemaValidator } from "../validator.ts";

type Fields = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const METHODS = ["get", "put", "post", "delete", "patch"];

/** Why a value cannot be tested as an OpenAPI 3.1 document, as the end of a sentence that begins with its name; or undefined. */
export function problemOf(value: unknown): string | undefined {
  const found = isRecord(value) ? value : {};
  const version = found.openapi ?? found.swagger;
  if (!/^3\.1\./.test(String(found.openapi))) {
    const said = version === undefined ? "it names no version" : `it says ${version}`;
    return `is no OpenAPI 3.1 document: ${said}${/^[23]/.test(String(version)) ? ", so convert it to 3.1 first" : ""}`;
  }
  try {
    const problem = problemOfShape(found) ?? problemOfReferences(found) ?? problemOfContent(found as OpenApiDocument);
    return problem === undefined ? undefined : `cannot be tested: ${problem}`;
  } catch (error) {
    // What else is wrong with it shows where it is read.
    return `cannot be tested: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  }
}

/** What the engine takes for granted of a document's form (OpenAPI 3.1 §4.8). */
function problemOfShape(document: Fields): string | undefined {
  if (!isRecord(document.paths)) return "it has no paths";
  for (const [path, item] of Object.entries(document.paths)) {
    if (!isRecord(item)) return `paths, ${path} is no object`;
    for (const method of METHODS) {
      if (!(method in item)) continue;
      const op = item[method];
      const where = `${method.toUpperCase()} ${path}`;
      if (!isRecord(op)) return `${where} is no object`;
      for (const parameters of [op.parameters, item.parameters]) {
        if (parameters !== undefined && !(Array.isArray(parameters) && parameters.every(isRecord)))
          return `the parameters of ${where} are no list of objects`;
      }
      for (const name of ["responses", "requestBody"] as const)
        if (op[name] !== undefined && !isRecord(op[name])) return `the ${name} of ${where} are no object`;
      const bad = Object.entries((op.responses ?? {}) as Fields).find(([, response]) => !isRecord(response));
      if (bad) return `the response ${bad[0]} of ${where} is no object`;
    }
  }
  return undefined;
}

function problemOfReferences(document: Fields): string | undefined {
  const refs = referencesIn(document);
  const outside = refs.find((ref) => !ref.startsWith("#"));
  if (outside !== undefined) return `$ref ${outside} leads out of it: bundle it into one file first`;
  const lost = refs.find((ref) => !leadsSomewhere(document, ref));
  if (lost !== undefined) return `$ref ${lost} leads nowhere`;
  const endless = refs.find((ref) => isPartOfItself(document as OpenApiDocument, ref));
  if (endless !== undefined) return `$ref ${endless} is a part of itself, so that nothing says what fits it`;
  return undefined;
}

function problemOfContent(document: OpenApiDocument): string | undefined {
  const operations = operationsOf(document);
  if (operations.length === 0) return "it has no operation";
  const ids = operations.map(({ id }) => id);
  const double = ids.find((id, at) => ids.indexOf(id) !== at);
  if (double !== undefined) return `two of its operations have the operationId ${double}`;
  for (const { id, path, parameters } of operations) {
    const names = new Set(parameters.filter((one) => one.in === "path").map(({ name }) => name));
    const missing = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = ""]) => name).find((name) => !names.has(name));
    if (missing !== undefined) return `${id} has no path parameter ${missing}, which its path ${path} names`;
  }
  const ajv = new Ajv2020({ strict: false, logger: false });
  addFormats.default(ajv);
  const schemas = operations.flatMap((op) => [
    ...op.parameters.map(({ name, schema }) => [`${op.id}, parameter ${name}`, schema] as const),
    ...Object.values(op.body?.content ?? {}).map(({ schema }) => [`${op.id}, request body`, schema] as const),
    ...[...op.responses].flatMap(([status, { content }]) =>
      Object.values(content ?? {}).map(({ schema }) => [`${op.id}, ${status}`, schema] as const),
    ),
  ]);
  const named = Object.entries(document.components?.schemas ?? {});
  for (const [where, schema] of [...named, ...schemas]) {
    if (schema === undefined) continue;
    // A Schema Object is JSON Schema 2020-12: an object, or a boolean.
    if (ajv.validateSchema(schema as object | boolean) !== true) {
      const [error] = ajv.errors ?? [];
      return `the schema of ${where} is none: ${error?.instancePath || "it"} ${error?.message}`;
    }
    const problem = problemOfWords(schema);
    if (problem !== undefined) return `the schema of ${where} ${problem}`;
  }
  // What no validator can be made of would fail in the middle of a run.
  const validator = schemaValidator(document);
  for (const [, schema] of schemas) if (schema !== undefined) validator(schema as JsonSchema);
  new Api(document);
  return undefined;
}

/** Keywords that hold values and not schemas. */
const VALUES = ["example", "examples", "default", "const", "enum", "value"];

/** Every `$ref` of a value, at any depth; examples hold what they like. */
function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === "$ref") return typeof item === "string" ? [item] : referencesIn(item);
    return VALUES.includes(key) && key !== "examples" ? [] : referencesIn(item);
  });
}

function leadsSomewhere(document: Fields, ref: string): boolean {
  let at: unknown = document;
  for (const part of ref.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    at = (at as Fields | null | undefined)?.[key];
  }
  return at !== undefined && (ref === "#" || ref.startsWith("#/"));
}

/** Whether a schema says of a value that it fits the schema itself, by way of choices and references alone. */
function isPartOfItself(document: OpenApiDocument, ref: string): boolean {
  const start = resolve<unknown>(document, { $ref: ref });
  const seen = new Set<unknown>();
  const left = isRecord(start) ? partsOf(start) : [];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const found = resolve<unknown>(document, one);
    if (found === start) return true;
    if (!isRecord(found) || seen.has(found)) continue;
    seen.add(found);
    left.push(...partsOf(found));
  }
  return false;
}

const partsOf = (schema: Fields): unknown[] =>
  [schema.allOf, schema.anyOf, schema.oneOf, schema.not, schema.if, schema.then, schema.else]
    .flat()
    .filter((one) => isRecord(one));

/** What no value can be made or judged by: a pattern of another language, a reference that is found out at run time. */
function problemOfWords(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(problemOfWords).find((one) => one !== undefined);
  if (!isRecord(value)) return undefined;
  if (typeof value.$dynamicRef === "string") return "has a $dynamicRef, which is not understood: use $ref";
  const names = isRecord(value.patternProperties) ? Object.keys(value.patternProperties) : [];
  for (const pattern of [value.pattern, ...names]) {
    if (typeof pattern !== "string") continue;
    try {
      patternOf(pattern);
    } catch {
      return `has the pattern ${pattern}, which is no regular expression of ECMA-262`;
    }
  }
  const inner = Object.entries(value).filter(([key]) => !VALUES.includes(key));
  return inner.map(([, item]) => problemOfWords(item)).find((one) => one !== undefined);
}

import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse as parseYaml } from "yaml";
import { type OpenApiDocument, operationsOf } from "../document.ts";

/** The command was used in a way that it cannot be; exit status 2. The message is one sentence for whoever typed it. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** A server that does not send its document in this many milliseconds is not going to. */
const PATIENCE_MS = 20_000;

/** What an error says, in a line: that of its cause where it has one, as `fetch` does. */
export const reason = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  // Of several addresses that were tried, Node names each refusal and gives the whole no message.
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  return (first instanceof Error ? first.message : String(first)).split("\n")[0] ?? "";
};

/** The JSON or YAML of a file that an option names. Throws CannotRun. */
export function parsed(option: string, place: string, text: string): unknown {
  try {
    // YAML 1.2 is a superset of JSON.
    return parseYaml(text);
  } catch (error) {
    throw new CannotRun(`--${option} ${place} is neither JSON nor YAML: ${reason(error)}`);
  }
}

async function textAt(place: string): Promise<string> {
  if (!/^https?:\/\//.test(place)) return readFile(place, "utf8");
  const response = await fetch(place, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`it answered ${response.status} ${response.statusText}`.trim());
  return response.text();
}

/**
 * Reads an OpenAPI 3.1 document, JSON or YAML, from a file or an address. Throws CannotRun when it cannot be had, or when
 * it cannot be tested: it is of another version, a `$ref` leads nowhere, two operations have one id, a schema is none.
 */
export async function loadDocument(place: string): Promise<OpenApiDocument> {
  const text = await textAt(place).catch((error: unknown) => {
    throw new CannotRun(`--spec ${place} cannot be read: ${reason(error)}`);
  });
  const value = parsed("spec", place, text);
  const document = (typeof value === "object" && value !== null ? value : {}) as Partial<OpenApiDocument>;
  if (!/^3\.1\./.test(String(document.openapi)) || typeof document.paths !== "object") {
    const found = document.openapi === undefined ? "it names no version" : `it says ${document.openapi}`;
    throw new CannotRun(`--spec ${place} is no OpenAPI 3.1 document: ${found}`);
  }
  const problem = problemOf(document as OpenApiDocument);
  if (problem !== undefined) throw new CannotRun(`--spec ${place} cannot be tested: ${problem}`);
  return document as OpenApiDocument;
}

/** Why a document cannot be tested, or undefined. */
function problemOf(document: OpenApiDocument): string | undefined {
  const refs = referencesIn(document);
  const outside = refs.find((ref) => !ref.startsWith("#"));
  if (outside !== undefined) return `$ref ${outside} leads out of it: bundle it into one file first`;
  const lost = refs.find((ref) => !leadsSomewhere(document, ref));
  if (lost !== undefined) return `$ref ${lost} leads nowhere`;
  const operations = operationsOf(document);
  if (operations.length === 0) return "it has no operation";
  const ids = operations.map(({ id }) => id);
  const double = ids.find((id, at) => ids.indexOf(id) !== at);
  if (double !== undefined) return `two of its operations have the operationId ${double}`;
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
    // A Schema Object is JSON Schema 2020-12: an object, or a boolean.
    if (schema === undefined || ajv.validateSchema(schema as object | boolean) === true) continue;
    const [error] = ajv.errors ?? [];
    return `the schema of ${where} is none: ${error?.instancePath || "it"} ${error?.message}`;
  }
  return undefined;
}

/** Every `$ref` of a value, at any depth; examples hold what they like. */
function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === "$ref") return typeof item === "string" ? [item] : referencesIn(item);
    return ["example", "default", "const", "enum", "value"].includes(key) ? [] : referencesIn(item);
  });
}

function leadsSomewhere(document: OpenApiDocument, ref: string): boolean {
  let at: unknown = document;
  for (const part of ref.slice(1).split("/").slice(1)) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    at = (at as Record<string, unknown> | null | undefined)?.[key];
  }
  return at !== undefined && (ref === "#" || ref.startsWith("#/"));
}

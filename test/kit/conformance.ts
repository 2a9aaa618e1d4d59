import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import {
  basePath,
  type DocumentedOperation,
  type JsonSchema,
  type OpenApiDocument,
  operationsOf,
  type ResponseObject,
} from "./document.ts";

/** A server left its contract: what was expected, what was seen, and where. */
export class ContractBreach extends Error {
  override readonly name = "ContractBreach";
}

type Fetch = (request: Request) => Response | Promise<Response>;

/** Headers of HTTP itself and of the transport, which no operation declares. */
const UNDECLARED_IS_FINE =
  /^(content-(type|length|encoding|security-policy)|date|connection|keep-alive|transfer-encoding|vary|cache-control|referrer-policy|x-content-type-options|cross-origin-resource-policy|strict-transport-security|allow|access-control-.*)$/;

/** Makes every object schema refuse what it does not name: a reader must be open, a server must not say more than it says. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, KEEP.has(key) ? value : closed(value)]),
  );
  if ("properties" in copy && copy.additionalProperties === undefined) copy.unevaluatedProperties = false;
  return copy;
}
const KEEP = new Set(["examples", "example", "default", "enum", "const", "x-effect"]);

function template(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+");
  return new RegExp(`^${escaped}$`);
}

/** Which operation and status a response was: what coverage is made of. */
export type Seen = { readonly operation: string; readonly status: number };

/**
 * Wraps a `fetch` so that every answer is held to an OpenAPI 3.1 document: status, media type, schema, fields that the
 * schema does not name, and headers. Throws ContractBreach. `onSeen` learns every operation and status that passed.
 */
export function conformingFetch(
  document: OpenApiDocument,
  fetch: Fetch,
  onSeen: (seen: Seen) => void = () => {},
): Fetch {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  ajv.addFormat("iana-timezone", true);
  ajv.addSchema(closed(document) as object, "contract");
  const base = basePath(document);
  const operations = operationsOf(document)
    .map((operation) => ({ operation, matches: template(base + operation.path) }))
    // Literal paths before templates, as servers match them.
    .sort((a, b) => Number(a.operation.path.includes("{")) - Number(b.operation.path.includes("{")));
  const validators = new Map<JsonSchema, ValidateFunction>();

  const validator = (schema: JsonSchema): ValidateFunction => {
    const known = validators.get(schema);
    if (known) return known;
    const text = JSON.stringify(closed(schema)).replaceAll('"#/components/', '"contract#/components/');
    const made = ajv.compile(JSON.parse(text) as object);
    validators.set(schema, made);
    return made;
  };

  return async (request) => {
    const path = new URL(request.url).pathname;
    const method = request.method === "HEAD" ? "GET" : request.method;
    const found = operations.find(({ operation, matches }) => operation.method === method && matches.test(path));
    const response = await fetch(request);
    if (!found) return response;
    await check(found.operation, request, response.clone(), validator);
    onSeen({ operation: found.operation.id, status: response.status });
    return response;
  };
}

async function check(
  op: DocumentedOperation,
  request: Request,
  response: Response,
  validator: (schema: JsonSchema) => ValidateFunction,
) {
  const fail = (what: string): never => {
    throw new ContractBreach(`${op.id} (${request.method} ${request.url}) answered ${response.status}: ${what}`);
  };
  const declared =
    op.responses.get(response.status) ?? fail(`undeclared; it declares ${[...op.responses.keys()].join(", ")}`);
  checkHeaders(declared, response, fail);
  const isHead = request.method === "HEAD";
  const bytes = await response.arrayBuffer();
  if (!declared.content || isHead) {
    if (bytes.byteLength > 0) fail(`${bytes.byteLength} bytes where there is no body`);
    return;
  }
  const type = (response.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
  const media =
    declared.content[type] ??
    declared.content["*/*"] ??
    fail(`media type "${type}"; it declares ${Object.keys(declared.content).join(", ")}`);
  if (type !== "application/json" || !media.schema) return;
  const validate = validator(media.schema);
  const body: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (validate(body)) return;
  const problems = (validate.errors ?? []).map(
    (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
  fail(`its body does not fit its schema: ${problems.join("; ")}`);
}

function checkHeaders(declared: ResponseObject, response: Response, fail: (what: string) => never): void {
  const names = declared.headers ?? {};
  for (const [name] of response.headers) {
    if (!UNDECLARED_IS_FINE.test(name) && !(name in names)) fail(`header "${name}" is not declared`);
  }
  for (const [name, header] of Object.entries(names)) {
    if (header.required && !response.headers.has(name)) fail(`header "${name}" is missing`);
  }
}

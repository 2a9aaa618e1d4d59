import {
  basePath,
  type DocumentedOperation,
  type OpenApiDocument,
  operationsAt,
  operationsOf,
  type ResponseObject,
} from "./document.ts";
import { isEventStream } from "./finite.ts";
import { closedValidator, type Validator } from "./validator.ts";

/** A server left its contract: what was expected, what was seen, and where. */
class ContractBreach extends Error {
  override readonly name = "ContractBreach";
}

type Fetch = (request: Request) => Response | Promise<Response>;

/** Headers of HTTP itself and of the transport, which no operation declares. */
const UNDECLARED_IS_FINE =
  /^(content-(type|length|encoding|disposition|security-policy)|date|connection|keep-alive|transfer-encoding|vary|cache-control|referrer-policy|x-content-type-options|cross-origin-resource-policy|strict-transport-security|accept-ranges|x-accel-buffering|allow|access-control-.*)$/;

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
  const validator = closedValidator(document);
  const base = basePath(document);
  const operations = operationsOf(document);

  return async (request) => {
    const path = new URL(request.url).pathname;
    const method = request.method === "HEAD" ? "GET" : request.method;
    const own = path.startsWith(base) ? path.slice(base.length) : "";
    const found = operationsAt(operations, own).find((op) => op.method === method);
    const response = await fetch(request);
    if (!found) return response;
    await check(found, request, isEventStream(response) ? response : response.clone(), validator);
    onSeen({ operation: found.id, status: response.status });
    return response;
  };
}

async function check(op: DocumentedOperation, request: Request, response: Response, validator: Validator) {
  const fail = (what: string): never => {
    throw new ContractBreach(`${op.id} (${request.method} ${request.url}) answered ${response.status}: ${what}`);
  };
  const declared =
    op.responses.get(response.status) ?? fail(`undeclared; it declares ${[...op.responses.keys()].join(", ")}`);
  checkHeaders(declared, response, fail);
  // Its events are its reader's: only its beginning can be held to the document.
  if (isEventStream(response) && declared.content?.["text/event-stream"]) return;
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

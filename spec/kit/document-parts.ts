import { ERRORS, type ErrorCode } from "./errors.ts";
import type { Operation } from "./operation.ts";
import { errorCodes, isAuthenticated } from "./policy.ts";
import { exampleId } from "./schema.ts";

const REQUEST_ID = exampleId("req");

type Primitive = "string" | "integer";
const text = (description: string, example: string) => ({
  description,
  schema: { type: "string" as Primitive, examples: [example] },
});
const whole = (description: string, example: number, minimum = 0) => ({
  description,
  schema: { type: "integer" as Primitive, minimum, examples: [example] },
});

/** No moment of this API lies before it, and no number of seconds that are left is as large. */
const UNIX_SECONDS = 1_000_000_000;

/** Every response header of the contract, by name. */
export const HEADERS = {
  Allow: text("Methods that the path has (RFC 9110 §10.2.1)", "GET, POST"),
  "Content-Range": text("Which bytes these are (RFC 9110 §14.4)", "bytes 0-1023/146515"),
  Deprecation: text("Since when the operation is deprecated (RFC 9745)", "@1767225600"),
  ETag: text(
    "The version of the resource, for `If-None-Match` and `If-Match` (RFC 9110 §8.8.3)",
    '"b3JhbmdlLWNhdC1ub3Jh"',
  ),
  "Idempotent-Replayed": text("`true` when this is the stored answer of an earlier request with the same key", "true"),
  Location: text("Where the resource is (RFC 9110 §10.2.2)", "/api/v1/brands/brd_01k4zn8w3v7q2m5t9r6x0h1cd5"),
  "Retry-After": whole("Seconds to wait before the next try (RFC 9110 §10.2.3)", 12),
  Sunset: text("When the operation goes (RFC 8594)", "Thu, 31 Dec 2026 23:59:59 GMT"),
  "WWW-Authenticate": text("How to authenticate, and what was wrong (RFC 6750 §3)", 'Bearer error="invalid_token"'),
  "X-RateLimit-Limit": whole("Requests allowed in the present window", 60),
  "X-RateLimit-Remaining": whole("Requests left in the present window", 59),
  "X-RateLimit-Reset": whole("When the window ends, in Unix seconds", 1768469460, UNIX_SECONDS),
  "X-Request-Id": {
    description: "Names this request in logs and error reports; yours is kept when well formed, and replaced otherwise",
    schema: { type: "string" as Primitive, pattern: "^[A-Za-z0-9._-]{1,128}$", examples: [REQUEST_ID] },
    required: true,
  },
};

/** Headers of every answer for which a limit was counted. */
export const RESPONSE_HEADERS = {
  limits: ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"],
} as const;

/** A request header of a contract, as OpenAPI describes it. */
export type HeaderParameter = {
  name: string;
  in: "header";
  required: boolean;
  description: string;
  schema: { type: "string"; minLength: number; maxLength: number; pattern?: string };
  /** Whose the value is: two credentials may use the same one without meeting. */
  "x-scope"?: "credential";
};

/** Request headers of the contract that are not credentials. */
export const PARAMETERS: Record<string, HeaderParameter> = {
  "Idempotency-Key": {
    name: "Idempotency-Key",
    in: "header",
    required: false,
    description: "Makes a retry safe: the same key and request give the same answer, and one effect, for 24 hours",
    schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[!-~]{1,255}$" },
    "x-scope": "credential",
  },
  "If-None-Match": {
    name: "If-None-Match",
    in: "header",
    required: false,
    description: "An `ETag` that you have: 304 when it is still the present version",
    schema: { type: "string", minLength: 1, maxLength: 1024 },
  },
  "If-Match": {
    name: "If-Match",
    in: "header",
    required: false,
    description: "An `ETag` that you have read: 412, and nothing is changed, when it is no longer the present version",
    schema: { type: "string", minLength: 1, maxLength: 1024 },
  },
  "Last-Event-ID": {
    name: "Last-Event-ID",
    in: "header",
    required: false,
    description:
      "The last `id` that you have read: the stream goes on after it, without a gap. Without it, from now on",
    schema: { type: "string", minLength: 1, maxLength: 64 },
  },
  Range: {
    name: "Range",
    in: "header",
    required: false,
    description: "The bytes wanted, one range (RFC 9110 §14.2). What cannot be satisfied gets the whole, with 200",
    schema: { type: "string", minLength: 1, maxLength: 64 },
  },
};

const MESSAGES: Record<ErrorCode, { message: string; details?: object }> = {
  VALIDATION_ERROR: {
    message: "body.name: must have at least 1 character",
    details: { issues: [{ path: "body.name", code: "too_small", message: "must have at least 1 character" }] },
  },
  UNAUTHORIZED: { message: "Send a credential: Authorization: Bearer <key or token>" },
  INVALID_API_KEY: { message: "This API key is not valid" },
  INSUFFICIENT_BALANCE: { message: "This costs 5 credits and 2 are available", details: { required: 5, available: 2 } },
  FORBIDDEN: { message: "The credential lacks a scope", details: { missing_scopes: ["example:write"] } },
  PLAN_LIMIT: { message: "The plan of this organization does not include API access", details: { plan: "free" } },
  NOT_FOUND: { message: "There is no such resource" },
  METHOD_NOT_ALLOWED: { message: "The path allows GET, HEAD, POST" },
  CONFLICT: { message: "The request contradicts the present state" },
  IDEMPOTENCY_MISMATCH: { message: "This Idempotency-Key was used with another request" },
  PRECONDITION_FAILED: { message: "The resource has changed since you read it: read it again, then retry" },
  PAYLOAD_TOO_LARGE: { message: "The body may have at most 1048576 bytes", details: { max_bytes: 1048576 } },
  UNSUPPORTED_MEDIA_TYPE: { message: "Send the body as application/json", details: { accepted: ["application/json"] } },
  RATE_LIMITED: { message: "Too many requests: try again in 12 seconds", details: { retry_after: 12 } },
  INTERNAL_ERROR: { message: "The server failed. Report the request id" },
  UPSTREAM_ERROR: { message: "A service that this depends on failed: try again later" },
  SERVICE_UNAVAILABLE: { message: "The server cannot do this right now: try again in 1 second" },
};

/** Headers that an error code brings. */
function headersOf(op: Operation, code: ErrorCode): string[] {
  const { status } = ERRORS[code];
  const names = ["X-Request-Id"];
  if (status === 401 || (code === "FORBIDDEN" && isAuthenticated(op))) names.push("WWW-Authenticate");
  if (status === 429 || status === 503 || code === "CONFLICT") names.push("Retry-After");
  // A credential is refused before its requests are counted; on a public operation the handler is the one who says 401.
  if (status !== 401 || op.auth === "public") names.push(...RESPONSE_HEADERS.limits);
  return names;
}

const pascal = (code: string) =>
  code
    .split("_")
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join("");

/** The error answers of an operation by status, as `$ref`s; bodies shared by several operations are put in `shared`. */
export function errorResponses(
  contract: Record<string, Operation>,
  op: Operation,
  shared: Map<string, object>,
): Record<string, object> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorCodes(contract, op)) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const result: Record<string, object> = {};
  for (const [status, codes] of byStatus) {
    const headers = [...new Set(codes.flatMap((code) => headersOf(op, code)))];
    // One code with other headers is another component.
    const bare = status === 403 && !headers.includes("WWW-Authenticate") ? "Unchallenged" : "";
    const counted = status === 401 && headers.includes("X-RateLimit-Limit") ? "Counted" : "";
    const name = `${codes.map(pascal).join("Or")}${bare}${counted}`;
    if (!shared.has(name)) shared.set(name, response(codes, headers));
    result[String(status)] = { $ref: `#/components/responses/${name}` };
  }
  return result;
}

function response(codes: readonly ErrorCode[], headers: readonly string[]): object {
  const examples = codes.map((code) => {
    const { message, details } = MESSAGES[code];
    const value = { error: { code, message, details: details ?? {}, request_id: REQUEST_ID } };
    return [code, { summary: ERRORS[code].title, value }];
  });
  return {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join(" "),
    headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: {
      "application/json": { schema: { $ref: "#/components/schemas/Error" }, examples: Object.fromEntries(examples) },
    },
  };
}

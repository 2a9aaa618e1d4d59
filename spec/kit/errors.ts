/** The one registry of error codes: what each says, its HTTP status, and the headers it brings (RFC 9110 §15). */
export const ERRORS = {
  VALIDATION_ERROR: {
    status: 400,
    title: "The request does not fit the contract; every issue is in `details.issues`.",
  },
  UNAUTHORIZED: { status: 401, title: "No credential was sent, or the session is no longer good." },
  INVALID_API_KEY: { status: 401, title: "The API key is unknown, revoked, expired or deleted." },
  INSUFFICIENT_BALANCE: { status: 402, title: "The balance does not cover the credits this operation costs." },
  FORBIDDEN: { status: 403, title: "The credential is good but may not do this; `details` names what is missing." },
  PLAN_LIMIT: { status: 403, title: "The organization's plan does not include this." },
  NOT_FOUND: { status: 404, title: "Nothing with this id is visible to the credential." },
  METHOD_NOT_ALLOWED: { status: 405, title: "The path exists, the method does not; `Allow` lists those that do." },
  CONFLICT: { status: 409, title: "The request contradicts the present state, or its twin is still in flight." },
  IDEMPOTENCY_MISMATCH: { status: 409, title: "The idempotency key was used with another request." },
  PRECONDITION_FAILED: { status: 412, title: "`If-Match` does not name the present version." },
  PAYLOAD_TOO_LARGE: { status: 413, title: "The body is larger than this operation accepts." },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "The body's media type is not one this operation reads." },
  RATE_LIMITED: { status: 429, title: "Too many requests; `Retry-After` says when to come back." },
  INTERNAL_ERROR: { status: 500, title: "The server failed; the request id finds the cause in its log." },
  UPSTREAM_ERROR: { status: 502, title: "A service that this operation depends on failed." },
  SERVICE_UNAVAILABLE: {
    status: 503,
    title: "The server cannot do this right now; `Retry-After` says when to come back.",
  },
} as const satisfies Record<string, { status: number; title: string }>;

/** A code of the registry, as it stands in `error.code`. */
export type ErrorCode = keyof typeof ERRORS;

/** One thing wrong with a request: where (dotted path from `body`, `query`, `params` or `headers`), what, and in words. */
export type Issue = { path: string; code: string; message: string };

/** What may stand in `error.details`. */
export type ErrorDetails = { issues?: Issue[]; [name: string]: unknown };

/**
 * An answer of the contract that is an error. A handler throws it; the pipeline turns it into the envelope.
 * `message` is shown to the caller: it names what to do, never an internal.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: ErrorDetails;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    more: { details?: ErrorDetails; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = ERRORS[code].status;
    this.details = more.details ?? {};
    this.headers = more.headers ?? {};
  }
}

/** A 400 that names every issue. `message` counts them so that a log line reads by itself. */
export function validationError(issues: Issue[]): ApiError {
  const first = issues[0];
  const message =
    issues.length === 1 && first
      ? `${first.path}: ${first.message}`
      : `${issues.length} problems; the first: ${first?.path}: ${first?.message}`;
  return new ApiError("VALIDATION_ERROR", message, { details: { issues } });
}

import type { components } from "./generated/schema.ts";

type Envelope = components["schemas"]["Error"]["error"];

/** Every code of the registry. New ones may come: treat an unknown code by its status. */
export type ErrorCode = Envelope["code"];

/** What an error says for programs; of a VALIDATION_ERROR it always has every issue. */
export type ErrorDetails<C extends ErrorCode = ErrorCode> = C extends "VALIDATION_ERROR"
  ? Envelope["details"] & { issues: NonNullable<Envelope["details"]["issues"]> }
  : Envelope["details"];

/** An answer that is an error with the code `C`. */
export class ApiErrorOf<C extends ErrorCode> extends Error {
  override readonly name = "ApiError";
  declare readonly operationId: string;
  declare readonly status: number;
  /** A code of the registry; `INTERNAL_ERROR` when the answer was not in the API's envelope. */
  declare readonly code: C;
  declare readonly details: ErrorDetails<C>;
  /** Finds the request in the server's log. */
  declare readonly requestId: string;
  declare readonly response: Response;

  /** @param body The parsed answer, or its text where it was no JSON. */
  constructor(operationId: string, response: Response, body: unknown) {
    const { code, message, details = {}, request_id } = envelopeOf(body);
    const { status } = response;
    const requestId = request_id ?? response.headers.get("x-request-id") ?? "";
    super(`${operationId}: ${status} ${code}: ${message}${requestId && ` (${requestId})`}`);
    Object.assign(this, { operationId, status, code, details, requestId, response });
  }
}

/**
 * An answer that is an error. Its message names the operation, the status, the code and what to do:
 * `createPersona: 409 CONFLICT: a persona named "Nora" already exists (req_…)`. `code` narrows `details`.
 */
export type ApiError = { [C in ErrorCode]: ApiErrorOf<C> }[ErrorCode];

/** The same class, whose instances the compiler takes for one of a union, so that `code` narrows them. */
export const ApiError = ApiErrorOf as unknown as {
  new (operationId: string, response: Response, body: unknown): ApiError;
  readonly prototype: ApiError;
};

/** No answer came, or none that was whole: the network, a timeout, or an answer that broke off. `cause` is the reason. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  declare readonly operationId: string;
  /** How often it was tried. */
  declare readonly attempts: number;

  constructor(operationId: string, attempts: number, cause: unknown) {
    // Node says "fetch failed" and keeps what happened below.
    const error = cause as { message?: string; cause?: { message?: string } };
    super(`${operationId}: no answer (tries: ${attempts}): ${error.cause?.message || error.message}`, { cause });
    Object.assign(this, { operationId, attempts });
  }
}

/** Work that went on after its answer, and ended badly. */
export class JobError<J extends { id: string; status: string } = { id: string; status: string }> extends Error {
  override readonly name = "JobError";
  /** As it was last seen: its `status`, and its `error` where it has one. */
  declare readonly job: J;

  constructor(job: J) {
    const { id, status, error } = job as J & { error?: { message: string } | null };
    super(`${id}: ${status}${error ? `: ${error.message}` : ""}`);
    Object.assign(this, { job });
  }
}

function envelopeOf(body: unknown): Partial<Envelope> {
  const error = (body as { error?: Partial<Envelope> } | null | undefined)?.error;
  // A proxy's error page may be any JSON; only an envelope has a code.
  if (typeof error?.code === "string") return error;
  return {
    code: "INTERNAL_ERROR",
    message: `no answer of the API: ${JSON.stringify(body || "empty").slice(0, 200)}`,
  };
}

import type { components } from "./generated/schema.ts";

type Envelope = components["schemas"]["Error"]["error"];

/** Every code of the registry. New ones may come: treat an unknown code by its status. */
export type ErrorCode = Envelope["code"];

/** An answer that is an error. Its message names the operation, the status, the code and what to do. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly operationId: string;
  readonly status: number;
  /** A code of the registry; `INTERNAL_ERROR` when the answer was not in the API's envelope. */
  readonly code: ErrorCode;
  readonly details: Envelope["details"];
  /** Finds the request in the server's log. */
  readonly requestId: string;
  readonly response: Response;

  constructor(operationId: string, response: Response, body: unknown) {
    const envelope = envelopeOf(body);
    const code = envelope?.code ?? "INTERNAL_ERROR";
    const requestId = envelope?.request_id ?? response.headers.get("x-request-id") ?? "";
    const what = envelope?.message ?? "the answer was not in the API's envelope";
    super(`${operationId}: ${response.status} ${code}: ${what}${requestId && ` (${requestId})`}`);
    this.operationId = operationId;
    this.status = response.status;
    this.code = code;
    this.details = envelope?.details ?? {};
    this.requestId = requestId;
    this.response = response;
  }
}

function envelopeOf(body: unknown): Envelope | undefined {
  const error = (body as { error?: Partial<Envelope> } | null | undefined)?.error;
  // A proxy's error page may be any JSON; only an envelope has both.
  return typeof error?.code === "string" && typeof error.message === "string" ? (error as Envelope) : undefined;
}

import type { IncomingMessage } from "node:http";
import type { ErrorCode } from "../../spec/kit/errors.ts";
import { type ApiError, ERRORS } from "../../spec/kit/errors.ts";

/** An answer before it becomes a Response: plain, so that it can be stored, compared and logged. */
export type Outcome = {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array | ReadableStream<Uint8Array> | null;
  /** The error code, for the log and the metrics. */
  code?: ErrorCode;
  /** The id of the resource that a JSON answer shows, for the audit and idempotency records. */
  resourceId?: string;
};

/** Headers of every answer: nothing is sniffed, framed or referred; nothing private is cached. */
const SECURE = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

const JSON_TYPE = "application/json; charset=utf-8";

export const jsonOutcome = (status: number, text: string, headers: Record<string, string>): Outcome => ({
  status,
  headers: { "Content-Type": JSON_TYPE, ...headers },
  body: text,
});

/** The envelope of an error (design §4). */
export function errorOutcome(error: ApiError, requestId: string): Outcome {
  const { code, message, details } = error;
  const text = JSON.stringify({ error: { code, message, details, request_id: requestId } });
  return { ...jsonOutcome(ERRORS[code].status, text, error.headers), code };
}

/** One Response, made with a plain object of headers: 3 µs cheaper than setting them one by one (stack.md). */
export function toResponse(outcome: Outcome, requestId: string, more: Record<string, string>): Response {
  const headers = { ...SECURE, "X-Request-Id": requestId, ...more, ...outcome.headers };
  // TypeScript's BodyInit wants ArrayBuffer-backed bytes; ours come from Node's Buffers, which are.
  return new Response(outcome.body as ConstructorParameters<typeof Response>[0], { status: outcome.status, headers });
}

/** Client address as the socket has it; the trust in proxies is the application's to add. */
export const socketAddress = (incoming: IncomingMessage | undefined): string =>
  incoming?.socket.remoteAddress ?? "127.0.0.1";

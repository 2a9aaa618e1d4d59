import { walk } from "./checks.ts";
import { ERRORS, type ErrorCode } from "./errors.ts";
import { isMedia } from "./media.ts";
import type { Operation } from "./operation.ts";
import { isSecret, type z } from "./schema.ts";

/** Largest JSON body unless an operation says otherwise: 1 MiB. */
const DEFAULT_BODY_BYTES = 1024 * 1024;

/** The largest body that an operation takes, in bytes. */
export const maxBytes = (op: Pick<Operation, "limits">): number => op.limits.bodyBytes ?? DEFAULT_BODY_BYTES;

/** Whether it answers an event stream, which goes on until its reader has enough. */
export const isStreaming = (op: Operation): boolean =>
  Object.values(op.responses as object).some((answer) => isMedia(answer) && answer.media === "events");

/** Whether the answer carries `ETag` and honours `If-None-Match`: a single resource is read (RFC 9110 §8.8.3). */
export const hasETag = (op: Operation): boolean => op.effect !== undefined && "reads" in op.effect;

/** The resource an operation writes, when it is a single existing one. */
export function writes(op: Operation): string | undefined {
  if (!op.effect) return undefined;
  if ("updates" in op.effect) return op.effect.updates;
  return "deletes" in op.effect ? op.effect.deletes : undefined;
}

/** Whether an answer is what the resource's reader gives, so that it carries the same `ETag`. */
export function isRepresentation(contract: Record<string, Operation>, op: Operation, answer: unknown): boolean {
  const kind = op.effect && Object.values(op.effect)[0];
  if (kind === undefined || !op.effect || "lists" in op.effect) return false;
  const reader = readerOf(contract, kind);
  return reader !== undefined && Object.values(reader.responses as object).includes(answer);
}

/** The operation that reads the single resource `kind`, if the contract has one. */
export function readerOf(contract: Record<string, Operation>, kind: string): Operation | undefined {
  return Object.values(contract).find((op) => op.effect && "reads" in op.effect && op.effect.reads === kind);
}

/** The reader whose `ETag` an `If-Match` on this operation is held against: same kind, and its path is a prefix. */
export function precondition(contract: Record<string, Operation>, op: Operation): Operation | undefined {
  const kind = writes(op);
  const reader = kind === undefined ? undefined : readerOf(contract, kind);
  return reader && (op.path === reader.path || op.path.startsWith(`${reader.path}/`)) ? reader : undefined;
}

/** Every scope named, however they combine. */
export const scopeNames = (op: Operation): readonly string[] => ("anyOf" in op.scopes ? op.scopes.anyOf : op.scopes);

/** Most credits the operation can cost; 0 when free. */
export const maxCredits = (op: Operation): number => (typeof op.credits === "number" ? op.credits : op.credits.max);

/** Whether a principal is known when the handler runs, so that limits are a credential's and not an address's. */
export const isAuthenticated = (op: Operation): boolean =>
  op.auth === "credential" || op.auth === "session" || op.auth === "operator";

/** Whether an answer holds a field that is shown once, so that no idempotency record may keep it. */
export function answersSecret(op: Operation): boolean {
  let found = false;
  for (const answer of Object.values(op.responses as object)) {
    const schema = isMedia(answer) ? ("schema" in answer ? answer.schema : undefined) : (answer as z.ZodType);
    if (!schema) continue;
    walk(schema, (node) => {
      if (isSecret(node)) found = true;
    });
  }
  return found;
}

/**
 * The error codes an operation can really give: those its policy brings, and those it adds (design §3's order).
 * `contract` decides what depends on neighbours, such as 412.
 */
export function errorCodes(contract: Record<string, Operation>, op: Operation): ErrorCode[] {
  const codes = new Set<ErrorCode>();
  const add = (...more: ErrorCode[]) => {
    for (const code of more) codes.add(code);
  };
  if (op.closedQuery || op.query || op.body || Object.keys(op.params).length > 0 || isAuthenticated(op)) {
    add("VALIDATION_ERROR");
  }
  if (op.auth === "credential" || op.auth === "session") add("UNAUTHORIZED", "INVALID_API_KEY", "FORBIDDEN");
  if (op.auth === "credential") add("PLAN_LIMIT");
  if (op.auth === "operator" || op.auth === "provider") add("UNAUTHORIZED");
  if (op.auth === "signed") add("FORBIDDEN");
  if (maxCredits(op) > 0) add("INSUFFICIENT_BALANCE");
  if (Object.keys(op.params).length > 0) add("NOT_FOUND");
  if (op.idempotent === "key") add("CONFLICT", "IDEMPOTENCY_MISMATCH");
  if (precondition(contract, op)) add("PRECONDITION_FAILED");
  if (op.body !== undefined) add("PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE");
  add("RATE_LIMITED", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE", ...op.errors);
  return [...codes].sort((a, b) => ERRORS[a].status - ERRORS[b].status || a.localeCompare(b));
}

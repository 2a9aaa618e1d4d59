import { ApiError, ConnectionError, JobError } from "../index.ts";

const BY_STATUS: Readonly<Record<number, number>> = {
  400: 7,
  401: 3,
  402: 4,
  403: 4,
  404: 5,
  405: 7,
  409: 6,
  412: 6,
  413: 7,
  415: 7,
  429: 8,
};

/** What is wrong with a command before anything is sent. `hint` says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly hint: string | undefined;
  readonly exit: number;

  constructor(message: string, hint?: string, exit = 2) {
    super(message);
    this.hint = hint;
    this.exit = exit;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  UNAUTHORIZED: "Log in with `reelmark login`, or set REELMARK_TOKEN.",
  INVALID_API_KEY: "Log in again with `reelmark login`, or set REELMARK_TOKEN to a key that is active.",
  INSUFFICIENT_BALANCE: "See `reelmark billing balance get`; add credits with `reelmark billing topup create`.",
  PLAN_LIMIT: "See `reelmark usage get` and `reelmark plans list`.",
  FORBIDDEN: "See what this credential may do with `reelmark whoami`.",
  NOT_FOUND: "Check the id, and the organization that you act for, with `reelmark whoami`.",
  PRECONDITION_FAILED: "It was changed meanwhile: read it again, then repeat with its new ETag.",
  IDEMPOTENCY_MISMATCH: "Another request had this key: leave --idempotency-key out, or take a new one.",
  RATE_LIMITED: "Wait, then try again.",
};

/** Where an issue of the server is on the command line: `body.voice.tone` is `--voice.tone`. */
const flagOf = (path: string) => path.replace(/^(body|query)\.([\w.]+)$/, (_all, _place, name: string) => flag(name));

/** The flag of a field. */
export const flag = (name: string): string => `--${name.replaceAll("_", "-")}`;

/** An error as people read it and as programs do, and what the process ends with. */
export function explain(error: unknown): { text: string; data: object; exit: number } {
  if (error instanceof ApiError) {
    const { code, status, details, requestId, operationId, message } = error;
    const issues = (details.issues ?? []).map((issue) => `  ${flagOf(issue.path)}: ${issue.message}`);
    const hint = HINTS[code];
    return {
      text: [message, ...issues, ...(hint ? [hint] : [])].join("\n"),
      data: { error: { operation: operationId, status, code, message, details, request_id: requestId } },
      exit: BY_STATUS[status] ?? (status >= 500 ? 9 : 7),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const plain = (code: string, exit: number, hint?: string) => ({
    text: hint ? `${message}\n${hint}` : message,
    data: { error: { code, message, ...(hint && { hint }) } },
    exit,
  });
  if (error instanceof UsageError) return plain("USAGE", error.exit, error.hint);
  if (error instanceof ConnectionError)
    return plain("NO_ANSWER", 10, "Is the address right, and the server up? `reelmark init` sets the address.");
  if (error instanceof JobError) return plain("JOB_FAILED", 11);
  if (error instanceof DOMException && error.name === "AbortError") return plain("INTERRUPTED", 130);
  return plain("INTERNAL", 1);
}

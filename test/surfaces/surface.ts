import type { DocumentedOperation } from "../kit/document.ts";

/** Whose credential a call is made with: a key with all scopes, the owner's session, a key that lacks most, and one that there is not. */
export type Who = "owner" | "session" | "reader" | "unknown";

/** What stands in a query, as a caller has it before it is text. */
export type Plain = string | number | boolean;

/** One call of an operation, as every surface can make it. Ids of the document's examples stand for resources of its tenant. */
export type Call = {
  readonly operation: DocumentedOperation;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, Plain | readonly Plain[]>>;
  /** An object or a list; undefined where the operation has no body. */
  readonly body?: unknown;
  /** Sent as `Idempotency-Key`. */
  readonly key?: string;
  readonly as: Who;
};

/** What a caller sees of an answer: its status, and its body as JSON, undefined where there is none. */
export type Outcome = { readonly status: number | string; readonly body: unknown };

/** A way to call the API. */
export type Surface = {
  readonly name: string;
  /** Makes a call with this tenant's credentials. Never rejects for what the API answers. */
  call(call: Call, tokens: Readonly<Record<Who, string>>): Promise<Outcome>;
  close(): Promise<void>;
};

/** Two surfaces that answer the same call otherwise. `surface` is held to what plain HTTP answers. */
export type Difference = {
  readonly name: string;
  readonly surface: string;
  readonly http: string;
  readonly seen: string;
};

/** JSON of a text; the text itself where it is none, so that it differs from what others show. */
export function jsonOf(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The envelope that an error was made of, from what a surface keeps of it. `message` is without what the surface puts around. */
export function envelope(
  error: { code: unknown; message: string; details: unknown; requestId: unknown },
  operation: string,
  status: number,
): unknown {
  const { code, details, requestId } = error;
  const before = `${operation}: ${status} ${code}: `;
  const after = ` (${requestId})`;
  const isWhole = error.message.startsWith(before) && error.message.endsWith(after);
  const message = isWhole ? error.message.slice(before.length, -after.length) : error.message;
  return { error: { code, message, details, request_id: requestId } };
}

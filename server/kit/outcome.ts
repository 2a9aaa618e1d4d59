import { ApiError } from "../../spec/kit/errors.ts";
import { jsonOutcome, type Outcome } from "./answer.ts";
import type { Compiled } from "./compile.ts";
import { entityTag, noneMatch } from "./etag.ts";
import type { ByteStream, Replied, ReplyHeaders } from "./handlers.ts";
import type { Incoming } from "./request.ts";
import type { EventFrame, Reader, Streams } from "./streams.ts";
import { toIssues } from "./validate.ts";

/** What a handler replied, before it is checked. */
export type RawReply = { readonly status: number; readonly body: unknown; readonly headers: ReplyHeaders };

/** The one `reply` of all operations; its types differ by operation, its work does not. */
export function reply(status: number, body?: unknown, headers: ReplyHeaders = {}): Replied {
  const raw: RawReply = { status, body, headers };
  // `Replied` is opaque to handlers; `buildOutcome` is the one place that opens it.
  return raw as unknown as Replied;
}

/** The server's own data does not fit its contract: always a 500, told in the log alone. */
export class ContractViolation extends Error {
  override readonly name = "ContractViolation";
}

/** How answers are held to the contract: `check` parses in full and fails on excess, `strip` drops excess and counts it. */
export type ResponseMode = "check" | "strip";

export type OutcomeOptions = {
  readonly mode: ResponseMode;
  readonly base: string;
  readonly onExcess: (operation: string, path: string) => void;
  /** A stream failed after its answer had begun: the connection breaks off, and only the log can say why. */
  readonly onBroken: (operation: string, error: unknown) => void;
  readonly streams: Streams;
};

function checked(
  compiled: Compiled,
  schema: { safeParse(v: unknown, options: { reportInput: true }): { success: boolean; error?: unknown } },
  value: unknown,
) {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return;
  // Only this library's own error reaches here, from the schema just asked.
  const issues = toIssues("answer", (result.error as { issues: Parameters<typeof toIssues>[1] }).issues);
  throw new ContractViolation(`${compiled.op.id} answered what its contract does not allow: ${JSON.stringify(issues)}`);
}

/** Of a stream that a mutation answers: what it told of was allowed then. */
const NOBODY: Reader = { tenant: "", isGood: async () => true };

/** Turns a reply into an outcome: the declared status and fields, `Location`, `ETag`. `reader` is who reads a stream. */
export function buildOutcome(
  compiled: Compiled,
  replied: Replied,
  request: Incoming,
  options: OutcomeOptions,
  reader: Reader = NOBODY,
): Outcome {
  const raw = replied as unknown as RawReply;
  const answer = compiled.answers.get(raw.status);
  if (!answer) throw new ContractViolation(`${compiled.op.id} answered ${raw.status}, which it does not declare`);
  const headers: Record<string, string> = { ...compiled.deprecation, ...raw.headers };
  switch (answer.kind) {
    case "none":
      return { status: raw.status, headers, body: null };
    case "redirect":
      return {
        status: raw.status,
        headers: { ...headers, Location: (raw.body as { location: string }).location },
        body: null,
      };
    case "octets": {
      const { type, bytes } = raw.body as { type: string; bytes: ByteStream };
      if (!answer.types.includes(type) && !answer.types.includes("*/*")) {
        throw new ContractViolation(`${compiled.op.id} answered ${type}, which it does not declare`);
      }
      return { status: raw.status, headers: { ...headers, "Content-Type": type }, body: bytes };
    }
    case "events":
      return {
        status: raw.status,
        // A proxy that gathers what it passes on would keep events back (nginx: proxy_buffering).
        headers: { ...headers, "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" },
        body: options.streams.open(
          raw.body as AsyncIterable<EventFrame<unknown>>,
          (value) => {
            const data = answer.strip(value, "event", (path) => excess(compiled, options, path));
            if (options.mode === "check") checked(compiled, answer.schema, data);
            return data;
          },
          (error) => options.onBroken(compiled.op.id, error),
          reader,
        ),
      };
    case "json": {
      const data = answer.strip(raw.body, "answer", (path) => excess(compiled, options, path));
      if (options.mode === "check") checked(compiled, answer.schema, data);
      const text = JSON.stringify(data);
      if (answer.tagged) headers.ETag = entityTag(text);
      const { id } = (data ?? {}) as { id?: unknown };
      const resourceId = typeof id === "string" ? { resourceId: id } : {};
      const location = typeof id === "string" && locationOf(compiled, raw.status, id, request, options.base);
      if (location) headers.Location = location;
      return { ...jsonOutcome(raw.status, text, headers), ...resourceId };
    }
  }
}

function excess(compiled: Compiled, options: OutcomeOptions, path: string): void {
  options.onExcess(compiled.op.id, path);
  if (options.mode === "check") {
    throw new ContractViolation(`${compiled.op.id} answered ${path}, a field that its contract does not have`);
  }
}

function locationOf(
  compiled: Compiled,
  status: number,
  id: string,
  request: Incoming,
  base: string,
): string | undefined {
  if ((status !== 201 && status !== 202) || compiled.location === undefined) return undefined;
  const template = compiled.location;
  const last = template.lastIndexOf("{");
  const filled = template.slice(0, last).replace(/\{([a-z_]+)\}/g, (_, name: string) => request.param(name));
  return last >= 0 ? `${base}${filled}${id}${template.slice(template.indexOf("}", last) + 1)}` : undefined;
}

/** 304 instead of the body when `If-None-Match` names this version (RFC 9110 §15.4.5). */
export function conditional(outcome: Outcome, request: Incoming): Outcome {
  const tag = outcome.headers.ETag;
  const header = request.header("if-none-match");
  const cacheable: Record<string, string> = { ...outcome.headers, "Cache-Control": "private, no-cache" };
  if (tag === undefined) return outcome;
  if (header === undefined || !noneMatch(header, tag)) return { ...outcome, headers: cacheable };
  const { "Content-Type": _type, ...kept } = cacheable;
  return { status: 304, headers: kept, body: null };
}

/** A conflict that goes away by itself: another request with the same key is still in work. */
export const inFlight = () =>
  new ApiError("CONFLICT", "A request with this Idempotency-Key is still in flight: try again in a second", {
    headers: { "Retry-After": "1" },
  });

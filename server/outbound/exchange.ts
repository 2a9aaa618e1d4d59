import type { Readable } from "node:stream";
import { decoded } from "./decode.ts";
import { OutboundError, toOutboundError } from "./errors.ts";
import type { Hop } from "./hop.ts";

/** One request from its first look-up to the last byte of its answer, over all hops: what ends it, and what it leaves. */
export type Exchange = {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** From now on an answer is held: ending the exchange closes its connection. */
  hold(answer: Hop): void;
  /** Stops the clock and closes the connection; settles when it is closed. Any number of times. */
  end(): Promise<void>;
  readonly ended: Promise<void>;
};

/**
 * Starts the clock of an exchange.
 * @param totalMs After so many milliseconds it is aborted with OutboundError `timeout`, be its answer read or not.
 * @param outer The caller's signal: aborts it with its own reason.
 */
export function openExchange(totalMs: number, outer: AbortSignal | undefined): Exchange {
  const controller = new AbortController();
  const { promise: ended, resolve: settle } = Promise.withResolvers<void>();
  let held: Hop | undefined;
  let ending = false;
  const end = () => {
    if (!ending) {
      ending = true;
      clearTimeout(timer);
      outer?.removeEventListener("abort", forward);
      settle(held?.close());
    }
    return ended;
  };
  const abort = (reason: unknown) => {
    controller.abort(reason);
    // Before an answer is held, whoever awaits it ends the exchange; afterwards perhaps nobody reads.
    if (held) void end();
  };
  const forward = () => abort(outer?.reason);
  const timer = setTimeout(() => abort(new OutboundError("timeout")), totalMs);
  outer?.addEventListener("abort", forward, { once: true });
  const hold = (answer: Hop) => {
    held = answer;
  };
  return { signal: controller.signal, abort, hold, end, ended };
}

export type BodyLimits = { readonly maxBytes: number; readonly maxDecodedBytes?: number };

/** Whether an answer has a body at all (RFC 9112 §6.3): the head of one without may name an encoding that never comes. */
function hasBody(method: string, { status, headers }: Hop): boolean {
  return method !== "HEAD" && status !== 204 && status !== 304 && headers["content-length"] !== "0";
}

/** The decompressed body of an answer, within its limits. Throws OutboundError when its head is already over them. */
export function limitedBody(
  method: string,
  answer: Hop,
  { maxBytes, maxDecodedBytes = maxBytes }: BodyLimits,
): Readable {
  const { headers } = answer;
  const present = hasBody(method, answer);
  if (present && Number(headers["content-length"] ?? 0) > maxBytes) throw new OutboundError("too_large");
  const coding = present ? (headers["content-encoding"] ?? "") : "";
  // A body that is discarded fails too, and nobody is left to hear of it.
  return decoded(answer.body, coding, maxBytes, maxDecodedBytes).on("error", () => undefined);
}

/** Why an exchange failed: the reason it was aborted with, or what broke. */
export function failureOf(exchange: Exchange, error: unknown): unknown {
  return exchange.signal.aborted ? exchange.signal.reason : toOutboundError(error);
}

/** Reads a body to its end, or to where the reader stops; the connection is closed then, whatever happened. */
export async function* readBody(body: Readable, exchange: Exchange): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw failureOf(exchange, error);
  } finally {
    await exchange.end();
  }
}

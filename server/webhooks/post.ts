import type { SealingKeys } from "../kit/seal.ts";
import { type Outbound, OutboundError } from "../outbound/service.ts";
import type { Claim } from "./attempt-sql.ts";
import { retryAfterSeconds } from "./retries.ts";
import { openSecret, signedHeaders } from "./secrets.ts";

/** For how long a receiver is waited for, in milliseconds, its body included. */
const PATIENCE_MS = 15_000;
/** How much of an answer is read, in bytes, before the connection is closed: most receivers see a clean end. */
const READ_BYTES = 65_536;

/** How an attempt ended: an answer, or a sentence for the tenant why there was none. */
export type Ending = {
  readonly durationMs: number;
  readonly status: number | null;
  readonly error: string | null;
  /** What the receiver asked to wait, in seconds; 0 for nothing. */
  readonly retryAfter: number;
};

/** Reads on for a little, because some receivers take a closed connection for a caller who has gone. */
async function drain(body: AsyncIterable<Uint8Array>): Promise<void> {
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > READ_BYTES) return;
    }
  } catch {
    // The head has said what counts.
  }
}

/**
 * One POST of an event to its endpoint, signed with every live secret. Redirects are answers like any other, and of the body
 * nothing is kept.
 * @param nowMs Unix milliseconds: when it is signed.
 * @throws the reason of `signal`, and whatever is no fault of the receiver.
 */
export async function post(
  claim: Claim,
  { outbound, sealing }: { readonly outbound: Outbound; readonly sealing: SealingKeys },
  { nowMs, signal }: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<Ending> {
  const sealed = [claim.secret_sealed, ...(claim.former_secret_sealed === null ? [] : [claim.former_secret_sealed])];
  const secrets = sealed.map((one) => openSecret(sealing, claim.webhook_id, one));
  const signed = { id: claim.event_id, timestamp: Math.floor(nowMs / 1000), body: claim.payload };
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  try {
    const answer = await outbound.request({
      url: claim.url,
      method: "POST",
      headers: { ...signedHeaders(signed, secrets), "content-type": "application/json" },
      body: claim.payload,
      totalMs: PATIENCE_MS,
      maxBytes: READ_BYTES,
      ignoreBody: true,
      signal,
    });
    const durationMs = took();
    await drain(answer.stream);
    const retryAfter = retryAfterSeconds(answer.headers["retry-after"], nowMs);
    return { durationMs, status: answer.status, error: null, retryAfter };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OutboundError)) throw error;
    return { durationMs: took(), status: null, error: error.message, retryAfter: 0 };
  }
}

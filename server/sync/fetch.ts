import { STATUS_CODES } from "node:http";
import { OutboundError } from "../outbound/service.ts";
import type { WorkServices } from "../services.ts";
import type { FeedToFetch, Fetched, FetchFailure } from "../sources/service.ts";

const TOTAL_MS = 30_000;
const MEGABYTE = 1_000_000;
const MAX_BYTES = 10 * MEGABYTE;
const MAX_DECODED_BYTES = 30 * MEGABYTE;
/** Nobody is left alone for longer than this because they ask for it, in milliseconds. */
const MAX_RETRY_AFTER_MS = 24 * 3_600_000;
const MAX_VALIDATOR = 1000;
const ACCEPT =
  "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, application/xml;q=0.9, " +
  "text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

/** Retry-After (RFC 9110 §10.2.3): seconds or a date, as milliseconds from now; undefined for neither. */
function retryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

/** A validator that can be kept and sent back. */
const validator = (value: string | undefined): string | null =>
  value !== undefined && value.length <= MAX_VALIDATOR && /^[\x20-\x7e]+$/.test(value) ? value : null;

function refusal(status: number, headers: Readonly<Record<string, string>>, nowMs: number): FetchFailure {
  const gone = status === 410;
  const answer = `The feed answered ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  const after = retryAfter(headers["retry-after"], nowMs);
  return {
    code: gone ? "gone" : "http_status",
    message: gone ? `${answer}: it is gone for good, so the source was paused.` : `${answer}.`,
    ...(after === undefined ? {} : { retryAfterMs: after }),
    ...(gone ? { gone } : {}),
  };
}

/**
 * Asks for a feed, and for nothing if it has not changed since the last time (RFC 9110 §13.1), and reads it.
 * Rejects with the reason of `signal`, or with what is our own fault; all else that goes wrong is an answer.
 */
export async function fetchFeed(
  { outbound, feeds }: Pick<WorkServices, "outbound" | "feeds">,
  asked: FeedToFetch,
  signal: AbortSignal,
  nowMs: number,
): Promise<Fetched | FetchFailure> {
  const conditions = {
    ...(asked.etag === null ? {} : { "If-None-Match": asked.etag }),
    ...(asked.last_modified === null ? {} : { "If-Modified-Since": asked.last_modified }),
  };
  try {
    const answer = await outbound.request({
      url: asked.url,
      headers: { Accept: ACCEPT, ...conditions },
      totalMs: TOTAL_MS,
      maxBytes: MAX_BYTES,
      maxDecodedBytes: MAX_DECODED_BYTES,
      signal,
    });
    const { status, headers, url } = answer;
    if (status === 304 && Object.keys(conditions).length > 0) {
      await answer.discard();
      return { etag: validator(headers.etag) ?? asked.etag, lastModified: asked.last_modified };
    }
    if (status !== 200) {
      await answer.discard();
      return refusal(status, headers, nowMs);
    }
    const bytes = await answer.bytes();
    const feed = await feeds.read({ bytes, contentType: headers["content-type"], url }, signal);
    if ("code" in feed) return feed;
    return { feed, etag: validator(headers.etag), lastModified: validator(headers["last-modified"]) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OutboundError) return { code: error.code, message: error.message };
    throw error;
  }
}

import { pauseAfter, realTime } from "./backoff.ts";
import { ConnectionError } from "./error.ts";
import type { ClientOptions } from "./types.ts";

type Init = Omit<RequestInit, "headers"> & Partial<ClientOptions>;

/** What a request of a client has beside what every request has; one that a middleware made anew has lost it. */
export type Memory = {
  /** What openapi-fetch laid together: the options of the client, and over them those of the call. */
  readonly init?: Init;
  /** The operation's id, after the sign that the table gives it. */
  operation?: string | undefined;
};

function remember(url: string, init: Init): Request & Memory {
  // A URL drops a segment of dots, escaped or not: the call would go to what is above.
  if (/v1.*\/\.+([/?]|$)/.test(url)) throw new Error("No id is dots");
  // A stream as a body wants `duplex`, which the types of RequestInit do not know.
  return Object.assign(new Request(url, { ...init, duplex: "half" } as RequestInit), { init });
}

/** A `Request` that keeps what it was made of, and so can be sent again. Instances of either are instances of both. */
export const Repeatable = Object.assign(remember, { prototype: Request.prototype }) as unknown as typeof Request;

/** An answer with what it holds: JSON that was read already, or the stream of anything else. */
export type Answer = Response & { data?(): unknown };

/**
 * Reads an answer to its end, so that one that breaks off counts as none. A success that is no JSON is left a stream.
 * Throws when a success breaks off, is not the JSON that it says it is, or is a web page: that came from something else.
 */
async function whole(response: Response): Promise<Answer> {
  const { ok, headers } = response;
  let data: unknown = response.body;
  // Where it is missing, null is tested by its name, in which neither is.
  if (!ok || /json|html/.test(headers.get("content-type") as string)) {
    // The status and headers of an error say enough.
    const text = await response.text().catch((error: unknown) => (ok ? Promise.reject(error) : ""));
    data = ok && JSON.parse(text);
    response = new Response(text || null, response);
  }
  return Object.assign(response, { data: () => data });
}

/**
 * Sends a request, again where that helps and is harmless. Returns the last answer, whatever its status.
 * Throws ConnectionError when none came, and the reason of the call's own signal when it was aborted.
 */
export async function send(request: Request & Memory, fetch: (request: Request) => Promise<Response>): Promise<Answer> {
  const { operation, signal, headers, init = {} } = request;
  const { body, retries = 4, timeout = 120_000, totalTimeout = 300_000, timing = realTime, onAttempt } = init;
  const operationId = operation?.slice(1) ?? request.url;
  const isStream = body instanceof ReadableStream;
  // As RFC 9110 §9.2.2 and the contract say.
  const isRepeatable = operation && !isStream && !/[>~]/.test(operation);
  // openapi-fetch takes all that is no form for JSON; and each copy of a form has a new boundary.
  if (body instanceof FormData) headers.delete("content-type");
  else if (body && typeof body !== "string") headers.set("content-type", "application/octet-stream");
  const end = timing.now() + totalTimeout;
  for (let attempt = 1; ; attempt++) {
    // Not AbortSignal.timeout: until Node 22 such a signal could be collected before its time.
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Error("timed out")),
      Math.min(timeout, end - timing.now(), 2 ** 31 - 1),
    );
    const again = new Request(request, {
      signal: AbortSignal.any([signal, late.signal]),
      ...(body && !isStream && { body }),
    });
    let response: Answer | undefined;
    let error: unknown;
    try {
      response = await whole(await fetch(again));
    } catch (cause) {
      error = cause;
    }
    clearTimeout(timer);
    const asked = response?.headers.get("retry-after") ?? "";
    const pause = pauseAfter(attempt, asked, timing);
    // A 409 with `Retry-After` is a repeat whose first try is still at work.
    const saysLater = !response || /^(429|50[23]|409 .)/.test(`${response.status} ${asked}`);
    const goesOn = isRepeatable && saysLater && attempt <= retries && timing.now() + pause < end && !signal.aborted;
    onAttempt?.({ operationId, attempt, request: again, response, error, retryIn: goesOn ? pause : undefined });
    if (!goesOn) {
      signal.throwIfAborted();
      if (!response) throw new ConnectionError(operationId, attempt, error);
      return response;
    }
    await timing.sleep(pause, signal);
  }
}

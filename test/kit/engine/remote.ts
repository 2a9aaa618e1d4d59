import { setTimeout as sleep } from "node:timers/promises";
import { basePath, type OpenApiDocument } from "../document.ts";
import { CannotRun, reason } from "./load.ts";
import type { Clock, Principal, Send } from "./types.ts";

/** A server that says nothing for so long, in milliseconds, is taken for one that does not answer. */
const PATIENCE_MS = 20_000;

/** Who calls where nobody is named: without a credential, and so only what is public. */
export const NOBODY: Principal = { name: "nobody", headers: {}, tenant: "t1", scopes: ["*"], auth: "none" };

/** The real time, whose sleep ends when the run does. */
export const stoppable = (signal: AbortSignal): Clock => ({
  now: Date.now,
  sleep: (ms) => sleep(ms, undefined, { signal }).catch(() => {}),
});

/** Sends over HTTP: no request outlives the run, and none waits for ever. */
export const over =
  (signal: AbortSignal): Send =>
  async (request) =>
    limited(await fetch(request, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) }));

/** A longer answer than this, in bytes, is not read: it may have no end. */
const LONGEST = 64 * 2 ** 20;

/** An answer whose body fails where it is longer than anybody would read. */
function limited(response: Response): Response {
  if (!response.body || Number(response.headers.get("content-length") ?? LONGEST) < LONGEST) return response;
  let length = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, to) {
      length += part.length;
      if (length > LONGEST) throw new Error(`more than ${LONGEST / 2 ** 20} MiB of one answer`);
      to.enqueue(part);
    },
  });
  return new Response(response.body.pipeThrough(counted), response);
}

/**
 * The address under which a document's operations stand: `url` as it is, or with the path of the document's first server
 * where it names none. Throws CannotRun when nothing answers there.
 */
export async function baseOf(url: string, document: OpenApiDocument): Promise<string> {
  const bare = URL.canParse(url) ? new URL(url) : undefined;
  if (!bare || !/^https?:$/.test(bare.protocol)) {
    throw new CannotRun(`--base-url ${url} is no address: give one such as http://127.0.0.1:3000/api`);
  }
  const response = await fetch(bare, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) }).catch(
    (error: unknown) => {
      throw new CannotRun(
        `${bare.origin} cannot be reached (${reason(error)}): start the server, or correct --base-url`,
      );
    },
  );
  await response.body?.cancel();
  return (bare.pathname === "/" ? bare.origin + basePath(document) : bare.origin + bare.pathname).replace(/\/$/, "");
}

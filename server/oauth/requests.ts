import { newId } from "../kit/ids.ts";
import { type Limiter, LimiterUnavailable } from "../kit/limits.ts";
import { isUnavailable } from "../kit/postgres/pool.ts";
import { addressKey } from "../kit/request.ts";
import type { Log } from "../kit/runtime.ts";
import { oauthError } from "./prepare.ts";

/** Answers a request of an address. */
export type Endpoint = (request: Request, address: string, requestId: string) => Promise<Response>;

export type Guards = {
  readonly limiter: Limiter;
  readonly log: Log;
  readonly clock: () => number;
  readonly headers: Readonly<Record<string, string>>;
};

/**
 * What every endpoint has in common: methods, a limit by address and minute, a request id, a line in the log, and an answer in
 * RFC 6749's form when something fails. The paths are the server's own: no text of a client gets into the log.
 */
export function guarded({ limiter, log, clock, headers }: Guards) {
  async function refused(path: string, address: string, perMinute: number): Promise<Response | undefined> {
    try {
      const taken = await limiter.take(`oauth:${path}:${addressKey(address)}`, perMinute, true);
      if (taken.allowed) return undefined;
      const seconds = Math.max(1, Math.ceil((taken.resetAtMs - clock()) / 1000));
      const message = `too many requests from this address: try again in ${seconds} seconds`;
      return oauthError(429, "temporarily_unavailable", message, { "Retry-After": String(seconds) });
    } catch (error) {
      if (!(error instanceof LimiterUnavailable)) throw error;
      const message = "requests cannot be counted right now: try again in 5 seconds";
      return oauthError(503, "temporarily_unavailable", message, { "Retry-After": "5" });
    }
  }

  function failure(error: unknown, requestId: string): Response {
    const facts = {
      request_id: requestId,
      error: String(error),
      ...(error instanceof Error ? { stack: error.stack } : {}),
    };
    log.error(facts, "the authorization server failed");
    if (!isUnavailable(error)) return oauthError(500, "server_error", `the server failed: report ${requestId}`);
    return oauthError(503, "temporarily_unavailable", "try again in a second", { "Retry-After": "1" });
  }

  return (methods: string, perMinute: number, endpoint: Endpoint): Endpoint => {
    const allowed = methods.split(", ");
    return async (request, address) => {
      const started = performance.now();
      const requestId = newId("req", clock());
      const path = new URL(request.url).pathname.split("/").slice(0, 3).join("/");
      const work = async () => {
        // HEAD wherever GET is; the router drops its body.
        if (!allowed.includes(request.method === "HEAD" ? "GET" : request.method)) {
          return oauthError(405, "invalid_request", `${path} allows ${methods}`, { Allow: methods });
        }
        return (await refused(path, address, perMinute)) ?? endpoint(request, address, requestId);
      };
      const response = await work().catch((error: unknown) => failure(error, requestId));
      const ms = Math.round((performance.now() - started) * 100) / 100;
      const { status } = response;
      log.info({ request_id: requestId, method: request.method, path, status, ms, address }, "request");
      const answer = new Response(response.body, response);
      for (const [name, value] of Object.entries({ ...headers, "X-Request-Id": requestId }))
        answer.headers.set(name, value);
      if (!answer.headers.has("X-Content-Type-Options")) answer.headers.set("X-Content-Type-Options", "nosniff");
      return answer;
    };
  };
}

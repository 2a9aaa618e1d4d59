/** Names under which a program or page on this machine reaches a server on it. */
const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" ||
  hostname.endsWith(".localhost") ||
  hostname === "[::1]" ||
  /^127(\.\d{1,3}){3}$/.test(hostname);

const hostnameOf = (host: string | null): string =>
  host === null ? "" : (URL.parse(`http://${host}`)?.hostname ?? "");

/**
 * Why a request is refused: the sandbox's keys are the same everywhere, so a page of another site must neither reach it by
 * a name that it makes resolve to this machine (DNS rebinding), nor send it anything from where it is.
 * @returns A sentence that says what to do, or undefined for a request of this machine.
 */
export function refusal(request: Request): string | undefined {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (!isLoopback(hostnameOf(host))) {
    return `The sandbox answers on this machine alone, and not under the name ${JSON.stringify(host)}: call it by 127.0.0.1 or localhost`;
  }
  const origin = request.headers.get("origin");
  if (origin === null || isLoopback(URL.parse(origin)?.hostname ?? "")) return undefined;
  return `Pages of ${origin} may not call the sandbox: serve the page from 127.0.0.1 or localhost, on any port`;
}

/** Headers that let a page of this machine read an answer. Empty for a request of no page. */
export function corsHeaders(request: Request): Record<string, string> {
  const origin = request.headers.get("origin");
  return origin === null ? {} : { "access-control-allow-origin": origin, vary: "Origin" };
}

/** What a preflight wants to hear (Fetch §3.2.3). */
export const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "content-type",
  "access-control-max-age": "600",
} as const;

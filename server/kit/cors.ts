import { HEADERS, PARAMETERS } from "../../spec/kit/document-parts.ts";

/** Origins whose pages may call the API: a list, `*` for all, or none. */
export type CorsOrigins = readonly string[] | "*";

const EXPOSED = Object.keys(HEADERS).join(", ");
const REQUEST_HEADERS = ["Authorization", "Content-Type", ...Object.keys(PARAMETERS), "X-Api-Key", "X-Request-Id"];
/** For how long a browser may keep a preflight's answer, in seconds. */
const MAX_AGE = "600";

/** CORS headers of an answer (WHATWG Fetch §3.2); none for an origin that is not allowed, and never with cookies. */
export function corsHeaders(origins: CorsOrigins, origin: string | undefined): Record<string, string> {
  if (origin === undefined || origins.length === 0) return {};
  if (origins === "*") return { "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED };
  if (!origins.includes(origin)) return { Vary: "Origin" };
  return { "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED, Vary: "Origin" };
}

/** What a preflight is answered with, beside the headers above; `own` are request headers that the application adds. */
export function preflightHeaders(allow: string, own: readonly string[]): Record<string, string> {
  return {
    "Access-Control-Allow-Methods": allow,
    "Access-Control-Allow-Headers": [...REQUEST_HEADERS, ...own].join(", "),
    "Access-Control-Max-Age": MAX_AGE,
  };
}

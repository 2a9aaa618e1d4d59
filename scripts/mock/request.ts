import { announcesBody, countedBody, readBody, tooLarge, utf8 } from "../../server/kit/body.ts";
import { challenge, readToken } from "../../server/kit/credential.ts";
import type { Incoming } from "../../server/kit/request.ts";
import { ApiError, type Issue } from "../../spec/kit/errors.ts";
import { allowed, bodyTypes, type Match, type Method, type Route } from "./contract.ts";

const DEFAULT_BODY_BYTES = 1024 * 1024;

/** The operation a request is for; HEAD is GET's. Throws NOT_FOUND, or METHOD_NOT_ALLOWED with `Allow`. */
export function routeOf(match: Match | undefined, { method, path }: Incoming): Route {
  if (!match) throw new ApiError("NOT_FOUND", `There is nothing at ${path}; /docs lists what there is`);
  const wanted = method === "HEAD" ? "get" : method.toLowerCase();
  const route = match.routes[wanted as Method]; // any other name finds nothing, which is the 405 below
  if (route) return route;
  const allow = allowed(match);
  throw new ApiError("METHOD_NOT_ALLOWED", `${path} allows ${allow}`, { headers: { Allow: allow } });
}

/** Largest body of an operation, in bytes. */
const limitOf = ({ operation }: Route) => operation["x-limits"]?.bodyBytes ?? DEFAULT_BODY_BYTES;

/** Throws PAYLOAD_TOO_LARGE for a declared length over the operation's limit. */
export function checkDeclaredLength(route: Route, { header }: Incoming): void {
  const limit = limitOf(route);
  if (bodyTypes(route).length > 0 && Number(header("content-length")) > limit) throw tooLarge(limit);
}

/**
 * Any credential will do, where the document wants one: a mock has no keys. Throws what the live server does of two
 * credentials at once or of none, and FORBIDDEN for `x-api-key` where only a session may go.
 */
export function authenticate({ operation }: Route, request: Incoming): void {
  const security = operation.security ?? [];
  if (security.length === 0) return;
  readToken(request);
  if (request.header("authorization") === undefined && !security.some((one) => "apiKey" in one)) {
    const headers = { "WWW-Authenticate": challenge("insufficient_scope") };
    throw new ApiError("FORBIDDEN", "An API key may not do this: log in and send the session's token", { headers });
  }
}

/** Throws UNSUPPORTED_MEDIA_TYPE for a type, charset or encoding that the operation does not read. */
function checkMediaType(accepted: string[], { header }: Incoming): string {
  const [type = "", ...params] = (header("content-type") ?? "").split(";").map((part) => part.trim().toLowerCase());
  const charset =
    params
      .find((param) => param.startsWith("charset="))
      ?.slice(8)
      .replaceAll('"', "") ?? "utf-8";
  const known = accepted.includes(type) || accepted.includes("*/*");
  if (known && charset === "utf-8" && (header("content-encoding") ?? "identity") === "identity") return type;
  const how = known ? " in UTF-8, not compressed" : "";
  throw new ApiError("UNSUPPORTED_MEDIA_TYPE", `Send the body as ${accepted.join(" or ")}${how}`, {
    details: { accepted },
  });
}

/**
 * The body, parsed when it is JSON; undefined for other media types, whose content a mock has no use for. What is wrong
 * with it goes to `issues`. Throws UNSUPPORTED_MEDIA_TYPE and PAYLOAD_TOO_LARGE.
 */
export async function bodyOf(route: Route, request: Incoming, issues: Issue[]): Promise<unknown> {
  const accepted = bodyTypes(route);
  if (accepted.length === 0) return undefined;
  const bad = (code: string, message: string) => void issues.push({ path: "body", code, message });
  const required = `is required: send ${accepted[0]}`;
  if (!announcesBody(request)) return route.operation.requestBody?.required ? bad("required", required) : undefined;
  const type = checkMediaType(accepted, request);
  if (type !== "application/json") {
    // Counted as it comes, and not kept: a file may have gigabytes.
    for await (const _ of countedBody(request, limitOf(route)));
    return undefined;
  }
  const bytes = await readBody(request, limitOf(route));
  const text = utf8(bytes);
  if (text === undefined) return bad("invalid_encoding", "must be UTF-8");
  if (text.trim() === "") return bad("required", required);
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    return bad("invalid_json", `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

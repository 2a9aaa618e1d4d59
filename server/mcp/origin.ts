import { validateHostHeader } from "@modelcontextprotocol/server";
import { ApiError } from "../../spec/kit/errors.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Why a request may not come from where it comes: a page of another site, or a name of another host that was made to resolve
 * to this one (DNS rebinding). Undefined for programs, which send no Origin, under a name of ours.
 * @param publicUrl Its host may be asked for; on a loopback address, the other names of loopback too.
 * @param origins Origins of other hosts whose pages may call, or `*`.
 */
export function refusedOrigin(
  request: Request,
  publicUrl: string,
  origins: readonly string[] | "*",
): ApiError | undefined {
  const { hostname, origin: own } = new URL(publicUrl);
  const hosts = LOOPBACK.includes(hostname) ? LOOPBACK : [hostname];
  const host = request.headers.get("host") ?? new URL(request.url).host;
  if (!validateHostHeader(host, hosts).ok) {
    return new ApiError("FORBIDDEN", `This server answers under the name of PUBLIC_URL alone: ${hosts.join(", ")}`);
  }
  const origin = request.headers.get("origin");
  if (origin === null || origin === own || origins === "*" || origins.includes(origin)) return undefined;
  return new ApiError("FORBIDDEN", "Pages of this origin may not call: add it to CORS_ORIGINS, or call from a program");
}

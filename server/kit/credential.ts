import { ApiError, validationError } from "../../spec/kit/errors.ts";
import type { Incoming } from "./request.ts";

/** The challenge of a 401 or 403 (RFC 6750 §3). Bare where no credential was sent (§3.1). */
export const challenge = (error?: "invalid_token" | "insufficient_scope", scope?: string): string =>
  error ? `Bearer error="${error}"${scope ? `, scope="${scope}"` : ""}` : "Bearer";

/**
 * The token of a request: `Authorization: Bearer` or `x-api-key`. Throws 401 when there is none or another scheme is used,
 * 400 when both headers are there, because then nobody can say which one was meant.
 */
export function readToken(request: Incoming): string {
  const authorization = request.header("authorization");
  const apiKey = request.header("x-api-key");
  if (authorization !== undefined && apiKey !== undefined) {
    const message = "must not come together with Authorization: send one credential";
    throw validationError([{ path: "headers.x-api-key", code: "duplicate_credential", message }]);
  }
  if (apiKey !== undefined && apiKey !== "") return apiKey;
  if (authorization === undefined) throw unauthenticated("Send a credential: Authorization: Bearer <key or token>");
  const token = /^bearer +([^\s]+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated("Send the credential as Authorization: Bearer <key or token>");
  return token;
}

function unauthenticated(message: string): ApiError {
  return new ApiError("UNAUTHORIZED", message, { headers: { "WWW-Authenticate": challenge() } });
}

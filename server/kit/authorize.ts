import { ApiError } from "../../spec/kit/errors.ts";
import type { Auth } from "../../spec/kit/operation.ts";
import type { Authenticated, Principal } from "./backend.ts";
import type { Compiled } from "./compile.ts";
import { challenge, readToken } from "./credential.ts";
import { type Limiter, LimiterUnavailable, type Taken } from "./limits.ts";
import { addressKey, type Incoming } from "./request.ts";
import type { Deps } from "./runtime.ts";

/** Who is asking; with `hold`, and a connection bound to their tenant. Throws 400 on two credentials, 401 on a bad one, 429 when the address failed too often. */
export async function authenticate<Db, P extends Principal>(
  auth: Auth,
  request: Incoming,
  deps: Deps<Db, P>,
  rawBody: Uint8Array | undefined,
  hold: boolean,
): Promise<Exclude<Authenticated<Db, P>, { refused: unknown }>> {
  if (auth === "public")
    return { principal: deps.backend.anonymous(request.address), db: undefined, release: () => {} };
  const byToken = auth === "credential" || auth === "session" || auth === "operator";
  try {
    const found = await deps.backend.authenticate(
      {
        auth,
        token: byToken ? readToken(request) : undefined,
        headers: request.header,
        get url() {
          return new URL(request.url);
        },
        method: request.method,
        rawBody,
      },
      hold,
    );
    if (!("refused" in found)) return found;
    throw refusal(found.refused, found.message, byToken);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) await countFailure(request, deps);
    throw error;
  }
}

function refusal(code: "UNAUTHORIZED" | "INVALID_API_KEY" | "FORBIDDEN", message: string, byToken: boolean): ApiError {
  // A signed address is no credential that another one could take the place of: there is nothing to challenge for.
  if (code === "FORBIDDEN" && !byToken) return new ApiError(code, message);
  const error = code === "FORBIDDEN" ? "insufficient_scope" : "invalid_token";
  return new ApiError(code, message, { headers: { "WWW-Authenticate": challenge(error) } });
}

async function countFailure<Db, P extends Principal>(request: Incoming, deps: Deps<Db, P>): Promise<void> {
  if (deps.limits.failures === 0) return;
  const taken = await deps.limiter.take(`fail:${addressKey(request.address)}`, deps.limits.failures);
  if (!taken.allowed) throw rateLimited(taken, deps.clock(), "Too many failed authentications from this address");
}

function rateLimited(taken: Taken, nowMs: number, what: string): ApiError {
  const seconds = Math.max(1, Math.ceil((taken.resetAtMs - nowMs) / 1000));
  const wait = `${seconds} second${seconds === 1 ? "" : "s"}`;
  return new ApiError("RATE_LIMITED", `${what}: try again in ${wait}`, {
    details: { limit: taken.limit, retry_after: seconds },
    headers: { "Retry-After": String(seconds) },
  });
}

/** Header values of a bucket; Reset is the Unix second in which the window has surely ended. */
function limitHeaders(taken: Taken): Record<string, string> {
  return {
    "X-RateLimit-Limit": String(taken.limit),
    "X-RateLimit-Remaining": String(taken.remaining),
    "X-RateLimit-Reset": String(Math.ceil(taken.resetAtMs / 1000)),
  };
}

/**
 * Counts the request in every bucket it belongs to and keeps the tightest for the headers in `into`. Throws 429 from the
 * first that is full, 503 when the store is down and the operation must not go uncounted.
 */
export async function limit<Db, P extends Principal>(
  compiled: Compiled,
  request: Incoming,
  principal: P,
  deps: Deps<Db, P>,
  into: Record<string, string>,
): Promise<void> {
  const { op } = compiled;
  const isPublic = op.auth === "public" || op.auth === "signed" || op.auth === "provider";
  const who = isPublic ? addressKey(request.address) : principal.id;
  const failClosed = op.limits.failClosed === true || compiled.maxCredits > 0;
  const buckets: [key: string, points: number, what: string][] = [];
  if (isPublic) buckets.push([`addr:${who}`, deps.limits.public, "Too many requests from this address"]);
  else buckets.push([`cred:${who}`, principal.perMinute, "Too many requests with this credential"]);
  if (op.limits.perMinute !== undefined) {
    const own = op.limits.perMinute * (deps.limits.operations ?? 1);
    buckets.push([`op:${op.id}:${who}`, own, `Too many ${op.id} requests`]);
  }
  if (!isPublic && deps.limits.organization > 0) {
    buckets.push([`org:${principal.organization}`, deps.limits.organization, "Too many requests of this organization"]);
  }
  let tightest: Taken | undefined;
  for (const [key, points, what] of buckets) {
    if (points === 0) continue;
    const taken = await take(deps.limiter, key, points, failClosed);
    if (!tightest || !taken.allowed || taken.remaining < tightest.remaining) tightest = taken;
    Object.assign(into, limitHeaders(tightest));
    if (!taken.allowed) throw rateLimited(taken, deps.clock(), what);
  }
}

async function take(limiter: Limiter, key: string, points: number, failClosed: boolean): Promise<Taken> {
  try {
    return await limiter.take(key, points, failClosed);
  } catch (error) {
    if (!(error instanceof LimiterUnavailable)) throw error;
    throw new ApiError(
      "SERVICE_UNAVAILABLE",
      "Requests cannot be counted right now, and this one must be: try again in 5 seconds",
      {
        headers: { "Retry-After": "5" },
      },
    );
  }
}

/** Throws 403 when the kind of credential, the plan, or a scope that the operation wants is missing; names what is missing. */
export function authorize<P extends Principal>(
  compiled: Compiled,
  principal: P,
  implied: Deps<unknown, P>["implied"],
): void {
  if (compiled.op.auth === "session" && principal.kind !== "session") {
    throw new ApiError("FORBIDDEN", "This needs a session: log in, no other credential will do", {
      headers: { "WWW-Authenticate": challenge("insufficient_scope") },
    });
  }
  const { tenantRefusal } = principal;
  if (tenantRefusal && (!tenantRefusal.scopedOnly || compiled.scopes.length > 0)) throw tenantRefusal.error;
  if (principal.planRefuses !== undefined) throw new ApiError("PLAN_LIMIT", principal.planRefuses);
  if (compiled.scopes.length === 0) return;
  const has = (wanted: string): boolean => {
    if (principal.scopes.has(wanted)) return true;
    for (const scope of principal.scopes) if (implied[scope]?.includes(wanted)) return true;
    return false;
  };
  const missing = compiled.scopes.filter((scope) => !has(scope));
  if (missing.length === 0 || (compiled.anyScope && missing.length < compiled.scopes.length)) return;
  const list = missing.join(compiled.anyScope ? " or " : ", ");
  throw new ApiError("FORBIDDEN", `The credential lacks the scope ${list}`, {
    details: { missing_scopes: missing },
    headers: { "WWW-Authenticate": challenge("insufficient_scope", missing.join(" ")) },
  });
}

/** Whether the credential of a request whose answer goes on would be let in again. Throws when that cannot be found out. */
export async function isStillGood<Db, P extends Principal>(
  compiled: Compiled,
  request: Incoming,
  before: P,
  deps: Deps<Db, P>,
): Promise<boolean> {
  try {
    const { principal } = await authenticate(compiled.op.auth, request, deps, undefined, false);
    authorize(compiled, principal, deps.implied);
    return principal.organization === before.organization;
  } catch (error) {
    if (error instanceof ApiError) return false;
    throw error;
  }
}

/**
 * Who sends a request that belongs to no operation, such as one of MCP: authenticated as for an operation, and counted in a
 * bucket of its own, of the credential's size. Throws 401, 429, and 403 where nothing at all is allowed.
 */
export async function identify<Db, P extends Principal>(
  request: Incoming,
  deps: Deps<Db, P>,
  bucket: string,
): Promise<P> {
  const { principal } = await authenticate("credential", request, deps, undefined, false);
  if (principal.perMinute > 0) {
    const taken = await take(deps.limiter, `${bucket}:${principal.id}`, principal.perMinute, false);
    if (!taken.allowed) throw rateLimited(taken, deps.clock(), "Too many requests with this credential");
  }
  if (principal.tenantRefusal) throw principal.tenantRefusal.error;
  if (principal.planRefuses !== undefined) throw new ApiError("PLAN_LIMIT", principal.planRefuses);
  return principal;
}

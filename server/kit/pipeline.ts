import type { Context as HonoContext } from "hono";
import { ApiError } from "../../spec/kit/errors.ts";
import { isAuthenticated } from "../../spec/kit/policy.ts";
import { errorOutcome, type Outcome, toResponse } from "./answer.ts";
import { authenticate, authorize, isStillGood, limit } from "./authorize.ts";
import type { Principal } from "./backend.ts";
import { ClientGone, readBody } from "./body.ts";
import type { Compiled } from "./compile.ts";
import { corsHeaders } from "./cors.ts";
import { newId } from "./ids.ts";
import { checkDeclaredLength, readInput } from "./input.ts";
import { type Mutation, mutate, transactionContext, unlessKept } from "./mutation.ts";
import { buildOutcome, ContractViolation, conditional } from "./outcome.ts";
import { byteRange } from "./range.ts";
import { type Incoming, openRequest } from "./request.ts";
import type { BaseContext, Deps } from "./runtime.ts";

/** What a request has shown of itself so far: for its headers and its log line, also when it fails half way. */
type Trace<P> = { principal: P | undefined; limitHeaders: Record<string, string> };

/**
 * The one composed function of an operation: every stage of design §3, in that order. What it returns is a Response; it
 * never throws.
 */
export function pipeline<Db, P extends Principal>(m: Mutation<Db, P>): (c: HonoContext) => Promise<Response> {
  const { compiled, deps } = m;
  return async (c) => {
    const started = performance.now();
    const request = openRequest(c, deps.clock(), deps.addressOf);
    const trace: Trace<P> = { principal: undefined, limitHeaders: {} };
    let outcome: Outcome;
    try {
      outcome = await stages(m, request, trace);
      if (isAuthenticated(compiled.op) && trace.principal && outcome.status < 400)
        deps.backend.used?.(trace.principal, deps.clock());
    } catch (error) {
      outcome = failure(error, compiled, request, deps);
    }
    // Nobody will read it, and so nobody would close what it holds.
    if (request.method === "HEAD" && outcome.body instanceof ReadableStream) {
      await outcome.body.cancel();
      outcome = { ...outcome, body: null };
    }
    const seconds = (performance.now() - started) / 1000;
    deps.observe(compiled.op.id, outcome.status, seconds);
    deps.log.info(line(compiled, request, trace, outcome, seconds), "request");
    const cors = corsHeaders(deps.cors, request.header("origin"));
    return toResponse(outcome, request.requestId, { ...deps.headers, ...cors, ...trace.limitHeaders });
  };
}

async function stages<Db, P extends Principal>(
  m: Mutation<Db, P>,
  request: Incoming,
  trace: Trace<P>,
): Promise<Outcome> {
  const { compiled, deps, steps } = m;
  checkDeclaredLength(compiled, request);
  // A provider signs the raw body, so that alone is read before it is known who asks.
  const raw = compiled.op.auth === "provider" ? await readBody(request, compiled.maxBytes) : undefined;
  // What is prepared may take as long as it likes: it holds no connection.
  const who = await authenticate(compiled.op.auth, request, deps, raw, compiled.isRead && !steps.prepare);
  try {
    const { principal } = who;
    trace.principal = principal;
    await limit(compiled, request, principal, deps, trace.limitHeaders);
    authorize(compiled, principal, deps.implied);
    const input = await readInput(compiled, request, raw);
    const base = contextOf(principal, request, deps);
    if (!compiled.isRead) return await mutate(m, { request, input, principal, base });
    const reader = {
      tenant: principal.organization,
      isGood: () => isStillGood(compiled, request, principal, deps),
    };
    const run = async (db: Db, prepared?: unknown) => {
      const { ctx } = transactionContext(deps, base, db);
      const replied = await steps.commit(input, ctx, prepared);
      return conditional(buildOutcome(compiled, replied, request, m.options, reader), request);
    };
    const read = <T>(work: (db: Db) => Promise<T>) => deps.backend.read(principal, work);
    if (!steps.prepare) return await (who.db === undefined ? read(run) : run(who.db));
    const prepared = await steps.prepare(input, { ...base, read });
    return await unlessKept(m, { request }, prepared, () => read((db) => run(db, prepared)));
  } finally {
    who.release();
  }
}

function contextOf<Db, P extends Principal>(principal: P, request: Incoming, deps: Deps<Db, P>): BaseContext<P> {
  return {
    principal,
    org: principal.organization,
    requestId: request.requestId,
    address: request.address,
    log: deps.log,
    now: deps.clock,
    newId: (prefix) => newId(prefix, deps.clock()),
    // Ranges are defined for GET alone (RFC 9110 §14.2).
    range: (size) => (request.method === "GET" ? byteRange(request.header, size) : undefined),
    lastEventId: request.header("last-event-id"),
  };
}

/** Any error as the answer it deserves. A 500 says nothing but the request id; its cause is in the log. */
function failure<Db, P extends Principal>(
  error: unknown,
  compiled: Compiled,
  request: Incoming,
  deps: Deps<Db, P>,
): Outcome {
  if (error instanceof ApiError) return errorOutcome(error, request.requestId);
  const facts = { request_id: request.requestId, operation: compiled.op.id, ...errorFacts(error) };
  if (error instanceof ClientGone) {
    deps.log.info(facts, "the client left before its request was whole");
    const gone = new ApiError("VALIDATION_ERROR", "The request broke off", { headers: { Connection: "close" } });
    return errorOutcome(gone, request.requestId);
  }
  if (deps.backend.isUnavailable(error)) {
    deps.log.error(facts, "the store cannot be reached");
    const down = new ApiError(
      "SERVICE_UNAVAILABLE",
      "The server cannot reach its data right now: try again in a second",
      {
        headers: { "Retry-After": "1" },
      },
    );
    return errorOutcome(down, request.requestId);
  }
  deps.log.error(facts, error instanceof ContractViolation ? "an answer broke the contract" : "a handler failed");
  return errorOutcome(new ApiError("INTERNAL_ERROR", "The server failed. Report the request id"), request.requestId);
}

/** What a log may know of an error. PostgreSQL's `detail` is left out: it quotes values. */
function errorFacts(error: unknown): object {
  if (!(error instanceof Error)) return { error: String(error) };
  const { code } = error as { code?: unknown };
  return { error: error.message, stack: error.stack, ...(typeof code === "string" ? { error_code: code } : {}) };
}

function line<P extends Principal>(
  compiled: Compiled,
  request: Incoming,
  trace: Trace<P>,
  outcome: Outcome,
  seconds: number,
) {
  const { principal } = trace;
  return {
    request_id: request.requestId,
    operation: compiled.op.id,
    method: request.method,
    path: compiled.op.path,
    status: outcome.status,
    ms: Math.round(seconds * 100_000) / 100,
    address: request.address,
    ...(principal
      ? { principal: principal.id, principal_kind: principal.kind, organization: principal.organization }
      : {}),
    ...(outcome.code ? { code: outcome.code } : {}),
  };
}

import type { Hono, Context as HonoContext } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { checkContract } from "../../spec/kit/checks.ts";
import { ApiError } from "../../spec/kit/errors.ts";
import { isOperation, type Operation, type Policy } from "../../spec/kit/operation.ts";
import { maxCredits } from "../../spec/kit/policy.ts";
import { errorOutcome, toResponse } from "./answer.ts";
import { identify } from "./authorize.ts";
import type { Principal } from "./backend.ts";
import { compile } from "./compile.ts";
import { corsHeaders, preflightHeaders } from "./cors.ts";
import type { Handlers } from "./handlers.ts";
import type { OutcomeOptions } from "./outcome.ts";
import { pipeline } from "./pipeline.ts";
import { openRequest } from "./request.ts";
import { type Context, type Deps, stepsOf } from "./runtime.ts";
import { Streams } from "./streams.ts";

/** A contract with its handlers, ready to be put on a Hono app. */
export type Implementation<P extends Principal> = {
  /** Registers every operation under the base path: one function each, no middleware. */
  mount(app: Hono): void;
  /** Answers what no route took: 404, 405 with `Allow`, and OPTIONS. Give it to `app.notFound`. */
  notFound(c: HonoContext): Response;
  /** Who sends a request that is no operation's; `bucket` names where it is counted. Rejects with ApiError. */
  identify(c: HonoContext, bucket: string): Promise<P>;
};

const toHono = (path: string) => path.replace(/\{([a-z_]+)\}/g, ":$1");

/**
 * Binds handlers to a contract. The compiler has checked that every operation has its handler and that each answers what
 * it declares; at start this checks what only running code can know, and throws with the operation's name.
 */
export function implement<O extends Record<string, Policy>, Db, P extends Principal>(
  contract: O,
  handlers: Handlers<O, Context<Db, P>>,
  deps: Deps<Db, P>,
): Implementation<P> {
  const operations: Record<string, Operation> = {};
  for (const [id, op] of Object.entries(contract)) {
    if (!isOperation(op)) throw new Error(`"${id}" was not made by operation()`);
    if (maxCredits(op) > 0 && !deps.backend.credits)
      throw new Error(`${id} costs credits, but the backend has no ledger`);
    operations[id] = op;
  }
  checkContract(operations);
  const options: OutcomeOptions = {
    mode: deps.responses,
    base: deps.base,
    onExcess: deps.onExcess,
    onBroken: (operation, error) => deps.log.error({ operation, error: String(error) }, "an answer's stream broke off"),
    streams: new Streams(deps.streams),
  };
  const bound = new Map(
    Object.entries(operations).map(([id, op]) => {
      const steps = stepsOf<Db, P>(op, (handlers as Record<string, unknown>)[id]);
      const compiled = compile(operations, op);
      if ((compiled.media === "multipart" || compiled.media === "octets") && !steps.prepare) {
        throw new Error(`${id} streams its body: read it in prepare of twoSteps(), not while a transaction is open`);
      }
      return [id, { compiled, steps }] as const;
    }),
  );
  const allowed = methodsByPath(operations, deps.base);
  return {
    mount(app) {
      for (const [method, path] of shadowed(operations, deps.base, allowed)) {
        app.on(method, path, (c) => unrouted(c, allowed, deps));
      }
      for (const { compiled, steps } of inRoutingOrder([...bound.values()])) {
        const reader = compiled.reader && bound.get(compiled.reader.id);
        const run = pipeline({ compiled, steps, reader, deps, options });
        app.on(compiled.op.method.toUpperCase(), deps.base + toHono(compiled.op.path), run);
      }
    },
    notFound: (c) => unrouted(c, allowed, deps),
    identify: (c, bucket) => identify(openRequest(c, deps.clock(), deps.addressOf), deps, bucket),
  };
}

/** Literal paths before templates: `/brands/reorder` is not a brand's id. */
function inRoutingOrder<T extends { compiled: { op: Operation } }>(all: T[]): T[] {
  const key = (path: string) => path.replace(/\{[^}]+\}/g, "\uffff");
  return all.sort((a, b) => (key(a.compiled.op.path) < key(b.compiled.op.path) ? -1 : 1));
}

/** Finds the methods of a path as a list for `Allow`; undefined where there is no such path. */
type Allowed = (path: string) => string | undefined;

/** A concrete path is matched before a template that fits it too (OpenAPI 3.1 §4.8.8.1), also for what it lacks. */
function methodsByPath(contract: Record<string, Operation>, base: string): Allowed {
  const byPath = new Map<string, Set<string>>();
  for (const op of Object.values(contract)) {
    const path = base + op.path;
    const methods = byPath.get(path) ?? new Set(["OPTIONS"]);
    methods.add(op.method.toUpperCase());
    if (op.method === "get") methods.add("HEAD");
    byPath.set(path, methods);
  }
  const literal = new Map<string, string>();
  const router = new TrieRouter<string>();
  for (const [path, methods] of byPath) {
    const list = [...methods].sort().join(", ");
    if (path.includes("{")) router.add("ALL", toHono(path), list);
    else literal.set(path, list);
  }
  return (path) => literal.get(path) ?? router.match("ALL", path)[0][0]?.[0];
}

/** Requests that a template would take although a concrete path stands there without that method: 405, not an id. */
function shadowed(
  contract: Record<string, Operation>,
  base: string,
  allowed: Allowed,
): [method: string, path: string][] {
  const all = Object.values(contract);
  const templates = all.filter((op) => op.path.includes("{"));
  const literals = new Set(all.map((op) => op.path).filter((path) => !path.includes("{")));
  return [...literals].flatMap((path) =>
    templates
      .filter((op) => new RegExp(`^${op.path.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path))
      .map((op): [string, string] => [op.method.toUpperCase(), base + path])
      .filter(([method, at]) => !allowed(at)?.split(", ").includes(method)),
  );
}

function unrouted<Db, P extends Principal>(c: HonoContext, allowed: Allowed, deps: Deps<Db, P>): Response {
  const request = openRequest(c, deps.clock(), deps.addressOf);
  const cors = { ...deps.headers, ...corsHeaders(deps.cors, request.header("origin")) };
  const methods = allowed(request.path);
  if (methods !== undefined && request.method === "OPTIONS") {
    const preflight = !("Access-Control-Allow-Origin" in cors)
      ? {}
      : preflightHeaders(methods, deps.requestHeaders ?? []);
    return toResponse({ status: 204, headers: { Allow: methods, ...preflight }, body: null }, request.requestId, cors);
  }
  const error =
    methods === undefined
      ? new ApiError("NOT_FOUND", `There is nothing at ${request.path}`)
      : new ApiError("METHOD_NOT_ALLOWED", `${request.path} allows ${methods}`, { headers: { Allow: methods } });
  const outcome = errorOutcome(error, request.requestId);
  const { requestId, method, address } = request;
  // The path is the client's own text: it is cut, and no label of a metric.
  const path = request.path.slice(0, 200);
  deps.observe("none", outcome.status, 0);
  deps.log.info({ request_id: requestId, method, path, status: outcome.status, address, code: error.code }, "request");
  return toResponse(outcome, requestId, cors);
}

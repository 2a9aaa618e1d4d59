import { methodsAt } from "../../api.ts";
import { type DocumentedOperation, operationsAt } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import { shown } from "./compare.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"];

export const unsupportedMethod: Check = {
  name: "unsupported_method",
  about: "A method that a path does not have is a 405 that names those it has, and does nothing",
  applies: (op, run) => run.api.operations.find(({ path }) => path === op.path) === op,
  async run(op, run) {
    const { draft } = await run.world.draft(op);
    const allowed = new Set(operationsAt(run.api.operations, op.path).map(({ method }) => method));
    const documented = methodsAt(run.api, op.path);
    for (const method of METHODS) {
      // fetch cannot send TRACE; where it can be sent, it is refused like the others.
      if (allowed.has(method) || method === "TRACE") continue;
      const { body: _without, ...bare } = draft;
      const exchange = await run.send(op, { ...bare, method, query: [] }, run.cast.owner(op));
      if (exchange.status !== 405) {
        run.report(this.name, op, { expected: `405 for ${method}`, seen: String(exchange.status) }, [exchange]);
        continue;
      }
      const allow = (exchange.headers.get("allow") ?? "").split(",").map((one) => one.trim().toUpperCase());
      const absent = [...allowed].filter((one) => !allow.includes(one));
      const extra = allow.filter((one) => one !== "" && !documented.includes(one));
      // RFC 9110 §10.2.1: the methods that it supports; of one that no document lists, the server itself says whether it does.
      const hasHead = allowed.has("GET") && !allow.includes("HEAD") && (await answersHead(op, run));
      if (hasHead) {
        const expected = "Allow with HEAD, which the path answers";
        run.report("allow_header", op, { expected, seen: `Allow: ${allow.join(", ")}` }, [exchange]);
      }
      if (absent.length + extra.length > 0) {
        const expected = `Allow: ${documented.join(", ")}`;
        run.report("allow_header", op, { expected, seen: `Allow: ${allow.join(", ")}` }, [exchange]);
      }
    }
  },
};

/** Whether HEAD is a method of the operation's path. */
async function answersHead(op: DocumentedOperation, run: Run): Promise<boolean> {
  const reader = operationsAt(run.api.operations, op.path).find(({ method }) => method === "GET");
  if (!reader) return false;
  const { draft } = await run.world.draft(reader);
  const { status } = await run.send(reader, { ...draft, method: "HEAD" }, run.cast.owner(reader));
  return status < 300;
}

/** What servers and frameworks leave open. */
const COMMON = [
  "/debug",
  "/_debug",
  "/debug/pprof",
  "/actuator",
  "/actuator/env",
  "/env",
  "/.env",
  "/.git/config",
  "/admin",
  "/internal",
  "/phpinfo.php",
  "/server-status",
  "/console",
  "/graphql",
  "/swagger",
  "/api-docs",
  "/metrics",
  "/trace",
  "/dump",
  "/config",
  "/test",
  "/__debug__",
  "/rails/info",
  "/_profiler",
];
const SUFFIXES = ["/debug", "/all", "/export", "/admin", "/internal", "/raw", "/dump", ".json", "/_search", "/count"];

/** Paths that the document suggests without having them. */
function suggested(run: Run, path: string): string[] {
  const known = (one: string) => operationsAt(run.api.operations, one).length > 0;
  const parents = path.split("/").map((_, at, parts) => parts.slice(0, at + 1).join("/"));
  const filled = parents.filter((one) => one !== "" && !one.includes("{"));
  const versions = filled.flatMap((one) =>
    /\/v\d+/.test(one) ? [one.replace(/\/v\d+/, "/v0"), one.replace(/\/v\d+/, "/internal")] : [],
  );
  return [...filled, ...filled.flatMap((one) => SUFFIXES.map((suffix) => one + suffix)), ...versions].filter(
    (one) => !known(one),
  );
}

const answers = new WeakMap<Run, Promise<Exchange>>();

/** The answer to a path that nobody would have made, where it is not a 404: then no path tells anything. */
async function answersNonsense(run: Run): Promise<Exchange | undefined> {
  const draft: Draft = { method: "GET", path: "/no-such-path-4711", query: [], headers: {} };
  const asked = answers.get(run) ?? run.send(undefined, draft, run.cast.all[0]);
  answers.set(run, asked);
  const exchange = await asked;
  return exchange.status === 404 ? undefined : exchange;
}

export const hiddenEndpoint: Check = {
  name: "hidden_endpoint",
  about: "What the document does not have, the server does not have: no debug page, no undocumented neighbour",
  applies: (op, run) => run.api.operations.find(({ path }) => path === op.path) === op,
  async run(op, run) {
    const nonsense = await answersNonsense(run);
    if (nonsense) {
      run.report(this.name, undefined, { expected: "404 for a path of no meaning", seen: shown(nonsense) }, [nonsense]);
      return;
    }
    const first = run.api.operations[0] === op;
    const paths = [...new Set([...suggested(run, op.path), ...(first ? COMMON : [])])];
    for (const path of paths) {
      for (const method of ["GET", "POST"]) {
        const draft: Draft = { method, path, query: [], headers: {} };
        const exchange = await run.send(undefined, draft, run.cast.owner(op));
        // 401 and 403 say that something stands there, and so does 405: it has other methods.
        if (exchange.status === 404) continue;
        run.report(this.name, undefined, { expected: `404 for ${method} ${path}`, seen: String(exchange.status) }, [
          exchange,
        ]);
      }
    }
  },
};

export const headLikeGet: Check = {
  name: "head_like_get",
  about: "HEAD answers as GET does, without the body (RFC 9110 §9.3.2)",
  applies: (op) => op.method === "GET",
  async run(op, run) {
    const { draft } = await run.world.draft(op);
    const who = run.cast.owner(op);
    const head = await run.send(op, { ...draft, method: "HEAD" }, who);
    // Where a server has no HEAD it says so; that is its right.
    if (head.status === 405 || head.status === 501) return;
    const get = await run.send(op, draft, who);
    if (head.status !== get.status) {
      run.report(this.name, op, { expected: String(get.status), seen: String(head.status) }, [head]);
    }
  },
};

export const corsPreflight: Check = {
  name: "cors_preflight",
  about: "A preflight needs no credential, and a strange origin is not let in with credentials (Fetch §3.2)",
  applies: (op, run) => run.api.operations.find(({ path }) => path === op.path) === op,
  async run(op, run) {
    const { draft } = await run.world.draft(op);
    const headers = { origin: "https://evil.example", "access-control-request-method": op.method };
    const { body: _without, ...bare } = draft;
    const exchange = await run.send(op, { ...bare, method: "OPTIONS", query: [], headers }, undefined);
    if (exchange.status === 401 || exchange.status === 403) {
      run.report(this.name, op, { expected: "an answer without a credential", seen: String(exchange.status) }, [
        exchange,
      ]);
    }
    const origin = exchange.headers.get("access-control-allow-origin");
    const withCredentials = exchange.headers.get("access-control-allow-credentials") === "true";
    if (withCredentials && (origin === "https://evil.example" || origin === "*")) {
      const expected = "no credentials for an origin that nobody named";
      run.report(this.name, op, { expected, seen: `Access-Control-Allow-Origin: ${origin}` }, [exchange]);
    }
  },
};

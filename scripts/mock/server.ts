import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { docsSite } from "../../server/docs/site.ts";
import { errorOutcome } from "../../server/kit/answer.ts";
import { ClientGone } from "../../server/kit/body.ts";
import type { Incoming } from "../../server/kit/request.ts";
import { ApiError, type Issue, validationError } from "../../spec/kit/errors.ts";
import { UsageError } from "../usage.ts";
import { allowed, basePath, type Contract, type Match, router } from "./contract.ts";
import { asList, follower } from "./follow.ts";
import { type Answer, open, preflight, send } from "./http.ts";
import { type Mocked, preferencesOf, prism } from "./prism.ts";
import { authenticate, bodyOf, checkDeclaredLength, routeOf } from "./request.ts";
import { validator } from "./validate.ts";

/** A running mock: where it is, and how to end it. */
export type MockServer = { url: string; close(): Promise<void> };

/** Where the resource of an answer would be: the nearest path above the request's that has a GET for its id. */
function locationOf(pathname: string, body: unknown, find: (path: string) => Match | undefined): string {
  const id = typeof body === "object" && body !== null && "id" in body ? String(body.id) : "";
  for (let parent = pathname; id && parent.includes("/"); parent = parent.slice(0, parent.lastIndexOf("/"))) {
    const address = `${parent}/${encodeURIComponent(id)}`;
    if (find(address)?.routes.get) return address;
  }
  return pathname;
}

const WINDOW_SECONDS = 60;

/** Puts right what headers of the document's examples would tell a client that believes them. `now` in milliseconds. */
function present({ status, headers }: Mocked, now: number): void {
  delete headers["idempotent-replayed"];
  if (headers["x-ratelimit-reset"] === undefined) return;
  const seconds = Math.floor(now / 1000);
  headers["x-ratelimit-reset"] = String(seconds - (seconds % WINDOW_SECONDS) + WINDOW_SECONDS);
  if (status === 429) headers["x-ratelimit-remaining"] = "0";
}

function write({ status, headers, body }: Mocked, id: string): Answer {
  if (status === 401) headers["www-authenticate"] ??= "Bearer";
  if (body === undefined || body === null) return { status, headers };
  if (headers["content-type"] === "application/json") headers["content-type"] += "; charset=utf-8";
  const type = headers["content-type"] ?? "";
  if (type.startsWith("text/event-stream")) return { status, headers, body: `data: ${JSON.stringify(body)}\n\n` };
  if (!type.includes("json")) return { status, headers, body: String(body) };
  const error = typeof body === "object" && "error" in body ? body.error : undefined;
  // An example's request id would name no request: the envelope carries the one that the header does.
  if (status >= 400 && typeof error === "object" && error !== null) {
    return { status, headers, body: JSON.stringify({ error: { ...error, request_id: id } }) };
  }
  return { status, headers, body: JSON.stringify(body) };
}

/**
 * Starts the mock of a contract: Prism's answers behind the live server's order of refusals (404, 405, 413, 401, 415,
 * 413, 400), in its envelope. `port` 0 takes a free one. Throws a UsageError when the port is taken.
 */
export async function startMock(
  contract: Contract,
  options: { host?: string; port?: number } = {},
): Promise<MockServer> {
  const { host = "127.0.0.1", port = 4010 } = options;
  const mock = await prism(contract);
  const find = router(contract);
  const issuesOf = validator(contract);
  const follow = follower(contract);
  let url = "";
  const site = docsSite(contract, () => url, "Reelmark (mock)");
  const base = basePath(contract);

  const answer = async (request: Incoming): Promise<Answer> => {
    const { method, path, search, header } = request;
    const file = site.get(path);
    if (file && (method === "GET" || method === "HEAD")) {
      return file({ acceptEncoding: header("accept-encoding"), ifNoneMatch: header("if-none-match") });
    }
    const match = find(path);
    if (method === "OPTIONS" && match) {
      const allow = allowed(match);
      return { status: 204, headers: { allow, ...preflight(request, allow) } };
    }
    const route = routeOf(match, request);
    checkDeclaredLength(route, request);
    authenticate(route, request);
    const issues: Issue[] = [];
    const body = await bodyOf(route, request, issues);
    issues.push(...issuesOf(route, { search, header, body }));
    if (issues.length > 0) throw validationError(issues);
    const preferences = preferencesOf(header("prefer"));
    const mocked = await mock(
      { method: route.method, path: path.slice(base.length), accept: header("accept") },
      preferences,
    );
    if (mocked.status < 300)
      mocked.body = preferences.dynamic ? asList(mocked.body) : follow(route, search, mocked.body);
    present(mocked, Date.now());
    if (mocked.headers.location !== undefined) mocked.headers.location = locationOf(path, mocked.body, find);
    return write(mocked, request.requestId);
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const incoming = open(request);
    const { requestId } = incoming;
    try {
      send(request, response, requestId, await answer(incoming));
    } catch (error) {
      if (error instanceof ClientGone) return;
      const known = error instanceof ApiError;
      if (!known) process.stderr.write(`${requestId} ${error instanceof Error ? error.stack : String(error)}\n`);
      const shown = known ? error : new ApiError("INTERNAL_ERROR", "The mock failed; its terminal says why");
      const { status, headers, body } = errorOutcome(shown, requestId);
      send(request, response, requestId, { status, headers, body: String(body) });
    }
  };
  const server = createServer((request, response) => void respond(request, response));
  server.listen(port, host);
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE")
      throw new UsageError(`Port ${port} is taken: stop what uses it, or choose another with --port`);
    throw new UsageError(
      `The mock cannot listen on ${host}:${port} (${error.message}): choose another with --host or --port`,
    );
  });
  // A server that listens on TCP has an address object, never a pipe's name or null.
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  url = `http://${name}:${address.port}`;
  return {
    url,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { newId } from "../../server/kit/ids.ts";
import type { Incoming } from "../../server/kit/request.ts";

/** Headers that let a page of any origin call the mock. It guards nothing, so it is open where the live server is not. */
const CORS = { "access-control-allow-origin": "*", "access-control-expose-headers": "*" };

/** A request of node:http as the live server's own stages read it. `X-Request-Id` is kept when it is well formed. */
export function open(request: IncomingMessage): Incoming {
  const header = (name: string) => request.headers[name]?.toString();
  const given = header("x-request-id");
  const url = request.url ?? "/";
  const [path = "/"] = url.split("?");
  return {
    requestId: given !== undefined && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : newId("req", Date.now()),
    method: request.method ?? "GET",
    path,
    search: url.slice(path.length),
    url,
    address: request.socket.remoteAddress ?? "",
    header,
    stream: request,
    param: () => "",
  };
}

/** What a preflight wants to hear (Fetch §3.2.3): everything it asks for, `Prefer` included. Empty for other requests. */
export function preflight({ header }: Incoming, allow: string): Record<string, string> {
  if (header("access-control-request-method") === undefined) return {};
  return {
    "access-control-allow-methods": allow,
    "access-control-allow-headers": header("access-control-request-headers") ?? "*",
    "access-control-max-age": "600",
  };
}

/** An answer before it is written. `body` is text or bytes, already in its media type. */
export type Answer = { status: number; headers?: Record<string, string>; body?: string | Uint8Array | null };

/** Writes an answer, with the headers that every answer has. HEAD gets the headers of GET (RFC 9110 §9.3.2). */
export function send(request: IncomingMessage, response: ServerResponse, id: string, answer: Answer): void {
  const { status, headers = {}, body } = answer;
  const all: Record<string, string> = { ...headers, ...CORS, "x-request-id": id };
  const empty = status === 204 || status === 304;
  if (!empty) all["content-length"] = String(body ? Buffer.byteLength(body) : 0);
  response.writeHead(status, all);
  response.end(empty || !body ? undefined : body); // on HEAD node:http itself holds the body back
  request.resume(); // a body that nobody read would keep the answer from those who send before they listen
}

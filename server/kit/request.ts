import type { IncomingMessage } from "node:http";
import type { Context } from "hono";
import { newId } from "./ids.ts";

/** One request as the pipeline sees it: Hono's context read once, through the faster way that Node offers. */
export type Incoming = {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** The query string with its `?`, or empty. */
  readonly search: string;
  readonly url: string;
  readonly address: string;
  readonly header: (name: string) => string | undefined;
  /** The body, unread: Node's stream where there is one (reading the web stream costs half the throughput). */
  readonly stream: IncomingMessage | ReadableStream<Uint8Array> | null;
  readonly param: (name: string) => string;
};

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Node's request behind a Hono context, when @hono/node-server serves it. */
export function nodeRequest(c: Context): IncomingMessage | undefined {
  // `env` is whatever the runtime passes; only node-server's has an `incoming`.
  return (c.env as { incoming?: IncomingMessage } | undefined)?.incoming;
}

/** Bindings of a request that this very process makes on behalf of a client: no client can set them. */
export type InProcess = { readonly clientAddress: string };

/** Reads what every stage needs. `addressOf` decides whom to believe about the client's address. */
export function openRequest(
  c: Context,
  nowMs: number,
  addressOf: (incoming: IncomingMessage | undefined) => string,
): Incoming {
  const incoming = nodeRequest(c);
  const header = incoming
    ? (name: string) => {
        const value = incoming.headers[name];
        return Array.isArray(value) ? value.join(", ") : value;
      }
    : (name: string) => c.req.raw.headers.get(name) ?? undefined;
  const given = header("x-request-id");
  const url = c.req.url;
  const at = url.indexOf("?");
  const hash = url.indexOf("#");
  const end = hash < 0 ? url.length : hash;
  return {
    requestId: given !== undefined && REQUEST_ID.test(given) ? given : newId("req", nowMs),
    method: c.req.method,
    path: c.req.path,
    search: at < 0 ? "" : url.slice(at, end),
    url,
    address: (c.env as Partial<InProcess> | undefined)?.clientAddress ?? addressOf(incoming),
    header,
    get stream() {
      return incoming ?? c.req.raw.body;
    },
    param: (name) => c.req.param(name) ?? "",
  };
}

/** The address as limits count it: an IPv6 client holds a /64, so that is one client. */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  if (address.startsWith("::ffff:")) return address.slice(7);
  const [head = "", tail] = address.split("::");
  const groups = head.split(":").filter(Boolean);
  if (tail !== undefined) {
    const last = tail.split(":").filter(Boolean);
    while (groups.length + last.length < 8) groups.push("0");
    groups.push(...last);
  }
  return `${groups.slice(0, 4).join(":")}::/64`;
}

import type { Readable } from "node:stream";
import { addressPolicy, type Cidr } from "./addresses.ts";
import { OutboundError } from "./errors.ts";
import { type Exchange, failureOf, limitedBody, openExchange, readBody } from "./exchange.ts";
import { type Hop, hop, type Wiring } from "./hop.ts";
import { dnsResolver, type Resolve } from "./resolve.ts";
import { checkOutboundUrl, readTarget } from "./urls.ts";

// What a resource needs of this folder comes from here alone, as from every other resource.
export { checkOutboundUrl, OutboundError };

export type OutboundRequest = {
  readonly url: string;
  /** GET by default. */
  readonly method?: "GET" | "HEAD" | "POST";
  /** Names in any case. Those of the connection, and Accept-Encoding, are set here. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Most redirects that are followed, 5 by default; with 0 a redirect is an answer like any other. Never of a POST. */
  readonly redirects?: number;
  /** Of each hop, in milliseconds, until its connection is made: DNS, TCP and TLS. 10,000 by default. */
  readonly connectMs?: number;
  /** Of everything, in milliseconds, until the last byte was read. */
  readonly totalMs: number;
  /** Most bytes of the body as they come. */
  readonly maxBytes: number;
  /** Most bytes of the body after decompression; `maxBytes` by default. */
  readonly maxDecodedBytes?: number;
  /** Of the answer only its head counts: the body is neither judged by its length nor decoded, and `maxBytes` unused. */
  readonly ignoreBody?: boolean;
  /** Ends the exchange; what was awaited rejects with its reason. */
  readonly signal?: AbortSignal;
};

export type OutboundResponse = {
  readonly status: number;
  /** By lower-case name; one that came several times is joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** The whole body, decompressed. Like `stream` it can be read once. */
  bytes(): Promise<Buffer>;
  readonly stream: AsyncIterable<Uint8Array>;
  /** Closes the connection without reading on. What is neither read nor discarded is closed after `totalMs`. */
  discard(): Promise<void>;
};

export type Outbound = {
  /**
   * One request to a URL that somebody else wrote. Addresses are checked at every hop and connections pinned to them.
   * Rejects with OutboundError, whose `message` may be shown to the tenant, or with the reason of `signal`; reading the
   * body does likewise.
   */
  request(options: OutboundRequest): Promise<OutboundResponse>;
  /** Ends what is under way and accepts no more; settles when every connection is closed. */
  close(): Promise<void>;
};

export type OutboundOptions = {
  /** Ranges that are allowed though they are not public: OUTBOUND_ALLOW. */
  readonly allow: readonly Cidr[];
  readonly userAgent: string;
  /** The system's name servers by default. */
  readonly resolve?: Resolve;
  /** Certificate authorities (PEM) instead of those that Node comes with. */
  readonly ca?: string;
  /** Addresses of this machine, refused like private ones; asked of the system by default. */
  readonly ownAddresses?: () => readonly string[];
};

const REDIRECTS = [301, 302, 303, 307, 308];
const MAX_REDIRECTS = 5;
const CONNECT_MS = 10_000;
/** Of the connection, not of the request: a caller that sets one has mistaken this for a proxy. */
const OURS =
  /^(host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect|accept-encoding|proxy-.*)$/;
/** What may follow to another origin: whatever else a caller sends may be a secret between it and the first one. */
const TRAVELS = ["accept", "accept-language", "if-modified-since", "if-none-match", "range", "user-agent"];

const stopping = () => new OutboundError("network", { message: "This server is stopping." });

function requestHeaders(given: Readonly<Record<string, string>>, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": userAgent, accept: "*/*" };
  for (const [name, value] of Object.entries(given)) {
    if (OURS.test(name.toLowerCase())) throw new TypeError(`The header ${name} is set by the outbound folder`);
    headers[name.toLowerCase()] = value;
  }
  return headers;
}

function afterRedirect(headers: Readonly<Record<string, string>>, from: URL, to: URL): Record<string, string> {
  const keep = Object.entries(headers).filter(([name]) => from.origin === to.origin || TRAVELS.includes(name));
  return Object.fromEntries(keep);
}

/** The answer for its reader. */
function response(answer: Hop, url: string, body: Readable, exchange: Exchange): OutboundResponse {
  const stream = readBody(body, exchange);
  return {
    status: answer.status,
    headers: answer.headers,
    url,
    bytes: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    stream,
    discard: () => exchange.end(),
  };
}

/**
 * Opens the one way out for URLs that tenants write: feeds, imports, webhooks. It keeps no cookies and no connections.
 * An https URL may redirect to an http one, as media hosts do; only harmless headers go along to another origin.
 */
export function openOutbound(options: OutboundOptions): Outbound {
  const policy = addressPolicy(options.allow, options.ownAddresses);
  const wiring: Wiring = { policy, resolve: options.resolve ?? dnsResolver(), ca: options.ca };
  const live = new Set<Exchange>();
  let closed = false;

  const follow = async (request: OutboundRequest, sent: Record<string, string>, exchange: Exchange) => {
    const { method = "GET", body, connectMs = CONNECT_MS } = request;
    const redirects = method === "POST" ? 0 : (request.redirects ?? MAX_REDIRECTS);
    let headers = sent;
    let { url, addresses } = readTarget(request.url, policy);
    for (let followed = 0; ; followed += 1) {
      const answer = await hop({ url, addresses }, { method, headers, body, connectMs }, wiring, exchange);
      const { location } = answer.headers;
      if (redirects === 0 || !REDIRECTS.includes(answer.status) || location === undefined) return { answer, url };
      await answer.close();
      if (followed === redirects) throw new OutboundError("redirects");
      const next = readTarget(location, policy, url);
      headers = afterRedirect(headers, url, next.url);
      ({ url, addresses } = next);
    }
  };

  return {
    request: async (request) => {
      if (closed) throw stopping();
      request.signal?.throwIfAborted();
      const headers = requestHeaders(request.headers ?? {}, options.userAgent);
      const exchange = openExchange(request.totalMs, request.signal);
      live.add(exchange);
      void exchange.ended.finally(() => live.delete(exchange));
      try {
        const { answer, url } = await follow(request, headers, exchange);
        exchange.hold(answer);
        // Aborted between the head of the answer and here: nobody else would close it.
        exchange.signal.throwIfAborted();
        const body = request.ignoreBody ? answer.body : limitedBody(request.method ?? "GET", answer, request);
        return response(answer, url.href, body, exchange);
      } catch (error) {
        await exchange.end();
        throw failureOf(exchange, error);
      }
    },
    close: async () => {
      closed = true;
      const open = [...live];
      for (const exchange of open) exchange.abort(stopping());
      await Promise.all(open.map(({ ended }) => ended));
    },
  };
}

import ipaddr from "ipaddr.js";
import {
  type Outbound,
  OutboundError,
  type OutboundRequest,
  type OutboundResponse,
} from "../../server/outbound/service.ts";
import { type Invented, invented } from "./channels.ts";
import type { Outbox } from "./outbox.ts";

/** How much of a body is kept to be shown, in characters. */
const SHOWN = 65_536;

/** The ranges that are not the internet: in a sandbox they may be reached, and requests to them really go there. */
export const PRIVATE_RANGES =
  "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,::1/128,fc00::/7,fe80::/10";

/** Whether a URL is of this machine or its private network. No name but localhost is: none is resolved. */
function isNear({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost" || host.endsWith(".localhost")) return true;
  return ipaddr.isValid(host) && ipaddr.parse(host).range() !== "unicast";
}

/** What the invented internet answers. Throws OutboundError where it is told to fail. */
function answerTo(url: URL, { method, headers = {} }: OutboundRequest): Invented {
  if (url.hostname.endsWith(".invalid")) throw new OutboundError("dns");
  if (url.pathname.endsWith("/timeout")) throw new OutboundError("timeout");
  const status = Number(/\/status\/([2-5]\d\d)$/.exec(url.pathname)?.[1] ?? 0);
  if (status !== 0) return { status, headers: {}, body: Buffer.alloc(0) };
  if (method === "POST") {
    return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from('{"received":true}') };
  }
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return invented(url, lower, Date.now());
}

function toResponse({ status, headers, body }: Invented, url: string): OutboundResponse {
  async function* stream() {
    yield new Uint8Array(body);
  }
  return { status, headers, url, bytes: async () => body, stream: stream(), discard: async () => {} };
}

const REDIRECTS = [301, 302, 303, 307, 308];
/** Most redirects that are followed unless a request says otherwise, as the real way out does. */
const MAX_REDIRECTS = 5;

const kindOf = ({ method }: OutboundRequest) => (method === "POST" ? "webhook" : "fetch");

/**
 * Wraps the way out: what goes to the internet is answered here, by a receiver that takes everything and by invented
 * channels; what goes to this machine or its private network really goes. Both are kept in the outbox.
 */
export function sandboxOutbound(outbox: Outbox): (direct: Outbound) => Outbound {
  return (direct) => {
    async function one(request: OutboundRequest): Promise<OutboundResponse> {
      const url = URL.parse(request.url);
      // Whatever is no URL is refused there, in the words that the live server has.
      if (url === null || !/^https?:$/.test(url.protocol)) return direct.request(request);
      const went = isNear(url) ? "there" : "here";
      const body = request.body === undefined ? null : Buffer.from(request.body).toString("utf8").slice(0, SHOWN);
      const facts = {
        kind: kindOf(request),
        went,
        method: request.method ?? "GET",
        url: url.href,
        headers: request.headers ?? {},
        body,
      } as const;
      try {
        request.signal?.throwIfAborted();
        const answer =
          went === "there"
            ? await direct.request({ ...request, redirects: 0 })
            : toResponse(answerTo(url, request), url.href);
        outbox.put("requests", { ...facts, status: answer.status, error: null });
        return answer;
      } catch (error) {
        outbox.put("requests", {
          ...facts,
          status: null,
          error: error instanceof Error ? error.message : String(error),
        });
        throw error;
      }
    }

    // Hop by hop, because a server on this machine may lead to the internet, which is answered here.
    async function follow(request: OutboundRequest, followed: number): Promise<OutboundResponse> {
      const { redirects = MAX_REDIRECTS, method = "GET" } = request;
      const answer = await one(request);
      const { location } = answer.headers;
      const leads = location !== undefined && REDIRECTS.includes(answer.status);
      if (!leads || method === "POST" || redirects === 0) return answer;
      await answer.discard();
      if (followed === redirects) throw new OutboundError("redirects");
      return follow({ ...request, url: URL.parse(location, answer.url)?.href ?? location }, followed + 1);
    }
    return { close: () => direct.close(), request: (request) => follow(request, 0) };
  };
}

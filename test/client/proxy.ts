import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a proxy does to one request. */
export type Fault =
  | "none"
  /** The connection breaks before the request arrives, or in the midst of its body. */
  | "refuse"
  | "half"
  /** The request is handled, and its answer lost, cut with an honest length, or cut with a length that fits. */
  | "lose"
  | "cut"
  | "short"
  /** The answer comes when the client has given up; or the request itself arrives only then. */
  | "slow"
  | "late"
  /** The request arrives twice, at once or one after the other; the second's answer is given. */
  | "twice"
  | "again"
  /** Somebody in between answers for the server: without asking it, or after. */
  | "429"
  | "503"
  | "502 after";

export const FAULTS: readonly Exclude<Fault, "none">[] = [
  "refuse",
  "half",
  "lose",
  "cut",
  "short",
  "slow",
  "late",
  "twice",
  "again",
  "429",
  "503",
  "502 after",
];

export type Proxy = {
  readonly url: string;
  /** How often each fault was done. */
  readonly done: Map<Fault, number>;
  /** Requests that were sent on while nobody waited for them any more. */
  readonly afterwards: Set<Promise<unknown>>;
  close(): Promise<void>;
};

type Upstream = (request: Request) => Promise<Response>;
type Whole = { readonly status: number; readonly headers: Headers; readonly body: Buffer };

/**
 * An HTTP proxy on loopback that does to each request what `choose` says, before a server that is a fetch function.
 * @param patience Milliseconds after which a client has given up.
 */
export async function faultyProxy(upstream: Upstream, choose: () => Fault, patience: number): Promise<Proxy> {
  const done = new Map<Fault, number>();
  const afterwards = new Set<Promise<unknown>>();
  const ask = async (request: IncomingMessage, body: Buffer | ReadableStream | null): Promise<Whole> => {
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string]);
    const init = { method: request.method ?? "GET", headers, ...(body === null ? {} : { body, duplex: "half" }) };
    const response = await upstream(new Request(`http://upstream${request.url}`, init as RequestInit));
    const { status, headers: answered } = response;
    return { status, headers: answered, body: Buffer.from(await response.arrayBuffer()) };
  };
  const give = (to: ServerResponse, { status, headers, body }: Whole, bytes = body) =>
    void to.writeHead(status, { ...Object.fromEntries(headers), "content-length": bytes.length }).end(bytes);
  const refuse = (to: ServerResponse, status: number) =>
    void to.writeHead(status, { "retry-after": "1", "content-type": "text/html" }).end("<h1>Not now</h1>");
  const later = (work: Promise<unknown>) => {
    const kept = work.catch(() => undefined).finally(() => afterwards.delete(kept));
    afterwards.add(kept);
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = choose();
    done.set(fault, (done.get(fault) ?? 0) + 1);
    if (fault === "refuse") return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const body = bytes.length > 0 ? bytes : null;
    if (fault === "429" || fault === "503") return refuse(response, Number(fault));
    if (fault === "half") {
      const broken = new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.subarray(0, bytes.length / 2));
          controller.error(new Error("broke off"));
        },
      });
      later(ask(request, broken));
      return void request.socket.destroy();
    }
    if (fault === "late") return later(sleep(patience * 1.5).then(() => ask(request, body)));
    if (fault === "again") await ask(request, body);
    const twin = fault === "twice" ? ask(request, body) : undefined;
    const answer = await ask(request, body);
    await twin;
    const half = answer.body.subarray(0, answer.body.length / 2);
    if (fault === "slow") await sleep(patience * 1.5);
    if (fault === "lose") return void request.socket.destroy();
    if (fault === "502 after") return refuse(response, 502);
    if (fault === "short") return give(response, answer, half);
    if (fault !== "cut") return give(response, answer);
    response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), "content-length": answer.body.length });
    response.write(half, () => request.socket.destroy());
  }

  const server = createServer((request, response) => {
    // A client that has given up closes its connection: what was meant for it goes nowhere.
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    // A TCP server that listens has an address of this form.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    done,
    afterwards,
    async close() {
      await Promise.all(afterwards);
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

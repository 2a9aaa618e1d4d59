import type { Server, ServerResponse } from "node:http";
import net, { type AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";

export type ServeOptions = {
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
};

export type Serving = {
  readonly url: string;
  readonly port: number;
  /** Takes no new connection, lets requests in flight end, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
};

/** Slow clients get this long to send their headers, and their whole request, in milliseconds. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 120_000;
/** How often Node looks for those that are late; by its default a client could have 30 s more. */
const CHECK_MS = 1_000;
/** While draining, an idle connection stays open this long: a request that is on its way is answered, not reset. */
const IDLE_MS = 250;

/** Serves a fetch function over HTTP/1.1. Rejects when the port is taken. */
export async function serve(options: ServeOptions): Promise<Serving> {
  // The adaptor's type also covers HTTP/2; without `createServer` it makes a plain HTTP server.
  const server = createAdaptorServer({
    fetch: options.fetch,
    serverOptions: { connectionsCheckingInterval: CHECK_MS },
  }) as Server;
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  server.keepAliveTimeout = 65_000;
  const answering = new Map<net.Socket, ServerResponse>();
  const state = { draining: false };
  server.prependListener("request", (request, response) => {
    if (!answering.has(request.socket)) request.socket.once("close", () => answering.delete(request.socket));
    answering.set(request.socket, response);
    if (state.draining) response.shouldKeepAlive = false;
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    port,
    close(graceMs) {
      state.draining = true;
      // Every answer from now on says `Connection: close`, so that its client does not send the next request here.
      for (const response of answering.values()) if (!response.headersSent) response.shouldKeepAlive = false;
      return drain(server, graceMs);
    },
  };
}

async function drain(server: Server, graceMs: number): Promise<void> {
  // http's own close() would cut idle connections at once, also those whose next request is already on its way.
  const closed = new Promise<void>((resolve) => net.Server.prototype.close.call(server, () => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), IDLE_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

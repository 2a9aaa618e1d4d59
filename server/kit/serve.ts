import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
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

/** Serves a fetch function over HTTP/1.1. Rejects when the port is taken. */
export async function serve(options: ServeOptions): Promise<Serving> {
  // The adaptor's type also covers HTTP/2; without `createServer` it makes a plain HTTP server.
  const server = createAdaptorServer({ fetch: options.fetch }) as Server;
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return { url: `http://${host}:${port}`, port, close: (graceMs) => drain(server, graceMs) };
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept-alive connection whose request has ended is idle from then on, and would hold the server open.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { type Cidr, parseCidr } from "../../server/outbound/addresses.ts";
import {
  OutboundError,
  type OutboundOptions,
  type OutboundRequest,
  openOutbound,
} from "../../server/outbound/service.ts";

/** The address that plays the open internet. Every other one of this machine must never see a connection. */
export const OUTSIDE = "127.0.0.2";

export function cidrs(...texts: string[]): Cidr[] {
  return texts.map((text) => {
    const cidr = parseCidr(text);
    if (!cidr) throw new Error(`${text} is no range`);
    return cidr;
  });
}

export function outboundTo(allow: readonly Cidr[], options: Partial<OutboundOptions> = {}) {
  return openOutbound({ allow, userAgent: "reelmark-test", ...options });
}

/** Limits that no test of something else runs into. */
export const AMPLE = { totalMs: 20_000, maxBytes: 1_000_000 } satisfies Partial<OutboundRequest>;

/** The code that a call fails with. Anything but an OutboundError is thrown on. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof OutboundError) return error.code;
  throw error ?? new Error("It should have failed, and did not");
}

export type Listening = {
  readonly port: number;
  /** Connections accepted so far. */
  accepted(): number;
  /** Settles when none is open. */
  idle(): Promise<void>;
  close(): Promise<void>;
};

async function listening(server: Server, host: string, port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    // A client that breaks off is what these tests are about.
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, "listening");
  return {
    // A TCP server that listens has an address of this form; only pipes have a string.
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    idle: async () => {
      // Not events.once, which takes the reset of a client for a failure of ours.
      for (const socket of sockets) await new Promise((resolve) => socket.once("close", resolve));
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Counts who connects, says nothing and hangs up. On `::` it hears every address of the machine. */
export function canary(host: string, port = 0): Promise<Listening> {
  return listening(
    createTcpServer((socket) => socket.end()),
    host,
    port,
  );
}

/** A server that says what it likes. It reads and drops what comes, or it would never learn that the client is gone. */
export function serveTcp(onSocket: (socket: Socket) => void): Promise<Listening> {
  return listening(
    createTcpServer((socket) => onSocket(socket.resume())),
    OUTSIDE,
  );
}

export async function serve(handler: RequestListener): Promise<Listening & { readonly url: string }> {
  const server = await listening(createServer(handler), OUTSIDE);
  return { ...server, url: `http://${OUTSIDE}:${server.port}` };
}

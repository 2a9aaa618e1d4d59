import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A port of the loopback address that nobody uses, for a server that must know its own address before it listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  // It listens on TCP, and so has an address object.
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

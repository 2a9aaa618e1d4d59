import type { IncomingMessage } from "node:http";
import proxyAddr from "proxy-addr";
import { socketAddress } from "./kit/answer.ts";

/** Reads the client's address: the socket's, or what trusted proxies say of it (X-Forwarded-For, read from the right). */
export function addressReader(trusted: readonly string[]): (incoming: IncomingMessage | undefined) => string {
  if (trusted.length === 0) return socketAddress;
  const trust = proxyAddr.compile([...trusted]);
  return (incoming) => (incoming ? proxyAddr(incoming, trust) : socketAddress(incoming));
}

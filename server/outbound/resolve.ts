import { promises as dns } from "node:dns";

/** Finds all addresses of a host name. Rejects when there are none, and when `signal` says so. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Of each question, in milliseconds: doubled at the second try, so 4.5 s in all. */
const TIMEOUT_MS = 1_500;
const TRIES = 2;

/**
 * Asks name servers directly (c-ares). Not `dns.lookup`: it holds one of the four threads that files, compression and
 * password hashes need too, until the name servers of a hostile domain deign to answer, and cannot be called off.
 * The hosts file is not read.
 * @param servers Name servers as `address:port`; those of the system by default.
 */
export function dnsResolver(servers?: readonly string[]): Resolve {
  return async (hostname, signal) => {
    signal.throwIfAborted();
    // One each, because `cancel` calls off every question of a resolver.
    const resolver = new dns.Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers) resolver.setServers([...servers]);
    const cancel = () => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
      signal.throwIfAborted();
      if (v4.status === "rejected" && v6.status === "rejected") throw v4.reason;
      return [v4, v6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}

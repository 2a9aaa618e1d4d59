import { isIPv6, type LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { Client } from "undici";
import type { AddressPolicy } from "./addresses.ts";
import { ACCEPT_ENCODING } from "./decode.ts";
import { OutboundError } from "./errors.ts";
import type { Resolve } from "./resolve.ts";
import type { Target } from "./urls.ts";

/** Addresses of a name that are tried: a name with hundreds would make this server knock at hundreds of doors. */
const MAX_ADDRESSES = 4;
const MAX_HEADER_BYTES = 32 * 1024;

/** What every hop of one `openOutbound` shares. */
export type Wiring = {
  readonly policy: AddressPolicy;
  readonly resolve: Resolve;
  /** Certificate authorities (PEM) instead of those that Node comes with. */
  readonly ca: string | undefined;
};

export type HopRequest = {
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly connectMs: number;
};

export type Hop = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
  /** Destroys the connection; settles when it is closed. */
  close(): Promise<void>;
};

/** Settles like `promise`, or with the reason of `signal` when that comes first. */
function before<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", abort));
}

/**
 * The addresses that may be connected to. A name that has others besides is not refused: the connection is pinned to the
 * ones that passed, and behind DNS64 every IPv4 name also has a NAT64 address.
 */
async function permitted({ url, addresses }: Target, wiring: Wiring, signal: AbortSignal): Promise<readonly string[]> {
  if (addresses) return addresses;
  const found = await before(signal, wiring.resolve(url.hostname, signal)).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : new OutboundError("dns", { cause: error });
  });
  const good = found.filter(wiring.policy.permits).slice(0, MAX_ADDRESSES);
  if (good.length === 0)
    throw new OutboundError("dns", { cause: new Error(`${url.hostname} has ${found.join(", ")}`) });
  return good;
}

/** Answers every look-up of a connection with addresses that were judged: the name is not resolved a second time. */
function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_hostname, options, done) => {
    const [first] = all;
    if (options.all || !first) done(null, all);
    else done(null, first.address, first.family);
  };
}

function plain(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/**
 * One request on a connection of its own, and the head of its answer. No pool: each connection is judged by the look-up
 * it was opened with, none is shared between tenants, and a POST never meets a connection that is just being closed.
 * Environment proxies are not used (undici's Client knows none), HTTP/2 is not offered, redirects are not followed.
 * @param abort Ends the exchange with a reason; `signal` is what it ends. The caller owns both.
 * @throws OutboundError `dns`; the reason of `signal`; whatever undici says of a broken connection.
 */
export async function hop(
  target: Target,
  request: HopRequest,
  wiring: Wiring,
  { signal, abort }: { readonly signal: AbortSignal; readonly abort: (reason: unknown) => void },
): Promise<Hop> {
  const connecting = setTimeout(() => abort(new OutboundError("timeout")), request.connectMs);
  let client: Client | undefined;
  try {
    const addresses = await permitted(target, wiring, signal);
    client = new Client(target.url.origin, {
      connect: {
        lookup: pinned(addresses),
        // undici cannot take back a connection that is still being made: without it a SYN would wait for two minutes.
        signal,
        // Said, so that no NODE_TLS_REJECT_UNAUTHORIZED of the environment decides it.
        rejectUnauthorized: true,
        ...(wiring.ca ? { ca: wiring.ca } : {}),
      },
      autoSelectFamily: true,
      allowH2: false,
      maxCachedSessions: 0,
      pipelining: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
      // One clock for each limit: connectMs here, totalMs the caller's.
      connectTimeout: 0,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    client.once("connect", () => clearTimeout(connecting));
    const answer = await client.request({
      method: request.method,
      path: target.url.pathname + target.url.search,
      headers: { ...request.headers, "accept-encoding": ACCEPT_ENCODING },
      ...(request.body === undefined ? {} : { body: Buffer.from(request.body) }),
      reset: true,
      signal,
    });
    const opened = client;
    // Destroyed before its end it says so by an error, which nobody is left to hear.
    answer.body.on("error", () => undefined);
    return {
      status: answer.statusCode,
      headers: plain(answer.headers),
      body: answer.body,
      close: async () => {
        answer.body.destroy();
        await opened.destroy();
      },
    };
  } catch (error) {
    await client?.destroy();
    throw error;
  } finally {
    clearTimeout(connecting);
  }
}

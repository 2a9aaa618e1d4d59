import { isIP } from "node:net";
import { type AddressPolicy, addressPolicy, type Cidr } from "./addresses.ts";
import { OutboundError } from "./errors.ts";

const MAX_LENGTH = 2048;
/**
 * Of the ports from 1024 on, those on which no browser speaks HTTP either (the Fetch standard's "port blocking"), because
 * what listens there may take a request for its own protocol. Below 1024 only 80 and 443 are HTTP's.
 */
const OTHER_PROTOCOLS = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

function isHttpPort(port: string): boolean {
  const number = Number(port);
  return port === "" || number === 80 || number === 443 || (number >= 1024 && !OTHER_PROTOCOLS.includes(number));
}

/**
 * Reads a URL as the WHATWG standard does, which turns an IPv4 address in any notation (octal, hex, decimal, short,
 * full-width, percent-encoded) into its usual one; then drops fragment and trailing dot.
 * @param base What a relative URL (of a redirect) is relative to.
 * @returns The URL, or the reason why it cannot be requested.
 */
function readUrl(text: string, base?: URL): URL | string {
  if (text.length > MAX_LENGTH) return `The URL is longer than ${MAX_LENGTH} characters.`;
  const url = URL.parse(text, base?.href);
  if (!url) return "This is not a URL. Write it in full, as https://example.com/feed.xml.";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "The URL must begin with https:// or http://.";
  if (url.username !== "" || url.password !== "") return "The URL must not contain a user name or password.";
  if (!isHttpPort(url.port)) return "The port of the URL must be 80, 443 or one from 1024 on that HTTP is spoken on.";
  url.hash = "";
  // example.com. is example.com, but no certificate and no virtual host is named so.
  if (url.hostname.endsWith(".")) url.hostname = url.hostname.slice(0, -1);
  return url;
}

/** The addresses that a host stands for without asking anyone; undefined for a name. `localhost` is one by RFC 6761 §6.3. */
function literalAddresses(hostname: string): string[] | undefined {
  const host = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  if (isIP(host) !== 0) return [host];
  return host === "localhost" || host.endsWith(".localhost") ? ["127.0.0.1", "::1"] : undefined;
}

/** Where one request goes. `addresses` is undefined for a name that is still to be resolved. */
export type Target = { readonly url: URL; readonly addresses: readonly string[] | undefined };

/** Reads and judges a URL without asking the DNS. Throws OutboundError `bad_url` or `blocked`. */
export function readTarget(text: string, policy: AddressPolicy, base?: URL): Target {
  const url = readUrl(text, base);
  if (typeof url === "string") throw new OutboundError("bad_url", { message: url });
  const addresses = literalAddresses(url.hostname)?.filter(policy.permits);
  if (addresses?.length === 0) throw new OutboundError("blocked");
  return { url, addresses };
}

/**
 * What can be said of a URL when it is written down (a source, a webhook endpoint), without asking the DNS: that is done
 * anew at each request, because names move.
 * @param allow The operator's ranges, OUTBOUND_ALLOW.
 * @returns The URL as it will be requested, or the reason why it cannot be: a sentence for the tenant.
 */
export function checkOutboundUrl(text: string, allow: readonly Cidr[]): { url: string } | { reason: string } {
  try {
    return { url: readTarget(text, addressPolicy(allow)).url.href };
  } catch (error) {
    if (error instanceof OutboundError) return { reason: error.message };
    throw error;
  }
}

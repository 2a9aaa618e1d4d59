import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";

/** A range of addresses: its first one, and how many leading bits are fixed. */
export type Cidr = readonly [first: ipaddr.IPv4 | ipaddr.IPv6, bits: number];

const WIDTH = { 4: 32, 6: 128 } as const;

/**
 * Reads `127.0.0.0/8`, `fd00::/8` or one address. Undefined for anything else: octal or short forms, a zone, and bits
 * beyond the prefix (`10.1.2.3/8`), which would allow far more than they seem to.
 */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", prefix, ...more] = text.split("/");
  const family = isIP(address);
  if ((family !== 4 && family !== 6) || address.includes("%") || more.length > 0) return undefined;
  const width = WIDTH[family];
  if (prefix !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefix)) return undefined;
  const bits = prefix === undefined ? width : Number(prefix);
  if (bits > width) return undefined;
  const first = ipaddr.parse(address);
  const rest = first.toByteArray().map((byte, at) => byte & (0xff >> Math.min(8, Math.max(0, bits - at * 8))));
  return rest.every((byte) => byte === 0) ? [first, bits] : undefined;
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [first, bits]: Cidr): boolean {
  if (address instanceof ipaddr.IPv4) return first instanceof ipaddr.IPv4 && address.match(first, bits);
  return first instanceof ipaddr.IPv6 && address.match(first, bits);
}

const GLOBAL_UNICAST: Cidr = [ipaddr.parse("2000::"), 3];
/** Of public space, but answered inside a cloud: Azure's WireServer hands out secrets of the machine. */
const METADATA = ["168.63.129.16"];

/**
 * Whether an address is one of the open internet's. Denied by default: only what IANA has given out for that passes, so
 * that NAT64, 6to4, Teredo, mapped and `::/96` addresses, which carry another inside, do not.
 */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast" || METADATA.includes(address.toString())) return false;
  return address instanceof ipaddr.IPv4 || isWithin(address, GLOBAL_UNICAST);
}

/** Addresses of this machine: what listens on all of them often counts on a firewall that does not see us. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
}

export type AddressPolicy = {
  /** Whether a connection to this address may be opened; false for what is no IPv4 or IPv6 address. */
  permits(address: string): boolean;
};

/**
 * Which addresses may be connected to: public ones that are not this machine's own, and the operator's.
 * @param allow Ranges that are allowed whatever they are. A mapped address (`::ffff:127.0.0.1`) is within IPv6 ranges only.
 * @param own Addresses of this machine, asked each time because they change.
 */
export function addressPolicy(allow: readonly Cidr[], own: () => readonly string[] = ownAddresses): AddressPolicy {
  // Parsed, because one IPv6 address is written in many ways.
  const isOwn = (address: string) => own().some((one) => ipaddr.parse(one.replace(/%.*$/, "")).toString() === address);
  return {
    permits: (text) => {
      if (isIP(text) === 0 || text.includes("%")) return false;
      const address = ipaddr.parse(text);
      if (allow.some((range) => isWithin(address, range))) return true;
      return isPublic(address) && !isOwn(address.toString());
    },
  };
}

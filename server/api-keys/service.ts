import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** Characters of a key after its prefix: 56 random ones and 8 of checksum, lowercase hex. */
const RANDOM = 56;
const BODY = /^[0-9a-f]{64}$/;
/** How much of a key is kept readable, after the prefix. */
const SHOWN = 7;

const checksum = (text: string) => crc32(text).toString(16).padStart(8, "0");

/** A new key: prefix, 56 random hex characters, and the CRC-32/ISO-HDLC of both, big-endian (design §4). */
export function newKey(prefix: string): string {
  const body = prefix + randomBytes(RANDOM / 2).toString("hex");
  return body + checksum(body);
}

/** Whether a token can be a key of this prefix: a mistyped one is told without a database. */
export function isWellFormedKey(prefix: string, token: string): boolean {
  if (!token.startsWith(prefix) || !BODY.test(token.slice(prefix.length))) return false;
  const end = prefix.length + RANDOM;
  return token.slice(end) === checksum(token.slice(0, end));
}

/** What is stored of a key: the SHA-256 of all of it. */
export const hashKey = (key: string): Buffer => hash("sha256", key, "buffer");

/** What is shown of a key to recognise it by. */
export const shownPrefix = (prefix: string, key: string): string => key.slice(0, prefix.length + SHOWN);

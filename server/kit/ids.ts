import { randomFillSync } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const pool = Buffer.alloc(10 * 256);
let used = pool.length;

function randomTen(): Buffer {
  if (used >= pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 10;
  return pool.subarray(used - 10, used);
}

/**
 * A new id: prefix, then 26 characters of Crockford base 32: 48 bits of Unix milliseconds, then 80 random bits (the
 * layout of ULID), so that ids of one kind sort by time of creation and none can be guessed.
 */
export function newId(prefix: string, nowMs: number): string {
  let time = "";
  for (let rest = nowMs, i = 0; i < 10; i++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let tail = "";
  let bits = 0;
  let count = 0;
  for (const byte of randomTen()) {
    bits = (bits << 8) | byte;
    count += 8;
    while (count >= 5) {
      count -= 5;
      tail += ALPHABET.charAt((bits >>> count) & 31);
    }
    bits &= (1 << count) - 1;
  }
  return `${prefix}_${time}${tail}`;
}

/** When an id of `newId` was made, in Unix milliseconds. */
export const timeOfId = (id: string): number =>
  [...id.slice(id.indexOf("_") + 1).slice(0, 10)].reduce((time, one) => time * 32 + ALPHABET.indexOf(one), 0);

import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { ApiError } from "../../spec/kit/errors.ts";

/** What argon2id takes for a hash: `memory` in KiB, and how often it is passed over, in so many lanes. */
export type PasswordCost = { readonly memory: number; readonly passes: number; readonly parallelism: number };

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane. About 30 ms here. */
const COST: PasswordCost = { memory: 19_456, passes: 2, parallelism: 1 };
const TAG_BYTES = 32;
const hashAsync = promisify(argon2);

const b64 = (bytes: Buffer) => bytes.toString("base64").replace(/=+$/, "");

async function derive(password: string, nonce: Buffer, cost: PasswordCost) {
  return hashAsync("argon2id", {
    message: Buffer.from(password.normalize("NFKC")),
    nonce,
    tagLength: TAG_BYTES,
    ...cost,
  });
}

/** A password's hash in the PHC string format, so that costs can change without breaking old ones. */
async function hashOf(password: string, cost: PasswordCost): Promise<string> {
  const nonce = randomBytes(16);
  const { memory, passes, parallelism } = cost;
  const tag = await derive(password, nonce, cost);
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${b64(nonce)}$${b64(tag)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

async function matches(password: string, phc: string): Promise<boolean> {
  const [, memory, passes, parallelism, nonce = "", tag = ""] = PHC.exec(phc) ?? [];
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const expected = Buffer.from(tag, "base64");
  const found = await derive(password, Buffer.from(nonce, "base64"), cost);
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** Hashes passwords, a bounded number at a time: each takes memory and a core. */
export type Passwords = {
  hash(password: string): Promise<string>;
  /** Whether the password fits. Without a hash (an unknown account) the same work is done, and the answer is no. */
  verify(password: string, phc: string | undefined): Promise<boolean>;
};

/**
 * Makes the hasher. `concurrency` run at once; beyond `queue` waiting, callers get 503 with `Retry-After`, so that a flood
 * of log-ins cannot take the server with it.
 */
export async function passwordHasher(concurrency: number, queue: number, cost = COST): Promise<Passwords> {
  let running = 0;
  const waiting: (() => void)[] = [];
  const decoy = await hashOf(randomBytes(24).toString("base64"), cost);
  async function bounded<T>(work: () => Promise<T>): Promise<T> {
    if (running >= concurrency) {
      if (waiting.length >= queue) {
        throw new ApiError("SERVICE_UNAVAILABLE", "Too many people are logging in: try again in 2 seconds", {
          headers: { "Retry-After": "2" },
        });
      }
      // The one that ends hands its place over, so `running` does not change in between.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  }
  return {
    hash: (password) => bounded(() => hashOf(password, cost)),
    verify: (password, phc) => bounded(async () => (await matches(password, phc ?? decoy)) && phc !== undefined),
  };
}

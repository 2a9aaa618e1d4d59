import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/** Length of every rate-limit window, in seconds. */
export const WINDOW_SECONDS = 60;

/** What a bucket said. Times are Unix milliseconds. */
export type Taken = {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetAtMs: number;
};

/** The shared store cannot be reached and this kind of request may not go on without it. */
export class LimiterUnavailable extends Error {
  override readonly name = "LimiterUnavailable";
}

/** Makes the limiter of one size on the shared store; `points` is requests a window. */
export type MakeLimiter = (points: number) => RateLimiterAbstract;

/** Buckets on this process's memory: exact for one process. */
export const memoryLimiter: MakeLimiter = (points) => new RateLimiterMemory({ points, duration: WINDOW_SECONDS });

/** Slots of the local fallback: its memory is bounded however many keys come. Keys that share one share its points. */
const FALLBACK_SLOTS = 65_536;

function slot(key: string): string {
  let hash = 2166136261;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 16777619);
  return String((hash >>> 0) % FALLBACK_SLOTS);
}

/**
 * Counts requests in fixed windows on any store of rate-limiter-flexible. When the store fails, a bounded local bucket
 * of half the limit takes over, but for requests that must not go uncounted (log-in, spending): those are refused.
 */
export class Limiter {
  readonly #make: MakeLimiter;
  readonly #onStoreError: (error: unknown) => void;
  readonly #shared = new Map<number, RateLimiterAbstract>();
  readonly #fallback = new Map<number, RateLimiterAbstract>();

  constructor(make: MakeLimiter, onStoreError: (error: unknown) => void = () => undefined) {
    this.#make = make;
    this.#onStoreError = onStoreError;
  }

  /** Takes one from the bucket of `key`. Throws LimiterUnavailable when the store is down and `failClosed` says so. */
  async take(key: string, limit: number, failClosed = false): Promise<Taken> {
    try {
      return await consume(sized(this.#shared, limit, this.#make), key, limit);
    } catch (error) {
      this.#onStoreError(error);
      if (failClosed) throw new LimiterUnavailable("The rate-limit store cannot be reached", { cause: error });
      const half = Math.max(1, Math.floor(limit / 2));
      return consume(sized(this.#fallback, half, memoryLimiter), slot(key), half);
    }
  }
}

function sized(made: Map<number, RateLimiterAbstract>, points: number, make: MakeLimiter): RateLimiterAbstract {
  const present = made.get(points);
  if (present) return present;
  const limiter = make(points);
  made.set(points, limiter);
  return limiter;
}

/** The library rejects with a RateLimiterRes to refuse and with anything else when its store failed. */
async function consume(limiter: RateLimiterAbstract, key: string, limit: number): Promise<Taken> {
  try {
    const result = await limiter.consume(key);
    return taken(true, limit, result);
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return taken(false, limit, refusal);
    throw refusal;
  }
}

const taken = (allowed: boolean, limit: number, result: RateLimiterRes): Taken => ({
  allowed,
  limit,
  remaining: Math.max(0, Math.min(limit, result.remainingPoints)),
  resetAtMs: Date.now() + Math.max(0, result.msBeforeNext),
});

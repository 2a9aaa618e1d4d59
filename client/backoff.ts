/** Where time and chance come from. */
export type Timing = {
  /** Unix milliseconds. */
  now(): number;
  /** Waits so many milliseconds; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 to 1, without 1. */
  random(): number;
};

/** The real clock. */
export const realTime: Timing = {
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", stop);
        resolve();
      }, ms);
      signal?.addEventListener("abort", stop);
    }),
};

/**
 * The pause after the `n`th try (from 1), in milliseconds: a random part of 1 s doubled each time, 60 s at most, or what
 * `Retry-After` asks where that is longer. It is seconds or a date (RFC 9110 §10.2.3).
 */
export const pauseAfter = (n: number, asked: string, { now, random }: Timing): number =>
  Math.max(random() * Math.min(60_000, 500 * 2 ** n), +asked * 1000 || Date.parse(asked) - now() || 0);

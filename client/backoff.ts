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
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

/** What `Retry-After` asks to wait, in milliseconds: it is seconds or a date (RFC 9110 §10.2.3); 0 for neither. */
export function retryAfter(response: Response | undefined, now: number): number {
  const value = response?.headers.get("retry-after") ?? "";
  return Math.max(0, +value * 1000 || Date.parse(value) - now || 0);
}

/** The pause after the `n`th try (from 1), in milliseconds: a random part of 1 s doubled each time, 60 s at most. */
export const backoff = (n: number, random: number): number => random * Math.min(60_000, 500 * 2 ** n);

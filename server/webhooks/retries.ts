const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** After how many seconds a failed attempt is followed by the next, by how many have failed: a little over three days. */
const DELAYS = [5, 30, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, 24 * HOUR];
const LAST_DELAY = 24 * HOUR;
/** How many attempts a round has: the first, and one after each delay. */
export const ATTEMPTS = DELAYS.length + 2;
/** Most that is added to a delay, as a part of it, so that what failed together does not come back together. */
const JITTER = 0.1;
/** A receiver may ask for more patience than the table has, but for no more than this. */
const MOST_PATIENCE = 24 * HOUR;

/**
 * How long to wait after a failed attempt, in whole seconds; undefined when it was the last.
 * @param failed How many attempts of this round have failed, from 1.
 * @param retryAfter What the receiver asked for, in seconds: honoured where it is later than the table, up to a day.
 * @param random From 0 to 1.
 */
export function retryDelay(failed: number, retryAfter: number, random: number): number | undefined {
  if (failed >= ATTEMPTS) return undefined;
  const delay = DELAYS[failed - 1] ?? LAST_DELAY;
  return Math.ceil(Math.max(delay * (1 + random * JITTER), Math.min(retryAfter, MOST_PATIENCE)));
}

/** What `Retry-After` asks for, in seconds from `nowMs` (RFC 9110 §10.2.3: seconds, or a date); 0 for nothing. */
export function retryAfterSeconds(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  // Date.parse takes more than the date of RFC 9110 §5.6.7, which begins with the name of a day: "-5" is a year to it.
  const until = /^[A-Z]/.test(header) ? Date.parse(header) : Number.NaN;
  return until > nowMs ? (until - nowMs) / 1000 : 0;
}

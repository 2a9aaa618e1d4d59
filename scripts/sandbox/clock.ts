import { Temporal } from "temporal-polyfill";

/** By how much this process's clock is ahead of the machine's, in milliseconds. */
let aheadMs = 0;
const real = Date;

/**
 * Makes `Date` of this whole process follow `setAhead`: the server, and every library in it, asks it for the time. Timers
 * go on by themselves. A proxy and no subclass, so that dates made elsewhere stay instances of it. To be called first.
 */
export function installClock(): void {
  const now = () => real.now() + aheadMs;
  globalThis.Date = new Proxy(real, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new real(now()).toString(),
    get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
  });
}

/** Puts this process's clock ahead of the machine's (behind it, when negative), in milliseconds. */
export function setAhead(ms: number): void {
  aheadMs = ms;
}

/** By how much this process's clock is ahead, in milliseconds. */
export const getAhead = (): number => aheadMs;

/** The furthest that a clock goes: certificates, JavaScript's dates and PostgreSQL's have all room beyond it. */
const LATEST = Temporal.Instant.from("2100-01-01T00:00:00Z");

/** A move of the clock that cannot be made; `message` says what to send instead. */
export class ClockError extends Error {
  override readonly name = "ClockError";
}

/**
 * When it will be after a duration, in Unix milliseconds. Months and years are those of the calendar, in UTC.
 * @param advance ISO 8601: `PT15M`, `P1D`, `P1M`.
 */
export function after(nowMs: number, advance: string): number {
  try {
    const now = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO("UTC");
    return checked(now.add(Temporal.Duration.from(advance)).toInstant(), nowMs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ClockError('"advance" must be a duration such as PT15M, P1D or P1M (ISO 8601)');
  }
}

/** A moment that a clock may be put to, in Unix milliseconds. */
export function at(nowMs: number, moment: string): number {
  try {
    return checked(Temporal.Instant.from(moment), nowMs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ClockError('"now" must be a time with its offset, such as 2027-01-31T09:00:00Z (RFC 3339)');
  }
}

function checked(target: Temporal.Instant, nowMs: number): number {
  if (target.epochMilliseconds < nowMs) {
    throw new ClockError(
      "The clock goes forward only: what has ended cannot begin again. Reset puts it back to the present",
    );
  }
  if (Temporal.Instant.compare(target, LATEST) > 0) throw new ClockError(`The clock goes no further than ${LATEST}`);
  return target.epochMilliseconds;
}

import type { Timing } from "../../client/index.ts";

/** A clock that stands still but for the pauses of the client, which take no time. */
export type TestClock = Timing & {
  /** Every pause so far, in milliseconds. */
  readonly pauses: number[];
};

/** @param random What every throw of the dice gives; by default pauses are as long as they may be. */
export function testClock(random: () => number = () => 1): TestClock {
  let now = Date.UTC(2026, 0, 15, 9, 30);
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    random,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      pauses.push(ms);
      now += ms;
      // Others get their turn, as they would.
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    },
  };
}

import type { AppOptions } from "../../server/app.ts";
import type { TestApp } from "../setup/app.ts";
import { sql } from "./people.ts";

type Wrap = NonNullable<AppOptions["backend"]>;

/** A mutation that was stopped just before its commit. */
export type Held = {
  /** Resolves when it stands there, with its locks. */
  readonly reached: Promise<void>;
  release(): void;
};

export type Holder = {
  /** For `openTestApp({ backend })`. */
  readonly backend: Wrap;
  /** Stops the next mutation before its commit. */
  holdNext(): Held;
  /** Makes the next mutation fail before its commit. */
  failNext(): void;
};

/** Holds mutations before their commit, so that a race can be run in a chosen order. */
export function holder(): Holder {
  let next: { reach: () => void; released: Promise<void> } | undefined;
  let failing = false;
  return {
    backend: (real) => ({
      ...real,
      transaction: (principal, work) =>
        real.transaction(principal, async (db) => {
          const done = await work(db);
          if (failing) {
            failing = false;
            throw new Error("planted: the commit fails");
          }
          const held = next;
          next = undefined;
          held?.reach();
          await held?.released;
          return done;
        }),
    }),
    holdNext() {
      let release = () => {};
      let reach = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const reached = new Promise<void>((resolve) => {
        reach = resolve;
      });
      next = { reach, released };
      return { reached, release };
    },
    failNext() {
      failing = true;
    },
  };
}

/** Resolves when `count` statements of the app wait for a lock that another transaction holds. */
export async function waitingForLock(test: TestApp, count = 1): Promise<void> {
  const text = `select pid from pg_stat_activity
    where datname = current_database() and application_name = 'reelmark' and wait_event_type = 'Lock'`;
  while ((await sql(test, text)).length < count) await new Promise((resolve) => setTimeout(resolve, 10));
}

/**
 * Runs two mutations so that the second begins while the first holds its locks and has not committed; then both end.
 * Without a lock between them the second would not wait, and this would never resolve: the test times out.
 */
export async function overlapping<A, B>(
  test: TestApp,
  holding: Holder,
  first: () => Promise<A>,
  second: () => Promise<B>,
): Promise<[PromiseSettledResult<A>, PromiseSettledResult<B>]> {
  const held = holding.holdNext();
  const one = first();
  await Promise.race([held.reached, one]);
  const two = second();
  const both = Promise.allSettled([one, two]);
  await Promise.race([waitingForLock(test), two.catch(() => undefined)]);
  held.release();
  return both;
}

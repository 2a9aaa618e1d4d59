import { within } from "../../server/jobs/timing.ts";

/** How long a closing gate waits for those inside, in milliseconds: a stream may stay for as long as it likes. */
const PATIENCE_MS = 2_000;

export type Gate = {
  /** Runs `work` inside, once the gate is open. */
  through<T>(work: () => T | Promise<T>): Promise<T>;
  /** Closes the gate, waits for those inside, runs `work` alone, and opens it again. One at a time. */
  closed<T>(work: () => Promise<T>): Promise<T>;
};

/** Holds requests back while the world behind it changes: none sees half of the change. Begins open. */
export function openGate(): Gate {
  const inside = new Set<Promise<unknown>>();
  let changing: Promise<unknown> = Promise.resolve();
  let queued = 0;
  return {
    async through(work) {
      while (queued > 0) await changing;
      const done = Promise.resolve(work());
      const settled = done.catch(() => {});
      inside.add(settled);
      void settled.then(() => inside.delete(settled));
      return done;
    },
    closed(work) {
      queued += 1;
      const mine = changing.then(async () => {
        try {
          await within(PATIENCE_MS, Promise.all(inside));
          return await work();
        } finally {
          queued -= 1;
        }
      });
      changing = mine.catch(() => {});
      return mine;
    },
  };
}

import type { Timing } from "./backoff.ts";
import { JobError } from "./error.ts";
import { type Job, POLLS } from "./generated/operations.ts";
import type { CallOptions } from "./types.ts";

/** How work is waited for. */
export type WaitOptions<J> = CallOptions & {
  /** Told of the work as it stands, first as it was given. */
  readonly onProgress?: (job: J) => void;
};

export type Waiting = {
  /**
   * Waits for work that goes on after its answer, such as a sync or an import, and returns it in its end state.
   * Asks after a second, then ever more seldom, down to every 15 seconds.
   *
   * @throws {JobError} It failed or was canceled.
   * @example
   * const job = await api.waitFor(await api.syncSource({ params, body: {} }), { onProgress: console.log });
   */
  waitFor<J extends Job>(job: J, options?: WaitOptions<J>): Promise<J>;
};

/** `waitFor` over a client's methods. */
export const waiting =
  (methods: Readonly<Record<string, (call: object) => Promise<unknown>>>, sleep: Timing["sleep"]): Waiting["waitFor"] =>
  async (job, { onProgress, ...call } = {}) => {
    const [reader = "", param = "", ...ends] = `${POLLS[job.id.slice(0, 3)]}`.split(" ");
    for (let pause = 1000; ; pause = Math.min(15_000, pause * 1.5)) {
      onProgress?.(job);
      if (ends.includes(`!${job.status}`)) throw new JobError(job);
      if (ends.includes(job.status)) return job;
      await sleep(pause, call.signal);
      // The table names the operation that reads this resource, so its answer is of the same type.
      job = (await methods[reader]?.({ ...call, params: { [param]: job.id } })) as typeof job;
    }
  };

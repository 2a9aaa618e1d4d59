import { newId } from "../kit/ids.ts";
import { places } from "./places.ts";
import type { OpenQueue, TakenJob } from "./queue.ts";
import { HEARTBEAT_SECONDS } from "./queues.ts";
import { gathered, within } from "./timing.ts";
import type { JobContext, Worker } from "./worker.ts";

/** How soon an idle queue is looked at again, in milliseconds: at first, and when nothing has come for long. */
const POLL_MS = { first: 200, most: 2_000 } as const;
/** A job that was just put is looked for after this long, in milliseconds: its transaction has committed by then. */
const NUDGE_MS = 30;
const TOUCH_MS = (HEARTBEAT_SECONDS * 1000) / 3;
/** How long a worker that was told to stop may take to do so, in milliseconds. */
const ABORT_MS = 3_000;

/** How a job left this worker: `lost` to another that took it over, or `returned` because the process stops. */
export type JobOutcome = "completed" | "failed" | "lost" | "returned";

export type ExecutorOptions<N extends string> = Pick<JobContext, "log" | "now" | "transaction" | "read"> & {
  readonly queue: OpenQueue<N>;
  readonly onDone: (queue: N, outcome: JobOutcome, seconds: number) => void;
};

type Active = { readonly job: TakenJob; readonly abort: AbortController; readonly done: Promise<void> };

/**
 * Runs the jobs of one queue, each by itself: a slow one keeps its place and delays no other, unlike pg-boss's batches, and
 * a backlog is worked off without waiting for the next poll. Taking, fencing, heartbeats and dead letters are pg-boss's.
 */
export function startExecutor<N extends string>(worker: Worker<N>, options: ExecutorOptions<N>) {
  const { queue, log } = options;
  const name = worker.queue;
  const { concurrency, perGroup, perOrganization = concurrency, backoff } = queue.settings(name);
  const gate = places(perOrganization, (group) => worker.widthOf?.(group));
  const active = new Map<string, Active>();
  const complete = gathered((jobs: TakenJob[]) => queue.complete(name, jobs));
  let stopped = false;
  let idleMs: number = POLL_MS.first;
  let timer: NodeJS.Timeout | undefined;
  let nudge: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let again = false;
  /** Whether the last look left jobs behind: then each that ends makes room for the next. */
  let more = false;

  const attempt = async (job: TakenJob, signal: AbortSignal): Promise<JobOutcome> => {
    const { now, transaction, read } = options;
    const newIdNow = (prefix: string) => newId(prefix, now());
    const last = job.retryCount >= job.retryLimit;
    const context = { attempt: job.retryCount + 1, last, signal, log, now, newId: newIdNow, transaction, read };
    try {
      await worker.run(job.data, context);
    } catch (error) {
      if (signal.aborted) {
        // Stopping is no failure. Where another has the job already, this changes nothing.
        if (stopped) await queue.handBack(name, [job]);
        return stopped ? "returned" : "lost";
      }
      const facts = { ...factsOf(name, job), attempt: context.attempt, error: String(error) };
      log.warn(facts, last ? "a job failed for good" : "a job failed; it is tried again");
      if (last) {
        await worker.abandon(job.data, messageOf(error), context);
        await queue.bury(name, job, messageOf(error));
      } else {
        await queue.again(name, job, messageOf(error), Math.min(backoff.most, backoff.first * 2 ** job.retryCount));
      }
      return "failed";
    }
    return (await complete(job)).has(job.id) ? "completed" : "lost";
  };

  const start = (job: TakenJob) => {
    const abort = new AbortController();
    const started = performance.now();
    const done = attempt(job, abort.signal)
      .catch((error: unknown): JobOutcome => {
        // Left as it is: its heartbeat ends, and a worker takes it again. The row's fence makes a second run harmless.
        log.warn({ ...factsOf(name, job), error: String(error) }, "a job's end could not be written");
        return "lost";
      })
      .then((outcome) => {
        active.delete(job.id);
        gate.leave(job);
        options.onDone(name, outcome, (performance.now() - started) / 1000);
        if (more || perGroup) look();
      });
    active.set(job.id, { job, abort, done });
  };

  const admit = async (jobs: readonly TakenJob[]) => {
    const away = jobs.filter((job) => {
      const mayRun = gate.enter(job);
      if (mayRun) start(job);
      return !mayRun;
    });
    if (away.length > 0) await queue.handBack(name, away);
  };

  /** Takes what there is room for. Answers whether to look again at once. */
  const round = async (): Promise<boolean> => {
    const free = concurrency - active.size;
    more = true;
    if (free <= 0) return false;
    const jobs = await queue.take(name, free, gate.full());
    // What was on its way when the process was told to stop is not begun.
    if (stopped && jobs.length > 0) await queue.handBack(name, jobs);
    else await admit(jobs);
    if (jobs.length > 0) idleMs = POLL_MS.first;
    // A batch is short when the queue is empty, or when groups have as many jobs in work as they may.
    more = jobs.length === free;
    return perGroup !== undefined && jobs.length > 0;
  };

  const look = () => {
    again = true;
    if (stopped || looking !== undefined) return;
    clearTimeout(timer);
    again = false;
    looking = round()
      .catch((error: unknown) => {
        more = false;
        log.warn({ queue: name, error: String(error) }, "a queue could not be read; it is tried again");
        return false;
      })
      .then((soon) => {
        looking = undefined;
        if (stopped) return;
        if (soon || again) return look();
        timer = setTimeout(look, idleMs);
        idleMs = Math.min(POLL_MS.most, idleMs * 1.5);
      });
  };

  const touch = async () => {
    const held = [...active.values()];
    if (held.length === 0) return;
    const jobs = held.map(({ job }) => job);
    if ((await queue.touch(name, jobs)) === jobs.length) return;
    // One of them has ended, or is another's now: ask for each.
    for (const { job, abort } of held) {
      if (active.has(job.id) && (await queue.touch(name, [job])) === 0)
        abort.abort(new Error("the job was taken over"));
    }
  };
  let touching = false;
  const heart = setInterval(() => {
    if (touching) return;
    touching = true;
    touch()
      .catch((error: unknown) => log.warn({ queue: name, error: String(error) }, "a heartbeat could not be written"))
      .finally(() => {
        touching = false;
      });
  }, TOUCH_MS);

  queue.onEnqueue((put) => {
    if (put !== name || stopped) return;
    nudge ??= setTimeout(() => {
      nudge = undefined;
      idleMs = POLL_MS.first;
      look();
    }, NUDGE_MS);
  });
  look();

  return {
    /** Takes no new job, waits `graceMs` for those in work, then tells them to stop and hands back what is left. */
    async stop(graceMs: number): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(nudge);
      await looking;
      const all = () => Promise.all([...active.values()].map(({ done }) => done));
      await within(graceMs, all());
      for (const { abort } of active.values()) abort.abort(new Error("the worker stops"));
      await within(ABORT_MS, all());
      clearInterval(heart);
      const deaf = [...active.values()].map(({ job }) => job);
      if (deaf.length > 0) await queue.handBack(name, deaf);
    },
  };
}

const factsOf = (queue: string, { id, data }: TakenJob) => ({
  queue,
  job: id,
  organization: data.org_id,
  row: data.id,
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

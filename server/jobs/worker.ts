import type { Db } from "../kit/postgres/db.ts";
import type { Log } from "../kit/runtime.ts";
import type { JobData } from "./queue.ts";
import type { QueueName } from "./queues.ts";

/** What work on a job may use. There is no request: who it is for stands in its data. */
export type JobContext = {
  /** From 1. Above 1 the job failed before, or whoever worked on it died or stopped. */
  readonly attempt: number;
  /** Whether it is the last try. */
  readonly last: boolean;
  /** Aborted when the job was taken from this worker, or the process is to stop: stop, and write nothing more. */
  readonly signal: AbortSignal;
  readonly log: Log;
  now(): number;
  newId(prefix: string): string;
  /** One transaction bound to an organization. */
  transaction<T>(organization: string, work: (db: Db) => Promise<T>): Promise<T>;
  /** Reads bound to an organization. */
  read<T>(organization: string, work: (db: Db) => Promise<T>): Promise<T>;
};

/**
 * Work of one queue. A job may be run again after a crash at any line, and by another worker while this one still thinks it
 * has it: `run` claims its row with an attempt number, and writes only while that number stands (the fence).
 */
export type Worker<N extends string = QueueName> = {
  readonly queue: N;
  /** Throw to have it tried again later. Return when it is done, or is another's by now. */
  run(data: JobData, job: JobContext): Promise<void>;
  /**
   * After the last try, or when a job is found dead: says so where the tenant sees it. `reason` is an error's sentence, for
   * the operator: it may name what is inside, and must not reach a tenant as it is. May be called more than once.
   */
  abandon(data: JobData, reason: string, job: JobContext): Promise<void>;
  /** How many places a group may have in this process just now; undefined for what the queue says. */
  widthOf?(group: string): number | undefined;
};

import type pg from "pg";
import { newId } from "../kit/ids.ts";
import { type Db, statement } from "../kit/postgres/db.ts";
import { withRead, withTransaction } from "../kit/postgres/pool.ts";
import type { Log } from "../kit/runtime.ts";
import { type ExecutorOptions, startExecutor } from "./executor.ts";
import type { OpenQueue } from "./queue.ts";
import type { JobContext, Worker } from "./worker.ts";

const STRANDED = statement("jobs.stranded", "select * from stranded_work($1)");
/** How often rows without a live job are looked for, in milliseconds, and how many are taken at once. */
const RESCUE_MS = 30_000;
const RESCUE_ROWS = 500;
const DIED = "the job failed for good, or its worker died every time";
const TRY_LOCK = statement("jobs.try-lock", "select pg_try_advisory_xact_lock(hashtextextended($1, 17)) as mine");

/** `transaction` binds a connection of its own to an organization: for what is done after the chore's look across them. */
export type ChoreContext = Pick<JobContext, "now" | "log" | "transaction">;

/** Something that is done every so often by one of all workers. */
export type Chore = {
  readonly name: string;
  readonly everyMs: number;
  /**
   * Runs in one transaction bound to no organization, under a lock of its name. What it returns is done after the commit,
   * when neither is held any more.
   */
  run(db: Db, context: ChoreContext): Promise<void | (() => Promise<void>)>;
};

export type WorkersOptions<N extends string> = {
  readonly pool: pg.Pool;
  readonly queue: OpenQueue<N>;
  readonly workers: readonly Worker<N>[];
  readonly chores: readonly Chore[];
  readonly log: Log;
  readonly clock: () => number;
  readonly onDone: ExecutorOptions<N>["onDone"];
};

export type Workers = {
  /** Takes no new job, waits for those in work, and hands back what `graceMs` is too short for. */
  stop(graceMs: number): Promise<void>;
  /** Does every chore once, now, whenever it was done last: for who has moved the clock. */
  round(): Promise<void>;
};

/** Starts the work of this process: an executor a queue, the chores, and the rescue of rows whose job was lost. */
export function startWorkers<N extends string>(options: WorkersOptions<N>): Workers {
  const { pool, queue, log, clock } = options;
  const bound: Pick<JobContext, "now" | "log" | "transaction" | "read"> = {
    now: clock,
    log,
    transaction: (organization, work) => withTransaction(pool, organization, work),
    read: (organization, work) => withRead(pool, organization, work),
  };
  const executors = options.workers.map((worker) => startExecutor(worker, { ...bound, queue, onDone: options.onDone }));
  const rescue = rescueChore(queue, options.workers, () => ({
    ...bound,
    attempt: 1,
    last: true,
    signal: new AbortController().signal,
    newId: (prefix) => newId(prefix, clock()),
  }));

  const running = new Set<Promise<void>>();
  const doChore = async (chore: Chore): Promise<void> => {
    try {
      const after = await withTransaction(pool, "", async (db) => {
        const lock = await db.one<{ mine: boolean }>(TRY_LOCK, [`chore ${chore.name}`]);
        return lock?.mine ? await chore.run(db, bound) : undefined;
      });
      await after?.();
    } catch (error) {
      log.warn({ chore: chore.name, error: String(error) }, "a chore failed; it is tried again");
    }
  };
  const begin = (chore: Chore) => {
    let busy: Promise<void> | undefined;
    const round = (): Promise<void> => {
      if (busy) return busy;
      const done = doChore(chore).finally(() => {
        busy = undefined;
        running.delete(done);
      });
      busy = done;
      running.add(done);
      return done;
    };
    const timer = setInterval(() => void round(), chore.everyMs);
    timer.unref();
    return { round, timer };
  };
  const chores = options.chores.map(begin);
  const rescuing = begin(rescue);
  // After an import, what was open waits for this.
  void rescuing.round();

  return {
    async stop(graceMs) {
      for (const { timer } of [...chores, rescuing]) clearInterval(timer);
      await Promise.all([...executors.map((executor) => executor.stop(graceMs)), ...running]);
    },
    async round() {
      await Promise.all([...chores, rescuing].map(({ round }) => round()));
    },
  };
}

type Stranded = { queue: string; org_id: string; id: string; group_id: string | null; dead: boolean };

/** Finds rows whose job was lost, as after an import, and gives them another; or has them abandoned, when it died. */
function rescueChore<N extends string>(
  queue: OpenQueue<N>,
  workers: readonly Worker<N>[],
  context: () => JobContext,
): Chore {
  return {
    name: "rescue",
    everyMs: RESCUE_MS,
    async run(db, { log }) {
      const found = await db.rows<Stranded>(STRANDED, [RESCUE_ROWS]);
      const dead: { worker: Worker<N>; row: Stranded }[] = [];
      for (const row of found) {
        const worker = workers.find((one) => one.queue === row.queue);
        if (!worker) continue;
        const { org_id, id, group_id } = row;
        log.warn(
          { queue: row.queue, organization: org_id, row: id, dead: row.dead },
          "work without a live job was found",
        );
        if (row.dead) dead.push({ worker, row });
        else await queue.enqueue(db, worker.queue, { org_id, id }, group_id ? { group: group_id } : undefined);
      }
      return async () => {
        for (const { worker, row } of dead) {
          // One that cannot be ended must not keep the others from it.
          await worker.abandon({ org_id: row.org_id, id: row.id }, DIED, context()).catch((error: unknown) => {
            log.warn({ queue: row.queue, row: row.id, error: String(error) }, "dead work could not be ended");
          });
        }
      };
    },
  };
}

import { PgBoss } from "pg-boss";
import type { Db } from "../kit/postgres/db.ts";
import { openPool } from "../kit/postgres/pool.ts";
import type { Log } from "../kit/runtime.ts";
import { DEAD, type QueueName, type QueueSettings } from "./queues.ts";

/** What a job is about: the tenant (empty for none), and the row in which the rest stands. */
export type JobData = { readonly org_id: string; readonly id: string };

type When = {
  /** Not before so many seconds from now. */
  readonly afterSeconds?: number;
  /** Jobs of one group are bounded together: an endpoint, a host. */
  readonly group?: string;
  /** At most one job of the queue in each stretch of so many seconds, up to an hour; another is not put. */
  readonly onceInSeconds?: number;
};

/**
 * How many jobs of a queue are `waiting` (due, but nobody has them yet), `planned` (for later), `active`, or `dead` (failed
 * for good); and for how long the oldest of them, in seconds.
 */
export type QueueStats = {
  readonly queue: string;
  readonly state: "waiting" | "planned" | "active" | "dead";
  readonly count: number;
  readonly oldest: number;
};

/** Where work is put that outlives its request. */
export type Queue<N extends string = QueueName> = {
  /** Puts a job in the transaction that causes it: it is there when that commits, and only then. */
  enqueue(db: Db, name: N, data: JobData, when?: When): Promise<void>;
  /** Many at once, in one statement. */
  enqueueAll(db: Db, name: N, jobs: readonly { data: JobData; when?: When }[]): Promise<void>;
  stats(): Promise<QueueStats[]>;
};

/** A job that a worker has taken: `retryCount` names the attempt, and fences whatever is said of it. */
export type TakenJob = {
  readonly id: string;
  readonly data: JobData;
  readonly retryCount: number;
  readonly retryLimit: number;
  readonly groupId?: string | null;
};
export type Attempt = Pick<TakenJob, "id" | "retryCount">;

/** What a worker does with jobs. Each is held to the attempt: of a job that another has by now, nothing is changed. */
export type OpenQueue<N extends string = QueueName> = Queue<N> & {
  settings(name: N): QueueSettings;
  /** Takes what is due, but nothing of the groups `without`. */
  take(name: N, most: number, without?: readonly string[]): Promise<TakenJob[]>;
  /** How many of these are still this worker's, and are now known to be alive. */
  touch(name: N, jobs: readonly Attempt[]): Promise<number>;
  /** The ids of those that it ended. */
  complete(name: N, jobs: readonly Attempt[]): Promise<ReadonlySet<string>>;
  /** Has the job run again after `seconds`, give or take a half; its tries are counted on. */
  again(name: N, job: Attempt, reason: string, seconds: number): Promise<void>;
  /** Gives jobs back that were not done, for no fault of theirs: another worker takes them at once, with no try lost. */
  handBack(name: N, jobs: readonly Attempt[]): Promise<void>;
  /** Ends the job for good, among the dead ones. */
  bury(name: N, job: Attempt, reason: string): Promise<void>;
  /** Called soon after a job was put here: the worker beside it need not wait for its next look. */
  onEnqueue(listener: (name: N) => void): void;
  close(): Promise<void>;
};

export type QueueOptions<N extends string> = {
  readonly url: string;
  readonly role: string;
  readonly log: Log;
  readonly queues: Readonly<Record<N, QueueSettings>>;
  /** Whether this process watches for workers that died, and tidies up. */
  readonly supervise: boolean;
};

/** How often it is looked for workers that died, in seconds: with the heartbeat, a job resumes within half a minute. */
const SUPERVISE_SECONDS = 5;
/** How often jobs that were done are cleared away, in seconds. */
const TIDY_SECONDS = 600;
const HOUR_SECONDS = 3600;
const STATEMENT_MS = 30_000;
const WARN_MS = 60_000;

/** The statistics of the queues that `$1` names. */
export const STATS = `
  select name as queue, count(*)::int as count,
         case when state = 'active' then 'active' when start_after <= now() then 'waiting' else 'planned' end as state,
         extract(epoch from now() - min(case when state = 'active' then started_on else least(start_after, now()) end))::int as oldest
    from pgboss.job where name = any($1) and state in ('created', 'retry', 'active') group by 1, 3
  union all
  select source_name, count(*)::int, 'dead', extract(epoch from now() - min(created_on))::int
    from pgboss.job where name = '${DEAD}' and state in ('created', 'retry', 'active') group by 1`;
// pg-boss's own way back (restore) asks neither for the state nor for the attempt, and so could revive what another has
// done. As with pg-boss's retries, whoever takes the job next counts one more.
const RELEASE = `
  update pgboss.job set state = 'retry', heartbeat_on = null, output = $3::jsonb, retry_limit = retry_limit + $4::int,
         start_after = now() + $5::float8 * (0.5 + random()) * interval '1 second'
   where name = $1 and state = 'active' and (id::text || ':' || retry_count) = any($2::text[])
     and id = any($6::uuid[])`;

const insertOf = ({ data, when = {} }: { data: JobData; when?: When }) => ({
  data,
  ...(when.afterSeconds ? { startAfter: when.afterSeconds } : {}),
  ...(when.group ? { group: { id: when.group } } : {}),
  ...(when.onceInSeconds ? { singletonSeconds: when.onceInSeconds } : {}),
});

/** What is kept of an error: its sentence, for the operator. */
const noteOf = (message: string) => ({ message: message.slice(0, 500) });

/** Opens the queue. The tables were installed with the migrations. Rejects when the database does not answer. */
export async function openQueue<N extends string>(options: QueueOptions<N>): Promise<OpenQueue<N>> {
  const { log, queues } = options;
  const listeners: ((name: N) => void)[] = [];
  // Its own: a backlog of requests must not keep a worker from saying that it is alive.
  const pool = openPool({
    url: options.url,
    name: "reelmark-jobs",
    role: options.role,
    max: options.supervise ? 6 : 2,
    statementTimeoutMs: STATEMENT_MS,
    onError: (error) => log.warn({ error: String(error) }, "a connection of the queue failed"),
  });
  const boss = new PgBoss({
    db: { executeSql: (text: string, values?: unknown[]) => pool.query(text, values) },
    migrate: false,
    createSchema: false,
    schedule: false,
    // The role owns no index, and so cannot rebuild one.
    reindex: false,
    supervise: options.supervise,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    maintenanceIntervalSeconds: TIDY_SECONDS,
    // Jobs here do not wait for one another.
    flowIntervalSeconds: HOUR_SECONDS,
  });
  boss.on("error", (error) => log.warn({ error: String(error) }, "the queue failed; it goes on"));
  let warnedAt = -WARN_MS;
  boss.on("warning", ({ message }) => {
    // A backlog is said again at every look.
    if (performance.now() - warnedAt < WARN_MS) return;
    warnedAt = performance.now();
    log.warn({ message }, "the queue warns");
  });
  await boss.start().catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const told = (name: N) => {
    for (const listener of listeners) listener(name);
  };
  const within = (db: Db) => ({ executeSql: (text: string, values?: unknown[]) => db.execute(text, values) });
  const release = async (name: N, jobs: readonly Attempt[], output: object, more: number, seconds: number) => {
    const pairs = jobs.map(({ id, retryCount }) => `${id}:${retryCount}`);
    const ids = jobs.map(({ id }) => id);
    await pool.query(RELEASE, [name, pairs, JSON.stringify(output), more, seconds, ids]);
  };
  return {
    settings: (name) => queues[name],
    take: (name, most, without = []) => {
      const { perGroup } = queues[name];
      const grouped = perGroup ? { groupConcurrency: perGroup } : {};
      const ignored = without.length > 0 ? { ignoreGroups: [...without] } : {};
      return boss.fetch<JobData>(name, { batchSize: most, includeMetadata: true, ...grouped, ...ignored });
    },
    touch: async (name, jobs) => reached(await boss.touch(name, [...jobs])).size,
    complete: async (name, jobs) => reached(await boss.complete(name, [...jobs])),
    again: (name, job, reason, seconds) => release(name, [job], noteOf(reason), 0, seconds),
    handBack: (name, jobs) => release(name, jobs, noteOf("the worker stopped"), 1, 0),
    bury: async (name, job, reason) => void (await boss.fail(name, job, noteOf(reason))),
    onEnqueue: (listener) => void listeners.push(listener),
    async enqueue(db, name, data, when) {
      await boss.insert(name, [insertOf({ data, ...(when ? { when } : {}) })], { db: within(db) });
      told(name);
    },
    async enqueueAll(db, name, jobs) {
      if (jobs.length === 0) return;
      await boss.insert(name, jobs.map(insertOf), { db: within(db) });
      told(name);
    },
    async stats() {
      const { rows } = await pool.query<QueueStats>(STATS, [Object.keys(queues)]);
      return rows;
    },
    async close() {
      await boss.stop({ graceful: false });
      await pool.end();
    },
  };
}

/** Which jobs a command reached. pg-boss answers it, and its types leave it out. */
const reached = (answer: object): ReadonlySet<string> => new Set((answer as { settled: string[] }).settled);

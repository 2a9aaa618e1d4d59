/** `npm run bench:jobs`: how fast jobs are done that do nothing, beside pg-boss's own workers in the same run. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { PgBoss } from "pg-boss";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { APP_ROLE, migrateDatabase } from "../../server/db/migrate.ts";
import { installQueues } from "../../server/jobs/install.ts";
import { openQueue } from "../../server/jobs/queue.ts";
import type { QueueSettings } from "../../server/jobs/queues.ts";
import { startWorkers } from "../../server/jobs/workers.ts";
import { openPool, withTransaction } from "../../server/kit/postgres/pool.ts";
import { run } from "../usage.ts";

const help = `npm run bench:jobs [-- --jobs 5000] [-- --rounds 3]

On a PostgreSQL of its own, alternately: jobs are put, and then done by Reelmark's executor, each by itself, 16 at a time; by
pg-boss's fetch() and complete() in a bare loop, 16 in a statement, which is as fast as they go; and a tenth of them by its
work(). Then how many statements a second an idle worker sends.`;

const AT_ONCE = 16;
const IDLE_MS = 20_000;
const QUEUES = {
  ours: { concurrency: AT_ONCE, tries: 3, backoff: { first: 1, most: 1 }, expireSeconds: 60 },
} as const satisfies Record<string, QueueSettings>;
type Name = keyof typeof QUEUES;

const silent = { info: () => {}, warn: () => {}, error: () => {} };
const perSecond = (jobs: number, started: number) => (jobs * 1000) / (performance.now() - started);

/** Puts jobs of no row, then has them done by the executor. Answers jobs a second. */
async function ours(url: string, jobs: number): Promise<number> {
  const pool = openPool({ url, name: "bench", role: APP_ROLE, max: 4, onError: () => {} });
  const queue = await openQueue<Name>({ url, role: APP_ROLE, log: silent, queues: QUEUES, supervise: true });
  const list = Array.from({ length: jobs }, (_, n) => ({ data: { org_id: "", id: `${n}` } }));
  await withTransaction(pool, "", (db) => queue.enqueueAll(db, "ours", list));
  const started = performance.now();
  const done = Promise.withResolvers<void>();
  let left = jobs;
  const workers = startWorkers<Name>({
    pool,
    queue,
    workers: [{ queue: "ours", run: async () => {}, abandon: async () => {} }],
    chores: [],
    log: silent,
    clock: Date.now,
    onDone: () => {
      if (--left === 0) done.resolve();
    },
  });
  await done.promise;
  const result = perSecond(jobs, started);
  await workers.stop(0);
  await queue.close();
  await pool.end();
  return result;
}

/** The same with pg-boss alone. `work`: its own worker, which waits for its next poll after each batch. */
async function theirs(url: string, jobs: number, how: "loop" | "work"): Promise<number> {
  const boss = new PgBoss({ connectionString: url, migrate: false, schedule: false });
  await boss.start();
  await boss.insert(
    "ours",
    Array.from({ length: jobs }, (_, n) => ({ data: { org_id: "", id: `${n}` } })),
  );
  const started = performance.now();
  let left = jobs;
  if (how === "work") {
    const done = Promise.withResolvers<void>();
    await boss.work("ours", { batchSize: AT_ONCE, pollingIntervalSeconds: 0.5 }, async (batch) => {
      left -= batch.length;
      if (left === 0) done.resolve();
    });
    await done.promise;
  }
  while (left > 0) {
    const batch = await boss.fetch("ours", { batchSize: AT_ONCE, includeMetadata: true });
    await boss.complete("ours", batch);
    left -= batch.length;
  }
  const result = perSecond(jobs, started);
  await boss.stop({ graceful: false });
  return result;
}

/** Statements a second that a worker of `queues` queues sends when there is nothing to do. */
async function idle(url: string, admin: pg.Client): Promise<number> {
  const pool = openPool({ url, name: "bench", role: APP_ROLE, max: 4, onError: () => {} });
  const queue = await openQueue<Name>({ url, role: APP_ROLE, log: silent, queues: QUEUES, supervise: true });
  const worker = { queue: "ours", run: async () => {}, abandon: async () => {} } as const;
  const options = { pool, queue, chores: [], log: silent, clock: Date.now, onDone: () => {} };
  const workers = startWorkers<Name>({ ...options, workers: [worker] });
  const count = async () => {
    const text = "select xact_commit::int as count from pg_stat_database where datname = current_database()";
    return (await admin.query<{ count: number }>(text)).rows[0]?.count ?? 0;
  };
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const before = await count();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const result = ((await count()) - before) / (IDLE_MS / 1000);
  await workers.stop(0);
  await queue.close();
  await pool.end();
  return result;
}

await run("bench:jobs", async () => {
  const { values } = parseArgs({
    options: {
      jobs: { type: "string", default: "5000" },
      rounds: { type: "string", default: "3" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return console.log(help);
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-bench-"));
  fs.chmodSync(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir });
  const admin = new pg.Client({ connectionString: postgres.url });
  try {
    await migrateDatabase(postgres.url);
    await admin.connect();
    await installQueues(admin, QUEUES);
    const jobs = Number(values.jobs);
    for (let round = 1; round <= Number(values.rounds); round++) {
      const executor = await ours(postgres.url, jobs);
      const loop = await theirs(postgres.url, jobs, "loop");
      const work = await theirs(postgres.url, Math.ceil(jobs / 10), "work");
      const figures = [executor, loop, work].map((figure) => figure.toFixed(0));
      console.log(
        `round ${round}: executor ${figures[0]} jobs/s, bare loop ${figures[1]}, work() ${figures[2]}; ` +
          `executor / bare loop ${(executor / loop).toFixed(2)}`,
      );
    }
    const statements = await idle(postgres.url, admin);
    console.log(`idle worker of one queue: ${statements.toFixed(1)} statements a second`);
  } finally {
    await admin.end();
    await postgres.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
});

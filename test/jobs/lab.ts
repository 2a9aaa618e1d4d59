import { fileURLToPath } from "node:url";
import pg from "pg";
import { installQueues } from "../../server/jobs/install.ts";
import type { OpenQueue } from "../../server/jobs/queue.ts";
import type { Worker } from "../../server/jobs/worker.ts";
import { startWorkers, type Workers } from "../../server/jobs/workers.ts";
import { withTransaction } from "../../server/kit/postgres/pool.ts";
import type { Log } from "../../server/kit/runtime.ts";
import { launch, type ServerProcess } from "../server/launch.ts";
import { freshDatabase } from "../setup/database.ts";
import { ADD, LAB, type LabQueue, labWorker, openLab } from "./work.ts";

/** Rows that jobs work on, and what they did: `lab_claims` every start, `lab_effects` what must be there once a row. */
const TABLES = `
  create table lab_rows (
    id text primary key, status text not null default 'pending', attempt int not null default 0,
    -- Which attempts may end; null for all.
    open int[]);
  create table lab_claims (id text, attempt int, pid int, at timestamptz default clock_timestamp());
  create table lab_effects (id text, attempt int, at timestamptz default clock_timestamp());
  grant select, insert, update on lab_rows, lab_claims, lab_effects to reelmark_app`;

export type Lab = {
  readonly url: string;
  readonly queue: OpenQueue<LabQueue>;
  readonly pool: pg.Pool;
  readonly log: { level: string; fields: object; message: string }[];
  readonly outcomes: string[];
  sql<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
  /** Starts workers in this process, and stops them with the lab. */
  work(worker?: Worker<LabQueue>, queue?: OpenQueue<LabQueue>): Workers;
  close(): Promise<void>;
};

/** A database of its own with the lab's queue and tables, and a queue in this process that supervises nothing. */
export async function freshLab(): Promise<Lab> {
  const database = await freshDatabase();
  const { url } = database;
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  await installQueues(owner, { lab: LAB });
  await owner.query(TABLES);
  const log: Lab["log"] = [];
  const write = (level: string) => (fields: object, message: string) => void log.push({ level, fields, message });
  const here: Log = { info: write("info"), warn: write("warn"), error: write("error") };
  const { pool, queue, close } = await openLab(url, here, true);
  const started: Workers[] = [];
  const outcomes: string[] = [];
  return {
    url,
    queue,
    pool,
    log,
    outcomes,
    sql: async (text, values) => (await owner.query(text, values)).rows,
    work(worker = labWorker(), own = queue) {
      const onDone = (_queue: LabQueue, outcome: string) => void outcomes.push(outcome);
      const workers = startWorkers({
        pool,
        queue: own,
        workers: [worker],
        chores: [],
        log: here,
        clock: Date.now,
        onDone,
      });
      started.push(workers);
      return workers;
    },
    async close() {
      await Promise.all(started.map((workers) => workers.stop(0)));
      await close();
      await owner.end();
      await database.drop();
    },
  };
}

const PROGRAM = fileURLToPath(new URL("./process.ts", import.meta.url));

/** A worker, or a producer, on a lab's database in a process of its own. */
export const start = (lab: Lab, ...args: string[]): ServerProcess =>
  launch(process.execPath, [PROGRAM, ...args], { DATABASE_URL: lab.url });

/** Writes rows with their jobs, in one transaction. */
export const put = (lab: Lab, ids: readonly string[]) =>
  withTransaction(lab.pool, "", async (db) => {
    await db.run(ADD, [ids]);
    const jobs = ids.map((id) => ({ data: { org_id: "", id } }));
    await lab.queue.enqueueAll(db, "lab", jobs);
  });

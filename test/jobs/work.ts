import { openQueue } from "../../server/jobs/queue.ts";
import type { QueueSettings } from "../../server/jobs/queues.ts";
import type { Worker } from "../../server/jobs/worker.ts";
import { type Db, statement } from "../../server/kit/postgres/db.ts";
import { openPool } from "../../server/kit/postgres/pool.ts";
import type { Log } from "../../server/kit/runtime.ts";

/** A queue of the tests' own: the server's code around it is what is tested. */
export type LabQueue = "lab";
export const LAB: QueueSettings = { concurrency: 16, tries: 30, backoff: { first: 1, most: 1 }, expireSeconds: 300 };

/** A worker's way of being wrong: each must turn a test red. */
export const FAULTS = ["no fence", "done before the effect", "put after the commit"] as const;
export type Fault = (typeof FAULTS)[number];

const CLAIM = statement(
  "lab.claim",
  `with mine as (
     update lab_rows set status = 'running', attempt = attempt + 1 where id = $1 and status in ('pending', 'running')
     returning id, attempt)
   insert into lab_claims (id, attempt, pid) select id, attempt, $2 from mine returning attempt`,
);
const OPEN = statement("lab.open", "select open is null or $2 = any(open) as open from lab_rows where id = $1");
const END = statement(
  "lab.end",
  `with mine as (
     update lab_rows set status = 'done' where id = $1 and attempt = $2 and status = 'running' returning id)
   insert into lab_effects (id, attempt) select id, $2 from mine`,
);
const END_UNFENCED = statement(
  "lab.end-unfenced",
  `with mine as (update lab_rows set status = 'done' where id = $1 returning id)
   insert into lab_effects (id, attempt) select id, $2 from mine`,
);
const ABANDON = statement("lab.abandon", "update lab_rows set status = 'failed' where id = $1 and status <> 'done'");
export const ADD = statement("lab.add", "insert into lab_rows (id) select unnest($1::text[])");

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A worker as the rules of server/jobs ask for: it claims, works for a while, and writes only what is still its own. */
export function labWorker(options: { readonly fault?: Fault | undefined; readonly workMs?: () => number } = {}) {
  const { fault, workMs = () => 0 } = options;
  const worker: Worker<LabQueue> = {
    queue: "lab",
    async run({ id }, job) {
      const claimed = await job.transaction("", (db) => db.one<{ attempt: number }>(CLAIM, [id, process.pid]));
      if (!claimed) return;
      const work = async () => {
        await pause(workMs());
        const open = (db: Db) => db.one<{ open: boolean }>(OPEN, [id, claimed.attempt]);
        while (!(await job.read("", open))?.open) await pause(50);
        const end = fault === "no fence" ? END_UNFENCED : END;
        await job.transaction("", (db) => db.run(end, [id, claimed.attempt]));
      };
      if (fault === "done before the effect") void work().catch(() => {});
      else await work();
    },
    async abandon({ id }, _reason, job) {
      await job.transaction("", (db) => db.run(ABANDON, [id]));
    },
  };
  return worker;
}

const ROLE = "reelmark_app";

/** The queue and a pool on a lab's database, as a server has them. */
export async function openLab(url: string, log: Log, supervise: boolean) {
  const pool = openPool({ url, name: "reelmark", role: ROLE, max: 20, onError: () => {} });
  const queue = await openQueue<LabQueue>({ url, role: ROLE, log, queues: { lab: LAB }, supervise });
  return { pool, queue, close: () => Promise.all([queue.close(), pool.end()]) };
}

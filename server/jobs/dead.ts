import { PgBoss } from "pg-boss";
import { type Db, statement } from "../kit/postgres/db.ts";
import type { JobData } from "./queue.ts";
import { DEAD } from "./queues.ts";

/** A job that failed for good. `queue` is where it failed, `error` what it said at its last try. */
export type DeadJob = {
  readonly id: string;
  readonly queue: string;
  readonly data: JobData;
  readonly tries: number;
  readonly error: string;
  readonly died_at: string;
};

// Both a failed try and pg-boss itself (a worker that died, a time that ran out) leave a sentence, at different depths.
const FIND = statement(
  "jobs.dead",
  `select id::text, source_name as queue, data, source_retry_count + 1 as tries, created_on as died_at,
          coalesce(source_output->>'message', source_output->'value'->>'message', '') as error
     from pgboss.job
    where name = '${DEAD}' and state < 'active' and ($1::text is null or source_name = $1) and ($2::text is null or id::text = $2)
    order by created_on desc, id limit $3`,
);

/** Dead jobs of all organizations, the latest first; of one queue, or the one of an id. */
export const findDead = (db: Db, which: { queue?: string | undefined; id?: string | undefined }, limit: number) =>
  db.rows<DeadJob>(FIND, [which.queue ?? null, which.id ?? null, limit]);

/** Puts dead jobs back into the queues where they failed, in the transaction given: they have all their tries again. */
export async function redriveDead(db: Db, ids: readonly string[]): Promise<void> {
  const within = { executeSql: (text: string, values?: unknown[]) => db.execute(text, values) };
  const boss = new PgBoss({ db: within, migrate: false, createSchema: false, schedule: false, supervise: false });
  await boss.start();
  try {
    await boss.redrive(DEAD, { ids: [...ids], limit: ids.length });
  } finally {
    await boss.stop({ graceful: false });
  }
}

import type pg from "pg";
import { PgBoss } from "pg-boss";
import { DEAD, DEAD_OPTIONS, QUEUES, type QueueSettings, queueOptions } from "./queues.ts";

/** What the server's role may do in pg-boss's schema: all but change its tables. */
const GRANTS = `
  grant usage on schema pgboss to reelmark_app;
  grant select, insert, update, delete on all tables in schema pgboss to reelmark_app;
  grant usage on all sequences in schema pgboss to reelmark_app;
  grant execute on all functions in schema pgboss to reelmark_app`;

/**
 * Brings pg-boss's tables and the queues to this version. Run by the owner of the database, under the lock of the
 * migrations, so that servers which start at once do not do it twice.
 */
export async function installQueues(
  client: pg.Client,
  queues: Readonly<Record<string, QueueSettings>> = QUEUES,
): Promise<void> {
  const db = {
    executeSql: async (text: string, values?: unknown[]) => {
      const result = await client.query(text, values);
      // Several statements in one text give a list of results; pg-boss reads the last that has rows.
      return Array.isArray(result) ? (result.at(-1) as pg.QueryResult) : result;
    },
  };
  const boss = new PgBoss({ db, supervise: false, schedule: false });
  await boss.start();
  try {
    const present = new Set((await boss.getQueues()).map(({ name }) => name));
    const settle = (name: string, options: object) =>
      present.has(name) ? boss.updateQueue(name, options) : boss.createQueue(name, options);
    await settle(DEAD, DEAD_OPTIONS);
    for (const [name, settings] of Object.entries(queues)) await settle(name, queueOptions(settings));
  } finally {
    await boss.stop({ graceful: false });
  }
}

/** Lets the server's role use the queue. After the migrations, which make that role. */
export async function grantQueues(client: pg.Client): Promise<void> {
  await client.query(GRANTS);
}

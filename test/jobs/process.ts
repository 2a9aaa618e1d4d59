/**
 * A worker, or a producer, in a process of its own: what the tests kill. It says what it does in lines of JSON, and is told
 * what to do by its environment.
 */
import { parseArgs } from "node:util";
import { startWorkers } from "../../server/jobs/workers.ts";
import { withTransaction } from "../../server/kit/postgres/pool.ts";
import { ADD, FAULTS, labWorker, openLab } from "./work.ts";

const { values } = parseArgs({
  options: {
    produce: { type: "string" },
    work: { type: "string", default: "0" },
    fault: { type: "string" },
    grace: { type: "string", default: "0" },
  },
});
const fault = FAULTS.find((one) => one === values.fault);
const say = (fields: object) => void process.stdout.write(`${JSON.stringify(fields)}\n`);
const line = (level: string) => (fields: object, msg: string) => say({ level, msg, ...fields });
const log = { info: line("info"), warn: line("warn"), error: line("error") };
const { pool, queue, close } = await openLab(process.env.DATABASE_URL ?? "", log, values.produce === undefined);

/** Rows with their jobs, ten at a time, until there are so many; goes on where one that was killed has ended. */
async function produce(total: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ count: number }>("select count(*) as count from lab_rows");
    const made = rows[0]?.count ?? 0;
    if (made >= total) return;
    const ids = Array.from({ length: Math.min(10, total - made) }, (_, i) => `row-${made + i}`);
    const jobs = ids.map((id) => ({ data: { org_id: "", id } }));
    await withTransaction(pool, "", async (db) => {
      await db.run(ADD, [ids]);
      if (fault !== "put after the commit") await queue.enqueueAll(db, "lab", jobs);
    });
    if (fault !== "put after the commit") continue;
    await new Promise((resolve) => setTimeout(resolve, 20)); // wide enough to be hit
    await withTransaction(pool, "", (db) => queue.enqueueAll(db, "lab", jobs));
  }
}

if (values.produce !== undefined) {
  await produce(Number(values.produce));
  await close();
} else {
  const most = Number(values.work);
  const worker = labWorker({ fault, workMs: () => Math.random() * most });
  const onDone = (_queue: "lab", outcome: string) => say({ level: "info", msg: "done", outcome });
  const workers = startWorkers({ pool, queue, workers: [worker], chores: [], log, clock: Date.now, onDone });
  process.once("SIGTERM", () => {
    void workers.stop(Number(values.grace)).then(close);
  });
  say({ level: "info", msg: "working" });
}

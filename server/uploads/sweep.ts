import type { JobContext, Worker } from "../jobs/worker.ts";
import type { Chore } from "../jobs/workers.ts";
import type { WorkServices } from "../services.ts";
import type { Stored } from "../storage/service.ts";
import { EXPIRED, FORGET_REMOVALS, ORPHANS } from "./sql.ts";

/** Longer than anything stands in the store before its row does: a request, a fetch, an upload in parts. */
const GRACE_MS = 24 * 3_600_000;
const BATCH = 500;
const EVERY_MS = 60_000;
const SWEEP_SECONDS = 3_600;

/**
 * Deletes what stands in the store and belongs to no upload: of requests and workers that were killed half way, of deleted
 * organizations. Nothing that is younger than a day, and nothing of an organization that this database has never known.
 */
export function sweepWorker({ storage }: Pick<WorkServices, "storage">): Worker {
  async function sweep(batch: readonly Stored[], job: JobContext): Promise<number> {
    const split = batch.map(({ key }) => key.split("/"));
    const columns = [
      split.map(([org = ""]) => org),
      split.map(([, object = ""]) => object),
      batch.map((one) => (one.kind === "parts" ? one.handle : "")),
    ];
    const orphans = await job.read("", (db) => db.rows<{ place: number }>(ORPHANS, columns));
    for (const { place } of orphans) {
      job.signal.throwIfAborted();
      const one = batch[place - 1];
      if (one?.kind === "object") await storage.delete(one.key);
      else if (one) await storage.abortParts(one.key, one.handle);
    }
    return orphans.length;
  }

  return {
    queue: "storage.sweep",
    async run(_data, job) {
      let swept = 0;
      let batch: Stored[] = [];
      for await (const one of storage.list(job.now() - GRACE_MS)) {
        job.signal.throwIfAborted();
        batch.push(one);
        if (batch.length < BATCH) continue;
        swept += await sweep(batch, job);
        batch = [];
      }
      swept += await sweep(batch, job);
      if (swept > 0) job.log.info({ swept }, "files of no upload were deleted from the store");
    },
    async abandon(_data, reason, job) {
      job.log.warn({ reason }, "the store could not be swept; it is tried again within the hour");
    },
  };
}

/** Ends uploads in parts that did not come in time, and has the store swept once an hour. */
export const uploadChore = ({ queue }: Pick<WorkServices, "queue">): Chore => ({
  name: "uploads",
  everyMs: EVERY_MS,
  async run(db, { now }) {
    const expired = await db.rows<{ org_id: string; id: string }>(EXPIRED, [new Date(now()).toISOString(), BATCH]);
    const jobs = expired.map((data) => ({ data, when: { group: data.org_id } }));
    await queue.enqueueAll(db, "upload.process", jobs);
    await db.run(FORGET_REMOVALS);
    await queue.enqueue(db, "storage.sweep", { org_id: "", id: "" }, { onceInSeconds: SWEEP_SECONDS });
  },
});

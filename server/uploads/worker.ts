import type { JobData } from "../jobs/queue.ts";
import type { JobContext, Worker } from "../jobs/worker.ts";
import { checkUpload } from "./check.ts";
import { fetchUpload } from "./fetch.ts";
import { FailedUpload, failClaimed, type ProcessServices, Superseded } from "./finish.ts";
import { keyOf } from "./rows.ts";
import { failUpload } from "./service.ts";
import { CLAIM, REMOVAL, REMOVED, type Removal, type UploadRow } from "./sql.ts";

const EXPIRED = { code: "expired", message: "Not every part came in time: begin a new upload" };
const GIVEN_UP = { code: "internal", message: "The server could not process the file: try again" };

/** Fetches files by their address, checks those that came in parts, and ends those that did not come in time. */
export function uploadWorker(services: ProcessServices): Worker {
  const expire = (data: JobData, job: JobContext) =>
    job.transaction(data.org_id, (db) => {
      const expiredBy = new Date(job.now()).toISOString();
      return failUpload(db, services, data, job.now(), EXPIRED, { expiredBy });
    });
  return {
    queue: "upload.process",
    async run(data, job) {
      const row = await job.transaction(data.org_id, (db) => db.one<UploadRow>(CLAIM, [data.id]));
      // Done, deleted, or a job of the chore that looks for those that have expired.
      if (!row) return void (await expire(data, job));
      try {
        await (row.via === "url" ? fetchUpload : checkUpload)(row, services, job);
      } catch (error) {
        if (error instanceof Superseded) return;
        if (!(error instanceof FailedUpload)) throw error;
        await failClaimed(row, error, services, job);
      }
    },
    async abandon(data, _reason, job) {
      await job.transaction(data.org_id, (db) => failUpload(db, services, data, job.now(), GIVEN_UP));
    },
  };
}

/** Takes from the store what no upload has any more. */
export function removalWorker({ storage }: Pick<ProcessServices, "storage">): Worker {
  return {
    queue: "storage.delete",
    async run({ org_id, id }, job) {
      const removal = await job.read(org_id, (db) => db.one<Removal>(REMOVAL, [id]));
      if (!removal) return;
      const { object, store_handle } = removal;
      if (object !== null) {
        const key = keyOf(org_id, object);
        if (store_handle !== null) await storage.abortParts(key, store_handle);
        await storage.delete(key);
      }
      await job.transaction(org_id, (db) => db.run(REMOVED, [id]));
    },
    // The sweeper finds what is left in the store.
    async abandon({ org_id, id }, reason, job) {
      job.log.warn({ organization: org_id, row: id, reason }, "a file could not be deleted: the sweeper will");
      await job.transaction(org_id, (db) => db.run(REMOVED, [id]));
    },
  };
}

import type { JobContext } from "../jobs/worker.ts";
import { examineStored, RefusedFile, StorageError } from "../storage/service.ts";
import { FailedUpload, finishUpload, type ProcessServices, Superseded } from "./finish.ts";
import { keyOf } from "./rows.ts";
import { GET, type UploadRow } from "./sql.ts";

/**
 * Makes one object of the parts of a claimed upload, reads it once, and makes the upload ready. May be run again after a
 * crash at any line. Throws FailedUpload, Superseded; what the store throws passes.
 */
export async function checkUpload(row: UploadRow, services: ProcessServices, job: JobContext): Promise<void> {
  const { storage } = services;
  const { object, store_handle, size } = row;
  if (object === null || store_handle === null) throw new Error(`the upload ${row.id} in parts has none in the store`);
  const key = keyOf(row.org_id, object);
  try {
    // It is there when a worker died after this step.
    if ((await storage.size(key)) === undefined) {
      const parts = await storage.parts(key, store_handle);
      await storage.completeParts(key, store_handle, parts);
    }
    const found = await examineStored(storage, key, { filename: row.filename }, job.signal);
    if (found.size !== size) {
      throw new FailedUpload(
        "parts_changed",
        `The parts have ${found.size} bytes together, and ${size} were announced`,
      );
    }
    await finishUpload(row, object, found, services, job);
  } catch (error) {
    if (error instanceof Superseded) await clearAway(row, key, services, job);
    if (error instanceof RefusedFile) throw new FailedUpload("type_not_allowed", error.message);
    if (error instanceof StorageError && error.code === "NOT_FOUND" && (await gone(key, services))) {
      throw new FailedUpload("parts_lost", "The store has the parts of this file no more: upload it again");
    }
    throw error;
  }
}

/** Not there as a whole either: a part that was read while another worker put the whole together is no loss. */
const gone = async (key: string, { storage }: ProcessServices) => (await storage.size(key)) === undefined;

/** The object may have come to be after the upload was deleted, or failed, and its removal done. */
async function clearAway(row: UploadRow, key: string, { storage }: ProcessServices, job: JobContext): Promise<void> {
  const present = await job.read(row.org_id, (db) => db.one<UploadRow>(GET, [row.id]));
  if (present === undefined || present.object === null) await storage.delete(key);
}

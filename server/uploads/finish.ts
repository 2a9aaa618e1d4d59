import type { JobContext } from "../jobs/worker.ts";
import type { WorkServices } from "../services.ts";
import { type Examined, mediaOf } from "../storage/service.ts";
import { countBytes } from "./bounds.ts";
import { keyOf, toUpload } from "./rows.ts";
import { type Failure, failUpload } from "./service.ts";
import { FINISH, type UploadRow } from "./sql.ts";

export type ProcessServices = Pick<WorkServices, "queue" | "events" | "outbound" | "storage">;

/** What went wrong for good: said where the tenant sees it, and not tried again. */
export class FailedUpload extends Error {
  override readonly name = "FailedUpload";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The upload is another worker's by now, or deleted: whatever this one has is nobody's. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

/**
 * Makes a claimed upload ready: its facts, its bytes counted, webhooks told, in one transaction under the fence. Throws
 * Superseded when the attempt stands no more, 403 PLAN_LIMIT when there is no room, FailedUpload for a refused type.
 */
export async function finishUpload(
  row: UploadRow,
  object: string,
  found: Examined,
  { storage, events }: ProcessServices,
  job: JobContext,
): Promise<void> {
  if ("refused" in found) throw new FailedUpload("type_not_allowed", found.refused);
  const media = await mediaOf(storage, keyOf(row.org_id, object), found.size, found.type);
  const facts = [found.type, found.size, found.sha256, media.width, media.height, media.duration_ms];
  await job.transaction(row.org_id, async (db) => {
    const nowMs = job.now();
    const values = [row.id, row.attempt, object, ...facts, new Date(nowMs).toISOString()];
    const done = await db.one<UploadRow & { counted: number }>(FINISH, values);
    if (!done) throw new Superseded();
    const { counted, ...ready } = done;
    if (found.size > counted) await countBytes(db, row.org_id, found.size - counted);
    await events.emit(db, row.org_id, nowMs, "upload.ready", toUpload(ready));
  });
}

/** Says of a claimed upload that it failed, under the fence. */
export async function failClaimed(row: UploadRow, why: Failure, services: ProcessServices, job: JobContext) {
  const which = { attempt: row.attempt };
  await job.transaction(row.org_id, (db) => failUpload(db, services, row, job.now(), why, which));
}

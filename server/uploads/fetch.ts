import { ApiError } from "../../spec/kit/errors.ts";
import type { JobContext } from "../jobs/worker.ts";
import { OutboundError } from "../outbound/service.ts";
import { examine, RefusedFile, StorageError } from "../storage/service.ts";
import { mostAtOnce, roomOf } from "./bounds.ts";
import { FailedUpload, finishUpload, type ProcessServices, Superseded } from "./finish.ts";
import { keyOf } from "./rows.ts";
import { PROGRESS, type UploadRow } from "./sql.ts";

const TOTAL_MS = 3_600_000;
/** Progress is written each time that this much more has come, in percent. */
const STEP = 5;
/** A server that does not answer is asked this often. */
const ASKS = 4;
/** What may be better another time. A refused address is not. */
const PASSING: readonly string[] = ["dns", "refused", "timeout", "network"];
const PASSING_STATUS = [408, 425, 429, 500, 502, 503, 504];

/** Why asking again may help. */
class NotNow extends Error {
  override readonly name = "NotNow";
}

/** Fetches the file of a claimed upload into the store, and makes it ready. Throws FailedUpload, Superseded; others pass. */
export async function fetchUpload(row: UploadRow, services: ProcessServices, job: JobContext): Promise<void> {
  // Of this attempt alone: what a worker writes that was taken for dead is not what another has examined.
  const object = `${row.id}_${row.attempt}`;
  const key = keyOf(row.org_id, object);
  try {
    const found = await fetched(row, key, services, job);
    await finishUpload(row, object, found, services, job);
  } catch (error) {
    // Any other error may be of a commit that was done: then the bytes are the upload's, and else the sweeper's.
    const certain = [FailedUpload, Superseded, NotNow, ApiError, RefusedFile].some((kind) => error instanceof kind);
    if (certain) await services.storage.delete(key).catch(() => {});
    throw verdict(error, job);
  }
}

function verdict(error: unknown, job: JobContext): unknown {
  if (error instanceof RefusedFile) return new FailedUpload("type_not_allowed", error.message);
  if (error instanceof ApiError && error.code === "PLAN_LIMIT") return new FailedUpload("storage_full", error.message);
  if (error instanceof StorageError && error.code === "TOO_LARGE") return new FailedUpload("too_large", error.message);
  if (error instanceof NotNow && (job.attempt >= ASKS || job.last)) {
    return new FailedUpload("fetch_failed", error.message, { cause: error.cause });
  }
  return error;
}

async function fetched(row: UploadRow, key: string, { outbound, storage }: ProcessServices, job: JobContext) {
  const maxBytes = mostAtOnce(await job.read(row.org_id, roomOf));
  const { signal } = job;
  try {
    const request = { url: row.source_url ?? "", totalMs: TOTAL_MS, maxBytes, signal };
    const { status, headers, stream, discard } = await outbound.request(request);
    if (status !== 200) {
      await discard();
      const message = `The server of the URL answered ${status}`;
      throw PASSING_STATUS.includes(status) ? new NotNow(message) : new FailedUpload("fetch_failed", message);
    }
    // Of compressed bytes the length says nothing.
    const whole = headers["content-encoding"] === undefined ? Number(headers["content-length"]) : Number.NaN;
    const { bytes, result } = examine(told(stream, whole, row, job));
    await storage.put(key, bytes, { signal });
    return await result({ filename: row.filename, type: headers["content-type"] });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (error.code === "too_large") {
      throw new FailedUpload("too_large", `The file has more than the ${maxBytes} bytes that the plan allows`);
    }
    if (PASSING.includes(error.code)) throw new NotNow(error.message, { cause: error });
    throw new FailedUpload("fetch_failed", error.message);
  }
}

/** The same bytes; how far they are is written to the row. Throws Superseded when that is another's by now. */
async function* told(
  bytes: AsyncIterable<Uint8Array>,
  whole: number,
  row: UploadRow,
  job: JobContext,
): AsyncGenerator<Uint8Array, void> {
  let size = 0;
  let said = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    // Below 100 until it is checked; and a server may send more than it said.
    const percent = whole > 0 ? Math.min(99, Math.floor((size / whole) * 100)) : 0;
    if (percent >= said + STEP) {
      said = percent;
      const values = [row.id, row.attempt, percent];
      if ((await job.transaction(row.org_id, (db) => db.run(PROGRESS, values))) === 0) throw new Superseded();
    }
    yield chunk;
  }
}

import { ApiError } from "../../spec/kit/errors.ts";
import type { Log } from "../kit/runtime.ts";
import { RefusedFile, StorageError } from "../storage/service.ts";

/** What an error of the store, or of looking at a file, is to the caller: 415, 503 when the disk is full, 502. Others stay. */
function fromStore(error: unknown, log: Log): unknown {
  if (error instanceof RefusedFile)
    return new ApiError("UNSUPPORTED_MEDIA_TYPE", error.message, { headers: { Connection: "close" } });
  if (!(error instanceof StorageError)) return error;
  log.error({ error: error.message, cause: String(error.cause), error_code: error.code }, "the file store failed");
  if (error.code === "FULL") {
    const message = "The server has no room for files right now: try again later";
    return new ApiError("SERVICE_UNAVAILABLE", message, { headers: { "Retry-After": "60", Connection: "close" } });
  }
  return new ApiError("UPSTREAM_ERROR", "The file store does not answer as it should: try again later", {
    headers: { Connection: "close" },
  });
}

/** Runs `work` with the store. Throws what `fromStore` says. */
export async function withStore<T>(log: Log, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromStore(error, log);
  }
}

import { ApiError, validationError } from "../../spec/kit/errors.ts";
import { MAX_PARTS, MIN_PART_BYTES } from "../../spec/upload-parts.ts";
import type { UploadedPart } from "../storage/service.ts";
import type { UploadRow } from "./sql.ts";

/** What an open upload in parts surely has. */
export type Open = UploadRow & {
  readonly size: number;
  readonly part_size: number;
  readonly part_count: number;
  readonly object: string;
  readonly store_handle: string;
};

const MIB = 1024 ** 2;
const USUAL_BYTES = 8 * MIB;

/**
 * How a file comes in parts.
 * @param size Bytes of the file.
 * @param wanted Bytes of a part, as the client would have them; 8 MiB, or more for a large file, unless told.
 * @throws 400 at `body.part_size` when that makes too many parts.
 */
export function planParts(size: number, wanted?: number): { size: number; count: number } {
  const least = Math.max(MIN_PART_BYTES, Math.ceil(size / MAX_PARTS / MIB) * MIB);
  const part = wanted ?? Math.max(USUAL_BYTES, least);
  const count = Math.ceil(size / part);
  if (count <= MAX_PARTS) return { size: part, count };
  const message = `makes ${count} parts, and ${MAX_PARTS} are the most: send at least ${least}`;
  throw validationError([{ path: "body.part_size", code: "too_small", message }]);
}

const closed = (why: string) => new ApiError("CONFLICT", why, { headers: { Connection: "close" } });

/** Whether parts may come. Throws 409 saying why not. */
export function requireOpen(row: UploadRow, nowMs: number): Open {
  const { size, part_size, part_count, object, store_handle, ...rest } = row;
  if (row.via !== "parts") throw closed("This upload does not come in parts");
  if (row.status === "failed") throw closed("This upload has failed: begin a new one");
  if (row.completed_at !== null || row.expires_at === null) throw closed("This upload is complete");
  if (Date.parse(row.expires_at) <= nowMs) throw closed("This upload has expired: begin a new one");
  if (size === null || part_size === null || part_count === null || object === null || store_handle === null)
    throw new Error(`the upload ${row.id} in parts lacks what its parts are`);
  return { ...rest, size, part_size, part_count, object, store_handle };
}

/** The bytes that a part must have. Throws 400 for one that the upload does not have. */
export function partBytes({ size, part_size, part_count }: Open, number: number): number {
  if (number > part_count) {
    const message = `must be at most ${part_count}: this upload has no more parts`;
    throw validationError([{ path: "params.part_number", code: "too_big", message }]);
  }
  return number < part_count ? part_size : size - part_size * (part_count - 1);
}

/** The same bytes, if there are exactly so many. Throws 413 on the first one too many, 400 at the end when some are missing. */
export async function* exactly(
  bytes: AsyncIterable<Uint8Array>,
  number: number,
  wanted: number,
): AsyncGenerator<Uint8Array, void> {
  let seen = 0;
  for await (const chunk of bytes) {
    seen += chunk.length;
    if (seen > wanted) {
      throw new ApiError("PAYLOAD_TOO_LARGE", `Part ${number} of this upload has exactly ${wanted} bytes`, {
        details: { max_bytes: wanted },
        headers: { Connection: "close" },
      });
    }
    yield chunk;
  }
  if (seen === wanted) return;
  const message = `has ${seen} bytes; part ${number} of this upload has exactly ${wanted}`;
  throw validationError([{ path: "body", code: "too_small", message }]);
}

/** Numbers of the parts that have not come, or not with their bytes. */
export function missingParts(open: Open, parts: readonly UploadedPart[]): number[] {
  const sizes = new Map(parts.map(({ number, size }) => [number, size]));
  const all = Array.from({ length: open.part_count }, (_, index) => index + 1);
  return all.filter((number) => sizes.get(number) !== partBytes(open, number));
}

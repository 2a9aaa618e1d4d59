import { ApiError } from "../../spec/kit/errors.ts";
import { type PlanId, planTerms } from "../../spec/plans.ts";
import { MAX_SINGLE_BYTES } from "../../spec/uploads.ts";
import type { Db } from "../kit/postgres/db.ts";
import { ALLOWANCE, type Allowance, COUNT_BYTES } from "./sql.ts";

/** How many bytes an organization may still store, and in one file; null is no bound. */
export type Room = { readonly plan: PlanId; readonly file: number | null; readonly left: number | null };

/** What is read no further leaves the connection unusable. */
const CLOSE = { headers: { Connection: "close" } };

/** 413 for a file that is larger than the plan allows for one. */
export const fileTooLarge = (plan: PlanId, most: number) =>
  new ApiError("PAYLOAD_TOO_LARGE", `A file may have at most ${most} bytes on the plan ${plan}`, {
    details: { max_bytes: most, plan },
    ...CLOSE,
  });

/** 403 for more bytes than the plan keeps in all. */
const storageFull = (plan: PlanId) => {
  const { storage_bytes } = planTerms(plan);
  const message = `The plan ${plan} keeps ${storage_bytes} bytes in all: delete files, or change the plan`;
  return new ApiError("PLAN_LIMIT", message, { details: { plan, storage_bytes }, ...CLOSE });
};

/** What the bound organization may still store. Throws 403 PLAN_LIMIT when that is nothing. */
export async function roomOf(db: Db): Promise<Room> {
  const row = await db.one<Allowance>(ALLOWANCE);
  if (!row) throw new Error("the bound organization has no row");
  const { storage_bytes, file_bytes } = planTerms(row.plan);
  const left = storage_bytes === null ? null : storage_bytes - row.used;
  if (left !== null && left <= 0) throw storageFull(row.plan);
  return { plan: row.plan, file: file_bytes, left };
}

/** The same bytes. Throws 413 on the first past the plan's bound for a file, 403 past what is left of its storage. */
export async function* withinRoom(bytes: AsyncIterable<Uint8Array>, room: Room): AsyncGenerator<Uint8Array, void> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (room.file !== null && size > room.file) throw fileTooLarge(room.plan, room.file);
    if (room.left !== null && size > room.left) throw storageFull(room.plan);
    yield chunk;
  }
}

/** Most bytes that may be fetched at once. */
export const mostAtOnce = ({ file, left }: Room): number =>
  Math.min(file ?? MAX_SINGLE_BYTES, left ?? MAX_SINGLE_BYTES);

/**
 * Counts bytes of the bound organization, in the transaction that brings them; after the upload's row was written, so that
 * all take the two locks in one order. Throws 403 PLAN_LIMIT past the plan's bound.
 */
export async function countBytes(db: Db, org: string, bytes: number): Promise<void> {
  const row = await db.one<Allowance>(ALLOWANCE);
  if (!row) throw new Error("the bound organization has no row");
  const { storage_bytes } = planTerms(row.plan);
  if ((await db.run(COUNT_BYTES, [org, bytes, storage_bytes])) === 0) throw storageFull(row.plan);
}

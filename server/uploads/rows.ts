import { ApiError } from "../../spec/kit/errors.ts";
import type { FILE_TYPES, Upload } from "../../spec/uploads.ts";
import type { Db } from "../kit/postgres/db.ts";
import { GET, type UploadRow } from "./sql.ts";

export type Shown = (typeof Upload)["_zod"]["output"];
type FileType = (typeof FILE_TYPES)[number];

/** An upload as the contract shows it. */
export function toUpload(row: UploadRow): Shown {
  const { org_id: _o, attempt: _a, object: _b, store_handle: _h, completed_at: _c, ...rest } = row;
  const { part_size, part_count, error_code, error_message, type, ...shown } = rest;
  return {
    ...shown,
    // Written by `sniff` alone, which knows no others.
    type: type as FileType | null,
    parts: part_size === null || part_count === null ? null : { size: part_size, count: part_count },
    error: error_code === null ? null : { code: error_code, message: error_message ?? "" },
  };
}

/** Where bytes stand in the store. */
export const keyOf = (org: string, object: string): string => `${org}/${object}`;

export const missing = () => new ApiError("NOT_FOUND", "There is no such upload");

/** An upload's row. Throws 404. */
export async function rowOf(db: Db, id: string): Promise<UploadRow> {
  const row = await db.one<UploadRow>(GET, [id]);
  if (!row) throw missing();
  return row;
}

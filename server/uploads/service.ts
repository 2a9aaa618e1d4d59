import { validationError } from "../../spec/kit/errors.ts";
import type { Ctx } from "../context.ts";
import type { Db } from "../kit/postgres/db.ts";
import { checkOutboundUrl } from "../outbound/service.ts";
import type { WorkServices } from "../services.ts";
import { roomOf } from "./bounds.ts";
import { cleanFilename, filenameOfUrl } from "./filename.ts";
import { toUpload } from "./rows.ts";
import { FAIL, INSERT_URL, type UploadRow } from "./sql.ts";

type ImportInput = { readonly url: string; readonly filename?: string | undefined };

/**
 * Begins to fetch a file, in the transaction given: the upload as it stands, pending. Throws 400 at `body.url` for an address
 * that cannot be requested, 403 PLAN_LIMIT when nothing more can be stored.
 */
export async function beginImport(
  ctx: Pick<Ctx, "db" | "org" | "newId" | "now">,
  services: Pick<WorkServices, "queue" | "allow">,
  { url, filename }: ImportInput,
) {
  const checked = checkOutboundUrl(url, services.allow);
  if ("reason" in checked) {
    throw validationError([{ path: "body.url", code: "not_allowed", message: checked.reason }]);
  }
  await roomOf(ctx.db);
  const id = ctx.newId("upl");
  const name = filename === undefined ? filenameOfUrl(checked.url) : cleanFilename(filename, "file");
  const values = [id, ctx.org, name, url, new Date(ctx.now()).toISOString()];
  const row = await ctx.db.one<UploadRow>(INSERT_URL, values);
  if (!row) throw new Error("insert returned no row");
  await services.queue.enqueue(ctx.db, "upload.process", { org_id: ctx.org, id }, { group: ctx.org });
  return toUpload(row);
}

/** Why an upload failed: a code for programs, a sentence for people. */
export type Failure = { readonly code: string; readonly message: string };

type Which = {
  /** Only while this attempt stands. */
  readonly attempt?: number;
  /** Only when it has expired by this moment (RFC 3339), uncompleted. */
  readonly expiredBy?: string;
};

/**
 * Ends a pending upload as failed: what it has in the store is to be deleted, its bytes are uncounted, and webhooks are told.
 * False when it is not pending any more, or not `which` says.
 */
export async function failUpload(
  db: Db,
  services: Pick<WorkServices, "queue" | "events">,
  at: { readonly org_id: string; readonly id: string },
  nowMs: number,
  { code, message }: Failure,
  { attempt, expiredBy }: Which = {},
): Promise<boolean> {
  const row = await db.one<UploadRow>(FAIL, [at.id, attempt ?? null, code, message, expiredBy ?? null]);
  if (!row) return false;
  if (row.via === "parts") await services.queue.enqueue(db, "storage.delete", { org_id: at.org_id, id: at.id });
  await services.events.emit(db, at.org_id, nowMs, "upload.failed", toUpload(row));
  return true;
}

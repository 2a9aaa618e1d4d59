import { ApiError } from "../../spec/kit/errors.ts";
import { planTerms } from "../../spec/plans.ts";
import { type Ctx, handlers } from "../context.ts";
import { twoSteps } from "../kit/handlers.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { WorkServices } from "../services.ts";
import { StorageError } from "../storage/service.ts";
import { countBytes, fileTooLarge, roomOf } from "./bounds.ts";
import { cleanFilename } from "./filename.ts";
import { exactly, missingParts, type Open, partBytes, planParts, requireOpen } from "./parts.ts";
import { keyOf, rowOf, toUpload } from "./rows.ts";
import { COMPLETE, INSERT_PARTS, LOCK_OPEN, PART_PROGRESS, PUT_PART, type UploadRow } from "./sql.ts";
import { withStore } from "./store-errors.ts";

type Services = Pick<WorkServices, "queue" | "storage" | "signedUrls">;
type PartInput = {
  readonly params: { readonly upload_id: string; readonly part_number: string };
  readonly body: { readonly bytes: AsyncIterable<Uint8Array> };
};
type PrepareCtx = Pick<Ctx, "org" | "now" | "log"> & { read<T>(work: (db: Db) => Promise<T>): Promise<T> };

const EXPIRES_MS = 24 * 3_600_000;
const URL_SECONDS = 3_600;
/** How many missing parts a refusal names. */
const NAMED = 100;

const instant = (ms: number) => new Date(ms).toISOString();

/** Uploads that come in parts. Which parts there are, the store says: they may go straight to it. */
export const partHandlers = ({ queue, storage, signedUrls }: Services) => {
  /** An open upload's row and key. Throws 404, 409. */
  async function openUpload(id: string, ctx: PrepareCtx): Promise<{ open: Open; key: string }> {
    const open = requireOpen(await ctx.read((db) => rowOf(db, id)), ctx.now());
    return { open, key: keyOf(ctx.org, open.object) };
  }

  /** Work on an open upload in the store. Throws 409 when the store has none (any more), or what `withStore` says. */
  const inStore = <T>(ctx: PrepareCtx, work: () => Promise<T>) =>
    withStore(ctx.log, async () => {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StorageError && error.code === "NOT_FOUND")) throw error;
        throw new ApiError("CONFLICT", "The store has this upload no more: begin a new one");
      }
    });

  async function putPart({ params, body }: PartInput, ctx: PrepareCtx) {
    const number = Number(params.part_number);
    const { open, key } = await openUpload(params.upload_id, ctx);
    const size = partBytes(open, number);
    const bytes = exactly(body.bytes, number, size);
    await inStore(ctx, () => storage.putPart(key, open.store_handle, number, bytes, size));
    return { number, size };
  }

  async function notePart(id: string, { db, org, now }: Ctx, part: { number: number; size: number }) {
    const nowMs = now();
    const at = instant(nowMs);
    if (!(await db.one(LOCK_OPEN, [id, at]))) return refuseClosed(db, id, nowMs);
    await db.run(PUT_PART, [org, id, part.number, part.size]);
    await db.run(PART_PROGRESS, [id]);
    return { ...part, created_at: at };
  }

  return handlers({
    createResumableUpload: twoSteps({
      async prepare({ body }, ctx) {
        const { plan } = await ctx.read(roomOf);
        const { file_bytes } = planTerms(plan);
        if (file_bytes !== null && body.size > file_bytes) throw fileTooLarge(plan, file_bytes);
        const parts = planParts(body.size, body.part_size);
        const id = ctx.newId("upl");
        const key = keyOf(ctx.org, id);
        return { id, key, parts, ...(await withStore(ctx.log, () => storage.createParts(key))) };
      },
      async commit({ body }, { db, org, now, reply }, { id, parts, handle }) {
        const name = cleanFilename(body.filename, "file");
        const times = [instant(now()), instant(now() + EXPIRES_MS)];
        const values = [id, org, name, body.size, parts.size, parts.count, handle, ...times];
        const row = await db.one<UploadRow>(INSERT_PARTS, values);
        if (!row) throw new Error("insert returned no row");
        await countBytes(db, org, body.size);
        return reply(201, toUpload(row));
      },
      discard: ({ key, handle }) => storage.abortParts(key, handle),
    }),

    listUploadParts: twoSteps({
      async prepare({ params }, ctx) {
        const { open, key } = await openUpload(params.upload_id, ctx);
        return inStore(ctx, () => storage.parts(key, open.store_handle));
      },
      async commit(_input, { reply }, parts) {
        const data = parts.map(({ number, size, writtenMs }) => ({ number, size, created_at: instant(writtenMs) }));
        return reply(200, { data });
      },
    }),

    putUploadPart: twoSteps({
      prepare: putPart,
      commit: async ({ params }, ctx, part) => ctx.reply(200, await notePart(params.upload_id, ctx, part)),
    }),

    async createUploadPartUrl({ params }, { db, org, now, reply }) {
      const number = Number(params.part_number);
      const open = requireOpen(await rowOf(db, params.upload_id), now());
      const size = partBytes(open, number);
      const expires = Math.floor(now() / 1000) + URL_SECONDS;
      const path = `/v1/uploads/${open.id}/parts/${number}/content`;
      // Nothing is asked of the store for it: an address is only computed.
      const direct = await storage.presignPart(keyOf(org, open.object), open.store_handle, number, size, URL_SECONDS);
      const { url, headers } = direct ?? {
        url: signedUrls.sign("PUT", path, org, expires),
        headers: { "content-type": "application/octet-stream" },
      };
      return reply(200, { number, method: "PUT", url, size, headers, expires_at: instant(expires * 1000) });
    },

    putSignedUploadPart: twoSteps({
      prepare: putPart,
      commit: async ({ params }, ctx, part) => ctx.reply(200, await notePart(params.upload_id, ctx, part)),
    }),

    completeUpload: twoSteps({
      async prepare({ params }, ctx) {
        const row = await ctx.read((db) => rowOf(db, params.upload_id));
        if (isCompleted(row)) return;
        const open = requireOpen(row, ctx.now());
        const key = keyOf(ctx.org, open.object);
        const absent = missingParts(open, await inStore(ctx, () => storage.parts(key, open.store_handle)));
        if (absent.length === 0) return;
        const message = `${absent.length} of ${open.part_count} parts have not come: send them, then complete`;
        throw new ApiError("CONFLICT", message, {
          details: { missing: absent.slice(0, NAMED), missing_count: absent.length },
        });
      },
      async commit({ params }, { db, org, now, reply }) {
        const id = params.upload_id;
        const nowMs = now();
        const row = await db.one<UploadRow>(COMPLETE, [id, instant(nowMs)]);
        if (row) {
          await queue.enqueue(db, "upload.process", { org_id: org, id }, { group: org });
          return reply(202, toUpload(row));
        }
        const present = await rowOf(db, id);
        return isCompleted(present) ? reply(202, toUpload(present)) : refuseClosed(db, id, nowMs);
      },
    }),
  });
};

/** Says why an upload is open no more: it may have been completed, or deleted, while its bytes came. Throws 404 or 409. */
async function refuseClosed(db: Db, id: string, nowMs: number): Promise<never> {
  requireOpen(await rowOf(db, id), nowMs);
  throw new Error(`the upload ${id} is open, and was not found so`);
}

/** Whether it was completed before, so that doing it again answers the same. */
const isCompleted = (row: UploadRow): boolean => row.via === "parts" && row.completed_at !== null;

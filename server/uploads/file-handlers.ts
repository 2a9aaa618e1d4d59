import { handlers } from "../context.ts";
import { twoSteps } from "../kit/handlers.ts";
import type { Part } from "../kit/multipart.ts";
import { readPage } from "../kit/postgres/list.ts";
import type { WorkServices } from "../services.ts";
import { type Examined, examine, mediaOf, RefusedFile } from "../storage/service.ts";
import { countBytes, type Room, roomOf, withinRoom } from "./bounds.ts";
import { cleanFilename } from "./filename.ts";
import { keyOf, missing, rowOf, type Shown, toUpload } from "./rows.ts";
import { beginImport } from "./service.ts";
import { COUNT, DELETE, INSERT_READY, LIST, type UploadRow } from "./sql.ts";
import { withStore } from "./store-errors.ts";

type Services = Pick<WorkServices, "queue" | "events" | "allow" | "storage">;
type FilePart = Extract<Part, { readonly filename: string }>;

/** Uploads as a whole: what there is, one in one request, one by its address, and their end. */
export const fileHandlers = ({ queue, events, allow, storage }: Services) => {
  /** Streams a file into the store, and says what it was. Throws RefusedFile, whatever breaks it off, or the store's error. */
  async function store(key: string, part: FilePart, room: Room) {
    const { bytes, result } = examine(withinRoom(part.bytes, room));
    await storage.put(key, bytes);
    const found: Examined = await result(part);
    if ("refused" in found) throw new RefusedFile(found.refused);
    return { ...found, ...(await mediaOf(storage, key, found.size, found.type)) };
  }

  return handlers({
    async listUploads({ query }, { db, reply }) {
      const filters = [query.status ?? null, query.type ?? null];
      const list = { name: "uploads", rows: LIST, count: COUNT, filters, item: toUpload };
      return reply(200, await readPage<UploadRow, Shown>(db, query, list));
    },

    createUpload: twoSteps({
      async prepare({ body }, ctx) {
        const room = await ctx.read(roomOf);
        const id = ctx.newId("upl");
        const key = keyOf(ctx.org, id);
        return withStore(ctx.log, async () => {
          let file: (Awaited<ReturnType<typeof store>> & { readonly filename: string }) | undefined;
          try {
            for await (const part of body) {
              if (!("bytes" in part)) continue;
              const stored = await store(key, part, room);
              file = { ...stored, filename: cleanFilename(part.filename, `file.${stored.extension}`) };
            }
            if (!file) throw new Error("the contract lets no body without its file through");
            return { ...file, id, key };
          } catch (error) {
            // What cannot be deleted now is found by the sweeper.
            await storage.delete(key).catch(() => {});
            throw error;
          }
        });
      },
      async commit(_input, { db, org, now, reply }, file) {
        const facts = [file.size, file.sha256, file.width, file.height, file.duration_ms];
        const values = [file.id, org, file.filename, file.type, ...facts, new Date(now()).toISOString()];
        const row = await db.one<UploadRow>(INSERT_READY, values);
        if (!row) throw new Error("insert returned no row");
        await countBytes(db, org, file.size);
        const upload = toUpload(row);
        await events.emit(db, org, now(), "upload.ready", upload);
        return reply(201, upload);
      },
      discard: ({ key }) => storage.delete(key),
    }),

    async importUpload({ body }, ctx) {
      return ctx.reply(202, await beginImport(ctx, { queue, allow }, body));
    },

    async getUpload({ params }, { db, reply }) {
      return reply(200, toUpload(await rowOf(db, params.upload_id)));
    },

    async deleteUpload({ params }, { db, org, reply }) {
      const gone = await db.one<{ stored: boolean }>(DELETE, [params.upload_id]);
      if (!gone) throw missing();
      if (gone.stored) await queue.enqueue(db, "storage.delete", { org_id: org, id: params.upload_id });
      return reply(204);
    },
  });
};

import { Readable } from "node:stream";
import { create as contentDisposition } from "content-disposition";
import { ApiError } from "../../spec/kit/errors.ts";
import { handlers } from "../context.ts";
import { twoSteps } from "../kit/handlers.ts";
import type { WorkServices } from "../services.ts";
import { keyOf, missing, rowOf } from "./rows.ts";
import type { UploadRow } from "./sql.ts";
import { withStore } from "./store-errors.ts";

const URL_SECONDS = 900;

/** What a ready upload surely has. */
type Ready = { readonly object: string; readonly type: string; readonly size: number; readonly filename: string };

function readyOf({ status, object, type, size, filename }: UploadRow): Ready | undefined {
  return status === "ready" && object !== null && type !== null && size !== null
    ? { object, type, size, filename }
    : undefined;
}

/** Nothing in a file is run, framed or sniffed, whatever it is; pages of other origins may show a picture by its address. */
const fileHeaders = ({ filename }: Ready, length: number) => ({
  "Accept-Ranges": "bytes",
  "Cache-Control": "private, no-store",
  "Content-Disposition": contentDisposition(filename),
  "Content-Length": String(length),
  "Content-Security-Policy": "default-src 'none'; sandbox",
  "Cross-Origin-Resource-Policy": "cross-origin",
  "X-Content-Type-Options": "nosniff",
});

/** How files leave: by an address that proves itself. */
export const downloadHandlers = ({ storage, signedUrls }: Pick<WorkServices, "storage" | "signedUrls">) =>
  handlers({
    async createDownloadUrl({ params }, { db, org, now, reply }) {
      const row = await rowOf(db, params.upload_id);
      const ready = readyOf(row);
      if (!ready) throw new ApiError("CONFLICT", `The upload is ${row.status}: only a ready one can be downloaded`);
      const expires = Math.floor(now() / 1000) + URL_SECONDS;
      // Nothing is asked of the store for it: an address is only computed.
      const direct = await storage.presignRead(keyOf(org, ready.object), { expiresSeconds: URL_SECONDS, ...ready });
      const url = direct ?? signedUrls.sign("GET", `/v1/uploads/${row.id}/content`, org, expires);
      return reply(200, { url, expires_at: new Date(expires * 1000).toISOString() });
    },

    downloadUpload: twoSteps({
      async prepare({ params }, ctx) {
        const ready = readyOf(await ctx.read((db) => rowOf(db, params.upload_id)));
        if (!ready) throw missing();
        const range = ctx.range(ready.size);
        const stream = await withStore(ctx.log, () => storage.read(keyOf(ctx.org, ready.object), range));
        // Broken off half way, the connection closes: the client sees too few bytes, and only the log can say why.
        stream.once("error", (error) => ctx.log.error({ error: String(error) }, "a download broke off in the store"));
        return { ready, range, stream };
      },
      async commit(_input, { reply }, { ready, range, stream }) {
        const text = ready.type.startsWith("text/") ? "; charset=utf-8" : "";
        // Node's types have a ReadableStream of their own, which is the global one.
        const bytes = Readable.toWeb(stream) as ReadableStream<Uint8Array>;
        const body = { type: ready.type + text, bytes };
        if (!range) return reply(200, body, fileHeaders(ready, ready.size));
        const headers = fileHeaders(ready, range.end - range.start + 1);
        return reply(206, body, { ...headers, "Content-Range": range.contentRange });
      },
      async discard({ stream }) {
        stream.destroy();
      },
    }),
  });

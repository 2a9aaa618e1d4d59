import type { Hono } from "hono";

/** A file by what the request accepts and has: bytes, or a 304. */
type File = (asked: {
  readonly acceptEncoding: string | undefined;
  readonly ifNoneMatch: string | undefined;
}) => Promise<{ status: number; body: Uint8Array<ArrayBuffer> | null; headers: Record<string, string> }>;

/** Answers GET and HEAD of each path with its file. */
export function mountFiles(app: Hono, files: ReadonlyMap<string, File>): void {
  for (const [path, file] of files) {
    app.get(path, async (c) => {
      const { status, body, headers } = await file({
        acceptEncoding: c.req.header("accept-encoding"),
        ifNoneMatch: c.req.header("if-none-match"),
      });
      return new Response(body, { status, headers });
    });
  }
}
